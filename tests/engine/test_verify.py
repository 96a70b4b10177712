"""The check of a change, where the package and its importers are not as they are on disk any more."""

from __future__ import annotations

from pathlib import Path

from gomodule import Quiet, write_module
from stackward.core.outcome import ToolchainMissing
from stackward.engine.benches import Benches
from stackward.engine.session import Session
from stackward.engine.verify import DoesNotCompile, compare
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken
from stackward.toolchain.unit import Recorded

A = """\
package a

type T struct{ X int }

//go:noinline
func New(x int) *T { return &T{X: x} }

//go:noinline
func Other(x int) *T { return &T{X: x} }
"""
B = """\
package b

import "example.com/m/a"

//go:noinline
func get(t *a.T) int { return t.X }

func Use(n int) int { t := a.New(n); return get(t) + get(a.Other(n)) }
"""


def test_importers_are_checked_after_they_were_changed_too(tmp_path: Path) -> None:
    # The first change is in both packages, and made; the second one forgets the importer.
    root = tmp_path / "m"
    write_module(root, {"a/a.go": A, "b/b.go": B})
    session = Session(Quiet(), work=str(tmp_path / "work"), jobs=2)
    try:
        tools = session.add_folder(str(root), BuildConfig()).tools()
        assert not isinstance(tools, ToolchainMissing)
        recorded = tools.recorder.record(str(root), ["./..."], cancel=CancelToken())
        assert isinstance(recorded, Recorded)
        path = str(root / "a" / "a.go")
        first = A.replace("New(x int) *T { return &T", "New(x int) T { return T")
        texts = {path: first.encode(), str(root / "b" / "b.go"): B.replace("get(t)", "get(&t)").encode()}
        bench = Benches(tools, session.texts, recorded, CancelToken()).open(str(root / "a"), texts)
        second = first.replace("Other(x int) *T { return &T", "Other(x int) T { return T")
        found = compare(bench, {path: second.encode()})
        assert isinstance(found, DoesNotCompile)
        assert "a.Other" in found.message
    finally:
        session.finish()
