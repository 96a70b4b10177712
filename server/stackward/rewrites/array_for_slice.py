"""# array-for-slice

A slice literal that is only indexed and ranged over becomes an array.

## Why it saves

A slice needs an array somewhere. If the slice is used by a function that outlives its maker, a func literal that is
returned or a goroutine, the array is allocated on the heap beside the function. An array of its own is a part of it.

## When it is offered

For a literal of at most 32 elements and 1,024 bytes whose variable is only indexed, ranged over and measured with
`len`, and of which no element is assigned.

## When it is not

If the slice is passed on, returned, sliced, assigned to or compared, or if an element's address is taken: whoever has a
slice shares its elements, an array is copied.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene
from stackward.rewrites._variables import Reference, called_name, context, expressions, inside, variable
from stackward.syntax.tree import SourceFile

_ELEMENTS, _BYTES = 32, 1024


def suits(node: Node, _source: SourceFile) -> bool:
    kind, outer = node.child_by_field_name("type"), node.parent
    return kind is not None and kind.type == "slice_type" and outer is not None and outer.type == "expression_list"


def propose(scene: Scene) -> Iterator[Offer]:
    body, kind = scene.node.child_by_field_name("body"), scene.node.child_by_field_name("type")
    name = named(scene.node)
    known = variable(scene, name) if name is not None else None
    info = scene.type(scene.node)
    if body is None or kind is None or known is None or known.value != scene.node or known.typed is not None:
        return
    elements = [one for one in body.named_children if one.type != "comment"]
    if info is None or info.elem is None or info.elem.size is None or not elements:
        return
    if any(one.type != "literal_element" for one in elements):
        yield Refusal("its elements have keys")
        return
    if len(elements) > _ELEMENTS or len(elements) * info.elem.size > _BYTES:
        yield Refusal("it is too large to be copied")
        return
    methods = info.elem.kind not in {"interface", "pointer"}
    for one in known.references:
        if not _plain(scene, one, methods=methods):
            yield Refusal(f"{known.name} is not only indexed and ranged over")
            return
    edit = Replacement(kind.start_byte, kind.start_byte + 2, b"[...]")
    yield Proposal(f"Make {known.name} an array", {scene.path: (edit,)})


def named(value: Node) -> Node | None:
    """The name of the variable that starts as an expression."""
    listed = value.parent
    outer = listed.parent if listed is not None else None
    if listed is None or outer is None or listed.type != "expression_list":
        return None
    number = expressions(listed).index(value)
    if outer.type == "short_var_declaration":
        names = expressions(outer.child_by_field_name("left"))
    elif outer.type == "var_spec":
        names = outer.children_by_field_name("name")
    else:
        return None
    return names[number] if number < len(names) and names[number].type == "identifier" else None


def _plain(scene: Scene, one: Reference, *, methods: bool) -> bool:
    """Whether a use does the same to an array. ``methods`` of an element may get its address."""
    outer = context(one.node)
    if one.use.write or one.use.address or outer is None:
        return False
    if outer.type == "range_clause":
        right = outer.child_by_field_name("right")
        return right is not None and inside(one.node, right)
    if outer.type == "argument_list":
        return called_name(scene, one.node) == "len"
    operand = outer.child_by_field_name("operand")
    if outer.type != "index_expression" or operand is None or not inside(one.node, operand):
        return False
    return not changed(outer, methods=methods)


def changed(element: Node, *, methods: bool) -> bool:
    """Whether an element, or a part of it, may be assigned to or have its address taken."""
    inner, outer = element, context(element)
    while outer is not None and outer.type in {"index_expression", "selector_expression", "slice_expression"}:
        operand = outer.child_by_field_name("operand")
        if outer.type == "slice_expression" or operand is None:
            return True
        if not inside(inner, operand):
            return False
        inner, outer = outer, context(outer)
    if outer is None or outer.type in {"dec_statement", "inc_statement", "range_clause"}:
        return True
    if outer.type == "call_expression":
        function = outer.child_by_field_name("function")
        return methods and inner != element and function is not None and inside(inner, function)
    if outer.type == "unary_expression":
        return (outer.text or b"").startswith(b"&")
    if outer.type == "selector_expression":
        return False
    if outer.type == "expression_list" and outer.parent is not None:
        return outer.parent.type == "assignment_statement" and outer.parent.child_by_field_name("left") == outer
    return False


REWRITE = Rewrite("array-for-slice", "an array for a small slice literal", ("composite_literal",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

// Namer returns a function that knows the names of the days.
func Namer(first string) func(int) string {
	days := []string{first, "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
	return func(day int) string {
		if day < 0 || day >= len(days) {
			return "?"
		}
		return days[day]
	}
}
""",
        after="""package p

// Namer returns a function that knows the names of the days.
func Namer(first string) func(int) string {
	days := [...]string{first, "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
	return func(day int) string {
		if day < 0 || day >= len(days) {
			return "?"
		}
		return days[day]
	}
}
""",
        probe="""name := Namer("Möndag")
for day := -1; day < 9; day++ {
	emit(name(day))
}""",
        saves=0,
    ),
    Example(
        before="""package p

type unit struct {
	name  string
	bytes int64
}

func Sizes(base int64, out chan<- string, limit int64) {
	units := []unit{
		{"B", 1},
		// Not 1,024 everywhere.
		{"K", base},
		{"M", base * base},
	}
	go func() {
		defer close(out)
		for _, u := range units {
			if u.bytes <= limit {
				out <- u.name
			}
		}
	}()
}
""",
        after="""package p

type unit struct {
	name  string
	bytes int64
}

func Sizes(base int64, out chan<- string, limit int64) {
	units := [...]unit{
		{"B", 1},
		// Not 1,024 everywhere.
		{"K", base},
		{"M", base * base},
	}
	go func() {
		defer close(out)
		for _, u := range units {
			if u.bytes <= limit {
				out <- u.name
			}
		}
	}()
}
""",
        probe="""for _, limit := range []int64{0, 1, 1000, 1 << 40} {
	out := make(chan string)
	Sizes(1000, out, limit)
	for name := range out {
		emit(name)
	}
}""",
        saves=4,
        undriven={"Sizes": "what it sends comes from a goroutine, sooner or later"},
    ),
    Example(
        before="""package p

import "sync"

func Sum(a, b, c int) (sum int) {
	values := []*int{&a, &b, &c}
	var wait sync.WaitGroup
	wait.Add(1)
	go func() {
		defer wait.Done()
		for i := range values {
			sum += *values[i]
		}
	}()
	wait.Wait()
	return sum
}
""",
        after="""package p

import "sync"

func Sum(a, b, c int) (sum int) {
	values := [...]*int{&a, &b, &c}
	var wait sync.WaitGroup
	wait.Add(1)
	go func() {
		defer wait.Done()
		for i := range values {
			sum += *values[i]
		}
	}()
	wait.Wait()
	return sum
}
""",
        probe="""emit(Sum(1, -2, 1<<40))""",
    ),
)

REFUSALS = (
    Refused(
        """package p

func Counter() func(int) int {
	counts := []int{0, 0, 0}
	return func(i int) int {
		counts[i]++
		return counts[i]
	}
}
""",
        "not only indexed",
    ),
    Refused(
        """package p

func Names() (func(int) string, []string) {
	names := []string{"a", "b"}
	return func(i int) string { return names[i] }, names
}
""",
        "not only indexed",
    ),
    Refused(
        """package p

func Sparse() func(int) string {
	names := []string{9: "nine", 4: "four"}
	return func(i int) string { return names[i] }
}
""",
        "keys",
    ),
    Refused(
        """package p

type cell struct{ n int }

func (c *cell) add() int { c.n++; return c.n }

func Cells() func(int) int {
	cells := []cell{{1}, {2}}
	return func(i int) int { return cells[i].add() }
}
""",
        "not only indexed",
    ),
    Refused(
        """package p

func Local() int {
	sum := 0
	for _, n := range []int{1, 2, 3} {
		sum += n
	}
	values := []int{sum, sum, sum}
	return values[1]
}
""",
        "save nothing",
    ),
)
