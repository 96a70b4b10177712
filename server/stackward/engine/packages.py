"""What is known of one package: its recipe, the last results of its units, and what of it importers can see."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from stackward.core.hint import Hint
from stackward.core.outcome import BuildFailed, NotAPackage
from stackward.core.site import Allocates, Function, Site
from stackward.engine.costs import DIFFERS, some
from stackward.engine.results import FileResult, UnitResult
from stackward.engine.surfaces import Change, Surface
from stackward.syntax.constraints import LeftOut, Target, left_out
from stackward.syntax.tree import SourceFile
from stackward.toolchain.unit import Recorded, Unit, UnitId


@dataclass(slots=True)
class UnitState:
    """A unit's last good result, the key of what it depended on, and what importers see and compile of it.

    ``behind`` is what has changed of its imports, by import path, since its own surface was looked at.
    """

    unit: Unit
    key: str = ""
    result: UnitResult | None = None
    surface: Surface | None = None
    generic: str = ""
    behind: dict[str, Change] = field(default_factory=dict)


@dataclass(slots=True)
class PackageState:
    """A package, by its folder. ``failure`` is why its last analysis gave nothing; the results are then older ones."""

    directory: str
    recorded: Recorded | None = None
    units: dict[UnitId, UnitState] = field(default_factory=dict)
    failure: BuildFailed | NotAPackage | None = None
    seen: dict[str, str] = field(default_factory=dict)
    """Digests of the texts that the analysis which runs, or ran last, is about."""
    target: Target | None = None
    """What it was built for when it was looked at last."""
    unexplained: bool = False
    """The hints are out, but the explanations of some are still to come."""
    compiles: int = 0
    reasons: list[str] = field(default_factory=list)

    def take(self, recorded: Recorded) -> None:
        """Use a new recipe; results of units that it still has are kept until they are replaced."""
        self.recorded = recorded
        self.units = {
            unit.id: replace(known, unit=unit) if (known := self.units.get(unit.id)) is not None else UnitState(unit)
            for unit in recorded.units
        }

    def left_out(self, path: str, source: SourceFile, *, tests: bool) -> LeftOut | None:
        """Why a file of the folder is part of no unit; None where it is, or where that is not known."""
        if self.target is None or (self.recorded is None and not isinstance(self.failure, NotAPackage)):
            return None
        if any(path in state.unit.files for state in self.units.values()):
            return None
        return left_out(source, os.path.basename(path), self.target, tests=tests)

    def files(self) -> set[str]:
        """All files that this package has results for."""
        return {one.path for state in self.units.values() if state.result is not None for one in state.result.files}


def merge(results: Iterable[FileResult], digest: str, generic: Callable[[], str] = str) -> FileResult | None:
    """One result for a file from those of several units, as far as they are of the text ``digest``.

    What units of other packages say counts if it is of the same ``generic`` code; by itself it is no result.
    """
    results = list(results)
    matching = [one for one in results if one.digest == digest and not one.generic]
    if not matching:
        return None
    elsewhere = [one for one in results if one.generic]
    if elsewhere:
        same = generic()
        matching += [one for one in elsewhere if one.generic == same]
    hints: dict[tuple[object, ...], Hint] = {}
    for result in matching:
        for hint in result.hints:
            site = hint.site
            # The types of instances are in what the compiler prints.
            subject = "" if site.instances else site.subject
            key = (site.range, site.storage, subject, site.inlined_from)
            known = hints.get(key)
            if known is None:
                hints[key] = hint
            elif known.site != site:
                hints[key] = replace(known, site=_joined(known.site, site))
    ordered = sorted(hints.values(), key=lambda hint: (hint.site.range, hint.site.subject))
    return FileResult(matching[0].path, digest, tuple(ordered), _functions(matching))


def _joined(known: Site, other: Site) -> Site:
    """What two units say of one site: it costs what costs more, and in generic code it is said of which instances."""
    costlier, lighter = sorted((known, other), key=lambda one: one.allocates.rank)
    site = replace(
        known.costing_as(costlier),
        inlined_at=tuple(sorted({*known.inlined_at, *other.inlined_at})),
        instances=tuple(sorted({*known.instances, *other.instances})),
        spared=tuple(sorted({*known.spared, *other.spared})),
    )
    if not (known.instances and other.instances):
        return site
    if lighter.allocates is Allocates.NEVER and costlier.allocates is not Allocates.NEVER:
        site = replace(site, instances=costlier.instances, spared=tuple(sorted({*site.spared, *lighter.instances})))
        if costlier.allocates is Allocates.ALWAYS:
            site = replace(site, allocates=Allocates.SOMETIMES, when=f"it is {some(costlier.instances)}")
    elif (known.bytes, known.size) != (other.bytes, other.size):
        site = replace(site, bytes=None, size_class=None, size=DIFFERS)
    return site if known.type == other.type else replace(site, type=None)


def _functions(results: list[FileResult]) -> tuple[Function, ...]:
    """Generic functions say something only in the units that instantiate them."""
    best: dict[tuple[str, object], Function] = {}
    for result in results:
        for function in result.functions:
            key = (function.name, function.range)
            known = best.get(key)
            if known is None or (not known.leaking and function.leaking):
                best[key] = function
    return tuple(sorted(best.values(), key=lambda function: function.range))
