"""# channel-of-values

A channel of pointers to a small struct carries the structs themselves.

## Why it saves

What is sent as a pointer outlives the function that sends it, so that each `&T{…}` is an allocation. A channel of
structs copies them: into the buffer or straight to the receiver, where a local variable takes them. Copying up to some
sixteen words costs less than an allocation, and the collector never sees them.

## When it is offered

For `c <- &T{…}`, `c <- new(T)`, and a local variable that is sent and not used after that. All channels of `*T` in the
package are changed together, with their types wherever they are written, tests and importing packages of the module
included. What is received must get a variable of its own, of which fields are used, methods called, or the address
passed to functions that do not keep it; it may be sent on.

It is for review where a receive may get nothing because the channel is closed: it gives an empty struct then, which had
been a nil pointer; where a buffer has to hold the structs; and for an exported channel, which other modules may use.

## When it is not

If somebody keeps, returns or compares the pointer, or sends nil, or what others may have, too; if a func literal or a
goroutine uses what was received; if a channel becomes part of an interface or goes through generic code; if `T` is or
has a lock, or what else must not be copied; and if it has more than 128 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.edit import Replacement, overlapping
from stackward.core.facts import TypeInfo
from stackward.rewrites._channels import Channels, Place, channels
from stackward.rewrites._constructors import LARGE
from stackward.rewrites._copies import kept, uncopyable
from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, replace_node
from stackward.rewrites._values import bare, given_away, is_new, is_struct, selectable, taken, typed_value, unpointed
from stackward.rewrites._variables import (
    Variable,
    context,
    expressions,
    has_goto,
    inside,
    loop_around,
    siblings,
    variable,
)
from stackward.syntax.tree import SourceFile, text_of

_LEAVES = frozenset({"break_statement", "continue_statement", "return_statement"})


def suits(node: Node, source: SourceFile) -> bool:
    value = bare(node.named_children[-1])
    return value.type == "identifier" or taken(value) is not None or text_of(value, source).startswith("new(")


def propose(scene: Scene) -> Iterator[Offer]:
    channel, pointer = (scene.type(one) for one in (scene.node.named_children[0], scene.node.named_children[-1]))
    if channel is None or channel.elem is None or channel.elem.kind != "pointer" or pointer is None:
        return
    struct = pointer.elem
    if struct is None or struct.kind != "struct" or struct.package != scene.package.import_path or not struct.size:
        return
    if not struct.type.isidentifier():
        return
    offer = _proposal(scene, struct)
    yield Refusal(offer) if isinstance(offer, str) else offer


def _proposal(scene: Scene, struct: TypeInfo) -> Proposal | str:
    if struct.size is not None and struct.size > LARGE:
        return f"{struct.type} has {struct.size:,} bytes, too many to copy"
    why = uncopyable(scene, struct.type)
    found = why or channels(scene, struct)
    if isinstance(found, str):
        return found
    edits: dict[str, list[Replacement]] = {}
    for place in found.types:
        star = Replacement(place.node.start_byte, place.node.named_children[-1].start_byte)
        edits.setdefault(place.scene.path, []).append(star)
    for places, change in ((found.sends, _sent), (found.receives, _received)):
        for place in places:
            changed = change(place, found)
            if isinstance(changed, str):
                return changed
            edits.setdefault(place.scene.path, []).extend(changed)
    changes = {path: tuple(dict.fromkeys(one)) for path, one in edits.items() if one}
    if any(overlapping(one) for one in changes.values()):
        return "its uses are within each other"
    differs = _differs(found, struct)
    return Proposal(
        f"Send {struct.type} by value",
        changes,
        applicability=Applicability.REVIEW if differs else Applicability.SAFE,
        differs=differs,
        spares=tuple(one.scene.span(one.node) for one in found.buffers),
    )


def _differs(found: Channels, struct: TypeInfo) -> str:
    """What may be different afterwards; empty if nothing is."""
    parts = []
    if found.closed and not all(_certain(one) for one in found.receives):
        parts.append(f"a receive from a closed channel gives an empty {struct.type}")
    if found.buffers:
        parts.append("its buffer holds the structs")
    if found.public:
        parts.append("other modules that use it have to change")
    return " and ".join(parts)


def _sent(place: Place, found: Channels) -> list[Replacement] | str:
    """The changes of a send statement and of the variable that it sends; or why it has to send a pointer."""
    scene, value = place.scene, bare(place.node.named_children[-1])
    inner = taken(value)
    if value.type == "nil":
        return "nil is sent"
    if inner is not None and inner.type == "composite_literal" and is_struct(scene, inner, place.struct):
        return [Replacement(value.start_byte, inner.start_byte)]
    if is_new(scene, value, place.struct):
        return [replace_node(value, f"{scene.text(arguments(value)[0])}{{}}")]
    if any(value == one.node for one in found.receives):
        return []
    name = bare(inner) if inner is not None else value
    known = variable(scene, name)
    if known is None or known.kind != "var" or scene.function(known.node) != scene.function(name):
        return "what is sent may be used by others"
    if has_goto(scene, name) or _turns(known) != loop_around(place.node):
        return f"{known.name} may be sent more than once"
    if any(one.node.start_byte > name.start_byte for one in known.references):
        return f"{known.name} is used after it is sent"
    if _from_channel(known, found):
        return []  # This is about the variable that receives it.
    changed = given_away(scene, place.struct, _written(place, found), known, [name])
    if isinstance(changed, str) or inner is None:
        return changed
    return [*changed, Replacement(value.start_byte, name.start_byte)]


def _turns(known: Variable) -> Node | None:
    """The loop of whose turns each has the variable for itself."""
    if known.statement.type == "range_clause":
        return known.statement.parent
    return loop_around(known.node)


def _written(place: Place, found: Channels) -> str:
    """The struct's type as the file writes it."""
    near = next((one for one in found.types if one.scene.path == place.scene.path), None)
    return near.scene.text(near.node.named_children[-1]) if near is not None else place.struct.type


