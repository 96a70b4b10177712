"""# return-by-value

A function that returns a pointer to a struct that it has just made returns the struct.

## Why it saves

What a function returns the address of outlives it, so that it is made on the heap, unless the function is small enough
to be inlined. A struct that is returned as a value is copied into a variable of the caller, which is on the stack as
long as the caller only uses it. Copying up to some sixteen words costs less than an allocation.

## When it is offered

For a function that returns `&T{…}`, `new(T)` or a variable made of these, to whose result every caller gives a variable
of its own, which is never assigned again: then the variable is what its pointer pointed to, and `x.f`, method calls and
`&x` as an argument mean the same as before. Where a call begins a statement, the variable is declared before it. All
calls in the module are changed, tests included.

For an exported function it is offered for review, since other modules may call it; and for one that returns nil with
an error, since a caller that uses the result in spite of the error then has an empty struct instead of a panic.

## When it is not

If a caller compares the pointer, with nil or another, stores or returns it, or makes an interface of it; if the
function returns nil without an error, keeps the address itself, is used as a value, is a method that an interface asks
for, has deferred calls, or is called by tests alone; if `T` is or has a lock, or what else must not be copied; and
where `T` is large: see destination-parameter.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.edit import Replacement, overlapping
from stackward.rewrites._ahead import Name, named
from stackward.rewrites._constructors import (
    LARGE,
    Constructor,
    allocates,
    calls_among,
    constructor,
    constructs,
)
from stackward.rewrites._copies import uncopyable
from stackward.rewrites._returns import Site, blank_error, receiver, sites
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, is_call, replace_node
from stackward.rewrites._values import bare, given_away, is_new, is_struct, selectable, taken, typed_value, unpointed
from stackward.rewrites._variables import Variable, context, inside, variable


def propose(scene: Scene) -> Iterator[Offer]:
    made = constructor(scene)
    if made is None:
        return
    offer = made if isinstance(made, str) else _proposal(scene, made)
    yield Refusal(offer) if isinstance(offer, str) else offer


def _proposal(scene: Scene, made: Constructor) -> Proposal | str:
    body = _body(scene, made)
    if isinstance(body, str):
        return body
    if (why := uncopyable(scene, made.info.type)) != "":
        return why
    if made.info.size is not None and made.info.size > LARGE:
        return f"{made.info.type} has {made.info.size:,} bytes, too many to copy"
    names: set[Name] = set()
    edits = {scene.path: [replace_node(made.result, scene.text(made.struct)), *body]}
    calls = sites(scene, made)
    if isinstance(calls, str):
        return calls
    for site in calls:
        changed = _site(scene, made, site, names)
        if isinstance(changed, str):
            return changed
        edits.setdefault(site.scene.path, []).extend(changed)
    title = f"Return {made.info.type} by value from {scene.text(made.name)}"
    differs = made.differs("empty")
    level = Applicability.REVIEW if differs else Applicability.SAFE
    changes = {path: tuple(dict.fromkeys(found)) for path, found in edits.items() if found}
    if any(overlapping(found) for found in changes.values()):
        return "its calls are within each other"
    return Proposal(title, changes, applicability=level, differs=differs)


def _body(scene: Scene, made: Constructor) -> list[Replacement] | str:
    """The changes of the function itself, its signature left out; or why it has to return a pointer."""
    edits: list[Replacement] = []
    fresh: list[Node] = []
    variables: dict[int, tuple[Variable, list[Node]]] = {}
    returned = list(made.returns())
    for _, values in returned:
        if len(values) != made.count:
            return "it returns what another function returns"
        value = bare(values[made.number])
        if made.failed(values):
            edits.append(replace_node(value, f"{scene.text(made.struct)}{{}}"))
            continue
        inner = taken(value)
        if inner is not None and inner.type == "composite_literal":
            if not is_struct(scene, inner, made.info):
                return f"it returns another type than {made.info.type}"
            fresh.append(value)
            edits.append(Replacement(value.start_byte, inner.start_byte))
        elif is_call(value) and _calls_itself(scene, value, made):
            continue
        elif is_new(scene, value, made.info):
            fresh.append(value)
            edits.append(replace_node(value, f"{scene.text(made.struct)}{{}}"))
        else:
            name = value if inner is None else bare(inner)
            known = variable(scene, name)
            if known is None or value.type == "nil":
                return "it returns nil" if value.type == "nil" else "it returns what it has not made"
            variables.setdefault(known.node.start_byte, (known, []))[1].append(name)
            if inner is not None:
                edits.append(Replacement(value.start_byte, name.start_byte))
        if calls_among(one for one in values if not inside(value, one)):
            return "another result is that of a call, which may come before or after the copy"
    for known, places in variables.values():
        if known.kind not in {"param", "var"} or scene.function(known.node) != made.function:
            return f"{known.name} is not a variable of the function"
        changed = given_away(scene, made.info, scene.text(made.struct), known, places)
        if isinstance(changed, str):
            return changed
        edits += changed
        fresh.append(
            known.node if known.value is None or is_struct(scene, known.node, made.info) else bare(known.value)
        )
    if not returned:
        return "it never returns"
    return edits if allocates(scene, made, fresh) else "its callers have it on their stacks as it is"


def _calls_itself(scene: Scene, call: Node, made: Constructor) -> bool:
    return made.count == 1 and scene.callee(call) == f"{scene.package.import_path}.{scene.text(made.name)}"


def _site(scene: Scene, made: Constructor, site: Site, names: set[Name]) -> list[Replacement] | str:
    """The changes of a call, and of the variable that gets what it returns."""
    call, outer = site.call, context(site.call)
    if outer is not None and outer.type in {"defer_statement", "go_statement"}:
        return "its result is dropped by go or defer"
    if outer is not None and outer.type == "selector_expression" and made.count == 1:
        return [] if selectable(site.scene, outer) else named(site, made, names)
    if outer is not None and outer.type == "argument_list":
        return named(site, made, names)
    if outer is not None and outer.type == "unary_expression" and outer.children[0].type == "*":
        return [Replacement(outer.start_byte, outer.named_children[-1].start_byte)]
    if outer is not None and outer.type == "expression_list" and outer.parent is not None:
        within = site.scene.path == scene.path and inside(call, made.body)
        if outer.parent.type == "return_statement" and within and site.scene.function(call) == made.function:
            return []
    name = receiver(site, made)
    if name is None or isinstance(name, str):
        return name or []
    known = variable(site.scene, name)
    if known is None or known.node != name or known.kind != "var":
        return f"{site.scene.text(name)} is not a new variable of a function"
    if blank_error(site, made):
        return f"an error that comes with {known.name} is not looked at"
    changed = unpointed(site.scene, known)
    if isinstance(changed, str):
        return changed
    if known.typed is not None and (known.typed.type != "pointer_type" or not known.alone):
        return f"{known.name} is declared with another type"
    return [*typed_value(known), *changed]


REWRITE = Rewrite(
    "return-by-value",
    "a value for a pointer to what a function makes",
    ("function_declaration", "method_declaration"),
    constructs,
    propose,
)

EXAMPLES = (
    Example(
        before="""package p

