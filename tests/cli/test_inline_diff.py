"""``stackward inline-diff``, and its command in the editor: what allocates only with, or only without, inlining."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SOURCE = """package p

type Point struct{ X, Y int }

func New(x int) *Point { return &Point{X: x} }

func Sum(x int) int {
	p := New(x)
	return p.X + p.Y
}

func Kept(x int) *Point { return New(x) }
"""


def run(root: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stackward", "inline-diff", *argv]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_nothing_differs(module: Callable[..., Path]) -> None:
    root = module({"p.go": "package p\n\nfunc F(n int) []int { return make([]int, n) }\n"})
    done = run(root, "./...")
    assert done.returncode == 0, done.stderr
    assert "the same sites allocate with and without inlining" in done.stdout


# The compiler sees what is called only where `get` is inlined, so that else the variable escapes.
DEVIRTUALISED = """package p

type doer interface{ do(*int) }

type impl struct{}

func (impl) do(p *int) { *p = 1 }

func get() doer { return impl{} }

func Spread() int {
	d := get()
	x := 0
	d.do(&x)
	return x
}
"""


def test_what_inlining_saves(module: Callable[..., Path]) -> None:
    done = run(module({"p.go": DEVIRTUALISED}), "--format", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["version"] == 1
    (package,) = told["packages"]
    assert package["error"] is None
    assert [(site["function"], site["type"]) for site in package["appear"]] == [("Spread", "int")]
    assert package["vanish"] == []


@pytest.mark.parametrize("pattern", ["./none", "nonsense.example/none"])
def test_a_package_that_does_not_exist(module: Callable[..., Path], pattern: str) -> None:
    root = module({"p.go": SOURCE})
    done = run(root, pattern)
    assert done.returncode == 2
    assert done.stderr.startswith("stackward: ")
    assert done.stdout == ""


def test_a_package_that_does_not_build(module: Callable[..., Path]) -> None:
    root = module({"good/p.go": SOURCE, "bad/p.go": "package bad\n\nvar x int = nothing\n"})
    done = run(root, "./...")
    assert done.returncode == 2
    assert "nothing" in done.stderr
    assert "example.com/m/good" in done.stdout


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
def test_a_package_with_c_in_it(module: Callable[..., Path]) -> None:
    preamble = 'package p\n\n// static int one(void) { return 1; }\nimport "C"\n\nvar one = C.one()\n'
    done = run(module({"p.go": DEVIRTUALISED.replace("package p\n", preamble)}), "--format", "json")
    assert done.returncode == 0, done.stderr
    (package,) = json.loads(done.stdout)["packages"]
    assert [(site["function"], site["type"]) for site in package["appear"]] == [("Spread", "int")]
