"""# write-concat

Strings that are put together only to be written are written one by one.

## Why it saves

`b.WriteString(x + "=" + y)` and `b.WriteString(strings.Join([]string{x, y}, "="))` make a string that is copied and
thrown away at once. A `strings.Builder`, `bytes.Buffer` or `bufio.Writer` puts strings together by itself. Numbers are
appended to it without being made into strings.

## When it is offered

For a statement that writes a concatenation, or a `strings.Join` of a literal with a constant separator, to one of these
three. What has to be evaluated before anything is written is put into variables.

## When it is not

For other writers, which are to get all in one write; where the number of bytes or the error is used; in `go` and
`defer` statements; where a call among the operands may change what is read besides.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.rewrites._names import walk
from stackward.rewrites._printing import Printing, direct
from stackward.rewrites._rewrite import Example, Offer, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, callee_node, is_call
from stackward.rewrites._variables import expressions
from stackward.rewrites._writers import writer
from stackward.syntax.anchors import unparenthesized
from stackward.syntax.tree import SourceFile, text_of


def suits(node: Node, source: SourceFile) -> bool:
    callee, given = callee_node(node) if is_call(node) else None, arguments(node)
    if callee is None or callee.type != "selector_expression" or len(given) != 1:
        return False
    inner = unparenthesized(given[0])
    put = inner.type == "binary_expression" or (is_call(inner) and "Join" in text_of(inner, source))
    return put and text_of(callee.named_children[-1], source) == "WriteString"


def propose(scene: Scene) -> Iterator[Offer]:
    function, parent = callee_node(scene.node), scene.node.parent
    if function is None or parent is None or scene.constant(arguments(scene.node)[0]) is not None:
        return
    to, inner = writer(scene, function.named_children[0]), unparenthesized(arguments(scene.node)[0])
    if to is None or not to.kind.direct:
        return  # All in one write is what such a concatenation is for.
    joined = is_call(inner)
    given = _joined(scene, inner) if joined else _operands(scene, inner)
    if given is None:
        return
    if parent.type in {"defer_statement", "go_statement"}:
        yield Refusal("the text is made before it is written")
    elif any(one.type == "comment" for one in walk(scene.node)):
        yield Refusal("there is a comment inside of the call")
    elif parent.type != "expression_statement":
        yield Refusal("what it returns is used")
    else:
        found = Printing(to, "strings.Join" if joined else "+", tuple(given), inner, "WriteString")
        yield from direct(scene, found)


def _operands(scene: Scene, node: Node) -> list[Node] | None:
    """What a concatenation puts together."""
    inner = unparenthesized(node)
    operator = inner.child_by_field_name("operator") if inner.type == "binary_expression" else None
    left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
    if operator is None or left is None or right is None or scene.constant(inner) is not None:
        return [inner]
    first, second = _operands(scene, left), _operands(scene, right)
    return [*first, *second] if scene.text(operator) == "+" and first is not None and second is not None else None


def _joined(scene: Scene, call: Node) -> list[Node] | None:
    """The elements of a literal that ``strings.Join`` puts together, and the separator."""
    given = arguments(call)
    literal = unparenthesized(given[0]) if len(given) == 2 and scene.callee(call) == "strings.Join" else None
    body = literal.child_by_field_name("body") if literal is not None and literal.type == "composite_literal" else None
    found: list[Node] = []
    for element in body.named_children if body is not None else ():
        value = expressions(element) if element.type == "literal_element" else []
        if len(value) != 1:
            return None
        found += value
    return [*found, given[1]] if found else None


REWRITE = Rewrite(
    "write-concat", "strings written one by one instead of put together", ("call_expression",), suits, propose
)

EXAMPLES = (
    Example(
        before="""package p

import (
	"strconv"
	"strings"
)

type Order struct {
	ID, Customer string
	Net          int64
}

func Export(orders []*Order) string {
	var out strings.Builder
	for _, o := range orders {
		// One line each.
		out.WriteString(strings.Join([]string{o.ID, o.Customer, strconv.FormatInt(o.Net, 10)}, ";"))
		out.WriteString("\\n")
	}
	return out.String()
}
""",
        after="""package p

