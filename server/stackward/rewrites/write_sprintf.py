"""# write-sprintf

A string that `fmt.Sprintf` makes only to be written is not made: fmt formats for the writer, or is not needed at all.

## Why it saves

`fmt.Sprintf` allocates the string, and `[]byte(…)` a copy of it. `fmt.Fprintf` formats into a buffer that fmt keeps for
the next time, and hands that to the writer.

## When it is offered

For `w.Write([]byte(fmt.Sprintf(…)))`, `w.WriteString(fmt.Sprintf(…))`, `io.WriteString(w, fmt.Sprintf(…))` and
`fmt.Fprint(w, fmt.Sprintf(…))`, with any verbs; so for `fmt.Sprint` and `fmt.Sprintln`. A single write stays one, and
the results are the same. On a `strings.Builder`, `bytes.Buffer` or `bufio.Writer` the pieces may be written one by one
instead (see `fprintf`), if that is cheaper.

## When it is not

In `go` and `defer` statements, where the text is made earlier than it is written; for a `WriteString` of a type of
your own, which need not do what `Write` does, and which `io.WriteString` calls as well. `Write` of such a type is a
matter of `review`: it must not keep the bytes that it gets, as `io.Writer` says, or it would see fmt change them. So is
`io.WriteString` to what is behind an interface: its `WriteString` should do what its `Write` does, but a struct that
embeds a writer and has a `Write` of its own has the `WriteString` of what it embeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._names import walk
from stackward.rewrites._printing import Printing, direct
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, callee_node, is_call
from stackward.rewrites._writers import Kind, writer
from stackward.syntax.tree import SourceFile, text_of

_SPRINT = frozenset({"fmt.Sprint", "fmt.Sprintf", "fmt.Sprintln"})
_WRITING = frozenset({"fmt.Fprint", "io.WriteString"})
_METHODS = frozenset({"Write", "WriteString"})


def suits(node: Node, source: SourceFile) -> bool:
    given, callee = (arguments(node), callee_node(node)) if is_call(node) else ([], None)
    if not given or callee is None or callee.type != "selector_expression":
        return False
    name = text_of(callee.named_children[-1], source)
    return name in _METHODS | {"Fprint"} and "Sprint" in text_of(given[-1], source)


def propose(scene: Scene) -> Iterator[Offer]:
    parent = scene.node.parent
    found = _printing(scene)
    if found is None or parent is None:
        return
    if parent.type in {"defer_statement", "go_statement"}:
        yield Refusal("the text is made before it is written")
    elif any(one.type == "comment" for one in walk(scene.node)):
        yield Refusal("there is a comment inside of the call")
    else:
        if not _bare(scene, found):
            yield from _formatted(scene, found)
        yield from direct(scene, found)


def _printing(scene: Scene) -> Printing | None:
    """What the scene's node writes, and where to."""
    given = arguments(scene.node)
    callee = scene.callee(scene.node)
    if callee in _WRITING:
        to = writer(scene, given[0]) if given else None
        inner = _sprint(scene, given[1]) if len(given) == 2 else None
        if inner is None or to is None:
            return None
        return Printing(to, scene.callee(inner), tuple(arguments(inner)), inner, callee)
    function = callee_node(scene.node)
    if function is None or function.type != "selector_expression" or len(given) != 1:
        return None
    method, receiver = function.child_by_field_name("field"), function.child_by_field_name("operand")
    found = scene.facts(scene.node)
    if method is None or receiver is None or found is None or found.call is None:
        return None
    if [one.type for one in found.call.results] != ["int", "error"] or found.call.kind not in {"static", "interface"}:
        return None
    name, to = scene.text(method), writer(scene, receiver)
    inner = _sprint(scene, given[0]) if name == "WriteString" else _converted(scene, given[0])
    if to is None or inner is None or name not in _METHODS:
        return None
    info = scene.type(receiver)
    if info is not None and info.kind != "pointer" and found.call.callee.startswith("(*"):
        to = replace(to, place=f"&{to.text}")
    return Printing(to, scene.callee(inner), tuple(arguments(inner)), inner, name)


def _sprint(scene: Scene, node: Node) -> Node | None:
    return node if is_call(node) and scene.callee(node) in _SPRINT else None


def _converted(scene: Scene, node: Node) -> Node | None:
    """The call of ``Sprintf`` that is converted to bytes."""
    inner = node.child_by_field_name("operand") if node.type == "type_conversion_expression" else None
    info = scene.type(node)
    return _sprint(scene, inner) if inner is not None and info is not None and info.type == "[]byte" else None


def _bare(scene: Scene, found: Printing) -> bool:
    """Whether it only prints a constant: the constant itself is better (see ``sprintf``)."""
    return found.function != "fmt.Sprintln" and len(found.given) == 1 and scene.constant(found.given[0]) is not None


