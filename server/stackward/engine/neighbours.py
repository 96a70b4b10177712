"""What imported packages declare, where one name can be two things; read from their source when asked."""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from stackward.syntax.declared import Declarations, Declared, declared
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
    """The packages that one package imports, directly or not, as their files are when they are first looked at."""

    def __init__(self, library: Library, graph: Iterable[Package], direct: Iterable[str]) -> None:
        self._library = library
        self._graph = {package.path: package for package in graph}
        self._direct = tuple(direct)
        self._declared: dict[str, Declarations] = {}

    @functools.cached_property
    def imported(self) -> Declarations:
        """What the directly imported packages declare."""
        return Declarations(itertools.chain.from_iterable(map(self._files, self._direct)))

    def named(self, name: str) -> Sequence[str]:
        """The paths of the packages of this name; there can be several."""
        return self._names.get(name, ())

    @functools.cached_property
    def _names(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for package in self._graph.values():
            found.setdefault(package.name, []).append(package.path)
        return found

    def declared(self, path: str) -> Declarations:
        """What a package declares, as far as its files can be read."""
        known = self._declared.get(path)
        if known is None:
            known = self._declared[path] = Declarations(self._files(path))
        return known

    def _files(self, path: str) -> Iterator[Declared]:
        package = self._graph.get(path)
        for file in package.files if package is not None else ():
            if (found := self._library.declared(file)) is not None:
                yield found
