"""From the compiler's point to the expression or the name that it means.

Several expressions can be reported at one point (see ``anchors``); the text that the compiler prints tells them apart.
The same text tells a record about the code at the point from a copy: what inlining copies is reported at the call that
it was copied to, and what the wrapper of a generic function copies at the function's declaration.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.position import ByteCol, BytePos, ByteRange
from stackward.syntax import subjects
from stackward.syntax.anchors import anchored, arguments, callee_node, is_call, operand_of, position, unparenthesized
from stackward.syntax.functions import is_variadic
from stackward.syntax.tree import SourceFile, node_range, parse, path_to, text_of

__all__ = ["Kind", "Located", "arguments", "call_at", "callee_node", "expression", "is_call", "locate"]


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
    there by inlining (to a call, or to a loop over a function) or by instantiation (to the declaration of a generic
    function, of which the name is then given).
    """

    node: Node
    kind: Kind
    range: ByteRange
    exact: bool


def locate(source: SourceFile, pos: BytePos, subject: str, variable: bool) -> Located | None:
    """The expression or, if ``variable``, the declared name that the compiler reported at ``pos`` as ``subject``.

    None where no token starts at ``pos``: then the record is about another text. The compiler prints no column from
    255 on (``cmd/internal/src``: ``colMax``); at column 0 of such a line the subject is looked for among what stands
    there.
    """
    start = source.lines.offset(BytePos(pos.line, ByteCol(0)))
    length = len(source.lines.line_text(pos.line))
    if pos.col == 0 and length >= _NO_COLUMN:
        return _on_line(source, start + _NO_COLUMN, start + length, subject, variable=variable)
    offset = source.lines.offset(pos)
    return _at(source, path_to(source, offset), offset, subject, variable=variable)


_NO_COLUMN = 254


def _on_line(source: SourceFile, at: int, end: int, subject: str, *, variable: bool) -> Located | None:
    """The first expression or name between two bytes that is written as it is printed, else one that may be it."""
    first: Located | None = None
    while at < end:
        path = path_to(source, at)
        found = _at(source, path, at, subject, variable=variable)
        if found is not None and found.exact:
            if subjects.same(subject, text_of(found.node, source)):
                return found
            if first is None and (found.kind in _RECOGNIZED or (found.kind is Kind.BINARY and " + " in subject)):
                first = found
        at = max(at + 1, min(path[-1].end_byte, end) if path[-1].start_byte <= at else path[-1].start_byte)
    return first


def _at(source: SourceFile, path: Sequence[Node], offset: int, subject: str, *, variable: bool) -> Located | None:
    if path[-1].start_byte != offset or len(path) == 1 or path[-1].type == "comment":
        return None
    if (name := _declaration(path)) is not None:
        return _located(name, Kind.IDENTIFIER, exact=False)
    if variable:
        return _variable(source, path, subject)
    # Several values that are passed on have places of the compiler's own; `~r0` is the one result of an inlined call.
    if subject.startswith(".") and subjects.is_temporary(subject) and (values := _several_values(path)) is not None:
        return _located(values, _kind(values, source))
    candidates = list(anchored(path, offset))
    for node in candidates:
        if (kind := _called(node, subject, source, offset)) is not None:
            return _located(node, kind)
    if not candidates:
        return _statement(path, subject)
    node = candidates[0]
    if not is_call(node) and node.type != "type_conversion_expression":
        return _located(node, _kind(node, source, subject))
    kind = _of_call(node, subject, source)
    return _located(node, kind or _kind(node, source), exact=kind is not None)


def call_at(source: SourceFile, pos: BytePos) -> Node | None:
    """The call whose opening parenthesis is at ``pos``."""
    offset = source.lines.offset(pos)
    return next((node for node in anchored(path_to(source, offset), offset) if is_call(node)), None)


def expression(text: str) -> tuple[SourceFile, Node | None]:
    """An expression on its own, parsed; None where it is not one."""
    prefix = "package p\nvar _ = "
    source = parse((prefix + text).encode("utf-8", "replace"))
    node = source.tree.root_node.descendant_for_byte_range(len(prefix), len(source.text))
    while node is not None and node.type == "expression_list" and node.named_children:
        node = node.named_children[0]
    return source, node if node is not None and not node.has_error else None


def _located(node: Node, kind: Kind, *, exact: bool = True) -> Located:
    return Located(node, kind, node_range(node), exact)


