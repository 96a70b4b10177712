"""# preallocate

A slice or map that a loop fills is made with room for everything at once.

## Why it saves

`append` takes a new, larger array whenever the old one is full, and copies what is there: twenty elements need six
arrays, of which five are garbage at once. A map that grows does the same with its tables. With the room asked for
beforehand there is one allocation.

## When it is offered

When a loop over a slice, array, map, string or number, or one that counts up or down, appends a fixed number of
elements in each turn to a slice that is empty before it, or sets a key of a map that is empty before it. The slice
may be a local variable, a result with a name, or a field of a local struct, or of one whose address nobody else has
yet. Whoever could see that a slice is nil as long as nothing was appended still finds it so: the room is then asked
for only if the loop runs.

It is for review (`with room for all`) where some turns append nothing: the result keeps room that it does not use.
Where in addition someone could see that the slice is nil, the title says that `nil becomes empty`. It is for review,
too, where a mere number says how often the loop runs and something in it may panic: as much as a wrong number says is
then asked for at once.

## When it is not

For loops over channels and functions, which do not say how much will come; for errors and what only they bring about,
of which there is seldom any; for maps in which the loop looks up what it puts there, since what it groups or counts may
have few keys, and for those that it empties; for slices that are used before the loop, filled by a loop within the loop
or by a closure, or whose capacity is asked for; for a number of turns that need not come true since the loop may end;
and for a loop that may end and in some turns appends nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._bounds import bound
from stackward.rewrites._filling import Filling, hoisted, looked_at
from stackward.rewrites._names import walk
from stackward.rewrites._nil import tells_capacity, tells_nil
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite, Span
from stackward.rewrites._risk import recovers
from stackward.rewrites._scene import Scene, arguments, calls, is_call, replace_node
from stackward.rewrites._targets import Target, slice_target
from stackward.rewrites._variables import (
    Variable,
    before,
    between,
    commented,
    context,
    declarations,
    expressions,
    hidden,
    listed_statement,
    loop_around,
    mentions,
    own,
    removed,
    sole,
    variable,
)
from stackward.syntax.anchors import unparenthesized
from stackward.syntax.paths import cold
from stackward.syntax.tree import SourceFile, text_of

_EARLY = "all at once, even if the loop panics before it needs that"
_HINTED = 128  # Larger keys and elements of a map are allocated one by one (internal/abi/map.go).


def suits(node: Node, source: SourceFile) -> bool:
    if node.type == "assignment_statement":
        left = sole(node.child_by_field_name("left"))
        return left is not None and left.type == "index_expression" and loop_around(node) is not None
    if not calls(node, source, "append") or not arguments(node) or loop_around(node) is None:
        return False
    assignment = _assignment(node)
    target = sole(assignment.child_by_field_name("left")) if assignment is not None else None
    return target is not None and text_of(target, source) == text_of(arguments(node)[0], source)


def _assignment(call: Node) -> Node | None:
    """The statement ``x = append(x, …)`` of a call."""
    listed = call.parent
    statement = listed.parent if listed is not None else None
    if listed is None or statement is None or statement.type != "assignment_statement":
        return None
    operator = statement.child_by_field_name("operator")
    plain = operator is not None and operator.type == "=" and sole(statement.child_by_field_name("right")) == call
    return statement if plain else None


def propose(scene: Scene) -> Iterator[Offer]:
    loop = loop_around(scene.node)
    if loop is None or hidden(scene, "len", "make"):
        yield Refusal("len or make is another thing here")
        return
    if scene.node.type == "assignment_statement":
        yield from _map(scene, loop)
    elif scene.callee(scene.node) == "append":
        yield from _slice(scene, loop)


def _slice(scene: Scene, loop: Node) -> Iterator[Offer]:
    named = arguments(scene.node)[0]
    target = slice_target(scene, named, loop)
    if target is None:
        return
    if isinstance(target, Refusal):
        yield target
        return
    body = loop.child_by_field_name("body") or loop
    filling = [one for one in walk(body) if _fills(scene, one, target)]
    if not filling or filling[0] != scene.node:
        return  # The first one speaks for all.
    known = bound(scene, loop)
    if isinstance(known, Refusal):
        yield known  # Nothing that could be changed in its body matters.
        return
    grown: dict[int, int] = {}
    for call in filling:
        statement = _assignment(call)
        given = arguments(call)[1:]
        if statement is None or not given or any(one.type == "variadic_argument" for one in given):
            yield Refusal("it is not known how many elements are appended")
            return
        grown[statement.id] = len(given)
    written = [one for one in target.inside(body) if target.writes(one) and _assigned(one) not in grown]
    if written or target.shared:
        yield Refusal(f"{target.text} is changed in another way, or by a closure")
        return
    if any(tells_nil(scene, one) for one in target.inside(body)):
        # What shares the array with it could be overwritten where it had its own before.
        yield Refusal(f"{target.text} is given away in the loop")
        return
    if any(tells_capacity(scene, target.expression(one)) for one in target.references):
        yield Refusal(f"the capacity of {target.text} is asked for")
        return
    looked = looked_at(scene, loop, filling, grown)
    if isinstance(looked, Refusal):
        yield looked
        return
    # Who sees the slice before the loop is over could tell that it is nil no more.
    seen = any(_returns(scene, one, target) for one in own(body, "func_literal") if one.type == "return_statement")
    seen = seen or any(one.use.captured and tells_nil(scene, target.expression(one)) for one in target.references)
    exact = looked.steps.exact and not seen and not (target.variable.kind == "result" and recovers(scene, loop))
    if not exact and (all(_seldom(scene, one, loop) for one in filling) or target.elem == "error"):
        yield Refusal("it seldom happens that something is appended")
        return
    yield _for_slice(scene, target, looked, exact=exact)


def _seldom(scene: Scene, node: Node, loop: Node) -> bool:
    """Whether a node in a loop is reached only where something has failed."""
    if cold(node, scene.source):
        return True
    inner = node
    while inner != loop and inner.parent is not None:
        inner, outer = inner.parent, inner
        condition = inner.child_by_field_name("condition") if inner.type == "if_statement" else None
        if condition is not None and inner.child_by_field_name("consequence") == outer and _failed(scene, condition):
            return True
    return False


def _failed(scene: Scene, condition: Node) -> bool:
    """Whether a condition only holds where an error is not nil."""
    inner = unparenthesized(condition)
    left, right, operator = (inner.child_by_field_name(one) for one in ("left", "right", "operator"))
    if left is None or right is None or operator is None:
        return False
    if operator.type == "&&":
        return _failed(scene, left) or _failed(scene, right)
    info = scene.type(left)
    return operator.type == "!=" and right.type == "nil" and info is not None and info.type == "error"


def _returns(scene: Scene, statement: Node, target: Target) -> bool:
    """Whether a return statement returns the slice as it is then."""
    bare = not statement.named_children
    return (bare and target.variable.kind == "result") or mentions(statement, target.name, scene.source)


def _assigned(node: Node) -> int:
    """The assignment to an expression."""
    at: Node | None = node
    while at is not None and at.type not in {"assignment_statement", "statement_list"}:
        at = at.parent
    return at.id if at is not None else 0


def _fills(scene: Scene, node: Node, target: Target) -> bool:
    """Whether a node is a call that appends to the target."""
    if not calls(node, scene.source, "append") or not arguments(node):
        return False
    first = arguments(node)[0]
    return target.is_one(first) and _assignment(node) is not None


def _for_slice(scene: Scene, target: Target, looked: Filling, *, exact: bool) -> Offer:
    known = looked.bound
    name, hoisting = hoisted(scene, looked)
    edits = list(hoisting)
    made = f"make({target.type}, 0, {looked.room(name)})"
    told = target.variable.kind == "result" or any(
        tells_nil(scene, target.expression(one)) for one in target.references
    )
    blind = target.empty or not told
    anyway = (blind or not exact) and not known.guarded
    declared = _declared(scene, target, looked, made, moved=bool(edits)) if anyway else None
    if declared is None:
        condition = known.runs.format(name)
        lines = [f"{target.text} = {made}"]
        if not anyway and condition != "true":
            running = f"make({target.type}, 0, {looked.room(name, running=True)})"
            lines = [f"if {condition} {{", f"\t{target.text} = {running}", "}"]
        declared = [before(scene, looked.statement, lines)]
    differs = [] if blind or exact else ["nil becomes empty"]
    differs += [] if exact else ["with room for all"]
    differs += [] if looked.certain else [_EARLY]
    edits = _merged([*edits, *declared])
    return Proposal(
        f"Make {target.text} with its capacity",
        {scene.path: tuple(edits)},
        applicability=Applicability.REVIEW if differs else Applicability.SAFE,
        differs=", ".join(differs),
        bounded=looked.spans,
    )


def _merged(edits: Sequence[Replacement]) -> list[Replacement]:
    """Insertions at one place as one, in their order."""
    found: list[Replacement] = []
    for one in edits:
        same = next((at for at, other in enumerate(found) if (other.start, other.end) == (one.start, one.end)), None)
        if same is None or one.start != one.end:
            found.append(one)
        else:
            found[same] = replace(one, new=found[same].new + one.new)
    return found


def _declared(scene: Scene, target: Target, looked: Filling, made: str, *, moved: bool) -> list[Replacement] | None:
    """The declaration with another value, where it is or moved down to the loop; None where that is not simple."""
    known = target.variable
    if known.kind != "var" or known.statement.type == "range_clause" or target.is_field:
        return None
    gap = between(known.statement, looked.statement)
    if gap is None:
        return None
    if not moved and declarations(gap, scene.source, *looked.bound.roots):
        if known.value is not None:
            return [replace_node(known.value, made)]
        spec = known.node.parent
        if spec is None or len(spec.children_by_field_name("name")) != 1:
            return None
        if known.alone and spec.parent == known.statement:
            return [replace_node(known.statement, f"{known.name} := {made}")]
        return [replace_node(spec, f"{known.name} = {made}")]
    if not known.alone or commented(scene.source, known.statement):
        return None
    return [removed(scene.source, known.statement), before(scene, looked.statement, [f"{known.name} := {made}"])]


def _map(scene: Scene, loop: Node) -> Iterator[Offer]:
    left = sole(scene.node.child_by_field_name("left"))
    operator = scene.node.child_by_field_name("operator")
    named = left.child_by_field_name("operand") if left is not None else None
    if left is None or named is None or operator is None or operator.type != "=":
        return
    known = variable(scene, named)
    if known is None or known.kind != "var" or known.value is None:
        return
    info = scene.type(known.node)
    if info is None or info.kind != "map" or info.key is None or info.elem is None:
        return
    made = _empty_map(scene, known.value)
    if not made:
        return
    if max(info.key.size or 0, info.elem.size or 0) > _HINTED:
        yield Refusal("elements of that size are allocated one by one")
        return
    body = loop.child_by_field_name("body") or loop
    filling = [one for one in walk(body) if _sets(one, known)]
    if not filling or filling[0] != scene.node:
        return
    statement = listed_statement(loop)
    gap = between(known.statement, statement) if statement is not None else None
    if statement is None or gap is None or any(one.node.start_byte < statement.start_byte for one in known.references):
        yield Refusal(f"{known.name} is not made right before the loop")
        return
    if any(one.use.write and (one.node.parent or one.node).type != "index_expression" for one in known.within(loop)):
        yield Refusal(f"{known.name} is another map after a while")
        return
    if any(_shrinks(scene, one.node) for one in known.within(loop)):
        # It never has room for all of them, and to clear a map takes as long as what it has room for.
        yield Refusal(f"{known.name} is emptied in the loop")
        return
    if info.elem.kind != "bool" and info.elem.size != 0 and any(_gets(one.node) for one in known.within(loop)):
        yield Refusal("what has the same key becomes one entry, so that there may be few")
        return
    looked = looked_at(scene, loop, filling, {one.id: 1 for one in filling})
    if isinstance(looked, Refusal):
        yield looked
        return
    if looked.bound.guarded:
        yield Refusal("the loop's bound may be negative")
        return
    name, edits = hoisted(scene, looked)
    new = f"{made[:-1]}, {looked.room(name)})"
    if edits or not declarations(gap, scene.source, *looked.bound.roots):
        if not known.alone or commented(scene.source, known.statement):
            yield Refusal(f"{known.name} is not made right before the loop")
            return
        edits += [removed(scene.source, known.statement), before(scene, statement, [f"{known.name} := {new}"])]
    else:
        edits.append(replace_node(known.value, new))
    spans = tuple(_indexed(scene, one) for one in filling)
    differs = ", ".join(
        [*(() if looked.steps.exact else ("with room for all",)), *(() if looked.certain else (_EARLY,))]
    )
    yield Proposal(
        f"Make {known.name} with room for its entries",
        {scene.path: tuple(_merged(edits))},
        applicability=Applicability.REVIEW if differs else Applicability.SAFE,
        differs=differs,
        bounded=spans,
    )


def _gets(name: Node) -> bool:
    """Whether the value of an entry of a map is looked at, and not only whether there is one."""
    element = name.parent
    if element is None or element.type != "index_expression" or element.child_by_field_name("operand") != name:
        return False
    outer = context(element)
    statement = outer.parent if outer is not None and outer.type == "expression_list" else None
    if statement is None or outer is None:
        return True
    if statement.child_by_field_name("left") == outer:
        return False
    names = expressions(statement.child_by_field_name("left"))
    return len(names) != 2 or names[0].text != b"_"


def _shrinks(scene: Scene, name: Node) -> bool:
    """Whether a map is an argument of ``clear`` or ``delete``."""
    call = name.parent.parent if name.parent is not None and name.parent.type == "argument_list" else None
    return call is not None and calls(call, scene.source, "clear", "delete")


def _indexed(scene: Scene, statement: Node) -> Span:
    left = sole(statement.child_by_field_name("left"))
    assert left is not None
    return scene.span(left)


def _empty_map(scene: Scene, value: Node) -> str:
    """An expression for an empty map as a call of make without a size; empty for other expressions."""
    if value.type == "composite_literal":
        typed, body = value.child_by_field_name("type"), value.child_by_field_name("body")
        return (
            f"make({scene.text(typed)})" if typed is not None and body is not None and not body.named_children else ""
        )
    if is_call(value) and scene.callee(value) == "make" and len(arguments(value)) == 1:
        return f"make({scene.text(arguments(value)[0])})"
    return ""


def _sets(node: Node, known: Variable) -> bool:
    """Whether a node is a statement that sets an element of a map."""
    left = sole(node.child_by_field_name("left")) if node.type == "assignment_statement" else None
    operator = node.child_by_field_name("operator")
    if left is None or left.type != "index_expression" or operator is None or operator.type != "=":
        return False
    operand = left.child_by_field_name("operand")
    return any(one.node == operand for one in known.references)


REWRITE = Rewrite(
    "preallocate",
    "a slice or map made with room for what a loop puts in",
    ("assignment_statement", "call_expression"),
    suits,
    propose,
)

EXAMPLES = (
    Example(
        before="""package p

