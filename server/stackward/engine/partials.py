"""Hints told while their compile still runs."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

from stackward.core.hint import Hint
from stackward.core.position import Location
from stackward.engine.costs import foreseen
from stackward.engine.excerpts import Functions
from stackward.engine.part import Part
from stackward.engine.results import FileResult
from stackward.engine.sites import Found
from stackward.toolchain.compiler import Record

Tell: TypeAlias = Callable[[Sequence[FileResult]], None]

# Between two partial results of one compile: short at first, so that a small package is shown in two steps, and longer
# for a large one, since showing them takes time too.
_SECONDS, _LONGEST_SECONDS = 0.004, 0.032
_IN_A_PAUSE = 8  # Sites that are judged before it is asked whether the compiler has printed more: some milliseconds.


class Partials:
    """Judges the sites of a part as their records come, and tells of those in ``wanted`` files in between.

    Sites in the functions that come ``first`` (without these in all) are told of as soon as they are known. The others,
    which most likely are what they were, have time until the compiler pauses or has ended; with ``only`` they are left
    out.
    """

    def __init__(
        self,
        part: Part,
        tell: Tell | None,
        wanted: Callable[[str], bool],
        first: Functions | None = None,
        *,
        only: bool = False,
    ) -> None:
        self._part = part
        self._tell = tell
        self._wanted = wanted
        self._first = first
        self._only = only
        self._later: deque[Found] = deque()
        self._news: dict[str, list[Hint]] = {}
        self._last, self._wait = 0.0, _SECONDS

    def take(self, records: Sequence[Record], *, over: bool) -> None:
        """Take records. When the escape phase is ``over``, all that comes first is told."""
        self._part.builder.add(records)
        for found in self._part.builder.fresh():
            if self._first is None or self._first.cover(Location(found.site.path, found.site.at)):
                self._judge(found)
            elif not self._only:
                self._later.append(found)
        if over or time.monotonic() - self._last >= self._wait:
            self._tell_news()

    def pause(self) -> bool:
        """Use a pause of the compiler; whether there is more to do in it."""
        self._tell_news()
        for _ in range(min(len(self._later), _IN_A_PAUSE)):
            self._judge(self._later.popleft())
        return bool(self._later)

    def finish(self) -> None:
        """Judge what is left, and tell of it."""
        self._tell_news()
        while self._later:
            self._judge(self._later.popleft())
        self._tell_news()

    def _judge(self, found: Found) -> None:
        if self._tell is not None and self._wanted(found.site.path):
            self._news.setdefault(found.site.path, []).append(foreseen(found, self._part.hint(found)))
        else:
            self._part.look(found)  # So little is left to do when the compiler has ended.

    def _tell_news(self) -> None:
        if self._news and self._tell is not None:
            self._last, self._wait = time.monotonic(), min(2 * self._wait, _LONGEST_SECONDS)
            digest = self._part.sources.digest
            self._tell([FileResult(path, digest(path), tuple(fresh), ()) for path, fresh in self._news.items()])
        self._news.clear()
