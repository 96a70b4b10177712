"""# error-new

An error whose text needs no formatting is made by `errors.New`.

## Why it saves

`fmt.Errorf` puts its operands into interfaces, which copies them to the heap, and makes a string and an error.
`errors.New` makes the error alone, and where nobody keeps that it may stay on the stack.

## When it is offered

- For `fmt.Errorf` with a constant text; `%%` becomes `%`. Go 1.26 and newer do that by themselves for a text without
  verbs, and it is left as it is.
- For `fmt.Errorf` with plain verbs and operands of plain types (see `sprintf`): the text is concatenated.
- For `errors.New(fmt.Sprintf(…))` in the same way.

Without `%w` both give an `errors.New` error with the same text; not even the type is another.

## When it is not

With `%w`, which keeps the error that is wrapped; with flags and widths; for errors, named types, interfaces and
pointers as operands; for numbers alone and for `%q`, of which `strconv` makes strings that fmt does without; and where
a name hides package `errors`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._format import Piece, judged, out_of_turn, printed
from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, calls, is_call, replace_node
from stackward.syntax.tree import SourceFile

_SPRINT = frozenset({"fmt.Sprint", "fmt.Sprintf", "fmt.Sprintln"})


def suits(node: Node, source: SourceFile) -> bool:
    return calls(node, source, "errors.New", "fmt.Errorf")


def propose(scene: Scene) -> Iterator[Offer]:
    callee, given = scene.callee(scene.node), arguments(scene.node)
    inner: Node | None = None
    if callee == "errors.New" and len(given) == 1 and is_call(given[0]) and scene.callee(given[0]) in _SPRINT:
        inner = given[0]
        pieces = printed(scene, scene.callee(inner), arguments(inner))
    elif callee == "fmt.Errorf" and given:
        pieces = printed(scene, callee, given)
    else:
        return
    name = scene.qualifier("errors")
    if name is None:
        yield Refusal("errors means something else here")
    elif isinstance(pieces, Refusal):
        yield pieces
    elif any(one.type == "comment" for one in walk(scene.node)):
        yield Refusal("there is a comment inside of the call")
    elif (early := out_of_turn(scene, inner or scene.node, pieces, called=True)) is not None:
        yield Refusal(f"{scene.text(early)} would be read before other calls, not after them")
    elif inner is None and _inlined(scene) and "%" not in (scene.constant(given[0]) or "%"):
        yield Refusal("the compiler makes the error in place")
    elif any(piece.imports and piece.room is None for piece in pieces):
        yield Refusal("fmt quotes without a string of its own")
    elif not all(piece.value is not None for piece in pieces) and all(
        piece.imports for piece in pieces if piece.operand
    ):
        yield Refusal("a number takes as much to become a string as to be boxed")
    else:
        edit = _whole(scene, name, pieces, inner)
        used = sorted({"errors", *(path for piece in pieces for path in piece.imports)})
        title = "Use errors.New instead of fmt.Errorf" if inner is None else "Make the text without fmt.Sprintf"
        yield judged(Proposal(title, {scene.path: (edit,)}, {scene.path: tuple(used)}), pieces)


def _inlined(scene: Scene) -> bool:
    """Whether the compiler puts ``errors.New`` in the place of ``fmt.Errorf``, for a text that has no verbs."""
    start, end = scene.source.lines.position(scene.node.start_byte), scene.source.lines.position(scene.node.end_byte)
    return any(
        hint.site.inlined_from == "errors.New" and start <= hint.site.at <= end
        for hint in scene.package.hints(scene.path)
    )


def _whole(scene: Scene, name: str, pieces: Sequence[Piece], inner: Node | None) -> Replacement:
    if inner is None:
        constant = len(pieces) == 1 and pieces[0].value is not None
        layout = arguments(scene.node)[0]
        # A text without verbs stays as it is written, a named constant or a raw string.
        as_written = constant and len(arguments(scene.node)) == 1 and "%" not in (scene.constant(layout) or "%")
        text = scene.text(layout) if as_written else " + ".join(piece.text for piece in pieces)
        return replace_node(scene.node, f"{name}.New({text})")
    return replace_node(inner, " + ".join(piece.text for piece in pieces))


REWRITE = Rewrite("error-new", "errors.New instead of fmt.Errorf", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import "fmt"

const full = `the cart is "full"`

func Check(items, percent int) error {
	switch {
	case percent > 100:
		return fmt.Errorf("a discount of more than 100%%")
	case items > 10:
		return fmt.Errorf(full)
	case items < 0:
		return fmt.Errorf("less than nothing: %s", full)
	}
	return nil
}
""",
        after="""package p

import (
	"errors"
	"fmt"
)

const full = `the cart is "full"`

func Check(items, percent int) error {
	switch {
	case percent > 100:
		return errors.New("a discount of more than 100%")
	case items > 10:
		return fmt.Errorf(full)
	case items < 0:
		return errors.New("less than nothing: " + full)
	}
	return nil
}
""",
        probe="""for _, n := range []int{-1, 0, 11, 101} {
	err := Check(n, n)
	emit(fmt.Sprintf("%T %v %v", err, err, errors.Unwrap(err)))
}""",
        probe_imports=("errors", "fmt"),
        saves=1,
        since=26,
    ),
    Example(
        before="""package p

import "fmt"

func Find(id int, name string) error {
	if id < 0 {
		return fmt.Errorf("no %s with id %d", name, id)
	}
	return fmt.Errorf("no user %s in %s", name, name[:1])
}
""",
        after="""package p

import (
	"errors"
	"strconv"
)

func Find(id int, name string) error {
	if id < 0 {
		return errors.New("no " + name + " with id " + strconv.Itoa(id))
	}
	return errors.New("no user " + name + " in " + name[:1])
}
""",
        probe="""for _, name := range []string{" ", "é世界", "%d", "\\x00\\xff", strings.Repeat("long", 50)} {
	for _, id := range []int{0, -1, math.MinInt} {
		err := Find(id, name)
		emit(fmt.Sprintf("%T %v %v", err, err, errors.Unwrap(err)))
	}
}
func() {
	defer func() { emit(fmt.Sprint(recover())) }()
	Find(0, "")
}()""",
        probe_imports=("errors", "fmt", "math", "strings"),
        saves=5,
    ),
    Example(
        before="""package p

import (
	"errors"
	"fmt"
)

var ErrFull = errors.New(fmt.Sprintf("more than %d", 10))

func Limit(n uint8, what string) error {
	return errors.New(fmt.Sprintf("%s: more than %d", what, n))
}
""",
        after="""package p

import (
	"errors"
	"fmt"
	"strconv"
)

var ErrFull = errors.New(fmt.Sprintf("more than %d", 10))

func Limit(n uint8, what string) error {
	return errors.New(what + ": more than " + strconv.FormatUint(uint64(n), 10))
}
""",
        probe="""for _, what := range []string{"", "é", "%!d"} {
	emit(fmt.Sprintf("%T %[1]v %v", Limit(0, what), Limit(255, what)))
	emit(ErrFull.Error())
}""",
        probe_imports=("fmt",),
        saves=1,
    ),
)

