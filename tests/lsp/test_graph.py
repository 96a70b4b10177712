"""The picture of a flow: from the server and from the command line, in all forms."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from editor import Editor

from gomodule import write_module

TEXT = """package p

type node struct{ next *node }

var head *node

func Push() {
	n := node{head}
	p := &n
	head = p
}
"""
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    one = Editor(write_module(tmp_path / "m", {"p.go": TEXT}))
    yield one
    one.end()


def test_every_step_is_a_link_to_its_place(editor: Editor) -> None:
    editor.start()
    uri = editor.open("p.go")
    editor.settled()
    at = {"line": 7, "character": 1}
    told = editor.ask("workspace/executeCommand", {"command": "stackward.graph", "arguments": [uri, at]})
    root = ET.fromstring(told["svg"])  # noqa: S314
    links = root.findall(f"{SVG}a")
    places = [
        (link.get("data-uri"), int(link.get("data-line", -1)), int(link.get("data-column", -1))) for link in links
    ]
    assert places[0] == (uri, 7, 1)
    assert (uri, 9, 6) in places
    assert "runtime.newobject" in "".join(root.itertext())
    assert told["mermaid"].startswith("flowchart TD\n")
    assert told["mermaid"].count("-->") == len(links)
    assert told["text"].count("\n") == len(links) + 2
    nothing = {"command": "stackward.graph", "arguments": [uri, {"line": 0, "character": 0}]}
    assert editor.ask("workspace/executeCommand", nothing) is None


@pytest.mark.parametrize(
    ("form", "first"), [("text", "n is moved to the heap"), ("svg", "<svg "), ("mermaid", "flowchart TD")]
)
def test_the_command_line(tmp_path: Path, form: str, first: str) -> None:
    root = write_module(tmp_path / "m", {"p.go": TEXT})
    argv = [sys.executable, "-m", "stackward", "graph", "--format", form, "p.go:8:2"]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(first)


@pytest.mark.parametrize(
    ("place", "said"), [("p.go:1:1", "nothing allocates"), ("none.go:1:1", "no place in a file"), ("p.go", "no place")]
)
def test_no_picture(tmp_path: Path, place: str, said: str) -> None:
    root = write_module(tmp_path / "m", {"p.go": TEXT})
    argv = [sys.executable, "-m", "stackward", "graph", place]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert said in done.stderr
