"""# pool-pointer

A slice or struct in a `sync.Pool` becomes a pointer to it.

## Why it saves

`Put` takes an interface. A slice or struct that is put into an interface is copied to the heap, 24 bytes for a slice,
so that every `Put` allocates what the pool is there to save. A pointer fits into the interface as it is.

## When it is offered

For a pool that is an unexported variable of the package, whose `New` is written there, and of which all uses are
`v := pool.Get().(T)` and one `pool.Put(…)` in the same function. The pointer is kept beside the value and goes back
with what the value is then.

## When it is not

If a function puts what it has not got, puts more than once, or puts in a loop; if the pool may be empty (no `New`),
is a field or parameter, or is used in several files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._names import walk
from stackward.rewrites._pools import Got, Put, deferred_literal, follows, got, pool_call, puts
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, is_call, replace_node
from stackward.rewrites._variables import at, before, has_goto, inside, loop_around, own, selected, sole
from stackward.syntax.tree import SourceFile


def suits(node: Node, source: SourceFile) -> bool:
    return pool_call(node, "Put", source) is not None


def propose(scene: Scene) -> Iterator[Offer]:
    pool, given = pool_call(scene.node, "Put", scene.source), arguments(scene.node)
    info = scene.type(given[0]) if len(given) == 1 else None
    if pool is None or scene.callee(scene.node) != "(*sync.Pool).Put" or info is None:
        return
    if info.kind in {"interface", "type parameter", "untyped nil"} or info.pointer_shaped is not False or not info.size:
        return
    if scene.package.hides(scene.text(pool)):
        yield Refusal("files that are not compiled here may use the pool")
        return
    changed = _edits(scene, pool, info.type)
    if isinstance(changed, str):
        yield Refusal(changed)
        return
    edits, made = changed
    yield Proposal(f"Keep pointers to {info.type} in the pool", {scene.path: tuple(edits)}, spares=(scene.span(made),))


def _edits(scene: Scene, pool: Node, typed: str) -> tuple[list[Replacement], Node] | str:
    """The changes of all that uses the pool, with its function ``New``; or why they cannot be made."""
    found = scene.facts(pool, uses=True)
    known = found.object if found is not None else None
    if known is None or known.kind != "var" or known.scope != "package" or known.name[:1].isupper():
        return "the pool is no unexported variable of the package"
    if known.path != scene.path or known.offset is None or any(use.path != scene.path for use in known.uses):
        return "the pool is used in several files"
    name = at(scene.source, known.offset, known.offset + len(known.name.encode()))
    made = _new(scene, name, typed) if name is not None else "the pool's declaration is not found"
    if isinstance(made, str):
        return made
    edits, literal = made
    functions: dict[int, Node] = {}
    for use in known.uses:
        node = at(scene.source, use.offset, use.offset + len(known.name.encode()))
        function = scene.declaration(node) if node is not None else None
        if node is None or function is None or selected(node) not in {"Get", "Put"}:
            return "the pool is used in another way than Get and Put"
        functions[function.id] = function
    for function in functions.values():
        more = _used(scene, function, known.name, typed, sum(inside_of(scene, function, known.name)))
        if isinstance(more, str):
            return more
        edits += more
    return edits, literal


def inside_of(scene: Scene, function: Node, name: str) -> Iterator[int]:
    """1 for each use of the pool in a function."""
    for node in walk(function):
        if node.type == "identifier" and scene.text(node) == name and selected(node) in {"Get", "Put"}:
            yield 1


def _new(scene: Scene, name: Node, typed: str) -> tuple[list[Replacement], Node] | str:
    """The changes of the function ``New`` of the pool, which then returns pointers, and the function."""
    spec = name.parent
    value = sole(spec.child_by_field_name("value")) if spec is not None and spec.type == "var_spec" else None
    if value is not None and value.type == "unary_expression":
        value = value.child_by_field_name("operand")
    body = value.child_by_field_name("body") if value is not None and value.type == "composite_literal" else None
    literal = next(
        (
            one
            for element in (body.named_children if body is not None else ())
            for one in walk(element)
            if element.type == "keyed_element" and one.type == "func_literal"
        ),
        None,
    )
    inner = literal.child_by_field_name("body") if literal is not None else None
    if literal is None or inner is None:
        return "the pool has no New that can be changed"
    edits: list[Replacement] = []
    for one in own(inner, "func_literal"):
        if one.type != "return_statement":
            continue
        made = sole(one.named_children[0]) if one.named_children else None
        info = scene.type(made) if made is not None else None
        if made is None or info is None or info.type != typed:
            return "the pool has values of different types"
        fresh = scene.free_name("fresh", "made", within=literal)
        text = f"{fresh} := {scene.text(made)}\n{scene.indent(one)}return &{fresh}"
        if one.start_point[0] == inner.start_point[0]:
            text = f"\n{text}\n"
        edits.append(Replacement(one.start_byte, one.end_byte, text.encode()))
    return (edits, literal) if edits else "the pool has no New that can be changed"


def _used(scene: Scene, function: Node, pool: str, typed: str, uses: int) -> list[Replacement] | str:
    """The changes of a function that uses the pool."""
    taken: list[Got] = []
    for node in walk(function):
        call = node.child_by_field_name("operand") if node.type == "type_assertion_expression" else None
        operand = pool_call(call, "Get", scene.source) if call is not None and is_call(call) else None
        if operand is not None and scene.text(operand) == pool:
            one = got(scene, node)
            if one is None:
                return "what is got from the pool is not a variable at once"
            taken.append(one)
    given = [one for one in puts(scene, function) if scene.text(one.pool) == pool]
    if len(taken) + len(given) != uses or has_goto(scene, taken[0].statement if taken else function):
        return "the pool is used in another way than Get and Put"
    if len(taken) != 1 or len(given) > 1:
        return "a function puts what it has not got, or more than once"
    asserted = scene.type(taken[0].assertion)
    if asserted is None or asserted.type != typed or any(not _same(scene, one, typed) for one in given):
        return "the pool has values of different types"
    if any(_astray(one, taken[0]) for one in given):
        return "it is not certain that the value is put back once"
    return _changed(scene, taken[0], given)


def _same(scene: Scene, put: Put, typed: str) -> bool:
    info = scene.type(put.value)
    return info is not None and info.type == typed


def _astray(put: Put, taken: Got) -> bool:
    """Whether a Put may not be done exactly once after its Get, where the pointer is known."""
    statement = put.call.parent
    if statement is None or statement.type not in {"defer_statement", "expression_statement"}:
        return True
    if not follows(put.call, taken.statement) or loop_around(put.statement) != loop_around(taken.statement):
        return True
    literal = deferred_literal(put.call)
    if literal is not None:
        return loop_around(put.call) is not None
    around = put.call.parent
    while around is not None and not inside(taken.statement, around):
        if around.type in {"func_literal", "go_statement"}:
            return True
        around = around.parent
    return False


def _changed(scene: Scene, taken: Got, given: Sequence[Put]) -> list[Replacement]:
    name = scene.free_name("pooled", "kept", within=scene.declaration(taken.statement))
    operand = scene.text(taken.assertion.child_by_field_name("operand") or taken.assertion)
    whole = taken.assertion.parent is not None and taken.assertion.parent.type == "expression_list"
    line = f"{name} := {operand}.(*{scene.text(taken.typed)})"
    edits = [
        before(scene, taken.statement, [line]),
        replace_node(taken.assertion, f"*{name}" if whole else f"(*{name})"),
    ]
    for put in given:
        statement = put.call.parent
        assert statement is not None
        if not whole or not _unchanged(put, taken):
            edits.append(before(scene, statement, [f"*{name} = {scene.text(put.value)}"]))
        edits.append(replace_node(put.value, name))
    return edits


def _unchanged(put: Put, taken: Got) -> bool:
    """Whether what is put back is what the pointer leads to, as nothing has been assigned since."""
    if put.value.type != "identifier" or deferred_literal(put.call) is not None:
        return False
    earlier = [one for one in taken.variable.references if one.node.start_byte < put.call.start_byte]
    return not any(one.use.write or one.use.address for one in earlier)


REWRITE = Rewrite("pool-pointer", "a pointer for a value in a sync.Pool", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import "sync"

var small = sync.Pool{New: func() any { return make([]int, 8) }}

func Small(n int) (sum int) {
	buf := small.Get().([]int)
	// It goes back as it is.
	defer small.Put(buf)
	for i := range buf {
		buf[i] = n * i
		sum += buf[i]
	}
	return sum
}

type state struct{ n, max int }

func (s *state) add(n int) { s.n, s.max = s.n+n, max(s.max, n) }

var states = &sync.Pool{New: func() any { return state{} }}

func States(numbers []int) int {
	fresh, pooled := 0, 1
	s := states.Get().(state)
	s.n, s.max = fresh, pooled
	for _, n := range numbers {
		s.add(n)
	}
	sum := s.n * s.max
	states.Put(s)
	return sum
}
""",
        after="""package p

import "sync"

var small = sync.Pool{New: func() any {
	fresh := make([]int, 8)
	return &fresh
}}

func Small(n int) (sum int) {
	pooled := small.Get().(*[]int)
	buf := *pooled
	// It goes back as it is.
	defer small.Put(pooled)
	for i := range buf {
		buf[i] = n * i
		sum += buf[i]
	}
	return sum
}

type state struct{ n, max int }

func (s *state) add(n int) { s.n, s.max = s.n+n, max(s.max, n) }

var states = &sync.Pool{New: func() any {
	fresh := state{}
	return &fresh
}}

func States(numbers []int) int {
	fresh, pooled := 0, 1
	kept := states.Get().(*state)
	s := *kept
	s.n, s.max = fresh, pooled
	for _, n := range numbers {
		s.add(n)
	}
	sum := s.n * s.max
	*kept = s
	states.Put(kept)
	return sum
}
""",
        probe="""for n := range 5 {
	emit(Small(n))
	emit(States([]int{n, -n, 7}))
}""",
        saves=5,
    ),
    Example(
        before="""package p

import (
	"io"
	"sync"
)

var scratch = sync.Pool{New: func() any { return make([]byte, 0, 256) }}

// Line writes its fields with a comma after each.
func Line(w io.Writer, fields ...string) error {
	row := scratch.Get().([]byte)
	row = row[:0]
	for _, field := range fields {
		row = append(row, field...)
		row = append(row, ',')
	}
	_, err := w.Write(row)
	scratch.Put(row)
	return err
}
""",
        after="""package p

import (
	"io"
	"sync"
)

var scratch = sync.Pool{New: func() any {
	fresh := make([]byte, 0, 256)
	return &fresh
}}

// Line writes its fields with a comma after each.
func Line(w io.Writer, fields ...string) error {
	pooled := scratch.Get().(*[]byte)
	row := *pooled
	row = row[:0]
	for _, field := range fields {
		row = append(row, field...)
		row = append(row, ',')
	}
	_, err := w.Write(row)
	*pooled = row
	scratch.Put(pooled)
	return err
}
""",
        probe="""var out strings.Builder
var wait sync.WaitGroup
for range 4 {
	wait.Go(func() {
		for range 100 {
			Line(io.Discard, "x", "yy")
		}
	})
}
wait.Wait()
for _, fields := range [][]string{nil, {""}, {"a", "é世界", strings.Repeat("long", 100)}} {
	Line(&out, fields...)
}
emit(out.String())""",
        probe_imports=("io", "strings", "sync"),
        saves=100,
        since=25,
    ),
    Example(
        before="""package p

import "sync"

type state struct {
	seen  []int
	count int
}

var states = &sync.Pool{
	New: func() any {
		// A state starts empty.
		return state{seen: make([]int, 8)}
	},
}

func Distinct(values []int) int {
	s := states.Get().(state)
	s.count = 0
	defer func() {
		s.count = -1
		states.Put(s)
	}()
	for i, v := range values {
		s.seen[i%8] += v
		s.count++
	}
	return s.count
}
""",
        after="""package p

import "sync"

type state struct {
	seen  []int
	count int
}

var states = &sync.Pool{
	New: func() any {
		// A state starts empty.
		fresh := state{seen: make([]int, 8)}
		return &fresh
	},
}

func Distinct(values []int) int {
	pooled := states.Get().(*state)
	s := *pooled
	s.count = 0
	defer func() {
		s.count = -1
		*pooled = s
		states.Put(pooled)
	}()
	for i, v := range values {
		s.seen[i%8] += v
		s.count++
	}
	return s.count
}
""",
        probe="""for n := range 20 {
	emit(Distinct(make([]int, n)))
}""",
        saves=10,
    ),
    Example(
        before="""package p

import (
	"strconv"
	"sync"
)

var buffers = sync.Pool{New: func() any { return make([]byte, 0, 64) }}

func Join(values []int) string {
	if len(values) == 0 {
		return "none"
	}
	b := buffers.Get().([]byte)[:0]
	for _, v := range values {
		b = strconv.AppendInt(b, int64(v), 10)
	}
	s := string(b)
	if cap(b) < 1<<16 {
		buffers.Put(b[:0])
	}
	return s
}
""",
        after="""package p

import (
	"strconv"
	"sync"
)

var buffers = sync.Pool{New: func() any {
	fresh := make([]byte, 0, 64)
	return &fresh
}}

func Join(values []int) string {
	if len(values) == 0 {
		return "none"
	}
	pooled := buffers.Get().(*[]byte)
	b := (*pooled)[:0]
	for _, v := range values {
		b = strconv.AppendInt(b, int64(v), 10)
	}
	s := string(b)
	if cap(b) < 1<<16 {
		*pooled = b[:0]
		buffers.Put(pooled)
	}
	return s
}
""",
        probe="""for n := range 50 {
	values := make([]int, n)
	for i := range n {
		values[i] = (i - 7) * 12345
	}
	emit(Join(values))
}""",
        saves=20,
    ),
    Example(
        before="""package p

import "sync"

// seen are the first letters of words.
type seen struct {
	letters [26]bool
	count   int
}

var sets = sync.Pool{New: func() any { return seen{} }}

// Initials says how many different small letters words begin with.
func Initials(words []string) int {
	set := sets.Get().(seen)
	set = seen{}
	for _, word := range words {
		if word != "" && 'a' <= word[0] && word[0] <= 'z' && !set.letters[word[0]-'a'] {
			set.letters[word[0]-'a'] = true
			set.count++
		}
	}
	sets.Put(set)
	return set.count
}
""",
        after="""package p

import "sync"

// seen are the first letters of words.
type seen struct {
	letters [26]bool
	count   int
}

var sets = sync.Pool{New: func() any {
	fresh := seen{}
	return &fresh
}}

// Initials says how many different small letters words begin with.
func Initials(words []string) int {
	pooled := sets.Get().(*seen)
	set := *pooled
	set = seen{}
	for _, word := range words {
		if word != "" && 'a' <= word[0] && word[0] <= 'z' && !set.letters[word[0]-'a'] {
			set.letters[word[0]-'a'] = true
			set.count++
		}
	}
	*pooled = set
	sets.Put(pooled)
	return set.count
}
""",
        probe="""for _, words := range [][]string{nil, {""}, {"é", "Ab"}, {"a", "abc", "b", "z", "~"}} {
	for range 50 {
		emit(Initials(words))
	}
}""",
        saves=100,
    ),
)

