"""# write-string

What is a string is written as a string, and what are bytes as bytes.

## Why it saves

`w.Write([]byte(s))` copies the string, as the compiler does not know what `Write` does with it; so does the string
made for `w.WriteString(string(b))`. Most writers have both methods.

## When it is offered

- `w.Write([]byte(s))` becomes `w.WriteString(s)` for a `strings.Builder`, `bytes.Buffer`, `bufio.Writer` or `os.File`,
  and `io.WriteString(w, s)` for an interface: that calls `WriteString` where the writer has it, and else makes the copy
  that was made before.
- `w.WriteString(string(b))`, `io.WriteString(w, string(b))` and `fmt.Fprint(w, string(b))` become `w.Write(b)`.

Results and errors are the same, and one write stays one write. What is behind an interface is a matter of `review`: its
`WriteString` should do what its `Write` does, but a struct that embeds a writer and has a `Write` of its own has the
`WriteString` of what it embeds.

## When it is not

For types of your own, whose `WriteString` need not do what `Write` does; for hashes and network connections, which have
no `WriteString`. Bytes that may be those of the `bytes.Buffer` that is written to are a matter of `review`: the buffer
may move them while it grows.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, callee_node, converted, is_call, replace_node
from stackward.rewrites._writers import Kind, Writer, writer
from stackward.syntax.tree import SourceFile, text_of

_WRITING = frozenset({"fmt.Fprint", "io.WriteString"})
_KNOWN = frozenset({Kind.BUFFER, Kind.BUFIO, Kind.BUILDER, Kind.FILE})
_ALIKE = "its WriteString must do what its Write does"
_WITHOUT = ("hash.", "net.Conn")  # Interfaces that nothing with a WriteString stands behind.


def suits(node: Node, source: SourceFile) -> bool:
    callee = callee_node(node) if is_call(node) else None
    given = arguments(node)
    if callee is None or callee.type != "selector_expression" or not given:
        return False
    name, last = text_of(callee.named_children[-1], source), text_of(given[-1], source)
    if name == "Write":
        return last.startswith("[]byte(")
    return name in {"Fprint", "WriteString"} and last.startswith("string(")


def propose(scene: Scene) -> Iterator[Offer]:
    found, function, given = scene.facts(scene.node), callee_node(scene.node), arguments(scene.node)
    if found is None or found.call is None or function is None:
        return
    if any(one.type == "comment" for one in walk(scene.node)):
        yield Refusal("there is a comment inside of the call")
    elif found.call.callee in _WRITING:
        bytes_ = converted(scene, given[1], "string") if len(given) == 2 else None
        if bytes_ is not None:
            yield from _as_bytes(scene, writer(scene, given[0]), bytes_)
    elif len(given) == 1 and [one.type for one in found.call.results] == ["int", "error"]:
        to = writer(scene, function.named_children[0])
        if to is None:
            yield Refusal("the writer is not a variable or field")
            return
        if to.kind not in _KNOWN | {Kind.INTERFACE}:
            yield Refusal("WriteString of this type may be something else than Write")
            return
        if scene.text(function.named_children[-1]) == "Write":
            inner = converted(scene, given[0], "[]byte")
            if inner is not None:
                yield from _as_string(scene, to, inner)
            return
        inner = converted(scene, given[0], "string")
        if inner is not None and to.kind is not Kind.INTERFACE:
            yield from _as_bytes(scene, to, inner)


def _as_string(scene: Scene, to: Writer, inner: Node) -> Iterator[Offer]:
    info = scene.type(inner)
    text = scene.text(inner)
    if info is not None and info.type not in {"string", "untyped string"}:
        text = f"string({text})"
    if to.kind is not Kind.INTERFACE:
        edit = replace_node(scene.node, f"{to.text}.WriteString({text})")
        yield Proposal(f"Use {to.text}.WriteString instead of Write", {scene.path: (edit,)})
        return
    function, name = callee_node(scene.node), scene.qualifier("io")
    static = scene.type(function.named_children[0]) if function is not None else None
    if name is None:
        yield Refusal("io means something else here")
    elif _is_write_string(scene):
        yield Refusal("it is how WriteString itself is done")
    elif static is None or static.type.startswith(_WITHOUT):
        yield Refusal("the writer has no WriteString")
    else:
        edit = replace_node(scene.node, f"{name}.WriteString({to.place}, {text})")
        yield Proposal(
            "Use io.WriteString instead of Write",
            {scene.path: (edit,)},
            {scene.path: ("io",)},
            applicability=Applicability.REVIEW,
            differs=_ALIKE,
        )


def _is_write_string(scene: Scene) -> bool:
    """Whether this is a method that ``io.WriteString`` could come back to."""
    around = scene.declaration()
    name = around.child_by_field_name("name") if around is not None else None
    return name is not None and scene.text(name) == "WriteString"


def _as_bytes(scene: Scene, to: Writer | None, inner: Node) -> Iterator[Offer]:
    if to is None:
        yield Refusal("the writer is not a variable or field")
        return
    if to.kind in {Kind.OTHER, Kind.STANDARD}:
        yield Refusal("WriteString of this type may be something else than Write")
        return
    edit = replace_node(scene.node, f"{to.text}.Write({scene.text(inner)})")
    differs = "the bytes must not be the buffer's own" if to.kind is Kind.BUFFER and to.lent else ""
    if to.kind is Kind.INTERFACE and scene.callee(scene.node) == "io.WriteString":
        differs = _ALIKE
    yield Proposal(
        f"Use {to.text}.Write instead of making a string",
        {scene.path: (edit,)},
        applicability=Applicability.REVIEW if differs else Applicability.SAFE,
        differs=differs,
    )


REWRITE = Rewrite("write-string", "WriteString for strings and Write for bytes", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import (
	"bufio"
	"bytes"
	"os"
)

type Name string

func Greet(out *bufio.Writer, f *os.File, name Name) string {
	var b bytes.Buffer
	b.Write([]byte("Dear "))
	b.Write([]byte(name))
	out.Write([]byte(name))
	f.Write([]byte(string(name)))
	return b.String()
}
""",
        after="""package p

import (
	"bufio"
	"bytes"
	"os"
)

type Name string

func Greet(out *bufio.Writer, f *os.File, name Name) string {
	var b bytes.Buffer
	b.Write([]byte("Dear "))
	b.Write([]byte(name))
	out.WriteString(string(name))
	f.WriteString(string(name))
	return b.String()
}
""",
        probe="""r, f, _ := os.Pipe()
var b strings.Builder
for _, name := range []Name{"", "é世界", "\\xff", Name(strings.Repeat("x", 100))} {
	out := bufio.NewWriterSize(&b, 16)
	emit(Greet(out, f, name))
	out.Flush()
}
emit(b.String())
f.Close()
got, _ := io.ReadAll(r)
r.Close()
emit(string(got))
emit(Greet(bufio.NewWriter(&b), nil, ""))""",
        probe_imports=("bufio", "io", "os", "strings"),
        saves=3,
    ),
    Example(
        before="""package p

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

func Copy(w io.Writer, out *bufio.Writer, lines [][]byte) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(string(line))
		out.WriteString(string(line[:len(line)/2]))
		if n, err := fmt.Fprint(w, string(line)); n < len(line) || err != nil {
			break
		}
	}
	return b.String()
}
""",
        after="""package p

import (
	"bufio"
	"io"
	"strings"
)

func Copy(w io.Writer, out *bufio.Writer, lines [][]byte) string {
	var b strings.Builder
	for _, line := range lines {
		b.Write(line)
		out.Write(line[:len(line)/2])
		if n, err := w.Write(line); n < len(line) || err != nil {
			break
		}
	}
	return b.String()
}
""",
        probe="""var all, rest strings.Builder
out := bufio.NewWriterSize(&rest, 16)
for _, text := range []string{"", "a", "é 世界 \\xff", strings.Repeat("x", 300)} {
	emit(Copy(&all, out, [][]byte{[]byte(text), nil, []byte("end")}))
}
out.Flush()
emit(all.String() + rest.String())""",
        probe_imports=("bufio", "strings"),
        saves=8,
    ),
    Example(
        before="""package p

import "io"

func Sign(w io.Writer, name []byte) (int, error) {
	w.Write([]byte("Yours, the shop that has everything\\n"))
	return io.WriteString(w, string(name))
}
""",
        after="""package p

import "io"

func Sign(w io.Writer, name []byte) (int, error) {
	io.WriteString(w, "Yours, the shop that has everything\\n")
	return w.Write(name)
}
""",
        probe="""var b strings.Builder
type plain struct{ io.Writer }
for _, name := range []string{"", "é世界", "\\xff", strings.Repeat("x", 100)} {
	emit(fmt.Sprint(Sign(&b, []byte(name))))
	emit(fmt.Sprint(Sign(plain{&b}, []byte(name))))
}
emit(b.String())""",
        probe_imports=("fmt", "io", "strings"),
        saves=4,
        applicability=Applicability.REVIEW,
    ),
    Example(
        before="""package p

import "bytes"

func Add(b *bytes.Buffer, line []byte) { b.WriteString(string(line)) }
""",
        after="""package p

import "bytes"

func Add(b *bytes.Buffer, line []byte) { b.Write(line) }
""",
        probe="""var b bytes.Buffer
for _, text := range []string{"", "é 世界 \xff", strings.Repeat("x", 300)} {
	Add(&b, []byte(text))
}
emit(b.String())""",
        probe_imports=("bytes", "strings"),
        applicability=Applicability.REVIEW,
    ),
)

