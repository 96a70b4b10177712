"""Maps with constant keys: all literals that are of one shape, the variables that hold them, and what is done with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tree_sitter import Node

from stackward.rewrites._json import (
    EMPTY_INTERFACES,
    declared_by,
    literal_of,
    marshalled,
    marshalled_at_once,
    self_append,
    set_value,
)
from stackward.rewrites._literals import unquoted
from stackward.rewrites._rewrite import Refusal
from stackward.rewrites._scene import Scene, arguments, is_call
from stackward.rewrites._variables import (
    Reference,
    Variable,
    context,
    has_goto,
    inside,
    listed_statement,
    loop_around,
    siblings,
    sole,
    variable,
)


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
    written. ``present`` are the keys that each has whenever somebody looks. ``addressable`` says that the structs
    will be, which makes methods of pointers to their fields count.
    """

    elem: str
    sites: list[Site] = field(default_factory=list)
    one: Variable | None = None
    many: Variable | None = None
    slots: list[Node] = field(default_factory=list)
    writes: list[Entry] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    present: frozenset[str] = frozenset()
    addressable: bool = False
    plain: bool = False

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


def shape(scene: Scene, node: Node) -> Shape | Refusal | None:
    """All that has to change with the map, or the slice of maps, that an expression makes."""
    kind = node.child_by_field_name("type") if node.type == "composite_literal" else None
    element = kind.child_by_field_name("element") if kind is not None and kind.type == "slice_type" else None
    typed = map_type(element, scene) if element is not None else made_map(scene, node)
    if typed is None or scene.function(node) is None:
        return None
    value = typed.child_by_field_name("value")
    known = scene.type(value) if value is not None else None
    if value is None or known is None:
        return None
    found = Shape("" if known.type in EMPTY_INTERFACES else scene.text(value))
    refused = (_container if element is not None else _site)(scene, found, node)
    if refused is not None:
        return refused
    if has_goto(scene, node):
        return Refusal("the function jumps about")
    found.present = frozenset.intersection(*(_keys(site) for site in found.sites)) | _set_first(scene, found)
    return found


def _keys(site: Site) -> frozenset[str]:
    return frozenset(entry.key for entry in site.entries)


def _site(scene: Scene, found: Shape, node: Node) -> Refusal | None:
    """A map that is made by an expression, and where it goes."""
    made = _entries(scene, node)
    if isinstance(made, Refusal):
        return made
    found.sites.append(made)
    if marshalled_at_once(scene, node):
        found.plain = True
        return None
    outer = context(node)
    name = declared_by(node)
    if name is not None and _is_map(scene, name):
        return _one(scene, found, name)
    literal = literal_of(node)
    element = _map_elements(scene, literal) if literal is not None else None
    if literal is not None and element is not None:
        found.sites.clear()  # It is one of several.
        return _container(scene, found, literal)
    call = outer.parent if outer is not None and outer.type == "argument_list" else None
    target = self_append(scene, call) if call is not None else None
    if target is not None:
        return _appended(scene, found, target)
    if not _boxed(scene, node) or not marshalled(scene, node):
        return Refusal("the map goes where it may be more than marshalled")
    found.plain = call is not None
    return None


def _is_map(scene: Scene, name: Node) -> bool:
    info = scene.type(name)
    return info is not None and info.kind == "map" and info.type.startswith("map[")


def _boxed(scene: Scene, node: Node) -> bool:
    facts = scene.facts(node)
    return facts is not None and facts.implicit is not None and facts.implicit.type in EMPTY_INTERFACES


def _map_elements(scene: Scene, literal: Node) -> Node | None:
    """The type of the elements of a literal of a slice of maps, as written."""
    kind = literal.child_by_field_name("type")
    element = kind.child_by_field_name("element") if kind is not None and kind.type == "slice_type" else None
    return map_type(element, scene)


def _entries(scene: Scene, node: Node) -> Site | Refusal:
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


def _one(scene: Scene, found: Shape, name: Node) -> Refusal | None:
    """The variable that holds a map, and all that is done with it."""
    known = variable(scene, name)
    if known is None or known.kind != "var" or known.typed is not None or known.value is None:
        return Refusal(f"{scene.text(name)} is not a variable that starts with a map")
    if found.one is not None:
        return None if found.one.node == known.node else Refusal("the map is held by several variables")
    found.one = known
    if known.value != found.sites[0].node and (refused := _more(scene, found, known.value)) is not None:
        return refused
    copied = []
    for one in known.references:
        handled = _used(scene, found, known, one)
        if isinstance(handled, Refusal):
            return handled
        if handled:
            copied.append(one.node)
    changes = [one for one in known.references if one.use.write]
    for copy in copied:
        late = [one for one in changes if one.node.start_byte > copy.start_byte]
        if late or (changes and loop_around(copy) != loop_around(known.node)):
            return Refusal(f"{known.name} may change after it was passed on")
    return None


