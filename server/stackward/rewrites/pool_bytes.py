"""# pool-bytes

Bytes that belong to a pooled buffer are copied before somebody else gets the buffer.

## Why

After `Put` the next `Get`, in whatever goroutine, has the buffer and writes over its bytes. A slice of them that was
returned, sent or stored changes under the hands of who has it. That shows under load only, as data of other requests.

## When it is offered

Where a function gets a `*bytes.Buffer`, a `[]byte` or a `*[]byte` from a `sync.Pool`, puts it back (also deferred),
and returns or sends `buf.Bytes()`, `buf.Next(n)` or a part of the slice, directly, in a struct, or through a variable:
these bytes are cloned. For review, the same for what is stored in a field, an element or a variable of the package.

## When it is not

If the function does not put the buffer back, since then whoever gets the bytes may own them; where the buffer is
given to functions that may do anything with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._pools import Got, Put, follows, gets, puts
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import FUNCTIONS, Scene, arguments, is_call, replace_node
from stackward.rewrites._variables import (
    Variable,
    before,
    expressions,
    inside,
    listed_statement,
    method_called,
    root,
    siblings,
    sole,
    variable,
)
from stackward.syntax.tree import SourceFile

_WHY = "The bytes belong to the pooled buffer, which the next Get may overwrite."
_ALIASES = frozenset({"AvailableBuffer", "Bytes", "Next"})
# Functions that return a part of their first argument.
_PARTS = frozenset(
    [
        "bytes.Trim",
        "bytes.TrimFunc",
        "bytes.TrimLeft",
        "bytes.TrimLeftFunc",
        "bytes.TrimPrefix",
        "bytes.TrimRight",
        "bytes.TrimRightFunc",
        "bytes.TrimSpace",
        "bytes.TrimSuffix",
    ]
)


def suits(node: Node, source: SourceFile) -> bool:
    function = next((one for one in outwards(node) if one.type in FUNCTIONS), node)
    text = source.text[function.start_byte : function.end_byte]
    return b".Put(" in text and b".Get(" in text


def outwards(node: Node) -> Iterator[Node]:
    """A node and all around it."""
    at: Node | None = node
    while at is not None:
        yield at
        at = at.parent


def propose(scene: Scene) -> Iterator[Offer]:
    function = scene.function()
    if function is None:
        return
    pooled = [_Pooled(one, put) for one in gets(scene, function) for put in _back(scene, function, one)]
    given = [one for one in pooled if _kind(scene, one.got)]
    if not given:
        return
    if scene.node.type == "return_statement":
        for value in (part for child in scene.node.named_children for part in expressions(child)):
            for part in _parts(scene, value):
                yield from _copied(scene, given, part)
    elif scene.node.type == "send_statement":
        sent = scene.node.child_by_field_name("value")
        for part in _parts(scene, sent) if sent is not None else ():
            yield from _copied(scene, given, part)
    else:
        yield from _stored(scene, given)


@dataclass(frozen=True, slots=True)
class _Pooled:
    """A value from a pool, and where it goes back."""

    got: Got
    put: Put


def _back(scene: Scene, function: Node, one: Got) -> Iterator[Put]:
    """Where a value goes back into its pool."""
    for put in puts(scene, function):
        value = put.value.child_by_field_name("operand") if put.value.type == "unary_expression" else put.value
        if value is not None and any(inside(use.node, value) for use in one.variable.references):
            yield put


def _kind(scene: Scene, one: Got) -> str:
    """Of which kind a pooled value is: ``buffer``, ``slice`` or ``pointer`` to a slice; empty for others."""
    info = scene.type(one.assertion)
    known = {
        "*bytes.Buffer": "buffer",
        "[]byte": "slice",
        "[]uint8": "slice",
        "*[]byte": "pointer",
        "*[]uint8": "pointer",
    }
    return known.get(info.type, "") if info is not None else ""


def _parts(scene: Scene, value: Node) -> Iterator[Node]:
    """An expression, or what is in a struct literal."""
    literal = value.child_by_field_name("operand") if value.type == "unary_expression" else value
    if literal is None or literal.type != "composite_literal":
        yield value
        return
    body = literal.child_by_field_name("body")
    for element in body.named_children if body is not None else ():
        inner = element.child_by_field_name("value") if element.type == "keyed_element" else element
        if inner is not None and inner.named_children:
            yield from _parts(scene, inner.named_children[0])


def _alias(scene: Scene, pooled: _Pooled, node: Node) -> bool:
    """Whether an expression is the bytes of a pooled buffer, or a part of them."""
    if node.type in {"parenthesized_expression", "slice_expression"}:
        return _alias(scene, pooled, node.named_children[0])
    names = [one.node for one in pooled.got.variable.references]
    kind = _kind(scene, pooled.got)
    if is_call(node):
        given = arguments(node)
        if scene.callee(node) in _PARTS and given:
            return _alias(scene, pooled, given[0])
        function = node.child_by_field_name("function")
        receiver = function.child_by_field_name("operand") if function is not None else None
        called = method_called(receiver) if receiver is not None and receiver in names else None
        return kind == "buffer" and called is not None and called[1] == node and called[0] in _ALIASES
    if node.type == "unary_expression" and scene.text(node).startswith("*"):
        return kind == "pointer" and node.named_children[0] in names
    return kind == "slice" and node in names


def _copied(scene: Scene, given: list[_Pooled], value: Node) -> Iterator[Offer]:
    """The proposals for a value that leaves the function."""
    for pooled in given:
        if _alias(scene, pooled, value):
            yield from _direct(scene, pooled, value)
            return
        known = variable(scene, value) if value.type == "identifier" else None
        if known is None or known.value is None or not known.steady or not _alias(scene, pooled, known.value):
            continue
        if pooled.put.deferred or follows(pooled.put.statement, known.statement):
            yield from _clone(scene, known.value)
            return


def _direct(scene: Scene, pooled: _Pooled, value: Node) -> Iterator[Offer]:
    put, statement = pooled.put, listed_statement(scene.node)
    if put.deferred or scene.node.type != "return_statement":
        if follows(scene.node, put.statement) or (scene.node.type != "return_statement" and statement is not None):
            yield from _clone(scene, value)
        return
    if statement is None or not follows(scene.node, put.statement):
        return
    listed = siblings(put.statement)
    if statement not in listed or listed.index(statement) != listed.index(put.statement) + 1:
        yield Refusal("it is not certain that the buffer is put back before")
        return
    name = scene.free_name("data", "result", "copied")
    copy = _copy(scene, value)
    edits = (before(scene, put.statement, [f"{name} := {copy[0]}"]), replace_node(value, name))
    yield _repair(scene, edits, copy[1])


def _clone(scene: Scene, value: Node) -> Iterator[Offer]:
    text, imports = _copy(scene, value)
    yield _repair(scene, (replace_node(value, text),), imports)


def _copy(scene: Scene, value: Node) -> tuple[str, tuple[str, ...]]:
    name = scene.qualifier("bytes") if scene.package.language >= 20 else None
    if name is None:
        return f"append([]byte(nil), {scene.text(value)}...)", ()
    return f"{name}.Clone({scene.text(value)})", ("bytes",)


def _repair(scene: Scene, edits: tuple[Replacement, ...], imports: tuple[str, ...], differs: str = "") -> Proposal:
    return Proposal(
        "Copy the bytes of the pooled buffer",
        {scene.path: edits},
        {scene.path: imports},
        applicability=Applicability.REVIEW if differs else Applicability.SAFE,
        differs=differs,
        repairs=_WHY,
    )


def _stored(scene: Scene, given: list[_Pooled]) -> Iterator[Offer]:
    """Bytes that are assigned to what outlives the function."""
    left, value = (sole(scene.node.child_by_field_name(one)) for one in ("left", "right"))
    operator = scene.node.child_by_field_name("operator")
    if left is None or value is None or operator is None or operator.type != "=":
        return
    if not any(_alias(scene, one, value) for one in given):
        return
    if left.type == "identifier":
        facts = scene.facts(left)
        kept = facts is not None and facts.object is not None and facts.object.scope == "package"
    else:
        known = variable(scene, root(left))
        kept = known is not None and known.kind in {"param", "receiver"} and _shared(scene, known)
    if kept:
        text, imports = _copy(scene, value)
        yield _repair(scene, (replace_node(value, text),), imports, "if they are kept")


def _shared(scene: Scene, known: Variable) -> bool:
    info = scene.type(known.node)
    return info is not None and info.kind in {"map", "pointer", "slice"}


REWRITE = Rewrite(
    "pool-bytes",
    "bytes of a pooled buffer that outlive it",
    ("assignment_statement", "return_statement", "send_statement"),
    suits,
    propose,
)

EXAMPLES = (
    Example(
        before="""package p

