"""A compile unit: one run of the compiler, with everything that it needs. Plain values that can be kept on disk."""

from __future__ import annotations

import enum
import itertools
import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from stackward.core.outcome import BuildFailed, NotAPackage

_Entry = TypeVar("_Entry")


class Variant(enum.Enum):
    """Which of a package's compile units."""

    PACKAGE = "package"
    TEST = "test"
    """The package together with its in-package ``_test.go`` files."""
    XTEST = "external test"
    """The package ``p_test`` in the same folder."""


@dataclass(frozen=True, slots=True)
class UnitId:
    """``import_path`` is that of the package under test for all three variants."""

    import_path: str
    variant: Variant

    def __str__(self) -> str:
        return self.import_path if self.variant is Variant.PACKAGE else f"{self.import_path} ({self.variant.value})"


@dataclass(frozen=True, slots=True)
class Unit:
    """How to compile one unit.

    ``files`` are the Go files in the compiler's order, absolute. ``argv`` is the compile command with an absolute
    program and without ``-o``, ``-buildid``, ``-trimpath``, ``-importcfg``, ``-pack`` and files; those of a ``cgo``
    package are what cgo makes of its own (``Recorder.compiled``). ``imports`` are pairs of import path and export data
    file, ``importmap`` pairs of the path in the source and the real one. ``archive`` is the unit's own export data.
    """

    id: UnitId
    name: str
    dir: str
    files: tuple[str, ...]
    argv: tuple[str, ...]
    cwd: str
    imports: tuple[tuple[str, str], ...]
    importmap: tuple[tuple[str, str], ...]
    archive: str
    cgo: bool
    standard: bool
    module: str

    @property
    def package(self) -> str:
        """The package's path as the linker knows it: ``compile -p``."""
        after = (value for flag, value in itertools.pairwise(self.argv) if flag == "-p")
        return next(after, "main" if self.name == "main" else self.id.import_path)


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the import graph. ``imports`` name variants where they are used; ``dir`` is where its source is."""

    path: str
    name: str
    dir: str
    files: tuple[str, ...]
    imports: tuple[str, ...]
    standard: bool
    local: bool
    """In the main module or a module of go.work, so that its source may change under us."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a recipe depends on outside the bodies of functions. ``size`` is -1 for a file that does not exist."""

    path: str
    mtime_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """The units of the packages asked for, the graph below them, and what could not be recorded.

    ``stamps`` are of module files and other inputs, ``listings`` of the folders' file names, ``headers`` of the
    parts of Go files that decide what is compiled (``recipe.header``).
    """

    units: tuple[Unit, ...]
    graph: tuple[Package, ...]
    failures: tuple[BuildFailed | NotAPackage, ...]
    stamps: tuple[Stamp, ...]
    listings: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    local: tuple[Stamp, ...]
    """The Go files of imported packages whose source may change under us: the export data is that of these."""
    own: tuple[Stamp, ...]
    """The Go files of the packages themselves, whose export data their external tests import."""

    def by_folder(self) -> dict[str, Recorded]:
        """What is recorded of each package by itself, by its folder."""
        units = _grouped(self.units, lambda unit: unit.dir)
        listings = _grouped(self.listings, lambda entry: entry[0])
        headers = _grouped(self.headers, lambda entry: os.path.dirname(entry[0]))
        own = _grouped(self.own, lambda stamp: os.path.dirname(stamp.path))
        return {
            folder: Recorded(
                units=tuple(units[folder]),
                graph=self.graph,
                failures=tuple(one for one in self.failures if _about(one, units[folder])),
                stamps=self.stamps,
                listings=tuple(listings[folder]),
                headers=tuple(headers[folder]),
                local=self.local,
                own=tuple(own[folder]),
            )
            for folder in sorted(units)
        }


def _grouped(entries: Iterable[_Entry], folder: Callable[[_Entry], str]) -> defaultdict[str, list[_Entry]]:
    found = defaultdict[str, list[_Entry]](list)
    for one in entries:
        found[folder(one)].append(one)
    return found


def _about(failure: BuildFailed | NotAPackage, units: Iterable[Unit]) -> bool:
    """Whether a failure is one of the tests of a package that has a recipe."""
    names = {str(UnitId(unit.id.import_path, variant)) for unit in units for variant in Variant}
    return isinstance(failure, BuildFailed) and failure.package in names
