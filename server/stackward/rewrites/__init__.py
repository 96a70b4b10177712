"""The rewrites: each proposes changes of one kind, from syntax and types; the engine proves them.

The registry is written out; a new rewrite is one file and one line here.
"""

from __future__ import annotations

from stackward.rewrites import package_level, sprintf, string_builder
from stackward.rewrites._imports import imports, settled
from stackward.rewrites._names import declared_names, walk
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite, Span
from stackward.rewrites._scene import PackageView, Scene
from stackward.syntax.tree import parse

__all__ = [
    "REWRITES",
    "Applicability",
    "Example",
    "Offer",
    "PackageView",
    "Proposal",
    "Refusal",
    "Refused",
    "Rewrite",
    "Scene",
    "Span",
    "declared_names",
    "find",
    "imported",
    "settled_imports",
    "walk",
]

REWRITES: tuple[Rewrite, ...] = (package_level.REWRITE, sprintf.REWRITE, string_builder.REWRITE)

_BY_NAME = {rewrite.name: rewrite for rewrite in REWRITES}

settled_imports = settled


def find(name: str) -> Rewrite | None:
    """The rewrite of that name."""
    return _BY_NAME.get(name)


def imported(text: bytes) -> list[str]:
    """The import paths of a Go file."""
    return [one.path for one in imports(parse(text))]
