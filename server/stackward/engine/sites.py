"""From decisions to sites: one per place in the source.

The log reports a place more than once: an explanation with its flow, then a summary; again at every call
that inlined the function; again for every instantiation of generic code, and at the name of a generic function for its
wrappers. Here they become one ``Site`` each. A record whose expression is not what stands at its position is such a
copy; it is
merged into the site in the callee where the callee is in the same package, and stays at the call where it is not.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from stackward.core.allocation import AllocatorCall, Mechanism
from stackward.core.decision import Decision, FlowEdge, Kind, Problem
from stackward.core.outcome import BuildError
from stackward.core.position import Location
from stackward.core.site import Function, Parameter, Site, Storage
from stackward.engine.symbols import without_type_arguments
from stackward.rules import Construct
from stackward.syntax.functions import FunctionNode, enclosing_function, functions
from stackward.syntax.nodes import Located, is_call, locate
from stackward.syntax.tree import SourceFile

# `errors.New`, `strings.(*Builder).Grow`: the compiler names the package of what is not of this one. A method of a
# value that is of this one is written alike, `Duration.String`.
_FOREIGN = re.compile(r"[A-Za-z_][\w/.-]*\.[A-Za-z_(]")
_LITERAL = re.compile(r"\.func\d|-range\d")
_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|\b(?:\d[\w.]*|true|false|nil)\b')
_MAX_PLACES = 64  # Calls into which a site was inlined that are kept; one helper can have thousands.


@dataclass(frozen=True, slots=True)
class Found:
    """A site with its place in the syntax tree. ``key`` is the same each time the builder is asked.

    ``construct`` and ``call`` (the main one of its allocator calls) are what the object code showed; None before that.
    """

    key: tuple[object, ...]
    site: Site
    file: SourceFile
    located: Located
    construct: Construct | None = None
    call: AllocatorCall | None = None

    @property
    def place(self) -> tuple[str, int, int, int, int, str]:
        """A key that sorts sites by files and positions: plain numbers are compared in a tenth of the time."""
        start, end = self.site.range.start, self.site.range.end
        return self.site.path, start.line, start.col, end.line, end.col, self.site.subject

    @property
    def mechanism(self) -> Mechanism | None:
        """What the object code does for it."""
        return self.call.mechanism if self.call is not None else None


@dataclass(slots=True)
class _Draft:
    """A site being put together."""

    key: tuple[object, ...]
    site: Site
    file: SourceFile
    located: Located
    inlined_at: dict[Location, None] = field(default_factory=dict)
    instances: dict[str, None] = field(default_factory=dict)
    printed: set[str] = field(default_factory=set)
    """The expression as the compiler prints it: in one way for each instantiation."""

    def found(self) -> Found:
        site = self.site
        if self.inlined_at or self.instances:
            site = replace(
                site,
                inlined_at=tuple(sorted(self.inlined_at)[:_MAX_PLACES]),
                instances=tuple(sorted(self.instances)),
            )
        return Found(self.key, site, self.file, self.located)


@dataclass(frozen=True, slots=True)
class _Flow:
    function: str
    edges: tuple[FlowEdge, ...]
    truncated: bool


def _plain(subject: str) -> str:
    """An expression as it is printed in all instantiations whose type arguments differ only inside brackets."""
    return without_type_arguments(subject).replace("go.shape.", "")


def _is_copy(subject: str, printed: str) -> bool:
    """Whether an expression is another one with constants in place of parameters: ``make([]byte, 512)`` is
    ``make([]byte, size)`` where a function was inlined with a constant.
    """
    pieces = _CONSTANT.split(subject)
    return len(pieces) > 1 and re.fullmatch(".+".join(map(re.escape, pieces)), printed) is not None


class SiteBuilder:
    """Takes the records of one unit's log as they come; ``found`` and ``functions`` may be asked at any time.

    ``source`` gives the syntax of a file that hints are shown for, None for all others.
    """

    def __init__(self, source: Callable[[str], SourceFile | None]) -> None:
        self._source = source
        self._flows: dict[Location, list[tuple[str, _Flow]]] = {}
        self._callees: dict[Location, list[str]] = {}
        self._drafts: dict[tuple[object, ...], _Draft] = {}
        self._copies: list[tuple[Decision, SourceFile, Located]] = []
        self._inline: dict[Location, Decision] = {}
        self._generic: set[Location] = set()
        self._not_inlined: dict[str, str] = {}
        self.inlinable: set[str] = set()
        self._inlinable_here: set[str] = set()
        self._leaks: dict[Location, list[Decision]] = {}
        self.stays: dict[tuple[str, int], list[Decision]] = {}
        self._tags: dict[str, list[Decision]] = {}
        self._leak_flows: dict[tuple[str, str], tuple[FlowEdge, ...]] = {}
        self._leak_flows_at: dict[Location, tuple[FlowEdge, ...]] = {}
        self.records: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self.outside = 0
        self._fresh: list[_Draft] = []

    def add(self, records: Iterable[Decision | Problem | BuildError]) -> None:
        """Take further records, in the order of the log."""
        for record in records:
            if isinstance(record, Decision):
                self.records[record.kind.name.lower()] += 1
                self._decision(record)
            elif isinstance(record, Problem):
                self.records["problem"] += 1
                self.problems.append(record)

    def found(self) -> list[Found]:
        """All sites so far, copies merged, in the order of files and positions."""
        drafts = dict(self._drafts)
        merged = [*drafts.values(), *self._merge_copies()]
        return sorted((draft.found() for draft in merged), key=lambda found: found.place)

    def fresh(self) -> list[Found]:
        """The sites that are new since this was last asked, but for copies that later records may explain."""
        drafts, self._fresh = self._fresh, []
        return [draft.found() for draft in drafts]

    def not_inlined(self, function: str) -> str:
        """The compiler's reason why it does not inline a function; empty if it does, or has not said so."""
        return self._not_inlined.get(function, "")

    def inlined_at(self, at: Location) -> tuple[str, ...]:
        """The functions that the compiler inlined at a place, those that they call among them."""
        return tuple(self._callees.get(at, ()))

    def inlined_calls(self) -> dict[str, set[Location]]:
        """The calls of each function into which the compiler inlined it; the wrappers of generic ones are no calls."""
        calls: dict[str, set[Location]] = {}
        for at, names in self._callees.items():
            for name in names:
                if at not in self._generic:
                    calls.setdefault(without_type_arguments(name), set()).add(at)
        return calls

    @property
    def merged(self) -> int:
        """How many copies became part of a site in their callee."""
        return sum(len(draft.inlined_at) for draft in self._drafts.values())

    def functions(self, path: str, file: SourceFile) -> tuple[Function, ...]:
        """The functions of a file with what the log says about them."""
        return tuple(self._function(path, node) for node in functions(file))

    def leak(self, function: str, parameter: str) -> tuple[FlowEdge, ...]:
        """How a parameter of a function of this package leaks to the heap; empty if the log has not said so."""
        return self._leak_flows.get((function, parameter), ())

    def tags(self, path: str, file: SourceFile) -> tuple[tuple[str, str], ...]:
        """Digests of what the log says about the parameters of a file's declared functions, by their names."""
        said: dict[str, list[object]] = {}
        for decision in sorted(self._tags.get(path, ()), key=lambda decision: (decision.at, decision.kind.value)):
            offset = file.lines.offset(decision.at.pos)
            node = enclosing_function(file, offset)
            if node is not None and not node.literal and offset < node.body:
                about = (decision.kind.name, decision.subject, decision.detail, decision.level)
                said.setdefault(node.name, []).append(about)
        return tuple(
            (name, hashlib.blake2b(repr(each).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest())
            for name, each in sorted(said.items())
        )

    def _decision(self, decision: Decision) -> None:
        match decision.kind:
            case Kind.ESCAPES | Kind.MOVED:
                self._summary(decision)
            case Kind.STAYS:
                self.stays.setdefault((decision.at.path, decision.at.pos.line), []).append(decision)
            case Kind.EXPLAINED:
                flow = _Flow(decision.function, decision.flow, decision.flow_truncated)
                self._flows.setdefault(decision.at, []).append((decision.subject, flow))
            case Kind.INLINED:
                callees = self._callees.setdefault(decision.at, [])
                if decision.subject not in callees:
                    callees.append(decision.subject)
            case Kind.CAN_INLINE | Kind.CANNOT_INLINE:
                self._inline.setdefault(decision.at, decision)
                if "[" in decision.subject and not _LITERAL.search(without_type_arguments(decision.subject)):
                    self._generic.add(decision.at)
                if decision.kind is Kind.CANNOT_INLINE:
                    self._not_inlined.setdefault(without_type_arguments(decision.subject), decision.detail)
                else:
                    name = without_type_arguments(decision.subject)
                    self.inlinable.add(name)
                    if self._source(decision.at.path) is not None:
                        self._inlinable_here.add(name)
            case Kind.LEAKING | Kind.LEAKING_CONTENT | Kind.LEAKING_TO_RESULT:
                self._leaks.setdefault(decision.at, []).append(decision)
                self._tags.setdefault(decision.at.path, []).append(decision)
            case Kind.MUTATES | Kind.CALLS:
                self._tags.setdefault(decision.at.path, []).append(decision)
            case Kind.LEAK_EXPLAINED:
                self._leak_flows_at.setdefault(decision.at, decision.flow)
                if decision.detail == "{heap}":
                    self._remember_leak(decision)
            case _:
                pass

    def _remember_leak(self, decision: Decision) -> None:
        name = decision.function
        if not name and (file := self._source(decision.at.path)) is not None:
            # Before Go 1.25 the record does not name the function.
            node = enclosing_function(file, file.lines.offset(decision.at.pos))
            name = node.name if node is not None else ""
        self._leak_flows.setdefault((name, decision.subject), decision.flow)

    def _summary(self, decision: Decision) -> None:
        file = self._source(decision.at.path)
        if file is None:
            self.outside += 1
            return
        variable = decision.kind is Kind.MOVED
        located = locate(file, decision.at.pos, decision.subject, variable)
        if located is None:
            self.problems.append(
                Problem(
                    "no expression at the compiler's position", decision.at.path, decision.subject[:200], decision.at
                )
            )
            return
        if not located.exact and not self._from_elsewhere(decision):
            self._copies.append((decision, file, located))
            return
        draft = self._own(decision, file, located, "" if located.exact else self._callee(decision))
        draft.instances.update(dict.fromkeys(self._instances(decision)))

    def _from_elsewhere(self, decision: Decision) -> bool:
        """Whether every function that was inlined at a place is one of another package: then the copy stays there."""
        callees = self._callees.get(decision.at, ())
        return len(callees) > 0 and all(self.foreign(name) for name in callees)

    def foreign(self, name: str) -> bool:
        """Whether a function, as the compiler names it, is one of another package."""
        return _FOREIGN.match(name) is not None and without_type_arguments(name) not in self._inlinable_here

    def _own(self, decision: Decision, file: SourceFile, located: Located, inlined_from: str) -> _Draft:
        """The draft of a place; a new one if the record is the first of it."""
        # One expression may be printed in several ways, with inlined calls in it or without.
        what = (located.range, located.kind) if located.exact else decision.subject
        key = (decision.at.path, decision.at.pos, decision.kind, what, inlined_from)
        draft = self._drafts.get(key)
        if draft is None:
            draft = self._drafts[key] = self._draft(key, decision, file, located, inlined_from)
            self._fresh.append(draft)
        draft.printed.add(_plain(decision.subject))
        return draft

    def _draft(
        self, key: tuple[object, ...], decision: Decision, file: SourceFile, located: Located, inlined_from: str
    ) -> _Draft:
        flow = self._flow(decision)
        function = enclosing_function(file, file.lines.offset(located.range.start))
        site = Site(
            path=decision.at.path,
            range=located.range,
            storage=Storage.VARIABLE if decision.kind is Kind.MOVED else Storage.EXPRESSION,
            subject=decision.subject,
            function=function.name if function is not None else "",
            at=decision.at.pos,
            flow=flow.edges if flow is not None else (),
            flow_truncated=flow.truncated if flow is not None else False,
            inlined_from=inlined_from,
        )
        return _Draft(key, site, file, located)

    def _explanations(self, decision: Decision) -> Iterator[_Flow]:
        for subject, flow in self._flows.get(decision.at, ()):
            # The summary of an append leaves its arguments out.
            if subject == decision.subject or (decision.subject == "append" and subject.startswith("append(")):
                yield flow

    def _flow(self, decision: Decision) -> _Flow | None:
        return next(self._explanations(decision), None)

    def _instances(self, decision: Decision) -> Iterator[str]:
        for flow in self._explanations(decision):
            if "[" in flow.function:
                yield flow.function.replace("go.shape.", "")

    def _merge_copies(self) -> list[_Draft]:
        """Give each copy to its origin; what has none in this package is returned as a site at the call."""
        by_function: dict[tuple[str, str], list[_Draft]] = {}
        for draft in self._drafts.values():
            for printed in sorted(draft.printed):
                by_function.setdefault((draft.site.function, printed), []).append(draft)
        own: dict[tuple[object, ...], _Draft] = {}
        for decision, file, located in self._copies:
            origin = self._origin(decision, file, located, by_function)
            if origin is not None:
                if decision.at not in self._generic:
                    origin.inlined_at[decision.at] = None
                continue
            key = ("copy", decision.at, decision.subject)
            if key not in own:
                own[key] = self._draft(key, decision, file, located, self._callee(decision))
        return list(own.values())

    def _origin(
        self, decision: Decision, file: SourceFile, located: Located, by_function: dict[tuple[str, str], list[_Draft]]
    ) -> _Draft | None:
        names = list(self._callees.get(decision.at, ()))
        if not is_call(located.node):
            # A generic function's wrapper is reported at its name.
            names += [node.name for node in functions(file) if node.at == decision.at.pos]
        for name in names:
            drafts = by_function.get((without_type_arguments(name), _plain(decision.subject)))
            if drafts:
                return drafts[0]
        for name in names:
            drafts = [
                draft
                for (function, printed), group in by_function.items()
                if function == without_type_arguments(name) and _is_copy(_plain(decision.subject), printed)
                for draft in group
            ]
            if len(drafts) == 1:
                return drafts[0]
        return None

    def _callee(self, decision: Decision) -> str:
        """The inlined call that the copy came from: the one whose package the subject names, else the outermost."""
        names = self._callees.get(decision.at, [])
        for name in names:
            package, dot, _ = name.partition(".")
            if dot and package.isidentifier() and f"{package}." in decision.subject:
                return name.replace("go.shape.", "")
        return names[0].replace("go.shape.", "") if names else ""

    def _function(self, path: str, node: FunctionNode) -> Function:
        at = Location(path, node.at)
        inline = self._inline.get(at)
        cost: int | None = None
        reason = ""
        if inline is not None and inline.kind is Kind.CAN_INLINE:
            cost = int(inline.detail) if inline.detail.isdigit() else 0
        elif inline is not None:
            reason = inline.detail
        leaking = tuple(
            parameter
            for name, range_ in node.params
            if (parameter := self._parameter(Location(path, range_.start), name, range_)) is not None
        )
        return Function(path, node.name, node.range, node.name_range, leaking, cost, reason)

    def _parameter(self, at: Location, name: str, range_: object) -> Parameter | None:
        to: dict[str, None] = {}
        for leak in self._leaks.get(at, ()):
            match leak.kind:
                case Kind.LEAKING:
                    to["heap"] = None
                case Kind.LEAKING_CONTENT:
                    to["content"] = None
                case _:
                    to[leak.detail] = None
        return Parameter(name, range_, tuple(to), self._leak_flows_at.get(at, ())) if to else None  # type: ignore[arg-type]
