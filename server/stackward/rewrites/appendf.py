"""# appendf

Bytes that are made of what `fmt.Sprintf` prints are made by `fmt.Appendf`.

## Why it saves

`fmt.Sprintf` allocates a string; to make bytes of it, or to append it to bytes, copies it once more. `fmt.Appendf`
copies what it has formatted to where it is wanted.

## When it is offered

With any verbs and operands, for `[]byte(fmt.Sprintf(…))`, if the format has text of its own, and for
`append(b, fmt.Sprintf(…)...)`, converted to bytes before or not; so for `fmt.Sprint` and `fmt.Sprintln`. Where `b` is
no variable of the function it is for review: a method that fmt calls could change it in between.

## When it is not

Where the text may be empty, of which `[]byte` makes an empty slice and `fmt.Appendf` none; where a call among the
operands may change the slice that is appended to; before Go 1.19. For what is only written see `write-sprintf`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from stackward.rewrites._literals import unquoted
from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._risk import Risk, risk
from stackward.rewrites._scene import Scene, arguments, converted, is_call, replace_node
from stackward.rewrites._variables import context, is_path
from stackward.syntax.anchors import unparenthesized
from stackward.syntax.tree import SourceFile, text_of

_TWINS = {"fmt.Sprint": "Append", "fmt.Sprintf": "Appendf", "fmt.Sprintln": "Appendln"}
_BYTES = frozenset({"[]byte", "[]uint8"})
_DIRECTIVE = re.compile(r"%[^%a-zA-Z]*[a-zA-Z]|%[^%a-zA-Z]+.")


def suits(node: Node, source: SourceFile) -> bool:
    text = text_of(node, source)
    return text.startswith(("[]byte(", "append(")) and "Sprint" in text


def propose(scene: Scene) -> Iterator[Offer]:
    given = arguments(scene.node)
    appended = scene.callee(scene.node) == "append" and len(given) == 2 and given[1].type == "variadic_argument"
    text = given[1].named_children[0] if appended else converted(scene, scene.node, "[]byte")
    if appended and text is not None:
        text = converted(scene, text, "[]byte") or text
    printing = unparenthesized(text) if text is not None else None
    callee = scene.callee(printing) if printing is not None and is_call(printing) else ""
    if printing is None or callee not in _TWINS or _written(scene):
        return
    name = scene.qualifier("fmt")
    if name is None or scene.package.language < 19 or any(one.type == "comment" for one in walk(scene.node)):
        yield Refusal("fmt.Appendf cannot be used here")
        return
    to, differs = "nil", ""
    if appended:
        found = _destination(scene, given[0], arguments(printing))
        if isinstance(found, Refusal):
            yield found
            return
        to, differs = scene.text(given[0]), found
    elif not _never_empty(scene, callee, arguments(printing)):
        yield Refusal("the text may be empty")
        return
    listed = ", ".join([to, *(scene.text(one) for one in arguments(printing))])
    yield Proposal(
        f"Use fmt.{_TWINS[callee]} instead of {callee}",
        {scene.path: (replace_node(scene.node, f"{name}.{_TWINS[callee]}({listed})"),)},
        {scene.path: ("fmt",)},
        applicability=Applicability.REVIEW if differs else Applicability.SAFE,
        differs=differs,
    )


def _written(scene: Scene) -> bool:
    """Whether the bytes are only written, for which there are better ways."""
    outer = context(scene.node)
    call = outer.parent if outer is not None and outer.type == "argument_list" else None
    return call is not None and (call.text or b"").partition(b"(")[0].endswith(b".Write")


def _destination(scene: Scene, to: Node, operands: Sequence[Node]) -> str | Refusal:
    """What may be different where something is appended to a slice, empty if nothing; or why it cannot be."""
    info = scene.type(to)
    if info is None or info.type not in _BYTES:
        return Refusal(f"{scene.text(to)} is no []byte")
    own = risk(scene, to)
    if own is Risk.NONE:
        return ""
    if not is_path(to) or any(risk(scene, one) is Risk.ACTS for one in operands):
        return Refusal(f"a call among the operands may change {scene.text(to)}")
    return "if no method that fmt calls changes the slice"


def _never_empty(scene: Scene, callee: str, given: Sequence[Node]) -> bool:
    """Whether what is printed has text of its own."""
    if callee == "fmt.Sprintln":
        return True
    texts = [unquoted(scene.constant(one)) for one in (given[:1] if callee == "fmt.Sprintf" else given)]
    if callee == "fmt.Sprintf":
        return any(text is not None and _DIRECTIVE.sub("", text) != "" for text in texts)
    return any(texts)


REWRITE = Rewrite(
    "appendf",
    "fmt.Appendf for bytes of fmt.Sprintf",
    ("call_expression", "type_conversion_expression"),
    suits,
    propose,
)

EXAMPLES = (
    Example(
        before="""package p