import "strconv"

type span struct{ from, to int }

// newSpan reads the ends of a span; what is no number is 0.
func newSpan(from, to string) *span {
	s := &span{}
	s.from, _ = strconv.Atoi(from)
	s.to, _ = strconv.Atoi(to)
	return s
}

func (s *span) grow(by int) { s.to += by }

func (s span) size() int { return s.to - s.from }

func Sizes(out []int, ends ...string) []int {
	for i := 1; i < len(ends); i++ {
		s := newSpan(ends[i-1], ends[i])
		s.grow(i)
		if s.size() > 100 {
			s.to = s.from
		}
		out = append(out, s.size())
	}
	return out
}
""",
        after="""package p

import "strconv"

type span struct{ from, to int }

// newSpan reads the ends of a span; what is no number is 0.
func newSpan(from, to string) span {
	s := span{}
	s.from, _ = strconv.Atoi(from)
	s.to, _ = strconv.Atoi(to)
	return s
}

func (s *span) grow(by int) { s.to += by }

func (s span) size() int { return s.to - s.from }

func Sizes(out []int, ends ...string) []int {
	for i := 1; i < len(ends); i++ {
		s := newSpan(ends[i-1], ends[i])
		s.grow(i)
		if s.size() > 100 {
			s.to = s.from
		}
		out = append(out, s.size())
	}
	return out
}
""",
        probe="""emit(Sizes(nil))
