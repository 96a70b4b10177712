"""A site: one place in the source that allocates, after all copies of it are merged."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from stackward.core.decision import FlowEdge
from stackward.core.position import ByteRange, Location


class Storage(enum.Enum):
    """What the compiler put on the heap at a site."""

    VARIABLE = "variable"
    EXPRESSION = "expression"


class Allocates(enum.Enum):
    """Whether the object code of a site calls the allocator."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Site:
    """One place in the source whose storage is on the heap.

    ``subject`` is the compiler's name of it, ``function`` the enclosing function in Go's notation
    (``(*T).Method``, ``Outer.func1``; empty at package level). ``inlined_at`` lists the calls into which the compiler
    copied it, ``inlined_from`` the callee that it was copied from when the source of it lies in another package, and
    ``instances`` the generic instantiations that have it. ``bytes``, ``type`` and ``runtime`` are None until known.
    """

    path: str
    range: ByteRange
    storage: Storage
    subject: str
    function: str
    flow: tuple[FlowEdge, ...] = ()
    flow_truncated: bool = False
    inlined_at: tuple[Location, ...] = ()
    inlined_from: str = ""
    instances: tuple[str, ...] = ()
    allocates: Allocates = Allocates.UNKNOWN
    bytes: int | None = None
    type: str | None = None
    runtime: str | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that leaks: what its callers pay for.

    ``to`` is ``heap``, ``content`` (what it points to goes to the heap) or the name of the result that it flows to.
    ``range`` is the parameter's own name.
    """

    name: str
    range: ByteRange
    to: tuple[str, ...]
    flow: tuple[FlowEdge, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the source, with what the log says about it as a whole.

    ``range`` is the whole declaration, ``name_range`` its name (the ``func`` keyword of a literal).
    ``inline_cost`` is None where it cannot be inlined, and ``not_inlined`` is then the compiler's reason.
    """

    path: str
    name: str
    range: ByteRange
    name_range: ByteRange
    leaking: tuple[Parameter, ...] = ()
    inline_cost: int | None = None
    not_inlined: str = ""
