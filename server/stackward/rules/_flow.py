"""How a value comes to outlive its frame, read from the flow that the compiler printed.

The reasons are the constant strings of ``cmd/compile/internal/escape`` (``k.note(n, "…")``, ``HeapAllocReason``),
the same in Go 1.23 to 1.27. Only the end of a flow decides: what precedes it is how the value got there.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from stackward.core.decision import FlowEdge, FlowStep


class End(enum.Enum):
    """What the last step of a flow does with the value."""

    RETURNED = "returned"
    PASSED = "passed"
    SENT = "sent"
    STORED = "stored"
    CAPTURED_BY_REFERENCE = "captured by reference"
    CAPTURED_BY_VALUE = "captured by value"
    BOUND = "bound to a method value"
    TOO_LARGE = "too large"
    SIZE_UNKNOWN = "size not constant"
    SPILLED = "spilled"
    """The storage itself goes straight to the heap: the function of a ``go`` statement, of a ``defer`` in a loop."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fate:
    """The end of a flow; ``step`` is its decisive step, None where the log gave none."""

    end: End
    step: FlowStep | None = None
    dst: str = ""


_TOO_LARGE = frozenset({"too large for stack", "too aligned for stack"})
_SIZE_UNKNOWN = frozenset({"non-constant size", "zero-sized element"})
_ELEMENTS = frozenset(
    {
        "slice-literal-element",
        "array literal element",
        "struct literal element",
        "map literal key",
        "map literal value",
        "key of map put",
        "appended to slice",
        "appended slice...",
        "appendee slice",
        "copied slice",
    }
)
# Steps that say how the value is seen, not where it goes; the step before them decides.
_NEUTRAL = frozenset(
    {"spill", "interface-converted", "converted", "address-of", "reference", "dot", "dot of pointer", "slice"}
)


def fate(flow: Sequence[FlowEdge]) -> Fate:
    """Where the value ends up."""
    for edge in reversed(flow):
        if (found := _edge_end(edge)) is not None:
            return found
    return Fate(End.UNKNOWN)


def _edge_end(edge: FlowEdge) -> Fate | None:
    if not edge.steps and (edge.dst.startswith("{storage for ") or (edge.dst, edge.src) == ("{heap}", "{temp}")):
        # What a method value keeps is its receiver; the compiler gives no reason for that. It is also what the method
        # gets as soon as the value is called, and a receiver that leaks is on the heap whatever becomes of the value.
        return Fate(End.BOUND, None, edge.dst)
    reasons = [step.reason for step in edge.steps]
    for step in reversed(edge.steps):
        reason = step.reason
        if reason in _TOO_LARGE:
            return Fate(End.TOO_LARGE, step, edge.dst)
        if reason in _SIZE_UNKNOWN:
            return Fate(End.SIZE_UNKNOWN, step, edge.dst)
        if reason == "return":
            return Fate(End.RETURNED, step, edge.dst)
        if reason == "call parameter" and step.expr.startswith("append("):
            return Fate(End.STORED, step, edge.dst)
        if reason == "call parameter":
            return Fate(End.PASSED, step, edge.dst)
        if reason == "send":
            return Fate(End.SENT, step, edge.dst)
        if reason == "captured by a closure":
            by_reference = "reference" in reasons
            return Fate(End.CAPTURED_BY_REFERENCE if by_reference else End.CAPTURED_BY_VALUE, step, edge.dst)
        if reason in _ELEMENTS or reason.startswith(("assign", "range")):
            return Fate(End.STORED, step, edge.dst)
        if reason in _NEUTRAL:
            continue
        return Fate(End.STORED, step, edge.dst) if edge.dst == "{heap}" else None
    if edge.dst == "{heap}" and reasons and reasons[-1] == "spill":
        return Fate(End.SPILLED, edge.steps[-1], edge.dst)
    return None
