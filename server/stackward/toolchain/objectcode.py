"""Reading ``compile -S``: which allocators the object code calls, from which source lines, for what type and size.

The text is that of ``cmd/internal/obj``: a line per symbol (``m.New STEXT …``), then one per instruction with the
offset and the innermost source line, and for data a dump of the bytes. Nothing is printed before the back end is done,
so the whole is read at once; only what is near an allocator call is looked at.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from stackward.core.allocation import AllocatorCall, ObjectCode
from stackward.core.position import Location, from_display
from stackward.toolchain.allocators import find

_CALL = b"\tCALL\truntime."
_TEXT = b" STEXT "
_GOROOT = "$GOROOT"
_LOOK_BACK = 24  # Instructions before a call in which its arguments are set.

# cmd/internal/obj, internal/abi: the integer argument registers of the register-based calling convention.
_REGISTERS: Mapping[str, tuple[bytes, ...]] = {
    "amd64": tuple(name.encode() for name in ("AX", "BX", "CX", "DI", "SI", "R8", "R9", "R10", "R11")),
    "arm64": tuple(b"R%d" % number for number in range(16)),
    "loong64": tuple(b"R%d" % number for number in range(4, 20)),
    "ppc64": tuple(b"R%d" % number for number in range(3, 11)),
    "ppc64le": tuple(b"R%d" % number for number in range(3, 11)),
    "riscv64": tuple(b"X%d" % number for number in range(10, 18)),
    "s390x": tuple(b"R%d" % number for number in range(2, 10)),
}
_TYPE = re.compile(rb"\$?type:(.+?)(?:[+-]\d+)?\(SB\)")
_CONSTANT = re.compile(rb"\$(-?\d+|0x[0-9a-f]+)$")
_CONVERTS = b" convert: using "
_CONVERSION = re.compile(rb"(.+?):(\d+):(?:(\d+):)? convert: using ([a-z]+ [a-z]+ [a-z-]+)")
_DESCRIPTOR = re.compile(rb"type:([^\n]+?) S?RODATA[^\n]*\n\t0x0000 ((?:[0-9a-f]{2} ){8,16})")


def parse(text: bytes, names: Mapping[str, str], minor: int, arch: str, goroot: str = "") -> ObjectCode:
    """Read what ``compile -S`` printed. ``names`` maps names of compiled files to those of the user's.

    The standard library's code that is inlined is from ``$GOROOT``, which is replaced by ``goroot``.

    Text that is cut short loses what was cut; a line that is not understood is no call.
    """
    starts, symbols = _functions(text)
    sizes = _sizes(text, arch)
    registers = _REGISTERS.get(arch, ())
    calls: list[AllocatorCall] = []
    at = text.find(_CALL)
    while at >= 0:
        begin = at + len(_CALL)
        name = text[begin : text.find(b"(SB)", begin, begin + 64)].decode("ascii", "replace")
        allocator = find(name, minor)
        number = bisect.bisect_right(starts, at) - 1
        place = _place(text[text.rfind(b"\n", 0, at) + 1 : at]) if allocator is not None else None
        if allocator is not None and place is not None and number >= 0:
            path, line = place
            if goroot and path.startswith(_GOROOT):
                path = goroot + path.removeprefix(_GOROOT)
            given = _Given(list(_before(text, at)), registers)
            type_name = given.type(allocator.type_arg)
            size = allocator.bytes
            if size is None:
                size = given.constant(allocator.size_arg)
            calls.append(
                AllocatorCall(
                    function=symbols[number],
                    path=names.get(path, path),
                    line=line,
                    order=len(calls),
                    runtime=f"runtime.{name}",
                    mechanism=allocator.mechanism,
                    type=type_name,
                    bytes=size if size is not None or not type_name else _size(type_name, sizes),
                    count=given.constant(allocator.count_arg),
                    buffered=given.address(allocator.buffer_arg),
                )
            )
        at = text.find(_CALL, begin)
    return ObjectCode(tuple(calls), frozenset(symbols), dict(_conversions(text, names)), minor)


def _functions(text: bytes) -> tuple[list[int], list[str]]:
    starts, symbols = [], []
    at = text.find(_TEXT)
    while at >= 0:
        begin = text.rfind(b"\n", 0, at) + 1
        if text[begin : begin + 1] != b"\t":
            starts.append(begin)
            symbols.append(text[begin:at].decode("utf-8", "replace"))
        at = text.find(_TEXT, at + 1)
    return starts, symbols


def _conversions(text: bytes, names: Mapping[str, str]) -> Iterator[tuple[Location, str]]:
    """What the walk phase says of interface conversions (``walk/convert.go``: ``dataWord``)."""
    at = text.find(_CONVERTS)
    while at >= 0:
        found = _CONVERSION.match(text, text.rfind(b"\n", 0, at) + 1)
        at = text.find(_CONVERTS, at + 1)
        if found is None:
            continue
        path = found[1].decode("utf-8", "surrogateescape")
        point = from_display(int(found[2]), int(found[3] or 1))
        yield Location(names.get(path, path), point), found[4].decode("ascii", "replace")


def _sizes(text: bytes, arch: str) -> dict[str, int]:
    """The sizes of the types whose descriptors this unit holds, by the linker's name.

    A descriptor begins with the size (``internal/abi.Type``).
    """
    word, order = word_size(arch), byte_order(arch)
    sizes: dict[str, int] = {**dict.fromkeys(("int", "uint", "uintptr"), word), "string": 2 * word}
    at = text.find(b"\ntype:")
    while at >= 0:
        found = _DESCRIPTOR.match(text, at + 1)
        if found is not None:
            head = bytes.fromhex(found[2].decode("ascii"))[:word]
            sizes[found[1].decode("utf-8", "replace")] = int.from_bytes(head, order)
        at = text.find(b"\ntype:", at + 1)
    return sizes


def _place(prefix: bytes) -> tuple[str, int] | None:
    r"""``\t0x0026 00038 (/m/p.go:5)`` as path and line from 0."""
    opened = prefix.find(b"(")
    path, colon, line = prefix[opened + 1 : -1].rpartition(b":")
    if opened < 0 or not colon or not line.isdigit():
        return None
    return path.decode("utf-8", "surrogateescape"), int(line) - 1


def _before(text: bytes, at: int) -> Iterator[tuple[bytes, bytes]]:
    """The instructions before a call, nearest first, as operands and destination; an earlier call ends them."""
    end = text.rfind(b"\n", 0, at)
    for _ in range(_LOOK_BACK):
        begin = text.rfind(b"\n", 0, end)
        line = text[begin + 1 : end]
        end = begin
        if not line.startswith(b"\t0x"):
            return
        _, _, instruction = line.partition(b")\t")
        operation, _, operands = instruction.partition(b"\t")
        if operation in {b"CALL", b"TEXT"}:
            return
        if operation in {b"PCDATA", b"FUNCDATA"}:
            continue
        source, _, destination = operands.rpartition(b", ")
        yield operation + b"\t" + source, destination


@dataclass(frozen=True, slots=True)
class _Given:
    """The arguments of one call. ``before`` are the instructions before it, nearest first."""

    before: list[tuple[bytes, bytes]]
    registers: tuple[bytes, ...]

    def _set(self, number: int) -> bytes:
        """What the argument register of that number was last set to; empty if that is not clear."""
        if not 0 <= number < len(self.registers):
            return b""
        register = self.registers[number]
        found = b""
        for source, destination in self.before:
            if destination != register:
                continue
            found = source
            operation, _, operand = source.partition(b"\t")
            if not operation.startswith(b"MOV") or operand not in self.registers:
                break
            register = operand  # A copy of another register, which was set before.
        return found

    def constant(self, number: int) -> int | None:
        operation, _, operand = self._set(number).partition(b"\t")
        if operation.startswith(b"XOR") and b"," not in operand:
            return 0
        if operand in {b"ZR", b"ZERO"}:
            return 0
        found = _CONSTANT.match(operand)
        return int(found[1], 0) if found is not None and operation.startswith(b"MOV") else None

    def address(self, number: int) -> bool | None:
        """Whether an argument is an address, or nil."""
        if self.constant(number) == 0:
            return False
        operation, _, operand = self._set(number).partition(b"\t")
        return True if operation.startswith(b"LEA") or operand.startswith(b"$") else None

    def type(self, number: int) -> str:
        """The type whose descriptor is passed; where arguments are on the stack, the nearest that is mentioned."""
        if number < 0:
            return ""
        if self.registers:
            found = _TYPE.search(self._set(number))
        else:
            found = next((found for source, _ in self.before if (found := _TYPE.search(source))), None)
        return found[1].decode("utf-8", "replace") if found is not None else ""


_BASIC_SIZES = {
    **dict.fromkeys(("bool", "int8", "uint8", "byte"), 1),
    **dict.fromkeys(("int16", "uint16"), 2),
    **dict.fromkeys(("int32", "uint32", "float32", "rune"), 4),
    **dict.fromkeys(("int64", "uint64", "float64", "complex64"), 8),
    "complex128": 16,
}


def _size(name: str, sizes: Mapping[str, int]) -> int | None:
    """The size of a type: of one described in this unit, or of a basic one, shapes of these included."""
    found = sizes.get(name)
    if found is None:
        plain = name.removeprefix("go.shape.")
        found = sizes.get(plain, _BASIC_SIZES.get(plain))
    if found is None:
        words = next((count for start, count in _WORDS if plain.startswith(start)), 0)
        found = words * sizes["uintptr"] or None
    return found


_WORDS = (("*", 1), ("map[", 1), ("chan ", 1), ("func(", 1), ("unsafe.Pointer", 1), ("[]", 3), ("interface {", 2))


def word_size(arch: str) -> int:
    """The bytes of a pointer on a ``GOARCH``."""
    return 4 if arch in {"386", "arm", "mips", "mipsle"} else 8


def byte_order(arch: str) -> Literal["big", "little"]:
    """The order of bytes on a ``GOARCH``."""
    return "big" if arch in {"ppc64", "s390x", "mips", "mips64"} else "little"
