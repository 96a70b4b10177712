"""# method-value

A method value that a loop makes in each turn is made once before it.

## Why it saves

`x.Method` without a call is a func value that remembers `x`. Wherever it is evaluated, a new one is allocated if it is
given to a function that may keep it.

## When it is offered

When x is a variable of the function that the loop does not change, and the method is declared for its type in the same
package: with a pointer receiver the value remembers the variable or pointer itself, else a copy of what x is.

## When it is not

If only some turns of the loop make it; if the variable belongs to the loop or is written in it; for interfaces (which
may be nil in a loop that is never entered) and methods of embedded fields; and where a value receiver is reached
through a pointer.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, replace_node
from stackward.rewrites._variables import (
    Variable,
    at,
    before,
    has_goto,
    inside,
    listed_statement,
    loop_around,
    variable,
)
from stackward.syntax.tree import SourceFile, text_of


def suits(node: Node, _source: SourceFile) -> bool:
    outer = node.parent
    if outer is None or (outer.type == "call_expression" and outer.child_by_field_name("function") == node):
        return False
    operand = node.child_by_field_name("operand")
    return operand is not None and operand.type == "identifier" and loop_around(node) is not None


def propose(scene: Scene) -> Iterator[Offer]:
    facts = scene.facts(scene.node)
    operand, field = scene.node.child_by_field_name("operand"), scene.node.child_by_field_name("field")
    if facts is None or facts.selection != "method value" or facts.object is None or operand is None or field is None:
        return
    loop = loop_around(scene.node)
    statement = listed_statement(loop) if loop is not None else None
    known, info = variable(scene, operand), scene.type(operand)
    if loop is None or statement is None or known is None or info is None or has_goto(scene, loop):
        yield Refusal("it is not certain what the method belongs to")
        return
    if not _each_turn(scene.node, loop):
        yield Refusal("only some turns make it")
        return
    receiver = _receiver(scene, facts.object.path, facts.object.offset, facts.object.name)
    if receiver is None or receiver.lstrip("*") != info.type.lstrip("*"):
        yield Refusal("the method is not one of the type itself, or of another package")
        return
    pointer, wanted = info.kind == "pointer", receiver.startswith("*")
    refused = _unsteady(known, loop, pointer=pointer, wanted=wanted)
    if refused:
        yield Refusal(refused)
        return
    while (outer := loop_around(loop)) is not None and (above := listed_statement(outer)) is not None:
        if not _each_turn(loop, outer) or _unsteady(known, outer, pointer=pointer, wanted=wanted):
            break
        loop, statement = outer, above
    method = scene.text(field)
    lower = method[:1].lower() + method[1:]
    name = scene.free_name(*([lower] if lower != method else []), known.name + method[:1].upper() + method[1:])
    line = f"{name} := {scene.text(scene.node)}"
    edits = (before(scene, statement, [line]), replace_node(scene.node, name))
    yield Proposal(f"Make the method value {scene.text(scene.node)} once", {scene.path: edits})


def _each_turn(node: Node, loop: Node) -> bool:
    """Whether a node is in a statement of a loop's body itself, which all turns come to unless they end before."""
    own = listed_statement(node)
    block = own.parent.parent if own is not None and own.parent is not None else None
    return (
        own is not None
        and own.type != "return_statement"
        and block is not None
        and block == loop.child_by_field_name("body")
    )


def _receiver(scene: Scene, path: str, offset: int | None, name: str) -> str | None:
    """The type of a method's receiver, as it is declared; None where that is not in this package."""
    source = scene.package.files.get(path)
    if source is None or offset is None:
        return None
    node = at(source, offset, offset + len(name.encode()))
    method = node.parent if node is not None else None
    listed = method.child_by_field_name("receiver") if method is not None else None
    declared = (
        next((one for one in listed.named_children if one.type == "parameter_declaration"), None) if listed else None
    )
    kind = declared.child_by_field_name("type") if declared is not None else None
    return text_of(kind, source) if kind is not None else None


def _unsteady(known: Variable, loop: Node, *, pointer: bool, wanted: bool) -> str:
    """Why the method value may differ from turn to turn; empty if it does not."""
    if inside(known.node, loop):
        return f"{known.name} is another variable in each turn"
    if wanted and not pointer:
        return ""  # It remembers the variable's address.
    if pointer and not wanted:
        return f"what {known.name} points to is copied in each turn"
    if any(one.use.write for one in known.within(loop)):
        return f"the loop writes to {known.name}"
    if any(one.use.address or (one.use.write and one.use.captured) for one in known.references):
        return f"something else may write to {known.name}"
    return ""


