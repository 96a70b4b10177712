"""The results that are on show: those of every unit by file, merged, and moved along in open documents."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from stackward.core.position import Lines
from stackward.core.site import Function
from stackward.engine.openfile import OpenFile
from stackward.engine.packages import merge
from stackward.engine.results import FileHints, FileResult, Freshness
from stackward.engine.sources import Sources
from stackward.engine.texts import Texts
from stackward.toolchain.unit import UnitId

Source: TypeAlias = tuple[str, UnitId]
"""Where a result comes from: a package's folder and one of its units."""


class Board:
    """Guarded by the session's lock, which it is given."""

    def __init__(self, texts: Texts, sources: Sources, lock: threading.RLock) -> None:
        self._texts = texts
        self._sources = sources
        self._lock = lock
        self.open_files: dict[str, OpenFile] = {}
        self._by_path: dict[str, dict[Source, FileResult]] = {}
        self._published: dict[str, FileResult] = {}
        self._first: set[str] = set()

    def hints(self, path: str, within: Lines | None = None) -> FileHints:
        """The hints of a file as they are now; of a long one that is open, those that begin on some lines will do."""
        with self._lock:
            document = self.open_files.get(path)
            if document is not None:
                freshness = Freshness.FIRST if path in self._first else Freshness.COMPLETE
                if document.moved:
                    freshness = Freshness.MOVED
                return FileHints(path, freshness, document.hints(within))
            result = self._published.get(path)
            return FileHints(path, Freshness.COMPLETE, result.hints if result is not None else ())

    def functions(self, path: str) -> tuple[Function, ...]:
        """The functions of a file as they are now, looked up in its tree."""
        with self._lock:
            document = self.open_files.get(path)
            if document is not None:
                return document.placed_functions()
            result = self._published.get(path)
            return result.functions if result is not None else ()

    def paths(self) -> list[str]:
        """All files that there are hints for."""
        with self._lock:
            return sorted({*self.open_files, *self._published})

    def merged(self, path: str) -> FileResult | None:
        """The result for the text of a file as it is on disk or open now."""
        with self._lock:
            return self._merge(path, self._texts.digest(path) or "")

    def _merge(self, path: str, digest: str) -> FileResult | None:
        results = self._by_path.get(path, {}).values()
        return merge(results, digest, lambda: self._sources.generic_code(path, digest))

    def close(self, path: str) -> None:
        """A document is not open any more: what is known of the text on disk is shown."""
        with self._lock:
            self.open_files.pop(path, None)
            self.show(path)

    def forget(self, directory: str) -> list[str]:
        """Drop the results of a package; gives the files that had some."""
        gone = []
        with self._lock:
            for path, by in list(self._by_path.items()):
                sources = [source for source in by if source[0] == directory]
                for source in sources:
                    del by[source]
                if sources:
                    gone.append(path)
                    self.show(path)
        return gone

    def take(self, directory: str, unit_id: UnitId, files: Sequence[FileResult]) -> list[str]:
        """Replace a unit's results; gives the files whose hints may have changed."""
        with self._lock:
            return self._replace((directory, unit_id), files)

    def _replace(self, source: Source, files: Sequence[FileResult]) -> list[str]:
        before = {path: by.pop(source) for path, by in self._by_path.items() if source in by}
        fresh = {result.path: result for result in files}
        for path, result in fresh.items():
            self._by_path.setdefault(path, {})[source] = result
        affected = []
        for path in {*before, *fresh}:
            partial = path in self._first
            self._first.discard(path)
            # Most files of a package say after a save what they said before.
            if partial or path in self.open_files or before.get(path) != fresh.get(path):
                self.show(path, prefer=fresh[path].digest if path in fresh and not fresh[path].generic else "")
                affected.append(path)
        return sorted(affected, key=lambda path: (path not in self.open_files, path))

    def show_again(self, digests: Mapping[str, str]) -> list[str]:
        """Put on show what is known of these texts, as far as they are open; gives their paths."""
        with self._lock:
            paths = [path for path in digests if path in self.open_files]
            for path in paths:
                self._first.discard(path)
                self.show(path, prefer=digests[path])
            return paths

    def show(self, path: str, prefer: str = "") -> None:
        """Put the results for a file on show."""
        document = self.open_files.get(path)
        digest = prefer or self._texts.digest(path) or ""
        merged = self._merge(path, digest)
        if document is not None:
            if merged is not None:
                document.set_hints(digest, merged.hints, merged.functions)
        elif merged is not None:
            self._published[path] = merged
        else:
            self._published.pop(path, None)

    def take_partial(self, files: Sequence[FileResult]) -> list[str]:
        """Add hints while their compile still runs; gives the files that have news."""
        told = []
        with self._lock:
            for result in files:
                document = self.open_files.get(result.path)
                if document is not None and document.add_hints(result.digest, result.hints):
                    self._first.add(result.path)
                    told.append(result.path)
        return told

    def take_decisions(self, files: Sequence[FileResult]) -> list[str]:
        """Take all sites of a unit whose explanations are still to come; gives the files that have news."""
        told = []
        with self._lock:
            for result in files:
                document = self.open_files.get(result.path)
                self._first.discard(result.path)
                if document is not None and document.set_decisions(result.digest, result.hints):
                    told.append(result.path)
        return told

    def is_open(self, path: str) -> bool:
        with self._lock:
            return path in self.open_files
