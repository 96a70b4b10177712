"""Calls in the midst of a statement that can as well be made before it, since nothing else is evaluated earlier."""

from __future__ import annotations

from typing import TypeAlias

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._constructors import Constructor
from stackward.rewrites._imports import imports, package_level
from stackward.rewrites._names import KEYWORDS, PREDECLARED, walk
from stackward.rewrites._returns import Site
from stackward.rewrites._scene import Scene, replace_node
from stackward.rewrites._values import keeps
from stackward.rewrites._variables import before, context, expressions, inside

_OPERANDS = frozenset(
    {
        "call_expression",
        "index_expression",
        "parenthesized_expression",
        "selector_expression",
        "slice_expression",
        "type_assertion_expression",
        "unary_expression",
    }
)
_NAMES = frozenset({"identifier", "label_name", "package_identifier", "type_identifier"})

Name: TypeAlias = tuple[str, int, str]
"""A variable that is made: the path of its file, where its function starts there, its name."""


def named(site: Site, made: Constructor, taken: set[Name], filled: str = "") -> list[Replacement] | str:
    """The changes that give what a call returns a variable before the statement, to use that instead; or why not.

    ``taken`` are such variables so far. With ``filled``, a type, the variable is declared to have it, and its
    address is the first argument of the call.
    """
    scene, call = site.scene, site.call
    outer = context(call)
    refused = "what it returns goes straight to where a pointer is wanted"
    if made.count > 1 or outer is None:
        return refused
    if outer.type == "selector_expression":
        facts = scene.facts(outer)
        if facts is None or facts.selection not in {"call", "field"}:
            return refused
    elif outer.type != "argument_list" or keeps(scene, "what it returns", call, outer):
        return refused
    statement = _statement(scene, call)
    if statement is None:
        return refused
    name = _free(scene, made, call, taken)
    lines = [f"{name} := {scene.text(call)}"]
    if filled:
        function, listed = call.child_by_field_name("function"), call.child_by_field_name("arguments")
        assert function is not None
        assert listed is not None
        given = scene.text(listed)[1:]
        comma = ", " if given.strip() != ")" else ""
        lines = [f"var {name} {filled}", f"{scene.text(function)}(&{name}{comma}{given}"]
    pointer = "&" if outer.type == "argument_list" else ""
    return [before(scene, statement, lines), replace_node(call, f"{pointer}{name}")]


def _free(scene: Scene, made: Constructor, call: Node, taken: set[Name]) -> str:
    """A name that means nothing in the function yet, and is not that of a variable that is made now."""
    struct, function = made.info.type, scene.declaration(call)
    start = function.start_byte if function is not None else 0
    known = PREDECLARED | KEYWORDS | {one.qualifier for one in imports(scene.source)}
    known |= {scene.text(node) for node in walk(function or scene.source.tree.root_node) if node.type in _NAMES}
    for source in scene.package.files.values():
        known |= package_level(source)
    wanted = (struct[:1].lower() + struct[1:], struct[:1].lower(), "made")
    base = name = next((one for one in wanted if one not in known), wanted[-1])
    number = 2
    while name in known or (scene.path, start, name) in taken:
        name = f"{base}{number}"
        number += 1
    taken.add((scene.path, start, name))
    return name


def _statement(scene: Scene, call: Node) -> Node | None:
    """The statement of a list that begins by making a call; None if something may be evaluated earlier."""
    node = call
    while (outer := node.parent) is not None:
        if outer.type in _OPERANDS and inside(node, outer.named_children[0]):
            pass
        elif outer.type == "binary_expression":
            if not inside(node, outer.named_children[0]):
                return None
        elif outer.type == "argument_list":
            if not inside(node, outer.named_children[0]) or not _constant(scene, outer.parent):
                return None
            assert outer.parent is not None
            outer = outer.parent
        elif outer.type == "expression_list":
            if not inside(node, outer.named_children[0]):
                return None
        else:
            return _begun(scene, outer, node)
        node = outer
    return None


def _constant(scene: Scene, call: Node | None) -> bool:
    """Whether a call is of a function that is certain before anything is evaluated."""
    function = call.child_by_field_name("function") if call is not None else None
    if call is None or function is None or not scene.callee(call):
        return False
    if function.type == "selector_expression":
        facts = scene.facts(function)
        return facts is not None and facts.selection == "package member"
    return function.type == "identifier"


def _begun(scene: Scene, statement: Node, node: Node) -> Node | None:
    """The statement of a list that a simple statement is, or begins, if one of its parts is evaluated first."""
    if statement.type in {"assignment_statement", "short_var_declaration"}:
        left = expressions(statement.child_by_field_name("left"))
        operator = statement.child_by_field_name("operator")
        plain = operator is None or scene.text(operator) == "="
        if not plain or statement.child_by_field_name("right") != node or any(one.type != "identifier" for one in left):
            return None
        outer = statement.parent
        if outer is not None and outer.type == "if_statement" and outer.child_by_field_name("initializer") == statement:
            statement = outer
    elif statement.type == "if_statement":
        if statement.child_by_field_name("initializer") is not None:
            return None
        if statement.child_by_field_name("condition") != node:
            return None
    elif statement.type not in {"expression_statement", "return_statement"}:
        return None
    return statement if statement.parent is not None and statement.parent.type == "statement_list" else None


__all__ = ["Name", "named"]