emit(Sizes(nil, "0", "-1", "x", "", "1000000", "99999999999999999999", "é"))""",
        saves=6,
    ),
    Example(
        before="""package p

import "strings"

type header struct {
	name  string
	value string
	flags uint8
}

func parse(line string, strict bool) *header {
	name, value, found := strings.Cut(line, ":")
	if !found {
		return &header{name: line, flags: 1}
	}
	h := header{name: strings.TrimSpace(name)}
	if h.trim(value); strict {
		h.flags |= 2
		return &h
	}
	return &h
}

func (h *header) trim(value string) {
	for strings.HasPrefix(value, " ") {
		value = value[1:]
	}
	h.value = value
}

func width(h *header) int { return len(h.name) + len(h.value) }

func Widest(lines []string) (widest string, flags uint8) {
	most := -1
	for i, line := range lines {
		if h := parse(line, i%2 == 0); width(h) > most {
			most = width(h)
			copied := *h
			add := func() { flags += (*h).flags }
			add()
			widest = copied.name
		}
	}
	if len(lines) > 0 {
		first := *parse(lines[0], true)
		widest += first.value + parse(lines[0], false).name
	}
	return widest, flags
}
""",
        after="""package p

import "strings"

type header struct {
	name  string
	value string
	flags uint8
}

func parse(line string, strict bool) header {
	name, value, found := strings.Cut(line, ":")
	if !found {
		return header{name: line, flags: 1}
	}
	h := header{name: strings.TrimSpace(name)}
	if h.trim(value); strict {
		h.flags |= 2
		return h
	}
	return h
}

func (h *header) trim(value string) {
	for strings.HasPrefix(value, " ") {
		value = value[1:]
	}
	h.value = value
}

func width(h *header) int { return len(h.name) + len(h.value) }

func Widest(lines []string) (widest string, flags uint8) {
	most := -1
	for i, line := range lines {
		if h := parse(line, i%2 == 0); width(&h) > most {
			most = width(&h)
			copied := h
			add := func() { flags += h.flags }
			add()
			widest = copied.name
		}
	}
	if len(lines) > 0 {
		first := parse(lines[0], true)
		widest += first.value + parse(lines[0], false).name
	}
	return widest, flags
}
""",
        probe="""for _, text := range []string{"", ":", "a,b: c, é :  世界 ", "long: value,x"} {
	lines := strings.Split(text, ",")
	widest, flags := Widest(lines)
	emit(widest)
	emit(flags)
}
Widest(nil)""",
        probe_imports=("strings",),
        saves=12,
    ),
    Example(
        before="""package p

import "errors"

type limits struct{ low, high int }

var errOrder = errors.New("out of order")

//go:noinline
func between(low, high int) (*limits, error) {
	l := new(limits)
	l.low = low
	l.high = high
	if low > high {
		l.low, l.high = high, low
		return l, errOrder
	}
	return l, nil
}

func (l *limits) clamp(n int) int { return min(max(n, l.low), l.high) }

func Clamp(n, low, high int) (int, bool) {
	l, err := between(low, high)
	if err != nil {
		_, again := between(high, low)
		return l.clamp(n), again == nil
	}
	return l.clamp(n), true
}
""",
        after="""package p

import "errors"

type limits struct{ low, high int }

var errOrder = errors.New("out of order")

//go:noinline
func between(low, high int) (limits, error) {
	l := limits{}
	l.low = low
	l.high = high
	if low > high {
		l.low, l.high = high, low
		return l, errOrder
	}
	return l, nil
}

func (l *limits) clamp(n int) int { return min(max(n, l.low), l.high) }

