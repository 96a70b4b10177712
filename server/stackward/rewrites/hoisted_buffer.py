"""# hoisted-buffer

A buffer that a loop makes in each turn is made once before it, and emptied in each turn.

## Why it saves

A slice that is large, has a size known only at run time or is given to an interface is allocated each time `make` is
executed, and so is a `bytes.Buffer` that is written to through an interface, with every array that it grows to.

## When it is offered

For `buf := make([]T, n)` with a constant size, or one that is the length of something, and for a `bytes.Buffer`, as
statements of the loop's body. The slice is cleared where it was made, the buffer reset: each turn starts with zeros, as
before.

It is for review where the buffer is passed to a reader or writer: their contract forbids them to keep it, and nothing
else does (`if no reader or writer keeps the buffer`).

## When it is not

If the buffer may outlive the turn: if it is stored, returned, sent, captured, sliced into a variable, or passed to a
function that may keep it; if the size may change; in loops with `goto`, and before Go 1.21.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._kept import kept
from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, is_call, replace_node
from stackward.rewrites._variables import (
    Variable,
    before,
    context,
    expressions,
    has_goto,
    hidden,
    inside,
    is_path,
    listed_statement,
    loop_around,
    method_called,
    root,
    variable,
)
from stackward.syntax.tree import SourceFile

_METHODS = frozenset({"Grow", "Len", "Reset", "String", "Write", "WriteByte", "WriteRune", "WriteString"})
_PRINTS = frozenset({"fmt.Fprint", "fmt.Fprintf", "fmt.Fprintln"})
_DIFFERS = "if no reader or writer keeps the buffer"


def suits(node: Node, source: SourceFile) -> bool:
    loop = loop_around(node)
    body = loop.child_by_field_name("body") if loop is not None else None
    if body is None or node.parent is None or node.parent.parent != body:
        return False
    text = source.text[node.start_byte : node.end_byte]
    return b"make(" in text or b"bytes.Buffer" in text


def propose(scene: Scene) -> Iterator[Offer]:
    loop, name = loop_around(scene.node), _name(scene.node)
    known = variable(scene, name) if name is not None else None
    statement = listed_statement(loop) if loop is not None else None
    info = scene.type(name) if name is not None else None
    if loop is None or known is None or statement is None or info is None or not known.alone:
        return
    if any(_local(scene, one, loop) for one in walk(scene.node) if one.type in {"identifier", "type_identifier"}):
        yield Refusal(f"what {known.name} is made of belongs to the loop")
        return
    if scene.package.language < 21 or hidden(scene, "clear") or has_goto(scene, loop):
        yield Refusal("clear cannot be used here")
        return
    if info.kind == "slice":
        promised = _slice(scene, known, loop)
        again = "clear({})"
    elif info.type in {"bytes.Buffer", "*bytes.Buffer"} and _empty(scene, known):
        promised = _buffer(scene, known)
        again = "{}.Reset()"
    else:
        return
    if isinstance(promised, str):
        yield Refusal(promised)
        return
    yield from _hoisted(scene, known, loop, statement, again, promised=promised)


def _local(scene: Scene, name: Node, loop: Node) -> bool:
    """Whether what a name stands for is declared in the loop, other than by the scene's statement."""
    facts = scene.facts(name)
    known = facts.object if facts is not None else None
    if known is None or known.offset is None or known.path != scene.path:
        return known is None
    declared_here = scene.node.start_byte <= known.offset < scene.node.end_byte
    return not declared_here and loop.start_byte <= known.offset < loop.end_byte


def _name(statement: Node) -> Node | None:
    if statement.type == "short_var_declaration":
        names = expressions(statement.child_by_field_name("left"))
    else:
        names = [one for spec in statement.named_children for one in spec.children_by_field_name("name")]
    return names[0] if len(names) == 1 and names[0].type == "identifier" else None


def _empty(scene: Scene, known: Variable) -> bool:
    """Whether a buffer starts empty."""
    value = known.value
    if value is None:
        return known.typed is not None and known.typed.type == "qualified_type"
    if is_call(value):
        return scene.callee(value) == "new"
    literal = value.child_by_field_name("operand") if value.type == "unary_expression" else value
    body = literal.child_by_field_name("body") if literal is not None else None
    return body is not None and not body.named_children