REFUSALS = (
    Refused(
        """package p

import "sync"

var pool = sync.Pool{New: func() any { return make([]byte, 64) }}

func get() []byte { return pool.Get().([]byte) }

func put(b []byte) { pool.Put(b) }
""",
        "not a variable at once",
    ),
    Refused(
        """package p

import "sync"

var pool = sync.Pool{New: func() any { return make([]byte, 64) }}

func Twice() int {
	b := pool.Get().([]byte)
	c := make([]byte, 64)
	pool.Put(b)
	pool.Put(c)
	return len(b)
}
""",
        "more than once",
    ),
    Refused(
        """package p

import "sync"

var pool sync.Pool

func Use() int {
	b, ok := pool.Get().([]byte)
	if !ok {
		b = make([]byte, 64)
	}
	n := len(b)
	pool.Put(b)
	return n
}
""",
        "no New",
    ),
    Refused(
        """package p

import "sync"

var Pool = sync.Pool{New: func() any { return make([]byte, 64) }}

func Use() int {
	b := Pool.Get().([]byte)
	n := len(b)
	Pool.Put(b)
	return n
}
""",
        "unexported",
    ),
    Refused(
        """package p

import "sync"

var pool = sync.Pool{New: func() any { return make([]byte, 64) }}

func Use(n int) int {
	b := pool.Get().([]byte)
	for range n {
		pool.Put(b)
	}
	return len(b)
}
""",
        "once",
    ),
)
