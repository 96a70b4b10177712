"""What of a file its package's importers can see, without positions, comments and white space.

Types, constants, variables, signatures and directives; and the bodies of functions that importers compile too: those
that can be inlined, and generic ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from stackward.syntax.functions import declared_name
from stackward.syntax.tree import SourceFile, text_of


@dataclass(frozen=True, slots=True)
class FileSurface:
    """``digest`` of all tokens; ``qualifiers`` are the names before a dot in them, which may be imported packages.

    ``imports`` are pairs of the name that the file gives to a package (empty: the package's own) and its import path.
    """

    digest: str
    qualifiers: frozenset[str]
    imports: tuple[tuple[str, str], ...]


def surface(source: SourceFile, keep_body: Callable[[str], bool]) -> FileSurface:
    """The surface of a file.

    ``keep_body`` tells by its name in the compiler's notation whether a function can be inlined.
    """
    tokens = hashlib.blake2b(digest_size=16)
    qualifiers: set[str] = set()
    for leaf in _leaves(source, keep_body):
        tokens.update(source.text[leaf.start_byte : leaf.end_byte])
        tokens.update(b"\0")
        parent = leaf.parent
        if parent is not None and leaf.next_sibling is not None and leaf.next_sibling.type == ".":
            qualifiers.add(text_of(leaf, source))
    return FileSurface(tokens.hexdigest(), frozenset(qualifiers), tuple(_imports(source)))


def _imports(source: SourceFile) -> Iterator[tuple[str, str]]:
    for declaration in source.tree.root_node.named_children:
        if declaration.type != "import_declaration":
            continue
        waiting = [declaration]
        while waiting:
            node = waiting.pop()
            path = node.child_by_field_name("path") if node.type == "import_spec" else None
            if path is not None:
                name = node.child_by_field_name("name")
                yield (text_of(name, source) if name is not None else ""), text_of(path, source).strip('"`')
            waiting += node.named_children


def _leaves(source: SourceFile, keep_body: Callable[[str], bool]) -> Iterator[Node]:
    waiting = list(reversed(source.tree.root_node.children))
    while waiting:
        node = waiting.pop()
        kind = node.type
        if kind == "comment":
            # Directives stand in comments that begin without a space.
            text = source.text[node.start_byte : node.start_byte + 5]
            if text.startswith(b"//") and text[2:3].isalpha():
                yield node
            continue
        if kind in {"\n", ";"}:
            continue
        if kind in {"function_declaration", "method_declaration"}:
            waiting += reversed(_parts(node, source, keep_body))
        elif node.child_count == 0 or kind in {"interpreted_string_literal", "raw_string_literal"}:
            yield node
        else:
            waiting += reversed(node.children)


def _parts(function: Node, source: SourceFile, keep_body: Callable[[str], bool]) -> list[Node]:
    name, generic = declared_name(function, source)
    if generic or keep_body(name):
        return function.children
    body = function.child_by_field_name("body")
    return [child for child in function.children if child != body]