type User struct {
	Name string
	Age  int
}

// Names returns nil if there are no users.
func Names(users []User) []string {
	var names []string
	for _, user := range users {
		names = append(names, user.Name)
	}
	return names
}

func Oldest(users []User) int {
	ages := []int{}
	for _, user := range users {
		ages = append(ages, user.Age)
	}
	oldest := -1
	for _, age := range ages {
		oldest = max(oldest, age)
	}
	return oldest
}
""",
        after="""package p

type User struct {
	Name string
	Age  int
}

// Names returns nil if there are no users.
func Names(users []User) []string {
	var names []string
	if len(users) > 0 {
		names = make([]string, 0, len(users))
	}
	for _, user := range users {
		names = append(names, user.Name)
	}
	return names
}

func Oldest(users []User) int {
	ages := make([]int, 0, len(users))
	for _, user := range users {
		ages = append(ages, user.Age)
	}
	oldest := -1
	for _, age := range ages {
		oldest = max(oldest, age)
	}
	return oldest
}
""",
        probe="""for _, users := range [][]User{nil, {}, {{"Ä", -1}}, make([]User, 100)} {
	emit(Names(users))
	emit(Oldest(users))
}""",
        saves=8,
    ),
    Example(
        before="""package p

import "strings"

type Page struct {
	Title string
	Words []string
}

