"""Conditions around an expression, and what they say of a variable."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.rewrites._scene import Scene
from stackward.rewrites._variables import Variable, inside, siblings, variable

_LEAVING = frozenset({"break_statement", "continue_statement", "return_statement"})


def not_nil(scene: Scene, node: Node) -> bool:
    """Whether a variable is certainly not nil where it is read: a condition says so, and nothing changes it since.

    The condition is that of an ``if`` around it, ``err != nil``, or of one before it that leaves if ``err == nil``.
    """
    known = variable(scene, node)
    if known is None or any(one.use.address or (one.use.write and one.use.captured) for one in known.references):
        return False
    at: Node = node
    while at.parent is not None and at.parent != scene.function(node):
        outer = at.parent
        if outer.type == "if_statement" and outer.child_by_field_name("consequence") == at:
            condition = outer.child_by_field_name("condition")
            if (
                condition is not None
                and _says(scene, condition, known, "!=")
                and not _written(known, at.start_byte, at)
            ):
                return True
        for one in siblings(at) if outer.type == "statement_list" else ():
            before = one.end_byte <= at.start_byte and _left_if_nil(scene, one, known)
            if before and not _written(known, one.end_byte, outer):
                return True
        at = outer
    return False


def _left_if_nil(scene: Scene, statement: Node, known: Variable) -> bool:
    """Whether a statement is ``if err == nil { …; return }``, without an ``else``."""
    condition = statement.child_by_field_name("condition") if statement.type == "if_statement" else None
    body = statement.child_by_field_name("consequence")
    if condition is None or body is None or statement.child_by_field_name("alternative") is not None:
        return False
    listed = next((one for one in body.named_children if one.type == "statement_list"), None)
    last = [one for one in listed.named_children if one.type != "comment"][-1:] if listed is not None else []
    return bool(last) and last[0].type in _LEAVING and _says(scene, condition, known, "==", either=True)


def _says(scene: Scene, condition: Node, known: Variable, operator: str, *, either: bool = False) -> bool:
    """Whether a condition compares the variable with nil, as a part of ``&&``, or with ``either`` of ``||``."""
    for one in _parts(condition, "||" if either else "&&"):
        left, right = one.child_by_field_name("left"), one.child_by_field_name("right")
        sign = one.child_by_field_name("operator")
        if left is None or right is None or sign is None or sign.type != operator:
            continue
        named, nil = (right, left) if left.type == "nil" else (left, right)
        if nil.type == "nil" and any(reference.node == named for reference in known.references):
            told = scene.facts(nil)
            if told is not None and told.mode in {"nil", "value"}:
                return True
    return False


def _parts(condition: Node, operator: str) -> Iterator[Node]:
    if condition.type == "parenthesized_expression":
        yield from _parts(condition.named_children[0], operator)
        return
    sign = condition.child_by_field_name("operator")
    if condition.type == "binary_expression" and sign is not None and sign.type == operator:
        for one in condition.named_children:
            yield from _parts(one, operator)
        return
    yield condition


def _written(known: Variable, start: int, outer: Node) -> bool:
    """Whether anything assigns to the variable from a byte on, up to the end of a node."""
    return any(one.use.write and one.node.start_byte >= start and inside(one.node, outer) for one in known.references)
