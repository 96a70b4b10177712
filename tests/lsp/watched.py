"""What a watcher of real folders told, and waiting for it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stackward.core.decision import Problem
from stackward.lsp.watch import Watcher

PATIENCE = 20.0  # Seconds; only a watcher that misses something makes a test wait for so long.


class Changes:
    """What a watcher told."""

    def __init__(self) -> None:
        self.calls: list[frozenset[str]] = []
        self.problems: list[Problem] = []
        self._told = threading.Condition()

    def take(self, paths: frozenset[str]) -> None:
        with self._told:
            self.calls.append(paths)
            self._told.notify_all()

    @property
    def paths(self) -> set[str]:
        return set().union(*self.calls)

    def forget(self) -> None:
        with self._told:
            self.calls.clear()

    def wait_for(self, *paths: Path) -> None:
        wanted = {str(path) for path in paths}
        with self._told:
            assert self._told.wait_for(lambda: wanted <= self.paths, PATIENCE), (wanted, self.calls)

    def wait_for_any(self, *paths: Path) -> None:
        wanted = {str(path) for path in paths}
        with self._told:
            assert self._told.wait_for(lambda: wanted & self.paths, PATIENCE), (wanted, self.calls)


@contextlib.contextmanager
def watching(*roots: Path, **options: Any) -> Iterator[tuple[Changes, Watcher]]:
    changes = Changes()
    options = {"quiet": 0.02, "look": 0.05, "on_problem": changes.problems.append} | options
    watcher = Watcher(map(str, roots), changes.take, **options)
    watcher.start()
    assert watcher.wait_ready(PATIENCE)
    try:
        yield changes, watcher
    finally:
        watcher.stop()
