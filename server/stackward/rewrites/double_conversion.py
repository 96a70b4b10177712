"""# double-conversion

Bytes that become a string and bytes again, or the other way round, are not copied.

## Why it saves

`[]byte(string(b))` copies the bytes if there are more than 32, and again if they are kept. Where they are only looked
at, no copy is needed. `string([]byte(s))` is `s`, as nobody can change either.

## When it is offered

- `for … range []byte(string(b))` becomes `for … range b` if nothing in the loop can change bytes.
- `w.Write([]byte(string(b)))` becomes `w.Write(b)` for a `strings.Builder`, `bufio.Writer` or `os.File`. For other
  writers that is for review: the contract of `io.Writer` forbids that they change or keep what they are given, but only
  a copy would be safe from one that does.
- `w.Write([]byte(b.String()))` of a `bytes.Buffer` becomes `w.Write(b.Bytes())`. That is for review as well, but for a
  `strings.Builder` or `os.File`.
- `string([]byte(s))` becomes `s`. That is for review where the copy is kept: it may be there to let go of a longer text
  that s is a part of, or of bytes that somebody will change though package unsafe has made them a string.

## When it is not

Where the bytes are kept: the copy may be what is wanted. For runes, whose conversion replaces what is not UTF-8, and
for types that have a name.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import (
    Scene,
    arguments,
    callee_node,
    converted,
    is_call,
    is_loose,
    put_in_place,
    replace_node,
)
from stackward.rewrites._variables import context, is_path, root
from stackward.rewrites._writers import Kind, writer
from stackward.syntax.anchors import operand_of, unparenthesized
from stackward.syntax.tree import SourceFile, text_of

_WRITERS = frozenset({Kind.BUILDER, Kind.BUFIO, Kind.FILE})
_FRESH = frozenset({"(*bytes.Buffer).String", "(*strings.Builder).String", "fmt.Sprint", "fmt.Sprintf", "fmt.Sprintln"})
# Other goroutines, and functions that are called, may change bytes; so may these.
_ACTING = frozenset({"defer_statement", "func_literal", "go_statement", "select_statement", "send_statement"})
_HARMLESS = frozenset({"cap", "len", "make", "max", "min", "new", "print", "println"})
_ELSEWHERE = frozenset({"index_expression", "selector_expression", "unary_expression"})


def suits(node: Node, source: SourceFile) -> bool:
    """A conversion of a conversion."""
    outer = text_of(node, source)
    operand = operand_of(node)
    if operand is None or not outer.startswith(("[]byte(", "string(")):
        return False
    inner = text_of(unparenthesized(operand), source)
    if outer.startswith("[") and inner.endswith(".String()"):
        return True
    return inner.startswith("string(" if outer.startswith("[") else "[]byte(")


def propose(scene: Scene) -> Iterator[Offer]:
    node = scene.node
    into = "[]byte" if scene.text(node).startswith("[") else "string"
    middle = _between(scene, node, into)
    if middle is None:
        return
    inner = converted(scene, middle, "string" if into == "[]byte" else "[]byte")
    if inner is None:
        if into == "[]byte":
            yield from _buffered(scene, middle)
        return
    if any(one.type == "comment" for one in walk(node)):
        yield Refusal("there is a comment inside of it")
    elif into == "string":
        info = scene.type(inner)
        plain = info is not None and info.type == "string"
        text = scene.text(inner) if plain else f"string({scene.text(inner)})"
        edit = put_in_place(node, text, loose=plain and is_loose(inner))
        kept = _kept(scene, inner)
        yield Proposal(
            "Leave out the conversions",
            {scene.path: (edit,)},
            applicability=Applicability.REVIEW if kept else Applicability.SAFE,
            differs="if the copy is not to let go of a longer text" if kept else "",
        )
    else:
        yield from _seen(scene, scene.text(inner))


def _buffered(scene: Scene, text: Node) -> Iterator[Offer]:
    """``[]byte(b.String())`` of a buffer whose bytes are there already."""
    function = callee_node(text) if is_call(text) else None
    buffer = function.child_by_field_name("operand") if function is not None else None
    info = scene.type(buffer) if buffer is not None else None
    if buffer is None or info is None or scene.callee(text) != "(*bytes.Buffer).String" or not is_path(buffer):
        return
    if any(one.type == "comment" for one in walk(scene.node)):
        yield Refusal("there is a comment inside of it")
    elif info.kind == "pointer":
        # Of one that is nil String says "<nil>".
        yield from _seen(scene, f"{scene.text(buffer)}.Bytes()", differs="no nil buffer may be written")
    else:
        yield from _seen(scene, f"{scene.text(buffer)}.Bytes()", own=scene.text(root(buffer)))


def _kept(scene: Scene, text: Node) -> bool:
    """Whether a copy of a text that may be somebody's stays when its expression has been evaluated."""
    made = unparenthesized(text)
    if scene.constant(made) is not None or made.type == "binary_expression":
        return False
    if is_call(made) and scene.callee(made) in _FRESH:
        return False
    outer = context(scene.node)
    call = outer.parent if outer is not None and outer.type == "argument_list" else None
    function = callee_node(call) if call is not None and is_call(call) else None
    if function is not None and function.type == "selector_expression":
        return writer(scene, function.named_children[0]) is None
    return outer is None or outer.type != "binary_expression"


