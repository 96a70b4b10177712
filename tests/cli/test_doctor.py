"""The doctor on healthy and on broken set-ups: its checks, its exit code, and how the report looks."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from stackward.cli import doctor
from stackward.cli.doctor import Check, Status, add_parser, examine, print_report
from stackward.toolchain.caches import cache_dir
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain, discover

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the fakes are sh scripts")


@pytest.fixture(scope="session")
def real() -> Toolchain:
    found = discover(BuildConfig())
    assert isinstance(found, Toolchain), found
    return found


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module in a folder of its own, with stackward's cache beside it."""
    monkeypatch.setenv("STACKWARD_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GOFLAGS", raising=False)
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.com/shop\n\ngo 1.23\n")
    return folder


@pytest.fixture
def wrapper(tmp_path: Path, real: Toolchain) -> Callable[[str], str]:
    """A go command that does ``body`` for ``go build`` and is the real one for everything else."""

    def make(body: str) -> str:
        file = tmp_path / "wrapper"
        file.write_text(f'#!/bin/sh\ncase "$1" in build) {body};; esac\nexec "{real.go}" "$@"\n')
        file.chmod(0o755)
        return str(file)

    return make


def named(checks: list[Check], name: str) -> Check:
    (check,) = [check for check in checks if check.name == name]
    return check


def run(*argv: str) -> int:
    """The exit code of ``stackward doctor``."""
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    args = parser.parse_args(["doctor", *argv])
    code: int = args.run(args)
    return code


