"""Conditions around an expression, and what they say of a variable."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.facts import TypeInfo
from stackward.rewrites._scene import Scene, arguments, is_call
from stackward.rewrites._variables import Variable, has_goto, inside, siblings, sole, variable
from stackward.syntax.anchors import unparenthesized

_SIGNED = frozenset({"int", "int64"})
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


def at_most(scene: Scene, node: Node) -> int | None:
    """A number that an integer expression certainly does not exceed; None where nothing says so.

    What says so is the expression itself (``min``, ``%``, ``&``, a byte), or for a variable or its length what it was
    made of, or a statement before it: ``if n > 64 { return }``, ``if n > 64 { n = 64 }``, ``n = min(n, 64)``.
    """
    inner = unparenthesized(node)
    value, info = scene.constant(inner), scene.type(inner)
    if value is not None or info is None:
        return int(value) if value is not None and value.isdigit() else None
    found = [255] if info.kind == "uint8" else []
    if inner.type == "binary_expression":
        found += _arithmetic(scene, inner)
    elif inner.type == "identifier":
        found += _guarded(scene, inner, inner)
    elif is_call(inner) or inner.type == "type_conversion_expression":
        found += _computed(scene, inner, info)
    return min(found, default=None)


def _arithmetic(scene: Scene, node: Node) -> list[int]:
    right, sign = node.child_by_field_name("right"), node.child_by_field_name("operator")
    value = scene.constant(right) if right is not None else None
    if value is None or sign is None or not value.isdigit():
        return []
    if sign.type == "%":
        return [int(value) - 1] if int(value) > 0 else []
    return [int(value)] if sign.type == "&" else []


def _computed(scene: Scene, node: Node, info: TypeInfo) -> list[int]:
    facts, given = scene.facts(node), arguments(node) if is_call(node) else node.named_children[-1:]
    call = facts.call if facts is not None else None
    if call is None or not given:
        return []
    if call.kind == "builtin" and call.callee == "min":
        return [one for each in given if (one := at_most(scene, each)) is not None]
    if call.kind == "builtin" and call.callee == "len" and given[0].type == "identifier":
        return _guarded(scene, given[0], node)
    # Only where what is negative stays so.
    if call.kind == "conversion" and info.kind in _SIGNED and (one := at_most(scene, given[0])) is not None:
        return [one]
    return []


def _guarded(scene: Scene, name: Node, node: Node) -> list[int]:
    """What is known of a variable, or of its length, from what it was made of and the statements before."""
    known, function = variable(scene, name), scene.function(node)
    if known is None or any(one.use.address or (one.use.write and one.use.captured) for one in known.references):
        return []
    if function is None or known.node.start_byte < function.start_byte or has_goto(scene, node):
        return []  # In a func literal it is not known when the variable was last changed.
    found = []
    if name == node and known.steady and known.value is not None:
        found += [one for one in [at_most(scene, known.value)] if one is not None]
    at: Node = node
    while at.parent is not None and at.parent != function:
        outer = at.parent
        for one in siblings(at) if outer.type == "statement_list" else ():
            if one.end_byte <= at.start_byte and not _written(known, one.end_byte, outer):
                found += _capped(scene, one, scene.text(node))
        at = outer
    return found


def _capped(scene: Scene, statement: Node, text: str) -> list[int]:
    """What an expression with this text does not exceed behind a statement."""
    if statement.type == "assignment_statement":
        left, right = sole(statement.child_by_field_name("left")), sole(statement.child_by_field_name("right"))
        plain = left is not None and scene.text(left) == text and (statement.children[1].type == "=")
        return [one for one in [at_most(scene, right) if plain and right is not None else None] if one is not None]
    condition, last = _branch(statement)
    if condition is None or last is None:
        return []
    limits = [one for part in _parts(condition, "||") if (one := _limit(scene, part, text)) is not None]
    if not limits or last.type in _LEAVING:
        return limits
    only = last.parent is not None and len(last.parent.named_children) == 1
    if only and last.type == "assignment_statement" and condition.type == "binary_expression":
        assigned = _capped(scene, last, text)
        return [max(*limits, *assigned)] if assigned else []
    return []


def _limit(scene: Scene, condition: Node, text: str) -> int | None:
    """What an expression does not exceed where a comparison is false."""
    left, right = condition.child_by_field_name("left"), condition.child_by_field_name("right")
    sign = condition.child_by_field_name("operator")
    if left is None or right is None or sign is None or sign.type not in {">", ">=", "<", "<="}:
        return None
    larger, smaller = (left, right) if sign.type in {">", ">="} else (right, left)
    value = scene.constant(smaller)
    if scene.text(larger) != text or value is None or not value.isdigit():
        return None
    return int(value) - ("=" in sign.type)


def _branch(statement: Node) -> tuple[Node | None, Node | None]:
    """The condition of an ``if`` without ``else``, and the last statement of its body."""
    body = statement.child_by_field_name("consequence")
    if statement.type != "if_statement" or body is None or statement.child_by_field_name("alternative") is not None:
        return None, None
    listed = next((one for one in body.named_children if one.type == "statement_list"), None)
    last = [one for one in listed.named_children if one.type != "comment"][-1:] if listed is not None else []
    return statement.child_by_field_name("condition"), last[0] if last else None


def _left_if_nil(scene: Scene, statement: Node, known: Variable) -> bool:
    """Whether a statement is ``if err == nil { …; return }``, without an ``else``."""
    condition, last = _branch(statement)
    if condition is None or last is None:
        return False
    return last.type in _LEAVING and _says(scene, condition, known, "==", either=True)


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
