"""Slices that a loop fills: local variables, results with names, and fields of local structs, empty before the loop."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.facts import TypeInfo
from stackward.rewrites._imports import imports
from stackward.rewrites._rewrite import Refusal
from stackward.rewrites._scene import Scene, arguments, is_call
from stackward.rewrites._variables import (
    Reference,
    Variable,
    at,
    between,
    context,
    inside,
    listed_statement,
    selected,
    variable,
)
from stackward.syntax.tree import text_of


@dataclass(frozen=True, slots=True)
class Target:
    """``text`` is how it is written, ``type`` the type that can be made, ``empty`` that it is not nil to begin with.

    ``references`` are its uses; of a field those of the struct that select it. ``elem`` is the type of its elements.
    """

    text: str
    name: str
    type: str
    empty: bool
    variable: Variable
    references: tuple[Reference, ...]
    elem: str
    is_field: bool = False

    def is_one(self, node: Node) -> bool:
        """Whether an expression is this slice."""
        return any(self.expression(one) == node for one in self.references)

    def expression(self, reference: Reference) -> Node:
        """The expression that stands for the slice."""
        if not self.is_field:
            return reference.node
        return context(reference.node) or reference.node

    def inside(self, node: Node) -> list[Node]:
        """The expressions for it inside a node."""
        return [self.expression(one) for one in self.references if inside(one.node, node)]

    def writes(self, node: Node) -> bool:
        """Whether it is assigned to as a whole by this expression."""
        return any(one.use.write and self.expression(one) == node for one in self.references)

    @property
    def shared(self) -> bool:
        """Whether something else than its name may write to it."""
        if self.is_field:
            return any(one.use.captured for one in self.references)
        return any(one.use.address or (one.use.write and one.use.captured) for one in self.references)


def slice_target(scene: Scene, node: Node, loop: Node) -> Target | Refusal | None:
    """The slice that an expression stands for, if it is certainly empty when the loop begins."""
    info = scene.type(node)
    statement = listed_statement(loop)
    elem = info.elem.type if info is not None and info.elem is not None else ""
    if info is None or info.kind != "slice" or statement is None:
        return None
    if node.type == "selector_expression":
        return _field(scene, node, info, statement)
    known = variable(scene, node)
    if known is None or known.kind not in {"result", "var"}:
        return None
    early = [one for one in known.references if one.node.start_byte < statement.start_byte]
    if early:
        return Refusal(f"{known.name} is used before the loop")
    if known.kind == "result":
        block = statement.parent.parent if statement.parent is not None else None
        if block is None or block.parent != scene.function(loop) or known.typed is None:
            return Refusal("the loop is in another block than what it fills")
        return Target(known.name, known.name, scene.text(known.typed), False, known, known.references, elem)
    made = _made(scene, known)
    if made == ("", True):
        return None
    if made is None:
        return Refusal(f"{known.name} is not empty before the loop")
    if between(known.statement, statement) is None:
        return Refusal("the loop is in another block than what it fills")
    return Target(known.name, known.name, *made, known, known.references, elem)


def _made(scene: Scene, known: Variable) -> tuple[str, bool] | None:
    """The type of a variable that starts empty, and whether it is not nil; no type if it has room already."""
    value = known.value
    if value is None:
        spec = known.node.parent
        return (scene.text(known.typed), False) if known.typed is not None and spec is not None else None
    if value.type == "nil" and known.typed is not None:
        return scene.text(known.typed), False
    if value.type == "composite_literal":
        typed, body = value.child_by_field_name("type"), value.child_by_field_name("body")
        empty = typed is not None and body is not None and not body.named_children
        return (scene.text(typed), True) if empty and typed is not None else None
    if is_call(value) and scene.callee(value) == "make":
        given = arguments(value)
        if len(given) > 1 and scene.constant(given[1]) == "0":
            return scene.text(given[0]) if len(given) == 2 else "", True
    return None


def _field(scene: Scene, node: Node, info: TypeInfo, statement: Node) -> Target | Refusal | None:
    """A field of a struct that was made without it, and of which only fields are used until the loop is over."""
    operand, field = node.child_by_field_name("operand"), node.child_by_field_name("field")
    if operand is None or field is None or operand.type != "identifier":
        return None
    known, whole, name = variable(scene, operand), scene.type(operand), scene.text(field)
    typed = spelled(scene, info)
    literal = _literal(known) if known is not None else None
    if whole is not None and whole.kind == "pointer" and literal is not None:
        whole = whole.elem  # Until the variable goes somewhere as a whole nobody else has the struct.
    if known is None or known.kind != "var" or whole is None or whole.kind != "struct" or typed is None:
        return None
    text, elem = scene.text(node), info.elem.type if info.elem is not None else ""
    if between(known.statement, statement) is None or not _direct(scene, node, whole):
        return Refusal(f"it is not certain that {text} is empty before the loop")
    if known.value is None:
        if known.typed is None:
            return None
    elif not _without(scene, literal or known.value, name):
        return Refusal(f"it is not certain that {text} is empty before the loop")
    until = [one for one in known.references if one.node.start_byte < statement.end_byte]
    for one in until:
        outer = context(one.node)
        facts = scene.facts(outer) if outer is not None and outer.type == "selector_expression" else None
        if facts is None or facts.selection != "field" or one.use.captured or one.use.address:
            return Refusal(f"{known.name} is used as a whole before the loop is over")
        if selected(one.node) == name and one.node.start_byte < statement.start_byte:
            return Refusal(f"{text} is used before the loop")
    own = tuple(one for one in known.references if selected(one.node) == name)
    # Whoever gets the struct gets the slice.
    others = tuple(
        one for one in known.references if not selected(one.node) and one.node.start_byte > statement.end_byte
    )
    return Target(text, known.name, typed, False, known, (*own, *others), elem, is_field=True)


def _literal(known: Variable) -> Node | None:
    """The literal whose address a variable starts as."""
    value = known.value
    if value is None or value.type != "unary_expression" or value.children[0].type != "&":
        return None
    operand = value.child_by_field_name("operand")
    return operand if operand is not None and operand.type == "composite_literal" else None


def _without(scene: Scene, value: Node, field: str) -> bool:
    """Whether a literal of a struct leaves a field out."""
    body = value.child_by_field_name("body") if value.type == "composite_literal" else None
    if body is None:
        return False
    for element in body.named_children:
        key = element.child_by_field_name("key") if element.type == "keyed_element" else None
        if element.type != "comment" and (key is None or scene.text(key) == field):
            return False
    return True


def _direct(scene: Scene, node: Node, whole: TypeInfo) -> bool:
    """Whether the field that an expression selects is one of the struct's own, not that of an embedded one."""
    facts = scene.facts(node)
    declared = facts.object if facts is not None else None
    if declared is None or facts is None or facts.selection != "field" or declared.offset is None:
        return False
    source = scene.package.files.get(declared.path)
    name = at(source, declared.offset, declared.offset + len(declared.name.encode())) if source is not None else None
    for _ in range(4):  # field_declaration, field_declaration_list, struct_type, type_spec
        name = name.parent if name is not None else None
    if name is None or source is None or name.type != "type_spec":
        return False
    own = name.child_by_field_name("name")
    return own is not None and text_of(own, source) == whole.type


def spelled(scene: Scene, info: TypeInfo) -> str | None:
    """A type as it can be written in the scene's file; None where it may not be possible."""
    if re.search(r"\b(struct|interface|func|chan)\b", info.type.replace("interface{}", "")):
        return None
    known = {one.qualifier for one in imports(scene.source) if one.name not in {"_", "."}}
    used = set(re.findall(r"(\w+)\.", info.type))
    return info.type if used <= known else None
