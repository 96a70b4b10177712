"""Expressions as the compiler prints them (``cmd/compile/internal/ir/fmt.go``).

Composites appear as ``T{...}``, closures as ``func literal``, constants by value. A string constant of more than 72
characters is cut to 69 and three dots, and then has no closing quote (``go/constant``: ``stringVal.String``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_NUMBER = re.compile(r"[-+]?(?:\d[\w.]*(?:[eEpP][-+]\d+)?|Inf)i?|\(\S+ [-+] \S+i\)")
_TEMPORARY = re.compile(r"(?:~[rb]|\.autotmp_)\d+")
_MARK = re.compile(r"[()\"'`]")
_OPERATOR = re.compile(r" [-+*/%&|^<>=!]+ ")
_PREFIXES = ("-", "+", "!", "^", "*", "&", "<")
_LONGEST = 72


def is_composite(subject: str) -> bool:
    """``T{...}``, ``&T{}``, ``[]int{...}``, ``map[K]V{}``."""
    return subject.endswith("}") and not subject.startswith(('"', "`", "'"))


def is_literal(subject: str) -> bool:
    """A constant of a default type, printed by value alone."""
    if subject[:1] in {'"', "'", "`"}:
        return _quoted_end(subject, 0) == len(subject)
    return subject in {"true", "false", "nil"} or _NUMBER.fullmatch(subject) is not None


def is_constant(subject: str) -> bool:
    """A constant of any type: ``3``, ``time.Duration(3)``."""
    return is_literal(subject) or (is_call(subject) and is_literal(argument(subject)))


def is_temporary(subject: str) -> bool:
    """A place that the compiler made up: the result of an inlined call (``~r0``), a part of several values."""
    return _TEMPORARY.fullmatch(subject) is not None


def is_call(subject: str) -> bool:
    """A call or a conversion: ``f(x)``, ``(*T).M(x, y)``, ``([]byte)(s)``; not ``x.(T)``, ``*f(x)`` or ``a + f(x)``."""
    before = callee(subject)
    return before != "" and not before.startswith(_PREFIXES) and not before.endswith(".") and not _is_binary(before)


def callee(subject: str) -> str:
    """What stands before the last pair of parentheses."""
    at = _opening(subject)
    return subject[:at] if at > 0 else ""


def argument(subject: str) -> str:
    """What stands in the last pair of parentheses."""
    at = _opening(subject)
    return subject[at + 1 : -1] if at > 0 else ""


def arguments(subject: str) -> list[str]:
    """What stands in the last pair of parentheses, divided at its commas."""
    text = argument(subject)
    parts: list[str] = []
    start = depth = 0
    for at, char in _outside_quotes(text):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    return [*parts, text[start:].strip()] if text else []


def same(subject: str, written: str) -> bool:
    """Whether a printed name or selector is what stands in the source, but for packages that the compiler adds."""
    subject, written = "".join(subject.split()), "".join(written.split())
    return subject == written or subject.endswith(f".{written}")


def last_name(expression: str) -> str:
    """The last identifier of ``pkg.F``, ``x.y.M``, ``F[int]``, ``(*T).M``."""
    expression = _without_brackets(expression).strip()
    while expression.startswith("(") and expression.endswith(")"):
        expression = expression[1:-1].strip()
    return expression.rsplit(".", 1)[-1].strip("*() \t\n")


def name(subject: str) -> str:
    """A variable's name without the package that the compiler puts before those of inlined callees."""
    return subject.rsplit(".", 1)[-1] if subject.replace(".", "").replace("_", "").isalnum() else subject


def _opening(subject: str) -> int:
    """Where the parenthesis opens that the last character closes; -1 if nowhere."""
    if not subject.endswith(")"):
        return -1
    stack: list[int] = []
    opened, closed, at = -1, -1, 0
    while (mark := _MARK.search(subject, at)) is not None:
        at = mark.end()
        if mark[0] == "(":
            stack.append(mark.start())
        elif mark[0] != ")":
            at = _quoted_end(subject, mark.start())
        elif stack:
            opened, closed = stack.pop(), mark.start()
    return opened if closed == len(subject) - 1 else -1


def _is_binary(text: str) -> bool:
    depth = 0
    outside: list[str] = []
    for _, char in _outside_quotes(text):
        depth -= char in ")]}"
        if depth == 0:
            outside.append(char)
        depth += char in "([{"
    return _OPERATOR.search("".join(outside)) is not None


def _outside_quotes(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    while at < len(text):
        if text[at] in "\"'`":
            at = _quoted_end(text, at)
        else:
            yield at, text[at]
            at += 1


def _quoted_end(text: str, at: int) -> int:
    """The end of the constant that is quoted from ``at`` on."""
    quote = text[at]
    end = at + 1
    while end < len(text) and text[end] != quote:
        end += 2 if text[end] == "\\" and quote != "`" else 1
    if quote == '"' and end - at >= _LONGEST:
        return min(at + _LONGEST, len(text))
    return min(end + 1, len(text))


def _without_brackets(expression: str) -> str:
    depth = 0
    kept: list[str] = []
    for char in expression:
        depth += char == "["
        if depth == 0:
            kept.append(char)
        depth -= char == "]"
    return "".join(kept)