def _more(scene: Scene, found: Shape, node: Node) -> Refusal | None:
    """Another map that the variable holds."""
    if any(site.node == node for site in found.sites):
        return None
    typed = made_map(scene, node)
    first = found.sites[0].typed
    if typed is None or first is None or typed.text != first.text:
        return Refusal("the variable holds other maps, too")
    made = _entries(scene, node)
    if isinstance(made, Refusal):
        return made
    found.sites.append(made)
    return None


def _used(scene: Scene, found: Shape, known: Variable, one: Reference) -> Refusal | bool:
    """Take note of a use of the variable; True if the map is passed on to where it is kept."""
    node, outer = one.node, context(one.node)
    other = Refusal(f"{known.name} is used in another way than by constant keys and as JSON")
    if outer is None or one.use.address:
        return other
    if outer.type == "index_expression" and outer.child_by_field_name("operand") == node:
        return _indexed(scene, found, one, outer) or False
    if one.use.write:
        statement = outer.parent
        value = sole(statement.child_by_field_name("right")) if statement is not None else None
        left = sole(statement.child_by_field_name("left")) if statement is not None else None
        if value is None or left != node or one.use.captured:
            return other
        return _more(scene, found, value) or False
    if marshalled_at_once(scene, node):
        return False
    call = outer.parent if outer.type == "argument_list" else None
    target = self_append(scene, call) if call is not None else None
    if target is not None and target.text != node.text and _elements_are_maps(scene, target):
        return _appended(scene, found, target) or True
    return True if _boxed(scene, node) and marshalled(scene, node) else other


def _elements_are_maps(scene: Scene, name: Node) -> bool:
    info = scene.type(name)
    return info is not None and info.kind == "slice" and info.elem is not None and info.elem.kind == "map"


def _indexed(scene: Scene, found: Shape, one: Reference, index: Node) -> Refusal | None:
    key = index.child_by_field_name("index")
    constant = unquoted(scene.constant(key)) if key is not None else None
    if constant is None:
        return Refusal(f"{scene.text(index)} has no constant key")
    if not one.use.write:
        facts = scene.facts(index)
        if facts is None or facts.mode not in {"mapindex", "value"} or _two_values(index):
            return Refusal(f"whether {scene.text(index)} is there is asked")
        found.reads.append(Read(constant, index))
        return None
    outer = context(index)
    statement = outer.parent if outer is not None and outer.type == "expression_list" else None
    value = sole(statement.child_by_field_name("right")) if statement is not None else None
    entry = set_value(value) if value is not None else None
    if value is None or entry is None or one.use.captured:
        return Refusal(f"{scene.text(index)} is changed in another way than by an assignment")
    found.writes.append(Entry(constant, index, value))
    return None


def _two_values(index: Node) -> bool:
    """Whether an index expression also says if there is such a key."""
    listed = context(index)
    statement = listed.parent if listed is not None and listed.type == "expression_list" else listed
    if statement is None or statement.type not in {"assignment_statement", "short_var_declaration", "var_spec"}:
        return False
    left = statement.child_by_field_name("left")
    names = statement.children_by_field_name("name") if left is None else left.named_children
    values = listed.named_children if listed is not None and listed.type == "expression_list" else [index]
    return len(names) != len(values)


def _set_first(scene: Scene, found: Shape) -> frozenset[str]:
    """The keys that the variable gets before anybody can look at it."""
    known = found.one
    statement = listed_statement(known.node) if known is not None else None
    if known is None or statement is None or len(found.sites) != 1:
        return frozenset()
    present = set()
    listed = siblings(statement)
    targets = {entry.at.start_byte: entry for entry in found.writes}
    for one in listed[listed.index(statement) + 1 :]:
        used = known.within(one)
        if not all(use.node.start_byte in targets for use in used):
            break
        left = one.child_by_field_name("left") if one.type == "assignment_statement" else None
        if left is not None and len(used) == 1 and left.start_byte in targets:
            present.add(targets[left.start_byte].key)
    return frozenset(present)


def _container(scene: Scene, found: Shape, literal: Node) -> Refusal | None:
    """A literal of a slice of maps, and where it goes."""
    body, kind = literal.child_by_field_name("body"), literal.child_by_field_name("type")
    element = kind.child_by_field_name("element") if kind is not None else None
    if body is None or element is None:
        return Refusal("it is not a literal of maps")
    refused = _elements(scene, found, body, element)
    if refused is not None:
        return refused
    name = declared_by(literal)
    if name is not None and _elements_are_maps(scene, name):
        return _many(scene, found, name)
    if not found.sites:
        return Refusal("there is no map")
    found.slots.append(element)
    found.addressable = True
    if marshalled_at_once(scene, literal) or (_boxed(scene, literal) and marshalled(scene, literal)):
        return None
    return Refusal("the slice goes where it may be more than marshalled")


