"""``file:`` URIs and paths: the standard library only.

Clients differ in what they percent-encode (``file:///c%3A/x``, ``file:///C:/x``) and some encode nothing, so files are
compared by ``identity``, never by URI. Nothing here looks at the disk: a symbolic link keeps its own name.
"""

from __future__ import annotations

import functools
import os
import re
from urllib.parse import quote, unquote_to_bytes

_WINDOWS = os.name == "nt"
_FILE = re.compile(r"file:(?://([^/]*))?(/.*)", re.IGNORECASE | re.DOTALL)
_DRIVE = re.compile(r"/([A-Za-z]):(?=/|$)")


def path_of(uri: str, *, windows: bool = _WINDOWS) -> str | None:
    """The path that a ``file:`` URI names; None for another scheme (``untitled:``) or another machine.

    ``#`` and ``?`` are taken for part of the name: a document's URI has neither query nor fragment, but some clients
    leave these characters as they are. Bytes that are not UTF-8 become what ``os.fsdecode`` makes of them.
    """
    match = _FILE.fullmatch(uri)
    if match is None:
        return None
    path = unquote_to_bytes(match[2]).decode("utf-8", "surrogateescape")
    if "\0" in path:
        return None
    host = "" if match[1] in (None, "localhost") else match[1]
    if not windows:
        return None if host else path
    if host:
        return f"\\\\{host}{path}".replace("/", "\\")
    drive = _DRIVE.match(path)
    if drive is not None:
        # A bare drive ("C:") would mean the current folder on it.
        path = f"{drive[1].upper()}:{path[3:] or '/'}"
    return path.replace("/", "\\")


@functools.lru_cache(maxsize=4096)
def uri_of(path: str, *, windows: bool = _WINDOWS) -> str:
    """The ``file:`` URI of an absolute path, with all but RFC 3986's unreserved characters percent-encoded."""
    if windows:
        path = path.replace("\\", "/")
        if path.startswith("//"):
            return f"file:{_quoted(path)}"
        if path[1:2] == ":":
            return f"file:///{path[0]}:{_quoted(path[2:])}"
    return f"file://{_quoted(path)}"


def identity(uri: str, *, windows: bool = _WINDOWS) -> str:
    """Equal for two URIs of one file: the path where there is one (in one case on Windows), else the URI itself."""
    path = path_of(uri, windows=windows)
    if path is None:
        return uri
    return path.casefold() if windows else path


def _quoted(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")
