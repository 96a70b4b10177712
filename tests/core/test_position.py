"""Positions against an oracle that walks the text character by character, one Python loop and no arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackward.core.position import ByteCol, BytePos, ClientPos, Encoding, LineIndex, from_display

_PIECES = [
    *(text.encode() for text in ("a", "\t", "é", "€", "😀", "e\u0301", "\u2028", "\u0085", "\ufeff", "\x0b", "\x0c")),
    *(b"\n", b"\r\n", b"\r", b"\r\r\n", b"\n\r"),
    *(b"\xff", b"\x80", b"\xe2\x82", b"\xf0\x9f\x98", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc3"),
]
texts = st.lists(st.sampled_from(_PIECES) | st.binary(max_size=3), max_size=14).map(b"".join)
encodings = st.sampled_from(Encoding)


@dataclass(frozen=True, slots=True)
class Char:
    """``shown`` is U+FFFD for a byte that is not UTF-8."""

    start: int
    size: int
    shown: str

    def units(self, encoding: Encoding) -> int:
        match encoding:
            case Encoding.UTF8:
                return self.size
            case Encoding.UTF16:
                return len(self.shown.encode("utf-16-le")) // 2
            case Encoding.UTF32:
                return 1


def characters(text: bytes) -> list[Char]:
    """As Go's ``range`` over a string: the shortest valid sequence, else one byte."""
    found = []
    at = 0
    while at < len(text):
        char = Char(at, 1, "\ufffd")
        for size in range(1, 5):
            try:
                char = Char(at, size, text[at : at + size].decode())
                break
            except UnicodeDecodeError:
                continue
        found.append(char)
        at += char.size
    return found


def client_points(text: bytes, encoding: Encoding) -> dict[int, ClientPos]:
    """Where a client sees each byte offset at which a character starts, and the end of the text."""
    points = {}
    line = column = 0
    for char in characters(text):
        points[char.start] = ClientPos(line, column)
        after_return = text[char.start - 1 : char.start] == b"\r"
        if char.shown == "\n" and after_return:
            points[char.start] = points[char.start - 1]  # Inside of "\r\n": the start of it.
        if char.shown == "\n" or (char.shown == "\r" and text[char.start + 1 : char.start + 2] != b"\n"):
            line, column = line + 1, 0
        else:
            column += char.units(encoding)
    points[len(text)] = ClientPos(line, column)
    return points


def client_offsets(text: bytes, encoding: Encoding) -> list[list[int]]:
    """For each client line, the byte offset that each of its columns means; the last is the end of the line."""
    lines: list[list[int]] = [[]]
    for char in characters(text):
        if char.shown == "\n" and text[char.start - 1 : char.start] == b"\r":
            continue  # The line was ended at the carriage return; the next starts after this byte.
        if char.shown in "\r\n":
            lines[-1].append(char.start)
            lines.append([])
        else:
            lines[-1] += [char.start] * char.units(encoding)
    lines[-1].append(len(text))
    return lines


@given(texts, encodings)
def test_to_client_agrees_with_the_oracle_at_every_character(text: bytes, encoding: Encoding) -> None:
    index = LineIndex(text)
    for offset, point in client_points(text, encoding).items():
        assert index.to_client(index.position(offset), encoding) == point


@given(texts, encodings)
def test_from_client_agrees_with_the_oracle_at_every_column(text: bytes, encoding: Encoding) -> None:
    index = LineIndex(text)
    lines = client_offsets(text, encoding)
    for line, offsets in enumerate(lines):
        for column, offset in enumerate(offsets):
            assert index.client_offset(ClientPos(line, column), encoding) == offset
        beyond = ClientPos(line, len(offsets) + 3)
        assert index.client_offset(beyond, encoding) == offsets[-1]
    assert index.client_offset(ClientPos(len(lines), 0), encoding) == len(text)


@given(texts, encodings)
def test_a_character_comes_back_from_the_client_as_it_went(text: bytes, encoding: Encoding) -> None:
    index = LineIndex(text)
    for char in characters(text):
        if char.shown == "\n" and text[char.start - 1 : char.start] == b"\r":
            continue
        there = index.position(char.start)
        assert index.from_client(index.to_client(there, encoding), encoding) == there


