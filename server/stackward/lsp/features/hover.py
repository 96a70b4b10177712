"""Hover: what is on the heap, why, the flow, and what to try."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lsprotocol import types

from stackward.core.hint import Hint
from stackward.core.position import BytePos, ClientPos
from stackward.core.site import Function, Site
from stackward.lsp.app import App
from stackward.lsp.convert import to_range
from stackward.lsp.present import shown_range
from stackward.lsp.uris import path_of, uri_of
from stackward.report.language import Language
from stackward.rules import leaking_words


def register(app: App) -> None:
    """Answer ``textDocument/hover``."""

    @app.server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        path = path_of(params.text_document.uri)
        if path is None or not app.settings(path).get("hover.enable"):
            return None
        lines = app.lines(path)
        pos = lines.from_client(ClientPos(params.position.line, params.position.character), app.client.encoding)
        here = [hint for hint in app.visible(path) if _covers(shown_range(hint, lines), pos)]
        if here:
            # Of several around the pointer the smallest is meant.
            here.sort(key=_width)
            text = "\n\n---\n\n".join(_hint(app, hint) for hint in here[:3])
            return types.Hover(_content(app, text), to_range(lines, shown_range(here[0], lines), app.client.encoding))
        for function in app.functions(path):
            if _covers(function.name_range, pos):
                text = _function(app, function, path)
                return (
                    types.Hover(_content(app, text), to_range(lines, function.name_range, app.client.encoding))
                    if text
                    else None
                )
        return None


def _covers(range_: object, pos: BytePos) -> bool:
    return range_.start <= pos <= range_.end  # type: ignore[attr-defined, no-any-return]


def _width(hint: Hint) -> tuple[int, int]:
    range_ = hint.site.range
    return range_.end.line - range_.start.line, range_.end.col - range_.start.col


def _content(app: App, text: str) -> types.MarkupContent:
    """The text in the form that the client likes best, plain if it names none: without its marks it reads well too."""
    formats = app.client.offers("textDocument.hover.contentFormat")
    known = [one for one in formats if one in {"markdown", "plaintext"}] if isinstance(formats, list) else []
    if known[:1] != ["markdown"]:
        # A rule's name would read as the end of the sentence before it.
        named = re.sub(r"\*\* \[([^\]]*)\]\([^)]*\)", r" (\1)", text)
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", named).replace("**", "")
        return types.MarkupContent(types.MarkupKind.PlainText, re.sub(r"\\(.)", r"\1", plain))
    return types.MarkupContent(types.MarkupKind.Markdown, text)


def _hint(app: App, hint: Hint) -> str:
    say = app.language.say
    parts = [f"**{_plain(app.language.of('message', hint.message))}** [{hint.rule}]({app.presenter.page(hint.rule)})"]
    if hint.steps:
        parts.append(
            "\n".join(
                f"{number}. {_place(step.at.path, step.at.pos)} {_plain(app.language.step(step))}"
                for number, step in enumerate(hint.steps, 1)
            )
        )
    site = hint.site
    if (facts := _facts(app.language, site)) != "":
        parts.insert(1, facts)
    if site.flow_truncated:
        parts.append(say("The compiler's explanation goes on; the rest of it is left out."))
    if site.instances:
        template = "In {instances}, not in {spared}" if site.spared else "In {instances}"
        parts.append(say(template, instances=_names(site.instances), spared=_names(site.spared)))
    if site.inlined_at:
        places = ", ".join(_place(at.path, at.pos) for at in site.inlined_at[:5])
        more = len(site.inlined_at) - 5
        template = "Also inlined at {places} and {count} more" if more > 0 else "Also inlined at {places}"
        parts.append(say(template, places=places, count=more))
    if site.not_inlined:
        unless = "{function} is not inlined: {why}. If it were, its callers could keep this on their stacks."
        parts.append(_plain(say(unless, function=site.function, why=site.not_inlined)))
    if hint.advice:
        parts.append(say("**Try:** {advice}", advice=_plain(app.language.of("advice", hint.advice))))
    return "\n\n".join(parts)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _facts(language: Language, site: Site) -> str:
    """What the object code says: the type, the size, how often, by which runtime function."""
    kind = f"`{site.type}`" if site.type else ""
    rounded = ""
    if site.bytes is not None and site.size_class is not None and site.size_class > site.bytes:
        rounded = language.say("takes up {bytes} bytes", bytes=f"{site.size_class:,}")
    called = f"`{site.runtime}`" if site.runtime else ""
    return " · ".join(filter(None, (_plain(language.cost(site)), kind, rounded, called)))


def _function(app: App, function: Function, path: str) -> str:
    sites = [hint for hint in app.visible(path) if hint.site.function == function.name]
    language = app.language
    parts = [f"**{_plain(function.name)}**: {allocations(language, len(sites))}"]
    parts += [f"- {_plain(language.of('message', leaking_words(one).message))}" for one in function.leaking]
    if function.not_inlined:
        parts.append(language.say("Not inlined: {why}", why=_plain(function.not_inlined)))
    elif function.inline_cost is not None:
        parts.append(language.say("Can be inlined (cost {cost})", cost=function.inline_cost))
    return "\n\n".join(parts)


def _place(path: str, pos: BytePos) -> str:
    line, column = pos.display
    name = path.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]
    return f"[{name}:{line}:{column}]({uri_of(path)}#L{line},{column})"


def _plain(text: str) -> str:
    """Text that Markdown leaves alone."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|" else char for char in text)


def allocations(language: Language, count: int) -> str:
    """How many there are, in words."""
    return language.say("{count} heap allocation" if count == 1 else "{count} heap allocations", count=count)
