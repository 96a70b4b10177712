"""# stopped-ticker

A ticker or timer that a function makes for itself is stopped when the function returns.

## Why

Before Go 1.23 a ticker that is not stopped stays in memory and goes on ticking until the program ends, and a timer
stays until it runs out: each call of the function leaves one behind.

Since Go 1.23 the collector frees those that nothing refers to, stopped or not. This holds for programs whose `go.mod`
asks for Go 1.23 or newer, unless they ask for the old timers (`GODEBUG=asynctimerchan=1`, possible until Go 1.26).

## When it is offered

For `t := time.NewTicker(d)` and `t := time.NewTimer(d)`, if the function only receives from `t.C`, ranges over it, or
calls `t.Reset`. A `defer t.Stop()` follows. In modules for Go 1.23 or newer it is for review, as it is not needed.

## When it is not

In a loop, where the deferred calls would pile up until the function returns; if something stops it already; if the
ticker or its channel is returned, stored, passed to a function or used by a func literal, which may need it for longer;
if the function never returns; and for a timer that has always run out by then, as it is received from outside of any
`select` with other cases.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, callee_node, is_call
from stackward.rewrites._variables import (
    Reference,
    Variable,
    after,
    context,
    has_goto,
    listed_statement,
    loop_around,
    method_called,
    own,
    selected,
    siblings,
    sole,
    variable,
)
from stackward.syntax.tree import SourceFile, text_of

_KINDS = {"time.NewTicker": "ticker", "time.NewTimer": "timer"}
_COLLECTED = 23  # The minor release of Go 1 since which those that nothing refers to are collected.
_TICKS = "Before Go 1.23 a ticker that is not stopped stays and ticks until the program ends: each call leaves one."
_RUNS = "Before Go 1.23 a timer that is not stopped stays until it runs out, although nothing waits for it any more."
_TIDY = "Since Go 1.23 it would be collected in any case: stopping it is only tidier."
_LEAVES = frozenset({"break_statement", "goto_statement", "return_statement"})


def suits(node: Node, source: SourceFile) -> bool:
    callee = callee_node(node)
    return callee is not None and text_of(callee, source).endswith((".NewTicker", ".NewTimer"))


def propose(scene: Scene) -> Iterator[Offer]:
    kind = _KINDS.get(scene.callee(scene.node), "")
    function = scene.function()
    if not kind or function is None:
        return
    statement = listed_statement(scene.node)
    held = _held(scene, statement) if statement is not None else None
    if statement is None or held is None:
        yield Refusal(f"it is not certain who has the {kind}")
        return
    called = [method_called(one.node) for one in held.references]
    if any(one is not None and one[0] == "Stop" for one in called):
        return
    reason = _reason(scene, held, kind)
    if reason:
        yield Refusal(reason)
        return
    old = scene.package.language < _COLLECTED
    sentence = (_TICKS if kind == "ticker" else _RUNS) if old else _TIDY
    yield Proposal(
        f"Stop the {kind} when the function returns",
        {scene.path: (after(scene, statement, f"defer {held.name}.Stop()"),)},
        applicability=Applicability.SAFE if old else Applicability.REVIEW,
        differs="" if old else "not needed since Go 1.23",
        repairs=sentence,
    )


def _held(scene: Scene, statement: Node) -> Variable | None:
    """The variable that the whole statement is there to declare, with the new ticker as its value."""
    if statement.type == "short_var_declaration":
        name = sole(statement.child_by_field_name("left"))
    else:
        name = next((one for one in walk(statement) if one.type == "identifier"), None)
    known = variable(scene, name) if name is not None else None
    if known is None or known.statement != statement or not known.alone or known.value != scene.node:
        return None
    return known


def _reason(scene: Scene, held: Variable, kind: str) -> str:
    """Why it cannot be stopped when the function returns, or need not be; empty if nothing is in the way."""
    if loop_around(scene.node) is not None:
        return "in a loop the deferred calls would pile up until the function returns"
    if has_goto(scene, scene.node):
        return "a function with goto"
    if any(one.use.captured for one in held.references):
        return f"a func literal uses the {kind}, and may do so for longer"
    if not held.steady or any(not _plain(one) for one in held.references):
        return f"the {kind} is used for more than receiving, and may be needed for longer"
    if kind == "timer" and not all(_may_not_wait(one) for one in held.references):
        return "the timer has run out when it has been received from"
    if any(_endless(one, held, scene) for one in siblings(held.statement)):
        return "the function never returns"
    return ""


def _plain(one: Reference) -> bool:
    """Whether a use only receives from the channel, or calls ``Reset``."""
    called = method_called(one.node)
    if called is not None:
        return called[0] == "Reset"
    return _received(one) is not None


def _received(one: Reference) -> Node | None:
    """What receives from the channel: ``<-t.C``, or the range clause over it."""
    channel = context(one.node) if selected(one.node) == "C" else None
    outer = context(channel) if channel is not None else None
    if outer is None:
        return None
    if outer.type == "range_clause":
        return outer
    operator = outer.child_by_field_name("operator") if outer.type == "unary_expression" else None
    return outer if operator is not None and operator.type == "<-" else None


def _may_not_wait(one: Reference) -> bool:
    """Whether a use of a timer does not wait until it runs out: a case of a select among others, or ``Reset``."""
    received = _received(one)
    if received is None:
        return True
    statement = context(received)
    case = statement.parent if statement is not None and statement.type == "receive_statement" else None
    select = case.parent if case is not None and case.type == "communication_case" else None
    return select is not None and sum(child.type.endswith("_case") for child in select.named_children) > 1


def _endless(statement: Node, held: Variable, scene: Scene) -> bool:
    """Whether a statement is a loop without a condition, or over the channel, which nothing in it leaves."""
    if statement.type == "labeled_statement" and statement.named_children:
        statement = statement.named_children[-1]
    if statement.type != "for_statement" or statement.start_byte < held.statement.end_byte:
        return False
    head = [one for one in statement.named_children if one.type not in {"block", "comment"}]
    forever = not head or (
        head[0].type == "range_clause" and any((_received(one) or statement) == head[0] for one in held.references)
    )
    forever = forever or (head[0].type == "for_clause" and head[0].child_by_field_name("condition") is None)
    return forever and not any(
        one.type in _LEAVES or (is_call(one) and scene.callee(one) in {"panic", "runtime.Goexit"})
        for one in own(statement, "func_literal")
    )


REWRITE = Rewrite("stopped-ticker", "defer Stop for a ticker or timer", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import "time"

func Count(ticks int) (counted int) {
	ticker := time.NewTicker(time.Millisecond) // As often as it can.
	for counted < ticks {
		<-ticker.C
		counted++
	}
	return counted
}
""",
        after="""package p

import "time"

func Count(ticks int) (counted int) {
	ticker := time.NewTicker(time.Millisecond) // As often as it can.
	defer ticker.Stop()
	for counted < ticks {
		<-ticker.C
		counted++
	}
	return counted
}
""",
        probe="""emit(Count(0))
emit(Count(3))
emit(Count(-1))""",
        saves=0,
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import "time"

