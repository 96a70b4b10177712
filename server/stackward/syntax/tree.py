"""A Go source file with its syntax tree, reparsed incrementally."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import tree_sitter_go
from tree_sitter import Language, Node, Parser, Query, QueryCursor, Tree

from stackward.core.position import ByteCol, BytePos, ByteRange, LineIndex


@dataclass(frozen=True, slots=True)
class Edit:
    """The bytes from ``start`` up to ``old_end`` become ``new``."""

    start: int
    old_end: int
    new: bytes


class SourceFile:
    """One text and its tree. Immutable: ``edited`` gives the next one."""

    __slots__ = ("__dict__", "text", "tree")

    def __init__(self, text: bytes, tree: Tree) -> None:
        self.text = text
        self.tree = tree

    @functools.cached_property
    def lines(self) -> LineIndex:
        """Line starts; made when first asked for."""
        return LineIndex(self.text)

    def edited(self, edits: Sequence[Edit]) -> SourceFile:
        """The file after ``edits``, each in terms of the text that the one before it left."""
        if not edits:
            return self
        text, tree = self.text, self.tree.copy()
        for edit in edits:
            after = text[: edit.start] + edit.new + text[edit.old_end :]
            new_end = edit.start + len(edit.new)
            tree.edit(
                edit.start,
                edit.old_end,
                new_end,
                _point(text, edit.start),
                _point(text, edit.old_end),
                _point(after, new_end),
            )
            text = after
        return SourceFile(text, _parser().parse(text, tree))


def parse(text: bytes) -> SourceFile:
    """Parse a whole file; broken code gives a tree with error nodes."""
    return SourceFile(text, _parser().parse(text))


_GENERATED = re.compile(rb"// Code generated .* DO NOT EDIT\.")


def package_of(source: SourceFile) -> str:
    """The name in a file's package clause; empty without one."""
    clause = next((one for one in source.tree.root_node.named_children if one.type == "package_clause"), None)
    return text_of(clause.named_children[-1], source) if clause is not None and clause.named_children else ""


def generated(source: SourceFile) -> bool:
    """Whether a file says that it is generated, before its package clause (``go help generate``)."""
    for node in source.tree.root_node.named_children:
        if node.type != "comment":
            return False
        if _GENERATED.fullmatch((node.text or b"").rstrip()):
            return True
    return False


def text_of(node: Node, source: SourceFile) -> str:
    """The node's source text."""
    return source.text[node.start_byte : node.end_byte].decode("utf-8", "replace")


def node_range(node: Node) -> ByteRange:
    """The range of a node."""
    start, end = node.start_point, node.end_point
    return ByteRange(BytePos(start[0], ByteCol(start[1])), BytePos(end[0], ByteCol(end[1])))


def path_to(source: SourceFile, offset: int) -> list[Node]:
    """The nodes around a byte, the whole file first, the token last; the last one may start behind ``offset``.

    One way down: ``Node.parent`` starts from the root each time, which is quadratic in deeply nested code.
    """
    cursor = source.tree.walk()
    path = [source.tree.root_node]
    while cursor.goto_first_child_for_byte(offset) is not None and cursor.node is not None:
        path.append(cursor.node)
    return path


def function_nodes(source: SourceFile) -> list[Node]:
    """All function and method declarations and func literals in the order of their start."""
    found = QueryCursor(_functions()).captures(source.tree.root_node).get("function", [])
    return sorted(found, key=lambda node: node.start_byte)


@functools.cache
def _language() -> Language:
    return Language(tree_sitter_go.language())


@functools.cache
def _functions() -> Query:
    return Query(_language(), "[(function_declaration) (method_declaration) (func_literal)] @function")


def _parser() -> Parser:
    # A parser is cheap and not thread-safe; a language is neither.
    return Parser(_language())


def _point(text: bytes, offset: int) -> tuple[int, int]:
    # Counting is a hundred times cheaper than an index of all lines that only one point is taken from.
    return text.count(b"\n", 0, offset), offset - (text.rfind(b"\n", 0, offset) + 1)
