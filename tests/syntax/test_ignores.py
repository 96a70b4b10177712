"""What an ignore comment covers, and which do nothing."""

from __future__ import annotations

import pytest

from stackward.core.position import ByteCol, BytePos
from stackward.syntax.ignores import Ignores, ignores
from stackward.syntax.tree import parse

KNOWN = frozenset({"goroutine", "boxed-in-interface"})
COMMENT = "//stackward:ignore goroutine it is started once"


def read(text: str) -> Ignores:
    return ignores(parse(text.replace("IGNORE", COMMENT).encode()), KNOWN)


def covered(text: str, rule: str = "goroutine") -> str:
    """The first letters of the lines that are covered; each line of the test's text begins with one."""
    found = read(text)
    assert not found.bad
    lines = text.split("\n")
    return "".join(
        line.strip()[:1]
        for number, line in enumerate(lines)
        if line.strip()[:1].isalpha() and found.covers(rule, BytePos(number, ByteCol(0)))
    )


BODY = """package p

func f() {{
{body}
}}
"""


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("\ta()\n\tb() IGNORE\n\tc()", "b"),
        ("\ta()\n\tIGNORE\n\tb()\n\tc()", "bI"),
        ("\ta()\n\t// Words.\n\tIGNORE\n\t// More.\n\tb()\n\tc()", "bI"),
        ("\ta(\n\t\tb,\n\t) IGNORE\n\tc()", "ab"),
        ("\ta(\n\t\tb, IGNORE\n\t\tc,\n\t)", "b"),
        ("\tIGNORE\n\ta(\n\t\tb,\n\t)\n\tc()", "Iab"),
        ("\ta(\n\t\tIGNORE\n\t\tb,\n\t\tc,\n\t)", "Ib"),
        ("\tfor { IGNORE\n\t\tb()\n\t}\n\tc()", "f"),
        ("\tIGNORE\n\tfor {\n\t\tb()\n\t}\n\tc()", "Ifb"),
        ("\tfor {\n\t\tb()\n\t} IGNORE\n\tc()", ""),
        ("\tswitch {\n\tcase a:\n\t\tb()\n\tIGNORE\n\tcase c:\n\t\td()\n\tdefault:\n\t}", "Icd"),
        ("\tgo func() {\n\t\tb()\n\t}() IGNORE\n\tc()", "gb"),
        ("\té() /* é */ IGNORE\n\tb()", "é"),
    ],
)
def test_lines_and_statements(body: str, lines: str) -> None:
    text = BODY.format(body=body)
    assert sorted(covered(text)) == sorted(lines)


def test_a_comment_line_itself_is_no_code() -> None:
    found = read("package p\n\nIGNORE\nvar a = b()\n\nvar c = d()\n")
    assert [found.covers("goroutine", BytePos(line, ByteCol(0))) for line in (3, 4, 5)] == [True, False, False]


@pytest.mark.parametrize(
    "text",
    [
        "package p\n\n// Doc.\n//\nIGNORE\nfunc f() {\n\ta()\n}\n\nvar x = b()\n",
        "package p\n\nIGNORE\n// Doc.\nfunc f() {\n\ta()\n}\n\nvar x = b()\n",
        "package p\r\n\r\nIGNORE\r\nfunc f() {\r\n\ta()\r\n}\r\n\r\nvar x = b()\r\n",
    ],
    ids=["at the end of the doc", "before the doc", "carriage returns"],
)
def test_a_whole_declaration(text: str) -> None:
    found = read(text)
    lines = text.split("\n")
    inside, outside = (next(i for i, line in enumerate(lines) if word in line) for word in ("a()", "b()"))
    assert found.covers("goroutine", BytePos(inside, ByteCol(1)))
    assert not found.covers("goroutine", BytePos(outside, ByteCol(0)))


def test_one_of_a_group() -> None:
    found = read("package p\n\nvar (\n\ta = f()\n\tIGNORE\n\tb = f()\n\tc = f()\n)\n")
    assert [found.covers("goroutine", BytePos(line, ByteCol(5))) for line in (3, 5, 6)] == [False, True, False]


@pytest.mark.parametrize("between", ["\n", "\n\n// Package p is.\n", "\n// Package p is.\n\n"])
def test_a_whole_file(between: str) -> None:
    found = read(f"// Copyright.\n\nIGNORE{between}package p\n\nfunc f() {{\n\ta()\n}}\n")
    assert found.covers("goroutine", BytePos(0, ByteCol(0)))
    assert found.covers("goroutine", BytePos(7, ByteCol(0)))


def test_rules() -> None:
    several = read("package p\nvar a = b() //stackward:ignore goroutine,boxed-in-interface both are known\n")
    everything = read("package p\nvar a = b() //stackward:ignore all generated\n")
    at = BytePos(1, ByteCol(8))
    assert (several.covers("goroutine", at), several.covers("boxed-in-interface", at)) == (True, True)
    assert not read("package p\nvar a = b() IGNORE\n").covers("boxed-in-interface", at)
    assert everything.covers("anything", at)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("var a = b() //stackward:ignore", "name a rule"),
        ("var a = b() //stackward:ignored goroutine why", "name a rule"),
        ("var a = b() //stackward:ignore goroutine", "give a reason"),
        ("var a = b() //stackward:ignore gorutine why", "there is no rule 'gorutine'"),
        ("var a = b() //stackward:ignore goroutine,nope why", "there is no rule 'nope'"),
        ("//stackward:ignore goroutine why\n\nvar a = b()", "no code follows"),
        ("func f() {\n\ta()\n\t//stackward:ignore goroutine why\n}", "no code follows"),
        ("//stackward:ignore goroutine why", "no code follows"),
        ("//stackward:ignore goroutine why\n\n// Doc.\nvar a = b()", "no code follows"),
    ],
)
def test_comments_that_do_nothing(text: str, why: str) -> None:
    source = parse(f"package p\n\n{text}\n".encode())
    found = ignores(source, KNOWN)
    assert not found.entries
    (bad,) = found.bad
    assert bad.why.startswith(why)
    start, end = source.lines.offset(bad.range.start), source.lines.offset(bad.range.end)
    assert source.text[start:end].startswith(b"//stackward:ignore")
    assert b"\n" not in source.text[start:end]


@pytest.mark.parametrize(
    "text",
    [
        "// stackward:ignore goroutine with a space",
        'var a = "//stackward:ignore goroutine in text"',
        "var a = `\n//stackward:ignore goroutine in text\n`",
        "/*\n//stackward:ignore goroutine in a comment\n*/",
        "// See //stackward:ignore goroutine for how.",
    ],
)
def test_what_is_no_such_comment(text: str) -> None:
    assert read(f"package p\n\n{text}\n") == Ignores()


@pytest.mark.parametrize("text", ["func f( {\n\tIGNORE\n\ta(\n", "IGNORE\n)))", "}}} IGNORE", "IGNORE"])
def test_broken_code(text: str) -> None:
    found = read(text)
    assert len(found.entries) + len(found.bad) == 1
