"""Which constructs at a source line can turn into a call of the runtime's allocator.

The object code names a line and a runtime function, no column. What the compiler's log does not mention is found here:
the expressions and statements that the compiler positions on that line (``anchors.position``), by what they can need.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable

from tree_sitter import Node

from stackward.core.allocation import Mechanism
from stackward.core.position import ByteCol, BytePos
from stackward.syntax.anchors import callee_node, is_call, operand_of, position, unparenthesized
from stackward.syntax.tree import SourceFile, path_to, text_of


class Constructs:
    """The constructs of some lines (from 0) of a file, found in one walk of its tree."""

    def __init__(self, source: SourceFile, lines: Iterable[int]) -> None:
        self._source = source
        self._wanted = sorted(set(lines))
        self._by_line: dict[int, list[Node]] = {line: [] for line in self._wanted}
        waiting = [source.tree.root_node]
        while waiting:
            node = waiting.pop()
            waiting += [child for child in node.named_children if self._touches(child)]
            line = source.lines.position(_position(node)).line
            if line in self._by_line:
                self._by_line[line].append(node)

    def _touches(self, node: Node) -> bool:
        at = bisect.bisect_left(self._wanted, node.start_point[0])
        return at < len(self._wanted) and self._wanted[at] <= node.end_point[0]

    def fitting(self, line: int, mechanism: Mechanism, runtime: str) -> list[Node]:
        """Those that may call an allocator of that kind, in the order of their positions."""
        found = [node for node in self._by_line.get(line, ()) if _fits(node, mechanism, runtime, self._source)]
        return sorted(found, key=lambda node: (_position(node), node.start_byte))

    def named(self, line: int, name: str) -> Node | None:
        """The first name on a line that is written so."""
        nodes = (node for node in self._by_line.get(line, ()) if node.type in {"identifier", "field_identifier"})
        return next((node for node in nodes if text_of(node, self._source) == name), None)

    def statement(self, line: int) -> Node | None:
        """The first statement on the line, else what else begins first there, else the innermost node around it."""
        begun = [
            node for node in self._by_line.get(line, ()) if node.start_point[0] == line and node.type not in _BODIES
        ]
        if begun:
            return min(begun, key=lambda node: (not _is_statement(node), node.start_byte, -node.end_byte))
        text = self._source.lines.line_text(line)
        start = self._source.lines.offset(BytePos(line, ByteCol(len(text) - len(text.lstrip()))))
        return path_to(self._source, start)[-1]


_BODIES = frozenset({"block", "function_declaration", "method_declaration", "source_file", "statement_list"})


def _is_statement(node: Node) -> bool:
    return node.type.endswith("_statement") or node.type in {"short_var_declaration", "var_spec"}


def position_of(node: Node, source: SourceFile) -> BytePos:
    """The compiler's point for an expression or a statement."""
    return source.lines.position(_position(node))


def is_written(node: Node, subject: str, source: SourceFile) -> bool:
    """Whether an expression is what the compiler prints as ``subject``, in a layout of its own."""
    return "".join(text_of(node, source).split()) == "".join(subject.split())


def concatenated(node: Node) -> list[Node]:
    """The operands of a chain of ``+``, in order; the right side of ``+=`` too."""
    node = unparenthesized(node)
    if node.type == "assignment_statement":
        right = node.child_by_field_name("right")
        return [one for child in (right.named_children if right is not None else ()) for one in concatenated(child)]
    if not _is_sum(node):
        return [node]
    sides = (node.child_by_field_name("left"), node.child_by_field_name("right"))
    return [one for side in sides if side is not None for one in concatenated(side)]


def _position(node: Node) -> int:
    if node.type in _ASSIGNMENTS:
        return next((child.start_byte for child in node.children if not child.is_named), node.start_byte)
    return position(node)


_ASSIGNMENTS = frozenset({"assignment_statement", "dec_statement", "inc_statement", "short_var_declaration"})


