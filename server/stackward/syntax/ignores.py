"""``//stackward:ignore RULE[,RULE…] reason`` comments.

Behind code the comment speaks of that line, and of the whole statement if it ends there. On a line of its own, or among
the comments right above, it speaks of the statement, declaration or element that follows, and before the package clause
of the file. Like Go's own directives it has no space after the slashes. ``all`` stands for every rule.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.position import BytePos, ByteRange
from stackward.syntax.tree import SourceFile, node_range, path_to

_COMMENT = re.compile(rb"//stackward:ignore[^\r\n]*")
_DIRECTIVE = re.compile(r"//stackward:ignore(?:\s+(?P<rules>\S+))?(?:\s+(?P<reason>\S.*))?\s*$")
_SPACE = re.compile(rb"[ \t\r\n;]*")
_CONTAINERS = frozenset({"source_file", "statement_list", "block", "ERROR"})
_STATEMENT = re.compile(r".*_(?:statement|declaration|spec)$")


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
    """All ignore comments of a file; those that name an unknown rule, give no reason or precede no code are ``bad``."""
    entries: list[Ignore] = []
    bad: list[BadIgnore] = []
    for found in _COMMENT.finditer(source.text):
        path = path_to(source, found.start())
        if path[-1].type != "comment" or path[-1].start_byte != found.start():
            continue  # Text in a literal, or in another comment.
        read = _read(found[0].decode("utf-8", "replace"), path, source, known)
        if isinstance(read, Ignore):
            entries.append(read)
        else:
            bad.append(BadIgnore(node_range(path[-1]), read))
    return Ignores(tuple(entries), tuple(bad))


def _read(text: str, path: list[Node], source: SourceFile, known: Container[str]) -> Ignore | str:
    """What a comment says, or why it says nothing."""
    match = _DIRECTIVE.match(text)
    if match is None or not match["rules"]:
        return "name a rule: //stackward:ignore RULE reason"
    names = match["rules"].split(",")
    unknown = next((name for name in names if name != "all" and name not in known), None)
    if unknown is not None:
        return f"there is no rule {unknown!r}"
    if not match["reason"]:
        return f"give a reason: //stackward:ignore {match['rules']} why"
    lines = _lines(path, source)
    return Ignore(frozenset(names), *lines) if lines is not None else "no code follows that it could be about"


def _lines(path: list[Node], source: SourceFile) -> tuple[int, int] | None:
    comment = path[-1]
    row, column = comment.start_point
    before = source.lines.line_text(row)[:column]
    if before.strip():
        code = comment.start_byte - (len(before) - len(before.rstrip())) - 1
        ending = [
            node.start_point[0]
            for node in path_to(source, code)
            if _STATEMENT.match(node.type) and node.end_point[0] == row and node.type not in _BLOCKS
        ]
        return min(ending, default=row), row
    following = _following(comment, source)
    if following is None:
        return None
    if following.type == "package_clause":
        return 0, source.lines.line_count
    # The node of a list of statements goes up to the next line.
    written = source.text[following.start_byte : following.end_byte].rstrip()
    return row, source.lines.position(following.start_byte + len(written)).line


_BLOCKS = frozenset(
    {
        "expression_switch_statement",
        "for_statement",
        "function_declaration",
        "if_statement",
        "labeled_statement",
        "method_declaration",
        "select_statement",
        "type_switch_statement",
    }
)


def _following(comment: Node, source: SourceFile) -> Node | None:
    """The largest construct that begins behind a comment, other comments and no empty line between."""
    at = comment.end_byte
    gap = False
    while True:
        space = _SPACE.match(source.text, at)
        if space is not None:
            at = space.end()
            gap |= space[0].count(b"\n") > 1
        path = path_to(source, at)
        if path[-1].type != "comment":
            break
        at = path[-1].end_byte
    following = next((node for node in path if node.start_byte == at and node.type not in _CONTAINERS), None)
    if following is None or not following.is_named or (gap and following.type != "package_clause"):
        return None
    return following
