"""The ways in which work can end. Expected failures are values of a union, matched exhaustively."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from stackward.core.position import Location


@dataclass(frozen=True, slots=True)
class ToolchainMissing:
    """No usable ``go`` command. ``searched`` says where, in order, and why each did not do."""

    searched: tuple[str, ...]

    def __str__(self) -> str:
        places = "".join(f"\n  - {place}" for place in self.searched)
        return (
            "no usable Go toolchain was found. stackward looked at:"
            f"{places}\nInstall Go 1.23 or newer, set STACKWARD_GO, or run: pip install 'stackward[go]'"
        )


@dataclass(frozen=True, slots=True)
class BuildError:
    """One error of the Go compiler or of the go command; ``at`` is None where it names no place."""

    message: str
    at: Location | None = None


@dataclass(frozen=True, slots=True)
class BuildFailed:
    """The package, or one that it imports, does not build."""

    package: str
    errors: tuple[BuildError, ...]

    def __str__(self) -> str:
        first = self.errors[0] if self.errors else BuildError("no message from the compiler")
        where = ""
        if first.at is not None:
            line, column = first.at.pos.display
            where = f"{first.at.path}:{line}:{column}: "
        more = f" (and {len(self.errors) - 1} more)" if len(self.errors) > 1 else ""
        return f"{self.package} does not build: {where}{first.message}{more}"


@dataclass(frozen=True, slots=True)
class NotAPackage:
    """The path is not part of a package that Go can build here; ``reason`` says why and what to do."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The work was ended because its result is no longer wanted."""


Failure: TypeAlias = ToolchainMissing | BuildFailed | NotAPackage | Cancelled
