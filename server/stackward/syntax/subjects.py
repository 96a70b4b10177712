"""Expressions as the compiler prints them (``ir.fmt``): composites as ``T{...}``, closures as ``func literal``."""

from __future__ import annotations

import re

_LITERAL = re.compile(r"""["'`0-9]|[-+]\d|true$|false$|nil$""")


def is_composite(subject: str) -> bool:
    """``T{...}``, ``&T{}``, ``[]int{...}``, ``map[K]V{}``."""
    return subject.endswith("}") and not subject.startswith(('"', "`", "'"))


def is_literal(subject: str) -> bool:
    """A constant, printed by value."""
    return _LITERAL.match(subject) is not None


def is_call(subject: str) -> bool:
    """A call or a conversion: something ends in a balanced pair of parentheses that does not enclose all of it."""
    return subject.endswith(")") and _opening(subject) > 0


def callee(subject: str) -> str:
    """What stands before the last pair of parentheses."""
    at = _opening(subject)
    return subject[:at] if at > 0 else ""


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
    """Where the parenthesis opens that the last character closes; -1 if nowhere. Quoted text is skipped."""
    if not subject.endswith(")"):
        return -1
    stack: list[int] = []
    quote = ""
    escaped = False
    opened = -1
    for at, char in enumerate(subject):
        if quote:
            if escaped:
                escaped = False
            elif char == "\\" and quote != "`":
                escaped = True
            elif char == quote:
                quote = ""
        elif char in "\"'`":
            quote = char
        elif char == "(":
            stack.append(at)
        elif char == ")" and stack:
            opened = stack.pop()
    return opened


def _without_brackets(expression: str) -> str:
    depth = 0
    kept: list[str] = []
    for char in expression:
        depth += char == "["
        if depth == 0:
            kept.append(char)
        depth -= char == "]"
    return "".join(kept)
