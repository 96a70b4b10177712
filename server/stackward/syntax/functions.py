"""The functions of a file, named as the compiler names them, and where a node stands in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.position import ByteRange
from stackward.syntax.nodes import node_range
from stackward.syntax.tree import SourceFile, text_of

_LOOPS = frozenset({"for_statement"})
_FUNCTIONS = frozenset({"function_declaration", "method_declaration", "func_literal"})


@dataclass(frozen=True, slots=True)
class FunctionNode:
    """A declared function or a func literal.

    ``name`` is in the compiler's notation: ``F``, ``T.M``, ``(*T).M``, ``F.func1``, ``F.func1.2``, ``glob..func1``
    at package level.
    ``name_range`` is the declared name, or the ``func`` keyword of a literal. ``params`` are receiver and parameters
    with their names' ranges; ``results`` the names of named results.
    """

    name: str
    range: ByteRange
    name_range: ByteRange
    params: tuple[tuple[str, ByteRange], ...]
    results: tuple[str, ...]
    generic: bool
    start: int
    end: int


def functions(source: SourceFile) -> tuple[FunctionNode, ...]:
    """All functions of a file in the order of their start; made once per text."""
    known = source.__dict__.get("functions")
    if known is None:
        known = source.__dict__["functions"] = tuple(_collect(source))
    result: tuple[FunctionNode, ...] = known
    return result


def enclosing_function(source: SourceFile, offset: int) -> FunctionNode | None:
    """The innermost function around a byte; its name and parameters belong to it, its first byte to the one outside.

    So a func literal is in the function that makes it.
    """
    best = None
    for function in functions(source):
        if function.start >= offset:
            break
        if offset < function.end:
            best = function
    return best


def enclosing_loops(node: Node) -> int:
    """How many loops of its own function are around a node; the range expression of a loop is outside of it."""
    depth = 0
    inner = node
    outer = node.parent
    while outer is not None and inner.type not in _FUNCTIONS:
        if (outer.type in _LOOPS and inner.type == "block") or (
            outer.type == "for_clause" and inner != outer.child_by_field_name("initializer")
        ):
            depth += 1
        inner, outer = outer, outer.parent
    return depth


def statement_of(node: Node) -> str:
    """``go`` or ``defer`` if the node is the function or an argument of such a statement's call, else empty."""
    inner = node
    outer = node.parent
    while outer is not None and outer.type in _TRANSPARENT:
        inner, outer = outer, outer.parent
    if outer is None or outer.type not in {"go_statement", "defer_statement"}:
        return ""
    call = inner if inner.type == "call_expression" else None
    return outer.type.removesuffix("_statement") if call is not None or inner == node else ""


_TRANSPARENT = frozenset({"call_expression", "argument_list", "parenthesized_expression", "unary_expression"})


def _collect(source: SourceFile) -> Iterator[FunctionNode]:
    counts: dict[str, int] = {}
    waiting: list[tuple[Node, str]] = [(source.tree.root_node, "")]
    while waiting:
        node, owner = waiting.pop()
        if node.type in _FUNCTIONS:
            name, generic = _name(node, owner, source, counts)
            yield _function(node, name, generic, source)
            owner = name
        for child in reversed(node.named_children):
            if child.type not in _NO_FUNCTIONS:
                waiting.append((child, owner))


_NO_FUNCTIONS = frozenset(
    {"comment", "import_declaration", "package_clause", "identifier", "interpreted_string_literal"}
)


def declared_name(node: Node, source: SourceFile) -> tuple[str, bool]:
    """The name of a declared function in the compiler's notation, and whether it is generic."""
    named = node.child_by_field_name("name")
    name = text_of(named, source) if named is not None else "_"
    generic = node.child_by_field_name("type_parameters") is not None
    receiver = node.child_by_field_name("receiver")
    if receiver is None:
        return name, generic
    base, pointer = _receiver(receiver, source)
    generic = any(descendant.type == "generic_type" for descendant in _descendants(receiver))
    return (f"(*{base}).{name}" if pointer else f"{base}.{name}"), generic


def _name(node: Node, owner: str, source: SourceFile, counts: dict[str, int]) -> tuple[str, bool]:
    if node.type != "func_literal":
        return declared_name(node, source)
    outer = owner or "glob."
    counts[outer] = counts.get(outer, 0) + 1
    # The compiler writes F.func1 for a literal of a declared function and F.func1.2 for one inside that.
    nested = ".func" in outer
    return (f"{outer}.{counts[outer]}" if nested else f"{outer}.func{counts[outer]}"), False


def _receiver(receiver: Node, source: SourceFile) -> tuple[str, bool]:
    declared = next((child for child in receiver.named_children if child.type == "parameter_declaration"), None)
    kind = declared.child_by_field_name("type") if declared is not None else None
    pointer = False
    while kind is not None and kind.type in {"pointer_type", "parenthesized_type", "generic_type"}:
        pointer |= kind.type == "pointer_type"
        kind = kind.child_by_field_name("type") or kind.named_child(0)
    return (text_of(kind, source) if kind is not None else "_"), pointer


def _function(node: Node, name: str, generic: bool, source: SourceFile) -> FunctionNode:
    named = node.child_by_field_name("name") or node.children[0]
    params = [
        entry
        for field in ("receiver", "parameters")
        if (listed := node.child_by_field_name(field)) is not None
        for entry in _names(listed, source)
    ]
    result = node.child_by_field_name("result")
    results = tuple(entry for entry, _ in _names(result, source)) if result is not None else ()
    return FunctionNode(
        name, node_range(node), node_range(named), tuple(params), results, generic, node.start_byte, node.end_byte
    )


def _names(listed: Node, source: SourceFile) -> Iterator[tuple[str, ByteRange]]:
    for declaration in listed.named_children:
        if declaration.type in {"parameter_declaration", "variadic_parameter_declaration"}:
            for name in declaration.children_by_field_name("name"):
                yield text_of(name, source), node_range(name)


def _descendants(node: Node | None) -> Iterator[Node]:
    waiting = [node] if node is not None else []
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.named_children
