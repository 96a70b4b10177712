"""Who wants to know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from stackward.engine.results import Status


class Listener(Protocol):
    """Told of news, from any thread."""

    def hints_changed(self, paths: Sequence[str]) -> None:
        """The hints of these files are different now."""

    def status_changed(self, status: Status) -> None:
        """What the session is doing has changed."""

    def progress(self, text: str, done: int, total: int) -> None:
        """Something long is at ``done`` of ``total`` (0 of 0 where only the name is known)."""
