"""The façade: texts in, hints out. Editors and the command line both drive one ``Session``.

Everything slow runs as jobs of the scheduler, one at a time per package. The session's own state is guarded by one lock that is
never held while a process runs; its listener is told of news from worker threads and asks for the values.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from stackward.core.outcome import BuildError, BuildFailed, Cancelled, NotAPackage, ToolchainMissing
from stackward.engine import dependents
from stackward.engine.analysis import Analysed, Inputs
from stackward.engine.dependents import Provider
from stackward.engine.folder import Folder, Recipes, Tools
from stackward.engine.openfile import OpenFile
from stackward.engine.packages import PackageState, UnitState, merge
from stackward.engine.results import FileHints, FileResult, Freshness, State, Status, UnitResult
from stackward.engine.scheduler import Priority, Scheduler
from stackward.engine.sources import Sources
from stackward.engine.store import Store
from stackward.engine.texts import Snapshot, Texts
from stackward.syntax.tree import Edit, parse
from stackward.toolchain.compiler import Replay
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken, DidNotRun
from stackward.toolchain.stamps import imports_changed
from stackward.toolchain.unit import Recorded, Unit, UnitId, Variant


class Listener(Protocol):
    """Told of news, from any thread."""

    def hints_changed(self, paths: Sequence[str]) -> None:
        """The hints of these files are different now."""

    def status_changed(self, status: Status) -> None:
        """What the session is doing has changed."""

    def progress(self, text: str, done: int, total: int) -> None:
        """Something long is at ``done`` of ``total`` (0 of 0 where only the name is known)."""


class Session:
    """See the module. ``work`` is a folder for temporary and derived files; ``store`` keeps results between runs."""

    def __init__(self, listener: Listener, *, work: str, store: Store | None = None, jobs: int = 0) -> None:
        self._listener = listener
        self._work = work
        self._store = store
        self.texts = Texts()
        self._sources = Sources(self.texts)
        self._lock = threading.RLock()
        self._folders: list[Folder] = []
        self._open: dict[str, OpenFile] = {}
        self._packages: dict[str, PackageState] = {}
        self._by_path: dict[str, dict[tuple[str, UnitId], FileResult]] = {}
        self._published: dict[str, FileResult] = {}
        self._first: set[str] = set()
        self._providers: dict[UnitId, Provider] = {}
        self._missing: ToolchainMissing | None = None
        self._wanted: dict[str, int] = {}
        self._unexplained: set[str] = set()
        self._scheduler = Scheduler(jobs or os.cpu_count() or 1)

    # Folders

    def add_folder(self, root: str, config: BuildConfig, *, tests: bool = True) -> Folder:
        """Analyse packages below ``root`` with this configuration; replaces that of an earlier call."""
        folder = Folder(root, config, tests, self._work, self._sources, self._store)
        with self._lock:
            self.remove_folder(root)
            self._folders.append(folder)
            self._folders.sort(key=lambda one: len(one.root), reverse=True)
        return folder

    def remove_folder(self, root: str) -> None:
        """Forget a folder and the packages below it."""
        with self._lock:
            self._folders = [folder for folder in self._folders if folder.root != root]
            for directory in [one for one in self._packages if _below(one, root)]:
                self._forget(directory)

    def folder_of(self, directory: str) -> Folder | None:
        """The innermost folder around a directory; files outside of all belong to the first."""
        with self._lock:
            for folder in self._folders:
                if _below(directory, folder.root):
                    return folder
            return self._folders[-1] if self._folders else None

    # Texts

    def open(self, path: str, text: bytes) -> None:
        """A document was opened: show what is known, and analyse its package."""
        source = parse(text)
        self._sources.remember(source)
        with self._lock:
            self.texts.open(path, text)
            self._open[path] = OpenFile(path, source)
            self._show(path)
        self.analyse(os.path.dirname(path), Priority.OPEN, "opened")

    def edit(self, path: str, edits: Sequence[Edit]) -> None:
        """The text of an open document changed; its hints move along."""
        with self._lock:
            document = self._open.get(path)
            if document is None:
                return
            document.edit(edits)
            self.texts.open(path, document.source.text)
        self._listener.hints_changed([path])

    def save(self, path: str) -> None:
        """A document was saved: its package is next. The watcher's news of the same save will be none."""
        with self._lock:
            package = self._packages.get(os.path.dirname(path))
            if package is not None:
                package.seen[path] = self.texts.digest(path) or ""
        self.analyse(os.path.dirname(path), Priority.SAVED, "saved")

    def close(self, path: str) -> None:
        """A document was closed: the text on disk counts again."""
        with self._lock:
            document = self._open.pop(path, None)
            self.texts.close(path)
            if document is None:
                return
            digest = self.texts.digest(path)
            merged = merge(self._by_path.get(path, {}).values(), digest or "")
            if merged is not None:
                self._published[path] = merged
        self._listener.hints_changed([path])

    def changed(self, paths: Iterable[str]) -> None:
        """Files changed on disk, outside of the editor. Packages that are known are analysed again where it matters."""
        touched: dict[str, list[str]] = {}
        everything: set[str] = set()
        with self._lock:
            for path in paths:
                if os.path.basename(path) in {"go.mod", "go.sum", "go.work", "go.work.sum", "modules.txt"}:
                    everything.add(os.path.dirname(path))
                else:
                    touched.setdefault(os.path.dirname(path), []).append(path)
            directories = set(touched)
            directories -= {one for one in directories if not self._news(one, touched.get(one, ()))}
            known = [
                one
                for one in self._packages
                if one in directories or any(_below(one, root) for root in everything) or self._gone(one)
            ]
            opened = {os.path.dirname(path) for path in self._open}
            stale_imports = self._importing(directories - set(self._packages))
        for directory in {*known, *stale_imports, *(directories & opened)}:
            if not os.path.isdir(directory):
                with self._lock:
                    gone = self._forget(directory)
                self._listener.hints_changed(gone)
                continue
            if directory in stale_imports:
                self._packages[directory].recorded = None
            priority = Priority.OPEN if directory in opened else Priority.BACKGROUND
            self.analyse(directory, priority, "changed on disk")

    # Asking

    def hints(self, path: str) -> FileHints:
        """The hints of a file as they are now."""
        with self._lock:
            document = self._open.get(path)
            if document is not None:
                freshness = Freshness.FIRST if path in self._first else Freshness.COMPLETE
                if document.moved:
                    freshness = Freshness.MOVED
                return FileHints(path, freshness, document.hints(), document.placed_functions())
            result = self._published.get(path)
            if result is None:
                return FileHints(path, Freshness.COMPLETE)
            return FileHints(path, Freshness.COMPLETE, result.hints, result.functions)

    def paths(self) -> list[str]:
        """All files that there are hints for."""
        with self._lock:
            return sorted({*self._open, *self._published})

    def status(self) -> Status:
        """What the session is doing."""
        with self._lock:
            if self._missing is not None:
                return Status(State.MISSING, str(self._missing))
            if self._wanted:
                return Status(State.ANALYSING)
            opened = {os.path.dirname(path) for path in self._open}
            for directory, package in sorted(self._packages.items()):
                if package.failure is not None and (directory in opened or not opened):
                    failure = package.failure
                    at = (
                        next((e.at for e in failure.errors if e.at), None) if isinstance(failure, BuildFailed) else None
                    )
                    return Status(State.BROKEN, str(failure), at)
            return Status(State.IDLE)

    def packages(self) -> list[PackageState]:
        """The packages that are known."""
        with self._lock:
            return list(self._packages.values())

    def stats(self) -> dict[str, object]:
        """How many compiles ran, and why, since the start."""
        with self._lock:
            return {
                "compiles": sum(package.compiles for package in self._packages.values()),
                "by_package": {one.directory: list(one.reasons) for one in self._packages.values() if one.reasons},
            }

    # Work

    def analyse(self, directory: str, priority: Priority, reason: str) -> None:
        """Queue the analysis of the package in a folder."""
        with self._lock:
            number = self._wanted[directory] = self._wanted.get(directory, 0) + 1

        def job(cancel: CancelToken) -> None:
            try:
                self._run(directory, reason, cancel)
            finally:
                self._settle(directory, number)

        self._scheduler.cancel(("explain", directory))
        self._scheduler.submit(directory, priority, job)
        self._listener.status_changed(Status(State.ANALYSING))

    def _settle(self, directory: str, number: int) -> None:
        """The hints of a package are complete, unless it is wanted again already. Its importers are looked at after that."""
        with self._lock:
            if self._wanted.get(directory) != number:
                return
            del self._wanted[directory]
            package = self._packages.get(directory)
            unexplained = directory in self._unexplained
            self._unexplained.discard(directory)
        self._listener.status_changed(self.status())
        if unexplained:
            later = ("explain", directory)
            self._scheduler.submit(
                later, Priority.BACKGROUND, lambda cancel: self._run(directory, "explanations", cancel, explain=True)
            )
        elif package is not None:
            self._scheduler.submit(
                ("surface", directory), Priority.DEPENDENT, lambda cancel: self._surfaces(package, cancel)
            )

    def submit(self, key: str, job: Callable[[CancelToken], None]) -> None:
        """Queue other work of low priority."""
        self._scheduler.submit(("other", key), Priority.BACKGROUND, job)

    def adopt(self, recorded: Recorded) -> list[str]:
        """Take recipes that were recorded for many packages at once; gives their folders."""
        directories = sorted({unit.dir for unit in recorded.units})
        with self._lock:
            for directory in directories:
                units = tuple(unit for unit in recorded.units if unit.dir == directory)
                part = Recorded(
                    units=units,
                    graph=recorded.graph,
                    failures=(),
                    stamps=recorded.stamps,
                    listings=tuple(entry for entry in recorded.listings if entry[0] == directory),
                    headers=tuple(entry for entry in recorded.headers if os.path.dirname(entry[0]) == directory),
                    local=recorded.local,
                    own=tuple(stamp for stamp in recorded.own if os.path.dirname(stamp.path) == directory),
                )
                self._packages.setdefault(directory, PackageState(directory)).take(part)
        return directories

    def analyse_now(self, directory: str, tools: Tools, reason: str, cancel: CancelToken) -> PackageState:
        """Analyse all units of a package that has a recipe, in this thread; importers are not looked at."""
        with self._lock:
            package = self._packages[directory]
        for state in list(package.units.values()):
            if not self._unit(package, state, tools, reason, cancel, explain=True):
                break
        return package

    def results(self, path: str) -> FileResult | None:
        """The hints of a file as it is on disk or open now."""
        with self._lock:
            return merge(self._by_path.get(path, {}).values(), self.texts.digest(path) or "")

    def shutdown(self) -> None:
        """End all work."""
        self._scheduler.close()

    def finish(self) -> None:
        """Wait until nothing is left to do, then end."""
        self._scheduler.drain()
        self._scheduler.close()

    def _run(self, directory: str, reason: str, cancel: CancelToken, *, explain: bool = False) -> None:
        folder = self.folder_of(directory)
        if folder is None:
            return
        tools = folder.tools()
        with self._lock:
            self._missing = tools if isinstance(tools, ToolchainMissing) else None
        if isinstance(tools, ToolchainMissing):
            return
        package = self._recipe(directory, folder, tools, cancel)
        if package is None or cancel.cancelled:
            return
        for unit_id in sorted(package.units, key=lambda one: list(Variant).index(one.variant)):
            state = package.units.get(unit_id)
            if state is None or not self._of_interest(state, folder):
                continue
            if not self._unit(package, state, tools, reason, cancel, explain=explain):
                return

    def _of_interest(self, state: UnitState, folder: Folder) -> bool:
        """Test units wait until a test file is open, or somebody asks for everything."""
        if state.unit.id.variant is Variant.PACKAGE:
            return True
        if not folder.tests:
            return False
        with self._lock:
            return any(path.endswith("_test.go") and path in self._open for path in state.unit.files)

    def _untested(self, package: PackageState) -> bool:
        """Whether an external test is about to be analysed for the first time."""
        return any(
            state.result is None and any(path in self._open for path in state.unit.files)
            for unit_id, state in package.units.items()
            if unit_id.variant is Variant.XTEST
        )

    def _recipe(self, directory: str, folder: Folder, tools: Tools, cancel: CancelToken) -> PackageState | None:
        """The package with a recipe that holds; None if there is none to be had."""
        recipes = Recipes(folder, tools, self.texts)
        with self._lock:
            package = self._packages.setdefault(directory, PackageState(directory))
            recorded = package.recorded
            untested = self._untested(package)
            fresh_start = untested or all(state.result is None for state in package.units.values())
        if recorded is not None and recorded.units and not recipes.why_stale(recorded):
            # What has been analysed follows its imports from there on; what has not begins with what they are now.
            if not (fresh_start and imports_changed(recorded, own=untested)):
                return package
        fresh = recipes.recall(directory) or recipes.record(directory, self._listener.progress, cancel)
        match fresh:
            case Recorded() if fresh.units:
                with self._lock:
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

    def _unit(
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
            snapshot = self.texts.snapshot(unit.files)
            for path in unit.files:
                if path in self._open:
                    self._open[path].mark()
                    self._sources.remember(self._open[path].source)
            inputs = Inputs(unit, snapshot, dependents.archives(unit, self._providers), tools.environment)
        package.seen.update(snapshot.digests)
        key = inputs.key()
        if key == state.key and package.failure is None:
            return True

        def on_partial(files: Sequence[FileResult]) -> None:
            self._partial(files)

        if tools.analysis.explodes(unit) and not explain and tools.analysis.cached(inputs) is None:
            return self._decide(package, unit, tools, inputs, reason, cancel)
        outcome = tools.analysis.run(inputs, cancel, on_partial, self._is_open)
        match outcome:
            case Analysed(result, cached):
                if not self.texts.snapshot(unit.files).same(snapshot):
                    # A file was written while the compiler read it; what it saw is neither the old nor the new text.
                    self.analyse(package.directory, Priority.OPEN, reason)
                    return False
                with self._lock:
                    state.key, state.result = key, result
                    package.failure = None
                    if not cached:
                        package.compiles += 1
                        package.reasons.append(f"{unit.id}: {reason}")
                    paths = self._take(package.directory, unit.id, result.files)
                self._listener.hints_changed(paths)
                if not cached:
                    self._scheduler.submit(
                        ("keep", unit.id), Priority.BACKGROUND, lambda _: tools.analysis.keep(key, result)
                    )
                return True
            case BuildFailed():
                self._failed(package, outcome)
            case DidNotRun(why):
                self._failed(package, BuildFailed(unit.id.import_path, (BuildError(why),)))
            case Cancelled():
                pass
        return False

    def _decide(
        self, package: PackageState, unit: Unit, tools: Tools, inputs: Inputs, reason: str, cancel: CancelToken
    ) -> bool:
        """Show all sites of a unit whose explanations take longer than the compile; those follow by themselves."""
        outcome = tools.analysis.decide(inputs, cancel, self._partial, self._is_open)
        match outcome:
            case UnitResult():
                told = []
                with self._lock:
                    package.failure = None
                    package.compiles += 1
                    package.reasons.append(f"{unit.id}: {reason}")
                    self._unexplained.add(package.directory)
                    for result in outcome.files:
                        document = self._open.get(result.path)
                        self._first.discard(result.path)
                        if document is not None and document.set_decisions(result.digest, result.hints):
                            told.append(result.path)
                self._listener.hints_changed(told)
                return True
            case BuildFailed():
                self._failed(package, outcome)
            case DidNotRun(why):
                self._failed(package, BuildFailed(unit.id.import_path, (BuildError(why),)))
            case Cancelled():
                pass
        return False

    def _failed(self, package: PackageState, failure: BuildFailed | NotAPackage) -> None:
        with self._lock:
            package.failure = failure

    def _surfaces(self, package: PackageState, cancel: CancelToken) -> None:
        """If importers see something else than before, build export data for them and have them analysed."""
        folder = self.folder_of(package.directory)
        tools = folder.tools() if folder is not None else None
        if not isinstance(tools, Tools):
            return
        for state in list(package.units.values()):
            if state.result is not None and not state.unit.cgo and not cancel.cancelled:
                self._surface(package, state, tools, cancel)

    def _surface(self, package: PackageState, state: UnitState, tools: Tools, cancel: CancelToken) -> None:
        unit = state.unit
        with self._lock:
            concerned = list(dependents.importers(unit.id, self._packages.values()))
            rebuilt = list(dependents.indirect(unit.id, self._packages.values()))
            names = {one.path: one.name for one in package.recorded.graph} if package.recorded is not None else {}
            providers = dict(self._providers)
            snapshot = self.texts.snapshot(unit.files)
            key = state.key
        if unit.standard and not (concerned or rebuilt):
            return  # Nobody edits the standard library but those who work on it, who have its importers open.
        before, now = state.surface, dependents.unit_surface(state, self._sources, names, providers)
        if not before or before == now or not (concerned or rebuilt):
            state.surface = now
            return
        if concerned:
            archive = os.path.join(self._work, "archives", f"{key}.a")
            os.makedirs(os.path.dirname(archive), exist_ok=True)
            replay = Replay(unit, snapshot.overlays, dependents.archives(unit, providers))
            if not os.path.exists(archive) and tools.compiler.build(replay, archive, cancel) is not None:
                return  # Nothing was passed on; the next analysis tries again.
            with self._lock:
                self._providers[unit.id] = Provider(now, archive)
        state.surface = now
        with self._lock:
            for other in rebuilt:
                other.recorded = None
        for other in {one.directory: one for one in [*concerned, *rebuilt]}.values():
            if other.directory != package.directory:
                self.analyse(other.directory, Priority.DEPENDENT, f"{unit.id} changed what importers see")

    # Publication

    def _take(self, directory: str, unit_id: UnitId, files: Sequence[FileResult]) -> list[str]:
        """Replace a unit's results; gives the files whose hints may have changed."""
        source = (directory, unit_id)
        before = {path: by.pop(source) for path, by in self._by_path.items() if source in by}
        fresh = {result.path: result for result in files}
        for path, result in fresh.items():
            self._by_path.setdefault(path, {})[source] = result
        affected = []
        for path in {*before, *fresh}:
            partial = path in self._first
            self._first.discard(path)
            # Most files of a package say after a save what they said before.
            if partial or path in self._open or before.get(path) != fresh.get(path):
                self._show(path, prefer=fresh[path].digest if path in fresh else "")
                affected.append(path)
        return sorted(affected, key=lambda path: (path not in self._open, path))

    def _show(self, path: str, prefer: str = "") -> None:
        """Put the results for a file on show."""
        results = self._by_path.get(path, {}).values()
        document = self._open.get(path)
        digest = prefer or self.texts.digest(path) or ""
        merged = merge(results, digest)
        if document is not None:
            if merged is not None:
                document.set_hints(digest, merged.hints, merged.functions)
        elif merged is not None:
            self._published[path] = merged
        else:
            self._published.pop(path, None)

    def _partial(self, files: Sequence[FileResult]) -> None:
        told = []
        with self._lock:
            for result in files:
                document = self._open.get(result.path)
                if document is not None and document.add_hints(result.digest, result.hints):
                    self._first.add(result.path)
                    told.append(result.path)
        if told:
            self._listener.hints_changed(told)

    def _is_open(self, path: str) -> bool:
        with self._lock:
            return path in self._open

    def _news(self, directory: str, paths: Iterable[str]) -> bool:
        """Whether any of the files says something else than the analysis that runs, or ran last, has seen."""
        package = self._packages.get(directory)
        return package is None or any(package.seen.get(path) != self.texts.digest(path) for path in paths)

    def _gone(self, directory: str) -> bool:
        return not os.path.isdir(directory)

    def _importing(self, directories: set[str]) -> set[str]:
        """The known packages that import, at any depth, a package in one of ``directories`` that has no recipe of its own."""
        found = set()
        for directory, package in self._packages.items():
            graph = package.recorded.graph if package.recorded is not None else ()
            if any(one.local and one.dir in directories for one in graph):
                found.add(directory)
        return found

    def _forget(self, directory: str) -> list[str]:
        self._scheduler.cancel(directory)
        package = self._packages.pop(directory, None)
        gone = []
        for path, by in list(self._by_path.items()):
            for source in [one for one in by if one[0] == directory]:
                del by[source]
                gone.append(path)
                self._show(path)
        return gone if package is not None else []


def _below(directory: str, root: str) -> bool:
    return directory == root or directory.startswith(root.rstrip(os.sep) + os.sep)
