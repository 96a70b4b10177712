"""The Go files of a folder that are not compiled here: for another system, left out by a tag, or run by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from stackward.rewrites._imports import package_level
from stackward.rewrites._names import names
from stackward.syntax.tree import SourceFile, package_of, text_of

# Each file may have its own.
_REPEATED = frozenset({"_", "init", "main"})
_LINKED = re.compile(rb"^//go:linkname\s[^\n]*", re.MULTILINE)


class Uncompiled:
    """What ``files`` may have to do with the ``compiled`` ones of a package, whose name is ``package``."""

    def __init__(self, files: Iterable[SourceFile], compiled: Iterable[SourceFile], package: str) -> None:
        self._files = tuple(files)
        own = {
            one for source in self._files if package_of(source) in {package, f"{package}_test"} for one in _own(source)
        }
        # Elsewhere they are compiled in the place of others, so that a name means another thing there.
        self._instead = bool(own) and any(one in own for source in compiled for one in _own(source))

    def hides(self, name: str) -> bool:
        """Whether they may use a name, or change what the code that uses it is about.

        They may not if they do not mention it and only add to what is compiled here.
        """
        return self._instead or any(_mentions(source, name) for source in self._files)


def _own(source: SourceFile) -> Iterator[str]:
    """What a file declares for its package, methods after their types."""
    yield from package_level(source) - _REPEATED
    for node in source.tree.root_node.named_children:
        name, receiver = node.child_by_field_name("name"), node.child_by_field_name("receiver")
        if node.type == "method_declaration" and name is not None and receiver is not None:
            typed = re.search(r"\*?\s*(\w+)\s*(?:\[[^\]]*\])?\s*,?\s*\)$", text_of(receiver, source))
            yield f"{typed[1] if typed is not None else ''}.{text_of(name, source)}"


def _mentions(source: SourceFile, name: str) -> bool:
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    if word.search(source.text.decode("utf-8", "replace")) is None:
        return False
    if source.tree.root_node.has_error or name in names(source):
        return True
    return any(word.search(one[0].decode("utf-8", "replace")) for one in _LINKED.finditer(source.text))


__all__ = ["Uncompiled"]
