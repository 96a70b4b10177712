"""What of a file matters to importers: which edits change its surface, and which do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stackward.syntax.lexer import tokens
from stackward.syntax.surface import FileSurface, surface
from stackward.syntax.tree import parse

GO = """// Package p.
package p

import (
	"fmt"
	str "strings"
	_ "embed"
)

// T is a type.
type T struct {
	a int `json:"a"`
	b fmt.Stringer
}

const c, d = 1, "x"

var v = func() int { return 1 }()

//go:noinline
func Kept(x int) (int, error) {
	y := x + 1 // Comment.
	return y, nil
}

func inlinable(b *str.Builder) { b.Grow(1) }

func (t *T) M() { other.Call() }

func Gen[E any](e E) { generic.Call(e) }

func (g *G[K]) Put(k K) { method.Call(k) }
"""


def of(text: str, *bodies: str, **told: str) -> FileSurface:
    return surface(parse(text.encode()), bodies, told)


def digests(text: str, *bodies: str, **told: str) -> dict[str, list[bytes]]:
    """Those of each name, and under the empty one those of what concerns all importers."""
    found: dict[str, list[bytes]] = {}
    for one in of(text, *bodies, **told).declarations:
        for name in one.names or ("",):
            found.setdefault(name, []).append(one.digest)
    return found


def differing(one: str, other: str, *bodies: str) -> set[str]:
    """The names that are seen otherwise in another text."""
    before, after = digests(one, *bodies), digests(other, *bodies)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


UNSEEN: list[Callable[[str], str]] = [
    lambda go: go.replace("y := x + 1", "y := x + 2"),
    lambda go: go.replace("other.Call()", "other.Call(1)"),
    lambda go: go.replace("// T is a type.", "// T is another type.\n//\n// Really."),
    lambda go: go.replace("// T is a type.\n", ""),
    lambda go: go.replace("\n\n", "\n\n\n\n"),
    lambda go: go.replace("\n", "\r\n"),
    lambda go: go.replace("\t", "        "),
    lambda go: go.replace("const c, d = 1", "const c, /* é */ d = 1"),
    lambda go: go.replace("b fmt.Stringer\n}", "b fmt.Stringer; }"),
    lambda go: go.replace('a int `json:"a"`\n', 'a int `json:"a"`;\n\n'),
    lambda go: go.replace("{ b.Grow(1) }", "{\n\tb.Grow(1)\n}"),
    lambda go: go.replace("b.Grow(1)", "b.Grow(\n\t1,\n)").replace("1,\n)", "1)"),
    lambda go: "// A first line.\n" + go,
    lambda go: go.rstrip("\n"),
]


@pytest.mark.parametrize("edit", UNSEEN)
def test_edits_that_importers_cannot_see(edit: Callable[[str], str]) -> None:
    assert edit(GO) != GO
    assert of(edit(GO), "inlinable") == of(GO, "inlinable")


SEEN: list[tuple[Callable[[str], str], str]] = [
    (lambda go: go.replace("a int", "a int64"), "T"),
    (lambda go: go.replace('json:"a"', 'json:"b"'), "T"),
    (lambda go: go.replace('1, "x"', '1, "y"'), "c d"),
    (lambda go: go.replace('1, "x"', '1, "x "'), "c d"),
    (lambda go: go.replace("return 1 }()", "return 2 }()"), "v"),
    (lambda go: go.replace("//go:noinline\n", ""), "Kept"),
    (lambda go: go.replace("//go:noinline", "//go:nosplit"), "Kept"),
    (lambda go: go.replace("//go:noinline", "//go:linkname Kept runtime.kept"), "Kept"),
    (lambda go: go.replace("Kept(x int)", "Kept(x, y int)"), "Kept"),
    (lambda go: go.replace("(int, error)", "(n int, err error)"), "Kept"),
    (lambda go: go.replace("Kept(x", "Moved(x"), "Kept Moved"),
    (lambda go: go.replace("b.Grow(1)", "b.Grow(2)"), "inlinable"),
    (lambda go: go.replace("generic.Call(e)", "generic.Call(e, e)"), "Gen"),
    (lambda go: go.replace("method.Call(k)", "method.Call()"), "G"),
    (lambda go: go.replace("func (t *T) M()", "func (t T) M()"), "T"),
    (lambda go: go.replace("func (t *T) M() { other.Call() }\n", ""), "T"),
    (lambda go: go.replace("type T struct", "type T = struct"), "T"),
    (lambda go: go + "\nvar further int\n", "further"),
    (lambda go: go.replace("package p", "package q"), ""),
    (lambda go: go + "\n//go:debug x=1\n", ""),
]


@pytest.mark.parametrize(("edit", "names"), SEEN)
def test_edits_that_importers_can_see(edit: Callable[[str], str], names: str) -> None:
    assert differing(GO, edit(GO), "inlinable") == set(names.split(" "))


def test_a_body_counts_where_the_function_can_be_inlined() -> None:
    changed = GO.replace("other.Call()", "other.Call(1)")
    assert differing(GO, changed) == set()
    assert differing(GO, changed, "T.M") == set()
    assert differing(GO, changed, "(*T).M") == {"T"}


def test_what_the_compiler_found_out_counts() -> None:
    leaks, stays = digests(GO, Kept="leaks"), digests(GO)
    assert {name for name in stays if leaks[name] != stays[name]} == {"Kept"}


GROUPS = """package p