import (
	"bytes"
	"fmt"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

type Answer struct {
	Status int
	Body   []byte
}

func Text(values ...int) []byte {
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer buffers.Put(buf)
	fmt.Fprint(buf, values)
	if len(values) == 0 {
		return bytes.TrimSpace(buf.Bytes()[1:])
	}
	return buf.Bytes()
}

func Reply(name string) (*Answer, error) {
	buf := buffers.Get().(*bytes.Buffer)
	defer func() {
		buf.Reset()
		buffers.Put(buf)
	}()
	buf.Reset()
	buf.WriteString(name)
	return &Answer{Status: 200, Body: buf.Bytes()}, nil
}
""",
        after="""package p

import (
	"bytes"
	"fmt"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

type Answer struct {
	Status int
	Body   []byte
}

func Text(values ...int) []byte {
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer buffers.Put(buf)
	fmt.Fprint(buf, values)
	if len(values) == 0 {
		return bytes.Clone(bytes.TrimSpace(buf.Bytes()[1:]))
	}
	return bytes.Clone(buf.Bytes())
}

func Reply(name string) (*Answer, error) {
	buf := buffers.Get().(*bytes.Buffer)
	defer func() {
		buf.Reset()
		buffers.Put(buf)
	}()
	buf.Reset()
	buf.WriteString(name)
	return &Answer{Status: 200, Body: bytes.Clone(buf.Bytes())}, nil
}
""",
        probe="""for n := range 20 {
	emit(string(Text(make([]int, n)...)))
	answer, err := Reply(fmt.Sprint("é", n))
	emit(string(answer.Body))
	emit(err)
}""",
        probe_imports=("fmt",),
        saves=-60,
    ),
    Example(
        before="""package p

import "sync"

var rows = sync.Pool{New: func() any {
	row := make([]byte, 0, 64)
	return &row
}}

func Quoted(s string) []byte {
	p := rows.Get().(*[]byte)
	row := (*p)[:0]
	row = append(row, '"')
	row = append(row, s...)
	row = append(row, '"')
	*p = row
	rows.Put(p)
	return (*p)[:len(row)]
}

func Send(s string, to chan<- []byte) {
	p := rows.Get().(*[]byte)
	*p = append((*p)[:0], s...)
	to <- *p
	rows.Put(p)
}
""",
        after="""package p

import (
	"bytes"
	"sync"
)

var rows = sync.Pool{New: func() any {
	row := make([]byte, 0, 64)
	return &row
}}

func Quoted(s string) []byte {
	p := rows.Get().(*[]byte)
	row := (*p)[:0]
	row = append(row, '"')
	row = append(row, s...)
	row = append(row, '"')
	*p = row
	data := bytes.Clone((*p)[:len(row)])
	rows.Put(p)
	return data
}

func Send(s string, to chan<- []byte) {
	p := rows.Get().(*[]byte)
	*p = append((*p)[:0], s...)
	to <- bytes.Clone(*p)
	rows.Put(p)
}
""",
        probe="""to := make(chan []byte, 1)
for _, s := range []string{"", "a", "世界", "x\\x00"} {
	emit(string(Quoted(s)))
	Send(s, to)
	emit(string(<-to))
}""",
        saves=-10,
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

// Take gives the buffer away.
func Take(s string) []byte {
	buf := pool.Get().(*bytes.Buffer)
	buf.WriteString(s)
	return buf.Bytes()
}
"""
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
"""
    ),
    Refused(
        """package p

import (
	"bytes"
	"sync"
)

var pool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func fill(buf *bytes.Buffer) { buf.Reset(); buf.WriteByte('x') }

func Text() string {
	buf := pool.Get().(*bytes.Buffer)
	defer pool.Put(buf)
	fill(buf)
	return buf.String()
}
"""
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
	data := buf.Bytes()
	pool.Put(buf)
	buf = new(bytes.Buffer)
	buf.Write(data)
	return buf.Bytes()
}
""",
        "not certain",
    ),
)
