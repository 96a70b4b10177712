"""Which allocator call belongs to which of the places that may have made it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from stackward.core.allocation import AllocatorCall, Mechanism
from stackward.engine.inlined import Origin
from stackward.engine.places import Place, affinity, may_need
from stackward.engine.symbols import without_type_arguments


def give(own: Sequence[Place], calls: Sequence[AllocatorCall], guests: Sequence[Place] = ()) -> list[AllocatorCall]:
    """Give calls to places that can need them, of a line or of elsewhere; gives back those that none takes."""
    places = [*own, *guests]
    if not places:
        return list(calls)
    left = []
    copies: dict[str, list[AllocatorCall]] = defaultdict(list)
    for call in calls:
        copies[call.function].append(call)
    for group in copies.values():
        taken: dict[int, int] = defaultdict(int)
        # What says its type is given away first: what does not fits many places.
        for call in sorted(group, key=lambda call: call.mechanism is Mechanism.OBJECT and not call.type):
            fitting = [affinity(place, call) if _same_line(place, call) else 0 for place in own]
            fitting += [affinity(place, call, guest=True) for place in guests]
            best = max(range(len(places)), key=lambda number: (fitting[number], -taken[number], -number))
            fits = fitting[best]
            if fits and taken[best] and call.mechanism is Mechanism.BOX and _settle_for(own, call):
                continue  # A value is boxed once; a second call is for another one.
            if not fits:
                left.append(call)
                continue
            taken[best] += 1
            places[best].calls.append(call)
    return [call for call in left if not _settle_for(own, call)]


def give_copies(
    copies: Sequence[Place],
    through: Sequence[tuple[str, ...]],
    calls: Sequence[AllocatorCall],
    origin: Callable[[AllocatorCall], Origin | None],
) -> None:
    """Give calls of inlined code to the copies of the function that it is written in.

    ``through`` are the functions that the log says were inlined at each copy's place, ``origin`` tells where code is
    written. A call whose function is none of these belongs to a site that is not a copy, or to none.
    """
    at_home: dict[tuple[int, ...], list[AllocatorCall]] = defaultdict(list)
    for call in sorted(calls, key=lambda one: one.path):  # A file at a time: few trees are kept.
        home = origin(call)
        # Func literals are numbered in another way in the source, so that nothing is said of these.
        certain = home is not None and ".func" not in home.function
        hosts = [
            number
            for number, names in enumerate(through)
            if not certain or not names or any(_is_home(one, home) for one in names)
        ]
        at_home[tuple(hosts)].append(call)
    for numbers, theirs in sorted(at_home.items(), key=lambda entry: len(entry[0])):
        theirs.sort(key=lambda one: one.order)
        give([copies[number] for number in numbers], theirs)


def _same_line(place: Place, call: AllocatorCall) -> bool:
    """Whether a call is on the line of a place, or of those that it has: no site but a guest allocates on several."""
    lines = {(one.path, one.line) for one in place.calls} or {(call.path, call.line)}
    return (call.path, call.line) in lines | {(place.found.site.path, place.found.site.at.line)}


def _is_home(logged: str, home: Origin | None) -> bool:
    """Whether a function's name in the log, qualified if it is another package's, is that of where code is written."""
    name = without_type_arguments(logged)
    return home is not None and name in {home.function, f"{home.package}.{home.function}"}


def _settle_for(places: Sequence[Place], call: AllocatorCall) -> bool:
    """Give a call to a place that got none and does not quite fit: types are written in several ways."""
    for place in places:
        if not place.calls and not place.instead and may_need(place, call):
            place.calls.append(call)
            return True
    return False
