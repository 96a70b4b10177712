"""# concrete-parameter

A parameter of interface type that only ever gets values of one type gets that type; one that gets values of several
becomes generic.

## Why it saves

A value that is passed as an interface is copied to the heap unless it is a pointer, and since the compiler does not
know which method an interface calls, all that is passed to it escapes. With a concrete type neither happens.

## When it is offered

For an unexported function of which all uses, tests included, are calls with a value of the same type, and whose body
only calls methods of the parameter or passes it on as an interface. If the types differ, and methods are called, the
function gets a type parameter with the interface as its constraint.

## When it is not

If the body compares the parameter, asserts or switches on its type, assigns it, or passes it to a generic function;
if the function is used as a value, is a method, or is known to the linker under another name; and in packages with
files for other systems, which may call it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.core.facts import TypeInfo
from stackward.rewrites._imports import package_level
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite, Span
from stackward.rewrites._scene import Scene, arguments, replace_node
from stackward.rewrites._targets import spelled
from stackward.rewrites._variables import at, context, inside, method_called, variable
from stackward.syntax.tree import SourceFile, text_of

# Packages whose functions that take interfaces are not generic.
_PLAIN = ("bufio.", "encoding/", "errors.", "fmt.", "io.", "log.", "strconv.", "testing.")


def suits(node: Node, source: SourceFile) -> bool:
    function = node.parent.parent if node.parent is not None else None
    kind = node.child_by_field_name("type")
    if function is None or function.type != "function_declaration" or kind is None:
        return False
    name, body = function.child_by_field_name("name"), function.child_by_field_name("body")
    if name is None or body is None or function.child_by_field_name("parameters") != node.parent:
        return False
    return (
        kind.type in {"interface_type", "qualified_type", "type_identifier"}
        and not text_of(name, source)[:1].isupper()
        and function.child_by_field_name("type_parameters") is None
        and text_of(name, source) not in {"_", "init", "main"}
    )


def propose(scene: Scene) -> Iterator[Offer]:
    function = scene.function(scene.node)
    names, kind = scene.node.children_by_field_name("name"), scene.node.child_by_field_name("type")
    if function is None or kind is None or len(names) != 1:
        return
    info = scene.type(names[0])
    if info is None or info.kind != "interface":
        return
    parameter = scene.text(names[0])
    own = scene.text(function.child_by_field_name("name") or function)
    if scene.package.hides(own):
        yield Refusal("files that are not compiled here may call it")
        return
    if re.search(rf"^//(?:go:linkname|export) {own}\b".encode(), scene.source.text, re.MULTILINE):
        yield Refusal("the linker or C may know the function")
        return
    given = _given(scene, function, names[0])
    if isinstance(given, str):
        yield Refusal(given)
        return
    refused = _body(scene, function, names[0])
    if refused:
        yield Refusal(refused)
        return
    yield _concrete(scene, given[0], parameter, kind) if len(given) == 1 else _generic(scene, function, given, names[0])


def _concrete(scene: Scene, given: TypeInfo, parameter: str, kind: Node) -> Offer:
    """The parameter gets the one type that it is given."""
    typed = spelled(scene, given)
    if typed is None or not _visible(scene, given):
        return Refusal(f"{given.type} has no name here")
    title = f"Take {typed} instead of {scene.text(kind)} for {parameter}"
    return Proposal(title, {scene.path: (replace_node(kind, typed),)})


def _generic(scene: Scene, function: Node, given: Sequence[TypeInfo], name: Node) -> Offer:
    """The function gets a type parameter, for which the interface is the constraint."""
    known, own = variable(scene, name), function.child_by_field_name("name")
    kind = scene.node.child_by_field_name("type")
    assert own is not None
    assert kind is not None
    # What only becomes an interface further on is boxed there.
    if known is None or not any(method_called(one.node) for one in known.references) or scene.package.language < 18:
        return Refusal(f"calls pass {' and '.join(sorted(info.type for info in given))}")
    typed = scene.free_name("T", within=function)
    declared = Replacement(own.end_byte, own.end_byte, f"[{typed} {scene.text(kind)}]".encode())
    title = f"Make {scene.text(own)} generic, so that {scene.text(name)} is not boxed"
    return Proposal(title, {scene.path: (declared, replace_node(kind, typed))})


def _visible(scene: Scene, info: TypeInfo) -> bool:
    """Whether a type of this package is one of the package, not of a function."""
    if info.package != scene.package.import_path:
        return True
    name = info.type.lstrip("*[]").partition("[")[0]
    return any(name in package_level(source) for source in scene.package.files.values())


def _index(function: Node, name: Node) -> int:
    """The number of a parameter; -1 for a variadic function."""
    listed = function.child_by_field_name("parameters")
    number = 0
    for declared in listed.named_children if listed is not None else ():
        if declared.type == "variadic_parameter_declaration":
            return -1
        if declared.type == "comment":
            continue
        names = declared.children_by_field_name("name")
        if name in names:
            return number + names.index(name)
        number += len(names) or 1
    return -1


def _given(scene: Scene, function: Node, name: Node) -> list[TypeInfo] | str:
    """The types of what all calls pass; or why they are not known."""
    called, number = function.child_by_field_name("name"), _index(function, name)
    uses = scene.uses(called) if called is not None else None
    if called is None or uses is None or number < 0:
        return "its calls are not known"
    listed = function.child_by_field_name("parameters")
    assert listed is not None
    types: dict[str, TypeInfo] = {}
    for use in uses:
        source = scene.package.files.get(use.path)
        node = at(source, use.offset, use.offset + len(scene.text(called).encode())) if source is not None else None
        call = context(node) if node is not None else None
        if node is None or call is None or call.type != "call_expression" or not inside(node, call.children[0]):
            return "the function is used as a value"
        passed = arguments(call)
        if number >= len(passed) or any(one.type == "variadic_argument" for one in passed):
            return "its calls pass several values at once"
        if use.path == scene.path and inside(call, function) and passed[number].text == name.text:
            continue  # It calls itself.
        facts = scene.facts_at(Span(use.path, passed[number].start_byte, passed[number].end_byte))
        info = facts.type if facts is not None else None
        if info is None or info.kind in {"interface", "invalid", "tuple", "type parameter", "untyped nil"}:
            return "some call passes an interface or nil"
        types[f"{info.package} {info.type}"] = info
    return list(types.values()) or "nothing calls it"


def _body(scene: Scene, function: Node, name: Node) -> str:
    """Why the body needs an interface; empty if it does not."""
    known = variable(scene, name)
    if known is None:
        return "the uses of the parameter are not known"
    own = scene.text(function.child_by_field_name("name") or function)
    for one in known.references:
        if one.use.write or one.use.address:
            return f"{known.name} is assigned"
        if method_called(one.node) is not None:
            continue
        outer = context(one.node)
        call = outer.parent if outer is not None and outer.type == "argument_list" else None
        callee = scene.callee(call) if call is not None else ""
        facts = scene.facts(call) if call is not None else None
        if call is None or facts is None or facts.call is None or not callee:
            return f"{known.name} is used in a way that may need an interface"
        if callee == f"{scene.package.import_path}.{own}":
            continue
        plain = callee.lstrip("(*").startswith(_PLAIN) or _own_plain(scene, callee)
        number = next(at for at, given in enumerate(arguments(call)) if inside(one.node, given))
        params = facts.call.params
        last = params[min(number, len(params) - 1)].type if params else None
        variadic = facts.call.variadic and number >= len(params) - 1
        wanted = last.elem if variadic and last is not None else last
        if not plain or wanted is None or wanted.kind != "interface":
            return f"{known.name} is passed to what may need an interface"
    return ""


def _own_plain(scene: Scene, callee: str) -> bool:
    """Whether a function is one of this package, and not generic."""
    name = callee.removeprefix(f"{scene.package.import_path}.")
    if name == callee or "." in name:
        return False
    for source in scene.package.files.values():
        for node in source.tree.root_node.named_children:
            own = node.child_by_field_name("name")
            if node.type == "function_declaration" and own is not None and text_of(own, source) == name:
                return node.child_by_field_name("type_parameters") is None
    return False


REWRITE = Rewrite(
    "concrete-parameter", "a type for an interface, or a type parameter", ("parameter_declaration",), suits, propose
)

_NUMBER = """package p

