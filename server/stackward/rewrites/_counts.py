"""Loops that count: ``for i := n - 1; i >= 0; i--``, what they begin and end with, and how often they run."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tree_sitter import Node

from stackward.rewrites._scene import Scene, arguments, is_call
from stackward.rewrites._variables import is_path, sole, variable
from stackward.syntax.anchors import unparenthesized

_SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Sum:
    """A name or length with a constant added to it, and another one (``less``) taken from it.

    ``term`` is None for a constant alone.
    """

    term: Node | None
    constant: int
    less: Node | None = None


@dataclass(frozen=True, slots=True)
class Counting:
    """A loop that counts from ``first`` until ``limit`` is reached, which it is not itself unless ``closed``.

    ``counter`` is where the variable is declared, ``by`` what each turn adds to it, negative for what counts down,
    and ``ahead`` what is added to it where it is compared with the limit.
    ``runs`` is a condition that holds before the loop if it runs at all.
    """

    counter: Node
    first: Node
    limit: Node
    ahead: int
    closed: bool
    by: int
    runs: str

    @property
    def low(self) -> Node:
        return self.first if self.by > 0 else self.limit

    @property
    def high(self) -> Node:
        return self.limit if self.by > 0 else self.first


def counting(scene: Scene, clause: Node) -> Counting | None:
    """The loop that a ``for_clause`` is of, if it simply counts."""
    start, condition, step = (clause.child_by_field_name(one) for one in ("initializer", "condition", "update"))
    if start is None or condition is None or step is None or start.type != "short_var_declaration":
        return None
    counter, first = sole(start.child_by_field_name("left")), sole(start.child_by_field_name("right"))
    left, limit, sign = (condition.child_by_field_name(one) for one in ("left", "right", "operator"))
    if counter is None or first is None or left is None or limit is None or sign is None:
        return None
    operator, name, by = sign.type, scene.text(counter), _by(scene, step, scene.text(counter))
    if _named(scene, limit, name) is not None:
        left, limit, operator = limit, left, _SWAPPED.get(operator, "")
    ahead = _named(scene, left, name)
    if ahead is None or not by or operator not in ({"<", "<="} if by > 0 else {">", ">="}):
        return None
    runs = f"{scene.text(first)}{f'{ahead:+}' if ahead else ''} {operator} {scene.text(limit)}"
    return Counting(counter, first, limit, ahead, operator.endswith("="), by, runs)


def _named(scene: Scene, node: Node, name: str) -> int | None:
    """What is added to a name in an expression; None where that is about something else."""
    found = sum_of(scene, node)
    if found is None or found.term is None or found.less is not None or scene.text(found.term) != name:
        return None
    return found.constant


def _by(scene: Scene, step: Node, name: str) -> int:
    """What a statement adds to a variable; 0 where it does something else."""
    if step.type in {"dec_statement", "inc_statement"}:
        own = scene.text(step.named_children[0]) == name
        return (1 if step.type == "inc_statement" else -1) if own else 0
    left, right = sole(step.child_by_field_name("left")), sole(step.child_by_field_name("right"))
    operator = step.child_by_field_name("operator")
    if step.type != "assignment_statement" or left is None or right is None or operator is None:
        return 0
    value = scene.constant(right) or ""
    if scene.text(left) != name or operator.type not in {"+=", "-="} or not value.isdigit():
        return 0
    return int(value) if operator.type == "+=" else -int(value)


def sum_of(scene: Scene, node: Node) -> Sum | None:
    """An integer expression as a sum; None where it is not as simple as that."""
    inner, value = unparenthesized(node), scene.constant(node)
    if value is not None:
        return Sum(None, int(value)) if re.fullmatch(r"-?\d+", value) else None
    if inner.type == "binary_expression":
        left, right, sign = (inner.child_by_field_name(one) for one in ("left", "right", "operator"))
        first = sum_of(scene, left) if left is not None else None
        second = sum_of(scene, right) if right is not None else None
        if first is None or second is None or sign is None or sign.type not in {"+", "-"} or second.less is not None:
            return None
        if second.term is None:
            return replace(first, constant=first.constant + (second.constant if sign.type == "+" else -second.constant))
        if sign.type == "+" or first.less is not None:
            return None
        return Sum(first.term, first.constant - second.constant, second.term)
    return Sum(inner, 0) if is_path(inner) or measured(scene, inner) is not None else None


def measured(scene: Scene, node: Node) -> Node | None:
    """What ``len`` is asked of, if it can be asked once more."""
    given = arguments(node) if is_call(node) and scene.callee(node) == "len" else []
    return given[0] if given and is_path(given[0]) else None


def steady(scene: Scene, node: Node | None, loop: Node) -> bool:
    """Whether a term is the same in all turns of a loop."""
    if node is None:
        return True
    length = measured(scene, node)
    info = scene.type(length) if length is not None else None
    if info is not None and info.kind in {"chan", "map"}:
        return False  # Their length changes while they are what they were.
    known = variable(scene, length or node)
    if known is None:
        return False
    return not any(one.use.address or (one.use.write and one.use.captured) for one in known.references) and not any(
        one.use.write for one in known.within(loop)
    )


__all__ = ["Counting", "Sum", "counting", "measured", "steady", "sum_of"]