def _from_channel(known: Variable, found: Channels) -> bool:
    """Whether a variable gets what it holds from one of the channels."""
    if known.value is not None:
        return any(bare(known.value) == one.node for one in found.receives)
    return any(inside(one.node, known.statement) for one in found.receives)


def _received(place: Place, found: Channels) -> list[Replacement] | str:
    """The changes where something is received, and of the variable that gets it; or why that has to be a pointer."""
    scene, node, outer = place.scene, place.node, context(place.node)
    straight = "what is received goes straight to where a pointer is wanted"
    if outer is None:
        return straight
    if node.type == "unary_expression":
        if outer.type in {"expression_statement", "send_statement"}:
            return []
        if outer.type == "unary_expression" and outer.children[0].type == "*":
            return [Replacement(outer.start_byte, outer.named_children[-1].start_byte)]
        if outer.type == "selector_expression":
            return [] if selectable(scene, outer) else straight
        if outer.type == "binary_expression":
            return "what is received is compared"
    gets = _gets(place)
    if gets is None:
        return straight
    names, fresh = gets
    if not names or scene.text(names[0]) == "_":
        return []
    known = variable(scene, names[0]) if fresh else None
    if known is None or known.node != names[0] or known.kind != "var":
        return "what is received is assigned to a variable that exists already"
    apart = [
        value
        for one in found.sends
        if one.scene.path == scene.path and (value := bare(one.node.named_children[-1])).type == "identifier"
    ]
    why = kept(scene, known, apart)
    changed = why or unpointed(scene, known, apart)
    return changed if isinstance(changed, str) else [*typed_value(known), *changed]


