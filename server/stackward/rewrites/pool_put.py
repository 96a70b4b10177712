"""# pool-put

A buffer from a pool goes back into it when the function returns.

## Why it saves

A pool has what was put into it. Where a function gets a buffer, uses it up and forgets it, the next `Get` finds one
less, and in the end calls `New` each time: the pool costs more than a buffer without one would.

## When it is offered

For a `*bytes.Buffer` or `*strings.Builder` from a `sync.Pool` that a function only writes to and reads, so that nobody
else has it, or its bytes, for longer. `defer pool.Put(buf)` follows if all that get from the pool reset first what they
get; otherwise the buffer is reset before it goes back. All uses of the pool have to be in the package, and `New` has to
make empty buffers. It is for review, as a buffer that has grown large stays so in the pool.

## When it is not

If the function puts it back somewhere; in a loop, where the deferred calls would pile up until the function returns; if
the buffer is returned, stored, sent, used by a func literal or a goroutine, or given to a function that may keep it; if
its bytes may be kept; if the function may never return; if files that are not compiled here may use the pool; and in
generated code.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.rewrites._buffers import Dealings, dealings, gets, taken
from stackward.rewrites._pools import (
    PUT,
    Got,
    Known,
    got,
    known_pool,
)
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene
from stackward.rewrites._variables import after, called_name, has_goto, loop_around, siblings, variable
from stackward.syntax.tree import generated

_ASSERTS = "type_assertion_expression"


def propose(scene: Scene) -> Iterator[Offer]:
    found = taken(scene, lambda reference: called_name(scene, reference.node) == PUT)
    if found is None or isinstance(found, Refusal):
        yield from [found] if found is not None else []
        return
    one, mine, typed = found
    known = known_pool(scene, one.pool, typed)
    reason = known if isinstance(known, str) else _reason(scene, one)
    if reason or isinstance(known, str):
        yield Refusal(reason)
        return
    yield _deferred(scene, one, mine, known)


def _reason(scene: Scene, one: Got) -> str:
    """Why it cannot go back when the function returns; empty if nothing is in the way."""
    if generated(scene.source):
        return "generated code"
    if loop_around(scene.node) is not None:
        return "in a loop the deferred calls would pile up until the function returns"
    if has_goto(scene, scene.node):
        return "a function with goto"
    if not _steady(scene, one.pool):
        return "it is not certain that the pool is still the same when the function returns"
    function = scene.function()
    body = function.child_by_field_name("body") if function is not None else None
    outer: Node | None = one.statement
    while outer is not None and outer != body:
        if outer.parent is not None and outer.parent.type == "statement_list" and any(map(_endless, siblings(outer))):
            return "the function may never return"
        outer = outer.parent
    return ""


def _steady(scene: Scene, pool: Node) -> bool:
    """Whether an expression names the same pool all the time: a variable of the package, or a field of a variable."""
    if pool.type == "identifier":
        return True  # All its uses are known, and none of them changes it.
    operand = pool.child_by_field_name("operand") if pool.type == "selector_expression" else None
    known = variable(scene, operand) if operand is not None else None
    return known is not None and known.steady


def _endless(statement: Node) -> bool:
    """Whether a statement is a loop without a condition."""
    if statement.type == "labeled_statement" and statement.named_children:
        statement = statement.named_children[-1]
    if statement.type != "for_statement":
        return False
    head = [one for one in statement.named_children if one.type not in {"block", "comment"}]
    return not head or (head[0].type == "for_clause" and head[0].child_by_field_name("condition") is None)


def _deferred(scene: Scene, one: Got, mine: Dealings, known: Known) -> Proposal:
    name, pool = one.variable.name, scene.text(one.pool)
    lines = [f"defer {pool}.Put({name})"]
    if not all(map(_resets_first, known.gets)):
        indent = scene.indent(one.statement)
        inner = f"\n{indent}\t"
        lines = [f"defer func() {{{inner}{name}.Reset(){inner}{pool}.Put({name})\n{indent}}}()"]
    return Proposal(
        f"Put {name} back into the pool",
        {scene.path: (after(scene, mine.first or one.statement, lines[0]),)},
        applicability=Applicability.REVIEW,
        differs="the pool keeps the room that it has grown to",
        repairs=f"Without a Put the pool makes a new one each time: {known.made}.",
    )


def _resets_first(use: tuple[Scene, Node]) -> bool:
    """Whether who gets a buffer resets it before anything else, whatever is in it."""
    scene, call = use
    one = got(scene, call.parent) if call.parent is not None and call.parent.type == _ASSERTS else None
    done = dealings(scene, one) if one is not None else ""
    return isinstance(done, Dealings) and done.first is not None


REWRITE = Rewrite("pool-put", "Put for a buffer from a pool", (_ASSERTS,), gets, propose)

EXAMPLES = (
    Example(
        before="""package p

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"
)

