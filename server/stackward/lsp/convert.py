"""Core values as LSP values and back. Nothing is computed here but columns, and those by ``core.position``."""

from __future__ import annotations

from lsprotocol import types

from stackward.core.hint import Severity
from stackward.core.position import BytePos, ByteRange, ClientPos, Encoding, LineIndex
from stackward.lsp.uris import uri_of

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}


def to_position(lines: LineIndex, pos: BytePos, encoding: Encoding) -> types.Position:
    """A point of the text that ``lines`` is of."""
    client = lines.to_client(pos, encoding)
    return types.Position(client.line, client.character)


def to_range(lines: LineIndex, range_: ByteRange, encoding: Encoding) -> types.Range:
    """A range of the text that ``lines`` is of."""
    return types.Range(to_position(lines, range_.start, encoding), to_position(lines, range_.end, encoding))


def to_location(
    path: str, lines: LineIndex, range_: ByteRange, encoding: Encoding, uri: str | None = None
) -> types.Location:
    """A range in a file. ``uri`` is the client's own spelling, where the file is open."""
    return types.Location(uri or uri_of(path), to_range(lines, range_, encoding))


def from_position(lines: LineIndex, position: types.Position, encoding: Encoding) -> BytePos:
    """The point that a client means, clamped to the text."""
    return lines.from_client(ClientPos(position.line, position.character), encoding)


def from_range(lines: LineIndex, range_: types.Range, encoding: Encoding) -> ByteRange:
    """The range that a client means, clamped to the text."""
    return ByteRange(from_position(lines, range_.start, encoding), from_position(lines, range_.end, encoding))


def to_severity(severity: Severity) -> types.DiagnosticSeverity | None:
    """None for what is not shown at all."""
    return _SEVERITIES.get(severity)
