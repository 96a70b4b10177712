"""Uses of a ``sync.Pool``: what a function gets from it and what it puts into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from stackward.rewrites._names import walk
from stackward.rewrites._scene import FUNCTIONS, Scene, arguments, callee_node, is_call
from stackward.rewrites._variables import Variable, inside, listed_statement, sole, variable
from stackward.syntax.tree import SourceFile, text_of

GET, PUT = "(*sync.Pool).Get", "(*sync.Pool).Put"


@dataclass(frozen=True, slots=True)
class Got:
    """``v := pool.Get().(T)``, or with an operation on what was got: ``v := pool.Get().(T)[:0]``."""

    pool: Node
    assertion: Node
    typed: Node
    statement: Node
    variable: Variable


@dataclass(frozen=True, slots=True)
class Put:
    """``pool.Put(value)``. ``deferred`` says that it is done when the function returns."""

    pool: Node
    call: Node
    value: Node
    statement: Node
    deferred: bool


def pool_call(node: Node, method: str, source: SourceFile) -> Node | None:
    """The operand of a call of a method of that name, without knowing its type."""
    function = callee_node(node) if is_call(node) else None
    if function is None or function.type != "selector_expression":
        return None
    field = function.child_by_field_name("field")
    return function.child_by_field_name("operand") if field is not None and text_of(field, source) == method else None


def gets(scene: Scene, function: Node) -> Iterator[Got]:
    """What a function gets from pools and gives a name."""
    for node in walk(function):
        if node.type == "type_assertion_expression":
            one = got(scene, node)
            if one is not None:
                yield one


def got(scene: Scene, assertion: Node) -> Got | None:
    """What an assertion of a value from a pool is the beginning of."""
    call, typed = assertion.child_by_field_name("operand"), assertion.child_by_field_name("type")
    pool = pool_call(call, "Get", scene.source) if call is not None else None
    statement = listed_statement(assertion)
    if call is None or pool is None or typed is None or statement is None or scene.callee(call) != GET:
        return None
    if statement.type != "short_var_declaration":
        return None
    name, value = sole(statement.child_by_field_name("left")), sole(statement.child_by_field_name("right"))
    known = variable(scene, name) if name is not None else None
    # The operand comes first in what is evaluated.
    if known is None or value is None or value.start_byte not in {assertion.start_byte, assertion.start_byte - 1}:
        return None
    return Got(pool, assertion, typed, statement, known) if known.statement == statement else None


def puts(scene: Scene, function: Node) -> Iterator[Put]:
    """What a function, or a func literal in it, puts into pools."""
    for node in walk(function):
        pool = pool_call(node, "Put", scene.source)
        if pool is None or scene.callee(node) != PUT:
            continue
        statement = listed_statement(node)
        given = arguments(node)
        if statement is None or len(given) != 1:
            continue
        literal = deferred_literal(node)
        outer = listed_statement(literal.parent) if literal is not None and literal.parent is not None else None
        deferred = statement.type == "defer_statement" or outer is not None
        yield Put(pool, node, given[0], outer or statement, deferred)


def deferred_literal(node: Node) -> Node | None:
    """The func literal around a node that is called by a ``defer`` statement, if it is in one."""
    at = node.parent
    while at is not None and at.type not in FUNCTIONS:
        at = at.parent
    if at is None or at.type != "func_literal" or at.parent is None or at.parent.parent is None:
        return None
    called = at.parent.type == "call_expression" and at.parent.child_by_field_name("function") == at
    return at if called and at.parent.parent.type == "defer_statement" else None


def follows(node: Node, first: Node) -> bool:
    """Whether a node is executed only after a statement: it comes later in the same list, or in a block there."""
    listed = first.parent
    return listed is not None and inside(node, listed) and node.start_byte >= first.end_byte
