"""A reader of memory profiles: gzipped pprof protobuf, of which only stacks, object counts and bytes are read.

The format is https://github.com/google/pprof/blob/main/proto/profile.proto. ``go tool pprof -raw`` prints the same but
takes seconds for what takes this milliseconds.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

# Field numbers of the messages.
_PROFILE_SAMPLE_TYPE, _PROFILE_SAMPLE, _PROFILE_LOCATION, _PROFILE_FUNCTION, _PROFILE_STRINGS = 1, 2, 4, 5, 6
_SAMPLE_LOCATION, _SAMPLE_VALUE = 1, 2
_LOCATION_ID, _LOCATION_LINE = 1, 4
_LINE_FUNCTION, _LINE_LINE = 1, 2
_FUNCTION_ID, _FUNCTION_NAME, _FUNCTION_FILE = 1, 2, 4
_VALUE_TYPE = 1

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

Field: TypeAlias = "tuple[int, int | bytes]"


class ProfileError(ValueError):
    """The bytes are no profile of allocations."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One function on a stack. ``physical`` is False where its code was copied into the next frame's by inlining."""

    function: str
    file: str
    line: int
    physical: bool = True


@dataclass(frozen=True, slots=True)
class Sample:
    """What was allocated at one stack, leaf first, in one size.

    ``objects`` is 0 where all of it came after the last garbage collection: it is known that, but not how often, it
    allocated.
    """

    stack: tuple[Frame, ...]
    objects: int
    bytes: int


def read(data: bytes) -> list[Sample]:
    """The samples of a memory profile.

    Raises:
        ProfileError: for anything else.
    """
    try:
        return list(_samples(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data))
    except (IndexError, KeyError, EOFError, gzip.BadGzipFile) as error:
        raise ProfileError(f"not a memory profile: {error!r}") from error


def fields(data: bytes) -> Iterator[Field]:
    """The fields of one protobuf message: number and value."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            number, at = _varint(data, at)
            yield key >> 3, number
            continue
        if kind == _BYTES:
            length, at = _varint(data, at)
        elif kind in {_FIXED64, _FIXED32}:
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ProfileError(f"wire type {kind}")
        if at + length > end:
            raise ProfileError("cut off")
        yield key >> 3, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = data[at]
    at += 1
    if value < 0x80:
        return value, at
    value &= 0x7F
    shift = 7
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _numbers(value: int | bytes) -> Iterator[int]:
    """A repeated number, packed or one at a time."""
    if isinstance(value, int):
        yield value
        return
    at = 0
    while at < len(value):
        number, at = _varint(value, at)
        yield number


def _message(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ProfileError("a number where a message is expected")
    return value


def _number(value: int | bytes) -> int:
    if not isinstance(value, int):
        raise ProfileError("bytes where a number is expected")
    return value


def _samples(data: bytes) -> Iterator[Sample]:
    strings: list[str] = []
    functions: dict[int, tuple[int, int]] = {}
    raw_locations: list[bytes] = []
    raw_samples: list[bytes] = []
    types: list[int] = []
    for field, value in fields(data):
        match field:
            case n if n == _PROFILE_SAMPLE_TYPE:
                types.append(next((_number(v) for f, v in fields(_message(value)) if f == _VALUE_TYPE), 0))
            case n if n == _PROFILE_SAMPLE:
                raw_samples.append(_message(value))
            case n if n == _PROFILE_LOCATION:
                raw_locations.append(_message(value))
            case n if n == _PROFILE_FUNCTION:
                found = {f: v for f, v in fields(_message(value)) if isinstance(v, int)}
                functions[found[_FUNCTION_ID]] = found.get(_FUNCTION_NAME, 0), found.get(_FUNCTION_FILE, 0)
            case n if n == _PROFILE_STRINGS:
                strings.append(_message(value).decode("utf-8", "replace"))
            case _:
                pass
    names = [strings[one] for one in types]
    if "alloc_objects" not in names or "alloc_space" not in names:
        raise ProfileError(f"holds {', '.join(names) or 'nothing'}, not allocations")
    objects, space = names.index("alloc_objects"), names.index("alloc_space")
    locations = dict(_location(raw, functions, strings) for raw in raw_locations)
    for raw in raw_samples:
        stack: list[Frame] = []
        values: list[int] = []
        for field, value in fields(raw):
            if field == _SAMPLE_LOCATION:
                for number in _numbers(value):
                    stack.extend(locations[number])
            elif field == _SAMPLE_VALUE:
                values.extend(_numbers(value))
        yield Sample(tuple(stack), values[objects], values[space])


def _location(raw: bytes, functions: dict[int, tuple[int, int]], strings: list[str]) -> tuple[int, tuple[Frame, ...]]:
    identity = 0
    lines: list[tuple[int, int]] = []
    for field, value in fields(raw):
        if field == _LOCATION_ID:
            identity = _number(value)
        elif field == _LOCATION_LINE:
            found = {f: _number(v) for f, v in fields(_message(value))}
            lines.append((found.get(_LINE_FUNCTION, 0), found.get(_LINE_LINE, 0)))
    frames = []
    for index, (function, line) in enumerate(lines):
        name, file = functions[function]
        frames.append(Frame(strings[name], strings[file], line, physical=index == len(lines) - 1))
    return identity, tuple(frames)