// Index finds out on which pages a word is.
func Index(text string) (Page, map[string]int) {
	page := Page{Title: text}
	for _, word := range strings.Fields(text) {
		page.Words = append(page.Words, strings.ToLower(word))
	}
	first := map[string]int{}
	for at, word := range page.Words {
		first[word] = at
	}
	return page, first
}
""",
        after="""package p

import "strings"

type Page struct {
	Title string
	Words []string
}

// Index finds out on which pages a word is.
func Index(text string) (Page, map[string]int) {
	page := Page{Title: text}
	items := strings.Fields(text)
	if len(items) > 0 {
		page.Words = make([]string, 0, len(items))
	}
	for _, word := range items {
		page.Words = append(page.Words, strings.ToLower(word))
	}
	first := make(map[string]int, len(page.Words))
	for at, word := range page.Words {
		first[word] = at
	}
	return page, first
}
""",
        probe="""many := "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"
for _, text := range []string{"", " ", "one", "A b C a", "é ß 世界", many} {
	page, first := Index(text)
	emit(page)
	emit(first)
}""",
        saves=5,
    ),
    Example(
        before="""package p

import "errors"

// Squares has room for all before it knows that n is good.
func Squares(n int) (found []int, err error) {
	if n > 1000 {
		return nil, errors.New("too many")
	}
	for i := range n {
		found = append(found, i*i)
	}
	return found, nil
}

