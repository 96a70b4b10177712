"""# string-builder

A string that grows in a loop becomes a `strings.Builder`.

## Why it saves

A string cannot grow: each `s += x` makes a new one and copies all that was there, so a loop of n turns allocates n
times and copies n²/2 times what it adds. A builder doubles its buffer, and its `String` makes no copy.

## When it is offered

For a local variable of type `string` that a loop adds to. Wherever it is read, `s.String()` says the same and copies
nothing. Where the loop goes over the characters of a string, the builder gets room for them first.

## When it is not

When the variable is a parameter or a result, is captured or has its address taken, or is assigned something that does
not begin with what it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.core.facts import Use
from stackward.rewrites._names import walk
from stackward.rewrites._order import acts, disturbed
from stackward.rewrites._printing import own_name, wanted_name
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import FUNCTIONS, Scene, arguments, is_call, replace_node
from stackward.rewrites._variables import mentions, sole
from stackward.syntax.anchors import unparenthesized
from stackward.syntax.tree import SourceFile, path_to, text_of

# Of the others a rune would keep only the low 32 bits, which may be a character where the number is none.
_RUNES = frozenset({"int8", "int16", "int32", "uint8", "uint16", "uint32"})
_EMPTY = frozenset({'""', "``"})


@dataclass(frozen=True, slots=True)
class _Parts:
    """A variable with all that happens to it. ``appends`` are statements with what each adds, ``reads`` the rest."""

    name: str
    declaration: Node
    initial: Node | None
    appends: tuple[tuple[Node, Node], ...]
    reads: tuple[Node, ...]
    resets: tuple[Node, ...]


def suits(node: Node, source: SourceFile) -> bool:
    """A declaration of one variable that may be a string and is assigned again, in a function."""
    name = _name(node)
    if name is None or node.parent is None or node.parent.type != "statement_list":
        return False
    spec = _spec(node)
    kind = spec.child_by_field_name("type") if spec is not None else None
    if kind is not None and text_of(kind, source) != "string":
        return False
    assigned = rb"\b%s\b[^\n=]*=" % re.escape(text_of(name, source).encode())
    return re.search(assigned, source.text[node.end_byte : node.parent.end_byte]) is not None


def _spec(node: Node) -> Node | None:
    """The one spec of a ``var`` declaration of one variable inside a function."""
    if node.type != "var_declaration" or node.parent is None or node.parent.type == "source_file":
        return None
    specs = [one for one in node.named_children if one.type == "var_spec"]
    if len(specs) != 1 or len(specs[0].children_by_field_name("name")) != 1:
        return None
    return specs[0]


def propose(scene: Scene) -> Iterator[Offer]:
    name = _name(scene.node)
    if name is None:
        return
    info = scene.type(name)
    uses = scene.uses(name)
    if info is None or info.type != "string" or uses is None:
        return
    looped = [use for use in uses if use.write and _looped(scene, use.offset)]
    if not looped:
        return
    initial = _initial(scene)
    if initial is not None and mentions(initial, scene.text(name), scene.source):
        return  # That is another variable, which the builder would hide; see string-loop.
    parts = _parts(scene, name, uses)
    if isinstance(parts, Refusal):
        yield parts
        return
    qualifier = scene.qualifier("strings")
    if qualifier is None:
        yield Refusal("strings means something else here")
        return
    imports = {scene.path: ("strings",)}
    grown = _room(scene, parts)
    for room in filter(None, (grown, "")) if grown else ("",):
        edits = tuple(_edits(scene, parts, qualifier, room))
        title = f"Build {parts.name} with a strings.Builder"
        yield Proposal(f"{title} that has room" if room else title, {scene.path: edits}, imports, growing=(parts.name,))


def _name(node: Node) -> Node | None:
    """The one variable that a statement declares."""
    if node.type == "short_var_declaration":
        found = sole(node.child_by_field_name("left"))
        return found if found is not None and found.type == "identifier" else None
    spec = _spec(node)
    return spec.child_by_field_name("name") if spec is not None else None


def _initial(scene: Scene) -> Node | None:
    """What the variable is to begin with; None if it is empty."""
    spec = _spec(scene.node)
    value = sole(spec.child_by_field_name("value") if spec is not None else scene.node.child_by_field_name("right"))
    return None if value is None or scene.text(value) in _EMPTY else value


def _looped(scene: Scene, offset: int) -> bool:
    """Whether a loop that the declaration is not in goes around a place."""
    node = path_to(scene.source, offset)[-1]
    return any(
        one.type == "for_statement" and not scene.within(one, scene.node) and one.start_byte > scene.node.start_byte
        for one in scene.around(node)
    )


def _parts(scene: Scene, name: Node, uses: Sequence[Use]) -> _Parts | Refusal:
    word = scene.text(name)
    appends: list[tuple[Node, Node]] = []
    reads: list[Node] = []
    resets: list[Node] = []
    home = scene.function()
    for use in uses:
        if use.captured or use.address:
            return Refusal(f"{word} is {'captured by a func literal' if use.captured else 'pointed to'}")
        node = scene.node_at(use.offset, use.offset + len(word.encode()))
        if use.path != scene.path or scene.function(node) != home:
            return Refusal(f"{word} is used in another function")
        statement = node.parent.parent if node.parent is not None else None
        if not use.write:
            if statement is None or not _own_operand(node, word, scene):
                reads.append(node)
            continue
        value = added(statement, word, scene.source)
        if statement is None or value is None:
            return Refusal(f"{word} is assigned something that does not begin with {word}")
        if value.type == "assignment_statement":
            resets.append(value)
        else:
            appends.append((statement, value))
    return _Parts(word, scene.node, _initial(scene), tuple(appends), tuple(reads), tuple(resets))


def _own_operand(node: Node, word: str, scene: Scene) -> bool:
    """Whether a read is the first operand of ``s = s + x``, which is an append."""
    statement = next((one for one in scene.around(node) if one.type == "assignment_statement"), None)
    if statement is None or added(statement, word, scene.source) is None:
        return False
    operator = statement.child_by_field_name("operator")
    right = statement.child_by_field_name("right")
    return (
        operator is not None
        and scene.text(operator) == "="
        and right is not None
        and right.named_children[0].type == "binary_expression"
        and _first(right.named_children[0]) == node
    )


def added(statement: Node | None, word: str, source: SourceFile) -> Node | None:
    """What an assignment adds to the string; the statement itself where it empties it, None where it does neither."""
    if statement is None or statement.type != "assignment_statement":
        return None
    left, right = statement.child_by_field_name("left"), statement.child_by_field_name("right")
    operator = statement.child_by_field_name("operator")
    if left is None or right is None or operator is None:
        return None
    if len(left.named_children) != 1 or len(right.named_children) != 1 or text_of(left, source) != word:
        return None
    value = right.named_children[0]
    if operator.type == "+=":
        return value
    if operator.type != "=":
        return None
    if text_of(value, source) in _EMPTY:
        return statement
    if value.type == "binary_expression" and text_of(_first(value), source) == word and _is_sum(value):
        return value
    return None


def _first(node: Node) -> Node:
    while node.type == "binary_expression":
        left = node.child_by_field_name("left")
        assert left is not None
        node = left
    return node


def _is_sum(node: Node) -> bool:
    operator = node.child_by_field_name("operator")
    left = node.child_by_field_name("left")
    if operator is None or operator.type != "+" or left is None:
        return False
    return left.type != "binary_expression" or _is_sum(left)


def sum_operands(node: Node) -> list[Node]:
    """The operands of a sum, without parentheses in it."""
    if node.type == "binary_expression" and _is_sum(node):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        assert left is not None
        assert right is not None
        return [*sum_operands(left), right]
    return [node]


def _edits(scene: Scene, parts: _Parts, qualifier: str, room: str) -> Iterator[Replacement]:
    name, indent = parts.name, scene.indent(parts.declaration)
    lines = [f"var {name} {qualifier}.Builder"]
    if room:
        lines.append(f"{name}.Grow({room})")
    taken: set[str] = set()
    if parts.initial is not None:
        lines.append(written(scene, name, parts.declaration, parts.initial, (), taken))
    yield replace_node(parts.declaration, f"\n{indent}".join(lines))
    for statement, value in parts.appends:
        yield replace_node(statement, written(scene, parts.name, statement, value, parts.reads, taken))
    covered = [statement for statement, _ in parts.appends]
    for read in parts.reads:
        if not any(scene.within(one, read) for one in covered):
            yield read_of(scene, parts.name, read)
    for statement in parts.resets:
        yield replace_node(statement, f"{name}.Reset()")


def written(scene: Scene, name: str, statement: Node, value: Node, reads: Sequence[Node], taken: set[str]) -> str:
    """The calls that add to a builder what a statement adds to the string, one for each operand.

    It is a single one where an operand is one of ``reads`` of the string itself, where only one statement may be,
    where there is a comment between operands, and for a constant. ``taken`` are the names that were made so far.
    """
    operands, operator = sum_operands(value), statement.child_by_field_name("operator")
    operands = operands[1:] if operator is not None and operator.type == "=" else operands
    inside = sorted((one for one in reads if scene.within(statement, one)), key=lambda one: one.start_byte)
    listed = statement.parent is not None and statement.parent.type == "statement_list"
    first = operands[0]
    while (above := first.prev_sibling) is not None and above.type == "comment":
        first = above
    comments = [one for one in walk(statement) if one.type == "comment"]
    apart = [one for one in comments if not any(scene.within(operand, one) for operand in operands)]
    early = _early(scene, operands)
    if listed and not inside and not apart and scene.constant(value) is None and early is not None:
        made = {one.id: own_name(scene, wanted_name(scene, one), taken) for one in early}
        taken.update(made.values())
        lines = [f"{made[one.id]} := {scene.text(one)}" for one in early]
        for one in operands:
            lines.append(f"{name}.WriteString({made[one.id]})" if one in early else single_call(scene, name, one))
        return f"\n{scene.indent(statement)}".join(lines)
    if len(operands) == 1 and not inside and not apart:
        return single_call(scene, name, operands[0])
    start, text = first.start_byte, scene.source.text[first.start_byte : operands[-1].end_byte]
    for read in reversed(inside):
        edit = read_of(scene, name, read)
        text = text[: edit.start - start] + edit.new + text[edit.end - start :]
    return f"{name}.WriteString({text.decode()})"


def _early(scene: Scene, operands: Sequence[Node]) -> list[Node] | None:
    """The operands that have to be evaluated before all others, as the compiler does; None where that is not simple.

    It makes the calls of a sum first, and reads after them what they may have changed.
    """
    if disturbed(scene, operands) is None:
        return []
    acting = [one for one in operands if any(acts(scene, node) for node in walk(one))]
    return acting if all(acts(scene, one) for one in acting) else None


def single_call(scene: Scene, name: str, operand: Node) -> str:
    """A call that adds a string to a builder, made from what the string is made from."""
    operand = unparenthesized(operand)
    text = scene.text(operand)
    given = arguments(operand) if is_call(operand) else []
    facts = scene.facts(operand) if len(given) == 1 else None
    if facts is not None and facts.call is not None and facts.call.kind == "conversion" and facts.constant is None:
        info = scene.type(given[0])
        if info is not None and info.kind in _RUNES:
            value = scene.text(given[0])
            return f"{name}.WriteRune({value if info.type in {'rune', 'int32'} else f'rune({value})'})"
        if info is not None and info.type in {"[]byte", "[]uint8"}:
            return f"{name}.Write({scene.text(given[0])})"
    return f"{name}.WriteString({text})"


def read_of(scene: Scene, name: str, read: Node) -> Replacement:
    """A read of the string as one of the builder; its length, and whether there is any, need no string."""
    parent = read.parent
    outer = parent.parent if parent is not None else None
    if outer is not None and parent is not None and parent.type == "argument_list" and is_call(outer):
        callee = outer.child_by_field_name("function")
        if callee is not None and scene.text(callee) == "len" and scene.callee(outer) == "len":
            return replace_node(outer, f"{name}.Len()")
    if parent is not None and parent.type == "binary_expression":
        operator, right = parent.child_by_field_name("operator"), parent.child_by_field_name("right")
        if operator is not None and right is not None and scene.text(right) in _EMPTY and operator.type in {"==", "!="}:
            return replace_node(parent, f"{name}.Len() {'==' if operator.type == '==' else '>'} 0")
    return replace_node(read, f"{name}.String()")


def _room(scene: Scene, parts: _Parts) -> str:
    """The length of the string whose characters the one loop goes over, each adding about one; empty if none does.

    Where the string is emptied the room would be for its first part alone, which would keep all of it.
    """
    if parts.resets:
        return ""
    loops = {
        loop
        for statement, _ in parts.appends
        for loop in [next((one for one in scene.around(statement) if one.type in {"for_statement", *FUNCTIONS}), None)]
        if loop is not None and loop.type == "for_statement"
    }
    if len(loops) != 1:
        return ""
    clause = next((one for one in next(iter(loops)).named_children if one.type == "range_clause"), None)
    ranged = clause.child_by_field_name("right") if clause is not None else None
    if ranged is not None and is_call(ranged) and scene.callee(ranged) in {"strings.ToLower", "strings.ToUpper"}:
        ranged = arguments(ranged)[0]
    if ranged is None or ranged.type != "identifier" or ranged.end_byte > parts.appends[-1][0].end_byte:
        return ""
    found = scene.facts(ranged)
    if found is None or found.type is None or found.type.kind != "string" or found.object is None:
        return ""
    if found.object.offset is None or found.object.offset > parts.declaration.start_byte:
        return ""
    return f"len({scene.text(ranged)})"


REWRITE = Rewrite(
    "string-builder",
    "a string that grows in a loop to strings.Builder",
    ("short_var_declaration", "var_declaration"),
    suits,
    propose,
)

EXAMPLES = (
    Example(
        before="""package p

