"""What imported packages declare, where one name can be two things; read from their source when asked."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from stackward.syntax.declared import Declared, declared
from stackward.syntax.tree import parse
from stackward.toolchain.unit import Package


class Library:
    """The declarations of files that nobody edits here, each read once. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, Declared]] = {}

    def declared(self, path: str) -> Declared | None:
        """The declarations of a file; None when it cannot be read."""
        try:
            stamp = Path(path).stat().st_mtime_ns
            with self._lock:
                known = self._known.get(path)
            if known is not None and known[0] == stamp:
                return known[1]
            found = declared(parse(Path(path).read_bytes()))
        except OSError:
            return None
        with self._lock:
            self._known[path] = (stamp, found)
        return found


class Neighbours:
    """The packages that one package imports, directly or not."""

    def __init__(self, library: Library, graph: Iterable[Package], direct: Iterable[str]) -> None:
        self._library = library
        self._graph = {package.path: package for package in graph}
        self._direct = tuple(direct)

    def imported(self) -> Iterator[Declared]:
        """What the directly imported packages declare."""
        for path in self._direct:
            yield from self.declared(path)

    def named(self, name: str) -> list[str]:
        """The paths of the packages of this name; there can be several."""
        return [package.path for package in self._graph.values() if package.name == name]

    def declared(self, path: str) -> list[Declared]:
        """What a package declares, as far as its files can be read."""
        package = self._graph.get(path)
        files = package.files if package is not None else ()
        return [found for file in files if (found := self._library.declared(file)) is not None]
