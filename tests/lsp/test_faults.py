"""Faults around the whole server: it goes on, and the next good save gives right hints."""

from __future__ import annotations

import os
import select
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from editor import Editor
from rawclient import PATIENCE

from gomodule import write_module
from stackward.toolchain.discovery import Toolchain

TEXT = "package p\n\nfunc New() *int { n := 1; return &n }\n"
MORE = TEXT + "\nfunc More() *int { m := 2; return &m }\n"
NEW = (2, 18, 19, "address-returned")
BOTH = {NEW, (4, 19, 20, "address-returned")}


@pytest.fixture
def start() -> Iterator[Callable[..., Editor]]:
    editors: list[Editor] = []

    def make(root: Path, **how: Any) -> Editor:
        editor = Editor(root, **how)
        editors.append(editor)
        return editor

    yield make
    for editor in editors:
        editor.end()


class HangingGo:
    """A go command of which ``list`` does not come to an end while ``hangs``."""

    def __init__(self, folder: Path, go: str) -> None:
        folder.mkdir()
        self._switch = folder / "hang"
        self._switch.touch()
        os.mkfifo(folder / "hung")
        # Open for writing too, so that it is not at its end before the first writer.
        self._hung = os.open(folder / "hung", os.O_RDWR | os.O_NONBLOCK)
        self.path = folder / "go"
        self.path.write_text(
            "#!/bin/sh\n"
            f"if [ \"$1\" = list ] && [ -e '{self._switch}' ]; then\n"
            f"  echo > '{folder}/hung'\n"
            "  exec sleep 600\n"
            "fi\n"
            f"exec '{go}' \"$@\"\n",
            encoding="utf-8",
        )
        self.path.chmod(0o755)

    def wait_until_it_hangs(self) -> None:
        assert select.select([self._hung], [], [], PATIENCE)[0], "go list was not called"

    def repair(self) -> None:
        self._switch.unlink()

    def close(self) -> None:
        os.close(self._hung)


@pytest.fixture
def hanging(tmp_path: Path, toolchain: Toolchain) -> Iterator[HangingGo]:
    made = HangingGo(tmp_path / "bin", toolchain.go)
    yield made
    made.close()


def test_a_go_command_that_hangs_is_ended_by_the_next_save(
    start: Callable[..., Editor], tmp_path: Path, hanging: HangingGo
) -> None:
    editor = start(write_module(tmp_path / "m", {"p.go": TEXT}), env={"STACKWARD_GO": str(hanging.path)})
    editor.start()
    uri = editor.open("p.go")
    hanging.wait_until_it_hangs()
    assert (
        editor.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": {"line": 2, "character": 18}})
        is None
    )
    hanging.repair()
    assert editor.save("p.go", MORE)["state"] == "idle"
    assert editor.hints(uri) == BOTH


def test_a_go_command_that_hangs_does_not_hold_up_the_end(
    start: Callable[..., Editor], tmp_path: Path, hanging: HangingGo
) -> None:
    editor = start(write_module(tmp_path / "m", {"p.go": TEXT}), env={"STACKWARD_GO": str(hanging.path)})
    editor.start()
    editor.open("p.go")
    hanging.wait_until_it_hangs()
    editor.ask("shutdown")
    editor.notify("exit")
    assert editor.exit_code() == 0


def test_a_package_that_is_renamed_while_it_is_analysed(
    start: Callable[..., Editor], tmp_path: Path, hanging: HangingGo
) -> None:
    root = write_module(tmp_path / "m", {"old/p.go": TEXT})
    editor = start(root, env={"STACKWARD_GO": str(hanging.path)})
    editor.start({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}})
    old = editor.open("old/p.go")
    hanging.wait_until_it_hangs()
    (root / "old").rename(root / "new")
    hanging.repair()
    changes = [{"uri": old, "type": 3}, {"uri": old.replace("/old/", "/new/"), "type": 1}]
    editor.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    editor.notify("textDocument/didClose", {"textDocument": {"uri": old}})
    new = editor.open("new/p.go")
    # Both the news of the disk and the opening may start an analysis, so it is not the first end that counts.
    editor.until(lambda _: NEW in editor.hints(new) and editor.statuses[-1]["state"] == "idle")
    editor.save("new/p.go", MORE)
    if editor.hints(new) != BOTH:
        editor.until(lambda _: editor.hints(new) == BOTH)
    assert editor.hints(old) == set()


def test_a_file_that_is_not_utf_8(start: Callable[..., Editor], tmp_path: Path) -> None:
    root = write_module(tmp_path / "m", {"p.go": TEXT})
    bad = root / "bad.go"
    bad.write_bytes(b'package p\n\nvar Bad = "\xff\xfe" // \xe9\n')
    editor = start(root)
    editor.start()
    uri = editor.open("p.go")
    status = editor.settled()
    assert status["state"] == "broken"
    assert "bad.go:3:12" in status["message"]
    assert status["range"]["start"] == {"line": 2, "character": 11}
    bad.write_text('package p\n\nvar Bad = "é"\n', encoding="utf-8")
    assert editor.save("p.go", MORE)["state"] == "idle"
    assert editor.hints(uri) == BOTH


