"""Reading ``compile -S``: which allocators the object code calls, from which source lines, for what type and size.

The text is that of ``cmd/internal/obj``: a line per symbol (``m.New STEXT …``), then one per instruction with the
offset and the innermost source line, and for data a dump of the bytes. Nothing is printed before the back end is done.
Only what is near an allocator call is looked at.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from stackward.core.allocation import AllocatorCall, CalleeCall, ObjectCode
from stackward.core.position import Location, from_display
from stackward.toolchain.allocators import Allocator, find
from stackward.toolchain.callees import called

# How a call is printed; most architectures have an instruction of that name.
_CALLS: Mapping[str, bytes] = {"riscv64": b"\tJAL\tX1, ", "wasm": b"\tCall\t"}
_ENDS = frozenset({b"CALL", b"Call", b"JAL", b"TEXT"})
_TEXT = b" STEXT"  # Since Go 1.24 "STEXTFIPS" in the packages of the FIPS 140 module.
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
_JUMP = re.compile(rb"\t(?:J\w+|B\w*|CB\w+|TB\w+)\t(?:[^\n]*, )?(\d+)\n")
_DESCRIPTOR = re.compile(rb"type:([^\n]+?) S?RODATA[^\n]*\n\t0x0000 ((?:[0-9a-f]{2} ){8,16})")


class ObjectCodeParser:
    """Reads what ``compile -S`` prints, as it comes.

    ``names`` maps names of compiled files to those of the user's. The standard library's code that is inlined is from
    ``$GOROOT``, which is replaced by ``goroot``. Text that is cut short loses what was cut; a line that is not
    understood is no call.
    """

    def __init__(self, names: Mapping[str, str], minor: int, arch: str, goroot: str = "") -> None:
        self._names = names
        self._minor = minor
        self._goroot = goroot
        self._registers = _REGISTERS.get(arch, ())
        self._call = _CALLS.get(arch, b"\tCALL\t")
        self._word, self._order = word_size(arch), byte_order(arch)
        self._sizes = {**dict.fromkeys(("int", "uint", "uintptr"), self._word), "string": 2 * self._word}
        self._pointers: dict[str, bool] = {}
        self._calls: list[AllocatorCall] = []
        self._callees: list[CalleeCall] = []
        self._functions: set[str] = set()
        self._conversions: dict[Location, str] = {}
        self._text = b""

    def feed(self, chunk: bytes) -> None:
        """Take a further piece of the text."""
        text = self._text + chunk
        end = _last_symbol(text)
        if end > 0:
            self._read(text[:end])
            text = text[end:]
        self._text = text

    def close(self) -> ObjectCode:
        """The text is at its end."""
        self._read(self._text)
        self._text = b""
        calls = tuple(self._measured(call) for call in self._calls)
        return ObjectCode(calls, frozenset(self._functions), self._conversions, self._minor, tuple(self._callees))

    def _read(self, text: bytes) -> None:
        """Read whole symbols."""
        starts, symbols = _functions(text)
        self._functions.update(symbols)
        self._read_conversions(text)
        self._read_sizes(text)
        self._read_callees(text, starts, symbols)
        wanted = self._call + b"runtime."
        at = text.find(wanted)
        while at >= 0:
            begin = at + len(wanted)
            name = text[begin : text.find(b"(SB)", begin, begin + 64)].decode("ascii", "replace")
            allocator = find(name, self._minor)
            number = bisect.bisect_right(starts, at) - 1
            place = _place(text[text.rfind(b"\n", 0, at) + 1 : at]) if allocator is not None else None
            if allocator is not None and place is not None and number >= 0:
                end = starts[number + 1] if number + 1 < len(starts) else len(text)
                body = memoryview(text)[starts[number] : end]
                self._take(text, at, body, symbols[number], name, allocator, place)
            at = text.find(wanted, begin)

    def _take(
        self,
        text: bytes,
        at: int,
        body: memoryview,
        function: str,
        name: str,
        allocator: Allocator,
        place: tuple[str, int],
    ) -> None:
        path, line = self._user_path(place[0]), place[1]
        given = _Given(list(_before(text, at)), self._registers)
        size = allocator.bytes
        if size is None and not (given.copied(allocator.size_arg) and given.joined(allocator.size_arg, body)):
            size = given.constant(allocator.size_arg)
        self._calls.append(
            AllocatorCall(
                function=function,
                path=path,
                line=line,
                order=len(self._calls),
                runtime=f"runtime.{name}",
                mechanism=allocator.mechanism,
                type=given.type(allocator.type_arg),
                bytes=size,
                count=given.constant(allocator.count_arg) if not given.joined(allocator.count_arg, body) else None,
                buffered=given.address(allocator.buffer_arg),
            )
        )

    def _user_path(self, path: str) -> str:
        if self._goroot and path.startswith(_GOROOT):
            path = self._goroot + path.removeprefix(_GOROOT)
        return self._names.get(path, path)

    def _read_callees(self, text: bytes, starts: list[int], symbols: list[str]) -> None:
        for at, callee in called(text, self._call):
            number = bisect.bisect_right(starts, at) - 1
            place = _place(text[text.rfind(b"\n", 0, at) + 1 : at])
            if place is not None and number >= 0:
                self._callees.append(CalleeCall(symbols[number], self._user_path(place[0]), place[1], callee))

    def _read_conversions(self, text: bytes) -> None:
        """What the walk phase says of interface conversions (``walk/convert.go``: ``dataWord``)."""
        at = text.find(_CONVERTS)
        while at >= 0:
            found = _CONVERSION.match(text, text.rfind(b"\n", 0, at) + 1)
            at = text.find(_CONVERTS, at + 1)
            if found is None:
                continue
            path = found[1].decode("utf-8", "surrogateescape")
            point = Location(self._names.get(path, path), from_display(int(found[2]), int(found[3] or 1)))
            self._conversions[point] = found[4].decode("ascii", "replace")

    def _read_sizes(self, text: bytes) -> None:
        """The sizes of the types whose descriptors the text holds.

        These begin with the size and with how much of it may hold pointers (``internal/abi.Type``).
        """
        at = text.find(b"type:") if text.startswith(b"type:") else text.find(b"\ntype:") + 1 or -1
        while at >= 0:
            found = _DESCRIPTOR.match(text, at)
            if found is not None:
                name, head = found[1].decode("utf-8", "replace"), bytes.fromhex(found[2].decode("ascii"))
                self._sizes[name] = int.from_bytes(head[: self._word], self._order)
                if len(head) >= 2 * self._word:
                    pointed = head[self._word : 2 * self._word]
                    self._pointers[name] = any(pointed)
            at = text.find(b"\ntype:", at) + 1 or -1

    def _measured(self, call: AllocatorCall) -> AllocatorCall:
        """A call with what the descriptors, which come after the code, say of its type."""
        if not call.type:
            return call
        size = call.bytes if call.bytes is not None else self._size(call.type)
        plain = call.type.removeprefix("go.shape.")
        pointers = self._pointers.get(call.type)
        if pointers is None and (plain in _BASIC_SIZES or plain in {"int", "uint", "uintptr"}):
            pointers = False
        return replace(call, bytes=size, pointers=pointers)

    def _size(self, name: str) -> int | None:
        """The size of a type: of one described in this unit, or of a basic one, shapes of these included."""
        found = self._sizes.get(name)
        if found is None:
            plain = name.removeprefix("go.shape.")
            found = self._sizes.get(plain, _BASIC_SIZES.get(plain))
        if found is None:
            words = next((count for start, count in _WORDS if plain.startswith(start)), 0)
            found = words * self._word or None
        return found


def _last_symbol(text: bytes) -> int:
    """Where the last symbol begins that the text has, which may go on; what is before it is whole."""
    at = len(text)
    while (at := text.rfind(b"\n", 0, at)) >= 0:
        if text[at + 1 : at + 2] not in {b"\t", b""}:
            return at + 1
    return 0


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


def _place(prefix: bytes) -> tuple[str, int] | None:
    r"""``\t0x0026 00038 (/m/p.go:5)`` as path and line from 0.

    Where a line directive moved it, what it was without follows: ``(/m/p.go:5[p.cgo1.go:14])``.
    """
    opened = prefix.find(b"(")
    place = prefix[opened + 1 : -1]
    if place.endswith(b"]"):
        place = place[: place.rfind(b"[")]
    path, colon, line = place.rpartition(b":")
    if opened < 0 or not colon or not line.isdigit():
        return None
    return path.decode("utf-8", "surrogateescape"), int(line) - 1


def _before(text: bytes, at: int) -> Iterator[tuple[bytes, bytes, bytes]]:
    """The instructions before a call, nearest first: offset, operation with operands, and destination.

    An earlier call ends them.
    """
    end = text.rfind(b"\n", 0, at)
    for _ in range(_LOOK_BACK):
        begin = text.rfind(b"\n", 0, end)
        line = text[begin + 1 : end]
        end = begin
        if not line.startswith(b"\t0x"):
            return
        place, _, instruction = line.partition(b")\t")
        operation, _, operands = instruction.partition(b"\t")
        if operation in _ENDS:
            return
        if operation in {b"PCDATA", b"FUNCDATA"}:
            continue
        source, _, destination = operands.rpartition(b", ")
        yield place.split(b" ", 2)[1], operation + b"\t" + source, destination


@dataclass(frozen=True, slots=True)
class _Given:
    """The arguments of one call. ``before`` are the instructions before it, nearest first."""

    before: list[tuple[bytes, bytes, bytes]]
    registers: tuple[bytes, ...]

    def _set(self, number: int) -> bytes:
        """What the argument register of that number was last set to; empty if that is not clear."""
        return self._setting(number)[1]

    def _setting(self, number: int) -> tuple[int, bytes]:
        """How many instructions back an argument register was last set, and to what."""
        if not 0 <= number < len(self.registers):
            return -1, b""
        register = self.registers[number]
        at, found = -1, b""
        for back, (_, source, destination) in enumerate(self.before):
            if destination != register:
                continue
            at, found = back, source
            operation, _, operand = source.partition(b"\t")
            if not operation.startswith(b"MOV") or operand not in self.registers:
                break
            register = operand  # A copy of another register, which was set before.
        return at, found

    def copied(self, number: int) -> bool:
        """Whether an argument is a copy of another register: what that has may have come on several ways."""
        at, _ = self._setting(number)
        return at >= 0 and self.before[at][2] != self.registers[number]

    def joined(self, number: int, body: memoryview) -> bool:
        """Whether a jump of the function's leads in between the setting of an argument and the call.

        Then it may be set to something else on another way.
        """
        at, _ = self._setting(number)
        if at < 0:
            return False
        between = {int(offset) for offset, _, _ in self.before[:at]}
        return any(int(found[1]) in between for found in _JUMP.finditer(body))

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
            found = next((found for _, source, _ in self.before if (found := _TYPE.search(source))), None)
        return found[1].decode("utf-8", "replace") if found is not None else ""


_BASIC_SIZES = {
    **dict.fromkeys(("bool", "int8", "uint8", "byte"), 1),
    **dict.fromkeys(("int16", "uint16"), 2),
    **dict.fromkeys(("int32", "uint32", "float32", "rune"), 4),
    **dict.fromkeys(("int64", "uint64", "float64", "complex64"), 8),
    "complex128": 16,
}


_WORDS = (("*", 1), ("map[", 1), ("chan ", 1), ("func(", 1), ("unsafe.Pointer", 1), ("[]", 3), ("interface {", 2))


def word_size(arch: str) -> int:
    """The bytes of a pointer on a ``GOARCH``."""
    return 4 if arch in {"386", "arm", "mips", "mipsle"} else 8


def byte_order(arch: str) -> Literal["big", "little"]:
    """The order of bytes on a ``GOARCH``."""
    return "big" if arch in {"ppc64", "s390x", "mips", "mips64"} else "little"
