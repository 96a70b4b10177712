"""Loops that fill something: how much goes in, whether they may end before that is done, and where they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._bounds import Bound, Steps, bound, steps
from stackward.rewrites._printing import own_name
from stackward.rewrites._rewrite import Refusal, Span
from stackward.rewrites._risk import Risk, risk
from stackward.rewrites._scene import Scene, arguments, is_call, replace_node
from stackward.rewrites._variables import before, has_goto, listed_statement, own
from stackward.syntax.paths import cold

_EXPRESSIONS = frozenset(
    {
        "binary_expression",
        "call_expression",
        "index_expression",
        "selector_expression",
        "slice_expression",
        "type_assertion_expression",
        "type_conversion_expression",
        "unary_expression",
    }
)
_BREAKABLE = ("expression_switch_statement", "for_statement", "select_statement", "type_switch_statement")


@dataclass(frozen=True, slots=True)
class Filling:
    """A loop that fills something: where it is, how often it runs, and how often it does it in each turn."""

    statement: Node
    body: Node
    bound: Bound
    steps: Steps
    spans: tuple[Span, ...]
    certain: bool
    """Whether nothing ends the loop before it has run as often as was promised."""

    def room(self, name: str, *, running: bool = False) -> str:
        """The expression for how much is needed, by a loop that may not run at all or by one that is ``running``."""
        count = self.bound.count.format(name)
        zero = self.bound.signed and not running
        if zero:
            count = f"max({count}, 0)"
        if self.steps.most == 1:
            return count
        if self.bound.loose and not zero:
            count = f"({count})"
        return str(int(count) * (self.steps.most or 0)) if count.isdigit() else f"{self.steps.most}*{count}"


def looked_at(scene: Scene, loop: Node, filling: Sequence[Node], count: dict[int, int]) -> Filling | Refusal:
    """What there is to know of a loop; ``count`` says how much each of its ``filling`` statements puts in, by id."""
    statement, body = listed_statement(loop), loop.child_by_field_name("body")
    if statement is None or body is None or has_goto(scene, loop):
        return Refusal("the function jumps about")
    known = bound(scene, loop)
    if isinstance(known, Refusal):
        return known
    taken = steps(body, lambda node: count.get(node.id, 0))
    if taken.most is None:
        return Refusal("a loop or closure in the loop fills it")
    if not taken.exact and (known.bytes or taken.most > 1):
        return Refusal("most of the room may stay empty")
    if known.narrow and taken.most > 1:
        return Refusal("so many times the number of turns may be too large for its type")
    leaves = any(
        one.type in {"break_statement", "goto_statement", "return_statement"} for one in own(body, "func_literal")
    )
    if not known.trusted and (leaves or not taken.exact):
        return Refusal("the loop may end before it has filled what was promised")
    if not taken.exact and any(not cold(one, scene.source) for one in _ends(body)):
        return Refusal("the loop may end before it has filled much")
    # What is filled is there: a pointer that leads to it is not nil.
    filled = {scene.text(arguments(one)[0]) for one in filling if is_call(one)}
    others = (one for one in own(body, "func_literal") if scene.text(one) not in filled)
    certain = known.trusted or not any(_may_panic(scene, one) for one in others)
    return Filling(statement, body, known, taken, tuple(scene.span(one) for one in filling), certain)


def _ends(body: Node) -> Iterator[Node]:
    """The statements of a loop's body that end the loop."""
    yield from (one for one in own(body, "func_literal") if one.type == "return_statement")
    yield from (one for one in own(body, "func_literal", *_BREAKABLE) if one.type == "break_statement")


def _may_panic(scene: Scene, node: Node) -> bool:
    """Whether an expression, apart from those in it, may end the function."""
    if node.type not in _EXPRESSIONS or (is_call(node) and scene.callee(node) == "append"):
        return False
    return risk(scene, node) >= Risk.PANICS


def hoisted(scene: Scene, looked: Filling) -> tuple[str, list[Replacement]]:
    """The name for what the loop ranges over, if it needs one, and the changes that give it."""
    over = looked.bound.hoisted
    if over is None:
        return "", []
    name = own_name(scene, "items", ())
    lines = [f"{name} := {scene.text(over)}"]
    return name, [before(scene, looked.statement, lines), replace_node(over, name)]


__all__ = ["Filling", "hoisted", "looked_at"]
