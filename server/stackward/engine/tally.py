"""What a function allocates, as numbers that can be compared: before a change and after it.

The object code says which calls there are, not how often they run. The weights below stand in for that: a loop runs
ten times, growing doubles, a condition holds every other time, a cold path is taken once in a hundred calls. Most
numbers are too large for the tables of the runtime's (below 256) and of strconv's (below 100). They only decide which
of two versions is the better one; what is told to the user are counts of calls.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from stackward.core.position import BytePos
from stackward.core.site import Allocates, Site
from stackward.engine.results import Callee, UnitResult
from stackward.toolchain.allocators import boxes_number, grows
from stackward.toolchain.callees import ALLOCATIONS
from stackward.toolchain.unit import UnitId

_LOOP = 10.0
_SOMETIMES = 0.5
_COLD = 0.01
_NUMBER = 0.85  # Somewhat less than what makes a text of it, since more numbers are below 256 than below 100.
_INLINE = re.compile(r"\.(?:func\d|gowrap\d|deferwrap\d|\d).*$")
_TOLERANCE = 1e-6

Function = tuple[str, str]
"""A declared function: path and name, func literals in it included; the name is empty at package level."""


@dataclass(frozen=True, slots=True)
class Tally:
    """``weight`` are expected allocations of one call, ``bytes`` their sizes as far as they are known.

    ``calls`` counts what allocates on each call, ``turns`` on each turn of a loop, ``growths`` what makes room where
    there is none left, ``chances`` what else only may allocate. ``call_bytes`` are the bytes of ``calls``, None where
    one of them varies.
    """

    weight: float = 0.0
    bytes: float = 0.0
    calls: float = 0.0
    turns: float = 0.0
    growths: int = 0
    call_bytes: int | None = 0
    chances: int = 0

    @property
    def places(self) -> float:
        """How many there are that allocate, often or seldom."""
        return self.calls + self.turns + self.growths + self.chances

    def __add__(self, other: Tally) -> Tally:
        known = self.call_bytes is not None and other.call_bytes is not None
        return Tally(
            self.weight + other.weight,
            self.bytes + other.bytes,
            self.calls + other.calls,
            self.turns + other.turns,
            self.growths + other.growths,
            (self.call_bytes or 0) + (other.call_bytes or 0) if known else None,
            self.chances + other.chances,
        )

    def less_than(self, other: Tally) -> bool:
        """Whether it allocates less: fewer objects, or as many and fewer bytes."""
        if abs(self.weight - other.weight) > _TOLERANCE:
            return self.weight < other.weight
        return self.bytes < other.bytes - _TOLERANCE


def tallies(
    results: Mapping[UnitId, UnitResult],
    bounded: Callable[[str, BytePos], bool] = lambda *_: False,
    spare: Callable[[Site], bool] = lambda _: False,
) -> dict[Function, Tally]:
    """What each function allocates. Of several units that compile a file the first counts.

    ``bounded`` says of calls of append that they never grow, ``spare`` of sites that they are not to be counted.
    """
    found: dict[Function, Tally] = {}
    seen: set[str] = set()
    for result in results.values():
        fresh = {file.path for file in result.files} - seen
        seen |= fresh
        for file in result.files:
            if file.path in fresh:
                for hint in file.hints:
                    if not spare(hint.site):
                        _add(found, _function(hint.site), _site(hint.site, bounded))
        for callee in result.callees:
            if callee.path in fresh:
                _add(found, (callee.path, outermost(callee.function)), _callee(callee))
    return found


def hidden(loops: int) -> Tally:
    """One object that a function makes which is called in so many loops."""
    often = _LOOP**loops
    return Tally(often, turns=1) if loops else Tally(often, calls=1, call_bytes=None)


def outermost(function: str) -> str:
    """The declared function that a func literal is in; code at package level has no name."""
    name = _INLINE.sub("", function)
    return "" if name in {"init", "glob."} else name


def total(found: Iterable[Tally]) -> Tally:
    """The sum."""
    return sum(found, Tally())


def _add(found: dict[Function, Tally], key: Function, tally: Tally) -> None:
    found[key] = found.get(key, Tally()) + tally


def _function(site: Site) -> Function:
    return site.path, outermost(site.function)


def _site(site: Site, bounded: Callable[[str, BytePos], bool]) -> Tally:
    if site.once or site.allocates in {Allocates.NEVER, Allocates.UNKNOWN}:
        return Tally()
    often = _LOOP**site.loops
    size = site.size_class if site.size_class is not None else site.bytes
    often *= _COLD if site.cold else 1
    header = Tally(often * _SOMETIMES, often * _SOMETIMES * site.header, chances=1) if site.header else Tally()
    if site.allocates is Allocates.SOMETIMES:
        growing = site.runtime is not None and grows(site.runtime)
        if growing and bounded(site.path, site.range.start):
            return Tally()
        if growing and site.loops:
            often *= math.log2(_LOOP) / _LOOP
        else:
            often *= _NUMBER if site.runtime is not None and boxes_number(site.runtime) else _SOMETIMES
        return Tally(often, often * (size or 0), growths=int(growing), chances=int(not growing)) + header
    if site.loops:
        return Tally(often, often * (size or 0), turns=1) + header
    return Tally(often, often * (size or 0), calls=1, call_bytes=size) + header


def _callee(callee: Callee) -> Tally:
    if outermost(callee.function) == "":
        return Tally()
    count = ALLOCATIONS.get(callee.name, 0.0)
    weight = count * _LOOP**callee.loops * (_COLD if callee.cold else 1)
    if 0 < count < 1:
        return Tally(weight, chances=1)
    return Tally(weight, turns=count) if callee.loops else Tally(weight, calls=count, call_bytes=None)
