"""Proving a rewrite: the compiler compiles the changed texts, and what it makes of them is compared with before.

A change is good if everything that can see it still compiles, the functions that it changes allocate less, and no
other function allocates more. That is asked of the package with its tests, of its importers where they can see
the change, and of packages that are changed themselves.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeAlias

from stackward.core.outcome import BuildFailed, Cancelled
from stackward.engine.analysis import Failed
from stackward.engine.comparison import Compared, Comparison, function_at
from stackward.engine.results import UnitResult
from stackward.engine.surfaces import Change, changed, concerned, unit_surface
from stackward.engine.tally import Function
from stackward.engine.workbench import Workbench
from stackward.rewrites import Proposal
from stackward.syntax.functions import declared_name
from stackward.syntax.tree import SourceFile, parse
from stackward.toolchain.compiler import Replay
from stackward.toolchain.unit import Unit, UnitId, Variant

_Results: TypeAlias = dict[UnitId, UnitResult] | Failed


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
    others = {path: text for path, text in texts.items() if path not in own}
    units = _compiled(bench, own)
    first = [unit for unit in units if unit.id.variant is not Variant.XTEST]
    base = bench.base(first)
    if not isinstance(base, dict):
        return DoesNotCompile(f"the package does not compile as it is: {base}", failure=base)
    results = bench.analysed(own, {}, first)
    if not isinstance(results, dict):
        return _broken(results, bench, own)
    change = _change(bench, base, results, own)
    generic = bool(change) and any(_generic(bench.files[path]) != _generic(parse(text)) for path, text in own.items())
    attempt = _Attempt(bench, own, others, change, generic, Comparison(proposals))
    attempt.comparison.add(bench, {one: base[one] for one in results}, results, own)
    outer = [one for one in bench.units if one.id.variant is Variant.XTEST and (attempt.declares or one in units)]
    broken = attempt.external_tests(outer)
    if broken is None and (others or (change and not alone) or generic):
        broken = attempt.importers()
    return broken or attempt.comparison.compared()


@dataclass(frozen=True)
class _Attempt:
    """A change that its own package compiles with, and that others may see.

    ``own`` and ``others`` are the new texts of the package and of importers. ``generic`` is code that is compiled where
    it is instantiated.
    """

    bench: Workbench
    own: dict[str, bytes]
    others: dict[str, bytes]
    change: Change
    generic: bool
    comparison: Comparison

    @functools.cached_property
    def archives(self) -> dict[str, str] | Failed:
        """The package's new export data, made when the first needs it; none where what is recorded still holds."""
        return _archives(self.bench, self.own) if self.change else {}

    @functools.cached_property
    def declares(self) -> bool:
        """Whether importers see more that is new than bodies, so that their tests may not compile any more."""
        return bool(self.change) and (self.generic or not _inside(self.bench, self.own))

    def external_tests(self, units: Sequence[Unit]) -> DoesNotCompile | None:
        """Compile those of the package; tests that do not compile as they are have no say."""
        known = self.bench.base(units)
        if not units or not isinstance(known, dict):
            return None
        if not isinstance(self.archives, dict):
            return _broken(self.archives, self.bench, self.own)
        made = self.bench.analysed(self.own, self.archives, units)
        if not isinstance(made, dict):
            return _broken(made, self.bench, self.own)
        # They are another package, which gets copies as importers do.
        self.comparison.add(self.bench, known, made, self.own, copies=True)
        if self.generic:
            self.comparison.add_instances(self.bench, known, made, self.own)
        return None

    def importers(self) -> DoesNotCompile | None:
        """Compile all that are changed or may see the change, side by side."""
        wanted = [(one, units) for one in self.bench.importers() or () if (units := self._units(one))]
        if not wanted:
            return None
        present, archives = archives_as_it_is(self.bench), self.archives
        if not isinstance(present, dict):
            return DoesNotCompile(f"the package does not compile as it is: {present}", failure=present)
        if not isinstance(archives, dict):
            return _broken(archives, self.bench, self.own)
        laid = {path: text for path, text in self.bench.snapshot.overlays.items() if path in self.bench.files}

        def compiled(importer: Workbench, units: Sequence[Unit]) -> tuple[_Results, _Results]:
            if self.generic:
                importer.explain()  # Instances are found by their functions' names.
            known = importer.base(units, present, laid)
            if not isinstance(known, dict):
                return known, {}  # It did not compile before, so that nothing can be said of it.
            return known, importer.analysed(self._theirs(importer), present | archives, units, laid | self.own)

        with ThreadPoolExecutor(len(wanted), thread_name_prefix="stackward-importer") as pool:
            found = list(pool.map(lambda one: compiled(*one), wanted))
        for (importer, _), (known, made) in zip(wanted, found, strict=True):
            theirs = self._theirs(importer)
            if not isinstance(made, dict):
                return _broken(made, importer, theirs)
            if isinstance(known, dict):
                self.comparison.add(importer, known, made, theirs, copies=True)
                if self.generic:
                    self.comparison.add_instances(self.bench, known, made, self.own)
        return None

    def _theirs(self, importer: Workbench) -> dict[str, bytes]:
        return {path: text for path, text in self.others.items() if path in importer.files}

    def _units(self, importer: Workbench) -> Sequence[Unit]:
        """The units of an importer that have to be compiled.

        Where nothing but bodies is new all still compile, and what tests allocate costs nobody anything.
        """
        seeing = [
            unit
            for unit in importer.units
            if any(path == self.bench.import_path for path, _ in unit.imports)
            and concerned(unit, map(importer.files.get, unit.files), self.bench.units[0], self.change)
        ]
        if self._theirs(importer) or (self.declares and seeing):
            return importer.units  # External tests see through their package what that imports.
        return [unit for unit in seeing if unit.id.variant is Variant.PACKAGE]


