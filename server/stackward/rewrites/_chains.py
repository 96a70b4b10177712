"""What readers of a context become when several of its values are one struct, and what is of no use any more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._context_keys import Identity, Key, declared, in_file
from stackward.rewrites._contexts import Access, Contexts, Helper, asserted
from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Refusal
from stackward.rewrites._scene import Scene, arguments, replace_node
from stackward.rewrites._variables import above, before, context, expressions, inside, variable
from stackward.syntax.tree import SourceFile


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the struct: its field, and its type as the type checker and as the file has it."""

    access: Access
    name: str
    type: tuple[str, str]
    typed: str


@dataclass(slots=True)
class Changes:
    """``key`` and ``struct`` are the new types, ``function`` the name of a function that returns the struct.

    ``edits`` are by file; ``called`` says that the function is needed.
    """

    scene: Scene
    values: Mapping[Identity, Value]
    key: str
    struct: str
    function: str
    edits: dict[str, list[Replacement]] = field(default_factory=dict)
    called: bool = False
    _names: list[tuple[str, Node, str]] = field(default_factory=list)

    def add(self, path: str, *made: Replacement) -> None:
        """Add changes of a file."""
        self.edits.setdefault(path, []).extend(made)

    def readers(self, known: Contexts) -> Refusal | None:
        """All that reads one of the values."""
        for reader in known.readers:
            if reader.key.identity in self.values:
                refused = self._reader(reader)
                if refused is not None:
                    return refused
        for helper in known.helpers:
            keys = [key.identity for _, _, key in helper.calls]
            if any(one in self.values for one in keys):
                refused = self._helper(helper)
                if refused is not None:
                    return refused
        return None

    def _reader(self, reader: Access) -> Refusal | None:
        scene = in_file(self.scene, reader.path, reader.call)
        value = self.values[reader.key.identity]
        whole = asserted(reader.call)
        self.add(reader.path, replace_node(reader.key.node, f"{self.key}{{}}"))
        outer = context(reader.call)
        if whole is None:
            if (
                outer is not None
                and outer.type == "binary_expression"
                and any(child.type == "nil" for child in outer.named_children)
            ):
                return None
            return Refusal(f"{scene.text(reader.call)} is used without a type")
        typed = whole.child_by_field_name("type")
        info = scene.type(typed) if typed is not None else None
        if typed is None or info is None or (info.type, info.package) != value.type:
            return Refusal(f"{scene.text(whole)} asserts another type than the value has")
        listed = context(whole)
        names = _two_names(whole)
        if names is None:
            self.add(reader.path, replace_node(typed, self.struct), _after(whole, f".{value.name}"))
            return None
        if listed is None or listed.parent is None:
            return Refusal("it is not known who gets the value")
        if scene.text(names[1]) == "_" and scene.text(names[0]) != "_":
            return self._or_zero(scene, reader, whole, names, value)
        self.add(reader.path, replace_node(typed, self.struct))
        return self._asked(scene, reader, names, value) if scene.text(names[0]) != "_" else None

    def _or_zero(
        self, scene: Scene, reader: Access, whole: Node, names: Sequence[Node], value: Value
    ) -> Refusal | None:
        """``x, _ := c.Value(k).(T)``: the field of the struct that a function returns."""
        function = reader.call.child_by_field_name("function")
        operand = function.child_by_field_name("operand") if function is not None else None
        if operand is None:
            return Refusal("the context is not known")
        self.called = True
        made = self.edits[reader.path]
        made.remove(replace_node(reader.key.node, f"{self.key}{{}}"))
        self.add(
            reader.path,
            Replacement(names[0].end_byte, names[1].end_byte),
            replace_node(whole, f"{self.function}({scene.text(operand)}).{value.name}"),
        )
        return None

    def _asked(self, scene: Scene, reader: Access, names: Sequence[Node], value: Value) -> Refusal | None:
        """``x, ok := c.Value(k).(T)``: the whole struct in place of x, and its field wherever x was used."""
        known = variable(scene, names[0]) if names[0].type == "identifier" else None
        if known is None or known.node != names[0] or not known.steady or known.typed is not None:
            return Refusal(f"{scene.text(names[0])} is assigned to")
        name = self._local(scene, names[0])
        self.add(reader.path, replace_node(names[0], name))
        self.add(reader.path, *(replace_node(one.node, f"{name}.{value.name}") for one in known.references))
        return None

    def _local(self, scene: Scene, node: Node) -> str:
        """The name of a new variable for the struct that is declared where a node is."""
        scope = next(one for one in scene.around(node) if one.type in _SCOPES)
        name, number = scene.free_name("values"), 2
        while any(
            (path, taken) == (scene.path, name) and (inside(scope, other) or inside(other, scope))
            for path, other, taken in self._names
        ):
            name = scene.free_name(f"values{number}")
            number += 1
        self._names.append((scene.path, scope, name))
        return name

    def _helper(self, helper: Helper) -> Refusal | None:
        """A function that reads: the one that returns the struct takes its place, or it does so itself."""
        scene = in_file(self.scene, helper.path, helper.call)
        whole, result = asserted(helper.call), helper.function.child_by_field_name("result")
        typed = whole.child_by_field_name("type") if whole is not None else None
        info = scene.type(typed) if typed is not None else None
        if typed is None or result is None or info is None or scene.text(result) != scene.text(typed):
            return Refusal("a function that reads the values returns them in another type")
        for _, _, passed in helper.calls:
            value = self.values.get(passed.identity)
            if value is None or value.type != (info.type, info.package):
                return Refusal("a function that reads the values is used for others, too")
        if self._replaceable(scene, helper):
            self.called = True
            self.add(helper.path, gone(scene.source, helper.function))
            self._replaced(helper)
            return None
        self.add(
            helper.path,
            replace_node(arguments(helper.call)[0], f"{self.key}{{}}"),
            replace_node(typed, self.struct),
            replace_node(result, self.struct),
            _without(helper.parameter),
        )
        for path, call, passed in helper.calls:
            value = self.values[passed.identity]
            self.add(path, _without(arguments(call)[helper.number]), _after(call, f".{value.name}"))
        return None

    def _replaceable(self, scene: Scene, helper: Helper) -> bool:
        """Whether a function does the same as the one that returns the struct: zero values if there is none."""
        function, asked = helper.function, helper.call.child_by_field_name("function")
        listed, body = function.child_by_field_name("parameters"), function.child_by_field_name("body")
        operand = asked.child_by_field_name("operand") if asked is not None else None
        if listed is None or body is None or operand is None or len(listed.named_children) != _PARAMETERS:
            return False
        two = any(one.type == "short_var_declaration" for one in walk(body))
        other = listed.named_children[1 - helper.number].child_by_field_name("name")
        named = other is not None and scene.text(other) == scene.text(operand)
        start = above(function)
        directed = b"//go:" in scene.source.text[start : function.start_byte]
        return two and named and not directed and not any(one.type == "comment" for one in walk(function))

    def _replaced(self, helper: Helper) -> None:
        """The calls of a function that is replaced; those of one statement share one call."""
        statements: dict[tuple[str, int, str], list[tuple[Node, Value]]] = {}
        for path, call, passed in helper.calls:
            scene, given = in_file(self.scene, path, call), arguments(call)[1 - helper.number]
            statement = scene.statement(call)
            shared = _shares(helper, path, statement) and given.type == "identifier"
            place = path, (statement if shared else call).start_byte, scene.text(given)
            statements.setdefault(place, []).append((call, self.values[passed.identity]))
        for (path, _, asked), found in statements.items():
            scene = in_file(self.scene, path, found[0][0])
            asking = f"{self.function}({asked})"
            if len(found) > 1:
                statement = scene.statement()
                name = self._local(scene, statement)
                self.add(path, before(scene, statement, [f"{name} := {asking}"]))
                asking = name
            self.add(path, *(replace_node(call, f"{asking}.{value.name}") for call, value in found))


