"""JSON: what becomes of a key in a struct tag, and which values only ever become JSON."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from tree_sitter import Node

from stackward.core.facts import TypeInfo
from stackward.rewrites._names import walk
from stackward.rewrites._order import declared
from stackward.rewrites._scene import Scene, arguments, callee_node, is_call
from stackward.rewrites._variables import Variable, at, context, expressions, inside, sole, variable
from stackward.syntax.tree import text_of

MARSHALS = frozenset(
    {"(*encoding/json.Encoder).Encode", "encoding/json.Marshal", "encoding/json.MarshalIndent"},
)
EMPTY_INTERFACES = frozenset({"any", "interface {}", "interface{}"})
_TAG = frozenset("!#$%&()*+-./:;<=>?@[]^_{|}~ ")  # encoding/json: isValidTag
_INITIALISMS = frozenset(
    [
        "API",
        "ASCII",
        "CPU",
        "CSS",
        "DNS",
        "EOF",
        "GUID",
        "HTML",
        "HTTP",
        "HTTPS",
        "ID",
        "IP",
        "JSON",
        "OS",
        "QPS",
        "RAM",
        "RPC",
        "SKU",
        "SLA",
        "SMTP",
        "SQL",
        "SSH",
        "TCP",
        "TLS",
        "TTL",
        "UDP",
        "UI",
        "UID",
        "URI",
        "URL",
        "UTF8",
        "UUID",
        "VM",
        "XML",
    ]
)


def tag(key: str) -> str | None:
    """The struct tag under which a field has that key in JSON, to the byte; None if no tag can say it."""
    if not key or not all(char in _TAG or _plain(char) for char in key):
        return None
    return f'`json:"{key}{"," if key == "-" else ""}"`'


def _plain(char: str) -> bool:
    """Whether Go calls a character a letter or digit: since long before any release that is in use."""
    return unicodedata.ucd_3_2_0.category(char)[0] == "L" or unicodedata.ucd_3_2_0.category(char) == "Nd"


def field_name(key: str, taken: Collection[str]) -> str:
    """An exported name for a key that is not among those taken: ``HSCode`` for ``hs_code``, ``ID`` for ``id``."""
    words = "".join(char if _plain(char) else " " for char in key).split()
    name = "".join(word.upper() if word.upper() in _INITIALISMS else word[:1].upper() + word[1:] for word in words)
    if not name or unicodedata.category(name[0]) != "Lu":
        name = f"Field{name}"
    number, free = 2, name
    while free in taken:
        free = f"{name}{number}"
        number += 1
    return free


def marshalled(scene: Scene, node: Node) -> bool:
    """Whether the value of an expression, put into an interface, becomes JSON and nothing else."""
    return _Flow(scene, set()).value(node)


def marshalled_at_once(scene: Scene, node: Node) -> bool:
    """Whether an expression is what a function of encoding/json marshals, before the next statement runs."""
    outer = context(node)
    call = outer.parent if outer is not None and outer.type == "argument_list" else None
    if call is None or scene.callee(call) not in MARSHALS or not inside(node, arguments(call)[0]):
        return False
    return call.parent is not None and call.parent.type not in {"defer_statement", "go_statement"}


def self_append(scene: Scene, call: Node) -> Node | None:
    """The variable of ``x = append(x, …)``, as written before the equals sign, if a call is such an append."""
    listed = call.parent
    statement = listed.parent if listed is not None else None
    if statement is None or statement.type != "assignment_statement" or scene.callee(call) != "append":
        return None
    left, operator = sole(statement.child_by_field_name("left")), statement.child_by_field_name("operator")
    given = arguments(call)
    if left is None or sole(statement.child_by_field_name("right")) != call or operator is None:
        return None
    same = left.type == given[0].type == "identifier" and left.text == given[0].text and operator.type == "="
    return left if same else None


def literal_of(value: Node) -> Node | None:
    """The literal that a value is an element of, or the value of a key of; its braces where the type is left out."""
    element = context(value)
    if element is None or element.type != "literal_element" or element.parent is None:
        return None
    body = element.parent
    if body.type == "keyed_element":
        if body.child_by_field_name("value") != element or body.parent is None:
            return None
        body = body.parent
    outer = body.parent
    return outer if outer is not None and outer.type == "composite_literal" else body


def set_value(node: Node) -> tuple[Node, Node] | None:
    """``x["k"] = node``: the name x and the key, if a node is such a value, alone in its statement."""
    listed = context(node)
    statement = listed.parent if listed is not None and listed.type == "expression_list" else None
    if statement is None or statement.type != "assignment_statement":
        return None
    left, operator = sole(statement.child_by_field_name("left")), statement.child_by_field_name("operator")
    if left is None or left.type != "index_expression" or operator is None or operator.type != "=":
        return None
    if sole(statement.child_by_field_name("right")) is None:
        return None
    operand, index = left.child_by_field_name("operand"), left.child_by_field_name("index")
    return (operand, index) if operand is not None and index is not None else None


def is_target(node: Node) -> bool:
    """Whether an expression is assigned to, by whatever kind of assignment; a range and a short declaration too."""
    outer = context(node)
    if outer is None or outer.type in {"dec_statement", "inc_statement"}:
        return outer is not None
    statement = outer.parent if outer.type == "expression_list" else None
    return statement is not None and statement.child_by_field_name("left") == outer


def declared_by(node: Node) -> Node | None:
    """The name of the variable that an expression is the value of where it is declared or assigned to as a whole."""
    listed = context(node)
    statement = listed.parent if listed is not None and listed.type == "expression_list" else None
    if listed is None or statement is None:
        return None
    if statement.type == "var_spec":
        names = statement.children_by_field_name("name")
    elif statement.type in {"assignment_statement", "short_var_declaration"}:
        names = expressions(statement.child_by_field_name("left"))
        operator = statement.child_by_field_name("operator")
        if statement.child_by_field_name("right") != listed or (operator is not None and operator.type != "="):
            return None
    else:
        return None
    values = expressions(listed)
    if len(names) != len(values):
        return None
    name = next(name for name, value in zip(names, values, strict=True) if inside(node, value))
    return name if name.type == "identifier" else None


def returned_as(scene: Scene, node: Node) -> Node | None:
    """The result type of the function that returns a value, as its only one: an empty interface, or a map."""
    listed = context(node)
    statement = listed.parent if listed is not None and listed.type == "expression_list" else None
    function = scene.function(node)
    if statement is None or statement.type != "return_statement" or len(expressions(listed)) != 1 or function is None:
        return None
    kind = function.child_by_field_name("result")
    if kind is None or function.type == "func_literal":
        return None
    return kind if kind.type == "map_type" or scene.text(kind) in EMPTY_INTERFACES else None


def _only_called(scene: Scene, name: Node) -> bool:
    """Whether a function is only called by its name, in this package, and by no interface that has such a method."""
    text = scene.text(name)
    if text[:1].isupper() or scene.package.hides(text):
        return False
    return not any(
        node.type == "method_elem" and text_of(node.child_by_field_name("name") or node, source) == text
        for source in scene.package.files.values()
        for node in walk(source.tree.root_node)
    )


def _called(name: Node) -> Node | None:
    """The call of a function or method at a use of its name."""
    outer = context(name)
    callee = outer if outer is not None and outer.type == "selector_expression" else name
    call = context(callee)
    return call if call is not None and is_call(call) and callee_node(call) == callee else None


def _keeps(info: TypeInfo) -> bool:
    """Whether a slice or map, of no type of its own, has elements that have no methods: interfaces, slices, maps."""
    if info.elem is None or not info.type.startswith(("[]", "map[")):
        return False
    return info.elem.type in EMPTY_INTERFACES or info.elem.type.startswith(("[]", "map["))


class _Flow:
    """``seen`` are the variables and parameters that are being looked at, by path and offset."""

    def __init__(self, scene: Scene, seen: set[tuple[str, int]]) -> None:
        self._scene = scene
        self._seen = seen

    def value(self, node: Node) -> bool:
        outer = context(node)
        if outer is None:
            return False
        if outer.type == "argument_list":
            return outer.parent is not None and self._argument(outer.parent, node)
        if outer.type == "literal_element":
            literal = literal_of(node)
            return literal is not None and self._holds(literal, node) and self.value(literal)
        if outer.type != "expression_list":
            return False
        if returned_as(self._scene, node) is not None:
            return self._result(node)
        entry = set_value(node)
        if entry is not None:
            return self._boxes(entry[0]) and self._holder(entry[0])
        name = declared_by(node)
        return name is not None and self._holder(name)

    def _argument(self, call: Node, node: Node) -> bool:
        callee, given = self._scene.callee(call), arguments(call)
        number = next((at for at, one in enumerate(given) if inside(node, one)), -1)
        if callee in MARSHALS:
            return number == 0
        if callee == "append":
            target = self_append(self._scene, call)
            return number > 0 and target is not None and self._boxes(target) and self._holder(target)
        return number >= 0 and self._passed(call, number)

    def _result(self, node: Node) -> bool:
        """Whether all callers of the function that returns a value only marshal it."""
        function = self._scene.function(node)
        name = function.child_by_field_name("name") if function is not None else None
        uses = self._scene.uses(name) if name is not None else None
        if name is None or uses is None or not _only_called(self._scene, name):
            return False
        place = (self._scene.path, name.start_byte)
        if place in self._seen:
            return True
        self._seen.add(place)
        for use in uses:
            source = self._scene.package.files.get(use.path)
            found = at(source, use.offset, use.offset + len(self._scene.text(name).encode())) if source else None
            call = _called(found) if found is not None else None
            if source is None or call is None:
                return False
            other = Scene(self._scene.package, use.path, source, call)
            if not marshalled_at_once(other, call) and not _Flow(other, self._seen).value(call):
                return False
        return True

    def _passed(self, call: Node, number: int) -> bool:
        """Whether a function of the package only marshals what it gets as one of its arguments."""
        found = declared(self._scene, call)
        if found is None:
            return False
        other, function = found
        listed, names = function.child_by_field_name("parameters"), []
        for one in listed.named_children if listed is not None else ():
            if one.type == "parameter_declaration":
                kind = one.child_by_field_name("type")
                names += [(name, kind) for name in one.children_by_field_name("name")]
            elif one.type != "comment":
                return False
        if number >= len(names) or len(names) != len(arguments(call)):
            return False
        name, kind = names[number]
        if kind is None or other.text(kind) not in EMPTY_INTERFACES:
            return False
        return _Flow(other, self._seen).holder(variable(other, name))

    def _holds(self, literal: Node, value: Node) -> bool:
        """Whether a literal keeps a value in an interface, and is nothing but a collection of such."""
        info = self._scene.type(literal)
        if info is None:
            return False
        if info.kind in {"map", "slice"}:
            return _keeps(info)
        kind = literal.child_by_field_name("type")
        facts = self._scene.facts(value)
        # A type with a name may have methods that say what becomes JSON.
        return kind is not None and kind.type == "struct_type" and facts is not None and facts.implicit is not None

    def _boxes(self, name: Node) -> bool:
        info = self._scene.type(name)
        return info is not None and info.kind in {"map", "slice"} and _keeps(info)

    def _holder(self, name: Node) -> bool:
        return self.holder(variable(self._scene, name)) if name.type == "identifier" else False

    def holder(self, known: Variable | None) -> bool:
        """Whether all that a variable ever holds only becomes JSON, as far as this variable is concerned."""
        if known is None or known.kind == "result":
            return False
        place = (self._scene.path, known.node.start_byte)
        if place in self._seen:
            return True
        self._seen.add(place)
        return all(self._reference(one.node) for one in known.references if not self._assigned(one.node)) and not any(
            one.use.address for one in known.references
        )

    def _assigned(self, node: Node) -> bool:
        """Whether a variable is only assigned to, as a whole or at a key."""
        outer = context(node)
        if outer is not None and outer.type == "index_expression" and outer.child_by_field_name("operand") == node:
            node, outer = outer, context(outer)
        statement = outer.parent if outer is not None and outer.type == "expression_list" else None
        return (
            statement is not None
            and statement.type == "assignment_statement"
            and statement.child_by_field_name("left") == outer
        )

    def _reference(self, node: Node) -> bool:
        outer = context(node)
        if outer is None:
            return False
        call = outer.parent if outer.type == "argument_list" else None
        if call is not None and is_call(call):
            if self._scene.callee(call) in {"cap", "len"}:
                return True
            if self._scene.callee(call) == "append" and inside(node, arguments(call)[0]):
                return self_append(self._scene, call) is not None
        if outer.type == "binary_expression":
            return any(child.type == "nil" for child in outer.named_children)
        return self.value(node)
