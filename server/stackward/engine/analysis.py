"""The analysis of one compile unit: texts in, hints out. Nothing here knows about editors or schedules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from stackward.core.allocation import ObjectCode
from stackward.core.decision import Problem
from stackward.core.facts import ExprFacts, NoFacts, Query
from stackward.core.outcome import BuildFailed, Cancelled
from stackward.engine import codec
from stackward.engine.excerpts import Excerpt, Excerpts
from stackward.engine.inputs import Inputs
from stackward.engine.instances import Instances
from stackward.engine.neighbours import Library, Neighbours
from stackward.engine.objectcodes import ObjectCodes
from stackward.engine.part import Part
from stackward.engine.partials import Partials, Tell
from stackward.engine.results import Callee, FileResult, UnitResult
from stackward.engine.sources import Sources
from stackward.engine.store import Store
from stackward.toolchain.compiler import Compiler, Record, Replay, Replayed
from stackward.toolchain.process import CancelToken, DidNotRun
from stackward.toolchain.typefacts import TypeFacts
from stackward.toolchain.unit import Unit

_EXPLODED = 8 << 20  # A -m=2 log beyond this (bytes) holds the hints up; the next time -m=1 goes first.

Failed: TypeAlias = BuildFailed | DidNotRun | Cancelled


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
        self._excerpts = Excerpts()

    def cached(self, inputs: Inputs) -> UnitResult | None:
        """The result of the same inputs from an earlier run."""
        values = self._store.get("unit/" + inputs.key()) if self._store is not None else None
        return codec.result_from_json(values) if values is not None else None

    def run(
        self,
        inputs: Inputs,
        cancel: CancelToken,
        on_partial: Tell | None = None,
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

    def keep(self, inputs: Inputs, result: UnitResult) -> None:
        """Keep a result for later runs. It takes a while, so whoever waits for the hints comes first."""
        if self._store is not None:
            self._store.put("unit/" + inputs.key(), codec.result_to_json(result))

    def remember(self, inputs: Inputs) -> None:
        """Have in mind what was analysed, so that the next save shows what changed first. This takes a while, too."""
        self._excerpts.remember(inputs, self._sources.of(inputs.snapshot))

    def explodes(self, unit: Unit) -> bool:
        """Whether the explanations of this unit are so long that its hints should not wait for them."""
        return self._log_bytes.get(unit.id, 0) > _EXPLODED

    def decide(
        self,
        inputs: Inputs,
        cancel: CancelToken,
        on_partial: Tell,
        wanted: Callable[[str], bool],
    ) -> UnitResult | Failed:
        """The decisions without their explanations (``-m=1``): all sites, most of them without a cause."""
        return self._compile(inputs, cancel, on_partial, wanted, level=1)

    def _compile(
        self,
        inputs: Inputs,
        cancel: CancelToken,
        on_partial: Tell | None,
        wanted: Callable[[str], bool],
        level: int,
    ) -> UnitResult | Failed:
        unit = inputs.unit
        sources = self._sources.of(inputs.snapshot)
        neighbours = Neighbours(self._library, inputs.graph, [path for path, _ in unit.imports])
        part = Part(unit.package, unit.files, sources, neighbours)
        instances = Instances(unit, inputs.graph, self._sources.laid_over(inputs.foreign), self._library)
        builder = part.builder
        changed = self._excerpts.changed(inputs, sources) if on_partial is not None else None
        partials = Partials(part, on_partial, wanted, changed)

        def on_records(records: Sequence[Record], over: bool) -> None:
            instances.add(records)
            partials.take(records, over=over)

        def ask(queries: Sequence[Query]) -> tuple[ExprFacts | None, ...] | NoFacts:
            return self._types.facts(unit, inputs.snapshot.overlays, inputs.archives, queries, cancel)

        replay = Replay(unit, inputs.snapshot.overlays, inputs.archives, level)
        keep = level == 1 and self.explodes(unit)  # The explanations follow.
        with self._codes.reading(inputs, replay, cancel, keep=keep) as reading:
            excerpt = self._excerpts.of(inputs, changed) if changed is not None else None
            if on_partial is not None and excerpt is not None:
                self._changed(excerpt, neighbours, cancel, on_partial, wanted, reading.begin)
            outcome = self._compiler.escapes(replay, on_records, cancel, reading.begin, partials.pause)
            if not isinstance(outcome, Replayed):
                return outcome
            partials.finish()
            types = part.types(ask)
            part.foresee()
            code = reading.result()
        if isinstance(code, Cancelled):
            return code
        problems = list(builder.problems)
        sites = part.logged
        calls: tuple[Callee, ...] = ()
        elsewhere: tuple[FileResult, ...] = ()
        if isinstance(code, ObjectCode) and not code.functions and sites:
            code = DidNotRun("the compiler printed no object code")
        if isinstance(code, ObjectCode):
            sites, calls = part.mapped(code, inputs.archives.values(), types, ask)
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

    def _changed(
        self,
        excerpt: Excerpt,
        neighbours: Neighbours,
        cancel: CancelToken,
        on_partial: Tell,
        wanted: Callable[[str], bool],
        on_start: Callable[[], None],
    ) -> None:
        """Tell of the functions of an excerpt. If it does not compile, the compile of the whole says why."""
        unit = excerpt.replay.unit
        part = Part(unit.package, unit.files, excerpt.kept.sources, neighbours)
        partials = Partials(part, on_partial, wanted, excerpt.kept, only=True)
        misled = False

        def on_records(records: Sequence[Record], over: bool) -> None:
            nonlocal misled
            # All calls are inlined and devirtualized before escape analysis begins, so nothing was told by then.
            misled = misled or excerpt.misled(records)
            if not misled:
                partials.take(records, over=over)

        self._compiler.escapes(excerpt.replay, on_records, cancel, on_start, partials.pause)
