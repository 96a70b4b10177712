"""Code lenses: above each function, what it allocates and which of its parameters leak."""

from __future__ import annotations

from collections import Counter

from lsprotocol import types

from stackward.core.site import Function
from stackward.lsp.app import App
from stackward.lsp.convert import to_range
from stackward.lsp.features.hover import allocations
from stackward.lsp.features.inlay import refresh
from stackward.lsp.uris import path_of
from stackward.report.language import Language


def register(app: App) -> None:
    """Answer ``textDocument/codeLens``."""

    @app.server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    def lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        path = path_of(params.text_document.uri)
        if path is None or not app.settings(path).get("codeLens.enable"):
            return []
        lines = app.lines(path)
        sites = Counter(hint.site.function for hint in app.visible(path))
        return [
            types.CodeLens(
                range=to_range(lines, function.name_range, app.client.encoding),
                command=types.Command(
                    title=title, command="stackward.listHints", arguments=[params.text_document.uri, function.name]
                ),
            )
            for function in app.functions(path)
            if (title := _title(app.language, function, sites[function.name]))
        ]

    if app.client.offers("workspace.codeLens.refreshSupport"):
        app.on_news(lambda _: refresh(app, "workspace/codeLens/refresh"))


def _title(language: Language, function: Function, sites: int) -> str:
    parts = [allocations(language, sites)] if sites else []
    leaking = [parameter.name for parameter in function.leaking if set(parameter.to) & {"heap", "content"}]
    if leaking:
        parts.append(language.say("leaks {names}", names=", ".join(leaking)))
    return " · ".join(parts)
