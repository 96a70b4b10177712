"""What an analysis gives: plain values, the same for the editor and for the command line."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from stackward.core.decision import Problem
from stackward.core.hint import Hint
from stackward.core.outcome import BuildFailed, NotAPackage
from stackward.core.position import Location
from stackward.core.site import Function


@dataclass(frozen=True, slots=True)
class FileResult:
    """The hints and functions of one file, in the order of the source. ``digest`` is of the text that they are about.

    ``tags`` are digests of what the compiler tells importers about the parameters of the file's functions, by their
    names and without positions.
    ``generic`` is set where a unit of another package says it, which holds as long as the file's generic code is the
    same (``syntax.surface.generic_code``).
    """

    path: str
    digest: str
    hints: tuple[Hint, ...]
    functions: tuple[Function, ...]
    tags: tuple[tuple[str, str], ...] = ()
    generic: str = ""


@dataclass(frozen=True, slots=True)
class Callee:
    """A call, in ``function``, of what allocates out of sight (``toolchain.callees``); for the rest see ``Site``."""

    path: str
    function: str
    name: str
    loops: int = 0
    cold: bool = False


@dataclass(frozen=True, slots=True)
class UnitResult:
    """The analysis of one compile unit.

    ``elsewhere`` is about files of other packages, whose generic code the unit instantiates.
    ``records`` counts the records of the log by kind, ``merged`` the copies that became part of another site,
    ``outside`` the sites in files of other packages (code that was inlined or instantiated from there).
    """

    files: tuple[FileResult, ...]
    log_bytes: int
    records: Mapping[str, int] = field(default_factory=dict)
    merged: int = 0
    outside: int = 0
    problems: tuple[Problem, ...] = ()
    callees: tuple[Callee, ...] = ()
    elsewhere: tuple[FileResult, ...] = ()


class Freshness(enum.Enum):
    """How a file's hints relate to its text."""

    FIRST = "first"
    """The compile still runs: hints so far, and older ones that it has not reached."""
    COMPLETE = "complete"
    MOVED = "moved"
    """From the last analysis, moved along with the text that was edited since."""


@dataclass(frozen=True, slots=True)
class FileHints:
    """The hints of one file, in the order of the source; ranges are those of its current text."""

    path: str
    freshness: Freshness
    hints: tuple[Hint, ...] = ()


class State(enum.Enum):
    """What the server is doing, for the status item of an editor."""

    IDLE = "idle"
    ANALYSING = "analysing"
    BROKEN = "broken"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Status:
    """The state with one sentence, and the place to look at where the build is broken."""

    state: State
    message: str = ""
    at: Location | None = None


@dataclass(frozen=True, slots=True)
class PackageReport:
    """One package of a ``check``: how many sites it has, or why it has none."""

    import_path: str
    dir: str
    sites: int
    cached: bool
    failure: BuildFailed | NotAPackage | None = None


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Everything that a ``check`` found: what matters most comes first (``Site.heat``), then by file and position."""

    toolchain: str
    packages: tuple[PackageReport, ...]
    hints: tuple[Hint, ...]
    problems: tuple[Problem, ...]
    records: Mapping[str, int] = field(default_factory=dict)
