"""Names that changes declare: two changes that are made together must not mean each other's variables.

Each is proved by itself and takes names that nothing in the function has. Both may have taken the same one, and where
one block is inside of the other the compiler has nothing against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._rewrite import Proposal
from stackward.syntax.tree import SourceFile

_DECLARES = re.compile(rb"\b(?:const|type|var) (\w+)|(\w+(?:, \w+)*) :=")
_WORD = re.compile(rb"\w+")
_BLOCKS = frozenset({"block", "communication_case", "default_case", "expression_case", "source_file", "type_case"})
# What they declare before their block is in one around it.
_HEADED = frozenset({"expression_switch_statement", "for_statement", "if_statement", "type_switch_statement"})


@dataclass(frozen=True, slots=True)
class NewName:
    """A name that a change declares in the block from ``start`` up to ``end``."""

    path: str
    name: bytes
    start: int
    end: int

    def meets(self, other: NewName) -> bool:
        """Whether one may be seen where the other is meant."""
        same = self.path == other.path and self.name == other.name
        return same and self.start < other.end and other.start < self.end


def new_names(proposal: Proposal, files: Mapping[str, SourceFile]) -> list[NewName]:
    """The names that a proposal adds to functions that had none such."""
    return [
        found for path, edits in proposal.edits.items() if path in files for found in _of_file(path, edits, files[path])
    ]


def _of_file(path: str, edits: Sequence[Replacement], source: SourceFile) -> Iterator[NewName]:
    root = source.tree.root_node
    for edit in edits:
        words = {name for match in _DECLARES.finditer(edit.new) for name in _WORD.findall(match[1] or match[2])}
        if not words:
            continue
        whole = next((one for one in root.children if one.start_byte <= edit.start < one.end_byte), root)
        words -= set(_WORD.findall(source.text, whole.start_byte, whole.end_byte))
        block = root.descendant_for_byte_range(edit.start, edit.start) or root
        while block.parent is not None and not _holds(block, edit.start):
            block = block.parent
        for name in words:
            yield NewName(path, name, block.start_byte, block.end_byte)


def _holds(node: Node, offset: int) -> bool:
    """Whether what is declared at a place is known in a node that it is in, and nowhere else."""
    return node.type in _BLOCKS or (node.type in _HEADED and offset > node.start_byte)


__all__ = ["NewName", "new_names"]