type Encoder struct {
	buffers sync.Pool
}

func New() *Encoder {
	return &Encoder{buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }}}
}

func (e *Encoder) Encode(value any, to io.Writer) error {
	buf := e.buffers.Get().(*bytes.Buffer)
	buf.Reset() // Whoever had it.
	if err := json.NewEncoder(buf).Encode(value); err != nil {
		return err
	}
	_, err := to.Write(buf.Bytes())
	return err
}
""",
        after="""package p

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"
)

type Encoder struct {
	buffers sync.Pool
}

func New() *Encoder {
	return &Encoder{buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }}}
}

func (e *Encoder) Encode(value any, to io.Writer) error {
	buf := e.buffers.Get().(*bytes.Buffer)
	buf.Reset() // Whoever had it.
	defer e.buffers.Put(buf)
	if err := json.NewEncoder(buf).Encode(value); err != nil {
		return err
	}
	_, err := to.Write(buf.Bytes())
	return err
}
""",
        probe="""encoder := New()
for _, value := range []any{nil, "", "é\\n世界", -1, map[string]int{"b": 1, "a": 2}} {
	var to bytes.Buffer
	emit(encoder.Encode(value, &to))
	emit(to.String())
}
emit(encoder.Encode(make(chan int), nil) != nil)""",
        probe_imports=("bytes",),
        saves=2,
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import (
	"bytes"
	"io"
	"sync"
)

var pool = &sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 64)) }}

func Quoted(s string) string {
	buf := pool.Get().(*bytes.Buffer)
	buf.WriteByte('"')
	buf.WriteString(s)
	buf.WriteByte('"')
	quoted := buf.String()
	buf.Reset()
	pool.Put(buf)
	return quoted
}

func Joined(parts ...string) string {
	buf := pool.Get().(*bytes.Buffer)
	for _, part := range parts {
		io.WriteString(buf, part)
	}
	return buf.String()
}
""",
        after="""package p

import (
	"bytes"
	"io"
	"sync"
)

var pool = &sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 64)) }}

func Quoted(s string) string {
	buf := pool.Get().(*bytes.Buffer)
	buf.WriteByte('"')
	buf.WriteString(s)
	buf.WriteByte('"')
	quoted := buf.String()
	buf.Reset()
	pool.Put(buf)
	return quoted
}

func Joined(parts ...string) string {
	buf := pool.Get().(*bytes.Buffer)
	defer func() {
		buf.Reset()
		pool.Put(buf)
	}()
	for _, part := range parts {
		io.WriteString(buf, part)
	}
	return buf.String()
}
""",
        probe="""for _, s := range []string{"", "a", "世界", "\\x00"} {
	emit(Joined(s, s, "!"))
	emit(Quoted(s))
	emit(Joined())
}""",
        saves=2,
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import (
	"bytes"
	"fmt"
	"sync"
)

var buffers sync.Pool

func init() {
	buffers.New = func() any { return &bytes.Buffer{} }
}

func Lines(numbers [][]int) (lines []string) {
	line := func(row []int) string {
		buf := buffers.Get().(*bytes.Buffer)
		buf.Reset()
		for _, number := range row {
			fmt.Fprintf(buf, "%d;", number)
		}
		return string(buf.Bytes())
	}
	for _, row := range numbers {
		lines = append(lines, line(row))
	}
	return lines
}
""",
        after="""package p

import (
	"bytes"
	"fmt"
	"sync"
)

var buffers sync.Pool

func init() {
	buffers.New = func() any { return &bytes.Buffer{} }
}

