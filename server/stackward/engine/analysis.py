"""The analysis of one compile unit: texts in, hints out. Nothing here knows about editors or schedules."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import stackward
from stackward.core.allocation import ObjectCode
from stackward.core.decision import Decision, Problem
from stackward.core.facts import ExprFacts, NoFacts, Query
from stackward.core.hint import Hint
from stackward.core.outcome import BuildError, BuildFailed, Cancelled
from stackward.engine import codec
from stackward.engine.costs import foreseen
from stackward.engine.instances import Instances
from stackward.engine.neighbours import Library, Neighbours
from stackward.engine.objectcodes import ObjectCodes
from stackward.engine.part import Part
from stackward.engine.results import Callee, FileResult, UnitResult
from stackward.engine.sources import Sources
from stackward.engine.store import Store
from stackward.engine.texts import Snapshot
from stackward.toolchain.compiler import Compiler, Replay, Replayed
from stackward.toolchain.process import CancelToken, DidNotRun
from stackward.toolchain.typefacts import TypeFacts
from stackward.toolchain.unit import Package, Unit

# Between two partial results of one compile: short at first, so that a small package is shown in two steps, and longer
# for a large one, since showing them takes time too.
_PARTIAL_SECONDS, _LONGEST_PARTIAL_SECONDS = 0.004, 0.032
_EXPLODED = 8 << 20  # A -m=2 log beyond this (bytes) holds the hints up; the next time -m=1 goes first.

Failed: TypeAlias = BuildFailed | DidNotRun | Cancelled


@functools.cache
def edition() -> str:
    """A digest that changes with stackward itself: its version, and the files it runs from, for those who edit them."""
    files = sorted(Path(stackward.__file__).parent.rglob("*.py"))
    stamps = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.blake2b(repr((stackward.__version__, stamps)).encode(), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that the analysis of a unit depends on. ``archives`` replaces export data that the recipe names."""

    unit: Unit
    snapshot: Snapshot
    archives: Mapping[str, str] = field(default_factory=dict)
    environment: str = ""
    """Digest of the toolchain and the build configuration."""
    graph: tuple[Package, ...] = ()
    """The packages that the unit imports; their texts are as their export data, which the key names."""

    def key(self) -> str:
        """A digest of all of it, and of the version of stackward that judges it."""
        unit = self.unit
        archives = [(path, self.archives.get(archive, archive)) for path, archive in unit.imports]
        parts = (
            edition(),
            self.environment,
            unit.id,
            unit.argv,
            unit.files,
            archives,
            unit.importmap,
            sorted(self.snapshot.digests.items()),
        )
        return hashlib.blake2b(repr(parts).encode("utf-8", "surrogateescape"), digest_size=20).hexdigest()


@dataclass(frozen=True, slots=True)
class Analysed:
    """A result; ``cached`` if no compiler ran for it."""

    result: UnitResult
    cached: bool


