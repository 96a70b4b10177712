"""Expressions that are the same wherever in their package they stand."""

from __future__ import annotations

from tree_sitter import Node

from stackward.rewrites._names import walk
from stackward.rewrites._scene import Scene


def constant(scene: Scene, body: Node) -> bool:
    """Whether all elements of a literal are constants of the package, or literals of such."""
    for element in body.named_children:
        if element.type == "comment":
            continue
        for part in element.named_children if element.type == "keyed_element" else [element]:
            inner = part.named_children[0] if part.type == "literal_element" and part.named_children else part
            if inner.type == "literal_value":
                if not constant(scene, inner):
                    return False
            elif inner.type == "composite_literal":
                nested = inner.child_by_field_name("body")
                if nested is None or not constant(scene, nested) or not of_package(scene, inner):
                    return False
            elif part.parent is not None and _is_field_name(scene, part, inner):
                continue
            elif scene.constant(inner) is None or not of_package(scene, inner):
                return False
    return of_package(scene, scene.node)


def _is_field_name(scene: Scene, part: Node, inner: Node) -> bool:
    """Whether a part is the name of a field: the first of a keyed element, which has no value."""
    element = part.parent
    if element is None or element.type != "keyed_element" or element.named_children[0] != part:
        return False
    found = scene.facts(inner)
    return (
        inner.type == "identifier" and found is not None and found.object is not None and found.object.kind == "field"
    )


def of_package(scene: Scene, node: Node) -> bool:
    """Whether nothing in an expression is declared in a function."""
    for one in walk(node):
        if one.type not in {"identifier", "type_identifier"}:
            continue
        found = scene.facts(one)
        if found is None or found.object is None or found.object.scope == "local":
            return False
    return True


__all__ = ["constant", "of_package"]
