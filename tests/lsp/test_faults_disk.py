"""Disks that are full, read-only, damaged, shared or reached by other names: the server goes on with right hints."""

from __future__ import annotations

import os
import resource
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import editor as editor_module
import pytest
from editor import Editor
from faults import BOTH, MORE, NEW, TEXT, Start, at_last, editors, next_save, read_only, small_disk, with_mounts

from gomodule import write_module
from stackward.lsp.uris import uri_of

SUB = TEXT.replace("package p", "package sub")
_EVERYTHING = {
    "p.go": TEXT,
    "p_test.go": 'package p\n\nimport "testing"\n\nfunc TestNew(t *testing.T) { t.Log(*New()) }\n',
    "sub/s.go": SUB,
    "go.mod": "module example.com/m\n\ngo 1.23\n\nrequire example.com/lib v0.0.0\n\nreplace example.com/lib => ./lib\n",
    "go.sum": "",
    "lib/go.mod": "module example.com/lib\n\ngo 1.23\n",
    "lib/lib.go": "package lib\n\nfunc Lib() {}\n",
    "use/u.go": 'package use\n\nimport "example.com/lib"\n\nfunc Use() { lib.Lib() }\n',
}


@pytest.fixture
def start() -> Iterator[Start]:
    with editors() as make:
        yield make


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache of a test's own, but for the type facts helper, which takes longer to build than all else."""
    shared = Path(os.environ["STACKWARD_CACHE"]) / "typefacts"
    shared.mkdir(parents=True, exist_ok=True)
    made = tmp_path / "cache"
    made.mkdir()
    (made / "typefacts").symlink_to(shared)
    return made


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """Has servers started behind a command from then on."""
    return lambda prefix: monkeypatch.setattr(editor_module, "SERVE", [*prefix, *editor_module.SERVE])


def state_of(root: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path.relative_to(root)): (
            path.lstat().st_mtime_ns,
            path.lstat().st_ino,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in (root, *root.rglob("*"))
    }


def session(editor: Editor) -> None:
    """Some of everything that a server does."""
    editor.start()
    for name in ("p.go", "p_test.go", "use/u.go"):
        editor.open(name)
        assert editor.settled()["state"] == "idle"
    uri = uri_of(str(editor.root / "p.go"))
    assert editor.hints(uri) == {NEW}
    editor.change(uri, MORE)
    editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    at_last(editor, lambda: editor.hints(uri) == BOTH)
    answer = editor.ask("workspace/executeCommand", {"command": "stackward.analyzeWorkspace", "arguments": []})
    assert answer["failures"] == []
    editor.change(uri, TEXT)
    editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    at_last(editor, lambda: editor.hints(uri) == {NEW})


class TestReadOnlyModule:
    def test_nothing_in_the_module_is_touched(self, start: Start, tmp_path: Path) -> None:
        root = write_module(tmp_path / "m", _EVERYTHING)
        before = state_of(root)
        editor = start(root)
        session(editor)
        editor.ask("shutdown")
        editor.notify("exit")
        assert editor.exit_code() == 0
        assert state_of(root) == before

    def test_a_disk_that_is_mounted_read_only(
        self, start: Start, tmp_path: Path, behind: Callable[[list[str]], None]
    ) -> None:
        root = write_module(tmp_path / "m", _EVERYTHING)
        prefix = with_mounts(*read_only(root))
        if prefix is None:
            pytest.skip("this user may not mount")
        behind(prefix)
        editor = start(root)
        session(editor)
        # The editor is not behind the mount.
        next_save(editor, uri_of(str(root / "p.go")))

    @pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is read-only to this user")
    def test_files_without_permission_to_write(self, start: Start, tmp_path: Path) -> None:
        root = write_module(tmp_path / "m", _EVERYTHING)
        everything = [root, *root.rglob("*")]
        for path in everything:
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            session(start(root))
        finally:
            for path in everything:
                path.chmod(0o755)


def told_or_right(editor: Editor, uri: str) -> bool:
    """Whether there are hints, or else it is said why there are none."""
    return editor.hints(uri) == {NEW} or editor.statuses[-1]["message"] != ""


