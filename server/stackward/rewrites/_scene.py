"""What a rewrite sees: a place in the source, the package around it, and what the type checker knows of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.core.facts import BASIC_TYPES, ExprFacts, TypeInfo, Use
from stackward.core.hint import Hint
from stackward.rewrites import _imports
from stackward.rewrites._names import declared_names, names_within
from stackward.rewrites._rewrite import Span
from stackward.syntax.anchors import arguments, callee_node, is_call, operand_of, unparenthesized
from stackward.syntax.tree import SourceFile, text_of

_TRIED = 8  # Names that are looked for in files that are not compiled.
_BINDS_TIGHTER = frozenset({"call_expression", "index_expression", "selector_expression", "slice_expression"})
FUNCTIONS = frozenset({"function_declaration", "func_literal", "method_declaration"})


class PackageView(Protocol):
    """A package with its tests, as the user sees it now."""

    @property
    def import_path(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def directory(self) -> str: ...

    @property
    def language(self) -> int:
        """The minor version of Go 1 that go.mod asks for: what the code may use."""

    @property
    def files(self) -> Mapping[str, SourceFile]:
        """The Go files of the folder that are compiled, tests included, by path."""

    @property
    def complete(self) -> bool:
        """Whether these are all Go files of the folder: none is for another system or left out by a tag."""

    def hides(self, name: str) -> bool:
        """Whether other Go files of the folder may use a name, or change what the code that uses it is about."""

    def hints(self, path: str) -> Sequence[Hint]:
        """What the analysis of a file found, in the package itself unless it is a test."""

    def facts(self, spans: Sequence[Span], *, uses: bool = False) -> list[ExprFacts | None]:
        """What the type checker knows of expressions. ``uses`` are those in all files, tests included."""

    def is_pattern(self, pattern: str) -> bool:
        """Whether package regexp takes a regular expression."""

    def is_template(self, text: str) -> bool:
        """Whether package text/template takes the text of a template, which calls nothing but what each may call."""

    def importers(self) -> Sequence[PackageView] | None:
        """The packages of the module, or of the modules of go.work, that import this one; None if that is unknown."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The node at which a rewrite may start. Nodes are of this file's tree unless a path is given."""

    package: PackageView
    path: str
    source: SourceFile
    node: Node

    # Syntax

    def text(self, node: Node) -> str:
        """The source text of a node."""
        return text_of(node, self.source)

    def around(self, node: Node | None = None) -> Iterator[Node]:
        """The nodes around one, innermost first."""
        at = (node or self.node).parent
        while at is not None:
            yield at
            at = at.parent

    def node_at(self, start: int, end: int | None = None) -> Node:
        """The smallest named node at a place."""
        found = self.source.tree.root_node.named_descendant_for_byte_range(start, start if end is None else end)
        assert found is not None
        return found

    def within(self, outer: Node, node: Node) -> bool:
        """Whether a node is another, or inside it."""
        return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte

    def function(self, node: Node | None = None) -> Node | None:
        """The innermost function around a node."""
        return next((one for one in self.around(node) if one.type in FUNCTIONS), None)

    def declaration(self, node: Node | None = None) -> Node | None:
        """The declared function around a node, outside of all func literals."""
        return next((one for one in self.around(node) if one.type in FUNCTIONS - {"func_literal"}), None)

    def statement(self, node: Node | None = None) -> Node:
        """The statement of a statement list that a node is, or is in."""
        inner = node or self.node
        for outer in self.around(inner):
            if outer.type in {"statement_list", "block", "source_file"}:
                return inner
            inner = outer
        return inner

    def indent(self, node: Node) -> str:
        """The white space before the line on which a node starts."""
        start = self.source.text.rfind(b"\n", 0, node.start_byte) + 1
        line = self.source.text[start : node.start_byte]
        return line[: len(line) - len(line.lstrip(b" \t"))].decode()

    def span(self, node: Node, path: str = "") -> Span:
        """Where a node is."""
        return Span(path or self.path, node.start_byte, node.end_byte)

    # Types

    def facts(self, node: Node, *, uses: bool = False) -> ExprFacts | None:
        """What is known of exactly this expression."""
        return self.facts_at(self.span(node), uses=uses)

    def facts_at(self, span: Span, *, uses: bool = False) -> ExprFacts | None:
        """What is known of exactly the expression at a place, in any file of the package."""
        found = self.package.facts([span], uses=uses)[0]
        return found if found is not None and found.exact else None

    def type(self, node: Node) -> TypeInfo | None:
        """The type of an expression; None where it has no valid one."""
        found = self.facts(node)
        return found.type if found is not None and found.type is not None and found.type.kind != "invalid" else None

    def constant(self, node: Node) -> str | None:
        """The exact value of a constant expression, a string as a Go literal."""
        found = self.facts(node)
        return found.constant if found is not None else None

    def callee(self, call: Node) -> str:
        """The full name of the function that a call calls for certain: ``fmt.Sprintf``, ``(*bytes.Buffer).Len``."""
        found = self.facts(call)
        static = found is not None and found.call is not None and found.call.kind in {"static", "builtin"}
        return found.call.callee if static and found is not None and found.call is not None else ""

    def uses(self, name: Node) -> tuple[Use, ...] | None:
        """All uses of what an identifier stands for, its declaration not among them; None where it is not known."""
        found = self.facts(name, uses=True)
        if found is None or found.object is None or not found.object.path:
            return None
        return found.object.uses

    # Names

    def free_name(self, *wanted: str, within: Node | None = None) -> str:
        """The first of these names, or of the last with a number, that nothing in the file or package has yet.

        Files that are not compiled count as far as they can be read. What is declared ``within`` a function may have
        the name of what others declare in theirs.
        """
        files = self.package.files.values()
        taken = declared_names(files)
        if within is not None:
            around = frozenset(one.qualifier for one in _imports.imports(self.source))
            taken = names_within(within, self.source).union(around, *map(_imports.package_level, files))
        names = (*wanted, *(f"{wanted[-1]}{number}" for number in range(2, len(taken) + 3)))
        free = [name for name in names if name not in taken][:_TRIED]
        return next((name for name in free if not self.package.hides(name)), free[0])

    def qualifier(self, import_path: str, at: Node | None = None, path: str = "") -> str | None:
        """The name under which a package is, or can be, imported and used at a node; None where it is hidden there.

        A proposal that uses it lists ``import_path`` in its ``imports``.
        """
        source = self.package.files[path] if path else self.source
        return _imports.qualifier(import_path, source, at or self.node, self.package.files.values())


