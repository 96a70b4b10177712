"""Generic code whose importer, or external test, is open beside it: the hints follow both, and are never stale."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from editor import Editor

from gomodule import write_module

GENERIC = """package xs

import "fmt"

func note(v any) { fmt.Println(v) }

func Show[T any](v T) *T {
	note(len(fmt.Sprint(v)))
	p := new(T)
	*p = v
	return p
}

func Plain(n int) *int {
	note(n)
	return &n
}
"""
NEW = "p := new(T)"
USER = """package user

import "example.com/m/xs"

func Use() *string { return xs.Show("a") }
"""
TEST = """package xs_test

import (
	"testing"

	"example.com/m/xs"
)

func TestShow(t *testing.T) {
	name := t.Name()
	if *xs.Show(name) == "" {
		t.Fail()
	}
}
"""


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    one = Editor(write_module(tmp_path / "m", {"xs/xs.go": GENERIC, "user/user.go": USER}))
    one.start()
    yield one
    one.end()


def text_line(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.split("\n")) if part in line)


def shown(editor: Editor, uri: str, text: str, part: str) -> bool:
    """Whether there is a hint on the line that has ``part``."""
    return text_line(text, part) in {line for line, *_ in editor.hints(uri)}


def until(editor: Editor, uri: str, wanted: Any) -> None:
    """Take in what the server says until the diagnostics of a file are as wanted."""
    while not wanted():
        editor.until(lambda one: one.get("method") == "textDocument/publishDiagnostics" and one["params"]["uri"] == uri)


@pytest.mark.parametrize("other", ["user/user.go", "xs/xs_test.go"])
def test_hints_follow_the_generic_code(editor: Editor, other: str) -> None:
    if other.endswith("_test.go"):  # Tests of generic code are analysed with it, whether they are open or not.
        (editor.root / other).write_text(TEST, encoding="utf-8")
    uri = editor.open("xs/xs.go")
    editor.settled()
    if not other.endswith("_test.go"):
        assert not shown(editor, uri, GENERIC, NEW)
        editor.open(other)
    until(editor, uri, lambda: shown(editor, uri, GENERIC, NEW))
    # Code elsewhere in the file changes: the hint stays where it is, though nobody else is analysed.
    text = GENERIC.replace("return &n", "m := n\n\treturn &m")
    editor.save("xs/xs.go", text)
    assert shown(editor, uri, text, NEW)
    # The generic code moves: the one who instantiates it says anew where it is.
    text = text.replace("func note", "// Moved.\n\nfunc note")
    editor.save("xs/xs.go", text)
    until(editor, uri, lambda: shown(editor, uri, text, NEW))
    # And it changes.
    text = text.replace("p := new(T)\n\t*p = v\n\treturn p", "return nil")
    editor.save("xs/xs.go", text)
    until(editor, uri, lambda: text_line(text, "return nil") not in {line for line, *_ in editor.hints(uri)})
    text = text.replace("return nil", "v, w := v, v\n\treturn &w")
    editor.save("xs/xs.go", text)
    until(editor, uri, lambda: shown(editor, uri, text, "v, w :="))


def test_the_external_test_learns_what_a_parameter_does(editor: Editor) -> None:
    keeping = GENERIC + "\nvar kept *int\n\n//go:noinline\nfunc Keep(n *int) { kept = n }\n"
    harmless = keeping.replace("kept = n }", "*n = 1 }")
    test = TEST.replace("name := t.Name()", "name := t.Name()\n\tkept := len(name)\n\txs.Keep(&kept)")
    (editor.root / "xs/xs.go").write_text(harmless, encoding="utf-8")
    (editor.root / "xs/xs_test.go").write_text(test, encoding="utf-8")
    uri = editor.open("xs/xs_test.go")
    editor.settled()
    editor.open("xs/xs.go")
    editor.settled()
    assert not shown(editor, uri, test, "kept := ")
    editor.save("xs/xs.go", keeping)
    until(editor, uri, lambda: shown(editor, uri, test, "kept := "))
