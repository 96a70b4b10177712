"""What a file declares at package level, for the places where one name can be two things."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from stackward.syntax.endings import Endings, Helper, endings, helper
from stackward.syntax.functions import declared_name
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
    """Functions and methods in the compiler's notation, with the names of their parameters, ``""`` for those without
    one; the first of a method is the receiver's.
    """
    helpers: tuple[Helper, ...] = ()
    """The same, as far as it matters to whether a call of them returns."""


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
    helpers: list[Helper] = []
    for node in source.tree.root_node.named_children:
        if node.type in {"function_declaration", "method_declaration"}:
            if node.type == "method_declaration":
                methods.update(_field_texts(node, "name", source))
            listed = [node.child_by_field_name(field) for field in ("receiver", "parameters")]
            parameters = (name for one in listed if one is not None for name in _parameters(one, source))
            functions.append((declared_name(node, source)[0], tuple(parameters)))
            helpers.append(helper(node, source))
        elif node.type == "type_declaration":
            for spec in node.named_children:
                named, kind = spec.child_by_field_name("name"), spec.child_by_field_name("type")
                if named is None or kind is None:
                    continue
                types.append((text_of(named, source), _SHAPES.get(kind.type) or _other(kind, source)))
                fields.update(_named_below(kind, "field_declaration", source))
                methods.update(_named_below(kind, "method_elem", source))
    return Declared(tuple(types), frozenset(methods), frozenset(fields), tuple(functions), tuple(helpers))


class Declarations:
    """What some files declare, taken together."""

    def __init__(self, files: Iterable[Declared]) -> None:
        self._files = tuple(files)

    @functools.cached_property
    def functions(self) -> Mapping[str, tuple[str, ...]]:
        """The names of their parameters, by functions and methods."""
        return {name: parameters for one in self._files for name, parameters in one.functions}

    @functools.cached_property
    def methods(self) -> frozenset[str]:
        return frozenset().union(*(one.methods for one in self._files))

    @functools.cached_property
    def fields(self) -> frozenset[str]:
        return frozenset().union(*(one.fields for one in self._files))

    @functools.cached_property
    def endings(self) -> Endings:
        """The functions that never return."""
        return endings((helper for one in self._files for helper in one.helpers), set(self.fields))

    @functools.cached_property
    def _types(self) -> Mapping[str, Shape | str]:
        return {name: what for one in self._files for name, what in one.types}

    def shape(self, name: str) -> Shape | None:
        """What stands behind a type's name; None if it is not declared here."""
        for _ in range(len(self._types) + 1):
            what = self._types.get(name)
            if isinstance(what, Shape) or what is None:
                return what if what is not None else _BASIC.get(name)
            name = what
        return None


def imports(source: SourceFile) -> Iterator[tuple[str, str]]:
    """What a file imports: the name that it gives to a package, empty where it gives none, and the path."""
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
            waiting += reversed(node.named_children)


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
        names = _field_texts(declaration, "name", source) or [""]
        yield from (f"...{one}" for one in names) if declaration.type.startswith("variadic") else names


def _field_texts(node: Node, field: str, source: SourceFile) -> list[str]:
    return [text_of(child, source) for child in node.children_by_field_name(field)]
