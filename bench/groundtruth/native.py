"""In which machine code the functions of a package are in its test binary: from ``native/main.go``, which is Go."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundtruth.gocommand import Go

SOURCE = Path(__file__).parent / "native"


@dataclass(frozen=True, slots=True)
class Declared:
    """A function of the source; literals have no name."""

    name: str
    file: str
    line: int
    end: int


@dataclass(frozen=True, slots=True)
class Copy:
    """A function inlined into ``body``, by a call at a line."""

    function: str
    body: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Native:
    """What was found; nothing where the binary has no debug information."""

    declared: Sequence[Declared] = ()
    own: frozenset[str] = frozenset()
    copies: Sequence[Copy] = field(default=())

    @property
    def declared_names(self) -> frozenset[str]:
        """The names of the package's functions."""
        return frozenset(one.name for one in self.declared if one.name)

    def innermost(self, file: str, line: int) -> Declared | None:
        """The innermost function around a line."""
        around = [one for one in self.declared if one.file == file and one.line <= line <= one.end]
        return max(around, key=lambda one: (one.line, -one.end)) if around else None

    def function(self, file: str, line: int) -> str:
        """The name of the function around a line, whatever literals are between; empty outside of functions.

        Where a function is inlined its literals are compiled anew, so they go where it goes.
        """
        around = [one for one in self.declared if one.name and one.file == file and one.line <= line <= one.end]
        return around[0].name if around else ""

    def only_copied_away(self, function: str, executed: Callable[[str, int], bool]) -> bool:
        """Whether ``function`` ran only where it was inlined into code that is not the package's, such as a test.

        That is sure when it has no code of its own and no function of the package has a copy of it on a line that was
        executed. What such a copy allocates says nothing about the function's own code: its arguments are constants there,
        its result stays in the test.
        """
        if not function or function in self.own:
            return False
        declared = self.declared_names
        copies = [one for one in self.copies if one.function == function]
        return bool(copies) and not any(
            enclosing(one.body, declared) and executed(one.file, one.line) for one in copies
        )


def enclosing(body: str, declared: frozenset[str]) -> bool:
    """Whether ``body`` is one of the functions, or a literal or wrapper in one: ``p.F.func1``, ``p.F-range1``."""
    return any(body == name or body.startswith((f"{name}.", f"{name}-")) for name in declared)


def build(go: Go, cache: Path) -> Path:
    """The helper, built with the toolchain whose binaries it is to read."""
    digest = hashlib.sha256((SOURCE / "main.go").read_bytes()).hexdigest()[:12]
    command = cache / f"native-{digest}{go.command.suffix}"
    if not command.exists():
        done = go.run("build", "-o", str(command), ".", cwd=SOURCE)
        if done.returncode:
            raise SystemExit(f"cannot build {SOURCE}:\n{done.stderr}")
    return command


def load(raw: dict[str, Any]) -> Native:
    """From the helper's JSON."""
    return Native(
        declared=[Declared(**one) for one in raw.get("declared", ())],
        own=frozenset(raw.get("own", ())),
        copies=[Copy(**one) for one in raw.get("copies", ())],
    )