import (
	"strconv"
	"strings"
)

type Order struct {
	ID, Customer string
	Net          int64
}

func Export(orders []*Order) string {
	var out strings.Builder
	for _, o := range orders {
		// One line each.
		out.WriteString(o.ID)
		out.WriteByte(';')
		out.WriteString(o.Customer)
		out.WriteByte(';')
		out.Write(strconv.AppendInt(make([]byte, 0, 20), o.Net, 10))
		out.WriteString("\\n")
	}
	return out.String()
}
""",
        probe="""emit(Export(nil))
emit(Export([]*Order{{}, {"é;", "世界", -1 << 63}, {strings.Repeat("x", 70), "\\\\xff", 42}}))""",
        probe_imports=("strings",),
        saves=1,
    ),
    Example(
        before="""package p

import "bytes"

const end = ">\\n"

func Header(b *bytes.Buffer, name, value string, next func() string) {
	b.WriteString("<" + name + "=" + (value + `"`) + end)
	b.WriteString(next() + "/" + name)
}
""",
        after="""package p

import "bytes"

const end = ">\\n"

func Header(b *bytes.Buffer, name, value string, next func() string) {
	b.WriteByte('<')
	b.WriteString(name)
	b.WriteByte('=')
	b.WriteString(value)
	b.WriteByte('"')
	b.WriteString(end)
	b.WriteString(next())
	b.WriteByte('/')
	b.WriteString(name)
}
""",
        probe="""var b bytes.Buffer
for _, name := range []string{"", "é", strings.Repeat("long ", 20)} {
	Header(&b, name, "世界", func() string { return b.String() + "!" })
}
emit(b.String())""",
        probe_imports=("bytes", "strings"),
        saves=2,
    ),
    Example(
        before="""package p

import (
	"bufio"
	"io"
	"strconv"
)

func Rows(w io.Writer, keys []string, counts map[string]int) error {
	out := bufio.NewWriterSize(w, 16)
	for _, key := range keys {
		out.WriteString(key + ": " + strconv.Itoa(counts[key]) + "\\n")
	}
	return out.Flush()
}
""",
        after="""package p

import (
	"bufio"
	"io"
	"strconv"
)

func Rows(w io.Writer, keys []string, counts map[string]int) error {
	out := bufio.NewWriterSize(w, 16)
	for _, key := range keys {
		value := counts[key]
		out.WriteString(key)
		out.WriteString(": ")
		out.Write(strconv.AppendInt(out.AvailableBuffer(), int64(value), 10))
		out.WriteByte('\\n')
	}
	return out.Flush()
}
""",
        probe="""var b strings.Builder
emit(Rows(&b, []string{"", "é", "a longer key than that", "none"}, map[string]int{"": -1, "é": 1 << 40}) == nil)
emit(b.String())""",
        probe_imports=("strings",),
        saves=1,
    ),
)

REFUSALS = (
    Refused(
        """package p

import "io"

func Put(w io.StringWriter, a, b string) { w.WriteString(a + b) }

func All(w io.Writer, a, b string) { io.WriteString(w, a+b) }
"""
    ),
    Refused(
        """package p

import "strings"

func Put(b *strings.Builder, x, y string) (int, error) { return b.WriteString(x + y) }
""",
        "what it returns is used",
    ),
    Refused(
        """package p

import "strings"

func Put(b *strings.Builder, x, y string) { defer b.WriteString(x + y) }
""",
        "made before it is written",
    ),
    Refused(
        """package p

import "strings"

type state struct{ name string }

func (s *state) next() string { s.name += "!"; return s.name }

func Put(b *strings.Builder, s *state) { b.WriteString(s.name + s.next()) }
""",
        "may change what is read",
    ),
    Refused(
        """package p

import "strings"

func Put(b *strings.Builder, all []string, between string) {
	b.WriteString(strings.Join(all, between))
	b.WriteString(strings.Join([]string{all[0], "x"}, between))
}
""",
        "not a constant",
    ),
)
