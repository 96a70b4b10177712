"""What the compiler said: one value per record of its ``-m`` log.

The vocabulary is that of ``cmd/compile/internal/escape`` and ``cmd/compile/internal/inline``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from stackward.core.position import Location


class Kind(enum.Enum):
    """Which record of the log a decision is."""

    ESCAPES = "escapes to heap"
    """An expression whose storage is on the heap."""
    MOVED = "moved to heap"
    """A variable whose storage is on the heap."""
    STAYS = "does not escape"
    EXPLAINED = "escapes to heap:"
    """The flow of an escape; the ``ESCAPES`` or ``MOVED`` record of the same place follows later."""
    LEAKING = "leaking param"
    LEAKING_CONTENT = "leaking param content"
    LEAKING_TO_RESULT = "leaking param to result"
    LEAK_EXPLAINED = "parameter leaks to"
    CAPTURED = "capturing by"
    CAN_INLINE = "can inline"
    CANNOT_INLINE = "cannot inline"
    INLINED = "inlining call to"
    MUTATES = "mutates param"
    CALLS = "calls param"
    CONVERSION = "convert"
    """A walk-phase note of ``-d=escapedebug=1``: how an interface conversion gets its storage."""
    NOTE = "note"
    """Every other record, kept in full in ``subject`` (devirtualised calls, zero-copy conversions, …)."""


@dataclass(frozen=True, slots=True)
class FlowStep:
    """``from EXPR (REASON) at WHERE``: one assignment, call or conversion that a value went through."""

    expr: str
    reason: str
    at: Location


@dataclass(frozen=True, slots=True)
class FlowEdge:
    """``flow: DST ← SRC:``: the value of ``src`` reaches ``dst`` through ``steps``.

    ``src`` starts with ``&`` where the address flows and with one ``*`` per dereference.
    ``{heap}``, ``{temp}`` and ``{storage for X}`` are the compiler's own names of places.
    """

    dst: str
    src: str
    steps: tuple[FlowStep, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """One record of the log.

    ``subject`` is the variable, expression or function as the compiler prints it. ``function`` is the
    function that the record names (Go 1.25 and newer name it in explanations), else empty. ``detail`` is the rest of
    the record: the result a parameter leaks to, the reason why a function is not inlined, and so on.
    """

    kind: Kind
    at: Location
    subject: str
    function: str = ""
    detail: str = ""
    flow: tuple[FlowEdge, ...] = ()
    flow_truncated: bool = False
    """More of the flow was printed than is kept, or the compiler itself cut it at a cycle."""
    level: int = 0
    """Dereferences on the way from a parameter to the result that it leaks to."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be understood or done, as data: shown or counted, never raised.

    ``path`` is the file or package it is about, ``text`` the offending input, bounded in length.
    """

    what: str
    path: str = ""
    text: str = ""
    at: Location | None = None