def _formatted(scene: Scene, found: Printing) -> Iterator[Offer]:
    """Format for the writer instead of making a string."""
    assert found.inner is not None
    listed = found.inner.child_by_field_name("arguments")
    name = scene.qualifier("fmt")
    if listed is None or name is None or not found.given:
        return
    if found.to.kind is Kind.OTHER and found.method in {"WriteString", "io.WriteString"}:
        yield Refusal("WriteString of this type may be something else than Write")
        return
    function = found.function.removeprefix("fmt.S")
    head = f"{name}.F{function}({found.to.place}, "
    edits = (
        Replacement(scene.node.start_byte, listed.start_byte + 1, head.encode()),
        Replacement(listed.end_byte, scene.node.end_byte),
    )
    title = f"Use fmt.F{function} instead of making a string to write"
    differs = ""
    if found.to.kind is Kind.OTHER:
        differs = "its Write must not keep what it gets"
    elif found.to.kind is Kind.INTERFACE and found.method in {"WriteString", "io.WriteString"}:
        differs = "its WriteString must do what its Write does"
    if differs:
        yield Proposal(title, {scene.path: edits}, applicability=Applicability.REVIEW, differs=differs)
    else:
        yield Proposal(title, {scene.path: edits})


REWRITE = Rewrite(
    "write-sprintf", "fmt.Fprintf instead of writing what fmt.Sprintf makes", ("call_expression",), suits, propose
)

EXAMPLES = (
    Example(
        before="""package p

import (
	"fmt"
	"io"
)

type Amount int64

func (a Amount) String() string { return fmt.Sprint(int64(a)/100, ".", int64(a)%100) }

func Bill(w io.Writer, name string, a Amount, err error) (int, error) {
	w.Write([]byte(fmt.Sprintf("%-8s|%v|%v", name, a, err)))
	w.Write([]byte(fmt.Sprintln(name, a)))
	return w.Write([]byte(fmt.Sprint(name, a)))
}
""",
        after="""package p

import (
	"fmt"
	"io"
)

type Amount int64

func (a Amount) String() string { return fmt.Sprint(int64(a)/100, ".", int64(a)%100) }

func Bill(w io.Writer, name string, a Amount, err error) (int, error) {
	fmt.Fprintf(w, "%-8s|%v|%v", name, a, err)
	fmt.Fprintln(w, name, a)
	return fmt.Fprint(w, name, a)
}
""",
        probe="""var out strings.Builder
for _, name := range []string{"", "tea", "é世界\\xff"} {
	n, err := Bill(&out, name, Amount(len(name))*12345, io.ErrUnexpectedEOF)
	emit(n)
	emit(err)
	Bill(&out, name, -1, nil)
}
emit(out.String())""",
        probe_imports=("io", "strings"),
        saves=20,
    ),
    Example(
        before="""package p

import (
	"fmt"
	"io"
)

func Head(w io.Writer, name string, depth float64) {
	io.WriteString(w, fmt.Sprintf("%-8s %6.2f", name, depth))
}
""",
        after="""package p

import (
	"fmt"
	"io"
)

func Head(w io.Writer, name string, depth float64) {
	fmt.Fprintf(w, "%-8s %6.2f", name, depth)
}
""",
        probe="""var out strings.Builder
for _, name := range []string{"", "tea", "é世界\\xff"} {
	Head(&out, name, float64(len(name))/3)
}
emit(out.String())""",
        probe_imports=("strings",),
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import (
	"fmt"
	"strings"
)

func Query(table string, ids []int) string {
	var b strings.Builder
	b.WriteString(fmt.Sprintf("SELECT * FROM %s WHERE id IN (", table))
	for i, id := range ids {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(fmt.Sprintf("%d", id))
	}
	b.WriteString(")")
	return b.String()
}
""",
        after="""package p

import (
	"strconv"
	"strings"
)

func Query(table string, ids []int) string {
	var b strings.Builder
	b.WriteString("SELECT * FROM ")
	b.WriteString(table)
	b.WriteString(" WHERE id IN (")
	for i, id := range ids {
		if i > 0 {
			b.WriteString(", ")
		}
		b.Write(strconv.AppendInt(make([]byte, 0, 20), int64(id), 10))
	}
	b.WriteString(")")
	return b.String()
}
""",
        probe="""emit(Query("", nil))
emit(Query("orders", []int{0, -1, 1000, math.MaxInt, math.MinInt}))""",
        probe_imports=("math",),
        saves=4,
    ),
    Example(
        before="""package p

import (
	"bufio"
	"fmt"
)

type point struct{ x, y int }

func Plot(w *bufio.Writer, all []point) {
	for _, one := range all {
		w.Write([]byte(fmt.Sprintf("%v %T\\n", one, one)))
	}
}

func Points(w *bufio.Writer, n int) {
	all := make([]point, n)
	for i := range all {
		all[i] = point{i, -i}
	}
	Plot(w, all)
}
""",
        after="""package p

import (
	"bufio"
	"fmt"
)

type point struct{ x, y int }

func Plot(w *bufio.Writer, all []point) {
	for _, one := range all {
		fmt.Fprintf(w, "%v %T\\n", one, one)
	}
}

func Points(w *bufio.Writer, n int) {
	all := make([]point, n)
	for i := range all {
		all[i] = point{i, -i}
	}
	Plot(w, all)
}
""",
        probe="""var out strings.Builder
w := bufio.NewWriterSize(&out, 16)
Points(w, 0)
Points(w, 12)
w.Flush()
emit(out.String())""",
        probe_imports=("bufio", "strings"),
        saves=12,
    ),
    Example(
        before="""package p

import "fmt"

type Counter struct{ n int }

func (c *Counter) Write(p []byte) (int, error) {
	c.n += len(p)
	return len(p), nil
}

func Count(c *Counter, v any) int {
	c.Write([]byte(fmt.Sprintf("%+v", v)))
	return c.n
}
""",
        after="""package p

import "fmt"

type Counter struct{ n int }

func (c *Counter) Write(p []byte) (int, error) {
	c.n += len(p)
	return len(p), nil
}

func Count(c *Counter, v any) int {
	fmt.Fprintf(c, "%+v", v)
	return c.n
}
""",
        probe="""var c Counter
for _, v := range []any{nil, 0, "é", []string{"a"}, struct{ A, b int }{1, 2}, strings.Repeat("long", 20)} {
	emit(Count(&c, v))
}""",
        probe_imports=("strings",),
        saves=4,
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import (
	f "fmt"
	"strings"
)

func List(names []string, level float64) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(f.Sprintf(", "))
		}
		b.WriteString(f.Sprintf("%5.1f %-4s", level, name))
	}
	return b.String()
}
""",
        after="""package p

import (
	f "fmt"
	"strings"
)

func List(names []string, level float64) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		f.Fprintf(&b, "%5.1f %-4s", level, name)
	}
	return b.String()
}
""",
        probe="""for _, name := range []string{"", "a", "é世界\\xff"} {
	emit(List([]string{name, name + "x"}, float64(len(name))))
}
emit(List(nil, 1))""",
    ),
)