import "strconv"

type number int

func (n number) String() string { return strconv.Itoa(int(n)) }

func Label(n int, name string) string { return label(n%4, number(n), name) }
"""

EXAMPLES = (
    Example(
        before="""package p

type shape interface {
	area() int
	edge() int
}

type box struct{ width, height int }

func (b box) area() int { return b.width * b.height }
func (b box) edge() int { return 2 * (b.width + b.height) }

// price knows no other shapes yet.
func price(s shape, perUnit int) int {
	return s.area()*perUnit + s.edge()
}

func Total(sizes ...int) int {
	sum := 0
	for _, size := range sizes {
		sum += price(box{size, size + 1}, 3)
	}
	return sum + price(box{2, -4}, 1)
}
""",
        after="""package p

type shape interface {
	area() int
	edge() int
}

type box struct{ width, height int }

func (b box) area() int { return b.width * b.height }
func (b box) edge() int { return 2 * (b.width + b.height) }

// price knows no other shapes yet.
func price(s box, perUnit int) int {
	return s.area()*perUnit + s.edge()
}

func Total(sizes ...int) int {
	sum := 0
	for _, size := range sizes {
		sum += price(box{size, size + 1}, 3)
	}
	return sum + price(box{2, -4}, 1)
}
""",
        probe="""emit(Total())
