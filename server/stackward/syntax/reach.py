"""Which functions a function may call, by their names: more than it does call, never fewer within a package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tree_sitter import Node

from stackward.syntax.functions import declared_name
from stackward.syntax.mentions import mentions
from stackward.syntax.tree import SourceFile, function_nodes


def mentioned(sources: Iterable[SourceFile]) -> dict[str, set[str]]:
    """For each declared function the names that its body mentions; methods are known by their bare names."""
    found: dict[str, set[str]] = {}
    for source in sources:
        for node in function_nodes(source):
            if node.type != "func_literal":
                found.setdefault(bare(declared_name(node, source)[0]), set()).update(_names(node, source))
    return found


def bare(function: str) -> str:
    """``(*T).Method`` as ``Method``."""
    return function.rpartition(".")[2]


def reaching(target: str, mentions: Mapping[str, set[str]]) -> set[str]:
    """The functions from which ``target`` may be reached, itself included."""
    found = {bare(target)}
    grown = True
    while grown:
        fresh = {name for name, names in mentions.items() if name not in found and not names.isdisjoint(found)}
        found |= fresh
        grown = bool(fresh)
    return found


def _names(node: Node, source: SourceFile) -> set[str]:
    body = node.child_by_field_name("body")
    found = mentions(source.text[body.start_byte : body.end_byte]) if body is not None else None
    return {name.decode("utf-8", "replace") for name in found.methods | found.functions} if found is not None else set()
