"""Medians, intervals and the U test, against values that tables and benchstat give."""

from __future__ import annotations

import pytest

from stackward.core.samples import compare, mann_whitney, summary


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        (range(6), range(10, 16), 2 / 924),
        (range(10), range(20, 30), 2 / 184756),
        ([1, 2, 4], [3, 5, 6], 0.2),
        ([1, 3], [2, 4], 2 / 3),
        ([5] * 6, [5] * 6, 1.0),
    ],
)
def test_mann_whitney(first: range, second: range, p: float) -> None:
    assert mann_whitney(list(first), list(second)) == pytest.approx(p)
    assert mann_whitney(list(second), list(first)) == pytest.approx(p)


def test_ties_take_the_normal_approximation() -> None:
    assert mann_whitney([3] * 8, [1] * 8) < 0.001
    assert mann_whitney([1, 2, 2, 3], [2, 2, 3, 4]) > 0.2


@pytest.mark.parametrize(
    ("count", "low", "high", "confidence"), [(6, 0, 5, 0.96875), (8, 1, 6, 0.9297), (9, 1, 7, 0.9609), (1, 0, 0, 0.0)]
)
def test_the_interval_is_between_order_statistics(count: int, low: float, high: float, confidence: float) -> None:
    found = summary(range(count))
    if confidence >= 0.95 or count == 1:
        assert (found.low, found.high) == (low, high)
        assert found.confidence == pytest.approx(confidence, abs=1e-4)
    else:
        assert (found.low, found.high) == (0, count - 1)
    assert found.median == (count - 1) / 2


def test_a_change_of_nothing() -> None:
    found = compare([0] * 6, [0] * 6)
    assert found.change is None
    assert not found.significant
    assert compare([100] * 6, [50] * 6).change == -0.5
