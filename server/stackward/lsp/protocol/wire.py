r"""JSON-RPC messages over a byte stream: the standard library only, because the first answer waits for no slow import.

A frame is ``Content-Length: N\r\n\r\n`` and N bytes of JSON. Bad input is a value (``Malformed``): the stream is then
searched for the next header, so that what follows is understood again.
"""

from __future__ import annotations

import enum
import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias

_MAX_LINE = 1 << 13  # A header is some 30 bytes; what has no line end by then is none.
_MAX_BODY = 1 << 28  # No editor sends a file of 256 MiB; waiting for more would leave the server deaf.
_LENGTH = re.compile(rb"content-length:[ \t]*(\d{1,12})[ \t]*\r?\n\Z", re.IGNORECASE)
_OTHER_HEADER = re.compile(rb"(?!content-length)([!-9;-~]+):[^\r\n]*\r?\n", re.IGNORECASE)
_SWALLOWED = re.compile(rb"content-length:[ \t]*\d+[ \t]*\r\n", re.IGNORECASE)

MessageId: TypeAlias = int | str


class Code(enum.IntEnum):
    """Error codes of JSON-RPC and LSP."""

    PARSE_ERROR = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL_ERROR = -32603
    NOT_INITIALIZED = -32002
    CANCELLED = -32800


@dataclass(frozen=True, slots=True)
class Request:
    """Must be answered under its ``id``. ``params`` is JSON."""

    id: MessageId
    method: str
    params: Any


@dataclass(frozen=True, slots=True)
class Notification:
    """Is never answered. ``params`` is JSON."""

    method: str
    params: Any


@dataclass(frozen=True, slots=True)
class Reply:
    """The client's answer to a request of ours; ``error`` is None where it succeeded.

    ``id`` is None where the client could not even read the id.
    """

    id: MessageId | None
    result: Any
    error: Any


@dataclass(frozen=True, slots=True)
class Malformed:
    """Input that is no message. It is answered with ``code``, under ``id`` where one could be read."""

    code: Code
    reason: str
    id: MessageId | None = None


Message: TypeAlias = Request | Notification | Reply | Malformed


def messages(stream: BinaryIO, *, strict: bool = False) -> Iterator[Message]:
    """What the stream says, up to its end. A run of garbage is one ``Malformed``.

    ``strict`` ends at the first malformed frame and at any header that is not LSP's: on a socket the other side may be
    a web page that makes the browser post to us, and its body must not be found by searching.
    """
    source = _Source(stream)
    length: int | None = None
    headers = 0
    astray = False  # Garbage was reported, and no message was understood since.
    while (line := source.readline()).endswith(b"\n") or len(line) == _MAX_LINE:
        if line in {b"\r\n", b"\n"}:
            if length is not None:
                body = source.read(length)
                if len(body) < length:
                    return
                decoded, rest = _decode(body)
                source.push_back(rest)
                yield decoded if isinstance(decoded, Malformed) else _message(decoded)
                astray = isinstance(decoded, Malformed)
                if astray and strict:
                    return
            elif headers and not astray:
                yield Malformed(Code.PARSE_ERROR, "no Content-Length header")
                if strict:
                    return
            length, headers = None, 0
            continue
        headers += 1
        found = _LENGTH.search(line)
        other = _OTHER_HEADER.fullmatch(line)
        if found is not None and int(found[1]) <= _MAX_BODY:
            length = int(found[1])
            clean = found.start() == 0
        elif other is not None:
            clean = not strict or other[1].lower() == b"content-type"
        else:
            length = None
            clean = False
        if not clean and not astray:
            yield Malformed(Code.PARSE_ERROR, f"not a header: {line[:80]!r}")
            astray = True
            if strict:
                return


def encode(message: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """The frame of one message. ``default`` makes JSON of what is none; what cannot be made raises, as in ``json``."""
    body = json.dumps(message, default=default, separators=(",", ":")).encode("ascii")
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def result(message_id: MessageId, value: Any) -> dict[str, Any]:
    """The answer to a request that succeeded."""
    return {"jsonrpc": "2.0", "id": message_id, "result": value}


def failure(message_id: MessageId | None, code: int, reason: str, data: Any = None) -> dict[str, Any]:
    """The answer to a request that failed."""
    error = {"code": int(code), "message": reason}
    if data is not None:
        error["data"] = data
    return {"jsonrpc": "2.0", "id": message_id, "error": error}


class Output:
    """Where frames go: whole, one at a time, from any thread. After the other side has gone, nowhere."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._gone = False

    def send(self, frame: bytes) -> None:
        with self._lock:
            if self._gone:
                return
            try:
                self._write(frame)
            except (OSError, ValueError):  # ValueError: the file was closed.
                self._gone = True


class _Source:
    """A stream that takes bytes back. Trouble while reading is its end."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._returned = io.BytesIO()

    def readline(self) -> bytes:
        """At most ``_MAX_LINE`` bytes; empty at the end."""
        line = self._returned.readline(_MAX_LINE)
        if line.endswith(b"\n") or len(line) == _MAX_LINE:
            return line
        try:
            return line + self._stream.readline(_MAX_LINE - len(line))
        except (OSError, ValueError):
            return b""

    def read(self, size: int) -> bytes:
        """``size`` bytes; fewer at the end."""
        data = self._returned.read(size)
        if len(data) == size:
            return data
        try:
            return data + self._stream.read(size - len(data))
        except (OSError, ValueError):
            return b""

    def push_back(self, data: bytes) -> None:
        self._returned = io.BytesIO(data + self._returned.read())


def _decode(body: bytes) -> tuple[Any | Malformed, bytes]:
    """The JSON of a body, and what of it belongs to the messages that follow, where its length was too great."""
    try:
        text = body.decode("utf-8")
        return json.loads(text), b""
    except (ValueError, RecursionError) as error:
        malformed = Malformed(Code.PARSE_ERROR, f"not JSON: {error}")
        if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data":
            return malformed, text[error.pos :].encode()
    # Valid JSON has no raw line end within a string, so what looks like a header is one.
    swallowed = _SWALLOWED.search(body)
    return malformed, body[swallowed.start() :] if swallowed is not None else b""


def _message(value: Any) -> Message:
    if isinstance(value, list):
        return Malformed(Code.INVALID_REQUEST, "batches are not part of LSP")
    if not isinstance(value, dict):
        return Malformed(Code.INVALID_REQUEST, "a message must be an object")
    named = value.get("id")
    message_id = named if isinstance(named, (int, str)) and not isinstance(named, bool) else None
    match value:
        case {"jsonrpc": "2.0", "method": str(method)} if message_id is not None:
            return Request(message_id, method, value.get("params"))
        case {"jsonrpc": "2.0", "method": str(method)} if "id" not in value:
            return Notification(method, value.get("params"))
        case {"jsonrpc": "2.0", "error": dict() as error} if "method" not in value:
            return Reply(message_id, None, error)
        case {"jsonrpc": "2.0", "result": outcome} if "method" not in value and message_id is not None:
            return Reply(message_id, outcome, None)
        case _:
            return Malformed(Code.INVALID_REQUEST, "not a JSON-RPC 2.0 message", message_id)