def _declaration(path: Sequence[Node]) -> Node | None:
    """The name of the function whose declaration is reported at the end of ``path``: at the receiver, else the name."""
    for node, inner in zip(path[-3:], path[-2:], strict=False):
        if node.type == "method_declaration" and node.child_by_field_name("receiver") == inner != path[-1]:
            return node.child_by_field_name("name") if path[-1].type == "(" and path[-2] == inner else None
        if node.type == "function_declaration" and node.child_by_field_name("name") == inner:
            return inner
    return None


def _several_values(path: Sequence[Node]) -> Node | None:
    """The call, receive or map index whose several values are assigned, returned or passed on where ``path`` ends."""
    leaf, parent = path[-1], path[-2]
    values: Node | None = None
    match parent.type:
        case "assignment_statement" | "receive_statement" if leaf.type == "=":
            values = parent.child_by_field_name("right")
        case "var_spec":
            values = parent.child_by_field_name("value")
        case "return_statement":
            values = next(iter(parent.named_children), None)
        case "argument_list":
            values = parent
    if values is None or values.type not in {"expression_list", "argument_list"}:
        return values
    listed = [child for child in values.named_children if child.type != "comment"]
    one = unparenthesized(listed[0]) if len(listed) == 1 else None
    return one if one is not None and (values.type == "expression_list" or is_call(one)) else None


def _called(node: Node, subject: str, source: SourceFile, offset: int) -> Kind | None:
    """The kind of ``node`` if ``subject`` is this call or conversion, printed as one."""
    named = callee_node(node) or node.child_by_field_name("type")
    if named is None or not subjects.is_call(subject) or node.type not in {"call_expression", _CONVERSION}:
        return None
    literal = unparenthesized(named).type == "func_literal"
    written, printed = "func literal" if literal else text_of(named, source), subjects.callee(subject)
    if (builtin := _BUILTINS.get(written)) is not None or printed in _BUILTINS:
        return builtin if written == printed else None
    name = subjects.last_name(written)
    if name == subjects.last_name(printed):
        converts = not is_call(node) or position(node) != offset or name in _CONVERTING
        return Kind.CONVERSION if converts else Kind.CALL
    if is_call(node):
        return None
    # The type may be printed in other words: an alias, or a shape of instantiated code.
    operand = operand_of(node)
    same = operand is not None and subjects.same(subjects.argument(subject), text_of(operand, source))
    return Kind.CONVERSION if same else None


def _of_call(call: Node, subject: str, source: SourceFile) -> Kind | None:
    """The kind of a record at a call that is not printed as one; None if it was copied there."""
    named = callee_node(call)
    name = text_of(named, source) if named is not None else ""
    if subject == "... argument":
        return Kind.VARIADIC if _may_be_variadic(call, name, source) else None
    if subject == "append":
        return Kind.APPEND if name == "append" else None
    if subjects.is_temporary(subject):
        # The result of an inlined call, where the call has one that is used.
        return Kind.CALL if call.parent is None or call.parent.type not in _NO_VALUE else None
    folded = name in _FOLDED or name.startswith("unsafe.")
    if subjects.is_constant(subject) if folded else name in _BASIC and subjects.is_literal(subject):
        return Kind.LITERAL
    return None


_CONVERSION = "type_conversion_expression"
# What is only found exactly where the compiler's words say what it is.
_RECOGNIZED = frozenset({Kind.APPEND, Kind.CALL, Kind.CONVERSION, Kind.MAKE, Kind.NEW, Kind.VARIADIC})
_BUILTINS = {"append": Kind.APPEND, "make": Kind.MAKE, "new": Kind.NEW}
_CONVERTING = frozenset({"string", "any", "error"})
_NO_VALUE = frozenset({"expression_statement", "go_statement", "defer_statement"})
_FOLDED = frozenset({"len", "cap", "min", "max", "real", "imag", "complex"})
_BASIC = frozenset({"bool", "complex128", "float64", "int", "rune", "string"})


def _may_be_variadic(call: Node, name: str, source: SourceFile) -> bool:
    """False where the call passes nothing or a whole slice, or a function of this file takes no ``...``."""
    given = arguments(call)
    return len(given) > 0 and given[-1].type != "variadic_argument" and is_variadic(name, source) is not False


