"""Save → hints: stackward and gopls over LSP, the commands that can be run without them, and the compiler alone."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from commands import BUILD, COMPILE, GOPLS_RUNS, OBJECT_CODE, commands
from rounds import Contender, race
from servers import Gopls, Server, Timing
from tables import Round, cell, ratios, table, values
from targets import Target, at_least, at_most
from workplace import Package, Place

_FACTOR = 1.25
_ALLOWANCE = 0.030  # Seconds that complete hints are granted over ``_FACTOR`` times the compile.
_COMMAND_FACTOR = 6.0
_SIMULTANEOUS = 0.005  # Seconds; what comes as late as this after another message came with it.
_TIMES = (
    "stackward first",
    "stackward complete",
    "stackward last",
    "gopls first",
    "gopls last",
    GOPLS_RUNS,
    BUILD,
    OBJECT_CODE,
    COMPILE,
)
_RATIOS = (
    ("gopls first", "stackward first"),
    (GOPLS_RUNS, "stackward first"),
    (BUILD, "stackward first"),
    ("stackward first", COMPILE),
    ("stackward complete", OBJECT_CODE),
    ("stackward complete", COMPILE),
)


def saves(
    server: Sequence[str],
    gopls: str | None,
    places: Mapping[str, Place],
    *,
    only: Sequence[str],
    runs: int,
    timing: Timing,
) -> Iterator[str | Target]:
    """The tables of times and of ratios, and a target for each of the latter that has one."""
    times, factors, notes = [], [], []
    targets: list[Target] = []
    for number, package in enumerate(places["stackward"].packages()):
        if only and not any(one in package.name for one in only):
            continue
        measured = race(_makers(server, gopls, places, number, timing), runs)
        rounds = measured.rounds
        times.append([package.name, *(cell(values(rounds, name), of=runs) for name in _TIMES)])
        factors.append([package.name, *(cell(ratios(rounds, *pair), 2) for pair in _RATIOS)])
        notes += [f"- {package.name}: {note}" for note in measured.notes]
        targets += _targets(package, rounds)
        print(" | ".join(times[-1]), file=sys.stderr)  # Should the run be broken off, this much is known.
    yield f"## Save → hints (seconds: median (min–max) of {runs} runs)"
    yield ""
    yield f"`didChange`, then {timing.pause:g} s, then `didSave`. All take turns, run by run; load {os.getloadavg()[0]:.1f} at the end."
    yield ""
    yield from table(["package", *_TIMES], times)
    yield "Ratios of figures of the same run:"
    yield ""
    yield from table(["package", *(f"{above} ÷ {below}" for above, below in _RATIOS)], factors)
    if notes:
        yield from ["What failed, and has no figures from there on:", "", *notes, ""]
    yield from targets


def _makers(
    server: Sequence[str], gopls: str | None, places: Mapping[str, Place], number: int, timing: Timing
) -> dict[str, Callable[[], Contender]]:
    """The contenders for a package in the order of their turns, each with a copy of its own."""
    ours, theirs, bare = (places[name].packages()[number] for name in ("stackward", "gopls", "commands"))
    makers: dict[str, Callable[[], Contender]] = {
        "stackward": functools.partial(Server, server, ours, places["stackward"].env, timing)
    }
    if gopls is not None:
        makers["gopls"] = functools.partial(Gopls, [gopls], theirs, places["gopls"].env, timing)
    return makers | commands(bare, places["commands"])


def _targets(package: Package, rounds: Sequence[Round]) -> Iterator[Target]:
    yield at_least(
        f"{package.name}: first hints sooner than gopls",
        ratios(rounds, "gopls first", "stackward first"),
        package.factor,
    )
    yield at_least(
        f"{package.name}: first hints sooner than what gopls runs",
        ratios(rounds, GOPLS_RUNS, "stackward first"),
        _COMMAND_FACTOR,
    )
    for floor in (OBJECT_CODE, COMPILE):
        yield _bounded(package, "complete hints", "stackward complete", floor, rounds)
    # Explanations that take long follow after the server has said that it is idle: that is shown, not hidden.
    if any(one.get("stackward last", 0.0) > one.get("stackward complete", 0.0) + _SIMULTANEOUS for one in rounds):
        yield _bounded(package, "what is published after that", "stackward last", OBJECT_CODE, rounds)


def _bounded(package: Package, what: str, reached: str, floor: str, rounds: Sequence[Round]) -> Target:
    """Whether something comes within the time that is granted over the compile of the same run."""
    shares = [one[reached] / (_FACTOR * one[floor] + _ALLOWANCE) for one in rounds if reached in one and floor in one]
    bound = f"({_FACTOR:g} × `{floor}` + {_ALLOWANCE * 1000:g} ms)"
    return at_most(f"{package.name}: {what} ÷ {bound}", shares, 1.0, unit="")
