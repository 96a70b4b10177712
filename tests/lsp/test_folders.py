"""Several workspace folders and several modules: each has its own settings, and all are analysed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from editor import Editor
from faults import Start, at_last, editors

from gomodule import write_module
from stackward.lsp.uris import uri_of

A = "package a\n\nfunc New() *int { n := 1; return &n }\n"
B = "package b\n\nfunc New() *int { n := 1; return &n }\n"
TAGGED = "//go:build special\n\npackage b\n\nfunc Special() *int { return new(int) }\n"
ASKED = {"workspace": {"configuration": True}}


@pytest.fixture
def start() -> Iterator[Start]:
    with editors() as make:
        yield make


def folders(*roots: Path) -> list[dict[str, str]]:
    return [{"uri": uri_of(str(root)), "name": root.name} for root in roots]


def levels(editor: Editor, uri: str) -> list[int]:
    return [one["severity"] for one in editor.diagnostics.get(uri, [])]


def test_each_folder_has_the_settings_that_the_client_has_for_it(start: Start, tmp_path: Path) -> None:
    one = write_module(tmp_path / "one", {"a.go": A}, "example.com/a")
    two = write_module(tmp_path / "two", {"b.go": B}, "example.com/b")
    editor = start(tmp_path, settings={"diagnostics": {"severity": "error"}, "inlayHints": {"enable": True}})
    own = {"diagnostics": {"severity": "warning"}, "inlayHints": {"enable": False}, "hover": {"enable": False}}
    editor.folder_settings[uri_of(str(two))] = own
    editor.start(ASKED, workspaceFolders=folders(one, two))
    first, second = editor.open("one/a.go"), editor.open("two/b.go")
    at_last(editor, lambda: (levels(editor, first), levels(editor, second)) == ([1], [2]))

    def asked(uri: str) -> tuple[Any, Any]:
        document = {"uri": uri}
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}
        inlays = editor.ask("textDocument/inlayHint", {"textDocument": document, "range": whole})
        at = {"line": 2, "character": 18}
        return bool(inlays), bool(editor.ask("textDocument/hover", {"textDocument": document, "position": at}))

    assert asked(first) == (True, True)
    assert asked(second) == (False, False)


def test_the_file_of_a_team_counts_in_its_module_alone(start: Start, tmp_path: Path) -> None:
    write_module(tmp_path / "a", {"a.go": A}, "example.com/a")
    team = '[build]\ntags = ["special"]\n\n[rules]\naddress-returned = "error"\n'
    write_module(tmp_path / "b", {"b.go": B, "special.go": TAGGED, ".stackward.toml": team}, "example.com/b")
    editor = start(tmp_path)
    editor.start()
    plain, ruled, tagged = editor.open("a/a.go"), editor.open("b/b.go"), editor.open("b/special.go")
    at_last(editor, lambda: [levels(editor, uri) for uri in (plain, ruled, tagged)] == [[3], [1], [1]])
    # It is one of this folder no more when it has gone.
    (tmp_path / "b" / ".stackward.toml").unlink()
    changed = {"uri": uri_of(str(tmp_path / "b" / ".stackward.toml")), "type": 3}
    editor.notify("workspace/didChangeWatchedFiles", {"changes": [changed]})
    at_last(editor, lambda: [levels(editor, uri) for uri in (plain, ruled)] == [[3], [3]])


def test_the_packages_of_a_module_share_its_tools(start: Start, tmp_path: Path) -> None:
    root = write_module(tmp_path / "m", {"a/a.go": A, "b/b.go": B})
    editor = start(root)
    editor.start()
    for name in ("a", "b"):
        editor.open(f"{name}/{name}.go")
        editor.settled()
    listed = ["ps", "-o", "args=", "--ppid", str(editor.process.pid)]
    children = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len([one for one in children if "typefacts" in one]) == 1, children


@pytest.mark.parametrize("work", ["", "go 1.23\n\nuse (\n\t./a\n\t./b\n)\n"], ids=["no go.work", "go.work"])
def test_the_whole_workspace_is_all_of_its_modules(start: Start, tmp_path: Path, work: str) -> None:
    root = tmp_path / "w"
    write_module(
        root / "a", {"a.go": A, "testdata/go.mod": "module x\n", "testdata/x.go": "package x\n"}, "example.com/a"
    )
    write_module(root / "b", {"b.go": B, "inner/go.mod": "module example.com/b/inner\n\ngo 1.23\n"}, "example.com/b")
    if work:
        (root / "go.work").write_text(work)
    editor = start(root)
    editor.start()
    found = editor.ask("workspace/executeCommand", {"command": "stackward.analyzeWorkspace"})
    assert (found["sites"], found["cancelled"]) == (2, False)
    at_last(editor, lambda: {uri_of(str(root / "a/a.go")), uri_of(str(root / "b/b.go"))} <= set(editor.diagnostics))


def test_two_documents_that_are_typed_in_at_once(start: Start, tmp_path: Path) -> None:
    root = write_module(tmp_path / "m", {"a/a.go": A, "b/b.go": B})
    editor = start(root, settings={"analysis": {"trigger": "type", "delay": 20}})
    editor.start(ASKED)
    first, second = editor.open("a/a.go"), editor.open("b/b.go")
    at_last(editor, lambda: len(editor.hints(first)) == len(editor.hints(second)) == 1)
    editor.change(first, A + "\nfunc More() *int { m := 2; return &m }\n")
    editor.change(second, B + "\nfunc More() *int { m := 2; return &m }\n")
    at_last(editor, lambda: len(editor.hints(first)) == len(editor.hints(second)) == 2)