def _gets(place: Place) -> tuple[list[Node], bool] | None:
    """The names that get what is received, and whether they are new variables; None if something else gets it."""
    node, outer = place.node, context(place.node)
    if node.type == "range_clause":
        statement: Node | None = node
    elif outer is not None and outer.type == "expression_list":
        statement = outer.parent
    else:
        statement = outer
    if statement is None:
        return None
    if statement.type == "var_spec":
        return statement.children_by_field_name("name"), True
    if statement.type not in {"assignment_statement", "range_clause", "receive_statement", "short_var_declaration"}:
        return None
    values = expressions(outer) if outer is not None and outer.type == "expression_list" else [node]
    names = expressions(statement.child_by_field_name("left"))
    if len(values) > 1:
        number = next(number for number, one in enumerate(values) if inside(node, one))
        names = names[number : number + 1]
    return names, any(one.type == ":=" for one in statement.children) or statement.type == "short_var_declaration"


def _certain(place: Place) -> bool:
    """Whether what is received is only used if there was something: by a loop, or if ``ok`` says so."""
    scene, node = place.scene, place.node
    if node.type == "range_clause":
        return True
    outer, gets = context(node), _gets(place)
    if outer is not None and outer.type == "expression_statement":
        return True
    if gets is None:
        return False
    names, fresh = gets
    if not names or scene.text(names[0]) == "_":
        return True
    known = variable(scene, names[0]) if fresh else None
    if known is None or len(names) != 2:
        return known is not None and not known.references
    statement = known.statement
    ok = scene.text(names[1])
    tested = _test(statement)
    condition = tested.child_by_field_name("condition") if tested is not None else None
    consequence = tested.child_by_field_name("consequence") if tested is not None else None
    if ok == "_" or tested is None or condition is None or consequence is None:
        return not known.references
    inner = [one for one in known.references if inside(one.node, consequence)]
    if scene.text(condition) == ok:
        return len(inner) == len(known.references)
    last = [one for one in walk(consequence) if one.type == "statement_list"][:1]
    leaves = bool(last) and [one for one in last[0].named_children if one.type != "comment"][-1].type in _LEAVES
    return (
        scene.text(condition) == f"!{ok}" and leaves and not inner and tested.child_by_field_name("alternative") is None
    )


def _test(statement: Node) -> Node | None:
    """The if statement that comes at once after a declaration, or has it as its initializer."""
    outer = statement.parent
    if outer is not None and outer.type == "if_statement":
        return outer
    if statement.type == "receive_statement" and outer is not None:
        listed = next((one for one in outer.named_children if one.type == "statement_list"), None)
        after = listed.named_children[:1] if listed is not None else []
    else:
        after = [one for one in siblings(statement) if one.start_byte > statement.start_byte][:1]
    return (
        after[0]
        if after and after[0].type == "if_statement" and not after[0].child_by_field_name("initializer")
        else None
    )


REWRITE = Rewrite("channel-of-values", "structs for pointers that are sent", ("send_statement",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import "sync"

type job struct {
	id   int
	text string
}

type result struct {
	job    job
	length int
}

func work(jobs <-chan *job, results chan<- *result) {
	for j := range jobs {
		r := &result{job: *j}
		r.length = len(j.text)
		results <- r
	}
}

// Lengths counts bytes with some workers.
func Lengths(texts []string, workers int) (sum, ids int) {
	jobs := make(chan *job)
	results := make(chan *result)
	var wg sync.WaitGroup
	for range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work(jobs, results)
		}()
	}
	go func() {
		for i, text := range texts {
			jobs <- &job{i, text} // In their order.
		}
		close(jobs)
		wg.Wait()
		close(results)
	}()
	for r := range results {
		sum += r.length
		ids += r.job.id
	}
	return sum, ids
}
""",
        after="""package p

import "sync"

type job struct {
	id   int
	text string
}

type result struct {
	job    job
	length int
}

func work(jobs <-chan job, results chan<- result) {
	for j := range jobs {
		r := result{job: j}
		r.length = len(j.text)
		results <- r
	}
}

