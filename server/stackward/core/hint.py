"""A hint: what stackward says about a site."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from stackward.core.position import Location
from stackward.core.site import Allocates, Passed, Site


class Severity(enum.Enum):
    """How loudly a hint is shown; the words of the settings."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"
    HINT = "hint"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class HintStep:
    """One step of the flow, in words, at its place."""

    at: Location
    text: str


@dataclass(frozen=True, slots=True)
class Hint:
    """A rule's words about one site.

    ``rule`` names the page; ``message`` is one sentence without the site's position; ``label`` is the same in at most
    a few words, for inlay hints; ``advice`` says what to try next, and may be empty.
    """

    rule: str
    site: Site
    message: str
    label: str
    advice: str
    steps: tuple[HintStep, ...]
    onward: Passed | None = None

    @property
    def text(self) -> str:
        """The message with what it costs, as far as that is known."""
        if self.site.allocates is Allocates.NEVER:
            return f"{self.site.name} escapes, but nothing is allocated: {self.site.when}"
        cost = self.site.cost
        return f"{self.message} ({cost})" if cost else self.message
