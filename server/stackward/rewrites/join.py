"""# join

A loop that adds up strings becomes `strings.Join`.

## Why it saves

Each `s += x` copies all that was there. `strings.Join` adds up the lengths first, and allocates once.

## When it is offered

For a loop over a slice of strings that does nothing but add each of them to a string, with a separator before all but
the first (`if i > 0 { s += ", " }`) or after all but the last (`if i < len(words)-1`), or without one. A declaration of
the empty string just before the loop takes the result.

## When it is not

When the loop does anything else; when the separator is asked for by `if s != ""`, which leaves it out after empty
strings; when the separator is a call, or may panic, as it would then be evaluated for a single string too; when there
is a comment in the loop.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._risk import Risk, risk
from stackward.rewrites._scene import Scene, replace_node
from stackward.rewrites._variables import (
    expressions,
    has_goto,
    hidden,
    is_path,
    loop_around,
    mentions,
    root,
    siblings,
    sole,
    variable,
)
from stackward.syntax.tree import SourceFile, text_of

_EMPTY = frozenset({'""', "``"})
_DECLARATIONS = frozenset({"short_var_declaration", "var_declaration"})


@dataclass(frozen=True, slots=True)
class _Sum:
    """A loop that adds the strings of ``listed`` to ``name``; ``separator`` comes before all but the first."""

    name: Node
    listed: Node
    separator: Node | None


def suits(node: Node, source: SourceFile) -> bool:
    """A loop that adds, or the declaration just before it."""
    loop = node if node.type == "for_statement" else _next(node)
    if loop is None or loop.type != "for_statement" or (node.type != "for_statement" and _empty(node, source) is None):
        return False
    return _sum(loop, source) is not None


def propose(scene: Scene) -> Iterator[Offer]:
    declaration = scene.node if scene.node.type in _DECLARATIONS else None
    loop = scene.node if declaration is None else _next(scene.node)
    found = _sum(loop, scene.source) if loop is not None else None
    if loop is None or found is None:
        return
    text = scene.text(found.name)
    if declaration is None:
        before = loop.prev_named_sibling
        if before is not None and before.type in _DECLARATIONS and _empty(before, scene.source) == text:
            return  # It starts there.
    elif _empty(declaration, scene.source) != text:
        return
    refusal = _refusal(scene, loop, found)
    name = scene.qualifier("strings")
    if refusal is not None or name is None:
        yield refusal or Refusal("strings means something else here")
        return
    separator = scene.text(found.separator) if found.separator is not None else '""'
    joined = f"{name}.Join({scene.text(found.listed)}, {separator})"
    if declaration is None:
        operator = "=" if _begins(scene, loop, found.name) else "+="
        edits = (replace_node(loop, f"{text} {operator} {joined}"),)
    else:
        edits = (Replacement(declaration.start_byte, loop.end_byte, f"{text} := {joined}".encode()),)
    yield Proposal("Use strings.Join instead of the loop", {scene.path: edits}, {scene.path: ("strings",)})


def _begins(scene: Scene, loop: Node, name: Node) -> bool:
    """Whether a loop is the first to give a result anything."""
    known = variable(scene, name)
    if known is None or known.kind != "result" or loop_around(loop) is not None or has_goto(scene, loop):
        return False
    return not any(one.use.address or one.use.captured for one in known.references) and not any(
        one.use.write and one.node.start_byte < loop.start_byte for one in known.references
    )


def _next(node: Node) -> Node | None:
    """The statement after a declaration, with nothing in between."""
    after = node.next_named_sibling
    return after if node.type in _DECLARATIONS and after is not None and after in siblings(node) else None


def _empty(node: Node, source: SourceFile) -> str | None:
    """The name of the one variable that a statement declares as an empty string."""
    if node.type == "short_var_declaration":
        name, value = sole(node.child_by_field_name("left")), sole(node.child_by_field_name("right"))
        return text_of(name, source) if name is not None and value is not None and _is_empty(value, source) else None
    specs = [one for one in node.named_children if one.type == "var_spec"]
    if len(specs) != 1 or node.named_child_count != 1 or len(specs[0].children_by_field_name("name")) != 1:
        return None
    name, kind = specs[0].child_by_field_name("name"), specs[0].child_by_field_name("type")
    values = expressions(specs[0].child_by_field_name("value"))
    if name is None or (kind is not None and text_of(kind, source) != "string"):
        return None
    return text_of(name, source) if all(_is_empty(one, source) for one in values) else None


def _is_empty(node: Node, source: SourceFile) -> bool:
    return text_of(node, source) in _EMPTY


def _sum(loop: Node, source: SourceFile) -> _Sum | None:
    """What a loop adds up, as far as the syntax says."""
    clause = next((one for one in loop.named_children if one.type == "range_clause"), None)
    body = loop.child_by_field_name("body")
    listed = clause.child_by_field_name("right") if clause is not None else None
    names = expressions(clause.child_by_field_name("left")) if clause is not None else []
    if clause is None or body is None or listed is None or not 1 <= len(names) <= 2 or not is_path(listed):
        return None
    if not any(child.type == ":=" for child in clause.children):
        return None
    statements = [one for part in body.named_children for one in part.named_children]
    index, over = text_of(names[0], source), text_of(listed, source)
    elements = {f"{over}[{index}]", *(text_of(one, source) for one in names[1:])} - {f"{over}[_]", "_"}
    if not 1 <= len(statements) <= 2:
        return None
    # The separator comes before all but the first, or after all but the last.
    turn, conditions = 1, {f"{index}>0", f"{index}!=0", f"0<{index}", f"{index}>=1"}
    if len(statements) == 2 and statements[0].type != "if_statement":
        turn, conditions = 0, {f"{index}<len({over})-1", f"{index}!=len({over})-1", f"{index}+1<len({over})"}
    adding = statements[turn if len(statements) == 2 else 0]
    added = _added(adding, source)
    if added is None or text_of(added[1], source) not in elements:
        return None
    if len(statements) == 1:
        return _Sum(added[0], listed, None)
    between = _between(statements[1 - turn], conditions, source)
    if between is None or text_of(between[0], source) != text_of(added[0], source):
        return None
    return _Sum(added[0], listed, between[1])


def _added(statement: Node, source: SourceFile) -> tuple[Node, Node] | None:
    """The variable and what is added to it by ``s += x``."""
    operator = statement.child_by_field_name("operator") if statement.type == "assignment_statement" else None
    if operator is None or text_of(operator, source) != "+=":
        return None
    name, value = sole(statement.child_by_field_name("left")), sole(statement.child_by_field_name("right"))
    return (name, value) if name is not None and value is not None and name.type == "identifier" else None


def _between(statement: Node, conditions: Collection[str], source: SourceFile) -> tuple[Node, Node] | None:
    """What ``if i > 0 { s += sep }``, with one of several conditions, adds, and to what."""
    condition, consequence = (statement.child_by_field_name(one) for one in ("condition", "consequence"))
    if statement.type != "if_statement" or condition is None or consequence is None:
        return None
    if statement.child_by_field_name("alternative") or statement.child_by_field_name("initializer"):
        return None
    if "".join(text_of(condition, source).split()) not in conditions:
        return None
    inner = [one for part in consequence.named_children for one in part.named_children]
    return _added(inner[0], source) if len(inner) == 1 else None


def _refusal(scene: Scene, loop: Node, found: _Sum) -> Refusal | None:
    """Why the loop cannot be replaced, now that types are asked too."""
    text = scene.text(found.name)
    info, target = scene.type(found.listed), scene.type(found.name)
    if info is None or info.type != "[]string" or target is None or target.type != "string":
        return Refusal("it does not go over a []string")
    known = variable(scene, found.name)
    if known is None:
        return Refusal(f"{text} is no variable of this function")
    if mentions(loop, "len", scene.source) and hidden(scene, "len"):
        return Refusal("len is another thing here")
    if any(one.type == "comment" for one in walk(loop)):
        return Refusal("there is a comment in the loop")
    clause = next(one for one in loop.named_children if one.type == "range_clause")
    own = [scene.text(one) for one in expressions(clause.child_by_field_name("left"))]
    if root(found.listed).text == found.name.text or text in own:
        return Refusal(f"{text} is what the loop goes over")
    separator = found.separator
    if separator is None:
        return None
    if any(mentions(separator, one, scene.source) for one in (text, *own)):
        return Refusal("the separator is another each time")
    kind = scene.type(separator)
    if kind is None or kind.kind not in {"string", "untyped string"} or risk(scene, separator) >= Risk.PANICS:
        return Refusal("the separator would be evaluated where it is not now")
    return None


REWRITE = Rewrite(
    "join",
    "strings.Join for a loop that adds up strings",
    ("for_statement", "short_var_declaration", "var_declaration"),
    suits,
    propose,
)

EXAMPLES = (
    Example(
        before="""package p

