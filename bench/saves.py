"""Save → hints: stackward and gopls over LSP, the commands that can be run without them, and the compiler alone."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from contenders import Command, Contender, Gopls, Server, commands
from lspclient import ServerError
from processes import CommandError
from tables import cell, table, verdict
from workplace import Place, Target

_ALLOWANCE = 0.030  # Seconds that the issue grants for complete hints over 1.25 times the compile.


def saves(  # noqa: PLR0913 - what a run consists of.
    server: Sequence[str],
    gopls: str | None,
    places: Mapping[str, Place],
    *,
    only: Sequence[str],
    runs: int,
    pause: float,
) -> Iterator[str]:
    """Both tables: times, and targets."""
    times, targets, failures = [], [], []
    ours = places["stackward"]
    for number, target in enumerate(ours.targets()):
        if only and not any(one in target.name for one in only):
            continue
        theirs, bare = (places[one].targets()[number] for one in ("gopls", "commands"))
        makers: dict[str, Callable[[], Contender]] = {
            "stackward": lambda target=target: Server(server, target, ours.env, pause),  # type: ignore[misc]
            **commands(bare, places["commands"]),
        }
        if gopls is not None:
            makers["gopls"] = lambda theirs=theirs, gopls=gopls: Gopls([gopls], theirs, places["gopls"].env, pause)  # type: ignore[misc]
        figures, failed = _rounds(makers, runs)
        failures += [f"- {target.name}: {why}" for why in failed]
        times.append([target.name, *(cell(figures.get(name, [])) for name in _COLUMNS)])
        targets.append([target.name, *_verdicts(target, figures)])
        print(f"{target.name}: done", file=sys.stderr)
    yield f"## Save → hints (seconds: median (min–max) of {runs})"
    yield ""
    yield f"`didChange`, then {pause:g} s, then `didSave`; load {os.getloadavg()[0]:.1f} at the end."
    yield ""
    yield from table(["package", *_COLUMNS], times)
    yield from table(["package", *_TARGETS], targets)
    if failures:
        yield from ["What failed:", "", *failures, ""]


_COLUMNS = (
    "stackward first",
    "stackward complete",
    "stackward last",
    "gopls first",
    "gopls last",
    "command of gopls",
    "go build -m=2",
    "compile alone",
)
_TARGETS = ("gopls ÷ first", "asked", "command of gopls ÷ first", "asked", "complete ÷ compile", "complete at most")


def _rounds(makers: Mapping[str, Callable[[], Contender]], runs: int) -> tuple[dict[str, list[float]], list[str]]:
    """Seconds by column, and what failed. In each round every contender has a turn, another one first each time."""
    figures: dict[str, list[float]] = {}
    failed: list[str] = []
    contenders: dict[str, Contender] = {}
    try:
        for name, make in makers.items():
            try:
                contenders[name] = make()
            except (ServerError, CommandError) as error:
                failed.append(f"{name} does not start: {error}")
        for number in range(runs):
            names = list(contenders)
            turn = number % len(names) if names else 0
            for name in names[turn:] + names[:turn]:
                contender = contenders[name]
                try:
                    reached = contender.save()
                except (ServerError, CommandError) as error:
                    failed.append(f"{name}, save {number + 1}: {error}")
                    contenders.pop(name).end()
                    continue
                for what, seconds in reached.items():
                    column = name if isinstance(contender, Command) else f"{name} {what}"
                    figures.setdefault(column, []).append(seconds)
                time.sleep(0.2)
    finally:
        for contender in contenders.values():
            contender.end()
    return figures, failed


def _verdicts(target: Target, figures: Mapping[str, Sequence[float]]) -> list[str]:
    median = {name: statistics.median(values) for name, values in figures.items()}

    def ratio(above: str, below: str) -> float | None:
        return median[above] / median[below] if above in median and below in median else None

    def against(value: float | None, factor: float) -> list[str]:
        if value is None:
            return ["–", f"≥ {factor:g}"]
        return [f"{value:.1f}", f"≥ {factor:g} {verdict(met=value >= factor)}"]

    cells = against(ratio("gopls first", "stackward first"), target.factor)
    cells += against(ratio("command of gopls", "stackward first"), 6)
    complete = ratio("stackward complete", "compile alone")
    if complete is None:
        return [*cells, "–", "1.25 × compile + 30 ms"]
    bound = 1.25 * median["compile alone"] + _ALLOWANCE
    met = verdict(met=median["stackward complete"] <= bound)
    return [*cells, f"{complete:.2f}", f"1.25 × compile + 30 ms = {bound:.3f} {met}"]
