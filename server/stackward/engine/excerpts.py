"""The first hints after a save: of the functions that changed, from a compile of these and of what they call.

A compile with few bodies is over before that of a large package has got to its escape analysis. It says nothing about
the callers of what changed, and nothing about what allocates: both follow with the compile of the whole.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from stackward.core.decision import Decision, Kind
from stackward.core.position import Location
from stackward.engine.inputs import Inputs
from stackward.engine.sources import SnapshotSources
from stackward.syntax.excerpt import Declaration, Names, Outline, excerpt, outline, reached
from stackward.syntax.mentions import Mentions, mentions
from stackward.toolchain.compiler import Replay
from stackward.toolchain.unit import UnitId, Variant

# "devirtualizing r.Read to *T", "PGO devirtualizing interface call r.Read to (*T).Read".
_DEVIRTUALIZED = re.compile(r"\bdevirtualizing .*?([^.\s]+) to ")
_WORTH_BYTES = 48 << 10  # What must be left out for it to be worth a process of its own: some 10 ms of a compile.
_LARGEST_SHARE = 0.4  # Of all bodies: with more than this left in, the compile of the whole is nearly as soon there.


@dataclass(frozen=True, slots=True)
class Functions:
    """Some of the functions that the files of a unit declare, by file, in the order of the text."""

    sources: SnapshotSources
    by_path: Mapping[str, tuple[Declaration, ...]]

    def cover(self, at: Location) -> bool:
        """Whether a place is in one of them."""
        source = self.sources.get(at.path)
        some = self.by_path.get(at.path)
        if source is None or not some:
            return False
        offset = int(source.lines.offset(at.pos))
        found = bisect_right(some, offset, key=lambda one: one.start) - 1
        return found >= 0 and offset < some[found].end


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What to compile, and the functions in it whose decisions are those of the whole package."""

    replay: Replay
    kept: Functions
    absent: frozenset[str]
    """Bare names of the methods that have no body."""

    def misled(self, records: Iterable[object]) -> bool:
        """Whether a record says that the compiler needed a body that is not there.

        Imported code that is inlined may call a method that the package's own code does not mention.
        """
        return any(
            isinstance(record, Decision)
            and record.kind is Kind.NOTE
            and (found := _DEVIRTUALIZED.search(record.subject)) is not None
            and found[1] in self.absent
            for record in records
        )


class Excerpts:
    """Remembers the functions of each unit as they were analysed last, so as to know which have changed."""

    def __init__(self) -> None:
        self._remembered: dict[UnitId, str] = {}
        self._analysed: dict[UnitId, frozenset[int]] = {}
        self._mentions: dict[UnitId, dict[int, Mentions]] = {}
        self._dotted: dict[str, frozenset[bytes]] = {}
        self._given: dict[UnitId, str] = {}

    def remember(self, inputs: Inputs, sources: SnapshotSources) -> None:
        """Take the texts as analysed. Takes a while where they are new, so that the next ``changed`` does not."""
        if self._remembered.get(inputs.unit.id) == inputs.key():
            return
        self._remembered[inputs.unit.id] = inputs.key()
        outlines = self._outlines(inputs, sources)
        if outlines is None:
            self._analysed.pop(inputs.unit.id, None)
            return
        declared = [one for each in outlines.values() for one in each.declarations]
        known = self._mentions.get(inputs.unit.id, {})
        self._mentions[inputs.unit.id] = {one.key: known.get(one.key) or mentions(one.code) for one in declared}
        dotted = {one.path for each in outlines.values() for one in each.imports if one.name == b"."}
        self._dotted |= {path: _exported(path, inputs, sources) for path in dotted}
        self._analysed[inputs.unit.id] = frozenset(one.key for one in declared)

    def changed(self, inputs: Inputs, sources: SnapshotSources) -> Functions | None:
        """The functions of a unit that are not as they were; None if it was not analysed, or has not changed there."""
        unit = inputs.unit
        analysed = self._analysed.get(unit.id)
        outlines = self._outlines(inputs, sources) if analysed is not None else None
        if analysed is None or outlines is None:
            return None
        changed = {
            path: tuple(one for one in each.declarations if one.key not in analysed)
            for path, each in outlines.items()
            # What an in-package test compiles again is shown by the package itself.
            if unit.id.variant is not Variant.TEST or path.endswith("_test.go")
        }
        return Functions(sources, changed) if any(changed.values()) else None

    def of(self, inputs: Inputs, changed: Functions) -> Excerpt | None:
        """An excerpt with the functions that have changed, given once; None if it is not worth it."""
        unit, sources = inputs.unit, changed.sources
        if unit.cgo or self._given.get(unit.id) == inputs.key():
            return None
        outlines = self._outlines(inputs, sources)
        if outlines is None:
            return None
        known = self._mentions[unit.id]

        def mentioned(one: Declaration) -> Mentions:
            found = known.get(one.key)
            if found is None:
                found = known[one.key] = mentions(one.code)
            return found

        declared = [one for each in outlines.values() for one in each.declarations]
        kept = reached((one for some in changed.by_path.values() for one in some), declared, mentioned)
        whole, left = (sum(one.size for one in some) for some in (declared, kept))
        if whole - left < _WORTH_BYTES or left > _LARGEST_SHARE * whole:
            return None
        names = Names(_package_names(inputs), self._dotted)
        texts: dict[str, bytes] = {}
        for path, each in outlines.items():
            source = sources.get(path)
            if source is None:
                return None
            texts[path] = excerpt(source, each, kept, mentioned, names)
        # Functions without a body are not complete.
        argv = tuple(argument for argument in unit.argv if argument != "-complete")
        replay = Replay(replace(unit, argv=argv), {**inputs.snapshot.overlays, **texts}, inputs.archives)
        within = {
            path: tuple(one for one in each.declarations if one in kept and not one.generic)
            for path, each in outlines.items()
        }
        self._given[unit.id] = inputs.key()
        absent = frozenset(one.name.decode("utf-8", "replace") for one in declared if one.method and one not in kept)
        return Excerpt(replay, Functions(sources, within), absent)

    def _outlines(self, inputs: Inputs, sources: SnapshotSources) -> dict[str, Outline] | None:
        """The outlines of all files of a unit; None if one has none."""
        found: dict[str, Outline] = {}
        for path in inputs.unit.files:
            source = sources.get(path)
            outlined = outline(source) if source is not None else None
            if outlined is None:
                return None
            found[path] = outlined
        return found


def _exported(path: str, inputs: Inputs, sources: SnapshotSources) -> frozenset[bytes]:
    """What a package that is imported with a dot makes known by that."""
    real = dict(inputs.unit.importmap).get(path, path)
    files = [file for package in inputs.graph if package.path == real for file in package.files]
    now = sources.sources.now(files)
    found = (outline(source) for file in files if (source := now.get(file)) is not None)
    names = frozenset[bytes]().union(*(one.declared for one in found if one is not None))
    return frozenset(name for name in names if name.decode("utf-8", "replace")[:1].isupper())


def _package_names(inputs: Inputs) -> dict[str, str]:
    """The names of packages by the paths that sources import them by."""
    names = {package.path: package.name for package in inputs.graph}
    return names | {written: names[real] for written, real in inputs.unit.importmap if real in names}