// Lines joins lines, each with a number of blanks before it.
func Lines(lines []string, depth int) string {
	text := ""
	for _, line := range lines {
		for i := 0; i < depth; i++ {
			text += " " // one blank
		}
		text += line + "\\n"
	}
	return text
}
""",
        after="""package p

import "strings"

// Lines joins lines, each with a number of blanks before it.
func Lines(lines []string, depth int) string {
	var text strings.Builder
	for _, line := range lines {
		for i := 0; i < depth; i++ {
			text.WriteString(" ") // one blank
		}
		text.WriteString(line)
		text.WriteString("\\n")
	}
	return text.String()
}
""",
        probe="""many := strings.Split(strings.Repeat("x,", 100), ",")
for _, lines := range [][]string{nil, {""}, {"a", "", "é世界"}, many} {
	emit(Lines(lines, len(lines)%3))
}""",
        probe_imports=("strings",),
        saves=20,
    ),
    Example(
        before="""package p

func Slug(name string) string {
	slug := ""
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z':
			slug += string(r)
		case r >= 'A' && r <= 'Z':
			slug += string(r + 'a' - 'A')
		case slug != "" && slug[len(slug)-1] != '-':
			slug = slug + "-"
		}
	}
	return slug
}
""",
        after="""package p

import "strings"

