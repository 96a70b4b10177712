"""Syntax trees of source files, kept while they are likely to be asked for again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stackward.engine.texts import Snapshot, Texts, digest
from stackward.syntax.declared import Declarations, Declared, declared
from stackward.syntax.surface import generic_code
from stackward.syntax.tree import SourceFile, parse

_MAX_BYTES = 3 << 20  # Source text whose trees are kept; a tree takes 25 times its text.
_VERSIONS = 2  # Of one file: what is on disk or was analysed, and what is tried or typed.


class Sources:
    """Trees by content. ``belongs`` says of which files outside a unit hints are shown (those of the workspace).

    ``others`` are asked for trees that are not here, so that what both see is parsed, and held, once. Thread-safe.
    """

    def __init__(self, texts: Texts, others: Sources | None = None) -> None:
        self._texts = texts
        self._others = others
        self._lock = threading.Lock()
        self._trees: OrderedDict[str, SourceFile] = OrderedDict()
        self._versions: dict[str, list[str]] = {}
        self._bytes = 0
        self._declared: dict[str, Declared] = {}
        self._generic: dict[str, str] = {}

    def laid_over(self, texts: Mapping[str, bytes]) -> Sources:
        """The same with other texts for some files."""
        return Sources(self._texts.with_overlays(texts), self) if texts else self

    def remember(self, path: str, source: SourceFile) -> None:
        """Take a tree that exists, such as that of an open document, so that it is not parsed again."""
        self._keep(path, digest(source.text), source)

    def of(self, snapshot: Snapshot) -> SnapshotSources:
        """The trees of the files of a snapshot."""
        return SnapshotSources(self, snapshot)

    def held(self, wanted: str) -> SourceFile | None:
        """The tree of the text with this digest if it is here; it is no more likely to stay for that."""
        return self._trees.get(wanted)

    def now(self, paths: Iterable[str]) -> SnapshotSources:
        """The trees of files as they are at this moment."""
        return self.of(self._texts.snapshot(tuple(paths)))

    def generic_code(self, path: str, wanted: str) -> str:
        """The identity of the generic code in the text of ``path`` with this digest; empty where there is none."""
        known = self._generic.get(wanted)
        if known is None:
            source = self.tree(path, wanted)
            if source is None:
                return ""
            known = self._generic[wanted] = generic_code(source)
        return known

    def tree(self, path: str, wanted: str) -> SourceFile | None:
        """The tree of the text of ``path`` with this digest; None when it has changed in the meantime."""
        with self._lock:
            known = self._trees.get(wanted)
            if known is not None:
                self._trees.move_to_end(wanted)
                return known
        if self._others is not None and (known := self._others.held(wanted)) is not None:
            return known
        text = self._texts.read(path)
        if text is None or digest(text) != wanted:
            return None
        source = parse(text)
        self._keep(path, wanted, source)
        return source

    def declared(self, path: str, wanted: str) -> Declared | None:
        """What the file declares at package level; kept without its tree."""
        known = self._declared.get(wanted)
        if known is None:
            source = self.tree(path, wanted)
            if source is None:
                return None
            known = self._declared[wanted] = declared(source)
        return known

    def _keep(self, path: str, key: str, source: SourceFile) -> None:
        with self._lock:
            if key not in self._trees:
                self._bytes += len(source.text)
            self._trees[key] = source
            self._trees.move_to_end(key)
            versions = [one for one in self._versions.get(path, ()) if one != key and one in self._trees]
            self._versions[path] = [*versions, key][-_VERSIONS:]
            for old in versions[: 1 - _VERSIONS]:
                self._drop(old)
            while self._bytes > _MAX_BYTES and len(self._trees) > 1:
                self._drop(next(iter(self._trees)))

    def _drop(self, key: str) -> None:
        self._bytes -= len(self._trees.pop(key).text)


@dataclass(frozen=True, slots=True)
class SnapshotSources:
    """The trees of one snapshot's files, and of no other."""

    sources: Sources
    snapshot: Snapshot

    def get(self, path: str) -> SourceFile | None:
        """The tree of a file of the snapshot; None for other files, and for one that changed since."""
        wanted = self.snapshot.digests.get(path)
        if wanted is None:
            return None
        overlay = self.snapshot.overlays.get(path)
        known = self.sources.tree(path, wanted)
        if known is None and overlay is not None:
            known = parse(overlay)
            self.sources.remember(path, known)
        return known

    def digest(self, path: str) -> str:
        """The digest of a file of the snapshot."""
        return self.snapshot.digests[path]

    def declared(self) -> Declarations:
        """What all files of the snapshot declare."""
        found = (
            self.sources.declared(path, wanted)
            for path, wanted in self.snapshot.digests.items()
            if path.endswith(".go")
        )
        return Declarations(one for one in found if one is not None)