REFUSALS = (
    Refused(
        """package p

import "io"

type Log struct{ to io.Writer }

func (l *Log) WriteString(s string) (int, error) { return l.to.Write([]byte(s)) }
""",
        "WriteString itself",
    ),
    Refused(
        """package p

type Doc struct{ titles, raw []string }

func (d *Doc) Write(p []byte) (int, error) {
	d.raw = append(d.raw, string(p))
	return len(p), nil
}

func (d *Doc) WriteString(s string) (int, error) {
	d.titles = append(d.titles, s)
	return len(s), nil
}

func Add(d *Doc, title string, text []byte) {
	d.Write([]byte(title))
	d.WriteString(string(text))
}
""",
        "something else than Write",
    ),
    Refused(
        """package p

import "hash"

func Sum(h hash.Hash, name string) []byte {
	h.Write([]byte(name))
	return h.Sum(nil)
}
""",
        "has no WriteString",
    ),
    Refused(
        """package p

import "strings"

func Add(b *strings.Builder, name string) { b.Write([]byte(name)) }
""",
        "save nothing",
    ),
    Refused(
        """package p

import "io"

func Add(get func() io.Writer, name string) { get().Write([]byte(name)) }
""",
        "not a variable or field",
    ),
    Refused(
        """package p

import "io"

func Add(w io.Writer, r rune, text string) {
	w.Write([]byte{'a'})
	io.WriteString(w, string(r))
	io.WriteString(w, text)
}
"""
    ),
    Refused(
        """package p

type Codes interface{ Write([]byte) error }

func Add(w Codes, text string) { w.Write([]byte(text)) }
"""
    ),
)
