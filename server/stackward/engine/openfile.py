"""The hints of one open document, moving along with its text until the next analysis.

A hint is anchored by byte offsets. An edit before it shifts it; an edit that touches it makes the syntax tree
decide: the hint stays if an expression of the same kind still spans its place, and goes if its code was edited away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from stackward.core.hint import Hint, HintStep
from stackward.core.position import ByteCol, BytePos, ByteRange, LineIndex, Lines, Location
from stackward.core.site import Allocates, Function
from stackward.engine.texts import digest
from stackward.syntax.functions import functions
from stackward.syntax.tree import Edit, SourceFile

_MARKS = 4  # Texts whose analysis may still arrive; more than one analysis of a file never runs.
_LEAVES = frozenset(
    {"identifier", "field_identifier", "interpreted_string_literal", "raw_string_literal", "int_literal"}
)


@dataclass(slots=True)
class _Anchor:
    """A hint with the offsets of all its points in this file: start, end, those of its flow and inlined calls, and
    the compiler's own.
    """

    hint: Hint
    kind: str
    text: bytes
    points: list[int]
    touched: bool = False
    moved: bool = False


@dataclass(frozen=True, slots=True)
class _Mark:
    count: int
    source: SourceFile


class OpenFile:
    """The text of an open document, and its hints. Not thread-safe: the session locks."""

    def __init__(self, path: str, source: SourceFile) -> None:
        self.path = path
        self.source = source
        self.functions: tuple[Function, ...] = ()
        self._history: list[Edit] = []
        self._marks: dict[str, _Mark] = {}
        self._anchors: list[_Anchor] = []
        self.mark()

    def mark(self) -> str:
        """Remember the text as it is, because an analysis of it begins; gives its digest."""
        key = digest(self.source.text)
        self._marks.pop(key, None)
        self._marks[key] = _Mark(len(self._history), self.source)
        while len(self._marks) > _MARKS:
            del self._marks[next(iter(self._marks))]
        return key

    def edit(self, edits: Sequence[Edit]) -> bool:
        """Follow an edit of the text; True if it took hints away."""
        before = len(self._anchors)
        self.source = self.source.edited(edits)
        self._history += edits
        for edit in edits:
            _shift(self._anchors, edit)
        self._anchors = _still_there(self._anchors, self.source)
        return len(self._anchors) < before

    def replace(self, source: SourceFile) -> None:
        """Take a whole new text that did not come as edits; hints on it start afresh with the next analysis."""
        if source.text == self.source.text:
            return
        whole = Edit(0, len(self.source.text), source.text)
        self.source = source
        self._history.append(whole)
        self._anchors = []

    def set_hints(self, text_digest: str, hints: Iterable[Hint], found: Sequence[Function]) -> bool:
        """Take the result of an analysis of an earlier text; False when that text is not remembered any more."""
        anchors = self._anchored(text_digest, hints)
        if anchors is None:
            return False
        self._anchors = anchors
        self.functions = tuple(found)
        return True

    def set_decisions(self, text_digest: str, hints: Iterable[Hint]) -> bool:
        """Take a result without explanations: where there is an explained hint already, it keeps its words."""
        anchors = self._anchored(text_digest, hints)
        if anchors is None:
            return False
        known = {_identity(anchor): anchor for anchor in self._anchors}
        self._anchors = [_worded(anchor, known.get(_identity(anchor))) for anchor in anchors]
        return True

    def add_hints(self, text_digest: str, hints: Iterable[Hint]) -> bool:
        """Take hints while more are to come: they replace those at their place, the others stay. True if any is new."""
        fresh = self._anchored(text_digest, hints)
        if fresh is None:
            return False
        known = {_identity(anchor): anchor for anchor in self._anchors}
        news = False
        for anchor in fresh:
            key = _identity(anchor)
            before = known.get(key)
            if before is None or anchor.hint.steps:
                known[key] = _carried(anchor, before)
                news = news or before is None or before.hint.message != anchor.hint.message
        self._anchors = sorted(known.values(), key=lambda anchor: anchor.points[0])
        return news

    def _anchored(self, text_digest: str, hints: Iterable[Hint]) -> list[_Anchor] | None:
        """The hints of a remembered text, moved to the current one."""
        mark = self._marks.get(text_digest)
        if mark is None:
            return None
        anchors = [_anchor(hint, mark.source, self.path) for hint in hints]
        since = self._history[mark.count :]
        for edit in since:
            _shift(anchors, edit)
        return _still_there(anchors, self.source) if since else anchors

    @property
    def moved(self) -> bool:
        """Whether any hint is not where the compiler reported it."""
        return any(anchor.moved for anchor in self._anchors)

    def hints(self, within: Lines | None = None) -> tuple[Hint, ...]:
        """The hints at their places in the current text; those that begin on some lines only, if these are given."""
        lines, anchors = self.source.lines, self._anchors
        if within is not None:
            start, end = (lines.offset(BytePos(line, ByteCol(0))) for line in (within[0], within[1] + 1))
            anchors = [anchor for anchor in anchors if start <= anchor.points[0] < end]
        return tuple(_placed(anchor, lines, self.path) if anchor.moved else anchor.hint for anchor in anchors)

    def placed_functions(self) -> tuple[Function, ...]:
        """The functions at their places in the current text; those that are gone are left out."""
        by_name = {function.name: function for function in self.functions}
        return tuple(
            replace(known, range=node.range, name_range=node.name_range)
            for node in functions(self.source)
            if (known := by_name.get(node.name)) is not None
        )


def _identity(anchor: _Anchor) -> tuple[int, int, str, str]:
    site = anchor.hint.site
    return anchor.points[0], anchor.points[1], site.subject, site.inlined_from


def _carried(anchor: _Anchor, before: _Anchor | None) -> _Anchor:
    """A hint of a compile that still runs: what it allocates is as it was until the object code says otherwise.

    So a hint that was found to cost nothing does not come up again for a moment with each save.
    """
    if before is not None and anchor.hint.site.allocates is Allocates.UNKNOWN:
        anchor.hint = replace(anchor.hint, site=anchor.hint.site.costing_as(before.hint.site))
    return anchor


def _worded(anchor: _Anchor, before: _Anchor | None) -> _Anchor:
    """A hint of a result without explanations: in the words that it had before, with what it costs now."""
    if before is None or anchor.hint.steps:
        return _carried(anchor, before)
    if anchor.hint.site.allocates is not Allocates.UNKNOWN:
        before.hint = replace(before.hint, site=before.hint.site.costing_as(anchor.hint.site))
    return before


def _points(hint: Hint, path: str) -> list[BytePos]:
    site = hint.site
    points = [site.range.start, site.range.end]
    points += [step.at.pos for step in hint.steps if step.at.path == path]
    points += [at.pos for at in site.inlined_at if at.path == path]
    points.append(site.at)
    return points


def _anchor(hint: Hint, source: SourceFile, path: str) -> _Anchor:
    lines = source.lines
    points = [int(lines.offset(point)) for point in _points(hint, path)]
    node = source.tree.root_node.descendant_for_byte_range(points[0], points[1])
    kind = node.type if node is not None else ""
    return _Anchor(hint, kind, source.text[points[0] : points[1]] if kind in _LEAVES else b"", points)


def _shift(anchors: Iterable[_Anchor], edit: Edit) -> None:
    start, old_end = edit.start, edit.old_end
    delta = len(edit.new) - (old_end - start)
    for anchor in anchors:
        points = anchor.points
        if start <= points[1] and old_end >= points[0]:
            anchor.touched = True
        elif delta == 0 and max(points) < start:
            continue
        anchor.moved = True
        shifted = [point + delta if point >= old_end else min(point, start) for point in points]
        if old_end == points[1] and start == old_end:
            shifted[1] = points[1]  # Text inserted right behind an expression does not become part of it.
        anchor.points = shifted


def _still_there(anchors: Iterable[_Anchor], source: SourceFile) -> list[_Anchor]:
    kept = []
    root = source.tree.root_node
    for anchor in anchors:
        if anchor.touched:
            start, end = anchor.points[:2]
            if start >= end:
                continue
            node = root.descendant_for_byte_range(start, end)
            if node is None or node.type != anchor.kind or (node.start_byte, node.end_byte) != (start, end):
                continue
            if anchor.text and source.text[start:end] != anchor.text:
                continue
            anchor.touched = False
        kept.append(anchor)
    return kept


def _placed(anchor: _Anchor, lines: LineIndex, path: str) -> Hint:
    hint = anchor.hint
    positions = iter([lines.position(point) for point in anchor.points])
    range_ = ByteRange(next(positions), next(positions))
    steps = tuple(
        HintStep(Location(path, next(positions)), step.text) if step.at.path == path else step for step in hint.steps
    )
    inlined_at = tuple(Location(path, next(positions)) if at.path == path else at for at in hint.site.inlined_at)
    site = replace(hint.site, range=range_, inlined_at=inlined_at, at=next(positions))
    return Hint(hint.rule, site, hint.message, hint.label, hint.advice, steps, hint.onward)