func Halves(ns []int) (halves []int) {
	for _, n := range ns {
		halves = append(halves, n/2)
	}
	return
}

func Pairs(keys, values []string) []string {
	// Keys and values take turns.
	var pairs []string
	count := len(keys)
	for i := 0; i < count; i++ {
		if i >= len(values) {
			return nil
		}
		pairs = append(pairs, keys[i])
		pairs = append(pairs, values[i])
	}
	return pairs
}

func Runes(s string) int {
	wide := make([]rune, 0)
	for _, r := range s {
		wide = append(wide, r, -r)
	}
	return len(wide)
}
""",
        after="""package p

import "errors"

// Squares has room for all before it knows that n is good.
func Squares(n int) (found []int, err error) {
	if n > 1000 {
		return nil, errors.New("too many")
	}
	if n > 0 {
		found = make([]int, 0, n)
	}
	for i := range n {
		found = append(found, i*i)
	}
	return found, nil
}

func Halves(ns []int) (halves []int) {
	if len(ns) > 0 {
		halves = make([]int, 0, len(ns))
	}
	for _, n := range ns {
		halves = append(halves, n/2)
	}
	return
}

func Pairs(keys, values []string) []string {
	// Keys and values take turns.
	var pairs []string
	count := len(keys)
	for i := 0; i < count; i++ {
		if i >= len(values) {
			return nil
		}
		pairs = append(pairs, keys[i])
		pairs = append(pairs, values[i])
	}
	return pairs
}

