"""Files that are not compiled here may use what a rewrite wants to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from gomodule import Quiet, write_module
from stackward.engine.fix import Wanted
from stackward.engine.fixall import FixReport, fix_packages
from stackward.engine.session import Session
from stackward.rewrites import Rewrite, concrete_parameter, pool_pointer, return_by_value
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


TOOL = """
    //go:build ignore

    // Writes the text of a table.
    package main

    import "fmt"

    type own struct{}

    func main() { fmt.Println(own{}) }
"""
LINKED = """
    //go:build other

    package p

    import _ "unsafe"

    //go:linkname written example.com/m.text
    func written(s any) string
"""
MORE = """
    //go:build other

    package p

    func Size(o own) int { return o.a + o.b }
"""
INSTEAD = """
    //go:build other

    package p

    func (o own) String() string { return "other" }
"""
POOL = """
    package p

    import "sync"

    var items = sync.Pool{New: func() any { return make([]byte, 0, 256) }}

    func Sum(text string) (sum byte) {
    \tlist := items.Get().([]byte)
    \tlist = append(list, text...)
    \tfor _, one := range list {
    \t\tsum += one
    \t}
    \titems.Put(list[:0])
    \treturn sum
    }
"""
MADE = """
    package p

    type user struct{ name [8]string }

    //go:noinline
    func newUser(name string) *user {
    \tu := &user{}
    \tu.name[0] = name
    \treturn u
    }

    func First(name string) string {
    \tu := newUser(name)
    \treturn u.name[0]
    }
"""


def report(tmp_path: Path, rewrite: Rewrite, files: dict[str, str]) -> FixReport:
    root = write_module(tmp_path / "m", files)
    session = Session(Quiet(), work=str(tmp_path / "work"), jobs=2)
    made = fix_packages(
        session.add_folder(str(root), BuildConfig()),
        session.texts,
        str(root),
        ["./..."],
        Wanted((rewrite,)),
        parallel=2,
        progress=lambda *_: None,
        cancel=CancelToken(),
    )
    session.finish()
    assert isinstance(made, FixReport), made
    return made


@pytest.mark.parametrize(
    ("more", "may"),
    [
        ({}, True),
        ({"other.go": OTHER}, False),  # It calls the function.
        ({"q_plan9.go": OTHER.replace("//go:build other", "")}, False),
        ({"other_test.go": OTHER}, False),
        ({"other.go": LINKED}, False),  # It has the function, under a name of its own.
        ({"other.go": INSTEAD}, False),  # Elsewhere the type has other methods.
        ({"other.go": MORE}, True),
        ({"q_plan9.go": MORE.replace("//go:build other", "")}, True),
        ({"tool.go": TOOL}, True),  # Its type is one of another package.
        ({"tool.go": TOOL.replace("own", "text")}, False),
        ({"broken.go": "//go:build ignore\n\npackage p\n\nfunc (\n"}, True),
        ({"broken.go": "//go:build ignore\n\npackage p\n\nfunc ( { text\n"}, False),
    ],
)
def test_files_that_are_not_compiled(tmp_path: Path, more: dict[str, str], may: bool) -> None:
    found = report(tmp_path, concrete_parameter.REWRITE, {"p.go": OWN, **more})
    assert bool(found.after) == may, [one.reason for one in found.rejected]
    if not may:
        assert [one.reason for one in found.rejected] == ["files that are not compiled here may call it"]


@pytest.mark.parametrize(
    ("rewrite", "text", "name"),
    [(pool_pointer.REWRITE, POOL, "items"), (return_by_value.REWRITE, MADE, "newUser")],
    ids=["pool", "constructor"],
)
def test_what_others_do_not_mention(tmp_path: Path, rewrite: Rewrite, text: str, name: str) -> None:
    mention = f"//go:build other\n\npackage p\n\nvar Other = {name}\n"
    assert report(tmp_path / "none", rewrite, {"p.go": text, "q.go": mention.replace(name, "1")}).after
    assert not report(tmp_path / "mentioned", rewrite, {"p.go": text, "q.go": mention}).after


def test_too_much_to_read(tmp_path: Path) -> None:
    """The larger the files, the longer it would take to know that they do not matter."""
    large = "//go:build other\n\npackage p\n\n// " + "x" * (1 << 20) + "\n"
    assert not report(tmp_path, concrete_parameter.REWRITE, {"p.go": OWN, "q.go": large}).after
