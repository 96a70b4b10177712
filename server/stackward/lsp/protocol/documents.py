r"""The open documents, as bytes. pygls keeps texts too, but splits lines where LSP does not (\f, U+2028, …).

``Documents`` belongs to the event loop; a ``Document`` never changes and may go anywhere.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lsprotocol import types

from stackward.core.decision import Problem
from stackward.core.position import ClientPos, Encoding, LineIndex
from stackward.lsp.uris import identity, path_of
from stackward.syntax.tree import Edit

log = logging.getLogger(__name__)

_FAR = 256  # Lines. To step over them takes as long as to leap.
_CHUNK = 1 << 14
_EOL = re.compile(rb"\r\n|\n|\r")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Document:
    """One text at one moment. ``path`` is None where the URI names no file; ``version`` is the client's count."""

    uri: str
    path: str | None
    language_id: str
    version: int
    text: bytes = field(repr=False)

    @cached_property
    def lines(self) -> LineIndex:
        """Made when first asked for: 10 ms on 50,000 lines."""
        return LineIndex(self.text)


@dataclass(frozen=True, slots=True)
class Changed:
    """A document after a change, and the edits that made it, each in terms of the text that the one before it left."""

    document: Document
    edits: tuple[Edit, ...]


@dataclass(slots=True)
class _Open:
    document: Document
    anchor: tuple[int, int] = (0, 0)
    """A line, as LSP counts, and the offset of its start: the next edit is usually close to the last one."""


class Documents:
    """What the client has open. A file is the same one whatever the percent-encoding of its URI."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self._open: dict[str, _Open] = {}

    def open(self, item: types.TextDocumentItem) -> Document:
        """Take a text from the client; one that is open already is replaced."""
        document = Document(item.uri, path_of(item.uri), str(item.language_id), item.version, _encoded(item.text))
        key = identity(item.uri)
        if key in self._open:
            log.warning("%s was opened twice", item.uri)
        self._open[key] = _Open(document)
        return document

    def change(self, params: types.DidChangeTextDocumentParams) -> Changed | Problem:
        """Apply the changes in order. A document that is not open is a problem.

        A version that does not grow is only logged: messages arrive in order, so the client counts wrongly, and to
        leave the change out would make the text wrong for good.
        """
        identifier = params.text_document
        opened = self._open.get(identity(identifier.uri))
        if opened is None:
            problem = Problem("a change of a document that is not open", identifier.uri)
            log.warning("%s: %s", problem.what, problem.path)
            return problem
        before = opened.document
        if identifier.version <= before.version:
            log.warning("%s: version %d came after %d", before.uri, identifier.version, before.version)
        buffer = bytearray(before.text)
        edits = []
        for change in params.content_changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                edit, opened.anchor = _located(buffer, change, self.encoding, opened.anchor)
            else:
                edit, opened.anchor = _difference(bytes(buffer), _encoded(change.text)), (0, 0)
            buffer[edit.start : edit.old_end] = edit.new
            if edit.start != edit.old_end or edit.new:
                edits.append(edit)
        after = Document(before.uri, before.path, before.language_id, identifier.version, bytes(buffer))
        opened.document = after
        return Changed(after, tuple(edits))

    def close(self, uri: str) -> Document | None:
        """Forget a document; the last text of it, or None where it was not open."""
        opened = self._open.pop(identity(uri), None)
        return opened.document if opened is not None else None

    def get(self, uri: str) -> Document | None:
        """The document as it is now; None where it is not open."""
        opened = self._open.get(identity(uri))
        return opened.document if opened is not None else None

    def at(self, path: str) -> Document | None:
        """The same by path, symbolic links not followed."""
        return next((document for document in self.all() if document.path == path), None)

    def all(self) -> Sequence[Document]:
        """In the order in which they were opened."""
        return [opened.document for opened in self._open.values()]


def _encoded(text: str) -> bytes:
    """UTF-8. Half a surrogate pair, which JavaScript allows, becomes U+FFFD: as many units in each encoding."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _LONE_SURROGATE.sub("\ufffd", text).encode()


def _located(
    text: bytearray, change: types.TextDocumentContentChangePartial, encoding: Encoding, anchor: tuple[int, int]
) -> tuple[Edit, tuple[int, int]]:
    """The edit that a change means, and an anchor that is right after it."""
    first, last = sorted((change.range.start, change.range.end), key=lambda point: (point.line, point.character))
    start, start_anchor = _offset(text, first, encoding, anchor)
    end, _ = _offset(text, last, encoding, start_anchor)
    line, offset = start_anchor
    if text[offset - 1 : offset] == b"\r":
        # What is inserted may begin with a newline, and then the line would start later.
        line, offset = _walk(text, (line, offset), max(line - 1, 0))
    return Edit(start, max(start, end), _encoded(change.text)), (line, offset)


def _offset(
    text: bytearray, point: types.Position, encoding: Encoding, anchor: tuple[int, int]
) -> tuple[int, tuple[int, int]]:
    """The byte that a point means, clamped as ``LineIndex`` does, and the start of its line.

    A ``LineIndex`` of the whole text would take ten times as long as the edit.
    """
    line, start = _walk(text, anchor, max(point.line, 0))
    if line < point.line:
        return len(text), (line, start)
    end = _EOL.search(text, start)
    here = LineIndex(bytes(text[start : end.start() if end is not None else len(text)]))
    return start + here.client_offset(ClientPos(0, max(point.character, 0)), encoding), (line, start)


def _walk(text: bytearray, anchor: tuple[int, int], line: int) -> tuple[int, int]:
    """The start of a line, or of the last one if there are not so many, by stepping from the start of another."""
    at, start = anchor if line >= anchor[0] - _FAR else (0, 0)
    if line > at + _FAR:
        at, start = _leap(text, (at, start), line)
    while at < line and (end := _EOL.search(text, start)) is not None:
        at, start = at + 1, end.end()
    while at > line:
        end_of_previous = start - 2 if text[start - 2 : start] == b"\r\n" else start - 1
        newline = text.rfind(b"\n", 0, end_of_previous)
        # A lone carriage return is searched for within the Go line only: most files have none at all.
        at, start = at - 1, max(newline, text.rfind(b"\r", newline + 1, end_of_previous)) + 1
    return at, start


def _leap(text: bytearray, anchor: tuple[int, int], line: int) -> tuple[int, int]:
    """The start of a line shortly before ``line``, found by counting newlines instead of stepping over lines."""
    at, start = anchor
    if text.count(b"\r") != text.count(b"\r\n"):
        return anchor
    while (count := text.count(b"\n", start, start + _CHUNK)) and at + count <= line:
        at, start = at + count, text.rfind(b"\n", start, start + _CHUNK) + 1
    return at, start


def _difference(old: bytes, new: bytes) -> Edit:
    """One edit from ``old`` to ``new`` that leaves their common beginning and end alone, in whole characters.

    A client that always sends the whole text would otherwise lose all that is anchored in it at each keystroke.
    """
    start = _common(old, new)
    while start > 0 and _continues(old, start):
        start -= 1
    tail = _common(old[start:][::-1], new[start:][::-1])
    while tail > 0 and _continues(old, len(old) - tail):
        tail -= 1
    return Edit(start, len(old) - tail, new[start : len(new) - tail])


def _common(one: bytes, other: bytes) -> int:
    """How many bytes two texts have in common at their start."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _continues(text: bytes, offset: int) -> bool:
    """Whether the byte at ``offset`` goes on with a character."""
    return offset < len(text) and text[offset] & 0xC0 == 0x80
