"""Conversions, each the way there and back."""

from __future__ import annotations

import pytest
from lsprotocol import types

from stackward.core.hint import Severity
from stackward.core.position import ByteCol, BytePos, ByteRange, Encoding, LineIndex
from stackward.lsp.convert import from_range, to_location, to_range, to_severity

LINES = LineIndex("package p\nvar é, x = 😀, y\r\n".encode())
RANGE = ByteRange(BytePos(1, ByteCol(8)), BytePos(1, ByteCol(15)))  # From "x" to behind the emoji.


@pytest.mark.parametrize(
    ("encoding", "start", "end"), [(Encoding.UTF8, 8, 16), (Encoding.UTF16, 7, 13), (Encoding.UTF32, 7, 12)]
)
def test_ranges_in_the_clients_units(encoding: Encoding, start: int, end: int):
    range_ = ByteRange(RANGE.start, BytePos(1, ByteCol(16)))
    converted = to_range(LINES, range_, encoding)
    assert converted == types.Range(types.Position(1, start), types.Position(1, end))
    assert from_range(LINES, converted, encoding) == range_


def test_what_a_client_means_is_clamped_to_the_text():
    beyond = types.Range(types.Position(1, 1000), types.Position(1000, 0))
    assert from_range(LINES, beyond, Encoding.UTF16) == ByteRange(BytePos(1, ByteCol(19)), BytePos(2, ByteCol(0)))


def test_a_location_has_the_clients_own_uri_where_there_is_one():
    assert to_location("/a b.go", LINES, RANGE, Encoding.UTF8).uri == "file:///a%20b.go"
    assert to_location("/a b.go", LINES, RANGE, Encoding.UTF8, "file:///a b.go").uri == "file:///a b.go"


def test_severities():
    assert [to_severity(severity) for severity in Severity] == [
        types.DiagnosticSeverity.Error,
        types.DiagnosticSeverity.Warning,
        types.DiagnosticSeverity.Information,
        types.DiagnosticSeverity.Hint,
        None,
    ]
