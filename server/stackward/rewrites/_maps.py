"""Maps with constant keys as expressions make them, and what one shape of them consists of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tree_sitter import Node

from stackward.rewrites._json import EMPTY_INTERFACES, is_target
from stackward.rewrites._literals import unquoted
from stackward.rewrites._rewrite import Refusal
from stackward.rewrites._scene import Scene, arguments, is_call
from stackward.rewrites._variables import Variable, context


@dataclass(frozen=True, slots=True)
class Entry:
    """A value that is given to a key. ``at`` is the key of a literal, or all of ``x["k"]`` on the left of ``=``."""

    key: str
    at: Node
    value: Node


@dataclass(frozen=True, slots=True)
class Site:
    """Where a map is made: a literal, its braces where the type is left out, or ``make``. ``typed`` is its type."""

    node: Node
    typed: Node | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """``node`` is ``x["k"]``."""

    key: str
    node: Node


@dataclass(slots=True)
class Shape:
    """Maps that become structs of one type.

    ``elem`` is the type of their values as written, empty if that is the empty interface. ``one`` is the variable that
    holds one, ``many`` that of a slice of them, and ``slots`` the places where the element type of such a slice is
    written. ``result`` is the result type of the function that returns one, if that has to become an empty interface.
    ``present`` are the keys that each has whenever somebody looks. ``addressable`` says that the structs
    will be, which makes methods of pointers to their fields count, ``json`` that they become JSON, and ``plain`` that
    one is an argument.
    """

    elem: str
    sites: list[Site] = field(default_factory=list)
    one: Variable | None = None
    many: Variable | None = None
    slots: list[Node] = field(default_factory=list)
    result: Node | None = None
    writes: list[Entry] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    present: frozenset[str] = frozenset()
    addressable: bool = False
    plain: bool = False
    json: bool = False

    def nodes(self) -> list[Node]:
        """Where the type is written, or will be."""
        return [*(site.node for site in self.sites), *self.slots]

    def entries(self) -> Iterator[Entry]:
        """All values that keys get, in no order."""
        for site in self.sites:
            yield from site.entries
        yield from self.writes


def map_type(node: Node | None, scene: Scene) -> Node | None:
    """The type as written if it is a map with strings for keys."""
    if node is None or node.type != "map_type":
        return None
    key = scene.type(node.child_by_field_name("key") or node)
    return node if key is not None and key.type == "string" else None


def made_map(scene: Scene, node: Node) -> Node | None:
    """The type of the map that an expression makes, as written; None for any other."""
    if node.type == "composite_literal":
        return map_type(node.child_by_field_name("type"), scene)
    given = arguments(node) if is_call(node) else []
    if given and given[0].type == "map_type" and scene.callee(node) == "make":
        fixed = len(given) == 1 or (len(given) == 2 and scene.constant(given[1]) is not None)
        return map_type(given[0], scene) if fixed else None
    return None


def entries_of(scene: Scene, node: Node) -> Site | Refusal:
    """The keys and values of a map that an expression makes."""
    if is_call(node):
        return Site(node, made_map(scene, node), ())
    body = node.child_by_field_name("body") if node.type == "composite_literal" else node
    found = []
    for element in body.named_children if body is not None else ():
        if element.type == "comment":
            continue
        key, value = element.child_by_field_name("key"), element.child_by_field_name("value")
        given = [one for one in value.named_children if one.type != "comment"] if value is not None else []
        name = next((one for one in key.named_children if one.type != "comment"), None) if key is not None else None
        if element.type != "keyed_element" or name is None or len(given) != 1:
            return Refusal("it is not a literal of keys and values")
        constant = unquoted(scene.constant(name))
        if constant is None:
            return Refusal(f"the key {scene.text(name)} is not a constant")
        if given[0].type == "literal_value":
            return Refusal("a value is a literal without its type")
        found.append(Entry(constant, name, given[0]))
    return Site(node, node.child_by_field_name("type") if node != body else None, tuple(found))


def is_map(scene: Scene, name: Node) -> bool:
    info = scene.type(name)
    return info is not None and info.kind == "map" and info.type.startswith("map[")


def boxed(scene: Scene, node: Node) -> bool:
    facts = scene.facts(node)
    return facts is not None and facts.implicit is not None and facts.implicit.type in EMPTY_INTERFACES


def map_elements(scene: Scene, literal: Node) -> Node | None:
    """The type of the elements of a literal of a slice of maps, as written."""
    kind = literal.child_by_field_name("type")
    element = kind.child_by_field_name("element") if kind is not None and kind.type == "slice_type" else None
    return map_type(element, scene)


def elements_are_maps(scene: Scene, name: Node) -> bool:
    info = scene.type(name)
    return info is not None and info.kind == "slice" and info.elem is not None and info.elem.kind == "map"


def has_two_values(index: Node) -> bool:
    """Whether an index expression also says if there is such a key."""
    listed = context(index)
    statement = listed.parent if listed is not None and listed.type == "expression_list" else listed
    if statement is None or statement.type not in {"assignment_statement", "short_var_declaration", "var_spec"}:
        return False
    left = statement.child_by_field_name("left")
    names = statement.children_by_field_name("name") if left is None else left.named_children
    values = listed.named_children if listed is not None and listed.type == "expression_list" else [index]
    return len(names) != len(values)


def changes_key(node: Node) -> bool:
    """Whether a map is assigned to at a key."""
    outer = context(node)
    return outer is not None and outer.type == "index_expression" and is_target(outer)
