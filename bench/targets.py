"""What was asked for, what was measured, and whether that is enough: the last table of each report."""

from __future__ import annotations

import enum
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tables import cell, table


class Verdict(enum.Enum):
    """The word in the last column."""

    MET = "met"
    MISSED = "**missed**"
    UNKNOWN = "–"  # Nothing was measured.


@dataclass(frozen=True, slots=True)
class Target:
    """One row. A part of the benchmark yields it among its lines."""

    what: str
    asked: str
    measured: str
    verdict: Verdict


def at_least(what: str, measured: Sequence[float], bound: float, *, unit: str = "×", digits: int = 1) -> Target:
    """The median must reach ``bound``."""
    met = bool(measured) and statistics.median(measured) >= bound
    return _target(what, measured, f"≥ {bound:g}{unit}", digits, met=met)


def at_most(what: str, measured: Sequence[float], bound: float, *, unit: str, digits: int = 2) -> Target:
    """The median must not exceed ``bound``."""
    met = bool(measured) and statistics.median(measured) <= bound
    return _target(what, measured, f"≤ {bound:g}{unit}", digits, met=met)


def under(what: str, measured: Sequence[float], bound: float, *, unit: str, digits: int = 2) -> Target:
    """The median must stay below ``bound``."""
    met = bool(measured) and statistics.median(measured) < bound
    return _target(what, measured, f"< {bound:g}{unit}", digits, met=met)


def summary(targets: Sequence[Target]) -> list[str]:
    """The section of the report."""
    if not targets:
        return []
    met = sum(one.verdict is Verdict.MET for one in targets)
    rows = [[one.what, one.asked, one.measured, one.verdict.value] for one in targets]
    return [f"## Targets: {met} of {len(targets)} met", "", *table(["target", "asked", "measured", ""], rows)]


def _target(what: str, measured: Sequence[float], asked: str, digits: int, *, met: bool) -> Target:
    verdict = Verdict.UNKNOWN if not measured else Verdict.MET if met else Verdict.MISSED
    shown = f"{measured[0]:.{digits}f}" if len(measured) == 1 else cell(measured, digits)
    return Target(what, asked, shown, verdict)
