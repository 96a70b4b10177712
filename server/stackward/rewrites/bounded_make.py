"""# bounded-make

A slice whose length is certainly small is made with a constant capacity.

## Why it saves

The compiler puts what `make` makes on the stack only if it knows how much that is. A length that is known when the
program runs is not enough, even where a condition bounds it; since Go 1.25 the first 32 bytes are tried. The
capacity is what counts: with a constant one the array is a part of the function's frame.

## When it is offered

For `make([]T, n)` where `n` is at most a constant, of not more than 1,024 bytes: `min(n, 64)`, `n % 64`, `n & 63`, a
byte, and a variable, or its length, behind `if n > 64 { return }`, `if n > 64 { n = 64 }` or `n = min(n, 64)`. The
slice may be indexed, ranged over, measured, cleared, copied to and from, and encoded into.

## When it is not

Where its capacity could be noticed: by `cap`, by `append` to it, by taking a part that may be longer than it is, or by
who it is given to. In a function with `goto`, and where the variable may be changed from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._guards import at_most
from stackward.rewrites._kept import kept
from stackward.rewrites._rewrite import Example, Offer, Proposal, Refusal, Refused, Rewrite
from stackward.rewrites._scene import Scene, arguments, calls, is_call
from stackward.rewrites._variables import Variable, root, variable
from stackward.rewrites.array_for_slice import named
from stackward.syntax.tree import SourceFile

_BYTES = 1024


def suits(node: Node, source: SourceFile) -> bool:
    given = arguments(node) if calls(node, source, "make") else []
    return len(given) == 2 and given[0].type == "slice_type"


def propose(scene: Scene) -> Iterator[Offer]:
    name, size = named(scene.node), arguments(scene.node)[1]
    known = variable(scene, name) if name is not None else None
    info = scene.type(scene.node)
    if scene.callee(scene.node) != "make" or info is None or info.elem is None or not info.elem.size:
        return
    if known is None or scene.constant(size) is not None:
        return
    most = at_most(scene, size)
    if most is None:
        return
    if most * info.elem.size > _BYTES:
        yield Refusal(f"{most:,} elements are too much for the stack")
        return
    for one in known.references:
        if one.use.write and one.node.parent is not None and one.node.parent.type == "expression_list":
            yield Refusal(f"{known.name} is assigned")
            return
        if kept(scene, one.node, lambda part: _fits(scene, part, known)) is not False:
            yield Refusal(f"the capacity of {known.name} may matter")
            return
    edit = Replacement(size.end_byte, size.end_byte, f", {most}".encode())
    yield Proposal(f"Make {known.name} with a constant capacity", {scene.path: (edit,)})


def _fits(scene: Scene, part: Node, known: Variable) -> bool:
    """Whether an expression takes no more of a slice than its length: up to its end, or what was copied into it."""
    start, end = part.child_by_field_name("start"), part.child_by_field_name("end")
    if part.child_by_field_name("capacity") is not None:
        return False
    if end is None:
        return True
    if start is not None or end.type != "identifier":
        return False
    count = variable(scene, end)
    value = count.value if count is not None and count.steady else None
    if value is None or not is_call(value) or scene.callee(value) != "copy":
        return False
    return scene.text(root(arguments(value)[0])) == known.name and arguments(value)[0].type == "identifier"


REWRITE = Rewrite("bounded-make", "a constant capacity for a small slice", ("call_expression",), suits, propose)

EXAMPLES = (
    Example(
        before="""package p

// Checksum is that of the first bytes of a block.
func Checksum(block []byte) (sum uint32) {
	head := make([]byte, min(len(block), 96))
	copy(head, block)
	for i, b := range head {
		head[i] = b ^ 0x5c
	}
	for _, b := range head {
		sum = sum*31 + uint32(b)
	}
	return sum
}
""",
        after="""package p

// Checksum is that of the first bytes of a block.
func Checksum(block []byte) (sum uint32) {
	head := make([]byte, min(len(block), 96), 96)
	copy(head, block)
	for i, b := range head {
		head[i] = b ^ 0x5c
	}
	for _, b := range head {
		sum = sum*31 + uint32(b)
	}
	return sum
}
""",
        probe="""for _, n := range []int{0, 1, 95, 96, 97, 4000} {
	emit(Checksum(make([]byte, n)))
}
emit(Checksum(nil))""",
        saves=3,
    ),
    Example(
        before="""package p

const most = 40

// Upper has no more than forty letters.
func Upper(name string) string {
	if len(name) > most {
		return ""
	}
	letters := make([]byte, len(name))
	n := copy(letters, name)
	for i, b := range letters[:n] {
		if 'a' <= b && b <= 'z' {
			letters[i] = b - 32
		}
	}
	return string(letters[:n])
}