class Analysis:
    """Analyses units of one folder. Thread-safe as far as its parts are."""

    def __init__(self, compiler: Compiler, types: TypeFacts, sources: Sources, store: Store | None) -> None:
        self._compiler = compiler
        self._types = types
        self._sources = sources
        self._store = store
        self._library = Library()
        self._log_bytes: dict[object, int] = {}
        self._codes = ObjectCodes(compiler)

    def cached(self, inputs: Inputs) -> UnitResult | None:
        """The result of the same inputs from an earlier run."""
        value = self._store.get("unit/" + inputs.key()) if self._store is not None else None
        return codec.result_from_json(value) if value is not None else None

    def run(
        self,
        inputs: Inputs,
        cancel: CancelToken,
        on_partial: Callable[[Sequence[FileResult]], None] | None = None,
        wanted: Callable[[str], bool] = lambda _: True,
    ) -> Analysed | Failed:
        """Analyse, from the store if it can be. ``on_partial`` gets the files with news while the compiler runs.

        ``wanted`` says of which files partial results are of use.
        """
        result = self.cached(inputs)
        if result is not None:
            self._log_bytes[inputs.unit.id] = result.log_bytes
            return Analysed(result, cached=True)
        done = self._compile(inputs, cancel, on_partial, wanted, level=2)
        if not isinstance(done, UnitResult):
            return done
        self._log_bytes[inputs.unit.id] = done.log_bytes
        return Analysed(done, cached=False)

    def keep(self, key: str, result: UnitResult) -> None:
        """Keep a result for later runs. It takes as long as making it, so whoever waits for the hints comes first."""
        if self._store is not None:
            self._store.put("unit/" + key, codec.result_to_json(result))

    def explodes(self, unit: Unit) -> bool:
        """Whether the explanations of this unit are so long that its hints should not wait for them."""
        return self._log_bytes.get(unit.id, 0) > _EXPLODED

    def decide(
        self,
        inputs: Inputs,
        cancel: CancelToken,
        on_partial: Callable[[Sequence[FileResult]], None],
        wanted: Callable[[str], bool],
    ) -> UnitResult | Failed:
        """The decisions without their explanations (``-m=1``): all sites, most of them without a cause."""
        return self._compile(inputs, cancel, on_partial, wanted, level=1)

    def _compile(
        self,
        inputs: Inputs,
        cancel: CancelToken,
        on_partial: Callable[[Sequence[FileResult]], None] | None,
        wanted: Callable[[str], bool],
        level: int,
    ) -> UnitResult | Failed:
        unit = inputs.unit
        sources = self._sources.of(inputs.snapshot)
        neighbours = Neighbours(self._library, inputs.graph, [path for path, _ in unit.imports])
        part = Part(unit.package, unit.files, sources, neighbours)
        instances = Instances(unit, inputs.graph, self._sources, self._library)
        builder = part.builder
        last, wait = 0.0, _PARTIAL_SECONDS
        news: dict[str, list[Hint]] = {}

        def on_records(records: Sequence[Decision | Problem | BuildError], over: bool) -> None:
            nonlocal last, wait
            builder.add(records)
            instances.add(records)
            # Judged as they come, while the compiler goes on, so that little is left to do when it has ended.
            for found in builder.fresh():
                hint = part.hint(found)
                if on_partial is not None and wanted(found.site.path):
                    news.setdefault(found.site.path, []).append(foreseen(found, hint))
            now = time.monotonic()
            # No records are a pause of the compiler, in which there is time to tell of those before.
            if on_partial is None or not news or over or (records and now - last < wait):
                return
            last, wait = now, min(2 * wait, _LONGEST_PARTIAL_SECONDS)
            on_partial([FileResult(path, sources.digest(path), tuple(fresh), ()) for path, fresh in news.items()])
            news.clear()

        replay = Replay(unit, inputs.snapshot.overlays, inputs.archives, level)
        with self._codes.reading(inputs, replay, cancel) as reading:
            outcome = self._compiler.escapes(replay, on_records, cancel, reading.begin)
            if not isinstance(outcome, Replayed):
                return outcome
            if on_partial is not None and news:
                on_partial([FileResult(path, sources.digest(path), tuple(fresh), ()) for path, fresh in news.items()])
            code = reading.result()
        if isinstance(code, Cancelled):
            return code
        problems = list(builder.problems)
        sites = builder.found()
        calls: tuple[Callee, ...] = ()
        elsewhere: tuple[FileResult, ...] = ()
        if isinstance(code, ObjectCode) and not code.functions and sites:
            code = DidNotRun("the compiler printed no object code")
        if isinstance(code, ObjectCode):

            def ask(queries: Sequence[Query]) -> tuple[ExprFacts | None, ...] | NoFacts:
                return self._types.facts(unit, inputs.snapshot.overlays, inputs.archives, queries, cancel)

            sites, calls = part.mapped(code, inputs.archives.values(), ask)
            elsewhere = instances.results(code, inputs.archives.values())
        else:
            why = code.reason if isinstance(code, DidNotRun) else str(code)
            problems.append(Problem(f"what allocates is not known: {why}", unit.dir))
        return UnitResult(
            files=tuple(part.results(sites, problems)),
            log_bytes=outcome.log_bytes,
            records=dict(builder.records),
            merged=builder.merged,
            outside=builder.outside,
            problems=tuple(problems),
            callees=calls,
            elsewhere=elsewhere,
        )
