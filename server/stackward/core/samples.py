"""Comparing measurements that are few and not normal: medians with intervals, and the test of Mann and Whitney."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Summary:
    """The median, and the interval that holds the true median with ``confidence`` (at least 0.95 where that can be)."""

    median: float
    low: float
    high: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """``p`` is the probability of a difference at least so large if there were none."""

    before: Summary
    after: Summary
    p: float

    @property
    def change(self) -> float | None:
        """The change of the median as a fraction; None from nothing."""
        return self.after.median / self.before.median - 1 if self.before.median else None

    @property
    def significant(self) -> bool:
        return self.p < 0.05


def summary(values: Sequence[float]) -> Summary:
    """Of at least one value. The interval is between order statistics, and assumes nothing of the distribution."""
    ordered = sorted(values)
    count = len(ordered)
    middle = count // 2
    median = ordered[middle] if count % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    out, covered = 0, 1 - 2 * _tail(count, 0)
    while out + 1 < (count + 1) // 2 and 1 - 2 * _tail(count, out + 1) >= 0.95:
        out += 1
        covered = 1 - 2 * _tail(count, out)
    return Summary(median, ordered[out], ordered[count - 1 - out], max(covered, 0.0))


def compare(before: Sequence[float], after: Sequence[float]) -> Comparison:
    """Two samples of at least one value each."""
    return Comparison(summary(before), summary(after), mann_whitney(before, after))


def mann_whitney(first: Sequence[float], second: Sequence[float]) -> float:
    """The two-sided p-value of the U test: exact without ties, else by the normal approximation for ties."""
    both = sorted([*((value, 0) for value in first), *((value, 1) for value in second)])
    ranks, ties, at = 0.0, 0.0, 0
    while at < len(both):
        end = at
        while end < len(both) and both[end][0] == both[at][0]:
            end += 1
        ranks += sum(1 for value in both[at:end] if value[1] == 0) * (at + 1 + end) / 2
        ties += (end - at) ** 3 - (end - at)
        at = end
    m, n = len(first), len(second)
    u = ranks - m * (m + 1) / 2
    if not ties:
        below = sum(_ways(m, n, value) for value in range(int(min(u, m * n - u)) + 1))
        return min(1.0, 2 * below / math.comb(m + n, m))
    total = m + n
    variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    return math.erfc(max(0.0, abs(u - m * n / 2) - 0.5) / math.sqrt(2 * variance))


def _tail(count: int, most: int) -> float:
    """The probability that at most so many of ``count`` values are below the median."""
    return float(sum(math.comb(count, number) for number in range(most + 1)) / 2**count)


@cache
def _ways(m: int, n: int, u: int) -> int:
    """How many orders of two samples without ties have this U."""
    if u < 0 or m < 0 or n < 0:
        return 0
    if m == 0 or n == 0:
        return int(u == 0)
    return _ways(m - 1, n, u - n) + _ways(m, n - 1, u)
