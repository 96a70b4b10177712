"""# gostring-free

A string that C made for the caller, and that `C.GoString` copies, is freed.

## Why

`C.GoString` copies; what it copied stays where it was, in memory of C, which no garbage collector looks after. If the
pointer comes straight from a call, nobody can free it any more: the memory of the process grows with each call, and
neither a heap profile nor `GODEBUG=gctrace=1` shows it.

## When it is offered

When the text comes from `strdup`, `strndup`, `canonicalize_file_name` or `get_current_dir_name`, or from a function in
the preamble that returns what one of these gives, and is copied by a statement of its own: `return C.GoString(C.f(x))`,
`s := C.GoString(C.f(x))`. The deferred `C.free` brings `#include <stdlib.h>` and the import of `unsafe` if they are
missing.

## When it is not

In a loop, where the strings would pile up until the function returns. For all other functions: C may go on using what
they return, as `getenv` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from stackward.rewrites._preamble import preamble
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, callee_node, calls, is_call, replace_node
from stackward.rewrites._variables import before, listed_statement, loop_around, sole
from stackward.syntax.anchors import unparenthesized
from stackward.syntax.tree import SourceFile

_WHY = "C.GoString copies: without C.free each call leaks the string that C made."
_STATEMENTS = frozenset({"assignment_statement", "return_statement", "short_var_declaration"})


def suits(node: Node, source: SourceFile) -> bool:
    return calls(node, source, "C.GoString")


def propose(scene: Scene) -> Iterator[Offer]:
    known, given = preamble(scene.source), arguments(scene.node)
    made = unparenthesized(given[0]) if len(given) == 1 else None
    function = callee_node(made) if made is not None and is_call(made) else None
    name = re.fullmatch(r"C\.(\w+)", scene.text(function)) if function is not None else None
    if known is None or made is None or name is None:
        return
    if not known.gives(name[1]):
        yield Refusal("C may still need the string")
        return
    statement = listed_statement(scene.node)
    if statement is None or statement.type not in _STATEMENTS or not _only(statement, scene.node):
        yield Refusal("the string is copied in the middle of a statement")
        return
    if loop_around(scene.node) is not None:
        yield Refusal("in a loop the strings would pile up until the function returns")
        return
    if scene.qualifier("unsafe") != "unsafe":
        yield Refusal("package unsafe cannot be used here")
        return
    header = None if known.includes("stdlib.h") else known.including("stdlib.h")
    if header is None and not known.includes("stdlib.h"):
        yield Refusal("there is no place for #include <stdlib.h>")
        return
    variable = scene.free_name("str", "text")
    lines = [f"{variable} := {scene.text(made)}", f"defer C.free(unsafe.Pointer({variable}))"]
    edits = (before(scene, statement, lines), replace_node(given[0], variable))
    yield Proposal(
        "Free the string that C made",
        {scene.path: (*edits, *([header] if header is not None else []))},
        {scene.path: ("unsafe",)},
        repairs=_WHY,
    )


def _only(statement: Node, call: Node) -> bool:
    """Whether a statement does nothing but to return a call's result, or to give it to a variable."""
    if statement.type == "return_statement":
        given = sole(statement.named_children[0] if statement.named_children else None)
    else:
        left, given = sole(statement.child_by_field_name("left")), sole(statement.child_by_field_name("right"))
        if left is None or left.type != "identifier":
            return False
    return given is not None and unparenthesized(given) == call


