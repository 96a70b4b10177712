"""What a record of the ``-m`` log says: one line of text without its position, Go 1.23 to 1.27.

The formats are those of ``cmd/compile/internal``: ``escape``, ``inline``, ``devirtualize``, ``walk``, ``ssagen``.
Subjects are printed Go expressions and may contain anything but a newline, since strings in them are quoted. So a text
is told by its fixed beginning, which no Go expression can have, else by its fixed end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from stackward.core.decision import Decision, Kind
from stackward.core.position import Location

TEXT_KEPT = 2000
"""Characters of a subject or an expression that are kept; a composite literal is printed in full."""

_Read: TypeAlias = Callable[[Location, str], Decision | None]

_EXPLAINED = re.compile(r"(.*?) escapes to heap(?: in (.*))?:", re.DOTALL)
_EXPLAINED_QUOTING = re.compile(
    r"((?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[^\"'])*?) escapes to heap(?: in (.*))?:", re.DOTALL
)
_LEAK_EXPLAINED = re.compile(
    r"parameter (\S+) leaks to (\{storage for .*\}|\S+)(?: for (.*))? with derefs=-?\d+:", re.DOTALL
)
_LEAK_TO_RESULT = re.compile(r"leaking param: (.*) to result (.*) level=(-?\d+)")
_CAPTURED = re.compile(r"(.*?) capturing by (ref|value): (.*) \((addr=\w+ assign=\w+ width=-?\d+)\)", re.DOTALL)
_PARAM_USE = re.compile(r"(?:mutates|calls) param: (.*) derefs=(-?\d+)")
_SCORE = re.compile(r" with score -?\d+")
_COST = re.compile(r" with cost (\d+) as: ")
_FUNCTION = re.compile(r'((?:[^":]|:(?! )|"(?:\\.|[^"\\])*")*): ')
_TOKEN = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[{}]")

_ARROWS = (" ← ", " = ")

# Notes of the phases before and during escape analysis, kept in full.
_NOTES = (
    "PGO devirtualiz",
    "alias analysis: ",
    "assuming ",
    "can't PGO devirtualize ",
    "cannot devirtualize ",
    "cannot inline ",
    "closure converted to global",
    "dereference will be kept alive",
    "devirtualizing ",
    "expr is unknown to bloop pass",
    "imprecise interface call",
    "marking ",
    "partially devirtualizing ",
    "rewriting OCONVIFACE value ",
    "should not PGO devirtualize ",
    "skip inlining within testing.B.loop for ",
    "unrecognized shape for assign list stmt for blank assignment",
    "zero-copy string->[]byte conversion",
)
_NOTE_ENDS = ("considered 'big'; reducing max cost of inlinees", " will be kept alive")
_SELF_ASSIGNMENT = " ignoring self-assignment in "

# Notes of what comes after escape analysis; what asks for each is in `go tool compile -d help`.
_LATER = (
    "Found IsInBounds",
    "Found IsSliceInBounds",
    "append: len-only update",
    "generated nil check",
    "heap closure, captured vars",
    "heap-allocated defer",
    "index bounds check elided",
    "intrinsic substitution for ",
    "loop variable ",
    "open-coded defer",
    "removed nil check",
    "slice: omit slice operation",
    "stack closure, captured vars",
    "stack object ",
    "stack-allocated defer",
    "type assertion inlined",
    "type assertion not inlined",
)
_ALL_NOTES = _NOTES + _LATER
_WRITE_BARRIER = "write barrier"  # The whole text: "write barrier prohibited by caller" is an error.

_LATE_ERROR = re.compile(
    r"internal compiler error|too many errors|syntax error|stack frame too large|write barrier prohibited"
    r"|go:|invalid |embed |.*(?:is incomplete \(or unallocatable\)|can't be allocated in Go|not allowed in runtime"
    r"|too large|too big|larger than address space|defined in both Go and assembly)",
    re.DOTALL,
)


def decision(at: Location, text: str) -> Decision | None:
    """The decision that a record's text is; None if it is no record of the log."""
    read = _BY_WORD.get(text[: text.find(" ")])
    if read is not None and (found := read(at, text)) is not None:
        return found
    return _by_end(at, text)


def after_escapes(found: Decision) -> bool:
    """Whether a decision is from the walk phase or later, when all of escape analysis is over."""
    if found.kind is Kind.NOTE:
        return found.subject.startswith(_LATER) or found.subject == _WRITE_BARRIER
    return found.kind is Kind.CONVERSION


def is_late_error(text: str) -> bool:
    """Whether a text that is no record is one of the errors that the compiler can find after it began to print them."""
    return _LATE_ERROR.match(text) is not None


def flow(text: str) -> tuple[str, str] | None:
    """``flow: DST ← SRC:`` taken apart; ``=`` is the arrow before Go 1.25, and may also be part of either side."""
    if not text.startswith("flow: ") or not text.endswith(":"):
        return None
    end = _storage_end(text) if text.startswith("{storage for ", 6) else text.find(" ", 6)
    for arrow in _ARROWS:
        if text.startswith(arrow, end):
            return bounded(text[6:end]), bounded(text[end + len(arrow) : -1])
    # A long constant string is cut short by dots, without its closing quote: where the braces end cannot be told.
    for arrow in _ARROWS:
        dst, found, src = text[6:-1].partition("}" + arrow)
        if found and dst.startswith("{"):
            return bounded(dst + "}"), bounded(src)
    return None


