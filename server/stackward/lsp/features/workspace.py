"""Folders, settings and files that change outside of the editor."""

from __future__ import annotations

import logging

from lsprotocol import types

from stackward.engine.settings import TEAM_FILE
from stackward.lsp.app import App
from stackward.lsp.client import Folder
from stackward.lsp.features.commands import analyze_workspace
from stackward.lsp.uris import path_of
from stackward.toolchain.process import CancelToken

log = logging.getLogger(__name__)

_WATCHED = (
    "**/*.{go,s,h,c}",
    "**/{go.mod,go.sum,go.work,go.work.sum}",
    "**/vendor/modules.txt",
    "**/default.pgo",
    f"**/{TEAM_FILE}",
)


def register(app: App) -> None:
    """Start the folders once the client is ready, and follow what changes."""
    server = app.server

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        if app.client.offers("workspace.configuration"):
            await _fetch_settings(app)
        else:
            app.start_folders()
        await _watch(app)
        whole = [root for root in app.roots() if app.preferences.of(root).settings.get("analysis.workspace")]
        if whole:
            await analyze_workspace(app, whole, CancelToken())

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        if app.client.offers("workspace.configuration"):
            await _fetch_settings(app)
        else:
            app.take_settings(params.settings)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        changed(app, [path for one in params.changes if (path := path_of(one.uri)) is not None])

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def did_change_workspace_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        for gone in params.event.removed:
            if (path := path_of(gone.uri)) is not None:
                app.session.remove_folder(path)
        removed = {folder.uri for folder in params.event.removed}
        added = tuple(Folder(folder.uri, folder.name, path_of(folder.uri)) for folder in params.event.added)
        app.set_folders((*(one for one in app.folders if one.uri not in removed), *added))

    @server.feature(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def cancel_progress(params: types.WorkDoneProgressCancelParams) -> None:
        app.progress.cancel(params.token)


def changed(app: App, paths: list[str]) -> None:
    """Files changed on disk. What the editor has open and saves itself is among them, and costs nothing twice."""
    if any(path.endswith(TEAM_FILE) for path in paths):
        app.read_settings_again()
    app.session.changed(path for path in paths if not path.endswith(TEAM_FILE))


async def _fetch_settings(app: App) -> None:
    """Ask for the settings of each workspace folder, and for those of files outside of all."""
    folders = [folder for folder in app.folders if folder.path is not None]
    items = [{"section": "stackward"}, *({"section": "stackward", "scopeUri": folder.uri} for folder in folders)]
    answer = await app.ask("workspace/configuration", {"items": items})
    if not isinstance(answer, list) or len(answer) != len(items) or not isinstance(answer[0], dict):
        app.start_folders()  # The client has none: what it said at first counts.
        return
    own = {folder.path: raw for folder, raw in zip(folders, answer[1:], strict=True) if folder.path is not None}
    app.take_settings(answer[0], {path: raw for path, raw in own.items() if isinstance(raw, dict)})


async def _watch(app: App) -> None:
    """The client's own watcher where it has one, else watchdog."""
    if app.client.offers("workspace.didChangeWatchedFiles.dynamicRegistration"):
        watchers = [{"globPattern": pattern} for pattern in _WATCHED]
        registration = {
            "id": "stackward-watch",
            "method": types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
            "registerOptions": {"watchers": watchers},
        }
        await app.ask("client/registerCapability", {"registrations": [registration]})
        return
    # watchdog is imported only where it is needed.
    from stackward.lsp.watch import Watcher  # noqa: PLC0415

    roots = [folder.path for folder in app.folders if folder.path is not None]
    watcher = Watcher(
        roots,
        lambda paths: app.server.post(changed, app, sorted(paths)),
        on_problem=lambda problem: app.server.post(app.report, [problem]),
    )
    app.on_folders(watcher.set_roots)
    watcher.start()
    app.server.on_close(watcher.stop)
