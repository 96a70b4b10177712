"""A package as rewrites see it and as they are tried: its texts at one moment, its compile units, what was found."""

from __future__ import annotations

import functools
import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from stackward.core.facts import ExprFacts, NoFacts, ObjectInfo, Query, Use
from stackward.core.hint import Hint
from stackward.engine.analysis import Analysed, Failed
from stackward.engine.folder import Tools
from stackward.engine.inputs import Inputs
from stackward.engine.results import UnitResult
from stackward.engine.sources import SnapshotSources, Sources
from stackward.engine.texts import Snapshot, Texts, digest
from stackward.rewrites import Span, Uncompiled, imported
from stackward.syntax.tree import SourceFile, parse
from stackward.toolchain.process import CancelToken, DidNotRun
from stackward.toolchain.unit import Package, Unit, UnitId, Variant

# What rewritten code may import; the export data of all is asked for at once, since a go command takes its time.
_USEFUL = [
    "bytes",
    "cmp",
    "context",
    "encoding/hex",
    "errors",
    "fmt",
    "io",
    "maps",
    "slices",
    "sort",
    "strconv",
    "strings",
    "sync",
    "sync/atomic",
    "time",
    "unicode/utf8",
]

_MOST_UNCOMPILED = 1 << 20  # Bytes that are read of files that are not compiled: half of a second.
_MOST_MADE = 8  # Results that are kept: a few attempts of one package.


@dataclass(frozen=True, slots=True)
class Shop:
    """What all packages of one attempt share.

    ``archives`` gives the export data that stands in for a recipe's, ``known`` results that somebody has already.
    ``made`` are those of this attempt, by their keys. ``laid`` are the files whose texts are newer than that data.
    """

    tools: Tools
    texts: Texts
    sources: Sources
    graph: tuple[Package, ...]
    archives: Callable[[Unit], Mapping[str, str]] = lambda _: {}
    known: Callable[[Inputs], UnitResult | None] = lambda _: None
    cancel: CancelToken = field(default_factory=CancelToken)
    made: OrderedDict[str, UnitResult] = field(default_factory=OrderedDict)
    laid: frozenset[str] = frozenset()


