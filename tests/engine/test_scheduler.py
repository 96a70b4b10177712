"""The scheduler: one job that runs and one that waits per key, the urgent first, and nothing that outlives it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from stackward.engine.scheduler import Job, Priority, Scheduler
from stackward.toolchain.process import CancelToken

PATIENCE = 30.0  # Seconds; only a scheduler that is stuck makes a test wait for so long.


class Held:
    """A job that runs until it is released or cancelled."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.release = threading.Event()
        self.token: CancelToken | None = None

    def __call__(self, cancel: CancelToken) -> None:
        self.token = cancel
        with cancel.calling(self.release.set):
            self.started.set()
            assert self.release.wait(PATIENCE)

    def wait(self) -> None:
        assert self.started.wait(PATIENCE)

    @property
    def cancelled(self) -> bool:
        return self.token is not None and self.token.cancelled


@pytest.fixture
def one() -> Iterator[Scheduler]:
    """A scheduler with one thread."""
    scheduler = Scheduler(1)
    yield scheduler
    scheduler.close()


@pytest.fixture
def two() -> Iterator[Scheduler]:
    scheduler = Scheduler(2)
    yield scheduler
    scheduler.close()


def noting(ran: list[str], name: str) -> Job:
    return lambda _: ran.append(name)


def test_the_urgent_first_then_the_earlier(one: Scheduler) -> None:
    held, ran = Held(), list[str]()
    one.submit("held", Priority.BACKGROUND, held)
    held.wait()
    for priority in (Priority.BACKGROUND, Priority.DEPENDENT, Priority.OPEN, Priority.SAVED):
        for number in (1, 2):
            one.submit((priority, number), priority, noting(ran, f"{priority.name} {number}"))
    held.release.set()
    one.drain()
    assert ran == [f"{name} {number}" for name in ("SAVED", "OPEN", "DEPENDENT", "BACKGROUND") for number in (1, 2)]


def test_a_waiting_job_is_replaced_and_keeps_its_urgency(one: Scheduler) -> None:
    held, ran = Held(), list[str]()
    one.submit("held", Priority.SAVED, held)
    held.wait()
    one.submit("other", Priority.OPEN, noting(ran, "other"))
    one.submit("key", Priority.SAVED, noting(ran, "old"))
    one.submit("key", Priority.BACKGROUND, noting(ran, "new"))
    held.release.set()
    one.drain()
    assert ran == ["new", "other"]


def test_a_running_job_is_ended_before_the_next_of_its_key_starts(two: Scheduler) -> None:
    held, ran = Held(), list[bool]()
    two.submit("key", Priority.OPEN, held)
    held.wait()
    two.submit("key", Priority.OPEN, lambda _: ran.append(held.release.is_set()))
    two.drain()
    assert held.cancelled
    assert ran == [True]


def test_a_key_never_runs_twice_at_once_though_a_thread_is_free(two: Scheduler) -> None:
    first_may_end, ran = threading.Event(), list[str]()
    started = threading.Event()

    def stubborn(_: CancelToken) -> None:
        started.set()
        assert first_may_end.wait(PATIENCE)
        ran.append("first")

    two.submit("key", Priority.OPEN, stubborn)
    assert started.wait(PATIENCE)
    two.submit("key", Priority.SAVED, noting(ran, "second"))
    passed = Held()
    two.submit("other", Priority.BACKGROUND, passed)
    passed.wait()  # The free thread went past the key that runs.
    assert ran == []
    first_may_end.set()
    passed.release.set()
    two.drain()
    assert ran == ["first", "second"]


def test_dependents_wait_for_what_they_build_on(two: Scheduler) -> None:
    held, ran = Held(), list[str]()
    two.submit("leaf", Priority.OPEN, held)
    held.wait()
    two.submit("top", Priority.DEPENDENT, noting(ran, "top"), frozenset({"leaf", "mid"}))
    two.submit("mid", Priority.DEPENDENT, noting(ran, "mid"), frozenset({"leaf"}))
    passed = Held()
    two.submit("other", Priority.BACKGROUND, passed)
    passed.wait()  # The free thread went past both.
    assert ran == []
    held.release.set()
    passed.release.set()
    two.drain()
    assert ran == ["mid", "top"]


