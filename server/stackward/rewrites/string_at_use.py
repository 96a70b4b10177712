"""# string-at-use

A string that is made from bytes only to be compared or looked up is made where that is done.

## Why it saves

`string(b)` copies the bytes if there are more than 32. In a comparison, as the key of a map that is read and behind
`switch` the compiler uses the bytes themselves. Not so if the string is put into a variable first.

## When it is offered

For `s := string(b)`, where `b` is a variable of the function and `s` is only compared, the key of a map that is read,
behind `switch`, indexed and measured: `m[string(b)]`, `string(b) == t`, `b[i]`, `len(b)`.

## When it is not

When the string is used for anything else, which would need a copy; when anything between the copy and its last use
could change the bytes: a call of another function than some that are known to do nothing of the kind, a channel, an
element or what a pointer points to that is set; when a func literal uses one of the two.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import FUNCTIONS, Scene, converted, is_call, replace_node
from stackward.rewrites._variables import (
    Variable,
    called_name,
    commented,
    context,
    expressions,
    has_goto,
    hidden,
    inside,
    listed_statement,
    removed,
    siblings,
    sole,
    variable,
)
from stackward.syntax.tree import SourceFile

_MOST = 6  # Uses; of more the reader had rather have a name.
_COMPARED = frozenset({"==", "!=", "<", "<=", ">", ">="})
_ACTS = frozenset({"communication_case", "defer_statement", "go_statement", "select_statement", "send_statement"})
_PURE = ("errors.New", "math.", "math/bits.", "strconv.", "strings.", "unicode.", "unicode/utf8.")
_BUILTIN = frozenset({"cap", "len", "make", "max", "min", "new"})


def suits(node: Node, _source: SourceFile) -> bool:
    name, value = sole(node.child_by_field_name("left")), sole(node.child_by_field_name("right"))
    called = value is not None and (value.text or b"").startswith(b"string(")
    return called and name is not None and name.type == "identifier" and name.text != b"_"


def propose(scene: Scene) -> Iterator[Offer]:
    name, value = sole(scene.node.child_by_field_name("left")), sole(scene.node.child_by_field_name("right"))
    known = variable(scene, name) if name is not None else None
    of = converted(scene, value, "string") if value is not None else None
    data = variable(scene, of) if of is not None else None
    info = scene.type(of) if of is not None else None
    if known is None or known.node != name or data is None or info is None or not known.references:
        return
    if scene.node.parent is None or scene.node.parent.type != "statement_list":
        return
    uses = [_use(scene, one.node, data.name) for one in known.references]
    edits = [one for one in uses if one is not None]
    if len(edits) < len(uses) or len(uses) > _MOST:
        return  # That is what strings are for.
    why = _elsewhere(scene, known, data) or _changed(scene, known, data)
    if info.type not in {"[]byte", "[]uint8"}:
        why = why or f"{data.name} has a type with a name"
    if commented(scene.source, scene.node):
        why = why or "a comment belongs to it"
    if why:
        yield Refusal(why)
        return
    title = f"Convert {data.name} where {known.name} is used"
    yield Proposal(title, {scene.path: (removed(scene.source, scene.node), *edits)})


def _use(scene: Scene, node: Node, data: str) -> Replacement | None:
    """What a use becomes; None if it needs a string of its own."""
    outer = context(node)
    if outer is None:
        return None
    made = replace_node(node, f"string({data})")
    if outer.type == "binary_expression":
        sign = outer.child_by_field_name("operator")
        return made if sign is not None and sign.type in _COMPARED else None
    if outer.type == "expression_switch_statement":
        return made
    if outer.type == "index_expression":
        operand, index = outer.child_by_field_name("operand"), outer.child_by_field_name("index")
        if operand is not None and inside(node, operand):
            return replace_node(node, data)
        info = scene.type(operand) if operand is not None else None
        is_key = info is not None and info.kind == "map" and info.key is not None and info.key.kind == "string"
        return made if is_key and index is not None and inside(node, index) and not _set(outer) else None
    return replace_node(node, data) if called_name(scene, node) == "len" else None


def _set(element: Node) -> bool:
    """Whether an element of a map is set, for which the map keeps the key."""
    outer = context(element)
    if outer is None or outer.type in {"inc_statement", "dec_statement"}:
        return True
    statement = outer.parent
    if outer.type != "expression_list" or statement is None:
        return False
    return statement.type == "range_clause" or (
        statement.type == "assignment_statement" and statement.child_by_field_name("left") == outer
    )


def _elsewhere(scene: Scene, known: Variable, data: Variable) -> str:
    """Why one of the two cannot be used at all places; empty if they can."""
    function = scene.function()
    if any(one.use.captured or one.use.write or one.use.address for one in known.references):
        return f"{known.name} is used by a func literal, or changed"
    if any(one.use.captured or one.use.address for one in data.references):
        return f"{data.name} is used by a func literal, or its address is taken"
    if function is None or has_goto(scene, scene.node) or hidden(scene, "string"):
        return "the bytes may be others where it is used"
    own = {data.node.start_byte, *(one.node.start_byte for one in data.references)}
    same = [one for one in walk(function) if one.type == "identifier" and scene.text(one) == data.name]
    return "" if all(one.start_byte in own for one in same) else f"another variable is called {data.name}"


def _changed(scene: Scene, known: Variable, data: Variable) -> str:
    """What may change the bytes before the string is used for the last time; empty if nothing does."""
    last = max((one.node for one in known.references), key=lambda one: one.start_byte)
    if listed_statement(last) is None:
        return f"{known.name} is used by a func literal"
    end = _holder(last).end_byte
    for statement in siblings(scene.node):
        if not scene.node.end_byte <= statement.start_byte < end:
            continue
        for node in walk(statement):
            turns = any(one.type == "for_statement" and known.within(one) for one in _around(node, statement))
            if (node.start_byte < end or turns) and _acts(scene, node, data):
                return f"{data.name} may be changed while {known.name} is used"
    return ""


def _around(node: Node, outer: Node) -> Iterator[Node]:
    at: Node | None = node
    while at is not None and inside(at, outer):
        yield at
        at = at.parent


def _holder(node: Node) -> Node:
    """All of what is evaluated with an expression, in whatever order: the simple statement, or a condition."""
    while node.parent is not None and (
        node.parent.type.endswith(("_expression", "_list", "_element", "_value", "_declaration", "_spec"))
        or node.parent.type in {"assignment_statement", "return_statement", "expression_statement", "range_clause"}
    ):
        if node.parent.type == "statement_list":
            break
        node = node.parent
    return node


def _acts(scene: Scene, node: Node, data: Variable) -> bool:
    """Whether something may change bytes, or wait for what does."""
    if node.type in _ACTS or node.type in FUNCTIONS:
        return True
    if node.type == "unary_expression":
        return node.children[0].type == "<-"
    if node.type in {"inc_statement", "dec_statement"}:
        return _writes(scene, node.named_children[0], data)
    if node.type == "range_clause" and _calls_back(scene, node):
        return True
    if node.type in {"assignment_statement", "range_clause"}:
        return any(_writes(scene, one, data) for one in expressions(node.child_by_field_name("left")))
    if not is_call(node):
        return False
    facts = scene.facts(node)
    call = facts.call if facts is not None else None
    if call is None:
        return True
    if call.kind == "conversion" or (call.kind == "builtin" and call.callee in _BUILTIN):
        return False
    return not call.callee.startswith(_PURE) or call.callee.endswith(("Func", ".Map", "FuncSeq"))


def _calls_back(scene: Scene, clause: Node) -> bool:
    """Whether a loop ranges over a channel, or over a function."""
    over = clause.child_by_field_name("right")
    info = scene.type(over) if over is not None else None
    return info is None or info.kind in {"chan", "func", "type parameter"}


def _writes(scene: Scene, left: Node, data: Variable) -> bool:
    """Whether an assignment may change the variable or the bytes."""
    if left.type == "identifier":
        return scene.text(left) == data.name
    if left.type == "index_expression":
        info = scene.type(left)
        return info is None or info.kind in {"array", "struct", "uint8"}
    return True


REWRITE = Rewrite(
    "string-at-use", "a string made of bytes where it is compared", ("short_var_declaration",), suits, propose
)

EXAMPLES = (
    Example(
        before="""package p