def _between(scene: Scene, node: Node, into: str) -> Node | None:
    """The string that is converted into bytes, or the bytes that are converted into a string."""
    found = converted(scene, node, into)
    return unparenthesized(found) if found is not None else None


def _seen(scene: Scene, text: str, *, own: str = "", differs: str = "") -> Iterator[Offer]:
    """Without any copy, where the bytes are only looked at.

    ``own`` is the buffer that they are of, which a writer may write to, and ``differs`` what else may be different.
    """
    outer = context(scene.node)
    if outer is None:
        return
    if outer.type == "range_clause":
        loop = outer.parent
        body = loop.child_by_field_name("body") if loop is not None else None
        if body is not None and not changes(scene, body):
            title = f"Use {text} without making a string"
            yield Proposal(title, {scene.path: (replace_node(scene.node, text),)})
        return
    call = outer.parent if outer.type == "argument_list" else None
    function = callee_node(call) if call is not None and is_call(call) else None
    found = scene.facts(call) if call is not None else None
    if call is None or function is None or found is None or found.call is None:
        return
    method = function.type == "selector_expression" and scene.text(function.named_children[-1])
    writes = method == "Write" and len(arguments(call)) == 1
    results = [one.type for one in found.call.results]
    if writes and results == ["int", "error"]:
        to = writer(scene, function.named_children[0])
        known = to is not None and to.kind in _WRITERS and not differs
        if own and to is not None:
            known = known and to.kind is not Kind.BUFIO
            if scene.text(root(function.named_children[0])) == own:
                yield Refusal(f"{own} is written to")
                return
        yield Proposal(
            f"Use {text} without making a string",
            {scene.path: (replace_node(scene.node, text),)},
            applicability=Applicability.SAFE if known else Applicability.REVIEW,
            differs="" if known else ", ".join(filter(None, ["its Write must not keep what it gets", differs])),
        )


def changes(scene: Scene, body: Node, *harmless: str) -> bool:
    """Whether anything in the body of a loop could change bytes that are known outside of it.

    Functions of packages that begin with one of the ``harmless`` texts do not.
    """
    for node in walk(body):
        if node.type in _ACTING or (node.type == "unary_expression" and node.children[0].type == "<-"):
            return True
        if is_call(node) and not _harmless(scene, node) and not scene.callee(node).startswith(harmless):
            return True
        if node.type in {"assignment_statement", "dec_statement", "inc_statement"}:
            left = node.child_by_field_name("left") or node
            targets = left.named_children if left.type == "expression_list" or left == node else [left]
            if any(unparenthesized(one).type in _ELSEWHERE for one in targets):
                return True
        ranged = node.child_by_field_name("left") if node.type == "range_clause" else None
        if ranged is not None and any(one.type in _ELSEWHERE for one in ranged.named_children):
            return True
    return False


def _harmless(scene: Scene, call: Node) -> bool:
    found = scene.facts(call)
    if found is None or found.call is None:
        return False
    return found.call.kind == "conversion" or (found.call.kind == "builtin" and scene.callee(call) in _HARMLESS)


REWRITE = Rewrite(
    "double-conversion",
    "bytes or strings converted there and back",
    ("call_expression", "type_conversion_expression"),
    suits,
    propose,
)