func Slug(name string) string {
	var slug strings.Builder
	slug.Grow(len(name))
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z':
			slug.WriteRune(r)
		case r >= 'A' && r <= 'Z':
			slug.WriteRune(r + 'a' - 'A')
		case slug.Len() > 0 && slug.String()[slug.Len()-1] != '-':
			slug.WriteString("-")
		}
	}
	return slug.String()
}
""",
        probe="""for _, name := range []string{"", "-", "Earl Grey Tea", "a--B  c", "é世界 Q\\xffz"} {
	emit(Slug(name))
}""",
        saves=5,
    ),
    Example(
        before="""package p

// Fields keeps its words, of which none may keep the room for all of the text.
func Fields(text string) []string {
	var words []string
	word := ""
	for _, r := range text {
		if r == ' ' {
			words = append(words, word)
			word = ""
			continue
		}
		word += string(r)
	}
	return append(words, word)
}
""",
        after="""package p

import "strings"

// Fields keeps its words, of which none may keep the room for all of the text.
func Fields(text string) []string {
	var words []string
	var word strings.Builder
	for _, r := range text {
		if r == ' ' {
			words = append(words, word.String())
			word.Reset()
			continue
		}
		word.WriteRune(r)
	}
	return append(words, word.String())
}
""",
        probe="""for _, text := range []string{"", " ", "Earl Grey Tea", "é世界 Q\\xffz", strings.Repeat("word ", 9)} {
	emit(Fields(text))
}""",
        probe_imports=("strings",),
        saves=5,
    ),
    Example(
        before="""package p

