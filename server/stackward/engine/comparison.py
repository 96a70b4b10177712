"""What functions allocate before and after a change, put together from the packages that were compiled with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from stackward.core.edit import Replacement, difference, moved, spans
from stackward.core.position import BytePos
from stackward.core.site import Site
from stackward.engine.results import UnitResult
from stackward.engine.tally import Function, Tally, hidden, outermost, tallies, total
from stackward.engine.workbench import Workbench
from stackward.rewrites import Proposal, Span
from stackward.syntax.functions import enclosing_function, enclosing_loops
from stackward.syntax.tree import SourceFile, parse, path_to
from stackward.toolchain.unit import UnitId


@dataclass(frozen=True, slots=True)
class Compared:
    """What functions allocated before and allocate after, those that are as they were left out."""

    before: Mapping[Function, Tally]
    after: Mapping[Function, Tally]

    @property
    def worse(self) -> list[Function]:
        """The functions that allocate more."""
        return [one for one in self.after if self.before.get(one, Tally()).less_than(self.after[one])]

    @property
    def better(self) -> bool:
        """Whether all together allocate less."""
        return total(self.after.values()).less_than(total(self.before.values()))


@dataclass(slots=True)
class Comparison:
    """Takes results of packages as they are and with the change. ``proposals`` know of calls that will not grow."""

    proposals: Sequence[Proposal]
    _before: dict[Function, Tally] = field(default_factory=dict)
    _after: dict[Function, Tally] = field(default_factory=dict)

    def add(
        self,
        bench: Workbench,
        before: Mapping[UnitId, UnitResult],
        after: Mapping[UnitId, UnitResult],
        texts: Mapping[str, bytes],
        *,
        copies: bool = False,
    ) -> None:
        """Take what units of a package allocate of which ``texts`` are new.

        With ``copies`` what is inlined from another package into a file that is as it was is such a copy: it is counted
        where it comes from, and whether the compiler makes one is no cost.
        """
        then, now = _tallies(bench, before, after, texts, self.proposals, copies=copies)
        self._before |= then
        self._after |= now

    def add_instances(
        self,
        bench: Workbench,
        before: Mapping[UnitId, UnitResult],
        after: Mapping[UnitId, UnitResult],
        texts: Mapping[str, bytes],
    ) -> None:
        """Take what a package's generic functions allocate in another that instantiates them, if no other has said."""
        then, now = _tallies(bench, _elsewhere(before), _elsewhere(after), texts, self.proposals)
        for function in then.keys() | now.keys():
            if not any(known.get(function, Tally()).places for known in (self._before, self._after)):
                self._before[function] = then.get(function, Tally())
                self._after[function] = now.get(function, Tally())

    def compared(self) -> Compared:
        """All of it."""
        before, after = self._before, self._after
        same = {one for one in after if one in before and before[one] == after[one]}
        return Compared(
            {one: tally for one, tally in before.items() if one not in same},
            {one: tally for one, tally in after.items() if one not in same},
        )


def function_at(path: str, source: SourceFile, offset: int) -> Function:
    """The declared function around a place."""
    around = enclosing_function(source, offset)
    return path, outermost(around.name) if around is not None else ""


def _elsewhere(results: Mapping[UnitId, UnitResult]) -> dict[UnitId, UnitResult]:
    """What units found in the generic code of other packages, as if it were their own."""
    return {unit_id: UnitResult(result.elsewhere, result.log_bytes) for unit_id, result in results.items()}


def _tallies(
    bench: Workbench,
    before: Mapping[UnitId, UnitResult],
    after: Mapping[UnitId, UnitResult],
    texts: Mapping[str, bytes],
    proposals: Sequence[Proposal],
    *,
    copies: bool = False,
) -> tuple[dict[Function, Tally], dict[Function, Tally]]:
    """What functions allocate before and after; the arguments are those of ``Comparison.add``."""
    sources = {path: parse(text) for path, text in texts.items()}
    own = {path: text for path, text in texts.items() if path in bench.files}
    changes = {path: difference(bench.files[path].text, text) for path, text in own.items()}
    bounded = (span for proposal in proposals for span in proposal.bounded)
    places = {(one.path, moved(one.start, changes.get(one.path, ()))) for one in bounded if one.path in bench.files}
    fresh = {path: spans(made) for path, made in changes.items()}
    # Names are unique within a function only.
    roomy = _by_function(bench, proposals, lambda one: one.roomy)
    growing = _by_function(bench, proposals, lambda one: one.growing)
    counted: set[tuple[Function, str, int]] = set()

    def is_bounded(path: str, start: BytePos) -> bool:
        source = sources.get(path) or bench.files.get(path)
        if source is None:
            return False
        offset = source.lines.offset(start)
        if (path, offset) in places:
            return True
        if not any(begin <= offset < end for begin, end in fresh.get(path, ())):
            return False
        function = function_at(path, source, offset)
        if any(source.text.startswith(_appending(name), offset) for name in roomy.get(function, ())):
            return True
        name = next((one for one in growing.get(function, ()) if source.text.startswith(_appending(one), offset)), "")
        if not name:
            return False
        # One call for each depth of loops stands for all.
        key = function, name, enclosing_loops(path_to(source, offset)[-1])
        known = key in counted
        counted.add(key)
        return known

    now = [span for proposal in proposals for span in proposal.spares if span.path in bench.files]
    then = [_moved(span, changes.get(span.path, ())) for span in now]

    def is_spare(spans: Sequence[Span], site: Site, texts: Mapping[str, SourceFile]) -> bool:
        if copies and site.inlined_from and site.path not in sources:
            return True
        source = texts.get(site.path) or bench.files.get(site.path)
        offset = source.lines.offset(site.range.start) if source is not None and spans else -1
        return any(span.path == site.path and span.start <= offset < span.end for span in spans)

    heavier = tallies(before, spare=lambda site: is_spare(now, site, {}))
    seen = {file.path for result in before.values() for file in result.files}
    for span in (span for proposal in proposals for span in proposal.lighter if span.path in seen):
        source = bench.files[span.path]
        function, loops = function_at(span.path, source, span.start), enclosing_loops(path_to(source, span.start)[-1])
        heavier[function] = heavier.get(function, Tally()) + hidden(loops)
    return heavier, tallies(after, is_bounded, lambda site: is_spare(then, site, sources))


def _moved(span: Span, changes: Sequence[Replacement]) -> Span:
    """Where a part of a file is after changes, with the whole lines at its ends that are new."""
    end = next((one.end for one in changes if one.start < span.end <= one.end), span.end)
    return Span(span.path, moved(span.start, changes), moved(end, changes))


def _by_function(
    bench: Workbench, proposals: Sequence[Proposal], names: Callable[[Proposal], tuple[str, ...]]
) -> dict[Function, set[str]]:
    """The names that proposals mention, by the functions that they change."""
    found: dict[Function, set[str]] = {}
    for proposal in proposals:
        for path, edits in proposal.edits.items():
            if names(proposal) and path in bench.files:
                for edit in edits:
                    function = function_at(path, bench.files[path], edit.start)
                    found.setdefault(function, set()).update(names(proposal))
    return found


def _appending(name: str) -> tuple[bytes, bytes]:
    """How calls begin that append to a variable, a slice or a builder."""
    return f"append({name},".encode(), f"{name}.Write".encode()


__all__ = ["Compared", "Comparison", "function_at"]
