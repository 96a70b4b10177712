"""# sort-slice

`sort.Slice` becomes `slices.SortFunc`, `sort.SliceStable` becomes `slices.SortStableFunc`.

## Why it saves

`sort.Slice` takes any slice, so the slice is put into an interface, and elements are swapped through reflection by a
function that is made for each call. `slices.SortFunc` knows the type: it allocates nothing, and is about twice as fast.

## When it is offered

When the function compares elements of the slice that is sorted, returning `x < y`, `x > y`, `c(x, y) < 0` or
`x.Before(y)` (also after conditions on other fields), where x is about one element and y the same about the other.
Elements that it gives names first, as in `a, b := s[i], s[j]`, keep these as its parameters.

It is for review since neither function promises an `order of equal elements`, and where floating-point numbers are
compared, of which `NaN sorts first` afterwards, or what a type parameter stands for. It is safe if whole elements are
compared, strings or integers, and for stable sorting. Where it does nothing but `return s[i] < s[j]`, and for
`sort.Sort(sort.StringSlice(s))` and `IntSlice`, `slices.Sort` needs no function at all.

## When it is not

If the indexes are used for anything but elements of that slice, if the function does more than compare or may change an
element, and before Go 1.21. For elements of more than 256 bytes, of which two are copied for each comparison.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.core.facts import TypeInfo
from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, callee_node, calls, is_call, replace_node
from stackward.rewrites._targets import spelled
from stackward.rewrites._variables import expressions, is_path, method_called, sole, variable
from stackward.rewrites._variables import inside as within
from stackward.syntax.tree import SourceFile

_FUNCTIONS = {"sort.Slice": "SortFunc", "sort.SliceStable": "SortStableFunc"}
# Packages that call no code of the user's.
_QUIET = ("(time.", "bytes.", "cmp.", "math.", "strings.", "time.", "unicode.", "unicode/utf8.")
_PLAIN = {"sort.StringSlice": "string", "sort.IntSlice": "int"}
_PAIRS = (("a", "b"), ("x", "y"), ("p", "q"), ("left", "right"))
_LARGE = 256  # Bytes of an element: to copy two that are larger takes longer than reflection to swap them.
_ALLOWED = frozenset(
    {"block", "comment", "const_declaration", "expression_list", "if_statement", "return_statement", "statement_list"}
)


def suits(node: Node, source: SourceFile) -> bool:
    return calls(node, source, "sort.Slice", "sort.SliceStable", "sort.Sort")


def propose(scene: Scene) -> Iterator[Offer]:
    callee, given = scene.callee(scene.node), arguments(scene.node)
    name = scene.qualifier("slices")
    if callee not in {*_FUNCTIONS, "sort.Sort"}:
        return
    if scene.node.parent is None or scene.node.parent.type != "expression_statement":
        yield Refusal("it sorts later")
        return
    if scene.package.language < 21 or name is None:
        yield Refusal("package slices cannot be used here")
    elif callee == "sort.Sort":
        yield from _sorted(scene, given[0], name)
    else:
        yield from _compared(scene, callee, given, name)


def _sorted(scene: Scene, given: Node, name: str) -> Iterator[Offer]:
    """``sort.Sort(sort.StringSlice(s))``."""
    operand = arguments(given)[0] if is_call(given) and len(arguments(given)) == 1 else None
    facts = scene.facts(given)
    if operand is None or facts is None or facts.call is None or facts.call.kind != "conversion":
        return
    info = scene.type(operand)
    element = _PLAIN.get(facts.call.callee)
    if element is None or info is None or info.elem is None or info.elem.type != element:
        return
    edit = replace_node(scene.node, f"{name}.Sort({scene.text(operand)})")
    yield Proposal("Use slices.Sort instead of sort.Sort", {scene.path: (edit,)}, {scene.path: ("slices",)})


@dataclass(slots=True)
class _Less:
    """What becomes of the function that compares; filled while it is read."""

    scene: Scene
    slice: Node
    names: tuple[str, str]
    indexes: tuple[str, str]
    element: TypeInfo
    edits: list[Replacement]
    imports: set[str]
    copies: tuple[Node, ...] = ()
    """The statements that make variables of the elements, whose names are ``names`` then."""
    floats: bool = False
    whole: bool = True
    """Whether all that is compared are whole elements, of a type of which equal values are the same."""
    rising: bool = True
    """Whether all that is compared are whole elements, of which the smallest comes first."""
    problem: str = "what it returns is not a comparison of the two elements"

    def text(self, node: Node, *, swapped: bool = False) -> str:
        """An expression with the elements under their new names, with ``swapped`` each under the other's."""
        names = self.names[::-1] if swapped else self.names
        found, at = [], node.start_byte
        for one in self.elements(node):
            found += [self.scene.source.text[at : one.start_byte].decode(), names[self.which(one)]]
            at = one.end_byte
        return "".join([*found, self.scene.source.text[at : node.end_byte].decode()])

    def elements(self, node: Node) -> Iterator[Node]:
        """The element expressions in an expression: ``s[i]``, and the names of those that have one."""
        for one in walk(node):
            if one.type in {"identifier", "index_expression"} and self.which(one) >= 0:
                yield one

    def which(self, node: Node) -> int:
        """0 for the first element, 1 for the second, -1 for what is neither."""
        if node.type == "identifier":
            name = self.scene.text(node)
            return self.names.index(name) if self.copies and name in self.names else -1
        operand, index = node.child_by_field_name("operand"), node.child_by_field_name("index")
        if operand is None or index is None or self.scene.text(operand) != self.scene.text(self.slice):
            return -1
        text = self.scene.text(index)
        return self.indexes.index(text) if text in self.indexes else -1

    def sides(self, node: Node) -> set[int]:
        """Which of the elements an expression is about."""
        return {self.which(one) for one in self.elements(node)}


