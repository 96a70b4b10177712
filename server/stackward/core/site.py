"""A site: one place in the source that allocates, after all copies of it are merged."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, replace

from stackward.core.decision import FlowEdge
from stackward.core.position import BytePos, ByteRange, Location


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

    @property
    def rank(self) -> int:
        """The most certain cost first: of two builds that disagree about a site, that one counts."""
        return list(Allocates).index(self)


@dataclass(frozen=True, slots=True)
class Site:
    """One place in the source whose storage is on the heap.

    ``subject`` is the compiler's name of it, ``written`` how the source has it where the compiler has worked out
    constants, inlined calls or made up names in it. ``function`` is the enclosing function in Go's notation
    (``(*T).Method``, ``Outer.func1``; empty at package level). ``inlined_at`` lists the calls into which the compiler
    copied it, ``inlined_from`` the callee that it was copied from when the source of it lies in another package,
    ``instances`` the generic instantiations that have it, and ``spared`` those that do not. ``at`` is the compiler's
    own point, which may be inside the range.

    What the object code says comes later: ``allocates`` with ``when`` (the condition of ``sometimes``, the reason of
    ``never``); ``bytes`` of one allocation and its ``size_class`` (what it takes up), or ``size`` as a formula where
    they vary; the Go ``type``; and ``runtime``, the allocator that is called. ``header`` are the bytes of a second
    object, 0 for none: where a string or slice that is made goes into an interface, its header is copied too.

    ``loops`` counts the loops around it within its function; ``cold`` says why its path is rarely taken, empty if it is
    not; ``once`` marks the initialisation of a package-level variable. ``not_inlined`` is the compiler's reason why a
    function is not inlined whose callers could else keep what it returns on their stacks.
    """

    path: str
    range: ByteRange
    storage: Storage
    subject: str
    function: str
    at: BytePos
    flow: tuple[FlowEdge, ...] = ()
    flow_truncated: bool = False
    inlined_at: tuple[Location, ...] = ()
    inlined_from: str = ""
    instances: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    allocates: Allocates = Allocates.UNKNOWN
    when: str = ""
    bytes: int | None = None
    size_class: int | None = None
    size: str = ""
    type: str | None = None
    runtime: str | None = None
    header: int = 0
    loops: int = 0
    cold: str = ""
    not_inlined: str = ""
    once: bool = False
    written: str = ""

    def costing_as(self, other: Site) -> Site:
        """This site with what the object code said of another analysis of it."""
        return replace(
            self,
            allocates=other.allocates,
            when=other.when,
            bytes=other.bytes,
            size_class=other.size_class,
            size=other.size,
            type=other.type,
            runtime=other.runtime,
            header=other.header,
        )

    @property
    def shown(self) -> bool:
        """Whether it is shown by default: it allocates, or nothing is known yet."""
        return self.allocates is not Allocates.NEVER

    @property
    def heat(self) -> tuple[int, int, int]:
        """A key that sorts what matters most first: the product's code and hot paths, then loop depth, then bytes."""
        coldness = bool(self.cold) + 2 * self.once + 4 * self.path.endswith("_test.go") + 8 * (not self.shown)
        return coldness, -self.loops, -(self.bytes or 0)

    @property
    def name(self) -> str:
        """The subject in few words."""
        return shorten(self.written or self.subject)

    def as_written(self, text: str) -> str:
        """A text of the compiler's with this site as the source has it."""
        spilled = next((step.expr for edge in self.flow for step in edge.steps if step.reason == "spill"), "")
        # The summary of an append leaves its arguments out.
        printed = spilled if spilled.startswith(f"{self.subject}(") else self.subject
        return text.replace(printed, self.written) if self.written else text

    @property
    def cost(self) -> str:
        """What the object code says, in words; empty before it is known."""
        return ", ".join(self.costs)

    @property
    def costs(self) -> tuple[str, ...]:
        """The parts of ``cost``: how much, when, how often."""
        match self.allocates:
            case Allocates.UNKNOWN | Allocates.NEVER:
                return ()
            case _:
                size = f"{self.bytes:,} bytes" if self.bytes is not None else self.size
                if self.header:
                    size = f"{size} and {self.header} for its header"
                when = f"when {self.when}" if self.allocates is Allocates.SOMETIMES else ""
                often = "once, at start" if self.once else "in a loop" if self.loops == 1 else ""
                if self.loops > 1 and not self.once:
                    often = f"in {self.loops} nested loops"
                cold = f"rarely: {self.cold}" if self.cold else ""
                return tuple(filter(None, (size, when, often, cold)))


_SPACE = re.compile(r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+')|\s+""")


def one_line(text: str) -> str:
    """A piece of source on one line, with single spaces but for those in quotes."""
    return _SPACE.sub(lambda found: found[1] or " ", text).strip()


def shorten(text: str, limit: int = 48) -> str:
    """``text`` on one line and at most ``limit`` characters long."""
    text = one_line(text)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Passed:
    """The parameter that a value is passed to; how it goes on from there is in the log of the function's package.

    ``package`` is an import path, empty for the package that passes it.
    """

    package: str
    function: str
    parameter: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that leaks: what its callers pay for.

    ``to`` is ``heap``, ``content`` (what it points to goes to the heap) or the name of the result that it flows to.
    ``range`` is the parameter's own name. ``onward`` is where it is passed to at the end of its flow.
    """

    name: str
    range: ByteRange
    to: tuple[str, ...]
    flow: tuple[FlowEdge, ...] = ()
    onward: Passed | None = None


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
