"""The ``stackward.*`` commands."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from stackward.core.hint import Hint, Severity
from stackward.core.outcome import Cancelled
from stackward.engine.check import check
from stackward.engine.inlinediff import inline_diff
from stackward.engine.modules import modules
from stackward.engine.results import CheckReport
from stackward.engine.scheduler import Priority
from stackward.lsp.app import App
from stackward.lsp.convert import from_position
from stackward.lsp.protocol.dispatch import cancellation
from stackward.lsp.uris import path_of, uri_of
from stackward.report import flow
from stackward.rules import RULES, find
from stackward.toolchain.process import CancelToken


def register(app: App) -> None:
    """Offer the commands."""
    server = app.server

    @server.command("stackward.analyzePackage")
    def analyze_package(uri: str) -> None:
        app.session.analyse(os.path.dirname(_path(uri)), Priority.SAVED, "asked for")

    @server.command("stackward.analyzeWorkspace")
    async def analyze() -> dict[str, Any]:
        return await analyze_workspace(app, app.roots(), cancellation())

    @server.command("stackward.explainRule")
    def explain_rule(rule: str) -> str:
        known = find(rule)
        if known is None:
            raise JsonRpcInvalidParams(f"there is no rule {rule!r}; there are {', '.join(one.name for one in RULES)}")
        return known.page

    @server.command("stackward.graph")
    def graph(uri: str, position: types.Position) -> dict[str, str] | None:
        """How the value at a place gets to the heap, in three forms; null where nothing is shown."""
        path = _path(uri)
        at = from_position(app.lines(path), position, app.client.encoding)
        hint = flow.nearest(app.visible(path), at.line, at.col)
        if hint is None:
            return None
        return {
            "svg": flow.svg(hint, uri_of, app.language),
            "mermaid": flow.mermaid(hint, uri_of, app.language),
            "text": flow.text(hint, language=app.language),
        }

    @server.command("stackward.inlineDiff")
    async def compare_inlining(uri: str) -> dict[str, Any]:
        return await _inline_diff(app, _path(uri), cancellation())

    @server.command("stackward.listHints")
    def list_hints(uri: str, function: str = "") -> list[dict[str, Any]]:
        """The diagnostics of a file, or of one function in it, what matters most first; ``data`` is for lists."""
        path = _path(uri)
        lines = app.lines(path)
        return [
            {**app.presenter.diagnostic(hint, lines, app.level(hint.rule, path)), "data": _summary(app, hint)}
            for hint in sorted(app.visible(path), key=lambda hint: hint.site.heat)
            if function in {"", hint.site.function}
        ]

    @server.command("stackward.stats")
    def stats() -> dict[str, object]:
        return app.session.stats()

    @server.command("stackward.status")
    def status() -> dict[str, str]:
        now = app.status
        return {"state": now.state.value, "message": app.language.problem(now.message)}

    @server.command("stackward.toggleHints")
    def toggle_hints() -> bool:
        app.shown = not app.shown
        app.news(app.session.paths())
        return app.shown


def _summary(app: App, hint: Hint) -> dict[str, Any]:
    """What a client lists and sorts by: the message without what it costs, and that by itself.

    ``bytes`` is null where it varies; ``cold`` says why the path is rarely taken.
    """
    site = hint.site
    message = app.language.of("message", hint.message) if site.shown else app.language.hint(hint)
    return {
        "message": message,
        "function": site.function,
        "bytes": site.bytes,
        "loops": site.loops,
        "cold": site.cold or ("once, at start" if site.once else ""),
    }


async def analyze_workspace(app: App, roots: Sequence[str], cancel: CancelToken) -> dict[str, Any]:
    """Analyse all packages of workspace folders, with a bar that can be cancelled; gives how much was found."""
    progress = app.progress.begin(app.language.say("Analysing the workspace"), cancel)
    server = app.server
    sites = packages = 0
    failures: list[str] = []

    found = await asyncio.to_thread(lambda: [module for root in roots for module in modules(root)])
    places = [place for module in found if (place := app.place(module)) is not None]

    def run() -> object:
        return check(
            app.session,
            places,
            # One compiler, so that a save in between does not have to wait.
            parallel=1,
            progress=lambda text, done, total: server.post(progress.report, text, done, total),
            cancel=cancel,
        )

    outcome = await asyncio.to_thread(run)
    if isinstance(outcome, CheckReport):
        sites = sum(hint.site.shown for hint in outcome.hints)
        packages = len(outcome.packages)
        failures = [str(one.failure) for one in outcome.packages if one.failure is not None]
    elif isinstance(outcome, Cancelled):
        progress.end(app.language.say("cancelled"))
        return {"cancelled": True, "sites": sites, "packages": packages, "failures": failures}
    else:
        failures.append(str(outcome))
    app.news(app.session.paths())
    say = app.language.say
    listed = say("{count} package" if packages == 1 else "{count} packages", count=packages)
    progress.end(
        say("{sites} site in {packages}" if sites == 1 else "{sites} sites in {packages}", sites=sites, packages=listed)
    )
    return {"cancelled": False, "sites": sites, "packages": packages, "failures": failures}


async def _inline_diff(app: App, path: str, cancel: CancelToken) -> dict[str, Any]:
    """What allocates in the package of a file only without inlining, and only with it; or why that is not known."""
    directory = os.path.dirname(path)
    folder = app.session.folder_of(directory)
    if folder is None:
        return {"failure": f"{path} is in no folder of the workspace"}
    progress = app.progress.begin(app.language.say("Comparing with and without inlining"), cancel)
    report = progress.report
    outcome = await asyncio.to_thread(
        inline_diff,
        folder,
        app.session.texts,
        directory,
        ["."],
        lambda text, done, total: app.server.post(report, text, done, total),
        cancel,
    )
    progress.end(app.language.say("done"))
    if not isinstance(outcome, tuple):
        return {"failure": "cancelled" if isinstance(outcome, Cancelled) else str(outcome)}
    failure = next((one.failure for one in outcome if one.failure), "")
    if failure:
        return {"failure": failure}

    def listed(hints: Iterable[Hint]) -> list[dict[str, Any]]:
        return [
            {
                "uri": uri_of(hint.site.path),
                "diagnostic": app.presenter.diagnostic(hint, app.lines(hint.site.path), Severity.INFORMATION),
            }
            for hint in hints
        ]

    return {
        "appear": listed(hint for one in outcome for hint in one.appear),
        "vanish": listed(hint for one in outcome for hint in one.vanish),
    }


def _path(uri: str) -> str:
    path = path_of(uri)
    if path is None:
        raise JsonRpcInvalidParams(f"{uri} is not a file")
    return path
