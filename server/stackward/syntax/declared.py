"""What a file declares at package level, for the places where one name can be two things."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from stackward.syntax.tree import SourceFile, text_of


class Shape(enum.Enum):
    """What stands behind a type's name."""

    STRUCT = "struct"
    SLICE = "slice"
    MAP = "map"
    ARRAY = "array"
    STRING = "string"
    INTERFACE = "interface"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Declared:
    """Types with their shapes (or the name of the type that they are defined by), methods, those of interfaces too,
    and fields of structs.
    """

    types: tuple[tuple[str, Shape | str], ...]
    methods: frozenset[str]
    fields: frozenset[str]
    functions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Functions with the names of their parameters, one entry for each; ``""`` for those without a name."""


_SHAPES = {
    "struct_type": Shape.STRUCT,
    "slice_type": Shape.SLICE,
    "map_type": Shape.MAP,
    "array_type": Shape.ARRAY,
    "interface_type": Shape.INTERFACE,
}
_BASIC = {"string": Shape.STRING, "any": Shape.INTERFACE, "error": Shape.INTERFACE}


def declared(source: SourceFile) -> Declared:
    """The declarations of one file."""
    types: list[tuple[str, Shape | str]] = []
    methods: set[str] = set()
    fields: set[str] = set()
    functions: list[tuple[str, tuple[str, ...]]] = []
    for node in source.tree.root_node.named_children:
        if node.type == "method_declaration":
            methods.update(_field_texts(node, "name", source))
        elif node.type == "function_declaration":
            listed = node.child_by_field_name("parameters")
            for name in _field_texts(node, "name", source):
                functions.append((name, tuple(_parameters(listed, source)) if listed is not None else ()))
        elif node.type == "type_declaration":
            for spec in node.named_children:
                named, kind = spec.child_by_field_name("name"), spec.child_by_field_name("type")
                if named is None or kind is None:
                    continue
                types.append((text_of(named, source), _SHAPES.get(kind.type) or _other(kind, source)))
                fields.update(_named_below(kind, "field_declaration", source))
                methods.update(_named_below(kind, "method_elem", source))
    return Declared(tuple(types), frozenset(methods), frozenset(fields), tuple(functions))


def shape(name: str, files: Iterable[Declared]) -> Shape | None:
    """What stands behind a type's name in a package; None if the package does not declare it."""
    types = {declared_name: what for one in files for declared_name, what in one.types}
    for _ in range(len(types) + 1):
        what = types.get(name)
        if isinstance(what, Shape) or what is None:
            return what if what is not None else _BASIC.get(name)
        name = what
    return None


def _other(kind: Node, source: SourceFile) -> Shape | str:
    return text_of(kind, source) if kind.type == "type_identifier" else Shape.OTHER


def _named_below(kind: Node, what: str, source: SourceFile) -> Iterator[str]:
    waiting = [kind]
    while waiting:
        node = waiting.pop()
        if node.type == what:
            yield from _field_texts(node, "name", source)
        waiting += node.named_children


def _parameters(listed: Node, source: SourceFile) -> Iterator[str]:
    for declaration in listed.named_children:
        names = _field_texts(declaration, "name", source)
        yield from names or [""]


def _field_texts(node: Node, field: str, source: SourceFile) -> list[str]:
    return [text_of(child, source) for child in node.children_by_field_name(field)]
