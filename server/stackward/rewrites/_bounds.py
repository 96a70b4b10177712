"""Loops: how often they run at most, as an expression that can be evaluated before them, and what ends them early."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.facts import TypeInfo
from stackward.rewrites._rewrite import Refusal
from stackward.rewrites._scene import Scene, arguments, is_call
from stackward.rewrites._variables import hidden, is_path, own, root, sole, variable

_JUMPS = frozenset({"break_statement", "continue_statement", "fallthrough_statement", "goto_statement"})
_SWITCHES = frozenset({"expression_switch_statement", "select_statement", "type_switch_statement"})
_CASES = frozenset({"communication_case", "default_case", "expression_case", "type_case"})
_ENDLESS = 1 << 30  # More than anything that happens on a path that is left.


@dataclass(frozen=True, slots=True)
class Bound:
    """``count`` is how often a loop runs at most, ``runs`` a condition that holds if it runs at all.

    ``hoisted`` is an expression that has to be evaluated into a variable first; then the texts have ``{}`` for its
    name. ``trusted`` says that so many are there already; a mere number may promise more than will come. ``signed``
    says that ``count`` may be negative where the loop does not run. ``bytes`` are the length of a text, in which few
    of them may matter. ``root`` is the name on which the bound depends.
    """

    count: str
    runs: str
    hoisted: Node | None = None
    trusted: bool = True
    signed: bool = False
    bytes: bool = False
    root: str = ""


def bound(scene: Scene, loop: Node) -> Bound | Refusal:
    """How often a loop runs."""
    clause = next((one for one in loop.named_children if one.type in {"range_clause", "for_clause"}), None)
    if clause is None:
        return Refusal("the loop has no bound that is known before it")
    return _ranged(scene, clause) if clause.type == "range_clause" else _counted(scene, loop, clause)


def _ranged(scene: Scene, clause: Node) -> Bound | Refusal:
    over = clause.child_by_field_name("right")
    info = scene.type(over) if over is not None else None
    if over is None or info is None:
        return Refusal("the type of what the loop ranges over is not known")
    if info.kind.startswith(("int", "uint", "untyped")):
        return _number(scene, over, info)
    if info.kind not in {"array", "map", "slice", "string"} and not _array_pointer(info):
        return Refusal(f"the loop ranges over a {info.kind}, whose length is not known before")
    small = info.kind == "string" or (info.kind == "slice" and info.elem is not None and info.elem.kind == "uint8")
    literal = over.child_by_field_name("body") if over.type == "composite_literal" else None
    if literal is not None:
        values = [one for one in literal.named_children if one.type != "comment"]
        if values and all(one.type == "literal_element" for one in values):
            return Bound(str(len(values)), "true")
    if is_path(over) or over.type == "interpreted_string_literal":
        text = scene.text(over)
        return Bound(f"len({text})", f"len({text}) > 0", bytes=small, root=scene.text(root(over)))
    if info.kind == "array" or not is_call(over):
        return Refusal("the loop ranges over an expression that cannot be evaluated before it")
    return Bound("len({})", "len({}) > 0", over, bytes=small)


def _array_pointer(info: TypeInfo) -> bool:
    return info.kind == "pointer" and info.elem is not None and info.elem.kind == "array"


def _number(scene: Scene, over: Node, info: TypeInfo) -> Bound | Refusal:
    text = scene.text(over)
    value = scene.constant(over)
    if value is not None:
        positive = value.isdigit() and 0 < int(value) <= _ENDLESS
        return Bound(text, "true", trusted=int(value) <= 1024) if positive else Refusal("the loop's bound is no size")
    if is_call(over) and scene.callee(over) == "len" and is_path(arguments(over)[0]):
        return Bound(text, f"{text} > 0", root=scene.text(root(arguments(over)[0])))
    if not is_path(over):
        return Refusal("the loop's bound cannot be evaluated before it")
    name = scene.text(root(over))
    if info.kind.startswith("uint"):
        return Bound(text, f"{text} > 0", trusted=False, root=name)
    if scene.package.language < 21 or hidden(scene, "max"):
        return Refusal("the loop's bound may be negative")
    return Bound(text, f"{text} > 0", trusted=False, signed=True, root=name)


def _counted(scene: Scene, loop: Node, clause: Node) -> Bound | Refusal:
    """The bound of ``for i := 0; i < n; i++``."""
    refusal = Refusal("the loop does not simply count")
    first, condition, step = (clause.child_by_field_name(one) for one in ("initializer", "condition", "update"))
    if first is None or condition is None or step is None or first.type != "short_var_declaration":
        return refusal
    name, start = sole(first.child_by_field_name("left")), sole(first.child_by_field_name("right"))
    if name is None or start is None or condition.type != "binary_expression" or step.type != "inc_statement":
        return refusal
    left, limit, operator = (condition.child_by_field_name(one) for one in ("left", "right", "operator"))
    text = scene.text(name)
    starts = {"<": "0", "<=": "1"}
    if left is None or limit is None or operator is None or scene.text(left) != text:
        return refusal
    if scene.constant(start) != starts.get(scene.text(operator), "none"):
        return refusal
    counter = variable(scene, name)
    info = scene.type(limit)
    if counter is None or info is None or scene.text(step.named_children[0]) != text:
        return refusal
    changed = [one for one in counter.references if one.use.write or one.use.address]
    if len(changed) != 1 or not _steady(scene, limit, loop):
        return Refusal("the loop changes what it counts")
    return _number(scene, limit, info)


def _steady(scene: Scene, limit: Node, loop: Node) -> bool:
    """Whether a limit is the same in all turns of a loop."""
    if scene.constant(limit) is not None:
        return True
    named = arguments(limit)[0] if is_call(limit) and scene.callee(limit) == "len" else limit
    known = variable(scene, named)
    if known is None:
        return False
    return not any(one.use.address or (one.use.write and one.use.captured) for one in known.references) and not any(
        one.use.write for one in known.within(loop)
    )


@dataclass(frozen=True, slots=True)
class Steps:
    """How often something is done in one turn of a loop, at least and at most (None: no bound)."""

    least: int
    most: int | None

    @property
    def exact(self) -> bool:
        return self.least == self.most


def steps(body: Node, count: Callable[[Node], int]) -> Steps:
    """How often statements are executed in one turn of the loop with this body; ``count`` weighs a statement."""
    jumps = any(one.type in _JUMPS for one in own(body, "func_literal"))
    return Steps(0 if jumps else _least(body, count), _most(body, count))


def _most(node: Node, count: Callable[[Node], int]) -> int | None:
    weight = count(node)
    if weight:
        return weight
    if node.type in {"for_statement", "func_literal", "go_statement", "defer_statement"}:
        return 0 if not any(count(one) for one in own(node)) else None
    parts = [_most(child, count) for child in node.named_children]
    if any(one is None for one in parts):
        return None
    known = [one or 0 for one in parts]
    branches = [number for number, child in enumerate(node.named_children) if _is_branch(node, child)]
    if not branches:
        return sum(known)
    return sum(one for number, one in enumerate(known) if number not in branches) + max(known[one] for one in branches)


def _is_branch(node: Node, child: Node) -> bool:
    if node.type == "if_statement":
        return child in {node.child_by_field_name("consequence"), node.child_by_field_name("alternative")}
    return node.type in _SWITCHES and child.type in _CASES


def _least(node: Node, count: Callable[[Node], int]) -> int:
    weight = count(node)
    if weight:
        return weight
    if node.type in {"for_statement", "func_literal"}:
        return 0
    if node.type == "return_statement":
        return _ENDLESS
    if node.type == "if_statement":
        branches = [node.child_by_field_name(one) for one in ("consequence", "alternative")]
        return min((_least(one, count) if one is not None else 0) for one in branches)
    if node.type in _SWITCHES:
        cases = [one for one in node.named_children if one.type in _CASES]
        whole = node.type == "select_statement" or any(one.type == "default_case" for one in cases)
        return min((_least(one, count) for one in cases), default=0) if whole else 0
    return min(sum(_least(child, count) for child in node.named_children), _ENDLESS)


__all__ = ["Bound", "Steps", "bound", "steps"]
