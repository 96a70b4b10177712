"""What of a file its package's importers can see, without positions, comments and white space.

Types, constants, variables, signatures and directives; and the bodies of functions that importers compile too: those
that can be inlined, and generic ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from stackward.syntax.declared import imports
from stackward.syntax.functions import declared_name
from stackward.syntax.lexer import tokens
from stackward.syntax.tree import SourceFile


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
    digest = hashlib.blake2b(digest_size=16)
    qualifiers: set[str] = set()
    for piece in _pieces(source, keep_body):
        before = previous = b""
        for token in tokens(piece):
            digest.update(token + b"\0")
            if token == b"." and previous != b".":
                qualifiers.add(before.decode("utf-8", "replace"))
            before, previous = token, before
        # A semicolon divides declarations, written or not; a comment that is no directive divides nothing.
        digest.update(b";\0" if before else b"")
    return FileSurface(digest.hexdigest(), frozenset(qualifiers), tuple(imports(source)))


def generic_code(source: SourceFile) -> str:
    """A digest of the generic functions of a file with the lines they are on; empty if there are none.

    Their code is compiled in the packages that instantiate them, which report it at these lines.
    """
    text = source.text
    code = [
        (node.start_point.row, text[node.start_byte : node.end_byte])
        for node in source.tree.root_node.children
        if node.type in {"function_declaration", "method_declaration"} and declared_name(node, source)[1]
    ]
    return hashlib.blake2b(repr(code).encode(), digest_size=16).hexdigest() if code else ""


def _pieces(source: SourceFile, keep_body: Callable[[str], bool]) -> Iterator[bytes]:
    """The texts of all declarations that are seen, and comments, which may be directives."""
    text = source.text
    comments: list[bytes] = []
    for node in source.tree.root_node.children:
        written = text[node.start_byte : node.end_byte]
        if node.type == "comment":
            comments.append(written)
            yield written
            continue
        if node.type == "import_declaration" and b'"C"' in written:
            # What cgo compiles stands in comments.
            yield from map(_quoted, comments)
        if node.type not in {"\n", ";"}:
            comments = []
            yield from _seen(node, source, keep_body)


def _quoted(comment: bytes) -> bytes:
    """A comment that counts, as one token."""
    return b"`" + b" ".join(comment.replace(b"`", b"'").split()) + b"`"


def _seen(node: Node, source: SourceFile, keep_body: Callable[[str], bool]) -> Iterator[bytes]:
    text, end = source.text, node.end_byte
    if node.type in {"function_declaration", "method_declaration"}:
        body = node.child_by_field_name("body")
        name, generic = declared_name(node, source)
        if body is not None and not generic and not keep_body(name):
            end = body.start_byte
    yield text[node.start_byte : end]
