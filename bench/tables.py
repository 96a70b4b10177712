"""Figures and how they are written."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

Round: TypeAlias = Mapping[str, float]
"""What was reached in one round, in seconds by name; what failed is absent."""


def values(rounds: Iterable[Round], name: str) -> list[float]:
    """The figures of that name, in the order of the rounds."""
    return [one[name] for one in rounds if name in one]


def ratios(rounds: Iterable[Round], above: str, below: str) -> list[float]:
    """``above`` divided by ``below``, round by round: what slows a machine down for a while slows both."""
    return [one[above] / one[below] for one in rounds if above in one and below in one]


def cell(measured: Sequence[float], digits: int = 3, *, of: int = 0) -> str:
    """The median and the range; a dash where nothing was measured. Fewer figures than ``of`` are said to be."""
    if not measured:
        return "–"
    low, middle, high = min(measured), statistics.median(measured), max(measured)
    short = f", {len(measured)} of {of} runs" if len(measured) < of else ""
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f}{short})"


def percentile(measured: Sequence[float], percent: float) -> float:
    """The smallest value that ``percent`` of all values do not exceed."""
    ordered = sorted(measured)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table and the empty line after it."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]