def _generic(source: SourceFile) -> list[bytes]:
    """The texts of the generic functions of a file, which are compiled where they are instantiated."""
    return [
        source.text[node.start_byte : node.end_byte]
        for node in source.tree.root_node.children
        if node.type in {"function_declaration", "method_declaration"} and declared_name(node, source)[1]
    ]


def _compiled(bench: Workbench, texts: Mapping[str, bytes]) -> list[Unit]:
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


def _change(
    bench: Workbench,
    known: Mapping[UnitId, UnitResult],
    results: Mapping[UnitId, UnitResult],
    texts: Mapping[str, bytes],
) -> Change:
    """What importers, external tests among them, see otherwise."""
    names = {one.path: one.name for one in bench.shop.graph}
    sources = bench.shop.sources
    found = Change()
    for path, text in texts.items():
        sources.remember(path, parse(text))
    for unit in bench.units:
        if unit.id in results and unit.id.variant is not Variant.XTEST:
            before = unit_surface(unit, known[unit.id], sources, names)
            found |= changed(before, unit_surface(unit, results[unit.id], sources, names), {})
    return found


def archives_as_it_is(bench: Workbench) -> dict[str, str] | Failed:
    """The export data of a package whose texts are not those that were recorded; none for one that is unchanged."""
    return _archives(bench, {}) if not bench.shop.laid.isdisjoint(bench.snapshot.digests) else {}


def _archives(bench: Workbench, texts: Mapping[str, bytes]) -> dict[str, str] | Failed:
    """New export data of the package, and of its variant with tests, instead of that which importers know."""
    found: dict[str, str] = {}
    external = any(
        unit.id.variant is Variant.XTEST for unit in bench.units
    )  # They alone import the variant with tests.
    for unit in bench.units:
        if not unit.archive or not (
            unit.id.variant is Variant.PACKAGE or (external and unit.id.variant is Variant.TEST)
        ):
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
                functions.add(function_at(error.at.path, source, source.lines.offset(error.at.pos)))
    return DoesNotCompile(message, frozenset(functions), failure)


__all__ = ["Compared", "DoesNotCompile", "archives_as_it_is", "compare", "only_bodies"]