def replace_node(node: Node, new: str) -> Replacement:
    """The text of a node becomes another."""
    return Replacement(node.start_byte, node.end_byte, new.encode())


def put_in_place(node: Node, text: str, *, loose: bool) -> Replacement:
    """A node becomes another expression; a ``loose`` one is made of operators, which what follows may bind tighter."""
    outer = node.parent
    tight = outer is not None and outer.type in _BINDS_TIGHTER and outer.named_children[0] == node
    return replace_node(node, f"({text})" if loose and tight else text)


def is_loose(node: Node) -> bool:
    """Whether an expression needs parentheses before it is indexed, sliced or called."""
    return node.type in {"binary_expression", "unary_expression"}


def converted(scene: Scene, node: Node, into: str) -> Node | None:
    """What is converted into a string from bytes, or into bytes from a string."""
    inner = unparenthesized(node)
    operand = operand_of(inner)
    found = scene.facts(inner)
    if operand is None or found is None or found.call is None or found.call.kind != "conversion":
        return None
    info = scene.type(operand)
    if found.type is None or found.type.type != into or info is None:
        return None
    if into == "[]byte":
        return operand if info.kind in {"string", "untyped string"} else None
    of_bytes = info.kind == "slice" and info.elem is not None and info.elem.type in {"byte", "uint8"}
    return operand if of_bytes else None


def of_same_kind(scene: Scene, node: Node) -> tuple[TypeInfo, Node] | None:
    """What a conversion is of, with its type, where both have the same kind: then it is the same value."""
    operand, found = operand_of(node), scene.facts(node)
    if operand is None or found is None or found.call is None or found.call.kind != "conversion":
        return None
    info = scene.type(operand)
    same = info is not None and found.type is not None and info.kind == found.type.kind and info.kind in BASIC_TYPES
    return (info, operand) if same and info is not None else None


def calls(node: Node, source: SourceFile, *names: str) -> bool:
    """Whether a node is a call whose function is written in one of these ways (``fmt.Sprintf``).

    This is a quick look: it knows the names that the file gives to packages, but a name may mean another thing here.
    """
    callee = callee_node(node) if is_call(node) else None
    if callee is None:
        return False
    package, dot, name = text_of(callee, source).partition(".")
    if dot:
        return f"{_imports.renamed(source).get(package, package)}.{name}" in names
    return package in names or any(f"{one}.{package}" in names for one in _imports.dotted(source))


__all__ = [
    "FUNCTIONS",
    "PackageView",
    "Scene",
    "arguments",
    "callee_node",
    "calls",
    "converted",
    "is_call",
    "is_loose",
    "of_same_kind",
    "put_in_place",
    "replace_node",
]
