"""# reused-timer

`time.After` in a `select` that a loop comes to again and again becomes one timer, set anew each time.

## Why it saves

Each call of `time.After` makes a timer and a channel, for every message that the loop waits for. A timer that is made
once and set again with `Reset` needs no more.

## When it is offered

In modules for Go 1.23 or newer: since then no value of an earlier turn is received after `Reset`, so that the `select`
waits exactly as before. The duration is evaluated in each turn, just before the `select`, and the timer is stopped when
the function returns.

Programs that ask for the timers of older releases (`GODEBUG=asynctimerchan=1`, possible until Go 1.26) do not have that
guarantee. Where a file of the package says so, nothing is offered.

## When it is not

Before Go 1.23, where a stale value may be left in the channel; if the duration is found by calling something, or could
be changed by what the other cases call; and in functions with `goto`.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._names import walk
from stackward.rewrites._order import stable
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, callee_node, is_call, replace_node
from stackward.rewrites._variables import above, context, has_goto, listed_statement, loop_around
from stackward.syntax.tree import SourceFile, text_of

_SINCE = 23  # The minor release of Go 1 whose timers keep no stale value.


def suits(node: Node, source: SourceFile) -> bool:
    callee = callee_node(node)
    return callee is not None and text_of(callee, source).endswith(".After") and _select(node) is not None


def propose(scene: Scene) -> Iterator[Offer]:
    select, callee, given = _select(scene.node), callee_node(scene.node), arguments(scene.node)
    loop = loop_around(select) if select is not None else None
    if select is None or loop is None or callee is None or scene.callee(scene.node) != "time.After":
        return
    while (outer := loop_around(loop)) is not None:
        loop = outer
    turn, start = listed_statement(select), listed_statement(loop)
    if turn is None or start is None or len(given) != 1:
        return
    if scene.package.language < _SINCE or _asynchronous(scene):
        yield Refusal("before Go 1.23 a timer that is used again may still hold the value of an earlier turn")
        return
    if has_goto(scene, loop):
        yield Refusal("a function with goto")
        return
    if not _fixed(scene, given[0]):
        yield Refusal("what the other cases of the select call could change the duration, or see it evaluated")
        return
    name, qualifier = scene.free_name("timer"), scene.text(callee).removesuffix(".After")
    duration = scene.text(given[0])
    first = duration if _known_before(scene, given[0], loop) else "0"
    made = [f"{name} := {qualifier}.NewTimer({first})", f"defer {name}.Stop()"]
    edits = (
        _before(scene, start, made),
        _before(scene, turn, [f"{name}.Reset({duration})"]),
        replace_node(scene.node, f"{name}.C"),
    )
    yield Proposal("Reuse one timer instead of time.After in a loop", {scene.path: edits})


def _select(call: Node) -> Node | None:
    """The select statement in which a call gives the channel that a case receives from."""
    received = context(call)
    operator = received.child_by_field_name("operator") if received is not None else None
    if received is None or received.type != "unary_expression" or operator is None or operator.type != "<-":
        return None
    statement = context(received)
    if statement is None or statement.type != "receive_statement":
        return None
    case = statement.parent
    if case is None or case.type != "communication_case" or case.child_by_field_name("communication") != statement:
        return None
    return case.parent if case.parent is not None and case.parent.type == "select_statement" else None


def _asynchronous(scene: Scene) -> bool:
    """Whether a file may ask for the timers that Go had before 1.23, in a ``//go:debug`` line or while it runs."""
    return any(b"asynctimerchan" in source.text for source in scene.package.files.values())


def _fixed(scene: Scene, duration: Node) -> bool:
    """Whether a duration is the same if it is evaluated before the other cases, and nobody sees when it is."""
    if scene.constant(duration) is not None:
        return True
    for node in walk(duration):
        operator = node.child_by_field_name("operator") if node.type == "unary_expression" else None
        if operator is not None and operator.type in {"<-", "&", "*"}:
            return False
        if is_call(node):
            facts = scene.facts(node)
            if facts is None or facts.call is None or facts.call.kind not in {"builtin", "conversion"}:
                return False
    return stable(scene, duration)


def _known_before(scene: Scene, duration: Node, loop: Node) -> bool:
    """Whether all that a duration names is declared outside of the loop."""
    for node in walk(duration):
        if node.type in {"identifier", "type_identifier"}:
            facts = scene.facts(node)
            known = facts.object if facts is not None else None
            if known is None:
                return False
            inside = known.offset is not None and loop.start_byte <= known.offset < loop.end_byte
            if known.path == scene.path and inside:
                return False
    return True


def _before(scene: Scene, statement: Node, lines: list[str]) -> Replacement:
    """Statements put before one and the comments that belong to it."""
    at = above(statement)
    return Replacement(at, at, f"\n{scene.indent(statement)}".join([*lines, ""]).encode())


