"""Figures and how they are written."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence


def cell(values: Sequence[float], digits: int = 3) -> str:
    """The median and the range; a dash where nothing was measured."""
    if not values:
        return "–"
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that ``percent`` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def verdict(*, met: bool) -> str:
    """A word for whether a target is met."""
    return "met" if met else "**missed**"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table and the empty line after it."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]
