"""# string-loop

A string that is there before a loop and grows in it is handed to a `strings.Builder` for the time of the loop.

## Why it saves

Each `s += x` makes a new string and copies all that was there. A builder doubles its buffer, and its `String` makes no
copy. What the string held before the loop is copied once.

## When it is offered

Where `string-builder`, which replaces the variable, cannot be: for parameters and named results, for variables that
are also assigned other values before or after the loop, and for fields of a local struct. In the loop the string is
only added to, emptied or read.

## When it is not

When a func literal uses the variable or its address is taken; when something else is assigned to it in the loop; when
the loop is left by `goto` or by a label outside of it; for a named result where a deferred call may end a panic
(`Unlock`, `Done` or `Close` of the standard library do not), or where the loop returns without saying what; for fields
behind a pointer, which others may look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._names import walk
from stackward.rewrites._printing import own_name
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._risk import Risk, recovers, risk
from stackward.rewrites._scene import FUNCTIONS, Scene, replace_node
from stackward.rewrites._variables import (
    Reference,
    Variable,
    context,
    expressions,
    inside,
    mentions,
    siblings,
    sole,
    variable,
)
from stackward.rewrites.string_builder import added, read_of, written
from stackward.syntax.tree import SourceFile, text_of

_EMPTY = frozenset({'""', "``"})


@dataclass(frozen=True, slots=True)
class _Growing:
    """What a loop adds to: ``place`` as it is written. ``appends`` are statements with what they add, ``reads`` the
    other uses in the loop, ``resets`` what empties it.
    """

    place: str
    known: Variable
    appends: tuple[tuple[Node, Node], ...]
    reads: tuple[Node, ...]
    resets: tuple[Node, ...]


def suits(node: Node, source: SourceFile) -> bool:
    """A loop in which a string may grow."""
    return any(_target(one, source) is not None for one in walk(node))


def _target(statement: Node, source: SourceFile) -> Node | None:
    """What a statement adds to, if it may be a string."""
    if statement.type != "assignment_statement":
        return None
    left = sole(statement.child_by_field_name("left"))
    if left is None or added(statement, text_of(left, source), source) is None:
        return None
    name = left.named_children[0] if left.type == "selector_expression" else left
    return left if name.type == "identifier" else None


def propose(scene: Scene) -> Iterator[Offer]:
    tried: set[str] = set()
    for statement in walk(scene.node):
        target = _target(statement, scene.source)
        if target is None or scene.text(target) in tried:
            continue
        tried.add(scene.text(target))
        yield from _for(scene, target)


def _for(scene: Scene, target: Node) -> Iterator[Offer]:
    place = scene.text(target)
    name = target.named_children[0] if target.type == "selector_expression" else target
    info = scene.type(target)
    if info is None or info.type != "string":
        return
    known = variable(scene, name)
    if known is None or inside(known.node, scene.node) or _outer_loop(scene, known):
        return  # Another loop's business, or nobody's.
    if scene.function(target) != scene.function():
        yield Refusal(f"{place} grows in a func literal")
        return
    if target.type == "identifier" and _replaceable(scene, known, place):
        return  # string-builder does that better.
    found = _growing(scene, known, place, target)
    if isinstance(found, Refusal):
        yield found
        return
    qualifier = scene.qualifier("strings")
    if qualifier is None:
        yield Refusal("strings means something else here")
        return
    builder = own_name(scene, "b", ())
    edits = tuple(_edits(scene, found, qualifier, builder))
    title = f"Add to {place} with a strings.Builder"
    yield Proposal(title, {scene.path: edits}, {scene.path: ("strings",)}, growing=(builder,))


def _outer_loop(scene: Scene, known: Variable) -> bool:
    """Whether a loop around this one has the variable outside of it too."""
    for one in scene.around():
        if one.type in FUNCTIONS:
            return False
        if one.type == "for_statement" and not inside(known.node, one):
            return True
    return False


def _replaceable(scene: Scene, known: Variable, place: str) -> bool:
    """Whether the variable may become a builder as a whole."""
    listed = known.statement.parent is not None and known.statement.parent.type == "statement_list"
    if known.kind != "var" or not known.alone or not listed:
        return False
    if known.value is not None and mentions(known.value, place, scene.source):
        return False
    return all(
        one.use.write is False or added(_statement(one.node), place, scene.source) is not None
        for one in known.references
    )


def _statement(node: Node) -> Node | None:
    outer = node.parent
    return outer.parent if outer is not None else None


def _growing(scene: Scene, known: Variable, place: str, target: Node) -> _Growing | Refusal:
    field = target.type == "selector_expression"
    if any(one.use.captured or one.use.address for one in known.references):
        return Refusal(f"{known.name} is used by a func literal, or its address is taken")
    refusal = _left_early(scene, known)
    if refusal is not None:
        return refusal
    if field:
        whole = scene.type(target.named_children[0])
        # One of an embedded pointer, too, panics.
        if whole is None or whole.kind != "struct" or risk(scene, target) >= Risk.PANICS:
            return Refusal(f"others may look at {place} meanwhile")
    appends: list[tuple[Node, Node]] = []
    reads: list[Node] = []
    resets: list[Node] = []
    for one in known.within(scene.node):
        node = one.node
        if field:
            outer = context(node)
            facts = scene.facts(outer) if outer is not None and outer.type == "selector_expression" else None
            if outer is None or facts is None or facts.selection != "field":
                return Refusal(f"{known.name} is used as a whole in the loop")
            if scene.text(outer) != place:
                continue
            node = outer
        kind = _kind(scene, node, place, written=one.use.write)
        if kind is None:
            return Refusal(f"{place} is assigned something else in the loop")
        statement, value = kind
        if statement is None:
            reads.append(node)
        elif value is None:
            resets.append(statement)
        else:
            appends.append((statement, value))
    first = [node for statement, _ in appends for node in _first_operands(scene, statement, place)]
    return _Growing(place, known, tuple(appends), tuple(one for one in reads if one not in first), tuple(resets))


def _kind(scene: Scene, node: Node, place: str, *, written: bool) -> tuple[Node | None, Node | None] | None:
    """A statement with what it adds, one with nothing for what empties it, or neither for a read."""
    statement = _statement(node)
    assigned = statement is not None and sole(statement.child_by_field_name("left")) == node
    if not assigned or statement is None or statement.type != "assignment_statement":
        return None if written and context(node) is not None and _assigned(node) else (None, None)
    value = added(statement, place, scene.source)
    if value is None:
        return None
    return (statement, None) if value == statement else (statement, value)


def _assigned(node: Node) -> bool:
    """Whether a node is one of several things that are assigned to, or a counter."""
    outer = context(node)
    if outer is not None and outer.type in {"inc_statement", "dec_statement", "unary_expression"}:
        return True
    return (
        outer is not None
        and outer.type == "expression_list"
        and not (outer.parent is not None and outer.parent.child_by_field_name("right") == outer)
    )


def _first_operands(scene: Scene, statement: Node, place: str) -> Iterator[Node]:
    """The string itself in ``s = s + x``."""
    right = sole(statement.child_by_field_name("right"))
    operator = statement.child_by_field_name("operator")
    while right is not None and right.type == "binary_expression":
        right = right.child_by_field_name("left")
    if right is not None and operator is not None and operator.type == "=" and scene.text(right) == place:
        yield right


def _left_early(scene: Scene, known: Variable) -> Refusal | None:
    """Why the statement after the loop might not be reached while the string is still wanted."""
    labels = {_label(one) for one in walk(scene.node) if one.type == "labeled_statement"}
    if scene.node.parent is not None and scene.node.parent.type == "labeled_statement":
        labels.add(_label(scene.node.parent))
    function = scene.function()
    for one in walk(scene.node):
        if one.type == "goto_statement":
            return Refusal("the loop is left by goto")
        if one.type in {"break_statement", "continue_statement"}:
            to = next((child.text for child in one.named_children if child.type == "label_name"), None)
            if to is not None and to not in labels:
                return Refusal("the loop is left for another one")
        bare = one.type == "return_statement" and not one.named_children and scene.function(one) == function
        if bare and known.kind == "result":
            return Refusal(f"the loop returns {known.name} without naming it")
    if known.kind == "result" and recovers(scene, scene.node):
        return Refusal(f"a deferred call may end a panic, and return {known.name}")
    return None


def _label(node: Node) -> bytes | None:
    label = node.child_by_field_name("label")
    return label.text if label is not None else None


def _edits(scene: Scene, found: _Growing, qualifier: str, builder: str) -> Iterator[Replacement]:
    loop = scene.node
    labelled = loop.parent is not None and loop.parent.type == "labeled_statement"
    whole = loop.parent if labelled and loop.parent is not None else loop
    indent, empty = scene.indent(whole), _empty(scene, found)
    lines = [f"var {builder} {qualifier}.Builder"]
    if not empty:
        lines.append(f"{builder}.WriteString({found.place})")
    yield Replacement(whole.start_byte, whole.start_byte, f"\n{indent}".join([*lines, ""]).encode())
    returned = _returned(scene, found, whole)
    if returned is not None and not (empty and found.known.kind == "var"):
        yield replace_node(returned, f"{builder}.String()")
    else:
        yield Replacement(whole.end_byte, whole.end_byte, f"\n{indent}{found.place} = {builder}.String()".encode())
    taken = {builder}
    for statement, value in found.appends:
        yield replace_node(statement, written(scene, builder, statement, value, found.reads, taken))
    for read in found.reads:
        if not any(inside(read, statement) for statement, _ in found.appends):
            yield read_of(scene, builder, read)
    for statement in found.resets:
        yield replace_node(statement, f"{builder}.Reset()")


def _returned(scene: Scene, found: _Growing, loop: Node) -> Node | None:
    """The string where the statement after the loop returns it, and nothing else that has it: it needs no variable."""
    after = loop.next_named_sibling
    if after is None or after.type != "return_statement" or after not in siblings(loop):
        return None
    named = [one.node for one in found.known.references if inside(one.node, after)]
    values = expressions(after.named_children[0]) if after.named_children else []
    returned = [one for one in values if scene.text(one) == found.place]
    return returned[0] if len(returned) == len(named) == 1 else None


def _empty(scene: Scene, found: _Growing) -> bool:
    """Whether the string is certainly empty before the loop."""
    known = found.known
    if known.name != found.place or any(one.type == "for_statement" for one in _between(scene, known)):
        return False
    nothing = known.value is None if known.kind == "var" else known.kind == "result"
    if known.kind == "var" and (known.typed is None or known.statement.type != "var_declaration"):
        nothing = known.value is not None and scene.text(known.value) in _EMPTY

    def earlier(one: Reference) -> bool:
        return one.use.write and one.node.start_byte < scene.node.start_byte

    return nothing and not any(earlier(one) for one in known.references)


def _between(scene: Scene, known: Variable) -> Iterator[Node]:
    """What is around the loop, up to the declaration of the variable."""
    for one in scene.around():
        if inside(known.node, one) or one.type in FUNCTIONS:
            return
        yield one


REWRITE = Rewrite("string-loop", "a strings.Builder for the time of a loop", ("for_statement",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import "strings"

func Pad(text string, width int, fill string) (padded string, err error) {
	for len(text) < width {
		text += fill + "."
	}
	for _, field := range strings.Fields(text) {
		if padded != "" {
			padded += " "
		}
		padded += field
	}
	return padded, nil
}
""",
        after="""package p

import "strings"

func Pad(text string, width int, fill string) (padded string, err error) {
	var b strings.Builder
	b.WriteString(text)
	for b.Len() < width {
		b.WriteString(fill)
		b.WriteString(".")
	}
	text = b.String()
	var b2 strings.Builder
	for _, field := range strings.Fields(text) {
		if b2.Len() > 0 {
			b2.WriteString(" ")
		}
		b2.WriteString(field)
	}
	return b2.String(), nil
}
""",
        probe="""for _, text := range []string{"", "a", "é 世界", "\\xff "} {
	for _, width := range []int{-1, 0, 3, 200} {
		padded, err := Pad(text, width, "x y")
		emit(padded)
		emit(err)
	}
}""",
        saves=50,
    ),
    Example(
        before="""package p

import "strings"

func Lines(rows [][]string, head string) string {
	out := strings.ToUpper(head)
rows:
	for _, row := range rows {
		for i, cell := range row {
			if cell == "" {
				continue rows
			}
			if len(out) > 400 {
				return out + "…"
			}
			out = out + string(rune('a'+i)) + cell
		}
		out += "; "
	}
	out = strings.TrimSuffix(out, "; ")
	return out
}
""",
        after="""package p

import "strings"

func Lines(rows [][]string, head string) string {
	out := strings.ToUpper(head)
	var b strings.Builder
	b.WriteString(out)
rows:
	for _, row := range rows {
		for i, cell := range row {
			if cell == "" {
				continue rows
			}
			if b.Len() > 400 {
				return b.String() + "…"
			}
			b.WriteRune(rune('a' + i))
			b.WriteString(cell)
		}
		b.WriteString("; ")
	}
	out = b.String()
	out = strings.TrimSuffix(out, "; ")
	return out
}
""",
        probe="""many := strings.Split(strings.Repeat("word,", 30), ",")
for _, rows := range [][][]string{nil, {nil}, {{"a", "é"}, {"b", "", "c"}, {"世"}}, {many, many[:9]}} {
	emit(Lines(rows, ""))
	emit(Lines(rows, "é head"))
}""",
        probe_imports=("strings",),
        saves=40,
    ),
    Example(
        before="""package p

type report struct {
	title, text string
	count       int
}

func Build(title string, n int) report {
	r := report{title: title, text: "begin:"}
	for i := 0; i < n; i++ {
		r.text += " " + r.title
		r.count++
		if r.count%7 == 0 {
			r.text = ""
		}
	}
	return r
}
""",
        after="""package p

import "strings"

type report struct {
	title, text string
	count       int
}

func Build(title string, n int) report {
	r := report{title: title, text: "begin:"}
	var b strings.Builder
	b.WriteString(r.text)
	for i := 0; i < n; i++ {
		b.WriteString(" ")
		b.WriteString(r.title)
		r.count++
		if r.count%7 == 0 {
			b.Reset()
		}
	}
	r.text = b.String()
	return r
}
""",
        probe="""for _, n := range []int{0, 1, 6, 7, 8, 40} {
	r := Build("é", n)
	emit(r.text)
	emit(r.count)
}""",
        saves=20,
    ),
    Example(
        before="""package p

import "sync"

type Board struct {
	lock  sync.Mutex
	names []string
	shown int
}

func (b *Board) Text(between string) (text string, shown int) {
	b.lock.Lock()
	defer b.lock.Unlock()
	defer func() { b.shown++ }()
	for i, name := range b.names {
		if i > 0 {
			text += between
		}
		text += name
	}
	return text, b.shown
}

func Show(names []string) (text string, shown int) {
	board := Board{names: names}
	board.Text("")
	return board.Text(", ")
}
""",
        after="""package p

import (
	"strings"
	"sync"
)

type Board struct {
	lock  sync.Mutex
	names []string
	shown int
}

func (b *Board) Text(between string) (text string, shown int) {
	b.lock.Lock()
	defer b.lock.Unlock()
	defer func() { b.shown++ }()
	var b2 strings.Builder
	for i, name := range b.names {
		if i > 0 {
			b2.WriteString(between)
		}
		b2.WriteString(name)
	}
	return b2.String(), b.shown
}

func Show(names []string) (text string, shown int) {
	board := Board{names: names}
	board.Text("")
	return board.Text(", ")
}
""",
        probe="""for _, names := range [][]string{nil, {""}, {"a", "é"}, strings.Fields(strings.Repeat("word ", 30))} {
	text, shown := Show(names)
	emit(text)
	emit(shown)
}""",
        probe_imports=("strings",),
        saves=5,
    ),
    Example(
        before="""package p

type list struct{ name string }

func (l *list) next() string { l.name += "."; return "-" }

func show(text string, l *list, times int) string {
	for range times {
		text += l.name + l.next()
	}
	return text
}

func Show(text string, times int) string { return show(text, &list{"list"}, times) }
""",
        after="""package p

import "strings"

type list struct{ name string }

func (l *list) next() string { l.name += "."; return "-" }

func show(text string, l *list, times int) string {
	var b strings.Builder
	b.WriteString(text)
	for range times {
		next := l.next()
		b.WriteString(l.name)
		b.WriteString(next)
	}
	return b.String()
}

func Show(text string, times int) string { return show(text, &list{"list"}, times) }
""",
        probe="""for times := range 30 {
	emit(Show("", times))
	emit(Show("é", times))
}""",
        saves=20,
    ),
)

