"""The work of a session: one package from its recipe to its hints. Runs in the scheduler's threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable, Sequence
from typing import TypeAlias

from stackward.core.outcome import BuildError, BuildFailed, Cancelled, NotAPackage, ToolchainMissing
from stackward.engine import dependents
from stackward.engine.analysis import Analysed
from stackward.engine.board import Board
from stackward.engine.folder import Folder, Recipes, Tools, View
from stackward.engine.inputs import Inputs
from stackward.engine.listener import Listener
from stackward.engine.modules import within
from stackward.engine.packages import PackageState, UnitState
from stackward.engine.results import FileResult, UnitResult
from stackward.engine.scheduler import Priority, Scheduler
from stackward.engine.sources import Sources
from stackward.engine.texts import Texts
from stackward.toolchain.process import CancelToken, DidNotRun
from stackward.toolchain.stamps import imports_changed
from stackward.toolchain.unit import Recorded, Unit, UnitId, Variant

Analyse: TypeAlias = Callable[[str, Priority, str], None]
"""Queues the analysis of the package in a folder, for a reason."""


class Analyst:
    """State that it shares with the session is guarded by ``lock``, which is never held while a process runs."""

    def __init__(
        self,
        listener: Listener,
        board: Board,
        texts: Texts,
        sources: Sources,
        scheduler: Scheduler,
        lock: threading.RLock,
        folder_of: Callable[[str], Folder | None],
        analyse: Analyse,
    ) -> None:
        self._listener = listener
        self._board = board
        self._texts = texts
        self._sources = sources
        self._scheduler = scheduler
        self._lock = lock
        self._folder_of = folder_of
        self._analyse = analyse
        self._packages: dict[str, PackageState] = {}
        self._providers: dict[UnitId, str] = {}
        self.missing: ToolchainMissing | None = None

    @property
    def packages(self) -> dict[str, PackageState]:
        """The packages that are known, by folder."""
        return self._packages

    @property
    def providers(self) -> dict[UnitId, str]:
        """The export data that stands in for that of recipes."""
        return self._providers

    def run(self, directory: str, reason: str, cancel: CancelToken, *, explain: bool = False) -> None:
        view = self._view(directory)
        folder = self._folder_of(view.cwd)
        if folder is None:
            return
        tools = folder.tools()
        if folder.closed:
            return
        with self._lock:
            self.missing = tools if isinstance(tools, ToolchainMissing) else None
        if isinstance(tools, ToolchainMissing):
            return
        package = self._recipe(directory, view, folder, tools, cancel)
        self._tell_left_out(directory, tools)
        if package is None or cancel.cancelled:
            return
        for unit_id in sorted(package.units, key=lambda one: list(Variant).index(one.variant)):
            state = package.units.get(unit_id)
            if state is None or not self._of_interest(state, package, folder):
                continue
            if not self.unit(package, state, tools, reason, cancel, explain=explain):
                return
        lacking = self._lacking(package)
        if lacking is not None:
            self._failed(package, lacking)

    def _tell_left_out(self, directory: str, tools: Tools) -> None:
        """Have files looked at that are open and that no unit compiles: which these are is known with the recipe."""
        with self._lock:
            package = self._packages.get(directory)
            if package is None:
                return
            package.target = tools.target
            compiled = {path for state in package.units.values() for path in state.unit.files}
            opened = [path for path in self._board.open_files if os.path.dirname(path) == directory]
        self._listener.hints_changed([path for path in opened if path not in compiled])

    def _lacking(self, package: PackageState) -> BuildFailed | NotAPackage | None:
        """Why tests that are open cannot be compiled, such as a module that was never downloaded."""
        if package.recorded is None or not package.recorded.failures:
            return None
        compiled = {path for state in package.units.values() for path in state.unit.files}
        with self._lock:
            opened = [path for path in self._board.open_files if os.path.dirname(path) == package.directory]
        tests = [path for path in opened if path.endswith("_test.go") and path not in compiled]
        return package.recorded.failures[0] if tests else None

    def _of_interest(self, state: UnitState, package: PackageState, folder: Folder) -> bool:
        """Test units wait until a test file is open, or generic code, or somebody asks for everything.

        Generic code is compiled where it is instantiated, which may be in tests alone.
        """
        if state.unit.id.variant is Variant.PACKAGE:
            return True
        if not folder.tests:
            return False
        with self._lock:
            if any(path.endswith("_test.go") and path in self._board.open_files for path in state.unit.files):
                return True
            return any(
                self._sources.generic_code(path, self._texts.digest(path) or "")
                for path in self._board.open_files
                if os.path.dirname(path) == package.directory
            )

    def _untested(self, package: PackageState) -> bool:
        """Whether an external test is about to be analysed for the first time."""
        return any(
            state.result is None and any(path in self._board.open_files for path in state.unit.files)
            for unit_id, state in package.units.items()
            if unit_id.variant is Variant.XTEST
        )

    def _view(self, directory: str) -> View:
        """From where a package is looked at: one outside of the workspace, which was jumped to, as who imports it does.

        From its own folder what it imports would have other versions, which nobody has downloaded.
        """
        folder = self._folder_of(directory)
        if folder is None or within(directory, folder.root):
            return View(directory)
        with self._lock:
            recorded = [(one.directory, one.recorded.graph) for one in self._packages.values() if one.recorded]
        for importer, graph in recorded:
            for one in graph if importer != directory else ():
                if one.dir == directory and not one.standard and " " not in one.path:  # No variant for a test.
                    return View(importer, one.path)
        return View(directory)

    def _recipe(
        self, directory: str, view: View, folder: Folder, tools: Tools, cancel: CancelToken
    ) -> PackageState | None:
        """The package with a recipe that holds; None if there is none to be had."""
        recipes = Recipes(folder, tools, self._texts)
        with self._lock:
            if folder.closed:
                return None
            package = self._packages.setdefault(directory, PackageState(directory))
            recorded = package.recorded
            untested = self._untested(package)
            fresh_start = untested or all(state.result is None for state in package.units.values())
        # What could not be had then may be there now, though no file of the package tells.
        lacking = self._lacking(package) is not None
        if (
            recorded is not None
            and recorded.units
            and not lacking
            and not recipes.why_stale(recorded)
            # What has been analysed follows its imports from there on; what has not begins with what they are now.
            and not (fresh_start and imports_changed(recorded, own=untested))
        ):
            return package
        fresh = (None if lacking else recipes.recall(view)) or recipes.record(view, self._listener.progress, cancel)
        match fresh:
            case Recorded() if fresh.units:
                with self._lock:
                    if self._forgotten(package):
                        return None
                    package.take(fresh)
                return package
            case Recorded():
                self._failed(package, fresh.failures[0] if fresh.failures else NotAPackage(directory, "no Go files"))
            case DidNotRun(reason):
                self._failed(package, BuildFailed(directory, (BuildError(reason),)))
            case BuildFailed() | NotAPackage():
                self._failed(package, fresh)
            case Cancelled():
                pass
        return None

    def unit(
        self,
        package: PackageState,
        state: UnitState,
        tools: Tools,
        reason: str,
        cancel: CancelToken,
        *,
        explain: bool = False,
    ) -> bool:
        """Analyse one unit if anything that it depends on changed. False where there is no point in going on.

        ``explain`` waits for the explanations even where they are long.
        """
        unit = state.unit
        with self._lock:
            snapshot = self._texts.snapshot(unit.files)
            for path in unit.files:
                if path in self._board.open_files:
                    self._board.open_files[path].mark()
                    self._sources.remember(path, self._board.open_files[path].source)
            graph = package.recorded.graph if package.recorded is not None else ()
            inputs = Inputs(unit, snapshot, dependents.archives(unit, self._providers), tools.environment, graph)
        package.seen.update(snapshot.digests)
        key = inputs.key()
        if key == state.key and package.failure is None:
            # The text may have been another one in between, of which some hints were shown.
            self._listener.hints_changed(self._board.show_again(snapshot.digests))
            self._remember(package, unit, tools, inputs)
            return True

        if tools.analysis.explodes(unit) and not explain and tools.analysis.cached(inputs) is None:
            return self._decide(package, unit, tools, inputs, reason, cancel)
        outcome = tools.analysis.run(inputs, cancel, self._partial, self._board.is_open)
        match outcome:
            case Analysed(result, cached):
                if not self._texts.snapshot(unit.files).same(snapshot):
                    # A file was written while the compiler read it; what it saw is neither the old nor the new text.
                    self._analyse(package.directory, Priority.OPEN, reason)
                    return False
                with self._lock:
                    if self._forgotten(package):
                        return False
                    state.key, state.result = key, result
                    package.failure = None
                    package.unexplained = False
                    if not cached:
                        package.compiles += 1
                        package.reasons.append(f"{unit.id}: {reason}")
                    paths = self._board.take(package.directory, unit.id, (*result.files, *result.elsewhere))
                self._listener.hints_changed(paths)
                if not cached:
                    self._later(("keep", unit.id), package, lambda: tools.analysis.keep(inputs, result))
                self._remember(package, unit, tools, inputs)
                return True
            case BuildFailed():
                self._failed(package, outcome)
            case DidNotRun(why):
                self._failed(package, BuildFailed(unit.id.import_path, (BuildError(why),)))
            case Cancelled():
                pass
        return False

    def _remember(self, package: PackageState, unit: Unit, tools: Tools, inputs: Inputs) -> None:
        """Have in mind what was analysed, if a file of it is open: nothing else is saved here."""
        if any(map(self._board.is_open, unit.files)):
            self._later(("remember", unit.id), package, lambda: tools.analysis.remember(inputs))

    def _later(self, key: Hashable, package: PackageState, job: Callable[[], None]) -> None:
        """Do what nobody waits for once a package is done, and the server has said so."""
        self._scheduler.submit(key, Priority.BACKGROUND, lambda _: job(), frozenset({package.directory}))

    def _decide(
        self, package: PackageState, unit: Unit, tools: Tools, inputs: Inputs, reason: str, cancel: CancelToken
    ) -> bool:
        """Show all sites of a unit whose explanations take longer than the compile; those follow by themselves."""
        outcome = tools.analysis.decide(inputs, cancel, self._partial, self._board.is_open)
        match outcome:
            case UnitResult():
                with self._lock:
                    package.failure = None
                    package.compiles += 1
                    package.reasons.append(f"{unit.id}: {reason}")
                    package.unexplained = True
                self._listener.hints_changed(self._board.take_decisions(outcome.files))
                return True
            case BuildFailed():
                self._failed(package, outcome)
            case DidNotRun(why):
                self._failed(package, BuildFailed(unit.id.import_path, (BuildError(why),)))
            case Cancelled():
                pass
        return False

    def _forgotten(self, package: PackageState) -> bool:
        """Whether the package was taken up anew meanwhile, perhaps with another configuration, or is gone."""
        return self._packages.get(package.directory) is not package

    def _partial(self, files: Sequence[FileResult]) -> None:
        told = self._board.take_partial(files)
        if told:
            self._listener.hints_changed(told)

    def _failed(self, package: PackageState, failure: BuildFailed | NotAPackage) -> None:
        with self._lock:
            package.failure = failure
