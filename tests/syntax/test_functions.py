"""Functions by the compiler's names, and where a node stands in them."""

from __future__ import annotations

import pytest

from stackward.syntax.functions import (
    FunctionNode,
    enclosing_function,
    enclosing_loops,
    functions,
    is_variadic,
    statement_of,
)
from stackward.syntax.tree import SourceFile, parse, path_to

GO = """package p

var global = func() int { return func() int { return 1 }() }

func init() {
	go func() {}()
}

func init() {}

func F(a int, b, _ string, xs ...any) (r int, err error) {
	defer func() {
		func() {}()
		func() {}()
	}()
	func(inner int) {}(1)
	return
}

func (t T) M() {}

func (t *T) P() { func() {}() }

func (*G[K, _]) Q(k K) { func() { func() {}() }() }

func (é) Ü() {}

func Gen[E any](e E) E { return func() E { return e }() }

func external(x int)
"""


def by_name(source: SourceFile) -> dict[str, FunctionNode]:
    return {function.name: function for function in functions(source)}


def test_names() -> None:
    assert [function.name for function in functions(parse(GO.encode()))] == [
        "init.func1",
        "init.func1.1",
        "init.0",
        "init.0.func1",
        "init.1",
        "F",
        "F.func1",
        "F.func1.1",
        "F.func1.2",
        "F.func2",
        "T.M",
        "(*T).P",
        "(*T).P.func1",
        "(*G).Q",
        "(*G).Q.func1",
        "(*G).Q.func1.1",
        "é.Ü",
        "Gen",
        "Gen.func1",
        "external",
    ]


def test_parameters_and_results() -> None:
    source = parse(GO.encode())
    function = by_name(source)["F"]
    names = [name for name, _ in function.params]
    assert names == ["a", "b", "_", "xs"]
    assert function.results == ("r", "err")
    for name, range_ in function.params:
        start = source.lines.offset(range_.start)
        assert source.text[start : source.lines.offset(range_.end)].decode() == name
    assert [name for name, _ in by_name(source)["(*G).Q"].params] == ["k"]
    assert [name for name, _ in by_name(source)["(*T).P"].params] == ["t"]


def test_what_functions_are() -> None:
    found = by_name(parse(GO.encode()))
    assert {name for name, one in found.items() if one.generic} == {"(*G).Q", "Gen"}
    assert {name for name, one in found.items() if one.variadic} == {"F"}
    assert {name for name, one in found.items() if one.literal} == {name for name in found if "func" in name}
    source = parse(GO.encode())
    assert (is_variadic("F", source), is_variadic("Gen", source), is_variadic("G", source)) == (True, False, None)


@pytest.mark.parametrize(
    ("name", "text"), [("F", "F(a int"), ("(*T).P", "(t *T) P"), ("F.func1", "func() {\n\t\tfunc"), ("é.Ü", "(é) Ü")]
)
def test_where_the_compiler_reports_a_function(name: str, text: str) -> None:
    source = parse(GO.encode())
    assert source.lines.offset(by_name(source)[name].at) == GO.encode().index(text.encode())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1 }()", "init.func1.1"),
        ("func() {}()\n}", "init.0"),
        ("{}()\n}", "init.0.func1"),
        ("xs ...", "F"),
        ("inner int", "F.func2"),
        ("return\n}", "F"),
        ("e }()", "Gen.func1"),
        ("var global", None),
        ("package", None),
        ("\nfunc external", None),
    ],
)
def test_the_innermost_function_around_a_byte(text: str, name: str | None) -> None:
    source = parse(GO.encode())
    found = enclosing_function(source, GO.encode().index(text.encode()))
    assert (found.name if found is not None else None) == name


def test_a_file_without_functions() -> None:
    source = parse(b"package p\n")
    assert functions(source) == ()
    assert enclosing_function(source, 0) is None


@pytest.mark.parametrize(
    "text", ["func", "func (", "func f(", "func (t *T", "func f() { func(", "x := func() {", "func () {}"]
)
def test_broken_functions(text: str) -> None:
    source = parse(b"package p\n" + text.encode())
    for function in functions(source):
        assert enclosing_function(source, function.end - 1) is not None


LOOPS = [
    ("for i := 0; i < n; i++ { use(¦x) }", 1),
    ("for { for { use(¦x) } }", 2),
    ("for range xs { func() { use(¦x) }() }", 0),
    ("for range xs { func() { for { use(¦x) } }() }", 1),
    ("for _, v := range use(¦x) {}", 0),
    ("for i := use(¦x); i < n; i++ {}", 0),
    ("for use(¦x) {}", 1),
    ("for i := 0; use(¦x); i++ {}", 1),
    ("for i := 0; i < n; use(¦x) {}", 1),
    ("for _, ¦v := range xs {}", 1),
    ("for ¦i := 0; i < n; i++ {}", 1),
    ("for ¦i = 0; i < n; i++ {}", 0),
    ("outer: for { if a { switch { case b: use(¦x); continue outer } } }", 1),
    ("use(¦x)", 0),
]


@pytest.mark.parametrize(("code", "depth"), LOOPS)
def test_loops(code: str, depth: int) -> None:
    head, tail = f"package p\nfunc f() {{\n\t{code}\n}}\n".split("¦")
    source = parse((head + tail).encode())
    assert enclosing_loops(path_to(source, len(head.encode()))[-1]) == depth


STATEMENTS = [
    ("go use(¦x)", "go"),
    ("go use(¦&x)", "go"),
    ("go ¦func() {}()", "go"),
    ("go func(a int) {}(¦x)", "go"),
    ("defer s.mu¦.Unlock()", "defer"),
    ("defer use(¦x)", "defer"),
    ("go use(other(¦x))", ""),
    ("go func() { use(¦x) }()", ""),
    ("use(¦x)", ""),
    ("return ¦x", ""),
]


@pytest.mark.parametrize(("code", "word"), STATEMENTS)
def test_go_and_defer(code: str, word: str) -> None:
    head, tail = f"package p\nfunc f() {{\n\t{code}\n}}\n".split("¦")
    source = parse((head + tail).encode())
    at = len(head.encode())
    path = path_to(source, at)
    node = next(
        node for node in path if node.is_named and (node.start_byte == at or node.type == "selector_expression")
    )
    assert statement_of(node) == word
