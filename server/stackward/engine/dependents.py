"""Who builds on whom, among the packages that are known, and with which export data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from stackward.engine.packages import PackageState, UnitState
from stackward.engine.results import UnitResult
from stackward.engine.sources import Sources
from stackward.toolchain.unit import Unit, UnitId, Variant


def unit_generic(result: UnitResult, sources: Sources) -> str:
    """The generic code of a unit, and where it stands: others report what it allocates at these lines."""
    code = [(one.path, sources.generic_code(one.path, one.digest)) for one in result.files]
    return repr([entry for entry in code if entry[1]])


def reports_on(package: PackageState, unit: Unit) -> bool:
    """Whether results of a package are about generic code of a unit of another."""
    results = [state.result for state in package.units.values() if state.result is not None]
    return any(one.path in unit.files for result in results for one in result.elsewhere)


def archives(unit: Unit, providers: Mapping[UnitId, str]) -> dict[str, str]:
    """The export data that stands in for what the unit's recipe names. ``providers`` have other one than recorded."""
    replaced: dict[str, str] = {}
    for path, archive in unit.imports:
        fresh = providers.get(_provider(unit, path, providers))
        if fresh is not None:
            replaced[archive] = fresh
    return replaced


def importers(changed: UnitId, packages: Iterable[PackageState]) -> Iterator[tuple[PackageState, UnitState]]:
    """The units that were analysed and import ``changed``, each with its package; it may be why one is broken."""
    for package in packages:
        for state in package.units.values():
            if (state.result is None and package.failure is None) or state.unit.id == changed:
                continue
            if not any(path == changed.import_path for path, _ in state.unit.imports):
                continue
            own_xtest = state.unit.id == UnitId(changed.import_path, Variant.XTEST)
            if own_xtest or changed.variant is Variant.PACKAGE:
                yield package, state


def indirect(changed: UnitId, packages: Iterable[PackageState]) -> Iterator[PackageState]:
    """The packages that depend on ``changed`` through one without a recipe, which the go command has to rebuild."""
    packages = list(packages)
    recorded = {unit_id.import_path for package in packages for unit_id in package.units}
    for package in packages:
        if package.recorded is None or any(unit_id.import_path == changed.import_path for unit_id in package.units):
            continue
        graph = {one.path: one for one in package.recorded.graph}
        own = {unit_id.import_path for unit_id in package.units}
        seen: set[str] = set()
        waiting = [path for name in own if name in graph for path in graph[name].imports]
        while waiting:
            path = waiting.pop()
            one = graph.get(path)
            if one is None or path in seen or path in recorded or one.standard:
                continue
            seen.add(path)
            if changed.import_path in one.imports:
                yield package
                break
            waiting += one.imports


def below(package: PackageState) -> set[str]:
    """The folders of the packages of the user's own modules that a package depends on, but for itself."""
    if package.recorded is None:
        return set()
    graph = {one.path: one for one in package.recorded.graph if one.local}
    found: dict[str, str] = {}
    waiting = [path for state in package.units.values() for path, _ in state.unit.imports]
    while waiting:
        path = waiting.pop()
        one = graph.get(path)
        if one is not None and path not in found:
            found[path] = one.dir
            waiting += one.imports
    return set(found.values()) - {package.directory}


def _provider(unit: Unit, path: str, known: Mapping[UnitId, object]) -> UnitId:
    """Which unit an import is: an external test imports the test variant of its own package."""
    if unit.id.variant is Variant.XTEST and path == unit.id.import_path:
        test = UnitId(path, Variant.TEST)
        if test in known:
            return test
    return UnitId(path, Variant.PACKAGE)
