"""Proving a rewrite: the compiler compiles the changed texts, and what it makes of them is compared with before.

A change is good if everything that can see it still compiles, the functions that it changes allocate less, and no
other function allocates more. That is asked of the package with its tests, of its importers where they can see
the change, and of packages that are changed themselves.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeAlias

from stackward.core.edit import Replacement, difference, moved, spans
from stackward.core.outcome import BuildFailed, Cancelled
from stackward.core.position import BytePos
from stackward.core.site import Site
from stackward.engine.analysis import Failed
from stackward.engine.dependents import unit_surface
from stackward.engine.packages import UnitState
from stackward.engine.results import UnitResult
from stackward.engine.tally import Function, Tally, hidden, outermost, tallies, total
from stackward.engine.workbench import Workbench
from stackward.rewrites import Proposal, Span
from stackward.syntax.functions import declared_name, enclosing_function, enclosing_loops
from stackward.syntax.tree import SourceFile, parse, path_to
from stackward.toolchain.compiler import Replay
from stackward.toolchain.unit import Unit, UnitId, Variant

_Results: TypeAlias = dict[UnitId, UnitResult] | Failed


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


@dataclass(frozen=True, slots=True)
class DoesNotCompile:
    """``functions`` are those in which the compiler found errors, as far as these have places."""

    message: str
    functions: frozenset[Function] = frozenset()
    failure: Failed = field(default_factory=Cancelled)


def compare(
    bench: Workbench, texts: Mapping[str, bytes], proposals: Sequence[Proposal] = (), *, alone: bool = False
) -> Compared | DoesNotCompile:
    """Compile the package of ``bench`` with new texts for some files, its own or those of importers.

    ``proposals`` know of calls of append that will not grow. ``alone`` leaves importers out that are not changed
    themselves.
    """
    own = {path: text for path, text in texts.items() if path in bench.files}
    units = _concerned(bench, own)
    first = [unit for unit in units if unit.id.variant is not Variant.XTEST]
    base = bench.base(first)
    if not isinstance(base, dict):
        return DoesNotCompile(f"the package does not compile as it is: {base}", failure=base)
    results = bench.analysed(own, {}, first)
    if not isinstance(results, dict):
        return _broken(results, bench, own)
    archives: dict[str, str] = {}
    visible = _surfaces(bench, base, results, own)
    if visible:
        built = _archives(bench, own)
        if not isinstance(built, dict):
            return _broken(built, bench, own)
        archives = built
    generic = visible and any(_generic(bench.files[path]) != _generic(parse(text)) for path, text in own.items())
    bodies = _inside(bench, own) and not generic
    seen = visible and not bodies
    outer = [unit for unit in bench.units if unit.id.variant is Variant.XTEST and (seen or unit in units)]
    known = bench.base(outer)
    before, after = _tallies(bench, {one: base[one] for one in results}, results, own, proposals)
    others = {path: text for path, text in texts.items() if path not in own}
    if outer and isinstance(known, dict):  # Tests that do not compile as they are have no say.
        more = bench.analysed(own, archives, outer)
        if not isinstance(more, dict):
            return _broken(more, bench, own)
        # They are another package, which gets copies as importers do.
        their_before, their_after = _tallies(bench, known, more, own, proposals, copies=True)
        before |= their_before
        after |= their_after
        if generic:
            _join(before, after, bench, (known, more), own, proposals)
    if others or (visible and not alone) or generic:
        importers = bench.importers() or ()
        present = archives_as_it_is(bench) if importers else {}
        if not isinstance(present, dict):
            return DoesNotCompile(f"the package does not compile as it is: {present}", failure=present)
        laid = {path: text for path, text in bench.snapshot.overlays.items() if path in bench.files}

        def compiled(importer: Workbench) -> tuple[dict[str, bytes], _Results, _Results]:
            theirs = {path: text for path, text in others.items() if path in importer.files}
            units = _affected(importer, bench) if bodies and not theirs else importer.units
            if generic:
                importer.explain()  # Instances are found by their functions' names.
            known = importer.base(units, present, laid)
            if not isinstance(known, dict):
                return theirs, known, {}  # It did not compile before, so that nothing can be said of it.
            return theirs, known, importer.analysed(theirs, present | archives, units, laid | own)

        with ThreadPoolExecutor(len(importers) or 1, thread_name_prefix="stackward-importer") as pool:
            found = list(pool.map(compiled, importers))
        for importer, (theirs, known, changed) in zip(importers, found, strict=True):
            if not isinstance(changed, dict):
                return _broken(changed, importer, theirs)
            if not isinstance(known, dict):
                continue
            their_before, their_after = _tallies(importer, known, changed, theirs, proposals, copies=True)
            before |= their_before
            after |= their_after
            if generic:
                _join(before, after, bench, (known, changed), own, proposals)
    same = {one for one in after if one in before and before[one] == after[one]}
    return Compared(
        {one: tally for one, tally in before.items() if one not in same},
        {one: tally for one, tally in after.items() if one not in same},
    )


def _generic(source: SourceFile) -> list[bytes]:
    """The texts of the generic functions of a file, which are compiled where they are instantiated."""
    return [
        source.text[node.start_byte : node.end_byte]
        for node in source.tree.root_node.children
        if node.type in {"function_declaration", "method_declaration"} and declared_name(node, source)[1]
    ]


def _elsewhere(result: UnitResult) -> UnitResult:
    """What a unit found in the generic code of other packages, as if it were their own result."""
    return UnitResult(result.elsewhere, result.log_bytes)


def _join(
    before: dict[Function, Tally],
    after: dict[Function, Tally],
    bench: Workbench,
    found: tuple[Mapping[UnitId, UnitResult], Mapping[UnitId, UnitResult]],
    texts: Mapping[str, bytes],
    proposals: Sequence[Proposal],
) -> None:
    """Add what functions allocate of which nothing is known yet: generic ones, in a package that instantiates them."""
    then, now = ({one: _elsewhere(result) for one, result in results.items()} for results in found)
    instances = _tallies(bench, then, now, texts, proposals)
    for function in instances[0].keys() | instances[1].keys():
        if not any(known.get(function, Tally()).places for known in (before, after)):
            before[function], after[function] = (known.get(function, Tally()) for known in instances)


def _concerned(bench: Workbench, texts: Mapping[str, bytes]) -> list[Unit]:
    """The units that have to be compiled to know that all still compile."""
    inside = _inside(bench, texts)
    return [
        unit
        for unit in bench.units
        if any(path in texts for path in unit.files) and (unit.id.variant is not Variant.TEST or not inside)
    ]


def _inside(bench: Workbench, texts: Mapping[str, bytes]) -> bool:
    """Whether new texts of files, none of them a test's, declare what the old ones do."""
    return all(
        not path.endswith("_test.go") and only_bodies(bench.files[path], parse(text)) for path, text in texts.items()
    )


