"""Contenders in rounds: each has one turn per round, so that what else a machine does hits all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from lspclient import ServerError
from processes import CommandError
from tables import Round

_REST = 0.2  # Seconds between two turns.


class Contender(Protocol):
    """Something that is timed in turn with others."""

    def save(self) -> Round:
        """Make and save a change; gives seconds by the name of what was reached."""
        ...

    def end(self) -> None:
        """End it."""
        ...


@dataclass(slots=True)
class Measured:
    """The rounds, and a sentence about each contender that failed and has no figures from there on."""

    rounds: list[Round] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def race(makers: Mapping[str, Callable[[], Contender]], runs: int, rest: float = _REST) -> Measured:
    """Start all contenders, then let them take turns in the order given. One that fails does not hold up the others."""
    measured = Measured()
    contenders: dict[str, Contender] = {}
    try:
        for name, make in makers.items():
            try:
                contenders[name] = make()
            except (ServerError, CommandError) as error:
                measured.notes.append(f"{name} does not start: {error}")
        for number in range(1, runs + 1):
            measured.rounds.append(_turns(contenders, measured.notes, number, rest))
    finally:
        for contender in contenders.values():
            contender.end()
    return measured


def _turns(contenders: dict[str, Contender], notes: list[str], number: int, rest: float) -> Round:
    """One round. Whoever fails is ended and has no further turn: it may still be at work on what it did not finish."""
    reached: dict[str, float] = {}
    for name, contender in list(contenders.items()):
        try:
            took = contender.save()
        except (ServerError, CommandError) as error:
            notes.append(f"{name}, run {number}: {error}")
            contenders.pop(name).end()
            continue
        reached |= {f"{name} {what}".rstrip(): seconds for what, seconds in took.items()}
        time.sleep(rest)
    return reached
