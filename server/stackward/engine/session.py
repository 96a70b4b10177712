"""The façade: texts in, hints out. Editors and the command line both drive one ``Session``.

Everything slow runs as jobs of the scheduler, one at a time per package. The session's own state is guarded by one
lock that is never held while a process runs; its listener is told of news from worker threads and asks for the values.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from stackward.core.outcome import BuildFailed
from stackward.core.position import LineIndex, Lines
from stackward.core.site import Function
from stackward.engine import dependents
from stackward.engine.analyst import Analyst
from stackward.engine.board import Board
from stackward.engine.folder import Folder, Tools
from stackward.engine.importers import Importers
from stackward.engine.listener import Listener
from stackward.engine.modules import within
from stackward.engine.onward import Onward
from stackward.engine.openfile import OpenFile
from stackward.engine.packages import PackageState
from stackward.engine.results import FileHints, FileResult, State, Status
from stackward.engine.scheduler import Priority, Scheduler
from stackward.engine.sources import Sources
from stackward.engine.store import Store
from stackward.engine.texts import Texts
from stackward.rules import RULE_NAMES
from stackward.syntax.constraints import LeftOut
from stackward.syntax.ignores import BadIgnore, ignores
from stackward.syntax.tree import Edit, parse
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken
from stackward.toolchain.unit import Recorded, Unit


class Session:
    """See the module. ``work`` is a folder for temporary and derived files; ``store`` keeps results between runs."""

    def __init__(self, listener: Listener, *, work: str, store: Store | None = None, jobs: int = 0) -> None:
        self._listener = listener
        self._work = work
        self._store = store
        self.texts = Texts()
        self._sources = Sources(self.texts)
        self._lock = threading.RLock()
        self._quieter = threading.Condition(self._lock)
        self._folders: list[Folder] = []
        self._wanted: dict[str, int] = {}
        self._numbers = itertools.count(1)
        self._board = Board(self.texts, self._sources, self._lock)
        self._onward = Onward()
        self._scheduler = Scheduler(jobs or os.cpu_count() or 1)
        self._analyst = Analyst(
            listener,
            self._board,
            self.texts,
            self._sources,
            self._scheduler,
            self._lock,
            self.folder_of,
            self.analyse,
        )
        self._importers = Importers(
            self._analyst, self.texts, self._sources, work, self._lock, self.folder_of, self.analyse
        )

    def configure(self, *, jobs: int, store: Store | None) -> None:
        """How many jobs run at once (0: one per core), and where folders that are added from now on keep results."""
        self._scheduler.resize(jobs or os.cpu_count() or 1)
        self._store = store

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
        gone: list[str] = []
        with self._lock:
            for folder in [one for one in self._folders if one.root == root]:
                self._folders.remove(folder)
                folder.close()
            for directory in [one for one in {*self._analyst.packages, *self._wanted} if within(one, root)]:
                gone += self._forget(directory)
        self._listener.hints_changed(gone)

    def folder_of(self, directory: str) -> Folder | None:
        """The innermost folder around a directory; files outside of all belong to the first."""
        with self._lock:
            for folder in self._folders:
                if within(directory, folder.root):
                    return folder
            return self._folders[-1] if self._folders else None

    # Texts

    def open(self, path: str, text: bytes) -> None:
        """A document was opened: show what is known, and analyse its package."""
        source = parse(text)
        self._sources.remember(path, source)
        with self._lock:
            self.texts.open(path, text)
            self._board.open_files[path] = OpenFile(path, source)
            self._board.show(path)
        # What an earlier analysis found, and comments that ignore nothing, can be told at once.
        self._listener.hints_changed([path])
        self.analyse(os.path.dirname(path), Priority.OPEN, "opened")

    def edit(self, path: str, edits: Sequence[Edit]) -> None:
        """The text of an open document changed; its hints move along. It is news only if some went with their code."""
        with self._lock:
            document = self._board.open_files.get(path)
            if document is None:
                return
            self._scheduler.cancel(("beside", path))
            fewer = document.edit(edits)
            self.texts.open(path, document.source.text)
        if fewer:
            self._listener.hints_changed([path])

    def lines(self, path: str) -> LineIndex | None:
        """The lines of an open document."""
        with self._lock:
            document = self._board.open_files.get(path)
            return document.source.lines if document is not None else None

    def save(self, path: str) -> None:
        """A document was saved: its package is next. The watcher's news of the same save will be none."""
        with self._lock:
            package = self._analyst.packages.get(os.path.dirname(path))
            if package is not None:
                package.seen[path] = self.texts.digest(path) or ""
        self.analyse(os.path.dirname(path), Priority.SAVED, "saved")

    def close(self, path: str) -> None:
        """A document was closed: the text on disk counts again."""
        with self._lock:
            self.texts.close(path)
            self._board.close(path)
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
                for one in self._analyst.packages
                if one in directories or any(within(one, root) for root in everything) or not os.path.isdir(one)
            ]
            opened = {os.path.dirname(path) for path in self._board.open_files}
            stale_imports = self._importing(directories - set(self._analyst.packages))
        for directory in {*known, *stale_imports, *(directories & opened)}:
            if not os.path.isdir(directory):
                with self._lock:
                    gone = self._forget(directory)
                self._listener.hints_changed(gone)
                continue
            if directory in stale_imports:
                self._analyst.packages[directory].recorded = None
            priority = Priority.OPEN if directory in opened else Priority.BACKGROUND
            self.analyse(directory, priority, "changed on disk")

    # Asking

    def hints(self, path: str, within: Lines | None = None) -> FileHints:
        """The hints of a file as they are now; of an open one those that begin on the given lines, if any are."""
        with self._lock:
            found = self._board.hints(path, within)
            return replace(found, hints=self._onward.complete(found.hints, self._analyst.packages.values()))

    def functions(self, path: str) -> tuple[Function, ...]:
        """The functions of a file as they are now."""
        return self._board.functions(path)

    def bad_ignores(self, path: str) -> tuple[BadIgnore, ...]:
        """The ignore comments of an open document that do nothing."""
        with self._lock:
            document = self._board.open_files.get(path)
            return ignores(document.source, RULE_NAMES).bad if document is not None else ()

    def left_out(self, path: str) -> LeftOut | None:
        """Why an open document is not compiled, so that there are no hints for it; None if it is."""
        with self._lock:
            document, package = self._board.open_files.get(path), self._analyst.packages.get(os.path.dirname(path))
            folder = self.folder_of(os.path.dirname(path))
            if document is None or package is None or folder is None:
                return None
            return package.left_out(path, document.source, tests=folder.tests)

    def paths(self) -> list[str]:
        """All files that there are hints for."""
        return self._board.paths()

    def results(self, path: str) -> FileResult | None:
        """The result for the text of a file as it is on disk or open now."""
        with self._lock:
            found = self._board.merged(path)
            if found is None:
                return None
            return replace(found, hints=self._onward.complete(found.hints, self._analyst.packages.values()))

    def status(self) -> Status:
        """What the session is doing."""
        with self._lock:
            if self._analyst.missing is not None:
                return Status(State.MISSING, str(self._analyst.missing))
            if self._wanted:
                return Status(State.ANALYSING)
            opened = {os.path.dirname(path) for path in self._board.open_files}
            for directory, package in sorted(self._analyst.packages.items()):
                if package.failure is not None and (directory in opened or not opened) and not self._outside(directory):
                    failure = package.failure
                    at = (
                        next((e.at for e in failure.errors if e.at), None) if isinstance(failure, BuildFailed) else None
                    )
                    return Status(State.BROKEN, str(failure), at)
            return Status(State.IDLE)

    def _outside(self, directory: str) -> bool:
        """Whether nothing of a folder that is open is part of the build."""
        paths = [path for path in self._board.open_files if os.path.dirname(path) == directory]
        return bool(paths) and all(self.left_out(path) is not None for path in paths)

    def settled(self, directory: str, seconds: float) -> bool:
        """Wait until the analysis of the package in a folder is over; False if it is not after ``seconds``."""
        with self._quieter:
            return self._quieter.wait_for(lambda: directory not in self._wanted, seconds)

    def packages(self) -> list[PackageState]:
        """The packages that are known."""
        with self._lock:
            return list(self._analyst.packages.values())

    def package(self, directory: str) -> PackageState | None:
        """What is known of the package in a folder."""
        with self._lock:
            return self._analyst.packages.get(directory)

    def archives(self, unit: Unit) -> dict[str, str]:
        """The export data that stands in for what the recipe of a unit names."""
        with self._lock:
            return dependents.archives(unit, self._analyst.providers)

    def stats(self) -> dict[str, object]:
        """How many compiles ran, and why, since the start."""
        with self._lock:
            return {
                "compiles": sum(package.compiles for package in self._analyst.packages.values()),
                "by_package": {
                    one.directory: list(one.reasons) for one in self._analyst.packages.values() if one.reasons
                },
            }

    # Work

    def analyse(self, directory: str, priority: Priority, reason: str) -> None:
        """Queue the analysis of the package in a folder."""
        with self._lock:
            # Never a number that was there before: a job that was cancelled must not settle for a newer one.
            number = self._wanted[directory] = next(self._numbers)
            package = self._analyst.packages.get(directory)
            built_on = dependents.below(package) if package is not None and priority is Priority.DEPENDENT else set()

            def job(cancel: CancelToken) -> None:
                try:
                    self._analyst.run(directory, reason, cancel)
                finally:
                    self._settle(directory, number)

            self._scheduler.cancel(("explain", directory))
            after = frozenset(itertools.chain(built_on, (("surface", one) for one in built_on)))
            # Told before a worker can be done with it, and both in the order of the numbers: whoever else wants this
            # package now comes after.
            self._listener.status_changed(Status(State.ANALYSING))
            self._scheduler.submit(directory, priority, job, after)

    def _settle(self, directory: str, number: int) -> None:
        """The hints of a package are complete, unless it is wanted again already.

        Its importers are looked at after that.
        """
        with self._lock:
            if self._wanted.get(directory) != number:
                return
            del self._wanted[directory]
            self._quieter.notify_all()
            package = self._analyst.packages.get(directory)
            unexplained = package is not None and package.unexplained
            self._listener.status_changed(self.status())
        if unexplained:
            later = ("explain", directory)
            self._scheduler.submit(
                later,
                Priority.BACKGROUND,
                lambda cancel: self._analyst.run(directory, "explanations", cancel, explain=True),
            )
        elif package is not None:
            self._scheduler.submit(
                ("surface", directory), Priority.DEPENDENT, lambda cancel: self._importers.follow(package, cancel)
            )

    def beside(self, path: str, job: Callable[[CancelToken], None]) -> None:
        """Queue work of low priority about the text that an open document has now: an edit ends it."""
        self._scheduler.submit(("beside", path), Priority.BACKGROUND, job)

    def adopt(self, recorded: Recorded) -> list[str]:
        """Take recipes that were recorded for many packages at once; gives their folders."""
        parts = recorded.by_folder()
        with self._lock:
            for directory, part in parts.items():
                self._analyst.packages.setdefault(directory, PackageState(directory)).take(part)
        return list(parts)

    def analyse_now(self, directory: str, tools: Tools, reason: str, cancel: CancelToken) -> PackageState:
        """Analyse all units of a package that has a recipe, in this thread; importers are not looked at."""
        with self._lock:
            package = self._analyst.packages[directory]
        for state in list(package.units.values()):
            if not self._analyst.unit(package, state, tools, reason, cancel, explain=True):
                break
        return package

    def shutdown(self) -> None:
        """End all work."""
        self._scheduler.close()
        self._close_folders()

    def finish(self) -> None:
        """Wait until nothing is left to do, then end."""
        self._scheduler.drain()
        self._scheduler.close()
        self._close_folders()

    def _close_folders(self) -> None:
        with self._lock:
            for folder in self._folders:
                folder.close()

    def _news(self, directory: str, paths: Iterable[str]) -> bool:
        """Whether any of the files says something else than the analysis that runs, or ran last, has seen."""
        package = self._analyst.packages.get(directory)
        return package is None or any(package.seen.get(path) != self.texts.digest(path) for path in paths)

    def _importing(self, directories: set[str]) -> set[str]:
        """The known packages that import, at any depth, one in ``directories``, which have no recipes of their own."""
        found = set()
        for directory, package in self._analyst.packages.items():
            graph = package.recorded.graph if package.recorded is not None else ()
            if any(one.local and one.dir in directories for one in graph):
                found.add(directory)
        return found

    def _forget(self, directory: str) -> list[str]:
        """A package is no more; gives the files that had hints."""
        self._scheduler.cancel(directory)
        self._analyst.packages.pop(directory, None)
        if self._wanted.pop(directory, None) is not None:
            self._quieter.notify_all()
            self._listener.status_changed(self.status())
        return self._board.forget(directory)
