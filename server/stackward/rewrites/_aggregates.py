"""Maps of one shape that several variables, slices and maps hold: as all of them know the same map, so a pointer."""

from __future__ import annotations

from dataclasses import dataclass, field

from tree_sitter import Node

from stackward.core.facts import TypeInfo
from stackward.rewrites._json import EMPTY_INTERFACES, declared_by, is_target, marshalled, self_append, set_value
from stackward.rewrites._literals import unquoted
from stackward.rewrites._maps import Entry, Read, Shape, boxed, entries_of, has_two_values, made_map
from stackward.rewrites._rewrite import Refusal
from stackward.rewrites._scene import Scene, arguments, is_call
from stackward.rewrites._variables import (
    Reference,
    Variable,
    context,
    expressions,
    has_goto,
    inside,
    sole,
    variable,
)
from stackward.syntax.anchors import unparenthesized

_MAPS = frozenset(f"map[string]{elem}" for elem in EMPTY_INTERFACES)
# They look at a slice or move its elements.
_MOVES = frozenset({"slices.Reverse", "sort.Slice", "sort.SliceIsSorted", "sort.SliceStable"})
_COMPARES = frozenset({"slices.IsSortedFunc", "slices.SortFunc", "slices.SortStableFunc"})
_MEASURES = frozenset({"cap", "clear", "delete", "len"})


@dataclass(slots=True)
class Aggregate:
    """``shape`` says what has to change. ``missing`` is whether a map may be nil, as one that is not in another is.

    ``holders`` are the variables, by the offsets of their declarations.
    """

    shape: Shape
    missing: bool = False
    holders: set[int] = field(default_factory=set)

    @property
    def shared(self) -> bool:
        """Whether there is more than one variable, which no struct can be in at the same time."""
        return len(self.holders) > 1


def aggregate(scene: Scene, literal: Node) -> Aggregate | Refusal | None:
    """All that knows the map that a literal makes; None if that is nothing but one variable."""
    if made_map(scene, literal) is None or scene.function(literal) is None or not _is_one(scene.type(literal)):
        return None
    found = Aggregate(Shape("", addressable=True))
    group = _Group(scene, found)
    refused = group.made(literal) or group.goes(literal) or group.close()
    if refused is not None:
        return refused
    if has_goto(scene, literal):
        return Refusal("the function jumps about")
    keys = [frozenset(entry.key for entry in site.entries) for site in found.shape.sites]
    found.shape.present = frozenset.intersection(*keys)
    return found if found.shared else None


def _is_one(info: TypeInfo | None) -> bool:
    return info is not None and info.type.replace("interface {}", "interface{}") in _MAPS


def _is_many(info: TypeInfo | None) -> bool:
    """Whether a type is that of a slice or map of such maps."""
    named = info is None or not info.type.startswith(("[]", "map["))
    return not named and info is not None and info.kind in {"map", "slice"} and _is_one(info.elem)