def _kind(node: Node, source: SourceFile, subject: str = "") -> Kind:
    if is_call(node):
        callee = callee_node(node)
        return _BUILTINS.get(text_of(callee, source) if callee is not None else "", Kind.CALL)
    if subject.startswith("&") and (node.type in _COMPOSITES or _addresses_composite(node)):
        return Kind.ADDRESS_OF_COMPOSITE
    return _KINDS.get(node.type, Kind.OTHER)


def _addresses_composite(node: Node) -> bool:
    operand = node.child_by_field_name("operand") if node.type == "unary_expression" else None
    return operand is not None and unparenthesized(operand).type == "composite_literal"


_COMPOSITES = frozenset({"composite_literal", "literal_value"})
_KINDS = {
    "identifier": Kind.IDENTIFIER,
    "selector_expression": Kind.SELECTOR,
    "binary_expression": Kind.BINARY,
    "composite_literal": Kind.COMPOSITE,
    "literal_value": Kind.COMPOSITE,
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


def _statement(path: Sequence[Node], subject: str) -> Located:
    """What is reported at a statement: the function that the body of a range over a function becomes, at ``for``.

    The loop is also the call of the function that it ranges over, so what that has inside may be copied there.
    """
    leaf, parent = path[-1], path[-2]
    if leaf.type == "for":
        return _loop(parent, Kind.FUNC_LITERAL, exact=subject == "func literal")
    return _located(leaf if leaf.is_named else parent, Kind.OTHER, exact=False)


def _loop(loop: Node, kind: Kind, *, exact: bool) -> Located:
    body = loop.child_by_field_name("body")
    header = body.prev_sibling if body is not None else None
    whole = node_range(loop)
    head = ByteRange(whole.start, node_range(header).end) if header is not None else whole
    return Located(loop, kind, head, exact)


def _variable(source: SourceFile, path: Sequence[Node], subject: str) -> Located:
    """The declared name at the point; what the compiler made up is reported at what it stands for."""
    leaf, parent = path[-1], path[-2]
    name = subjects.name(subject)
    if (case := _clause(path)) is not None:
        switch = path[path.index(case) - 1]
        alias = switch.child_by_field_name("alias")
        what = leaf if case.type == "default_case" else path[path.index(case) + 1]
        return _located(what, Kind.VARIABLE, exact=alias is not None and text_of(alias, source) == name)
    if leaf.type in _NAMES:
        return _located(leaf, _variable_kind(path), exact=text_of(leaf, source) == name)
    if leaf.type == "for":
        return _loop(parent, Kind.VARIABLE, exact="#" in subject or subject.startswith("."))
    if (result := _result(path)) is not None:
        return _located(result, Kind.RESULT)
    call = next((node for node in anchored(path, leaf.start_byte) if is_call(node)), None)
    if call is None:
        return _located(leaf if leaf.is_named else parent, Kind.OTHER, exact=False)
    # `new(x)` of a value keeps it in a variable that has no name.
    kind = _kind(call, source)
    return _located(call, kind, exact=kind is Kind.NEW and subjects.is_temporary(subject))


_NAMES = frozenset({"identifier", "blank_identifier", "field_identifier"})


def _clause(path: Sequence[Node]) -> Node | None:
    """The clause of a type switch in whose header a path ends: its variable is reported there, in the last type."""
    for node, inner in zip(path[::-1][1:], path[::-1], strict=False):
        if node.type in {"type_case", "default_case"} and inner.type != "statement_list":
            return node
        if node.type in {"block", "statement_list"}:
            return None
    return None


def _result(path: Sequence[Node]) -> Node | None:
    """The result without a name in whose type a path ends."""
    for at, (node, inner) in enumerate(itertools.pairwise(path)):
        if node.type in _FUNCTIONS and node.child_by_field_name("result") == inner:
            declared = next((one for one in path[at + 1 :] if one.type == "parameter_declaration"), None)
            return declared if declared is not None else inner
    return None


_FUNCTIONS = frozenset({"function_declaration", "method_declaration", "func_literal"})


def _variable_kind(path: Sequence[Node]) -> Kind:
    if len(path) < 4 or path[-2].type not in {"parameter_declaration", "variadic_parameter_declaration"}:
        return Kind.VARIABLE
    listed, owner = path[-3], path[-4]
    if owner.child_by_field_name("receiver") == listed:
        return Kind.RECEIVER
    return Kind.RESULT if owner.child_by_field_name("result") == listed else Kind.PARAMETER