func Clamp(n, low, high int) (int, bool) {
	l, err := between(low, high)
	if err != nil {
		_, again := between(high, low)
		return l.clamp(n), again == nil
	}
	return l.clamp(n), true
}
""",
        probe="""for _, n := range []int{0, -5, 5, 1 << 62} {
	for _, high := range []int{3, -3} {
		got, ok := Clamp(n, -1, high)
		emit(got)
		emit(ok)
	}
}""",
        saves=12,
    ),
    Example(
        before="""package p

import geometry "example.com/m/point"

// Far says how far apart two points are.
func Far(text, other string) int {
	var from *geometry.Point = geometry.Parse(text)
	to := geometry.Parse(other)
	from.Add(to)
	return from.X - from.Y
}
""",
        after="""package p

import geometry "example.com/m/point"

// Far says how far apart two points are.
func Far(text, other string) int {
	var from geometry.Point = geometry.Parse(text)
	to := geometry.Parse(other)
	from.Add(&to)
	return from.X - from.Y
}
""",
        also={
            "point/point.go": (
                """package point

import (
	"strconv"
	"strings"
)

// A Point has two coordinates.
type Point struct{ X, Y int }

// Parse reads a point.
func Parse(text string) *Point {
	x, y, _ := strings.Cut(text, ",")
	p := Point{}
	p.X, _ = strconv.Atoi(x)
	p.Y, _ = strconv.Atoi(y)
	return &p
}

// Add moves a point.
func (p *Point) Add(q *Point) { p.X, p.Y = p.X+q.X, p.Y+q.Y }

// Sum returns the sum of the coordinates of two points.
func Sum(text, other string) int {
	p, q := Parse(text), Parse(other)
	p.Add(q)
	return p.X + p.Y
}
""",
                """package point

import (
	"strconv"
	"strings"
)

// A Point has two coordinates.
type Point struct{ X, Y int }

// Parse reads a point.
func Parse(text string) Point {
	x, y, _ := strings.Cut(text, ",")
	p := Point{}
	p.X, _ = strconv.Atoi(x)
	p.Y, _ = strconv.Atoi(y)
	return p
}

// Add moves a point.
func (p *Point) Add(q *Point) { p.X, p.Y = p.X+q.X, p.Y+q.Y }

// Sum returns the sum of the coordinates of two points.
func Sum(text, other string) int {
	p, q := Parse(text), Parse(other)
	p.Add(&q)
	return p.X + p.Y
}
""",
            ),
            "point/point_test.go": (
                """package point_test

import (
	"testing"

	"example.com/m/point"
)

func TestParse(t *testing.T) {
	got := point.Parse("1,2")
	if want := (point.Point{X: 1, Y: 2}); *got != want {
		t.Error(*got)
	}
}
""",
                """package point_test

import (
	"testing"

	"example.com/m/point"
)

func TestParse(t *testing.T) {
	got := point.Parse("1,2")
	if want := (point.Point{X: 1, Y: 2}); got != want {
		t.Error(got)
	}
}
""",
            ),
        },
        probe="""emit(Far("", ""))
emit(Far("12,3", "4"))
emit(Far("-9,é", "1,9223372036854775807"))""",
        applicability=Applicability.REVIEW,
        saves=6,
    ),
    Example(
        before="""package p

import (
	"errors"
	"strconv"
	"strings"
)

type version struct{ major, minor int }

var errNoDot = errors.New("no dot")

func parseVersion(text string) (*version, error) {
	major, minor, found := strings.Cut(text, ".")
	if !found {
		return nil, errNoDot
	}
	v := &version{}
	var err error
	if v.major, err = strconv.Atoi(major); err != nil {
		return nil, errors.Unwrap(err)
	}
	if v.minor, err = strconv.Atoi(minor); err != nil {
		return nil, errors.Unwrap(err)
	}
	return v, nil
}

func (v *version) before(other *version) bool {
	return v.major < other.major || v.major == other.major && v.minor < other.minor
}