import "strings"

// Status is the number of a line's state.
func Status(codes map[string]int, line []byte) (int, bool) {
	word := string(line)
	if word == "" || word == "unknown" {
		return -1, false
	}
	if code, ok := codes[word]; ok {
		return code, true
	}
	return len(strings.Fields("no such code")), len(word) > 0 && word[0] == '#'
}
""",
        after="""package p

import "strings"

// Status is the number of a line's state.
func Status(codes map[string]int, line []byte) (int, bool) {
	if string(line) == "" || string(line) == "unknown" {
		return -1, false
	}
	if code, ok := codes[string(line)]; ok {
		return code, true
	}
	return len(strings.Fields("no such code")), len(line) > 0 && line[0] == '#'
}
""",
        probe="""codes := map[string]int{"a": 1, "é世界": 2, "a word that is longer than thirty-two bytes": 3}
for _, line := range []string{"", "a", "unknown", "#x", "a word that is longer than thirty-two bytes", "\xff"} {
	code, ok := Status(codes, []byte(line))
	emit(code)
	emit(ok)
}
code, ok := Status(nil, nil)
emit(code)
emit(ok)""",
    ),
    Example(
        before="""package p

type Kind int

// KindOf knows the names of some types, and counts what it does not know.
func KindOf(name []byte, unknown *int) Kind {
	text := string(name)
	switch text {
	case "text/html; charset=utf-8; a long parameter":
		return 1
	case "application/json":
		return 2
	}
	*unknown++
	return 0
}
""",
        after="""package p