// Header names the columns.
func Header(columns []string, separator string) string {
	// No separator comes first.
	line := ""
	for i, column := range columns {
		if i > 0 {
			line += separator
		}
		line += column
	}
	return line + "\\n"
}
""",
        after="""package p

import "strings"

// Header names the columns.
func Header(columns []string, separator string) string {
	// No separator comes first.
	line := strings.Join(columns, separator)
	return line + "\\n"
}
""",
        probe="""for _, columns := range [][]string{nil, {}, {""}, {"", ""}, {"a"}, {"", "é", "世界", "\\xff", ""}} {
	for _, separator := range []string{"", ",", " — "} {
		emit(Header(columns, separator))
	}
}""",
        saves=5,
    ),
    Example(
        before="""package p

func Lists(words []string, separator string) (text, other string) {
	for i := range words {
		text += words[i]
		if i < len(words)-1 {
			text += separator
		}
	}
	other += separator
	for i, word := range words {
		other += word
		if i != len(words) - 1 {
			other += ","
		}
	}
	return
}
""",
        after="""package p

import "strings"

func Lists(words []string, separator string) (text, other string) {
	text = strings.Join(words, separator)
	other += separator
	other += strings.Join(words, ",")
	return
}
""",
        probe="""for _, words := range [][]string{nil, {}, {""}, {"", ""}, {"a"}, {"", "é", "世界", "\xff", ""}} {
	for _, separator := range []string{"", ",", " — "} {
		text, other := Lists(words, separator)
		emit(text)
		emit(other)
	}
}""",
        saves=5,
    ),
    Example(
        before="""package p