func Runes(s string) int {
	wide := make([]rune, 0, 2*len(s))
	for _, r := range s {
		wide = append(wide, r, -r)
	}
	return len(wide)
}
""",
        probe="""for _, n := range []int{-5, 0, 1, 100, 2000} {
	found, err := Squares(n)
	emit(found)
	emit(err == nil)
}
for _, s := range []string{"", "aé世", "\xff\xfe", "0123456789012345678901234567890123456789"} {
	emit(Runes(s))
}
emit(Pairs([]string{"a", "b"}, []string{"c", "d"}))
emit(Pairs([]string{"a", "b"}, nil))
emit(Halves(nil))
emit(Halves([]int{}))
emit(Halves([]int{-3, 3, 1 << 40}))""",
        saves=5,
    ),
    Example(
        before="""package p

// Long returns the words that are longer than n, and nil if there is none.
func Long(words map[string]bool, n int) []string {
	var long []string
	for word := range words {
		if len(word) > n {
			long = append(long, word)
		}
	}
	return long
}
""",
        after="""package p

// Long returns the words that are longer than n, and nil if there is none.
func Long(words map[string]bool, n int) []string {
	long := make([]string, 0, len(words))
	for word := range words {
		if len(word) > n {
			long = append(long, word)
		}
	}
	return long
}
""",
        probe="""words := map[string]bool{}
for i := range 40 {
	words[strings.Repeat("é", i)] = true
}
for _, n := range []int{-1, 10, 77, 100} {
	emit(len(Long(words, n)))
}
emit(len(Long(nil, 0)))""",
        probe_imports=("strings",),
        saves=5,
        applicability=Applicability.REVIEW,
        undriven={"Long": "what it returns has the order of a map"},
    ),
    Example(
        before="""package p

// Read reads as many bytes as a header promises.
func Read(promised int, next func() byte) []byte {
	data := []byte{}
	for i := 0; i < promised; i++ {
		data = append(data, next())
	}
	return data
}
""",
        after="""package p

// Read reads as many bytes as a header promises.
func Read(promised int, next func() byte) []byte {
	data := make([]byte, 0, max(promised, 0))
	for i := 0; i < promised; i++ {
		data = append(data, next())
	}
	return data
}
""",
        probe="""next := func() byte { return 7 }