def _affected(importer: Workbench, bench: Workbench) -> list[Unit]:
    """The units of an importer that may allocate more where new bodies are inlined; all still compile.

    What tests allocate costs nobody anything.
    """
    return [
        unit
        for unit in importer.units
        if unit.id.variant is Variant.PACKAGE and any(path == bench.import_path for path, _ in unit.imports)
    ]


def only_bodies(before: SourceFile, after: SourceFile) -> bool:
    """Whether two texts of a file declare the same: they differ in bodies of functions and in imports."""
    return _frame(before) == _frame(after)


def _frame(source: SourceFile) -> list[bytes]:
    parts = []
    for node in source.tree.root_node.named_children:
        if node.type in {"comment", "import_declaration"}:
            continue
        body = node.child_by_field_name("body")
        parts.append(source.text[node.start_byte : body.start_byte if body is not None else node.end_byte])
    return parts


def _surfaces(
    bench: Workbench,
    known: Mapping[UnitId, UnitResult],
    results: Mapping[UnitId, UnitResult],
    texts: Mapping[str, bytes],
) -> bool:
    """Whether importers, external tests among them, can see that something changed."""
    names = {one.path: one.name for one in bench.shop.graph}
    for unit in bench.units:
        if unit.id in results and unit.id.variant is not Variant.XTEST:
            before = UnitState(unit, result=known[unit.id])
            after = UnitState(unit, result=results[unit.id])
            for path, text in texts.items():
                bench.shop.sources.remember(path, parse(text))
            if unit_surface(before, bench.shop.sources, names, {}) != unit_surface(
                after, bench.shop.sources, names, {}
            ):
                return True
    return False