REFUSALS = (
    Refused(
        """package p

import "fmt"

func Check(got []int, name func() string) error {
	return fmt.Errorf("%s: %d of %s", "got", got[0], name())
}
""",
        "before other calls",
    ),
    Refused(
        """package p

import "fmt"

func Load(err error) error { return fmt.Errorf("load: %w", err) }
""",
        "%w keeps the error that it wraps",
    ),
    Refused(
        """package p

import "fmt"

func Load(layout string) error { return fmt.Errorf(layout) }
""",
        "not a constant",
    ),
    Refused(
        """package p

import "fmt"

type Level int

func (Level) String() string { return "high" }

func Check(l Level) error { return fmt.Errorf("bad level %v", l) }
""",
        "of which fmt calls String",
    ),
    Refused(
        """package p

import "fmt"

func errors(n int) error { return fmt.Errorf("more than 100%%") }
""",
        "means something else",
    ),
    Refused(
        """package p

import "fmt"

func Check(n int) error { return fmt.Errorf("code %04x", n) }
""",
        "needs fmt",
    ),
    Refused(
        """package p

import "fmt"

func Check(n int) error { return fmt.Errorf("code %d", n) }
""",
        "as much to become a string",
    ),
    Refused(
        """package p

import "fmt"

func Check(name string) error { return fmt.Errorf("no %q", name) }
""",
        "quotes",
    ),
    Refused(
        """package p

import "fmt"

func Check() error { return fmt.Errorf("not found") }
""",
        "in place",
        since=26,
    ),
)
