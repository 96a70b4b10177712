"""Diagnostics: pushed, or pulled by clients that ask for them; never both."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence

from lsprotocol import types

from stackward.core.hint import Severity
from stackward.core.position import Lines
from stackward.lsp.app import App
from stackward.lsp.present import Json
from stackward.lsp.protocol import wire
from stackward.lsp.uris import path_of, uri_of

_STEP_LINES = 200  # Of a long file, so many are looked at between two looks whether a key was pressed.


def register(app: App) -> None:
    """Push, or answer ``textDocument/diagnostic`` and ``workspace/diagnostic``."""
    if app.pulls:
        _register_pull(app)
    else:
        pushed = _Pushed(app)
        app.on_news(pushed.push, moved=pushed.follow)


def diagnostics(app: App, path: str) -> list[Json]:
    """The diagnostics of a file."""
    return [*itertools.chain.from_iterable(_parts(app, path, [None]))]


def _parts(app: App, path: str, steps: Sequence[Lines | None]) -> Iterator[list[Json]]:
    """The diagnostics of a file in parts that are made one by one: of its hints those on some lines, or all (None)."""
    if not app.settings(path).get("diagnostics.enable"):
        return
    lines = app.lines(path)
    for step in steps:
        yield [app.presenter.diagnostic(hint, lines, app.level(hint.rule, path)) for hint in app.visible(path, step)]
    level = app.level("leaking-parameter", path)
    if level is not Severity.OFF:
        for function in app.functions(path):
            yield app.presenter.leaking(function, lines, level)
    yield [app.presenter.bad_ignore(bad.range, bad.why, lines) for bad in app.session.bad_ignores(path)]
    if (left_out := app.session.left_out(path)) is not None:
        yield [app.presenter.left_out(left_out, lines)]


class _Pushed:
    """What was pushed for each file, so that nothing is said twice of one text.

    After an edit it is said again: an editor moves along what it shows as it sees fit, and may have lost some.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._versioned = bool(app.client.offers("textDocument.publishDiagnostics.versionSupport"))
        self._said: dict[str, tuple[int | None, bytes]] = {}
        self._following: dict[str, asyncio.Task[None]] = {}

    def push(self, paths: Sequence[str]) -> None:
        for path in paths:
            self._end(path)
            self._send(path, diagnostics(self._app, path))

    def follow(self, paths: Sequence[str]) -> None:
        """Push what an edit has moved, in steps between which keys are answered; the next edit or news ends it."""
        for path in paths:
            self._end(path)
            self._following[path] = self._app.server.loop.create_task(self._follow(path))

    def _end(self, path: str) -> None:
        if (task := self._following.pop(path, None)) is not None:
            task.cancel()

    def _version(self, path: str) -> int | None:
        document = self._app.documents.at(path)
        return document.version if document is not None else None

    async def _follow(self, path: str) -> None:
        version = self._version(path)
        count = self._app.lines(path).line_count
        steps = [(first, first + _STEP_LINES - 1) for first in range(0, count, _STEP_LINES)]
        found: list[Json] = []
        for part in _parts(self._app, path, steps):
            found += part
            await asyncio.sleep(0)
            if self._version(path) != version:
                return  # The pause after that edit is waited for already.
        self._following.pop(path, None)
        self._send(path, found)

    def _send(self, path: str, found: list[Json]) -> None:
        document = self._app.documents.at(path)
        params: Json = {"uri": document.uri if document is not None else uri_of(path)}
        version = self._version(path)
        if version is not None and self._versioned:
            params["version"] = version
        params["diagnostics"] = found
        frame = wire.encode({"jsonrpc": "2.0", "method": "textDocument/publishDiagnostics", "params": params})
        said = (version, hashlib.blake2b(frame, digest_size=8).digest())
        silent = not found and path not in self._said
        output = self._app.server.protocol.output
        if output is None or silent or self._said.get(path) == said:
            return
        self._said[path] = said
        if not found:
            del self._said[path]
        output.send(frame)


class Reports:
    """What was reported of each file. Clients ask for all of them every other second, so that what is not open, and has
    no news since, is not looked at again.
    """

    def __init__(self, diagnostics_of: Callable[[str], list[Json]], is_open: Callable[[str], bool]) -> None:
        self._diagnostics_of = diagnostics_of
        self._is_open = is_open
        self._known: dict[str, str] = {}

    def forget(self, paths: Sequence[str]) -> None:
        """There is news of these files."""
        for path in paths:
            self._known.pop(path, None)

    def of(self, path: str, previous: str | None) -> Json:
        """The report of a file, for a client that has the one whose identifier is ``previous``."""
        if self._is_open(path):  # Its diagnostics move while it is edited, which is no news yet.
            self._known.pop(path, None)
        if previous is None or self._known.get(path) != previous:
            items = self._diagnostics_of(path)
            result_id = hashlib.blake2b(repr(items).encode(), digest_size=8).hexdigest()
            if not self._is_open(path):
                self._known[path] = result_id
            if result_id != previous:
                return {"kind": "full", "resultId": result_id, "items": items}
        return {"kind": "unchanged", "resultId": previous}


def _register_pull(app: App) -> None:
    server = app.server
    reports = Reports(lambda path: diagnostics(app, path), lambda path: app.documents.at(path) is not None)
    app.on_news(reports.forget)

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC)
    def pull(params: types.DocumentDiagnosticParams) -> Json:
        path = path_of(params.text_document.uri)
        if path is None:
            return {"kind": "full", "items": []}
        return reports.of(path, params.previous_result_id)

    @server.feature(types.WORKSPACE_DIAGNOSTIC)
    def pull_all(params: types.WorkspaceDiagnosticParams) -> Json:
        known = {path: one for one in params.previous_result_ids if (path := path_of(one.uri)) is not None}
        # Files that had diagnostics and have none now must be told so.
        paths = sorted({*app.session.paths(), *known})
        items = []
        for path in paths:
            document, previous = app.documents.at(path), known.get(path)
            version = document.version if document is not None else None
            # In the client's own spelling, or it would take them for those of another file.
            uri = document.uri if document is not None else previous.uri if previous is not None else uri_of(path)
            items.append({"uri": uri, "version": version, **reports.of(path, previous.value if previous else None)})
        return {"items": items}

    refreshing = False

    def refresh(_: Sequence[str]) -> None:
        nonlocal refreshing
        if refreshing:
            return
        refreshing = True

        async def ask() -> None:
            nonlocal refreshing
            refreshing = False
            await app.ask("workspace/diagnostic/refresh", None)

        server.loop.create_task(ask())

    app.on_news(refresh)
