"""What the allocation map does where one of its sources is missing, late or wrong: hints stay, and it is said why."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from gomodule import run_check, write_module
from stackward.core.site import Allocates
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain

TEXT = """package p

type Point struct{ X, Y int }

func New(x int) *Point {
	p := Point{X: x}
	return &p
}
"""


def goroot_with_compiler(folder: Path, toolchain: Toolchain, script: str) -> Path:
    """A GOROOT of links into the real one, but with a shell script as its compiler; gives its go command."""
    real, compiler = Path(toolchain.goroot), Path(toolchain.compile).relative_to(toolchain.goroot)
    for own in compiler.parents:
        (folder / own).mkdir(parents=True, exist_ok=True)
        for entry in (real / own).iterdir():
            inner = entry.relative_to(real)
            if inner != compiler and inner not in compiler.parents and not (folder / inner).exists():
                (folder / inner).symlink_to(entry)
    fake = folder / compiler
    fake.write_text(script.replace("REAL", toolchain.compile), encoding="utf-8")
    fake.chmod(0o755)
    # The go command finds its GOROOT by its own place, links followed.
    go = folder / "bin" / "go"
    shutil.rmtree(folder / "bin") if not (folder / "bin").is_symlink() else (folder / "bin").unlink()
    (folder / "bin").mkdir()
    shutil.copy2(os.path.realpath(toolchain.go), go)
    return go


@pytest.mark.parametrize(
    ("fault", "allocates"),
    [
        ("exit 3", Allocates.UNKNOWN),
        ("kill -9 $$", Allocates.UNKNOWN),
        # Cut short in good order: what was not printed is not known to call the allocator.
        ('REAL "$@" | head -c 300; exit 0', Allocates.NEVER),
        ("echo nonsense; exit 0", Allocates.UNKNOWN),
    ],
    ids=["fails", "killed", "cut short", "prints garbage"],
)
def test_the_object_code(tmp_path: Path, toolchain: Toolchain, fault: str, allocates: Allocates) -> None:
    script = f'#!/bin/sh\ncase " $* " in *" -S "*) {fault};; esac\nexec REAL "$@"\n'
    go = goroot_with_compiler(tmp_path / "goroot", toolchain, script)
    root = write_module(tmp_path / "m", {"p.go": TEXT})
    config = BuildConfig(go=str(go), env=(("GOROOT", str(tmp_path / "goroot")),))
    report = run_check(root, config=config, work=tmp_path / "work")
    (hint,) = report.hints
    assert hint.rule == "address-returned"
    if allocates is Allocates.UNKNOWN:
        assert hint.site.allocates is Allocates.UNKNOWN
        assert hint.site.shown
    else:
        assert hint.site.allocates in {Allocates.NEVER, Allocates.UNKNOWN}
    if allocates is Allocates.UNKNOWN:
        assert any("what allocates is not known" in problem.what for problem in report.problems)


def test_a_type_facts_helper_that_cannot_be_built(tmp_path: Path, toolchain: Toolchain) -> None:
    script = '#!/bin/sh\ncase "$PWD" in *typefacts_go*) exit 2;; esac\nexec REAL "$@"\n'
    go = goroot_with_compiler(tmp_path / "goroot", toolchain, script)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STACKWARD_CACHE", str(tmp_path / "cache"))
        root = write_module(tmp_path / "m", {"p.go": TEXT})
        config = BuildConfig(go=str(go), env=(("GOROOT", str(tmp_path / "goroot")),))
        report = run_check(root, config=config, work=tmp_path / "work")
    (hint,) = report.hints
    assert (hint.rule, hint.site.allocates, hint.site.bytes) == ("address-returned", Allocates.ALWAYS, 16)


def test_type_errors_cost_no_other_package(tmp_path: Path) -> None:
    root = write_module(tmp_path / "m", {"good/p.go": TEXT, "bad/p.go": TEXT + "\nvar Bad int = nothing\n"})
    report = run_check(root)
    assert [hint.site.allocates for hint in report.hints] == [Allocates.ALWAYS]
    failures = [package.failure for package in report.packages if package.failure is not None]
    assert len(failures) == 1
    assert "nothing" in str(failures[0])


def test_assembly(tmp_path: Path, toolchain: Toolchain) -> None:
    if toolchain.goarch != "amd64":
        pytest.skip("the assembly is of amd64")
    files = {
        "p.go": TEXT + "\nfunc Add(a, b int) int\n\nfunc Use(x int) *int { n := Add(x, 1); return &n }\n",
        "add_amd64.s": (
            '#include "textflag.h"\n\nTEXT ·Add(SB), NOSPLIT, $0-24\n\tMOVQ a+0(FP), AX\n\tADDQ b+8(FP), AX\n'
            "\tMOVQ AX, ret+16(FP)\n\tRET\n"
        ),
    }
    report = run_check(write_module(tmp_path / "m", files))
    assert not report.problems
    found = {hint.site.function: (hint.site.allocates, hint.site.bytes) for hint in report.hints}
    assert found == {"New": (Allocates.ALWAYS, 16), "Use": (Allocates.ALWAYS, 8)}
