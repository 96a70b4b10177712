"""Generic code of other packages that a unit instantiates: compiled here, but written, and shown, there.

A generic function has no code where it is declared, unless that package instantiates it itself. The packages that do
have it in their logs and object code, at the lines of the file that declares it. Copies that were inlined stay at the
call, as those of other code do; what is taken here is the code of the instances themselves.

The lines are those of the export data that the unit was compiled with. A function is taken where the log names it on
the line that it is on now.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from stackward.core.allocation import ObjectCode
from stackward.core.decision import Decision, FlowEdge, Kind, Problem
from stackward.core.outcome import BuildError
from stackward.core.position import BytePos, Location
from stackward.core.site import Allocates
from stackward.engine.neighbours import Library, Neighbours
from stackward.engine.part import Part
from stackward.engine.results import FileResult
from stackward.engine.sources import Sources
from stackward.engine.symbols import escaped
from stackward.syntax.functions import FunctionNode, functions
from stackward.syntax.surface import generic_code
from stackward.toolchain.unit import Package, Unit


class Instances:
    """Takes the records of one unit's log as they come; ``results`` may be asked when its object code is there."""

    def __init__(self, unit: Unit, graph: Iterable[Package], sources: Sources, library: Library) -> None:
        self._own = frozenset(unit.files)
        self._graph = graph
        self._sources = sources
        self._library = library
        self._records: dict[str, list[Decision]] = defaultdict(list)

    def add(self, records: Iterable[Decision | Problem | BuildError]) -> None:
        """Take further records; those about the unit's own files are left out."""
        for record in records:
            if isinstance(record, Decision) and record.at.path not in self._own:
                package = self._packages.get(record.at.path)
                if package is not None:
                    self._records[package.path].append(record)

    def results(self, code: ObjectCode, archives: Iterable[str]) -> tuple[FileResult, ...]:
        """What the instances allocate, by the files that declare them."""
        archives = tuple(archives)
        packages = {package.path: package for package in self._packages.values()}
        return tuple(
            result
            for path, records in self._records.items()
            for result in self._of(packages[path], records, code, archives)
        )

    @functools.cached_property
    def _packages(self) -> Mapping[str, Package]:
        """By their files the packages whose source is the user's."""
        return {path: package for package in self._graph if package.local for path in package.files}

    def _of(
        self, package: Package, records: Sequence[Decision], code: ObjectCode, archives: Sequence[str]
    ) -> Iterable[FileResult]:
        own = _only(code, package)
        if not own.functions:
            return
        neighbours = Neighbours(self._library, self._graph, package.imports)
        part = Part(package.path, package.files, self._sources.now(package.files), neighbours)
        written = _Written(package.name)
        part.builder.add(map(written.record, records))
        sites, _ = part.mapped(own, archives, types={}, ask=None)
        for result in part.results(sites, []):
            source = part.sources.get(result.path)
            if source is None:
                continue
            seen = {at.pos for at in written.declared if at.path == result.path}
            here = [one for one in functions(source) if one.generic and one.at in seen]
            hints = tuple(
                hint
                for hint in result.hints
                if hint.site.allocates is not Allocates.UNKNOWN and _inside(hint.site.range.start, here)
            )
            if hints:
                known = tuple(one for one in result.functions if any(one.range == node.range for node in here))
                yield replace(result, hints=hints, functions=known, tags=(), generic=generic_code(source))


class _Written:
    """Records as the log of the declaring package would have them: its own names are not qualified there."""

    def __init__(self, name: str) -> None:
        self._qualified = re.compile(rf"(?<![\w.]){re.escape(name)}\.(?=[^\W\d]|\(\*)")
        self.declared: set[Location] = set()
        """Where the log says that generic functions are."""

    def record(self, decision: Decision) -> Decision:
        """The same record in the words of the declaring package."""
        fresh = replace(
            decision,
            subject=self._text(decision.subject),
            function=self._text(decision.function),
            flow=tuple(map(self._edge, decision.flow)),
        )
        if fresh.kind in {Kind.CAN_INLINE, Kind.CANNOT_INLINE} and "[" in fresh.subject:
            self.declared.add(fresh.at)
        return fresh

    def _edge(self, edge: FlowEdge) -> FlowEdge:
        steps = tuple(replace(step, expr=self._text(step.expr)) for step in edge.steps)
        return FlowEdge(self._text(edge.dst), self._text(edge.src), steps)

    def _text(self, text: str) -> str:
        return self._qualified.sub("", text)


def _only(code: ObjectCode, package: Package) -> ObjectCode:
    """The object code of the instances of a package's functions."""
    prefix, files = f"{escaped(package.path)}.", frozenset(package.files)
    symbols = frozenset(one for one in code.functions if one.startswith(prefix) and "[go.shape." in one)
    calls = tuple(call for call in code.calls if call.function in symbols and call.path in files)
    return replace(code, calls=calls, functions=symbols, callees=())


def _inside(at: BytePos, nodes: Iterable[FunctionNode]) -> bool:
    return any(node.range.start <= at < node.range.end for node in nodes)