type Kind int

// KindOf knows the names of some types, and counts what it does not know.
func KindOf(name []byte, unknown *int) Kind {
	switch string(name) {
	case "text/html; charset=utf-8; a long parameter":
		return 1
	case "application/json":
		return 2
	}
	*unknown++
	return 0
}
""",
        probe="""unknown := 0
for _, name := range []string{"", "application/json", "text/html; charset=utf-8; a long parameter", "é世界"} {
	emit(KindOf([]byte(name), &unknown))
}
emit(KindOf(nil, &unknown))
emit(unknown)""",
    ),
    Example(
        before="""package p

// Find returns the last of some names that is equal to a text, and where it is.
func Find(names []string, text []byte) (at, smaller int) {
	wanted := string(text)
	at = -1
	for i, name := range names {
		if name == wanted {
			at = i
		} else if name < wanted {
			smaller++
		}
	}
	return at, smaller
}
""",
        after="""package p

// Find returns the last of some names that is equal to a text, and where it is.
func Find(names []string, text []byte) (at, smaller int) {
	at = -1
	for i, name := range names {
		if name == string(text) {
			at = i
		} else if name < string(text) {
			smaller++
		}
	}
	return at, smaller
}
""",
        probe="""names := []string{"", "a", "é世界", "\xff", "a name that is longer than thirty-two bytes", "a"}
for _, name := range names {
	at, smaller := Find(names, []byte(name))
	emit(at)
	emit(smaller)
}
at, smaller := Find(names, nil)
emit(at)
emit(smaller)""",
    ),
)

REFUSALS = (
    Refused(
        """package p

func Read(known map[string]int, b []byte, next func([]byte)) int {
	key := string(b)
	next(b)
	return known[key]
}
""",
        "b may be changed while key is used",
    ),
    Refused(
        """package p

func Mask(b, secret []byte) bool {
	before := string(b)
	for i := range b {
		b[i] ^= secret[i]
	}
	return before == "a text that has more than thirty-two bytes"
}
""",
        "b may be changed while before is used",
    ),
    Refused(
        """package p

func Count(known map[string]int, b []byte) int {
	key := string(b)
	known[key]++
	return known[key]
}
"""
    ),
    Refused(
        """package p

func Both(known map[string]int, b []byte, change func([]byte) int) (int, int) {
	key := string(b)
	return known[key], change(b)
}
""",
        "b may be changed while key is used",
    ),
    Refused(
        """package p

func Turns(known map[string]int, b []byte, next func() []byte) (sum int) {
	key := string(b)
	for range 3 {
		sum += known[key]
		b = next()
	}
	return sum
}
""",
        "b may be changed while key is used",
    ),
    Refused(
        """package p

func Wait(known map[string]int, b []byte, done chan bool) int {
	key := string(b)
	<-done
	return known[key]
}
""",
        "b may be changed while key is used",
    ),
    Refused(
        """package p

func Hidden(known map[string]int, b []byte) int {
	key := string(b)
	for _, b := range []int{1, 2} {
		if known[key] == b {
			return b
		}
	}
	return 0
}
""",
        "another variable is called b",
    ),
)