@pytest.mark.parametrize("link", ["module", "above"])
def test_a_module_behind_a_symbolic_link_keeps_its_name(
    start: Callable[..., Editor], tmp_path: Path, link: str
) -> None:
    write_module(tmp_path / "real" / "m", {"p.go": TEXT, "sub/s.go": TEXT.replace("package p", "package sub")})
    if link == "module":
        (tmp_path / "link").symlink_to(tmp_path / "real" / "m")
        root = tmp_path / "link"
    else:
        (tmp_path / "link").symlink_to(tmp_path / "real")
        root = tmp_path / "link" / "m"
    editor = start(root)
    editor.start()
    uri = editor.open("p.go")
    editor.settled()
    assert editor.hints(uri) == {NEW}
    sub = editor.open("sub/s.go")
    editor.settled()
    assert editor.hints(sub) == {NEW}
    assert editor.save("p.go", MORE)["state"] == "idle"
    assert editor.hints(uri) == BOTH
    assert {one for one, found in editor.diagnostics.items() if found} == {uri, sub}


def test_a_module_that_cannot_be_written(start: Callable[..., Editor], tmp_path: Path) -> None:
    root = write_module(tmp_path / "m", {"p.go": TEXT})
    everything = [root, *root.rglob("*")]
    for path in everything:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        if os.access(root, os.W_OK):
            pytest.skip("nothing is read-only to root")
        editor = start(root)
        editor.start()
        uri = editor.open("p.go")
        assert editor.settled()["state"] == "idle"
        assert editor.hints(uri) == {NEW}
    finally:
        for path in everything:
            path.chmod(0o755)
    assert editor.save("p.go", MORE)["state"] == "idle"
    assert editor.hints(uri) == BOTH


@pytest.mark.parametrize(
    "nonsense",
    [
        b"Content-Length: 9\r\n\r\n{not json",
        b"Content-Length: 2\r\n\r\n[]",
        b"Content-Length: 4\r\n\r\nnull",
        b"GET / HTTP/1.1\r\n\r\n",
        b'Content-Length: 41\r\n\r\n{"jsonrpc":"2.0","method":"no/such/thing"',
        b'Content-Length: 70\r\n\r\n{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"x":[-1]}}',
    ],
    ids=["no json", "empty batch", "null", "http", "cut off", "wrong parameters"],
)
def test_nonsense_between_good_messages(start: Callable[..., Editor], tmp_path: Path, nonsense: bytes) -> None:
    editor = start(write_module(tmp_path / "m", {"p.go": TEXT}))
    editor.start()
    uri = editor.open("p.go")
    editor.settled()
    editor.raw(nonsense)
    editor.notify(
        "textDocument/didChange", {"textDocument": {"uri": uri + ".other", "version": 7}, "contentChanges": []}
    )
    assert editor.save("p.go", MORE)["state"] == "idle"
    assert editor.hints(uri) == BOTH


def test_generics_that_another_file_instantiates(start: Callable[..., Editor], tmp_path: Path) -> None:
    files: Mapping[str, str] = {
        "p.go": "package p\n\nfunc Ptr[T any](v T) *T { return &v }\n",
        "use.go": "package p\n\nvar A = Ptr(1)\n",
    }
    editor = start(write_module(tmp_path / "m", files))
    editor.start()
    uri = editor.open("p.go")
    editor.settled()
    wanted = {(2, 16, 17, "address-returned")}
    assert editor.hints(uri) == wanted
    editor.open("use.go")
    editor.settled()
    assert editor.save("use.go", files["use.go"] + 'var B, C = Ptr("x"), Ptr(2.5)\n')["state"] == "idle"
    assert editor.hints(uri) == wanted
    # Nobody instantiates it any more: the compiler does not compile it, so nothing is known about it.
    assert editor.save("use.go", "package p\n")["state"] == "idle"
    assert editor.hints(uri) <= wanted


def test_a_module_that_goes_away_and_comes_back(start: Callable[..., Editor], tmp_path: Path) -> None:
    root = write_module(tmp_path / "m", {"p.go": TEXT})
    editor = start(root)
    editor.start()
    uri = editor.open("p.go")
    editor.settled()
    shutil.move(root, tmp_path / "aside")
    editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    assert editor.settled()["state"] in {"broken", "missing", "idle"}
    shutil.move(tmp_path / "aside", root)
    assert editor.save("p.go", MORE)["state"] == "idle"
    assert editor.hints(uri) == BOTH