REWRITE = Rewrite("gostring-free", "C.free for what C.GoString copied", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

// #include <string.h>
import "C"
import "unsafe"

func Copy(text []byte) string {
	text = append(text, 0)
	// C makes a copy.
	return C.GoString(C.strdup((*C.char)(unsafe.Pointer(&text[0]))))
}
""",
        after="""package p

// #include <stdlib.h>
// #include <string.h>
import "C"
import "unsafe"

func Copy(text []byte) string {
	text = append(text, 0)
	// C makes a copy.
	str := C.strdup((*C.char)(unsafe.Pointer(&text[0])))
	defer C.free(unsafe.Pointer(str))
	return C.GoString(str)
}
""",
        probe="""for _, text := range []string{"", "a", "世界", "a\\x00b"} {
	emit(Copy([]byte(text)))
}""",
        saves=0,
    ),
    Example(
        before="""package p

/*
#include <stdlib.h>
#include <string.h>

static int calls;

// label makes a text that is the caller's.
static char *label(int number) {
	calls++;
	if (number < 0) return strdup("none");
	return strndup("abcdefgh", number);
}
*/
import "C"

func Label(number int) (text string) {
	text = C.GoString(C.label(C.int(number)))
	return text + "."
}
""",
        after="""package p

import "unsafe"

/*
#include <stdlib.h>
#include <string.h>

static int calls;

// label makes a text that is the caller's.
static char *label(int number) {
	calls++;
	if (number < 0) return strdup("none");
	return strndup("abcdefgh", number);
}
*/
import "C"

func Label(number int) (text string) {
	str := C.label(C.int(number))
	defer C.free(unsafe.Pointer(str))
	text = C.GoString(str)
	return text + "."
}
""",
        probe="""for number := -1; number < 10; number++ {
	emit(Label(number))
}""",
        saves=0,
        undriven={"Label": "C has no text for every number"},
    ),
    Example(
        before="""package p

// #include <string.h>
import "C"
import "unsafe"

type Text [8]byte

func (t *Text) First(n int) string {
	s := (C.GoString(C.strndup((*C.char)(unsafe.Pointer(t)), C.size_t(n))))
	return s + s
}
""",
        after="""package p

// #include <stdlib.h>
// #include <string.h>
import "C"
import "unsafe"

type Text [8]byte

func (t *Text) First(n int) string {
	str := C.strndup((*C.char)(unsafe.Pointer(t)), C.size_t(n))
	defer C.free(unsafe.Pointer(str))
	s := (C.GoString(str))
	return s + s
}
""",
        probe="""for n := range 9 {
	emit((&Text{'a', 'b', 0xc3, 0xa9, 'c'}).First(n))
}""",
        saves=0,
        undriven={"(*Text).First": "C reads as far as it is told to"},
    ),
)

REFUSALS = (
    Refused(
        """package p

// #include <stdlib.h>
import "C"

func Home(name *C.char) string {
	return C.GoString(C.getenv(name))
}
""",
        "C may still need",
    ),
    Refused(
        """package p

/*
#include <string.h>

static char *last;
static char *keep(const char *text) { return last = strdup(text); }
static char *shared(const char *text) { char *made = strdup(text); last = made; return made; }
static char *either(const char *text) { if (*text) return strdup(text); return last; }
static char *later(const char *text) { return strdup(text) + (1); }
*/
import "C"

func Keep(text *C.char) string {
	a := C.GoString(C.keep(text))
	b := C.GoString(C.shared(text))
	c := C.GoString(C.either(text))
	d := C.GoString(C.later(text))
	return a + b + c + d
}
""",
        "C may still need",
    ),
    Refused(
        """package p

// #include <string.h>
import "C"

func All(texts []*C.char) (all []string) {
	for _, text := range texts {
		s := C.GoString(C.strdup(text))
		all = append(all, s)
	}
	return all
}
""",
        "in a loop",
    ),
    Refused(
        """package p

// #include <string.h>
import "C"

func Two(a, b *C.char) (string, string) {
	return C.GoString(C.strdup(a)), C.GoString(C.strdup(b))
}
""",
        "in the middle of a statement",
    ),
    Refused(
        """package p

// #include <string.h>
import "C"

func Copy(unsafe bool, text *C.char) string {
	return C.GoString(C.strdup(text))
}
""",
        "unsafe cannot be used",
    ),
)