EXAMPLES = (
    Example(
        before="""package p

func Sum(body []byte) (sum uint32) {
	// FNV, nearly.
	for _, c := range []byte(string(body)) {
		sum = (sum ^ uint32(c)) * 16777619
	}
	return sum
}
""",
        after="""package p

func Sum(body []byte) (sum uint32) {
	// FNV, nearly.
	for _, c := range body {
		sum = (sum ^ uint32(c)) * 16777619
	}
	return sum
}
""",
        probe="""for _, body := range []string{"", "a", "é世界", "\\xff\\xfe", strings.Repeat("long ", 20)} {
	emit(Sum([]byte(body)))
}
emit(Sum(nil))""",
        probe_imports=("strings",),
        saves=1,
    ),
    Example(
        before="""package p

import "strings"

type Name string

func Initials(names []Name) string {
	var all strings.Builder
	for _, name := range names {
		if len(name) > 0 {
			all.WriteString(string([]byte(name)))
		}
		all.WriteByte('.')
	}
	return string([]byte(all.String()))
}
""",
        after="""package p

import "strings"

type Name string

func Initials(names []Name) string {
	var all strings.Builder
	for _, name := range names {
		if len(name) > 0 {
			all.WriteString(string(name))
		}
		all.WriteByte('.')
	}
	return all.String()
}
""",
        probe="""emit(Initials(nil))
emit(Initials([]Name{"", "a", "é世界", "\\xff", Name(strings.Repeat("long ", 20))}))""",
        probe_imports=("strings",),
        saves=2,
    ),
    Example(
        before="""package p

import (
	"bufio"
	"io"
)

type Raw []byte

func Answer(w io.Writer, data Raw) (int, error) {
	b := bufio.NewWriter(w)
	defer b.Flush()
	return b.Write([]byte(string(data)))
}
""",
        after="""package p

import (
	"bufio"
	"io"
)

type Raw []byte

func Answer(w io.Writer, data Raw) (int, error) {
	b := bufio.NewWriter(w)
	defer b.Flush()
	return b.Write(data)
}
""",
        probe="""for _, data := range []string{"", "a", "é世界", "\\xff", strings.Repeat("long ", 2000)} {
	var out strings.Builder
	n, err := Answer(&out, Raw(data))
	emit(n)
	emit(err == nil)
	emit(out.String())
}""",
        probe_imports=("strings",),
        saves=1,
    ),
    Example(
        before="""package p

import "net/http"

func Answer(w http.ResponseWriter, data []byte) {
	w.Write([]byte(string(data)))
}
""",
        after="""package p

import "net/http"

func Answer(w http.ResponseWriter, data []byte) {
	w.Write(data)
}
""",
        probe="""for _, data := range []string{"", "a", "é世界", "\\xff", strings.Repeat("long ", 20)} {
	to := httptest.NewRecorder()
	Answer(to, []byte(data))
	emit(to.Body.String())
}""",
        probe_imports=("net/http/httptest", "strings"),
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

func Rest(s *string, n int) string { return string([]byte(*s))[n:] }
""",
        after="""package p

func Rest(s *string, n int) string { return (*s)[n:] }
""",
        probe="""long := "long enough to be no small string, é世界"
emit(Rest(&long, 3))
emit(Rest(&long, 40))
func() {
	defer func() { emit(recover() != nil) }()
	emit(Rest(nil, 3))
}()""",
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import "strings"

type Header struct{ key string }

func Key(line string) *Header {
	key, _, _ := strings.Cut(line, ":")
	return &Header{string([]byte(key))}
}
""",
        after="""package p

import "strings"

type Header struct{ key string }

func Key(line string) *Header {
	key, _, _ := strings.Cut(line, ":")
	return &Header{key}
}
""",
        probe="""for _, line := range []string{"", "key", "a key that is long enough to be copied: its value"} {
	emit(Key(line).key)
}""",
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import (
	"bytes"
	"io"
)

type Lines struct{ buf bytes.Buffer }

func (l *Lines) Flush(w io.Writer) error {
	l.buf.WriteString("end\\n")
	_, err := w.Write([]byte(l.buf.String()))
	l.buf.Reset()
	return err
}
""",
        after="""package p

import (
	"bytes"
	"io"
)

type Lines struct{ buf bytes.Buffer }

func (l *Lines) Flush(w io.Writer) error {
	l.buf.WriteString("end\\n")
	_, err := w.Write(l.buf.Bytes())
	l.buf.Reset()
	return err
}
""",
        probe="""var out bytes.Buffer
lines := &Lines{}
for range 5 {
	emit(lines.Flush(&out))
	emit(out.String())
}""",
        probe_imports=("bytes",),
        saves=0,
        applicability=Applicability.REVIEW,
    ),
)

REFUSALS = (
    Refused(
        """package p

import "bytes"

func Twice(text string) string {
	var b bytes.Buffer
	b.WriteString(text)
	b.Write([]byte(b.String()))
	return b.String()
}
""",
        "b is written to",
    ),
    Refused(
        """package p

func Runes(s string) string { return string([]rune(s)) }
"""
    ),
    Refused(
        """package p

type Raw []byte

func Copy(b []byte) Raw { return Raw(string(b)) }
"""
    ),
    Refused(
        """package p

func Shift(b []byte) {
	for i, c := range []byte(string(b)) {
		b[(i+1)%len(b)] = c
	}
}
"""
    ),
    Refused(
        """package p

func Each(b []byte, visit func(byte)) {
	for _, c := range []byte(string(b)) {
		visit(c)
	}
}
"""
    ),
    Refused(
        """package p

func Keep(b []byte) []byte { return []byte(string(b)) }
"""
    ),
    Refused(
        """package p

func Same(b []byte, s string) bool { return string([]byte(s)) == string(b) }
""",
        "save nothing",
    ),
    Refused(
        """package p

func Sum(b []byte) (n int) {
	for range []byte(string(b /* all of it */)) {
		n++
	}
	return n
}
""",
        "comment",
    ),
)
