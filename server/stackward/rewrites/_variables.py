"""Local variables: where they are declared, what they start as, and all that is done with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.core.facts import Use
from stackward.rewrites._imports import package_level
from stackward.rewrites._names import walk
from stackward.rewrites._scene import FUNCTIONS, Scene, calls, is_call
from stackward.syntax.tree import SourceFile, text_of

_PATHS = frozenset({"index_expression", "parenthesized_expression", "selector_expression", "unary_expression"})
_LITERALS = frozenset({"false", "int_literal", "interpreted_string_literal", "nil", "raw_string_literal", "true"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A use of a variable. ``node`` is its name there."""

    node: Node
    use: Use


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable, parameter or result of a function of the scene's file.

    ``kind`` is that of ``ObjectInfo``. ``node`` is the name where it is declared, ``statement`` the statement that does
    it (a parameter list for parameters), ``value`` what it starts as, None without one, and ``typed`` the type that
    the declaration names. ``alone`` says that the statement declares nothing else.
    """

    kind: str
    name: str
    node: Node
    statement: Node
    value: Node | None
    typed: Node | None
    alone: bool
    references: tuple[Reference, ...]

    def within(self, node: Node) -> list[Reference]:
        """The uses inside a node."""
        return [one for one in self.references if inside(one.node, node)]

    @property
    def steady(self) -> bool:
        """Whether nothing ever changes it after its declaration."""
        return not any(one.use.write or one.use.address for one in self.references)


def variable(scene: Scene, name: Node) -> Variable | None:
    """What an identifier stands for; None unless it is a variable of a function of this file, with all its uses."""
    found = scene.facts(name, uses=True) if name.type == "identifier" else None
    if found is None or found.object is None or found.object.scope != "local" or found.object.path != scene.path:
        return None
    known = found.object
    if known.kind not in {"var", "param", "receiver", "result"} or known.offset is None:
        return None
    node = at(scene.source, known.offset, known.offset + len(known.name.encode()))
    if node is None or any(use.path != scene.path for use in known.uses):
        return None
    references = []
    for use in known.uses:
        used = at(scene.source, use.offset, use.offset + len(known.name.encode()))
        if used is None:
            return None
        references.append(Reference(used, use))
    declared = _declaration(node)
    if declared is None:
        return None
    statement, value, typed, alone = declared
    return Variable(known.kind, known.name, node, statement, value, typed, alone, tuple(references))


def _declaration(node: Node) -> tuple[Node, Node | None, Node | None, bool] | None:
    """The statement that declares a name, the value and the type it gives it, and whether it declares only that."""
    outer = node.parent
    if outer is None:
        return None
    if outer.type in {"parameter_declaration", "variadic_parameter_declaration"} and outer.parent is not None:
        return outer.parent, None, outer.child_by_field_name("type"), False
    if outer.type == "var_spec":
        names, listed = outer.children_by_field_name("name"), outer.child_by_field_name("value")
        values = expressions(listed)
        value = values[names.index(node)] if len(values) == len(names) else None
        if values and value is None:
            return None
        statement = outer
        while statement.type != "var_declaration" and statement.parent is not None:
            statement = statement.parent
        alone = len(names) == 1 and sum(child.type == "var_spec" for child in walk(statement)) == 1
        return statement, value, outer.child_by_field_name("type"), alone
    if outer.type == "expression_list" and outer.parent is not None:
        statement = outer.parent
        if statement.type in {"range_clause", "receive_statement"}:
            return statement, None, None, False
        if statement.type != "short_var_declaration":
            return None
        names = expressions(outer)
        values = expressions(statement.child_by_field_name("right"))
        value = values[names.index(node)] if len(values) == len(names) else None
        return statement, value, None, len(names) == 1
    return None


def at(source: SourceFile, start: int, end: int) -> Node | None:
    """The innermost node with exactly these bytes."""
    node = source.tree.root_node.descendant_for_byte_range(start, end)
    return node if node is not None and (node.start_byte, node.end_byte) == (start, end) else None


def inside(node: Node, outer: Node) -> bool:
    """Whether a node is another one or in it."""
    return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte


def expressions(listed: Node | None) -> list[Node]:
    """The expressions of an ``expression_list``."""
    return [child for child in listed.named_children if child.type != "comment"] if listed is not None else []


def sole(listed: Node | None) -> Node | None:
    """The only expression of a list."""
    found = expressions(listed)
    return found[0] if len(found) == 1 else None


def context(node: Node) -> Node | None:
    """What an expression is in, parentheses left out."""
    outer = node.parent
    while outer is not None and outer.type == "parenthesized_expression":
        outer = outer.parent
    return outer


def siblings(statement: Node) -> list[Node]:
    """All statements of the list that a statement is in."""
    outer = statement.parent
    return [one for one in outer.named_children if one.type != "comment"] if outer is not None else []


def listed_statement(node: Node) -> Node | None:
    """The statement of a statement list that holds a node, a label before it included."""
    while node.parent is not None and node.parent.type != "statement_list":
        if node.type in FUNCTIONS:
            return None
        node = node.parent
    return node if node.parent is not None else None


def between(first: Node, last: Node) -> list[Node] | None:
    """The statements between two of one list; None if they are not in one, or not in that order."""
    listed = siblings(first)
    if first not in listed or last not in listed or listed.index(first) >= listed.index(last):
        return None
    return listed[listed.index(first) + 1 : listed.index(last)]


def declarations(gap: Iterable[Node], source: SourceFile, *names: str) -> bool:
    """Whether statements only declare variables, calling no functions, and mention none of these names."""
    return all(
        one.type in {"short_var_declaration", "var_declaration"}
        and not any(mentions(one, name, source) for name in names)
        and not any(
            inner.type == "func_literal" or (is_call(inner) and not calls(inner, source, "len", "make", "new"))
            for inner in walk(one)
        )
        for one in gap
    )


def is_path(node: Node) -> bool:
    """Whether an expression only names something: variables, fields, elements, what a pointer points to.

    To evaluate it once more changes nothing and gives the same, or panics as it does the first time.
    """
    if node.type in {"field_identifier", "identifier"} | _LITERALS:
        return True
    if node.type == "unary_expression":
        operator = node.child_by_field_name("operator")
        return operator is not None and operator.type == "*" and all(is_path(child) for child in node.named_children)
    return node.type in _PATHS and all(is_path(child) for child in node.named_children)


def root(node: Node) -> Node:
    """The name that a path starts with."""
    while node.type in _PATHS and node.named_children:
        node = node.named_children[0]
    return node


def own(node: Node, *stops: str) -> Iterator[Node]:
    """A node and all in it, without what is inside nodes of some types."""
    yield node
    for child in node.named_children:
        if child.type not in stops:
            yield from own(child, *stops)


def loop_around(node: Node) -> Node | None:
    """The innermost loop of the same function whose body holds a node."""
    inner = node
    while inner.parent is not None and inner.parent.type not in FUNCTIONS:
        outer = inner.parent
        if outer.type == "for_statement" and outer.child_by_field_name("body") == inner:
            return outer
        inner = outer
    return None


def has_goto(scene: Scene, node: Node) -> bool:
    """Whether the function around a node jumps about."""
    function = scene.function(node)
    return function is None or any(one.type == "goto_statement" for one in walk(function))


def before(scene: Scene, statement: Node, lines: Iterable[str]) -> Replacement:
    """Statements put before one, each on a line of its own."""
    new = f"\n{scene.indent(statement)}".join([*lines, ""])
    return Replacement(statement.start_byte, statement.start_byte, new.encode())


def after(scene: Scene, statement: Node, line: str) -> Replacement:
    """A line after a statement: behind a comment on its own line, which stays there."""
    text = scene.source.text
    end = text.find(b"\n", statement.end_byte)
    commented = end >= 0 and text[statement.end_byte : end].lstrip().startswith(b"//")
    start = end if commented else statement.end_byte
    return Replacement(start, start, f"\n{scene.indent(statement)}{line}".encode())


def removed(source: SourceFile, statement: Node, last: Node | None = None) -> Replacement:
    """A statement taken away, with its line if there is nothing else on it; what follows it up to ``last`` as well."""
    text, after = source.text, (last or statement).end_byte
    start = text.rfind(b"\n", 0, statement.start_byte) + 1
    end = text.find(b"\n", after)
    end = end if end >= 0 else len(text)
    if text[start : statement.start_byte].strip() or text[after:end].strip(b" \t;"):
        return Replacement(statement.start_byte, after)
    above = text[:start].rstrip(b" \t")
    if above.endswith((b"{\n", b"\n\n")) and text[end : end + 2] == b"\n\n":
        end += 1  # No empty line at the start of a block, nor two in a row.
    elif above.endswith(b"\n\n") and text[end:].lstrip().startswith(b"}"):
        start = len(above) - 1  # Nor one at its end.
    return Replacement(start, end + 1)


def commented(source: SourceFile, statement: Node) -> bool:
    """Whether a comment belongs to a statement: above it, or behind it on its line."""
    above, below = statement.prev_named_sibling, statement.next_named_sibling
    if above is not None and above.type == "comment" and above.end_point[0] >= statement.start_point[0] - 1:
        line = source.text.rfind(b"\n", 0, above.start_byte) + 1
        if not source.text[line : above.start_byte].strip():
            return True
    return below is not None and below.type == "comment" and below.start_point[0] == statement.end_point[0]


def called_name(scene: Scene, node: Node) -> str:
    """The full name of the function whose direct argument a node is; empty if it is none."""
    outer = context(node)
    if outer is None or outer.type != "argument_list" or outer.parent is None:
        return ""
    return scene.callee(outer.parent)


def selected(node: Node) -> str:
    """The name that is selected from a node: ``Bytes`` for ``buf`` in ``buf.Bytes()``."""
    outer = context(node)
    if outer is None or outer.type != "selector_expression":
        return ""
    field = outer.child_by_field_name("field")
    return (field.text or b"").decode() if field is not None and not inside(node, field) else ""


def method_called(node: Node) -> tuple[str, Node] | None:
    """The method that is called on a node, and the call."""
    outer = context(node)
    name = selected(node)
    if not name or outer is None:
        return None
    call = context(outer)
    if (
        call is None
        or call.type != "call_expression"
        or not inside(outer, call.child_by_field_name("function") or call)
    ):
        return None
    return name, call


def mentions(node: Node, name: str, source: SourceFile) -> bool:
    """Whether an identifier of that name occurs in a node."""
    return any(one.type == "identifier" and text_of(one, source) == name for one in walk(node))


def hidden(scene: Scene, *predeclared: str) -> bool:
    """Whether one of these names of the language means, or could mean, something else around the scene's node."""
    if any(name in package_level(source) for source in scene.package.files.values() for name in predeclared):
        return True
    around = scene.declaration() or scene.source.tree.root_node
    for node in walk(around):
        if node.type in {"identifier", "type_identifier"} and scene.text(node) in predeclared:
            found = scene.facts(node)
            if found is not None and found.object is not None and found.object.kind == "field":
                continue  # It is the key of a composite literal, and hides nothing.
            if found is None or found.object is None or found.object.scope != "universe":
                return True
    return False


def above(declaration: Node) -> int:
    """Where a declaration or statement starts, with the comments above it."""
    start = declaration
    if start.prev_named_sibling is None and start.parent is not None and start.parent.type == "statement_list":
        start = start.parent  # Comments before the first statement are not in the list.
    while True:
        comment = start.prev_named_sibling
        if comment is None or comment.type != "comment" or comment.end_point[0] != start.start_point[0] - 1:
            return start.start_byte
        before = comment.prev_sibling
        if before is not None and before.end_point[0] == comment.start_point[0]:
            return start.start_byte  # It is behind something else.
        start = comment
