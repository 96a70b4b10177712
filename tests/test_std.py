"""The whole standard library: no crash, no record that is not understood, no site without its place."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from gomodule import run_check
from stackward.core.position import LineIndex
from stackward.core.site import Storage
from stackward.engine.results import CheckReport
from stackward.rules import RULE_NAMES
from stackward.toolchain.discovery import Toolchain

pytestmark = pytest.mark.std


@pytest.fixture(scope="module")
def report(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> CheckReport:
    """The report on ``std``; two minutes and more on two cores."""
    work = tmp_path_factory.mktemp("std")
    return run_check(Path(toolchain.goroot) / "src", "std", tests=False, work=work)


def test_every_package_is_analysed(report: CheckReport) -> None:
    assert [str(package.failure) for package in report.packages if package.failure is not None] == []
    assert len(report.packages) > 250


def test_every_record_is_understood_and_every_position_found(report: CheckReport) -> None:
    assert [(problem.what, problem.path, problem.text) for problem in report.problems] == []
    assert report.records["escapes"] > 10_000
    assert report.records["moved"] > 500


def test_every_site_stands_in_its_file(report: CheckReport) -> None:
    lines: dict[str, LineIndex] = {}
    names: Counter[bool] = Counter()
    for hint in report.hints:
        site = hint.site
        if site.path not in lines:
            lines[site.path] = LineIndex(Path(site.path).read_bytes())
        index = lines[site.path]
        start, end = index.offset(site.range.start), index.offset(site.range.end)
        assert index.position(start) == site.range.start
        assert start < end <= len(index.text)
        if site.storage is Storage.VARIABLE and not site.inlined_from:
            names[index.text[start:end].decode() == site.subject] += 1
    # A variable of a type switch is reported at the type of its case, a result without a name at its type.
    assert names[True] > 500
    assert names[False] < names[True] * 0.05, names


def test_causes_are_found(report: CheckReport) -> None:
    rules = Counter(hint.rule for hint in report.hints)
    assert set(rules) <= RULE_NAMES
    # What only types could tell stays unclassified; a rise means that a rule has lost its way.
    assert rules["unclassified"] / len(report.hints) < 0.06
