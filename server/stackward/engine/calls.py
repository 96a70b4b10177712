"""The calls that values are handed to: which parameter takes them, and how they go on inside the callee."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from tree_sitter import Node

from stackward.core.decision import FlowEdge
from stackward.core.position import Location
from stackward.core.site import Passed, Site
from stackward.engine.neighbours import Neighbours
from stackward.engine.sources import SnapshotSources
from stackward.engine.symbols import without_type_arguments
from stackward.rules import Callee, End, Fate, fate
from stackward.syntax import subjects
from stackward.syntax.declared import Declarations, imports
from stackward.syntax.nodes import arguments, call_at, callee_node
from stackward.syntax.tree import SourceFile, text_of

_MAX_CALLS = 8  # Calls that a value is followed through; further ones are in their own functions' hovers.
_POINTER_METHOD = re.compile(r"\(\*(?:(\w+)\.)?(\w+)\)\.(\w+)")


class _Target(NamedTuple):
    """A function as its package calls it, and the names of its parameters, those of a receiver first.

    ``package`` is its import path, empty for the package that calls it.
    """

    package: str
    function: str
    parameters: tuple[str, ...]

    @property
    def method(self) -> bool:
        return "." in self.function

    def parameter(self, number: int) -> str:
        """The name of one, from 0; empty if it has none. A variadic one takes all arguments from its own on."""
        if not self.parameters or number < 0:
            return ""
        name = self.parameters[min(number, len(self.parameters) - 1)].removeprefix("...")
        return name if name != "_" else ""

    def variadic(self, number: int) -> bool:
        """Whether an argument, from 0, is one of several that a parameter takes."""
        last = len(self.parameters) - 1
        return number >= last and self.parameters[-1:] != () and self.parameters[last].startswith("...")


class Calls:
    """The calls in the files of one package."""

    def __init__(
        self, sources: SnapshotSources, files: Iterable[str], neighbours: Neighbours, own: Callable[[], Declarations]
    ) -> None:
        self._sources = sources
        self._files = frozenset(files)
        self._neighbours = neighbours
        self._own = own
        self._imports: dict[SourceFile, tuple[tuple[str, str], ...]] = {}

    def at(self, at: Location) -> Node | None:
        """The call that the compiler reports at a place."""
        source = self._source(at.path)
        return call_at(source, at.pos) if source is not None else None

    def callee(self, site: Site, end: Fate) -> Callee | None:
        """The call that a value ends up in, with the argument that it is, where the syntax at the call says so."""
        step = end.step
        if end.end is not End.PASSED or step is None:
            return None
        name = subjects.callee(step.expr)
        source, call = self._source(step.at.path), self.at(step.at)
        if source is None or call is None:
            return Callee(name) if name else None
        function = callee_node(call)
        written = " ".join(text_of(function, source).split()) if function is not None else ""
        if subjects.last_name(written) != subjects.last_name(name):
            # The call in the log is one inside the function that was inlined here.
            return Callee(f"{written} (which calls {name})" if written and name else name or written)
        argument = _argument(site, end, call, source)
        # Of the flow as it was printed: there the compiler names the method, in the source only its receiver.
        printed = fate(site.flow).step or step
        return self._handed(subjects.callee(printed.expr), written, argument, source)

    def chain(
        self, callee: Callee | None, leak: Callable[[str, str], tuple[FlowEdge, ...]]
    ) -> tuple[tuple[FlowEdge, ...], Passed | None]:
        """How the value goes on inside the callee, and inside what that calls; and where that leaves this package."""
        edges: list[FlowEdge] = []
        passed = _passed(callee)
        for _ in range(_MAX_CALLS):
            if passed is None or passed.package:
                break
            further = leak(passed.function, passed.parameter)
            if not further or further[0] in edges:
                return tuple(edges), None
            edges += further
            passed = self.onward(further, passed.parameter)
        return tuple(edges), passed if passed is not None and passed.package else None

    def onward(self, flow: Sequence[FlowEdge], parameter: str) -> Passed | None:
        """The next call that a parameter is handed on to, if it is one of its plain arguments or its receiver."""
        end = fate(flow)
        if end.end is not End.PASSED or end.step is None:
            return None
        source = self._source(end.step.at.path)
        target = self._target(without_type_arguments(subjects.callee(end.step.expr)), None, source)
        given = subjects.arguments(end.step.expr)
        if target is None or parameter not in given:
            return None
        name = target.parameter(given.index(parameter))
        return Passed(target.package, target.function, name) if name else None

    def _source(self, path: str) -> SourceFile | None:
        return self._sources.get(path) if path in self._files else None

    def _handed(self, printed: str, written: str, argument: int | None, source: SourceFile) -> Callee:
        """The callee of a call that the compiler prints as ``printed``, with the name of the parameter."""
        target = self._target(without_type_arguments(printed), written, source)
        if argument is None or target is None:
            return Callee(written, argument)
        if target.method and printed == written:  # A method expression, whose first argument is the receiver.
            argument -= 1
        number = argument if target.method else argument - 1
        name = target.parameter(number)
        if not name:
            return Callee(written, argument)
        return Callee(written, argument, name, target.variadic(number), target.function, target.package)

    def _target(self, printed: str, written: str | None, source: SourceFile | None) -> _Target | None:
        """The function that is called; None where that is not certain.

        The compiler prints a method as ``(*pkg.T).M`` or ``pkg.T.M``, with the receiver as first argument, and a call
        through an interface as it is ``written``, which may be unknown.
        """
        pointer = _POINTER_METHOD.fullmatch(printed)
        if pointer is not None:
            package, name = pointer[1] or "", f"(*{pointer[2]}).{pointer[3]}"
        elif printed in self._own().functions:
            package, name = "", printed
        else:
            package, _, name = printed.partition(".")
        if not package:
            parameters = self._own().functions.get(name)
            return _Target("", name, parameters) if parameters is not None else None
        as_printed = written in {None, printed}
        paths = self._imported(package, source) if as_printed and pointer is None else self._neighbours.named(package)
        found = {
            _Target(path, name, parameters)
            for path in paths
            if (parameters := self._neighbours.declared(path).functions.get(name)) is not None
        }
        return found.pop() if len(found) == 1 else None

    def _imported(self, name: str, source: SourceFile | None) -> Iterator[str]:
        """What a file imports under a name; if nothing, it is a variable, whose method is called."""
        if source is not None and source not in self._imports:
            self._imports[source] = tuple(imports(source))
        for given, path in self._imports[source] if source is not None else ():
            if given == name or (not given and path in self._neighbours.named(name)):
                yield path


def _passed(callee: Callee | None) -> Passed | None:
    known = callee is not None and callee.parameter
    return Passed(callee.package, callee.function, callee.parameter) if callee is not None and known else None


def _argument(site: Site, end: Fate, call: Node, source: SourceFile) -> int | None:
    """Which argument of the call the value is, 1-based, or the receiver: what the site or a step on its way is in."""
    places = [site.range.start] if end.step is not None and site.path == end.step.at.path else []
    places += [step.at.pos for edge in reversed(site.flow) for step in reversed(edge.steps)]
    given = arguments(call)
    function = callee_node(call)
    receiver = function.child_by_field_name("operand") if function is not None else None
    for place in places:
        offset = source.lines.offset(place)
        for number, node in enumerate([receiver, *given]):
            if node is not None and node.start_byte <= offset < node.end_byte:
                return number
    return None
