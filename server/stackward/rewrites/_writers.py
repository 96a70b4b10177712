"""Where text is written to: which methods a writer has, and who could watch while it is written to."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.facts import TypeInfo
from stackward.rewrites._format import Piece
from stackward.rewrites._literals import quoted
from stackward.rewrites._risk import Risk, risk
from stackward.rewrites._scene import Scene
from stackward.rewrites._variables import Variable, called_name, context, method_called, selected, variable


class Kind(enum.Enum):
    """The types whose methods are known."""

    BUILDER = "strings.Builder"
    BUFFER = "bytes.Buffer"
    BUFIO = "bufio.Writer"
    FILE = "os.File"
    INTERFACE = "interface"
    STANDARD = "another type of the standard library"
    OTHER = "other"

    @property
    def direct(self) -> bool:
        """Whether any number of writes comes to the same as one: nothing is passed on, or only when it must be."""
        return self in {Kind.BUILDER, Kind.BUFFER, Kind.BUFIO}


_KINDS = {
    ("strings", "strings.Builder"): Kind.BUILDER,
    ("bytes", "bytes.Buffer"): Kind.BUFFER,
    ("bufio", "bufio.Writer"): Kind.BUFIO,
    ("os", "os.File"): Kind.FILE,
}
_STANDARD = ("archive/", "bufio", "bytes", "compress/", "crypto/", "encoding/", "hash", "io", "mime/", "net", "text/")
# These neither read what has been written into the place of what comes next nor keep the writer.
_WRITES = frozenset({"Write", "WriteByte", "WriteRune", "WriteString", "WriteTo"})
_METHODS = _WRITES | {"Bytes", "Cap", "Grow", "Len", "Reset", "String", "Truncate"}
_LENDING = frozenset({"Bytes", "WriteTo"})
_ROOM = 64  # Bytes for a number that is written: the rare float64 that has more digits takes an array.
_PRINTING = frozenset({"fmt.Fprint", "fmt.Fprintf", "fmt.Fprintln", "io.WriteString"})


@dataclass(frozen=True, slots=True)
class Writer:
    """``text`` is the expression whose methods are called, ``place`` the same as it is passed to an ``io.Writer``.

    ``risk`` is that of evaluating it again. A ``private`` one is a local variable that only writes and string-like
    reads are done with: nobody sees it before the function is done, nor after a panic. ``lent`` says that its bytes may
    be known elsewhere.
    """

    kind: Kind
    text: str
    place: str
    risk: Risk
    private: bool = False
    lent: bool = True


def writer(scene: Scene, node: Node) -> Writer | None:
    """The writer that an expression is: an argument for an ``io.Writer``, or what a method is called on.

    None for one that may not be written down twice.
    """
    inner, taken = node, False
    if node.type == "unary_expression" and (node.child_by_field_name("operator") or node).type == "&":
        inner, taken = node.child_by_field_name("operand") or node, True
    info = scene.type(inner)
    if info is None or not _is_name(inner):
        return None
    text = scene.text(inner)
    kind = _kind(info.elem if info.kind == "pointer" and info.elem is not None else info, info)
    if kind in {Kind.INTERFACE, Kind.OTHER} and taken:
        kind = Kind.OTHER
    value = info.kind == "struct"
    again = Risk.NONE if value and inner.type == "identifier" else risk(scene, inner)
    known = variable(scene, inner) if kind in {Kind.BUILDER, Kind.BUFFER} else None
    place = f"&{text}" if value and (taken or kind.direct) else text
    private = known is not None and _private(scene, known, inner)
    lent = known is None or not private or any(selected(one.node) in _LENDING for one in known.references)
    return Writer(kind, text, place, again, private, lent)


def _is_name(node: Node) -> bool:
    """Whether a node is a name, or fields of one."""
    while node.type == "selector_expression":
        node = node.named_children[0]
    return node.type == "identifier"


def _kind(base: TypeInfo, whole: TypeInfo) -> Kind:
    known = _KINDS.get((base.package, base.type))
    if known is not None:
        return known
    if whole.kind == "interface":
        return Kind.INTERFACE
    return Kind.STANDARD if base.package.startswith(_STANDARD) and "." not in base.package else Kind.OTHER


def _private(scene: Scene, known: Variable, inner: Node) -> bool:
    if known.kind != "var" or not _made_here(scene, known, inner):
        return False
    for reference in known.references:
        use, node = reference.use, reference.node
        if use.captured or (use.write and not use.address):
            return False
        called = method_called(node)
        if called is not None:
            if called[0] not in _METHODS:
                return False
            continue
        outer = context(node)
        if outer is not None and outer.type == "unary_expression":
            node = outer
            outer = context(node)
        if outer is not None and outer.type == "expression_list":
            outer = context(outer)
        if called_name(scene, node) not in _PRINTING and (outer is None or outer.type != "return_statement"):
            return False
    return True


def _made_here(scene: Scene, known: Variable, inner: Node) -> bool:
    """Whether a variable holds a writer of its own from the start: a value, or a pointer to a new one."""
    info = scene.type(inner)
    if info is None:
        return False
    if info.kind == "struct":
        if known.value is None:
            return known.typed is not None
        return known.value.type == "composite_literal" and known.value.named_child_count == 2
    value = known.value
    if value is None:
        return False
    if value.type == "unary_expression":
        literal = value.child_by_field_name("operand")
        return literal is not None and literal.type == "composite_literal"
    return value.type == "call_expression" and scene.callee(value) == "new"


def write(piece: Piece, to: Writer) -> str:
    """A call that writes a piece, and allocates as little as it can."""
    if piece.value is not None:
        if len(piece.value) == 1 and piece.value.isascii():
            return f"{to.text}.WriteByte({_byte(piece.value)})"
        return f"{to.text}.WriteString({piece.text})"
    if piece.rune:
        return f"{to.text}.WriteRune({piece.rune})"
    if piece.bytes:
        return f"{to.text}.Write({piece.bytes})"
    if not piece.imports:
        return f"{to.text}.WriteString({piece.text})"
    if to.kind is not Kind.BUILDER:
        return f"{to.text}.Write({piece.append.format(f'{to.text}.AvailableBuffer()')})"
    if piece.room is not None:
        return f"{to.text}.Write({piece.append.format(f'make([]byte, 0, {min(piece.room, _ROOM)})')})"
    return f"{to.text}.WriteString({piece.text})"


def _byte(value: str) -> str:
    """A rune literal."""
    return "'\\''" if value == "'" else "'\"'" if value == '"' else f"'{quoted(value)[1:-1]}'"


__all__ = ["Kind", "Writer", "write", "writer"]
