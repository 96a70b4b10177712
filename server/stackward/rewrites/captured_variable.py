"""# captured-variable

A variable that a func literal captures by reference is copied right before, where nothing changes it any more.

## Why it saves

A func literal holds the value of a variable that is never assigned again. One that is assigned, even before the literal
is made, is often shared between it and the function instead, and for that it moves to the heap. A copy that is made
when all assignments are over is never assigned, so the literal holds its value.

## When it is offered

When every assignment comes before the literal in the source, in no loop that would lead back to one, and neither the
literal nor any other changes the variable or takes its address.

## When it is not

When anything is assigned after the literal is made: then the two would no longer share it. Passing the variable as an
argument, as in `go func(x int) { … }(x)`, often costs more than it saves; the copy does not. In what `sort.Slice`
compares with: `sort-slice` saves that func literal too.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, is_call, replace_node
from stackward.rewrites._variables import Variable, before, has_goto, inside, siblings, variable
from stackward.syntax.tree import SourceFile

_LOOPS = frozenset({"for_statement"})


def suits(node: Node, _source: SourceFile) -> bool:
    """Any func literal that is in a function."""
    outer = node.parent
    while outer is not None and outer.type not in {"function_declaration", "method_declaration"}:
        outer = outer.parent
    return outer is not None


def propose(scene: Scene) -> Iterator[Offer]:
    shared = list(_shared(scene))
    if not shared:
        return
    if has_goto(scene, scene.node):
        yield Refusal("the function has a goto")
        return
    statement = scene.statement()
    if statement.parent is None or statement.parent.type != "statement_list":
        return
    if scene.package.language >= 21 and _compares(scene):
        yield Refusal("package slices needs no func literal that captures what it sorts")
        return
    good: list[Variable] = []
    for one in shared:
        why = _changed_later(scene, one, statement)
        if why:
            yield Refusal(f"{one.name} {why}")
        else:
            good.append(one)
    if good:
        names = " and ".join(one.name for one in good)
        yield Proposal(f"Capture a copy of {names}", {scene.path: tuple(_edits(scene, good, statement))})


def _compares(scene: Scene) -> bool:
    """Whether the literal compares elements for package sort (see ``sort-slice``)."""
    listed = scene.node.parent
    call = listed.parent if listed is not None else None
    return call is not None and is_call(call) and scene.callee(call) in {"sort.Slice", "sort.SliceStable"}


def _shared(scene: Scene) -> Iterator[Variable]:
    """The variables that the literal captures and that are assigned somewhere after their declaration."""
    body = scene.node.child_by_field_name("body")
    if body is None:
        return
    seen: set[tuple[str, int]] = set()
    for node in walk(body):
        if node.type != "identifier":
            continue
        found = variable(scene, node)
        if found is None or inside(found.node, scene.node) or (found.name, found.node.start_byte) in seen:
            continue
        seen.add((found.name, found.node.start_byte))
        if any(one.use.write for one in found.references):
            yield found


def _changed_later(scene: Scene, found: Variable, statement: Node) -> str:
    """Why the variable may differ from a copy that is made before the statement; empty if it cannot."""
    if found.kind == "result":
        return "is a result, which every return assigns"
    if any(one.use.address for one in found.references):
        return "has its address taken"
    writes = [one for one in found.references if one.use.write]
    if any(one.use.captured for one in writes):
        return "is assigned in a func literal"
    if any(one.node.start_byte >= statement.start_byte for one in writes):
        return "is assigned after the func literal is made"
    for loop in (one for one in scene.around() if one.type in _LOOPS):
        if not inside(found.node, loop) and any(inside(one.node, loop) for one in writes):
            return "is assigned again when the loop comes round"
    clause = found.node.parent
    while clause is not None and clause.type not in {"for_clause", "range_clause", "statement_list", "block"}:
        clause = clause.parent
    return "is a variable of a loop" if clause is not None and clause.type == "for_clause" else ""


def _edits(scene: Scene, good: list[Variable], statement: Node) -> Iterator[Replacement]:
    lines = []
    for found in good:
        if found.statement in siblings(statement) or _in_parameters(found):
            # It is declared in the same block, where its name is taken.
            name = scene.free_name(f"{found.name}Now")
            yield from (replace_node(one.node, name) for one in found.within(scene.node))
        else:
            name = found.name
        lines.append(f"{name} := {found.name}")
    yield before(scene, statement, lines)


def _in_parameters(found: Variable) -> bool:
    return found.kind in {"param", "receiver"}


REWRITE = Rewrite("captured-variable", "a captured variable to a copy", ("func_literal",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

func Steps(limit int, names ...string) []func() (int, string) {
	size, unit := 10, "px"
	if limit < size {
		size, unit = limit, "em"
	}
	var steps []func() (int, string)
	for i := range names {
		steps = append(steps, func() (int, string) { return size * i, names[i] + unit })
	}
	return steps
}
""",
        after="""package p

func Steps(limit int, names ...string) []func() (int, string) {
	size, unit := 10, "px"
	if limit < size {
		size, unit = limit, "em"
	}
	var steps []func() (int, string)
	for i := range names {
		size := size
		unit := unit
		steps = append(steps, func() (int, string) { return size * i, names[i] + unit })
	}
	return steps
}
""",
        probe="""for _, limit := range []int{-1, 0, 9, 10, 11} {
	for _, step := range Steps(limit, "a", "", "é") {
		n, name := step()
		emit(n)
		emit(name)
	}
}""",
    ),
    Example(
        before="""package p

import "sync"

func All(names []string, prefix string, into *sync.Map) {
	if prefix == "" {
		prefix = "-"
	}
	var wait sync.WaitGroup
	for _, name := range names {
		wait.Add(1)
		// Each in a goroutine of its own.
		go func() {
			defer wait.Done()
			into.Store(name, prefix+name)
		}()
	}
	wait.Wait()
}
""",
        after="""package p

import "sync"

func All(names []string, prefix string, into *sync.Map) {
	if prefix == "" {
		prefix = "-"
	}
	var wait sync.WaitGroup
	for _, name := range names {
		wait.Add(1)
		// Each in a goroutine of its own.
		prefixNow := prefix
		go func() {
			defer wait.Done()
			into.Store(name, prefixNow+name)
		}()
	}
	wait.Wait()
}
""",
        probe="""for _, prefix := range []string{"", "é"} {
	var into sync.Map
	All([]string{"a", "b", ""}, prefix, &into)
	for _, name := range []string{"a", "b", ""} {
		value, _ := into.Load(name)
		emit(value)
	}
}""",
        probe_imports=("sync",),
    ),
    Example(
        before="""package p

func Handlers(paths []string) []func(string) string {
	root := "/"
	if len(paths) > 2 {
		root = "/many/"
	}
	var out []func(string) string
	for _, path := range paths {
		if path != "" {
			out = append(out, func(tail string) string {
				return root + path + tail
			})
		}
	}
	return out
}
""",
        after="""package p

func Handlers(paths []string) []func(string) string {
	root := "/"
	if len(paths) > 2 {
		root = "/many/"
	}
	var out []func(string) string
	for _, path := range paths {
		if path != "" {
			root := root
			out = append(out, func(tail string) string {
				return root + path + tail
			})
		}
	}
	return out
}
""",
        probe="""for _, paths := range [][]string{nil, {"a"}, {"a", "", "b", "é"}} {
	for _, f := range Handlers(paths) {
		emit(f("!"))
	}
}""",
    ),
)

