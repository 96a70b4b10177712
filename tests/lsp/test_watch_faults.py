"""The watcher when something goes wrong: folders that vanish, watchdog's own failures, limits of the system."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from watchdog.observers import Observer
from watched import PATIENCE, Changes, watching

from stackward.lsp import watch
from stackward.lsp.watch import Watcher


def test_a_root_that_goes_away_just_before_it_is_watched_is_no_problem(tmp_path: Path):
    root = tmp_path / "root"
    root.mkdir()

    class Late(Observer):  # type: ignore[misc, valid-type]
        def schedule(self, handler: Any, path: str, **options: Any) -> Any:
            if path == str(root) and not changes_of_root:
                changes_of_root.append("deleted")
                root.rmdir()
            return super().schedule(handler, path, **options)

    changes_of_root: list[str] = []
    with watching(root, observer=Late) as (changes, _):
        assert changes_of_root
        root.mkdir()
        changes.wait_for(root)
        (root / "a.go").touch()
        changes.wait_for(root / "a.go")
    assert not changes.problems


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_folder_that_is_moved_out_replaced_and_deleted(tmp_path: Path):
    """Watchdog 7.1 loses the thread that reads all events over this."""
    root = tmp_path / "root"
    (root / "p").mkdir(parents=True)
    with watching(root) as (changes, _):
        (root / "p").rename(tmp_path / "outside")
        (root / "p").mkdir()
        (root / "p/a.go").touch()
        changes.wait_for(root / "p/a.go")
        shutil.rmtree(root / "p")
        changes.wait_for(root / "p")
        (tmp_path / "outside").rmdir()
        (root / "b.go").touch()
        changes.wait_for_any(root, root / "b.go")  # The root where it had to be watched anew.
        (root / "c.go").touch()
        changes.wait_for(root / "c.go")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_of_watchdog_that_dies_is_replaced(tmp_path: Path):
    died: list[str] = []

    class Mortal(Observer):  # type: ignore[misc, valid-type]
        def dispatch_events(self, event_queue: Any) -> None:
            super().dispatch_events(event_queue)
            if not died:
                died.append("on purpose")
                raise RuntimeError(died[0])

    with watching(tmp_path, observer=Mortal) as (changes, _):
        (tmp_path / "a.go").touch()
        changes.wait_for(tmp_path)
        (tmp_path / "b.go").touch()
        changes.wait_for(tmp_path / "b.go")
    assert died
    assert not changes.problems


def test_a_look_at_the_roots_that_fails_is_repeated(tmp_path: Path):
    failures: list[str] = []

    def make() -> Any:
        if not failures:
            failures.append("can't start new thread")
            raise RuntimeError(failures[0])
        return Observer()

    changes = Changes()
    watcher = Watcher([str(tmp_path)], changes.take, quiet=0.02, look=0.05, observer=make)
    watcher.start()
    assert watcher.wait_ready(PATIENCE)
    assert failures
    (tmp_path / "a.go").touch()
    changes.wait_for(tmp_path / "a.go")
    watcher.stop()


def test_a_listener_that_fails_is_told_the_next_time(tmp_path: Path):
    changes = Changes()

    def listen(paths: frozenset[str]) -> None:
        if str(tmp_path / "bad.go") in paths:
            changes.take(paths)
            raise RuntimeError("on purpose")
        changes.take(paths)

    watcher = Watcher([str(tmp_path)], listen, quiet=0.02)
    watcher.start()
    assert watcher.wait_ready(PATIENCE)
    (tmp_path / "bad.go").touch()
    changes.wait_for(tmp_path / "bad.go")
    (tmp_path / "good.go").touch()
    changes.wait_for(tmp_path / "good.go")
    watcher.stop()


def limited(allowed: Callable[[str], bool]) -> Any:
    """An observer with too few watches for what is not allowed."""

    class Limited(Observer):  # type: ignore[misc, valid-type]
        def schedule(self, handler: Any, path: str, **options: Any) -> Any:
            if not allowed(path):
                raise OSError(errno.ENOSPC, "inotify watch limit reached")
            return super().schedule(handler, path, **options)

    return Limited


@pytest.mark.parametrize("exhausted", ["by a root", "by a folder in it"])
def test_without_enough_watches_the_roots_are_polled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exhausted: str):
    monkeypatch.setattr(watch, "_POLL_SECONDS", 0.05)
    (tmp_path / "sub").mkdir()
    observer = limited(lambda path: exhausted != "by a root" and path != os.sep)
    with watching(tmp_path, observer=observer) as (changes, _):
        (tmp_path / "sub/a.go").write_text("package p\n")
        changes.wait_for(tmp_path / "sub/a.go")
        (tmp_path / "sub/a.go").unlink()
        (tmp_path / "sub/b.go").touch()
        changes.wait_for(tmp_path / "sub/b.go")
    assert len(changes.problems) == 1
    assert "max_user_watches" in changes.problems[0].what


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is forbidden to this user")
def test_a_folder_that_may_not_be_read(tmp_path: Path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    with watching(tmp_path, closed) as (changes, _):
        (tmp_path / "a.go").touch()
        changes.wait_for(tmp_path / "a.go")
        closed.chmod(0o700)
        changes.wait_for(closed)
        (closed / "b.go").touch()
        changes.wait_for(closed / "b.go")