@given(texts, encodings)
def test_any_byte_inside_a_character_means_its_start(text: bytes, encoding: Encoding) -> None:
    index = LineIndex(text)
    for char in characters(text):
        start = index.to_client(index.position(char.start), encoding)
        for offset in range(char.start, char.start + char.size):
            assert index.to_client(index.position(offset), encoding) == start


@given(texts)
def test_lines_are_those_of_go(text: bytes) -> None:
    index = LineIndex(text)
    lines = text.split(b"\n")
    assert index.line_count == len(lines)
    for number, line in enumerate(lines):
        start = len(b"\n".join([*lines[:number], b""]))
        for column in range(len(line) + 1):
            pos = BytePos(number, ByteCol(column))
            assert index.offset(pos) == start + column
            assert index.position(start + column) == pos
        assert index.line_text(number) == line.removesuffix(b"\r")
        assert index.offset(BytePos(number, ByteCol(len(line) + 7))) == start + len(line)


@given(texts, st.integers(-3, 20), st.integers(-3, 40), encodings)
def test_positions_anywhere_are_clamped_into_the_text(text: bytes, line: int, column: int, encoding: Encoding) -> None:
    index = LineIndex(text)
    offset = index.offset(BytePos(line, ByteCol(column)))
    assert 0 <= offset <= len(text)
    assert index.position(offset).line == min(max(line, 0), index.line_count - 1)
    if 0 <= line < index.line_count:
        assert index.position(offset).col == min(max(column, 0), len(text.split(b"\n")[line]))
    assert 0 <= index.client_offset(ClientPos(line, column), encoding) <= len(text)
    assert index.offset(index.position(column)) == min(max(column, 0), len(text))


@pytest.mark.parametrize(
    ("encoding", "character"),
    [(Encoding.UTF8, 8), (Encoding.UTF16, 5), (Encoding.UTF32, 4)],
)
def test_the_three_encodings_differ(encoding: Encoding, character: int) -> None:
    index = LineIndex('"é😀" + x'.encode())
    after_quote = BytePos(0, ByteCol(8))
    assert index.to_client(after_quote, encoding) == ClientPos(0, character)
    assert index.from_client(ClientPos(0, character), encoding) == after_quote


def test_a_lone_carriage_return_ends_a_line_for_the_client_only() -> None:
    index = LineIndex(b"a\rb\nc")
    assert index.line_count == 2
    assert index.to_client(BytePos(0, ByteCol(2)), Encoding.UTF16) == ClientPos(1, 0)
    assert index.to_client(BytePos(1, ByteCol(0)), Encoding.UTF16) == ClientPos(2, 0)


def test_a_go_line_end_before_crlf_is_the_clients_line_end() -> None:
    index = LineIndex(b"ab\r\ncd")
    assert index.to_client(BytePos(0, ByteCol(3)), Encoding.UTF16) == ClientPos(0, 2)


def test_half_a_surrogate_pair_is_the_start_of_its_character() -> None:
    index = LineIndex("😀x".encode())
    assert index.from_client(ClientPos(0, 1), Encoding.UTF16) == BytePos(0, ByteCol(0))
    assert index.from_client(ClientPos(0, 2), Encoding.UTF16) == BytePos(0, ByteCol(4))


def test_a_truncated_character_counts_byte_by_byte() -> None:
    index = LineIndex(b"\xf0\x9f\x98x")
    assert index.to_client(BytePos(0, ByteCol(3)), Encoding.UTF16) == ClientPos(0, 3)


def test_there_is_no_text_beyond_the_last_line() -> None:
    index = LineIndex(b"a\n")
    assert [index.line_text(line) for line in (-1, 0, 1, 2)] == [b"", b"a", b"", b""]


def test_display_positions_are_one_based_and_zero_means_unknown() -> None:
    assert from_display(3, 5) == BytePos(2, ByteCol(4))
    assert from_display(3, 5).display == (3, 5)
    assert from_display(0, 0) == BytePos(0, ByteCol(0))