func Quote(parts [][]byte, sep byte) (string, int) {
	var out string = "["
	for i, part := range parts {
		if i > 0 {
			out += string(rune(sep)) + string(part)
		} else {
			out += string(part)
		}
		if len(out) > 1000 {
			out = ""
		}
	}
	out += "]"
	return out, len(out)
}
""",
        after="""package p

import "strings"

func Quote(parts [][]byte, sep byte) (string, int) {
	var out strings.Builder
	out.WriteString("[")
	for i, part := range parts {
		if i > 0 {
			out.WriteRune(rune(sep))
			out.Write(part)
		} else {
			out.Write(part)
		}
		if out.Len() > 1000 {
			out.Reset()
		}
	}
	out.WriteString("]")
	return out.String(), out.Len()
}
""",
        probe="""many := make([][]byte, 400)
for i := range many {
	many[i] = []byte("word")
}
for _, parts := range [][][]byte{nil, {nil}, {[]byte("a"), nil, []byte("\\xff")}, many} {
	text, size := Quote(parts, 0xe9)
	emit(text)
	emit(size)
}""",
        saves=100,
    ),
    Example(
        before="""package p

import "strings"

func Show(title string, pairs map[string]bool, keys []string) string {
	text := strings.ToUpper(title) + ":"
	for _, key := range keys {
		text += " " /* a blank */ + key
		if pairs[key] {
			text += "=" + // it is set
				"true"
		}
	}
	return text
}
""",
        after="""package p

