"""The functions of a file, named as the compiler names them, and where a node stands in them."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.position import BytePos, ByteRange
from stackward.syntax.tree import SourceFile, function_nodes, node_range, text_of

_FUNCTIONS = frozenset({"function_declaration", "method_declaration", "func_literal"})


@dataclass(frozen=True, slots=True)
class FunctionNode:
    """A declared function or a func literal.

    ``name`` is in the compiler's notation (``cmd/compile/internal/ir/func.go``: ``closureName``): ``F``, ``T.M``,
    ``(*T).M``, ``F.func1``, ``F.func1.2``; ``init.0`` and ``init.0.func1`` for the first declared ``init``,
    ``init.func1`` for a literal at package level. The compiler counts those of ``init`` through all files of a package,
    which here start anew in each; and the names of literals inside the body of a range over a function depend on types
    and on the release.
    ``at`` is where the compiler reports the function itself: the receiver's parenthesis, else the name, or the ``func``
    of a literal. ``name_range`` is the declared name, or the ``func`` keyword of a literal. ``params`` are receiver
    and parameters with their names' ranges; ``results`` the names of named results. ``body`` is the byte at which its
    body begins, its end without one.
    """

    name: str
    range: ByteRange
    name_range: ByteRange
    at: BytePos
    params: tuple[tuple[str, ByteRange], ...]
    results: tuple[str, ...]
    generic: bool
    variadic: bool
    start: int
    body: int
    end: int

    @property
    def literal(self) -> bool:
        """Whether it is a func literal."""
        return self.name_range.start == self.range.start


@dataclass(frozen=True, slots=True)
class _Functions:
    """All functions in the order of their start, with the index of the one around each (-1 for none)."""

    nodes: tuple[FunctionNode, ...]
    starts: list[int]
    outer: list[int]
    variadic: dict[str, bool]


def functions(source: SourceFile) -> tuple[FunctionNode, ...]:
    """All functions of a file in the order of their start; made once per text."""
    return _functions(source).nodes


def enclosing_function(source: SourceFile, offset: int) -> FunctionNode | None:
    """The innermost function around a byte; its name and parameters belong to it, its first byte to the one outside.

    So a func literal is in the function that makes it.
    """
    known = _functions(source)
    at = bisect_right(known.starts, offset - 1) - 1
    while at >= 0 and known.nodes[at].end <= offset:
        at = known.outer[at]
    return known.nodes[at] if at >= 0 else None


def is_variadic(name: str, source: SourceFile) -> bool | None:
    """Whether a declared function takes ``...``; None where the file does not declare it."""
    return _functions(source).variadic.get(name)


def enclosing_loops(node: Node) -> int:
    """How many loops of its own function a node is evaluated in: all but what a loop does once, before it begins.

    The variables that a loop declares count as inside: there is a new one for each iteration.
    """
    depth = 0
    inner, outer = node, node.parent
    while outer is not None and inner.type not in _FUNCTIONS:
        if outer.type == "for_statement":
            depth += inner.type not in {"range_clause", "for_clause"}
        elif outer.type == "for_clause" and inner == outer.child_by_field_name("initializer"):
            left = inner.child_by_field_name("left")
            depth += inner.type == "short_var_declaration" and left is not None and _contains(left, node)
        elif outer.type == "for_clause" or (
            outer.type == "range_clause" and inner == outer.child_by_field_name("left")
        ):
            depth += 1
        inner, outer = outer, outer.parent
    return depth


def statement_of(node: Node) -> str:
    """``go`` or ``defer`` if the node is the function, or an argument, of such a statement's call, else empty."""
    inner, outer = node, node.parent
    calls = inner.type == "call_expression"
    while outer is not None and (outer.type in _TRANSPARENT or (outer.type == "call_expression" and not calls)):
        calls = calls or outer.type == "call_expression"
        inner, outer = outer, outer.parent
    if not calls or outer is None or outer.type not in {"go_statement", "defer_statement"}:
        return ""
    return outer.type.removesuffix("_statement")


