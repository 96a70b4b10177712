"""Test files, generics, odd names and several modules, through the whole server."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from editor import Editor

from gomodule import write_module

ALLOCATES = "func {name}() *int {{ n := 1; return &n }}\n"


def go(package: str, name: str, head: str = "") -> str:
    return f"{head}package {package}\n\n{ALLOCATES.format(name=name)}"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Editor]]:
    editors: list[Editor] = []

    def make(files: Mapping[str, str], folder: str = "m", **how: Any) -> Editor:
        editor = Editor(write_module(tmp_path / folder, files), **how)
        editors.append(editor)
        return editor

    yield make
    for editor in editors:
        editor.end()


def codes(editor: Editor, uri: str) -> list[str]:
    return [one["code"] for one in editor.diagnostics.get(uri, [])]


@pytest.mark.parametrize("name", ["in_test.go", "out_test.go"])
def test_test_files_are_analysed_when_they_are_open(start: Callable[..., Editor], name: str) -> None:
    files = {"p.go": go("p", "New"), "in_test.go": go("p", "inside"), "out_test.go": go("p_test", "outside")}
    editor = start(files)
    editor.start()
    uri = editor.open(name)
    editor.settled()
    assert codes(editor, uri) == ["address-returned"]
    status = editor.save(name, files[name] + ALLOCATES.format(name="again"))
    assert status["state"] == "idle"
    assert codes(editor, uri) == ["address-returned"] * 2


def test_a_test_file_whose_imports_were_never_downloaded(start: Callable[..., Editor]) -> None:
    files = {
        "go.mod": "module example.com/m\n\ngo 1.23\n",
        "p.go": go("p", "New"),
        "out_test.go": 'package p_test\n\nimport "example.org/never/there"\n\nvar _ = there.X\n',
    }
    editor = start(files)
    editor.start()
    uri = editor.open("p.go")
    assert editor.settled()["state"] == "idle"
    editor.open("out_test.go")
    status = editor.settled()
    assert status["state"] == "broken"
    assert "example.org/never/there" in status["message"]
    assert codes(editor, uri) == ["address-returned"]
    status = editor.save("out_test.go", go("p_test", "outside"))
    assert status["state"] == "idle"


@pytest.mark.parametrize("folder", ["prix é 😀", "a: b", "with'quote"])
def test_odd_folder_names(start: Callable[..., Editor], folder: str) -> None:
    editor = start({"p.go": go("p", "New")}, folder)
    editor.start()
    uri = editor.open("p.go")
    editor.settled()
    assert codes(editor, uri) == ["address-returned"]


def test_two_modules_of_one_workspace(start: Callable[..., Editor]) -> None:
    files = {
        "go.mod": "module example.com/root\n\ngo 1.23\n",
        "go.work": "go 1.23\n\nuse (\n\t./a\n\t./b\n)\n",
        "a/go.mod": "module example.com/a\n\ngo 1.23\n",
        "a/a.go": go("a", "New"),
        "b/go.mod": "module example.com/b\n\ngo 1.23\n",
        "b/b.go": 'package b\n\nimport "example.com/a"\n\nvar P = a.New()\n\n' + ALLOCATES.format(name="Own"),
    }
    editor = start(files)
    editor.start()
    first = editor.open("a/a.go")
    editor.settled()
    second = editor.open("b/b.go")
    editor.settled()
    assert codes(editor, first) == ["address-returned"]
    assert "address-returned" in codes(editor, second)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
def test_importers_of_a_package_with_c_in_it(start: Callable[..., Editor]) -> None:
    keeps = 'package c\n\n// static int one(void) { return 1; }\nimport "C"\n\nvar one, kept = C.one(), new(int)\n\n'
    keeps += "//go:noinline\nfunc Keep(p *int) { %s = p }\n"
    user = 'package user\n\nimport "example.com/m/c"\n\nfunc Use() { x := 1; c.Keep(&x) }\n'
    editor = start({"c/c.go": keeps % "_", "user/user.go": user})
    editor.start()
    uri = editor.open("user/user.go")
    editor.settled()
    editor.open("c/c.go")
    editor.settled()
    assert codes(editor, uri) == []
    editor.save("c/c.go", keeps % "kept")
    editor.until(lambda _: bool(codes(editor, uri)))
    assert codes(editor, uri) == ["leaking-argument"]


def test_build_tags_are_a_setting(start: Callable[..., Editor]) -> None:
    files = {"p.go": "package p\n", "tagged.go": go("p", "Tagged", "//go:build special\n\n")}
    editor = start(files)
    editor.start(initializationOptions={"build": {"tags": ["special"]}})
    uri = editor.open("tagged.go")
    editor.settled()
    assert codes(editor, uri) == ["address-returned"]


def test_a_client_that_hangs_up_ends_the_server(start: Callable[..., Editor]) -> None:
    editor = start({"p.go": go("p", "New")})
    editor.start()
    editor.open("p.go")
    editor.hang_up()
    assert editor.exit_code() == 1


def test_a_file_of_fifty_thousand_lines(start: Callable[..., Editor]) -> None:
    body = "package p\n\n" + "".join(
        f"func F{number}(a int) int {{\n\treturn a + {number}\n}}\n\n" for number in range(12_500)
    )
    editor = start({"p.go": body + ALLOCATES.format(name="New")})
    editor.start()
    uri = editor.open("p.go")
    editor.settled()
    assert [one["range"]["start"]["line"] for one in editor.diagnostics[uri]] == [50_002]
    editor.change(uri, "\n", (0, 0))
    editor.until(lambda one: one.get("method") == "textDocument/publishDiagnostics")
    assert [one["range"]["start"]["line"] for one in editor.diagnostics[uri]] == [50_003]


def test_a_cache_that_cannot_be_written(start: Callable[..., Editor], tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    editor = start({"p.go": go("p", "New")}, env={"STACKWARD_CACHE": str(blocked / "below")})
    editor.start()
    uri = editor.open("p.go")
    status = editor.settled()
    assert status["state"] == "idle"
    assert codes(editor, uri) == ["address-returned"]