def _slice(scene: Scene, known: Variable, loop: Node) -> bool | str:
    """Whether a slice relies on a promise; or why it cannot be made once."""
    value = known.value
    if value is None or not is_call(value) or scene.callee(value) != "make" or len(arguments(value)) != 2:
        return "it is no slice of a fixed length"
    size = arguments(value)[1]
    if scene.constant(size) is None and not _measured(scene, size, loop):
        return "the size may change, or be negative"
    promised = False
    for one in known.references:
        if one.use.write or one.use.address or one.use.captured or _later(one.node, loop):
            return f"{known.name} may outlive the turn"
        keeps = kept(scene, one.node)
        if keeps is None:
            return f"{known.name} may outlive the turn"
        promised = promised or keeps
    return promised


def _measured(scene: Scene, size: Node, loop: Node) -> bool:
    """Whether a size is the length of something that the loop leaves alone."""
    if not is_call(size) or scene.callee(size) != "len" or not is_path(arguments(size)[0]):
        return False
    named = arguments(size)[0]
    known = variable(scene, named) if root(named) == named else None
    if known is None or inside(known.node, loop) or any(one.use.write for one in known.within(loop)):
        return False
    return not any(one.use.address or (one.use.write and one.use.captured) for one in known.references)


def _later(node: Node, loop: Node) -> bool:
    """Whether a use is in a statement that is executed at another time."""
    at = node.parent
    while at is not None and at != loop:
        if at.type in {"defer_statement", "func_literal", "go_statement"}:
            return True
        at = at.parent
    return False


def _buffer(scene: Scene, known: Variable) -> bool | str:
    """Whether a ``bytes.Buffer`` relies on a promise; or why it cannot be made once."""
    promised = False
    for one in known.references:
        if one.use.write or one.use.captured or _later(one.node, known.statement.parent or known.statement):
            return f"{known.name} may outlive the turn"
        called = method_called(one.node)
        if called is not None and called[0] in _METHODS:
            continue
        if called is not None and called[0] == "Bytes":
            keeps = kept(scene, called[1])
            if keeps is None:
                return f"{known.name} may outlive the turn"
            promised = promised or keeps
            continue
        given = context(one.node) if one.use.address else one.node
        outer = context(given) if given is not None else None
        call = outer.parent if outer is not None and outer.type == "argument_list" else None
        if call is None or scene.callee(call) not in _PRINTS or given is None or not inside(given, arguments(call)[0]):
            return f"{known.name} may outlive the turn"
    return promised


def _hoisted(
    scene: Scene, known: Variable, loop: Node, statement: Node, again: str, *, promised: bool
) -> Iterator[Offer]:
    function = scene.function()
    body = loop.child_by_field_name("body")
    if function is None or body is None:
        return
    name, edits = known.name, []
    if any(
        one.type == "identifier" and scene.text(one) == known.name and not inside(one, body) for one in walk(function)
    ):
        name = scene.free_name(f"shared{known.name[:1].upper()}{known.name[1:]}")
        edits += [replace_node(one.node, name) for one in known.references]
    text = scene.text(scene.node)
    offset = known.node.start_byte - scene.node.start_byte
    made = f"{text.encode()[:offset].decode()}{name}{text.encode()[offset + len(known.name.encode()) :].decode()}"
    edits.append(before(scene, statement, [made]))
    edits.append(Replacement(scene.node.start_byte, scene.node.end_byte, again.format(name).encode()))
    yield Proposal(
        f"Make {known.name} once, before the loop",
        {scene.path: tuple(edits)},
        applicability=Applicability.REVIEW if promised else Applicability.SAFE,
        differs=_DIFFERS if promised else "",
    )


REWRITE = Rewrite(
    "hoisted-buffer",
    "a buffer made before a loop",
    ("short_var_declaration", "var_declaration"),
    suits,
    propose,
)