def _compared(scene: Scene, callee: str, given: list[Node], name: str) -> Iterator[Offer]:
    literal = given[1]
    info = scene.type(given[0])
    parameters = literal.child_by_field_name("parameters")
    body = literal.child_by_field_name("body")
    if literal.type != "func_literal" or parameters is None or body is None:
        yield Refusal("the function that compares is somewhere else")
        return
    if info is None or info.kind != "slice" or info.elem is None or not is_path(given[0]):
        yield Refusal("it is not known which slice is sorted")
        return
    if (info.elem.size or 0) > _LARGE:
        yield Refusal(f"elements have {info.elem.size:,} bytes, too many to copy for each comparison")
        return
    indexes = [
        scene.text(one) for declared in parameters.named_children for one in declared.children_by_field_name("name")
    ]
    typed, used = spelled(scene, info.elem), {scene.text(one) for one in walk(body) if one.type.endswith("identifier")}
    named = _named(scene, given[0], tuple(indexes), body)
    pair = named[0] if named else next((pair for pair in _PAIRS if not (used | {typed}) & set(pair)), None)
    if len(indexes) != 2 or "_" in indexes or typed is None or pair is None:
        yield Refusal("the parameters cannot be written")
        return
    copies = named[1] if named else ()
    less = _Less(scene, given[0], pair, (indexes[0], indexes[1]), info.elem, [], {"slices"}, copies)
    refused = _changes(scene, given[0], literal, body) or _read(less, body)
    if refused:
        yield Refusal(refused)
        return
    stable = callee == "sort.SliceStable" or less.whole
    differs = ["NaN sorts first"] if less.floats else []
    differs += [] if stable else ["order of equal elements"]
    applicability, different = Applicability.REVIEW if differs else Applicability.SAFE, ", ".join(differs)
    if less.rising and (less.whole or callee == "sort.Slice") and _is_bare(scene, body):
        edit = replace_node(scene.node, f"{name}.Sort({scene.text(given[0])})")
        title = f"Use slices.Sort instead of {callee}"
        imports = {scene.path: ("slices",)}
        yield Proposal(title, {scene.path: (edit,)}, imports, applicability=applicability, differs=different)
        return
    outer = callee_node(scene.node)
    result = literal.child_by_field_name("result")
    assert outer is not None
    if result is None:
        return
    edits = [
        replace_node(outer, f"{name}.{_FUNCTIONS[callee]}"),
        Replacement(parameters.start_byte, parameters.end_byte, f"({pair[0]}, {pair[1]} {typed})".encode()),
        replace_node(result, "int"),
        *less.edits,
    ]
    yield Proposal(
        f"Use slices.{_FUNCTIONS[callee]} instead of {callee}",
        {scene.path: tuple(edits)},
        {scene.path: tuple(sorted(less.imports))},
        applicability=applicability,
        differs=different,
    )


