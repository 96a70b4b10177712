"""Inlay hints: the hint in a few words, behind the expression."""

from __future__ import annotations

from lsprotocol import types

from stackward.core.hint import Hint
from stackward.core.position import ClientPos
from stackward.lsp.app import App
from stackward.lsp.convert import to_position
from stackward.lsp.present import shown_range
from stackward.lsp.uris import path_of


def register(app: App) -> None:
    """Answer ``textDocument/inlayHint``."""

    @app.server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def inlay(params: types.InlayHintParams) -> list[types.InlayHint]:
        path = path_of(params.text_document.uri)
        if path is None or not app.settings(path).get("inlayHints.enable"):
            return []
        lines = app.lines(path)
        encoding = app.client.encoding
        first = lines.from_client(ClientPos(params.range.start.line, params.range.start.character), encoding)
        last = lines.from_client(ClientPos(params.range.end.line, params.range.end.character), encoding)
        return [
            types.InlayHint(
                position=to_position(lines, end, encoding),
                label=_label(app, hint),
                padding_left=True,
                tooltip=app.language.hint(hint),
            )
            for hint in app.visible(path, (first.line, last.line))
            if first <= (end := shown_range(hint, lines).end) <= last
        ]

    if app.client.offers("workspace.inlayHint.refreshSupport"):
        app.on_news(lambda _: refresh(app, "workspace/inlayHint/refresh"))


def _label(app: App, hint: Hint) -> str:
    size = hint.site.bytes
    label = app.language.of("label", hint.label)
    return f"{label}{app.language.say(', ')}{size:,} B" if size else label


def refresh(app: App, method: str) -> None:
    """Ask the client to ask again."""

    async def ask() -> None:
        await app.ask(method, None)

    app.server.loop.create_task(ask())