EXAMPLES = (
    Example(
        before="""package p

import "io"

func Copy(w io.Writer, sources ...io.Reader) (total int, err error) {
	for _, source := range sources {
		buf := make([]byte, 4096)
		n, err := source.Read(buf)
		if err != nil && err != io.EOF {
			return total, err
		}
		if _, err := w.Write(buf[:n]); err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}
""",
        after="""package p

import "io"

func Copy(w io.Writer, sources ...io.Reader) (total int, err error) {
	buf := make([]byte, 4096)
	for _, source := range sources {
		clear(buf)
		n, err := source.Read(buf)
		if err != nil && err != io.EOF {
			return total, err
		}
		if _, err := w.Write(buf[:n]); err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}
""",
        probe="""var out strings.Builder
texts := []string{"", "a", "世界", strings.Repeat("long", 2000)}
for n := range texts {
	var sources []io.Reader
	for _, text := range texts[:n+1] {
		sources = append(sources, strings.NewReader(text))
	}
	total, err := Copy(&out, sources...)
	emit(total)
	emit(err)
}
emit(out.String())""",
        probe_imports=("io", "strings"),
        saves=5,
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

// Distances are those of the words from the first one.
func Distances(words []string) (all []int) {
	if len(words) == 0 {
		return nil
	}
	for _, word := range words {
		row := make([]int, len(words))
		for i := range row {
			row[i] += len(word) - len(words[i])
		}
		sum := 0
		for _, n := range row {
			sum += n * n
		}
		all = append(all, sum)
	}
	return all
}
""",
        after="""package p

// Distances are those of the words from the first one.
func Distances(words []string) (all []int) {
	if len(words) == 0 {
		return nil
	}
	row := make([]int, len(words))
	for _, word := range words {
		clear(row)
		for i := range row {
			row[i] += len(word) - len(words[i])
		}
		sum := 0
		for _, n := range row {
			sum += n * n
		}
		all = append(all, sum)
	}
	return all
}
""",
        probe="""many := strings.Fields("a b c d e f g h i")
for _, words := range [][]string{nil, {""}, {"a", "bcd", "世界"}, many} {
	emit(Distances(words))
}""",
        probe_imports=("strings",),
        saves=5,
    ),
    Example(
        before="""package p

import (
	"bytes"
	"fmt"
)

func Lines(values map[string]int, keys []string) []string {
	lines := make([]string, 0, len(keys))
	for _, key := range keys {
		var buf bytes.Buffer
		fmt.Fprintf(&buf, "%s = %d", key, values[key])
		buf.WriteByte(';')
		lines = append(lines, buf.String())
	}
	return lines
}
""",
        after="""package p

import (
	"bytes"
	"fmt"
)

func Lines(values map[string]int, keys []string) []string {
	lines := make([]string, 0, len(keys))
	var buf bytes.Buffer
	for _, key := range keys {
		buf.Reset()
		fmt.Fprintf(&buf, "%s = %d", key, values[key])
		buf.WriteByte(';')
		lines = append(lines, buf.String())
	}
	return lines
}
""",
        probe="""values := map[string]int{"a": 1, "é": -7}
emit(Lines(values, []string{"a", "é", "", "missing"}))
emit(Lines(nil, nil))""",
        saves=3,
    ),
)

REFUSALS = (
    Refused(
        """package p

func Rows(n int, width []int) (rows [][]int) {
	for range n {
		row := make([]int, len(width))
		rows = append(rows, row)
	}
	return rows
}
""",
        "may outlive",
    ),
    Refused(
        """package p

import "io"

func Serve(r io.Reader, handle func([]byte)) {
	for {
		buf := make([]byte, 4096)
		n, err := r.Read(buf)
		if err != nil {
			return
		}
		go handle(buf[:n])
	}
}
""",
        "may outlive",
    ),
    Refused(
        """package p

func Sizes(sizes []int) (sum int) {
	for _, size := range sizes {
		buf := make([]int, size)
		for i := range buf {
			sum += i
		}
	}
	return sum
}
""",
        "belongs to the loop",
    ),
    Refused(
        """package p

func Sums(words []string, size int) (sum int) {
	for _, word := range words {
		buf := make([]int, size)
		copy(buf, []int{len(word)})
		sum += buf[0]
	}
	return sum
}
""",
        "size may change, or be negative",
    ),
    Refused(
        """package p

import "bytes"

func Parts(texts []string) (all [][]byte) {
	for _, text := range texts {
		var buf bytes.Buffer
		buf.WriteString(text)
		all = append(all, buf.Bytes())
	}
	return all
}
""",
        "may outlive",
    ),
)