REFUSALS = (
    Refused(
        """package p

import "sort"

func Sorted(words map[string]float64, limit float64) []float64 {
	sizes := []float64{}
	for _, size := range words {
		if size < limit {
			sizes = append(sizes, size)
		}
	}
	sort.Slice(sizes, func(i, j int) bool { return sizes[i] < sizes[j] })
	return sizes
}
""",
        "package slices",
    ),
    Refused(
        """package p

func Count(run func(func())) int {
	n := 0
	run(func() { n++ })
	return n
}
""",
        "assigned in a func literal",
    ),
    Refused(
        """package p

func After(run func(func() int)) {
	n := 1
	run(func() int { return n })
	n = 2
}
""",
        "assigned after",
    ),
    Refused(
        """package p

func Loop(xs []int, run func(func() int)) {
	last := 0
	for _, x := range xs {
		last = x
		run(func() int { return last })
	}
}
""",
        "comes round",
    ),
    Refused(
        """package p

func Address(run func(func() int)) *int {
	n := 1
	n = 2
	run(func() int { return n })
	return &n
}
""",
        "address",
    ),
    Refused(
        """package p

func Result(run func(func() int)) (n int) {
	n = 1
	run(func() int { return n })
	return 5
}
""",
        "is a result",
    ),
    Refused(
        """package p

func Jump(run func(func() int)) {
	n := 1
again:
	n = n + 1
	run(func() int { return n })
	if n < 5 {
		goto again
	}
}
""",
        "goto",
    ),
)
