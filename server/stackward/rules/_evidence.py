"""What a rule may look at: a site with the facts of its place in the source. Made by the engine; all plain values."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from stackward.core.allocation import Mechanism
from stackward.core.site import Site
from stackward.rules._flow import End, Fate


class Construct(enum.Enum):
    """What it is whose storage is on the heap."""

    VARIABLE = "variable"
    POINTER_LITERAL = "&T{…}"
    NEW = "new"
    MAKE = "make"
    SLICE_LITERAL = "slice literal"
    MAP_LITERAL = "map literal"
    VARIADIC = "variadic slice"
    APPEND = "append"
    STRING = "string conversion or concatenation"
    FUNC_LITERAL = "func literal"
    METHOD_VALUE = "method value"
    BOXED = "value in an interface"
    MAP = "map"
    MAP_INSERT = "map entry"
    CHANNEL = "channel"
    GOROUTINE = "go statement"
    DEFER = "defer statement"
    RUNTIME = "call of the runtime"
    """Code that no other construct stands for, but that calls an allocator."""
    UNSURE = "unsure"
    """The syntax allows more than one reading, and only types could tell."""


class Statement(enum.Enum):
    """The statement that the construct, or the call that it is passed to, is the whole of."""

    GO = "go"
    DEFER = "defer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Callee:
    """The call that a value is passed to. ``argument`` is 1-based, 0 for the receiver, None where it is not one
    argument.

    Where it is known which function is called, ``parameter`` is the name of the parameter, which is ``variadic`` if it
    takes several arguments, ``function`` what the compiler calls it in its package, and ``package`` the import path of
    that, empty for the caller's own.
    """

    name: str
    argument: int | None = None
    parameter: str = ""
    variadic: bool = False
    function: str = ""
    package: str = ""

    def __str__(self) -> str:
        if self.argument is None:
            return self.name
        if self.argument == 0:
            return f"the receiver of {self.name}"
        return (
            f"parameter {self.parameter} of {self.name}"
            if self.parameter and not self.variadic
            else f"argument {self.argument} of {self.name}"
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """A site and where it stands. ``loop_depth`` counts the loops around it within its function.

    ``mechanism`` is what the object code does for it, None before that is known and where it does nothing.
    """

    site: Site
    construct: Construct
    fate: Fate
    statement: Statement = Statement.OTHER
    loop_depth: int = 0
    callee: Callee | None = None
    mechanism: Mechanism | None = None

    @property
    def end(self) -> End:
        return self.fate.end

    @property
    def name(self) -> str:
        """The subject in few words."""
        return self.site.name

    @property
    def allocated(self) -> bool:
        """Whether the construct is itself storage, as opposed to a value that is boxed or a func value."""
        return self.construct in _STORAGE


_STORAGE = frozenset(
    {
        Construct.VARIABLE,
        Construct.POINTER_LITERAL,
        Construct.NEW,
        Construct.MAKE,
        Construct.MAP_LITERAL,
        Construct.VARIADIC,
    }
)
