"""Expectations that are written in the Go source itself, as comments behind the code that they are about.

    x := n //@ hint("x", "captured-by-reference", related=2), hover("x", /captured by reference/)

A comment on a line of its own speaks of the nearest line above that is not such a comment. There are

- ``hint("text", "rule")``: a diagnostic whose range is exactly that text of the line; also ``message=/regex/``,
  ``severity=error|warning|information|hint``, ``related=N`` (so many pieces of related information);
- ``nohints``: nothing is shown on the line;
- ``hover("text", /regex/)``: the hover where the text begins says that, and its range is that text;
- ``inlay("text", "label")``: an inlay hint right behind the text;
- ``lens("title")``: a code lens on the line;
- ``broken(/regex/)``: the build is broken, and the status says so and points at this line.

A text means its first occurrence in the line, or ``nth=N`` the N-th. Where words are asked for, a text has to be equal
and a regex has to be found. ``strip`` takes the comments away: the server never sees them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

SEVERITIES = {"error": 1, "warning": 2, "information": 3, "hint": 4}

_MARKER = re.compile(r"[ \t]*//@(.*)")
_TOKEN = re.compile(
    r"""\s*(?:
        "(?P<text>(?:[^"\\]|\\["\\])*)"
      | `(?P<raw>[^`]*)`
      | /(?P<regex>(?:[^/\\]|\\.)+)/
      | (?P<number>[0-9]+)
      | (?P<name>[a-z]+)
      | (?P<sign>[(),=])
    )""",
    re.VERBOSE,
)


class MarkerError(Exception):
    """A comment that expects nothing that can be checked; says where and why."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is asked of some words: to be equal to a text, or to hold a match of a regex."""

    text: str
    regex: bool = False

    def match(self, actual: str) -> bool:
        return re.search(self.text, actual) is not None if self.regex else actual == self.text

    def __str__(self) -> str:
        return f"/{self.text}/" if self.regex else f'"{self.text}"'


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a line, in characters of Python: 0-based, ``end`` not included."""

    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hint:
    span: Span
    rule: str
    message: Words | None = None
    severity: int | None = None
    related: int | None = None


@dataclass(frozen=True, slots=True)
class NoHints:
    line: int


@dataclass(frozen=True, slots=True)
class Hover:
    span: Span
    words: Words


@dataclass(frozen=True, slots=True)
class Inlay:
    span: Span
    label: Words


@dataclass(frozen=True, slots=True)
class Lens:
    line: int
    title: Words


@dataclass(frozen=True, slots=True)
class Broken:
    line: int
    words: Words


Expectation: TypeAlias = Hint | NoHints | Hover | Inlay | Lens | Broken


@dataclass(frozen=True, slots=True)
class Source:
    """A Go file as the server sees it, and what is expected of it."""

    text: str
    expected: tuple[Expectation, ...] = ()


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    arguments: tuple[Words | int, ...] = ()
    named: Mapping[str, Words | int | str] = field(default_factory=lambda: MappingProxyType({}))


def read(text: str, name: str = "source") -> Source:
    """A file with its markers taken out; raises ``MarkerError`` for one that makes no sense."""
    lines: list[str] = []
    found: list[tuple[int, int, str]] = []
    about = -1
    for number, line in enumerate(text.split("\n")):
        match = _MARKER.search(line)
        code = line if match is None else line[: match.start()]
        if match is not None and not code:
            # A comment stays in its place, so that no line gets another number and none becomes empty.
            code = match[0][: match[0].index("//")] + "//"
        else:
            about = number
        lines.append(code)
        if match is not None:
            found.append((number, about, match[1]))
    expected: list[Expectation] = []
    for number, line_number, marker in found:
        if line_number < 0:
            raise MarkerError(f"{name}:{number + 1}: there is no code above it")
        try:
            expected += (_expectation(call, line_number, lines[line_number]) for call in _calls(marker))
        except MarkerError as error:
            raise MarkerError(f"{name}:{number + 1}: {error}") from None
    silent = {one.line for one in expected if isinstance(one, NoHints)}
    for one in expected:
        if isinstance(one, Hint | Inlay) and one.span.line in silent:
            raise MarkerError(f"{name}:{one.span.line + 1}: hints and none are expected")
    return Source("\n".join(lines), tuple(expected))


def strip(text: str) -> str:
    """A file without its markers."""
    return read(text).text


def _calls(marker: str) -> Iterator[_Call]:
    tokens = list(_tokens(marker))
    at = 0

    def sign(wanted: str) -> bool:
        nonlocal at
        if at < len(tokens) and tokens[at] == ("sign", wanted):
            at += 1
            return True
        return False

    while True:
        if at >= len(tokens) or tokens[at][0] != "name":
            raise MarkerError("an expectation should begin here: " + _rest(tokens, at))
        name = tokens[at][1]
        at += 1
        arguments: list[Words | int] = []
        named: dict[str, Words | int | str] = {}
        if sign("("):
            while not sign(")"):
                if at >= len(tokens):
                    raise MarkerError(f"{name}: a parenthesis is not closed")
                kind, value = tokens[at]
                at += 1
                if kind == "name" and sign("="):
                    if at >= len(tokens):
                        raise MarkerError(f"{name}: {value} has no value")
                    given, content = tokens[at]
                    at += 1
                    named[value] = content if given == "name" else _value(given, content)
                elif named:
                    raise MarkerError(f"{name}: {value!r} stands behind a named argument")
                else:
                    arguments.append(_value(kind, value))
                if not sign(",") and (at >= len(tokens) or tokens[at] != ("sign", ")")):
                    raise MarkerError(f"{name}: a comma or parenthesis should stand here: {_rest(tokens, at)}")
        yield _Call(name, tuple(arguments), named)
        if at >= len(tokens):
            return
        if not sign(","):
            raise MarkerError(f"a comma should stand here: {_rest(tokens, at)}")


def _tokens(marker: str) -> Iterator[tuple[str, str]]:
    at = 0
    end = len(marker.rstrip())
    while at < end:
        match = _TOKEN.match(marker, at)
        if match is None or match.lastgroup is None:
            raise MarkerError(f"cannot be read: {marker[at:].strip()}")
        at = match.end()
        yield match.lastgroup, match[match.lastgroup]


def _value(kind: str, text: str) -> Words | int:
    match kind:
        case "text":
            return Words(re.sub(r"\\(.)", r"\1", text))
        case "raw":
            return Words(text)
        case "regex":
            try:
                re.compile(text)
            except re.error as error:
                raise MarkerError(f"/{text}/: {error}") from None
            return Words(text, regex=True)
        case "number":
            return int(text)
        case _:
            raise MarkerError(f"{text!r} is no value")


def _rest(tokens: Sequence[tuple[str, str]], at: int) -> str:
    return " ".join(text for _, text in tokens[at:]) or "the end"


def _expectation(call: _Call, line: int, code: str) -> Expectation:
    arguments = _Arguments(call)
    match call.name:
        case "hint":
            made: Expectation = Hint(
                arguments.span(line, code),
                arguments.text("a rule"),
                arguments.optional_words("message"),
                arguments.severity(),
                arguments.number("related"),
            )
        case "nohints":
            made = NoHints(line)
        case "hover":
            made = Hover(arguments.span(line, code), arguments.words("what the hover says"))
        case "inlay":
            made = Inlay(arguments.span(line, code), arguments.words("a label"))
        case "lens":
            made = Lens(line, arguments.words("a title"))
        case "broken":
            made = Broken(line, arguments.words("what the status says"))
        case _:
            raise MarkerError(f"there is no expectation {call.name!r}")
    arguments.end()
    return made


class _Arguments:
    """Takes the arguments of a call one by one; what is missing, wrong or left is a ``MarkerError``."""

    def __init__(self, call: _Call) -> None:
        self._name = call.name
        self._rest = list(call.arguments)
        self._named = dict(call.named)

    def words(self, meaning: str) -> Words:
        value = self._rest.pop(0) if self._rest else None
        if not isinstance(value, Words):
            raise MarkerError(f"{self._name} needs {meaning}")
        return value

    def text(self, meaning: str) -> str:
        words = self.words(meaning)
        if words.regex:
            raise MarkerError(f"{self._name} needs {meaning} that is no regex")
        return words.text

    def span(self, line: int, code: str) -> Span:
        text = self.text("a text of the line")
        nth = self.number("nth")
        start = -1
        for _ in range(1 if nth is None else nth):
            start = code.find(text, start + 1)
            if start < 0:
                break
        if start < 0 or not text:
            raise MarkerError(f"{self._name}: {text!r} is not in the line{f' {nth} times' if nth else ''}: {code}")
        return Span(line, start, start + len(text))

    def optional_words(self, name: str) -> Words | None:
        value = self._named.pop(name, None)
        if value is not None and not isinstance(value, Words):
            raise MarkerError(f"{self._name}: {name} has to be a text or a regex")
        return value

    def number(self, name: str) -> int | None:
        value = self._named.pop(name, None)
        if value is not None and not isinstance(value, int):
            raise MarkerError(f"{self._name}: {name} has to be a number")
        return value

    def severity(self) -> int | None:
        value = self._named.pop("severity", None)
        if value is None:
            return None
        if not isinstance(value, str) or value not in SEVERITIES:
            raise MarkerError(f"{self._name}: severity has to be one of {', '.join(SEVERITIES)}")
        return SEVERITIES[value]

    def end(self) -> None:
        if self._rest or self._named:
            raise MarkerError(f"{self._name} has arguments that it does not know: {[*self._rest, *self._named]}")
