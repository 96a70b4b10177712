"""# cgo-string

What C has is copied once, or not at all where only its first byte matters.

## Why it saves

`C.GoString`, `C.GoStringN` and `C.GoBytes` allocate and copy each time. To convert what they give into bytes, or into a
string, copies it again. And whether a text of C is empty can be read off its first byte.

## When it is offered

- `C.GoString(p) == ""` becomes `p == nil || *p == 0`, and `len(C.GoString(p)) > 0` becomes
  `p != nil && *p != 0`, for a pointer in a variable or field.
- `string(C.GoBytes(p, n))` becomes `C.GoStringN((*C.char)(p), n)`.
- `[]byte(C.GoStringN(p, n))` becomes `C.GoBytes(unsafe.Pointer(p), n)`.

The last two are for review unless the length is a constant: with a negative length `C.GoBytes` panics, while
`C.GoStringN` ends the program.

## When it is not

For other comparisons: the length would have to be asked of C, and a call of C takes longer than a small copy. If the
pointer comes from a call, which would be made twice. Where the compiler needs no second copy, as in a map index.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from stackward.rewrites._names import walk
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, callee_node, calls, is_call, replace_node
from stackward.rewrites._variables import hidden, is_path
from stackward.syntax.anchors import operand_of, unparenthesized
from stackward.syntax.tree import SourceFile

_TITLE = "Copy what C has once"
_EMPTY = frozenset({'""', "``"})
# How an operator reads with its sides exchanged, of those that ask of a length whether it is zero.
_TURNED = {"==": "==", "!=": "!=", "<": ">"}


def suits(node: Node, source: SourceFile) -> bool:
    """A comparison, or a conversion, of what one of the functions gives."""
    if node.type == "binary_expression":
        sides = [unparenthesized(one) for one in node.named_children if one.type != "comment"]
        return any(
            calls(side, source, "C.GoString")
            or (calls(side, source, "len") and any(calls(one, source, "C.GoString") for one in arguments(side)))
            for side in sides
        )
    operand = operand_of(node)
    return operand is not None and calls(unparenthesized(operand), source, "C.GoBytes", "C.GoStringN")


def propose(scene: Scene) -> Iterator[Offer]:
    if any(one.type == "comment" for one in walk(scene.node)):
        yield Refusal("there is a comment inside of it")
    elif scene.node.type == "binary_expression":
        yield from _emptiness(scene)
    else:
        yield from _conversion(scene)


def _of_c(scene: Scene, call: Node, name: str) -> bool:
    """Whether a call is one of a function that cgo provides."""
    function = callee_node(call) if is_call(call) else None
    if function is None or scene.text(function) != f"C.{name}":
        return False
    found = scene.facts(function.named_children[0])
    return found is not None and found.object is not None and (found.object.kind, found.object.name) == ("pkg", "C")


def _emptiness(scene: Scene) -> Iterator[Offer]:
    node = scene.node
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = scene.text(node.child_by_field_name("operator") or node)
    if left is None or right is None:
        return
    text, other = unparenthesized(left), unparenthesized(right)
    if not is_call(text):
        text, other, operator = other, text, _TURNED.get(operator, "")
    measured = is_call(text) and scene.text(callee_node(text) or text) == "len" and len(arguments(text)) == 1
    if measured:
        if scene.callee(text) != "len" or scene.text(other) != "0":
            return
        text = unparenthesized(arguments(text)[0])
    elif scene.text(other) not in _EMPTY:
        return
    if operator not in ({"==", "!=", ">"} if measured else {"==", "!="}) or not _of_c(scene, text, "GoString"):
        return
    pointer = unparenthesized(arguments(text)[0])
    if not is_path(pointer):
        yield Refusal("the pointer is not in a variable")
        return
    if hidden(scene, "nil") or _redeclared(scene):
        yield Refusal("nil means something else here")
        return
    name = scene.text(pointer)
    joint = "||" if operator == "==" else "&&"
    sign = "==" if operator == "==" else "!="
    new = f"{name} {sign} nil {joint} *{name} {sign} 0"
    if _binds(scene, node, joint):
        new = f"({new})"
    yield Proposal("Look at the first byte instead of copying the text", {scene.path: (replace_node(node, new),)})


def _redeclared(scene: Scene) -> bool:
    """Whether the function makes ``nil`` a variable, which to the parser it never is."""
    found = [scene.facts(one) for one in walk(scene.declaration() or scene.node) if one.type == "nil"]
    return any(one is not None and one.object is not None and one.object.scope != "universe" for one in found)


def _binds(scene: Scene, node: Node, joint: str) -> bool:
    """Whether what is around an expression would take one of its operands away from ``joint``."""
    outer = node.parent
    if outer is None or outer.type not in {"binary_expression", "unary_expression"}:
        return False
    operator = outer.child_by_field_name("operator")
    return operator is None or scene.text(operator) != joint


def _conversion(scene: Scene) -> Iterator[Offer]:
    found, operand = scene.facts(scene.node), operand_of(scene.node)
    if operand is None or found is None or found.call is None or found.call.kind != "conversion":
        return
    call, into = unparenthesized(operand), found.call.callee
    given = arguments(call)
    if len(given) != 2:
        return
    pointer, length = given
    imports: tuple[str, ...] = ()
    if into == "string" and _of_c(scene, call, "GoBytes"):
        new = f"C.GoStringN((*C.char)({scene.text(pointer)}), {scene.text(length)})"
        differs = "a negative length ends the program"
    elif into in {"[]byte", "[]uint8"} and _of_c(scene, call, "GoStringN"):
        bare = _converted(scene, pointer)
        if bare is None and scene.qualifier("unsafe") != "unsafe":
            yield Refusal("package unsafe cannot be used here")
            return
        source = scene.text(bare) if bare is not None else f"unsafe.Pointer({scene.text(pointer)})"
        imports = ("unsafe",) if bare is None else ()
        new = f"C.GoBytes({source}, {scene.text(length)})"
        differs = "a negative length panics instead of ending the program"
    else:
        return
    certain = _never_negative(scene, length)
    yield Proposal(
        _TITLE,
        {scene.path: (replace_node(scene.node, new),)},
        {scene.path: imports} if imports else {},
        applicability=Applicability.SAFE if certain else Applicability.REVIEW,
        differs="" if certain else differs,
    )


def _converted(scene: Scene, pointer: Node) -> Node | None:
    """The ``unsafe.Pointer`` that was made a ``*C.char`` for the call only."""
    inner = unparenthesized(pointer)
    function, operand = callee_node(inner) if is_call(inner) else None, operand_of(inner)
    if function is None or operand is None or scene.text(function) != "(*C.char)":
        return None
    found = scene.facts(operand)
    typed = found.type.type if found is not None and found.type is not None else ""
    into = found.call.callee if found is not None and found.call is not None else ""
    return operand if "unsafe.Pointer" in {typed, into} else None


def _never_negative(scene: Scene, length: Node) -> bool:
    """Whether a length is a constant that C.int holds as it is: another would not compile."""
    inner = unparenthesized(length)
    if is_call(inner) and scene.text(callee_node(inner) or inner) == "C.int" and len(arguments(inner)) == 1:
        inner = unparenthesized(arguments(inner)[0])
    if re.fullmatch(r"C\.sizeof_\w+", scene.text(inner)):
        return True
    value = scene.constant(inner)
    return value is not None and re.fullmatch(r"\d+", value) is not None


REWRITE = Rewrite(
    "cgo-string",
    "what C has, copied once",
    ("binary_expression", "call_expression", "type_conversion_expression"),
    suits,
    propose,
)

EXAMPLES = (
    Example(
        before="""package p

