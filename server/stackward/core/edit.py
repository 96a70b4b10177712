"""Changes of texts: which bytes become which. Offsets are 0-based UTF-8 bytes into the text before all changes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True, order=True)
class Replacement:
    """The bytes from ``start`` up to ``end`` become ``new``; nothing is replaced where both are equal."""

    start: int
    end: int
    new: bytes = b""


def applied(text: bytes, replacements: Iterable[Replacement]) -> bytes:
    """The text after all replacements, which must not overlap (``overlapping``)."""
    parts: list[bytes] = []
    at = 0
    for one in sorted(replacements):
        parts += [text[at : one.start], one.new]
        at = one.end
    return b"".join([*parts, text[at:]])


def overlapping(replacements: Iterable[Replacement]) -> bool:
    """Whether two replacements want the same bytes, or the same place in different ways."""
    ordered = sorted(set(replacements))
    return any(
        second.start < first.end or (first.start == second.start and first.end == second.end)
        for first, second in itertools.pairwise(ordered)
    )


def moved(offset: int, replacements: Sequence[Replacement]) -> int:
    """Where a byte is after the replacements; one that was replaced is at the start of what stands there now."""
    shift = 0
    for one in sorted(replacements):
        if one.end <= offset and not one.start == one.end == offset:
            shift += len(one.new) - (one.end - one.start)
        elif one.start <= offset < one.end:
            return one.start + shift
        else:
            break
    return offset + shift


def spans(replacements: Iterable[Replacement]) -> list[tuple[int, int]]:
    """The bytes that the new texts are after the replacements, each from its start up to its end."""
    found, shift = [], 0
    for one in sorted(replacements):
        start = one.start + shift
        found.append((start, start + len(one.new)))
        shift += len(one.new) - (one.end - one.start)
    return found


def difference(before: bytes, after: bytes) -> tuple[Replacement, ...]:
    """The replacements of whole lines that make one text the other."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    return tuple(
        Replacement(starts[first], starts[last], b"".join(new[begin:end]))
        for tag, first, last, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    )
