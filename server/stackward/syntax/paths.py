"""Which code is rarely reached, as far as syntax tells: what ends in an error, a panic or the end of the process."""

from __future__ import annotations

from tree_sitter import Node

from stackward.syntax.anchors import arguments, callee_node, is_call, unparenthesized
from stackward.syntax.endings import Endings, called_last
from stackward.syntax.tree import SourceFile, text_of

_FUNCTIONS = frozenset({"function_declaration", "func_literal", "method_declaration"})
_LISTS = frozenset({"statement_list", "block", "expression_case", "type_case", "default_case", "communication_case"})
_MAKES_ERROR = frozenset({"errors.New", "errors.Join", "fmt.Errorf"})


_NO_PACKAGE = Endings()


def cold(node: Node, source: SourceFile, endings: Endings = _NO_PACKAGE) -> str:
    """Why the code at a node runs rarely; empty if nothing says that it does.

    It is cold if a statement list around it, in the same function, ends in a panic, in the end of the process, or in a
    return of an error that is certainly not nil. ``endings`` knows the package's functions that
    do one of the first two.
    """
    outer: Node | None = node
    returns_error: bool | None = None
    while outer is not None and outer.type not in _FUNCTIONS:
        if outer.type in _LISTS:
            last = next((one for one in reversed(outer.named_children) if one.type != "comment"), None)
            reason = _ending(last, source, endings) if last is not None and last.type != "statement_list" else ""
            if not reason and last is not None and last.type == "return_statement":
                returns_error = _returns_error(outer) if returns_error is None else returns_error
                if returns_error and _is_error(last, outer, source):
                    reason = "it returns an error"
            if reason:
                return reason
        outer = outer.parent
    return ""


def certain(node: Node) -> bool:
    """Whether each call of its function gets to a node: it is in no branch or loop, and nothing before it returns."""
    inner, outer = node, node.parent
    while outer is not None and inner.type not in _FUNCTIONS:
        if outer.type in _BRANCHES:
            return False
        if outer.type in {"block", "statement_list"} and any(
            _leaves(one) for one in outer.named_children if one.end_byte <= inner.start_byte
        ):
            return False
        inner, outer = outer, outer.parent
    return True


def formats_nothing(call: Node, source: SourceFile) -> bool | None:
    """Whether a call of a function that formats has neither operands nor verbs; None where its text does not say so."""
    given = arguments(call)
    if len(given) > 1:
        return None if given[1].type == "variadic_argument" else False
    return "%" not in text_of(given[0], source) if given and given[0].type in _TEXTS else None


_TEXTS = frozenset({"interpreted_string_literal", "raw_string_literal"})
_BRANCHES = frozenset(
    {
        "communication_case",
        "default_case",
        "expression_case",
        "for_statement",
        "func_literal",
        "if_statement",
        "type_case",
    }
)


def _leaves(node: Node) -> bool:
    """Whether a statement may return from its function."""
    if node.type in {"return_statement", "goto_statement"}:
        return True
    return node.type != "func_literal" and any(_leaves(child) for child in node.named_children)


def _ending(statement: Node, source: SourceFile, endings: Endings) -> str:
    call = called_last(statement)
    return endings.reason(call, source) if call is not None else ""


def _returns_error(node: Node) -> bool:
    """Whether the function around a node has ``error`` as its last result."""
    function: Node | None = node
    while function is not None and function.type not in _FUNCTIONS:
        function = function.parent
    result = function.child_by_field_name("result") if function is not None else None
    if result is None:
        return False
    if result.type == "parameter_list":
        declared = [child for child in result.named_children if child.type == "parameter_declaration"]
        kind = declared[-1].child_by_field_name("type") if declared else None
    else:
        kind = result
    return kind is not None and kind.text == b"error"


def _is_error(returned: Node, block: Node, source: SourceFile) -> bool:
    """Whether the last value of a return statement is an error that cannot be nil."""
    listed = returned.named_children[0] if returned.named_children else None
    values = (
        listed.named_children if listed is not None and listed.type == "expression_list" else returned.named_children
    )
    if not values:
        return False
    value = unparenthesized(values[-1])
    if is_call(value):
        callee = callee_node(value)
        return callee is not None and text_of(callee, source) in _MAKES_ERROR and len(arguments(value)) > 0
    if value.type == "unary_expression":
        return any(child.type == "composite_literal" for child in value.named_children)
    if value.type == "composite_literal":
        return True
    name = text_of(value, source).rpartition(".")[2]
    if name.startswith(("Err", "err")) and name[3:4].isupper():
        return True  # A sentinel error, by the convention that linters enforce (ST1012).
    return value.type == "identifier" and _checked(block, name, source)


def _checked(block: Node, name: str, source: SourceFile) -> bool:
    """Whether a block is what happens ``if name != nil``."""
    outer = block.parent if block.type == "statement_list" else block
    branch = outer.parent if outer is not None else None
    if outer is None or branch is None or branch.type != "if_statement":
        return False
    condition = branch.child_by_field_name("condition")
    return (
        condition is not None
        and branch.child_by_field_name("consequence") == outer
        and f"{name} != nil" in " ".join(text_of(condition, source).split())
    )