func Receive(numbers <-chan int, patience time.Duration) (int, bool) {
	timer := time.NewTimer(patience)
	select {
	case n, more := <-numbers:
		return n, more
	case <-timer.C:
		return 0, false
	}
}
""",
        after="""package p

import "time"

func Receive(numbers <-chan int, patience time.Duration) (int, bool) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case n, more := <-numbers:
		return n, more
	case <-timer.C:
		return 0, false
	}
}
""",
        probe="""numbers := make(chan int, 1)
for _, n := range []int{7, -7, 0} {
	numbers <- n
	got, ok := Receive(numbers, time.Hour)
	emit(got)
	emit(ok)
}
got, ok := Receive(nil, -1)
emit(got)
emit(ok)""",
        probe_imports=("time",),
        saves=0,
        applicability=Applicability.REVIEW,
        undriven={"Receive": "its ticker and the channel may be ready at once"},
    ),
    Example(
        before="""package p

import "time"

func Poll(pause time.Duration, poll func() bool) (polls int) {
	if !poll() {
		var again = time.NewTicker(pause)
		for range again.C {
			polls++
			if poll() {
				break
			}
			again.Reset(pause * 2)
		}
	}
	return polls
}
""",
        after="""package p

import "time"

func Poll(pause time.Duration, poll func() bool) (polls int) {
	if !poll() {
		var again = time.NewTicker(pause)
		defer again.Stop()
		for range again.C {
			polls++
			if poll() {
				break
			}
			again.Reset(pause * 2)
		}
	}
	return polls
}
""",
        probe="""for _, turns := range []int{0, 1, 4} {
	emit(Poll(time.Microsecond, func() bool {
		turns--
		return turns < 0
	}))
}
func() {
	defer func() { emit(recover() != nil) }()
	Poll(0, func() bool { return false })
}()""",
        probe_imports=("time",),
        saves=0,
        applicability=Applicability.REVIEW,
    ),
)

REFUSALS = (
    Refused(
        """package p

import "time"

func Each(pauses []time.Duration) {
	for _, pause := range pauses {
		ticker := time.NewTicker(pause)
		<-ticker.C
	}
}
""",
        "in a loop",
    ),
    Refused(
        """package p

import "time"

func Ticks(pause time.Duration) <-chan time.Time {
	ticker := time.NewTicker(pause)
	return ticker.C
}
""",
        "needed for longer",
    ),
    Refused(
        """package p

import "time"

func Start(pause time.Duration, tick func()) {
	ticker := time.NewTicker(pause)
	go func() {
		for range ticker.C {
			tick()
		}
	}()
}
""",
        "a func literal uses",
    ),
    Refused(
        """package p

import "time"

func Run(pause time.Duration, tick func()) {
	ticker := time.NewTicker(pause)
	for {
		<-ticker.C
		tick()
	}
}
""",
        "never returns",
    ),
    Refused(
        """package p

import "time"

func Sleep(pause time.Duration) {
	timer := time.NewTimer(pause)
	<-timer.C
}
""",
        "has run out",
    ),
    Refused(
        """package p

import "time"

type clock struct{ ticker *time.Ticker }

func (c *clock) Start(pause time.Duration) {
	c.ticker = time.NewTicker(pause)
	<-c.ticker.C
}
""",
        "not certain who has",
    ),
    Refused(
        """package p

import "time"

func Once(pause time.Duration) {
	ticker := time.NewTicker(pause)
	<-ticker.C
	ticker.Stop()
}
""",
    ),
)
