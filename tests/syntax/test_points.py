"""The compiler's own points and names, on the standard library."""

from __future__ import annotations

import pytest
from points import check_names, check_points, decisions

from stackward.toolchain.discovery import Toolchain

PACKAGES = ("encoding/json", "internal/trace", "net/url", "strconv", "text/template")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_point_leads_to_what_the_compiler_means(package: str, toolchain: Toolchain) -> None:
    report = check_points(decisions(toolchain, [package]), decisions(toolchain, [package], inline=False))
    assert report.counts["exact"] > 10
    assert report.counts["copied"] > 0
    assert not report.wrong, report


def test_functions_have_the_compilers_names(toolchain: Toolchain) -> None:
    report = check_names(decisions(toolchain, PACKAGES))
    assert report.counts["same"] > 100
    assert report.counts["copies"] * 10 < report.counts["same"]
    assert not report.wrong, report
