"""Passing on to importers what changed of a package: after its hints are out, in the scheduler's threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from stackward.engine import dependents
from stackward.engine.analyst import Analyse, Analyst
from stackward.engine.dependents import Provider
from stackward.engine.folder import Folder, Tools
from stackward.engine.packages import PackageState, UnitState
from stackward.engine.scheduler import Priority
from stackward.engine.sources import Sources
from stackward.engine.texts import Texts
from stackward.toolchain.compiler import Replay
from stackward.toolchain.process import CancelToken


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
        for state in list(package.units.values()):
            if state.result is not None and not cancel.cancelled:
                self._surface(package, state, tools, cancel)

    def _surface(self, package: PackageState, state: UnitState, tools: Tools, cancel: CancelToken) -> None:
        unit = state.unit
        with self._lock:
            concerned = list(dependents.importers(unit.id, self._analyst.packages.values()))
            rebuilt = list(dependents.indirect(unit.id, self._analyst.packages.values()))
            names = {one.path: one.name for one in package.recorded.graph} if package.recorded is not None else {}
            providers = dict(self._analyst.providers)
            snapshot = self._texts.snapshot(unit.files)
            key = state.key
        if unit.standard and not (concerned or rebuilt):
            return  # Nobody edits the standard library but those who work on it, who have its importers open.
        before, generic = state.surface, state.generic
        now, generic_now = (
            dependents.unit_surface(state, self._sources, names, providers),
            dependents.unit_generic(state, self._sources),
        )
        if before == now:
            # Generic code that has only moved concerns those whose hints stand in it.
            concerned = [one for one in concerned if generic != generic_now and dependents.reports_on(one, unit)]
            rebuilt = []
        if not before or not (concerned or rebuilt):
            state.surface, state.generic = now, generic_now
            return
        if concerned:
            archive = os.path.join(self._work, "archives", f"{key}.a")
            os.makedirs(os.path.dirname(archive), exist_ok=True)
            replay = Replay(unit, snapshot.overlays, dependents.archives(unit, providers))
            if not os.path.exists(archive) and tools.compiler.build(replay, archive, cancel) is not None:
                return  # Nothing was passed on; the next analysis tries again.
            with self._lock:
                self._analyst.providers[unit.id] = Provider(now, archive)
        state.surface, state.generic = now, generic_now
        with self._lock:
            for other in rebuilt:
                other.recorded = None
        others = {one.directory for one in [*concerned, *rebuilt]}
        # What others build on comes before them, so that they are compiled once.
        with self._lock:
            depths = {one: len(dependents.below(self._analyst.packages[one])) for one in others}
        for directory in sorted(others, key=depths.__getitem__):
            self._analyse(directory, Priority.DEPENDENT, f"{unit.id} changed what importers see")