func Lines(numbers [][]int) (lines []string) {
	line := func(row []int) string {
		buf := buffers.Get().(*bytes.Buffer)
		buf.Reset()
		defer buffers.Put(buf)
		for _, number := range row {
			fmt.Fprintf(buf, "%d;", number)
		}
		return string(buf.Bytes())
	}
	for _, row := range numbers {
		lines = append(lines, line(row))
	}
	return lines
}
""",
        probe="""emit(Lines(nil))
emit(Lines([][]int{{-1, 0, 7}}))
emit(Lines([][]int{{}, nil, {1}, {2}}))""",
        saves=1,
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import (
	"bytes"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func First(s string) string {
	buf := buffers.Get().(*bytes.Buffer)
	buf.WriteString(s)
	text := buf.String()
	buf.Reset()
	buffers.Put(buf)
	return text
}

func Second(s string) string {
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	buf.WriteString(s)
	return buf.String()
}
""",
        after="""package p

import (
	"bytes"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func First(s string) string {
	buf := buffers.Get().(*bytes.Buffer)
	buf.WriteString(s)
	text := buf.String()
	buf.Reset()
	buffers.Put(buf)
	return text
}

func Second(s string) string {
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer func() {
		buf.Reset()
		buffers.Put(buf)
	}()
	buf.WriteString(s)
	return buf.String()
}
""",
        probe="""for _, s := range []string{"", "a", "世界"} {
	emit(Second(s))
	emit(First(s))
}""",
        saves=2,
        applicability=Applicability.REVIEW,
    ),
)

REFUSALS = (
    Refused(
        """package p

import (
	"bytes"
	"sync"
)

var pool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func put(buf *bytes.Buffer) {
	buf.Reset()
	pool.Put(buf)
}

func Text(s string) string {
	buf := pool.Get().(*bytes.Buffer)
	defer put(buf)
	buf.WriteString(s)
	return buf.String()
}
""",
        "do anything with it",
    ),
    Refused(
        """package p

import (
	"bytes"
	"sync"
)

var pool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func get() *bytes.Buffer {
	buf := pool.Get().(*bytes.Buffer)
	buf.Reset()
	return buf
}

func Text(s string) string {
	buf := get()
	buf.WriteString(s)
	return buf.String()
}
""",
        "do anything with it",
    ),
    Refused(
        """package p

import (
	"bytes"
	"sync"
)

var pool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Texts(all []string) (texts []string) {
	for _, s := range all {
		buf := pool.Get().(*bytes.Buffer)
		buf.Reset()
		buf.WriteString(s)
		texts = append(texts, string(buf.Bytes()))
	}
	return texts
}
""",
        "in a loop",
    ),
    Refused(
        """package p

import (
	"bytes"
	"sync"
)

var pool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Text(s string) []byte {
	buf := pool.Get().(*bytes.Buffer)
	buf.Reset()
	buf.WriteString(s)
	return buf.Bytes()
}
""",
        "bytes may be kept",
    ),
    Refused(
        """package p

import (
	"bytes"
	"sync"
)

var pool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Start(s string, lengths chan<- int) {
	buf := pool.Get().(*bytes.Buffer)
	buf.Reset()
	go func() {
		buf.WriteString(s)
		lengths <- buf.Len()
	}()
}
""",
        "a func literal uses it",
    ),
    Refused(
        """package p

import (
	"bytes"
	"sync"
)

var pool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Text(s string) string {
	buf := pool.Get().(*bytes.Buffer)
	buf.WriteString(s)
	defer func() {
		buf.Reset()
		pool.Put(buf)
	}()
	return buf.String()
}
""",
    ),
    Refused(
        """package p

import (
	"bytes"
	"sync"
)

var pool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Serve(lines <-chan string, lengths chan<- int) {
	buf := pool.Get().(*bytes.Buffer)
	for {
		buf.Reset()
		buf.WriteString(<-lines)
		lengths <- buf.Len()
	}
}
""",
        "may never return",
    ),
    Refused(
        """package p

import (
	"bytes"
	"sync"
)

var Pool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Text(s string) string {
	buf := Pool.Get().(*bytes.Buffer)
	buf.Reset()
	buf.WriteString(s)
	return string(buf.Bytes())
}
""",
        "may use the pool",
    ),
)