import "fmt"

type Point struct{ X, Y float64 }

func (p *Point) Bytes(name string) []byte {
	return []byte(fmt.Sprintf("%s=%+v", name, *p))
}

func Line(values ...any) []byte {
	return []byte(fmt.Sprintln(values...))
}
""",
        after="""package p

import "fmt"

type Point struct{ X, Y float64 }

func (p *Point) Bytes(name string) []byte {
	return fmt.Appendf(nil, "%s=%+v", name, *p)
}

func Line(values ...any) []byte {
	return fmt.Appendln(nil, values...)
}
""",
        probe="""for _, name := range []string{"", "é世界", "%d", "\\xff"} {
	emit((&Point{1.5, -1e21}).Bytes(name))
	emit(Line(name, nil, 7, []string{name}))
}
emit(Line())""",
        saves=8,
    ),
    Example(
        before="""package p

import (
	"fmt"
	"time"
)

// All puts some durations into a line.
func All(line []byte, pauses ...time.Duration) []byte {
	for i, pause := range pauses {
		line = append(line, fmt.Sprintf("%02d:%v ", i, pause)...)
		line = append(line, []byte(fmt.Sprintf("%+d", pause))...)
	}
	return append(line, fmt.Sprint(len(pauses), pauses)...)
}
""",
        after="""package p

import (
	"fmt"
	"time"
)

// All puts some durations into a line.
func All(line []byte, pauses ...time.Duration) []byte {
	for i, pause := range pauses {
		line = fmt.Appendf(line, "%02d:%v ", i, pause)
		line = fmt.Appendf(line, "%+d", pause)
	}
	return fmt.Append(line, len(pauses), pauses)
}
""",
        probe="""emit(All(nil))
emit(All([]byte("é ")))
emit(All(make([]byte, 3, 100), 0, -1, time.Second, 1<<62))""",
        probe_imports=("time",),
        saves=5,
    ),
    Example(
        before="""package p

import "fmt"

type Log struct{ lines []byte }

func (l *Log) Add(level int, err error) {
	l.lines = append(l.lines, fmt.Sprintf("%3d %v\\n", level, err)...)
}
""",
        after="""package p

import "fmt"

type Log struct{ lines []byte }

func (l *Log) Add(level int, err error) {
	l.lines = fmt.Appendf(l.lines, "%3d %v\\n", level, err)
}
""",
        probe="""log := Log{make([]byte, 0, 1024)}
for _, err := range []error{nil, errors.New("é %d")} {
	log.Add(-7, err)
	log.Add(1000, err)
}
emit(log.lines)""",
        probe_imports=("errors",),
        saves=4,
        applicability=Applicability.REVIEW,
    ),
)

REFUSALS = (
    Refused(
        """package p

import "fmt"

func Empty(v any) []byte { return []byte(fmt.Sprintf("%v", v)) }
""",
        "the text may be empty",
    ),
    Refused(
        """package p

import "fmt"

type Log struct{ lines []byte }

func (l *Log) next() int {
	l.lines = nil
	return 1
}

func (l *Log) Add() { l.lines = append(l.lines, fmt.Sprintf("%3d", l.next())...) }
""",
        "may change l.lines",
    ),
    Refused(
        """package p

import "fmt"

type Line []byte

func (l Line) Add(v any) Line { return append(l, fmt.Sprintf("%v;", v)...) }
""",
        "is no []byte",
    ),
    Refused(
        """package p

import "fmt"

func Text(to []byte, v any) string { return string(append(to, "x"...)) + fmt.Sprintf("%v", v) }
"""
    ),
)
