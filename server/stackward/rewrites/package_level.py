"""# package-level

What a function makes anew on each call and never changes is made once, at package level.

## Why it saves

`regexp.MustCompile` parses its pattern and allocates dozens of objects; a map of more than eight entries, or a slice
that escapes, is allocated and filled each time the function is called. At package level all are made once, at start.

## When it is offered

For `regexp.MustCompile` of a valid constant pattern of which only methods that change nothing are called, and for map
and slice literals of constants that are only indexed, ranged over and measured with `len`. The variable keeps its name.

## When it is not

When the value is written to, returned, passed on or captured as a whole, when it depends on anything local, or when the
name is taken at package level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._imports import imports, package_level
from stackward.rewrites._literals import unquoted
from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, calls, replace_node
from stackward.rewrites._variables import Variable, context, method_called, removed, variable
from stackward.syntax.tree import SourceFile

_COMPILES = ("regexp.MustCompile", "regexp.MustCompilePOSIX")
# Longest and UnmarshalText change the expression.
_READS = ("Expand", "Find", "LiteralPrefix", "Match", "NumSubexp", "Replace", "Split", "String", "Subexp")
_ON_STACK = 8  # Entries of a map that does not escape (internal/abi: SwissMapGroupSlots); no one allocates these.


def suits(node: Node, source: SourceFile) -> bool:
    if node.type == "call_expression":
        return calls(node, source, *_COMPILES)
    kind = node.child_by_field_name("type")
    return kind is not None and kind.type in {"map_type", "slice_type"}


def propose(scene: Scene) -> Iterator[Offer]:
    function = scene.declaration()
    if function is None or scene.text(_name_of(function)) == "init":
        return
    if scene.node.type == "call_expression":
        yield from _pattern(scene, function)
    else:
        yield from _table(scene, function)


def _pattern(scene: Scene, function: Node) -> Iterator[Offer]:
    given = arguments(scene.node)
    if scene.callee(scene.node) not in _COMPILES or len(given) != 1:
        return
    pattern = unquoted(scene.constant(given[0]))
    if pattern is None or not _global(scene, given[0]):
        yield Refusal("the pattern is not a constant of the package")
        return
    if scene.callee(scene.node) == _COMPILES[0] and not scene.package.is_pattern(pattern):
        yield Refusal("the pattern is not valid, so that the program would end at its start")
        return
    if scene.callee(scene.node) != _COMPILES[0]:
        yield Refusal("the pattern is POSIX's")
        return
    called = method_called(scene.node)
    if called is not None:
        if not called[0].startswith(_READS):
            yield Refusal(f"{called[0]} changes the expression")
            return
        name = scene.free_name("pattern", _owned(scene, function, "pattern"))
        yield _moved(scene, function, name, replace_node(scene.node, name), "the pattern")
        return
    found = _local(scene)
    if found is None:
        yield Refusal("the expression goes elsewhere")
        return
    for reference in found.references:
        method = method_called(reference.node)
        if reference.use.write or reference.use.address or method is None or not method[0].startswith(_READS):
            yield Refusal(f"{found.name} is not only read")
            return
    yield from _kept(scene, function, found)


def _table(scene: Scene, function: Node) -> Iterator[Offer]:
    info = scene.type(scene.node)
    body = scene.node.child_by_field_name("body")
    if info is None or body is None or info.kind not in {"map", "slice"} or not _constant(scene, body):
        return
    if info.kind == "map" and sum(one.type != "comment" for one in body.named_children) <= _ON_STACK:
        return
    outer = context(scene.node)
    if outer is not None and outer.type == "index_expression" and not _written(outer):
        name = scene.free_name("table", _owned(scene, function, "table"))
        yield _moved(scene, function, name, replace_node(scene.node, name), "the table")
        return
    found = _local(scene)
    if found is None:
        return  # Most literals are passed on: nobody expects anything else.
    for reference in found.references:
        if reference.use.write or reference.use.address or not _only_read(scene, reference.node):
            yield Refusal(f"{found.name} is not only indexed, ranged over and measured")
            return
    yield from _kept(scene, function, found)


def _local(scene: Scene) -> Variable | None:
    """The variable that the node is the value of, declared by a statement of its own."""
    statement = scene.statement()
    if statement.type == "short_var_declaration":
        left = statement.child_by_field_name("left")
        name = left.named_children[0] if left is not None else None
    elif statement.type == "var_declaration":
        name = next((one for one in walk(statement) if one.type == "identifier"), None)
    else:
        return None
    found = variable(scene, name) if name is not None else None
    if found is None or found.value != scene.node or not found.alone or found.statement != statement:
        return None
    return found if found.typed is None and found.references else None


def _kept(scene: Scene, function: Node, found: Variable) -> Iterator[Offer]:
    """The declaration moved to package level, under the name that it has."""
    files = scene.package.files.values()
    taken = scene.package.hides(found.name) or any(
        found.name in package_level(source) or any(one.qualifier == found.name for one in imports(source))
        for source in files
    )
    if taken:
        name = scene.free_name(found.name, _owned(scene, function, found.name))
        edits = [replace_node(one.node, name) for one in found.references]
    else:
        name, edits = found.name, []
    gone = removed(scene.source, found.statement)
    yield _moved(scene, function, name, gone, found.name, *edits)


def _owned(scene: Scene, function: Node, name: str) -> str:
    """A name that says whose it is: ``httpClientTable`` for a method of ``HTTPClient``, ``parseTable`` in ``parse``."""
    receiver = function.child_by_field_name("receiver")
    typed = re.search(r"(\w+)(?:\[[^\]]*\])?\s*\)$", scene.text(receiver)) if receiver is not None else None
    owner = typed[1] if typed is not None else scene.text(_name_of(function))
    capitals = re.match(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]+", owner)
    owner = owner[: capitals.end()].lower() + owner[capitals.end() :] if capitals is not None else owner
    return f"{owner}{name[:1].upper()}{name[1:]}"


def _moved(scene: Scene, function: Node, name: str, edit: Replacement, what: str, *more: Replacement) -> Proposal:
    start = _above(function)
    declared = f"var {name} = {_dedented(scene)}\n\n"
    edits = (Replacement(start, start, declared.encode()), edit, *more)
    return Proposal(f"Make {what} once, at package level", {scene.path: edits})


def _dedented(scene: Scene) -> str:
    """The literal with one level of indentation less for each that its line has; gofmt sees to the rest."""
    lines = scene.text(scene.node).split("\n")
    indent = scene.indent(scene.node)
    return "\n".join([lines[0], *(line.removeprefix(indent) for line in lines[1:])])


def _above(function: Node) -> int:
    """Where a declaration begins, its comment included."""
    first = function
    while True:
        before = first.prev_named_sibling
        if before is None or before.type != "comment" or before.end_point[0] != first.start_point[0] - 1:
            return first.start_byte
        first = before


def _name_of(function: Node) -> Node:
    name = function.child_by_field_name("name")
    assert name is not None
    return name


def _constant(scene: Scene, body: Node) -> bool:
    """Whether all elements of a literal are constants of the package, or literals of such."""
    for element in body.named_children:
        if element.type == "comment":
            continue
        for part in element.named_children if element.type == "keyed_element" else [element]:
            inner = part.named_children[0] if part.type == "literal_element" and part.named_children else part
            if inner.type == "literal_value":
                if not _constant(scene, inner):
                    return False
            elif inner.type == "composite_literal":
                nested = inner.child_by_field_name("body")
                if nested is None or not _constant(scene, nested) or not _global(scene, inner):
                    return False
            elif part.parent is not None and _is_field_name(scene, part, inner):
                continue
            elif scene.constant(inner) is None or not _global(scene, inner):
                return False
    return _global(scene, scene.node)


def _is_field_name(scene: Scene, part: Node, inner: Node) -> bool:
    """Whether a part is the name of a field: the first of a keyed element, which has no value."""
    element = part.parent
    if element is None or element.type != "keyed_element" or element.named_children[0] != part:
        return False
    found = scene.facts(inner)
    return (
        inner.type == "identifier" and found is not None and found.object is not None and found.object.kind == "field"
    )


def _global(scene: Scene, node: Node) -> bool:
    """Whether nothing in an expression is declared in a function."""
    for one in walk(node):
        if one.type not in {"identifier", "type_identifier"}:
            continue
        found = scene.facts(one)
        if found is None or found.object is None or found.object.scope == "local":
            return False
    return True


def _only_read(scene: Scene, name: Node) -> bool:
    """Whether a use takes an element, the length, or goes over all of them."""
    outer = context(name)
    if outer is None:
        return False
    if outer.type == "index_expression" and outer.child_by_field_name("operand") == name:
        return not _written(outer)
    if outer.type == "range_clause":
        return outer.child_by_field_name("right") == name
    if outer.type == "argument_list" and outer.parent is not None:
        return scene.callee(outer.parent) == "len"
    return False


def _written(element: Node) -> bool:
    """Whether an element is assigned to, has its address taken, or may have by a method."""
    outer = context(element)
    if outer is None or outer.type in {"inc_statement", "dec_statement", "selector_expression", "slice_expression"}:
        return True
    if outer.type == "unary_expression":
        operator = outer.child_by_field_name("operator")
        return operator is not None and operator.type == "&"
    if outer.type == "expression_list" and outer.parent is not None:
        return outer.parent.type == "assignment_statement" and outer.parent.child_by_field_name("left") == outer
    return outer.type == "index_expression" and outer.child_by_field_name("operand") == element


REWRITE = Rewrite(
    "package-level",
    "a pattern or a table of constants made once, at package level",
    ("call_expression", "composite_literal"),
    suits,
    propose,
)

EXAMPLES = (
    Example(
        before="""package p

