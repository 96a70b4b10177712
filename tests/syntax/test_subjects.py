"""Expressions as the compiler prints them."""

from __future__ import annotations

import pytest

from stackward.syntax import subjects

LONG = '"' + "x" * 68 + "..."


@pytest.mark.parametrize(
    ("subject", "callee", "argument"),
    [
        ("f(x)", "f", "x"),
        ("(*T).M(x, y)", "(*T).M", "x, y"),
        ("([]byte)(s)", "([]byte)", "s"),
        ("f(g(x))", "f", "g(x)"),
        ("f(x)(y)", "f(x)", "y"),
        ('f(")", \'(\', "\\"(")', "f", '")", \'(\', "\\"("'),
        (f"f({LONG}, ... argument...)", "f", f"{LONG}, ... argument..."),
        ("interface {}(x)", "interface {}", "x"),
        ("Map[go.shape.int, struct { a int }](x)", "Map[go.shape.int, struct { a int }]", "x"),
        ("(func literal)(3)", "(func literal)", "3"),
    ],
)
def test_calls(subject: str, callee: str, argument: str) -> None:
    assert subjects.is_call(subject)
    assert (subjects.callee(subject), subjects.argument(subject)) == (callee, argument)


@pytest.mark.parametrize(
    "subject",
    [
        "x",
        "(x)",
        "x.(T)",
        "a + f(x)",
        "*f(x)",
        "-f(x)",
        "&f(x)",
        "m[f(x)]",
        "T{...}",
        '"f(x)"',
        "f(x) == g(y)",
        "",
        ")",
    ],
)
def test_what_is_no_call(subject: str) -> None:
    assert not subjects.is_call(subject)


@pytest.mark.parametrize(
    "subject", ['"x"', '""', "`x`", "'/'", "0", "-1", "1.5", "1e+06", "+Inf", "true", "false", "nil", "(0 + 1i)", LONG]
)
def test_literals(subject: str) -> None:
    assert subjects.is_literal(subject)
    assert subjects.is_constant(subject)
    assert subjects.is_constant(f"time.Duration({subject})")


@pytest.mark.parametrize(
    "subject", ['"a" + b', '"x"[0:i]', "x", "-x", "f(1)", "([]byte)(nil)", "1 + x", "'a' + b", "~r0", ""]
)
def test_what_is_no_literal(subject: str) -> None:
    assert not subjects.is_literal(subject)


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("f", "f"),
        ("pkg.F", "F"),
        ("x.y.M", "M"),
        ("(*T).M", "M"),
        ("F[go.shape.int]", "F"),
        ("(*G[pkg.K]).Put", "Put"),
        ("([]byte)", "byte"),
    ],
)
def test_last_names(subject: str, name: str) -> None:
    assert subjects.last_name(subject) == name


def test_names_without_packages() -> None:
    assert subjects.name("strings.b") == "b"
    assert subjects.name("é") == "é"
    assert subjects.name("x.y[0]") == "x.y[0]"


def test_temporaries() -> None:
    assert [subjects.is_temporary(one) for one in ("~r0", ".autotmp_12", "~r", "r0", "autotmp_1")] == [
        True,
        True,
        *[False] * 3,
    ]


def test_composites() -> None:
    assert [subjects.is_composite(one) for one in ("T{...}", "&T{}", "[]int{...}", '"{}"', "x")] == [
        *[True] * 3,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("subject", "arguments"),
    [
        ("f()", []),
        ("(*q.Store).Keep(s, 2, &x)", ["s", "2", "&x"]),
        ("f(g(a, b), []int{...}, m[k, j], ... argument...)", ["g(a, b)", "[]int{...}", "m[k, j]", "... argument..."]),
        ("f(\",\", ',', x)", ['","', "','", "x"]),
        ("x", []),
    ],
)
def test_arguments(subject: str, arguments: list[str]) -> None:
    assert subjects.arguments(subject) == arguments
