"""Faults around the whole server: it goes on, and the next good save gives right hints."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from faults import BOTH, MORE, NEW, TEXT, Faulty, Start, at_last, editors, next_save

from gomodule import write_module
from stackward.lsp.uris import uri_of
from stackward.toolchain.discovery import Toolchain

WATCHES = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}
DELETED, CREATED, CHANGED = 3, 1, 2


@pytest.fixture
def start() -> Iterator[Start]:
    with editors() as make:
        yield make


@pytest.fixture
def hanging(tmp_path: Path, toolchain: Toolchain) -> Iterator[Faulty]:
    made = Faulty(tmp_path / "bin" / "go", toolchain.go, when='*" list "*')
    yield made
    made.close()


class TestRenamedWhileItIsAnalysed:
    def test_the_folder(self, start: Start, tmp_path: Path, hanging: Faulty) -> None:
        root = write_module(tmp_path / "m", {"old/p.go": TEXT})
        editor = start(root, env={"STACKWARD_GO": str(hanging.path)})
        editor.start(WATCHES)
        old = editor.open("old/p.go")
        hanging.wait_until_it_hangs()
        (root / "old").rename(root / "new")
        hanging.repair()
        changes = [{"uri": old, "type": DELETED}, {"uri": old.replace("/old/", "/new/"), "type": CREATED}]
        editor.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        editor.notify("textDocument/didClose", {"textDocument": {"uri": old}})
        new = editor.open("new/p.go")
        # Both the news of the disk and the opening may start an analysis, so it is not the first end that counts.
        at_last(editor, lambda: NEW in editor.hints(new) and editor.statuses[-1]["state"] == "idle")
        next_save(editor, new, "new/p.go")
        assert editor.hints(old) == set()

    def test_a_file(self, start: Start, tmp_path: Path, hanging: Faulty) -> None:
        root = write_module(tmp_path / "m", {"p.go": "package p\n", "old.go": MORE})
        editor = start(root, env={"STACKWARD_GO": str(hanging.path)})
        editor.start(WATCHES)
        editor.open("p.go")
        old = editor.open("old.go")
        hanging.wait_until_it_hangs()
        (root / "old.go").rename(root / "new.go")
        hanging.repair()
        new = uri_of(str(root / "new.go"))
        changes = [{"uri": old, "type": DELETED}, {"uri": new, "type": CREATED}]
        editor.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        editor.notify("textDocument/didClose", {"textDocument": {"uri": old}})
        assert editor.open("new.go") == new
        at_last(editor, lambda: editor.hints(new) == BOTH and editor.statuses[-1]["state"] == "idle")
        next_save(editor, new, "new.go")
        assert editor.hints(old) == set()

    @pytest.mark.parametrize("files", [["p.go"], ["p.go", "q.go"]], ids=["of one file", "file by file"])
    def test_the_package_clause(self, start: Start, tmp_path: Path, hanging: Faulty, files: list[str]) -> None:
        """Of several files the first that is saved makes two packages of the folder, which is no package."""
        texts = {"p.go": TEXT, "q.go": "package p\n"}
        root = write_module(tmp_path / "m", {name: texts[name] for name in files})
        editor = start(root, env={"STACKWARD_GO": str(hanging.path)})
        editor.start()
        uris = [editor.open(name) for name in files]
        hanging.wait_until_it_hangs()
        hanging.repair()
        for name in files:
            editor.save(name, texts[name].replace("package p", "package renamed"))
        at_last(editor, lambda: editor.hints(uris[0]) == {NEW} and editor.statuses[-1]["state"] == "idle")
        editor.save("p.go", MORE.replace("package p", "package renamed"))
        at_last(editor, lambda: editor.hints(uris[0]) == BOTH)


# Bytes that are no UTF-8 stand in a comment, before code on the same line.
_BAD = b'package p\n\nvar Bad = "\xff\xfe" // \xe9\n'
_SEEN = (
    "package p\n\n"
    "/* \ufffd\ufffd é😀 */ func New() *int { n := 1; return &n }\n"
    "func More() *int { m := 2; return &m }\n"
)


class TestBadUtf8:
    def test_on_disk(self, start: Start, tmp_path: Path) -> None:
        root = write_module(tmp_path / "m", {"p.go": TEXT})
        bad = root / "bad.go"
        bad.write_bytes(_BAD)
        editor = start(root)
        editor.start()
        uri = editor.open("p.go")
        status = editor.settled()
        assert status["state"] == "broken"
        assert "bad.go:3:12" in status["message"]
        assert status["range"]["start"] == {"line": 2, "character": 11}
        bad.write_text('package p\n\nvar Bad = "é"\n', encoding="utf-8")
        next_save(editor, uri)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    def test_what_the_editor_makes_of_it(self, start: Start, tmp_path: Path, encoding: str) -> None:
        """The editor shows U+FFFD for each bad byte; what the go command reads on the disk counts until a save."""
        root = write_module(tmp_path / "m", {"p.go": "package p\n"})
        (root / "p.go").write_bytes(_SEEN.encode().replace("\ufffd".encode(), b"\xff"))
        editor = start(root)
        editor.start({"general": {"positionEncodings": [encoding]}})
        uri = editor.open("p.go", _SEEN)
        status = editor.settled()
        assert status["state"] == "broken"
        assert "p.go:3:4: illegal UTF-8" in status["message"]
        editor.save("p.go", _SEEN)
        before = _SEEN.splitlines()[2].partition("n :=")[0]
        column = len(before.encode(f"{encoding}-le" if encoding != "utf-8" else encoding)) // (int(encoding[4:]) // 8)
        wanted = {(2, column, column + 1, "address-returned"), (3, 19, 20, "address-returned")}
        at_last(editor, lambda: editor.hints(uri) == wanted and editor.statuses[-1]["state"] == "idle")
        next_save(editor, uri)

    def test_half_a_surrogate_pair(self, start: Start, tmp_path: Path) -> None:
        """JSON can name what no encoding can write, and JavaScript lets an editor cut a pair in two."""
        editor = start(write_module(tmp_path / "m", {"p.go": TEXT}))
        editor.start()
        uri = editor.open("p.go", TEXT.replace("func", "/* \ud83d */ func"))
        column = NEW[1] + len("/* x */ ")
        at_last(editor, lambda: editor.hints(uri) == {(2, column, column + 1, "address-returned")})
        editor.change(uri, "\ude00 ", (2, 3))
        editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        at_last(editor, lambda: editor.hints(uri) == {(2, column + 2, column + 3, "address-returned")})
        next_save(editor, uri)


class TestSymbolicLinks:
    @pytest.mark.parametrize("link", ["module", "above"])
    def test_a_module_keeps_its_name(self, start: Start, tmp_path: Path, link: str) -> None:
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
        next_save(editor, uri)
        assert {one for one, found in editor.diagnostics.items() if found} == {uri, sub}

    @pytest.mark.parametrize("where", ["within the module", "outside of it"])
    def test_a_folder_of_the_module(self, start: Start, tmp_path: Path, where: str) -> None:
        root = write_module(tmp_path / "m", {"go.mod": "module example.com/m\n\ngo 1.23\n"})
        real = (root if where == "within the module" else tmp_path) / "real"
        real.mkdir()
        (real / "p.go").write_text(TEXT, encoding="utf-8")
        (root / "link").symlink_to(real)
        editor = start(root)
        editor.start()
        uri = editor.open("link/p.go")
        assert editor.settled()["state"] == "idle"
        assert editor.hints(uri) == {NEW}
        next_save(editor, uri, "link/p.go")
        assert {one for one, found in editor.diagnostics.items() if found} == {uri}

    def test_a_file(self, start: Start, tmp_path: Path) -> None:
        root = write_module(tmp_path / "m", {"p.go": "package p\n"})
        (tmp_path / "elsewhere.go").write_text(TEXT, encoding="utf-8")
        (root / "link.go").symlink_to(tmp_path / "elsewhere.go")
        editor = start(root)
        editor.start()
        uri = editor.open("link.go")
        assert editor.settled()["state"] == "idle"
        assert editor.hints(uri) == {NEW}
        next_save(editor, uri, "link.go")
        assert (tmp_path / "elsewhere.go").read_text(encoding="utf-8") == MORE
        assert {one for one, found in editor.diagnostics.items() if found} == {uri}

    @pytest.mark.parametrize("spelt", ["by the link", "by the real name"])
    @pytest.mark.parametrize("folder", ["by the link", "by the real name"])
    @pytest.mark.parametrize("work", ["by the real name", ""], ids=lambda how: f"go.work {how}".strip())
    def test_one_file_by_two_names(self, start: Start, tmp_path: Path, spelt: str, folder: str, work: str) -> None:
        """The workspace folder, the document and go.work may each name a module in their own way."""
        names = {"by the link": tmp_path / "link", "by the real name": tmp_path / "real"}
        write_module(tmp_path / "real", {"p.go": TEXT})
        names["by the link"].symlink_to(names["by the real name"])
        if work:
            (tmp_path / "go.work").write_text(f"go 1.23\n\nuse ./{names[work].name}\n", encoding="utf-8")
        editor = start(names[folder])
        editor.start()
        editor.root = names[spelt]
        uri = editor.open("p.go")
        status = editor.settled()
        if work and work != spelt:
            # The go command says the same to who calls it there.
            assert status["state"] == "broken"
            assert "go work use" in status["message"]
            return
        assert status["state"] == "idle"
        assert editor.hints(uri) == {NEW}
        next_save(editor, uri)
        assert {one for one, found in editor.diagnostics.items() if found} == {uri}


_NONSENSE = (
    b"Content-Length: 9\r\n\r\n{not json",
    b"Content-Length: 2\r\n\r\n[]",
    b"Content-Length: 4\r\n\r\nnull",
    b"GET / HTTP/1.1\r\n\r\n",
    b'Content-Length: 41\r\n\r\n{"jsonrpc":"2.0","method":"no/such/thing"',
    b'Content-Length: 70\r\n\r\n{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"x":[-1]}}',
)


def test_nonsense_between_good_messages(start: Start, tmp_path: Path) -> None:
    editor = start(write_module(tmp_path / "m", {"p.go": TEXT}))
    editor.start()
    uri = editor.open("p.go")
    editor.settled()
    for nonsense in _NONSENSE:
        editor.raw(nonsense)
        editor.notify(
            "textDocument/didChange", {"textDocument": {"uri": uri + ".other", "version": 7}, "contentChanges": []}
        )
        next_save(editor, uri)
        editor.save("p.go", TEXT)
        at_last(editor, lambda: editor.hints(uri) == {NEW} and editor.statuses[-1]["state"] == "idle")


def test_generics_that_another_file_instantiates(start: Start, tmp_path: Path) -> None:
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


def test_a_module_that_goes_away_and_comes_back(start: Start, tmp_path: Path) -> None:
    root = write_module(tmp_path / "m", {"p.go": TEXT})
    editor = start(root)
    editor.start()
    uri = editor.open("p.go")
    editor.settled()
    shutil.move(root, tmp_path / "aside")
    editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    assert editor.settled()["state"] in {"broken", "missing", "idle"}
    shutil.move(tmp_path / "aside", root)
    next_save(editor, uri)
