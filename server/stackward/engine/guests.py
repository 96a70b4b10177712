"""Sites whose allocator is called on another line than theirs.

The parameters of an inlined function are variables of the line that calls it, those of any other function of the line
on which it begins (``cmd/compile/internal/ssagen``: at the entry), wherever they are declared. A composite literal over
several lines may be made at one of its last elements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from stackward.core.position import Location
from stackward.engine.places import Place
from stackward.rules import Construct
from stackward.syntax.functions import FunctionNode, enclosing_function

_LITERALS = frozenset({Construct.POINTER_LITERAL, Construct.SLICE_LITERAL})


def guests_of(places: Iterable[Place], inlined: Mapping[str, set[Location]]) -> Mapping[tuple[str, int], list[Place]]:
    """The places that calls on a line may belong to though they are not of it; ``inlined`` has the calls of functions
    that were.
    """
    found: dict[tuple[str, int], list[Place]] = defaultdict(list)
    for place in places:
        for line in set(_lines(place, inlined)):
            found[line].append(place)
    return found


def at_its_call(place: Place) -> bool:
    """Whether a copy of an inlined function's variable is made on the line that calls the function: a parameter."""
    site = place.found.site
    return (
        place.construct is Construct.VARIABLE
        and bool(site.inlined_from)
        and any((call.path, call.line) == (site.path, site.at.line) for call in place.calls)
    )


def _lines(place: Place, inlined: Mapping[str, set[Location]]) -> Iterator[tuple[str, int]]:
    site = place.found.site
    if place.construct is Construct.VARIABLE and site.inlined_from:
        yield site.path, site.at.line
    elif place.construct is Construct.VARIABLE:
        function = enclosing_function(place.found.file, place.found.file.lines.offset(site.range.start))
        if function is None or not _is_parameter(place, function):
            return
        yield from ((at.path, at.pos.line) for at in inlined.get(site.function, ()))
        if site.at.line != function.range.start.line:
            yield site.path, function.range.start.line
    elif place.construct in _LITERALS and not site.inlined_from:
        node = place.found.located.node
        yield from ((site.path, line) for line in range(site.at.line + 1, node.end_point[0] + 1))


def _is_parameter(place: Place, function: FunctionNode) -> bool:
    return place.found.located.node.start_byte < function.body