// Lengths counts bytes with some workers.
func Lengths(texts []string, workers int) (sum, ids int) {
	jobs := make(chan job)
	results := make(chan result)
	var wg sync.WaitGroup
	for range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work(jobs, results)
		}()
	}
	go func() {
		for i, text := range texts {
			jobs <- job{i, text} // In their order.
		}
		close(jobs)
		wg.Wait()
		close(results)
	}()
	for r := range results {
		sum += r.length
		ids += r.job.id
	}
	return sum, ids
}
""",
        probe="""for _, texts := range [][]string{nil, {""}, {"a", "é", "", "\\xff\\x00"}, make([]string, 50)} {
	for _, workers := range []int{1, 3} {
		sum, ids := Lengths(texts, workers)
		emit(sum)
		emit(ids)
	}
}""",
        saves=100,
    ),
    Example(
        before="""package p

import "context"

type reading struct {
	sensor string
	value  float64
}

func (r *reading) scale(by float64) { r.value *= by }

func warm(r *reading) bool { return r.value > 20 }

func scaled(ctx context.Context, in <-chan *reading, by float64) <-chan *reading {
	out := make(chan *reading)
	go func() {
		defer close(out)
		for r := range in {
			r.scale(by)
			select {
			case <-ctx.Done():
				return
			case out <- r:
			}
		}
	}()
	return out
}

func Warm(values []float64, by float64) (sensors []string) {
	in := make(chan *reading)
	go func() {
		defer close(in)
		for _, value := range values {
			one := new(reading)
			one.sensor, one.value = "inside", value
			if value < 0 {
				one.sensor = "outside"
			}
			in <- one
		}
	}()
	out := scaled(context.Background(), in, by)
	for {
		select {
		case r, ok := <-out:
			if !ok {
				return sensors
			}
			if warm(r) {
				sensors = append(sensors, r.sensor)
			}
		}
	}
}
""",
        after="""package p

import "context"

type reading struct {
	sensor string
	value  float64
}

func (r *reading) scale(by float64) { r.value *= by }

func warm(r *reading) bool { return r.value > 20 }

func scaled(ctx context.Context, in <-chan reading, by float64) <-chan reading {
	out := make(chan reading)
	go func() {
		defer close(out)
		for r := range in {
			r.scale(by)
			select {
			case <-ctx.Done():
				return
			case out <- r:
			}
		}
	}()
	return out
}

func Warm(values []float64, by float64) (sensors []string) {
	in := make(chan reading)
	go func() {
		defer close(in)
		for _, value := range values {
			one := reading{}
			one.sensor, one.value = "inside", value
			if value < 0 {
				one.sensor = "outside"
			}
			in <- one
		}
	}()
	out := scaled(context.Background(), in, by)
	for {
		select {
		case r, ok := <-out:
			if !ok {
				return sensors
			}
			if warm(&r) {
				sensors = append(sensors, r.sensor)
			}
		}
	}
}
""",
        probe="""emit(Warm(nil, 1))
emit(Warm([]float64{21, -21, 20, 0, math.NaN(), math.Inf(1), 11}, 1))
emit(Warm([]float64{21, -21, 20, 0, math.NaN(), math.Inf(1), 11}, -2))""",
        probe_imports=("math",),
        saves=10,
    ),
    Example(
        before="""package p

type Pair struct{ Left, Right int }

// Sums adds pairs.
type Sums struct {
	Pairs chan *Pair
	done  chan int
}

func NewSums() *Sums { return &Sums{make(chan *Pair, 8), make(chan int)} }

// Run adds until it gets an empty pair.
func (s *Sums) Run() {
	sum := 0
	for {
		pair := <-s.Pairs
		if *pair == (Pair{}) {
			s.done <- sum
			return
		}
		sum += pair.Left + pair.Right
	}
}

func (s *Sums) Total() int {
	s.Pairs <- new(Pair)
	return <-s.done
}
""",
        after="""package p

type Pair struct{ Left, Right int }

// Sums adds pairs.
type Sums struct {
	Pairs chan Pair
	done  chan int
}

func NewSums() *Sums { return &Sums{make(chan Pair, 8), make(chan int)} }

