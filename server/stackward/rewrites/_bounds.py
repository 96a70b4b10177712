"""Loops: how often they run at most, as an expression that can be evaluated before them, and what ends them early."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.facts import TypeInfo
from stackward.rewrites._counts import Counting, Sum, counting, measured, steady, sum_of
from stackward.rewrites._rewrite import Refusal
from stackward.rewrites._scene import Scene, is_call
from stackward.rewrites._variables import hidden, is_path, own, root, variable

_JUMPS = frozenset({"break_statement", "continue_statement", "fallthrough_statement", "goto_statement"})
_SWITCHES = frozenset({"expression_switch_statement", "select_statement", "type_switch_statement"})
_CASES = frozenset({"communication_case", "default_case", "expression_case", "type_case"})
_NARROW = frozenset({"int8", "int16", "int32", "uint8", "uint16", "uint32"})
_MAX = 21  # The minor release of Go 1 that has the function max.
_ENDLESS = 1 << 30  # More than anything that happens on a path that is left.


@dataclass(frozen=True, slots=True)
class Bound:
    """``count`` is how often a loop runs at most, ``runs`` a condition that holds if it runs at all.

    ``hoisted`` is an expression that has to be evaluated into a variable first; then the texts have ``{}`` for its
    name. ``trusted`` says that so many are there already; a mere number may promise more than will come. ``signed``
    says that ``count`` may be negative where the loop does not run, ``guarded`` that it may be anything there.
    ``loose`` says that it is made of operators, ``narrow`` that it is of a type for small numbers. ``bytes`` are the
    length of a text, in which few of them may matter. ``roots`` are the names on which the bound depends.
    """

    count: str
    runs: str
    hoisted: Node | None = None
    trusted: bool = True
    signed: bool = False
    guarded: bool = False
    loose: bool = False
    narrow: bool = False
    bytes: bool = False
    roots: tuple[str, ...] = ()


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
        return Bound(f"len({text})", f"len({text}) > 0", bytes=small, roots=(scene.text(root(over)),))
    if info.kind == "array" or not is_call(over):
        return Refusal("the loop ranges over an expression that cannot be evaluated before it")
    return Bound("len({})", "len({}) > 0", over, bytes=small)


def _array_pointer(info: TypeInfo) -> bool:
    return info.kind == "pointer" and info.elem is not None and info.elem.kind == "array"


def _number(scene: Scene, over: Node, info: TypeInfo) -> Bound | Refusal:
    text = scene.text(over)
    value = scene.constant(over)
    if value is not None:
        return _constant(text, int(value) if value.isdigit() else 0)
    if (of := measured(scene, over)) is not None:
        return Bound(text, f"{text} > 0", roots=(scene.text(root(of)),))
    if not is_path(over):
        return Refusal("the loop's bound cannot be evaluated before it")
    roots, narrow = (scene.text(root(over)),), info.kind in _NARROW
    if info.kind.startswith("uint"):
        return Bound(text, f"{text} > 0", trusted=False, narrow=narrow, roots=roots)
    known = scene.package.language >= _MAX and not hidden(scene, "max")
    return Bound(text, f"{text} > 0", trusted=False, signed=known, guarded=not known, narrow=narrow, roots=roots)


def _constant(text: str, value: int) -> Bound | Refusal:
    positive = 0 < value <= _ENDLESS
    return Bound(text, "true", trusted=value <= 1024) if positive else Refusal("the loop's bound is no size")


def _counted(scene: Scene, loop: Node, clause: Node) -> Bound | Refusal:
    """The bound of ``for i := 0; i < n; i++`` and its like."""
    found = counting(scene, clause)
    counter = variable(scene, found.counter) if found is not None else None
    info = scene.type(found.limit) if found is not None else None
    low, high = (sum_of(scene, found.low), sum_of(scene, found.high)) if found is not None else (None, None)
    if found is None or counter is None or info is None or low is None or high is None:
        return Refusal("the loop does not simply count")
    if low.less is not None or (low.term is not None and high.less is not None):
        return Refusal("the loop's bound is not simple")
    changed = [one for one in counter.references if one.use.write or one.use.address]
    limit = high if found.by > 0 else low
    if len(changed) != 1 or not (steady(scene, limit.term, loop) and steady(scene, limit.less, loop)):
        return Refusal("the loop changes what it counts")
    above = low.term is None and low.constant - found.ahead > 0  # The number below the last one is one, too.
    if info.kind.startswith("uint") and found.by < 0 and ((found.closed and not above) or found.by < -1):
        return Refusal("the loop may never come to its end")
    constant = high.constant - low.constant + found.closed + (-found.ahead if found.by > 0 else found.ahead)
    less = high.less or low.term
    if high.term is None and less is None:
        if abs(found.by) == 1 and high.constant == constant:
            return _number(scene, found.high, info)  # The constant may have a name.
        count = -(-constant // abs(found.by))
        return _constant(str(count), count)
    if abs(found.by) == 1 and less is None and constant == 0 and high.term is not None:
        return _number(scene, high.term, info)
    return _difference(scene, found, Sum(high.term, constant), less, info)


def _difference(scene: Scene, found: Counting, high: Sum, low: Node | None, info: TypeInfo) -> Bound | Refusal:
    """The bound of a loop that runs as often as one term is above another, ``high`` with the constant to be added."""
    if not info.kind.startswith(("uint", "int")) or info.kind in _NARROW:
        return Refusal("the number of turns may be too large for its type")
    terms = [one for one in (high.term, low) if one is not None]
    if len({scene.text(one) for one in terms}) < len(terms):
        return Refusal("the loop does not simply count")
    # A part of a step is a step, too.
    added = high.constant + abs(found.by) - 1
    text = scene.text(high.term) if high.term is not None else str(added)
    text += f"-{scene.text(low)}" if low is not None else ""
    text += f"{added:+}" if high.term is not None and added else ""
    if abs(found.by) > 1:
        text = f"({text})/{abs(found.by)}" if low is not None or added else f"{text}/{abs(found.by)}"
    length, unsigned = measured(scene, high.term) if high.term is not None else None, info.kind.startswith("uint")
    negative = not unsigned and (low is not None or length is None or added <= -abs(found.by))
    # What is far below zero less something may be above it.
    wraps = length is None and (low is not None or added < 0)
    known = scene.package.language >= _MAX and not hidden(scene, "max")
    return Bound(
        text,
        _condition(scene, found, high, low, unsigned=unsigned or length is not None),
        trusted=length is not None and low is None and high.constant <= 1,
        signed=negative and known,
        guarded=wraps or (negative and not known),
        loose=True,
        roots=tuple(scene.text(root(measured(scene, one) or one)) for one in terms),
    )


def _condition(scene: Scene, found: Counting, high: Sum, low: Node | None, *, unsigned: bool) -> str:
    """The condition that a loop runs at all, shorter than its own where one side is a constant."""
    if low is not None or high.term is None:
        return found.runs
    if high.constant > 0:
        return "true" if unsigned else f"{scene.text(high.term)} >= {1 - high.constant}"
    return f"{scene.text(high.term)} > {-high.constant}"


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
