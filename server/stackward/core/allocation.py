"""What the object code says: one value per call of the runtime's allocator."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from stackward.core.position import Location


class Mechanism(enum.Enum):
    """What a runtime function allocates, in the language's terms."""

    OBJECT = "object"
    """Storage of a type: a variable, a literal, a closure, the array of a slice literal."""
    BOX = "box"
    """The copy that an interface points to."""
    SLICE = "slice"
    GROWTH = "growth"
    """A larger array for ``append``."""
    CONCATENATION = "concatenation"
    CONVERSION = "conversion"
    """Between strings and slices of bytes or runes."""
    MAP = "map"
    INSERT = "insert"
    """Room in a map for a new key."""
    CHANNEL = "channel"
    GOROUTINE = "goroutine"
    DEFER = "defer"
    CACHE = "cache"
    """A table of the runtime's own that fills up once, such as that of a type switch."""


@dataclass(frozen=True, slots=True)
class AllocatorCall:
    """One call of an allocator in the object code of ``function`` (the linker's symbol).

    ``path`` and ``line`` (from 0) are those of the innermost inlined source line; ``order`` is the call's number in the
    text. ``type`` is the linker's name of the type that is allocated or of its element, empty where none is passed.
    ``bytes`` is the size of one object or element where it is known, ``pointers`` whether it may hold any, ``count`` a
    constant number of elements.
    ``buffered`` says whether a buffer on the stack is tried first, None where the call takes none or it is not clear.
    """

    function: str
    path: str
    line: int
    order: int
    runtime: str
    mechanism: Mechanism
    type: str = ""
    bytes: int | None = None
    pointers: bool | None = None
    count: int | None = None
    buffered: bool | None = None


@dataclass(frozen=True, slots=True)
class CalleeCall:
    """One call, in the object code of ``function``, of a function of the standard library that allocates by itself.

    ``path`` and ``line`` are as in ``AllocatorCall``; ``callee`` is the linker's symbol.
    """

    function: str
    path: str
    line: int
    callee: str


@dataclass(frozen=True, slots=True)
class ObjectCode:
    """The allocator calls of one compile unit, in the order of the text.

    ``functions`` are the linker's symbols of all functions that have code. ``conversions`` say of the interface
    conversions that need no allocator, by the compiler's point, what they use instead (``-d=escapedebug=1``).
    ``minor`` is the release of Go 1 that made it. ``callees`` are calls of what allocates elsewhere.
    """

    calls: tuple[AllocatorCall, ...]
    functions: frozenset[str]
    conversions: Mapping[Location, str] = field(default_factory=dict)
    minor: int = 0
    callees: tuple[CalleeCall, ...] = ()
