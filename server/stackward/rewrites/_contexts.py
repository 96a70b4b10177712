"""Values in contexts: what a package puts into contexts and reads from them, by key."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from tree_sitter import Node

from stackward.core.facts import Use
from stackward.rewrites._context_keys import Identity, Key, declared, in_file, is_string, key_of, type_names, written
from stackward.rewrites._literals import unquoted
from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Refusal, Span
from stackward.rewrites._scene import Scene, arguments
from stackward.rewrites._variables import at, context, expressions, inside, sole, variable
from stackward.syntax.tree import text_of

Place: TypeAlias = tuple[str, int]
"""A path, and the byte at which something starts there."""


@dataclass(frozen=True, slots=True)
class Access:
    """A call of ``context.WithValue``, with a value, or of ``Value``, without one."""

    path: str
    call: Node
    key: Key
    value: Node | None = None


@dataclass(frozen=True, slots=True)
class Helper:
    """A function that reads from a context what a parameter is the key of, and returns it: the call in it, its parts.

    ``parameter`` declares the key, ``number`` is its number among the arguments, ``calls`` are all calls of it, by the
    path of their files.
    """

    path: str
    function: Node
    call: Node
    parameter: Node
    number: int
    calls: tuple[tuple[str, Node, Key], ...]


@dataclass(frozen=True, slots=True)
class Contexts:
    """All of a package that is about values in contexts.

    ``unknown`` are keys that are only known when the program runs. ``strange`` are those with which something else is
    asked than the interface ``context.Context``, which may be a context as well. ``own`` says that the package has
    methods ``Value``, which get keys, too.
    """

    setters: tuple[Access, ...]
    readers: tuple[Access, ...]
    helpers: tuple[Helper, ...]
    unknown: tuple[tuple[str, Node], ...]
    strange: tuple[Access, ...]
    own: bool

    def positions(self) -> frozenset[Place]:
        """All places at which a key is written."""
        places = {(one.path, one.key.node.start_byte) for one in (*self.setters, *self.readers)}
        places |= {(path, key.node.start_byte) for one in self.helpers for path, _, key in one.calls}
        return frozenset(places)

    def read(self, identity: Identity) -> bool:
        """Whether anything asks for the value of a key."""
        passed = (key for one in self.helpers for _, _, key in one.calls)
        return any(key.identity == identity for key in (*(one.key for one in self.readers), *passed))

    def unclear(self, scene: Scene, identities: Collection[Identity]) -> Refusal | None:
        """Why it is not certain who uses these keys in this package."""
        if self.own:
            return Refusal("the package has contexts of its own, which get the keys")
        types = {(one[1], one[2]) for one in identities}
        for path, node in self.unknown:
            other = in_file(scene, path)
            info = other.type(node)
            if info is None or info.kind in _ANY_TYPE or (info.package, info.type) in types:
                return Refusal(f"{other.text(node)} may be one of the keys")
        for one in self.strange:
            if one.key.identity in identities:
                return Refusal(f"{in_file(scene, one.path).text(one.call)} may ask for one of the keys")
        every = [key for one in self.helpers for _, _, key in one.calls]
        every += [one.key for one in (*self.setters, *self.readers)]
        for key in every:
            if key.identity in identities and not key.known:
                return Refusal("one of the keys is not a literal, a constant or a type of this package")
        return None


_ANY_TYPE = frozenset({"interface", "type parameter"})


def contexts(scene: Scene) -> Contexts:
    """What a package does with values in contexts."""
    setters, readers, helpers, unknown, strange = [], [], [], [], []
    for path, call, callee in _calls(scene):
        other, given = in_file(scene, path, call), arguments(call)
        node = given[-2] if callee == _SET else given[0]
        key = key_of(other, node)
        helper = _helper(other, call, node) if key is None and callee == _GET else None
        if helper is not None:
            helpers.append(helper)
        elif key is None:
            unknown.append((path, node))
        elif callee == _SET:
            setters.append(Access(path, call, key, given[2]))
        elif callee == _GET:
            readers.append(Access(path, call, key))
        else:
            strange.append(Access(path, call, key))
    own = _has_contexts(scene)
    return Contexts(tuple(setters), tuple(readers), tuple(helpers), tuple(unknown), tuple(strange), own)


_SET, _GET = "context.WithValue", "(context.Context).Value"


def _has_contexts(scene: Scene) -> bool:
    """Whether a type of the package is, or may be, a context that answers for keys itself."""
    for source in scene.package.files.values():
        for node in source.tree.root_node.named_children:
            name = node.child_by_field_name("name") if node.type == "method_declaration" else None
            listed = node.child_by_field_name("parameters")
            if name is not None and text_of(name, source) == "Value" and listed is not None and listed.named_children:
                return True
    return False


def _calls(scene: Scene) -> Iterator[tuple[str, Node, str]]:
    """The calls of the two functions, and of all else that is called ``Value`` and takes anything, by file."""
    found: list[tuple[str, Node]] = []
    for path, source in scene.package.files.items():
        for node in walk(source.tree.root_node):
            function = node.child_by_field_name("function") if node.type == "call_expression" else None
            name = function.child_by_field_name("field") if function is not None else None
            wanted = {"Value": 1, "WithValue": 3}.get(text_of(name, source)) if name is not None else None
            if wanted is not None and len(arguments(node)) == wanted:
                found.append((path, node))
    facts = scene.package.facts([Span(path, node.start_byte, node.end_byte) for path, node in found])
    for (path, node), told in zip(found, facts, strict=True):
        call = told.call if told is not None and told.exact else None
        if call is None:
            yield path, node, ""  # Nothing is known of it.
        elif call.callee in {_SET, _GET}:
            yield path, node, call.callee
        elif len(call.params) == 1 and call.params[0].type.kind in _ANY_TYPE and call.kind != "conversion":
            yield path, node, ""


def _helper(scene: Scene, call: Node, key: Node) -> Helper | None:
    """The function around a call of ``Value`` if all that it does is to return what it has found."""
    function = scene.declaration(call)
    known = variable(scene, key) if key.type == "identifier" else None
    if function is None or function.type != "function_declaration" or known is None or known.kind != "param":
        return None
    name, body = function.child_by_field_name("name"), function.child_by_field_name("body")
    if name is None or body is None or len(known.references) != 1 or scene.text(name)[:1].isupper():
        return None
    if function.child_by_field_name("type_parameters") is not None or not _only_returns(scene, body, call):
        return None
    parameter, number = known.node.parent, _number(function, known.node)
    uses = scene.uses(name)
    if parameter is None or number < 0 or not uses or not scene.package.complete:
        return None
    calls = []
    for use in uses:
        source = scene.package.files.get(use.path)
        node = at(source, use.offset, use.offset + len(scene.text(name).encode())) if source is not None else None
        outer = context(node) if node is not None else None
        if node is None or outer is None or outer.type != "call_expression" or outer.children[0] != node:
            return None
        given = arguments(outer)
        passed = key_of(in_file(scene, use.path), given[number]) if number < len(given) else None
        if passed is None:
            return None
        calls.append((use.path, outer, passed))
    return Helper(scene.path, function, call, parameter, number, tuple(calls))


def _number(function: Node, name: Node) -> int:
    """The number of a parameter that is declared alone; -1 for another."""
    listed = function.child_by_field_name("parameters")
    number = 0
    for one in listed.named_children if listed is not None else ():
        if one.type == "comment":
            continue
        names = one.children_by_field_name("name")
        if one.type != "parameter_declaration":
            return -1
        if name in names:
            return number if len(names) == 1 else -1
        number += len(names) or 1
    return -1


def _only_returns(scene: Scene, body: Node, call: Node) -> bool:
    """Whether a body is ``return c.Value(k).(T)``, or ``x, _ := c.Value(k).(T)`` and ``return x``."""
    listed = next((one for one in body.named_children if one.type == "statement_list"), None)
    if listed is None:
        return False
    statements = [one for one in listed.named_children if one.type != "comment"]
    last = statements[-1] if statements else None
    returned = sole(last.named_children[0]) if last is not None and last.named_children else None
    if last is None or last.type != "return_statement" or returned is None:
        return False
    if len(statements) == 1:
        return returned == asserted(call)
    if len(statements) != 2 or statements[0].type != "short_var_declaration":
        return False
    names = expressions(statements[0].child_by_field_name("left"))
    value = sole(statements[0].child_by_field_name("right"))
    found = value is not None and value == asserted(call)
    return found and [scene.text(one) for one in names] == [scene.text(returned), "_"]


def asserted(call: Node) -> Node | None:
    """``c.Value(k).(T)`` around a call of ``Value``."""
    outer = context(call)
    return outer if outer is not None and outer.type == "type_assertion_expression" else None


def used_elsewhere(scene: Scene, key: Key, known: Contexts) -> bool:
    """Whether what a key of the scene's file is named by, its type, or its text is used for anything but keys."""
    places, name = known.positions(), key.name
    spec = declared(scene, scene.path, name) if name is not None else None
    if is_string(key):
        value = unquoted(key.identity[3])
        for path, node in written(scene.package, value):
            own = spec is not None and spec[0] == path and inside(node, spec[1])
            if not own and (path, node.start_byte) not in places:
                return True
    named = [(scene.path, name)] if name is not None else []
    named += type_names(scene, key)
    for path, node in named:
        uses = in_file(scene, path).uses(node)
        if uses is None:
            return True
        for use in uses:
            if (use.path, use.offset) not in places and not _only_types(scene, use, known):
                return True
    return False


def _only_types(scene: Scene, use: Use, known: Contexts) -> bool:
    """Whether a use of a name is that of a type: of constants, or of a parameter for keys."""
    node = scene.package.files[use.path].tree.root_node.descendant_for_byte_range(use.offset, use.offset + 1)
    if any(one.path == use.path and node is not None and inside(node, one.parameter) for one in known.helpers):
        return True
    while node is not None and node.type != "const_spec":
        node = node.parent
    typed = node.child_by_field_name("type") if node is not None else None
    return typed is not None and typed.start_byte == use.offset


def read_abroad(scene: Scene, key: Key, known: Contexts) -> Refusal | None:
    """Why other packages of the module may use a key that they can make."""
    if not is_string(key):
        return Refusal(f"other packages can have the key {scene.text(key.node)}")
    if not known.read(key.identity):
        return Refusal(f"{scene.text(key.node)} is read in another package, or not at all")
    importers = scene.package.importers()
    if importers is None:
        return Refusal("it is not known who imports the package")
    value = unquoted(key.identity[3])
    for importer in importers:
        found = any(True for _ in written(importer, value))
        if found or not importer.complete:
            return Refusal(f"{importer.import_path} may use the key {scene.text(key.node)}")
    return None