func Before(text, other string) (bool, error) {
	v, err := parseVersion(text)
	if err != nil {
		return false, err
	}
	w, err := parseVersion(other)
	if err != nil {
		return false, err
	}
	return v.before(w), nil
}
""",
        after="""package p

import (
	"errors"
	"strconv"
	"strings"
)

type version struct{ major, minor int }

var errNoDot = errors.New("no dot")

func parseVersion(text string) (version, error) {
	major, minor, found := strings.Cut(text, ".")
	if !found {
		return version{}, errNoDot
	}
	v := version{}
	var err error
	if v.major, err = strconv.Atoi(major); err != nil {
		return version{}, errors.Unwrap(err)
	}
	if v.minor, err = strconv.Atoi(minor); err != nil {
		return version{}, errors.Unwrap(err)
	}
	return v, nil
}

func (v *version) before(other *version) bool {
	return v.major < other.major || v.major == other.major && v.minor < other.minor
}

func Before(text, other string) (bool, error) {
	v, err := parseVersion(text)
	if err != nil {
		return false, err
	}
	w, err := parseVersion(other)
	if err != nil {
		return false, err
	}
	return v.before(&w), nil
}
""",
        probe="""for _, text := range []string{"", "1", "1.2", "1.10", "é.3", "2.é", "-1.0", "1.2.3"} {
	for _, other := range []string{"1.9", "."} {
		before, err := Before(text, other)
		emit(before)
		emit(fmt.Sprint(err))
	}
}""",
        probe_imports=("fmt",),
        applicability=Applicability.REVIEW,
        saves=5,
    ),
    Example(
        before="""package p

import (
	"errors"
	"strings"
)

type lexer struct {
	rest  string
	count int
}

var errOpen = errors.New("open")

func newLexer(text string) *lexer {
	return &lexer{rest: strings.TrimSpace(strings.ReplaceAll(text, "\\t", " "))}
}

func (l *lexer) next() bool {
	_, rest, found := strings.Cut(l.rest, " ")
	l.rest = rest
	l.count++
	return found
}

func (l *lexer) all() (int, error) {
	if strings.HasSuffix(l.rest, "(") {
		return l.count, errOpen
	}
	for l.next() {
	}
	return l.count, nil
}

func left(l *lexer, n int) int { return len(l.rest) - n }

func Count(text string) (int, error) { return newLexer(text).all() }

func Length(text string) int {
	// White space around it does not count.
	size := left(newLexer(text), 1)
	if newLexer(text).next() {
		size++
	}
	if n, err := newLexer(text).all(); err != nil {
		return -n
	}
	return size
}
""",
        after="""package p

import (
	"errors"
	"strings"
)

type lexer struct {
	rest  string
	count int
}

var errOpen = errors.New("open")

func newLexer(text string) lexer {
	return lexer{rest: strings.TrimSpace(strings.ReplaceAll(text, "\\t", " "))}
}

func (l *lexer) next() bool {
	_, rest, found := strings.Cut(l.rest, " ")
	l.rest = rest
	l.count++
	return found
}

func (l *lexer) all() (int, error) {
	if strings.HasSuffix(l.rest, "(") {
		return l.count, errOpen
	}
	for l.next() {
	}
	return l.count, nil
}

func left(l *lexer, n int) int { return len(l.rest) - n }

func Count(text string) (int, error) {
	l := newLexer(text)
	return l.all()
}

func Length(text string) int {
	// White space around it does not count.
	l := newLexer(text)
	size := left(&l, 1)
	l2 := newLexer(text)
	if l2.next() {
		size++
	}
	l3 := newLexer(text)
	if n, err := l3.all(); err != nil {
		return -n
	}
	return size
}
""",
        probe="""for _, text := range []string{"", " ", "a b\\tc", "é (", "long  text with many words"} {
	n, err := Count(text)
	emit(n)
	emit(err == nil)
	emit(Length(text))
}""",
        saves=12,
    ),
    Example(
        before="""package p

import "strings"

type parser struct {
	text string
	line int
}

type token struct {
	line, size int
	text       string
}

func (p *parser) next() *token {
	t := &token{line: p.line}
	t.text, p.text, _ = strings.Cut(p.text, "\\n")
	t.size = len(strings.TrimSpace(t.text))
	p.line++
	return t
}

