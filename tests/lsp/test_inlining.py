"""Comparing with and without inlining in the editor: ``stackward.inlineDiff``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from editor import Editor

from gomodule import write_module

# The compiler sees what is called only where `get` is inlined, so that else the variable escapes.
TEXT = """package p

type doer interface{ do(*int) }

type impl struct{}

func (impl) do(p *int) { *p = 1 }

func get() doer { return impl{} }

func Spread() int {
	d := get()
	x := 0
	d.do(&x)
	return x
}
"""


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    one = Editor(write_module(tmp_path / "m", {"p.go": TEXT}))
    yield one
    one.end()


def test_what_inlining_saves(editor: Editor) -> None:
    editor.start()
    uri = editor.open("p.go")
    assert editor.settled()["state"] == "idle"
    assert editor.hints(uri) == set()
    command = {"command": "stackward.inlineDiff", "arguments": [uri]}
    told = editor.ask("workspace/executeCommand", command)
    assert told["vanish"] == []
    (site,) = told["appear"]
    assert site["uri"] == uri
    assert site["diagnostic"]["range"]["start"] == {"line": 12, "character": 1}
    # Unsaved text counts, and text that does not compile is told.
    editor.change(uri, "var Bad int = nothing\n", (16, 0))
    told = editor.ask("workspace/executeCommand", command)
    assert "nothing" in told["failure"]
