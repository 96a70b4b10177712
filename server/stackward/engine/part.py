"""The sites of one package in the compile of a unit: records and object code in, hints out.

A unit has one part for its own package, and one for each package whose generic code it instantiates
(``engine.instances``).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from stackward.core.allocation import ObjectCode
from stackward.core.decision import Problem
from stackward.core.hint import Hint
from stackward.core.position import Location
from stackward.core.site import Function
from stackward.engine.allocations import AllocationMap
from stackward.engine.callees import callees
from stackward.engine.evidence import EvidenceMaker
from stackward.engine.facts import Ask, Facts, construct, described, facts_of, measured
from stackward.engine.inlined import Origins
from stackward.engine.neighbours import Neighbours
from stackward.engine.results import Callee, FileResult
from stackward.engine.sites import Found, SiteBuilder
from stackward.engine.sources import SnapshotSources
from stackward.engine.symbols import Symbols
from stackward.rules import RULE_NAMES, End, classify
from stackward.syntax.ignores import Ignores, ignores
from stackward.syntax.tree import SourceFile


@dataclass(frozen=True, slots=True)
class _Said:
    """What a file's comments ignore, and what the log, which has been read, says of its functions."""

    ignored: Ignores
    functions: tuple[Function, ...]
    tags: tuple[tuple[str, str], ...]


class Part:
    """``package`` is the path that the linker knows it by, ``files`` are those of it that are compiled."""

    def __init__(self, package: str, files: Sequence[str], sources: SnapshotSources, neighbours: Neighbours) -> None:
        self._package = package
        self._files = files
        self.sources = sources
        self.builder = SiteBuilder(sources.get)
        self._evidence = EvidenceMaker(sources, files, neighbours)
        self._said: dict[str, _Said] = {}

    @functools.cached_property
    def logged(self) -> list[Found]:
        """The sites of the log, which has been read."""
        return self.builder.found()

    def types(self, ask: Ask | None) -> Facts:
        """What is known of the types at the sites of the log. No object code is needed for that, nor waited for."""
        return facts_of(self.logged, ask)

    def foresee(self) -> None:
        """Do what needs no object code either, so that little is left to do when that is there."""
        for path in self.sources.snapshot.digests:
            source = self.sources.get(path)
            if source is not None:
                self._said_of(path, source)

    def mapped(
        self, code: ObjectCode, archives: Iterable[str], types: Facts, ask: Ask | None
    ) -> tuple[list[Found], tuple[Callee, ...]]:
        """The sites of the log and those that only the object code knows of, with what they cost; and the callees."""
        known = dict(types)
        code = replace(code, calls=measured(code.calls, ask))
        sources = {path: source for path in self._files if (source := self.sources.get(path)) is not None}
        symbols = Symbols(code.functions, self._package)
        allocations = AllocationMap(code, symbols, sources, self.builder, Origins(archives))
        settled = allocations.settle(
            (found, construct(self._evidence.construct(found), known.get(found.key)), known.get(found.key))
            for found in self.logged
        )
        known |= facts_of((found for found in settled if found.key not in known), ask)
        called = callees(code, symbols, sources, self._evidence.declared.endings)
        return [described(found, known, code.minor) for found in settled], tuple(called)

    def look(self, found: Found) -> None:
        """Find out what a hint will need of syntax and log, which takes longer than the rest."""
        self._evidence.of(found)

    def hint(self, found: Found) -> Hint:
        """The hint for a site as it is known now."""
        evidence = self._evidence.of(found)
        if evidence.end is End.RETURNED and (why := self.builder.not_inlined(found.site.function)):
            evidence = replace(evidence, site=replace(evidence.site, not_inlined=why))
        return classify(evidence, *self._evidence.calls.chain(evidence.callee, self.builder.leak))

    def results(self, sites: Iterable[Found], problems: list[Problem]) -> list[FileResult]:
        """The results of all files, without what their authors want ignored; adds what is wrong with that."""
        by_path: dict[str, list[Found]] = {}
        for found in sites:
            by_path.setdefault(found.site.path, []).append(found)
        results = []
        for path in sorted({*by_path, *self.sources.snapshot.digests}):
            source = self.sources.get(path)
            if source is None:
                continue
            said = self._said_of(path, source)
            problems += [
                Problem(f"this comment ignores nothing: {bad.why}", path, "", Location(path, bad.range.start))
                for bad in said.ignored.bad
            ]
            kept = [
                hint
                for found in by_path.get(path, ())
                if not said.ignored.covers((hint := self.hint(found)).rule, found.site.range.start)
            ]
            results.append(FileResult(path, self.sources.digest(path), tuple(kept), said.functions, said.tags))
        return results

    def _said_of(self, path: str, source: SourceFile) -> _Said:
        said = self._said.get(path)
        if said is None:
            ignored = ignores(source, RULE_NAMES)
            functions = tuple(self._followed(one, ignored) for one in self.builder.functions(path, source))
            said = self._said[path] = _Said(ignored, functions, self.builder.tags(path, source))
        return said

    def _followed(self, function: Function, ignored: Ignores) -> Function:
        """A function whose leaking parameters say where they are passed to, without those that nobody wants shown."""
        if not function.leaking:
            return function
        onward = self._evidence.calls.onward
        leaking = (one for one in function.leaking if not ignored.covers("leaking-parameter", one.range.start))
        return replace(function, leaking=tuple(replace(one, onward=onward(one.flow, one.name)) for one in leaking))
