"""Contenders take turns, and one that fails does not hold up the others; the events of a time line are merged."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "bench"))

from lspclient import ServerError
from processes import CommandError
from rounds import race
from timeline import merged, rows


@dataclass
class Fake:
    """A contender that writes down its turns; ``fails`` is the turn in which it does."""

    name: str
    log: list[str]
    fails: int = 0
    reaches: dict[str, float] = field(default_factory=lambda: {"": 1.0})
    turns: int = 0

    def save(self) -> dict[str, float]:
        self.turns += 1
        self.log.append(self.name)
        if self.turns == self.fails:
            raise ServerError("no answer in 60 s")
        return self.reaches

    def end(self) -> None:
        self.log.append(f"end {self.name}")


def maker(fake: Fake) -> Callable[[], Fake]:
    return lambda: fake


def test_contenders_take_turns() -> None:
    log: list[str] = []
    measured = race({name: maker(Fake(name, log)) for name in "abc"}, 2, rest=0)
    assert log == [*"abc", *"abc", "end a", "end b", "end c"]
    assert measured.rounds == [{"a": 1.0, "b": 1.0, "c": 1.0}] * 2
    assert measured.notes == []


def test_what_was_reached_is_named_after_the_contender() -> None:
    fake = Fake("a", [], reaches={"first": 1.0, "complete": 2.0})
    assert race({"ours": maker(fake)}, 1, rest=0).rounds == [{"ours first": 1.0, "ours complete": 2.0}]


def test_one_that_fails_is_ended_once_and_noted() -> None:
    log: list[str] = []
    measured = race({"a": maker(Fake("a", log, fails=2)), "b": maker(Fake("b", log))}, 3, rest=0)
    assert log == ["a", "b", "a", "end a", "b", "b", "end b"]
    assert measured.rounds == [{"a": 1.0, "b": 1.0}, {"b": 1.0}, {"b": 1.0}]
    assert measured.notes == ["a, run 2: no answer in 60 s"]


def test_one_that_does_not_start_is_noted() -> None:
    def missing() -> Fake:
        raise CommandError("no such command")

    log: list[str] = []
    measured = race({"a": missing, "b": maker(Fake("b", log))}, 1, rest=0)
    assert measured.rounds == [{"b": 1.0}]
    assert measured.notes == ["a does not start: no such command"]
    assert log == ["b", "end b"]


def test_all_are_ended_when_the_race_is_broken_off() -> None:
    class Broken(Fake):
        def save(self) -> dict[str, float]:
            raise KeyboardInterrupt

    log: list[str] = []
    try:
        race({"a": maker(Fake("a", log)), "b": maker(Broken("b", log))}, 1, rest=0)
    except KeyboardInterrupt:
        log.append("interrupted")
    assert log == ["a", "end a", "end b", "interrupted"]


def test_of_repeated_events_the_first_and_the_last_are_kept() -> None:
    events = [(0.3, "read"), (0.0, "sent"), (0.1, "read"), (0.2, "read")]
    assert merged(events) == [(0.0, "sent"), (0.1, "read, first"), (0.3, "read, last")]


def test_a_time_line_shows_the_middle_save_and_the_median_of_all() -> None:
    saves = [[(0.0, "sent"), (at, "FIRST hints received")] for at in (0.030, 0.010, 0.021)]
    assert rows(saves) == [["0.0", "+0.0", "sent", "0.0"], ["21.0", "+21.0", "FIRST hints received", "21.0"]]