emit(Total(0, -1, 7, 1<<40))""",
        saves=4,
    ),
    Example(
        before="""package p

import (
	"bytes"
	"io"
)

func quote(w io.Writer, s string) {
	w.Write([]byte{'"'})
	w.Write([]byte(s))
	w.Write([]byte{'"'})
}

func Quoted(s string) int {
	var buf bytes.Buffer
	quote(&buf, s)
	return len(buf.Bytes())
}
""",
        after="""package p

import (
	"bytes"
)

func quote(w *bytes.Buffer, s string) {
	w.Write([]byte{'"'})
	w.Write([]byte(s))
	w.Write([]byte{'"'})
}

func Quoted(s string) int {
	var buf bytes.Buffer
	quote(&buf, s)
	return len(buf.Bytes())
}
""",
        probe="""for _, s := range []string{"", "é", "a long text that needs more than one growth"} {
	emit(Quoted(s))
}""",
        saves=3,
    ),
    Example(
        before="""package p

import "fmt"

func label(depth int, id fmt.Stringer, name string) string {
	if depth > 2 {
		return "..."
	}
	if depth%2 == 1 {
		return id.String() + name
	}
	return id.String() + label(depth+1, id, name)
}
""",
        after="""package p

func label(depth int, id number, name string) string {
	if depth > 2 {
		return "..."
	}
	if depth%2 == 1 {
		return id.String() + name
	}
	return id.String() + label(depth+1, id, name)
}
""",
        also={
            "q.go": (
                _NUMBER,
                _NUMBER,
            )
        },
        probe="""for _, n := range []int{0, 1, 2, 3, 1000, -999999} {
	emit(Label(n, "é"))
}""",
        saves=2,
    ),
    Example(
        before="""package p

import "math"

type shape interface{ area() float64 }

type square struct{ side, turn float64 }

func (s square) area() float64 { return s.side * s.side }

type circle struct{ x, y, radius float64 }

func (c circle) area() float64 { return math.Pi * c.radius * c.radius }

// or has a T of its own.
func or[T comparable](value, other T) T {
	var zero T
	if value == zero {
		return other
	}
	return value
}

func larger(s shape, than float64) float64 {
	if s.area() > than {
		return s.area()
	}
	return than
}

func Largest(sides, radii []float64) (most float64) {
	for _, side := range sides {
		most = larger(square{side, 0}, most)
	}
	for _, radius := range radii {
		most = larger(circle{0, 0, radius}, most)
	}
	return or(most, -1)
}
""",
        after="""package p

import "math"

type shape interface{ area() float64 }

type square struct{ side, turn float64 }

func (s square) area() float64 { return s.side * s.side }

type circle struct{ x, y, radius float64 }

func (c circle) area() float64 { return math.Pi * c.radius * c.radius }

// or has a T of its own.
func or[T comparable](value, other T) T {
	var zero T
	if value == zero {
		return other
	}
	return value
}

func larger[T shape](s T, than float64) float64 {
	if s.area() > than {
		return s.area()
	}
	return than
}

func Largest(sides, radii []float64) (most float64) {
	for _, side := range sides {
		most = larger(square{side, 0}, most)
	}
	for _, radius := range radii {
		most = larger(circle{0, 0, radius}, most)
	}
	return or(most, -1)
}
""",
        probe="""emit(Largest(nil, nil))
emit(Largest([]float64{1, -7, 0.5}, []float64{2, math.NaN(), -3}))
emit(Largest([]float64{math.Inf(1), 3}, []float64{1e300}))""",
        probe_imports=("math",),
        saves=4,
    ),
)

REFUSALS = (
    Refused(
        """package p

import "fmt"

func show(v any) string { return fmt.Sprint(v) }

func Show(n int, s string) string { return show(n) + show(s) }
""",
        "calls pass int and string",
    ),
    Refused(
        """package p

import "fmt"

func show(v any) string { return fmt.Sprint(v) }

var Shown = show

func Show(n int) string { return show(n) }
""",
        "used as a value",
    ),
    Refused(
        """package p

type failure struct{ code int }

func (f *failure) Error() string { return "failed" }

func failed(err error) bool { return err != nil }

func Failed(f *failure) bool { return failed(f) }
""",
        "may need an interface",
    ),
    Refused(
        """package p

func size(v any) int {
	switch v := v.(type) {
	case int:
		return v
	}
	return 0
}

func Size(n int) int { return size(n) }
""",
        "may need an interface",
    ),
    Refused(
        """package p

import "fmt"

func show(v any) string { return fmt.Sprint(v, v) }

func Show(v fmt.Stringer) string { return show(v) }
""",
        "passes an interface",
    ),
    Refused(
        """package p

import "fmt"

func show(v any) string { return fmt.Sprint("value ", v) }

func Show(n int) string { return show(n) }
""",
        "would",
    ),
)
