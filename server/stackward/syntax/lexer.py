"""Go's tokens, without their positions: what is the same text to the compiler gives the same tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Alternatives in the order of the specification's chapter "Lexical elements"; a byte that begins no token is one.
_TOKEN = re.compile(
    rb"""
      (?P<space>[ \t\r]+)
    | (?P<newline>\n)
    | (?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<operand>
          (?:[^\W\d]|[\x80-\xff])(?:\w|[\x80-\xff])*
        | \.?[0-9](?:[eEpP][+-]|[\w.])*
        | "(?:[^"\\\n]|\\.)*"? | `[^`]*`? | '(?:[^'\\\n]|\\.)*'?
      )
    | (?P<operator><<=|>>=|&\^=|\.\.\.|&&|\|\||<-|\+\+|--|==|!=|<=|>=|:=|<<|>>|&\^|[-+*/%&|^]=|.)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_KEYWORDS_WITHOUT_SEMICOLON = frozenset(
    b"case chan const default defer else for func go goto if import interface map package range select struct switch"
    b" type var".split()
)
_ENDING = frozenset([b")", b"]", b"}", b"++", b"--"])
# https://go.dev/doc/comment#syntax; `//line` is left out because it is about positions alone.
_DIRECTIVE = re.compile(rb"//(?:go:|export |extern )")


def tokens(text: bytes) -> Iterator[bytes]:
    """The tokens of a piece of source with semicolons where the compiler puts them; of comments only directives.

    A semicolon before a closing bracket is optional, and so are several in a row; they are left out.
    """
    ends_statement = pending = False
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        token = match[0]
        if kind == "space":
            continue
        if kind == "newline" or (kind == "comment" and (token.startswith(b"//") or b"\n" in token)):
            pending |= ends_statement
            ends_statement = False
            if _DIRECTIVE.match(token):
                yield b" ".join(token.split())
            continue
        if kind == "comment":
            continue
        if token == b";":
            pending, ends_statement = True, False
            continue
        if pending and token not in {b")", b"}"}:
            yield b";"
        pending = False
        ends_statement = token not in _KEYWORDS_WITHOUT_SEMICOLON if kind == "operand" else token in _ENDING
        yield token