type Path struct{ parts []string }

func (p *Path) Full(prefix string, host string) (string, string) {
	prefix += "//"
	for i, part := range p.parts {
		if i != 0 {
			prefix += "/"
		}
		prefix += part
	}
	var plain string
	for _, part := range p.parts {
		plain += part
	}
	return prefix, plain
}
""",
        after="""package p

import "strings"

type Path struct{ parts []string }

func (p *Path) Full(prefix string, host string) (string, string) {
	prefix += "//"
	prefix += strings.Join(p.parts, "/")
	plain := strings.Join(p.parts, "")
	return prefix, plain
}
""",
        probe="""for _, parts := range [][]string{nil, {""}, {"a"}, {"a", "", "é"}, strings.Fields("a long way")} {
	a, b := (&Path{parts}).Full("http:", "")
	emit(a)
	emit(b)
}
func() {
	defer func() { emit(recover() != nil) }()
	(*Path)(nil).Full("", "")
}()""",
        probe_imports=("strings",),
        saves=5,
    ),
    Example(
        before="""package p

const comma = ", "

func List(words ...string) (text string) {
	if len(words) == 0 {
		return "none"
	}
	for i, word := range words {
		if 0 < i {
			text += comma
		}
		text += word
	}
	return
}
""",
        after="""package p

import "strings"

const comma = ", "

func List(words ...string) (text string) {
	if len(words) == 0 {
		return "none"
	}
	text = strings.Join(words, comma)
	return
}
""",
        probe="""emit(List())
emit(List(""))
emit(List("a", "", "é世界", "\\xff"))
emit(List(make([]string, 40)...))""",
        saves=20,
    ),
)

REFUSALS = (
    Refused(
        """package p

func List(words []string, others []string) string {
	s := ""
	for i := range words {
		s += words[i]
		if i < len(others)-1 {
			s += ", "
		}
	}
	return s
}
"""
    ),
    Refused(
        """package p

func List(words []string, len func([]string) int) string {
	s := ""
	for i := range words {
		s += words[i]
		if i < len(words)-1 {
			s += ", "
		}
	}
	return s
}
""",
        "len is another thing",
    ),
    Refused(
        """package p

func List(words []string) string {
	s := ""
	for _, word := range words {
		if s != "" {
			s += ", "
		}
		s += word
	}
	return s
}
"""
    ),
    Refused(
        """package p

func List(words []string, next func() string) string {
	s := ""
	for i, word := range words {
		if i > 0 {
			s += next()
		}
		s += word
	}
	return s
}
""",
        "evaluated where it is not now",
    ),
    Refused(
        """package p

type Text string

func List(words []Text) Text {
	var s Text
	for _, word := range words {
		s += word
	}
	return s
}
"""
    ),
    Refused(
        """package p

func List(words [3]string) string {
	s := ""
	for i, word := range words {
		if i > 0 {
			s += word
		}
		s += word
	}
	return s
}
""",
        "[]string",
    ),
    Refused(
        """package p

func List(words []string) string {
	s := ""
	for i, word := range words {
		if i > 0 {
			s += "," // no blank
		}
		s += word
	}
	return s
}
""",
    ),
    Refused(
        """package p

type options struct{ separator string }

func List(words []string, o *options) string {
	s := ""
	for i, word := range words {
		if i > 0 {
			s += o.separator
		}
		s += word
	}
	return s
}
""",
        "evaluated where it is not now",
    ),
    Refused(
        """package p

func List(words []string) string {
	s := ""
	for i, word := range words {
		if i > 0 {
			s += word + ","
		}
		s += word
	}
	return s
}
""",
        "another each time",
    ),
)
