"""All channels of pointers to one struct: where their types are written, and what is sent, received and passed on."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from stackward.core.facts import ExprFacts, TypeInfo
from stackward.rewrites._imports import imports
from stackward.rewrites._names import walk
from stackward.rewrites._scene import FUNCTIONS, PackageView, Scene, arguments
from stackward.rewrites._variables import context, inside
from stackward.syntax.tree import generated, package_of, text_of

_EXPRESSIONS = frozenset(
    {
        "call_expression",
        "identifier",
        "index_expression",
        "selector_expression",
        "type_assertion_expression",
        "type_conversion_expression",
        "unary_expression",
    }
)
_DECLARES = frozenset(
    {
        "field_declaration",
        "function_declaration",
        "method_declaration",
        "method_elem",
        "type_spec",
        "var_spec",
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """A node, in the scene of its file. ``struct`` is the struct's type as it is named there."""

    scene: Scene
    node: Node
    struct: TypeInfo


@dataclass(slots=True)
class Channels:
    """``types`` are the pointer types in channel types as written, ``sends`` the send statements.

    ``receives`` are the expressions and range clauses that receive, ``buffers`` the calls of make that give a channel
    a buffer. ``closed`` says that some code closes one, ``public`` that other modules may use one.
    """

    types: list[Place] = field(default_factory=list)
    sends: list[Place] = field(default_factory=list)
    receives: list[Place] = field(default_factory=list)
    buffers: list[Place] = field(default_factory=list)
    closed: bool = False
    public: bool = False


def channels(scene: Scene, struct: TypeInfo) -> Channels | str:
    """All channels of pointers to a struct type of the scene's package; or why not all can be seen."""
    package, found = scene.package, Channels()
    why = _package(package, package, struct, found)
    if why or not found.types:
        return why or "the channel's type is not written in this package"
    if any(package.hides(name) for name in (struct.type, *_named(found.types))):
        return "files that are not compiled here may use the channel"
    found.public = package.name != "main" and any(_public(one) for one in found.types)
    importers = package.importers() if found.public else ()
    if importers is None:
        return "it is not known who imports the package"
    for view in importers:
        written = len(found.types)
        why = _package(package, view, struct, found)
        if why:
            return why
        if any(view.hides(name) for name in (struct.type, *_named(found.types))):
            return "files that are not compiled here may use the channel"
        if view.name != "main" and any(_public(one) for one in found.types[written:]):
            return f"{view.import_path} passes the channel on"
    return found


def _package(home: PackageView, view: PackageView, struct: TypeInfo, found: Channels) -> str:
    """Adds what a package does with the channels; why it cannot be said, empty if it can."""
    files: list[tuple[Scene, TypeInfo]] = []
    for path, source in view.files.items():
        own = view is home and package_of(source) == home.name
        if own or any(one.path == home.import_path for one in imports(source)):
            known = struct if own else replace(struct, type=f"{home.name}.{struct.type}")
            files.append((Scene(view, path, source, source.tree.root_node), known))
    for scene, known in files:
        found.types += [Place(scene, one, known) for one in _types(scene, known)]
    named = _named(found.types)
    for scene, known in files:
        values = list(_values(scene, known))
        if generated(scene.source) and (values or any(one.scene is scene for one in found.types)):
            return "generated code uses the channel"
        for node, facts in values:
            if not _spelled(home, scene, node, facts, named):
                return "a channel comes from code that is generic, or not of this package"
            why = _used(home, Place(scene, node, known), facts, found)
            if why:
                return why
    return ""


def _used(home: PackageView, place: Place, facts: ExprFacts, found: Channels) -> str:
    """Adds what is done with a channel; why it cannot be said, empty if it can."""
    scene, node, outer = place.scene, place.node, context(place.node)
    if facts.implicit is not None:
        return "a channel becomes part of an interface"
    elem = facts.type.elem if facts.type is not None and facts.type.kind == "chan" else None
    if outer is None or elem is None or elem.type != f"*{place.struct.type}":
        return ""
    around = replace(place, node=outer)
    if scene.callee(node) == "make" and len(arguments(node)) > 1:
        found.buffers.append(place)
    if outer.type == "send_statement" and inside(node, outer.named_children[0]):
        found.sends.append(around)
    elif outer.type == "range_clause" or (outer.type == "unary_expression" and outer.children[0].type == "<-"):
        found.receives.append(around)
    elif outer.type == "argument_list" and outer.parent is not None:
        found.closed = found.closed or scene.callee(outer.parent) == "close"
        if not _declared(home, scene, outer.parent):
            return "a channel is passed to a function that is generic, or not of this package"
    return ""


