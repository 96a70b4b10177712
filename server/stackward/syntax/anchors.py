"""Where the compiler reports an expression.

Every expression has one *position* (``cmd/compile/internal/syntax/parser.go``: ``pexpr``, ``binaryExpr``,
``complitexpr``): the operator of a binary expression, the opening parenthesis of a call, the dot of a selector or type
assertion, the bracket of an index or slice expression, the brace of a composite literal, the first byte of everything
else. A conversion, explicit or implicit, is reported at the position of its operand (``noder/writer.go``:
``convertExpr``), and only there are parentheses around the operand an expression of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tree_sitter import Node

_EXPRESSIONS = frozenset(
    {
        "binary_expression",
        "call_expression",
        "composite_literal",
        "false",
        "float_literal",
        "func_literal",
        "identifier",
        "imaginary_literal",
        "index_expression",
        "int_literal",
        "interpreted_string_literal",
        "iota",
        "literal_value",
        "nil",
        "raw_string_literal",
        "rune_literal",
        "selector_expression",
        "slice_expression",
        "true",
        "type_assertion_expression",
        "type_conversion_expression",
        "unary_expression",
    }
)
_BY_TOKEN = {
    "index_expression": "[",
    "selector_expression": ".",
    "slice_expression": "[",
    "type_assertion_expression": ".",
    "type_conversion_expression": "(",
}
_BY_FIELD = {"binary_expression": "operator", "call_expression": "arguments", "composite_literal": "body"}


def is_call(node: Node) -> bool:
    """Whether a node is a call; ``F[int](x)`` looks like a conversion to the parser."""
    return node.type == "call_expression" or _generic_call(node)


def callee_node(call: Node) -> Node | None:
    """The function of a call."""
    return call.child_by_field_name("function") or (call.child_by_field_name("type") if _generic_call(call) else None)


def arguments(call: Node) -> list[Node]:
    """The arguments of a call."""
    if _generic_call(call):
        operand = call.child_by_field_name("operand")
        return [operand] if operand is not None else []
    listed = call.child_by_field_name("arguments")
    return [child for child in listed.named_children if child.type != "comment"] if listed is not None else []


def operand_of(node: Node) -> Node | None:
    """What is converted if ``node`` is a conversion; a call with one argument may be one."""
    if node.type == "type_conversion_expression":
        return node.child_by_field_name("operand")
    if node.type == "call_expression":
        given = arguments(node)
        return given[0] if len(given) == 1 and given[0].type != "variadic_argument" else None
    return None


def unparenthesized(node: Node) -> Node:
    """The expression inside any parentheses."""
    while node.type == "parenthesized_expression" and node.named_child_count:
        node = node.named_children[0]
    return node


def position(node: Node) -> int:
    """The byte that is the compiler's position of an expression."""
    if (field := _BY_FIELD.get(node.type)) is not None:
        part = node.child_by_field_name(field)
        return part.start_byte if part is not None else node.start_byte
    if (token := _BY_TOKEN.get(node.type)) is not None:
        return next((child.start_byte for child in node.children if child.type == token), node.start_byte)
    return node.start_byte


def anchored(path: Sequence[Node], offset: int) -> Iterator[Node]:
    """The expressions on ``path`` (root first) that may be reported at ``offset``, innermost first."""
    for node, outer in zip(path[::-1], [*path[-2::-1], path[0]], strict=True):
        kind = node.type
        if kind in _STATEMENTS:
            return
        if kind == "parenthesized_expression":
            if node.start_byte == offset:
                yield unparenthesized(node)
        elif kind in _EXPRESSIONS and _reported_at(node, offset):
            # The braces of a literal are an expression only where its type is left out, `{1, 2}` in `[]T{{1, 2}}`.
            if kind != "literal_value" or outer.type != "composite_literal":
                yield node
        elif kind == "func_literal":
            return


_STATEMENTS = frozenset({"block", "source_file", "statement_list"})


def statement_at(path: Sequence[Node], offset: int) -> Node | None:
    """The assignment, declaration, sending or return on ``path`` that is reported at ``offset``, by its operator."""
    for node in path[::-1]:
        if node.type in _PASSING and any(one.start_byte == offset and not one.is_named for one in node.children):
            return node
    return None


_PASSING = frozenset(
    {"assignment_statement", "range_clause", "return_statement", "send_statement", "short_var_declaration", "var_spec"}
)


def _reported_at(node: Node, offset: int) -> bool:
    if position(node) == offset:
        return True
    operand = operand_of(node)
    return operand is not None and position(operand) == offset


def _generic_call(node: Node) -> bool:
    if node.type != "type_conversion_expression":
        return False
    kind = node.child_by_field_name("type")
    return kind is not None and kind.type in {"generic_type", "type_instantiation_expression"}
