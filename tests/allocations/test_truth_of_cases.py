"""The labels of the case files are true: every runner is run, and each labelled line seen to allocate or not to.

``STACKWARD_TEST_GO`` names further go commands to prove them with, separated as in ``PATH``.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace

import pytest

from allocations import truth
from allocations.casefile import CaseFile, Verdict
from stackward.toolchain.discovery import Toolchain

CASES = truth.load()

pytestmark = pytest.mark.skipif(struct.calcsize("P") != 8, reason="sizes are those of 64-bit machines")


@pytest.fixture(scope="module", params=truth.GO_COMMANDS, ids=lambda go: go or "default")
def measured(
    request: pytest.FixtureRequest, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory
) -> truth.Measured:
    """What one go command's programs do."""
    go = request.param or toolchain.go
    return truth.measure(go, truth.minor_of(truth.version_of(go)), CASES, tmp_path_factory.mktemp("truth"))


@pytest.fixture(scope="module")
def covered(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> dict[str, frozenset[int]]:
    """The lines of each case file that its runners reach; which ones that are depends on no release."""
    minor = truth.minor_of(toolchain.version)
    return truth.cover(toolchain.go, minor, CASES, tmp_path_factory.mktemp("covered"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_labels_are_true(case: CaseFile, measured: truth.Measured) -> None:
    if case.since > measured.minor:
        pytest.skip(f"Go 1.{case.since} and newer")
    found = list(truth.judge(case, measured))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_labelled_lines_run(case: CaseFile, covered: Mapping[str, frozenset[int]]) -> None:
    """A line that is never reached would prove any ``never``; the lines of package variables run at the start."""
    idle = [one.line for one in case.labels if one.function and not one.unrun and one.line not in covered[case.name]]
    assert idle == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_wrong_label_is_found(case: CaseFile, measured: truth.Measured) -> None:
    """Each label in turn is replaced by its opposites: the measurement objects to every one."""
    believed = []
    for at, label in enumerate(case.labels):
        alone = sum(other.line == label.line for other in case.labels_in(measured.minor)) == 1
        if measured.minor not in label.releases or not alone or case.since > measured.minor:
            continue
        if label.get("profiled") == "nowhere":
            continue  # Only the count of a whole run tells of these.
        for verdict in Verdict:
            if verdict is label.verdict or Verdict.CALLEE in {verdict, label.verdict}:
                continue
            # Where not every call gets, "always" and "sometimes" look alike; what runs once shows no "sometimes".
            if Verdict.NEVER not in {verdict, label.verdict} and (label.branch or label.function in {"", "init"}):
                continue
            dropped = {"runtime", "profiled"} if verdict is Verdict.NEVER else {"runtime"}
            attributes = {key: value for key, value in label.attributes.items() if key not in dropped}
            wrong = replace(label, verdict=verdict, attributes=attributes)
            labels = (*case.labels[:at], wrong, *case.labels[at + 1 :])
            if not list(truth.judge(replace(case, labels=labels), measured)):
                believed.append((label.line, verdict))
    assert believed == []
