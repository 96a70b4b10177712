"""# clear-map

A map that a loop empties by making a new one is cleared instead.

## Why it saves

`m = make(map[K]V)` leaves the old map, with the tables it has grown to, to the garbage collector, and the new one has
to grow again. `clear(m)` keeps the tables.

## When it is offered

When m is a local variable that starts with a map, and as long as the loop runs is only read, written and ranged over by
name: nobody has the old map.

## When it is not

If the map is passed on, stored, captured by a func literal or compared with nil in the loop, if it is made anew while
it is ranged over, and before Go 1.21. Nor for a field: it may be nil, so that `clear` would make no map; copies of the
struct have the same map; and a new one may be wanted because it is small.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, calls, is_call, replace_node
from stackward.rewrites._variables import (
    Reference,
    Variable,
    called_name,
    context,
    has_goto,
    hidden,
    inside,
    loop_around,
    sole,
    variable,
)
from stackward.syntax.tree import SourceFile

_BUILTINS = frozenset({"clear", "delete", "len"})


def suits(node: Node, source: SourceFile) -> bool:
    value = sole(node.child_by_field_name("right"))
    if value is None or loop_around(node) is None:
        return False
    return calls(value, source, "make") or value.type == "composite_literal"


def propose(scene: Scene) -> Iterator[Offer]:
    name, value = sole(scene.node.child_by_field_name("left")), sole(scene.node.child_by_field_name("right"))
    operator = scene.node.child_by_field_name("operator")
    info = scene.type(value) if value is not None else None
    if name is None or value is None or operator is None or operator.type != "=" or not _fresh(scene, value):
        return
    known = variable(scene, name)
    if info is None or info.kind != "map" or known is None or known.kind != "var":
        return
    loop = _outermost(scene.node, known)
    if loop is None:
        return
    if scene.package.language < 21 or hidden(scene, "clear") or has_goto(scene, scene.node):
        yield Refusal("clear cannot be used here")
        return
    # The value that it starts with may be a map of any kind, but never nil.
    if known.value is None or not (_fresh(scene, known.value) or known.value.type == "composite_literal"):
        yield Refusal(f"{known.name} may be nil, or somebody else's map")
        return
    for one in known.references:
        # What is done with it behind the loop is done with the last map.
        early = one.node.start_byte < loop.end_byte
        if one.use.captured or one.use.address or (early and not _by_name(scene, one)):
            yield Refusal(f"somebody may keep the old map of {known.name}")
            return
        if one.use.write and not _remade(scene, one):
            yield Refusal(f"{known.name} may be nil, or somebody else's map")
            return
    if any(one.type == "for_statement" and _ranges(one, known) for one in scene.around()):
        yield Refusal(f"{known.name} is made anew while it is ranged over")
        return
    edit = replace_node(scene.node, f"clear({known.name})")
    yield Proposal(f"Clear {known.name} instead of making a new map", {scene.path: (edit,)})


def _fresh(scene: Scene, value: Node) -> bool:
    """Whether an expression is a new, empty map."""
    if value.type == "composite_literal":
        body = value.child_by_field_name("body")
        return body is not None and not body.named_children
    if not is_call(value) or scene.callee(value) != "make":
        return False
    return all(not any(is_call(one) for one in walk(given)) for given in arguments(value)[1:])


def _outermost(node: Node, known: Variable) -> Node | None:
    """The outermost loop around a node in which the variable is the same from turn to turn."""
    found, loop = None, loop_around(node)
    while loop is not None and not inside(known.node, loop):
        found, loop = loop, loop_around(loop)
    return found


def _by_name(scene: Scene, one: Reference) -> bool:
    """Whether a use does something with the map, but gives it to nobody."""
    outer = context(one.node)
    if outer is None:
        return False
    if outer.type == "index_expression":
        operand = outer.child_by_field_name("operand")
        return operand is not None and inside(one.node, operand)
    if outer.type == "range_clause":
        right = outer.child_by_field_name("right")
        return right is not None and inside(one.node, right)
    if outer.type == "argument_list":
        return called_name(scene, one.node) in _BUILTINS
    return _remade(scene, one)


def _remade(scene: Scene, one: Reference) -> bool:
    """Whether a use is ``m = make(…)``, or sets an element."""
    outer = context(one.node)
    if outer is not None and outer.type == "index_expression":
        return True
    statement = outer.parent if outer is not None and outer.type == "expression_list" else None
    if statement is None or statement.type != "assignment_statement" or sole(outer) != one.node:
        return False
    value = sole(statement.child_by_field_name("right"))
    return value is not None and _fresh(scene, value)


def _ranges(loop: Node, known: Variable) -> bool:
    clause = next((one for one in loop.named_children if one.type == "range_clause"), None)
    over = clause.child_by_field_name("right") if clause is not None else None
    return over is not None and any(inside(one.node, over) for one in known.references)


REWRITE = Rewrite("clear-map", "clear for a map made anew in a loop", ("assignment_statement",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

// Distinct counts the different words of each line.
func Distinct(lines [][]string) []int {
	counts := make([]int, 0, len(lines))
	seen := make(map[string]bool)
	for _, line := range lines {
		for _, word := range line {
			seen[word] = true
		}
		counts = append(counts, len(seen))
		// The next line starts with nothing.
		seen = make(map[string]bool)
	}
	return counts
}
""",
        after="""package p

// Distinct counts the different words of each line.
func Distinct(lines [][]string) []int {
	counts := make([]int, 0, len(lines))
	seen := make(map[string]bool)
	for _, line := range lines {
		for _, word := range line {
			seen[word] = true
		}
		counts = append(counts, len(seen))
		// The next line starts with nothing.
		clear(seen)
	}
	return counts
}
""",
        probe="""emit(Distinct(nil))
lines := [][]string{nil, {"a", "a"}, {"", "é"}}
for range 10 {
	lines = append(lines, []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"})
}
emit(Distinct(lines))""",
        saves=8,
    ),
    Example(
        before="""package p

func Batches(keys []float64, size int) (sums []float64, last map[float64]int) {
	batch := map[float64]int{0: 1}
	for i, key := range keys {
		batch[key] += i
		if len(batch) < size {
			continue
		}
		sum := 0.0
		for key, n := range batch {
			if key == key {
				sum += key * float64(n)
			}
		}
		sums = append(sums, sum)
		batch = map[float64]int{}
	}
	return sums, batch
}
""",
        after="""package p

func Batches(keys []float64, size int) (sums []float64, last map[float64]int) {
	batch := map[float64]int{0: 1}
	for i, key := range keys {
		batch[key] += i
		if len(batch) < size {
			continue
		}
		sum := 0.0
		for key, n := range batch {
			if key == key {
				sum += key * float64(n)
			}
		}
		sums = append(sums, sum)
		clear(batch)
	}
	return sums, batch
}
""",
        probe="""nan, zero := math.NaN(), math.Copysign(0, -1)
keys := []float64{1, 2, 3, nan, nan, math.Inf(1), 2, 2, -1, zero, 7, 8, 9, 10}
for size := range 6 {
	sums, last := Batches(keys, size)
	emit(sums)
	emit(len(last))
}""",
        probe_imports=("math",),
        saves=5,
        undriven={"Batches": "it adds up numbers in the order of a map"},
    ),
    Example(
        before="""package p

func Groups(rows [][]int) int {
	total := 0
	for _, row := range rows {
		group := make(map[int]int, 16)
		for _, n := range row {
			group[n%7]++
			if n < 0 {
				delete(group, n%7)
				total += len(group)
				group = make(map[int]int, 16)
			}
		}
		total += group[0]
	}
	return total
}
""",
        after="""package p

func Groups(rows [][]int) int {
	total := 0
	for _, row := range rows {
		group := make(map[int]int, 16)
		for _, n := range row {
			group[n%7]++
			if n < 0 {
				delete(group, n%7)
				total += len(group)
				clear(group)
			}
		}
		total += group[0]
	}
	return total
}
""",
        probe="""emit(Groups(nil))
emit(Groups([][]int{{1, 2, -3, 7, 14, -1, 0}, {-1, -1, -1, -1, 7}, nil}))""",
        saves=5,
    ),
)

