"""What the features share: the client, its documents, the session, and the way of its news to the client."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stackward.core.decision import Problem
from stackward.core.hint import Hint, Severity
from stackward.core.position import LineIndex, Lines
from stackward.core.site import Function
from stackward.engine.check import Place
from stackward.engine.modules import within
from stackward.engine.results import FileHints, State, Status
from stackward.engine.session import Session
from stackward.engine.settings import Settings
from stackward.engine.setup import open_store, team_folder
from stackward.lsp.capabilities import pulls
from stackward.lsp.client import Folder
from stackward.lsp.preferences import Preferences
from stackward.lsp.present import Json, Presenter
from stackward.lsp.progress import ProgressReporter
from stackward.lsp.protocol import wire
from stackward.lsp.protocol.dispatch import Server
from stackward.lsp.protocol.documents import Document, Documents
from stackward.lsp.uris import uri_of
from stackward.report.language import language_of
from stackward.rules import find

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.1


class App:
    """One client's server. Lives in the event loop; the session's threads reach it by ``Server.post``."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.client = server.client
        self.folders: tuple[Folder, ...] = server.client.folders
        self.language = language_of(self.client.locale)
        self.documents = Documents(self.client.encoding)
        self.preferences = Preferences(self.client.options)
        self.shown = True
        self._started = asyncio.Event()
        self.pulls = pulls(self.client)
        work = self.preferences.of(self.roots()[0]).work
        self.session = Session(_News(self), work=work)
        self.presenter = Presenter(self.client, self.language, self.lines, os.path.join(work, "rules"))
        self.progress = ProgressReporter(server, self.language)
        self._waiting: set[str] = set()
        self._listeners: list[Callable[[Sequence[str]], None]] = []
        self._moved_listeners: list[Callable[[Sequence[str]], None]] = []
        self._idle_listeners: list[Callable[[], None]] = []
        self._folder_listeners: list[Callable[[list[str]], None]] = []
        self._status: Status | None = None
        self._typing: dict[str, asyncio.TimerHandle] = {}
        self._modules: set[str] = set()
        self._moved: set[str] = set()
        self._pause: asyncio.TimerHandle | None = None
        self._problems: set[str] = set()
        self._missing = ""
        server.on_close(self.session.shutdown)

    # Settings and folders

    def start_folders(self) -> None:
        """Take up all workspace folders with the settings as they are now, and say what is wrong with them."""
        for root in self._modules:
            self.session.remove_folder(root)
        self._modules.clear()
        settings = self.preferences.of(self.roots()[0]).settings  # What is for the machine is the same for all.
        self.session.configure(jobs=int(settings.get("analysis.jobs")), store=open_store(settings))
        for root in self.roots():
            self._add_folder(root)
        self._started.set()
        for document in self.documents.all():
            self.opened(document)
        self.news(self.session.paths())

    def _add_folder(self, root: str) -> None:
        loaded = self.preferences.of(root, self._around)
        self.report(loaded.problems)
        self.session.add_folder(root, loaded.config, tests=loaded.settings.analysis_tests)

    def take_up(self, directory: str) -> None:
        """A module below a workspace folder whose team has a file of its own is a folder by itself."""
        root = team_folder(directory)
        if root and root not in self._modules and root not in self.roots() and self._around(root):
            self._modules.add(root)
            self._add_folder(root)

    def place(self, directory: str) -> Place | None:
        """A folder with the settings that its packages are analysed with."""
        self.take_up(directory)
        folder = self.session.folder_of(directory)
        return Place(folder, directory) if folder is not None else None

    def _around(self, directory: str) -> list[str]:
        """The workspace folders that a folder lies in, the innermost first."""
        return sorted((one for one in self.roots() if within(directory, one)), key=len, reverse=True)

    def take_settings(self, everywhere: Any, folders: Mapping[str, Any] | None = None) -> None:
        """New settings of the client: everything is analysed again, from the store where nothing is different."""
        self.preferences.take(everywhere, folders or {})
        self._problems.clear()
        self.start_folders()

    def read_settings_again(self) -> None:
        """A team's file is another one."""
        self.preferences.reload()
        self._problems.clear()
        self.start_folders()

    def settings(self, path: str) -> Settings:
        """The settings that count for a file."""
        folder = self.session.folder_of(os.path.dirname(path))
        root = folder.root if folder is not None else self.roots()[0]
        return self.preferences.of(root, self._around).settings

    def opened(self, document: Document) -> None:
        """Have a document analysed; what is opened before the settings are known waits for them."""
        if self._started.is_set() and document.path is not None and document.path.endswith(".go"):
            self.take_up(os.path.dirname(document.path))
            self.session.open(document.path, document.text)

    async def settled(self, path: str, seconds: float) -> None:
        """Wait until the package of a file has been analysed, ``seconds`` at most."""
        await self._started.wait()
        await asyncio.to_thread(self.session.settled, os.path.dirname(path), seconds)

    def report(self, problems: Sequence[Problem]) -> None:
        """Show each problem once."""
        for problem in problems:
            if problem.what not in self._problems:
                self._problems.add(problem.what)
                self.notify(
                    "window/showMessage",
                    {"type": 2, "message": f"stackward: {self.language.problem(problem.what)}"},
                )

    def set_folders(self, folders: Sequence[Folder]) -> None:
        """The workspace has other folders now."""
        self.folders = tuple(folders)
        self.start_folders()
        for listener in self._folder_listeners:
            listener(self.roots())

    def on_folders(self, listener: Callable[[list[str]], None]) -> None:
        """Have ``listener`` told when the workspace has other folders."""
        self._folder_listeners.append(listener)

    def roots(self) -> list[str]:
        """The workspace folders on this machine's disk; where the server runs if there are none."""
        roots = [folder.path for folder in self.folders if folder.path is not None]
        return roots or [os.getcwd()]

    # News

    def on_news(
        self, listener: Callable[[Sequence[str]], None], *, moved: Callable[[Sequence[str]], None] | None = None
    ) -> None:
        """Have ``listener`` told, in the event loop, of files whose hints are different now.

        Where typing has only moved them, ``moved`` is told instead, if there is one.
        """
        self._listeners.append(listener)
        self._moved_listeners.append(moved or listener)

    def on_idle(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` told when all that was wanted has been analysed."""
        self._idle_listeners.append(listener)

    def news(self, paths: Sequence[str]) -> None:
        """Tell the listeners soon, once for all that happens at the same time."""
        if not self._waiting and paths:
            self.server.loop.call_soon(self._tell)
        self._waiting.update(paths)

    def _tell(self) -> None:
        if not self._waiting:
            return
        opened = {document.path for document in self.documents.all()}
        paths = sorted(self._waiting, key=lambda path: (path not in opened, path))
        self._waiting.clear()
        for listener in self._listeners:
            listener(paths)

    def show_status(self, status: Status) -> None:
        """Send the status notification when it is another one.

        That something is over is news only if nothing else has begun since: what is on show then is not complete.
        """
        if status.state is not State.ANALYSING and self.session.status().state is State.ANALYSING:
            return
        if self._waiting:
            self._tell()  # Who is told that all is done must have seen all.
        if status == self._status:
            return
        self._status = status
        if status.state is not State.ANALYSING:
            self.progress.idle()
        if status.state is State.IDLE:
            for listener in self._idle_listeners:
                listener()
        message = self.language.problem(status.message)
        value: Json = {"state": status.state.value, "message": message}
        if status.at is not None and os.path.isabs(status.at.path):
            at = self.presenter.position(self.lines(status.at.path), status.at.pos)
            value |= {"uri": uri_of(status.at.path), "range": {"start": at, "end": at}}
        self.notify("stackward/status", value)
        if status.state is State.MISSING and status.message != self._missing:
            self.notify("window/showMessage", {"type": 1, "message": f"stackward: {message}"})
        if status.state is not State.ANALYSING:
            self._missing = status.message if status.state is State.MISSING else ""

    @property
    def status(self) -> Status:
        return self.session.status()

    def notify(self, method: str, params: Any) -> None:
        """Send a notification of plain JSON."""
        output = self.server.protocol.output
        if output is not None:
            output.send(wire.encode({"jsonrpc": "2.0", "method": method, "params": params}))

    async def ask(self, method: str, params: Any) -> Any:
        """Send a request of plain JSON; None where the client refuses or leaves."""
        try:
            return await asyncio.wrap_future(self.server.protocol.ask(method, params))
        except Exception as error:  # noqa: BLE001 - whatever the client says is wrong is its business.
            log.info("%s was refused: %s", method, error)
            return None

    # Hints

    def lines(self, path: str) -> LineIndex:
        """The lines of a file as the user sees it."""
        lines = self.session.lines(path)
        if lines is not None:
            return lines
        document = self.documents.at(path)
        if document is not None:
            return document.lines
        try:
            return LineIndex(Path(path).read_bytes())
        except OSError:
            return LineIndex(b"")

    def hints(self, path: str, within: Lines | None = None) -> FileHints:
        """The hints of a file, none while they are toggled off."""
        found = self.session.hints(path, within)
        return found if self.shown else FileHints(path, found.freshness)

    def functions(self, path: str) -> tuple[Function, ...]:
        """The functions of a file, none while hints are toggled off."""
        return self.session.functions(path) if self.shown else ()

    def level(self, rule: str, path: str) -> Severity:
        """The level at which a rule is shown in a file: each folder's team has its own."""
        return _level(self.settings(path), rule)

    def visible(self, path: str, within: Lines | None = None) -> list[Hint]:
        """The hints of a file that are not switched off, and that allocate unless all are wanted.

        Of a long one that is typed in, those on the lines that are in view cost much less than all.
        """
        settings = self.settings(path)
        everything = settings.get("hints.nonAllocating")
        return [
            hint
            for hint in self.hints(path, within).hints
            if (everything or hint.site.shown) and _level(settings, hint.rule) is not Severity.OFF
        ]

    # Typing

    def typed(self, path: str) -> None:
        """A document was edited. Editors move diagnostics along by themselves and ask for inlay hints, so that
        diagnostics are sent again after a pause only; then the text is analysed too, if that is wanted.
        """
        self._moved.add(path)
        if self._pause is not None:
            self._pause.cancel()
        self._pause = self.server.loop.call_later(_PAUSE_SECONDS, self._tell_moved)
        settings = self.settings(path)
        if settings.get("analysis.trigger") != "type":
            return
        if path in self._typing:
            self._typing[path].cancel()
        delay = int(settings.get("analysis.delay")) / 1000
        self._typing[path] = self.server.loop.call_later(delay, self._paused, path)

    def _tell_moved(self) -> None:
        paths = sorted(self._moved)
        self._moved.clear()
        for listener in self._moved_listeners:
            listener(paths)

    def _paused(self, path: str) -> None:
        del self._typing[path]
        self.session.save(path)


class _News:
    """The session's listener: everything goes to the event loop."""

    def __init__(self, app: App) -> None:
        self._app = app

    def hints_changed(self, paths: Sequence[str]) -> None:
        self._app.server.post(self._app.news, paths)

    def status_changed(self, status: Status) -> None:
        self._app.server.post(self._app.show_status, status)

    def progress(self, text: str, done: int, _total: int) -> None:
        self._app.server.post(self._app.progress.building, f"{text} ({done})" if done else text)


def _level(settings: Settings, rule: str) -> Severity:
    known = find(rule)
    return settings.level_of(rule, known.level if known is not None else None)