// Run adds until it gets an empty pair.
func (s *Sums) Run() {
	sum := 0
	for {
		pair := <-s.Pairs
		if pair == (Pair{}) {
			s.done <- sum
			return
		}
		sum += pair.Left + pair.Right
	}
}

func (s *Sums) Total() int {
	s.Pairs <- Pair{}
	return <-s.done
}
""",
        probe="""for _, n := range []int{0, 1, 40} {
	sums := NewSums()
	go sums.Run()
	for i := range n {
		Send(sums, i, i*i)
	}
	emit(sums.Total())
}""",
        saves=30,
        applicability=Applicability.REVIEW,
        also={
            "send.go": (
                """package p

func Send(sums *Sums, left, right int) {
	if left == 0 && right == 0 {
		return
	}
	pair := Pair{left, right}
	sums.Pairs <- &pair
}
""",
                """package p

func Send(sums *Sums, left, right int) {
	if left == 0 && right == 0 {
		return
	}
	pair := Pair{left, right}
	sums.Pairs <- pair
}
""",
            ),
            "cmd/main.go": (
                """package main

import "example.com/m"

func main() {
	sums := p.NewSums()
	go sums.Run()
	one := &p.Pair{Left: 1}
	one.Right = 2
	sums.Pairs <- one
	var pairs chan<- *p.Pair = sums.Pairs
	pairs <- &p.Pair{Left: 3, Right: 4}
	println(sums.Total())
}
""",
                """package main

import "example.com/m"

func main() {
	sums := p.NewSums()
	go sums.Run()
	one := p.Pair{Left: 1}
	one.Right = 2
	sums.Pairs <- one
	var pairs chan<- p.Pair = sums.Pairs
	pairs <- p.Pair{Left: 3, Right: 4}
	println(sums.Total())
}
""",
            ),
        },
        undriven={
            "(*Sums).Run": "it waits for who sends",
            "(*Sums).Total": "it waits for who sends",
            "Send": "it waits for who receives",
        },
    ),
    Example(
        before="""package p

type token struct {
	kind byte
	text string
}

type lexer struct{ tokens chan *token }

func lex(text string) *lexer {
	l := &lexer{make(chan *token)}
	go func() {
		defer close(l.tokens)
		for i := range text {
			l.tokens <- &token{text[i], text[i : i+1]}
		}
	}()
	return l
}

func Kinds(text string) (kinds []byte) {
	l := lex(text)
	for range len(text) {
		kinds = append(kinds, (<-l.tokens).kind)
	}
	<-l.tokens
	return kinds
}
""",
        after="""package p

type token struct {
	kind byte
	text string
}

type lexer struct{ tokens chan token }

func lex(text string) *lexer {
	l := &lexer{make(chan token)}
	go func() {
		defer close(l.tokens)
		for i := range text {
			l.tokens <- token{text[i], text[i : i+1]}
		}
	}()
	return l
}

func Kinds(text string) (kinds []byte) {
	l := lex(text)
	for range len(text) {
		kinds = append(kinds, (<-l.tokens).kind)
	}
	<-l.tokens
	return kinds
}
""",
        probe="""emit(Kinds(""))
emit(Kinds("a+b\\x00\\""))""",
        saves=5,
        applicability=Applicability.REVIEW,
    ),
)

