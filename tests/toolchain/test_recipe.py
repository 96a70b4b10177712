"""Recipes recorded with a real go command, and proved by running the compiler with them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stackward.core.outcome import BuildFailed, Cancelled, NotAPackage
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken
from stackward.toolchain.recipe import Recorder
from stackward.toolchain.stamps import stale
from stackward.toolchain.unit import Recorded, Unit, Variant

GO = shutil.which("go") or ""
pytestmark = pytest.mark.skipif(not GO, reason="needs a go command")

MODULE = {"go.mod": "module example.com/m\n\ngo 1.23\n"}
LEAK = "package {}\n\nfunc Leak() *int {{ x := 1; return &x }}\n"


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("GOFLAGS", "GOWORK", "GO111MODULE"):
        monkeypatch.delenv(name, raising=False)


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def recorder(tmp_path: Path, config: BuildConfig | None = None) -> Recorder:
    return Recorder(GO, config or BuildConfig(), str(tmp_path / "work"))


def record(root: Path, *patterns: str, config: BuildConfig | None = None, cwd: str = ".") -> Recorded:
    recorded = recorder(root, config).record(str(root / cwd), patterns or (".",))
    assert isinstance(recorded, Recorded), recorded
    return recorded


def unit(recorded: Recorded, variant: Variant = Variant.PACKAGE, path: str | None = None) -> Unit:
    found = [one for one in recorded.units if one.id.variant is variant and path in {None, one.id.import_path}]
    assert len(found) == 1, (recorded.units, recorded.failures)
    return found[0]


def replay(tmp_path: Path, one: Unit, files: tuple[str, ...] | None = None, config: BuildConfig | None = None) -> str:
    """The log of a compile that must succeed. Its output is never the null device: a compiler that fails removes it."""
    importcfg = tmp_path / "importcfg"
    lines = [f"importmap {old}={new}\n" for old, new in one.importmap]
    lines += [f"packagefile {path}={archive}\n" for path, archive in one.imports]
    importcfg.write_text("".join(lines), encoding="utf-8")
    argv = [*one.argv, "-o", str(tmp_path / "out.a"), "-m=1", "-importcfg", str(importcfg), "-pack"]
    env = {**(config or BuildConfig()).environment(), "PWD": one.cwd}
    ran = subprocess.run(
        [*argv, *(files or one.files)], cwd=one.cwd, env=env, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def test_the_package_and_both_of_its_tests_can_be_replayed(tmp_path):
    write(
        tmp_path,
        {
            **MODULE,
            "q/q.go": LEAK.format("q"),
            "q/export_test.go": "package q\n\ntype T struct{}\n\nfunc (T) OnlyForTests() *int { return Leak() }\n",
            "q/x_test.go": 'package q_test\n\nimport (\n\t"testing"\n\n\t"example.com/m/helper"\n'
            '\t"example.com/m/q"\n)\n\n'
            "func TestX(t *testing.T) { t.Log(q.T{}.OnlyForTests(), helper.H()) }\n",
            "helper/h.go": 'package helper\n\nimport "example.com/m/q"\n\nfunc H() *int { return q.Leak() }\n',
        },
    )
    recorded = record(tmp_path, "./q")
    assert [one.id.variant for one in recorded.units] == [Variant.PACKAGE, Variant.TEST, Variant.XTEST]
    for one in recorded.units:
        replay(tmp_path, one)
    own = dict(unit(recorded, Variant.XTEST).imports)["example.com/m/q"]
    assert own == unit(recorded, Variant.TEST).archive != unit(recorded).archive


def test_a_broken_neighbour_costs_only_itself(tmp_path):
    broken = 'package bad\n\nimport "example.com/m/nosuch"\n\nvar _ = nosuch.X\n'
    write(tmp_path, {**MODULE, "ok/o.go": LEAK.format("ok"), "bad/b.go": broken})
    recorded = record(tmp_path, "./...")
    assert "moved to heap: x" in replay(tmp_path, unit(recorded, path="example.com/m/ok"))
    [failure] = recorded.failures
    assert isinstance(failure, BuildFailed)
    at = failure.errors[0].at
    assert failure.package == "example.com/m/bad"
    assert at is not None
    assert (at.path, at.pos.display) == (str(tmp_path / "bad" / "b.go"), (3, 8))


@pytest.mark.parametrize(("name", "variant"), [("a_test", "external test"), ("a", "test")])
def test_tests_whose_imports_were_never_downloaded_are_a_failure_of_their_own(tmp_path, name, variant):
    test = f'package {name}\n\nimport "example.org/never/there"\n\nvar _ = there.X\n'
    module = "module example.com/m\n\ngo 1.23\n\nrequire example.org/never v1.0.0\n"
    sums = "example.org/never v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    sums += "example.org/never v1.0.0/go.mod h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    write(tmp_path, {"go.mod": module, "go.sum": sums, "a.go": LEAK.format("a"), "a_test.go": test})
    recorded = record(tmp_path)
    assert [one.id.variant for one in recorded.units] == [Variant.PACKAGE]
    [failure] = recorded.failures
    assert isinstance(failure, BuildFailed)
    assert failure.package == f"example.com/m ({variant})"
    [error] = failure.errors
    assert error.message == "example.org/never/there is not in the module cache; run 'go mod download'"
    assert error.at is not None
    assert (error.at.path, error.at.pos.display) == (str(tmp_path / "a_test.go"), (3, 8))


def test_a_package_with_type_errors_of_its_own_has_a_recipe(tmp_path):
    write(tmp_path, {**MODULE, "a.go": 'package a\n\nvar X int = "no"\n'})
    recorded = record(tmp_path)
    assert recorded.failures == ()
    (tmp_path / "a.go").write_text(LEAK.format("a"), encoding="utf-8")
    assert "moved to heap: x" in replay(tmp_path, unit(recorded))


def test_a_dependency_with_errors_is_named_with_its_place(tmp_path):
    write(
        tmp_path,
        {
            **MODULE,
            "a/a.go": 'package a\n\nimport "example.com/m/dep"\n\nvar X = dep.X\n',
            "dep/d.go": "package dep\n\nvar X int = undefined\n",
        },
    )
    recorded = record(tmp_path, "./a")
    [failure] = recorded.failures
    assert recorded.units == ()
    assert isinstance(failure, BuildFailed)
    assert failure.package == "example.com/m/dep"
    at = failure.errors[0].at
    assert at is not None
    assert (at.path, at.pos.display) == (str(tmp_path / "dep" / "d.go"), (3, 13))


def test_inputs_of_the_compile_outlive_the_recording(tmp_path):
    stub = '#include "textflag.h"\n#include "go_asm.h"\nTEXT ·Stub(SB), NOSPLIT, $0-0\n\tRET\n'
    write(
        tmp_path,
        {
            **MODULE,
            "a.go": 'package a\n\nimport _ "embed"\n\n//go:embed "some text.txt"\nvar S string\n\nfunc Stub()\n',
            "some text.txt": "hello\n",
            "é (x).go": "package a\n\nfunc Leak() *int { x := 1; return &x }\n",
            **{f"stub_{arch}.s": stub for arch in ("amd64", "arm64")},
        },
    )
    one = unit(record(tmp_path))
    assert {os.path.basename(name) for name in one.files} == {"a.go", "é (x).go"}
    assert {"-symabis", "-embedcfg"} <= set(one.argv)
    assert "moved to heap: x" in replay(tmp_path, one)


def test_a_profile_is_prepared_for_the_main_package_that_has_one(tmp_path):
    write(tmp_path, {**MODULE, "main.go": "package main\n\nfunc main() { println(1) }\n"})
    assert not any(flag.startswith("-pgoprofile=") for flag in unit(record(tmp_path)).argv)
    # The smallest profile: gzip is optional, and a message without fields has no samples.
    profile = next((Path(unit(record(tmp_path)).argv[0]).parents[3] / "src/cmd/compile").glob("default.pgo"), None)
    if profile is None:
        pytest.skip("this toolchain comes without a profile")
    shutil.copy(profile, tmp_path / "default.pgo")
    one = unit(record(tmp_path))
    [flag] = [flag for flag in one.argv if flag.startswith("-pgoprofile=")]
    assert Path(flag.partition("=")[2]).read_bytes().startswith(b"GO PREPROFILE")
    replay(tmp_path, one)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
def test_a_cgo_package_is_replayed_with_what_cgo_made(tmp_path):
    source = (
        'package c\n\n// static int twice(int x) { return 2*x; }\nimport "C"\n\n'
        "func Twice(x int) *int { v := int(C.twice(C.int(x))); return &v }\n"
    )
    write(tmp_path, {**MODULE, "c.go": source, "plain.go": LEAK.format("c")})
    config = BuildConfig(env=(("CGO_ENABLED", "1"),))
    recordings = recorder(tmp_path, config)
    recorded = recordings.record(str(tmp_path))
    assert isinstance(recorded, Recorded)
    one = unit(recorded)
    assert one.cgo
    files = recordings.compiled(one)
    assert isinstance(files, tuple), files
    log = replay(tmp_path, one, files, config)
    assert f"{tmp_path / 'c.go'}:6:26: moved to heap: v" in log
    assert "plain.go:3:20: moved to heap: x" in log


def test_flags_of_the_user_reach_the_compiler_and_ours_do_not(tmp_path, monkeypatch):
    write(tmp_path, {**MODULE, "a.go": LEAK.format("a")})
    monkeypatch.setenv("GOFLAGS", "-gcflags=-N")
    assert "-N" in unit(record(tmp_path)).argv
    # The last pattern that matches wins, as the go command has it.
    config = BuildConfig(flags=("-gcflags=all=-l", "-gcflags=example.com/other=-N", "-v"))
    argv = unit(record(tmp_path, config=config)).argv
    assert "-l" in argv
    assert not {"-N", "-m=0", "-trimpath", "-buildid", "-o", "-pack"} & set(argv)
    assert not any(flag.startswith(("-c=", "-m")) or "$WORK" in flag for flag in argv)


def test_tags_and_target_decide_the_files(tmp_path):
    write(
        tmp_path,
        {
            **MODULE,
            "a.go": LEAK.format("a"),
            "a_windows.go": "package a\n\nvar W = 1\n",
            "tagged.go": "//go:build special\n\npackage a\n\nvar S = 1\n",
        },
    )
    config = BuildConfig(tags=("special",), goos="windows", goarch="arm64", env=(("CGO_ENABLED", "0"),))
    one = unit(record(tmp_path, config=config))
    assert [os.path.basename(name) for name in one.files] == ["a.go", "a_windows.go", "tagged.go"]
    replay(tmp_path, one, config=config)


def test_a_workspace_leads_to_the_other_module_and_nothing_is_written(tmp_path):
    write(
        tmp_path,
        {
            "go.work": "go 1.23\n\nuse (\n\t./app\n\t./app-lib\n)\n",
            "app/go.mod": "module example.com/app\n\ngo 1.23\n",
            "app/a.go": 'package app\n\nimport "example.com/lib"\n\nvar X = lib.Leak()\n',
            "app-lib/go.mod": "module example.com/lib\n\ngo 1.23\n",
            "app-lib/l.go": LEAK.format("lib"),
        },
    )
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    work = Recorder(GO, BuildConfig(), str(tmp_path.parent / f"{tmp_path.name}-work"))
    # The name of one folder starts that of the other: the dry run prints "./…" for one and ".-lib/…" for the other.
    recorded = work.record(str(tmp_path / "app"), [".", "example.com/lib"])
    assert isinstance(recorded, Recorded), recorded
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert unit(recorded, path="example.com/lib").files == (str(tmp_path / "app-lib" / "l.go"),)
    for one in recorded.units:
        replay(tmp_path, one)
    assert {one.path for one in recorded.graph if one.local} == {"example.com/app", "example.com/lib"}


def test_vendored_packages_of_the_standard_library_are_mapped(tmp_path):
    goroot = subprocess.run([GO, "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
    recorded = recorder(tmp_path).record(
        os.path.join(goroot, "src"), ["net/http/httptrace", "crypto/hpke", "net/http"], tests=False
    )
    assert isinstance(recorded, Recorded), recorded
    one = unit(recorded, path="net/http")
    assert ("golang.org/x/net/http/httpguts", "vendor/golang.org/x/net/http/httpguts") in one.importmap
    replay(tmp_path, one)


def test_files_outside_a_module_can_be_recorded_by_name(tmp_path):
    write(tmp_path, {"a.go": LEAK.format("a"), "b.go": "package other\n"})
    outside = recorder(tmp_path).record(str(tmp_path))
    assert isinstance(outside, NotAPackage)
    assert "go mod init" in outside.reason
    recorded = recorder(tmp_path).record(str(tmp_path), ["a.go"])
    assert isinstance(recorded, Recorded), recorded
    one = unit(recorded, path="command-line-arguments")
    assert "moved to heap: x" in replay(tmp_path, one)


@pytest.mark.parametrize(
    ("files", "env", "reason"),
    [
        ({**MODULE, "a.txt": ""}, (), "no Go files"),
        ({**MODULE, "a.go": LEAK.format("a")}, (("GO111MODULE", "off"),), "GO111MODULE"),
    ],
)
def test_what_is_no_package_says_why(tmp_path, files, env, reason):
    outcome = recorder(write(tmp_path, files), BuildConfig(env=env)).record(str(tmp_path))
    failure = outcome.failures[0] if isinstance(outcome, Recorded) else outcome
    assert isinstance(failure, NotAPackage)
    assert reason in failure.reason


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (".", "run 'go mod init'"),
        ("./...", "run 'go mod init'"),
        ("gone.go", "there is no such file"),
        ("net/htp", "not in std"),
    ],
)
def test_outside_of_any_module_it_is_said_what_is_missing(tmp_path, pattern, reason):
    outcome = recorder(write(tmp_path, {"a.go": LEAK.format("a")})).record(str(tmp_path), [pattern])
    failure = outcome.failures[0] if isinstance(outcome, Recorded) else outcome
    assert isinstance(failure, NotAPackage)
    assert reason in failure.reason


def test_a_folder_that_is_gone_is_no_package(tmp_path):
    assert isinstance(recorder(tmp_path).record(str(tmp_path / "gone")), NotAPackage)


def test_recording_stops_when_it_is_cancelled(tmp_path):
    write(tmp_path, {**MODULE, "a.go": LEAK.format("a")})
    token = CancelToken()
    token.cancel()
    assert isinstance(recorder(tmp_path).record(str(tmp_path), cancel=token), Cancelled)


def test_packages_that_are_built_first_are_told(tmp_path):
    write(tmp_path, {**MODULE, "a.go": 'package a\n\nimport "example.com/m/dep"\n\nvar X = dep.Leak()\n'})
    # A text that no build cache has.
    write(tmp_path, {"dep/d.go": f"{LEAK.format('dep')}\nconst Where = {str(tmp_path)!r}\n".replace("'", '"')})
    told: list[tuple[str, int, int]] = []
    recordings = recorder(tmp_path)
    recordings.record(str(tmp_path), progress=lambda *args: told.append(args))
    assert ("building example.com/m/dep", 0, 0) in told


def test_a_file_that_appears_or_a_changed_module_makes_it_stale(tmp_path):
    write(tmp_path, {**MODULE, "a.go": LEAK.format("a")})
    recorded = record(tmp_path)
    assert stale(recorded) == ""
    (tmp_path / "a.go").write_text(LEAK.format("a") + "\nvar Y = 1\n", encoding="utf-8")
    assert stale(recorded) == ""
    (tmp_path / "go.work").write_text("go 1.23\n\nuse .\n", encoding="utf-8")
    assert "go.work" in stale(recorded)
    (tmp_path / "go.work").unlink()
    (tmp_path / "b.go").write_text("package a\n", encoding="utf-8")
    assert stale(recorded) != ""


if sys.platform == "win32":  # pragma: no cover
    pytestmark = [pytestmark, pytest.mark.skip(reason="the paths in these tests are POSIX")]
