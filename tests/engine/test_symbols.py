"""The linker's symbols as the names that the source and the log have."""

from __future__ import annotations

import pytest

from stackward.engine.symbols import Symbols, escaped

PACKAGE = "example.com/m/v2.lib"
PREFIX = "example.com/m/v2%2elib."


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("New", "New"),
        ("(*T).Method", "(*T).Method"),
        ("T.Method.func1", "T.Method.func1"),
        ("Outer.func1.2", "Outer.func1.2"),
        ("Outer-range1", "Outer"),
        ("Outer.func2-range1.1", "Outer.func2.1"),
        ("Map[go.shape.int]", "Map"),
        ("(*List[go.shape.string]).Push", "(*List).Push"),
        ("Map[go.shape.map[string]go.shape.int,go.shape.int].func1", "Map.func1"),
        ("init", "init"),
        ("init.0", "init.0"),
        ("init.3", "init.0"),
        ("map.init.0", "init"),
        ("initialise", "initialise"),
    ],
)
def test_names(symbol: str, name: str) -> None:
    assert Symbols([], PACKAGE).name(PREFIX + symbol) == name


def test_instances_that_have_code() -> None:
    symbols = Symbols(
        [PREFIX + name for name in ("F", "Map[go.shape.int]", "Map[go.shape.string]", "G.func1")], PACKAGE
    )
    assert symbols.instances("Map") == {"Map[int]", "Map[string]"}
    assert symbols.instances("F") == set()
    assert symbols.has_code("F")
    assert symbols.has_code("Map.func3")
    assert symbols.has_code("")
    assert not symbols.has_code("Other")
    assert symbols.owner("") == symbols.owner("map.init.0") == "init"
    assert symbols.owner("init.2") == "init.0"
    assert symbols.local("v2.lib.T") == "T"


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("net/http", "net/http"),
        ("gopkg.in/yaml.v3", "gopkg.in/yaml%2ev3"),
        ("a b", "a%20b"),
        ('x"y%', "x%22y%25"),
        ("é", "%c3%a9"),
    ],
)
def test_paths_as_the_linker_writes_them(path: str, wanted: str) -> None:
    assert escaped(path) == wanted