def _storage_end(text: str) -> int:
    """The end of ``{storage for EXPR}`` in a ``flow:`` text: its own closing brace, not one in a string of ``EXPR``."""
    depth = 0
    for token in _TOKEN.finditer(text, 6):
        depth += (token[0] == "{") - (token[0] == "}")
        if depth == 0 and token[0] == "}":
            return token.end()
    return len(text)


def bounded(text: str) -> str:
    """The text, or the beginning of one that is too long to keep."""
    return text if len(text) <= TEXT_KEPT else text[:TEXT_KEPT] + "…"


def _by_end(at: Location, text: str) -> Decision | None:
    if text.endswith(" escapes to heap"):
        return Decision(Kind.ESCAPES, at, bounded(text[:-16]))
    if text.endswith(" does not escape"):
        return Decision(Kind.STAYS, at, bounded(text[:-16]))
    if text.endswith(" does not escape, mutate, or call"):
        return Decision(Kind.STAYS, at, bounded(text[:-33]), detail="mutate, or call")
    if text.endswith(":") and (match := _explained(text)) is not None:
        return Decision(Kind.EXPLAINED, at, bounded(match[1]), bounded(match[2] or ""))
    if " capturing by " in text and (match := _CAPTURED.fullmatch(text)) is not None:
        return Decision(Kind.CAPTURED, at, bounded(match[3]), bounded(match[1]), f"{match[2]} {match[4]}")
    if text.startswith(_ALL_NOTES) or text.endswith(_NOTE_ENDS) or _SELF_ASSIGNMENT in text or text == _WRITE_BARRIER:
        return Decision(Kind.NOTE, at, bounded(text))
    return None


def _explained(text: str) -> re.Match[str] | None:
    """An explanation's header; its words may stand in a string of the expression or in a type argument's tag, too."""
    once = text.count(" escapes to heap") == 1
    return (_EXPLAINED if once else _EXPLAINED_QUOTING).fullmatch(text)


def _moved(at: Location, text: str) -> Decision | None:
    return Decision(Kind.MOVED, at, bounded(text[15:])) if text.startswith("moved to heap: ") else None


def _leaking(at: Location, text: str) -> Decision | None:
    if text.startswith("leaking param content: "):
        return Decision(Kind.LEAKING_CONTENT, at, bounded(text[23:]))
    if not text.startswith("leaking param: "):
        return None
    match = _LEAK_TO_RESULT.fullmatch(text)
    if match is not None:
        return Decision(Kind.LEAKING_TO_RESULT, at, bounded(match[1]), detail=bounded(match[2]), level=int(match[3]))
    return Decision(Kind.LEAKING, at, bounded(text[15:]))


def _leak_explained(at: Location, text: str) -> Decision | None:
    match = _LEAK_EXPLAINED.fullmatch(text)
    return match and Decision(Kind.LEAK_EXPLAINED, at, match[1], bounded(match[3] or ""), bounded(match[2]))


def _inlined(at: Location, text: str) -> Decision | None:
    if not text.startswith("inlining call to "):
        return None
    score = _SCORE.search(text, 17)
    return Decision(Kind.INLINED, at, bounded(text[17 : score.start() if score is not None else None]))


def _can_inline(at: Location, text: str) -> Decision | None:
    if not text.startswith("can inline "):
        return None
    cost = _COST.search(text, 11)
    if cost is None:
        return Decision(Kind.CAN_INLINE, at, bounded(text[11:]))
    return Decision(Kind.CAN_INLINE, at, bounded(text[11 : cost.start()]), detail=cost[1])


def _cannot_inline(at: Location, text: str) -> Decision | None:
    if not text.startswith("cannot inline "):
        return None
    match = _FUNCTION.match(text, 14)
    if match is None or " into " in match[1]:
        # "cannot inline F into G: repeated recursive cycle" is about one call, not about the function at this place.
        return None
    return Decision(Kind.CANNOT_INLINE, at, bounded(match[1]), detail=bounded(text[match.end() :]))


def _param_use(at: Location, text: str) -> Decision | None:
    match = _PARAM_USE.fullmatch(text)
    if match is None:
        return None
    return Decision(Kind.MUTATES if text[0] == "m" else Kind.CALLS, at, bounded(match[1]), detail=match[2])


def _conversion(at: Location, text: str) -> Decision | None:
    return Decision(Kind.CONVERSION, at, bounded(text[9:])) if text.startswith("convert: ") else None


_BY_WORD: dict[str, _Read] = {
    "calls": _param_use,
    "can": _can_inline,
    "cannot": _cannot_inline,
    "convert:": _conversion,
    "inlining": _inlined,
    "leaking": _leaking,
    "moved": _moved,
    "mutates": _param_use,
    "parameter": _leak_explained,
}
