"""Passing on to importers what changed of a package: after its hints are out, in the scheduler's threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping

from stackward.engine import dependents
from stackward.engine.analyst import Analyse, Analyst
from stackward.engine.folder import Folder, Tools
from stackward.engine.packages import PackageState, UnitState
from stackward.engine.results import UnitResult
from stackward.engine.scheduler import Priority
from stackward.engine.sources import Sources
from stackward.engine.surfaces import Change, changed, concerned, unit_surface
from stackward.engine.texts import Texts
from stackward.toolchain.compiler import Replay
from stackward.toolchain.process import CancelToken
from stackward.toolchain.unit import Unit


class Importers:
    """Compares surfaces, builds export data, and queues those whose compile would now say something else."""

    def __init__(
        self,
        analyst: Analyst,
        texts: Texts,
        sources: Sources,
        work: str,
        lock: threading.RLock,
        folder_of: Callable[[str], Folder | None],
        analyse: Analyse,
    ) -> None:
        self._analyst = analyst
        self._texts = texts
        self._sources = sources
        self._work = work
        self._lock = lock
        self._folder_of = folder_of
        self._analyse = analyse

    def follow(self, package: PackageState, cancel: CancelToken) -> None:
        """If importers see something else than before, build export data for them and have them analysed."""
        folder = self._folder_of(package.directory)
        tools = folder.tools() if folder is not None else None
        if not isinstance(tools, Tools):
            return
        for one, state in [*self._unseen(package), *((package, state) for state in list(package.units.values()))]:
            if state.result is not None and not cancel.cancelled:
                self._pass_on(one, state, state.result, tools, cancel)

    def _unseen(self, package: PackageState) -> list[tuple[PackageState, UnitState]]:
        """Packages of the standard library whose first known importer this is: what that sees is what they are now."""
        with self._lock:
            imported = {path for state in package.units.values() for path, _ in state.unit.imports}
            return [
                (other, state)
                for other in self._analyst.packages.values()
                for state in other.units.values()
                if state.unit.standard and state.surface is None and state.unit.id.import_path in imported
            ]

    def _pass_on(
        self, package: PackageState, state: UnitState, result: UnitResult, tools: Tools, cancel: CancelToken
    ) -> None:
        unit = state.unit
        with self._lock:
            importing = list(dependents.importers(unit.id, self._analyst.packages.values()))
            rebuilt = list(dependents.indirect(unit.id, self._analyst.packages.values()))
            names = {one.path: one.name for one in package.recorded.graph} if package.recorded is not None else {}
            providers = dict(self._analyst.providers)
            snapshot = self._texts.snapshot(unit.files)
            key = state.key
            behind, state.behind = state.behind, {}
        if unit.standard and not (importing or rebuilt):
            return  # Nobody edits the standard library but those who work on it, who have its importers open.
        now = unit_surface(unit, result, self._sources, names)
        generic = dependents.unit_generic(result, self._sources)
        change = changed(state.surface, now, behind) if state.surface is not None else Change()
        moved = state.surface is not None and generic != state.generic
        reasons = {
            other.directory: f"generic code of {unit.id} is elsewhere"
            for other, _ in importing
            if moved and dependents.reports_on(other, unit)
        }
        if (change and importing) or reasons:
            archive = os.path.join(self._work, "archives", f"{key}.a")
            os.makedirs(os.path.dirname(archive), exist_ok=True)
            replay = Replay(unit, snapshot.overlays, dependents.archives(unit, providers))
            if not os.path.exists(archive) and tools.compiler.build(replay, archive, cancel) is not None:
                # Nothing was passed on; the next analysis tries again.
                with self._lock:
                    _add(state.behind, behind)
                return
            with self._lock:
                self._analyst.providers[unit.id] = archive
        state.surface, state.generic = now.bare(), generic
        for other, importer in importing if change else ():
            if other.failure is not None or self._concerned(importer, unit, change):
                with self._lock:
                    _add(importer.behind, {unit.id.import_path: change})
                reasons[other.directory] = f"{unit.id} changed {change}"
        for other in rebuilt if change else ():
            other.recorded = None
            reasons[other.directory] = f"{unit.id} changed {change}"
        # What others build on comes before them, so that they are compiled once.
        with self._lock:
            depths = {one: len(dependents.below(self._analyst.packages[one])) for one in reasons}
        for directory in sorted(reasons, key=depths.__getitem__):
            self._analyse(directory, Priority.DEPENDENT, reasons[directory])

    def _concerned(self, importer: UnitState, unit: Unit, change: Change) -> bool:
        """Whether an importer, as its files are now, may see a change."""
        now = self._sources.now(importer.unit.files)
        return concerned(importer.unit, map(now.get, importer.unit.files), unit, change)


def _add(behind: dict[str, Change], more: Mapping[str, Change]) -> None:
    for path, change in more.items():
        behind[path] = behind.get(path, Change()) | change
