"""A Go source file with its syntax tree, reparsed incrementally."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import tree_sitter_go
from tree_sitter import Language, Node, Parser, Tree

from stackward.core.position import LineIndex


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
        text, tree, lines = self.text, self.tree.copy(), self.lines
        for edit in edits:
            after = text[: edit.start] + edit.new + text[edit.old_end :]
            new_lines = LineIndex(after)
            new_end = edit.start + len(edit.new)
            tree.edit(
                edit.start,
                edit.old_end,
                new_end,
                _point(lines, edit.start),
                _point(lines, edit.old_end),
                _point(new_lines, new_end),
            )
            text, lines = after, new_lines
        source = SourceFile(text, _parser().parse(text, tree))
        source.__dict__["lines"] = lines
        return source


def parse(text: bytes) -> SourceFile:
    """Parse a whole file; broken code gives a tree with error nodes."""
    return SourceFile(text, _parser().parse(text))


def text_of(node: Node, source: SourceFile) -> str:
    """The node's source text."""
    return source.text[node.start_byte : node.end_byte].decode("utf-8", "replace")


@functools.cache
def _language() -> Language:
    return Language(tree_sitter_go.language())


def _parser() -> Parser:
    # A parser is cheap and not thread-safe; a language is neither.
    return Parser(_language())


def _point(lines: LineIndex, offset: int) -> tuple[int, int]:
    pos = lines.position(offset)
    return pos.line, pos.col
