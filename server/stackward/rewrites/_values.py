"""Structs in place of pointers to them: where they are made, and the variables that hold them."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.core.facts import TypeInfo
from stackward.rewrites._copies import kept
from stackward.rewrites._scene import Scene, arguments, is_call, replace_node
from stackward.rewrites._variables import Variable, context, expressions, inside


def bare(node: Node) -> Node:
    """An expression without its parentheses."""
    while node.type == "parenthesized_expression":
        node = node.named_children[0]
    return node


def taken(node: Node) -> Node | None:
    """What an expression takes the address of."""
    if node.type != "unary_expression" or node.children[0].type != "&":
        return None
    return node.child_by_field_name("operand")


def is_struct(scene: Scene, node: Node, struct: TypeInfo) -> bool:
    """Whether an expression has a struct type."""
    info = scene.type(node)
    return info is not None and (info.type, info.package) == (struct.type, struct.package)


def is_new(scene: Scene, node: Node, struct: TypeInfo) -> bool:
    """Whether an expression is ``new(T)``."""
    given = arguments(node) if is_call(node) and scene.callee(node) == "new" else []
    facts = scene.facts(given[0]) if given else None
    return facts is not None and facts.mode == "type" and is_struct(scene, given[0], struct)


def typed_value(known: Variable) -> list[Replacement]:
    """The type of a variable, if its declaration names it."""
    if known.typed is None:
        return []
    return [Replacement(known.typed.start_byte, known.typed.named_children[-1].start_byte)]


def unpointed(scene: Scene, known: Variable, apart: Sequence[Node] = ()) -> list[Replacement] | str:
    """The changes of all uses of a variable that held a pointer, and now holds what it pointed to; or why not.

    Uses in ``apart`` are left out. A variable that is never assigned again is the same thing as what its pointer
    pointed to, so that its address may stand wherever the pointer did.
    """
    edits: list[Replacement] = []
    for one in known.references:
        node = one.node
        if one.use.write or one.use.address:
            return f"{known.name} is assigned, or shared with a pointer to it"
        outer = context(node)
        if node in apart:
            continue
        if outer is None:
            return f"it is not known what becomes of {known.name}"
        if outer.type == "selector_expression":
            continue
        if outer.type == "unary_expression" and outer.children[0].type == "*":
            edits.append(_undone(outer, known.name))
            continue
        why = keeps(scene, known.name, node, outer)
        if why:
            return why
        if outer.type == "argument_list":
            edits.append(Replacement(node.start_byte, node.start_byte, b"&"))
    return edits


def _undone(star: Node, name: str) -> Replacement:
    """``*x`` becomes ``x``, ``(*x).f`` becomes ``x.f``."""
    outer = star.parent
    around = outer.parent if outer is not None and outer.type == "parenthesized_expression" else None
    if outer is not None and around is not None and around.type == "selector_expression":
        return replace_node(outer, name)
    return replace_node(star, name)


def keeps(scene: Scene, name: str, node: Node, outer: Node) -> str:
    """Why a pointer that is used as a whole has to stay one; empty if it is only passed on, or dropped."""
    if outer.type == "binary_expression":
        other = [one for one in outer.named_children if not inside(node, one)]
        return f"{name} is compared with {'nil' if other and other[0].type == 'nil' else 'another pointer'}"
    statement = outer.parent
    if outer.type == "expression_list" and statement is not None:
        left = expressions(statement.child_by_field_name("left"))
        if statement.type == "assignment_statement" and left and all(scene.text(one) == "_" for one in left):
            return ""
        return f"{name} is returned" if statement.type == "return_statement" else f"{name} is stored, or named twice"
    call = outer.parent
    facts = scene.facts(call) if outer.type == "argument_list" and call is not None else None
    if call is None or facts is None or facts.call is None:
        return f"{name} is stored as a pointer"
    if facts.call.kind != "static":
        return f"{name} is passed to a function that is not known"
    params, given = facts.call.params, arguments(call)
    number = next((at for at, one in enumerate(given) if inside(node, one)), len(given))
    last = facts.call.variadic and number >= len(params) - 1
    if number >= len(params) or last or params[number].type.kind != "pointer":
        return f"{name} becomes part of an interface or a slice"
    return ""


def given_away(
    scene: Scene, struct: TypeInfo, written: str, known: Variable, places: Sequence[Node]
) -> list[Replacement] | str:
    """The changes of a variable with a struct, or with a pointer to a new one, that some places give away as a value.

    ``written`` is the struct's type as this file names it. The last use is by one of the places; they are left out.
    Or why it is not certain that nothing else has the pointer.
    """
    why = kept(scene, known, places)
    if why:
        return why
    if is_struct(scene, known.node, struct):
        return [] if all(taken(outer) for one in places if (outer := context(one)) is not None) else "it is copied"
    value = known.value
    if value is None or known.kind != "var":
        return f"{known.name} is not made by the function"
    inner = taken(bare(value))
    if inner is not None and inner.type == "composite_literal" and is_struct(scene, inner, struct):
        edits = [Replacement(value.start_byte, inner.start_byte), *_closed(value, inner)]
    elif is_new(scene, value, struct):
        edits = [replace_node(value, f"{written}{{}}")]
    else:
        return f"{known.name} is not made by the function"
    if known.statement.parent is None or known.statement.parent.type != "statement_list":
        return f"{known.name} is declared by another statement"
    if known.typed is not None and known.typed.type != "pointer_type":
        return f"{known.name} is declared with another type"
    changed = unpointed(scene, known, places)
    return changed if isinstance(changed, str) else [*edits, *typed_value(known), *changed]


def _closed(value: Node, inner: Node) -> list[Replacement]:
    """The end of an expression, where it has parentheses around what is kept."""
    return [Replacement(inner.end_byte, value.end_byte)] if value.end_byte > inner.end_byte else []


def selectable(scene: Scene, selector: Node) -> bool:
    """Whether what is selected from what a pointer leads to can be selected from a value without a variable."""
    facts, call = scene.facts(selector), context(selector)
    if facts is not None and facts.selection == "call" and call is not None:
        callee = scene.callee(call)
        return bool(callee) and not callee.startswith("(*")
    return facts is not None and facts.selection == "field" and _only_read(selector)


def _only_read(node: Node) -> bool:
    """Whether an expression is neither assigned to, nor its address taken."""
    outer = context(node)
    if outer is None or outer.type not in {"argument_list", "binary_expression", "expression_list", "literal_element"}:
        return False
    statement = outer.parent
    left = statement.child_by_field_name("left") if statement is not None else None
    return left is None or outer.type != "expression_list" or not inside(node, left)


__all__ = [
    "bare",
    "given_away",
    "is_new",
    "is_struct",
    "keeps",
    "selectable",
    "taken",
    "typed_value",
    "unpointed",
]
