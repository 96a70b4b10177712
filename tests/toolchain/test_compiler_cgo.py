"""Packages with C in them: their Go files are compiled as cgo made them, by the compiler itself."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gomodule import write_module
from stackward.core.allocation import ObjectCode
from stackward.core.decision import Kind
from stackward.core.outcome import BuildFailed
from stackward.toolchain.compiler import Compiler, Record, Replay, Replayed
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain
from stackward.toolchain.process import CancelToken
from stackward.toolchain.recipe import Recorder
from stackward.toolchain.unit import Recorded, Unit

C = """\
package c

// static int twice(int x) { return 2*x; }
import "C"

func Twice(x int) *int { v := int(C.twice(C.int(x))); return &v }

type Number struct{ value C.int }

func (n Number) Twice() C.int { return C.twice(n.value) }
"""
PLAIN = "package c\n\nfunc New(a int) *int { n := a; return &n }\n"
USER = """\
package user

import "example.com/m"

func Use() *int { return c.Twice(1) }
"""
CONFIG = BuildConfig(env=(("CGO_ENABLED", "1"),))

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")


class Package:
    def __init__(self, root: Path, toolchain: Toolchain) -> None:
        self.root = write_module(root / "m", {"c.go": C, "plain.go": PLAIN})
        self.recorder = recorder = Recorder(toolchain.go, CONFIG, str(root / "work"))
        # The go command is asked what cgo makes; it does not compile, so that hints need not wait for all of a build.
        self.compiler = Compiler(replace(toolchain, go="/nowhere/go"), CONFIG, str(root / "scratch"), recorder)
        recorded = recorder.record(str(self.root))
        assert isinstance(recorded, Recorded), recorded
        (self.unit,) = recorded.units
        assert isinstance(self.unit, Unit)

    def moved(self, **overlays: str) -> list[tuple[str, int, str]]:
        """What is moved to the heap: file, line from 1, and name."""
        texts = {str(self.root / f"{name}.go"): text.encode() for name, text in overlays.items()}
        records: list[Record] = []
        outcome = self.compiler.escapes(Replay(self.unit, texts), lambda new, _: records.extend(new), CancelToken())
        assert isinstance(outcome, Replayed), outcome
        return sorted(
            (Path(one.at.path).name, one.at.pos.display[0], one.subject)
            for one in records
            if getattr(one, "kind", None) is Kind.MOVED and one.at.path.startswith(str(self.root))
        )


@pytest.fixture
def package(tmp_path: Path, toolchain: Toolchain) -> Package:
    return Package(tmp_path, toolchain)


def test_decisions_are_at_the_users_own_lines(package: Package) -> None:
    assert package.moved() == [("c.go", 6, "v"), ("plain.go", 3, "n")]


def test_unsaved_texts_of_either_kind(package: Package) -> None:
    assert package.moved(c=C.replace("\nfunc", "\n\nfunc").replace("v", "w")) == [
        ("c.go", 7, "w"),
        ("plain.go", 3, "n"),
    ]
    assert package.moved(plain=PLAIN.replace("n :=", "m :=").replace("&n", "&m")) == [
        ("c.go", 6, "v"),
        ("plain.go", 3, "m"),
    ]


def test_object_code(package: Package) -> None:
    code = package.compiler.object_code(Replay(package.unit, {}), CancelToken())
    assert isinstance(code, ObjectCode), code
    own = {(Path(call.path).name, call.line + 1) for call in code.calls if call.path.startswith(str(package.root))}
    assert own == {("c.go", 6), ("plain.go", 3)}


@pytest.mark.parametrize("wrong", ["return v", "return &v }\n\nfunc ("])
def test_an_error_is_at_the_users_own_line(package: Package, wrong: str) -> None:
    text = C.replace("return &v", wrong).encode()
    replay = Replay(package.unit, {str(package.root / "c.go"): text})
    outcome = package.compiler.escapes(replay, lambda *_: None, CancelToken())
    assert isinstance(outcome, BuildFailed), outcome
    at = outcome.errors[0].at
    assert at is not None
    assert at.path == str(package.root / "c.go")
    assert at.pos.display[0] in {6, 8}


def test_export_data_of_an_unsaved_text(package: Package, tmp_path: Path) -> None:
    """Importers compile against what the text says now, and see its places in the user's own file."""
    (package.root / "user").mkdir()
    (package.root / "user" / "user.go").write_text(USER, encoding="utf-8")
    recorded = package.recorder.record(str(package.root / "user"))
    assert isinstance(recorded, Recorded), recorded
    (user,) = recorded.units
    old = "func Twice(x int) *int { v := int(C.twice(C.int(x))); return &v }"
    text = C.replace(old, "var _ = C.twice(1)\n\nfunc Twice(int) *int { return new(int) }")
    archive = tmp_path / "built.a"
    replay = Replay(package.unit, {str(package.root / "c.go"): text.encode()})
    assert package.compiler.build(replay, str(archive), CancelToken()) is None
    inlined = Replay(user, archives={package.unit.archive: str(archive)})
    code = package.compiler.object_code(inlined, CancelToken())
    assert isinstance(code, ObjectCode), code
    assert {(call.path, call.line + 1) for call in code.calls if call.line} == {(str(package.root / "c.go"), 8)}


def test_what_does_not_build_has_no_export_data(package: Package, tmp_path: Path) -> None:
    replay = Replay(package.unit, {str(package.root / "c.go"): C.replace("return &v", "return v").encode()})
    failed = package.compiler.build(replay, str(tmp_path / "built.a"), CancelToken())
    assert isinstance(failed, BuildFailed), failed
    assert failed.errors[0].at is not None
    assert failed.errors[0].at.path == str(package.root / "c.go")
    assert not (tmp_path / "built.a").exists()