def _fits(node: Node, mechanism: Mechanism, runtime: str, source: SourceFile) -> bool:
    kind = node.type
    match mechanism:
        case Mechanism.CONCATENATION:
            if kind == "assignment_statement":
                operator = node.child_by_field_name("operator")
                return operator is not None and operator.type == "+="
            return _is_sum(node) and not _is_sum(_outer(node))
        case Mechanism.CONVERSION:
            return operand_of(node) is not None and not _is_builtin(node, source)
        case Mechanism.GROWTH:
            if runtime.startswith("runtime.moveSlice"):
                return kind in {"return_statement", "assignment_statement", "short_var_declaration", "call_expression"}
            return _builtin(node, source) == "append"
        case Mechanism.SLICE:
            return _builtin(node, source) in {"make", "append"}
        case Mechanism.CHANNEL:
            return _builtin(node, source) == "make"
        case Mechanism.MAP:
            return _builtin(node, source) in {"make", "new"} or _is_literal(node)
        case Mechanism.INSERT:
            return (kind == "index_expression" and _assigned(node)) or kind in {"composite_literal", "keyed_element"}
        case Mechanism.GOROUTINE:
            return kind == "go_statement"
        case Mechanism.DEFER:
            return kind == "defer_statement"
        case Mechanism.OBJECT:
            if kind in {"go_statement", "defer_statement", "func_literal", "selector_expression", "for_statement"}:
                return True
            return _is_literal(node) or _builtin(node, source) in {"new", "make"}
        case Mechanism.BOX:
            return kind in _VALUES and _is_used(node)
        case Mechanism.CACHE:
            return kind in {"type_assertion_expression", "type_switch_statement", "expression_switch_statement"}


_VALUES = frozenset(
    {
        "binary_expression",
        "call_expression",
        "composite_literal",
        "identifier",
        "index_expression",
        "selector_expression",
        "slice_expression",
        "type_assertion_expression",
        "type_conversion_expression",
        "unary_expression",
    }
)
_USES = frozenset({"argument_list", "keyed_element", "literal_element", "return_statement", "send_statement"})


def _is_used(node: Node) -> bool:
    """Whether a value is passed, returned, sent, stored or compared as it is, so that it may be converted there."""
    outer = _outer(node)
    if outer.type == "expression_list":
        statement = outer.parent
        left = statement.child_by_field_name("left") if statement is not None else None
        return left is None or left != outer
    if outer.type == "binary_expression":
        operator = outer.child_by_field_name("operator")
        return operator is not None and operator.type in {"==", "!="}
    return outer.type in _USES or outer.type in {"var_spec", "expression_case"}


def _is_literal(node: Node) -> bool:
    """Whether a node is a composite literal; the braces of one are one of their own where the type is left out."""
    if node.type == "literal_value":
        return node.parent is not None and node.parent.type != "composite_literal"
    return node.type == "composite_literal"


def _is_sum(node: Node) -> bool:
    operator = node.child_by_field_name("operator") if node.type == "binary_expression" else None
    return operator is not None and operator.type == "+"


def _outer(node: Node) -> Node:
    outer = node.parent
    while outer is not None and outer.type == "parenthesized_expression" and outer.parent is not None:
        outer = outer.parent
    return outer if outer is not None else node


_BUILTINS = frozenset(
    {"append", "cap", "clear", "close", "complex", "copy", "delete", "imag", "len", "make", "max", "min", "new"}
    | {"panic", "print", "println", "real", "recover"}
)


def _builtin(node: Node, source: SourceFile) -> str:
    if not is_call(node):
        return ""
    callee = callee_node(node)
    name = text_of(callee, source) if callee is not None and callee.type == "identifier" else ""
    return name if name in _BUILTINS else ""


def _is_builtin(node: Node, source: SourceFile) -> bool:
    return _builtin(node, source) != ""


def _assigned(node: Node) -> bool:
    """Whether an index expression, or a field of what it gives, is assigned to."""
    inner, outer = node, node.parent
    while outer is not None and outer.type in {"parenthesized_expression", "expression_list"}:
        inner, outer = outer, outer.parent
    if outer is None:
        return False
    if outer.type in {"inc_statement", "dec_statement"}:
        return True
    left = outer.child_by_field_name("left") if outer.type in {"assignment_statement", "range_clause"} else None
    return left is not None and left == inner
