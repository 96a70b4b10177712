"""# destination-parameter

A function that returns a pointer to a struct that it has just made fills one that its caller supplies.

## Why it saves

What a function returns the address of outlives it, so that it is made on the heap, unless the function is small enough
to be inlined. A variable of the caller is on the stack as long as nobody keeps its address, and to pass that costs the
same for a struct of any size. Nothing is copied, so that it may hold a lock.

## When it is offered

For a function that returns `&T{…}`, or always the same variable, where `T` is too large to be returned by value or must
not be copied, and to whose result every caller gives a variable of its own, which is never assigned again. All calls in
the module are changed, tests included.

For an exported function it is offered for review, since other modules may call it; and for one that returns nil with
an error, since a caller that uses the result in spite of the error then has what is in the struct instead of a panic.

## When it is not

If a caller compares the pointer, stores or returns it, or makes an interface of it, or declares its variable in the
head of another statement; if the function returns nil without an error, is used as a value, is a method that an
interface asks for, has deferred calls, or is called by tests alone; where `T` has more than 16 kilobytes; and where it
is small: see return-by-value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
from stackward.rewrites._names import walk
from stackward.rewrites._returns import Site, blank_error, receiver, sites
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, replace_node
from stackward.rewrites._values import bare, is_new, is_struct, taken, unpointed
from stackward.rewrites._variables import (
    Variable,
    context,
    expressions,
    has_goto,
    hidden,
    inside,
    mentions,
    removed,
    siblings,
    sole,
    variable,
)
from stackward.syntax.tree import text_of

_HUGE = 16 << 10  # Bytes. Stacks start with two kilobytes and are copied as they grow.


def propose(scene: Scene) -> Iterator[Offer]:
    made = constructor(scene)
    if made is None:
        return
    if isinstance(made, Constructor) and (made.info.size or 0) <= LARGE and not uncopyable(scene, made.info.type):
        return  # It is small enough to be returned by value.
    offer = made if isinstance(made, str) else _proposal(scene, made)
    yield Refusal(offer) if isinstance(offer, str) else offer


def _proposal(scene: Scene, made: Constructor) -> Proposal | str:
    if (made.info.size or 0) > _HUGE:
        return f"{made.info.type} has {made.info.size:,} bytes, too many for a stack"
    body = _body(scene, made)
    calls = sites(scene, made) if not isinstance(body, str) else body
    if isinstance(body, str) or isinstance(calls, str):
        return body if isinstance(body, str) else str(calls)
    edits, names = {scene.path: body}, set[Name]()
    for site in calls:
        changed = _site(scene, made, site, names)
        if isinstance(changed, str):
            return changed
        edits.setdefault(site.scene.path, []).extend(changed)
    differs = made.differs("unfinished")
    changes = {path: tuple(dict.fromkeys(found)) for path, found in edits.items() if found}
    if any(overlapping(found) for found in changes.values()):
        return "its calls are within each other"
    return Proposal(
        f"Let callers of {scene.text(made.name)} supply the {made.info.type}",
        changes,
        applicability=Applicability.REVIEW if differs else Applicability.SAFE,
        differs=differs,
    )


def _body(scene: Scene, made: Constructor) -> list[Replacement] | str:
    """The changes of the function; or why it has to make what it returns."""
    names: list[Node] = []
    literals: list[Node] = []
    for _, values in made.returns():
        if len(values) != made.count:
            return "it returns what another function returns"
        value = bare(values[made.number])
        inner = taken(value)
        if made.failed(values):
            continue
        if (inner is not None and inner.type == "composite_literal") or is_new(scene, value, made.info):
            if inner is not None and not is_struct(scene, inner, made.info):
                return f"it returns another type than {made.info.type}"
            if calls_among(one for one in values if not inside(value, one)):
                return "another result is that of a call, which may change what the struct holds"
            literals.append(value)
        elif (name := bare(inner) if inner is not None else value).type == "identifier":
            names.append(name)
        else:
            return "it returns nil" if value.type == "nil" else "it returns what it has not made"
    if not names and not literals:
        return "it never returns"
    if names and literals:
        return "it returns different things"
    changed = _held(scene, made, names) if names else _literals(scene, made, literals)
    return changed if isinstance(changed, str) else [*changed, *_result(scene, made)]


def _literals(scene: Scene, made: Constructor, literals: Sequence[Node]) -> list[Replacement] | str:
    """The changes of a function that returns literals at once."""
    if not allocates(scene, made, literals):
        return "its callers have it on their stacks as it is"
    name = scene.free_name("dst", "into")
    edits = []
    for statement, values in made.returns():
        value = bare(values[made.number])
        kept = _left(scene, made, statement, values)
        if value.type == "nil":
            edits.append(replace_node(statement, kept or "return"))
            continue
        # The literal stays where it is, with its comments.
        inner = taken(value)
        head = f"*{name} = "
        if inner is None:
            edits.append(
                replace_node(statement, _lines(scene, statement, f"{head}{scene.text(made.struct)}{{}}", kept))
            )
            continue
        edits.append(Replacement(statement.start_byte, inner.start_byte, head.encode()))
        edits.append(Replacement(inner.end_byte, statement.end_byte, _lines(scene, statement, "", kept).encode()))
    parameter = _parameter(scene, made, name)
    return parameter if isinstance(parameter, str) else [*edits, parameter]


def _lines(scene: Scene, statement: Node, first: str, second: str) -> str:
    return f"{first}\n{scene.indent(statement)}{second}" if second else first


def _held(scene: Scene, made: Constructor, names: Sequence[Node]) -> list[Replacement] | str:
    """The changes of a function that returns a variable, or its address: that becomes the parameter."""
    known = variable(scene, names[0])
    if (
        known is None
        or known.kind != "var"
        or {one.node.start_byte for one in known.references}.isdisjoint(one.start_byte for one in names)
    ):
        return "it returns what it has not made"
    if any((other := variable(scene, one)) is None or other.node != known.node for one in names):
        return "it returns different things"
    statement, listed = known.statement, known.statement.parent
    if not known.alone or listed is None or listed.parent != made.body or has_goto(scene, known.node):
        return f"{known.name} is not declared by itself at the top of the function"
    whole = is_struct(scene, known.node, made.info)
    value = bare(known.value) if known.value is not None else None
    inner = taken(value) if value is not None else None
    if not whole and (
        value is None
        or not (is_new(scene, value, made.info) or (inner is not None and inner.type == "composite_literal"))
        or (inner is not None and not is_struct(scene, inner, made.info))
        or any(one.use.write or one.use.address for one in known.references)
    ):
        return f"{known.name} is not made by the function, or made anew"
    if not allocates(scene, made, [known.node if whole or value is None else value]):
        return "its callers have it on their stacks as it is"
    if _named_otherwise(scene, made, known):
        return f"{known.name} means something else as well"
    text = scene.text(made.struct)
    start = inner if not whole and inner is not None else value if whole else None
    if start is None:
        edits = [replace_node(statement, f"*{known.name} = {text}{{}}")]
    else:
        edits = [Replacement(statement.start_byte, start.start_byte, f"*{known.name} = ".encode())]
        if start.end_byte < statement.end_byte:
            edits.append(Replacement(start.end_byte, statement.end_byte))
    for one, values in made.returns():
        left = _left(scene, made, one, values)
        edits.append(replace_node(one, left) if left else removed(scene.source, one))
    returns = [one for one, _ in made.returns()]
    for reference in known.references if whole else ():
        node = reference.node
        outer = context(node)
        if any(one.start_byte <= node.start_byte < one.end_byte for one in returns):
            if outer is None or taken(outer) is None or node not in names:
                return f"{known.name} is returned in more than one way"
        elif outer is not None and outer.type == "unary_expression" and outer.children[0].type == "&":
            edits.append(replace_node(outer, known.name))
        elif outer is None or outer.type != "selector_expression":
            edits.append(Replacement(node.start_byte, node.start_byte, b"*"))
    parameter = _parameter(scene, made, known.name)
    return parameter if isinstance(parameter, str) else [*edits, parameter]


def _named_otherwise(scene: Scene, made: Constructor, known: Variable) -> bool:
    """Whether the function has other things of a variable's name."""
    own = {known.node.start_byte, *(one.node.start_byte for one in known.references)}
    return any(
        node.type in {"identifier", "package_identifier", "type_identifier", "label_name"}
        and scene.text(node) == known.name
        and node.start_byte not in own
        for node in walk(made.function)
    )