import "regexp"

// Words splits a text into its words.
func Words(text string) []string {
	splitter := regexp.MustCompile(`[^\\p{L}\\p{N}]+`)
	return splitter.Split(text, -1)
}

func Digits(text string) bool { return regexp.MustCompile("^[0-9]+$").MatchString(text) }
""",
        after="""package p

import "regexp"

var splitter = regexp.MustCompile(`[^\\p{L}\\p{N}]+`)

// Words splits a text into its words.
func Words(text string) []string {
	return splitter.Split(text, -1)
}

var pattern = regexp.MustCompile("^[0-9]+$")

func Digits(text string) bool { return pattern.MatchString(text) }
""",
        probe="""for _, text := range []string{"", "a b", "é, 世界 12", "123", "\\xff"} {
	emit(Words(text))
	emit(Digits(text))
}""",
        saves=50,
    ),
    Example(
        before="""package p

const last = 'c'

// Plain drops accents.
func Plain(r rune) (rune, int) {
	// What customers leave out.
	plain := map[rune]rune{
		'à': 'a', 'é': 'e', 'è': 'e', 'ê': 'e', 'ô': 'o', // French
		'ñ': 'n', 'ç': last, 'ä': 'a', 'ö': 'o', 'ü': 'u',
	}
	if to, ok := plain[r]; ok {
		return to, len(plain)
	}
	return r, 0
}
""",
        after="""package p

