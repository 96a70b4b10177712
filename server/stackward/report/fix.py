"""What ``stackward fix`` prints: a unified diff, and a summary of what was proved and what was refused."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import Match, SequenceMatcher, unified_diff

from stackward.core.position import LineIndex
from stackward.engine.fix import Applied
from stackward.engine.fixall import FixReport
from stackward.engine.rewriting import Rejected
from stackward.engine.tally import Tally, total
from stackward.rewrites import Applicability

_MOST_REASONS = 5


def diff(before: Mapping[str, bytes], after: Mapping[str, bytes], cwd: str) -> Iterator[bytes]:
    """A unified diff of all files, as ``git apply`` takes it; paths are relative to ``cwd``."""
    for path in sorted(after):
        name = os.path.relpath(path, cwd).replace(os.sep, "/")
        old, new = _lines(before[path]), _lines(after[path])
        for line in unified_diff(old, new, f"a/{name}", f"b/{name}"):
            text = line.encode("utf-8", "surrogateescape")
            yield text if text.endswith(b"\n") else text + b"\n\\ No newline at end of file\n"


def _lines(text: bytes) -> list[str]:
    lines = text.decode("utf-8", "surrogateescape").split("\n")
    return [*(line + "\n" for line in lines[:-1]), *lines[-1:]] if lines[-1] else [line + "\n" for line in lines[:-1]]


def summary(report: FixReport) -> Iterator[str]:
    """One line for each rewrite that was made, the sum, and why others were not."""
    by_name: dict[str, list[Applied]] = {}
    for one in report.applied:
        by_name.setdefault(one.rewrite, []).append(one)
    for name, made in sorted(by_name.items()):
        yield f"{name}: {_count(len(made), 'rewrite')}, {_saved(made)}"
    if report.applied:
        files = _count(len(report.after), "file")
        yield f"all: {_count(len(report.applied), 'rewrite')} in {files}, {_saved(report.applied)}"
    else:
        yield "nothing to rewrite"
    refused = Counter((one.rewrite.name, _kind(one.reason)) for one in report.rejected)
    if refused:
        yield f"refused: {_count(sum(refused.values()), 'place')} (--explain-refusals lists them)"
        for (name, reason), count in refused.most_common(_MOST_REASONS):
            yield f"  {count} × {name}: {reason}"
        if len(refused) > _MOST_REASONS:
            yield f"  and {_count(len(refused) - _MOST_REASONS, 'other reason')}"


def refusals(rejected: Iterable[Rejected], texts: Mapping[str, bytes], cwd: str) -> Iterator[str]:
    """``FILE:LINE:COLUMN: REWRITE: REASON``, in the order of the source. ``texts`` are those that the user sees."""
    known: dict[tuple[str, bytes], _Lines] = {}
    placed = []
    for one in rejected:
        key = (one.span.path, one.text)
        if key not in known:
            known[key] = _Lines(one.text, texts.get(one.span.path, one.text))
        placed.append((one.span.path, *known[key].display(one.span.start), one.rewrite.name, one.reason))
    for path, line, column, name, reason in sorted(placed):
        yield f"{os.path.relpath(path, cwd)}:{line}:{column}: {name}: {reason}"


def reviewed(applied: Iterable[Applied], texts: Mapping[str, bytes], cwd: str) -> Iterator[str]:
    """``FILE:LINE: REWRITE: TITLE`` of what may behave differently: the title says how. ``texts`` are as above."""
    placed = []
    for one in applied:
        if one.applicability is Applicability.REVIEW:
            lines = _Lines(one.text, texts.get(one.path, one.text))
            placed.append((one.path, lines.line(one.line + 1), one.rewrite, one.title))
    for path, line, name, title in sorted(placed):
        yield f"{os.path.relpath(path, cwd)}:{line}: {name}: {title}"


class _Lines:
    """Where the lines of a text, which may be one between two rewrites, are in another."""

    def __init__(self, text: bytes, shown: bytes) -> None:
        self._index = LineIndex(text)
        self._same: list[Match] = []
        if text != shown:
            matcher = SequenceMatcher(None, text.split(b"\n"), shown.split(b"\n"), autojunk=False)
            self._same = matcher.get_matching_blocks()

    def display(self, offset: int) -> tuple[int, int]:
        """Line and column as Go counts; those of a line that is not there are the start of what is in its place."""
        line, column = self._index.position(offset).display
        return self.line(line), column if self._place(line)[1] else 1

    def line(self, line: int) -> int:
        """The line, counted from 1."""
        return self._place(line)[0]

    def _place(self, line: int) -> tuple[int, bool]:
        """The line, and whether it is the same one."""
        if not self._same:
            return line, True
        before = [one for one in self._same if one.a < line]
        last = before[-1] if before else Match(0, 0, 0)
        if line <= last.a + last.size:
            return line - last.a + last.b, True
        return last.b + last.size + 1, False


def _saved(made: Iterable[Applied]) -> str:
    made = list(made)
    before, after = total(one.before for one in made), total(one.after for one in made)
    places = f"places that allocate {_places(before)} → {_places(after)}"
    return f"{places}, known bytes {before.bytes:,.0f} → {after.bytes:,.0f}"


def _places(tally: Tally) -> str:
    return f"{tally.places:g}"


def _kind(reason: str) -> str:
    """A reason without the details that differ from place to place."""
    return reason.partition(":")[0] if reason.startswith("it would not compile") else reason


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
