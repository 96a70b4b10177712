"""# fprintf

Text that fmt formats for a writer is written by the writer's own methods.

## Why it saves

`fmt.Fprintf` takes its operands as interfaces, which copies numbers and strings to the heap, and its writer as one,
which moves a local `strings.Builder` there. `WriteString`, `WriteByte` and `strconv.AppendInt` into the writer's own
buffer need neither.

## When it is offered

For `fmt.Fprintf`, `fmt.Fprint` and `fmt.Fprintln` on a `strings.Builder`, `bytes.Buffer` or `bufio.Writer`, with plain
verbs and operands of plain types (see `sprintf`). To these writers several short writes are the same as a long
one; only where a `bufio.Writer` cuts what is longer than its buffer may move. What an operand could do, or notice, in
between is done before: operands that may panic, or that other code may change, are put into variables first.

For one string also on an `os.File`, and, as a matter of `review`, on any writer: one write stays one, but
`io.WriteString` copies the string for a writer that has no `WriteString`, and fmt has a buffer for that.

## When it is not

With flags and widths; where the format is a constant with a name; for named types, errors and interfaces; where the
result is used and there would be several; in `go` and `defer` statements; where operands depend on the order in which
they are read; for bytes that may be those of the buffer that is written to; for other types, as it is not known what
else their methods do.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.rewrites._names import walk
from stackward.rewrites._printing import Printing, direct
from stackward.rewrites._rewrite import Applicability, Example, Offer, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, calls
from stackward.rewrites._writers import writer
from stackward.syntax.tree import SourceFile

_FPRINT = ("fmt.Fprint", "fmt.Fprintf", "fmt.Fprintln")


def suits(node: Node, source: SourceFile) -> bool:
    return calls(node, source, *_FPRINT)


def propose(scene: Scene) -> Iterator[Offer]:
    parent, given, callee = scene.node.parent, arguments(scene.node), scene.callee(scene.node)
    if parent is None or parent.type in {"defer_statement", "go_statement"} or callee not in _FPRINT or not given:
        return
    to = writer(scene, given[0])
    if to is None:
        yield Refusal("the writer is not a variable or field")
    elif any(one.type == "comment" for one in walk(scene.node)):
        yield Refusal("there is a comment inside of the call")
    else:
        yield from direct(scene, Printing(to, callee, tuple(given[1:])))


REWRITE = Rewrite("fprintf", "fmt.Fprintf to the writer's own methods", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import (
	"fmt"
	"strings"
)

// Describe lists what is in a basket.
func Describe(names []string, counts []int) string {
	var b strings.Builder
	for i, name := range names {
		// One line for each.
		fmt.Fprintf(&b, "%s: %d, {%t}\\n", name, counts[i], i > 0)
	}
	fmt.Fprint(&b, "total ", len(names), len(counts), '!')
	return b.String()
}
""",
        after="""package p

import (
	"strconv"
	"strings"
)

// Describe lists what is in a basket.
func Describe(names []string, counts []int) string {
	var b strings.Builder
	for i, name := range names {
		// One line for each.
		b.WriteString(name)
		b.WriteString(": ")
		b.Write(strconv.AppendInt(make([]byte, 0, 20), int64(counts[i]), 10))
		b.WriteString(", {")
		b.Write(strconv.AppendBool(make([]byte, 0, 5), i > 0))
		b.WriteString("}\\n")
	}
	b.WriteString("total ")
	b.Write(strconv.AppendInt(make([]byte, 0, 20), int64(len(names)), 10))
	b.WriteByte(' ')
	b.Write(strconv.AppendInt(make([]byte, 0, 20), int64(len(counts)), 10))
	b.WriteByte(' ')
	b.Write(strconv.AppendInt(make([]byte, 0, 11), int64('!'), 10))
	return b.String()
}
""",
        probe="""emit(Describe(nil, nil))
emit(Describe([]string{"", "tea", "é世界", "%d", "\\xff"}, []int{0, -1, 100, math.MaxInt, math.MinInt}))
func() {
	defer func() { emit(recover() != nil) }()
	emit(Describe([]string{"a", "b"}, []int{1}))
}()""",
        probe_imports=("math",),
        saves=5,
    ),
    Example(
        before="""package p

import (
	"bufio"
	"fmt"
)

type Order struct {
	ID    int64
	State string
	Total float64
}

func Export(w *bufio.Writer, o *Order, last bool) {
	fmt.Fprintf(w, "%d;%s;%.2f;%v", o.ID, o.State, o.Total, last)
	fmt.Fprintln(w, o.State, last)
}
""",
        after="""package p

import (
	"bufio"
	"strconv"
)

type Order struct {
	ID    int64
	State string
	Total float64
}

func Export(w *bufio.Writer, o *Order, last bool) {
	id, state, total := o.ID, o.State, o.Total
	w.Write(strconv.AppendInt(w.AvailableBuffer(), id, 10))
	w.WriteByte(';')
	w.WriteString(state)
	w.WriteByte(';')
	w.Write(strconv.AppendFloat(w.AvailableBuffer(), total, 'f', 2, 64))
	w.WriteByte(';')
	w.Write(strconv.AppendBool(w.AvailableBuffer(), last))
	w.WriteString(o.State)
	w.WriteByte(' ')
	w.Write(strconv.AppendBool(w.AvailableBuffer(), last))
	w.WriteByte('\\n')
}
""",
        probe="""var out bytes.Buffer
for _, size := range []int{16, 17, 4096} {
	w := bufio.NewWriterSize(&out, size)
	for _, total := range []float64{0, math.Copysign(0, -1), 1.005, 1e21, math.NaN(), math.Inf(-1)} {
		state := "paid é " + strings.Repeat("x", size)
		Export(w, &Order{ID: int64(size) * -1001, State: state, Total: total}, total > 1)
		Export(w, &Order{}, false)
	}
	func() {
		defer func() { emit(fmt.Sprint(recover())) }()
		Export(w, nil, true)
	}()
	w.Flush()
	emit(out.String())
}""",
        probe_imports=("bufio", "bytes", "fmt", "math", "strings"),
        saves=30,
    ),
    Example(
        before="""package p

import (
	"bytes"
	"fmt"
)

type Page struct {
	out *bytes.Buffer
}

func (p *Page) Row(cells []string, next func() int) {
	fmt.Fprintf(p.out, "<tr>%q", cells[0])
	fmt.Fprintf(p.out, "%c%x</tr>", []rune(cells[0])[0], len(cells))
}

func Count(w *bytes.Buffer, next func() int, name string) {
	fmt.Fprintf(w, "%s=%d\\n", name, next())
}

func Twice(name string) string {
	var b bytes.Buffer
	b.WriteString(name)
	fmt.Fprintf(&b, "{%s}%d", b.String(), b.Len())
	return b.String()
}
""",
        after="""package p

import (
	"bytes"
	"strconv"
)

type Page struct {
	out *bytes.Buffer
}

func (p *Page) Row(cells []string, next func() int) {
	value := cells[0]
	p.out.WriteString("<tr>")
	p.out.Write(strconv.AppendQuote(p.out.AvailableBuffer(), value))
	p.out.WriteRune([]rune(cells[0])[0])
	p.out.Write(strconv.AppendInt(p.out.AvailableBuffer(), int64(len(cells)), 16))
	p.out.WriteString("</tr>")
}

func Count(w *bytes.Buffer, next func() int, name string) {
	value := next()
	w.WriteString(name)
	w.WriteByte('=')
	w.Write(strconv.AppendInt(w.AvailableBuffer(), int64(value), 10))
	w.WriteByte('\\n')
}

func Twice(name string) string {
	var b bytes.Buffer
	b.WriteString(name)
	value, value2 := b.String(), b.Len()
	b.WriteByte('{')
	b.WriteString(value)
	b.WriteByte('}')
	b.Write(strconv.AppendInt(b.AvailableBuffer(), int64(value2), 10))
	return b.String()
}
""",
        probe="""var out bytes.Buffer
page := &Page{&out}
for _, cell := range []string{"a", "é", "\\xff", "世 \\"x\\""} {
	page.Row([]string{cell, "", ""}, nil)
	Count(&out, func() int { out.WriteString("first "); return -out.Len() }, cell)
}
func() {
	defer func() { recover() }()
	page.Row(nil, nil)
}()
emit(out.String() + Twice("") + Twice("é") + Twice(out.String()))""",
        probe_imports=("bytes",),
        saves=5,
    ),
    Example(
        before="""package p

import (
	"fmt"
	"io"
	"os"
)

func Say(w io.Writer, f *os.File, text string, parts ...string) (int, error) {
	fmt.Fprint(f, text)
	fmt.Fprintf(w, "%s", parts[0])
	return fmt.Fprint(w, text)
}
""",
        after="""package p

import (
	"io"
	"os"
)

func Say(w io.Writer, f *os.File, text string, parts ...string) (int, error) {
	f.WriteString(text)
	io.WriteString(w, parts[0])
	return io.WriteString(w, text)
}
""",
        probe="""r, f, _ := os.Pipe()
var out strings.Builder
for _, text := range []string{"", "a", "é%d"} {
	n, err := Say(&out, f, text, text)
	emit(n)
	emit(err)
}
f.Close()
got, _ := io.ReadAll(r)
r.Close()
emit(string(got) + out.String())""",
        probe_imports=("io", "os", "strings"),
        saves=3,
        applicability=Applicability.REVIEW,
    ),
)