class TestFullDisk:
    @pytest.mark.parametrize("room", [4, 256], ids="{} KiB".format)
    def test_the_disk_of_the_cache(
        self, start: Start, tmp_path: Path, behind: Callable[[list[str]], None], room: int
    ) -> None:
        cache = tmp_path / "cache"
        cache.mkdir()
        prefix = with_mounts(*small_disk(cache, room))
        if prefix is None:
            pytest.skip("this user may not mount")
        behind(prefix)
        editor = start(write_module(tmp_path / "m", {"p.go": TEXT}), env={"STACKWARD_CACHE": str(cache)})
        editor.start()
        uri = editor.open("p.go")
        editor.settled()
        assert told_or_right(editor, uri)
        assert editor.ask("textDocument/codeLens", {"textDocument": {"uri": uri}}) is not None

    @pytest.mark.skipif(sys.platform != "linux", reason="the limit of another process cannot be changed")
    def test_every_disk_until_there_is_room_again(
        self, start: Start, tmp_path: Path, behind: Callable[[list[str]], None]
    ) -> None:
        behind(["sh", "-c", 'ulimit -S -f 0; exec "$@"', "sh"])
        root = write_module(tmp_path / "m", {"p.go": TEXT})
        editor = start(root, env={"STACKWARD_CACHE": str(tmp_path / "cache")})
        editor.start()
        uri = editor.open("p.go")
        editor.settled()
        assert told_or_right(editor, uri)
        resource.prlimit(editor.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        next_save(editor, uri)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "garbage": lambda data: b"\x00\xff" * len(data),
    "other JSON": lambda _: zlib.compress(b'{"files": 5}'),
    "null": lambda _: zlib.compress(b"null"),
}


class TestCache:
    @pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
    def test_files_that_are_damaged(
        self, start: Start, tmp_path: Path, cache: Path, damage: Callable[[bytes], bytes]
    ) -> None:
        # What it imports is named by a file in the cache.
        imports = SUB.replace("package sub\n", 'package sub\n\nimport _ "errors"\n')
        root = write_module(tmp_path / "m", {"p.go": TEXT, "sub/s.go": imports})
        env = {"STACKWARD_CACHE": str(cache)}
        first = start(root, env=env)
        first.start()
        for name in ("p.go", "sub/s.go"):
            first.open(name)
            first.settled()
        first.ask("shutdown")
        first.notify("exit")
        assert first.exit_code() == 0
        files = [path for path in cache.rglob("*") if path.is_file()]
        assert files
        for path in files:
            path.write_bytes(damage(path.read_bytes()))
        second = start(root, env=env)
        second.start()
        uri = second.open("p.go")
        assert second.settled()["state"] == "idle"
        assert second.hints(uri) == {NEW}
        next_save(second, uri)
        sub = second.open("sub/s.go")
        assert second.settled()["state"] == "idle"
        assert {rule for *_, rule in second.hints(sub)} == {"address-returned"}

    def test_two_servers_at_once(self, start: Start, tmp_path: Path) -> None:
        root = write_module(tmp_path / "m", {f"p{number}/p.go": TEXT for number in range(6)})
        env = {"STACKWARD_CACHE": str(tmp_path / "cache")}
        both = [start(root, env=env) for _ in range(2)]
        for editor in both:
            editor.start()
        uris = [[editor.open(f"p{number}/p.go") for number in range(6)] for editor in both]
        for editor, own in zip(both, uris, strict=True):
            at_last(editor, lambda editor=editor, own=own: all(editor.hints(uri) == {NEW} for uri in own))
        for editor, own in zip(both, uris, strict=True):
            editor.change(own[0], MORE)
            editor.notify("textDocument/didSave", {"textDocument": {"uri": own[0]}})
        for editor, own in zip(both, uris, strict=True):
            at_last(editor, lambda editor=editor, own=own: editor.hints(own[0]) == BOTH)
        assert not [path for path in (tmp_path / "cache").glob("results-*/*/*") if "." in path.name]

    def test_it_is_deleted_while_it_is_in_use(self, start: Start, tmp_path: Path, cache: Path) -> None:
        root = write_module(tmp_path / "m", {"p.go": TEXT})
        editor = start(root, env={"STACKWARD_CACHE": str(cache)})
        editor.start()
        uri = editor.open("p.go")
        editor.settled()
        cache.rename(tmp_path / "removed")  # A server that still writes holds up shutil.rmtree.
        next_save(editor, uri)
