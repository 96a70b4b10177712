"""# range-bytes

A loop over the runes of bytes reads them from the bytes, not from a string.

## Why it saves

`range string(b)` makes a string first, which copies the bytes if there are more than 32. `utf8.DecodeRune` finds the
same runes in the bytes, U+FFFD for those that are no UTF-8 included.

## When it is offered

- `for range string(b)` becomes `for range utf8.RuneCount(b)`, in modules for Go 1.22 or newer.
- `for _, r := range string(b)` becomes a loop over what is left of the bytes, if nothing in it can change them: it
  assigns to plain variables only, and calls only functions of package `unicode` and those of the language.

## When it is not

Where the index is used, and where something in the loop could change the bytes: the string has kept them.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._names import walk
from stackward.rewrites._printing import own_name
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, converted, replace_node
from stackward.rewrites._variables import expressions, is_path
from stackward.rewrites.double_conversion import changes
from stackward.syntax.tree import SourceFile, text_of

_UTF8 = "unicode/utf8"
_RANGES_OVER_NUMBERS = 22  # The minor release of Go 1 since which one can.


def suits(node: Node, source: SourceFile) -> bool:
    over = node.child_by_field_name("right")
    return over is not None and text_of(over, source).startswith("string(")


def propose(scene: Scene) -> Iterator[Offer]:
    over, loop, utf8 = scene.node.child_by_field_name("right"), scene.node.parent, scene.qualifier(_UTF8)
    body = loop.child_by_field_name("body") if loop is not None else None
    given = converted(scene, over, "string") if over is not None else None
    if over is None or given is None or body is None or loop is None:
        return
    left = expressions(scene.node.child_by_field_name("left"))
    names = [scene.text(one) for one in left]
    imports, title = {scene.path: (_UTF8,)}, "Read the runes from the bytes"
    if utf8 is None:
        yield Refusal("utf8 means something else here")
    elif any(one.type == "comment" for one in walk(scene.node)):
        yield Refusal("there is a comment inside of it")
    elif all(name == "_" for name in names):
        if scene.package.language >= _RANGES_OVER_NUMBERS:
            edit = Replacement(
                scene.node.start_byte, over.end_byte, f"range {utf8}.RuneCount({scene.text(given)})".encode()
            )
            yield Proposal(title, {scene.path: (edit,)}, imports)
    elif names[0] != "_" or not any(one.type == ":=" for one in scene.node.children):
        yield Refusal("the index of the rune is used" if names[0] != "_" else "the rune is a variable from before")
    elif not is_path(given):
        yield Refusal("the bytes have no name")
    elif changes(scene, body, "unicode."):
        yield Refusal("the loop could change the bytes")
    else:
        rest, size = own_name(scene, "rest", ()), own_name(scene, "size", ())
        indent = scene.indent(loop)
        lines = [f"{names[1]}, {size} := {utf8}.DecodeRune({rest})", f"{rest} = {rest}[{size}:]"]
        first = next((one for one in body.named_children), None)
        if first is not None and first.type != "comment" and first.start_point[0] == body.start_point[0]:
            lines.append("")  # All of the body is on one line.
        opened = "".join(f"\n{indent}\t{line}" for line in lines)
        edits = (
            replace_node(scene.node, f"{rest} := {scene.text(given)}; len({rest}) > 0; "),
            Replacement(body.start_byte + 1, body.start_byte + 1, opened.encode()),
        )
        yield Proposal(title, {scene.path: edits}, imports)


REWRITE = Rewrite("range-bytes", "runes from bytes without a string", ("range_clause",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

import "unicode"

// Letters counts the letters.
func Letters(text []byte) (letters, capitals int) {
	for _, r := range string(text) {
		// Digits are none.
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		if unicode.IsUpper(r) {
			capitals++
		}
	}
	return letters, capitals
}

func Width(b []byte) (n int) {
	for range string(b) {
		n += 2
	}
	for _, r := range string(b) {
		if r == '\\n' {
			break
		}
		n--
	}
	for _, r := range string(b) { n ^= int(r) }
	return n
}
""",
        after="""package p

import (
	"unicode"
	"unicode/utf8"
)

// Letters counts the letters.
func Letters(text []byte) (letters, capitals int) {
	for rest := text; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		rest = rest[size:]
		// Digits are none.
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		if unicode.IsUpper(r) {
			capitals++
		}
	}
	return letters, capitals
}

func Width(b []byte) (n int) {
	for range utf8.RuneCount(b) {
		n += 2
	}
	for rest := b; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		rest = rest[size:]
		if r == '\\n' {
			break
		}
		n--
	}
	for rest := b; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		rest = rest[size:]
		n ^= int(r)
	}
	return n
}
""",
        probe="""long := strings.Repeat("Ünï ", 30)
for _, text := range []string{"", "aBc 1", long, "é世界\\n\\xff\\xfe", "\\xed\\xa0\\x80\\xe4\\xb8"} {
	letters, capitals := Letters([]byte(text))
	emit(letters)
	emit(capitals)
	emit(Width([]byte(text)))
}
emit(Width(nil))""",
        probe_imports=("strings",),
        saves=2,
    ),
)

REFUSALS = (
    Refused(
        """package p

func Blank(b []byte) {
	for _, r := range string(b) {
		b[0] = byte(r)
	}
}
""",
        "could change the bytes",
    ),
    Refused(
        """package p

func Last(b []byte, wanted rune) (last int) {
	for i, r := range string(b) {
		if r == wanted {
			last = i
		}
	}
	return last
}
""",
        "index of the rune is used",
    ),
    Refused(
        """package p

func Has(read func() []byte, wanted rune) bool {
	for _, r := range string(read()) {
		if r == wanted {
			return true
		}
	}
	return false
}
""",
        "have no name",
    ),
)