/*
#include <stddef.h>

static const char *texts[] = {"", "a", "\\xe4\\xb8\\x96", NULL, "long enough to be allocated"};

static const char *text(int number) { return texts[number]; }
*/
import "C"

type Entry struct{ text *C.char }

func Entries() (entries []*Entry) {
	for i := range 5 {
		entries = append(entries, &Entry{C.text(C.int(i))})
	}
	return entries
}

func (e *Entry) Empty() bool { return C.GoString(e.text) == "" }

func Count(entries []*Entry) (count int) {
	for _, e := range entries {
		// Those without a text do not count.
		if text := e.text; e != nil && len(C.GoString(text)) != 0 {
			count++
		}
	}
	return count
}

func Both(a, b *Entry) bool {
	return !(C.GoString(a.text) != "") || 0 < len(C.GoString(b.text))
}
""",
        after="""package p

/*
#include <stddef.h>

static const char *texts[] = {"", "a", "\\xe4\\xb8\\x96", NULL, "long enough to be allocated"};

static const char *text(int number) { return texts[number]; }
*/
import "C"

type Entry struct{ text *C.char }

func Entries() (entries []*Entry) {
	for i := range 5 {
		entries = append(entries, &Entry{C.text(C.int(i))})
	}
	return entries
}

func (e *Entry) Empty() bool { return e.text == nil || *e.text == 0 }

func Count(entries []*Entry) (count int) {
	for _, e := range entries {
		// Those without a text do not count.
		if text := e.text; e != nil && text != nil && *text != 0 {
			count++
		}
	}
	return count
}

func Both(a, b *Entry) bool {
	return !(a.text != nil && *a.text != 0) || (b.text != nil && *b.text != 0)
}
""",
        probe="""entries := Entries()
emit(Count(entries))
for _, a := range entries {
	emit(a.Empty())
	for _, b := range entries {
		emit(Both(a, b))
	}
}""",
        saves=10,
    ),
    Example(
        before="""package p

/*
#include <string.h>

typedef struct { char name[40]; int age; } record;

static void fill(record *r, const char *from, int size) {
	memset(r, 0, sizeof *r);
	memcpy(r->name, from, size < 40 ? size : 40);
}
*/
import "C"
import "unsafe"

type Record struct{ record C.record }

func New(text string) *Record {
	r := &Record{}
	// C reads no more than there is.
	b := append([]byte(text), 0)
	C.fill(&r.record, (*C.char)(unsafe.Pointer(&b[0])), C.int(len(b)))
	return r
}

