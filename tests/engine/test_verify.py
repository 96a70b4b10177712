"""The check of a change, where the package and its importers are not as they are on disk any more."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gomodule import Quiet, write_module
from stackward.core.outcome import ToolchainMissing
from stackward.engine.benches import Benches
from stackward.engine.session import Session
from stackward.engine.verify import Compared, DoesNotCompile, compare
from stackward.engine.workbench import Workbench
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


def opened(root: Path, files: dict[str, str], texts: Mapping[str, str]) -> tuple[Session, Workbench]:
    """The package in folder ``a`` of a module, with other texts than those on disk."""
    write_module(root, files)
    session = Session(Quiet(), work=str(root.parent / "work"), jobs=2)
    tools = session.add_folder(str(root), BuildConfig()).tools()
    assert not isinstance(tools, ToolchainMissing)
    recorded = tools.recorder.record(str(root), ["./..."], cancel=CancelToken())
    assert isinstance(recorded, Recorded)
    laid = {str(root / path): text.encode() for path, text in texts.items()}
    return session, Benches(tools, session.texts, recorded, CancelToken()).open(str(root / "a"), laid)


def test_importers_are_checked_after_they_were_changed_too(tmp_path: Path) -> None:
    # The first change is in both packages, and made; the second one forgets the importer.
    root = tmp_path / "m"
    first = A.replace("New(x int) *T { return &T", "New(x int) T { return T")
    files = {"a/a.go": A, "b/b.go": B}
    session, bench = opened(root, files, {"a/a.go": first, "b/b.go": B.replace("get(t)", "get(&t)")})
    second = first.replace("Other(x int) *T { return &T", "Other(x int) T { return T")
    found = compare(bench, {str(root / "a" / "a.go"): second.encode()})
    session.finish()
    assert isinstance(found, DoesNotCompile)
    assert "a.Other" in found.message


GENERIC = """\
package a

//go:noinline
func Values[K comparable, V any](m map[K]V) []V {
	values := []V{}
	for _, value := range m {
		values = append(values, value)
	}
	return values
}
"""
INSTANCE = """\
package b

import "example.com/m/a"

func Use(m map[string]int) []int { return a.Values(m) }
"""


def test_generic_code_that_moves_saves_nothing(tmp_path: Path) -> None:
    # What the importer says of its instance is about the lines of the new text.
    root = tmp_path / "m"
    moved = GENERIC.replace("package a\n", "package a\n\n// Values are in no order.\n//")
    session, bench = opened(root, {"a/a.go": GENERIC, "b/b.go": INSTANCE}, {})
    path = str(root / "a" / "a.go")
    same = compare(bench, {path: moved.replace("values", "all").encode()})
    made = moved.replace("values := []V{}", "values := make([]V, 0, len(m))")
    saved = compare(bench, {path: made.encode()}, alone=True)
    session.finish()
    assert isinstance(same, Compared)
    assert not same.better
    assert not same.worse
    assert isinstance(saved, Compared)
    assert [function for _, function in saved.after] == ["Values"]