// Fold counts the remainders of numbers.
func Fold(numbers []int, by int) (odd int) {
	if by >= 64 {
		by = 63
	}
	if by < 1 {
		return -1
	}
	counts := make([]int, by)
	for _, number := range numbers {
		counts[uint(number)%uint(by)]++
	}
	for _, count := range counts {
		odd += count & 1
	}
	return odd
}
""",
        after="""package p

const most = 40

// Upper has no more than forty letters.
func Upper(name string) string {
	if len(name) > most {
		return ""
	}
	letters := make([]byte, len(name), 40)
	n := copy(letters, name)
	for i, b := range letters[:n] {
		if 'a' <= b && b <= 'z' {
			letters[i] = b - 32
		}
	}
	return string(letters[:n])
}

// Fold counts the remainders of numbers.
func Fold(numbers []int, by int) (odd int) {
	if by >= 64 {
		by = 63
	}
	if by < 1 {
		return -1
	}
	counts := make([]int, by, 63)
	for _, number := range numbers {
		counts[uint(number)%uint(by)]++
	}
	for _, count := range counts {
		odd += count & 1
	}
	return odd
}
""",
        probe="""for _, name := range []string{"", "a", "a tea with letters", "é", string(make([]byte, 41))} {
	emit(Upper(name))
}
for _, by := range []int{-1, 0, 1, 7, 63, 64, 1 << 40} {
	emit(Fold([]int{0, -1, 1 << 60, 77, 78}, by))
}""",
        saves=4,
    ),
    Example(
        before="""package p

// Reverse has its length in the first byte.
func Reverse(message []byte) (hash uint16) {
	if len(message) == 0 {
		return 0
	}
	size := message[0]
	turned := make([]uint16, size)
	for i := range turned {
		turned[len(turned)-1-i] = uint16(i) * 7
	}
	for _, one := range turned {
		hash = hash<<1 ^ one
	}
	return hash
}
""",
        after="""package p

// Reverse has its length in the first byte.
func Reverse(message []byte) (hash uint16) {
	if len(message) == 0 {
		return 0
	}
	size := message[0]
	turned := make([]uint16, size, 255)
	for i := range turned {
		turned[len(turned)-1-i] = uint16(i) * 7
	}
	for _, one := range turned {
		hash = hash<<1 ^ one
	}
	return hash
}
""",
        probe="""emit(Reverse(nil))
for size := range 256 {
	emit(Reverse([]byte{byte(size), 1}))
}""",
        saves=200,
    ),
)

REFUSALS = (
    Refused(
        """package p

func Pad(in []byte) int {
	buf := make([]byte, min(len(in), 64))
	copy(buf, in)
	return len(append(buf, '!')) + cap(buf)
}
""",
        "the capacity of buf may matter",
    ),
    Refused(
        """package p

func Part(in []byte, n int) (sum int) {
	buf := make([]byte, min(len(in), 64))
	copy(buf, in)
	for _, b := range buf[:n] {
		sum += int(b)
	}
	return sum
}
""",
        "the capacity of buf may matter",
    ),
    Refused(
        """package p

func Large(in []byte) (sum int) {
	buf := make([]byte, min(len(in), 1<<20))
	copy(buf, in)
	for _, b := range buf {
		sum += int(b)
	}
	return sum
}
""",
        "too much for the stack",
    ),
    Refused(
        """package p

func Later(n int, in []byte) (sum int) {
	if n > 64 {
		n = 64
	}
	for range 3 {
		buf := make([]byte, n)
		copy(buf, in)
		for _, b := range buf {
			sum += int(b)
		}
		n *= 2
	}
	return sum
}
"""
    ),
    Refused(
        """package p

func Either(n int, in []byte) (sum int) {
	if n > 64 && len(in) > 0 {
		return -1
	}
	buf := make([]byte, n)
	copy(buf, in)
	for _, b := range buf {
		sum += int(b)
	}
	return sum
}
"""
    ),
    Refused(
        """package p

func Signed(n int8, in []byte) (sum int) {
	if n > 64 {
		return -1
	}
	buf := make([]byte, uint16(n))
	copy(buf, in)
	for _, b := range buf {
		sum += int(b)
	}
	return sum
}
"""
    ),
    Refused(
        """package p

func Kept(in []byte) []byte {
	buf := make([]byte, min(len(in), 64))
	copy(buf, in)
	return buf
}
""",
        "the capacity of buf may matter",
    ),
)
