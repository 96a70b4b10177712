"""What functions do with the buffers that they get from a ``sync.Pool``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tree_sitter import Node

from stackward.rewrites._pools import BUFFERS, GET, PUT, Got, deferred_literal, got, pool_call
from stackward.rewrites._rewrite import Refusal
from stackward.rewrites._scene import FUNCTIONS, Scene, arguments, callee_node
from stackward.rewrites._variables import Reference, called_name, context, inside, method_called, siblings
from stackward.syntax.tree import SourceFile

_WRITES = frozenset({"Write", "WriteByte", "WriteRune", "WriteString"})
_READS = frozenset({"Len", "String"})
_DRAINS = frozenset({"Read", "ReadByte", "ReadRune", "ReadString", "WriteTo"})
# They write to their first argument, and keep it no longer than the call lasts.
_WRITERS = frozenset(
    [
        "(*html/template.Template).Execute",
        "(*html/template.Template).ExecuteTemplate",
        "(*text/template.Template).Execute",
        "(*text/template.Template).ExecuteTemplate",
        "encoding/binary.Write",
        "encoding/json.Compact",
        "encoding/json.HTMLEscape",
        "encoding/json.Indent",
        "fmt.Fprint",
        "fmt.Fprintf",
        "fmt.Fprintln",
        "io.Copy",
        "io.CopyN",
        "io.WriteString",
    ]
)
_ENCODERS = frozenset({"encoding/json.NewEncoder", "encoding/xml.NewEncoder"})
# They keep none of the bytes they are given, and return no part of them.
_READERS = frozenset({"bytes.Clone", "bytes.Contains", "bytes.Count", "bytes.Equal", "copy", "len", "os.WriteFile"})


@dataclass(frozen=True, slots=True)
class Dealings:
    """What a function does with a buffer from a pool.

    ``first`` is the statement that resets it before anything else is done with it, ``late`` whether something resets
    or shortens it elsewhere, ``drained`` whether it is read until nothing, or less, is left in it.
    """

    writes: bool
    reads: bool
    drained: bool
    puts: bool
    first: Node | None
    late: bool


def gets(node: Node, source: SourceFile) -> bool:
    """Whether an assertion may be of what comes from a pool: a quick look."""
    call = node.child_by_field_name("operand")
    return call is not None and pool_call(call, "Get", source) is not None


def taken(scene: Scene, settled: Callable[[Reference], bool]) -> tuple[Got, Dealings, str] | Refusal | None:
    """The buffer that the scene's assertion gets from a pool, what is done with it, and its type.

    None if it is no buffer, or if one of its uses is ``settled``: what might be missing is there.
    """
    call, info = scene.node.child_by_field_name("operand"), scene.type(scene.node)
    if call is None or info is None or info.type not in BUFFERS or scene.callee(call) != GET:
        return None
    one = got(scene, scene.node)
    if one is None or one.variable.value != scene.node:
        return Refusal("it is not certain who has what comes from the pool")
    if any(settled(reference) for reference in one.variable.references):
        return None
    mine = dealings(scene, one)
    return Refusal(mine) if isinstance(mine, str) else (one, mine, info.type)


def dealings(scene: Scene, one: Got) -> Dealings | str:
    """What is done with a buffer that nobody else has for longer; or why that is not known."""
    names: set[str] = set()
    first, late = _first_reset(scene, one), False
    for reference in one.variable.references:
        if reference.use.write or reference.use.address:
            return "the variable gets another value"
        if reference.use.captured and deferred_literal(reference.node) is None:
            return "a func literal uses it, and may do so for longer"
        if _spawned(reference.node):
            return "a goroutine uses it, and may do so for longer"
        name = _done(scene, reference)
        if not name:
            return "it is given to what may do anything with it"
        if name == "Bytes" and not _only_read(scene, reference):
            return "its bytes may be kept"
        late = late or name == "Truncate" or (name == "Reset" and (first is None or not inside(reference.node, first)))
        names.add(name)
    return Dealings(
        bool(names & _WRITES),
        bool(names & (_READS | {"Bytes"})),
        bool(names & _DRAINS),
        "Put" in names,
        first,
        late,
    )


def _spawned(node: Node) -> bool:
    """Whether a node is in a ``go`` statement of its function."""
    outer = node.parent
    while outer is not None and outer.type not in FUNCTIONS:
        if outer.type == "go_statement":
            return True
        outer = outer.parent
    return False


def _done(scene: Scene, reference: Reference) -> str:
    """The method that is called on a buffer, or that does the same; empty for what is not known."""
    node = reference.node
    called = method_called(node)
    if called is not None:
        known = _WRITES | _READS | _DRAINS | {"Bytes", "Cap", "Grow", "Reset", "Truncate"}
        ours = scene.callee(called[1]) in {f"({typed}).{called[0]}" for typed in BUFFERS}
        return called[0] if ours and called[0] in known else ""
    name = called_name(scene, node)
    call = context(node)
    call = call.parent if call is not None else None
    given = arguments(call) if name and call is not None else []
    if name == PUT:
        return "Put"
    if name in _WRITERS:
        return "Write" if inside(node, given[0]) else "WriteTo" if name == "io.Copy" else ""
    if name in _ENCODERS and call is not None:
        encoded = method_called(call)
        return "Write" if encoded is not None and encoded[0] == "Encode" else ""
    return ""


def _only_read(scene: Scene, reference: Reference) -> bool:
    """Whether what ``Bytes`` returns is only read, and at once."""
    called = method_called(reference.node)
    listed = context(called[1]) if called is not None else None
    call = listed.parent if listed is not None and listed.type == "argument_list" else None
    found = scene.facts(call) if call is not None else None
    if call is None or found is None or found.call is None:
        return False
    if found.call.kind == "conversion":
        return found.type is not None and found.type.type == "string"
    if found.call.callee == "append" and found.call.kind == "builtin":
        return found.call.ellipsis and called is not None and not inside(called[1], arguments(call)[0])
    if found.call.kind in {"builtin", "static"} and found.call.callee in _READERS:
        return True
    # What io.Writer asks of Write: it must not keep what it gets.
    function = callee_node(call)
    field = function.child_by_field_name("field") if function is not None else None
    writes = field is not None and scene.text(field) == "Write"
    return writes and [one.type for one in found.call.results] == ["int", "error"]


def _first_reset(scene: Scene, one: Got) -> Node | None:
    """The statement that resets a buffer before anything else is done with it, deferred calls left out."""
    for statement in siblings(one.statement):
        used = one.variable.within(statement)
        if statement.start_byte < one.statement.end_byte or not used or statement.type == "defer_statement":
            continue
        called = method_called(used[0].node)
        if called is None or statement.type != "expression_statement" or len(used) != 1:
            return None
        resets = scene.callee(called[1]) in {f"({typed}).Reset" for typed in BUFFERS}
        return statement if resets and inside(statement, called[1]) else None
    return None
