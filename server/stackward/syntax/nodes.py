"""From the compiler's point to the expression that it means.

The compiler reports an expression at one point, its *anchor*: the operator of a unary or binary expression, the opening
parenthesis of a call, the dot of a selector, the bracket of an index or slice expression, the brace of a composite
literal, the
first byte of everything else; a conversion is reported at the anchor of its operand, and parentheses have none
(``cmd/compile/internal/syntax/parser.go``: ``pexpr``, ``binaryExpr``; ``cmd/compile/internal/noder``). Several
expressions can share an anchor; the text that the compiler prints tells them apart.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.position import BytePos, ByteRange
from stackward.syntax import subjects
from stackward.syntax.tree import SourceFile, parse, text_of


class Kind(enum.Enum):
    """What an expression or a name is, as far as syntax alone can tell."""

    VARIABLE = "variable"
    PARAMETER = "parameter"
    RECEIVER = "receiver"
    RESULT = "result"
    CALL = "call"
    APPEND = "append"
    MAKE = "make"
    NEW = "new"
    COMPOSITE = "composite literal"
    ADDRESS_OF_COMPOSITE = "address of composite literal"
    FUNC_LITERAL = "func literal"
    VARIADIC = "variadic arguments"
    CONVERSION = "conversion"
    BINARY = "binary expression"
    LITERAL = "literal"
    SELECTOR = "selector"
    IDENTIFIER = "identifier"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Located:
    """Where the compiler's point leads.

    ``exact`` is false where the expression at the point is not what the compiler printed: the record was copied
    there by inlining (to a call) or by instantiation (to the name of a generic function).
    """

    node: Node
    kind: Kind
    range: ByteRange
    exact: bool


def locate(source: SourceFile, pos: BytePos, subject: str, variable: bool) -> Located | None:
    """The expression or, if ``variable``, the declared name that the compiler reported at ``pos`` as ``subject``."""
    offset = source.lines.offset(pos)
    leaf = source.tree.root_node.descendant_for_byte_range(offset, min(offset + 1, len(source.text)))
    if leaf is None or leaf.parent is None:
        return None
    if variable:
        return _variable(source, leaf, subject)
    if leaf.type == "for":
        return _statement(leaf, subject)
    candidates = list(_anchored(leaf, offset))
    if not candidates:
        return _statement(leaf, subject)
    for node in candidates:
        if (kind := _matches(source, node, subject)) is not None:
            return Located(node, kind, node_range(node), exact=True)
    # Only a call can stand for code from elsewhere, and the name of a function for its wrapper.
    node = candidates[0]
    elsewhere = is_call(node) or _names_function(node)
    return Located(node, _kind(source, node), node_range(node), exact=not elsewhere)


def node_range(node: Node) -> ByteRange:
    """The range of a node."""
    start, end = node.start_point, node.end_point
    return ByteRange(BytePos(start[0], start[1]), BytePos(end[0], end[1]))  # type: ignore[arg-type]


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


def call_at(source: SourceFile, pos: BytePos) -> Node | None:
    """The call whose opening parenthesis is at ``pos``."""
    offset = source.lines.offset(pos)
    leaf = source.tree.root_node.descendant_for_byte_range(offset, min(offset + 1, len(source.text)))
    if leaf is None:
        return None
    return next((node for node in _anchored(leaf, offset) if is_call(node)), None)


def expression(text: str) -> tuple[SourceFile, Node | None]:
    """An expression on its own, parsed; None where it is not one."""
    prefix = "package p\nvar _ = "
    source = parse((prefix + text).encode("utf-8", "replace"))
    node = source.tree.root_node.descendant_for_byte_range(len(prefix), len(source.text))
    while node is not None and node.type == "expression_list" and node.named_children:
        node = node.named_children[0]
    return source, node if node is not None and not node.has_error else None


def anchor(node: Node) -> int:
    """The byte at which the compiler reports an expression."""
    while True:
        kind = node.type
        if kind == "parenthesized_expression" and node.named_child_count:
            node = node.named_children[0]
            continue
        if kind == "type_conversion_expression" and not _generic_call(node):
            operand = node.child_by_field_name("operand")
            if operand is None:
                return node.start_byte
            node = operand
            continue
        token = _TOKENS.get(kind)
        if token is None:
            return node.start_byte
        return _token(node, token)


_TOKENS = {
    "call_expression": "(",
    "type_conversion_expression": "(",
    "selector_expression": ".",
    "index_expression": "[",
    "slice_expression": "[",
    "type_assertion_expression": ".",
    "composite_literal": "{",
    "binary_expression": "",
}


def _token(node: Node, mark: str) -> int:
    """Where the mark of a node stands; an empty one is that of its operator."""
    if not mark:
        operator = node.child_by_field_name("operator")
        return operator.start_byte if operator is not None else node.start_byte
    if mark in {"(", "{"}:
        part = node.child_by_field_name("arguments" if mark == "(" else "body")
        if part is not None:
            return part.start_byte
    for child in node.children:
        if child.type == mark:
            return child.start_byte
    return node.start_byte


def _generic_call(node: Node) -> bool:
    if node.type != "type_conversion_expression":
        return False
    kind = node.child_by_field_name("type")
    return kind is not None and kind.type in {"generic_type", "type_instantiation_expression"}


def _anchored(leaf: Node, offset: int) -> Iterator[Node]:
    """All expressions whose anchor is at ``offset``, innermost first; a conversion by call syntax counts as both."""
    node: Node | None = leaf if leaf.is_named or leaf.parent is None else leaf.parent
    while node is not None and node.type not in _STOPS:
        if node.type not in _WRAPPERS and node.type != "parenthesized_expression":
            if anchor(node) == offset:
                yield node
            elif node.type == "call_expression":
                given = arguments(node)
                if len(given) == 1 and anchor(given[0]) == offset:
                    yield node
        if node.type == "func_literal" and node.start_byte != offset:
            return
        node = node.parent


_WRAPPERS = frozenset(
    {
        "argument_list",
        "expression_list",
        "literal_element",
        "keyed_element",
        "special_argument_list",
        "variadic_argument",
    }
)
_STOPS = frozenset(
    {
        "block",
        "source_file",
        "statement_list",
        "if_statement",
        "for_statement",
        "expression_switch_statement",
        "type_switch_statement",
        "select_statement",
    }
)


def _matches(source: SourceFile, node: Node, subject: str) -> Kind | None:
    """The kind of ``node`` if ``subject`` is how the compiler prints it."""
    kind = node.type
    if kind == "func_literal":
        return Kind.FUNC_LITERAL if subject == "func literal" else None
    if is_call(node):
        return _matches_call(source, node, subject)
    if kind == "type_conversion_expression":
        return Kind.CONVERSION if subjects.is_call(subject) else None
    if kind == "unary_expression":
        operand = node.child_by_field_name("operand")
        if operand is not None and operand.type == "composite_literal" and subject.startswith("&"):
            return Kind.ADDRESS_OF_COMPOSITE
        return Kind.OTHER if not subjects.is_literal(subject) or _is_constant(node) else None
    if kind == "composite_literal":
        return _composite_kind(subject)
    if kind == "literal_value":
        # An element whose type is left out, `{1, 2}` in `[]T{{1, 2}}`.
        return _composite_kind(subject)
    if kind == "identifier":
        if subjects.name(subject) == text_of(node, source):
            return Kind.IDENTIFIER
        return None if subjects.is_composite(subject) or subjects.is_call(subject) else _kind(source, node)
    return _kind(source, node)


def _statement(leaf: Node, subject: str) -> Located | None:
    """What the compiler makes of a whole statement: the function that the body of a range over a function becomes,
    reported at ``for``.

    Anything else at such a place was copied there: into the loop that calls an inlined iterator, or to a selector whose
    method is called by it.
    """
    if leaf.type != "for" and not leaf.is_named and leaf.parent is not None:
        return Located(leaf.parent, Kind.OTHER, node_range(leaf.parent), exact=False)
    loop = leaf.parent if leaf.type == "for" else None
    if loop is None:
        return Located(leaf, Kind.OTHER, node_range(leaf), exact=False)
    body = loop.child_by_field_name("body")
    whole = node_range(loop)
    head = ByteRange(whole.start, node_range(body).start) if body is not None else whole
    return Located(loop, Kind.FUNC_LITERAL, head, exact=subject == "func literal")


def _composite_kind(subject: str) -> Kind | None:
    if not subjects.is_composite(subject):
        return None
    return Kind.ADDRESS_OF_COMPOSITE if subject.startswith("&") else Kind.COMPOSITE


def _matches_call(source: SourceFile, node: Node, subject: str) -> Kind | None:
    callee = callee_node(node)
    if callee is None:
        return None
    name = subjects.last_name(text_of(callee, source))
    if subject == "... argument":
        return Kind.VARIADIC
    if subject == "append":
        return Kind.APPEND if name == "append" else None
    if subjects.is_call(subject) and subjects.last_name(subjects.callee(subject)) == name:
        return _BUILTINS.get(name, Kind.CONVERSION if _converts(node) and name in _CONVERTING else Kind.CALL)
    return None


_BUILTINS = {"append": Kind.APPEND, "make": Kind.MAKE, "new": Kind.NEW}
_CONVERTING = frozenset({"string", "any", "error"})


def _converts(node: Node) -> bool:
    return len(arguments(node)) == 1


def _kind(source: SourceFile, node: Node) -> Kind:
    if is_call(node):
        callee = callee_node(node)
        name = text_of(callee, source) if callee is not None else ""
        return _BUILTINS.get(name, Kind.CALL)
    return _KINDS.get(node.type, Kind.OTHER)


_KINDS = {
    "identifier": Kind.IDENTIFIER,
    "selector_expression": Kind.SELECTOR,
    "binary_expression": Kind.BINARY,
    "composite_literal": Kind.COMPOSITE,
    "func_literal": Kind.FUNC_LITERAL,
    "type_conversion_expression": Kind.CONVERSION,
    "interpreted_string_literal": Kind.LITERAL,
    "raw_string_literal": Kind.LITERAL,
    "int_literal": Kind.LITERAL,
    "float_literal": Kind.LITERAL,
    "imaginary_literal": Kind.LITERAL,
    "rune_literal": Kind.LITERAL,
    "true": Kind.LITERAL,
    "false": Kind.LITERAL,
    "nil": Kind.LITERAL,
    "iota": Kind.LITERAL,
}


def _is_constant(node: Node) -> bool:
    """Whether an expression is built of literals and names alone, so that the compiler may have folded it."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.type in {"call_expression", "composite_literal", "func_literal", "index_expression"}:
            return False
        waiting += one.named_children
    return True


def _names_function(node: Node) -> bool:
    parent = node.parent
    if parent is None or parent.type not in {"function_declaration", "method_declaration"}:
        return False
    return parent.child_by_field_name("name") == node


def _variable(source: SourceFile, leaf: Node, subject: str) -> Located | None:
    """The declared name at the point.

    A result without a name is reported at its type, an implicit one where it is used.
    """
    node = leaf
    if node.type in {"identifier", "blank_identifier", "field_identifier"}:
        exact = text_of(node, source) == subjects.name(subject)
        if not exact and _names_function(node):
            return Located(node, Kind.IDENTIFIER, node_range(node), exact=False)
        return Located(node, _variable_kind(node), node_range(node), exact=exact)
    named = node if node.is_named else node.parent
    if named is None:
        return None
    if is_call(named) or named.type == "argument_list":
        call = named if is_call(named) else named.parent
        if call is not None and is_call(call):
            return Located(call, Kind.CALL, node_range(call), exact=False)
    return Located(named, Kind.RESULT if subject.startswith("~r") else Kind.OTHER, node_range(named), exact=True)


def _variable_kind(node: Node) -> Kind:
    parent = node.parent
    if parent is None or parent.type not in {"parameter_declaration", "variadic_parameter_declaration"}:
        return Kind.VARIABLE
    listed = parent.parent
    owner = listed.parent if listed is not None else None
    if owner is None:
        return Kind.PARAMETER
    if owner.child_by_field_name("receiver") == listed:
        return Kind.RECEIVER
    return Kind.RESULT if owner.child_by_field_name("result") == listed else Kind.PARAMETER