func Sizes(text string) (sum int) {
	p := parser{text: text}
	for p.text != "" {
		t := p.next()
		sum += t.line * t.size
	}
	return sum + p.next().line
}
""",
        after="""package p

import "strings"

type parser struct {
	text string
	line int
}

type token struct {
	line, size int
	text       string
}

func (p *parser) next() token {
	t := token{line: p.line}
	t.text, p.text, _ = strings.Cut(p.text, "\\n")
	t.size = len(strings.TrimSpace(t.text))
	p.line++
	return t
}

func Sizes(text string) (sum int) {
	p := parser{text: text}
	for p.text != "" {
		t := p.next()
		sum += t.line * t.size
	}
	return sum + p.next().line
}
""",
        probe="""for _, text := range []string{"", "a", "\\n\\n", "a\\n bc \\né世界\\n", "x\\r\\ny"} {
	emit(Sizes(text))
}""",
        saves=10,
    ),
)

REFUSALS = (
    Refused(
        """package p

type node struct{ next *node }

func newNode(next *node) *node { return &node{next} }

var Head *node

func Push() {
	n := newNode(Head)
	Head = n
}
""",
        "stored",
    ),
    Refused(
        """package p

type user struct{ name string }

func find(names []string, name string) *user {
	for _, one := range names {
		if one == name {
			return &user{one}
		}
	}
	return nil
}

func Known(names []string, name string) bool {
	u := find(names, name)
	return u != nil && u.name == name
}
""",
        "returns nil",
    ),
    Refused(
        """package p

type user struct{ name string }

//go:noinline
func make1(name string) *user { return &user{name} }

func Known(name string) bool {
	u := make1(name)
	return u != nil && u.name == name
}
""",
        "compared with nil",
    ),
    Refused(
        """package p

type user struct{ name string }

//go:noinline
func newUser(name string) *user { return &user{name} }

func Same(name string) bool {
	u, v := newUser(name), newUser(name)
	return u == v
}
""",
        "compared with another",
    ),
    Refused(
        """package p

import "sync"

type inner struct {
	names []string
	locks [2]sync.Mutex
}

type counter struct {
	inner
	n int
}

//go:noinline
func newCounter() *counter { return &counter{} }

func Count() int {
	c := newCounter()
	c.locks[0].Lock()
	c.n++
	return c.n
}
""",
        "sync.Mutex may not be copied",
    ),
    Refused(
        """package p

import "fmt"

type user struct{ name string }

//go:noinline
func newUser(name string) *user { return &user{name} }

func Print(name string) {
	u := newUser(name)
	fmt.Println(u)
}
""",
        "an interface",
    ),
    Refused(
        """package p

type user struct{ name string }

//go:noinline
func newUser(name string) *user { return &user{name} }

var Make = newUser

func Name() int {
	u := newUser("a")
	return len(u.name)
}
""",
        "used as a value",
    ),
    Refused(
        """package p

type user struct{ name string }

var all []*user

func (u *user) register() { all = append(all, u) }

//go:noinline
func newUser(name string) *user {
	u := &user{name}
	u.register()
	return u
}

func Name() int {
	u := newUser("a")
	return len(u.name)
}
""",
        "may be kept",
    ),
    Refused(
        """package p

type buffer struct {
	data []byte
	room [64]byte
}

//go:noinline
func newBuffer() *buffer {
	b := &buffer{}
	b.data = b.room[:0]
	return b
}

func Len(s string) int {
	b := newBuffer()
	b.data = append(b.data, s...)
	return len(b.data)
}
""",
        "may be kept",
    ),
    Refused(
        """package p

type user struct {
	name string
	hook func() string
}

//go:noinline
func newUser(name string) *user {
	u := &user{name: name}
	u.hook = func() string { return u.name }
	return u
}

func Name() string {
	u := newUser("a")
	u.name = "b"
	return u.hook()
}
""",
        "func literal",
    ),
    Refused(
        """package p

type user struct{ name string }