REWRITE = Rewrite("method-value", "a method value made before a loop", ("selector_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

type Sum struct{ n int }

func (s *Sum) Add(n int) { s.n += n }

func All(rows [][]int, each func(func(int), int)) int {
	s := &Sum{}
rows:
	for _, row := range rows {
		for _, n := range row {
			if n < 0 {
				continue rows
			}
			each(s.Add, n)
		}
	}
	return s.n
}
""",
        after="""package p

type Sum struct{ n int }

func (s *Sum) Add(n int) { s.n += n }

func All(rows [][]int, each func(func(int), int)) int {
	s := &Sum{}
	add := s.Add
rows:
	for _, row := range rows {
		for _, n := range row {
			if n < 0 {
				continue rows
			}
			each(add, n)
		}
	}
	return s.n
}
""",
        probe="""rows := [][]int{nil, {1, 2}, {3, -1, 5}, {7}, {8, 9}}
for _, each := range []func(func(int), int){func(add func(int), n int) { add(n * 2) }, func(func(int), int) {}} {
	emit(All(rows, each))
	emit(All(nil, each))
}""",
        saves=6,
    ),
    Example(
        before="""package p

type Pages struct {
	seen []string
}

func (p *Pages) visit(name string) bool {
	p.seen = append(p.seen, name)
	return len(name) > 1
}

var hooks []func(string) bool

//go:noinline
func each(names []string, visit func(string) bool) {
	hooks = append(hooks[:0], visit)
	for _, name := range names {
		visit(name)
	}
}

func Walk(groups [][]string) []string {
	var pages Pages
	for _, group := range groups {
		// All groups go to the same pages.
		each(group, pages.visit)
	}
	return pages.seen
}
""",
        after="""package p

type Pages struct {
	seen []string
}

func (p *Pages) visit(name string) bool {
	p.seen = append(p.seen, name)
	return len(name) > 1
}

var hooks []func(string) bool

//go:noinline
func each(names []string, visit func(string) bool) {
	hooks = append(hooks[:0], visit)
	for _, name := range names {
		visit(name)
	}
}

func Walk(groups [][]string) []string {
	var pages Pages
	pagesVisit := pages.visit
	for _, group := range groups {
		// All groups go to the same pages.
		each(group, pagesVisit)
	}
	return pages.seen
}
""",
        probe="""emit(Walk([][]string{{"a", "bé"}, nil, {"c"}, {"d", "e"}}))""",
        saves=3,
    ),
    Example(
        before="""package p

type limits struct{ low, high int }

func (l limits) Holds(n int) bool { return l.low <= n && n < l.high }

type check struct{ holds func(int) bool }

func Checks(l limits, count int) []check {
	checks := make([]check, count)
	for i := range checks {
		checks[i].holds = l.Holds
	}
	return checks
}

func Limits(low, high int) limits { return limits{low, high} }

func (c check) Test(n int) bool { return c.holds(n) }
""",
        after="""package p

type limits struct{ low, high int }

func (l limits) Holds(n int) bool { return l.low <= n && n < l.high }

type check struct{ holds func(int) bool }

func Checks(l limits, count int) []check {
	checks := make([]check, count)
	lHolds := l.Holds
	for i := range checks {
		checks[i].holds = lHolds
	}
	return checks
}

func Limits(low, high int) limits { return limits{low, high} }

func (c check) Test(n int) bool { return c.holds(n) }
""",
        probe="""for _, c := range Checks(Limits(-1, 5), 10) {
	emit([]bool{c.Test(-2), c.Test(-1), c.Test(4), c.Test(5)})
}""",
        saves=8,
    ),
    Example(
        before="""package p

type Sink struct{ total int }

func (s *Sink) Add(n int) { s.total += n }

//go:noinline
func (s *Sink) All(send func(func(int)), times int) int {
	for i := 0; i < times; i++ {
		send(s.Add)
	}
	return s.total
}
""",
        after="""package p

type Sink struct{ total int }

func (s *Sink) Add(n int) { s.total += n }

//go:noinline
func (s *Sink) All(send func(func(int)), times int) int {
	add := s.Add
	for i := 0; i < times; i++ {
		send(add)
	}
	return s.total
}
""",
        probe="""var sink Sink
count := 0
emit(sink.All(func(add func(int)) { count++; add(count) }, 10))
emit(sink.All(nil, 0))
emit((*Sink)(nil) == nil)""",
        saves=8,
    ),
)

REFUSALS = (
    Refused(
        """package p

type T struct{ n int }

func (t *T) Get() int { return t.n }

func All(ts []*T) (all []func() int) {
	for _, t := range ts {
		all = append(all, t.Get)
	}
	return all
}
""",
        "another variable in each turn",
    ),
    Refused(
        """package p

type T struct{ n int }

func (t T) Get() int { return t.n }

func All(t T, times int) (all []func() int) {
	for range times {
		t.n++
		all = append(all, t.Get)
	}
	return all
}
""",
        "writes to t",
    ),
    Refused(
        """package p

type T struct{ n int }

func (t T) Get() int { return t.n }

func All(t *T, times int) (all []func() int) {
	for range times {
		t.n++
		all = append(all, t.Get)
	}
	return all
}
""",
        "copied in each turn",
    ),
    Refused(
        """package p

import "fmt"

func All(s fmt.Stringer, times int) (all []func() string) {
	for range times {
		all = append(all, s.String)
	}
	return all
}
""",
        "not one of the type itself",
    ),
    Refused(
        """package p

type T struct{ n int }

func (t *T) Get() int { return t.n }

func First(t *T, ns []int) func() int {
	for _, n := range ns {
		if n == t.n {
			return t.Get
		}
	}
	return nil
}
""",
        "only some turns",
    ),
)
