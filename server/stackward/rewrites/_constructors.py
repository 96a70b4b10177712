"""Functions that return a pointer to what they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.facts import TypeInfo
from stackward.core.site import Allocates
from stackward.rewrites._copies import parts
from stackward.rewrites._imports import imports
from stackward.rewrites._names import names, walk
from stackward.rewrites._scene import Scene, is_call
from stackward.rewrites._variables import expressions, own
from stackward.syntax.tree import SourceFile, text_of

LARGE = 128  # Bytes. The compiler, too, takes structs of that size for too large to be copied into a func literal.


@dataclass(frozen=True, slots=True)
class Constructor:
    """A function of which one result is a pointer to a struct.

    ``result`` is that result as written, ``struct`` the type that it points to, ``info`` what is known of that type.
    ``number`` counts the results before it, ``count`` all; ``error`` is the number of the result that is an error, if
    there are two. ``public`` says that other modules may call it.
    """

    function: Node
    name: Node
    body: Node
    result: Node
    struct: Node
    info: TypeInfo
    number: int
    count: int
    error: int | None
    public: bool

    def returns(self) -> Iterator[tuple[Node, Sequence[Node]]]:
        """Its return statements and what they return."""
        for one in own(self.body, "func_literal"):
            if one.type == "return_statement":
                yield one, expressions(one.named_children[0] if one.named_children else None)

    def failed(self, values: Sequence[Node]) -> bool:
        """Whether a return statement returns nil with an error."""
        if self.error is None or len(values) != self.count or values[self.number].type != "nil":
            return False
        return values[self.error].type != "nil"

    @property
    def fails(self) -> bool:
        """Whether there is such a return statement."""
        return any(self.failed(values) for _, values in self.returns())

    def differs(self, state: str) -> str:
        """What may be different afterwards, where an error comes with a struct in some state; empty if nothing is."""
        parts = [f"an error comes with an {state} {self.info.type} instead of nil"] if self.fails else []
        if self.public:
            parts.append("other modules that call it have to change")
        return " and ".join(parts)


def pointed(node: Node) -> tuple[Node, Node, int, int] | None:
    """The result of a function that is a pointer, the type it points to, its number, and how many results there are."""
    whole = node.child_by_field_name("result")
    results = [] if whole is None else [whole]
    if whole is not None and whole.type == "parameter_list":
        declared = [one for one in whole.named_children if one.type == "parameter_declaration"]
        if any(one.children_by_field_name("name") for one in declared):
            return None  # Results with names are variables, which every return writes to.
        results = [kind for one in declared if (kind := one.child_by_field_name("type")) is not None]
    found = [(number, one) for number, one in enumerate(results) if one.type == "pointer_type"]
    if len(found) != 1:
        return None
    number, result = found[0]
    struct = result.named_children[-1]
    return (result, struct, number, len(results)) if struct.type == "type_identifier" else None


def constructs(node: Node, source: SourceFile) -> bool:
    """Whether a node is a function of the form that ``constructor`` knows.

    Methods with exported names may be there for an interface of any package.
    """
    name, receiver = node.child_by_field_name("name"), node.child_by_field_name("receiver")
    if name is None or node.child_by_field_name("body") is None or pointed(node) is None:
        return False
    if receiver is not None:
        return not text_of(name, source)[:1].isupper() and "[" not in text_of(receiver, source)
    generic = node.child_by_field_name("type_parameters") is not None
    return not generic and text_of(name, source) not in {"_", "init", "main"}


def constructor(scene: Scene) -> Constructor | str | None:
    """The scene's function as a constructor; why it cannot be changed; or None where it is none."""
    function = scene.node
    name, body, found = function.child_by_field_name("name"), function.child_by_field_name("body"), pointed(function)
    if name is None or body is None or found is None:
        return None
    result, struct, number, count = found
    info = scene.type(struct)
    if info is None or info.kind != "struct" or info.package != scene.package.import_path or not info.size:
        return None
    if info.type != scene.text(struct):
        return f"{scene.text(struct)} is another name of {info.type}"
    public = scene.text(name)[:1].isupper() and scene.package.name != "main"
    error = 1 - number if count == 2 and _is_error(scene, function, 1 - number) else None
    made = Constructor(function, name, body, result, struct, info, number, count, error, public)
    return _fixed(scene, made) or made


def _is_error(scene: Scene, function: Node, number: int) -> bool:
    whole = function.child_by_field_name("result")
    declared = [one for one in whole.named_children if one.type != "comment"] if whole is not None else []
    kind = declared[number].child_by_field_name("type") if number < len(declared) else None
    info = scene.type(kind) if kind is not None else None
    return info is not None and info.type == "error" and not info.package


def _fixed(scene: Scene, made: Constructor) -> str:
    """Why the signature or the body cannot be changed; empty if they can."""
    # A method also counts where it is not mentioned: in an interface of another package.
    method = made.function.type == "method_declaration"
    if scene.package.hides(scene.text(made.name)) or (method and not scene.package.complete):
        return "files that are not compiled here may call it"
    if re.search(rf"^//(?:go:linkname|export) {scene.text(made.name)}\b".encode(), scene.source.text, re.MULTILINE):
        return "the linker or C may know the function"
    if method and _in_interface(scene, scene.text(made.name)):
        return "an interface of the package has a method of that name"
    unseen = parts(scene, made.info.type)
    for source in scene.package.files.values():
        if any(one.path in {"C", "unsafe"} for one in imports(source)) and not unseen.isdisjoint(names(source)):
            return f"a file that uses unsafe mentions {made.info.type}, or a part of it"
    for node in own(made.body, "func_literal"):
        call = node.named_children[0] if node.type == "defer_statement" and node.named_children else None
        if call is not None and not scene.callee(call).startswith("(*sync."):
            return "a deferred call may change what is returned"
    return ""


def _in_interface(scene: Scene, name: str) -> bool:
    return any(
        node.type == "interface_type" and any(_is_method(one, source, name) for one in node.named_children)
        for source in scene.package.files.values()
        if name in names(source) and b"interface" in source.text
        for node in walk(source.tree.root_node)
    )


def _is_method(node: Node, source: SourceFile, name: str) -> bool:
    own = node.child_by_field_name("name")
    return own is not None and text_of(own, source) == name


def allocates(scene: Scene, made: Constructor, places: Iterable[Node]) -> bool:
    """Whether each call that gets to one of some places in a constructor allocates there.

    If it is inlined where its caller keeps what it returns on the stack, there is nothing to gain.
    """
    starts = {node.start_byte for node in places}
    return any(
        hint.site.allocates is Allocates.ALWAYS
        and hint.site.function.rpartition(".")[2] == scene.text(made.name)
        and scene.source.lines.offset(hint.site.range.start) in starts
        for hint in scene.package.hints(scene.path)
    )


def calls_among(values: Iterable[Node]) -> bool:
    """Whether some values call functions or receive from channels, which may change what others are."""
    return any(
        is_call(node) or (node.type == "unary_expression" and node.children[0].type == "<-")
        for one in values
        for node in walk(one)
    )


__all__ = [
    "LARGE",
    "Constructor",
    "allocates",
    "calls_among",
    "constructor",
    "constructs",
]