const (
	A = iota
	B
	C = 7
	D
	E
)

var (
	F = 1
	G, H = I()
)

type (
	J int
	K = J
)
"""


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("\tE\n", "\tE\n\tZ\n", "Z"),
        ("\tA = iota\n", "\tZ = 9\n\tA = iota\n", "A B Z"),
        ("= iota", "= iota * 2", "A B"),
        ("= 7", "= 8", "C D E"),
        ("\tD\n", "\tD = 8\n", "D E"),
        ("\tB\n", "\t// B is one.\n\tB\n", ""),
        ("F = 1", "F = 2", "F"),
        ("I()", "I(1)", "G H"),
        ("J int", "J uint", "J"),
        ("K = J", "K J", "K"),
    ],
)
def test_groups_are_seen_one_by_one(old: str, new: str, names: str) -> None:
    assert old in GROUPS
    assert differing(GROUPS, GROUPS.replace(old, new)) == set(names.split())


def test_what_a_declaration_mentions() -> None:
    seen = {name: one for one in of(GO, "inlinable").declarations for name in one.names}
    assert seen["T"].members == frozenset()  # Of its last declaration, the method.
    assert seen["inlinable"].members == {("str", "Builder"), ("b", "Grow")}
    assert {"func", "inlinable", "b", "str"} == seen["inlinable"].mentions
    assert seen["Gen"].members == {("generic", "Call")}
    members = [
        one.members
        for text in ("a.b.c", "é.b", "a. // Here.\n\tb")
        for one in of(f"package p\nvar x = {text}\n").declarations
    ]
    assert [one for one in members if one] == [{("a", "b"), ("b", "c")}, {("é", "b")}, {("a", "b")}]


def test_imports() -> None:
    assert of(GO).imports == (("", "fmt"), ("str", "strings"), ("_", "embed"))
    assert of('package p\nimport "a/b"\nimport . "c"\n').imports == (("", "a/b"), (".", "c"))


def test_what_cgo_reads() -> None:
    cgo = 'package p\n\n// #define N {}\nimport "C"\n'
    assert differing(cgo.format(1), cgo.format(2)) == {""}
    other = 'package p\n\n// #define N {}\nimport "D"\n'
    assert differing(other.format(1), other.format(2)) == set()


def test_directives_in_groups() -> None:
    group = "package p\n\nvar (\n\t//go:embed {}\n\ts string\n)\n"
    assert differing(group.format("a"), group.format("b")) == {"s"}


@pytest.mark.parametrize(
    "text", ["", "package", "package p\nfunc f( {", "package p\nfunc f() {\n\tx(", "\xff}}}", "package p\n`"]
)
def test_broken_code(text: str) -> None:
    assert differing(text, text + "\ntype X int") & {"", "X"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("return\nf()", "return f()"),
        ("x := a\n*p = 3", "x := a * p = 3"),
        ("a - -b", "a --b"),
        ("a & ^b", "a &^ b"),
        ("for a;; b {", "for a; b; {"),
        ('"a" "b"', '"a b"'),
        ("a b", "ab"),
        ("break\nL:", "break L:"),
        ("x++\n(y)", "x++(y)"),
        ("'a'\n(y)", "'a'(y)"),
        ("f() /*\n*/ g()", "f() g()"),
    ],
)
def test_different_programs_have_different_tokens(one: str, other: str) -> None:
    assert list(tokens(one.encode())) != list(tokens(other.encode()))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("f(a,\n\tb)", "f(a, b)"),
        ("a +\nb", "a + b"),
        ("a.\nb", "a.b"),
        ("x = 1; y = 2", "x = 1\n\n\ny = 2 // two"),
        ("{ x = 1 }", "{\n\tx = 1;\n}"),
        ("if x {\n} else {\n}", "if x {} else {}"),
        ("f() /* one line */ + 1", "f() + 1"),
        ("a[1:2]...", "a [ 1 : 2 ] ..."),
        ("1.5e+3 .5 0x_Fp-2 1i", "1.5e+3  .5  0x_Fp-2  1i"),
        ('`a\n"b` "\\"`"', '`a\n"b`   "\\"`"'),
    ],
)
def test_the_same_program_has_the_same_tokens(one: str, other: str) -> None:
    assert list(tokens(one.encode())) == list(tokens(other.encode()))


def test_tokens() -> None:
    text = b"func (t *T[K]) \xc3\xa9(x ...int) (<-chan int) { x[0] <<= 'a' &^ `b`; y--\n}\n\nvar z"
    assert b" ".join(tokens(text)) == (
        b"func ( t * T [ K ] ) \xc3\xa9 ( x ... int ) ( <- chan int ) { x [ 0 ] <<= 'a' &^ `b` ; y -- } ; var z"
    )
