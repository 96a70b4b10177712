"""The struct for maps of one shape: its fields, their types, and the changes of all that used the maps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.core.facts import BASIC_TYPES, TypeInfo
from stackward.rewrites._json import EMPTY_INTERFACES, field_name, literal_of, set_value, tag
from stackward.rewrites._literals import unquoted
from stackward.rewrites._maps import Entry, Read, Shape
from stackward.rewrites._names import PREDECLARED, walk
from stackward.rewrites._rewrite import Refusal
from stackward.rewrites._scene import Scene, arguments, is_call, replace_node
from stackward.rewrites._targets import spelled
from stackward.rewrites._variables import context, hidden, inside, listed_statement
from stackward.syntax.anchors import unparenthesized
from stackward.syntax.tree import text_of

# Types whose JSON is the same whether they are in a variable or not: their methods have receivers that are values.
_BY_VALUE = frozenset({"json.Number", "json.RawMessage", "time.Duration", "time.Time"})
_NUMBERS = BASIC_TYPES - {"bool", "complex64", "complex128", "string"}
_JSON_METHODS = frozenset({"MarshalJSON", "MarshalJSONTo", "MarshalText", "AppendText"})


@dataclass(frozen=True, slots=True)
class Field:
    """``type`` is as written in the struct, ``asserted`` that what is read need not be asserted to have that type."""

    key: str
    name: str
    type: str
    tag: str
    asserted: bool


def anonymous(shape: Shape) -> bool:
    """Whether the struct needs no name, being written once."""
    return len(shape.sites) == 1 and not shape.slots and (shape.one is not None or shape.plain)


def common(nodes: Sequence[Node]) -> Node | None:
    """The statement before which a type can be declared that all nodes see."""
    statement = listed_statement(min(nodes, key=lambda node: node.start_byte))
    while statement is not None and statement.parent is not None:
        if all(inside(node, statement.parent) for node in nodes):
            return statement
        statement = listed_statement(statement.parent)
    return None


def fields(scene: Scene, shape: Shape) -> list[Field] | Refusal:
    """The fields in the order in which encoding/json writes the keys of a map."""
    keys = sorted({entry.key for entry in shape.entries()}, key=str.encode)
    if any(read.key not in keys for read in shape.reads):
        return Refusal("a key is read that is never set")
    found: list[Field] = []
    for key in keys:
        made = _field(scene, shape, key, [one.name for one in found])
        if isinstance(made, Refusal):
            return made
        found.append(made)
    used = {name for one in found for name in re.findall(r"\w+", one.type)} & PREDECLARED
    return Refusal("a name of the language means something else here") if hidden(scene, *used) else found


def _field(scene: Scene, shape: Shape, key: str, taken: Sequence[str]) -> Field | Refusal:
    tagged = tag(key) if shape.json else ""
    if tagged is None:
        return Refusal(f"a struct tag cannot say {key!r}")
    name = field_name(key, taken)
    entries = [entry for entry in shape.entries() if entry.key == key]
    infos = [scene.type(entry.value) for entry in entries]
    if key not in shape.present:
        if shape.elem or any(info is None or info.kind in _MAY_BE_NIL for info in infos):
            return Refusal(f"{key!r} is not always set")
        # An interface is left out if it is nil, and with these values it is only as long as it is not set.
        return Field(key, name, "any", tagged.replace('"`', ',omitempty"`').replace(",,", ","), asserted=False)
    if shape.elem:
        info = scene.type(entries[0].value)
        if shape.addressable and not (info is not None and same_anywhere(scene, info, shape.sites[0].node)):
            return Refusal(f"methods of pointers to {shape.elem} may make other JSON of it")
        return Field(key, name, shape.elem, tagged, asserted=False)
    typed = _common(scene, shape, infos)
    reads = [read for read in shape.reads if read.key == key]
    if typed is None or not all(_asserts(scene, read, infos[0]) or compared(scene, shape, read) for read in reads):
        return Field(key, name, "any", tagged, asserted=False)
    return Field(key, name, typed, tagged, asserted=True)


_MAY_BE_NIL = frozenset({"interface", "invalid", "tuple", "type parameter", "untyped nil"})


def _common(scene: Scene, shape: Shape, infos: Sequence[TypeInfo | None]) -> str | None:
    """The type of all values, as it can be written; None if an interface has to hold them."""
    first = infos[0]
    if first is None or any(info is None or (info.type, info.package) != (first.type, first.package) for info in infos):
        return None
    if first.kind in _MAY_BE_NIL or (shape.addressable and not same_anywhere(scene, first, shape.sites[0].node)):
        return None
    # Names of other packages that this file cannot write: unexported, or cgo's.
    if re.search(r"\.[^\W\dA-Z]|\b_C", first.type):
        return None
    where = shape.sites[0].node if anonymous(shape) else common(shape.nodes())
    local = _local_type(scene, re.sub(r"^[\[\]*]+", "", first.type), shape.sites[0].node)
    if local is not None and (where is None or local.end_byte > where.start_byte or not _sees(where, local)):
        return None
    return spelled(scene, first)


def _sees(node: Node, declaration: Node) -> bool:
    """Whether a node is in the block of a declaration."""
    return declaration.parent is not None and inside(node, declaration.parent)


def _local_type(scene: Scene, name: str, near: Node) -> Node | None:
    """The declaration of a type of that name in the function around a node."""
    function = scene.declaration(near)
    for one in walk(function) if function is not None else ():
        if one.type == "type_spec" and scene.text(one.child_by_field_name("name") or one) == name:
            return one.parent
    return None


def same_anywhere(scene: Scene, info: TypeInfo, near: Node) -> bool:
    """Whether a value becomes the same JSON in a variable and outside of one.

    Methods of pointers count in a variable only. What pointers, slices and maps lead to is where it is either way.
    """
    if info.type in BASIC_TYPES or info.type in _BY_VALUE or info.type in EMPTY_INTERFACES:
        return True
    if info.type.startswith(("*", "[]", "map[")):
        return True
    if info.package != scene.package.import_path:
        return False
    local = _local_type(scene, info.type, near)
    if info.kind in BASIC_TYPES:
        return local is not None or not _pointer_methods(scene, info.type)
    spec = next((one for one in local.named_children if one.type == "type_spec"), None) if local is not None else None
    kind = spec.child_by_field_name("type") if spec is not None else None
    if kind is None or kind.type != "struct_type" or not kind.named_children:
        return False
    for one in kind.named_children[0].named_children:
        typed = one.child_by_field_name("type") if one.type == "field_declaration" else None
        known = scene.type(typed) if typed is not None else None
        whole = known is not None and same_anywhere(scene, known, near)
        if one.type != "comment" and (not one.children_by_field_name("name") or not whole):
            return False
    return True


def _pointer_methods(scene: Scene, name: str) -> bool:
    """Whether a type of the package has methods of pointers that make JSON, or may have."""
    if not re.fullmatch(r"\w+", name) or scene.package.hides(name):
        return True
    for source in scene.package.files.values():
        for node in source.tree.root_node.named_children:
            own, receiver = node.child_by_field_name("name"), node.child_by_field_name("receiver")
            if node.type != "method_declaration" or own is None or receiver is None:
                continue
            if text_of(own, source) in _JSON_METHODS and any(
                one.type == "pointer_type" and text_of(one, source).lstrip("*") == name for one in walk(receiver)
            ):
                return True
    return False


def _asserts(scene: Scene, read: Read, info: TypeInfo | None) -> bool:
    """Whether a read is asserted to be of the type that it has, without asking whether it is."""
    outer = context(read.node)
    if outer is None or outer.type != "type_assertion_expression" or info is None:
        return False
    told = scene.facts(outer)
    listed = context(outer)
    if told is None or told.type is None or (told.type.type, told.type.package) != (info.type, info.package):
        return False
    statement = listed.parent if listed is not None and listed.type == "expression_list" else listed
    left = statement.child_by_field_name("left") if statement is not None else None
    names = left.named_children if left is not None and left.type == "expression_list" else []
    if statement is not None and statement.type == "var_spec":
        names = statement.children_by_field_name("name")
    values = listed.named_children if listed is not None and listed.type == "expression_list" else [outer]
    return not names or len(names) == len(values)


def compared(scene: Scene, shape: Shape, read: Read) -> bool:
    """Whether a read is only compared with one of the same key, of whose type its own will be then."""
    outer = context(read.node)
    if outer is None or outer.type != "binary_expression":
        return False
    operator = outer.child_by_field_name("operator")
    sides = [unparenthesized(one) for one in outer.named_children if one.type != "comment"]
    same = [one.node for one in shape.reads if one.key == read.key]
    infos = [scene.type(one.value) for one in shape.entries() if one.key == read.key]
    return (
        operator is not None
        and scene.text(operator) in {"!=", "=="}
        and len(sides) == 2
        and all(side in same for side in sides)
        and all(info is not None and info.type in BASIC_TYPES for info in infos)
    )


def struct_text(found: Sequence[Field], indent: str) -> str:
    """The struct type as written."""
    if not found:
        return "struct{}"
    lines = "".join(f"{indent}\t{one.name} {one.type} {one.tag}\n" for one in found)
    return f"struct {{\n{lines}{indent}}}"


def edits(scene: Scene, shape: Shape, found: Sequence[Field], typed: str) -> list[Replacement]:
    """The changes of all places but the declaration of the type, which is written ``typed``."""
    by_key = {one.key: one for one in found}
    made = [replace_node(slot, typed) for slot in shape.slots]
    if shape.result is not None:
        value = shape.result.child_by_field_name("value")
        made.append(replace_node(shape.result, scene.text(value) if value is not None and not shape.elem else "any"))
    for site in shape.sites:
        if is_call(site.node) or not site.entries:
            made.append(_empty(shape, site.node, typed))
        elif site.typed is not None:
            made.append(replace_node(site.typed, typed))
        made += [replace_node(entry.at, by_key[entry.key].name) for entry in site.entries]
    made += [
        replace_node(entry.value, scene.text(number))
        for entry in shape.entries()
        if (number := _converted(scene, entry.value, by_key[entry.key])) is not None
    ]
    for entry in shape.writes:
        made.append(_selected(entry, by_key, scene))
    for read in shape.reads:
        operand = read.node.child_by_field_name("operand")
        outer = context(read.node)
        one = by_key[read.key]
        asserts = one.asserted and outer is not None and outer.type == "type_assertion_expression"
        whole = outer if asserts and outer is not None else read.node
        made.append(replace_node(whole, f"{scene.text(operand or read.node)}.{one.name}"))
    return made


def _converted(scene: Scene, value: Node, field: Field) -> Node | None:
    """The literal in a conversion like ``int64(0)``, which the type of the field now says."""
    if not field.asserted or field.type not in _NUMBERS or not is_call(value):
        return None
    called, given = value.child_by_field_name("function"), arguments(value)
    if called is None or scene.text(called) != field.type or len(given) != 1:
        return None
    literal = given[0].child_by_field_name("operand") if given[0].type == "unary_expression" else given[0]
    return given[0] if literal is not None and literal.type in {"float_literal", "int_literal"} else None


def _selected(entry: Entry, by_key: dict[str, Field], scene: Scene) -> Replacement:
    operand = entry.at.child_by_field_name("operand")
    return replace_node(entry.at, f"{scene.text(operand or entry.at)}.{by_key[entry.key].name}")


def _empty(shape: Shape, node: Node, typed: str) -> Replacement:
    """A map without entries as a zero struct; a declaration of nothing else says so."""
    known = shape.one
    if known is not None and known.value == node and known.alone and known.statement.type == "short_var_declaration":
        return replace_node(known.statement, f"var {known.name} {typed}")
    if node.type == "literal_value":
        return replace_node(node, "{}")
    return replace_node(node, f"{typed}{{}}")


def type_names(scene: Scene, found: Shape) -> tuple[str, ...]:
    """What the type may be called: after the slice, the variable or the key that holds the value."""
    if found.many is not None:
        name = found.many.name
        single = f"{name[:-3]}y" if name.endswith("ies") else name[:-1] if name.endswith("s") else f"{name}Entry"
    elif found.one is not None:
        single = f"{found.one.name}Fields"
    else:
        single = _key(scene, found.sites[0].node)
    return (single, f"{single}JSON", f"{single}Fields") if single else ("entry", "fields")


def _key(scene: Scene, node: Node) -> str:
    """The name for what is kept at the key of a literal, or of an assignment, that a value is for."""
    entry = set_value(node)
    element = node.parent.parent if literal_of(node) is not None and node.parent is not None else None
    key = entry[1] if entry is not None else element.child_by_field_name("key") if element is not None else None
    if key is not None and key.type == "literal_element" and key.named_children:
        key = key.named_children[0]
    constant = unquoted(scene.constant(key)) if key is not None else None
    if not constant:
        return ""
    name = field_name(constant, ())
    return name.lower() if name.isupper() else name[:1].lower() + name[1:]