REWRITE = Rewrite("reused-timer", "time.After in a loop to one timer", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import "time"

func Sum(numbers <-chan int, patience time.Duration) (sum int, whole bool) {
	for {
		select {
		case n, more := <-numbers:
			if !more {
				return sum, true
			}
			sum += n
		case <-time.After(patience):
			return sum, false
		}
	}
}
""",
        after="""package p

import "time"

func Sum(numbers <-chan int, patience time.Duration) (sum int, whole bool) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		timer.Reset(patience)
		select {
		case n, more := <-numbers:
			if !more {
				return sum, true
			}
			sum += n
		case <-timer.C:
			return sum, false
		}
	}
}
""",
        probe="""numbers := make(chan int, 50)
for n := range cap(numbers) {
	numbers <- n
}
// Nobody sends more: only the timer can end this.
sum, whole := Sum(numbers, 10*time.Millisecond)
emit(sum)
emit(whole)
close(numbers)
sum, whole = Sum(numbers, time.Hour)
emit(sum)
emit(whole)""",
        probe_imports=("time",),
        saves=100,
        undriven={"Sum": "its timer and the channel may be ready at once"},
    ),
    Example(
        before="""package p

import "time"

// Wait waits longer each time.
func Wait(done <-chan struct{}, turns int) (waited []time.Duration) {
	// The first turn does not wait.
	for turn := range turns {
		pause := time.Duration(turn) * time.Millisecond
		// Whatever comes first.
		select {
		case <-done:
			return waited
		case <-time.After(pause):
			waited = append(waited, pause)
		}
	}
	return waited
}
""",
        after="""package p

import "time"

// Wait waits longer each time.
func Wait(done <-chan struct{}, turns int) (waited []time.Duration) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	// The first turn does not wait.
	for turn := range turns {
		pause := time.Duration(turn) * time.Millisecond
		timer.Reset(pause)
		// Whatever comes first.
		select {
		case <-done:
			return waited
		case <-timer.C:
			waited = append(waited, pause)
		}
	}
	return waited
}
""",
        probe="""emit(Wait(nil, 4))
emit(Wait(nil, 0))""",
        saves=3,
        undriven={"Wait": "its timer and the channel may be ready at once"},
    ),
    Example(
        before="""package p

import (
	"context"
	"time"
)

func Beats(ctx context.Context, groups [][]string, beat func(string, bool)) {
	for _, group := range groups {
	names:
		for _, name := range group {
			select {
			case <-ctx.Done():
				beat(name, false)
				continue names
			case at := <-time.After(-time.Second / 4):
				beat(name, !at.IsZero())
			}
		}
	}
}
""",
        after="""package p

import (
	"context"
	"time"
)

func Beats(ctx context.Context, groups [][]string, beat func(string, bool)) {
	timer := time.NewTimer(-time.Second / 4)
	defer timer.Stop()
	for _, group := range groups {
	names:
		for _, name := range group {
			timer.Reset(-time.Second / 4)
			select {
			case <-ctx.Done():
				beat(name, false)
				continue names
			case at := <-timer.C:
				beat(name, !at.IsZero())
			}
		}
	}
}
""",
        probe="""groups := [][]string{{"a", "é"}, nil, {"", "世界"}}
Beats(context.Background(), groups, func(name string, at bool) {
	emit(name)
	emit(at)
})""",
        probe_imports=("context",),
        saves=5,
    ),
)

REFUSALS = (
    Refused(
        """package p

import "time"

func pause() time.Duration { return time.Second }

func Run(next <-chan int) {
	for {
		select {
		case <-next:
		case <-time.After(pause()):
			return
		}
	}
}
""",
        "change the duration",
    ),
    Refused(
        """package p

import "time"

type worker struct {
	pause time.Duration
	next  func() <-chan int
}

func (w *worker) Run() {
	for {
		select {
		case <-w.next():
		case <-time.After(w.pause):
			return
		}
	}
}
""",
        "change the duration",
    ),
    Refused(
        """package p

import "time"

func Run(next <-chan int) {
again:
	for range 3 {
		select {
		case <-next:
			goto again
		case <-time.After(time.Second):
		}
	}
}
""",
        "goto",
    ),
    Refused(
        """package p

import "time"

func Wait(next <-chan int) bool {
	select {
	case <-next:
		return true
	case <-time.After(time.Second):
		return false
	}
}
""",
    ),
    Refused(
        """package p

import "time"

func Later(turns int, do func(<-chan time.Time)) {
	for range turns {
		do(time.After(time.Second))
	}
}
""",
    ),
    Refused(
        """package p

import (
	"os"
	"time"
)

func init() { os.Setenv("GODEBUG", "asynctimerchan=1") }

func Run(next <-chan int) {
	for {
		select {
		case <-next:
		case <-time.After(time.Second):
			return
		}
	}
}
""",
        "earlier turn",
    ),
    Refused(
        """package p

import "time"

type clock struct{}

func (clock) After(d time.Duration) <-chan time.Time { return nil }

func Run(time clock, next <-chan int) {
	for {
		select {
		case <-next:
			return
		case <-time.After(1):
		}
	}
}
""",
    ),
)