_SCOPES = frozenset({"block", "for_statement", "if_statement", "source_file"})
_PARAMETERS = 2  # The context and the key.
_PLAIN = frozenset(
    [
        "argument_list",
        "array_type",
        "composite_literal",
        "expression_list",
        "field_identifier",
        "identifier",
        "int_literal",
        "interpreted_string_literal",
        "interpreted_string_literal_content",
        "keyed_element",
        "literal_element",
        "literal_value",
        "package_identifier",
        "qualified_type",
        "return_statement",
        "slice_type",
        "short_var_declaration",
        "type_identifier",
    ]
)


def _shares(helper: Helper, path: str, statement: Node) -> bool:
    """Whether nothing in a statement does anything but to call a function that reads, and is always reached."""
    if statement.type not in {"return_statement", "short_var_declaration"}:
        return False
    if statement.parent is None or statement.parent.type != "statement_list":
        return False
    calls = {call.start_byte for where, call, _ in helper.calls if where == path}
    return all(
        one.start_byte in calls
        if one.type == "call_expression"
        else one.type in _PLAIN or (one.type == "binary_expression" and _adds(one))
        for one in walk(statement)
        if one.is_named
    )


def _adds(node: Node) -> bool:
    operator = node.child_by_field_name("operator")
    return operator is not None and operator.type == "+"


def _after(node: Node, text: str) -> Replacement:
    return Replacement(node.end_byte, node.end_byte, text.encode())


