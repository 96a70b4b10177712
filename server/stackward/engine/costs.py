"""What a site costs: whether its allocator is called each time, and how many bytes it takes.

The conditions are those of the runtime's own code (``runtime/{iface,slice,string,map,chan}.go``), the same in
Go 1.23 to 1.27 unless said otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from stackward.core.allocation import AllocatorCall, Mechanism
from stackward.core.hint import Hint
from stackward.core.site import Allocates
from stackward.engine.sites import Found
from stackward.rules import Construct
from stackward.syntax.anchors import arguments, is_call, operand_of, unparenthesized
from stackward.syntax.constructs import concatenated
from stackward.syntax.nodes import Kind
from stackward.toolchain.allocators import size_class

_MAP_HEADER = 48  # runtime.hmap in Go 1.23, internal/runtime/maps.Map since.
_DEFER_RECORD = 48  # runtime._defer
_BUFFER = 32  # runtime.tmpStringBufSize: what a conversion or concatenation that does not escape has on the stack.
DIFFERS = "differs by instantiation"
_MAP_HINT = 8  # A map made for more entries gets its tables at once.


@dataclass(frozen=True, slots=True)
class Verdict:
    """See ``core.site.Site``."""

    allocates: Allocates
    when: str = ""
    bytes: int | None = None
    size_class: int | None = None
    size: str = ""
    type: str | None = None
    runtime: str | None = None
    header: int = 0


def of(calls: Sequence[AllocatorCall], found: Found, minor: int) -> Verdict:
    """The verdict on a site with these calls, the main one first; copies of one call are one."""
    call = calls[0]
    headers = [one.bytes or 0 for one in calls if one.mechanism is Mechanism.BOX]
    calls = [one for one in calls if one.mechanism is call.mechanism]
    if call.mechanism is Mechanism.INSERT and _fits_on_stack(found):
        return Verdict(Allocates.NEVER, "its entries fit into the room on the stack", runtime=call.runtime)
    if all(one.bytes == 0 for one in calls) and call.mechanism is Mechanism.OBJECT:
        return Verdict(Allocates.NEVER, "it has no size", 0, 0, type=type_name(call.type), runtime=call.runtime)
    when = _condition(call, found)
    bytes_, size = _size(calls, minor)
    return Verdict(
        allocates=Allocates.SOMETIMES if when else Allocates.ALWAYS,
        when=when,
        bytes=bytes_,
        size_class=size_class(bytes_, pointers=_pointers(call)) if bytes_ is not None else None,
        size=size,
        type=_type(call),
        runtime=call.runtime,
        header=max(headers, default=0) if call.mechanism is not Mechanism.BOX else 0,
    )


TEXTS = frozenset({Mechanism.CONCATENATION, Mechanism.CONVERSION})


def foreseen(found: Found, hint: Hint) -> Hint:
    """A hint of a compile that still runs, held back if the object code will certainly show nothing for it.

    So what is a constant does not come up for a moment.
    """
    if found.located.kind is not Kind.LITERAL and found.located.node.type not in _CONSTANTS:
        return hint
    site = replace(hint.site, allocates=Allocates.NEVER, when="a constant is read-only data")
    return replace(hint, site=site)


def nothing(found: Found, construct: Construct, instead: str, *, has_code: bool) -> Verdict:
    """The verdict on a site without a call. ``instead`` is what an interface conversion uses, as the compiler says."""
    node = found.located.node
    if not has_code:
        return Verdict(Allocates.NEVER, "all calls of its function are inlined, and there it stays on the stack")
    if construct in {Construct.BOXED, Construct.UNSURE} and instead:
        return Verdict(Allocates.NEVER, next((why for start, why in _INSTEAD if instead.startswith(start)), instead))
    if construct is Construct.BOXED:
        if found.located.kind is Kind.LITERAL or node.type in _CONSTANTS:
            return Verdict(Allocates.NEVER, "a constant is read-only data")
        return Verdict(Allocates.NEVER, "its interface value needs no allocation")
    if construct is Construct.SLICE_LITERAL and found.site.subject.endswith("{}"):
        return Verdict(Allocates.NEVER, "it is empty")
    if construct is Construct.FUNC_LITERAL:
        return Verdict(Allocates.NEVER, "it captures nothing, or is called in place")
    if found.site.function == "":
        return Verdict(Allocates.NEVER, "it is laid out at link time")
    return Verdict(Allocates.NEVER, "the compiler optimised it away")


_INSTEAD = (
    ("global for zero-sized", "it has no size"),
    ("global for single-byte", "a value of one byte is in a table of the runtime's"),
    ("global for zero", "its zero value is read-only data"),
    ("global", "it is read-only data"),
    ("stack temporary", "its copy stays on the stack"),
)
_CONSTANTS = frozenset({"true", "false", "nil", "int_literal", "float_literal", "rune_literal", "imaginary_literal"})


def _condition(call: AllocatorCall, found: Found) -> str:
    """When the allocator takes memory; empty if always."""
    name = call.runtime.removeprefix("runtime.")
    match call.mechanism:
        case Mechanism.OBJECT:
            # The array of `make` and `copy` in one is allocated at once, whatever its length.
            return "" if call.bytes is not None or call.type or found.located.kind is not Kind.MAKE else _LENGTH
        case Mechanism.BOX:
            literal = found.located.node.type == "composite_literal"
            return "" if literal and name == "convTslice" else _BOXES.get(name, "")
        case Mechanism.SLICE:
            return "" if call.count else _LENGTH
        case Mechanism.GROWTH:
            if name.startswith("moveSlice"):
                return _MOVES
            return "" if _has_no_room(found) else "the capacity is exceeded"
        case Mechanism.CONCATENATION:
            return _concatenation(call, found)
        case Mechanism.CONVERSION:
            return _conversion(name, call)
        case Mechanism.MAP:
            if name == "makemap_small" or call.buffered is False or (call.count or 0) > _MAP_HINT:
                return ""
            return f"it is made for more than {_MAP_HINT} entries"
        case Mechanism.INSERT:
            return "a new key needs room"
        case Mechanism.CHANNEL:
            return ""
        case Mechanism.GOROUTINE:
            return "there is no finished goroutine to reuse"
        case Mechanism.DEFER:
            return "there is no free defer record to reuse"
        case Mechanism.CACHE:
            return "the runtime's cache is filled"


_LENGTH = "its length is not 0"
_MOVES = "what was appended is still in its buffer on the stack"
_BOXES = {
    "convT16": "the value is not between 0 and 255",
    "convT32": "the value is not between 0 and 255",
    "convT64": "the value is not between 0 and 255",
    "convTstring": "the string is not empty",
    "convTslice": "the slice is not nil",
}


def _concatenation(call: AllocatorCall, found: Found) -> str:
    if call.buffered is not False:
        return f"the result is longer than {_BUFFER} bytes"
    constant = sum(
        1
        for node in concatenated(found.located.node)
        if node.type in {"interpreted_string_literal", "raw_string_literal"} and node.end_byte - node.start_byte > 2
    )
    return "" if constant > 1 else "more than one operand is not empty"


def _conversion(name: str, call: AllocatorCall) -> str:
    if name == "intstring":
        return "" if call.buffered is False else f"the result is longer than {_BUFFER} bytes"
    if call.buffered is not False:
        return f"the result is longer than {_BUFFER} bytes"
    if name == "slicerunetostring":
        return ""  # Room for one more rune than there are is always allocated.
    return "it is longer than one byte" if name == "slicebytetostring" else "it is not empty"


def _has_no_room(found: Found) -> bool:
    """Whether an append of single elements is certainly to a slice without room: ``[]T(nil)``, or ``s[:n:n]``."""
    given = arguments(found.located.node) if is_call(found.located.node) else []
    if len(given) < 2 or given[-1].type == "variadic_argument":
        return False
    slice_ = unparenthesized(given[0])
    if slice_.type == "slice_expression":
        end, capacity = slice_.child_by_field_name("end"), slice_.child_by_field_name("capacity")
        return end is not None and capacity is not None and end.text == capacity.text
    converted = operand_of(slice_)
    return slice_.type == "nil" or (converted is not None and converted.type == "nil")


def _fits_on_stack(found: Found) -> bool:
    """Whether a site is a map literal with no more entries than a map has room for where it begins, on the stack."""
    body = found.located.node.child_by_field_name("body")
    if found.located.node.type != "composite_literal" or body is None:
        return False
    return sum(1 for child in body.named_children if child.type == "keyed_element") <= _MAP_HINT


def some(names: Iterable[str]) -> str:
    """The first of some names, and how many more there are."""
    first, *more = sorted(names)
    return f"{first} and {len(more)} more" if more else first


def _size(calls: Sequence[AllocatorCall], minor: int) -> tuple[int | None, str]:
    """Bytes of one allocation, or the formula for them."""
    call = calls[0]
    sizes = {one.bytes for one in calls}
    element = call.bytes if len(sizes) == 1 else None
    match call.mechanism:
        case Mechanism.OBJECT | Mechanism.BOX:
            return element, "" if len(sizes) == 1 else DIFFERS
        case Mechanism.SLICE:
            counts = {one.count for one in calls}
            if call.count and element is not None and len(counts) == 1:
                return call.count * element, ""
            return None, formula(element)
        case Mechanism.GROWTH:
            return None, formula(element)
        case Mechanism.MAP:
            return (_MAP_HEADER if call.runtime == "runtime.makemap_small" else None), ""
        case Mechanism.CHANNEL:
            return (channel_header(minor) if call.count == 0 else None), ""
        case Mechanism.DEFER:
            return _DEFER_RECORD, ""
        case Mechanism.CONVERSION if call.runtime == "runtime.intstring":
            return 4, ""
        case Mechanism.CONCATENATION | Mechanism.CONVERSION:
            return None, formula(4 if call.runtime.endswith("rune") else 1)
        case _:
            return None, ""


def formula(element: int | None) -> str:
    """The bytes of elements of one size, however many there are; empty where they have none, or it is not known."""
    if not element:
        return ""
    return f"n × {element} bytes" if element > 1 else "n bytes"


def channel_header(minor: int) -> int:
    """The bytes of a channel without its buffer (``runtime.hchan``)."""
    return 112 if minor >= 25 else 104


def _pointers(call: AllocatorCall) -> bool:
    """Whether an object may hold pointers, so far as it makes a difference to the size class."""
    if call.pointers is not None:
        return call.pointers
    return "NoScan" not in call.runtime and "noptr" not in call.runtime


def _type(call: AllocatorCall) -> str | None:
    if call.mechanism in {Mechanism.SLICE, Mechanism.GROWTH}:
        return f"[]{type_name(call.type)}" if call.type else None
    if call.mechanism is Mechanism.CONCATENATION:
        return "string"
    if "struct { F uintptr" in call.type:
        return "func"
    return type_name(call.type) if call.type else _BOX_TYPES.get(call.runtime)


_BOX_TYPES = {"runtime.convTstring": "string"}
_LOCAL = re.compile(r"·\d+")
_QUALIFIER = re.compile(r"[\w.\-~%/]+/(?=[\w%]+\.)")


def type_name(linker: str) -> str:
    """A type as Go programmers write it: ``*net/http.Request`` is ``*http.Request``, a function's own ``T·1`` ``T``."""
    plain = _LOCAL.sub("", linker.replace("go.shape.", "").removeprefix("noalg."))
    return _QUALIFIER.sub("", plain).replace("%2e", ".")
