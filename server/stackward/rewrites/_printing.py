"""Calls that write what fmt prints, and the same without fmt: by the methods of the writer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from stackward.rewrites._format import Piece, printed
from stackward.rewrites._imports import imports, package_level
from stackward.rewrites._names import KEYWORDS, PREDECLARED, walk
from stackward.rewrites._rewrite import Applicability, Offer, Proposal, Refusal
from stackward.rewrites._risk import Risk, risk
from stackward.rewrites._scene import Scene, arguments, callee_node, is_call, replace_node
from stackward.rewrites._variables import before, mentions
from stackward.rewrites._writers import Kind, Writer, write


@dataclass(frozen=True, slots=True)
class Printing:
    """A call that writes what fmt prints, or strings that are put together (``+``, ``strings.Join``).

    ``inner`` is the call of ``Sprintf`` in it, or what puts strings together; None for ``Fprintf`` itself.
    """

    to: Writer
    function: str
    given: tuple[Node, ...]
    inner: Node | None = None
    method: str = ""


def direct(scene: Scene, found: Printing) -> Iterator[Offer]:
    """Proposals that write piece by piece, or one string."""
    to = found.to
    pieces = printed(scene, found.function, found.given)
    if isinstance(pieces, Refusal):
        if found.inner is None or not found.function.startswith("fmt."):
            yield pieces
        return
    if any(piece.differs for piece in pieces):
        yield Refusal("the format is a constant with a name, or what Error does may come in between")
        return
    parent = scene.node.parent
    assert parent is not None
    unused = parent.type == "expression_statement"
    if not to.kind.direct:
        if found.inner is None:
            yield from _one_string(scene, to, pieces)
        return
    if not unused and (len(pieces) > 1 or pieces[0].rune or len(pieces[0].value or "") == 1):
        yield Refusal("what it returns is used")
        return
    listed = parent.parent is not None and parent.parent.type in {"block", "statement_list"} and unused
    hoisted = _hoisted(scene, to, pieces, listed=listed)
    if isinstance(hoisted, Refusal):
        yield hoisted
        return
    names = _names(scene, hoisted)
    if names:
        again = printed(scene, found.function, found.given, names)
        assert not isinstance(again, Refusal), "it has been printed before"
        pieces = again
    lines = [write(piece, to) for piece in pieces]
    edits = [replace_node(scene.node, f"\n{scene.indent(parent)}".join(lines))]
    if names:
        assigned = ", ".join(scene.text(node) for node in hoisted)
        edits.append(before(scene, parent, [f"{', '.join(names.values())} := {assigned}"]))
    imports = {scene.path: tuple(sorted({path for piece in pieces for path in piece.imports}))}
    title, builder = f"Write to {to.text} piece by piece", (to.text,) if to.kind is Kind.BUILDER else ()
    if found.function.startswith("fmt."):
        called = f"fmt.F{found.function.removeprefix('fmt.').removeprefix('S').removeprefix('F')}"
        title = f"Write to {to.text} without {called if found.inner is None else found.function}"
        # Before, the builder grew within fmt.
        builder = builder if found.inner is None else ()
        yield Proposal(title, {scene.path: tuple(edits)}, imports, roomy=builder)
        return
    yield Proposal(title, {scene.path: tuple(edits)}, imports, growing=builder)


def _one_string(scene: Scene, to: Writer, pieces: Sequence[Piece]) -> Iterator[Offer]:
    """A general writer gets all in one write."""
    if len(pieces) == 1 and pieces[0].bytes:
        edit = replace_node(scene.node, f"{to.text}.Write({pieces[0].bytes})")
        yield Proposal(f"Write to {to.text} without fmt", {scene.path: (edit,)})
        return
    name = scene.qualifier("io")
    known = to.kind in {Kind.FILE, Kind.INTERFACE}
    if len(pieces) != 1 or pieces[0].imports or pieces[0].bytes or name is None or not known:
        yield Refusal("the writer is to get all in one write")
        return
    text = pieces[0].text
    if to.kind is Kind.FILE:
        edit = replace_node(scene.node, f"{to.text}.WriteString({text})")
        yield Proposal(f"Use {to.text}.WriteString instead of fmt", {scene.path: (edit,)})
        return
    edit = replace_node(scene.node, f"{name}.WriteString({to.place}, {text})")
    yield Proposal(
        "Use io.WriteString instead of fmt",
        {scene.path: (edit,)},
        {scene.path: ("io",)},
        applicability=Applicability.REVIEW,
        differs="good if the writer has WriteString",
    )


def _hoisted(scene: Scene, to: Writer, pieces: Sequence[Piece], *, listed: bool) -> list[Node] | Refusal:
    """The operands that have to be evaluated before anything is written."""
    risks = [_risk(scene, piece) for piece in pieces]
    acts = [one for one in risks if one is Risk.ACTS]
    if len(pieces) > 1 and not listed:
        return Refusal("it is no statement of its own")
    if acts and (to.risk is not Risk.NONE or any(Risk.NONE < one < Risk.ACTS for one in risks)):
        return Refusal("a call among the operands may change what is read besides")
    if any(piece.bytes for piece in pieces):
        # They may be the writer's own, which other writes go over or move.
        if to.kind is Kind.BUFFER or (to.kind is Kind.BUFIO and len(pieces) > 1):
            return Refusal("the bytes may be those of the buffer itself")
        if acts:
            return Refusal("a call among the operands may change the bytes")
    name = to.text.partition(".")[0]
    if to.private and not any(one.operand and mentions(one.operand, name, scene.source) for one in pieces):
        return []
    threshold = Risk.SHARED if to.kind is Kind.BUFIO else Risk.PANICS
    late = [
        one >= threshold and (number > 0 or (one is Risk.ACTS and pieces[0].number)) for number, one in enumerate(risks)
    ]
    if not any(late):
        return []
    if not listed:
        return Refusal("it is no statement of its own")
    found = []
    for piece, one in zip(pieces, risks, strict=True):
        if one >= threshold and piece.operand is not None:
            found.append(piece.operand)
    return found


def _risk(scene: Scene, piece: Piece) -> Risk:
    if piece.operand is None:
        return Risk.NONE
    own = risk(scene, piece.operand)
    return max(own, Risk.SHARED) if piece.bytes else own


def _names(scene: Scene, nodes: Sequence[Node]) -> dict[int, str]:
    """Names for operands, by their offsets."""
    found: dict[int, str] = {}
    for node in nodes:
        found[node.start_byte] = own_name(scene, wanted_name(scene, node), found.values())
    return found


def wanted_name(scene: Scene, node: Node) -> str:
    """A name that says what an operand is: that of a field or function, ``n`` for a length."""
    if is_call(node) and scene.callee(node) in {"cap", "len"}:
        return "n"
    if is_call(node):
        callee, given = callee_node(node), arguments(node)
        found = scene.facts(callee) if callee is not None else None
        method = found is not None and found.selection in {"call", "method value"}
        named = callee if method else given[0] if given else None
        return wanted_name(scene, named) if named is not None else "value"
    if node.type == "selector_expression":
        name = scene.text(node.named_children[-1])
        return name.lower() if name.isupper() else name[:1].lower() + name[1:]
    return "value"


def own_name(scene: Scene, wanted: str, taken: Collection[str]) -> str:
    """A name for a new variable of the function, which nothing in it or around it has."""
    function = scene.declaration() or scene.source.tree.root_node
    known = {scene.text(node) for node in walk(function) if node.type in {"identifier", "type_identifier"}}
    known |= PREDECLARED | KEYWORDS | {one.qualifier for one in imports(scene.source)} | set(taken)
    known |= {name for source in scene.package.files.values() for name in package_level(source)}
    name, number = wanted if wanted not in PREDECLARED | KEYWORDS else "value", 2
    while name in known:
        name, number = f"{name.rstrip('0123456789')}{number}", number + 1
    return name


__all__ = ["Printing", "direct", "own_name", "wanted_name"]