def _without(node: Node) -> Replacement:
    """An element of a list taken away, with the comma that goes with it."""
    before, after = node.prev_named_sibling, node.next_named_sibling
    if before is not None:
        return Replacement(before.end_byte, node.end_byte)
    return Replacement(node.start_byte, after.start_byte if after is not None else node.end_byte)


def _two_names(whole: Node) -> Sequence[Node] | None:
    """The two names that get what an assertion gives and whether it holds."""
    listed = context(whole)
    statement = listed.parent if listed is not None and listed.type == "expression_list" else None
    if listed is None or statement is None:
        return None
    if statement.type == "var_spec":
        names = statement.children_by_field_name("name")
    else:
        names = expressions(statement.child_by_field_name("left"))
    return names if len(names) == 2 and len(expressions(listed)) == 1 else None


def dead_declarations(
    scene: Scene, keys: Sequence[Key], made: Mapping[str, Sequence[Replacement]]
) -> Iterator[tuple[str, Replacement]]:
    """The removal of what only named keys of the scene's file, and of the types that only these had.

    ``made`` are the changes so far, by file. What is not simple to take away stays.
    """
    specs: dict[tuple[str, int], Node] = {}
    for key in keys:
        found = declared(scene, scene.path, key.name) if key.name is not None else None
        if found is not None and (found[1].type != "type_spec" or _only_in(scene, *found, specs, made)):
            specs[found[0], found[1].start_byte] = found[1]
    for (path, _), spec in list(specs.items()):
        for typed in (one for one in walk(spec) if one.type == "type_identifier"):
            found = declared(scene, path, typed)
            if found is not None and found[1].type == "type_spec" and _only_in(scene, *found, specs, made):
                specs[found[0], found[1].start_byte] = found[1]
    seen: set[tuple[str, int]] = set()
    for (path, _), spec in specs.items():
        source, declaration = scene.package.files[path], spec.parent
        while declaration is not None and not declaration.type.endswith("_declaration"):
            declaration = declaration.parent
        if declaration is None or (path, declaration.start_byte) in seen:
            continue
        seen.add((path, declaration.start_byte))
        inner = [one for one in walk(declaration) if one.type == spec.type]
        dead = [one for one in inner if (path, one.start_byte) in specs]
        if b"//go:" in source.text[above(declaration) : declaration.start_byte]:
            continue  # A directive may be about it.
        if len(dead) == len(inner):
            yield path, gone(source, declaration)
        elif all(one.child_by_field_name("value") is not None for one in inner) and not any(
            one.type == "iota" for one in walk(declaration)
        ):
            yield from ((path, edit) for one in dead if (edit := _line(source, one)) is not None)


def _only_in(
    scene: Scene,
    path: str,
    spec: Node,
    dead: Mapping[tuple[str, int], Node],
    made: Mapping[str, Sequence[Replacement]],
) -> bool:
    """Whether a type is used by declarations that go, and in what is changed, only."""
    name = spec.child_by_field_name("name")
    uses = in_file(scene, path).uses(name) if name is not None else None
    return uses is not None and all(
        any(one.start <= use.offset < one.end for one in made.get(use.path, ()))
        or any(where == use.path and one.start_byte <= use.offset < one.end_byte for (where, _), one in dead.items())
        for use in uses
    )


def gone(source: SourceFile, declaration: Node) -> Replacement:
    """A declaration taken away with its comments and the empty line after it."""
    end = source.text.find(b"\n", declaration.end_byte)
    end = len(source.text) if end < 0 else end + 1
    while source.text[end : end + 1] == b"\n":
        end += 1
    return Replacement(above(declaration), end)


def _line(source: SourceFile, spec: Node) -> Replacement | None:
    """One of several constants taken away with its comments, if it has its lines for itself."""
    start = source.text.rfind(b"\n", 0, above(spec)) + 1
    end = source.text.find(b"\n", spec.end_byte) + 1
    after = spec.next_named_sibling
    alone = not source.text[start : above(spec)].strip() and end > 0
    while after is not None and after.type == "comment":
        after = after.next_named_sibling
    return Replacement(start, end) if alone and (after is None or after.start_byte >= end) else None


def key_name(key: Key, scene: Scene) -> str:
    """What a key is called, without what only says that it is a key; empty for a literal."""
    if key.name is None or key.node.type == "call_expression":
        return ""
    name = scene.text(key.name)
    short = re.sub(r"^(?:ctx|context)(?=[A-Z])|^key(?=[A-Z])|(?:Ctx|Context)?Key$", "", name)
    short = re.sub(r"^key(?=[A-Z])", "", short[:1].lower() + short[1:])
    return short[:1].lower() + short[1:] if short else name