_TRANSPARENT = frozenset({"argument_list", "parenthesized_expression", "unary_expression"})


def declared_name(node: Node, source: SourceFile) -> tuple[str, bool]:
    """The name of a declared function in the compiler's notation, and whether it is generic."""
    named = node.child_by_field_name("name")
    name = text_of(named, source) if named is not None else "_"
    receiver = node.child_by_field_name("receiver")
    if receiver is None:
        return name, node.child_by_field_name("type_parameters") is not None
    base, pointer, generic = _receiver(receiver, source)
    return (f"(*{base}).{name}" if pointer else f"{base}.{name}"), generic


def _functions(source: SourceFile) -> _Functions:
    known = source.__dict__.get("functions")
    if known is None:
        known = source.__dict__["functions"] = _collect(source)
    result: _Functions = known
    return result


def _collect(source: SourceFile) -> _Functions:
    found: list[FunctionNode] = []
    outer: list[int] = []
    literals: Counter[str] = Counter()
    inits = 0
    around = -1
    for node in function_nodes(source):
        while around >= 0 and found[around].end <= node.start_byte:
            around = outer[around]
        if node.type == "func_literal":
            owner = found[around].name if around >= 0 else "init"
            literals[owner] += 1
            nested = around >= 0 and found[around].literal
            name, generic = f"{owner}.{literals[owner]}" if nested else f"{owner}.func{literals[owner]}", False
        else:
            name, generic = declared_name(node, source)
            if name == "init":
                name, inits = f"init.{inits}", inits + 1
        outer.append(around)
        around = len(found)
        found.append(_function(node, name, generic, source))
    variadic = {one.name: one.variadic for one in found if not one.literal}
    return _Functions(tuple(found), [one.start for one in found], outer, variadic)


def _receiver(receiver: Node, source: SourceFile) -> tuple[str, bool, bool]:
    """The name of a receiver's type, whether the receiver is a pointer, and whether the type is generic."""
    declared = next((child for child in receiver.named_children if child.type == "parameter_declaration"), None)
    kind = declared.child_by_field_name("type") if declared is not None else None
    pointer = generic = False
    while kind is not None and kind.type in {"pointer_type", "parenthesized_type", "generic_type"}:
        pointer |= kind.type == "pointer_type"
        generic |= kind.type == "generic_type"
        kind = kind.child_by_field_name("type") or kind.named_child(0)
    return (text_of(kind, source) if kind is not None else "_"), pointer, generic


def _function(node: Node, name: str, generic: bool, source: SourceFile) -> FunctionNode:
    named = node.child_by_field_name("name") or node.children[0]
    receiver, listed = node.child_by_field_name("receiver"), node.child_by_field_name("parameters")
    result, body = node.child_by_field_name("result"), node.child_by_field_name("body")
    variadic = listed is not None and any(one.type == "variadic_parameter_declaration" for one in listed.children)
    name_range = node_range(named)
    return FunctionNode(
        name=name,
        range=node_range(node),
        name_range=name_range,
        at=node_range(receiver).start if receiver is not None else name_range.start,
        params=(*_names(receiver, source), *_names(listed, source)),
        results=tuple(entry for entry, _ in _names(result, source)),
        generic=generic,
        variadic=variadic,
        start=node.start_byte,
        body=body.start_byte if body is not None else node.end_byte,
        end=node.end_byte,
    )


def _names(listed: Node | None, source: SourceFile) -> Iterator[tuple[str, ByteRange]]:
    for declaration in listed.named_children if listed is not None else ():
        if declaration.type in {"parameter_declaration", "variadic_parameter_declaration"}:
            for name in declaration.children_by_field_name("name"):
                yield text_of(name, source), node_range(name)


def _contains(outer: Node, node: Node) -> bool:
    return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte
