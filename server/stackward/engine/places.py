"""Places that may call an allocator, and how well a call fits one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stackward.core.allocation import AllocatorCall, Mechanism
from stackward.core.facts import ExprFacts, TypeInfo
from stackward.engine import costs
from stackward.engine.sites import Found
from stackward.rules import Construct, End, fate

# Which allocators a construct may need.
_NEEDS: Mapping[Construct, frozenset[Mechanism]] = {
    Construct.VARIABLE: frozenset({Mechanism.OBJECT}),
    Construct.POINTER_LITERAL: frozenset({Mechanism.OBJECT}),
    Construct.NEW: frozenset({Mechanism.OBJECT}),
    # A slice that is made may be boxed at once; the log has one record for both.
    Construct.MAKE: frozenset(
        {
            Mechanism.SLICE,
            Mechanism.MAP,
            Mechanism.CHANNEL,
            Mechanism.OBJECT,
            Mechanism.GROWTH,
            Mechanism.BOX,
        }
    ),
    Construct.SLICE_LITERAL: frozenset({Mechanism.OBJECT, Mechanism.BOX}),
    Construct.MAP_LITERAL: frozenset({Mechanism.MAP, Mechanism.INSERT}),
    Construct.VARIADIC: frozenset({Mechanism.OBJECT}),
    Construct.APPEND: frozenset({Mechanism.GROWTH, Mechanism.BOX}),
    # A string that is built may be boxed at once, and the log has one record for both.
    Construct.STRING: frozenset(
        {Mechanism.CONCATENATION, Mechanism.CONVERSION, Mechanism.BOX, Mechanism.OBJECT}  # []byte("constant")
    ),
    Construct.FUNC_LITERAL: frozenset({Mechanism.OBJECT, Mechanism.GOROUTINE, Mechanism.DEFER}),
    Construct.METHOD_VALUE: frozenset({Mechanism.OBJECT, Mechanism.GOROUTINE, Mechanism.DEFER}),
    Construct.BOXED: frozenset({Mechanism.BOX, Mechanism.OBJECT}),
}
_SLICES = frozenset({Construct.MAKE, Construct.SLICE_LITERAL, Construct.APPEND})
_CLOSURES = frozenset({Construct.FUNC_LITERAL, Construct.METHOD_VALUE})
# What a call says about a construct that the syntax alone cannot tell.
_SAYS: Mapping[Mechanism, Construct] = {
    Mechanism.BOX: Construct.BOXED,
    Mechanism.CONCATENATION: Construct.STRING,
    Mechanism.CONVERSION: Construct.STRING,
    Mechanism.MAP: Construct.MAP_LITERAL,
    Mechanism.GROWTH: Construct.APPEND,
}


@dataclass(slots=True)
class Place:
    """A site being settled: one of the log, or one that the object code alone knows of.

    ``facts`` are those of its expression, None where types are not known. ``instead`` is what an interface conversion
    uses instead of the allocator, in at least one copy of it.
    """

    found: Found
    construct: Construct
    facts: ExprFacts | None = None
    calls: list[AllocatorCall] = field(default_factory=list)
    logged: bool = True
    instead: str = ""

    def corrected(self) -> Construct:
        """The construct, corrected by what is called for it where the syntax was not sure."""
        if not self.calls:
            return self.construct
        if self.construct is Construct.STRING and all(call.mechanism is Mechanism.BOX for call in self.calls):
            return Construct.BOXED  # A conversion between types that share their data copies nothing.
        if self.construct is not Construct.UNSURE:
            return self.construct
        call = self.calls[0]
        if call.mechanism is Mechanism.OBJECT:
            return Construct.METHOD_VALUE if is_closure(call) else Construct.BOXED
        return _SAYS.get(call.mechanism, Construct.UNSURE)


# What is called for a site besides what makes it: entries put into a literal, the start of the goroutine of a closure.
SIDE = frozenset({Mechanism.INSERT, Mechanism.GOROUTINE, Mechanism.DEFER})


def is_closure(call: AllocatorCall) -> bool:
    """Whether a call allocates a closure: the code's address and what was captured."""
    return "struct { F uintptr" in call.type


_OBJECTS = {
    "go_statement": Construct.GOROUTINE,
    "defer_statement": Construct.DEFER,
    "func_literal": Construct.FUNC_LITERAL,
    "for_statement": Construct.FUNC_LITERAL,
    "selector_expression": Construct.METHOD_VALUE,
    "composite_literal": Construct.POINTER_LITERAL,
    "literal_value": Construct.POINTER_LITERAL,
}


def object_of(syntax: str, call: AllocatorCall) -> Construct:
    """What is allocated by a construct that the log never mentions; ``syntax`` is the type of its node."""
    construct = _OBJECTS.get(syntax, Construct.UNSURE)
    return Construct.UNSURE if construct in _CLOSURES and call.type and not is_closure(call) else construct


def holds_several(call: AllocatorCall) -> bool:
    """Whether a call may allocate several small variables at once.

    From Go 1.25 on those of one block that have no pointers and fit in 16 bytes together are one object, which has no
    type (``cmd/compile/internal/ssagen``: ``newHeapaddr``).
    """
    return call.mechanism is Mechanism.OBJECT and not call.type


def may_need(place: Place, call: AllocatorCall) -> bool:
    """Whether a place can call that allocator at all."""
    if call.mechanism is Mechanism.OBJECT and is_closure(call) != (place.construct in _CLOSURES):
        return False
    return _may_call(place, call)


def _may_call(place: Place, call: AllocatorCall) -> bool:
    """The same, whatever is said of closures: an object has no type in some calls."""
    construct, subject = place.construct, place.found.site.subject
    if call.type.startswith("[") and construct in {Construct.NEW, Construct.POINTER_LITERAL} and "[" not in subject:
        return False  # An array with a name is called by it.
    if construct is Construct.BOXED and _is_constant(subject):
        return False  # It is read-only data.
    if call.mechanism is Mechanism.BOX and construct in _SLICES and call.runtime != "runtime.convTslice":
        return False
    return call.mechanism in _needs(place)


def _is_constant(subject: str) -> bool:
    """Whether the compiler prints a constant: a literal, or what it has made of an expression."""
    return _LITERAL.fullmatch(subject) is not None


_LITERAL = re.compile(r"""-?\d[\w.]*(?:[eEpP][+-]\d+)?|"(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)+'""", re.DOTALL)


def _needs(place: Place) -> frozenset[Mechanism]:
    """The allocators that a place may need; for a ``make`` by the type that it is written with, if that has no name."""
    needs = _NEEDS.get(place.construct, frozenset())
    if place.construct is not Construct.MAKE:
        return needs
    written = place.found.site.subject.removeprefix("make(")
    if written.startswith("[]"):
        return needs - {Mechanism.MAP, Mechanism.CHANNEL}
    if written.startswith("map["):
        return frozenset({Mechanism.MAP})
    return frozenset({Mechanism.CHANNEL}) if written.startswith(("chan ", "chan<-", "<-chan")) else needs


def affinity(place: Place, call: AllocatorCall, *, guest: bool = False) -> int:
    """How well a call fits a place; 0 if it cannot be its own. A ``guest`` is a place of another line.

    A literal over several lines takes what is of its type on a line in the middle, after all that is of that line.
    """
    fits = _affinity(place, call)
    if not guest or place.construct is Construct.VARIABLE:
        return fits
    return 1 if fits >= _BY_TYPE and not place.calls else 0


_BY_TYPE = 4  # The affinity of what is of the same type.


def _affinity(place: Place, call: AllocatorCall) -> int:
    construct, mechanism = place.construct, call.mechanism
    if construct is Construct.UNSURE:
        return 1 if mechanism in _SAYS or mechanism is Mechanism.OBJECT else 0
    if not _may_call(place, call):
        return 0
    if mechanism is Mechanism.OBJECT:
        return _object(place, call)
    if mechanism is Mechanism.BOX and construct in _SLICES:
        return 1
    if mechanism is Mechanism.BOX:
        fits = _boxes(call, place.facts)
        if fits is False:
            return 0
        return (1 if place.instead or construct is Construct.STRING else 4) + 2 * (fits is True)
    if mechanism in SIDE or (mechanism is Mechanism.GROWTH and construct is Construct.MAKE):
        return 1
    return 3


