"""What reading the object code costs, against making it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from commands import Recipe
from processes import run
from stackward.toolchain.objectcode import ObjectCodeParser
from tables import cell, table
from targets import Target, at_most
from workplace import Place

_RUNS = 5
_CHUNK = 1 << 17  # As the server reads it.
_TARGET = 0.10


def reading(at: Place, minor: int, arch: str) -> Iterator[str | Target]:
    """The section of the report."""
    rows = []
    ratios: list[float] = []
    for package in at.packages():
        if package.name not in {"net/http", "go/types"}:
            continue
        compiles: list[float] = []
        reads: list[float] = []
        lines = 0
        for _ in range(_RUNS):
            with tempfile.TemporaryDirectory() as folder:
                argv = Recipe.read(package, at).argv("-S")(Path(folder))
                took, printed = run(argv, env=at.env, cwd=package.file.parent)
            text = printed.encode()
            lines = text.count(b"\n")
            compiles.append(took)
            reads.append(_read(text, minor, arch))
        ratios += [read / made for read, made in zip(reads, compiles, strict=True)]
        rows.append([package.name, f"{lines:,}", cell(compiles), cell(reads), cell(ratios[-_RUNS:])])
    yield "## Reading `compile -S`"
    yield ""
    yield from table(["package", "lines", "compile -S, s", "reading, s", "ratio"], rows)
    yield at_most("reading the object code ÷ `compile -S`", ratios, _TARGET, unit="")


def _read(text: bytes, minor: int, arch: str) -> float:
    started = time.perf_counter()
    parser = ObjectCodeParser({}, minor, arch)
    for at in range(0, len(text), _CHUNK):
        parser.feed(text[at : at + _CHUNK])
    parser.close()
    return time.perf_counter() - started
