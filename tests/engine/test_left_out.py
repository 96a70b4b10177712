"""Open files that the build leaves out: nothing is broken, and what would take them in is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gomodule import Quiet, write_module
from stackward.engine.results import State
from stackward.engine.session import Session
from stackward.toolchain.config import BuildConfig

FILES = {
    "p.go": "package p\n\nfunc New(a int) *int { return &a }\n",
    "tagged.go": "//go:build special\n\npackage p\n",
    "c.go": 'package p\n\nimport "C"\n',
    "script/main.go": "//go:build ignore\n\npackage main\n\nfunc main() {}\n",
}
NO_CGO = (("CGO_ENABLED", "0"),)


@contextmanager
def opened(root: Path, name: str, config: BuildConfig) -> Iterator[tuple[Session, str]]:
    """A session in which one file of the module is open, and its package analysed."""
    write_module(root, FILES)
    session = Session(Quiet(), work=str(root.parent / "work"), jobs=2)
    session.add_folder(str(root), config)
    path = root / name
    session.open(str(path), path.read_bytes())
    assert session.settled(str(path.parent), 60)
    try:
        yield session, str(path)
    finally:
        session.shutdown()


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("tagged.go", ("build.tags with special",)),
        ("c.go", ("build.env = CGO_ENABLED=1",)),
        ("script/main.go", ()),
    ],
)
def test_what_would_take_it_in(tmp_path: Path, name: str, settings: tuple[str, ...]) -> None:
    with opened(tmp_path / "m", name, BuildConfig(env=NO_CGO)) as (session, path):
        found = session.left_out(path)
        assert found is not None
        assert found.settings == settings
        assert session.status().state is State.IDLE


@pytest.mark.parametrize("config", [BuildConfig(tags=("special",)), BuildConfig(flags=("-tags=special",))])
def test_a_file_of_the_build_is_not_left_out(tmp_path: Path, config: BuildConfig) -> None:
    with opened(tmp_path / "m", "tagged.go", config) as (session, path):
        assert session.left_out(path) is None


def test_flags_of_the_environment_count(tmp_path: Path) -> None:
    config = BuildConfig(env=(*NO_CGO, ("GOFLAGS", "-tags=special")))
    with opened(tmp_path / "m", "c.go", config) as (session, path):
        assert session.left_out(path.replace("c.go", "tagged.go")) is None
        found = session.left_out(path)
        assert found is not None
        assert found.why == "it imports C, and cgo is off"


def test_tags_of_flags() -> None:
    config = BuildConfig(flags=("-race", "-tags=one,two"))
    assert config.all_tags("-tags=other") == {"race", "one", "two"}
    assert BuildConfig(tags=("three",), flags=("-tags=one",)).all_tags("") == {"three"}
    assert BuildConfig().all_tags("-mod=mod -tags=other") == {"other"}
