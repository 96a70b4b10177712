"""Keys of values in contexts: what makes two of them equal, who can have an equal one, and where they are declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from tree_sitter import Node

from stackward.core.facts import ExprFacts, TypeInfo
from stackward.rewrites._literals import unquoted
from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Refusal
from stackward.rewrites._scene import PackageView, Scene, arguments
from stackward.rewrites._variables import at, context, sole
from stackward.syntax.tree import generated, package_of, text_of

Identity: TypeAlias = tuple[str, ...]
"""What makes two keys equal: the type and value of a constant, the type of an empty struct, or a variable."""


@dataclass(frozen=True, slots=True)
class Key:
    """``node`` is the key as written; ``public`` says that other packages can make an equal one.

    ``known`` says that nothing but this package names it: it is no constant or type of another one.
    """

    identity: Identity
    node: Node
    public: bool
    known: bool = True

    @property
    def name(self) -> Node | None:
        """The name of the constant, variable or type that the key is written with; None for a plain literal."""
        part = {"composite_literal": "type", "call_expression": "function"}.get(self.node.type)
        named = self.node.child_by_field_name(part) if part is not None else self.node
        return named if named is not None and named.type in {"identifier", "type_identifier"} else None


def in_file(scene: Scene, path: str, node: Node | None = None) -> Scene:
    """A scene of another file of the package."""
    source = scene.package.files[path]
    return Scene(scene.package, path, source, node or source.tree.root_node)


def key_of(scene: Scene, node: Node) -> Key | None:
    """What a key is equal to; None where that is not certain, or only known when the program runs."""
    found = scene.facts(node)
    if found is None or found.type is None:
        return None
    if found.constant is not None:
        known = _named_here(scene, node, found)
        named = found.object is not None and found.object.name[:1].isupper()
        public = not _hidden(scene, found.type) or named
        return Key(("const", found.type.package, found.type.type, found.constant), node, public, known)
    if node.type == "composite_literal":
        typed, body = node.child_by_field_name("type"), node.child_by_field_name("body")
        told = scene.facts(typed) if typed is not None and typed.type == "type_identifier" else None
        if told is None or told.object is None or told.object.scope != "package" or told.object.path == "":
            return None
        if found.type.kind != "struct" or found.type.size != 0 or body is None or body.named_children:
            return None
        return Key(("type", found.type.package, found.type.type), node, not _hidden(scene, found.type))
    return _pointer(scene, node)


def _hidden(scene: Scene, info: TypeInfo) -> bool:
    """Whether no other package can name a type."""
    return info.package == scene.package.import_path and not info.type[:1].isupper()


def _named_here(scene: Scene, node: Node, found: ExprFacts) -> bool:
    """Whether a constant is a literal, a constant of the package that is none of another, or made of a literal."""
    if node.type in _LITERALS:
        return True
    if node.type == "call_expression":
        given, made = arguments(node), Key((), node, public=False).name
        told = scene.facts(made) if made is not None else None
        own = told is not None and told.object is not None and told.object.scope == "package" and told.object.path
        return bool(own) and len(given) == 1 and given[0].type in _LITERALS
    known = found.object
    if node.type != "identifier" or known is None or known.scope != "package" or not known.path:
        return False
    spec = declared(scene, scene.path, node)
    value = spec[1].child_by_field_name("value") if spec is not None else None
    if spec is not None and found.type is not None and _hidden(scene, found.type):
        return True
    return value is not None and all(one.type not in {"identifier", "selector_expression"} for one in walk(value))


_LITERALS = frozenset({"int_literal", "interpreted_string_literal", "raw_string_literal", "rune_literal"})


def _pointer(scene: Scene, node: Node) -> Key | None:
    """A variable of the package that always points to the same thing, which nothing else points to."""
    found = scene.facts(node, uses=True) if node.type == "identifier" else None
    known = found.object if found is not None else None
    if found is None or found.type is None or known is None or known.kind != "var" or known.scope != "package":
        return None
    if found.type.elem is None or found.type.kind != "pointer" or not found.type.elem.size:
        return None  # Pointers to what has no size may be equal.
    spec = declared(scene, scene.path, node)
    value = sole(spec[1].child_by_field_name("value")) if spec is not None else None
    operand = value.child_by_field_name("operand") if value is not None and value.type == "unary_expression" else None
    if operand is None or operand.type != "composite_literal" or any(one.write or one.address for one in known.uses):
        return None
    return Key(("var", known.path, str(known.offset)), node, known.name[:1].isupper())


def declared(scene: Scene, path: str, name: Node) -> tuple[str, Node] | None:
    """Where a constant, type or variable of the package is declared, with no other by the same words."""
    found = in_file(scene, path).facts(name)
    known = found.object if found is not None else None
    source = scene.package.files.get(known.path) if known is not None else None
    if known is None or known.scope != "package" or known.offset is None or source is None:
        return None
    node = at(source, known.offset, known.offset + len(known.name.encode()))
    spec = node.parent if node is not None else None
    if spec is None or spec.type not in {"const_spec", "type_spec", "var_spec"}:
        return None
    return (known.path, spec) if len(spec.children_by_field_name("name")) == 1 else None


def is_string(key: Key) -> bool:
    """Whether a key is a string of no type of its own, which any package can have."""
    return key.identity[:3] == ("const", "", "string")


def type_names(scene: Scene, key: Key) -> list[tuple[str, Node]]:
    """The name of the type that the constants are of which a key is one, where it is declared."""
    found = []
    for path, source in scene.package.files.items():
        for declaration in source.tree.root_node.named_children:
            for spec in declaration.named_children if declaration.type == "type_declaration" else ():
                name = spec.child_by_field_name("name")
                if name is not None and key.identity[0] == "const" and text_of(name, source) == key.identity[2]:
                    found.append((path, name))
    return found


# Packages of the standard library that read from no context what they are given the key of.
_BLIND = frozenset(
    {
        "bytes",
        "encoding/json",
        "errors",
        "expvar",
        "flag",
        "fmt",
        "html/template",
        "log",
        "log/slog",
        "mime/multipart",
        "net/http",
        "net/textproto",
        "net/url",
        "os",
        "path",
        "path/filepath",
        "regexp",
        "slices",
        "sort",
        "strconv",
        "strings",
        "testing",
        "text/template",
        "time",
    }
)


def written(package: PackageView, value: str | None) -> Iterator[tuple[str, Node]]:
    """The string literals of a package with this value that may become keys, by file."""
    if value is None:
        return
    for path, source in package.files.items():
        if value.encode() not in source.text:
            continue
        scene = Scene(package, path, source, source.tree.root_node)
        for node in walk(source.tree.root_node):
            if node.type in {"interpreted_string_literal", "raw_string_literal"} and node.parent is not None:
                elsewhere = node.parent.type in {"field_declaration", "import_spec"}
                if not elsewhere and unquoted(text_of(node, source)) == value and not _stays(scene, node):
                    yield path, node


def _stays(scene: Scene, node: Node) -> bool:
    """Whether a string literal goes into no interface, nor to functions that might look for it in a context.

    A variable that it is put into is a key that is only known when the program runs, wherever it is used as one.
    """
    outer, found = context(node), scene.facts(node)
    if outer is None or found is None or not found.exact:
        return False
    called = scene.facts(outer.parent) if outer.type == "argument_list" and outer.parent is not None else None
    call = called.call if called is not None else None
    if outer.type != "argument_list":
        return found.implicit is None
    if call is None or call.kind not in {"builtin", "interface", "static"}:
        return False
    if call.kind == "builtin":
        return found.implicit is None
    return call.callee.lstrip("(*").partition(")")[0].rpartition(".")[0] in _BLIND


def untouchable(scene: Scene, paths: Iterable[str]) -> Refusal | None:
    """Why one of these files cannot be changed."""
    for path in paths:
        source = scene.package.files[path]
        if generated(source):
            return Refusal("generated code uses one of the keys")
        if package_of(source) != scene.package.name:
            return Refusal("a test from outside of the package uses one of the keys")
    return None
