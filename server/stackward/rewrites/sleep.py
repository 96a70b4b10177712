"""# sleep

`<-time.After(d)`, whose value nobody looks at, becomes `time.Sleep(d)`.

## Why it saves

`time.After` makes a timer and a channel to wait for once. `time.Sleep` waits as long, with a timer that the goroutine
keeps for the next time.

## When it is offered

Where a statement does nothing but receive from `time.After(d)`, or from `time.NewTimer(d).C`; so does a `select` with
that as its only case and nothing to do then. A duration that is not positive ends both at once.

## When it is not

Where the time that is received is used. In a `select` with other cases there is something else to wait for (see the
page of reused-timer).
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, calls
from stackward.rewrites._variables import context, selected, sole
from stackward.syntax.tree import SourceFile

_TIMERS = ("time.After", "time.NewTimer")


def suits(node: Node, source: SourceFile) -> bool:
    return calls(node, source, *_TIMERS) and _received(node) is not None


def propose(scene: Scene) -> Iterator[Offer]:
    callee, given, listed = scene.callee(scene.node), arguments(scene.node), scene.node.child_by_field_name("arguments")
    waiting, qualifier = waits(scene.node), scene.qualifier("time")
    if callee not in _TIMERS or len(given) != 1 or listed is None:
        return
    if waiting is None:
        if callee == _TIMERS[0] and not _selected(scene.node):
            yield Refusal("the time that is received is used")
        return
    if qualifier is None:
        yield Refusal("time means something else here, or nothing")
        return
    edits = (
        Replacement(waiting.start_byte, listed.start_byte, f"{qualifier}.Sleep".encode()),
        Replacement(listed.end_byte, waiting.end_byte),
    )
    yield Proposal(f"Use time.Sleep instead of {callee}", {scene.path: edits})


def waits(call: Node) -> Node | None:
    """The statement that does nothing but wait for the timer that a call makes."""
    received = _received(call)
    outer = context(received) if received is not None else None
    case = outer.parent if outer is not None and outer.type == "receive_statement" else None
    if case is not None and case.type == "communication_case":
        alone = case.named_children == [outer] and case.parent is not None and case.parent.named_children == [case]
        return case.parent if alone else None
    if outer is not None and outer.type == "expression_list" and sole(outer) is not None:
        statement = outer.parent
        left = statement.child_by_field_name("left") if statement is not None else None
        blank = statement is not None and statement.type == "assignment_statement" and left is not None
        return statement if blank and left is not None and left.text == b"_" else None
    return outer if outer is not None and outer.type == "expression_statement" else None


def _received(call: Node) -> Node | None:
    """The receiving from the channel of the timer that a call makes."""
    made = context(call) if selected(call) == "C" else call
    outer = context(made) if made is not None else None
    operator = outer.child_by_field_name("operator") if outer is not None and outer.type == "unary_expression" else None
    return outer if operator is not None and operator.type == "<-" else None


def _selected(call: Node) -> bool:
    """Whether the channel is that of a case of a select."""
    received = _received(call)
    statement = context(received) if received is not None else None
    case = statement.parent if statement is not None else None
    return case is not None and case.type == "communication_case"


REWRITE = Rewrite("sleep", "time.Sleep instead of waiting for time.After", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import "time"

// Try tries again, waiting twice as long each time.
func Try(times int, try func() bool) (tried int) {
	pause := time.Millisecond
	for tried < times && !try() {
		// Others may want the same.
		<-time.After(pause /* doubled below */)
		pause *= 2
		tried++
	}
	_ = <-time.After(-time.Second)
	return tried
}

func Pause(d time.Duration) { <-(time.NewTimer(d).C) }

func Rest(d time.Duration) {
	select {
	case <-time.After(d):
	}
}
""",
        after="""package p

import "time"

// Try tries again, waiting twice as long each time.
func Try(times int, try func() bool) (tried int) {
	pause := time.Millisecond
	for tried < times && !try() {
		// Others may want the same.
		time.Sleep(pause /* doubled below */)
		pause *= 2
		tried++
	}
	time.Sleep(-time.Second)
	return tried
}

func Pause(d time.Duration) { time.Sleep(d) }

func Rest(d time.Duration) {
	time.Sleep(d)
}
""",
        probe="""start := time.Now()
emit(Try(3, func() bool { return false }))
emit(Try(3, func() bool { return true }))
emit(time.Since(start) >= 7*time.Millisecond)
for _, d := range []time.Duration{0, -1, math.MinInt64, 1000} {
	start = time.Now()
	Pause(d)
	Rest(d)
	emit(time.Since(start) >= d)
}""",
        probe_imports=("math", "time"),
        saves=20,
        undriven=dict.fromkeys(("Try", "Pause", "Rest"), "it waits for as long as it is told"),
    ),
)

REFUSALS = (
    Refused(
        """package p

import "time"

func At(d time.Duration) time.Time { return <-time.After(d) }
""",
        "received is used",
    ),
    Refused(
        """package p

import "time"

func First(numbers <-chan int) int {
	select {
	case n := <-numbers:
		return n
	case <-time.After(time.Second):
		return 0
	}
}
""",
    ),
    Refused(
        """package p

import "time"

func Later(d time.Duration, do func()) {
	select {
	case <-time.After(d):
		do()
	}
}
""",
    ),
    Refused(
        """package p

import t "time"

func Pause(time t.Duration) {
	timer := t.NewTimer(time)
	defer timer.Stop()
	<-timer.C
}
""",
    ),
)
