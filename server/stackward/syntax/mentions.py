"""The names that a piece of code mentions, read without parsing it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = rb"(?:[^\W\d]|[\x80-\xff])(?:\w|[\x80-\xff])*"
_NO_CODE = re.compile(
    rb"""//[^\n]*|/\*.*?(?:\*/|\Z)|"(?:[^"\\\n]|\\.)*"?|`[^`]*`?|'(?:[^'\\\n]|\\.)*'?""", re.DOTALL | re.ASCII
)
_NAMES = re.compile(rb"(\.\s*)?(" + _NAME + rb")", re.ASCII)
_QUALIFIERS = re.compile(rb"(?<![\w.\x80-\xff])(" + _NAME + rb")\s*\.(?!\.)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mentions:
    """The names in a piece of code: those after a dot, which may be methods, the others, and those before a dot."""

    methods: frozenset[bytes]
    functions: frozenset[bytes]
    qualifiers: frozenset[bytes]


def mentions(code: bytes) -> Mentions:
    """The names that a piece of code mentions outside of comments and strings."""
    bare = _NO_CODE.sub(b" ", code)
    found = set(_NAMES.findall(bare))
    return Mentions(
        frozenset(name for dot, name in found if dot),
        frozenset(name for dot, name in found if not dot),
        frozenset(_QUALIFIERS.findall(bare)),
    )