def _left(scene: Scene, made: Constructor, statement: Node, values: Sequence[Node]) -> str:
    """What a return statement becomes without what the caller has already; empty if there is no need for it."""
    others = [scene.text(one) for number, one in enumerate(values) if number != made.number]
    if others:
        return f"return {', '.join(others)}"
    listed = statement.parent
    last = listed is not None and listed.parent == made.body and siblings(statement)[-1] == statement
    return "" if last else "return"


def _parameter(scene: Scene, made: Constructor, name: str) -> Replacement | str:
    """The new parameter, before the others."""
    listed = made.function.child_by_field_name("parameters")
    declared = [one for one in listed.named_children if one.type != "comment"] if listed is not None else []
    if listed is None or any(not one.children_by_field_name("name") for one in declared):
        return "its parameters have no names"
    start = listed.start_byte + 1
    more = ", " if declared else ""
    return Replacement(start, start, f"{name} *{scene.text(made.struct)}{more}".encode())


def _result(scene: Scene, made: Constructor) -> list[Replacement]:
    """The results without the pointer."""
    whole, listed = made.function.child_by_field_name("result"), made.function.child_by_field_name("parameters")
    assert whole is not None
    assert listed is not None
    others = []
    if whole.type == "parameter_list":
        kinds = [one for one in whole.named_children if one.type == "parameter_declaration"]
        others = [scene.text(one) for number, one in enumerate(kinds) if number != made.number]
    text = f" {others[0]}" if len(others) == 1 else f" ({', '.join(others)})" if others else ""
    return [Replacement(listed.end_byte, whole.end_byte, text.encode())]


