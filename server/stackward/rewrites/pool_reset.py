"""# pool-reset

A buffer from a pool is reset before it is written to.

## Why

A buffer that was put back has still in it what its last user wrote. Who gets it next, writes to it and reads it as a
whole, has that in front: data of another request, in an answer that grows each time. A buffer that only grows is also
allocated anew again and again, although it comes from a pool.

## When it is offered

For a `*bytes.Buffer` or `*strings.Builder` from a `sync.Pool` that a function writes to, reads as a whole and puts back
without a reset, if what the others put into the pool is not reset either: a reset behind another `Get` helps that one
only. All uses of the pool have to be in the package, and `New` has to make empty buffers. It is for review, as what was
in the buffer is gone.

## When it is not

If somebody resets, shortens or drains a buffer before it is put back; if one of the pool's buffers is given to a
function that may reset or keep it, is assigned, or its bytes may be kept; if something else is put into the pool; if
files that are not compiled here may use it; and in generated code.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.rewrites._buffers import dealings, gets, taken
from stackward.rewrites._pools import (
    Known,
    got,
    known_pool,
)
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments
from stackward.rewrites._variables import Reference, after, has_goto, method_called
from stackward.syntax.tree import generated

_ASSERTS = "type_assertion_expression"
_WHY = "A buffer from the pool still has what was written to it before."


def propose(scene: Scene) -> Iterator[Offer]:
    found = taken(scene, _resets)
    if found is None or isinstance(found, Refusal):
        yield from [found] if found is not None else []
        return
    one, mine, typed = found
    if not (mine.writes and mine.reads and mine.puts):
        return
    reason = _reason(scene, one.pool, typed)
    if reason:
        yield Refusal(reason)
        return
    yield Proposal(
        f"Reset {one.variable.name}, which comes from a pool",
        {scene.path: (after(scene, one.statement, f"{one.variable.name}.Reset()"),)},
        applicability=Applicability.REVIEW,
        differs="what an earlier user left in it is dropped",
        repairs=_WHY,
    )


def _resets(reference: Reference) -> bool:
    called = method_called(reference.node)
    return called is not None and called[0] == "Reset"


def _reason(scene: Scene, pool: Node, typed: str) -> str:
    """Why it is not certain that a reset is missing; empty if it is."""
    if generated(scene.source):
        return "generated code"
    if has_goto(scene, scene.node):
        return "a function with goto"
    known = known_pool(scene, pool, typed)
    return known if isinstance(known, str) else _cleaned(known, typed)


def _cleaned(known: Known, typed: str) -> str:
    """Why what is put into a pool may be empty, or is not known."""
    own: set[tuple[str, int]] = set()
    for there, call in known.gets:
        one = got(there, call.parent) if call.parent is not None and call.parent.type == _ASSERTS else None
        info = there.type(one.assertion) if one is not None else None
        if one is None or info is None or info.type != typed or one.variable.value != one.assertion:
            return "it is not certain who has what comes from the pool elsewhere"
        done = dealings(there, one)
        if isinstance(done, str):
            return f"for a buffer of the pool, {done}"
        if done.late or done.drained:
            return "somebody empties what goes into the pool"
        own |= {(there.path, reference.node.start_byte) for reference in one.variable.references}
    for there, call in known.puts:
        given = arguments(call)
        if len(given) != 1 or (there.path, given[0].start_byte) not in own:
            return "something else is put into the pool"
    return ""


REWRITE = Rewrite("pool-reset", "Reset for a buffer from a pool", (_ASSERTS,), gets, propose)

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
	buf := e.buffers.Get().(*bytes.Buffer) // It comes back when all is written.
	defer e.buffers.Put(buf)
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
	buf := e.buffers.Get().(*bytes.Buffer) // It comes back when all is written.
	buf.Reset()
	defer e.buffers.Put(buf)
	if err := json.NewEncoder(buf).Encode(value); err != nil {
		return err
	}
	_, err := to.Write(buf.Bytes())
	return err
}
""",
        probe="""for _, value := range []any{nil, "", "é\\n世界", -1, map[string]int{"b": 1, "a": 2}} {
	var to bytes.Buffer
	emit(New().Encode(value, &to))
	emit(to.String())
}
emit(New().Encode(make(chan int), nil) != nil)""",
        probe_imports=("bytes",),
        undriven={"(*Encoder).Encode": "what the buffer has in it before depends on other calls"},
        saves=-60,
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
	buf.Reset()
	defer pool.Put(buf)
	buf.WriteByte('"')
	buf.WriteString(s)
	buf.WriteByte('"')
	return buf.String()
}

func Joined(parts ...string) string {
	buf := pool.Get().(*bytes.Buffer)
	for _, part := range parts {
		io.WriteString(buf, part)
	}
	joined := string(buf.Bytes())
	pool.Put(buf)
	return joined
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
	buf.Reset()
	defer pool.Put(buf)
	buf.WriteByte('"')
	buf.WriteString(s)
	buf.WriteByte('"')
	return buf.String()
}

