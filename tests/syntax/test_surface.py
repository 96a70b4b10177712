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


def of(text: str, *bodies: str) -> FileSurface:
    return surface(parse(text.encode()), bodies.__contains__)


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


SEEN: list[Callable[[str], str]] = [
    lambda go: go.replace("a int", "a int64"),
    lambda go: go.replace('json:"a"', 'json:"b"'),
    lambda go: go.replace('1, "x"', '1, "y"'),
    lambda go: go.replace('1, "x"', '1, "x "'),
    lambda go: go.replace("return 1 }()", "return 2 }()"),
    lambda go: go.replace("//go:noinline\n", ""),
    lambda go: go.replace("//go:noinline", "//go:nosplit"),
    lambda go: go.replace("//go:noinline", "//go:linkname Kept runtime.kept"),
    lambda go: go.replace("Kept(x int)", "Kept(x, y int)"),
    lambda go: go.replace("(int, error)", "(n int, err error)"),
    lambda go: go.replace("b.Grow(1)", "b.Grow(2)"),
    lambda go: go.replace("generic.Call(e)", "generic.Call(e, e)"),
    lambda go: go.replace("method.Call(k)", "method.Call()"),
    lambda go: go.replace('str "strings"', 'str "bytes"'),
    lambda go: go.replace("func (t *T) M()", "func (t T) M()"),
    lambda go: go.replace("func (t *T) M() { other.Call() }\n", ""),
    lambda go: go.replace("type T struct", "type T = struct"),
]


@pytest.mark.parametrize("edit", SEEN)
def test_edits_that_importers_can_see(edit: Callable[[str], str]) -> None:
    assert edit(GO) != GO
    assert of(edit(GO), "inlinable").digest != of(GO, "inlinable").digest


def test_a_body_counts_where_the_function_can_be_inlined() -> None:
    changed = GO.replace("other.Call()", "other.Call(1)")
    assert of(changed, "(*T).M").digest != of(GO, "(*T).M").digest
    assert of(GO, "(*T).M").digest != of(GO).digest
    assert of(GO, "T.M").digest == of(GO).digest


def test_qualifiers_are_those_of_what_is_seen() -> None:
    assert {"fmt", "str", "b", "generic", "method"} <= of(GO, "inlinable").qualifiers
    assert "other" not in of(GO, "inlinable").qualifiers
    assert "other" in of(GO, "(*T).M").qualifiers
    assert of("package p\nvar x = a.b.c\n").qualifiers == {"a"}
    assert of("package p\nvar x = é.b\n").qualifiers == {"é"}


def test_imports() -> None:
    assert of(GO).imports == (("", "fmt"), ("str", "strings"), ("_", "embed"))
    assert of('package p\nimport "a/b"\nimport . "c"\n').imports == (("", "a/b"), (".", "c"))


def test_what_cgo_reads() -> None:
    cgo = 'package p\n\n// #define N {}\nimport "C"\n'
    assert of(cgo.format(1)).digest != of(cgo.format(2)).digest
    other = 'package p\n\n// #define N {}\nimport "D"\n'
    assert of(other.format(1)).digest == of(other.format(2)).digest


def test_directives_in_groups() -> None:
    group = "package p\n\nvar (\n\t//go:embed {}\n\ts string\n)\n"
    assert of(group.format("a")).digest != of(group.format("b")).digest


@pytest.mark.parametrize(
    "text", ["", "package", "package p\nfunc f( {", "package p\nfunc f() {\n\tx(", "\xff}}}", "package p\n`"]
)
def test_broken_code(text: str) -> None:
    assert of(text).digest != of(text + "\ntype X int").digest


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