def _site(scene: Scene, made: Constructor, site: Site, names: set[Name]) -> list[Replacement] | str:
    """The changes of a call, and of the variable that got what it returned."""
    call, own = site.call, site.scene
    outer, typed = context(call), _spelled(scene, made, site)
    if typed is None:
        return f"{made.info.type} has no name where it is called"
    if outer is not None and outer.type in {"argument_list", "selector_expression"}:
        return named(site, made, names, typed)
    name = receiver(site, made)
    if name is None:
        return _dropped(made, site, typed)
    if isinstance(name, str):
        return name
    known = variable(own, name)
    if known is None or known.node != name or known.kind != "var":
        return f"{own.text(name)} is not a new variable of a function"
    if blank_error(site, made):
        return f"an error that comes with {known.name} is not looked at"
    statement = known.statement
    if statement.parent is None or statement.parent.type != "statement_list":
        return f"{known.name} is declared in the head of another statement"
    if known.typed is not None or (made.count == 1 and not known.alone) or mentions(call, known.name, own.source):
        return f"{known.name} cannot be declared before the call"
    rest = _rest(own, made, statement, call)
    if rest is None:
        return f"{known.name} cannot be declared before the call"
    changed = unpointed(own, known)
    if isinstance(changed, str):
        return changed
    declared = f"var {known.name} {typed}\n{own.indent(statement)}{rest}"
    given = _given(call, f"&{known.name}")
    return [Replacement(statement.start_byte, call.start_byte, declared.encode()), given, *changed]


def _given(call: Node, value: str) -> Replacement:
    """An argument before the others."""
    listed = call.child_by_field_name("arguments")
    assert listed is not None
    start = listed.start_byte + 1
    return Replacement(start, start, f"{value}{', ' if arguments(call) else ''}".encode())


def _dropped(made: Constructor, site: Site, typed: str) -> list[Replacement] | str:
    """A call of which nothing but the other result is used: it fills a struct that nobody looks at."""
    own, call = site.scene, site.call
    outer, given = context(call), _given(call, f"new({typed})")
    if hidden(own, "new"):
        return "new means something else where it is called"
    if outer is not None and outer.type == "expression_statement":
        return [given]
    statement = outer.parent if outer is not None else None
    rest = _rest(own, made, statement, call) if statement is not None else None
    if statement is None or rest is None or statement.type == "var_spec":
        return "what it returns is dropped by a declaration"
    return [Replacement(statement.start_byte, call.start_byte, rest.encode()), given]


def _rest(scene: Scene, made: Constructor, statement: Node, call: Node) -> str | None:
    """What comes before the call to take its other results; None if that cannot be said."""
    if statement.type == "var_declaration":
        return "" if made.count == 1 and statement.end_byte == call.end_byte else None
    if sole(statement.child_by_field_name("right")) != call:
        return None
    names = [
        one
        for number, one in enumerate(expressions(statement.child_by_field_name("left")))
        if number != made.number or made.count == 1
    ]
    if made.count == 1:
        return ""
    fresh = False
    for one in names:
        known = variable(scene, one) if scene.text(one) != "_" else None
        fresh = fresh or (known is not None and known.node == one)
    return f"{', '.join(scene.text(one) for one in names)} {':=' if fresh else '='} "