REFUSALS = (
    Refused(
        """package p

import (
	"fmt"
	"io"
)

type lazy struct{ n *int }

func (l lazy) String() string { return fmt.Sprint(*l.n) }

func Later(w io.Writer, n *int) {
	defer io.WriteString(w, fmt.Sprintf("%v", lazy{n}))
	*n++
}
""",
        "made before it is written",
    ),
    Refused(
        """package p

import "fmt"

type Doc struct{ titles, raw []string }

func (d *Doc) Write(p []byte) (int, error) {
	d.raw = append(d.raw, string(p))
	return len(p), nil
}

func (d *Doc) WriteString(s string) (int, error) {
	d.titles = append(d.titles, s)
	return len(s), nil
}

func Title(d *Doc, n int) { d.WriteString(fmt.Sprintf("%03d", n)) }
""",
        "something else than Write",
    ),
    Refused(
        """package p

import (
	"bytes"
	"fmt"
	"io"
)

type Lines struct {
	bytes.Buffer
	n int
}

func (l *Lines) WriteString(s string) (int, error) {
	l.n++
	return l.Buffer.WriteString(s)
}

func Count(l *Lines, n int) { io.WriteString(l, fmt.Sprintf("%03d", n)) }

func All() int {
	var l Lines
	for n := range 3 {
		io.WriteString(&l, fmt.Sprintf("%03d", n))
	}
	return l.n
}
""",
        "something else than Write",
    ),
    Refused(
        """package p

import (
	"fmt"
	"io"
)

func Show(w io.Writer, n int) {
	io.WriteString(w, fmt.Sprintf("%03d", // as in the printed list
		n))
}
""",
        "a comment",
    ),
    Refused(
        """package p

import "fmt"

type Queue struct{ c chan []byte }

func (q Queue) Write(p []byte) { q.c <- p }

func Send(q Queue, n int) { q.Write([]byte(fmt.Sprintf("%03d", n))) }
"""
    ),
    Refused(
        """package p

import (
	"fmt"
	"io"
)

func Show(w io.Writer, n int) { io.WriteString(w, "n = "+fmt.Sprintf("%03d", n)) }
"""
    ),
)
