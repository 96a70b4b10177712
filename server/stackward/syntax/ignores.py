"""``//stackward:ignore RULE[,RULE…] reason`` comments.

On a line with code the comment speaks of that line, on a line of its own of the next statement or declaration, in
the comments right before a declaration of the whole declaration, and before the package clause of the file. Like
Go's own directives it has no space after the slashes. ``all`` stands for every rule.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.position import BytePos, ByteRange
from stackward.syntax.nodes import node_range
from stackward.syntax.tree import SourceFile, text_of

_DIRECTIVE = re.compile(r"//stackward:ignore(?:\s+(?P<rules>\S+))?(?:\s+(?P<reason>\S.*))?$")


@dataclass(frozen=True, slots=True)
class Ignore:
    """One comment: the rules that it names and the Go lines that it covers, both ends included."""

    rules: frozenset[str]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class BadIgnore:
    """A comment that does nothing, and why."""

    range: ByteRange
    why: str


@dataclass(frozen=True, slots=True)
class Ignores:
    """The ignore comments of a file."""

    entries: tuple[Ignore, ...] = ()
    bad: tuple[BadIgnore, ...] = ()

    def covers(self, rule: str, pos: BytePos) -> bool:
        """Whether hints of ``rule`` at ``pos`` are to be left out."""
        return any(
            entry.first <= pos.line <= entry.last and (rule in entry.rules or "all" in entry.rules)
            for entry in self.entries
        )


def ignores(source: SourceFile, known: Container[str]) -> Ignores:
    """All ignore comments of a file; those that name no known rule or give no reason are ``bad``."""
    if b"//stackward:ignore" not in source.text:
        return Ignores()
    entries: list[Ignore] = []
    bad: list[BadIgnore] = []
    waiting = [source.tree.root_node]
    while waiting:
        node = waiting.pop()
        if node.type == "comment":
            _read(node, source, known, entries, bad)
        waiting += node.children
    return Ignores(tuple(entries), tuple(sorted(bad, key=lambda one: one.range)))


def _read(
    comment: Node, source: SourceFile, known: Container[str], entries: list[Ignore], bad: list[BadIgnore]
) -> None:
    text = text_of(comment, source).rstrip()
    if not text.startswith("//stackward:ignore"):
        return
    match = _DIRECTIVE.match(text)
    names = (match["rules"] or "").split(",") if match is not None else [""]
    unknown = [name for name in names if name != "all" and name not in known]
    if match is None or not match["rules"]:
        bad.append(BadIgnore(node_range(comment), "name a rule: //stackward:ignore RULE reason"))
    elif unknown:
        bad.append(BadIgnore(node_range(comment), f"there is no rule {unknown[0]!r}"))
    elif not match["reason"]:
        bad.append(BadIgnore(node_range(comment), f"give a reason: //stackward:ignore {match['rules']} why"))
    else:
        first, last = _lines(comment, source)
        entries.append(Ignore(frozenset(names), first, last))


def _lines(comment: Node, source: SourceFile) -> tuple[int, int]:
    line = comment.start_point[0]
    before = source.lines.line_text(line)[: comment.start_point[1]]
    if before.strip():
        return line, line
    following = _next_code(comment)
    if following is None:
        return line, line
    if following.type == "package_clause":
        return 0, source.lines.line_count
    return line, following.end_point[0]


def _next_code(comment: Node) -> Node | None:
    """The statement or declaration that follows a comment without an empty line between the comments."""
    node = comment.next_named_sibling
    while node is not None and node.type == "comment":
        node = node.next_named_sibling
    if node is None:
        # The comment stands before the first statement of a block.
        parent = comment.parent
        node = parent.next_named_sibling if parent is not None else None
    if node is not None and node.type == "statement_list" and node.named_children:
        return node.named_children[0]
    return node