REFUSALS = (
    Refused(
        """package p

import (
	"fmt"
	"strings"
)

func Show(b *strings.Builder, n int) { fmt.Fprintf(b, "%5d", n) }
""",
        "needs fmt",
    ),
    Refused(
        """package p

import (
	"fmt"
	"io"
)

func Show(w io.Writer, n int, name string) { fmt.Fprintf(w, "%d: %s", n, name) }
""",
        "in one write",
    ),
    Refused(
        """package p

import "fmt"

type Log struct{ titles []string }

func (l *Log) Write(p []byte) (int, error) { return len(p), nil }

func (l *Log) WriteString(s string) (int, error) {
	l.titles = append(l.titles, s)
	return len(s), nil
}

func Add(l *Log, line string) { fmt.Fprint(l, line) }
""",
        "in one write",
    ),
    Refused(
        """package p

import (
	"bufio"
	"fmt"
)

func Show(w *bufio.Writer, n int, name string) (int, error) { return fmt.Fprintf(w, "%d: %s", n, name) }
""",
        "is used",
    ),
    Refused(
        """package p

import (
	"bufio"
	"fmt"
)

func Show(w *bufio.Writer, n int, name string) {
	defer fmt.Fprintf(w, "%d: %s", n, name)
}
"""
    ),
    Refused(
        """package p

import (
	"bytes"
	"fmt"
)

func Again(b *bytes.Buffer) { fmt.Fprintf(b, "%s%s", b.Next(3), b.Bytes()) }
""",
        "of the buffer itself",
    ),
    Refused(
        """package p

import (
	"bufio"
	"fmt"
)

var count int

func next() int { count++; return count }

func Show(w *bufio.Writer) { fmt.Fprintf(w, "%d of %d", next(), count) }
""",
        "may change what is read",
    ),
    Refused(
        """package p

import (
	"fmt"
	"strings"
)

func Show(get func() *strings.Builder, n int) { fmt.Fprintf(get(), "%d;", n) }
""",
        "not a variable or field",
    ),
    Refused(
        """package p

import (
	"bytes"
	"fmt"
)

func Show(b *bytes.Buffer, name string, n int) {
	fmt.Fprintf(b, "%s %d",
		name, // the key comes first
		n)
}
""",
        "a comment",
    ),
)
