"""What may run while the variables of a package are initialised, before one that is declared later has its value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from tree_sitter import Node

from stackward.rewrites._imports import package_level
from stackward.rewrites._names import PREDECLARED, walk
from stackward.rewrites._scene import Scene, is_call
from stackward.rewrites._variables import own
from stackward.syntax.tree import SourceFile, text_of


def initialises(scene: Scene, function: Node) -> str:
    """The variable that is initialised too early for a new one that stands above a function and is used in it.

    Variables are initialised in the order of their declarations, and after those that the functions which they mention
    need. Not known to the compiler is a method that is called through an interface: there it would be used too soon.
    Empty if there is no such variable.
    """
    declared: _Declared | None = None
    types = {name for source in scene.package.files.values() for name in _types(source)}
    for path, source in scene.package.files.items():
        if path != scene.path and (path.endswith("_test.go") or PurePath(path).name > PurePath(scene.path).name):
            continue
        for name, value in _variables(source):
            if path == scene.path and value.start_byte > function.start_byte:
                break
            if not _calls(value, source, types):
                continue
            declared = declared or _Declared.of(scene.package.files)
            key = (scene.path, function.start_byte)
            if key in declared.reached(path, value) and key not in declared.reached(path, value, methods=False):
                return name
    return ""


def _variables(source: SourceFile) -> Iterator[tuple[str, Node]]:
    """The variables of a package that have a value, with that."""
    for node in source.tree.root_node.named_children:
        for spec in walk(node) if node.type == "var_declaration" else ():
            value = spec.child_by_field_name("value") if spec.type == "var_spec" else None
            if value is not None and spec.parent is not None and spec.parent.parent in {node, source.tree.root_node}:
                yield text_of(spec.children_by_field_name("name")[0], source), value


def _calls(value: Node, source: SourceFile, types: Container[str]) -> bool:
    """Whether something is called for a value, conversions and what Go declares aside."""
    for node in own(value, "func_literal"):
        function = node.child_by_field_name("function") if is_call(node) else None
        # A pointer's type is in parentheses: ``var _ error = (*Missing)(nil)``.
        name = text_of(function, source).strip("(*)") if function is not None else ""
        if name and name not in PREDECLARED and name not in types:
            return True
    return False


def _types(source: SourceFile) -> Iterator[str]:
    for node in source.tree.root_node.named_children:
        for spec in node.named_children if node.type == "type_declaration" else ():
            name = spec.child_by_field_name("name")
            if name is not None:
                yield text_of(name, source)


@dataclass(frozen=True, slots=True)
class _Declared:
    """The declarations of a package by their names, and methods by the names of their types."""

    files: Mapping[str, SourceFile]
    names: dict[str, list[tuple[str, Node]]] = field(default_factory=lambda: defaultdict(list))
    methods: dict[str, list[tuple[str, Node]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, files: Mapping[str, SourceFile]) -> _Declared:
        made = cls(files)
        for path, source in files.items():
            for node in source.tree.root_node.named_children:
                receiver, name = node.child_by_field_name("receiver"), node.child_by_field_name("name")
                if receiver is not None:
                    typed = next((one for one in walk(receiver) if one.type == "type_identifier"), None)
                    if typed is not None:
                        made.methods[text_of(typed, source)].append((path, node))
                elif name is not None:
                    made.names[text_of(name, source)].append((path, node))
                else:
                    # A constant may have the type of the one above it.
                    for one in walk(node):
                        if one.type in _NAMES and text_of(one, source) in package_level(source):
                            made.names[text_of(one, source)].append((path, node))
        return made

    def reached(self, path: str, value: Node, *, methods: bool = True) -> set[tuple[str, int]]:
        """The places of what a value may lead to.

        That are the declarations of all names in it, and in these; and the methods of their types that another package
        could call, or whose names are mentioned.
        """
        found = {(path, value.start_byte)}
        pending, types, mentioned = [(path, value)], set[str](), set[str]()
        while pending:
            path, node = pending.pop()
            source = self.files[path]
            for one in walk(node):
                if one.type == "field_identifier":
                    mentioned.add(text_of(one, source))
                more = self.names.get(name := text_of(one, source), ()) if one.type in _NAMES else ()
                if more and name in self.methods:
                    types.add(name)
                for place in more:
                    _add(place, found, pending)
            if pending or not methods:
                continue
            for typed in types:
                for place in self.methods[typed]:
                    name = text_of(place[1].child_by_field_name("name") or place[1], self.files[place[0]])
                    if name[:1].isupper() or name in mentioned:
                        _add(place, found, pending)
        return found


_NAMES = frozenset({"identifier", "type_identifier"})


def _add(place: tuple[str, Node], found: set[tuple[str, int]], pending: list[tuple[str, Node]]) -> None:
    key = (place[0], place[1].start_byte)
    if key not in found:
        found.add(key)
        pending.append(place)


__all__ = ["initialises"]
