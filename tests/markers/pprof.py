"""Profiles in pprof's format, made from a table of calls, so that a test does not have to measure anything.

Only what the compiler reads is there (``cmd/internal/pgo``): samples of calls with their lines and weights, as
protocol buffers (``github.com/google/pprof/proto/profile.proto``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """``line`` is that of the call, ``start`` that of the caller's ``func``; both 1-based."""

    caller: str
    start: int
    line: int
    callee: str
    weight: int


def read(text: str) -> list[Call]:
    """The calls of a table with lines ``CALLER START LINE CALLEE WEIGHT``."""
    calls = []
    for row in text.splitlines():
        caller, start, line, callee, weight = row.split()
        calls.append(Call(caller, int(start), int(line), callee, int(weight)))
    return calls


def encode(calls: Iterable[Call]) -> bytes:
    """The profile. The stacks of its samples are a call deep."""
    strings = ["", "samples", "count"]
    body = [_field(1, _number(1, 1) + _number(2, 2))]
    for number, call in enumerate(calls):
        callee, caller = 2 * number + 1, 2 * number + 2
        body.append(_field(2, _number(1, callee) + _number(1, caller) + _number(2, call.weight)))
        for id_, name, start, line in ((callee, call.callee, 1, 1), (caller, call.caller, call.start, call.line)):
            strings.append(name)
            text = len(strings) - 1
            body.append(_field(4, _number(1, id_) + _field(4, _number(1, id_) + _number(2, line))))
            body.append(_field(5, _number(1, id_) + _number(2, text) + _number(3, text) + _number(5, start)))
    body += (_field(6, string.encode()) for string in strings)
    return b"".join(body)


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3) + _varint(value)


def _field(tag: int, content: bytes) -> bytes:
    return _varint(tag << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])
