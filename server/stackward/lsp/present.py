"""Hints as LSP values.

Plain JSON where there are many of them, since typed ones cost more than the analysis of a small package.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from stackward.core.hint import Hint, Severity
from stackward.core.position import BytePos, ByteRange, LineIndex
from stackward.core.site import Function
from stackward.lsp.client import Client
from stackward.lsp.uris import uri_of
from stackward.report.language import Language
from stackward.rules import RULES, find, leaking_words
from stackward.syntax.constraints import LeftOut

Json: TypeAlias = dict[str, Any]
_FADED = 1  # DiagnosticTag.Unnecessary
_SEVERITIES = {Severity.ERROR: 1, Severity.WARNING: 2, Severity.INFORMATION: 3, Severity.HINT: 4}


class Presenter:
    """Converts for one client.

    ``lines`` gives the line index of a file's current text; ``pages`` is a folder for rule pages.
    """

    def __init__(self, client: Client, language: Language, lines: Callable[[str], LineIndex], pages: str) -> None:
        self._language = language
        self._encoding = client.encoding
        offered = client.offers("textDocument.publishDiagnostics")
        self._offered = offered if isinstance(offered, dict) else {}
        tags = self._offered.get("tagSupport")
        valued = tags.get("valueSet") if isinstance(tags, dict) else None
        self._fades = isinstance(valued, list) and _FADED in valued
        self._lines = lines
        self._pages = pages
        self._links: dict[str, str] = {}

    def range(self, lines: LineIndex, range_: ByteRange) -> Json:
        """An LSP range."""
        return {"start": self.position(lines, range_.start), "end": self.position(lines, range_.end)}

    def position(self, lines: LineIndex, pos: BytePos) -> Json:
        """An LSP position."""
        at = lines.to_client(pos, self._encoding)
        return {"line": at.line, "character": at.character}

    def diagnostic(self, hint: Hint, lines: LineIndex, severity: Severity) -> Json:
        """A diagnostic whose flow can be clicked."""
        related = []
        for step in hint.steps if self._offered.get("relatedInformation") else ():
            if not os.path.isabs(step.at.path):
                continue
            own = lines if step.at.path == hint.site.path else self._lines(step.at.path)
            at = self.position(own, step.at.pos)
            place = {"uri": uri_of(step.at.path), "range": {"start": at, "end": at}}
            related.append({"location": place, "message": self._language.step(step)})
        diagnostic = {
            "range": self.range(lines, shown_range(hint, lines)),
            "severity": _SEVERITIES[_shown_at(hint, severity)],
            "code": hint.rule,
            "source": "stackward",
            "message": self._language.hint(hint),
            **self._described(hint.rule),
        }
        if related:
            diagnostic["relatedInformation"] = related
        if not hint.site.shown and self._fades:
            diagnostic["tags"] = [_FADED]
        return diagnostic

    def leaking(self, function: Function, lines: LineIndex, severity: Severity) -> list[Json]:
        """Diagnostics for the parameters of a function that leak; only where the user asks for them."""
        return [
            {
                "range": self.range(lines, parameter.range),
                "severity": _SEVERITIES[severity],
                "code": "leaking-parameter",
                "source": "stackward",
                "message": self._language.of("message", leaking_words(parameter).message),
                **self._described("leaking-parameter"),
            }
            for parameter in function.leaking
        ]

    def bad_ignore(self, range_: ByteRange, why: str, lines: LineIndex) -> Json:
        """A diagnostic for an ignore comment that does nothing."""
        return {
            "range": self.range(lines, range_),
            "severity": _SEVERITIES[Severity.WARNING],
            "code": "ignore-comment",
            "source": "stackward",
            "message": self._language.say("this comment ignores nothing: {why}", why=self._language.problem(why)),
        }

    def left_out(self, left_out: LeftOut, lines: LineIndex) -> Json:
        """A diagnostic for a file that is not compiled, at what says so. That is no fault, so it is shown low."""
        why, settings = self._language.problem(left_out.why), self._language.say(", ").join(left_out.settings)
        message = (
            self._language.say("not part of the build: {why}; settings for one: {settings}", why=why, settings=settings)
            if settings
            else self._language.say("not part of the build: {why}", why=why)
        )
        return {
            "range": self.range(lines, left_out.range),
            "severity": _SEVERITIES[Severity.HINT],
            "code": "left-out",
            "source": "stackward",
            "message": message,
        }

    def _described(self, rule: str) -> Json:
        """The link behind a code, for clients that make something of it."""
        return {"codeDescription": {"href": self.page(rule)}} if self._offered.get("codeDescriptionSupport") else {}

    def page(self, rule: str) -> str:
        """The link to a rule's page: a file that this server wrote, so that it works offline and is of this version."""
        link = self._links.get(rule)
        if link is None:
            known = find(rule) or RULES[-1]
            path = Path(self._pages, f"{known.name}.md")
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(known.page + "\n", encoding="utf-8")
            except OSError:
                pass  # The link then leads nowhere; `explainRule` still answers.
            link = self._links[rule] = uri_of(str(path))
        return link


def _shown_at(hint: Hint, severity: Severity) -> Severity:
    """The level of a hint: what allocates nothing, or on a path that is rarely taken, is shown lower."""
    if not hint.site.shown:
        return Severity.HINT
    return Severity.HINT if hint.site.cold and severity is Severity.INFORMATION else severity


def shown_range(hint: Hint, lines: LineIndex) -> ByteRange:
    """The part of a site that is marked: its first line, so that a func literal does not underline its whole body."""
    range_ = hint.site.range
    if range_.start.line == range_.end.line:
        return range_
    line = lines.line_text(range_.start.line).rstrip()
    return ByteRange(
        range_.start, BytePos(range_.start.line, type(range_.start.col)(max(len(line), range_.start.col + 1)))
    )
