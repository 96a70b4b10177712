"""The watcher against real files. Nothing here sleeps: whatever is expected is waited for."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from watched import PATIENCE, watching

from stackward.lsp.watch import Watcher, is_relevant


@pytest.mark.parametrize(
    "name",
    [
        "a.go",
        "a_test.go",
        "sub/deep/b.go",
        "asm.s",
        "c.h",
        "c.c",
        "go.mod",
        "go.sum",
        "go.work",
        "go.work.sum",
        "default.pgo",
        ".stackward.toml",
        "vendor/modules.txt",
        "vendor/example.com/x/x.go",
        "sub/.stackward.toml",
        "_examples/é x.go",
    ],
)
def test_files_that_matter(name: str):
    assert is_relevant(f"/r/.cache/m/{name}", "/r/.cache/m")


@pytest.mark.parametrize(
    "name",
    [
        ".git/x.go",
        "sub/.git/index",
        "node_modules/x/x.go",
        "testdata/x.go",
        "sub/testdata/go.mod",
        ".idea/a.go",
        "README.md",
        "modules.txt",
        "a.go~",
        "#a.go#",
        ".#a.go",
        ".a.go.swp",
        "_a.go",
        "a.go.1234",
        "a.gox",
    ],
)
def test_files_that_do_not(name: str):
    assert not is_relevant(f"/r/{name}", "/r")


def test_creation_change_and_deletion(tmp_path: Path):
    file = tmp_path / "a.go"
    with watching(tmp_path) as (changes, _):
        for act in (file.touch, lambda: file.write_text("package p\n"), file.unlink):
            act()
            changes.wait_for(file)
            changes.forget()


def test_a_file_that_an_editor_replaces(tmp_path: Path):
    file = tmp_path / "a.go"
    file.write_text("package p\n")
    with watching(tmp_path) as (changes, _):
        (tmp_path / "a.go~").write_text("package q\n")
        (tmp_path / "a.go~").replace(file)
        changes.wait_for(file)
        assert changes.paths == {str(file)}


def test_what_does_not_matter_is_not_told(tmp_path: Path):
    for folder in (".git", "node_modules", "testdata"):
        (tmp_path / folder).mkdir()
    with watching(tmp_path) as (changes, _):
        for name in (".git/HEAD", "node_modules/x.go", "testdata/x.go", "x.txt", ".x.go.swp"):
            (tmp_path / name).write_text("x")
        shutil.rmtree(tmp_path / "node_modules")
        (tmp_path / "last.go").touch()
        changes.wait_for(tmp_path / "last.go")
        assert changes.paths == {str(tmp_path / "last.go")}


def test_reading_a_file_is_no_change(tmp_path: Path):
    (tmp_path / "read.go").write_text("package p\n")
    with watching(tmp_path) as (changes, _):
        (tmp_path / "read.go").read_text()
        (tmp_path / "last.go").touch()
        changes.wait_for(tmp_path / "last.go")
        assert changes.paths == {str(tmp_path / "last.go")}


def test_folders_that_appear_with_files_in_them(tmp_path: Path):
    (tmp_path / "elsewhere/pkg/sub").mkdir(parents=True)
    (tmp_path / "elsewhere/pkg/sub/moved.go").touch()
    root = tmp_path / "root"
    root.mkdir()
    with watching(root) as (changes, _):
        (root / "x/y/z").mkdir(parents=True)
        (root / "x/y/z/a.go").touch()
        (tmp_path / "elsewhere/pkg").rename(root / "pkg")
        changes.wait_for(root / "x/y/z/a.go", root / "pkg/sub/moved.go")
        changes.forget()
        (root / "pkg/sub/moved.go").write_text("package p\n")
        changes.wait_for(root / "pkg/sub/moved.go")


def test_folders_that_go_away(tmp_path: Path):
    root = tmp_path / "root"
    for name in ("deleted", "moved", "renamed"):
        (root / name).mkdir(parents=True)
        (root / name / "a.go").touch()
    with watching(root) as (changes, _):
        shutil.rmtree(root / "deleted")
        (root / "moved").rename(tmp_path / "outside")
        (root / "renamed").rename(root / "new")
        changes.wait_for(root / "deleted/a.go", root / "moved", root / "renamed", root / "new/a.go")
        changes.forget()
        (root / "deleted").mkdir()
        (root / "deleted/a.go").touch()
        changes.wait_for(root / "deleted/a.go")


@pytest.mark.parametrize("how", ["deleted", "moved"])
def test_a_root_that_goes_away_and_comes_back(tmp_path: Path, how: str):
    root = tmp_path / "root"
    root.mkdir()
    with watching(root) as (changes, _):
        if how == "deleted":
            root.rmdir()
        else:
            root.rename(tmp_path / "outside")
        root.mkdir()
        changes.wait_for(root)
        changes.forget()
        (root / "a.go").touch()
        changes.wait_for_any(root, root / "a.go")  # The root where it was not watched again at that moment.
        (root / "b.go").touch()
        changes.wait_for(root / "b.go")
    assert not changes.problems


def test_a_root_that_does_not_exist_yet(tmp_path: Path):
    root = tmp_path / "later"
    with watching(root, tmp_path / "never") as (changes, _):
        root.mkdir()
        changes.wait_for(root)
        (root / "b.go").touch()
        changes.wait_for(root / "b.go")


def test_a_root_that_is_a_symbolic_link_keeps_its_name(tmp_path: Path):
    (tmp_path / "real/sub").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    with watching(tmp_path / "link") as (changes, _):
        (tmp_path / "real/sub/a.go").touch()
        changes.wait_for(tmp_path / "link/sub/a.go")
        assert changes.paths == {str(tmp_path / "link/sub/a.go")}


def test_a_loop_of_symbolic_links(tmp_path: Path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/up").symlink_to(tmp_path)
    with watching(tmp_path) as (changes, _):
        (tmp_path / "sub/a.go").touch()
        changes.wait_for(tmp_path / "sub/a.go")
        assert changes.paths == {str(tmp_path / "sub/a.go")}


def test_a_burst_is_one_call(tmp_path: Path):
    files = [tmp_path / f"f{number}.go" for number in range(100)]
    with watching(tmp_path, quiet=1.0, longest=PATIENCE) as (changes, _):
        for file in files:
            file.write_text("package p\n")
        changes.wait_for(*files)
        assert len(changes.calls) == 1


def test_a_burst_that_does_not_end_is_told_all_the_same(tmp_path: Path):
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            (tmp_path / "a.go").write_text("package p\n")

    writer = threading.Thread(target=write)
    with watching(tmp_path, quiet=PATIENCE * 2, longest=0.2) as (changes, _):
        writer.start()
        try:
            changes.wait_for(tmp_path / "a.go")
        finally:
            over.set()
            writer.join()


def test_other_roots(tmp_path: Path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    with watching(one) as (changes, watcher):
        watcher.set_roots([str(two)])
        assert watcher.wait_ready(PATIENCE)
        (one / "a.go").touch()
        (two / "b.go").touch()
        changes.wait_for(two / "b.go")
        assert changes.paths == {str(two / "b.go")}


def test_roots_that_are_given_twice_or_lie_within_each_other(tmp_path: Path):
    (tmp_path / "sub").mkdir()
    with watching(tmp_path, tmp_path, tmp_path / "sub") as (changes, _):
        (tmp_path / "sub/a.go").touch()
        changes.wait_for(tmp_path / "sub/a.go")
    assert not changes.problems


def test_after_stop_nothing_is_told(tmp_path: Path):
    with watching(tmp_path, quiet=PATIENCE) as (changes, watcher):
        (tmp_path / "a.go").touch()
        watcher.stop()
        watcher.stop()
    assert changes.calls == []
    assert not any(thread.name == "stackward-watch" for thread in threading.enumerate())


def test_a_listener_may_stop_the_watcher(tmp_path: Path):
    stopped = threading.Event()

    def listen(_paths: frozenset[str]) -> None:
        watcher.stop()
        stopped.set()

    watcher = Watcher([str(tmp_path)], listen, quiet=0.02)
    watcher.start()
    assert watcher.wait_ready(PATIENCE)
    (tmp_path / "a.go").touch()
    assert stopped.wait(PATIENCE)