class _Group:
    """Follows the maps from variable to variable. Each method gives why they cannot be followed, if so."""

    def __init__(self, scene: Scene, found: Aggregate) -> None:
        self._scene = scene
        self._found = found
        self._shape = found.shape
        self._queue: list[tuple[Variable, bool]] = []

    def close(self) -> Refusal | None:
        """Follow all variables until there is no new one."""
        while self._queue:
            known, many = self._queue.pop()
            refused = self._declared(known, many=many)
            if refused is not None:
                return refused
            for one in known.references:
                if one.use.address:
                    return self._other(known.node)
                refused = self._many_used(one) if many else self._used(one.node)
                if refused is not None:
                    return refused
        return None

    def _other(self, node: Node) -> Refusal:
        return Refusal(f"{self._scene.text(node)} is used in another way than by constant keys and as JSON")

    def _add(self, name: Node) -> Refusal | None:
        """A variable that holds one of the maps, or many."""
        if self._scene.text(name) == "_":
            return None
        info = self._scene.type(name)
        many = _is_many(info)
        known = variable(self._scene, name) if many or _is_one(info) else None
        if known is None or known.kind not in {"param", "var"}:
            return self._other(name)
        if known.node.start_byte not in self._found.holders:
            self._found.holders.add(known.node.start_byte)
            self._queue.append((known, many))
            if many and self._shape.many is None:
                self._shape.many = known
        return None

    def _slot(self, typed: Node | None) -> Refusal | None:
        """A place where the type of the maps is written."""
        inner = (
            typed.child_by_field_name("element") or typed.child_by_field_name("value") if typed is not None else None
        )
        if typed is not None and typed.type == "map_type" and _is_one(self._scene.type(typed)):
            inner = typed
        if inner is None or inner.type != "map_type":
            return Refusal("the type of the maps has a name")
        if all(one != inner for one in self._shape.slots):
            self._shape.slots.append(inner)
        return None

    def _declared(self, known: Variable, *, many: bool) -> Refusal | None:
        """What a variable starts with."""
        if known.kind == "param":
            return self._slot(known.typed) if self._compares(known) else self._other(known.node)
        if known.typed is not None:
            refused = self._slot(known.typed)
            self._found.missing |= not many
            if refused is not None or known.value is None:
                return refused
        if known.value is not None:
            return self._many_made(known.value) if many else self.made(known.value)
        if known.statement.type == "range_clause":
            return self._source(known.statement.child_by_field_name("right"))
        value = sole(known.statement.child_by_field_name("right"))
        if value is None or value.type != "index_expression" or many:
            return self._other(known.node)
        return self.made(value)

    def _compares(self, known: Variable) -> bool:
        """Whether a parameter is that of a function that is passed to what sorts."""
        literal = known.statement.parent
        outer = context(literal) if literal is not None and literal.type == "func_literal" else None
        call = outer.parent if outer is not None and outer.type == "argument_list" else None
        return call is not None and self._scene.callee(call) in _COMPARES

    def _source(self, node: Node | None) -> Refusal | None:
        """A slice or map that some of the maps come from."""
        inner = unparenthesized(node) if node is not None else None
        return (
            self._add(inner) if inner is not None and inner.type == "identifier" else Refusal("a map comes from afar")
        )

    def made(self, node: Node) -> Refusal | None:
        """An expression whose value is one of the maps."""
        inner = unparenthesized(node)
        if inner.type == "identifier":
            return self._add(inner)
        if inner.type == "nil":
            self._found.missing = True
            return None
        if inner.type == "index_expression":
            self._found.missing = True
            return self._source(inner.child_by_field_name("operand"))
        if inner.type != "composite_literal" or made_map(self._scene, inner) is None:
            return Refusal("a map is made in another way than by a literal")
        if all(site.node != inner for site in self._shape.sites):
            site = entries_of(self._scene, inner)
            if isinstance(site, Refusal):
                return site
            self._shape.sites.append(site)
        return None

    def _many_made(self, node: Node) -> Refusal | None:
        """An expression that makes a slice or map of the maps."""
        inner = unparenthesized(node)
        if inner.type == "nil":
            return None
        if is_call(inner) and self._scene.callee(inner) == "make":
            return self._slot(arguments(inner)[0])
        body = inner.child_by_field_name("body") if inner.type == "composite_literal" else None
        if body is None:
            return Refusal("the maps are in what is made elsewhere")
        for element in body.named_children:
            value = element.child_by_field_name("value") if element.type == "keyed_element" else element
            given = expressions(value) if value is not None and value.type == "literal_element" else []
            if element.type == "comment":
                continue
            refused = self.made(given[0]) if given else Refusal("an element of a literal cannot be followed")
            if refused is not None:
                return refused
        return self._slot(inner.child_by_field_name("type"))

    def goes(self, node: Node) -> Refusal | None:
        """Where one of the maps is passed on to."""
        scene, outer = self._scene, context(node)
        if outer is None:
            return self._other(node)
        if outer.type == "binary_expression":
            return None if any(one.type == "nil" for one in outer.named_children) else self._other(node)
        if outer.type == "expression_list" and not is_target(node):
            entry, name = set_value(node), declared_by(node)
            if entry is not None and not _is_one(scene.type(entry[0])):
                return self._source(entry[0])
            return self._add(name) if name is not None and _is_one(scene.type(name)) else self._boxed(node)
        call = outer.parent if outer.type == "argument_list" else None
        target = self_append(scene, call) if call is not None else None
        if target is not None and _is_many(scene.type(target)):
            return self._add(target)
        if outer.type == "literal_element":
            literal = outer.parent
            while literal is not None and literal.type in {"keyed_element", "literal_value"}:
                literal = literal.parent
            if literal is not None and literal.type == "composite_literal" and _is_many(scene.type(literal)):
                name = declared_by(literal)
                return self._add(name) if name is not None else self._other(node)
        return self._boxed(node)

    def _boxed(self, node: Node) -> Refusal | None:
        if not boxed(self._scene, node) or not marshalled(self._scene, node):
            return self._other(node)
        self._shape.json = True
        return None

    def _used(self, node: Node) -> Refusal | None:
        """A use of an expression that is one of the maps: a variable, or an element."""
        outer = context(node)
        if outer is not None and outer.type == "index_expression" and outer.child_by_field_name("operand") == node:
            return self._indexed(outer)
        if not is_target(node):
            return self.goes(node)
        listed = outer.parent if outer is not None else None
        if listed is not None and listed.type == "range_clause":
            return self._source(listed.child_by_field_name("right"))
        value = sole(listed.child_by_field_name("right")) if listed is not None else None
        left = expressions(listed.child_by_field_name("left")) if listed is not None else []
        if value is None or not left or not inside(node, left[0]):
            return self._other(node)
        return self.made(value)

    def _indexed(self, index: Node) -> Refusal | None:
        """``x["k"]``, read or set."""
        scene, key = self._scene, index.child_by_field_name("index")
        constant = unquoted(scene.constant(key)) if key is not None else None
        if constant is None:
            return Refusal(f"{scene.text(index)} has no constant key")
        if not is_target(index):
            if scene.facts(index) is None or has_two_values(index):
                return Refusal(f"whether {scene.text(index)} is there is asked")
            self._shape.reads.append(Read(constant, index))
            return None
        listed = context(index)
        statement = listed.parent if listed is not None and listed.type == "expression_list" else None
        value = sole(statement.child_by_field_name("right")) if statement is not None else None
        if value is None or set_value(value) is None:
            return Refusal(f"{scene.text(index)} is changed in another way than by an assignment")
        self._shape.writes.append(Entry(constant, index, value))
        return None

    def _many_used(self, one: Reference) -> Refusal | None:
        """A use of a slice or map of the maps."""
        scene, node, outer = self._scene, one.node, context(one.node)
        if outer is None:
            return self._other(node)
        if outer.type == "index_expression" and outer.child_by_field_name("operand") == node:
            return self._element(outer)
        if outer.type == "range_clause":
            names = expressions(outer.child_by_field_name("left"))
            return self._add(names[1]) if len(names) == 2 else None
        if outer.type == "binary_expression" and any(child.type == "nil" for child in outer.named_children):
            return None
        if is_target(node):
            statement = outer.parent
            value = sole(statement.child_by_field_name("right")) if statement is not None else None
            if value is None or one.use.write is False:
                return self._other(node)
            appended = self_append(scene, value) if is_call(value) else None
            return None if appended is not None else self._many_made(value)
        call = outer.parent if outer.type == "argument_list" else None
        callee = scene.callee(call) if call is not None else ""
        first = call is not None and inside(node, arguments(call)[0])
        if call is not None and callee == "append" and first and self_append(scene, call) is not None:
            return next((why for given in arguments(call)[1:] if (why := self.made(given)) is not None), None)
        if callee in _MEASURES | _MOVES and first:
            return None
        if call is not None and callee in _COMPARES and first:
            return self._compared(arguments(call)[1])
        return self._boxed(node)

    def _compared(self, function: Node) -> Refusal | None:
        """The function literal that compares two elements."""
        listed = function.child_by_field_name("parameters") if function.type == "func_literal" else None
        if listed is None:
            return Refusal("the elements are compared by a function that is elsewhere")
        names = [name for one in listed.named_children for name in one.children_by_field_name("name")]
        return next((why for name in names if (why := self._add(name)) is not None), None)

    def _element(self, index: Node) -> Refusal | None:
        """An element of a slice or map of the maps."""
        if has_two_values(index):
            listed = context(index)
            statement = listed.parent if listed is not None else None
            left = statement.child_by_field_name("left") if statement is not None else None
            names = expressions(left)
            return self._add(names[0]) if names and names[0].type == "identifier" else self._other(index)
        if not is_target(index):
            self._found.missing = True
        return self._used(index)