def _spelled(scene: Scene, made: Constructor, site: Site) -> str | None:
    """The struct's type where it is called from."""
    called = site.call.child_by_field_name("function")
    name = scene.text(made.struct)
    facts = site.scene.facts(called) if called is not None else None
    if called is None or called.type == "identifier" or (facts is not None and facts.selection == "call"):
        return name if called is not None else None
    operand = called.child_by_field_name("operand")
    if operand is None or not name[:1].isupper():
        return None
    return f"{text_of(operand, site.scene.source)}.{name}"


REWRITE = Rewrite(
    "destination-parameter",
    "a struct of the caller for one that is made",
    ("function_declaration", "method_declaration"),
    constructs,
    propose,
)

EXAMPLES = (
    Example(
        before="""package p

type matrix struct{ cells [4][6]float64 }

func diagonal(values ...float64) *matrix {
	m := &matrix{}
	for i, v := range values {
		m.set(i%4, i%6, v)
	}

	return m
}

//go:noinline
func (m *matrix) set(i, j int, v float64) { m.cells[i][j] = v }

func (m *matrix) sum() (sum float64) {
	for _, row := range m.cells {
		for _, v := range row {
			sum += v
		}
	}
	return sum
}

func Sum(values ...float64) float64 {
	m := diagonal(values...)
	n := diagonal()
	n.cells = m.cells
	return m.sum() + n.sum()
}
""",
        after="""package p

type matrix struct{ cells [4][6]float64 }

func diagonal(m *matrix, values ...float64) {
	*m = matrix{}
	for i, v := range values {
		m.set(i%4, i%6, v)
	}
}

//go:noinline
func (m *matrix) set(i, j int, v float64) { m.cells[i][j] = v }

func (m *matrix) sum() (sum float64) {
	for _, row := range m.cells {
		for _, v := range row {
			sum += v
		}
	}
	return sum
}

func Sum(values ...float64) float64 {
	var m matrix
	diagonal(&m, values...)
	var n matrix
	diagonal(&n)
	n.cells = m.cells
	return m.sum() + n.sum()
}
""",
        probe="""emit(Sum())
emit(Sum(1, -2, math.Inf(1), 4))
emit(Sum(math.NaN(), 0.5))
emit(Sum(1, 2, 3, 4, 5, 6, 7, 8, 9))""",
        probe_imports=("math",),
        saves=8,
    ),
    Example(
        before="""package p

import (
	"strconv"
	"strings"
	"sync/atomic"
)

// A tally may be used by several goroutines.
type tally struct {
	name  string
	start int
	added atomic.Int64
}

func newTally(line string, start int) *tally {
	name, count, found := strings.Cut(line, "=")
	if !found {
		return &tally{name: strings.ToUpper(line), start: start}
	}
	n, _ := strconv.Atoi(count)
	return &tally{
		name:  strings.ToUpper(name),
		start: n, // As it was.
	}
}

func (t *tally) add(n int) { t.added.Add(int64(n)) }

func Total(lines ...string) (total int) {
	for i, line := range lines {
		t := newTally(line, i)
		t.add(i)
		total += t.start + int(t.added.Load()) + len(t.name)
	}
	return total
}
""",
        after="""package p

import (
	"strconv"
	"strings"
	"sync/atomic"
)

// A tally may be used by several goroutines.
type tally struct {
	name  string
	start int
	added atomic.Int64
}

func newTally(dst *tally, line string, start int) {
	name, count, found := strings.Cut(line, "=")
	if !found {
		*dst = tally{name: strings.ToUpper(line), start: start}
		return
	}
	n, _ := strconv.Atoi(count)
	*dst = tally{
		name:  strings.ToUpper(name),
		start: n, // As it was.
	}
}

func (t *tally) add(n int) { t.added.Add(int64(n)) }

func Total(lines ...string) (total int) {
	for i, line := range lines {
		var t tally
		newTally(&t, line, i)
		t.add(i)
		total += t.start + int(t.added.Load()) + len(t.name)
	}
	return total
}
""",
        probe="""emit(Total())
emit(Total("", "a", "b=7", "é=-9", "=", "c=x"))""",
        saves=6,
    ),
    Example(
        before="""package p

import "example.com/m/grid"

// Corners adds the corners of a grid.
func Corners(text string) (sum int, err error) {
	g, err := grid.Parse(text)
	if err != nil {
		return 0, err
	}
	copied := *g
	return copied.Cells[0] + g.At(grid.Size-1), nil
}
""",
        after="""package p

import "example.com/m/grid"

// Corners adds the corners of a grid.
func Corners(text string) (sum int, err error) {
	var g grid.Grid
	err = grid.Parse(&g, text)
	if err != nil {
		return 0, err
	}
	copied := g
	return copied.Cells[0] + g.At(grid.Size-1), nil
}
""",
        also={
            "grid/grid.go": (
                """package grid

import "errors"

// Size is the number of cells.
const Size = 25

// A Grid is a square of numbers.
type Grid struct{ Cells [Size]int }

var errDigit = errors.New("not a digit")

// Parse reads the cells of a grid.
func Parse(text string) (*Grid, error) {
	var g Grid
	for i, r := range text {
		if r < '0' || r > '9' {
			return nil, errDigit
		}
		g.Cells[i%Size] += int(r - '0')
	}
	check(&g)
	if g = doubled(g); g.Cells[0] > 9 {
		g.Cells[0] -= 10
	}
	return &g, nil
}

//go:noinline
func check(g *Grid) { g.Cells[Size-1] = max(g.Cells[Size-1], -1) }

func doubled(g Grid) Grid {
	for i := range g.Cells {
		g.Cells[i] *= 2
	}
	return g
}

// At returns a cell.
func (g *Grid) At(i int) int { return g.Cells[i] }
""",
                """package grid

import "errors"

// Size is the number of cells.
const Size = 25

// A Grid is a square of numbers.
type Grid struct{ Cells [Size]int }

var errDigit = errors.New("not a digit")

// Parse reads the cells of a grid.
func Parse(g *Grid, text string) error {
	*g = Grid{}
	for i, r := range text {
		if r < '0' || r > '9' {
			return errDigit
		}
		g.Cells[i%Size] += int(r - '0')
	}
	check(g)
	if *g = doubled(*g); g.Cells[0] > 9 {
		g.Cells[0] -= 10
	}
	return nil
}

//go:noinline
func check(g *Grid) { g.Cells[Size-1] = max(g.Cells[Size-1], -1) }

func doubled(g Grid) Grid {
	for i := range g.Cells {
		g.Cells[i] *= 2
	}
	return g
}

// At returns a cell.
func (g *Grid) At(i int) int { return g.Cells[i] }
""",
            ),
            "grid/grid_test.go": (
                """package grid_test

import (
	"testing"

	"example.com/m/grid"
)

func TestParse(t *testing.T) {
	g, err := grid.Parse("12")
	if err != nil || g.At(1) != 4 {
		t.Error(g.Cells)
	}
	if _, err := grid.Parse("x"); err == nil {
		t.Error("x is no digit")
	}
}
""",
                """package grid_test

import (
	"testing"

	"example.com/m/grid"
)

func TestParse(t *testing.T) {
	var g grid.Grid
	err := grid.Parse(&g, "12")
	if err != nil || g.At(1) != 4 {
		t.Error(g.Cells)
	}
	if err := grid.Parse(new(grid.Grid), "x"); err == nil {
		t.Error("x is no digit")
	}
}
""",
            ),
        },
        probe="""for _, text := range []string{"", "1", "9", "x", "12345678901234567890123456789", "1é"} {
	sum, err := Corners(text)
	emit(sum)
	emit(fmt.Sprint(err))
}""",
        probe_imports=("fmt",),
        applicability=Applicability.REVIEW,
        saves=4,
    ),
)

