"""The text form of ``stackward check``: each hint as a good compiler prints a message, with its source line."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stackward.core.hint import Hint, HintStep
from stackward.core.position import BytePos, LineIndex
from stackward.engine.results import CheckReport
from stackward.report.json import relative

_TAB = 4  # Columns per tab in the source lines that are shown; the underline follows.


_PICTURES = {
    **{code: 0x2400 + code for code in range(0x20)},
    0x7F: 0x2421,
    **dict.fromkeys((*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD),
}


@dataclass(frozen=True, slots=True)
class Paint:
    """Escape sequences of a terminal, or nothing."""

    bold: str = ""
    rule: str = ""
    mark: str = ""
    dim: str = ""
    off: str = ""


PLAIN = Paint()
COLOUR = Paint(bold="\x1b[1m", rule="\x1b[36m", mark="\x1b[33m", dim="\x1b[2m", off="\x1b[0m")


def render(report: CheckReport, cwd: str, read: Callable[[str], bytes | None], paint: Paint = PLAIN) -> Iterator[str]:
    """The report line by line. ``read`` gives the text of a file, for the source lines."""
    lines: dict[str, LineIndex] = {}
    for hint in report.hints:
        path = hint.site.path
        if path not in lines:
            lines[path] = LineIndex(read(path) or b"")
        yield from _hint(hint, lines[path], cwd, paint)
        yield ""
    yield _summary(report)


def _hint(hint: Hint, index: LineIndex, cwd: str, paint: Paint) -> Iterator[str]:
    site = hint.site
    start, end = site.range.start, site.range.end
    line, column = start.display
    where = f"{relative(site.path, cwd)}:{line}:{column}"
    yield f"{paint.bold}{_visible(where)}:{paint.off} {_visible(hint.text)} {paint.rule}[{hint.rule}]{paint.off}"
    source = index.line_text(start.line)
    if source:
        number = f"{line:>5}"
        stop = end.col if end.line == start.line else len(source)
        lead, marked = _columns(source[: start.col]), _columns(source[start.col : stop])
        yield f"{paint.dim}{number} |{paint.off} {_shown(source)}"
        yield f"{paint.dim}{' ' * len(number)} |{paint.off} {' ' * lead}{paint.mark}{'^' * max(marked, 1)}{paint.off}"
    for step in hint.steps:
        yield f"{paint.dim}      {_visible(_step(step, cwd))}{paint.off}"
    if site.inlined_at:
        calls = ", ".join(_at(at.path, at.pos, cwd) for at in site.inlined_at[:3])
        more = f" and {len(site.inlined_at) - 3} more" if len(site.inlined_at) > 3 else ""
        yield f"{paint.dim}      also inlined at {calls}{more}{paint.off}"
    if site.not_inlined:
        yield f"{paint.dim}      {site.function} is not inlined: {site.not_inlined}{paint.off}"
    if hint.advice:
        yield f"      try: {_visible(hint.advice)}"


def _step(step: HintStep, cwd: str) -> str:
    return f"{_at(step.at.path, step.at.pos, cwd)}: {step.text}"


def _at(path: str, pos: BytePos, cwd: str) -> str:
    line, column = pos.display
    return f"{relative(path, cwd)}:{line}:{column}"


def _summary(report: CheckReport) -> str:
    failed = sum(package.failure is not None for package in report.packages)
    rules = Counter(hint.rule for hint in report.hints)
    by_rule = ", ".join(f"{rule} {count}" for rule, count in rules.most_common())
    text = f"{_count(len(report.hints), 'site')} in {_count(len(report.packages), 'package')} ({report.toolchain})"
    if by_rule:
        text += f": {by_rule}"
    if failed:
        text += f"; {_count(failed, 'package')} could not be analysed"
    return text


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _shown(source: bytes) -> str:
    return _visible(source.decode("utf-8", "replace").replace("\t", " " * _TAB))


def _visible(text: str) -> str:
    """Control characters as pictures of one column: a source neither commands the terminal nor turns lines around."""
    return text.translate(_PICTURES)


def _columns(source: bytes) -> int:
    """How many terminal columns a piece of a source line takes: wide characters take two, combining ones none."""
    width = 0
    for char in source.decode("utf-8", "replace"):
        if char == "\t":
            width += _TAB
        elif not unicodedata.combining(char):
            width += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return width
