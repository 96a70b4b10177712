"""Who has to be analysed again when a package changed: exact, with early cut-off.

What importers can see of a unit is its *surface*: declarations, bodies that importers compile too, what the compiler
found out about parameters, and the surfaces of those imports that the surface itself mentions. A save that leaves the
surface as it was concerns nobody else. Otherwise new export data is built, and the importers that have a recipe are
analysed with it; whether it goes on from there depends on their surfaces.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from stackward.engine.packages import PackageState, UnitState
from stackward.engine.sources import Sources
from stackward.syntax.surface import surface
from stackward.toolchain.unit import Unit, UnitId, Variant


@dataclass(frozen=True, slots=True)
class Provider:
    """The current export data of a unit whose surface is not that of its recipe any more."""

    surface: str
    archive: str


def unit_surface(
    state: UnitState, sources: Sources, names: Mapping[str, str], providers: Mapping[UnitId, Provider]
) -> str:
    """The surface of a unit with a result. ``names`` are the package names by import path."""
    if state.result is None:
        return ""
    unit = state.unit
    importmap = dict(unit.importmap)
    parts: list[object] = [unit.argv, unit.importmap]
    mentioned: set[str] = set()
    for result in state.result.files:
        if result.path not in unit.files:
            continue
        source = sources.tree(result.path, result.digest)
        if source is None:
            # The text has changed since; what it was cannot be told, so it counts as different.
            parts.append((result.path, result.digest))
            continue
        inlinable = {function.name for function in result.functions if function.inline_cost is not None}
        own = surface(source, inlinable.__contains__)
        parts.append((os.path.basename(result.path), own.digest, result.tags))
        for alias, written in own.imports:
            path = importmap.get(written, written)
            name = alias or names.get(path, "")
            # A package whose name is not known, or that is imported into the file's own scope, may be mentioned
            # anywhere.
            if name in {"", "."} or name in own.qualifiers:
                mentioned.add(path)
    replaced = archives(unit, providers)
    parts += [(path, replaced.get(archive, archive)) for path, archive in unit.imports if path in mentioned]
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def unit_generic(state: UnitState, sources: Sources) -> str:
    """The generic code of a unit with a result, and where it stands: others report what it allocates at these lines."""
    results = state.result.files if state.result is not None else ()
    code = [(one.path, sources.generic_code(one.path, one.digest)) for one in results]
    return repr([entry for entry in code if entry[1]])


def reports_on(package: PackageState, unit: Unit) -> bool:
    """Whether results of a package are about generic code of a unit of another."""
    results = [state.result for state in package.units.values() if state.result is not None]
    return any(one.path in unit.files for result in results for one in result.elsewhere)


def archives(unit: Unit, providers: Mapping[UnitId, Provider]) -> dict[str, str]:
    """The export data that stands in for what the unit's recipe names."""
    replaced: dict[str, str] = {}
    for path, archive in unit.imports:
        provider = providers.get(_provider(unit, path, providers))
        if provider is not None:
            replaced[archive] = provider.archive
    return replaced


def importers(changed: UnitId, packages: Iterable[PackageState]) -> Iterator[PackageState]:
    """The packages of which a unit that has a result imports ``changed``."""
    for package in packages:
        for state in package.units.values():
            if state.result is None or state.unit.id == changed:
                continue
            if not any(path == changed.import_path for path, _ in state.unit.imports):
                continue
            own_xtest = state.unit.id == UnitId(changed.import_path, Variant.XTEST)
            if own_xtest or changed.variant is Variant.PACKAGE:
                yield package
                break


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
