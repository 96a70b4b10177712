"""What stackward shows of the case files is what their labels say, which ``test_truth_of_cases`` proves."""

from __future__ import annotations

from pathlib import Path

import pytest

from allocations import truth
from allocations.casefile import CaseFile
from allocations.shown import differences
from gomodule import run_check, write_module
from stackward.core.site import Site
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain

CASES = truth.load()


@pytest.fixture(scope="module", params=truth.GO_COMMANDS, ids=lambda go: go or "default")
def shown(
    request: pytest.FixtureRequest, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, dict[str, list[Site]]]:
    """The minor release, and the sites of each case file."""
    go = request.param or toolchain.go
    minor = truth.minor_of(truth.version_of(go))
    files = {f"{case.name}/p.go": case.text for case in CASES if case.since <= minor}
    root = write_module(tmp_path_factory.mktemp("shown") / "m", files)
    report = run_check(root, config=BuildConfig(go=go))
    assert not [package.failure for package in report.packages if package.failure]
    assert not report.problems
    found: dict[str, list[Site]] = {case.name: [] for case in CASES}
    for hint in report.hints:
        found[Path(hint.site.path).parent.name].append(hint.site)
    return minor, found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_shown_is_true(case: CaseFile, shown: tuple[int, dict[str, list[Site]]]) -> None:
    minor, sites = shown
    if case.since > minor:
        pytest.skip(f"Go 1.{case.since} and newer")
    found = list(differences(case, sites[case.name], minor))
    assert not found, "\n".join(found)