def _is_bare(scene: Scene, body: Node) -> bool:
    """Whether there is nothing in a call but a function that does nothing but return."""
    statements = [one for part in body.named_children for one in part.named_children]
    return [one.type for one in statements] == ["return_statement"] and not any(
        one.type == "comment" for one in walk(scene.node)
    )


def _named(
    scene: Scene, slice_: Node, indexes: tuple[str, ...], body: Node
) -> tuple[tuple[str, str], tuple[Node, ...]] | None:
    """The names that the function gives to both elements before it compares them, and the statements that do so."""
    names: dict[str, str] = {}
    statements: list[Node] = []
    listed = next((one for one in body.named_children if one.type == "statement_list"), body)
    for statement in listed.named_children:
        left, right = (expressions(statement.child_by_field_name(one)) for one in ("left", "right"))
        if statement.type != "short_var_declaration" or len(left) != len(right) or len(names) == len(indexes):
            break
        for name, value in zip(left, right, strict=True):
            operand, index = value.child_by_field_name("operand"), value.child_by_field_name("index")
            if value.type != "index_expression" or operand is None or index is None:
                return None
            if scene.text(operand) != scene.text(slice_) or scene.text(index) not in indexes:
                return None
            names[scene.text(index)] = scene.text(name)
        statements.append(statement)
    if set(names) != set(indexes) or len(set(names.values()) - {"_"}) != len(indexes):
        return None
    if {scene.text(slice_), *indexes} & set(names.values()):
        return None
    others = (one for one in walk(body) if one.type == "short_var_declaration" and one not in statements)
    declared = {scene.text(name) for one in others for name in expressions(one.child_by_field_name("left"))}
    if declared & set(names.values()):
        return None  # In a part of the function the name is that of another thing.
    return (names[indexes[0]], names[indexes[1]]), tuple(statements)


def _changes(scene: Scene, sorted_: Node, literal: Node, body: Node) -> str:
    """Why calls in the comparing function forbid it; empty if they do not."""
    other = False
    for call in (one for one in walk(body) if is_call(one)):
        facts = scene.facts(call)
        kind = facts.call.kind if facts is not None and facts.call is not None else ""
        if kind not in {"builtin", "conversion"} and not scene.callee(call).startswith(_QUIET):
            other = True
        if kind not in {"builtin", "conversion", "interface", "static"}:
            return "a function that is not known is called"
    root = variable(scene, sorted_)
    if other and (root is None or any(one.use.write or one.use.address for one in root.references if one.use.captured)):
        return "what is called could give the variable another slice"
    if root is not None and any(one.use.write for one in root.within(literal)):
        return "the function changes the slice"
    return ""


def _read(less: _Less, body: Node) -> str:
    """Read the comparing function; why it cannot be rewritten, or empty."""
    scene = less.scene
    elements = [one for one in less.elements(body) if not any(within(one, copy) for copy in less.copies)]
    inside = {one.id for element in (*elements, *less.copies) for one in walk(element)}
    for node in walk(body):
        if node.type == "identifier" and scene.text(node) in less.indexes and node.id not in inside:
            return f"{scene.text(node)} is used for something else than an element"
        if node.type in {"func_literal", "assignment_statement", "inc_statement", "dec_statement", "send_statement"}:
            return "the function does more than compare"
        if node.type.endswith("_statement") and node.type not in _ALLOWED:
            return "the function does more than compare"
        if node.type.endswith("_declaration") and node.type != "short_var_declaration":
            return "the function does more than compare"
        if node.type == "unary_expression" and scene.text(node).startswith(("&", "<-")):
            return "an element's address is taken"
    for element in elements:
        if _by_address(less, element):
            return "a method may change an element"
    returned = [one for one in walk(body) if one.type == "return_statement"]
    for one in returned:
        new = _returned(less, one)
        if new is None:
            return less.problem
        less.edits.append(Replacement(one.start_byte, one.end_byte, f"return {new}".encode()))
    spans = [(one.start_byte, one.end_byte) for one in returned]
    for copy in less.copies:
        following = copy.next_named_sibling
        less.edits.append(
            Replacement(copy.start_byte, following.start_byte if following is not None else copy.end_byte)
        )
    for element in elements:
        if not any(start <= element.start_byte < end for start, end in spans):
            less.edits.append(replace_node(element, less.names[less.which(element)]))
    return ""


