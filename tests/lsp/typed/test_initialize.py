"""What the server says of itself, to clients that can do little and to those that can do much."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities
from typedclient import TypedClient

import stackward

COMMANDS = [
    "analyzePackage",
    "analyzeWorkspace",
    "explainRule",
    "fixAll",
    "graph",
    "inlineDiff",
    "listHints",
    "proveRewrite",
    "rewrite",
    "stats",
    "status",
    "toggleHints",
]
MANY = types.ClientCapabilities(
    general=types.GeneralClientCapabilities(
        position_encodings=[types.PositionEncodingKind.Utf32, types.PositionEncodingKind.Utf8]
    ),
    text_document=types.TextDocumentClientCapabilities(diagnostic=types.DiagnosticClientCapabilities()),
    workspace=types.WorkspaceClientCapabilities(
        diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True),
        did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
    ),
)


@pytest.mark.parametrize(
    "capabilities",
    [types.ClientCapabilities(), MANY, *map(client_capabilities, ("emacs", "neovim", "visual-studio-code"))],
    ids=["none", "many", "emacs", "neovim", "visual-studio-code"],
)
async def test_what_every_client_is_told(
    client: TypedClient, root: Path, capabilities: types.ClientCapabilities
) -> None:
    result = await client.start(root, capabilities=capabilities)
    assert result.server_info == types.ServerInfo("stackward", stackward.__version__)
    told = result.capabilities
    sync = told.text_document_sync
    assert isinstance(sync, types.TextDocumentSyncOptions)
    assert (sync.open_close, sync.change) == (True, types.TextDocumentSyncKind.Incremental)
    assert sync.save == types.SaveOptions(include_text=False)
    assert told.hover_provider is True
    assert told.inlay_hint_provider == types.InlayHintOptions(resolve_provider=False)
    assert told.code_lens_provider == types.CodeLensOptions(resolve_provider=False)
    assert told.execute_command_provider is not None
    assert list(told.execute_command_provider.commands) == [f"stackward.{name}" for name in COMMANDS]
    assert told.workspace is not None
    assert told.workspace.workspace_folders == types.WorkspaceFoldersServerCapabilities(
        supported=True, change_notifications=True
    )


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [
        (None, "utf-16"),
        ([], "utf-16"),
        (["utf-8"], "utf-8"),
        (["utf-32", "utf-8"], "utf-32"),
        (["x", "utf-8"], "utf-8"),
    ],
)
async def test_the_encoding_is_the_first_one_that_is_known(
    client: TypedClient, root: Path, offered: list[str] | None, agreed: str
) -> None:
    general = types.GeneralClientCapabilities(position_encodings=offered)
    result = await client.start(root, capabilities=types.ClientCapabilities(general=general))
    assert result.capabilities.position_encoding == agreed


async def test_diagnostics_are_pulled_only_by_who_can_be_told_of_news(client: TypedClient, root: Path) -> None:
    result = await client.start(root, capabilities=MANY)
    assert result.capabilities.diagnostic_provider == types.DiagnosticOptions(
        inter_file_dependencies=True, workspace_diagnostics=True, identifier="stackward"
    )


async def test_who_could_not_be_told_of_news_is_sent_them(client: TypedClient, root: Path) -> None:
    diagnostic = types.TextDocumentClientCapabilities(diagnostic=types.DiagnosticClientCapabilities())
    result = await client.start(root, capabilities=types.ClientCapabilities(text_document=diagnostic))
    assert result.capabilities.diagnostic_provider is None
    uri = await client.open("p.go")
    assert client.codes(uri) == ["address-returned", "string-conversion"]


async def test_nothing_is_registered_with_a_client_that_cannot_register(client: TypedClient, root: Path) -> None:
    await client.start(root)
    await client.open("p.go")
    assert (client.registered, client.asked_settings, client.refreshed) == ([], [], [])
    assert client.progress_reports == {}


@pytest.mark.parametrize("field", ["root_uri", "root_path"])
async def test_clients_from_before_workspace_folders(client: TypedClient, root: Path, field: str) -> None:
    place = root.as_uri() if field == "root_uri" else str(root)
    client.files = root
    params = types.InitializeParams(capabilities=types.ClientCapabilities(), **{field: place})
    await client.initialize_session(params)
    uri = await client.open("p.go")
    assert client.codes(uri) == ["address-returned", "string-conversion"]
