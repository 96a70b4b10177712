"""From a site and its place in the syntax to the evidence that the rules judge."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tree_sitter import Node

from stackward.core.allocation import Mechanism
from stackward.core.decision import FlowEdge
from stackward.core.facts import BASIC_TYPES
from stackward.core.site import Storage
from stackward.engine.calls import Calls
from stackward.engine.neighbours import Neighbours
from stackward.engine.sites import Found
from stackward.engine.sources import SnapshotSources
from stackward.engine.wording import expression_written, flow_written
from stackward.rules import Callee, Construct, End, Evidence, Fate, Statement, fate
from stackward.syntax import subjects
from stackward.syntax.declared import Declarations, Shape
from stackward.syntax.functions import enclosing_function, enclosing_loops, statement_of
from stackward.syntax.nodes import Kind, Located, arguments, expression
from stackward.syntax.paths import cold
from stackward.syntax.tree import SourceFile, text_of

_BY_KIND = {
    Kind.APPEND: Construct.APPEND,
    Kind.MAKE: Construct.MAKE,
    Kind.NEW: Construct.NEW,
    Kind.ADDRESS_OF_COMPOSITE: Construct.POINTER_LITERAL,
    Kind.FUNC_LITERAL: Construct.FUNC_LITERAL,
    Kind.VARIADIC: Construct.VARIADIC,
}
_STRING_TYPES = frozenset({"string", "[]byte", "[]rune", "[]uint8", "[]int32"})
_CONVERSIONS = BASIC_TYPES | {"any", "error"}  # What looks like a call of one of these is none.


@dataclass(frozen=True, slots=True)
class _Told:
    """What syntax and log tell of a site: the same each time that it is judged, unless one of the first two is not."""

    located: Located
    logged: tuple[FlowEdge, ...]
    written: str
    flow: tuple[FlowEdge, ...]
    fate: Fate
    loops: int
    cold: str
    statement: Statement
    callee: Callee | None


class EvidenceMaker:
    """Makes the evidence for the sites of one unit."""

    def __init__(self, sources: SnapshotSources, files: Sequence[str], neighbours: Neighbours) -> None:
        self.sources = sources
        self._own = functools.cache(sources.declared)
        self.calls = Calls(sources, files, neighbours, self._own)
        self._neighbours = neighbours
        self._told: dict[tuple[object, ...], _Told] = {}

    @property
    def declared(self) -> Declarations:
        """What the unit declares."""
        return self._own()

    def of(self, found: Found) -> Evidence:
        """The evidence for one site. The next time its mechanism may be known; the rest need not be found anew."""
        told = self._told.get(found.key)
        if told is None or told.located is not found.located or told.logged is not found.site.flow:
            told = self._told[found.key] = self._tell(found)
        end = told.fate
        if not told.logged and found.mechanism is Mechanism.SLICE:
            end = Fate(End.SIZE_UNKNOWN)
        site = replace(
            found.site,
            loops=told.loops,
            cold=found.site.cold or told.cold,
            once=found.site.function == "",
            written=told.written,
            flow=told.flow,
        )
        return Evidence(
            site, self.construct(found), end, told.statement, told.loops, told.callee, mechanism=found.mechanism
        )

    def _tell(self, found: Found) -> _Told:
        site, node = found.site, found.located.node
        written = expression_written(found)
        flow = flow_written(found, written, self.sources.get)
        end = fate(flow)
        if end.end is End.STORED and end.dst in self._results(found):
            end = Fate(End.RETURNED, end.step, end.dst)
        return _Told(
            found.located,
            site.flow,
            written,
            flow,
            end,
            enclosing_loops(node),
            cold(node, found.file, self.declared.endings),
            self._statement(found, end),
            self.calls.callee(site, end),
        )

    def _results(self, found: Found) -> tuple[str, ...]:
        function = enclosing_function(found.file, found.file.lines.offset(found.site.range.start))
        return function.results if function is not None else ()

    def construct(self, found: Found) -> Construct:
        """What it is that is on the heap, as far as syntax and object code tell."""
        site = found.site
        if found.construct is not None:
            return found.construct
        if site.storage is Storage.VARIABLE:
            return Construct.VARIABLE
        if not found.located.exact:
            return self._by_subject(site.subject)
        kind = found.located.kind
        if kind in _BY_KIND:
            return _BY_KIND[kind]
        if kind is Kind.COMPOSITE:
            return self._composite(site.subject)
        if kind is Kind.CONVERSION:
            return self._conversion(site.subject)
        if kind is Kind.BINARY:
            return _sum(found.located.node, found.file)
        if kind is Kind.SELECTOR:
            return self._selector(site.subject)
        if kind is Kind.CALL and len(arguments(found.located.node)) == 1:
            # A conversion to a named type looks like a call.
            return self._conversion(site.subject)
        return Construct.BOXED

    def _by_subject(self, subject: str) -> Construct:
        """The construct of a record that was copied from elsewhere, so that only its words are known."""
        if subject == "func literal":
            return Construct.FUNC_LITERAL
        if subject == "... argument":
            return Construct.VARIADIC
        if subject == "append":
            return Construct.APPEND
        if subject.startswith("&") and subjects.is_composite(subject):
            return Construct.POINTER_LITERAL
        if subjects.is_composite(subject):
            return self._composite(subject)
        if subjects.is_call(subject):
            callee = subjects.callee(subject)
            if callee in {"make", "new"}:
                return Construct.MAKE if callee == "make" else Construct.NEW
            return self._conversion(subject)
        source, node = expression(subject)
        if node is None:
            return Construct.UNSURE
        if node.type == "binary_expression":
            return _sum(node, source)
        if node.type == "selector_expression":
            return self._selector(subject)
        return Construct.BOXED

    def _composite(self, subject: str) -> Construct:
        if subject.startswith("[]"):
            return Construct.SLICE_LITERAL
        if subject.startswith("map["):
            return Construct.MAP_LITERAL
        if subject.startswith(("[", "struct {")):
            return Construct.BOXED
        match self._shape(subject.split("{", 1)[0].split("[", 1)[0]):
            case Shape.SLICE:
                return Construct.SLICE_LITERAL
            case Shape.MAP:
                return Construct.MAP_LITERAL
            case Shape.STRUCT | Shape.ARRAY:
                return Construct.BOXED
            case _:
                return Construct.UNSURE

    def _shape(self, name: str) -> Shape | None:
        """What stands behind a type's name, of this package or of an imported one; None where that is not certain."""
        package, dot, bare = name.rpartition(".")
        if not dot:
            return self.declared.shape(bare)
        shapes = {self._neighbours.declared(path).shape(bare) for path in self._neighbours.named(package)}
        return shapes.pop() if len(shapes) == 1 else None

    def _conversion(self, subject: str) -> Construct:
        to = subjects.callee(subject).strip()
        to = to[1:-1] if to.startswith("(") and to.endswith(")") else to
        if to in _STRING_TYPES:
            return Construct.STRING
        if to in _CONVERSIONS or not to.replace("_", "").replace(".", "").isalnum():
            return Construct.BOXED
        return Construct.UNSURE if self._shape(to) in {Shape.STRING, Shape.SLICE} else Construct.BOXED

    def _selector(self, subject: str) -> Construct:
        """``x.name`` is a boxed field or variable, or a method value; what packages declare may tell."""
        name = subjects.last_name(subject)
        own = _field_or_method(name, self.declared)
        if own is not Construct.UNSURE or name in self.declared.methods:
            return own
        return _field_or_method(name, self._neighbours.imported)

    def _statement(self, found: Found, end: Fate) -> Statement:
        word = statement_of(found.located.node) if found.located.exact else ""
        if not word and end.end is End.PASSED and end.step is not None:
            call = self.calls.at(end.step.at)
            word = statement_of(call) if call is not None and call.parent is not None else ""
            if word == "defer":
                word = ""
        return Statement(word) if word else Statement.OTHER


def _field_or_method(name: str, where: Declarations) -> Construct:
    method, field = name in where.methods, name in where.fields
    if method == field:
        return Construct.UNSURE
    return Construct.METHOD_VALUE if method else Construct.BOXED


def _sum(node: Node, source: SourceFile) -> Construct:
    """``a + b`` is a string that is built, or a number that is boxed; any operand whose type is plain tells."""
    operator = node.child_by_field_name("operator")
    if operator is None or operator.type != "+":
        return Construct.BOXED
    waiting: list[Node] = [node]
    while waiting:
        one = waiting.pop()
        kind = one.type
        if kind in {"interpreted_string_literal", "raw_string_literal"}:
            return Construct.STRING
        if kind in {"int_literal", "float_literal", "imaginary_literal", "rune_literal"}:
            return Construct.BOXED
        if kind in {"parenthesized_expression", "binary_expression"}:
            waiting += one.named_children
            continue
        # A conversion or a type assertion names the type.
        named = one.child_by_field_name("function" if kind == "call_expression" else "type")
        name = text_of(named, source) if named is not None else ""
        if name == "string":
            return Construct.STRING
        if name in _CONVERSIONS or name == "len":
            return Construct.BOXED
    return Construct.UNSURE