//go:noinline
func newUser(name string) *user {
	u := &user{name}
	defer u.done()
	return u
}

func (u *user) done() { u.name += "!" }

func Name() int {
	u := newUser("a")
	return len(u.name)
}
""",
        "deferred call",
    ),
    Refused(
        """package p

type matrix struct{ cells [6][6]float64 }

//go:noinline
func identity() *matrix {
	m := matrix{}
	for i := range m.cells {
		m.cells[i][i] = 1
	}
	return &m
}

func Trace() (sum float64) {
	m := identity()
	for i := range m.cells {
		sum += m.cells[i][i]
	}
	return sum
}
""",
        "too many to copy",
    ),
    Refused(
        """package p

type user struct{ name string }

//go:noinline
func newUser(name string) *user { return &user{name} }

func Last(names []string) int {
	u := newUser("")
	for _, name := range names {
		u = newUser(name)
	}
	return len(u.name)
}
""",
        "assigned",
    ),
    Refused(
        """package p

type user struct{ name string }

//go:noinline
func newUser(name string) *user { return &user{name} }

func Both(name string) int {
	u := newUser(name)
	v := u
	v.name += "!"
	return len(u.name)
}
""",
        "named twice",
    ),
    Refused(
        """package p

type user struct{ name string }

func newUser(name string) *user { return &user{name} }

func Inlined(name string) int {
	u := newUser(name)
	return len(u.name)
}
""",
        "on their stacks as it is",
    ),
    Refused(
        """package p

type turn struct{ n int }

//go:noinline
func first() *turn { return &turn{} }

func Loop(run func(func() int)) {
	for t := first(); t.n < 3; t.n++ {
		run(func() int { return t.n })
	}
}
""",
        "variable of a loop",
    ),
    Refused(
        """package p

import "errors"

type user struct{ name string }

var errEmpty = errors.New("empty")

//go:noinline
func newUser(name string) (*user, error) {
	if name == "" {
		return nil, errEmpty
	}
	return &user{name}, nil
}

func Name(name string) int {
	u, _ := newUser(name)
	return len(u.name)
}
""",
        "not looked at",
    ),
    Refused(
        """package p

type user struct{ name string }

func (u *user) rename(name string) bool {
	u.name = name
	return name != ""
}

//go:noinline
func newUser(name string) (*user, bool) {
	u := &user{"nobody"}
	return u, u.rename(name)
}

func Name(name string) int {
	u, _ := newUser(name)
	return len(u.name)
}
""",
        "before or after the copy",
    ),
    Refused(
        """package p

type user struct{ name string }

func (u *user) rename(name string) int {
	u.name = name
	return len(name)
}

var calls int

func count() int {
	calls++
	return calls
}

//go:noinline
func newUser(name string) *user { return &user{name} }

func Rename(name string) int {
	return count() + newUser(name).rename(name)
}
""",
        "straight to where a pointer is wanted",
    ),
    Refused(
        """package p

type token struct{ line int }

type nexter interface{ next() *token }

type parser struct{ line int }

//go:noinline
func (p *parser) next() *token {
	p.line++
	return &token{p.line}
}

func Line(v any) int {
	p := parser{}
	t := p.next()
	if n, ok := v.(nexter); ok {
		return n.next().line
	}
	return t.line
}
""",
        "an interface of the package",
    ),
    Refused(
        """package p

type user struct{ name string }

var all []any

func keep(v any) { all = append(all, v) }

func pass[T any](v T) T { keep(v); return v }

//go:noinline
func newUser(name string) *user {
	u := &user{name}
	pass(u)
	return u
}

func Name(name string) int {
	u := newUser(name)
	return len(u.name)
}
""",
        "may be kept",
    ),
    Refused(
        """package p

type user struct{ name string }

var all []*user

func (u *user) register(other *user) { all = append(all, u) }

//go:noinline
func newUser(name string) *user {
	u, v := user{name}, user{name}
	(*user).register(&u, &v)
	return &u
}

func Name(name string) int {
	u := newUser(name)
	return len(u.name)
}
""",
        "may be kept",
    ),
)