func Joined(parts ...string) string {
	buf := pool.Get().(*bytes.Buffer)
	buf.Reset()
	for _, part := range parts {
		io.WriteString(buf, part)
	}
	joined := string(buf.Bytes())
	pool.Put(buf)
	return joined
}
""",
        probe="""emit(strings.HasSuffix(Joined("", "a", "世界"), "a世界"))
for _, s := range []string{"", "a", "世界"} {
	emit(Quoted(s))
}""",
        probe_imports=("strings",),
        saves=-60,
        applicability=Applicability.REVIEW,
        undriven={
            "Joined": "what the buffer has in it before depends on other calls",
            "Quoted": "what the buffer has in it before depends on other calls",
        },
    ),
    Example(
        before="""package p

import (
	"fmt"
	"strings"
	"sync"
)

var builders sync.Pool

func init() {
	builders.New = func() any { return &strings.Builder{} }
}

func Lines(numbers [][]int) (lines []string) {
	for _, row := range numbers {
		line := builders.Get().(*strings.Builder)
		for _, number := range row {
			fmt.Fprintf(line, "%d;", number)
		}
		lines = append(lines, line.String())
		builders.Put(line)
	}
	return lines
}
""",
        after="""package p

import (
	"fmt"
	"strings"
	"sync"
)

var builders sync.Pool

func init() {
	builders.New = func() any { return &strings.Builder{} }
}

func Lines(numbers [][]int) (lines []string) {
	for _, row := range numbers {
		line := builders.Get().(*strings.Builder)
		line.Reset()
		for _, number := range row {
			fmt.Fprintf(line, "%d;", number)
		}
		lines = append(lines, line.String())
		builders.Put(line)
	}
	return lines
}
""",
        probe="""emit(Lines(nil))
emit(Lines([][]int{{-1, 0, 7}}))
emit(len(Lines([][]int{{}, nil, {1}, {2}})))""",
        saves=-60,
        applicability=Applicability.REVIEW,
        undriven={"Lines": "what the buffer has in it before depends on other calls"},
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

func Text(s string) string {
	buf := pool.Get().(*bytes.Buffer)
	defer func() {
		buf.Reset()
		pool.Put(buf)
	}()
	buf.WriteString(s)
	return buf.String()
}

func More(s string) string {
	buf := pool.Get().(*bytes.Buffer)
	defer pool.Put(buf)
	buf.WriteString(s)
	return buf.String()
}
""",
        "somebody empties",
    ),
    Refused(
        """package p

import (
	"bytes"
	"sync"
)

var pool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func start(buf *bytes.Buffer) { buf.Reset() }

func Text(s string) string {
	buf := pool.Get().(*bytes.Buffer)
	defer pool.Put(buf)
	start(buf)
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

func get() *bytes.Buffer { return pool.Get().(*bytes.Buffer) }

func Text(s string) string {
	buf := pool.Get().(*bytes.Buffer)
	defer pool.Put(buf)
	buf.WriteString(s)
	return buf.String()
}
""",
        "who has what comes from the pool elsewhere",
    ),
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
	buf.WriteString(s)
	defer pool.Put(buf)
	return buf.String()
}
""",
        "something else is put",
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
	defer Pool.Put(buf)
	buf.WriteString(s)
	return buf.String()
}
""",
        "may use the pool",
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
	buf.WriteString(s)
	data := buf.Bytes()
	pool.Put(buf)
	return append(data, '.')
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

var pool = sync.Pool{New: func() any { return bytes.NewBufferString("> ") }}

func Text(s string) string {
	buf := pool.Get().(*bytes.Buffer)
	defer pool.Put(buf)
	buf.WriteString(s)
	return buf.String()
}
""",
        "what New of the pool makes",
    ),
    Refused(
        """package p

import (
	"bytes"
	"sync"
)

var pool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Write(s string, to *bytes.Buffer) (int, error) {
	buf := pool.Get().(*bytes.Buffer)
	defer pool.Put(buf)
	buf.WriteString(s)
	length := buf.Len()
	_, err := buf.WriteTo(to)
	return length, err
}
""",
        "somebody empties",
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
	defer pool.Put(buf)
	buf.Reset()
	buf.WriteString(s)
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

type Writer struct {
	pool sync.Pool
}

func New() *Writer {
	return &Writer{sync.Pool{New: func() any { return bytes.NewBufferString("> ") }}}
}

func Plain() *Writer {
	return &Writer{pool: sync.Pool{New: func() any { return new(bytes.Buffer) }}}
}

func (w *Writer) Text(s string) string {
	buf := w.pool.Get().(*bytes.Buffer)
	defer w.pool.Put(buf)
	buf.WriteString(s)
	return buf.String()
}
""",
        "what New of the pool makes",
    ),
)