def _spelled(home: PackageView, scene: Scene, node: Node, facts: ExprFacts, named: Collection[str]) -> bool:
    """Whether the type of an expression comes from channel types that are written, not from type arguments.

    Variables get theirs from their declarations, or from other expressions.
    """
    if node.type == "call_expression":
        return _declared(home, scene, node)
    if node.type == "index_expression":
        return facts.type is None or facts.type.kind != "func"
    if node.type == "selector_expression" and facts.selection in {"call", "field", "method expr", "method value"}:
        name = scene.text(node.child_by_field_name("field") or node)
        return name in named or (facts.type is not None and facts.type.type.replace(".", "").isidentifier())
    return True


def _types(scene: Scene, struct: TypeInfo) -> Iterator[Node]:
    """The pointer types of channel types as written in a file."""
    pointers = [
        value
        for node in walk(scene.source.tree.root_node)
        if node.type == "channel_type" and (value := node.child_by_field_name("value")) is not None
        if value.type == "pointer_type"
    ]
    known = scene.package.facts([scene.span(one.named_children[-1]) for one in pointers])
    for one, facts in zip(pointers, known, strict=True):
        info = facts.type if facts is not None and facts.exact else None
        if info is not None and (info.type, info.package) == (struct.type, struct.package):
            yield one


def _values(scene: Scene, struct: TypeInfo) -> Iterator[tuple[Node, ExprFacts]]:
    """The expressions of a file whose types have such channels in them, with what is known of them."""
    written = re.compile(rf"\bchan(?:<-)? \*{re.escape(struct.type)}(?![\w.\[])")
    nodes = [one for one in walk(scene.source.tree.root_node) if one.type in _EXPRESSIONS]
    known = scene.package.facts([scene.span(one) for one in nodes])
    for node, facts in zip(nodes, known, strict=True):
        if facts is None or not facts.exact or facts.mode == "type" or facts.type is None:
            continue
        elem = facts.type.elem if facts.type.kind == "chan" else None
        if (elem is not None and elem.type == f"*{struct.type}") or written.search(facts.type.type):
            yield node, facts


def _declared(home: PackageView, scene: Scene, call: Node) -> bool:
    """Whether what is called says itself that it takes channels of these pointers.

    A generic function would also take channels of structs, and might tell them apart. What a func value or an
    interface takes is said by its type; make, and what else is built in, does not care.
    """
    facts = scene.facts(call)
    if facts is None or facts.call is None:
        return False
    if facts.call.kind != "static":
        return True
    place, _, name = facts.call.callee.rpartition(".")
    package = place.lstrip("(*").rpartition(".")[0] if place.startswith("(") else place
    view = next((one for one in (home, scene.package) if one.import_path == package), None)
    named = [
        (node, source)
        for source in (view.files.values() if view is not None else ())
        for node in source.tree.root_node.named_children
        if node.type in FUNCTIONS and text_of(node.child_by_field_name("name") or node, source) == name
    ]
    return bool(named) and not any(_generic(node, text_of(node, source)) for node, source in named)


def _generic(function: Node, text: str) -> bool:
    receiver = function.child_by_field_name("receiver")
    start = function.start_byte
    of_generic = receiver is not None and "[" in text[receiver.start_byte - start : receiver.end_byte - start]
    return of_generic or function.child_by_field_name("type_parameters") is not None


def _declarations(place: Place) -> Iterator[tuple[Node, str]]:
    """The declarations whose type a channel type is part of, with their names: a function, a type and its field, …"""
    inner = place.node
    for outer in place.scene.around(place.node):
        if outer.type == "block":
            return
        if outer.type in _DECLARES:
            names = outer.children_by_field_name("name")
            if inner not in names:
                yield from ((outer, place.scene.text(name)) for name in names)
        inner = outer


def _named(places: Sequence[Place]) -> set[str]:
    return {name for place in places for _, name in _declarations(place)}


def _public(place: Place) -> bool:
    """Whether other packages may use a channel of a type that is written there.

    A channel type with a name of its own may be the type of anything, as may what a struct without a name has.
    """
    if place.scene.path.endswith("_test.go"):
        return False
    declared = list(_declarations(place))
    if not declared:
        return False
    outermost, name = declared[-1]
    alias = outermost.type == "type_spec" and (outermost.child_by_field_name("type") or outermost).type != "struct_type"
    return alias or name[:1].isupper() or (outermost.type == "type_spec" and declared[0][1][:1].isupper())


__all__ = ["Channels", "Place", "channels"]
