"""Packages that are rewritten at the same time: what one changes in another, and who begins anew because of it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """What a package begins with: the texts that others have left, and how many changes these are."""

    texts: Mapping[str, bytes]
    number: int


@dataclass(frozen=True, slots=True)
class _Change:
    folders: frozenset[str]
    visible: bool


class Turns:
    """Takes what packages were rewritten to, in the order in which they are done. Thread-safe.

    ``imports`` are the folders that each folder imports. Packages work side by side, and what one of them has found is
    taken only if nothing that it depends on was taken in the meantime: two may change one file, the one for itself
    and the other because it declares something else now.
    """

    def __init__(self, imports: Mapping[str, frozenset[str]]) -> None:
        self._imports = imports
        self._lock = threading.Lock()
        self._changes: list[_Change] = []
        self._texts: dict[str, bytes] = {}
        self.archives: Mapping[str, str] = {}
        """Export data of the packages that declare something else now, instead of that on disk."""

    def begin(self) -> Turn:
        with self._lock:
            return Turn(dict(self._texts), len(self._changes))

    def taken(
        self,
        directory: str,
        turn: Turn,
        texts: Mapping[str, bytes],
        *,
        visible: bool,
        build: Callable[[str, Mapping[str, bytes]], Mapping[str, str]],
    ) -> bool:
        """Whether the new texts are taken; else the package has to begin anew.

        ``visible`` are changes that importers can see. For these ``build`` gives the new export data of a folder.
        """
        others = frozenset(os.path.dirname(path) for path in texts) - {directory}
        change = _Change(others | {directory}, visible or bool(others))
        with self._lock:
            if any(self._disturbs(one, change, directory) for one in self._changes[turn.number :]):
                return False
            if texts:
                self._texts |= texts
                self._changes.append(change)
            for folder in (directory, *sorted(others)) if texts and change.visible else ():
                self.archives = {**self.archives, **build(folder, dict(self._texts))}
            return True

    def texts(self) -> dict[str, bytes]:
        """All texts that were taken."""
        with self._lock:
            return dict(self._texts)

    def _disturbs(self, other: _Change, own: _Change, directory: str) -> bool:
        """Whether a change that was taken is of what the own one is about, declares it, or uses it."""
        if other.folders & own.folders:
            return True
        declares = other.visible and other.folders & self._imports.get(directory, frozenset())
        uses = own.visible and any(directory in self._imports.get(folder, ()) for folder in other.folders)
        return bool(declares) or uses


__all__ = ["Turn", "Turns"]
