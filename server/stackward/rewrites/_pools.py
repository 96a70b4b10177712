"""Uses of a ``sync.Pool``: what a function gets from it and what it puts into it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._names import walk
from stackward.rewrites._scene import FUNCTIONS, Scene, arguments, callee_node, is_call
from stackward.rewrites._variables import (
    Reference,
    Variable,
    at,
    called_name,
    context,
    expressions,
    inside,
    listed_statement,
    method_called,
    selected,
    siblings,
    sole,
    variable,
)
from stackward.syntax.tree import SourceFile, text_of

GET, PUT = "(*sync.Pool).Get", "(*sync.Pool).Put"
BUFFERS = frozenset({"*bytes.Buffer", "*strings.Builder"})
"""The types of which all methods are known here."""
_WRITES = frozenset({"Grow", "Write", "WriteByte", "WriteRune", "WriteString"})
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
class Got:
    """``v := pool.Get().(T)``, or with an operation on what was got: ``v := pool.Get().(T)[:0]``."""

    pool: Node
    assertion: Node
    typed: Node
    statement: Node
    variable: Variable


@dataclass(frozen=True, slots=True)
class Put:
    """``pool.Put(value)``. ``deferred`` says that it is done when the function returns."""

    pool: Node
    call: Node
    value: Node
    statement: Node
    deferred: bool


def pool_call(node: Node, method: str, source: SourceFile) -> Node | None:
    """The operand of a call of a method of that name, without knowing its type."""
    function = callee_node(node) if is_call(node) else None
    if function is None or function.type != "selector_expression":
        return None
    field = function.child_by_field_name("field")
    return function.child_by_field_name("operand") if field is not None and text_of(field, source) == method else None


def gets(scene: Scene, function: Node) -> Iterator[Got]:
    """What a function gets from pools and gives a name."""
    for node in walk(function):
        if node.type == "type_assertion_expression":
            one = got(scene, node)
            if one is not None:
                yield one


def got(scene: Scene, assertion: Node) -> Got | None:
    """What an assertion of a value from a pool is the beginning of."""
    call, typed = assertion.child_by_field_name("operand"), assertion.child_by_field_name("type")
    pool = pool_call(call, "Get", scene.source) if call is not None else None
    statement = listed_statement(assertion)
    if call is None or pool is None or typed is None or statement is None or scene.callee(call) != GET:
        return None
    if statement.type != "short_var_declaration":
        return None
    name, value = sole(statement.child_by_field_name("left")), sole(statement.child_by_field_name("right"))
    known = variable(scene, name) if name is not None else None
    # The operand comes first in what is evaluated.
    if known is None or value is None or value.start_byte not in {assertion.start_byte, assertion.start_byte - 1}:
        return None
    return Got(pool, assertion, typed, statement, known) if known.statement == statement else None


def puts(scene: Scene, function: Node) -> Iterator[Put]:
    """What a function, or a func literal in it, puts into pools."""
    for node in walk(function):
        pool = pool_call(node, "Put", scene.source)
        if pool is None or scene.callee(node) != PUT:
            continue
        statement = listed_statement(node)
        given = arguments(node)
        if statement is None or len(given) != 1:
            continue
        literal = deferred_literal(node)
        outer = listed_statement(literal.parent) if literal is not None and literal.parent is not None else None
        deferred = statement.type == "defer_statement" or outer is not None
        yield Put(pool, node, given[0], outer or statement, deferred)


def deferred_literal(node: Node) -> Node | None:
    """The func literal around a node that is called by a ``defer`` statement, if it is in one."""
    at = node.parent
    while at is not None and at.type not in FUNCTIONS:
        at = at.parent
    if at is None or at.type != "func_literal" or at.parent is None or at.parent.parent is None:
        return None
    called = at.parent.type == "call_expression" and at.parent.child_by_field_name("function") == at
    return at if called and at.parent.parent.type == "defer_statement" else None


def follows(node: Node, first: Node) -> bool:
    """Whether a node is executed only after a statement: it comes later in the same list, or in a block there."""
    listed = first.parent
    return listed is not None and inside(node, listed) and node.start_byte >= first.end_byte


@dataclass(frozen=True, slots=True)
class Known:
    """A pool of the package all of whose uses are seen: the calls of its methods, each with the scene of its file.

    ``made`` is what its ``New`` makes, which is empty at first.
    """

    gets: tuple[tuple[Scene, Node], ...]
    puts: tuple[tuple[Scene, Node], ...]
    made: str


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


def generated(source: SourceFile) -> bool:
    """Whether a file says that a program wrote it."""
    return re.search(rb"^// Code generated .* DO NOT EDIT\.$", source.text, re.MULTILINE) is not None


def known_pool(scene: Scene, pool: Node, typed: str) -> Known | str:
    """All that is done with a pool whose ``New`` makes empty values of a type; or why that is not known."""
    name = pool.child_by_field_name("field") if pool.type == "selector_expression" else pool
    found = scene.facts(name, uses=True) if name is not None else None
    info, one = scene.type(pool), found.object if found is not None else None
    if info is None or one is None or one.offset is None or one.path not in scene.package.files:
        return "it is not known which pool it is"
    held = one.kind == "field" or (one.kind == "var" and one.scope == "package")
    if not held or info.type not in ({"sync.Pool"} if one.kind == "field" else {"sync.Pool", "*sync.Pool"}):
        return "it is not known which pool it is"
    if one.name[:1].isupper() or scene.package.hides(one.name):
        return "files that are not seen here may use the pool"
    calls: dict[str, list[tuple[Scene, Node]]] = {GET: [], PUT: []}
    values = [(one.path, _declared(scene, one.path, one.offset, one.name))] if one.kind == "var" else []
    for use in one.uses:
        there = _elsewhere(scene, use.path)
        node = at(there.source, use.offset, use.offset + len(one.name.encode()))
        called = method_called(_whole(node)) if node is not None else None
        kind = there.callee(called[1]) if called is not None else ""
        if called is not None and kind in calls:
            calls[kind].append((there, called[1]))
            continue
        value = _assigned(_whole(node)) if node is not None else None
        if value is None:
            return "the pool is used in another way than Get and Put"
        values.append((use.path, value))
    made = [_made(_elsewhere(scene, path), value, typed) for path, value in values if value is not None]
    texts = [text for text in made if text]
    if not texts or len(texts) != len([text for text in made if text is not None]):
        return "it is not known what New of the pool makes"
    return Known(tuple(calls[GET]), tuple(calls[PUT]), texts[0])


def _elsewhere(scene: Scene, path: str) -> Scene:
    """The scene of another file of the package."""
    source = scene.package.files[path]
    return Scene(scene.package, path, source, source.tree.root_node)


def _whole(name: Node) -> Node:
    """``s.pool`` for the name of a field in it, or else the name itself."""
    outer = name.parent
    selects = outer is not None and outer.type == "selector_expression" and outer.child_by_field_name("field") == name
    return outer if selects and outer is not None else name


def _declared(scene: Scene, path: str, offset: int, name: str) -> Node | None:
    """What a variable of the package starts as."""
    node = at(scene.package.files[path], offset, offset + len(name.encode()))
    spec = node.parent if node is not None else None
    if spec is None or spec.type != "var_spec" or len(spec.children_by_field_name("name")) != 1:
        return None
    return sole(spec.child_by_field_name("value"))


def _assigned(name: Node) -> Node | None:
    """The value in ``pool.New = value``, or for a field in ``S{pool: value}``."""
    outer = name.parent
    keyed = outer.parent if outer is not None and outer.type == "literal_element" else outer
    if keyed is not None and keyed.type == "keyed_element" and inside(name, keyed.named_children[0]):
        value = keyed.named_children[-1]
        return value.named_children[0] if value.type == "literal_element" else value
    target = context(name) if selected(name) == "New" else None
    listed = target.parent if target is not None else None
    statement = listed.parent if listed is not None else None
    if statement is None or statement.type != "assignment_statement" or target is None:
        return None
    left = statement.child_by_field_name("left")
    return sole(statement.child_by_field_name("right")) if left is not None and sole(left) == target else None


def _made(scene: Scene, value: Node, typed: str) -> str | None:
    """What a pool, or its ``New``, makes; None for a pool without ``New``, empty where it is not certain."""
    if value.type == "unary_expression":
        value = value.child_by_field_name("operand") or value
    if value.type == "composite_literal":
        body = value.child_by_field_name("body")
        elements = expressions(body)
        if not elements:
            return None
        parts = elements[0].named_children
        if len(elements) != 1 or elements[0].type != "keyed_element" or scene.text(parts[0]) != "New":
            return ""
        value = parts[-1].named_children[0] if parts[-1].type == "literal_element" else parts[-1]
    block = value.child_by_field_name("body") if value.type == "func_literal" else None
    statements = [one for child in expressions(block) for one in _listed(child)]
    if len(statements) != 1 or statements[0].type != "return_statement" or not statements[0].named_children:
        return ""
    made = sole(statements[0].named_children[0])
    info = scene.type(made) if made is not None else None
    if made is None or info is None or info.type != typed or not _empty(scene, made):
        return ""
    return " ".join(scene.text(made).split())


def _listed(node: Node) -> list[Node]:
    return expressions(node) if node.type == "statement_list" else [node]


def _empty(scene: Scene, made: Node) -> bool:
    """Whether an expression makes a buffer with nothing in it."""
    if made.type == "unary_expression":
        literal = made.child_by_field_name("operand")
        return literal is not None and not expressions(literal.child_by_field_name("body"))
    given = arguments(made) if is_call(made) else []
    callee = scene.callee(made) if is_call(made) else ""
    if callee == "new" or (callee == "bytes.NewBuffer" and given and given[0].type == "nil"):
        return callee != "new" or (len(given) == 1 and scene.text(given[0]) in {"bytes.Buffer", "strings.Builder"})
    if callee != "bytes.NewBuffer" or len(given) != 1 or not is_call(given[0]) or scene.callee(given[0]) != "make":
        return False
    sizes = arguments(given[0])
    return len(sizes) > 1 and scene.constant(sizes[1]) == "0"


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
        known = _WRITES | _READS | _DRAINS | {"Bytes", "Cap", "Reset", "Truncate"}
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


def line_after(scene: Scene, statement: Node, line: str) -> Replacement:
    """A line after a statement: behind a comment on its own line, which stays there."""
    text = scene.source.text
    end = text.find(b"\n", statement.end_byte)
    commented = end >= 0 and text[statement.end_byte : end].lstrip().startswith(b"//")
    start = end if commented else statement.end_byte
    return Replacement(start, start, f"\n{scene.indent(statement)}{line}".encode())