REFUSALS = (
    Refused(
        """package p

func Split(words []string) (all []map[string]bool) {
	part := make(map[string]bool)
	for _, word := range words {
		part[word] = true
		if len(part) == 3 {
			all = append(all, part)
			part = make(map[string]bool)
		}
	}
	return all
}
""",
        "may keep the old map",
    ),
    Refused(
        """package p

func Count(lines [][]string) (n int) {
	var seen map[string]bool
	for _, line := range lines {
		seen = make(map[string]bool)
		for _, word := range line {
			seen[word] = true
		}
		n += len(seen)
	}
	return n
}
""",
        "may be nil",
    ),
    Refused(
        """package p

func Drain(n int) (sum int) {
	left := map[int]int{}
	for i := range n {
		left[i] = i
	}
	for k, v := range left {
		sum += v
		if k == 3 {
			left = make(map[int]int)
		}
	}
	return sum + len(left)
}
""",
        "ranged over",
    ),
    Refused(
        """package p

func Later(n int) (all []func() int) {
	m := map[int]int{}
	for i := range n {
		all = append(all, func() int { return len(m) })
		m = map[int]int{}
		m[i] = i
	}
	return all
}
""",
        "may keep the old map",
    ),
    Refused(
        """package p

func Words(lines [][]string) (int, int) {
	seen := map[string]bool{"the": true}
	common := seen
	for _, line := range lines {
		seen = make(map[string]bool)
		for _, word := range line {
			seen[word] = true
		}
	}
	return len(common), len(seen)
}
""",
        "somebody may keep the old map of seen",
    ),
)
