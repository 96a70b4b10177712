"""Uses of a ``sync.Pool``: what a function gets from it and what it puts into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from stackward.rewrites._names import walk
from stackward.rewrites._scene import FUNCTIONS, Scene, arguments, callee_node, is_call
from stackward.rewrites._variables import (
    Variable,
    at,
    context,
    expressions,
    inside,
    listed_statement,
    method_called,
    selected,
    sole,
    variable,
)
from stackward.syntax.tree import SourceFile, text_of

GET, PUT = "(*sync.Pool).Get", "(*sync.Pool).Put"
BUFFERS = frozenset({"*bytes.Buffer", "*strings.Builder"})
"""The types of which all methods are known here."""


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
    if one.kind == "field" and any(map(_unkeyed, scene.package.files.values())):
        return "it is not known what New of the pool makes"
    texts = [text for text in made if text]
    if not texts or len(texts) != len([text for text in made if text is not None]):
        return "it is not known what New of the pool makes"
    return Known(tuple(calls[GET]), tuple(calls[PUT]), texts[0])


def _unkeyed(source: SourceFile) -> bool:
    """Whether a file makes a pool without the name of the field that it is for: no use of the field shows that."""
    for one in walk(source.tree.root_node):
        typed = one.child_by_field_name("type") if one.type == "composite_literal" else None
        outer = one.parent.parent if one.parent is not None and one.parent.type == "literal_element" else one.parent
        makes = typed is not None and text_of(typed, source).endswith("Pool")
        if makes and outer is not None and outer.type == "literal_value":
            return True
    return False


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
