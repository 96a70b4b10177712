"""Where the time of one save goes: what the server does between ``didSave`` and the last publication, in order."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from commands import Recipe
from lspclient import ServerError
from processes import CommandError, end_group, start
from servers import Server, Timing
from tables import table
from workplace import SCRATCH, Package, Place

Event: TypeAlias = tuple[float, str]
"""Seconds since ``didSave`` was sent, and what happened."""

_DECISION = re.compile(rb"escapes? to heap|moved to heap|does not escape|leaking param")


def timeline(at: Place, *, only: Sequence[str], runs: int) -> Iterator[str]:
    """The section of the report: the save with the median of the first hints, event by event."""
    for package in at.packages():
        if not any(one in package.name for one in only):
            continue
        yield f"## Time line of a save: {package.name}"
        yield ""
        try:
            saves = _saves(package, at, runs)
            alone = [_alone(package, at) for _ in range(runs)]
        except (ServerError, CommandError) as error:
            yield from [f"Failed: {error}", ""]
            continue
        yield f"The save with the median first hints of {runs}; in the last column the median of all of them."
        yield ""
        yield from table(["ms", "since the line before", "event", "all saves, ms"], rows(saves))
        yield "The same compile with nobody else at work (`compile -m=2`, median):"
        yield ""
        yield from table(["ms", "event"], _medians(alone))


def rows(saves: Sequence[Sequence[Event]]) -> list[list[str]]:
    """The events of the middle one of the saves, in which ``first`` comes at the median."""
    named = [merged(events) for events in saves]
    ranked = sorted(named, key=lambda events: next((at for at, what in events if what.startswith("FIRST")), 0.0))
    shown, before = [], 0.0
    for at, what in ranked[len(ranked) // 2]:
        everywhere = [one for events in named for one, other in events if other == what]
        shown.append([_ms(at), f"+{_ms(at - before)}", what, f"{_ms(statistics.median(everywhere))}"])
        before = at
    return shown


def merged(events: Sequence[Event]) -> list[Event]:
    """In order of time; of what happens again and again only the first and the last."""
    ordered = sorted(events)
    count: dict[str, int] = {}
    for _, what in ordered:
        count[what] = count.get(what, 0) + 1
    seen: dict[str, int] = {}
    kept = []
    for at, what in ordered:
        number = seen[what] = seen.get(what, 0) + 1
        if count[what] == 1:
            kept.append((at, what))
        elif number == 1:
            kept.append((at, f"{what}, first"))
        elif number == count[what]:
            kept.append((at, f"{what}, last"))
    return kept


def _saves(package: Package, at: Place, runs: int) -> list[list[Event]]:
    """The events of each save."""
    log = SCRATCH / "stamps"
    log.unlink(missing_ok=True)
    argv = [sys.executable, str(Path(__file__).with_name("traced.py")), str(log)]
    server = Server(argv, package, at.env, Timing())
    found = []
    try:
        missing = [line.partition(" ")[2] for line in _lines(log) if line.startswith("0.000000 ")]
        for _ in range(runs):
            before = len(_lines(log))
            reached = server.save()
            events: list[Event] = [(0.0, "didSave sent")]
            names = {
                "first": "FIRST hints received",
                "complete": "COMPLETE: idle received",
                "last": "last publication received",
            }
            events += [(reached[key], name) for key, name in names.items() if key in reached]
            for line in _lines(log)[before:]:
                stamp, _, what = line.partition(" ")
                if (since := float(stamp) - server.saved) >= 0.0:
                    events.append((since, what))
            events += [(0.0, what) for what in missing]
            found.append(events)
    finally:
        server.end()
    return found


def _alone(package: Package, at: Place) -> dict[str, float]:
    """When the log of the bare compiler begins, when its last decision is printed, and when it ends."""
    work = SCRATCH / "alone"
    work.mkdir(exist_ok=True)
    argv = Recipe.read(package, at).argv("-m=2")(work)
    begun = time.perf_counter()
    process = start(argv, env=at.env, cwd=package.file.parent, stderr=subprocess.STDOUT)
    reached: dict[str, float] = {"process runs": time.perf_counter() - begun}
    assert process.stdout is not None
    try:
        while chunk := os.read(process.stdout.fileno(), 1 << 17):
            now = time.perf_counter() - begun
            reached.setdefault("first bytes", now)
            if _DECISION.search(chunk):
                reached["last decision"] = now
        process.wait()
    finally:
        end_group(process)
    if process.returncode:
        raise CommandError(f"compile -m=2 exits {process.returncode}")
    return {**reached, "process has ended": time.perf_counter() - begun}


def _medians(runs: Sequence[dict[str, float]]) -> list[list[str]]:
    return [[_ms(statistics.median(one[what] for one in runs)), what] for what in runs[0]]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"
