"""What of a file its package's importers can see, declaration by declaration, without positions and white space.

Types, constants, variables, signatures and directives; and the bodies of functions that importers compile too: those
that can be inlined, and generic ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from stackward.syntax.declared import imports
from stackward.syntax.functions import declared_name
from stackward.syntax.lexer import tokens
from stackward.syntax.tree import SourceFile, text_of

_GROUPS = frozenset({"const_declaration", "type_declaration", "var_declaration", "var_spec_list"})
_SPECS = frozenset({"const_spec", "type_alias", "type_spec", "var_spec"})
_FUNCTIONS = frozenset({"function_declaration", "method_declaration"})


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is seen of one declaration.

    ``names`` are those of the package that it declares; a method belongs to its type, and what all importers see to
    none. ``digest`` is of its tokens, ``mentions`` are the identifiers in it, ``members`` those with a name and a dot
    before them, which may be an imported package's.
    """

    names: tuple[str, ...]
    digest: bytes
    mentions: frozenset[str]
    members: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class FileSurface:
    """``imports`` are pairs of the name that the file gives to a package (empty: the package's own) and its path."""

    declarations: tuple[Declaration, ...]
    imports: tuple[tuple[str, str], ...]


def surface(source: SourceFile, inlinable: Collection[str], told: Mapping[str, str]) -> FileSurface:
    """The surface of a file.

    ``inlinable`` are the functions, in the compiler's notation, that it can inline, and ``told`` is what it found out
    about their parameters.
    """
    seen = [
        _declaration(names, pieces, told.get(function, "")) for names, function, pieces in _pieces(source, inlinable)
    ]
    return FileSurface(tuple(seen), tuple(imports(source)))


def generic_code(source: SourceFile) -> str:
    """A digest of the generic functions of a file with the lines they are on; empty if there are none.

    Their code is compiled in the packages that instantiate them, which report it at these lines.
    """
    text = source.text
    code = [
        (node.start_point.row, text[node.start_byte : node.end_byte])
        for node in source.tree.root_node.children
        if node.type in _FUNCTIONS and declared_name(node, source)[1]
    ]
    return hashlib.blake2b(repr(code).encode(), digest_size=16).hexdigest() if code else ""


def _declaration(names: Sequence[str], pieces: Sequence[bytes], told: str) -> Declaration:
    digest = hashlib.blake2b(told.encode(), digest_size=16)
    mentions: set[bytes] = set()
    members: set[tuple[bytes, bytes]] = set()
    for piece in pieces:
        before = previous = b""
        for token in tokens(piece):
            digest.update(token + b"\0")
            if token[:1].isalpha() or token[:1] == b"_" or token[:1] >= b"\x80":
                if before == b".":
                    members.add((previous, token))
                else:
                    mentions.add(token)
            previous, before = before, token
        # A semicolon divides the pieces, written or not.
        digest.update(b";\0" if before else b"")
    return Declaration(
        tuple(names),
        digest.digest(),
        frozenset(map(_text, mentions)),
        frozenset((_text(one), _text(other)) for one, other in members),
    )


def _text(token: bytes) -> str:
    return token.decode("utf-8", "replace")


def _pieces(source: SourceFile, inlinable: Collection[str]) -> Iterator[tuple[tuple[str, ...], str, tuple[bytes, ...]]]:
    """The names of each declaration, the function that it is, and its texts; comments before it may be directives."""
    everyone: list[bytes] = []
    for comments, node in _declared(source.tree.root_node, source):
        written = source.text[node.start_byte : node.end_byte]
        if node.type in _FUNCTIONS:
            name, generic = declared_name(node, source)
            body = node.child_by_field_name("body")
            if body is not None and not generic and name not in inlinable:
                written = source.text[node.start_byte : body.start_byte]
            yield (_owner(name),), name, (*comments, written)
        elif node.type in _SPECS:
            names = tuple(text_of(one, source) for one in node.children_by_field_name("name") if one.is_named)
            yield names, "", (*comments, _kind(node), *_implied(node, source), written)
        elif node.type == "import_declaration":
            # What cgo compiles stands in comments.
            everyone += map(_quoted, comments) if b'"C"' in written else ()
        elif node.type == "comment" or written.strip(b"; \n"):
            everyone += (*comments, written)
    yield (), "", tuple(everyone)


def _declared(node: Node, source: SourceFile) -> Iterator[tuple[tuple[bytes, ...], Node]]:
    """The declarations below a node, those of groups one by one, with the comments before them."""
    comments: list[bytes] = []
    last: Node | None = None
    for child in node.children:
        if child.type == "comment":
            comments.append(source.text[child.start_byte : child.end_byte])
            last = child
        elif child.type in _GROUPS:
            outer = tuple(comments)
            for before, inner in _declared(child, source):
                yield (*outer, *before), inner
            comments.clear()
        elif child.is_named or child.type == "ERROR":
            yield tuple(comments), child
            comments.clear()
    if comments and last is not None:
        yield tuple(comments[:-1]), last


def _owner(function: str) -> str:
    """The name at package level that a function in the compiler's notation belongs to."""
    return function.partition(".")[0].strip("(*)")


def _kind(spec: Node) -> bytes:
    """The keyword of a specification, which stands before its group."""
    return spec.type.partition("_")[0].encode()


def _implied(spec: Node, source: SourceFile) -> Iterator[bytes]:
    """What a constant's value depends on besides its own text: the expressions that it repeats, and its place."""
    if spec.type != "const_spec":
        return
    valued: Node | None = spec
    while valued is not None and valued.child_by_field_name("value") is None:
        valued = valued.prev_named_sibling
    text = source.text[valued.start_byte : valued.end_byte] if valued is not None else b""
    if valued is not None and valued != spec:
        yield text[valued.children_by_field_name("name")[-1].end_byte - valued.start_byte :]
    if b"iota" in text and spec.parent is not None:
        specs = [one for one in spec.parent.named_children if one.type == "const_spec"]
        yield str(specs.index(spec)).encode()


def _quoted(comment: bytes) -> bytes:
    """A comment that counts, as one token."""
    return b"`" + b" ".join(comment.replace(b"`", b"'").split()) + b"`"