def _elements(scene: Scene, found: Shape, body: Node, element: Node) -> Refusal | None:
    """The maps in a literal of a slice."""
    for one in body.named_children:
        if one.type == "comment":
            continue
        value = one.named_children[0] if one.type == "literal_element" and one.named_children else None
        same = value is not None and (
            value.type == "literal_value"
            or (value.type == "composite_literal" and made_map(scene, value) is not None)
        )
        if value is None or not same or element.type != "map_type" and value.type == "literal_value":
            return Refusal("not all elements are maps that are made here")
        if all(site.node != value for site in found.sites):
            made = _entries(scene, value)
            if isinstance(made, Refusal):
                return made
            found.sites.append(made)
    return None


def _appended(scene: Scene, found: Shape, target: Node) -> Refusal | None:
    """A map that is appended to a slice: of maps, or of empty interfaces, which then may become one of structs."""
    if _elements_are_maps(scene, target):
        return _many(scene, found, target)
    kept = list(found.sites)
    if _many(scene, found, target) is None:
        return None
    found.sites, found.many, found.addressable = kept, None, False
    found.slots.clear()
    return None if marshalled(scene, kept[0].node) else Refusal("the slice is not only marshalled")


def _many(scene: Scene, found: Shape, name: Node) -> Refusal | None:
    """The variable that holds a slice of the maps, and all that is done with it."""
    known = variable(scene, name)
    if known is None or known.kind != "var":
        return Refusal(f"{scene.text(name)} is not a variable of the function")
    if found.many is not None:
        return None if found.many.node == known.node else Refusal("the maps are held by several slices")
    found.many, found.addressable = known, True
    refused = _start(scene, found, known)
    if refused is not None:
        return refused
    for one in known.references:
        refused = _element_used(scene, found, known, one)
        if refused is not None:
            return refused
    return None if found.sites else Refusal("there is no map")


def _start(scene: Scene, found: Shape, known: Variable) -> Refusal | None:
    """What the slice is to begin with: empty, or a literal of maps."""
    value = known.value
    typed = known.typed
    if value is not None and value.type == "composite_literal":
        typed = value.child_by_field_name("type")
        body = value.child_by_field_name("body")
        element = typed.child_by_field_name("element") if typed is not None else None
        if body is None or element is None or known.typed is not None:
            return Refusal(f"{known.name} does not begin as a slice of maps")
        refused = _elements(scene, found, body, element)
        if refused is not None:
            return refused
    elif value is not None:
        given = arguments(value) if is_call(value) else []
        if known.typed is not None or len(given) < 2 or scene.callee(value) != "make" or scene.constant(given[1]) != "0":
            return Refusal(f"{known.name} does not begin empty")
        typed = given[0]
    element = typed.child_by_field_name("element") if typed is not None and typed.type == "slice_type" else None
    if element is None:
        return Refusal(f"{known.name} does not begin empty")
    found.slots.append(element)
    return None


def _element_used(scene: Scene, found: Shape, known: Variable, one: Reference) -> Refusal | None:
    node, outer = one.node, context(one.node)
    other = Refusal(f"{known.name} is used in another way than to append maps and as JSON")
    if outer is None or one.use.address:
        return other
    call = outer.parent if outer.type == "argument_list" else None
    if one.use.write:
        listed = outer.parent if outer.type == "expression_list" else None
        value = sole(listed.child_by_field_name("right")) if listed is not None else None
        target = self_append(scene, value) if value is not None and is_call(value) else None
        return None if target is not None and inside(node, target) else other
    if call is not None and scene.callee(call) in {"cap", "len"}:
        return None
    if call is not None and self_append(scene, call) is not None and inside(node, arguments(call)[0]):
        for given in arguments(call)[1:]:
            refused = _given(scene, found, given)
            if refused is not None:
                return refused
        return None
    if marshalled_at_once(scene, node) or (_boxed(scene, node) and marshalled(scene, node)):
        return None
    return other


def _given(scene: Scene, found: Shape, given: Node) -> Refusal | None:
    """A map that is appended to the slice."""
    if given.type == "identifier":
        return _one(scene, found, given) if found.one is None else _one(scene, found, given)
    if made_map(scene, given) is None:
        return Refusal("what is appended is not a map that is made here")
    if any(site.node == given for site in found.sites):
        return None
    made = _entries(scene, given)
    if isinstance(made, Refusal):
        return made
    found.sites.append(made)
    return None