def test_all_is_well(module: Path, real: Toolchain, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--go", real.go, str(module)) == 0
    report = capsys.readouterr().out
    assert f"ok       toolchain      {real.version} for {real.goos}/{real.goarch}\n" in report
    assert f"{real.go} (as set)\n" in report
    assert f"GOROOT {real.goroot}\n" in report
    assert f"ok       module         example.com/shop\n{' ' * 24}{module / 'go.mod'}\n" in report
    assert "the compiler's decisions are understood" in report
    assert report.endswith("\nEverything works.\n")


def test_each_thing_is_looked_at_once(module: Path) -> None:
    checks = examine(str(module), BuildConfig())
    assert [check.name for check in checks] == [
        "stackward",
        "libraries",
        "toolchain",
        "module",
        "build cache",
        "trial compile",
        "own cache",
    ]
    assert {check.status for check in checks} == {Status.OK}
    for library in ("pygls 2", "lsprotocol 2025", "tree-sitter 0", "tree-sitter-go 0", "watchdog "):
        assert library in named(checks, "libraries").found


def test_a_missing_toolchain_fails_and_says_what_was_tried(module: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--go", "/no/such/go", str(module)) == 1
    report = capsys.readouterr().out
    assert "setting: /no/such/go: not found" in report
    assert "next: mend that, or install Go" in report
    assert "trial compile" not in report
    assert "1 of 4 checks failed" in report


def test_the_toolchain_is_asked_in_the_folder_and_named_from_here(
    module: Path, real: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shim = tmp_path / "shim"
    shim.write_text(f"#!/bin/sh\ntest -f go.mod || test -f trial.go || exit 126\nexec '{real.go}' \"$@\"\n")
    shim.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    assert run("--go", "./shim", module.name) == 0
    assert f"{shim} (as set)\n" in capsys.readouterr().out


def test_a_library_that_cannot_be_loaded_fails(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load = importlib.import_module

    def broken(name: str) -> object:
        if name == "tree_sitter_go":
            raise ImportError("invalid ELF header")
        return load(name)

    monkeypatch.setattr(importlib, "import_module", broken)
    check = named(examine(str(module), BuildConfig()), "libraries")
    assert (check.status, check.details) == (Status.FAILED, ("tree-sitter-go: invalid ELF header",))
    assert check.advice


# The module.


def test_a_folder_outside_any_module_is_a_warning_only(
    module: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(tmp_path)) == 0
    report = capsys.readouterr().out
    assert f"warning  module         no go.mod or go.work in {tmp_path} or above it\n" in report
    assert "go mod init" in report
    assert report.endswith("stackward works, with 1 warning.\n")
    assert run(str(module)) == 0


def test_gopath_mode_is_a_warning(module: Path) -> None:
    check = named(examine(str(module), BuildConfig(env=(("GO111MODULE", "off"),))), "module")
    assert check.status is Status.WARNING
    assert "GOPATH mode" in check.found


def test_a_folder_that_is_not_there_fails(module: Path) -> None:
    check = named(examine(str(module / "nothing"), BuildConfig()), "module")
    assert (check.status, check.found) == (Status.FAILED, f"no folder {module / 'nothing'}")


@pytest.mark.parametrize(
    ("text", "said", "advice"),
    [
        ("module example.com/shop\nnonsense\n", "unknown directive: nonsense", "go list -m"),
        ("module example.com/shop\n\ngo 1.999\n", "requires go >= 1.999", "install the Go that it asks for"),
    ],
)
def test_a_go_mod_that_cannot_be_used_fails(module: Path, text: str, said: str, advice: str) -> None:
    (module / "go.mod").write_text(text)
    check = named(examine(str(module), BuildConfig()), "module")
    assert (check.status, check.found) == (Status.FAILED, f"{module / 'go.mod'} cannot be used")
    assert said in " ".join(check.details)
    assert advice in check.advice
    assert (module / "go.mod").read_text() == text


def test_a_workspace_names_its_modules(module: Path, tmp_path: Path) -> None:
    (tmp_path / "stock").mkdir()
    (tmp_path / "stock" / "go.mod").write_text("module example.com/stock\n\ngo 1.23\n")
    (tmp_path / "go.work").write_text("go 1.23\n\nuse (\n\t./shop\n\t./stock\n)\n")
    for folder in (module, tmp_path):
        check = named(examine(str(folder), BuildConfig()), "module")
        assert (check.status, check.details) == (Status.OK, (str(tmp_path / "go.work"),))
        assert check.found == "workspace of 2: example.com/shop, example.com/stock"


def test_a_module_left_out_of_the_workspace_is_a_warning(module: Path, tmp_path: Path) -> None:
    (tmp_path / "stock").mkdir()
    (tmp_path / "stock" / "go.mod").write_text("module example.com/stock\n\ngo 1.23\n")
    (tmp_path / "go.work").write_text("go 1.23\n\nuse ./stock\n")
    check = named(examine(str(module), BuildConfig()), "module")
    assert (check.status, check.advice) == (Status.WARNING, f"run: go work use {module}")
    off = named(examine(str(module), BuildConfig(env=(("GOWORK", "off"),))), "module")
    assert off.found == "example.com/shop"


# The caches.


def test_a_build_cache_that_cannot_be_written_fails(
    module: Path, wrapper: Callable[[str], str], real: Toolchain, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    for gocache, found in ((f"{tmp_path}/file/x", "cannot be written: Not a directory"), ("off", "GOCACHE is off")):
        go = wrapper(f':;; env) \'{real.go}\' "$@" | sed \'s|"GOCACHE": .*|"GOCACHE": "{gocache}",|\'; exit')
        checks = examine(str(module), BuildConfig(go=go))
        assert named(checks, "build cache").status is Status.FAILED
        assert found in named(checks, "build cache").found


def test_a_build_cache_is_made_when_it_is_needed(module: Path, tmp_path: Path) -> None:
    checks = examine(str(module), BuildConfig(env=(("GOCACHE", str(tmp_path / "new" / "go-build")),)))
    assert named(checks, "build cache").status is Status.OK


def test_losing_the_own_cache_is_a_warning(module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STACKWARD_CACHE", str(tmp_path / "file" / "cache"))
    check = named(examine(str(module), BuildConfig()), "own cache")
    assert (check.status, check.found) == (
        Status.WARNING,
        f"{tmp_path}/file/cache cannot be written: Not a directory",
    )


def test_looking_at_the_own_cache_leaves_nothing(module: Path, tmp_path: Path) -> None:
    check = named(examine(str(module), BuildConfig()), "own cache")
    assert check.found == f"{tmp_path / 'cache'} (will be made)"
    assert not (tmp_path / "cache").exists()
    (tmp_path / "cache").mkdir()
    assert named(examine(str(module), BuildConfig()), "own cache").found == str(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    everything = {"HOME": "/home/gopher", "XDG_CACHE_HOME": "/xdg", "STACKWARD_CACHE": "/mine"}
    assert cache_dir(everything) == Path("/mine")
    assert cache_dir({**everything, "STACKWARD_CACHE": "~/mine"}) == Path("/home/gopher/mine")
    for unset in ("", "relative/path"):
        assert cache_dir({**everything, "STACKWARD_CACHE": unset}) == Path("/xdg/stackward")
        home = {"HOME": "/home/gopher", "XDG_CACHE_HOME": unset}
        assert cache_dir(home) == Path("/home/gopher/.cache/stackward")
    assert cache_dir({}) == Path(tempfile.gettempdir(), "stackward")
    monkeypatch.setattr("sys.platform", "darwin")
    assert cache_dir({"HOME": "/Users/gopher"}) == Path("/Users/gopher/Library/Caches/stackward")


# The trial compile.


@pytest.mark.parametrize(
    ("body", "found", "detail"),
    [
        ("echo 'no space left' >&2; exit 3", "go build ended with exit status 3", "no space left"),
        ("kill -9 $$", "go build ended with signal 9", ""),
        ("echo './trial.go:4:2: moved does not escape' >&2; exit 0", "does not say what it moves to the heap", ""),
        ("exit 0", "does not say what it moves to the heap", ""),
        ("exec sleep 1000", "the go command does not end", "did not end within 0.5 s"),
    ],
)
def test_a_compile_that_does_not_work_fails(
    module: Path,
    wrapper: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    found: str,
    detail: str,
) -> None:
    if "sleep" in body:
        monkeypatch.setattr(doctor, "_TRIAL_SECONDS", 0.5)
    check = named(examine(str(module), BuildConfig(go=wrapper(body))), "trial compile")
    assert check.status is Status.FAILED
    assert found in check.found
    assert detail in " ".join(check.details)
    assert check.advice


def test_a_foreign_goroot_is_suspected(module: Path, wrapper: Callable[[str], str], real: Toolchain) -> None:
    config = BuildConfig(go=wrapper("exit 1"), env=(("GOROOT", real.goroot),))
    assert f"unset GOROOT (it is {real.goroot})" in named(examine(str(module), config), "trial compile").advice


def test_the_trial_does_not_depend_on_where_it_is_made(
    module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "go src"
    inside.mkdir()
    (inside / "go.mod").write_text("module broken\nnonsense\n")
    (inside / "go.work").write_text("nonsense\n")
    monkeypatch.setattr(tempfile, "tempdir", str(inside))
    for flags in ("", "-mod=vendor", "-trimpath"):
        check = named(examine(str(module), BuildConfig(env=(("GOFLAGS", flags),))), "trial compile")
        assert check.status is Status.OK, check
    assert sorted(path.name for path in inside.iterdir()) == ["go.mod", "go.work"]


def test_no_room_for_the_trial_fails(module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    check = named(examine(str(module), BuildConfig()), "trial compile")
    assert (check.status, check.found) == (Status.FAILED, "no temporary folder: No such file or directory")


# The report.

CHECKS = [
    Check("short", Status.OK, "as it should be", ("first detail", "second detail")),
    Check("a longer name", Status.FAILED, "not so", advice="do this"),
    Check("other", Status.WARNING, "hm"),
]


def test_the_report_is_aligned() -> None:
    out = io.StringIO()
    print_report(CHECKS, out, colour=False)
    assert out.getvalue() == (
        "ok       short          as it should be\n"
        "                        first detail\n"
        "                        second detail\n"
        "failed   a longer name  not so\n"
        "                        next: do this\n"
        "warning  other          hm\n"
        "\n"
        "1 of 3 checks failed; stackward cannot work like this.\n"
    )


def test_colour_changes_nothing_but_the_colour() -> None:
    plain, coloured = io.StringIO(), io.StringIO()
    print_report(CHECKS, plain, colour=False)
    print_report(CHECKS, coloured, colour=True)
    text = coloured.getvalue()
    assert "\x1b[31mfailed \x1b[0m  a longer name" in text
    for code in ("\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"):
        assert code in text
        text = text.replace(code, "")
    assert text == plain.getvalue()


@pytest.mark.parametrize(
    ("terminal", "environ", "coloured"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": ""}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    module: Path, monkeypatch: pytest.MonkeyPatch, *, terminal: bool, environ: dict[str, str], coloured: bool
) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    for name, value in {"NO_COLOR": "", "TERM": "xterm", **environ}.items():
        monkeypatch.setenv(name, value)
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    run("--go", "/no/such/go", str(module))
    assert ("\x1b[" in screen.getvalue()) is coloured


def test_a_path_that_the_terminal_cannot_show_is_escaped() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    print_report([Check("module", Status.OK, "/home/é/\udcff")], out, colour=False)
    out.flush()
    assert b"/home/\\xe9/\\udcff\n" in raw.getvalue()
