"""When an expression may be evaluated: what could come in between, and be noticed."""

from __future__ import annotations

import enum

from tree_sitter import Node

from stackward.core.facts import ExprFacts
from stackward.rewrites._names import walk
from stackward.rewrites._scene import Scene, arguments, callee_node, is_call
from stackward.rewrites._variables import own
from stackward.syntax.tree import text_of

_LITERALS = frozenset(
    {
        "false",
        "float_literal",
        "imaginary_literal",
        "int_literal",
        "interpreted_string_literal",
        "nil",
        "raw_string_literal",
        "rune_literal",
        "true",
    }
)
_TOTAL = frozenset({"+", "-", "*", "&", "|", "^", "&^", "&&", "||", "<", "<=", ">", ">="})
# Packages whose methods let panics pass.
_PASSING = ("(*bufio.", "(*database/sql.", "(*net/http.", "(*os.", "(*sync.", "(*sync/atomic.", "(*time.", "(sync.")
_COMPARABLE = ("bool", "complex", "float", "int", "string", "uint", "untyped")


class Risk(enum.IntEnum):
    """What may go wrong if an expression is evaluated a little earlier or later."""

    NONE = 0
    """Always the same, and no panic."""
    SHARED = 1
    """Other code may change what it reads."""
    PANICS = 2
    """It may panic, and reads what other code may change."""
    ACTS = 3
    """It does something by itself: a call, a receive."""


def risk(scene: Scene, node: Node) -> Risk:
    """The risk of an expression; that of evaluating it, not of what is read through its value later."""
    found = scene.facts(node)
    if node.type in _LITERALS or (found is not None and found.constant is not None):
        return Risk.NONE
    if found is None:
        return Risk.ACTS
    match node.type:
        case "identifier":
            return _name(scene, node, found)
        case "parenthesized_expression":
            return risk(scene, node.named_children[0])
        case "selector_expression":
            return _selector(scene, node, found)
        case "binary_expression":
            return _binary(scene, node)
        case "unary_expression":
            return _unary(scene, node)
        case "index_expression" | "slice_expression" | "type_assertion_expression":
            return max(Risk.PANICS, *(risk(scene, one) for one in node.named_children if one.type not in _TYPES))
    if node.type == "type_conversion_expression" or is_call(node):
        return _call(scene, node, found)
    return Risk.ACTS


_TYPES = frozenset({"array_type", "pointer_type", "qualified_type", "slice_type", "type_identifier"})


def _name(scene: Scene, node: Node, found: ExprFacts) -> Risk:
    if found.object is None or found.object.scope == "universe":
        return Risk.NONE
    if found.object.scope != "local":
        return Risk.SHARED
    uses = scene.uses(node)
    return Risk.SHARED if uses is None or any(one.captured or one.address for one in uses) else Risk.NONE


def _selector(scene: Scene, node: Node, found: ExprFacts) -> Risk:
    operand = node.child_by_field_name("operand")
    if found.selection == "package member":
        return Risk.SHARED
    info = scene.type(operand) if operand is not None else None
    if found.selection != "field" or operand is None or info is None:
        return Risk.ACTS
    inner = risk(scene, operand)
    return inner if info.kind == "struct" and _own_field(scene, found, info.type) else max(Risk.PANICS, inner)


def _own_field(scene: Scene, found: ExprFacts, struct: str) -> bool:
    """Whether a field is declared in the struct itself, not in one that it embeds, maybe through a pointer."""
    declared = found.object
    source = scene.package.files.get(declared.path) if declared is not None else None
    if declared is None or declared.offset is None or source is None:
        return False
    at = source.tree.root_node.descendant_for_byte_range(declared.offset, declared.offset)
    depth = 0
    while at is not None and at.type != "type_spec":
        depth += at.type == "struct_type"
        at = at.parent
    name = at.child_by_field_name("name") if at is not None else None
    return name is not None and depth == 1 and text_of(name, source) == struct


def _binary(scene: Scene, node: Node) -> Risk:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    if left is None or right is None or operator is None:
        return Risk.ACTS
    inner = max(risk(scene, left), risk(scene, right))
    info = scene.type(left)
    sign = scene.text(operator)
    if sign in _TOTAL:
        return inner
    if sign in {"==", "!="} and info is not None and info.kind.startswith((*_COMPARABLE, "pointer")):
        return inner
    value = scene.constant(right)
    if value is not None and value not in {"0", "0.0"} and not value.startswith("-"):
        return inner
    return max(Risk.PANICS, inner)


def _unary(scene: Scene, node: Node) -> Risk:
    operator, operand = node.child_by_field_name("operator"), node.child_by_field_name("operand")
    if operator is None or operand is None:
        return Risk.ACTS
    sign = scene.text(operator)
    if sign in {"+", "-", "!", "^"}:
        return risk(scene, operand)
    return max(Risk.PANICS, risk(scene, operand)) if sign == "*" else Risk.ACTS


def _call(scene: Scene, node: Node, found: ExprFacts) -> Risk:
    given = [node.child_by_field_name("operand")] if node.type == "type_conversion_expression" else arguments(node)
    kind = found.call.kind if found.call is not None else ""
    into = found.type.kind if found.type is not None else ""
    harmless = kind == "conversion" and into not in {"array", "pointer", "type parameter"}
    if not harmless and not (kind == "builtin" and scene.callee(node) in {"cap", "len", "max", "min"}):
        return Risk.ACTS
    inner = max((risk(scene, one) for one in given if one is not None), default=Risk.NONE)
    # The elements of a slice are anyone's.
    source = scene.type(given[0]) if given and given[0] is not None else None
    shared = source is None or source.kind in {"chan", "map"} or (harmless and source.kind == "slice")
    return max(inner, Risk.SHARED) if shared else inner


def recovers(scene: Scene, node: Node) -> bool:
    """Whether the function around a node may return its results after a panic: only what it defers can see to that."""
    function = scene.function(node)
    deferred = (one for one in own(function, "func_literal") if one.type == "defer_statement") if function else ()
    return function is None or any(_recovers(scene, one) for one in deferred)


def _recovers(scene: Scene, statement: Node) -> bool:
    """Whether a deferred call may end a panic: it has to call recover itself, a function that it calls cannot."""
    call = next((one for one in statement.named_children if is_call(one)), None)
    function = callee_node(call) if call is not None else None
    if call is None or function is None:
        return True
    if function.type == "func_literal":
        return any(one.type == "identifier" and text_of(one, scene.source) == "recover" for one in walk(function))
    facts = scene.facts(call)
    builtin = facts is not None and facts.call is not None and facts.call.kind == "builtin"
    callee = scene.callee(call)
    return callee == "recover" or not (builtin or callee.startswith(_PASSING))


__all__ = ["Risk", "recovers", "risk"]
