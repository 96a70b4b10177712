"""Literals of Go: the values of strings, strings from values, and how long numbers may be."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r'\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|[abfnrtv\\\'"])')
_PLAIN = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34}


def unquoted(literal: str | None) -> str | None:
    """The value of a string literal; None for what is none, or does not hold valid UTF-8."""
    if literal is None or len(literal) < 2 or literal[0] != literal[-1]:
        return None
    if literal[0] == "`":
        return literal[1:-1].replace("\r", "")
    if literal[0] != '"':
        return None
    parts: list[bytes] = []
    at = 1
    for found in _ESCAPE.finditer(literal, 1, len(literal) - 1):
        parts.append(literal[at : found.start()].encode())
        parts.append(_escaped(found[1]))
        at = found.end()
    parts.append(literal[at:-1].encode())
    try:
        return b"".join(parts).decode()
    except UnicodeDecodeError:
        return None


def _escaped(text: str) -> bytes:
    if text[0] in "uU":
        return chr(int(text[1:], 16)).encode("utf-8", "surrogatepass")
    if text[0] == "x":
        return bytes([int(text[1:], 16)])
    if text[0] in _PLAIN and len(text) == 1:
        return bytes([_PLAIN[text]])
    return bytes([int(text, 8) & 0xFF])


def quoted(value: str, like: str = "") -> str:
    """An interpreted string literal, in which characters are escaped as they are in another, ``like``."""
    escapes = _escapes(like)
    parts = []
    for char in value:
        if char in escapes:
            parts.append(escapes[char])
        elif char in '"\\':
            parts.append("\\" + char)
        elif char in "\n\t\r":
            parts.append({"\n": "\\n", "\t": "\\t", "\r": "\\r"}[char])
        elif char.isprintable():
            parts.append(char)
        elif ord(char) < 0x80:
            parts.append(f"\\x{ord(char):02x}")
        else:
            parts.append(f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")
    return '"' + "".join(parts) + '"'


def _escapes(like: str) -> dict[str, str]:
    """The escapes in a text, by the characters that they stand for, of those that might be written in another way."""
    found: dict[str, str] = {}
    for one in _ESCAPE.finditer(like):
        value = _escaped(one[1])
        char = value.decode("utf-8", "ignore")
        if len(char) == 1 and not (char.isascii() and char.isprintable()):
            found[char] = one[0]
    return found


def as_written(value: str, like: str) -> str:
    """A literal in the way of another: raw where that is, if an interpreted one would have escapes in its midst."""
    escaped = '"' in value or "\\" in value or "\n" in value.strip("\n")
    plain = all(char.isprintable() or char in "\n\t" for char in value) and "`" not in value
    return f"`{value}`" if like.startswith("`") and escaped and plain else quoted(value, like)


def most_digits(kind: str, base: int) -> int:
    """How many characters a number of an integer type may take, its sign included."""
    size, signed = kind.removeprefix("u").removeprefix("int"), kind.startswith("int")
    bits = int(size) if size.isdigit() else 64  # Of one that differs by system, the larger one.
    largest = 1 << (bits - 1) if signed else (1 << bits) - 1
    return signed + len(format(largest, {2: "b", 8: "o", 10: "d", 16: "x"}[base]))
