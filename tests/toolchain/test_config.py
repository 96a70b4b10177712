"""Build settings: what reaches the go command, and what makes two of them differ."""

from __future__ import annotations

import dataclasses

import pytest

from stackward.toolchain.config import BuildConfig


def test_the_go_command_is_kept_offline_and_local() -> None:
    env = BuildConfig().environment({"PATH": "/bin", "GOPROXY": "https://proxy.example", "GOTOOLCHAIN": "auto"})
    assert env == {"PATH": "/bin", "GOPROXY": "off", "GOTOOLCHAIN": "local"}


def test_settings_win_over_the_environment_and_env_over_all() -> None:
    config = BuildConfig(goos="linux", goarch="arm64", env=(("GOPROXY", "direct"), ("GOARCH", "riscv64")))
    env = config.environment({"GOOS": "plan9", "GOARCH": "386"})
    assert env == {"GOOS": "linux", "GOARCH": "riscv64", "GOPROXY": "direct", "GOTOOLCHAIN": "local"}


def test_the_servers_own_environment_is_the_base(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKWARD_TEST_MARK", "x")
    env = BuildConfig().environment()
    assert env["STACKWARD_TEST_MARK"] == "x"
    env["STACKWARD_TEST_MARK"] = "changed"
    assert BuildConfig().environment()["STACKWARD_TEST_MARK"] == "x"


def test_an_unset_target_leaves_the_environments() -> None:
    assert BuildConfig().environment({"GOOS": "plan9"})["GOOS"] == "plan9"


def test_flags_and_tags_reach_the_command_line() -> None:
    assert BuildConfig().build_flags() == []
    config = BuildConfig(tags=("integration", "cgo"), flags=("-race", "-trimpath"))
    assert config.build_flags() == ["-race", "-trimpath", "-tags=integration,cgo"]
    assert config.flags == ("-race", "-trimpath")


@pytest.mark.parametrize(
    "change",
    [
        {"go": "/go/bin/go"},
        {"tags": ("a",)},
        {"tags": ("a", "b")},
        {"tags": ("a,b",)},
        {"goos": "linux"},
        {"goarch": "linux"},
        {"flags": ("-race",)},
        {"flags": ("a",)},
        {"env": (("a", "b"),)},
    ],
    ids=str,
)
def test_every_field_is_part_of_the_fingerprint(change: dict[str, object]) -> None:
    changed = BuildConfig(**change)  # type: ignore[arg-type]
    others = [BuildConfig(), BuildConfig(tags=("a",), goos="x"), BuildConfig(env=(("a", "c"),))]
    assert changed.fingerprint() not in {other.fingerprint() for other in others}
    assert changed.fingerprint() == dataclasses.replace(changed).fingerprint()


def test_fields_cannot_be_confused_in_the_fingerprint() -> None:
    alike = [
        BuildConfig(tags=("a", "b")),
        BuildConfig(tags=("a,b",)),
        BuildConfig(flags=("a", "b")),
        BuildConfig(tags=("a",), flags=("b",)),
        BuildConfig(goos="a", goarch="b"),
        BuildConfig(goos="b", goarch="a"),
        BuildConfig(env=(("a", "b"),)),
    ]
    assert len({config.fingerprint() for config in alike}) == len(alike)


def test_the_go_command_is_not_let_write_module_files() -> None:
    base = {"GOFLAGS": "-tags=a -mod=mod -trimpath", "PATH": "x"}
    assert BuildConfig().environment(base)["GOFLAGS"] == "-tags=a -trimpath"
    assert BuildConfig().environment({"GOFLAGS": "-mod=vendor"})["GOFLAGS"] == "-mod=vendor"
    assert "GOFLAGS" not in BuildConfig().environment({})
    assert BuildConfig(env=(("GOFLAGS", "-mod=mod"),)).environment(base)["GOFLAGS"] == "-mod=mod"
