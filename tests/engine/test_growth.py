"""What new code grows, in the comparison of before and after."""

from __future__ import annotations

from pathlib import Path

from gomodule import Quiet, write_module
from stackward.engine.fix import Wanted
from stackward.engine.fixall import FixReport, fix_packages
from stackward.engine.session import Session
from stackward.rewrites import find
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken

_BUILDERS = """
package p

func One(s string, words []string) string {
	for _, word := range words {
		s += word
	}
	return s
}

func Three(s string, words []string) string {
	for _, word := range words {
		s += "<" + word + ">"
	}
	return s
}
"""

_PRINTING = """
package p

import (
	"fmt"
	"strings"
)

func Show(b *strings.Builder, name string) {
	b.WriteString("name: ")
	fmt.Fprintf(b, "<%s>", name)
}
"""


def applied(root: Path, rewrite: str, source: str) -> list[tuple[str, float, float]]:
    """The functions that a rewrite changes in a file, in order: title, and weights before and after."""
    write_module(root, {"p.go": source})
    session = Session(Quiet(), work=str(root.parent / "work"), jobs=2)
    folder = session.add_folder(str(root), BuildConfig())
    chosen = find(rewrite)
    assert chosen is not None
    report = fix_packages(
        folder,
        session.texts,
        str(root),
        ["./..."],
        Wanted((chosen,)),
        parallel=1,
        progress=lambda *_: None,
        cancel=CancelToken(),
    )
    session.finish()
    assert isinstance(report, FixReport), report
    return [(one.title, one.before.weight, one.after.weight) for one in report.applied]


def test_calls_that_grow_one_builder_count_once_in_each_function(tmp_path: Path) -> None:
    """Two functions are tried at once, and call their builders the same."""
    one, three = applied(tmp_path / "m", "string-loop", _BUILDERS)
    assert one[2] == three[2] > 0


def test_a_builder_that_grew_inside_fmt_grows_no_more_in_new_lines(tmp_path: Path) -> None:
    """The line that was there before still counts."""
    ((_, before, after),) = applied(tmp_path / "m", "fprintf", _PRINTING)
    assert before == after + 0.5
    assert after == 0.5