def _by_address(less: _Less, element: Node) -> bool:
    """Whether a method is called on an element, or a part of it, by its address."""
    at = element
    while at.parent is not None and at.parent.type in {"index_expression", "selector_expression"}:
        called = method_called(at)
        if called is not None:
            callee = less.scene.callee(called[1])
            info = less.scene.type(at)
            shared = info is not None and info.kind in {"interface", "pointer"}
            if not shared and (not callee or callee.startswith("(*")):
                return True
        at = at.parent
    return False


def _returned(less: _Less, statement: Node) -> str | None:
    """What a return statement returns instead; None where that cannot be said."""
    scene = less.scene
    value = sole(statement.named_children[0]) if statement.named_children else None
    if value is None:
        return None
    if is_call(value):
        return _before(less, value)
    left, right, operator = (value.child_by_field_name(one) for one in ("left", "right", "operator"))
    if value.type != "binary_expression" or left is None or right is None or operator is None:
        return None
    sign, info = scene.text(operator), scene.type(left)
    if sign not in {"<", ">"} or info is None:
        return None
    if scene.constant(right) == "0" and info.type == "int" and is_call(left) and less.sides(left) == {0, 1}:
        less.whole = less.rising = False
        # Only the sign of a comparison is the other one where its operands are swapped.
        return less.text(left) if sign == "<" else _opposite(less, left)
    return _ordered(less, left, right, info, sign)


def _opposite(less: _Less, call: Node) -> str | None:
    known = {"bytes.Compare", "cmp.Compare", "strings.Compare"}
    return less.text(call, swapped=True) if less.scene.callee(call) in known else None


def _ordered(less: _Less, left: Node, right: Node, info: TypeInfo, sign: str) -> str | None:
    """A comparison of one element, or what belongs to it, with the same of the other."""
    scene = less.scene
    sides = less.sides(left), less.sides(right)
    if sides not in (({0}, {1}), ({1}, {0})) or less.text(left) != less.text(right, swapped=True):
        return None
    if any(is_call(one) and not scene.callee(one) for one in walk(left)):
        return None
    if info.kind.startswith("float"):
        less.floats = True
    elif info.kind == "type parameter":
        less.floats = True  # Its constraint may allow them.
    elif info.kind != "string" and not info.kind.startswith(("int", "uint")):
        return None
    first, second = (left, right) if sign == "<" else (right, left)
    plain = left.type in {"identifier", "index_expression"} and less.which(left) >= 0
    less.whole = less.whole and plain and not less.floats
    less.rising = less.rising and plain and less.which(first) == 0
    package = "strings" if info.type == "string" else "cmp"
    name = scene.qualifier(package)
    if name is None:
        less.problem = f"package {package} cannot be used here"
        return None
    less.imports.add(package)
    return f"{name}.Compare({less.text(first)}, {less.text(second)})"


def _before(less: _Less, call: Node) -> str | None:
    """``s[i].Before(s[j])`` of times."""
    callee = less.scene.callee(call)
    function, given = callee_node(call), arguments(call)
    receiver = function.child_by_field_name("operand") if function is not None else None
    if callee not in {"(time.Time).After", "(time.Time).Before"} or receiver is None:
        return None
    sides = less.sides(receiver), less.sides(given[0])
    if sides not in (({0}, {1}), ({1}, {0})) or less.text(receiver) != less.text(given[0], swapped=True):
        return None
    less.whole = less.rising = False
    if callee.endswith("Before"):
        return f"{less.text(receiver)}.Compare({less.text(given[0])})"
    return f"{less.text(given[0])}.Compare({less.text(receiver)})"


