"""# reused-timer

`time.After` for which a loop waits again and again becomes one timer, set anew each time.

## Why it saves

Each call of `time.After` makes a timer and a channel, for every message that the loop waits for. A timer that is made
once and set again with `Reset` needs no more.

## When it is offered

In modules for Go 1.23 or newer: since then no value of an earlier turn is received after `Reset`, so that the loop
waits exactly as before. The call is in a case of a `select`, before which the duration is then evaluated in each turn,
or gives its channel to a variable of the turn that is only received from. The timer is stopped when the function
returns.

Programs that ask for the timers of older releases (`GODEBUG=asynctimerchan=1`, possible until Go 1.26) do not have that
guarantee. Where a file of the package says so, nothing is offered.

## When it is not

Before Go 1.23, where a stale value may be left in the channel; if a `select` would find the duration by calling
something, or its other cases call what could change it; if the channel goes elsewhere; and in functions with `goto`.
What waits for nothing else is for `time.Sleep` (see the page of sleep).
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._names import walk
from stackward.rewrites._order import stable
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, calls, is_call, replace_node
from stackward.rewrites._variables import (
    Reference,
    Variable,
    above,
    context,
    has_goto,
    listed_statement,
    loop_around,
    variable,
)
from stackward.rewrites.sleep import waits
from stackward.syntax.tree import SourceFile

_DECLARES = frozenset({"short_var_declaration", "var_declaration"})
_SINCE = 23  # The minor release of Go 1 whose timers keep no stale value.


def suits(node: Node, source: SourceFile) -> bool:
    return calls(node, source, "time.After") and loop_around(node) is not None


def propose(scene: Scene) -> Iterator[Offer]:
    select, named, given = _select(scene.node), _named(scene), arguments(scene.node)
    at, statement = select or (named.statement if named is not None else None), listed_statement(scene.node)
    if scene.callee(scene.node) != "time.After" or len(given) != 1:
        return
    if at is None:
        if waits(scene.node) is None:
            declared = statement is not None and statement.type in _DECLARES
            yield Refusal("more is declared with the channel" if declared else "the channel goes elsewhere")
        return
    if named is not None and not all(_received(one) for one in named.references):
        yield Refusal(f"{named.name} is used in another way than to receive from it")
        return
    loop = loop_around(at)
    while loop is not None and (outer := loop_around(loop)) is not None:
        loop = outer
    turn, start = listed_statement(at), listed_statement(loop) if loop is not None else None
    qualifier = scene.qualifier("time")
    if loop is None or turn is None or start is None or qualifier is None:
        return
    if scene.package.language < _SINCE or _asynchronous(scene):
        yield Refusal("before Go 1.23 a timer that is used again may still hold the value of an earlier turn")
        return
    if has_goto(scene, loop):
        yield Refusal("a function with goto")
        return
    fixed = _fixed(scene, given[0])
    if named is None and not fixed:
        yield Refusal("another case of the select calls something, which could change the duration or see it evaluated")
        return
    name = scene.free_name("timer", within=scene.declaration(loop))
    duration = scene.text(given[0])
    first = duration if fixed and _known_before(scene, given[0], loop) else "0"
    made = _before(scene, start, [f"{name} := {qualifier}.NewTimer({first})", f"defer {name}.Stop()"])
    reset = f"{name}.Reset({duration})"
    if named is not None:
        edits = [made, replace_node(named.statement, reset)]
        edits += [replace_node(one.node, f"{name}.C") for one in named.references]
    else:
        edits = [made, _before(scene, turn, [reset]), replace_node(scene.node, f"{name}.C")]
    yield Proposal("Reuse one timer instead of time.After in a loop", {scene.path: tuple(edits)})


def _named(scene: Scene) -> Variable | None:
    """The variable of a turn that the channel is the value of, declared by a statement of its own."""
    statement = listed_statement(scene.node)
    if statement is None or statement.type not in _DECLARES:
        return None
    name = next((one for one in walk(statement) if one.type == "identifier"), None)
    found = variable(scene, name) if name is not None else None
    return found if found is not None and found.alone and found.value == scene.node else None


def _received(reference: Reference) -> bool:
    """Whether a use of a channel is to receive from it, in the function that has it."""
    outer = context(reference.node)
    operator = outer.child_by_field_name("operator") if outer is not None and outer.type == "unary_expression" else None
    return operator is not None and operator.type == "<-" and not reference.use.captured


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

# What others call theirs is no reason for another name.
_OTHER = """package p

import "time"

func Later(do func()) func() bool {
	timer := time.AfterFunc(time.Hour, do)
	return timer.Stop
}
"""
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
        also={"other.go": (_OTHER, _OTHER)},
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
    Example(
        before="""package p

import "time"

// Batches sends what comes within a time, and ends when nothing more can come.
func Batches(numbers <-chan int, patience func() time.Duration, send func([]int)) {
	for open := true; open; {
		var batch []int
		// So long at most.
		timeout := time.After(patience())
	collect:
		for {
			select {
			case n, more := <-numbers:
				if !more {
					open = false
					break collect
				}
				batch = append(batch, n)
			case <-timeout:
				break collect
			}
		}
		send(batch)
	}
}
""",
        after="""package p

import "time"

// Batches sends what comes within a time, and ends when nothing more can come.
func Batches(numbers <-chan int, patience func() time.Duration, send func([]int)) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for open := true; open; {
		var batch []int
		// So long at most.
		timer.Reset(patience())
	collect:
		for {
			select {
			case n, more := <-numbers:
				if !more {
					open = false
					break collect
				}
				batch = append(batch, n)
			case <-timer.C:
				break collect
			}
		}
		send(batch)
	}
}
""",
        probe="""numbers := make(chan int, 50)
for n := range cap(numbers) {
	numbers <- n
}
patience := func() time.Duration { return 20 * time.Millisecond }
turns := 0
Batches(numbers, patience, func(batch []int) {
	emit(batch)
	if turns++; turns == 5 {
		close(numbers)
	}
})""",
        probe_imports=("time",),
        saves=8,
        undriven={"Batches": "its timer and the channel may be ready at once"},
    ),
)

REFUSALS = (
    Refused(
        """package p

import "time"

func Run(next <-chan int) {
	for {
		soon, late := time.After(time.Second), time.After(time.Minute)
		select {
		case <-next:
		case <-soon:
		case <-late:
			return
		}
	}
}
""",
        "more is declared with the channel",
    ),
    Refused(
        """package p

import "time"

func Run(next <-chan int, late func(func() time.Time)) {
	for n := range next {
		timeout := time.After(time.Duration(n))
		late(func() time.Time { return <-timeout })
	}
}
""",
        "in another way than to receive",
    ),
    Refused(
        """package p

import "time"

func Run(next <-chan int) {
	for {
		timeout := time.After(time.Second)
		select {
		case <-next:
			timeout = nil
		case <-timeout:
			return
		}
		<-timeout
	}
}
""",
        "in another way than to receive",
    ),
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
