"""A package without most bodies, in which the compiler decides about the functions left what it decides in the whole.

What becomes of a value depends on the function that it is in and on those which that one calls: on what they inline,
and on which of their parameters leak. Callers do not matter. So the bodies that are left are those of some functions
and of all that these may reach, by name: more than they do call, never fewer within the package. Nothing moves: a
body that is left out leaves its line breaks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from stackward.syntax.functions import declared_name
from stackward.syntax.mentions import Mentions, mentions
from stackward.syntax.tree import SourceFile

# Positions after such a comment are about other lines, or other files.
LINE_DIRECTIVE = re.compile(rb"^//line |/\*line ", re.MULTILINE)
# A stub with a body, where the language wants one: it ends in any function, whatever that returns.
_ENDLESS = b"{for{}}"
_WITH_BODY = frozenset({b"init", b"main", b"_"})


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """A declared function with a body: the bytes ``body`` to ``end`` of ``text``, the file's.

    ``name`` is the bare one, ``key`` tells texts of the whole declaration apart, ``stub`` stands in for the body. Two
    that read the same are still two. A ``generic`` one is compiled for those that call it, so callers do matter.
    """

    name: bytes
    method: bool
    generic: bool
    key: int
    start: int
    body: int
    end: int
    text: bytes
    stub: bytes

    @property
    def code(self) -> bytes:
        """The body."""
        return self.text[self.body : self.end]

    @property
    def size(self) -> int:
        """How many bytes the body has."""
        return self.end - self.body


@dataclass(frozen=True, slots=True)
class Import:
    """An import but as ``_``: the name that the file gives it (or empty, or a dot), its path, the bytes of the name."""

    name: bytes
    path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Outline:
    """The functions of a file, its imports, and what the code outside of bodies mentions and declares (but methods)."""

    declarations: tuple[Declaration, ...]
    imports: tuple[Import, ...]
    outside: Mentions
    declared: frozenset[bytes]


def outline(source: SourceFile) -> Outline | None:
    """The outline of a file, made once per text; None for one that bodies cannot be left out of.

    Such is code that does not parse, that is about positions in other files, or that imports C.
    """
    known = source.__dict__.get("outline", _UNKNOWN)
    if known is _UNKNOWN:
        known = source.__dict__["outline"] = _outline(source)
    result: Outline | None = known
    return result


_UNKNOWN = object()


def reached(
    wanted: Iterable[Declaration],
    declarations: Iterable[Declaration],
    mentioned: Callable[[Declaration], Mentions],
) -> set[Declaration]:
    """The functions among ``declarations`` that the ``wanted`` ones may call, and these themselves."""
    functions: dict[bytes, list[Declaration]] = {}
    methods: dict[bytes, list[Declaration]] = {}
    for one in declarations:
        (methods if one.method else functions).setdefault(one.name, []).append(one)
    found = set(wanted)
    waiting = list(found)
    while waiting:
        names = mentioned(waiting.pop())
        for declared, named in ((functions, names.functions), (methods, names.methods)):
            for name in declared.keys() & named:
                fresh = [one for one in declared.pop(name) if one not in found]
                found.update(fresh)
                waiting += fresh
    return found


@dataclass(frozen=True, slots=True)
class Names:
    """The names of packages by the import paths in sources, and what those declare that are imported with a dot."""

    packages: Mapping[str, str]
    dotted: Mapping[str, frozenset[bytes]]

    def imported(self, one: Import, used: Mentions) -> bool:
        """Whether a file that mentions these names makes use of an import."""
        if one.name == b".":
            return not used.functions.isdisjoint(self.dotted.get(one.path, ()))
        name = one.name or self.packages.get(one.path, one.path.rpartition("/")[2]).encode()
        return name in used.qualifiers


def excerpt(
    source: SourceFile,
    outlined: Outline,
    kept: set[Declaration],
    mentioned: Callable[[Declaration], Mentions],
    names: Names,
) -> bytes:
    """The text of a file with the bodies of ``kept`` functions only; imports that no code needs then become ``_``."""
    left_out = [one for one in outlined.declarations if one not in kept]
    if not left_out:
        return source.text
    left = [outlined.outside, *(mentioned(one) for one in outlined.declarations if one in kept)]
    used = Mentions(*(frozenset[bytes]().union(*parts) for parts in zip(*map(_parts, left), strict=True)))
    edits = [(one.body, one.end, one.stub) for one in left_out]
    edits += [
        (one.start, one.end, b"_" if one.name else b"_ ") for one in outlined.imports if not names.imported(one, used)
    ]
    pieces, at = [], 0
    for start, end, new in sorted(edits):
        pieces += [source.text[at:start], new]
        at = end
    return b"".join([*pieces, source.text[at:]])


def _parts(one: Mentions) -> tuple[frozenset[bytes], frozenset[bytes], frozenset[bytes]]:
    return one.methods, one.functions, one.qualifiers


def _outline(source: SourceFile) -> Outline | None:
    root, text = source.tree.root_node, source.text
    if root.has_error or LINE_DIRECTIVE.search(text):
        return None
    declarations: list[Declaration] = []
    imports: list[Import] = []
    named: set[bytes] = set()
    outside, at = [], 0
    for node in root.named_children:
        named.update(_declared(node))
        if node.type == "import_declaration":
            found = _imports(node)
            if found is None:
                return None
            imports += found
        elif node.type in {"function_declaration", "method_declaration"}:
            declared = _declaration(node, source)
            if declared is not None:
                declarations.append(declared)
                outside.append(text[at : declared.body])
                at = declared.end
    outside.append(text[at:])
    return Outline(tuple(declarations), tuple(imports), mentions(b"\n".join(outside)), frozenset(named))


def _declared(node: Node) -> Iterator[bytes]:
    """The names that a declaration at package level declares."""
    specs = [node] if node.type == "function_declaration" else []
    if node.type in {"type_declaration", "const_declaration", "var_declaration"}:
        specs = node.named_children
        if node.type == "var_declaration" and specs and specs[0].type == "var_spec_list":
            specs = specs[0].named_children
    for spec in specs:
        yield from (name.text for name in spec.children_by_field_name("name") if name.text is not None)


def _declaration(node: Node, source: SourceFile) -> Declaration | None:
    named, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if named is None or body is None:
        return None
    text = source.text
    name = text[named.start_byte : named.end_byte]
    _, generic = declared_name(node, source)
    stub = (_ENDLESS if generic or name in _WITH_BODY else b"") + b"\n" * text.count(
        b"\n", body.start_byte, body.end_byte
    )
    key = hash(text[node.start_byte : node.end_byte])
    method = node.type == "method_declaration"
    return Declaration(name, method, generic, key, node.start_byte, body.start_byte, node.end_byte, text, stub)


def _imports(declaration: Node) -> list[Import] | None:
    found: list[Import] = []
    waiting = [declaration]
    while waiting:
        node = waiting.pop()
        path = node.child_by_field_name("path") if node.type == "import_spec" else None
        if path is None or path.text is None:
            waiting += node.named_children
            continue
        name = node.child_by_field_name("name")
        imported = path.text.decode("utf-8", "replace").strip('"`')
        if imported == "C":
            return None
        if name is None:
            found.append(Import(b"", imported, path.start_byte, path.start_byte))
        elif name.text is not None and name.text != b"_":
            found.append(Import(name.text, imported, name.start_byte, name.end_byte))
    return found