REWRITE = Rewrite("sort-slice", "sort.Slice to slices.SortFunc", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import "sort"

func Sorted(names []string, sizes []int) {
	sort.Slice(names, func(i, j int) bool { return names[i] < names[j] })
	sort.Slice(sizes, func(i, j int) bool {
		// The largest comes first.
		return sizes[i] > sizes[j]
	})
	sort.Sort(sort.StringSlice(names))
}
""",
        after="""package p

import (
	"cmp"
	"slices"
)

func Sorted(names []string, sizes []int) {
	slices.Sort(names)
	slices.SortFunc(sizes, func(a, b int) int {
		// The largest comes first.
		return cmp.Compare(b, a)
	})
	slices.Sort(names)
}
""",
        probe="""for n := range 40 {
	names, sizes := make([]string, n), make([]int, n)
	for i := range n {
		names[i], sizes[i] = strings.Repeat("é", i*7%n), (i*31+5)%n-n/2
	}
	Sorted(names, sizes)
	emit(names)
	emit(sizes)
}
Sorted(nil, nil)""",
        probe_imports=("strings",),
        saves=40,
    ),
    Example(
        before="""package p

import (
	"sort"
	"time"
)

type Post struct {
	Title string
	Likes int64
	At    time.Time
}

type Blog struct{ posts []*Post }

func (b *Blog) Best() []*Post {
	sort.SliceStable(b.posts, func(i, j int) bool {
		if b.posts[i].Likes != b.posts[j].Likes {
			return b.posts[i].Likes > b.posts[j].Likes
		}
		return b.posts[j].At.Before(b.posts[i].At) // The latest comes first.
	})
	return b.posts
}
""",
        after="""package p

import (
	"cmp"
	"slices"
	"time"
)

type Post struct {
	Title string
	Likes int64
	At    time.Time
}

type Blog struct{ posts []*Post }

func (b *Blog) Best() []*Post {
	slices.SortStableFunc(b.posts, func(x, y *Post) int {
		if x.Likes != y.Likes {
			return cmp.Compare(y.Likes, x.Likes)
		}
		return y.At.Compare(x.At) // The latest comes first.
	})
	return b.posts
}
""",
        probe="""blog := Blog{}
for i := range 50 {
	at := time.Unix(int64(i*7%5), 0).UTC()
	blog.posts = append(blog.posts, &Post{strconv.Itoa(i), int64(i * 11 % 4), at})
}
for _, post := range blog.Best() {
	emit(*post)
}""",
        probe_imports=("strconv", "time"),
    ),
    Example(
        before="""package p

import "sort"

type Point struct{ X, Y float64 }

func ByX(points []Point) {
	sort.Slice(points, func(i, j int) bool { return points[i].X < points[j].X })
}

func ByMap(rows []map[string]any) {
	sort.Slice(rows, func(a, b int) bool {
		if rows[a]["n"] != rows[b]["n"] {
			return rows[a]["n"].(int) < rows[b]["n"].(int)
		}
		return rows[a]["s"].(string) < rows[b]["s"].(string)
	})
}
""",
        after="""package p

import (
	"cmp"
	"slices"
	"strings"
)

type Point struct{ X, Y float64 }

func ByX(points []Point) {
	slices.SortFunc(points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
}

func ByMap(rows []map[string]any) {
	slices.SortFunc(rows, func(x, y map[string]any) int {
		if x["n"] != y["n"] {
			return cmp.Compare(x["n"].(int), y["n"].(int))
		}
		return strings.Compare(x["s"].(string), y["s"].(string))
	})
}
""",
        probe="""points := []Point{{3, 1}, {-1, 2}, {math.Inf(1), 3}, {0, 4}, {math.Inf(-1), 5}, {2.5, 6}}
ByX(points)
emit(points)
rows := []map[string]any{{"n": 2, "s": "b"}, {"n": 2, "s": "a"}, {"n": -1, "s": ""}, {"n": 2, "s": "ä"}}
ByMap(rows)
emit(rows)""",
        probe_imports=("math",),
        applicability=Applicability.REVIEW,
        undriven={"ByX": "where what is no number goes is for review"},
    ),
    Example(
        before="""package p

import (
	"sort"
	"strings"
)

type user struct {
	name string
	age  int
	tags []string
}

func (u user) key() string { return strings.ToLower(u.name) }

func byName(users []user) {
	sort.SliceStable(users, func(i, j int) bool {
		// The older one of two that have the same name comes first.
		one, other := users[i], users[j]
		if one.key() == other.key() {
			return one.age > other.age
		}
		return one.key() < other.key()
	})
}

func byTags(users []*user) {
	sort.SliceStable(users, func(j, i int) bool { b := users[i]; a := users[j]; return len(a.tags) < len(b.tags) })
}

func Names(text string) (names []string) {
	var users []user
	var pointers []*user
	for age, name := range strings.Fields(text) {
		users = append(users, user{name, age, strings.Split(name, "a")})
		pointers = append(pointers, &users[age])
	}
	byName(users)
	byTags(pointers)
	for i, one := range users {
		names = append(names, one.name, pointers[i].name)
	}
	return names
}
""",
        after="""package p

import (
	"cmp"
	"slices"
	"strings"
)

type user struct {
	name string
	age  int
	tags []string
}

func (u user) key() string { return strings.ToLower(u.name) }

func byName(users []user) {
	slices.SortStableFunc(users, func(one, other user) int {
		// The older one of two that have the same name comes first.
		if one.key() == other.key() {
			return cmp.Compare(other.age, one.age)
		}
		return strings.Compare(one.key(), other.key())
	})
}

func byTags(users []*user) {
	slices.SortStableFunc(users, func(a, b *user) int { return cmp.Compare(len(a.tags), len(b.tags)) })
}

func Names(text string) (names []string) {
	var users []user
	var pointers []*user
	for age, name := range strings.Fields(text) {
		users = append(users, user{name, age, strings.Split(name, "a")})
		pointers = append(pointers, &users[age])
	}
	byName(users)
	byTags(pointers)
	for i, one := range users {
		names = append(names, one.name, pointers[i].name)
	}
	return names
}
""",
        probe="""for _, text := range []string{"", "b", "b a B A b aa ÄA baaab ab", "é ß ss \\xff a"} {
	for _, name := range Names(text) {
		emit(name)
	}
}""",
        saves=2,
    ),
    Example(
        before="""package p

import (
	"cmp"
	"sort"
)

func Sorted[K cmp.Ordered](keys []K) []K {
	sort.Slice(keys, func(i, j int) bool { return keys[i] < keys[j] })
	return keys
}

func Both(names []string, sizes []float64) ([]string, []float64) { return Sorted(names), Sorted(sizes) }
""",
        after="""package p

import (
	"cmp"
	"slices"
)

func Sorted[K cmp.Ordered](keys []K) []K {
	slices.Sort(keys)
	return keys
}

func Both(names []string, sizes []float64) ([]string, []float64) { return Sorted(names), Sorted(sizes) }
""",
        probe="""names, sizes := Both([]string{"b", "", "é", "a", "b"}, []float64{2, -1, 0, 1e300, -1e-300})
for i := range names {
	emit(names[i])
	emit(sizes[i])
}""",
        applicability=Applicability.REVIEW,
        undriven={"Both": "NaN sorts first afterwards"},
    ),
)

REFUSALS = (
    Refused(
        """package p

import "sort"

func By(values []string, keys []int) {
	sort.Slice(values, func(i, j int) bool { return keys[i] < keys[j] })
}
""",
        "something else than an element",
    ),
    Refused(
        """package p

import "sort"

func Sort(values []int, less func(i, j int) bool) {
	sort.Slice(values, less)
}
""",
        "somewhere else",
    ),
    Refused(
        """package p

import "sort"

type Counter struct{ n, asked int }

func (c *Counter) Value() int { c.asked++; return c.n }

func Sort(values []Counter) {
	sort.Slice(values, func(i, j int) bool { return values[i].Value() < values[j].Value() })
}
""",
        "may change an element",
    ),
    Refused(
        """package p

import "sort"

func Sort(values []int) (compared int) {
	sort.Slice(values, func(i, j int) bool {
		compared++
		return values[i] < values[j]
	})
	return compared
}
""",
        "more than compare",
    ),
    Refused(
        """package p

import "sort"

type Row struct{ A, B int }

func Sort(rows []Row) {
	sort.Slice(rows, func(i, j int) bool { return rows[i].A < rows[j].B })
}
""",
        "not a comparison",
    ),
    Refused(
        """package p

import "sort"

type row struct{ n int }

func (r *row) next() int { r.n++; return r.n }

func Sort(rows []row) {
	sort.Slice(rows, func(i, j int) bool {
		a, b := rows[i], rows[j]
		return a.next() < b.next()
	})
}
""",
        "may change an element",
    ),
    Refused(
        """package p

import "sort"

func Sort(rows [][]int) {
	sort.Slice(rows, func(i, j int) bool {
		a, b := rows[i], rows[j]
		if len(a) > 2 {
			a, b := rows[j], rows[i]
			return a[0] < b[0]
		}
		return len(a) < len(b)
	})
}
""",
        "not a comparison",
    ),
    Refused(
        """package p

import "sort"

type Page struct {
	Name string
	Data [512]byte
}

func Sort(pages []Page) {
	sort.SliceStable(pages, func(i, j int) bool { return pages[i].Name < pages[j].Name })
}
""",
        "elements have 528 bytes, too many to copy for each comparison",
    ),
)
