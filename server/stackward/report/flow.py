"""The way of a value to the heap as a picture: SVG, Mermaid, or plain text. Every step names its place."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from stackward.core.hint import Hint
from stackward.core.position import Location
from stackward.core.site import Allocates, shorten
from stackward.report.language import Language

_WIDTH, _BOX, _GAP, _MARGIN = 640, 52, 44, 16
ENGLISH = Language()
_MOST_CHARACTERS = 72  # Of 13 px monospace, in a box.
_STYLE = """
.stackward{--ink:#1f2328;--faint:#59636e;--box:#f6f8fa;--line:#8c959f;--value:#ddf4ff;--heap:#ffebe9;--edge:#cf222e}
@media (prefers-color-scheme:dark){
.stackward{--ink:#e6edf3;--faint:#9198a1;--box:#161b22;--line:#656c76;--value:#0c2d4a;--heap:#4a1517;--edge:#ff7b72}}
.stackward rect{fill:var(--box);stroke:var(--line)}
.stackward .value rect{fill:var(--value)}
.stackward .heap rect{fill:var(--heap);stroke:var(--edge)}
.stackward text{fill:var(--ink);font:13px ui-monospace,Menlo,Consolas,monospace}
.stackward .place,.stackward .reason{fill:var(--faint);font:12px system-ui,sans-serif}
.stackward path{stroke:var(--line);fill:none;stroke-width:1.5}
.stackward a:focus rect,.stackward a:hover rect{stroke-width:2.5}
""".replace("\n", "")

_ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L8 4L0 8"/></marker></defs>'
)


@dataclass(frozen=True, slots=True)
class Step:
    """A box of the picture. ``reason`` is how the value came here, ``kind`` is ``value``, ``step`` or ``heap``."""

    kind: str
    text: str
    reason: str
    at: Location | None


def steps(hint: Hint, language: Language = ENGLISH) -> list[Step]:
    """The value, each assignment, call and parameter on its way, and where it ends."""
    site = hint.site
    size = language.of("cost", f"{site.bytes:,} bytes" if site.bytes is not None else site.size)
    about = ", ".join(filter(None, (site.type or "", size)))
    found = [Step("value", f"{site.name} ({about})" if about else site.name, "", Location(site.path, site.range.start))]
    for one in hint.steps:
        reason, _, expr = language.step(one).partition(": ")
        found.append(Step("step", expr or reason, reason if expr else "", one.at))
    if site.allocates is Allocates.NEVER:
        end = language.say("nothing is allocated: {why}", why=language.of("phrase", site.when))
    else:
        end = language.say("heap, by {function}" if site.runtime else "heap", function=site.runtime)
    found.append(Step("heap", end, _end(language, hint.label), None))
    return found


def svg(hint: Hint, uri: Callable[[str], str], language: Language = ENGLISH) -> str:
    """An SVG document; boxes are links with ``data-uri``, ``data-line`` and ``data-column`` (from 0, UTF-8 bytes)."""
    boxes, message = steps(hint, language), language.of("message", hint.message)
    height = 2 * _MARGIN + len(boxes) * _BOX + (len(boxes) - 1) * _GAP
    described = "; ".join(_line(one) for one in boxes)
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    label = f'aria-label="{escape(message)}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="stackward" role="img" {size} {label}>',
        f"<title>{escape(message)}</title><desc>{escape(described)}</desc><style>{_STYLE}</style>{_ARROW}",
    ]
    for number, one in enumerate(boxes):
        top = _MARGIN + number * (_BOX + _GAP)
        if number:
            parts.append(f'<path d="M{_WIDTH // 2} {top - _GAP}V{top - 2}" marker-end="url(#arrow)"/>')
            parts.append(
                f'<text class="reason" x="{_WIDTH // 2 + 12}" y="{top - _GAP // 2 + 4}">{escape(one.reason)}</text>'
            )
        parts.append(_box(one, top, uri))
    return "".join([*parts, "</svg>"])


def mermaid(hint: Hint, uri: Callable[[str], str], language: Language = ENGLISH) -> str:
    """A Mermaid flow chart."""
    boxes = steps(hint, language)
    lines = ["flowchart TD"]
    for number, one in enumerate(boxes):
        shape = '{{"%s"}}' if one.kind == "heap" else '["%s"]'
        lines.append(f"    n{number}{shape % _mermaid_text(_line(one))}")
        if number:
            label = f'|"{_mermaid_text(one.reason)}"|' if one.reason else ""
            lines.append(f"    n{number - 1} -->{label} n{number}")
        if one.at is not None and os.path.isabs(one.at.path):
            lines.append(f'    click n{number} "{uri(one.at.path)}#L{one.at.pos.line + 1}"')
    return "\n".join(lines) + "\n"


def text(hint: Hint, base: str = "", language: Language = ENGLISH) -> str:
    """One line for each step, each with its place first, as compilers print it."""
    lines = [language.hint(hint)]
    for one in steps(hint, language):
        place = f"{_place(one.at, base)}: " if one.at is not None else ""
        lines.append(f"{place}{f'{one.reason}: ' if one.reason else ''}{one.text}")
    return "\n".join(lines) + "\n"


def nearest(hints: Sequence[Hint], line: int, column: int) -> Hint | None:
    """The hint that a place in the text means: the smallest around it, else the first on the line."""
    on_line = [hint for hint in hints if hint.site.range.start.line <= line <= hint.site.range.end.line]
    around = [
        hint
        for hint in on_line
        if (hint.site.range.start.line, hint.site.range.start.col) <= (line, column)
        and (line, column) <= (hint.site.range.end.line, hint.site.range.end.col)
    ]
    if around:
        return min(
            around, key=lambda hint: (hint.site.range.end.line - hint.site.range.start.line, -hint.site.range.start.col)
        )
    return next((hint for hint in on_line if hint.site.range.start.line == line), None)


def _end(language: Language, label: str) -> str:
    """A label without what the last box says."""
    if label == "on heap":
        return ""
    return language.of("label", label).removeprefix(language.say("on heap: "))


def _box(one: Step, top: int, uri: Callable[[str], str]) -> str:
    rect = f'<rect x="{_MARGIN}" y="{top}" width="{_WIDTH - 2 * _MARGIN}" height="{_BOX}" rx="6"/>'
    middle = top + (21 if one.at is not None else 31)
    words = f'<text x="{_MARGIN + 12}" y="{middle}">{escape(shorten(one.text, _MOST_CHARACTERS))}</text>'
    if one.at is None or not os.path.isabs(one.at.path):
        return f'<g class="{one.kind}">{rect}{words}</g>'
    line, column = one.at.pos.display
    place = f"{os.path.basename(one.at.path)}:{line}:{column}"
    words += f'<text class="place" x="{_MARGIN + 12}" y="{top + 41}">{escape(place)}</text>'
    own = uri(one.at.path)
    link = f'href="{escape(own)}#L{line},{column}" data-uri="{escape(own)}"'
    place = f'data-line="{line - 1}" data-column="{column - 1}" aria-label="{escape(_line(one))}"'
    return f'<a class="{one.kind}" {link} {place}>{rect}{words}</a>'


def _line(one: Step) -> str:
    place = f"{os.path.basename(one.at.path)}:{one.at.pos.line + 1}" if one.at is not None else ""
    return ", ".join(filter(None, (one.text, place)))


def _place(at: Location, base: str) -> str:
    path = os.path.relpath(at.path, base) if base and os.path.isabs(at.path) else at.path
    line, column = at.pos.display
    return f"{path}:{line}:{column}"


def _mermaid_text(words: str) -> str:
    return words.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