func (r *Record) Raw() string { return string(C.GoBytes(unsafe.Pointer(&r.record.name), 40)) }

func (r *Record) Whole() string {
	return string(C.GoBytes(unsafe.Pointer(&r.record), C.int(C.sizeof_record)))
}

func (r *Record) Bytes() []byte { return []byte(C.GoStringN(&r.record.name[0], 40)) }

func (r *Record) Copy() []byte {
	return []byte(C.GoStringN((*C.char)(unsafe.Pointer(&r.record.name)), C.int(40)))
}

func (r *Record) None() []byte { return []byte(C.GoStringN(nil, 0)) }
""",
        after="""package p

/*
#include <string.h>

typedef struct { char name[40]; int age; } record;

static void fill(record *r, const char *from, int size) {
	memset(r, 0, sizeof *r);
	memcpy(r->name, from, size < 40 ? size : 40);
}
*/
import "C"
import "unsafe"

type Record struct{ record C.record }

func New(text string) *Record {
	r := &Record{}
	// C reads no more than there is.
	b := append([]byte(text), 0)
	C.fill(&r.record, (*C.char)(unsafe.Pointer(&b[0])), C.int(len(b)))
	return r
}

func (r *Record) Raw() string { return C.GoStringN((*C.char)(unsafe.Pointer(&r.record.name)), 40) }

func (r *Record) Whole() string {
	return C.GoStringN((*C.char)(unsafe.Pointer(&r.record)), C.int(C.sizeof_record))
}

func (r *Record) Bytes() []byte { return C.GoBytes(unsafe.Pointer(&r.record.name[0]), 40) }

func (r *Record) Copy() []byte {
	return C.GoBytes(unsafe.Pointer(&r.record.name), C.int(40))
}

func (r *Record) None() []byte { return C.GoBytes(unsafe.Pointer(nil), 0) }
""",
        probe="""for _, text := range []string{"", "a", "世界 \\x00 after", strings.Repeat("é", 40)} {
	r := New(text)
	emit(r.Raw())
	emit(r.Whole())
	emit(r.Bytes())
	emit(r.Copy())
}
emit((&Record{}).None() == nil)""",
        probe_imports=("strings",),
        saves=12,
    ),
    Example(
        before="""package p

/*
#include <stdlib.h>
#include <string.h>
*/
import "C"
import "unsafe"

func Through(text []byte) (string, []byte) {
	p := C.CBytes(text)
	defer C.free(p)
	n := C.int(len(text))
	s := string(C.GoBytes(p, n))
	return s, []byte(C.GoStringN((*C.char)(p), n))
}

func Part(text string, n int) []byte {
	p := C.CString(text)
	defer C.free(unsafe.Pointer(p))
	return []byte(C.GoStringN(p, C.int(min(n, len(text)))))
}
""",
        after="""package p

/*
#include <stdlib.h>
#include <string.h>
*/
import "C"
import "unsafe"

func Through(text []byte) (string, []byte) {
	p := C.CBytes(text)
	defer C.free(p)
	n := C.int(len(text))
	s := C.GoStringN((*C.char)(p), n)
	return s, C.GoBytes(unsafe.Pointer((*C.char)(p)), n)
}

func Part(text string, n int) []byte {
	p := C.CString(text)
	defer C.free(unsafe.Pointer(p))
	return C.GoBytes(unsafe.Pointer(p), C.int(min(n, len(text))))
}
""",
        probe="""for _, text := range []string{"", "a\\x00b", "世界", strings.Repeat("long ", 20)} {
	s, b := Through([]byte(text))
	emit(s)
	emit(b)
	emit(b == nil)
	emit(Part(text, 3))
	emit(Part(text, 1000))
}""",
        probe_imports=("strings",),
        saves=4,
        applicability=Applicability.REVIEW,
    ),
)

REFUSALS = (
    Refused(
        """package p

// #include <stdlib.h>
import "C"

func Unset(name *C.char) bool {
	return C.GoString(C.getenv(name)) == ""
}
""",
        "not in a variable",
    ),
    Refused(
        """package p

import "C"

func Empty(name *C.char) bool {
	return C.GoString(name /* may be NULL */) == ""
}
""",
        "a comment inside",
    ),
    Refused(
        """package p

import "C"

func Empty(name *C.char) bool {
	nil := (*C.char)(nil)
	return C.GoString(name) == "" && name != nil
}
""",
        "nil means something else",
    ),
    Refused(
        """package p

import "C"

func Is(name *C.char, other string) bool {
	return C.GoString(name) == other || C.GoString(name) == "x" || len(C.GoString(name)) > 1
}
""",
    ),
    Refused(
        """package p

import "C"
import "unsafe"

func Known(known map[string]int, p unsafe.Pointer) int {
	return known[string(C.GoBytes(p, 8))]
}
""",
        "save nothing",
    ),
    Refused(
        """package p

import "C"

func Bytes(unsafe bool, p *C.char) []byte {
	return []byte(C.GoStringN(p, 100))
}
""",
        "unsafe cannot be used",
    ),
)
