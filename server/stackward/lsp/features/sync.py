"""Documents: opened, edited, saved, closed."""

from __future__ import annotations

from lsprotocol import types

from stackward.core.decision import Problem
from stackward.lsp.app import App
from stackward.lsp.uris import path_of


def register(app: App) -> None:
    """Handle ``textDocument/did*``."""
    server = app.server

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        app.opened(app.documents.open(params.text_document))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        changed = app.documents.change(params)
        if isinstance(changed, Problem) or changed.document.path is None:
            return
        app.session.edit(changed.document.path, changed.edits)
        app.typed(changed.document.path)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        path = path_of(params.text_document.uri)
        if path is not None and path.endswith(".go"):
            app.session.save(path)
        elif path is not None:
            app.session.changed([path])

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        document = app.documents.close(params.text_document.uri)
        if document is not None and document.path is not None:
            app.session.close(document.path)
