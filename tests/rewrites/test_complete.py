"""Files that are not compiled here may use what a rewrite wants to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from gomodule import Quiet, write_module
from stackward.engine.fix import Wanted
from stackward.engine.fixall import FixReport, fix_packages
from stackward.engine.session import Session
from stackward.rewrites import concrete_parameter
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken

OWN = """
    package p

    import "fmt"

    type own struct{ a, b int }

    func (o own) String() string { return "own" }

    func text(s fmt.Stringer) string { return s.String() + s.String() + s.String() }

    func Text(n int) string { return text(own{n, n}) }
"""
OTHER = """
    //go:build other

    package p

    type other struct{ s string }

    func (o other) String() string { return o.s }

    func Other(s string) string { return text(other{s}) }
"""


@pytest.mark.parametrize("more", [{}, {"other.go": OTHER}, {"q_plan9.go": OTHER.replace("//go:build other", "")}])
def test_files_of_other_systems(tmp_path: Path, more: dict[str, str]) -> None:
    root = write_module(tmp_path / "m", {"p.go": OWN, **more})
    session = Session(Quiet(), work=str(tmp_path / "work"), jobs=2)
    report = fix_packages(
        session.add_folder(str(root), BuildConfig()),
        session.texts,
        str(root),
        ["./..."],
        Wanted((concrete_parameter.REWRITE,)),
        parallel=2,
        progress=lambda *_: None,
        cancel=CancelToken(),
    )
    session.finish()
    assert isinstance(report, FixReport), report
    assert bool(report.after) == (not more), [one.reason for one in report.rejected]
    if more:
        assert [one.reason for one in report.rejected] == ["files that are not compiled here may call it"]
