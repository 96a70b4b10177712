"""Who works next: a few threads, and per key at most one job that runs and one that waits.

Jobs coalesce rather than pile up. A job for a key whose earlier job still runs cancels that one, because its
result would be for an older text, and starts when it has ended. Threads do little but wait for the compiler.
"""

from __future__ import annotations

import enum
import itertools
import logging
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeAlias

from stackward.toolchain.process import CancelToken

log = logging.getLogger(__name__)

Job: TypeAlias = Callable[[CancelToken], None]


class Priority(enum.IntEnum):
    """Lower runs first."""

    SAVED = 0
    OPEN = 1
    DEPENDENT = 2
    BACKGROUND = 3


@dataclass(slots=True)
class _Waiting:
    priority: Priority
    order: int
    job: Job
    after: frozenset[Hashable]


@dataclass(slots=True)
class _State:
    waiting: dict[Hashable, _Waiting] = field(default_factory=dict)
    running: dict[Hashable, CancelToken] = field(default_factory=dict)
    closed: bool = False


class Scheduler:
    """Runs jobs on ``workers`` threads."""

    def __init__(self, workers: int) -> None:
        self._state = _State()
        self._changed = threading.Condition()
        self._order = itertools.count()
        self._threads: dict[int, threading.Thread] = {}
        self.resize(workers)

    def resize(self, workers: int) -> None:
        """Have so many threads: further ones begin at once, and some end when they have done what they do."""
        with self._changed:
            self._workers = max(1, workers)
            for number in range(self._workers):
                if number not in self._threads:
                    thread = threading.Thread(
                        target=self._work, args=(number,), name=f"stackward-worker-{number}", daemon=True
                    )
                    self._threads[number] = thread
                    thread.start()
            self._changed.notify_all()

    def submit(self, key: Hashable, priority: Priority, job: Job, after: frozenset[Hashable] = frozenset()) -> None:
        """Queue ``job``. It replaces a waiting one of the same key and ends a running one.

        One for dependents, or in the background, waits as long as a job of the keys in ``after`` waits or runs, whose
        work it builds on.
        """
        with self._changed:
            if self._state.closed:
                return
            earlier = self._state.waiting.get(key)
            if earlier is not None:
                priority = min(priority, earlier.priority)
            self._state.waiting[key] = _Waiting(priority, next(self._order), job, after)
            running = self._state.running.get(key)
            self._changed.notify_all()
        if running is not None:
            running.cancel()

    def cancel(self, key: Hashable) -> None:
        """Forget the waiting job of a key and end the running one."""
        with self._changed:
            self._state.waiting.pop(key, None)
            running = self._state.running.get(key)
        if running is not None:
            running.cancel()

    def busy(self) -> bool:
        """Whether anything runs or waits."""
        with self._changed:
            return bool(self._state.waiting or self._state.running)

    def drain(self) -> None:
        """Wait until nothing runs or waits."""
        with self._changed:
            while self._state.waiting or self._state.running:
                self._changed.wait()

    def close(self) -> None:
        """Drop what waits, end what runs, and let the threads go. Returns when they have gone."""
        with self._changed:
            self._state.closed = True
            self._state.waiting.clear()
            running, threads = list(self._state.running.values()), list(self._threads.values())
            self._changed.notify_all()
        for token in running:
            token.cancel()
        for thread in threads:
            thread.join(timeout=5.0)

    def _next(self, number: int) -> tuple[Hashable, Job, CancelToken] | None:
        """Wait for a job whose key is not running; None when closed, or when there are threads enough without this."""
        with self._changed:
            while not self._state.closed and number < self._workers:
                ready = [
                    (self._held(waiting), waiting.priority, waiting.order, key)
                    for key, waiting in self._state.waiting.items()
                    if key not in self._state.running
                ]
                # Those that wait for each other, which import cycles through tests could make, wait until all is quiet.
                held, *_, key = min(ready, key=lambda entry: entry[:3], default=(True, None))
                if key is not None and (not held or not self._state.running):
                    token = self._state.running[key] = CancelToken()
                    return key, self._state.waiting.pop(key).job, token
                self._changed.wait()
            del self._threads[number]
            return None

    def _held(self, waiting: _Waiting) -> bool:
        """Whether a job should wait for the work that it builds on."""
        state = self._state
        return waiting.priority >= Priority.DEPENDENT and not (
            waiting.after.isdisjoint(state.running) and waiting.after.isdisjoint(state.waiting)
        )

    def _work(self, number: int) -> None:
        while (claimed := self._next(number)) is not None:
            key, job, token = claimed
            try:
                job(token)
            except Exception:
                # One job that fails costs only itself; the next save tries again.
                log.exception("job %s failed", key)
            with self._changed:
                del self._state.running[key]
                self._changed.notify_all()
