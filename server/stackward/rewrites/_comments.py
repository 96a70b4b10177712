"""Comments in what a proposal replaces: whether they are in what replaces it, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Proposal
from stackward.syntax.tree import SourceFile

_LISTS = frozenset({"const_declaration", "source_file", "statement_list", "type_declaration", "var_declaration"})


def loses_comment(proposal: Proposal, files: Mapping[str, SourceFile]) -> bool:
    """Whether a comment is in what is replaced and in nothing that replaces it. ``files`` are those of its edits.

    One that goes with a whole declaration or statement, as that is what it is about, is not lost.
    """
    for path, edits in proposal.edits.items():
        source, kept = files[path], _squeezed(b"".join(one.new for one in edits))
        for edit in edits:
            if not any(mark in source.text[edit.start : edit.end] for mark in (b"//", b"/*")):
                continue
            for comment in _comments(source, edit):
                whole = not edit.new.strip() and comment.parent is not None and comment.parent.type in _LISTS
                if not whole and _squeezed(comment.text or b"") not in kept:
                    return True
    return False


def _comments(source: SourceFile, edit: Replacement) -> Iterator[Node]:
    """The comments that begin in what is replaced."""
    found = source.tree.root_node.named_descendant_for_byte_range(edit.start, max(edit.start, edit.end - 1))
    for one in walk(found) if found is not None else ():
        if one.type == "comment" and edit.start <= one.start_byte < edit.end:
            yield one


def _squeezed(text: bytes) -> bytes:
    """A text without its white space, which may be another where it is indented anew."""
    return b"".join(text.split())


__all__ = ["loses_comment"]
