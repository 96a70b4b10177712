"""Names that are taken: what new code must not declare, and what it cannot use."""

from __future__ import annotations

from collections.abc import Iterable

from tree_sitter import Node

from stackward.syntax.tree import SourceFile, text_of

# Predeclared: to declare one of them again is legal and asks for trouble.
PREDECLARED = frozenset(
    [
        "any",
        "append",
        "bool",
        "byte",
        "cap",
        "clear",
        "close",
        "comparable",
        "complex",
        "complex128",
        "complex64",
        "copy",
        "delete",
        "error",
        "false",
        "float32",
        "float64",
        "imag",
        "int",
        "int16",
        "int32",
        "int64",
        "int8",
        "iota",
        "len",
        "make",
        "max",
        "min",
        "new",
        "nil",
        "panic",
        "print",
        "println",
        "real",
        "recover",
        "rune",
        "string",
        "true",
        "uint",
        "uint16",
        "uint32",
        "uint64",
        "uint8",
        "uintptr",
    ]
)
KEYWORDS = frozenset(
    [
        "break",
        "case",
        "chan",
        "const",
        "continue",
        "default",
        "defer",
        "else",
        "fallthrough",
        "for",
        "func",
        "go",
        "goto",
        "if",
        "import",
        "interface",
        "map",
        "package",
        "range",
        "return",
        "select",
        "struct",
        "switch",
        "type",
        "var",
    ]
)


def declared_names(files: Iterable[SourceFile]) -> frozenset[str]:
    """All names that occur in some files, and those that Go declares or reserves."""
    return PREDECLARED | KEYWORDS | frozenset(name for source in files for name in names(source))


def names_within(node: Node, source: SourceFile) -> frozenset[str]:
    """All names that occur in a node, and those that Go declares or reserves."""
    found = frozenset(text_of(one, source) for one in walk(node) if one.type in _IDENTIFIERS)
    return PREDECLARED | KEYWORDS | found


def names(source: SourceFile) -> frozenset[str]:
    """All identifiers that occur in a file; collected once per text."""
    known: frozenset[str] | None = source.__dict__.get("names")
    if known is None:
        known = source.__dict__["names"] = frozenset(
            text_of(node, source) for node in walk(source.tree.root_node) if node.type in _IDENTIFIERS
        )
    return known


_IDENTIFIERS = frozenset(
    {"field_identifier", "identifier", "label_name", "package_identifier", "type_identifier", "blank_identifier"}
)


def walk(node: Node) -> Iterable[Node]:
    """A node and all nodes in it, in the order of the source."""
    cursor = node.walk()
    while True:
        assert cursor.node is not None
        yield cursor.node
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
