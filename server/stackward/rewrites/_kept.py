"""What is done with a slice, and whether anything of it is kept."""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from stackward.rewrites._scene import Scene
from stackward.rewrites._variables import context, inside
from stackward.rewrites.array_for_slice import changed

# What may see a slice and does not keep it.
_FORGET = frozenset({"bytes.Equal", "clear", "copy", "len", "cap", "string", "unicode/utf8.EncodeRune"})
_ENCODE = ("(encoding/binary.", "encoding/hex.Encode", "encoding/hex.Decode")
# What must not keep a slice, as its documentation says.
_PROMISE = frozenset(
    {
        "(io.Reader).Read",
        "(io.ReaderAt).ReadAt",
        "(io.Writer).Write",
        "(io.WriterAt).WriteAt",
        "(*bufio.Reader).Read",
        "(*bufio.Writer).Write",
        "(*bytes.Buffer).Write",
        "(*os.File).Read",
        "(*os.File).Write",
        "io.ReadAtLeast",
        "io.ReadFull",
    }
)


def kept(scene: Scene, node: Node, slices: Callable[[Node], bool] = lambda _: True) -> bool | None:
    """False where a slice is certainly not kept, True where that is promised, None where it may be.

    ``slices`` says of an expression that takes a part of it whether that may be done at all.
    """
    outer = context(node)
    if outer is None:
        return None
    if outer.type == "slice_expression" and inside(node, outer.named_children[0]):
        return kept(scene, outer, slices) if slices(outer) else None
    if outer.type == "index_expression" and inside(node, outer.named_children[0]):
        return None if _addressed(outer) else False
    if outer.type == "range_clause":
        right = outer.child_by_field_name("right")
        return False if right is not None and inside(node, right) else None
    if outer.type == "variadic_argument":
        call = outer.parent.parent if outer.parent is not None else None
        return False if call is not None and scene.callee(call) == "append" else None
    call = outer.parent if outer.type == "argument_list" else None
    facts = scene.facts(call) if call is not None else None
    if call is None or facts is None or facts.call is None:
        return None
    callee = facts.call.callee
    if callee in _PROMISE:
        return True
    if callee == "append":
        return None
    return False if callee in _FORGET or callee.startswith(_ENCODE) else None


def _addressed(element: Node) -> bool:
    """Whether more than an element's value is taken, or set."""
    outer = context(element)
    if outer is not None and outer.type in {"dec_statement", "expression_list", "inc_statement"}:
        return outer.parent is not None and outer.parent.type == "range_clause"
    return changed(element, methods=True)


__all__ = ["kept"]