def test_work_in_the_background_waits_for_what_it_builds_on(two: Scheduler) -> None:
    held, ran = Held(), list[str]()
    two.submit("leaf", Priority.OPEN, held)
    held.wait()
    two.submit("later", Priority.BACKGROUND, noting(ran, "later"), frozenset({"leaf"}))
    passed = Held()
    two.submit("other", Priority.BACKGROUND, passed)
    passed.wait()
    assert ran == []
    held.release.set()
    passed.release.set()
    two.drain()
    assert ran == ["later"]


def test_what_is_opened_waits_for_nothing(two: Scheduler) -> None:
    held, ran = Held(), list[str]()
    two.submit("leaf", Priority.OPEN, held)
    held.wait()
    two.submit("top", Priority.DEPENDENT, noting(ran, "top"), frozenset({"leaf"}))
    two.submit("top", Priority.OPEN, lambda _: held.release.set(), frozenset({"leaf"}))
    two.drain()
    assert ran == []


def test_dependents_that_wait_for_each_other_do_not_wait_for_ever(two: Scheduler) -> None:
    held, ran = Held(), list[str]()
    two.submit("leaf", Priority.OPEN, held)
    held.wait()
    two.submit("one", Priority.DEPENDENT, noting(ran, "one"), frozenset({"other"}))
    two.submit("other", Priority.DEPENDENT, noting(ran, "other"), frozenset({"one"}))
    held.release.set()
    two.drain()
    assert ran == ["one", "other"]


def test_cancelling_a_key_drops_what_waits_and_ends_what_runs(one: Scheduler) -> None:
    held, other, ran = Held(), Held(), list[str]()
    one.submit("other", Priority.SAVED, other)
    other.wait()
    one.submit("waiting", Priority.OPEN, noting(ran, "waiting"))
    one.cancel("waiting")
    one.cancel("never heard of")
    other.release.set()
    one.submit("key", Priority.OPEN, held)
    held.wait()
    one.cancel("key")
    one.drain()
    assert held.cancelled
    assert not other.cancelled
    assert ran == []


def test_a_job_that_fails_costs_only_itself(one: Scheduler, caplog: pytest.LogCaptureFixture) -> None:
    def failing(_: CancelToken) -> None:
        raise ValueError("this one")

    ran = list[str]()
    one.submit("key", Priority.OPEN, failing)
    one.drain()
    one.submit("key", Priority.OPEN, noting(ran, "next"))
    one.drain()
    assert ran == ["next"]
    assert "job key failed" in caplog.text
    assert "this one" in caplog.text


def test_busy_until_the_last_has_ended(one: Scheduler) -> None:
    assert not one.busy()
    held = Held()
    one.submit("key", Priority.OPEN, held)
    held.wait()
    assert one.busy()
    held.release.set()
    one.drain()
    assert not one.busy()


def test_a_job_may_submit_more_and_drain_waits_for_it(one: Scheduler) -> None:
    ran = list[str]()
    one.submit("a", Priority.OPEN, lambda _: one.submit("b", Priority.BACKGROUND, noting(ran, "b")))
    one.drain()
    assert ran == ["b"]


def test_close_ends_what_runs_and_forgets_what_waits() -> None:
    scheduler, held, ran = Scheduler(1), Held(), list[str]()
    scheduler.submit("key", Priority.OPEN, held)
    held.wait()
    scheduler.submit("waiting", Priority.SAVED, noting(ran, "waiting"))
    scheduler.close()
    assert held.cancelled
    scheduler.submit("late", Priority.SAVED, noting(ran, "late"))
    assert not scheduler.busy()
    assert ran == []


def test_more_threads_and_fewer(one: Scheduler) -> None:
    first, second, third = Held(), Held(), Held()
    one.submit("first", Priority.OPEN, first)
    one.submit("second", Priority.OPEN, second)
    first.wait()
    assert not second.started.is_set()
    one.resize(2)
    second.wait()
    one.resize(1)
    one.submit("third", Priority.OPEN, third)
    # Each ends in turn; whoever is left of the two takes the third, and one.
    first.release.set()
    second.release.set()
    third.wait()
    third.release.set()
    one.drain()
    one.resize(2)
    again = [Held(), Held()]
    for number, held in enumerate(again):
        one.submit(number, Priority.OPEN, held)
    for held in again:
        held.wait()
        held.release.set()
    one.drain()