def _object(place: Place, call: AllocatorCall) -> int:
    construct = place.construct
    if not call.type:
        return 3
    if is_closure(call) != (construct in _CLOSURES):
        return 0
    if construct is Construct.STRING:
        return 1 if call.type.startswith(("[", "go.shape.[")) else 0
    if construct is Construct.BOXED:
        return 1 if place.instead else 2
    if construct in {Construct.SLICE_LITERAL, Construct.VARIADIC}:
        return 4 if call.type.startswith(("[", "go.shape.[")) else 1
    if construct is Construct.MAKE:
        return 4 if call.type.startswith(("[", "go.shape.[")) else 1
    whole = costs.type_name(call.type)
    allocated = bare(whole)
    subject = place.found.site.subject
    if construct is Construct.NEW:
        written = subject.removeprefix("new(").removesuffix(")")
        if bare(written) == allocated:
            return 5 + (written == whole)  # A package may be called otherwise than its path ends.
    if construct is Construct.POINTER_LITERAL:
        written = subject.removeprefix("&").split("{", 1)[0]
        if bare(written) == allocated:
            return 5 + (written == whole)
        if written.replace(".", "").isidentifier():
            return 0
        return 3 if "shape" in call.type else 1
    if "shape" in call.type:
        return 3
    # Facts are those of what stands there, which is the call where the place is a copy of code that was inlined.
    info = place.facts.type if place.facts is not None and not place.found.site.inlined_from else None
    if construct is Construct.VARIABLE and info is not None and info.kind != "invalid":
        return 5 if bare(info.type) == allocated else 1
    return 3


def bare(name: str) -> str:
    """A type's name without its package; that of a pointer is another one than what it points to."""
    kept = name.lstrip("*")
    return name[: len(name) - len(kept)] + kept.rpartition(".")[2]


_WORDS = {"runtime.convT16": 2, "runtime.convT32": 4, "runtime.convT64": 8}


def _boxes(call: AllocatorCall, facts: ExprFacts | None) -> bool | None:
    """Whether a call copies a value of that type into an interface; None where that is not known.

    The conditions are those of ``walk/convert.go``: ``dataWordFuncName``.
    """
    info = facts.type if facts is not None and facts.exact else None
    if info is None or info.kind in {"invalid", "type parameter"} or info.size is None:
        return None
    if call.runtime == "runtime.convTstring":
        return info.kind == "string" or _is_wrapper(info, 16)
    if call.runtime == "runtime.convTslice":
        return info.kind == "slice" or _is_wrapper(info, 24)
    if call.runtime in _WORDS:
        return info.size == _WORDS[call.runtime] and not info.pointers
    return bare(info.type) == bare(costs.type_name(call.type)) if "shape" not in call.type else None


def _is_wrapper(info: TypeInfo, size: int) -> bool:
    """Whether a struct or array may have a string or a slice as its only part."""
    return info.kind in {"struct", "array"} and info.size == size


def kept_by_caller(place: Place, literals: Sequence[Place]) -> bool:
    """Whether a site is a func literal that is returned, or a variable that it captures.

    Such a function mostly gives an iterator; a loop over it inlines both, and then nothing is left to allocate. Of
    the ``literals`` those that are stored or sent are on the heap wherever their function is inlined.
    """
    flow = place.found.site.flow
    end = fate(flow).end
    if place.construct is Construct.FUNC_LITERAL:
        return end is End.RETURNED
    captured = [step.at for edge in flow for step in edge.steps if step.reason == "captured by a closure"]
    if place.construct is not Construct.VARIABLE or not captured or end is End.PASSED:
        return False
    around = [
        literal
        for literal in literals
        if any(
            at.path == literal.found.site.path
            and literal.found.located.node.start_byte
            <= literal.found.file.lines.offset(at.pos)
            < literal.found.located.node.end_byte
            for at in captured
        )
    ]
    return not around or any(fate(one.found.site.flow).end not in _KEPT for one in around)


_KEPT = frozenset({End.SENT, End.SPILLED, End.STORED})
