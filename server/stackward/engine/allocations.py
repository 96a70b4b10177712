"""The allocation map: what the log decided, joined with what the object code calls.

Every allocator call belongs to the source line that it names, whatever function it was inlined into. There it is given
to a site of the log that can need it, else to an expression of which the log says that it does not escape (a string
conversion is no less a copy for that), else to a construct that the log never mentions, else to the line as a whole.
A site that gets no call, although its function has object code, allocates nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from stackward.core.allocation import AllocatorCall, Mechanism, ObjectCode
from stackward.core.facts import ExprFacts
from stackward.core.position import ByteCol, BytePos, ByteRange, Location
from stackward.core.site import Allocates, Site, Storage, one_line
from stackward.engine import costs
from stackward.engine.giving import give, give_copies
from stackward.engine.guests import at_its_call, guests_of
from stackward.engine.headers import with_headers
from stackward.engine.inlined import Origin, Origins, gets_there, origin_in
from stackward.engine.places import SIDE, Place, holds_several, kept_by_caller, object_of
from stackward.engine.sites import Found, SiteBuilder
from stackward.engine.symbols import Symbols
from stackward.rules import Construct
from stackward.syntax.constructs import Constructs, is_written, position_of
from stackward.syntax.functions import enclosing_function
from stackward.syntax.nodes import Kind, Located, callee_node, locate
from stackward.syntax.tree import SourceFile, node_range, text_of

_FOR_SYNTAX: Mapping[Mechanism, Construct] = {
    Mechanism.CONCATENATION: Construct.STRING,
    Mechanism.CONVERSION: Construct.STRING,
    Mechanism.GROWTH: Construct.APPEND,
    Mechanism.SLICE: Construct.MAKE,
    Mechanism.CHANNEL: Construct.CHANNEL,
    Mechanism.MAP: Construct.MAP,
    Mechanism.INSERT: Construct.MAP_INSERT,
    Mechanism.GOROUTINE: Construct.GOROUTINE,
    Mechanism.DEFER: Construct.DEFER,
    Mechanism.BOX: Construct.BOXED,
}


class AllocationMap:
    """Settles the sites of one compile unit, of which ``log`` has the decisions.

    ``sources`` has the syntax of the files that hints are shown for, ``origins`` finds code of other packages.
    """

    def __init__(
        self,
        code: ObjectCode,
        symbols: Symbols,
        sources: Mapping[str, SourceFile],
        log: SiteBuilder,
        origins: Origins | None = None,
    ) -> None:
        self._symbols = symbols
        self._origins = origins or Origins()
        self._sources = sources
        self._log = log
        self._inlined = log.inlined_calls()
        self._conversions = code.conversions
        self._minor = code.minor
        self._merged: dict[str, str] = {}
        self._literals: list[Place] = []
        self._by_line: dict[tuple[str, int], list[AllocatorCall]] = defaultdict(list)
        self._foreign: dict[str, list[AllocatorCall]] = defaultdict(list)
        self._constructs: Mapping[str, Constructs] = {}
        for call in code.calls:
            if call.mechanism is Mechanism.CACHE:
                continue
            if call.path in sources:
                self._by_line[call.path, call.line].append(call)
            else:
                self._foreign[symbols.name(call.function)].append(call)

    def settle(self, sites: Iterable[tuple[Found, Construct, ExprFacts | None]]) -> list[Found]:
        """All sites with what the object code says of them, those that the log does not mention among them."""
        places: dict[tuple[str, int], list[Place]] = defaultdict(list)
        elsewhere: dict[str, list[Place]] = defaultdict(list)
        for found, construct, facts in sites:
            place = Place(found, construct, facts)
            site = found.site
            if site.inlined_from:
                elsewhere[site.function].append(place)
            places[site.path, site.at.line].append(place)
        left: list[AllocatorCall] = []
        guests = guests_of([place for group in places.values() for place in group], self._inlined)
        self._mark_spared(place for group in places.values() for place in group)
        for key, calls in self._by_line.items():
            own = [place for place in places.get(key, ()) if not place.found.site.inlined_from]
            left += give(own, calls, guests.get(key, ()))
        lines: dict[str, set[int]] = defaultdict(set)
        by_function: dict[str, list[AllocatorCall]] = defaultdict(list)
        for call in left:
            lines[call.path].add(call.line)
            by_function[self._symbols.name(call.function)].append(call)
        self._constructs = {path: Constructs(self._sources[path], some) for path, some in lines.items()}
        for function, copies in elsewhere.items():
            owner = self._symbols.owner(function)
            copies.sort(key=lambda place: place.found.site.at)
            self._give_copies(copies, self._foreign.get(owner, []))
            own = [one for one in copies if not one.calls and not self._log.foreign(one.found.site.inlined_from)]
            self._give_copies(own, by_function.get(owner, []))
        taken = {call.order for copies in elsewhere.values() for place in copies for call in place.calls}
        extra = self._unlogged([call for call in left if call.order not in taken])
        spare = self._to_sources([place for copies in elsewhere.values() for place in copies if place.calls])
        for group in places.values():
            group[:] = [place for place in group if id(place) not in spare]
        for place in (place for group in places.values() for place in group):
            if place.construct is Construct.VARIABLE and any(holds_several(call) for call in place.calls):
                self._merged.setdefault(place.found.site.function, place.found.site.subject)
        self._literals = [
            place for group in places.values() for place in group if place.construct is Construct.FUNC_LITERAL
        ]
        settled = [self._settled(place) for group in places.values() for place in group]
        settled += [self._settled(place) for place in extra]
        return sorted(with_headers(settled), key=lambda found: found.place)

    def _mark_spared(self, places: Iterable[Place]) -> None:
        for place in places:
            if place.construct in {Construct.BOXED, Construct.UNSURE}:
                place.instead = self._conversions.get(Location(place.found.site.path, place.found.site.at), "")

    def _give_copies(self, copies: Sequence[Place], calls: Sequence[AllocatorCall]) -> None:
        through = [self._log.inlined_at(Location(one.found.site.path, one.found.site.at)) for one in copies]
        give_copies(copies, through, calls, self._origin)

    def _origin(self, call: AllocatorCall) -> Origin | None:
        source = self._sources.get(call.path)
        if source is None:
            return self._origins.of(call)
        return origin_in(source, self._constructs[call.path], call.line, call.mechanism, call.runtime)

    def _to_sources(self, copies: Iterable[Place]) -> set[int]:
        """Make copies sites of the code that was inlined, one for all copies of it; gives those that are not needed."""
        first: dict[tuple[object, ...], Place] = {}
        spare: set[int] = set()
        for place in copies:
            self._to_source(place)
            site = place.found.site
            if site.inlined_from:
                continue
            one = first.setdefault((site.path, site.range, site.subject, place.construct), place)
            if one is not place:
                one.calls += place.calls
                joined = tuple(sorted({*one.found.site.inlined_at, *site.inlined_at}))
                one.found = replace(one.found, site=replace(one.found.site, inlined_at=joined))
                spare.add(id(place))
        return spare

    def _to_source(self, place: Place) -> None:
        """A copy of code of this unit is a site where that code is written, not where it was inlined."""
        call = place.calls[0]
        source = self._sources.get(call.path)
        if source is None or at_its_call(place):
            return
        site = place.found.site
        constructs = self._constructs[call.path]
        node = constructs.named(call.line, site.subject) if place.construct is Construct.VARIABLE else None
        if node is None:
            fitting = constructs.fitting(call.line, call.mechanism, call.runtime)
            written = (one for one in fitting if is_written(one, site.subject, source))
            node = next(written, fitting[0] if fitting else None) or constructs.statement(call.line)
        if node is None:
            return
        range_ = _on_one_line(node_range(node), source)
        function = enclosing_function(source, node.start_byte)
        moved = replace(
            site,
            path=call.path,
            range=range_,
            function=function.name if function is not None else "",
            at=BytePos(call.line, position_of(node, source).col),
            inlined_at=(Location(site.path, site.at),),
            inlined_from="",
        )
        located = Located(node, place.found.located.kind, range_, exact=True)
        place.found = replace(place.found, site=moved, file=source, located=located)

    def _unlogged(self, calls: Sequence[AllocatorCall]) -> list[Place]:
        """Sites for the calls that no site of the log takes."""
        by_file: dict[str, dict[int, list[AllocatorCall]]] = defaultdict(lambda: defaultdict(list))
        for call in calls:
            by_file[call.path][call.line].append(call)
        made: list[Place] = []
        for path, by_line in by_file.items():
            source = self._sources[path]
            for line, group in by_line.items():
                known = self._staying(path, line, source)
                left = give(known, group)
                made += [place for place in known if place.calls]
                made += self._by_syntax(path, line, source, left)
        return made

    def _staying(self, path: str, line: int, source: SourceFile) -> list[Place]:
        """Expressions on a line that do not escape, and may need an allocator all the same."""
        places: list[Place] = []
        for decision in self._log.stays.get((path, line), ()):
            located = locate(source, decision.at.pos, decision.subject, variable=False)
            construct = _BY_KIND.get(located.kind) if located is not None else None
            if located is None or construct is None or not located.exact:
                continue
            found = _found(source, path, located, decision.subject, decision.at.pos, construct)
            if all(place.found.key != found.key for place in places):
                places.append(Place(found, construct, logged=False))
        return places

    def _by_syntax(self, path: str, line: int, source: SourceFile, calls: Sequence[AllocatorCall]) -> list[Place]:
        """Sites for calls that no record of the log is about."""
        constructs = self._constructs[path]
        made: dict[tuple[int, int, Construct], Place] = {}
        order: dict[tuple[str, Mechanism], int] = defaultdict(int)
        for call in calls:
            nodes = constructs.fitting(line, call.mechanism, call.runtime)
            number = order[call.function, call.mechanism]
            order[call.function, call.mechanism] += 1
            node = nodes[min(number, len(nodes) - 1)] if nodes else constructs.statement(line)
            construct = _FOR_SYNTAX.get(call.mechanism, Construct.UNSURE) if nodes else Construct.RUNTIME
            if node is None:
                continue
            if call.runtime.startswith("runtime.moveSlice"):
                construct = Construct.APPEND
            if nodes and call.mechanism is Mechanism.OBJECT:
                construct = object_of(node.type, call)
                if call.type.startswith(("[", "go.shape.[")) and construct is Construct.POINTER_LITERAL:
                    construct = Construct.SLICE_LITERAL
            if nodes and call.mechanism is Mechanism.INSERT and node.type != "index_expression":
                # The entries of a literal are one site on each line that has some.
                node = nodes[0]
                construct = Construct.MAP
            key = (node.start_byte, node.end_byte, construct)
            place = made.get(key)
            if place is None:
                located = Located(node, Kind.OTHER, _on_one_line(node_range(node), source), exact=True)
                subject = one_line(text_of(node, source).split("\n", 1)[0])
                point = position_of(node, source)
                found = _found(source, path, located, subject, BytePos(line, point.col), construct)
                place = made[key] = Place(found, construct, logged=False)
            place.calls.append(call)
        return list(made.values())

    def _only_copies(self, function: str, calls: Iterable[AllocatorCall]) -> bool:
        """Whether a declared function itself does not allocate, but functions do that it was inlined into.

        The numbers of func literals differ between the source and the linker, so that nothing is said of these.
        """
        if ".func" in function or not self._symbols.has_code(function):
            return False
        owner = self._symbols.owner(function)
        return all(self._symbols.name(call.function) != owner for call in calls)

    def _differs_by_caller(self, place: Place) -> bool:
        """Whether a function is inlined somewhere without allocating there, or most likely is elsewhere."""
        if place.calls[0].mechanism is Mechanism.CHANNEL:
            return False  # It is on the heap wherever it goes, and the log never mentions it.
        site = place.found.site
        if not set(self._inlined.get(site.function, ())) <= set(site.inlined_at):
            return True
        return site.function in self._log.inlinable and kept_by_caller(place, self._literals)

    def _without_call(self, place: Place) -> costs.Verdict:
        found, site = place.found, place.found.site
        has_code = self._symbols.has_code(site.function)
        if not has_code:
            node = enclosing_function(found.file, found.file.lines.offset(site.range.start))
            if node is not None and node.generic:
                return costs.Verdict(Allocates.UNKNOWN)
        if place.construct is Construct.VARIABLE and site.function in self._merged:
            return costs.Verdict(Allocates.NEVER, f"it shares the object of {self._merged[site.function]}")
        return costs.nothing(found, place.construct, place.instead, has_code=has_code)

    def _settled(self, place: Place) -> Found:
        found, site = place.found, place.found.site
        function = site.function
        through = self._log.inlined_at(Location(site.path, site.at)) if site.inlined_from else ()
        reached = gets_there(through, found)
        if reached is False:
            place.calls.clear()
            verdict = costs.Verdict(Allocates.NEVER, "its call has something to format, and does not get to it")
            construct = place.construct
        elif not place.calls:
            verdict = self._without_call(place)
            construct = place.construct
        else:
            place.calls.sort(key=lambda call: (call.mechanism in SIDE, call.mechanism is Mechanism.BOX))
            verdict = costs.of(place.calls, found, self._minor)
            construct = place.corrected()
        instances = {one for call in place.calls if (one := self._symbols.instance(call.function))}
        spared = self._symbols.instances(function) - instances if instances else set()
        if place.calls and verdict.allocates is Allocates.ALWAYS:
            when = ""
            if spared:
                when = f"it is {costs.some(instances)}"
            elif self._only_copies(function, place.calls):
                callers = {self._symbols.name(call.function) for call in place.calls}
                when = f"{function} is inlined into {costs.some(callers)}"
            elif self._differs_by_caller(place):
                when = f"{function} is not inlined, or its caller lets it escape"
            elif site.inlined_from and reached is None:
                when, rarely = _in_callee(place, self._origins)
                site = replace(site, cold=rarely)
            if when:
                verdict = replace(verdict, allocates=Allocates.SOMETIMES, when=when)
        site = replace(
            site,
            allocates=verdict.allocates,
            when=verdict.when,
            bytes=verdict.bytes,
            size_class=verdict.size_class,
            size=verdict.size,
            type=self._symbols.local(verdict.type) if verdict.type is not None else None,
            runtime=verdict.runtime,
            header=verdict.header,
            instances=tuple(sorted(instances)) or site.instances,
            spared=tuple(sorted(spared)),
        )
        call = place.calls[0] if place.calls else None
        if not place.logged and construct is not Construct.MAP_INSERT and _makes_map(construct, call):
            construct = Construct.MAP
        return replace(found, site=site, construct=construct, call=call)


def _in_callee(place: Place, origins: Origins) -> tuple[str, str]:
    """When code of another package that was inlined gets to its allocation, and why that is rare; empty if always."""
    if at_its_call(place):
        return "", ""
    written = callee_node(place.found.located.node)
    called = text_of(written, place.found.file).rpartition(".")[2] if written is not None else ""
    came_from = origins.of(place.calls[0])
    if came_from is not None and came_from.certain and came_from.function.rpartition(".")[2] == called:
        return "", ""  # It is no rarer than the call, though it may be an error that is returned.
    return f"{called or place.found.site.inlined_from} gets to it", came_from.cold if came_from is not None else ""


def _makes_map(construct: Construct, call: AllocatorCall | None) -> bool:
    return construct is Construct.MAP_LITERAL or (call is not None and call.mechanism is Mechanism.MAP)


_BY_KIND = {
    Kind.APPEND: Construct.APPEND,
    Kind.BINARY: Construct.STRING,
    Kind.CONVERSION: Construct.STRING,
    Kind.CALL: Construct.STRING,
    Kind.MAKE: Construct.MAKE,
    Kind.COMPOSITE: Construct.MAP_LITERAL,
    Kind.FUNC_LITERAL: Construct.FUNC_LITERAL,
    Kind.SELECTOR: Construct.METHOD_VALUE,
}


def _found(source: SourceFile, path: str, located: Located, subject: str, at: BytePos, construct: Construct) -> Found:
    function = enclosing_function(source, source.lines.offset(located.range.start))
    site = Site(
        path=path,
        range=located.range,
        storage=Storage.EXPRESSION,
        subject=subject,
        function=function.name if function is not None else "",
        at=at,
    )
    return Found((path, at, construct, located.range), site, source, located)


def _on_one_line(range_: ByteRange, source: SourceFile) -> ByteRange:
    """A range that ends on the line it starts on: a statement's first line stands for all of it."""
    if range_.end.line == range_.start.line:
        return range_
    text = source.lines.line_text(range_.start.line).rstrip()
    return ByteRange(range_.start, BytePos(range_.start.line, ByteCol(len(text))))
