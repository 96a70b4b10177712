"""The server as a typed client sees it: every answer is of the type that the specification gives it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

from gomodule import write_module

TEXT = "package p\n\nfunc New() *int {\n\tn := 1\n\treturn &n\n}\n"


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[sys.executable, "-m", "stackward", "serve"]))
async def client(lsp_client: LanguageClient, tmp_path: Path) -> AsyncIterator[None]:
    root = write_module(tmp_path / "m", {"p.go": TEXT})
    params = types.InitializeParams(capabilities=types.ClientCapabilities(), root_uri=root.as_uri())
    await lsp_client.initialize_session(params)
    yield
    await lsp_client.shutdown_session()


async def test_open_to_hover(client: LanguageClient, tmp_path: Path) -> None:
    uri = (tmp_path / "m" / "p.go").as_uri()
    item = types.TextDocumentItem(uri=uri, language_id="go", version=1, text=TEXT)
    client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))
    while not client.diagnostics.get(uri):
        await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    (found,) = client.diagnostics[uri]
    assert (found.code, found.source) == ("address-returned", "stackward")
    assert found.range == types.Range(types.Position(3, 1), types.Position(3, 2))
    at = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(3, 1))
    hover = await client.text_document_hover_async(at)
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    assert "its address is returned" in hover.contents.value