REFUSALS = (
    Refused(
        """package p

type matrix struct{ cells [6][6]float64 }

var Last *matrix

//go:noinline
func identity() *matrix {
	m := &matrix{}
	for i := range m.cells {
		m.cells[i][i] = 1
	}
	Last = m
	return m
}

func Trace() float64 {
	m := identity()
	return m.cells[0][0] + m.cells[5][5]
}
""",
        "would allocate more",
    ),
    Refused(
        """package p

type matrix struct{ cells [6][6]float64 }

//go:noinline
func identity() *matrix {
	m := &matrix{}
	for i := range m.cells {
		m.cells[i][i] = 1
	}
	return m
}

func Trace() float64 {
	if m := identity(); m.cells[0][0] > 0 {
		return m.cells[5][5]
	}
	return 0
}
""",
        "head of another statement",
    ),
    Refused(
        """package p

type matrix struct{ cells [6][6]float64 }

//go:noinline
func identity() *matrix {
	m := &matrix{}
	for i := range m.cells {
		m.cells[i][i] = 1
	}
	return m
}

var Identity = identity

func Trace() float64 {
	m := identity()
	return m.cells[0][0]
}
""",
        "used as a value",
    ),
    Refused(
        """package p

type matrix struct{ cells [6][6]float64 }

//go:noinline
func identity(n int) *matrix {
	if n < 0 {
		return nil
	}
	m := &matrix{}
	for i := range m.cells {
		m.cells[i][i] = 1
	}
	return m
}

func Trace(n int) float64 {
	m := identity(n)
	return m.cells[0][0]
}
""",
        "it returns nil",
    ),
    Refused(
        """package p

type matrix struct{ cells [6][6]float64 }

//go:noinline
func scaled(by float64) *matrix {
	m := &matrix{}
	for i := range m.cells {
		m.cells[i][i] = by
	}
	return m
}

func Trace(m float64) float64 {
	if m > 0 {
		m := scaled(m)
		return m.cells[0][0]
	}
	return m
}
""",
        "cannot be declared before the call",
    ),
    Refused(
        """package p

type matrix struct{ cells [6][6]float64 }

func m() float64 { return 1 }

//go:noinline
func scaled(by float64) *matrix {
	by *= m()
	m := &matrix{}
	for i := range m.cells {
		m.cells[i][i] = by
	}
	return m
}

func Trace() float64 {
	n := scaled(2)
	return n.cells[0][0]
}
""",
        "means something else",
    ),
    Refused(
        """package p

type matrix struct{ cells [6][6]float64 }

//go:noinline
func identity() *matrix {
	m := &matrix{}
	for i := range m.cells {
		if i > 4 {
			return &matrix{}
		}
		m.cells[i][i] = 1
	}
	return m
}

func Trace() float64 {
	n := identity()
	return n.cells[0][0]
}
""",
        "different things",
    ),
    Refused(
        """package p

type pair struct{ a, b int }

//go:noinline
func both(a, b int) *pair { return &pair{a, b} }

func Sum() int {
	p := both(1, 2)
	return p.a + p.b
}
""",
        "",
    ),
    Refused(
        """package p

type matrix struct{ cells [6][6]float64 }

//go:noinline
func scaled(int) *matrix {
	m := &matrix{}
	for i := range m.cells {
		m.cells[i][i] = 1
	}
	return m
}

func Trace() float64 {
	n := scaled(1)
	return n.cells[0][0]
}
""",
        "have no names",
    ),
    Refused(
        """package p

import "sync"

type guarded struct {
	sync.Mutex
	n int
}

//go:noinline
func newGuarded(n int) *guarded {
	g := &guarded{n: n}
	defer g.check()
	return g
}

func (g *guarded) check() {
	if recover() != nil {
		g.n = 0
	}
}

func Guard(n int) int {
	g := newGuarded(n)
	g.Lock()
	return g.n
}
""",
        "deferred call",
    ),
    Refused(
        """package p

type matrix struct{ cells [6][6]float64 }

//go:noinline
func identity() *matrix {
	m := &matrix{}
	for i := range m.cells {
		m.cells[i][i] = 1
	}
	return m
}

func Trace() *matrix {
	m := identity()
	m.cells[0][0] = 2
	return m
}
""",
        "m is returned",
    ),
    Refused(
        """package p

type page struct{ bytes [1 << 16]byte }

//go:noinline
func newPage(first byte) *page {
	p := &page{}
	p.bytes[0] = first
	return p
}

func First() byte {
	p := newPage(7)
	return p.bytes[0]
}
""",
        "too many for a stack",
    ),
    Refused(
        """package p

type matrix struct{ cells [6][6]float64 }

var turns int

func turn() int {
	turns++
	return turns
}

//go:noinline
func identity() (*matrix, int) { return &matrix{[6][6]float64{{float64(turns)}}}, turn() }

func Trace() float64 {
	m, n := identity()
	return m.cells[0][0] + float64(n)
}
""",
        "may change what the struct holds",
    ),
)