emit(Read(100, next))
emit(Read(0, next))
emit(Read(-1, next))
func() {
	defer func() { emit(recover()) }()
	Read(3, func() byte { panic("no more") })
}()""",
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

func Steps(n int) []func(int) int {
	var steps []func(int) int
	sum := 0
	for i := 0; i < n; i++ {
		sum += i
		at := sum
		steps = append(steps, func(by int) int {
			if by == 0 {
				return -1
			}
			return at / by
		})
	}
	return steps
}
""",
        after="""package p

func Steps(n int) []func(int) int {
	var steps []func(int) int
	sum := 0
	if n > 0 {
		steps = make([]func(int) int, 0, n)
	}
	for i := 0; i < n; i++ {
		sum += i
		at := sum
		steps = append(steps, func(by int) int {
			if by == 0 {
				return -1
			}
			return at / by
		})
	}
	return steps
}
""",
        probe="""for _, n := range []int{-1, 0, 1, 9, 40} {
	for i, step := range Steps(n) {
		emit(step(i % 3))
	}
	emit(Steps(n) == nil)
}""",
        saves=3,
    ),
    Example(
        before="""package p

// Triangle has a row for each number up to n.
func Triangle(n int) [][]int {
	rows := [][]int{}
	for i := 0; i <= n; i++ {
		var row []int
		for j := 0; j <= i; j++ {
			row = append(row, i*j)
		}
		rows = append(rows, row)
	}
	return rows
}

func Between(low, high int64) (numbers []int64) {
	for at := low; at < high; at++ {
		numbers = append(numbers, at)
	}
	return numbers
}

func Reversed(words []string) []string {
	var reversed []string
	for i := len(words) - 1; i >= 0; i-- {
		reversed = append(reversed, words[i])
	}
	return reversed
}

func Down(n uint8) int {
	bits := []uint8{}
	for i := n; i >= 1; i-- {
		bits = append(bits, i)
	}
	return len(bits)
}

func Halves(text string) []string {
	halves := []string{}
	for i := 0; i+1 < len(text); i += 2 {
		halves = append(halves, text[i:i+2])
	}
	return halves
}

func Odd(digits string) []byte {
	odd := make([]byte, 0)
	for i := 1; i < len(digits)-1; i += 2 {
		odd = append(odd, digits[i])
	}
	return odd
}

type Scale struct {
	name  string
	marks []float64
}

func NewScale(n int) *Scale {
	s := &Scale{name: "linear"}
	for i := 0; i < n; i++ {
		s.marks = append(s.marks, float64(i)/2)
	}
	return s
}

func Windows(size uint8, text string) []int {
	n := int(size)
	found := []int{}
	for i := 0; i <= len(text)-n; i++ {
		found = append(found, i+n)
	}
	return found
}

func Steps(text string) int {
	pairs := []string{}
	for i, rest := 0, text; i < 3; i++ {
		pairs = append(pairs, rest)
	}
	changes := []byte{}
	for i := 0; i < len(text)-1; i++ {
		changes = append(changes, text[i], text[i+1])
	}
	return len(pairs) + len(changes)
}
""",
        after="""package p

// Triangle has a row for each number up to n.
func Triangle(n int) [][]int {
	rows := make([][]int, 0, max(n+1, 0))
	for i := 0; i <= n; i++ {
		var row []int
		if i >= 0 {
			row = make([]int, 0, i+1)
		}
		for j := 0; j <= i; j++ {
			row = append(row, i*j)
		}
		rows = append(rows, row)
	}
	return rows
}

func Between(low, high int64) (numbers []int64) {
	if low < high {
		numbers = make([]int64, 0, high-low)
	}
	for at := low; at < high; at++ {
		numbers = append(numbers, at)
	}
	return numbers
}

func Reversed(words []string) []string {
	var reversed []string
	if len(words) > 0 {
		reversed = make([]string, 0, len(words))
	}
	for i := len(words) - 1; i >= 0; i-- {
		reversed = append(reversed, words[i])
	}
	return reversed
}

func Down(n uint8) int {
	bits := make([]uint8, 0, n)
	for i := n; i >= 1; i-- {
		bits = append(bits, i)
	}
	return len(bits)
}

func Halves(text string) []string {
	halves := make([]string, 0, len(text)/2)
	for i := 0; i+1 < len(text); i += 2 {
		halves = append(halves, text[i:i+2])
	}
	return halves
}

func Odd(digits string) []byte {
	odd := make([]byte, 0, (len(digits)-1)/2)
	for i := 1; i < len(digits)-1; i += 2 {
		odd = append(odd, digits[i])
	}
	return odd
}

type Scale struct {
	name  string
	marks []float64
}

func NewScale(n int) *Scale {
	s := &Scale{name: "linear"}
	if n > 0 {
		s.marks = make([]float64, 0, n)
	}
	for i := 0; i < n; i++ {
		s.marks = append(s.marks, float64(i)/2)
	}
	return s
}

func Windows(size uint8, text string) []int {
	n := int(size)
	found := make([]int, 0, max(len(text)-n+1, 0))
	for i := 0; i <= len(text)-n; i++ {
		found = append(found, i+n)
	}
	return found
}

func Steps(text string) int {
	pairs := []string{}
	for i, rest := 0, text; i < 3; i++ {
		pairs = append(pairs, rest)
	}
	changes := make([]byte, 0, 2*max(len(text)-1, 0))
	for i := 0; i < len(text)-1; i++ {
		changes = append(changes, text[i], text[i+1])
	}
	return len(pairs) + len(changes)
}
""",
        probe="""for _, n := range []int{-5, -1, 0, 1, 9, 40, 200} {
	emit(Triangle(n))
	emit(Between(int64(n), 17) == nil)
	emit(Between(3, int64(n)))
	emit(Down(uint8(n)))
	text := strings.Repeat("0123456789", max(n, 0)/4)[min(max(n, 0)%7, max(n, 0)/4):]
	emit(Windows(uint8(n), text))
	emit(NewScale(n).marks)
	emit(Halves(text))
	emit(Halves(text + "."))
	emit(Odd(text))
	emit(Steps(text))
	emit(Reversed(strings.Split(text, "3")))
}
emit(Between(math.MaxInt64-1, math.MinInt64+1))
emit(Between(math.MinInt64, math.MinInt64+3))
emit(Reversed(nil) == nil)""",
        probe_imports=("math", "strings"),
        saves=5,
    ),
    Example(
        before="""package p

// Span has a field with the name of a function of the language, which that hides nowhere.
type Span struct{ start, len int }

func Spans(words []string) []Span {
	spans := []Span{}
	for i, word := range words {
		spans = append(spans, Span{start: i, len: len(word)})
	}
	return spans
}
""",
        after="""package p

// Span has a field with the name of a function of the language, which that hides nowhere.
type Span struct{ start, len int }

func Spans(words []string) []Span {
	spans := make([]Span, 0, len(words))
	for i, word := range words {
		spans = append(spans, Span{start: i, len: len(word)})
	}
	return spans
}
""",
        probe="""for _, words := range [][]string{nil, {"a"}, make([]string, 50)} {
	emit(len(Spans(words)))
}""",
        saves=3,
    ),
)