const last = 'c'

var plain = map[rune]rune{
	'à': 'a', 'é': 'e', 'è': 'e', 'ê': 'e', 'ô': 'o', // French
	'ñ': 'n', 'ç': last, 'ä': 'a', 'ö': 'o', 'ü': 'u',
}

// Plain drops accents.
func Plain(r rune) (rune, int) {
	// What customers leave out.
	if to, ok := plain[r]; ok {
		return to, len(plain)
	}
	return r, 0
}
""",
        probe="""for _, r := range "aàéñçz世" {
	to, n := Plain(r)
	emit(to)
	emit(n)
}""",
    ),
    Example(
        before="""package p

var names = "taken"

type pair struct {
	key   string
	value int
}

func Sum(i int) (int, string) {
	names := []pair{{"a", 1}, {key: "b", value: 2}, {"c", -3}}
	sum := 0
	for _, one := range names {
		sum += one.value
	}
	label := map[int]string{0: "a", 1: "b", 2: "c", 3: "d", 4: "e", 5: "f", 6: "g", 7: "h", 8: "i"}[i]
	return sum, label
}
""",
        after="""package p

var names = "taken"

type pair struct {
	key   string
	value int
}

var table = map[int]string{0: "a", 1: "b", 2: "c", 3: "d", 4: "e", 5: "f", 6: "g", 7: "h", 8: "i"}

func Sum(i int) (int, string) {
	names := []pair{{"a", 1}, {key: "b", value: 2}, {"c", -3}}
	sum := 0
	for _, one := range names {
		sum += one.value
	}
	label := table[i]
	return sum, label
}
""",
        probe="""for i := range 4 {
	sum, label := Sum(i)
	emit(sum)
	emit(label)
}""",
    ),
    Example(
        before="""package p

import "regexp"

type HTTPVerb string

const known = "GET"

func (v HTTPVerb) Known() bool {
	known := regexp.MustCompile("^(GET|PUT|POST)$")
	return known.MatchString(string(v))
}
""",
        after="""package p

import "regexp"

type HTTPVerb string

const known = "GET"

var httpVerbKnown = regexp.MustCompile("^(GET|PUT|POST)$")

func (v HTTPVerb) Known() bool {
	return httpVerbKnown.MatchString(string(v))
}
""",
        probe="""for _, v := range []HTTPVerb{"", "GET", "get", "PUT\\n"} {
	emit(v.Known())
}""",
        saves=50,
    ),
)

REFUSALS = (
    Refused(
        """package p

import "regexp"

func Match(text, word string) bool {
	re := regexp.MustCompile("^" + word)
	return re.MatchString(text)
}
""",
        "not a constant",
    ),
    Refused(
        """package p

import "regexp"

func Match(text string) bool {
	re := regexp.MustCompile("^(a|ab)")
	re.Longest()
	return re.MatchString(text)
}
""",
        "not only read",
    ),
    Refused(
        """package p

import "regexp"

func Make() *regexp.Regexp { return regexp.MustCompile("^a+$") }
""",
        "goes elsewhere",
    ),
    Refused(
        """package p

import "regexp"

func Never(text string) bool {
	if text != "" {
		return false
	}
	return regexp.MustCompile("a(").MatchString(text)
}
""",
        "not valid",
    ),
    Refused(
        """package p

func Count(text string) map[rune]int {
	counts := map[rune]int{'a': 0, 'b': 0, 'c': 0, 'd': 0, 'e': 0, 'f': 0, 'g': 0, 'h': 0, 'i': 0}
	for _, r := range text {
		counts[r]++
	}
	return counts
}
""",
        "not only indexed",
    ),
    Refused(
        """package p

func At(i int, first string) string {
	names := map[int]string{0: first, 1: "b", 2: "c", 3: "d", 4: "e", 5: "f", 6: "g", 7: "h", 8: "i"}
	return names[i]
}
"""
    ),
    Refused(
        """package p

func At(i int) string {
	const first = "first"
	names := map[int]string{0: first, 1: "b", 2: "c", 3: "d", 4: "e", 5: "f", 6: "g", 7: "h", 8: "i"}
	return names[i]
}
"""
    ),
)
