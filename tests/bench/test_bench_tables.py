"""The figures of the benchmark: medians with their range, ratios run by run, verdicts."""

# The tables show ranges with an en dash.
# ruff: noqa: RUF001

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "bench"))

from tables import cell, percentile, ratios, table, values
from targets import Target, Verdict, at_least, at_most, summary, under

ROUNDS = [{"ours": 0.1, "theirs": 2.0}, {"ours": 0.4, "theirs": 4.0}, {"ours": 0.2}]


def test_a_cell_is_the_median_and_the_range() -> None:
    assert cell([0.3, 0.1, 0.2]) == "0.200 (0.100–0.300)"
    assert cell([1.0, 2.0], 1) == "1.5 (1.0–2.0)"


def test_what_was_not_measured_is_a_dash() -> None:
    assert cell([]) == "–"
    assert cell([], of=5) == "–"


def test_a_cell_says_that_runs_are_missing() -> None:
    assert cell([1.0, 3.0], 0, of=5) == "2 (1–3, 2 of 5 runs)"
    assert cell([1.0, 3.0], 0, of=2) == "2 (1–3)"


def test_figures_of_failed_rounds_are_left_out() -> None:
    assert values(ROUNDS, "theirs") == [2.0, 4.0]
    assert values(ROUNDS, "nobody") == []


def test_ratios_are_of_the_same_round() -> None:
    # The ratio of the medians, 3.0 / 0.2, would mix rounds.
    assert ratios(ROUNDS, "theirs", "ours") == pytest.approx([20.0, 10.0])


def test_ratios_of_what_is_missing_are_none() -> None:
    assert ratios(ROUNDS, "nobody", "ours") == []


@pytest.mark.parametrize(("percent", "expected"), [(1, 1.0), (50, 50.0), (99, 99.0), (100, 100.0)])
def test_percentile_is_a_value_that_was_measured(percent: float, expected: float) -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], percent) == expected


def test_percentile_of_one_value() -> None:
    assert percentile([7.0], 99) == 7.0


def test_a_table_ends_with_an_empty_line() -> None:
    assert table(["a", "b"], [["1", "2"]]) == ["| a | b |", "|---|---|", "| 1 | 2 |", ""]


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        (at_least("sooner", [19.0, 20.0, 40.0], 20), Verdict.MET),
        (at_least("sooner", [19.0, 19.9, 40.0], 20), Verdict.MISSED),
        (at_most("bound", [1.0], 1.0, unit=""), Verdict.MET),
        (at_most("bound", [1.01], 1.0, unit=""), Verdict.MISSED),
        (under("start", [0.4], 0.4, unit=" s"), Verdict.MISSED),
        (under("start", [0.39], 0.4, unit=" s"), Verdict.MET),
    ],
)
def test_the_median_decides(target: Target, verdict: Verdict) -> None:
    assert target.verdict is verdict


@pytest.mark.parametrize("target", [at_least("a", [], 1), at_most("a", [], 1, unit=""), under("a", [], 1, unit="")])
def test_what_was_not_measured_is_neither_met_nor_missed(target: Target) -> None:
    assert target.verdict is Verdict.UNKNOWN
    assert target.measured == "–"


def test_a_target_shows_a_single_figure_without_a_range() -> None:
    assert under("resident", [68.4], 120, unit=" MiB", digits=0).measured == "68"


def test_the_summary_counts_what_is_met() -> None:
    lines = summary([at_least("a", [2.0], 1), at_least("b", [0.5], 1), at_least("c", [], 1)])
    assert lines[0] == "## Targets: 1 of 3 met"
    assert lines[4:7] == ["| a | ≥ 1× | 2.0 | met |", "| b | ≥ 1× | 0.5 | **missed** |", "| c | ≥ 1× | – | – |"]


def test_no_targets_have_no_section() -> None:
    assert summary([]) == []
