"""The order of evaluation: whether values can be read later, after the calls of a statement, and be the same.

Go calls functions in the order of the source, but says nothing of when variables are read in between. The compiler puts
the entries of a map into it one by one; of a struct literal it makes all calls first and reads the rest after them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tree_sitter import Node

from stackward.core.facts import BASIC_TYPES
from stackward.rewrites._names import walk
from stackward.rewrites._scene import Scene, arguments, callee_node, is_call
from stackward.rewrites._variables import own, variable

_BUILTINS = frozenset({"cap", "complex", "imag", "len", "make", "max", "min", "new", "real"})
# Functions of these packages write to nothing that their caller has, unless they get a function or a pointer.
_READING = ("math.", "path.", "path/filepath.", "strconv.", "strings.", "unicode.", "unicode/utf8.")
_PRINTING = frozenset({"fmt.Sprint", "fmt.Sprintf", "fmt.Sprintln"})
_PURE = frozenset(
    {
        "(time.Time).Format",
        "(time.Time).Sub",
        "(time.Time).UTC",
        "(time.Time).Unix",
        "(time.Time).UnixMilli",
        "(time.Time).UnixNano",
        "encoding/hex.EncodeToString",
        "errors.New",
        "time.Now",
        "time.Since",
    }
)
_DEPTH = 4  # Functions that call functions.
_ENDS = frozenset(
    {
        "block",
        "communication_case",
        "default_case",
        "expression_case",
        "expression_switch_statement",
        "for_clause",
        "for_statement",
        "func_literal",
        "if_statement",
        "source_file",
        "statement_list",
        "type_case",
        "type_switch_statement",
    }
)
_EFFECTS = frozenset({"defer_statement", "func_literal", "go_statement", "goto_statement", "send_statement"})


def disturbed(scene: Scene, values: Sequence[Node], where: range | None = None) -> Node | None:
    """The first of some values that may be another one if it is read after the calls of its statement.

    Only those calls count that start at one of the bytes ``where``, if that is given.
    """
    for value in values:
        later = (one for one in _events(value) if one.start_byte >= value.end_byte)
        if not stable(scene, value) and any(
            (where is None or one.start_byte in where) and not harmless(scene, one) for one in later
        ):
            return value
    return None


def _events(node: Node) -> Iterator[Node]:
    """The calls and receptions of the simple statement around a node, those around the node itself left out."""
    outer = node
    while outer.parent is not None and outer.parent.type not in _ENDS:
        outer = outer.parent
    for one in own(outer, "func_literal"):
        if (is_call(one) or _receives(one)) and not (one.start_byte <= node.start_byte < one.end_byte):
            yield one


def _receives(node: Node) -> bool:
    operator = node.child_by_field_name("operator") if node.type == "unary_expression" else None
    return operator is not None and operator.type == "<-"


def stable(scene: Scene, node: Node) -> bool:
    """Whether nothing but a statement of its own function can change what an expression gives, or make it panic."""
    if scene.constant(node) is not None or node.type in {"nil", "true", "false"}:
        return True
    if node.type == "identifier":
        found = scene.facts(node)
        if found is not None and found.object is not None and found.object.kind in {"const", "func", "nil"}:
            return True
        known = variable(scene, node)
        return known is not None and not any(
            one.use.address or (one.use.write and one.use.captured) for one in known.references
        )
    if node.type == "selector_expression":
        operand, facts = node.child_by_field_name("operand"), scene.facts(node)
        plain = facts is not None and facts.selection == "field" and not facts.indirect
        return plain and operand is not None and stable(scene, operand)
    if is_call(node) or node.type == "type_conversion_expression":
        return _stable_call(scene, node)
    if node.type == "binary_expression":
        operator = node.child_by_field_name("operator")
        info = scene.type(node)
        safe = operator is not None and operator.type not in {"/", "%", "<<", ">>", "==", "!="}
        return safe and info is not None and all(stable(scene, child) for child in node.named_children)
    if node.type == "unary_expression":
        operator, operand = node.child_by_field_name("operator"), node.child_by_field_name("operand")
        if operator is None or operand is None or operator.type == "<-":
            return operator is not None and operator.type == "<-"  # Received in its turn, as calls are made.
        if operator.type == "&":
            return operand.type in {"composite_literal", "identifier"}
        return operator.type != "*" and stable(scene, operand)
    if node.type == "parenthesized_expression":
        return bool(node.named_children) and stable(scene, node.named_children[0])
    return False


def _stable_call(scene: Scene, node: Node) -> bool:
    """A function is called in its turn, and what it returns is kept; a conversion may be made later."""
    found = scene.facts(node)
    call = found.call if found is not None else None
    if call is None:
        return False
    if call.kind not in {"builtin", "conversion"}:
        return True
    if call.kind == "builtin" and call.callee not in {"cap", "len", "max", "min"}:
        return call.callee in {"make", "new"}
    for given in arguments(node) or [node.named_children[-1]]:
        info = scene.type(given)
        if info is None or not stable(scene, given):
            return False
        if call.kind == "conversion" and info.kind not in BASIC_TYPES:
            return False  # It reads memory.
        if call.kind == "builtin" and info.kind in {"chan", "map", "pointer"}:
            return False
    return True


def acts(scene: Scene, node: Node) -> bool:
    """Whether a node is a call, or a reception, that may change what others read."""
    return (is_call(node) or _receives(node)) and not harmless(scene, node)


def harmless(scene: Scene, node: Node, depth: int = 0) -> bool:
    """Whether a call changes nothing that its caller can see."""
    if not is_call(node) and node.type != "type_conversion_expression":
        return False
    found = scene.facts(node)
    call = found.call if found is not None else None
    if call is None:
        return False
    if call.kind == "conversion":
        return True
    if call.kind == "builtin":
        return call.callee in _BUILTINS
    if call.kind != "static":
        return False
    if call.callee in _PURE:
        return True
    if call.callee in _PRINTING or call.callee.startswith(_READING):
        return all(_basic(scene, one) for one in arguments(node))
    return depth < _DEPTH and _only_reads(scene, node, depth)


def _basic(scene: Scene, node: Node) -> bool:
    """Whether a value has no methods and leads nowhere."""
    info = scene.type(node)
    return info is not None and (info.type in BASIC_TYPES or info.type.removeprefix("[]") in BASIC_TYPES)


def _only_reads(scene: Scene, call: Node, depth: int) -> bool:
    """Whether the body of a function of the package assigns to its own variables only."""
    found = declared(scene, call)
    body = found[1].child_by_field_name("body") if found is not None else None
    if found is None or body is None:
        return False
    other = found[0]
    for node in walk(body):
        if node.type in _EFFECTS or _receives(node):
            return False
        if is_call(node) and not harmless(other, node, depth + 1):
            return False
        if node.type == "range_clause":
            right = node.child_by_field_name("right")
            info = other.type(right) if right is not None else None
            if info is None or info.kind in {"chan", "func", "type parameter"}:
                return False
        if node.type in {"assignment_statement", "dec_statement", "inc_statement"} and not _own_target(other, node):
            return False
    return True


def _own_target(scene: Scene, node: Node) -> bool:
    """Whether an assignment is to local variables as a whole."""
    left = node.child_by_field_name("left")
    for target in left.named_children if left is not None else node.named_children:
        found = scene.facts(target) if target.type == "identifier" else None
        known = found.object if found is not None else None
        if scene.text(target) != "_" and (known is None or known.scope != "local"):
            return False
    return True


def declared(scene: Scene, call: Node) -> tuple[Scene, Node] | None:
    """The declaration of the function of the package that a call calls for certain, in a scene of its file."""
    name = callee_node(call)
    if name is not None and name.type == "selector_expression":
        name = name.child_by_field_name("field")
    if name is None or not scene.callee(call) or scene.package.hides(scene.text(name)):
        return None
    found = scene.facts(name)
    known = found.object if found is not None else None
    source = scene.package.files.get(known.path) if known is not None else None
    if known is None or known.kind != "func" or known.offset is None or source is None:
        return None
    node = source.tree.root_node.descendant_for_byte_range(known.offset, known.offset + len(known.name.encode()))
    function = node.parent if node is not None else None
    if function is None or function.type not in {"function_declaration", "method_declaration"}:
        return None
    return Scene(scene.package, known.path, source, function), function
