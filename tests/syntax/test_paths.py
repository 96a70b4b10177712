"""Which code is rarely reached: what ends in an error, a panic or the end of the process; and what always is."""

from __future__ import annotations

import pytest

from stackward.syntax.paths import certain, cold
from stackward.syntax.tree import parse, path_to

FILE = """package p

func F(xs []int, err error) (int, error) {{
{}
}}

func G() int {{
{}
}}
"""


def node_at(body: str, other: str = "\treturn 0") -> tuple[object, object]:
    """The node at the mark in one of the two functions."""
    text = FILE.format(body, other)
    at = text.encode().index("¦".encode())
    source = parse(text.replace("¦", "").encode())
    return path_to(source, at)[-1], source


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("\tif err != nil {\n\t\treturn 0, ¦err\n\t}\n\treturn 1, nil", "it returns an error"),
        ("\tif err != nil {\n\t\tx := ¦new(int)\n\t\treturn *x, err\n\t}\n\treturn 1, nil", "it returns an error"),
        ('\treturn 0, ¦errors.New("x")', "it returns an error"),
        ('\tif len(xs) == 0 {\n\t\treturn 0, ¦fmt.Errorf("x %d", 1)\n\t}\n\treturn 1, nil', "it returns an error"),
        ("\treturn 0, &¦Failure{}", "it returns an error"),
        ("\treturn 0, ¦ErrEmpty", "it returns an error"),
        ("\treturn 0, ¦io.ErrShort", "it returns an error"),
        ('\tif xs == nil {\n\t\tpanic(¦"none")\n\t}\n\treturn 1, nil', "it panics"),
        ('\tif xs == nil {\n\t\tlog.Fatalf("%v", ¦xs)\n\t}\n\treturn 1, nil', "it ends the process"),
        ("\tif xs == nil {\n\t\t¦print(1)\n\t\tos.Exit(1)\n\t}\n\treturn 1, nil", "it ends the process"),
        ("\tswitch {\n\tcase xs == nil:\n\t\t¦print(1)\n\t\tpanic(0)\n\t}\n\treturn 1, nil", "it panics"),
        ("\treturn ¦1, nil", ""),
        ("\treturn ¦1, err", ""),
        ("\tx, err := ¦g()\n\treturn x, err", ""),
        ("\tif err == nil {\n\t\treturn ¦1, err\n\t}\n\treturn 1, nil", ""),
        ("\tf := func() { ¦g() }\n\tf()\n\tpanic(1)", ""),
        ("\tfor range xs {\n\t\t¦g()\n\t}\n\treturn 1, nil", ""),
    ],
)
def test_cold(body: str, why: str) -> None:
    assert cold(*node_at(body)) == why  # type: ignore[arg-type]


def test_an_error_is_what_the_function_returns_as_one() -> None:
    node, source = node_at("\treturn 0, nil", "\treturn ¦ErrCount")
    assert cold(node, source) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "always"),
    [
        ("\t¦g()\n\treturn 1, nil", True),
        ("\tx := 1\n\t{\n\t\t¦g()\n\t}\n\treturn x, nil", True),
        ("\tif err != nil {\n\t\t¦g()\n\t}\n\treturn 1, nil", False),
        ("\tif err != nil {\n\t\treturn 0, err\n\t}\n\t¦g()\n\treturn 1, nil", False),
        ("\tfor range xs {\n\t\t¦g()\n\t}\n\treturn 1, nil", False),
        ("\tf := func() int { return 1 }\n\t¦g(f)\n\treturn 1, nil", True),
        ("\tgoto end\n\t¦g()\nend:\n\treturn 1, nil", False),
    ],
)
def test_certain(body: str, always: bool) -> None:
    node, _ = node_at(body)
    assert certain(node) is always  # type: ignore[arg-type]