import "strings"

func Show(title string, pairs map[string]bool, keys []string) string {
	var text strings.Builder
	text.WriteString(strings.ToUpper(title))
	text.WriteString(":")
	for _, key := range keys {
		text.WriteString(" " /* a blank */ + key)
		if pairs[key] {
			text.WriteString("=" + // it is set
				"true")
		}
	}
	return text.String()
}
""",
        probe="""many := strings.Split(strings.Repeat("word,", 40), ",")
for _, keys := range [][]string{nil, {""}, {"a", "é"}, many} {
	emit(Show("", map[string]bool{"a": true}, keys))
	emit(Show("é世界 \\xff", map[string]bool{"word": true}, keys))
}""",
        probe_imports=("strings",),
        saves=20,
    ),
    Example(
        before="""package p

import "strings"

type list struct {
	name string
	n    int
}

func (l *list) next() string {
	l.name += "."
	l.n++
	return strings.Repeat("-", l.n)
}

func Show(times int) string {
	l := &list{name: "list"}
	text := l.name + l.next()
	for i := 0; i < times; i++ {
		text += l.name + l.next()
		text = text + (l.next()) + l.name
	}
	return text
}
""",
        after="""package p

import "strings"

type list struct {
	name string
	n    int
}

func (l *list) next() string {
	l.name += "."
	l.n++
	return strings.Repeat("-", l.n)
}

func Show(times int) string {
	l := &list{name: "list"}
	var text strings.Builder
	next := l.next()
	text.WriteString(l.name)
	text.WriteString(next)
	for i := 0; i < times; i++ {
		next2 := l.next()
		text.WriteString(l.name)
		text.WriteString(next2)
		text.WriteString(l.next())
		text.WriteString(l.name)
	}
	return text.String()
}
""",
        probe="""for times := range 30 {
	emit(Show(times))
}""",
        saves=20,
    ),
)

REFUSALS = (
    Refused(
        """package p

func Last(lines []string) string {
	s := ""
	for _, line := range lines {
		s = line + s
	}
	return s
}
""",
        "does not begin with s",
    ),
    Refused(
        """package p

func Lines(lines []string) string {
	s := ""
	for _, line := range lines {
		s /* the text */ += line
	}
	return s
}
""",
        "a comment would be lost",
    ),
    Refused(
        """package p

func Marked(s string, lines []string) (marked string) {
	if s != "" {
		s := s + "!"
		for _, line := range lines {
			s += line
		}
		marked = s
	}
	return marked + s
}
"""
    ),
    Refused(
        """package p

func Later(lines []string) func() string {
	s := ""
	for _, line := range lines {
		s += line
	}
	return func() string { return s }
}
""",
        "captured",
    ),
    Refused(
        """package p

func Fill(lines []string, into *string) {
	s := ""
	p := &s
	for _, line := range lines {
		s += line
	}
	*into = *p
}
""",
        "pointed to",
    ),
    Refused(
        """package p

type Text string

func Named(lines []Text) Text {
	var s Text
	for _, line := range lines {
		s += line
	}
	return s
}
"""
    ),
    Refused(
        """package p

func Once(a, b string) string {
	s := "x"
	s += a
	s += b
	return s
}
"""
    ),
    Refused(
        """package p

func Each(lines []string, use func(string)) {
	for _, line := range lines {
		s := "x"
		s += line
		use(s)
	}
}
"""
    ),
)