REFUSALS = (
    Refused(
        """package p

import (
	"bufio"
	"io"
)

func Lines(r io.Reader) ([]string, error) {
	var lines []string
	for sc := bufio.NewScanner(r); sc.Scan(); {
		if sc.Text() == "." {
			return lines, nil
		}
		lines = append(lines, sc.Text())
	}
	return lines, nil
}
""",
        "does not simply count",
    ),
    Refused(
        """package p

func Twice(n uint8) []uint8 {
	all := []uint8{}
	for i := uint8(0); i < n; i++ {
		all = append(all, i, i)
	}
	return all
}
""",
        "too large for its type",
    ),
    Refused(
        """package p

func Count(n int16) []int16 {
	all := []int16{}
	for i := int16(0); i <= n; i++ {
		all = append(all, i)
	}
	return all
}
""",
        "too large for its type",
    ),
    Refused(
        """package p

func Down(n uint) []uint {
	all := []uint{}
	for i := n; i >= 0; i-- {
		all = append(all, 1/i)
	}
	return all
}
""",
        "may never come to its end",
    ),
    Refused(
        """package p

func Skip(n, by int) []int {
	all := []int{}
	for i := 0; i < n; i += by {
		all = append(all, i)
	}
	return all
}
""",
        "does not simply count",
    ),
    Refused(
        """package p

func Index(low, high int) map[int]bool {
	index := map[int]bool{}
	for i := low; i < high; i++ {
		index[i] = true
	}
	return index
}
""",
        "may be negative",
    ),
    Refused(
        """package p

func Count(words []string) (most int) {
	seen := map[string]int{}
	for i, word := range words {
		seen[word] = i
		most = max(most, len(seen))
		if word == "" {
			seen = map[string]int{}
		}
	}
	return most
}
""",
        "another map",
    ),
    Refused(
        """package p

func Drain(in chan int) []int {
	var all []int
	for x := range in {
		all = append(all, x)
	}
	return all
}
""",
        "ranges over a chan",
    ),
    Refused(
        """package p

func Flat(rows [][]int) []int {
	var all []int
	for _, row := range rows {
		for _, x := range row {
			all = append(all, x)
		}
	}
	return all
}
""",
        "in another block",
    ),
    Refused(
        """package p

func Snapshots(xs []int) [][]int {
	var (
		all [][]int
		own []int
	)
	for _, x := range xs {
		own = append(own, x)
		all = append(all, own)
	}
	for i := range all {
		all[i] = append(all[i], -1)
	}
	return all[:1]
}
""",
        "own is given away in the loop",
    ),
    Refused(
        """package p

import "errors"

func Read(next func() (byte, error), size uint32) ([]byte, error) {
	var data []byte
	for i := uint32(0); i < size; i++ {
		b, err := next()
		if err != nil {
			return nil, errors.New("too short")
		}
		data = append(data, b)
	}
	return data, nil
}
""",
        "may end before",
    ),
    Refused(
        """package p

func Growth(xs []int) (all []int) {
	all = append(all, 1)
	for _, x := range xs {
		all = append(all, x)
	}
	return all
}
""",
        "used before the loop",
    ),
    Refused(
        """package p

func Room(xs []int) int {
	var all []int
	for _, x := range xs {
		all = append(all, x)
	}
	return cap(all)
}
""",
        "capacity",
    ),
    Refused(
        """package p

func Later(xs []int) ([]int, func(int)) {
	var all []int
	add := func(x int) { all = append(all, x) }
	for _, x := range xs {
		all = append(all, x)
	}
	return all, add
}
""",
        "used before the loop",
    ),
    Refused(
        """package p

func Check(rows []string, check func(string) error) (bad []string) {
	for _, row := range rows {
		if err := check(row); err != nil && row != "" {
			bad = append(bad, row+": "+err.Error())
		}
	}
	return bad
}
""",
        "seldom",
    ),
    Refused(
        """package p

func Group(rows []string) map[byte][]string {
	groups := make(map[byte][]string)
	for _, row := range rows {
		groups[row[0]] = append(groups[row[0]], row)
	}
	return groups
}
""",
        "there may be few",
    ),
    Refused(
        """package p

type total struct{ rows, bytes int }

func Totals(rows []string) map[byte]*total {
	totals := map[byte]*total{}
	for _, row := range rows {
		found, ok := totals[row[0]]
		if !ok {
			found = &total{}
			totals[row[0]] = found
		}
		found.rows++
		found.bytes += len(row)
	}
	return totals
}
""",
        "there may be few",
    ),
    Refused(
        """package p

type route struct{ method, path string }

func Find(routes []route, method, path string) (found *route, allowed []string) {
	for i, one := range routes {
		if one.path != path {
			continue
		}
		if one.method == method {
			return &routes[i], nil
		}
		allowed = append(allowed, one.method)
	}
	return nil, allowed
}
""",
        "may end before",
    ),
    Refused(
        """package p

func Until(words []string, stop string) (found []string) {
	for _, word := range words {
		if word == stop {
			break
		}
		found = append(found, word)
	}
	return found
}
""",
        "may end before",
    ),
    Refused(
        """package p

func Most(words []string, size int) (most int) {
	seen := map[string]bool{}
	for i, word := range words {
		if i%size == 0 {
			clear(seen)
		}
		seen[word] = true
		most = max(most, len(seen))
	}
	return most
}
""",
        "seen is emptied in the loop",
    ),
    Refused(
        """package p

func Near(words []string, distance int) bool {
	last := make(map[string]struct{})
	for i, word := range words {
		if _, ok := last[word]; ok {
			return true
		}
		last[word] = struct{}{}
		if i >= distance {
			delete(last, words[i-distance])
		}
	}
	return false
}
""",
        "last is emptied in the loop",
    ),
    Refused(
        """package p

func Waiting(jobs chan int) []int {
	found := []int{}
	for i := 0; i < len(jobs); i++ {
		found = append(found, <-jobs)
	}
	return found
}
""",
        "the loop changes what it counts",
    ),
)
