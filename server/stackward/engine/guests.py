"""Sites whose allocator is called on another line than theirs.

The parameters of an inlined function are variables of the line that calls it, those of any other function of the line
on which it begins, wherever they are declared. A composite literal over several lines may be made at one of its last
elements, and one that is given to a function that is inlined at the line of that call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from stackward.core.position import Location
from stackward.engine.places import Place
from stackward.rules import Construct
from stackward.syntax.functions import FunctionNode, enclosing_function
from stackward.syntax.tree import path_to

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
        first, last = _span(place)
        yield from ((site.path, line) for line in range(first, last + 1) if line != site.at.line)


def _span(place: Place) -> tuple[int, int]:
    """The lines of a literal, and those before it of the expression that it is part of."""
    node = place.found.located.node
    first = node.start_point[0]
    for outer in reversed(path_to(place.found.file, node.start_byte)):
        if outer.type.endswith(_NO_EXPRESSION):
            break
        first = min(first, outer.start_point[0])
    return first, node.end_point[0]


_NO_EXPRESSION = ("_statement", "_declaration", "statement_list", "block", "func_literal")


def _is_parameter(place: Place, function: FunctionNode) -> bool:
    return place.found.located.node.start_byte < function.body