REFUSALS = (
    Refused(
        """package p

type rate struct{ value float64 }

var latest *rate

func Follow(rates <-chan *rate) {
	for r := range rates {
		latest = r
	}
}

func Feed(rates chan<- *rate) { rates <- &rate{1} }
""",
        "may be kept",
    ),
    Refused(
        """package p

type rate struct{ value float64 }

func Sum(rates <-chan *rate) (sum float64) {
	for {
		r := <-rates
		if r == nil {
			return sum
		}
		sum += r.value
	}
}

func Feed(rates chan<- *rate) { rates <- &rate{1} }
""",
        "compared with nil",
    ),
    Refused(
        """package p

type rate struct{ value float64 }

func Sum(rates <-chan *rate) (sum float64) {
	for r := range rates {
		sum += r.value
	}
	return sum
}

func Feed(rates chan<- *rate) {
	r := &rate{}
	for range 3 {
		r.value++
		rates <- r
	}
}
""",
        "sent more than once",
    ),
    Refused(
        """package p

type rate struct{ value float64 }

func Sum(rates <-chan *rate) (sum float64) {
	for r := range rates {
		sum += r.value
	}
	return sum
}

func Feed(rates chan<- *rate) {
	r := &rate{1}
	rates <- r
	r.value = 2
}
""",
        "after it is sent",
    ),
    Refused(
        """package p

type rate struct{ value float64 }

func Sum(rates <-chan *rate) (sum float64) {
	for r := range rates {
		sum += r.value
	}
	return sum
}

func Feed(rates chan<- *rate, own *rate) {
	rates <- &rate{1}
	rates <- own
}
""",
        "used by others",
    ),
    Refused(
        """package p

import "sync"

type rate struct {
	mu    sync.Mutex
	value float64
}

func Sum(rates <-chan *rate) (sum float64) {
	for r := range rates {
		r.mu.Lock()
		sum += r.value
		r.mu.Unlock()
	}
	return sum
}

func Feed(rates chan<- *rate) { rates <- &rate{value: 1} }
""",
        "may not be copied",
    ),
    Refused(
        """package p

type rate struct{ value float64 }

func Sum(rates <-chan *rate) (sum float64) {
	for r := range rates {
		func() { sum += r.value }()
	}
	return sum
}

func Feed(rates chan<- *rate) { rates <- &rate{1} }
""",
        "func literal",
    ),
    Refused(
        """package p

type rate struct{ value float64 }

func drain[T any](values <-chan T, keep func(any)) {
	for value := range values {
		keep(value)
	}
}

func Drain(rates chan *rate, keep func(any)) { drain(rates, keep) }

func Feed(rates chan<- *rate) { rates <- &rate{1} }
""",
        "is generic",
    ),
    Refused(
        """package p

type rate struct{ value float64 }

type bus[T any] struct{ out chan T }

func First(rates bus[*rate]) any {
	for r := range rates.out {
		return *r
	}
	return nil
}

func Feed(rates chan<- *rate) { rates <- &rate{1} }
""",
        "comes from code that is generic",
    ),
    Refused(
        """package p

type rate struct{ value float64 }

func subscribe[T any](values ...T) <-chan T {
	c := make(chan T, len(values))
	for _, value := range values {
		c <- value
	}
	return c
}

func First(rates ...*rate) any {
	r := <-subscribe(rates...)
	return *r
}

func Feed(rates chan<- *rate) { rates <- &rate{1} }
""",
        "comes from code that is generic",
    ),
    Refused(
        """package p

import "reflect"

type rate struct{ value float64 }

func Waiting(rates chan *rate) int { return reflect.ValueOf(rates).Len() }

func Feed(rates chan<- *rate) { rates <- &rate{1} }
""",
        "part of an interface",
    ),
    Refused(
        """package p

type rate struct{ values [20]float64 }

func Sum(rates <-chan *rate) (sum float64) {
	for r := range rates {
		sum += r.values[0]
	}
	return sum
}

func Feed(rates chan<- *rate) { rates <- &rate{} }
""",
        "too many to copy",
    ),
    Refused(
        """package p

type rate struct{ value float64 }

func Sum(rates <-chan *rate) (sum float64) {
	var r *rate
	for r = range rates {
		sum += r.value
	}
	return sum + r.value
}

func Feed(rates chan<- *rate) { rates <- &rate{1} }
""",
        "a variable that exists already",
    ),
    Refused(
        """package p

type rate struct{ value float64 }

func Sum(rates <-chan *rate) (sum float64) {
	for r := range rates {
		if r != nil {
			sum += r.value
		}
	}
	return sum
}

func Feed(rates chan<- *rate) {
	rates <- &rate{1}
	rates <- nil
}
""",
        "nil",
    ),
)