REFUSALS = (
    Refused(
        """package p

func Join(words []string, into *string) (s string) {
	defer func() { recover() }()
	for i := range 10 {
		s += words[i]
	}
	return s
}
""",
        "may end a panic",
    ),
    Refused(
        """package p

func end() { recover() }

func Join(words []string) (s string) {
	defer end()
	for i := range 10 {
		s += words[i]
	}
	return s
}
""",
        "may end a panic",
    ),
    Refused(
        """package p

type page struct{ text string }

func (p *page) Add(words []string) {
	for _, word := range words {
		p.text += word
	}
}
""",
        "others may look",
    ),
    Refused(
        """package p

func Add(s string, words []string, show func(func() string)) string {
	show(func() string { return s })
	for _, word := range words {
		s += word
	}
	return s
}
""",
        "func literal",
    ),
    Refused(
        """package p

func Add(s string, words []string) string {
	for _, word := range words {
		s += word
		s = s[1:]
	}
	return s
}
""",
        "something else",
    ),
    Refused(
        """package p

func Add(words []string) (s string) {
	for _, word := range words {
		if word == "." {
			return
		}
		s += word
	}
	return
}
""",
        "without naming it",
    ),
    Refused(
        """package p

func Add(s string, words []string) string {
	for _, word := range words {
		s += word
		if word == "" {
			goto done
		}
	}
	s += "."
done:
	return s
}
""",
        "goto",
    ),
    Refused(
        """package p

type page struct{ text string }

func (p page) full() bool { return len(p.text) > 10 }

func Add(p page, words []string) page {
	for _, word := range words {
		if !p.full() {
			p.text += word
		}
	}
	return p
}
""",
        "as a whole",
    ),
    Refused(
        """package p

type inner struct{ text string }

type page struct{ *inner }

func Add(p page, words []string, check func()) page {
	for _, word := range words {
		p.text += word
		check()
	}
	return p
}
""",
        "others may look",
    ),
    Refused(
        """package p

type page struct{ text string }

func check(p page) bool { return len(p.text) < 10 }

func Add(p page, words []string) string {
	for _, word := range words {
		p.text += word
		if !check(p) {
			break
		}
	}
	return p.text
}
""",
        "as a whole",
    ),
)
