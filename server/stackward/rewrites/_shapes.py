"""Maps with constant keys: all literals of one shape, the variables that hold them, and what is done with them."""

from __future__ import annotations

from tree_sitter import Node

from stackward.rewrites._json import (
    EMPTY_INTERFACES,
    declared_by,
    is_target,
    literal_of,
    marshalled,
    marshalled_at_once,
    returned_as,
    self_append,
    set_value,
)
from stackward.rewrites._literals import unquoted
from stackward.rewrites._maps import (
    Entry,
    Read,
    Shape,
    Site,
    boxed,
    changes_key,
    elements_are_maps,
    entries_of,
    has_two_values,
    is_map,
    made_map,
    map_elements,
    map_type,
)
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
    found.present = frozenset.intersection(*(_keys(site) for site in found.sites)) | _set_first(found)
    return found


def _keys(site: Site) -> frozenset[str]:
    return frozenset(entry.key for entry in site.entries)


def _site(scene: Scene, found: Shape, node: Node) -> Refusal | None:
    """A map that is made by an expression, and where it goes."""
    made = entries_of(scene, node)
    if isinstance(made, Refusal):
        return made
    found.sites.append(made)
    if marshalled_at_once(scene, node):
        found.plain = found.json = True
        return None
    outer = context(node)
    name = declared_by(node)
    if name is not None and is_map(scene, name):
        return _one(scene, found, name)
    literal = literal_of(node)
    element = map_elements(scene, literal) if literal is not None else None
    if literal is not None and element is not None:
        found.sites.clear()  # It is one of several.
        return _container(scene, found, literal)
    call = outer.parent if outer is not None and outer.type == "argument_list" else None
    target = self_append(scene, call) if call is not None else None
    if target is not None:
        return _appended(scene, found, target)
    if not _passed_on(scene, found, node):
        return Refusal("the map goes where it may be more than marshalled")
    found.plain = call is not None or returned_as(scene, node) is not None
    return None


def _passed_on(scene: Scene, found: Shape, node: Node) -> bool:
    """Whether a map goes into an interface, or may do so as the result of a function, and only becomes JSON there."""
    result = None if boxed(scene, node) else returned_as(scene, node)
    if not (boxed(scene, node) or result is not None) or not marshalled(scene, node):
        return False
    found.json, found.result = True, result or found.result
    return True


def _one(scene: Scene, found: Shape, name: Node) -> Refusal | None:
    """The variable that holds a map, and all that is done with it."""
    known = variable(scene, name)
    if known is None or known.kind != "var" or known.typed is not None or known.value is None:
        return Refusal(f"{scene.text(name)} is not a variable that starts with a map")
    if found.one is not None:
        return None if found.one.node == known.node else Refusal("the map is held by several variables")
    found.one = known
    refused = _more(scene, found, known.value)
    if refused is not None:
        return refused
    copied = []
    for one in known.references:
        handled = _used(scene, found, known, one)
        if isinstance(handled, Refusal):
            return handled
        if handled:
            copied.append(one.node)
    changes = [one for one in known.references if one.use.write or changes_key(one.node)]
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
    first = next((site.typed for site in found.sites), typed)
    if typed is None or first is None or typed.text != first.text:
        return Refusal("the variable holds other maps, too")
    made = entries_of(scene, node)
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
        found.json = True
        return False
    call = outer.parent if outer.type == "argument_list" else None
    target = self_append(scene, call) if call is not None else None
    if target is not None and target.text != node.text and elements_are_maps(scene, target):
        return _appended(scene, found, target) or True
    found.json = True
    return _passed_on(scene, found, node) or other


def _indexed(scene: Scene, found: Shape, one: Reference, index: Node) -> Refusal | None:
    key = index.child_by_field_name("index")
    constant = unquoted(scene.constant(key)) if key is not None else None
    if constant is None:
        return Refusal(f"{scene.text(index)} has no constant key")
    if not is_target(index):
        if scene.facts(index) is None or has_two_values(index):
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


def _set_first(found: Shape) -> frozenset[str]:
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
    if name is not None and elements_are_maps(scene, name):
        return _many(scene, found, name)
    if not found.sites:
        return Refusal("there is no map")
    found.slots.append(element)
    found.addressable = True
    if marshalled_at_once(scene, literal) or (boxed(scene, literal) and marshalled(scene, literal)):
        found.json = True
        return None
    return Refusal("the slice goes where it may be more than marshalled")


def _elements(scene: Scene, found: Shape, body: Node, element: Node) -> Refusal | None:
    """The maps in a literal of a slice."""
    for one in body.named_children:
        if one.type == "comment":
            continue
        value = one.named_children[0] if one.type == "literal_element" and one.named_children else None
        same = value is not None and (
            value.type == "literal_value" or (value.type == "composite_literal" and made_map(scene, value) is not None)
        )
        if value is None or not same or (element.type != "map_type" and value.type == "literal_value"):
            return Refusal("not all elements are maps that are made here")
        if all(site.node != value for site in found.sites):
            made = entries_of(scene, value)
            if isinstance(made, Refusal):
                return made
            found.sites.append(made)
    return None


def _appended(scene: Scene, found: Shape, target: Node) -> Refusal | None:
    """A map that is appended to a slice: of maps, or of empty interfaces, which then may become one of structs."""
    if elements_are_maps(scene, target):
        return _many(scene, found, target)
    trial = Shape(found.elem, list(found.sites))
    if _many(scene, trial, target) is None:
        for name in Shape.__slots__:
            setattr(found, name, getattr(trial, name))
        return None
    found.json = True
    return None if marshalled(scene, found.sites[0].node) else Refusal("the slice is not only marshalled")


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
        if (
            known.typed is not None
            or len(given) < 2
            or scene.callee(value) != "make"
            or scene.constant(given[1]) != "0"
        ):
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
    if marshalled_at_once(scene, node) or (boxed(scene, node) and marshalled(scene, node)):
        found.json = True
        return None
    return other


def _given(scene: Scene, found: Shape, given: Node) -> Refusal | None:
    """A map that is appended to the slice."""
    if given.type == "identifier":
        return _one(scene, found, given)
    if made_map(scene, given) is None:
        return Refusal("what is appended is not a map that is made here")
    if any(site.node == given for site in found.sites):
        return None
    made = entries_of(scene, given)
    if isinstance(made, Refusal):
        return made
    found.sites.append(made)
    return None
