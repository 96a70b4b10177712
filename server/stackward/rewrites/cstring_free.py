"""# cstring-free

A string made by `C.CString` is freed.

## Why

`C.CString` copies the string into memory of C, which no garbage collector looks after. Without `C.free` the memory of
the process grows with each call, and neither a heap profile nor `GODEBUG=gctrace=1` shows it.

## When it is offered

When the string is passed to C functions, directly or through a variable, and nothing in the function frees it. The
deferred `C.free` brings `#include <stdlib.h>` and the import of `unsafe` if they are missing.

It is safe if all these functions certainly keep no pointer to it: some of the C library, and those written in the
preamble that only read through the pointer. For all others it is for review: freeing is right `if C does not keep the
string`.

## When it is not

In a loop, where the strings would pile up until the function returns; if the pointer is returned, stored, or passed to
Go code; and if a function that is given it frees or takes it, as far as its name says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._names import walk
from stackward.rewrites._preamble import Preamble, preamble
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, callee_node, calls, is_call, replace_node
from stackward.rewrites._variables import (
    Variable,
    before,
    context,
    is_path,
    listed_statement,
    loop_around,
    mentions,
    sole,
    variable,
)
from stackward.syntax.tree import SourceFile

_WHY = "Memory of C is not collected: without C.free each call leaks the string."
_OWNS = re.compile(r"free|release|destroy|take|own|adopt", re.IGNORECASE)
_STATEMENTS = frozenset(
    {"assignment_statement", "expression_statement", "return_statement", "short_var_declaration", "var_declaration"}
)


def suits(node: Node, source: SourceFile) -> bool:
    return calls(node, source, "C.CString")


def propose(scene: Scene) -> Iterator[Offer]:
    known = preamble(scene.source)
    function, outer = scene.function(), scene.node.parent
    if known is None or function is None or outer is None:
        return
    if loop_around(scene.node) is not None:
        yield Refusal("in a loop the strings would pile up until the function returns")
    elif outer.type == "argument_list":
        yield from _direct(scene, known)
    elif outer.type == "expression_list":
        yield from _named(scene, known, function)
    else:
        yield Refusal("it is not certain who has the string")


def _c_function(scene: Scene, call: Node | None) -> str:
    """The name of the C function that a call calls, without the prefix; empty for calls of Go."""
    function = callee_node(call) if call is not None and is_call(call) else None
    text = scene.text(function) if function is not None else ""
    return text.removeprefix("C.") if re.fullmatch(r"C\.\w+", text) else ""


def _taker(scene: Scene, node: Node) -> tuple[str, int] | None:
    """The C function, and which of its parameters, that an expression is passed to."""
    outer = context(node)
    call = outer.parent if outer is not None and outer.type == "argument_list" else None
    name = _c_function(scene, call)
    if call is None or not name or name in {"CString", "GoString", "GoStringN"}:
        return None
    return name, next(
        number for number, one in enumerate(arguments(call)) if one.start_byte <= node.start_byte < one.end_byte
    )


def _named(scene: Scene, known: Preamble, function: Node) -> Iterator[Offer]:
    """``p := C.CString(s)``."""
    statement = listed_statement(scene.node)
    left = statement.child_by_field_name("left") if statement is not None else None
    name = sole(left)
    held = variable(scene, name) if name is not None else None
    if statement is None or held is None or held.statement != statement or not held.alone:
        yield Refusal("it is not certain who has the string")
        return
    if _freed(scene, held, function):
        return
    takers = [_taker(scene, one.node) for one in held.references]
    if not takers or any(one is None for one in takers) or not held.steady:
        yield Refusal(f"{held.name} is used by Go code")
        return
    line = f"\n{scene.indent(statement)}{_free(held.name)}".encode()
    edit = Replacement(statement.end_byte, statement.end_byte, line)
    yield _proposal(scene, known, [one for one in takers if one is not None], (edit,))


def _freed(scene: Scene, held: Variable, function: Node) -> bool:
    """Whether something in the function may free the string already."""
    return any(
        is_call(node)
        and scene.text(callee_node(node) or node).endswith(".free")
        and any(mentions(one, held.name, scene.source) for one in arguments(node))
        for node in walk(function)
    )


def _free(name: str) -> str:
    return f"defer C.free(unsafe.Pointer({name}))"


def _direct(scene: Scene, known: Preamble) -> Iterator[Offer]:
    """``C.f(C.CString(s))``."""
    taker, statement, given = _taker(scene, scene.node), listed_statement(scene.node), arguments(scene.node)
    if taker is None or statement is None or statement.type not in _STATEMENTS or len(given) != 1:
        yield Refusal("it is not certain who has the string")
        return
    if not (is_path(given[0]) or scene.constant(given[0]) is not None) or not _alone(scene, statement):
        yield Refusal("the string is made after something else in the statement")
        return
    name = scene.free_name("str", "text")
    lines = [f"{name} := {scene.text(scene.node)}", _free(name)]
    yield _proposal(scene, known, [taker], (before(scene, statement, lines), replace_node(scene.node, name)))


def _alone(scene: Scene, statement: Node) -> bool:
    """Whether a statement calls one C function at most, and else only converts."""
    called = 0
    for node in walk(statement):
        if node.type == "func_literal" or (node.type == "binary_expression" and "&&" in scene.text(node)):
            return False
        if not is_call(node) or calls(node, scene.source, "C.CString"):
            continue
        facts = scene.facts(node)
        kind = facts.call.kind if facts is not None and facts.call is not None else ""
        called += kind not in {"builtin", "conversion"}
    return called <= 1


def _proposal(scene: Scene, known: Preamble, takers: Sequence[tuple[str, int]], edits: Sequence[Replacement]) -> Offer:
    if any(_OWNS.search(name) for name, _ in takers):
        return Refusal("C takes the string")
    if scene.qualifier("unsafe") != "unsafe":
        return Refusal("package unsafe cannot be used here")
    header = None if known.includes("stdlib.h") else known.including("stdlib.h")
    if header is None and not known.includes("stdlib.h"):
        return Refusal("there is no place for #include <stdlib.h>")
    certain = all(known.forgets(name, argument) for name, argument in takers)
    return Proposal(
        "Free the string that C.CString made",
        {scene.path: (*edits, *([header] if header is not None else []))},
        {scene.path: ("unsafe",)},
        applicability=Applicability.SAFE if certain else Applicability.REVIEW,
        differs="" if certain else "if C does not keep the string",
        repairs=_WHY,
    )


REWRITE = Rewrite("cstring-free", "C.free for C.CString", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

/*
#include <ctype.h>

// digits counts.
static int digits(const char *text) {
	int count = 0;
	for (; *text; text++) {
		if (isdigit((unsigned char)*text)) count++;
	}
	return count;
}
*/
import "C"

func Digits(text string) int {
	return int(C.digits(C.CString(text)))
}
""",
        after="""package p

import "unsafe"

/*
#include <stdlib.h>
#include <ctype.h>

// digits counts.
static int digits(const char *text) {
	int count = 0;
	for (; *text; text++) {
		if (isdigit((unsigned char)*text)) count++;
	}
	return count;
}
*/
import "C"

func Digits(text string) int {
	str := C.CString(text)
	defer C.free(unsafe.Pointer(str))
	return int(C.digits(str))
}
""",
        probe="""for _, text := range []string{"", "a1b2", "世界7", "\\x00 1"} {
	emit(Digits(text))
}""",
        saves=0,
    ),
    Example(
        before="""package p

// #include <string.h>
import "C"

func Length(text string) int {
	// C counts bytes.
	p := C.CString(text)
	return int(C.strlen(p))
}
""",
        after="""package p

import "unsafe"

// #include <stdlib.h>
// #include <string.h>
import "C"

func Length(text string) int {
	// C counts bytes.
	p := C.CString(text)
	defer C.free(unsafe.Pointer(p))
	return int(C.strlen(p))
}
""",
        probe="""for _, text := range []string{"", "a1b2", "世界7"} {
	emit(Length(text))
}""",
        saves=0,
    ),
    Example(
        before="""package p

/*
#include <stdlib.h>
#include <string.h>

static const char *last;

static int same(const char *a, const char *b) {
	last = a;
	return strcmp(last, b) == 0;
}
*/
import "C"

func Same(a, b string) bool {
	return C.same(C.CString(a), C.CString(b)) != 0
}
""",
        after="""package p

import "unsafe"

/*
#include <stdlib.h>
#include <string.h>

static const char *last;

static int same(const char *a, const char *b) {
	last = a;
	return strcmp(last, b) == 0;
}
*/
import "C"

func Same(a, b string) bool {
	str := C.CString(a)
	defer C.free(unsafe.Pointer(str))
	text := C.CString(b)
	defer C.free(unsafe.Pointer(text))
	return C.same(str, text) != 0
}
""",
        probe="""emit(Same("a", "a"))
emit(Same("", "é"))""",
        saves=0,
        applicability=Applicability.REVIEW,
    ),
)

REFUSALS = (
    Refused(
        """package p

// #include <stdlib.h>
import "C"

func Names(names []string) {
	for _, name := range names {
		C.unsetenv(C.CString(name))
	}
}
""",
        "in a loop",
    ),
    Refused(
        """package p

// #include <stdlib.h>
// static void adopt(char *p) { free(p); }
import "C"

func Give(name string) {
	C.adopt(C.CString(name))
}
""",
        "C takes the string",
    ),
    Refused(
        """package p

// #include <stdlib.h>
import "C"
import "unsafe"

func Name(name string) unsafe.Pointer {
	p := C.CString(name)
	return unsafe.Pointer(p)
}
""",
        "used by Go code",
    ),
    Refused(
        """package p

// #include <stdlib.h>
import "C"
import "unsafe"

func Env(name string) string {
	p := C.CString(name)
	defer C.free(unsafe.Pointer(p))
	return C.GoString(C.getenv(p))
}
"""
    ),
    Refused(
        """package p

// #include <stdlib.h>
import "C"

func next() C.int { return 1 }

func Set(name string) {
	C.setenv(C.CString(name), C.CString(name), next())
}
""",
        "after something else",
    ),
)