def archives_as_it_is(bench: Workbench) -> dict[str, str] | Failed:
    """The export data of a package whose texts are not those that were recorded; none for one that is unchanged."""
    return _archives(bench, {}) if not bench.shop.laid.isdisjoint(bench.snapshot.digests) else {}


def _archives(bench: Workbench, texts: Mapping[str, bytes]) -> dict[str, str] | Failed:
    """New export data of the package, and of its variant with tests, instead of that which importers know."""
    found: dict[str, str] = {}
    for unit in bench.units:
        if unit.id.variant is Variant.XTEST or not unit.archive:
            continue
        inputs = bench.inputs(unit, texts, {})
        folder = os.path.join(bench.shop.tools.compiler.scratch, "verified")
        os.makedirs(folder, exist_ok=True)
        archive = os.path.join(folder, f"{inputs.key()}.a")
        if not os.path.exists(archive):
            replay = Replay(inputs.unit, inputs.snapshot.overlays, inputs.archives)
            failed = bench.shop.tools.compiler.build(replay, archive, bench.shop.cancel)
            if failed is not None:
                return failed
        found[unit.archive] = archive
    return found


def _tallies(
    bench: Workbench,
    before: Mapping[UnitId, UnitResult],
    after: Mapping[UnitId, UnitResult],
    texts: Mapping[str, bytes],
    proposals: Sequence[Proposal],
    *,
    copies: bool = False,
) -> tuple[dict[Function, Tally], dict[Function, Tally]]:
    """What functions allocate before and after.

    With ``copies`` what is inlined from another package into a file that is as it was is such a copy: it is counted
    where it comes from, and whether the compiler makes one is no cost.
    """
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
        function = _function(path, source, offset)
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
        around, loops = enclosing_function(source, span.start), enclosing_loops(path_to(source, span.start)[-1])
        function = span.path, outermost(around.name) if around is not None else ""
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
                    function = _function(path, bench.files[path], edit.start)
                    found.setdefault(function, set()).update(names(proposal))
    return found


def _function(path: str, source: SourceFile, offset: int) -> Function:
    """The declared function around a place."""
    around = enclosing_function(source, offset)
    return path, outermost(around.name) if around is not None else ""


def _appending(name: str) -> tuple[bytes, bytes]:
    """How calls begin that append to a variable, a slice or a builder."""
    return f"append({name},".encode(), f"{name}.Write".encode()


def _broken(failure: Failed, bench: Workbench, texts: Mapping[str, bytes]) -> DoesNotCompile:
    functions: set[Function] = set()
    message = str(failure)
    if isinstance(failure, BuildFailed):
        for error in failure.errors:
            if error.at is None:
                continue
            text = texts.get(error.at.path)
            source = parse(text) if text is not None else bench.files.get(error.at.path)
            if source is not None:
                functions.add(_function(error.at.path, source, source.lines.offset(error.at.pos)))
    return DoesNotCompile(message, frozenset(functions), failure)


__all__ = ["Compared", "DoesNotCompile", "archives_as_it_is", "compare", "only_bodies"]
