"""Which files a build leaves out, and with which settings they are part of it."""

from __future__ import annotations

import pytest

from stackward.syntax.constraints import LeftOut, Target, left_out
from stackward.syntax.tree import parse

LINUX = Target("linux", "amd64", cgo=False, tags=frozenset({"prod"}), minor=26)


def judged(name: str, constraint: str = "", imports: str = "", target: Target = LINUX) -> LeftOut | None:
    head = f"// Copyright.\n\n//go:build {constraint}\n\n" if constraint else ""
    return left_out(parse(f"{head}// Package p.\npackage p\n\n{imports}\n".encode()), name, target)


@pytest.mark.parametrize(
    ("name", "constraint"),
    [
        ("p.go", ""),
        ("p_linux.go", ""),
        ("p_linux_amd64_test.go", ""),
        ("windows.go", ""),
        ("p_prod.go", "prod"),
        ("p.go", "linux && (arm64 || amd64) && !race"),
        ("p.go", "unix && go1.26 && gc"),
        ("p.go", "!!prod"),
        ("p.go", "android || linux"),
        ("p.go", "not a constraint ("),
        ("p.go", "!(linux"),
    ],
)
def test_files_of_the_build(name: str, constraint: str) -> None:
    assert judged(name, constraint) is None


@pytest.mark.parametrize(
    ("name", "constraint", "settings"),
    [
        ("p_windows.go", "", ("build.goos = windows",)),
        ("p_windows_test.go", "", ("build.goos = windows",)),
        ("p_darwin_arm64.go", "", ("build.goos = darwin", "build.goarch = arm64")),
        ("p_arm64.go", "", ("build.goarch = arm64",)),
        ("p.go", "integration", ("build.tags with integration",)),
        ("p.go", "!prod", ("build.tags without prod",)),
        ("p.go", "integration && windows", ("build.goos = windows", "build.tags with integration")),
        ("p.go", "windows || (darwin && e2e)", ("build.goos = windows",)),
        ("p.go", "a || b", ("build.tags with a",)),
        ("p_windows.go", "tools", ("build.goos = windows", "build.tags with tools")),
        ("p.go", "cgo", ("build.env = CGO_ENABLED=1",)),
        ("p.go", "ignore", ()),
        ("p.go", "go1.99", ()),
        ("p.go", "linux && !linux", ()),
        ("p.go", "gccgo", ()),
    ],
)
def test_files_that_are_left_out(name: str, constraint: str, settings: tuple[str, ...]) -> None:
    found = judged(name, constraint)
    assert found is not None
    assert found.settings == settings


def test_unix_is_no_system() -> None:
    found = judged("p.go", "unix", target=Target("windows", "amd64", cgo=True, tags=frozenset(), minor=26))
    assert found is not None
    assert found.settings == ("build.goos = linux",)


def test_what_says_so_is_marked() -> None:
    constraint, name = judged("p.go", "windows"), judged("p_windows.go", "linux")
    assert constraint is not None
    assert name is not None
    assert [(one.range.start.line, one.range.end.line) for one in (constraint, name)] == [(2, 2), (5, 5)]
    assert "'windows'" in constraint.why
    assert name.why == "its name says windows, and the build is for linux/amd64"


def test_cgo() -> None:
    found = judged("p.go", imports='import "C"')
    assert found == LeftOut(found.range, "it imports C, and cgo is off", ("build.env = CGO_ENABLED=1",)) if found else 0
    assert judged("p.go", imports='import "C"', target=Target("linux", "amd64", True, frozenset(), 26)) is None
