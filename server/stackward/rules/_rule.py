"""What a rule is.

A rule is one file: its module docstring is the published page (``stackward explain``, ``docs/rules/``), ``RULE`` its
name and
check, ``CASES`` Go files that the real compiler is given in the tests. Rules do not overlap: at most one claims a site.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass

from stackward.core.hint import Severity
from stackward.rules._evidence import Evidence


@dataclass(frozen=True, slots=True)
class Words:
    """What a rule says: see ``core.hint.Hint``."""

    message: str
    label: str
    advice: str


@dataclass(frozen=True, slots=True)
class Rule:
    """``check`` gives the words for a site that the rule claims, else None. ``level`` is the default severity."""

    name: str
    title: str
    check: Callable[[Evidence], Words | None]
    level: Severity = Severity.INFORMATION

    @property
    def page(self) -> str:
        """The page, in Markdown."""
        return inspect.cleandoc(sys.modules[self.check.__module__].__doc__ or "")


@dataclass(frozen=True, slots=True)
class Case:
    """A Go file in which ``// want SUBJECT`` at the end of a line stands for one hint of the rule there.

    Several subjects are separated by `` | ``. The rule must claim those sites and no other of the file.
    ``since`` is the first minor release of Go 1 for which that is so.
    """

    source: str
    since: int = 23