class Workbench:
    """``units`` are those of one folder. ``neighbours`` finds the packages that import it, None where none can say.

    The texts are those of the moment when this is made. It is a ``rewrites.PackageView``.
    """

    def __init__(
        self,
        shop: Shop,
        units: Sequence[Unit],
        neighbours: Callable[[Workbench], Sequence[Workbench] | None] = lambda _: None,
    ) -> None:
        self.shop = shop
        self.units = tuple(sorted(units, key=lambda unit: list(Variant).index(unit.id.variant)))
        self._neighbours = neighbours
        every = tuple(dict.fromkeys(path for unit in self.units for path in unit.files))
        self.snapshot = shop.texts.snapshot(every)
        self._texts = shop.sources.of(self.snapshot)
        self._base: dict[UnitId, UnitResult] = {}
        self._explained: set[UnitId] = set()
        self._facts: dict[tuple[Span, bool], ExprFacts | None] = {}

    # What rewrites see

    @property
    def import_path(self) -> str:
        return self.units[0].id.import_path

    @property
    def name(self) -> str:
        return self.units[0].name

    @property
    def directory(self) -> str:
        return self.units[0].dir

    @property
    def language(self) -> int:
        named = (flag.removeprefix("-lang=go1.") for flag in self.units[0].argv if flag.startswith("-lang=go1."))
        minor = next(named, "").partition(".")[0]
        return int(minor) if minor.isdigit() else self.shop.tools.toolchain.minor

    @functools.cached_property
    def files(self) -> Mapping[str, SourceFile]:
        return _Files(self._texts)

    def hints(self, path: str) -> Sequence[Hint]:
        # Tests are compiled only where something is asked of them.
        unit = next((unit for unit in self.units if path in unit.files), None)
        results = self.base([unit]) if unit is not None else None
        if unit is None or not isinstance(results, dict):
            return ()
        return next((file.hints for file in results[unit.id].files if file.path == path), ())

    def facts(self, spans: Sequence[Span], *, uses: bool = False) -> list[ExprFacts | None]:
        # Rewrites look at the same places, and the texts of a workbench never change.
        unknown = [span for span in dict.fromkeys(spans) if (span, uses) not in self._facts]
        told: dict[Span, ExprFacts | None] = dict.fromkeys(unknown)
        lost = False
        for unit in self.units:
            # Tests see all of the package, which then need not be asked about twice; but they make it larger.
            wanted = [span for span in unknown if span.path in unit.files and (uses or told[span] is None)]
            answer = self._ask(unit, wanted, uses)
            lost |= answer is None
            for span, facts in zip(wanted, answer or (), strict=answer is not None):
                told[span] = _joined(told[span], facts)
        if not lost:
            self._facts |= {(span, uses): facts for span, facts in told.items()}
        return [told[span] if span in told else self._facts[span, uses] for span in spans]

    @functools.cached_property
    def _others(self) -> Sequence[str] | None:
        """The Go files of the folder that are not compiled; None where it cannot be read."""
        known = {os.path.basename(path) for path in self.snapshot.digests}
        try:
            present = {name for name in os.listdir(self.directory) if name.endswith(".go") and name[0] not in "._"}
        except OSError:
            return None
        return [os.path.join(self.directory, name) for name in sorted(present - known)]

    @property
    def complete(self) -> bool:
        return self._others == []

    def hides(self, name: str) -> bool:
        return self._uncompiled is None or self._uncompiled.hides(name)

    @functools.cached_property
    def _uncompiled(self) -> Uncompiled | None:
        """What is known of the files that are not compiled; None where they cannot all be read."""
        sources: list[SourceFile] = []
        size = 0
        for path in self._others or ():
            text = self.shop.texts.read(path)
            size += len(text or b"")
            if text is None or size > _MOST_UNCOMPILED:
                return None
            sources.append(parse(text))
        return Uncompiled(sources, self.files.values(), self.name) if self._others is not None else None

    @functools.cached_property
    def dependencies(self) -> frozenset[str]:
        """The import paths of all that the package depends on, its tests left out."""
        graph = {one.path: one for one in self.shop.graph}
        found: set[str] = set()
        waiting = [path for path, _ in self.units[0].imports]
        while waiting:
            path = waiting.pop()
            if path not in found:
                found.add(path)
                waiting.extend(graph[path].imports if path in graph else ())
        return frozenset(found)

    def is_pattern(self, pattern: str) -> bool:
        return isinstance(self.shop.tools.types.pattern(pattern, self.shop.cancel), bytes)

    def is_template(self, text: str) -> bool:
        return isinstance(self.shop.tools.types.template(text, self.shop.cancel), bytes)

    def importers(self) -> Sequence[Workbench] | None:
        return self._neighbours(self)

    # What the check needs

    def base(
        self,
        units: Sequence[Unit],
        archives: Mapping[str, str] | None = None,
        foreign: Mapping[str, bytes] | None = None,
    ) -> dict[UnitId, UnitResult] | Failed:
        """The analysis of some units as they are; with ``archives`` of what they import, always the same."""
        missing = [unit for unit in units if unit.id not in self._base]
        fresh = self.analysed({}, archives or {}, missing, foreign)
        if not isinstance(fresh, dict):
            return fresh
        self._base |= fresh
        return {unit.id: self._base[unit.id] for unit in units}

    def analysed(
        self,
        texts: Mapping[str, bytes],
        archives: Mapping[str, str],
        units: Sequence[Unit],
        foreign: Mapping[str, bytes] | None = None,
    ) -> dict[UnitId, UnitResult] | Failed:
        """The analysis of some units with other texts and other export data; the first failure if there is one.

        ``foreign`` are the texts of other packages that this data is of.

        Without its explanations a log is read several times as fast, but some sites are judged otherwise. So a unit is
        analysed with them if that is how it was analysed before, and without them else.
        """
        shop, analysis = self.shop, self.shop.tools.analysis

        def run(unit: Unit) -> UnitResult | Failed:
            inputs = replace(self.inputs(unit, texts, archives), foreign=foreign or {})
            known = shop.known(inputs)
            if known is not None:
                self._explained.add(unit.id)
                return known
            explained = unit.id in self._explained
            key = f"{inputs.key()} {explained}"
            if (made := shop.made.get(key)) is not None:
                return made
            if explained:
                outcome = analysis.run(inputs, shop.cancel)
                result = outcome.result if isinstance(outcome, Analysed) else outcome
            else:
                result = analysis.decide(inputs, shop.cancel, lambda _: None, lambda _: False)
            if isinstance(result, UnitResult):
                shop.made[key] = result
                while len(shop.made) > _MOST_MADE:
                    shop.made.popitem(last=False)
            return result

        with ThreadPoolExecutor(len(units) or 1, thread_name_prefix="stackward-verify") as pool:
            outcomes = list(pool.map(run, units))
        found: dict[UnitId, UnitResult] = {}
        for unit, outcome in zip(units, outcomes, strict=True):
            if not isinstance(outcome, UnitResult):
                return outcome
            found[unit.id] = outcome
        return found

    def explain(self) -> None:
        """From now on analyse all units with explanations, which name functions that are not inlined, too."""
        for unit in self.units:
            if unit.id not in self._explained:
                self._explained.add(unit.id)
                self._base.pop(unit.id, None)

    def inputs(self, unit: Unit, texts: Mapping[str, bytes], archives: Mapping[str, str]) -> Inputs:
        """What the analysis of a unit with other texts depends on."""
        overlays = {path: text for path, text in self.snapshot.overlays.items() if path in unit.files}
        overlays |= {path: text for path, text in texts.items() if path in unit.files}
        digests = {path: self.snapshot.digests[path] for path in unit.files if path in self.snapshot.digests}
        digests |= {path: digest(text) for path, text in overlays.items()}
        unit = self._importing(unit, overlays.values())
        shop = self.shop
        replaced = {**shop.archives(unit), **archives}
        return Inputs(unit, Snapshot(digests, overlays), replaced, shop.tools.environment, shop.graph)

    def _importing(self, unit: Unit, texts: Iterable[bytes]) -> Unit:
        """The unit with the export data of what only the new texts import."""
        known = {path for path, _ in unit.imports} | {path for path, _ in unit.importmap}
        missing = sorted({path for text in texts for path in imported(text) if path not in known | {"C", "unsafe"}})
        if not missing:
            return unit
        exports = self.shop.tools.exports(unit.dir, (*_USEFUL, *missing), self.shop.cancel)
        return replace(unit, imports=(*unit.imports, *((path, exports[path]) for path in missing if path in exports)))

    @functools.cached_property
    def _typed(self) -> Mapping[UnitId, Unit]:
        """The units as type facts are asked of them: texts that were edited may import what no recipe knows."""
        overlays = self.snapshot.overlays
        return {
            unit.id: self._importing(unit, [text for path, text in overlays.items() if path in unit.files])
            for unit in self.units
        }

    def _ask(self, unit: Unit, spans: Sequence[Span], uses: bool) -> Sequence[ExprFacts | None] | None:
        """What one unit knows; None where nobody can be asked now."""
        if not spans:
            return []
        shop = self.shop
        overlays = {path: text for path, text in self.snapshot.overlays.items() if path in unit.files}
        queries = [Query(span.path, span.start, span.end, uses) for span in spans]
        told = shop.tools.types.facts(self._typed[unit.id], overlays, shop.archives(unit), queries, shop.cancel)
        return None if isinstance(told, NoFacts | DidNotRun) else told


class _Files(Mapping[str, SourceFile]):
    """The files of a snapshot, each parsed when it is first asked for: a tree takes 25 times its text.

    One that was changed on disk before that is left out.
    """

    def __init__(self, texts: SnapshotSources) -> None:
        self._texts = texts
        self._found: dict[str, SourceFile | None] = {}

    def __getitem__(self, path: str) -> SourceFile:
        if path not in self._found:
            self._found[path] = self._texts.get(path)
        source = self._found[path]
        if source is None:
            raise KeyError(path)
        return source

    def __iter__(self) -> Iterator[str]:
        return (path for path in self._texts.snapshot.digests if path in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _joined(known: ExprFacts | None, fresh: ExprFacts | None) -> ExprFacts | None:
    """What two units know of one expression: all uses of both."""
    if known is None or fresh is None or known.object is None or fresh.object is None:
        return known or fresh
    uses: tuple[Use, ...] = tuple(dict.fromkeys((*known.object.uses, *fresh.object.uses)))
    joined: ObjectInfo = replace(known.object, uses=uses)
    return replace(known, object=joined)
