"""Hints told while their compile still runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

from stackward.core.hint import Hint
from stackward.engine.costs import foreseen
from stackward.engine.part import Part
from stackward.engine.results import FileResult
from stackward.engine.sites import Found
from stackward.toolchain.compiler import Record

Tell: TypeAlias = Callable[[Sequence[FileResult]], None]

# Between two partial results of one compile: short at first, so that a small package is shown in two steps, and longer
# for a large one, since showing them takes time too.
_SECONDS, _LONGEST_SECONDS = 0.004, 0.032


class Partials:
    """Looks at the sites of a part as their records come, and tells of those that are ``wanted`` in between.

    So little is left to do when the compiler has ended.
    """

    def __init__(self, part: Part, tell: Tell | None, wanted: Callable[[Found], bool]) -> None:
        self._part = part
        self._tell = tell
        self._wanted = wanted
        self._news: dict[str, list[Hint]] = {}
        self._last, self._wait = 0.0, _SECONDS

    def take(self, records: Sequence[Record], *, over: bool) -> None:
        """Take records; none are a pause of the compiler, in which there is time to tell of those before."""
        self._part.builder.add(records)
        for found in self._part.builder.fresh():
            if self._tell is not None and self._wanted(found):
                self._news.setdefault(found.site.path, []).append(foreseen(found, self._part.hint(found)))
            else:
                self._part.look(found)
        now = time.monotonic()
        if over or (records and now - self._last < self._wait):
            return
        if self._news:
            self._last, self._wait = now, min(2 * self._wait, _LONGEST_SECONDS)
            self.finish()

    def finish(self) -> None:
        """Tell what has not been told."""
        if self._news and self._tell is not None:
            digest = self._part.sources.digest
            self._tell([FileResult(path, digest(path), tuple(fresh), ()) for path, fresh in self._news.items()])
        self._news.clear()
