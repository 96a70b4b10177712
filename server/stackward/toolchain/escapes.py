"""The compiler's ``-m`` log, read while it is printed. Go 1.23 to 1.27.

A record is one line ``FILE:LINE:COL: TEXT``. An explanation is a header line followed by lines of the same position
whose text is indented: ``flow: DST ← SRC:`` (``=`` before Go 1.26) and ``from EXPR (REASON) at FILE:LINE:COL``
(``cmd/compile/internal/escape/solve.go``: ``explainPath``). Subjects are printed expressions and may contain
anything, so every
record is taken apart at its fixed ends. A log can have 800,000 lines, nearly all of them explanations why a parameter
leaks; what is not kept is passed over by one comparison per line.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TypeAlias

from stackward.core.decision import Decision, FlowEdge, FlowStep, Kind, Problem
from stackward.core.outcome import BuildError
from stackward.core.position import Location, from_display

Record: TypeAlias = Decision | Problem | BuildError

_HEAD = re.compile(rb"(.+?):(\d+):(\d+): (?=\S)")
_GENERATED = re.compile(rb"(<[a-z]+>):(\d+): ")
_PLACE = re.compile(r"(.+?):(\d+)(?::(\d+))?$")
_TEXT_KEPT = 400  # Characters of an unreadable line that are kept.

_EXPLAINED = re.compile(r"(.*) escapes to heap(?: in (.*))?:")
_LEAK_EXPLAINED = re.compile(r"parameter (.*) leaks to (.*?)(?: for (.*))? with derefs=-?\d+:")
_LEAK_TO_RESULT = re.compile(r"leaking param: (.*) to result (.*) level=-?\d+")
_CAPTURED = re.compile(r"(.*) capturing by (ref|value): (.*) \((addr=.*)\)")
_CAN_INLINE = re.compile(r"can inline (.*?)(?: with cost (\d+) as: .*)?", re.DOTALL)
_CANNOT_INLINE = re.compile(r"cannot inline (.*?): (.*)", re.DOTALL)
_INLINED = re.compile(r"inlining call to (.*?)(?: with score -?\d+)?")
_PARAM_USE = re.compile(r"(mutates|calls) param: (.*) derefs=(-?\d+)")
_OLD_ARROW = re.compile(r"(\{storage for .*?\}|\{[a-z]+\}|\S+) = (?=[&*]*[{~\w.\"'`(\[])")

_NOWHERE = Location("", from_display(0, 0))

# Records that say something else than an escape, by how they begin or end; kept in full as notes.
_NOTES = (
    "zero-copy string->[]byte conversion",
    "ignoring self-assignment in",
    "devirtualizing ",
    "cannot devirtualize ",
    "partially devirtualizing ",
    "PGO devirtualizing ",
    "should not PGO devirtualize ",
    "assuming ",
    "marking ",
    "rewriting OCONVIFACE value",
    "closure converted to global",
    "index bounds check elided",
    "skipping wrapper",
    "hot-",
    "repeated recursive cycle",
)
# Only the back end prints these: `-d=wb=1`, `-d=ssa/check_bce/debug=1`.
_BACK_END = ("write barrier", "Found IsInBounds", "Found IsSliceInBounds")


class LogParser:
    """Takes the log in pieces of any size and gives the records that are complete.

    ``names`` maps each file name given to the compiler to the absolute path to report; other names are taken as
    relative to ``cwd``. ``max_steps`` bounds the steps that are kept of one explanation.
    """

    def __init__(self, names: Mapping[str, str], cwd: str, *, max_steps: int = 64) -> None:
        self._names = {os.fsencode(name): path for name, path in names.items()}
        self._cwd = cwd
        self._max_steps = max_steps
        self._rest = b""
        self._paths: dict[bytes, str] = {}
        self._places: dict[str, Location] = {}
        self._leaks: set[tuple[bytes, str, str]] = set()
        self._block = _Block()
        self._skip: bytes | None = None
        self.escapes_over = False
        """A record of the walk phase or of the back end was seen; no decision about an escape follows."""
        self.counts: Counter[str] = Counter()
        """Records by kind; ``lines`` counts lines, ``passed over`` explanation lines that were not kept."""

    def feed(self, chunk: bytes) -> list[Record]:
        """The records that this piece completes."""
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        return self._read(lines)

    def close(self) -> list[Record]:
        """The records that the end of the log completes."""
        lines, self._rest = [self._rest] if self._rest else [], b""
        records = self._read(lines)
        self._end_block(records)
        return records

    def _read(self, lines: list[bytes]) -> list[Record]:
        records: list[Record] = []
        counts = self.counts
        counts["lines"] += len(lines)
        block = self._block
        for line in lines:
            if self._skip is not None:
                if line.startswith(self._skip):
                    counts["passed over"] += 1
                    continue
                self._skip = None
            if block.header is not None:
                if line.startswith(block.indent):
                    self._explain(line[len(block.indent) :])
                    continue
                self._end_block(records)
            if line and not line.isspace():
                self._line(line, records)
        return records

    def _line(self, line: bytes, records: list[Record]) -> None:
        head = _HEAD.match(line)
        if head is not None and head[1] not in self._names:
            head = self._known_head(line) or head
        if head is None:
            head = _GENERATED.match(line)
            if head is None:
                self._without_place(line, records)
                return
            at = Location(head[1].decode(), from_display(int(head[2]), 0))
        else:
            at = Location(self._path(head[1]), from_display(int(head[2]), int(head[3])))
        text = line[head.end() :].decode("utf-8", "surrogateescape")
        record = self._record(at, text, line[: head.end()])
        if record is not None:
            self._keep(record, records)

    def _known_head(self, line: bytes) -> re.Match[bytes] | None:
        """The position when the file's name itself looks like one (``a:1:2: b.go``)."""
        for name in self._names:
            if line.startswith(name + b":"):
                return re.compile(rb"(" + re.escape(name) + rb"):(\d+):(\d+): (?=\S)").match(line)
        return None

    def _without_place(self, line: bytes, records: list[Record]) -> None:
        text = line.decode("utf-8", "replace")
        if text.startswith("# "):
            self.counts["package header"] += 1
        elif (record := self._record(_NOWHERE, text, b"")) is not None:
            # Variables that the compiler made up (`#next` of a range over a function) have no position.
            placeless = isinstance(record, BuildError)
            self._keep(BuildError(text[:_TEXT_KEPT]) if placeless else record, records)

    def _record(self, at: Location, text: str, head: bytes) -> Record | None:
        for read in _READERS:
            decision = read(at, text)
            if decision is None:
                continue
            if decision.kind in {Kind.EXPLAINED, Kind.LEAK_EXPLAINED}:
                self._header(decision, head)
                return None
            if decision.kind is Kind.CONVERSION:
                self.escapes_over = True
            return decision
        if text.startswith(_BACK_END):
            self.escapes_over = True
            return Decision(Kind.NOTE, at, text)
        if text.startswith(_NOTES) or any(note in text for note in _NOTES[:2]):
            return Decision(Kind.NOTE, at, text)
        return BuildError(text, at)

    def _header(self, decision: Decision, head: bytes) -> None:
        """An explanation begins. Of those why one parameter leaks to one place only the first is kept."""
        if decision.kind is Kind.LEAK_EXPLAINED:
            key = (head, decision.subject, decision.detail)
            if key in self._leaks:
                self.counts["repeated leak"] += 1
                self._skip = head + b"  "
                return
            self._leaks.add(key)
        self._block.begin(decision, head + b"  ")

    def _explain(self, rest: bytes) -> None:
        block = self._block
        if block.steps_kept >= self._max_steps:
            block.truncated = True
            self.counts["passed over"] += 1
            return
        text = rest.decode("utf-8", "surrogateescape")
        if text.startswith("flow: ") and text.endswith(":"):
            dst, src = _arrow(text[6:-1])
            block.edge(dst, src)
        elif text.startswith("  from "):
            step = self._step(text[7:])
            if step is None:
                self.counts["unreadable step"] += 1
                block.truncated = True
            else:
                block.step(step)
        else:
            # "warning: truncated explanation due to assignment cycle", golang.org/issue/35518
            block.truncated = True

    def _step(self, text: str) -> FlowStep | None:
        end = len(text)
        while (at := text.rfind(" at ", 0, end)) >= 0:
            before = text[:at]
            where = self._place(text[at + 4 :]) if before.endswith(")") else None
            if where is not None:
                opening = before.rfind(" (")
                if opening >= 0:
                    return FlowStep(before[:opening], before[opening + 2 : -1], where)
            end = at
        return None

    def _place(self, text: str) -> Location | None:
        known = self._places.get(text)
        if known is None:
            if text == "<unknown line number>" and self._block.header is not None:
                return self._block.header.at
            match = _PLACE.match(text)
            if match is None:
                return None
            name = match[1].encode("utf-8", "surrogateescape")
            path = match[1] if match[1].startswith("<") else self._path(name)
            known = self._places[text] = Location(path, from_display(int(match[2]), int(match[3] or 0)))
        return known

    def _end_block(self, records: list[Record]) -> None:
        decision = self._block.end()
        if decision is not None:
            self._keep(decision, records)

    def _keep(self, record: Record, records: list[Record]) -> None:
        if isinstance(record, Decision):
            self.counts[record.kind.name.lower()] += 1
        else:
            self.counts["error" if isinstance(record, BuildError) else "problem"] += 1
        records.append(record)

    def _path(self, name: bytes) -> str:
        path = self._paths.get(name)
        if path is None:
            path = self._names.get(name)
            if path is None:
                path = os.path.normpath(os.path.join(self._cwd, os.fsdecode(name)))
            self._paths[name] = path
        return path


class _Block:
    """The explanation that is being read."""

    def __init__(self) -> None:
        self.header: Decision | None = None
        self.indent = b""
        self.truncated = False
        self.steps_kept = 0
        self._edges: list[tuple[str, str, list[FlowStep]]] = []

    def begin(self, header: Decision, indent: bytes) -> None:
        self.header, self.indent = header, indent
        self.truncated = False
        self.steps_kept = 0
        self._edges = []

    def edge(self, dst: str, src: str) -> None:
        self._edges.append((dst, src, []))

    def step(self, step: FlowStep) -> None:
        if not self._edges:
            self._edges.append(("", "", []))
        self._edges[-1][2].append(step)
        self.steps_kept += 1

    def end(self) -> Decision | None:
        header, self.header = self.header, None
        if header is None:
            return None
        flow = tuple(FlowEdge(dst, src, tuple(steps)) for dst, src, steps in self._edges)
        return Decision(header.kind, header.at, header.subject, header.function, header.detail, flow, self.truncated)


def _arrow(text: str) -> tuple[str, str]:
    dst, arrow, src = text.partition(" ← ")
    if arrow:
        return dst, src
    match = _OLD_ARROW.match(text)
    if match is not None:
        return match[1], text[match.end() :]
    return text, ""


def _escape(at: Location, text: str) -> Decision | None:
    if text.endswith(" escapes to heap"):
        return Decision(Kind.ESCAPES, at, text[: -len(" escapes to heap")])
    if text.startswith("moved to heap: "):
        return Decision(Kind.MOVED, at, text[len("moved to heap: ") :])
    if text.endswith(" does not escape"):
        return Decision(Kind.STAYS, at, text[: -len(" does not escape")])
    if text.endswith(" does not escape, mutate, or call"):
        return Decision(Kind.STAYS, at, text[: -len(" does not escape, mutate, or call")])
    if text.endswith(":"):
        if match := _LEAK_EXPLAINED.fullmatch(text):
            return Decision(Kind.LEAK_EXPLAINED, at, match[1], match[3] or "", match[2])
        if match := _EXPLAINED.fullmatch(text):
            return Decision(Kind.EXPLAINED, at, match[1], match[2] or "")
    return None


def _parameter(at: Location, text: str) -> Decision | None:
    if text.startswith("leaking param content: "):
        return Decision(Kind.LEAKING_CONTENT, at, text[len("leaking param content: ") :])
    if text.startswith("leaking param: "):
        if match := _LEAK_TO_RESULT.fullmatch(text):
            return Decision(Kind.LEAKING_TO_RESULT, at, match[1], detail=match[2])
        return Decision(Kind.LEAKING, at, text[len("leaking param: ") :])
    if match := _PARAM_USE.fullmatch(text):
        return Decision(Kind.MUTATES if match[1] == "mutates" else Kind.CALLS, at, match[2], detail=match[3])
    return None


def _inline(at: Location, text: str) -> Decision | None:
    if text.startswith("inlining call to ") and (match := _INLINED.fullmatch(text)):
        return Decision(Kind.INLINED, at, match[1])
    if text.startswith("can inline ") and (match := _CAN_INLINE.fullmatch(text)):
        return Decision(Kind.CAN_INLINE, at, match[1], detail=match[2] or "")
    if text.startswith("cannot inline ") and (match := _CANNOT_INLINE.fullmatch(text)):
        return Decision(Kind.CANNOT_INLINE, at, match[1], detail=match[2])
    return None


def _other(at: Location, text: str) -> Decision | None:
    if text.startswith("convert: "):
        return Decision(Kind.CONVERSION, at, text[len("convert: ") :])
    if " capturing by " in text and (match := _CAPTURED.fullmatch(text)):
        return Decision(Kind.CAPTURED, at, match[3], match[1], f"{match[2]} {match[4]}")
    return None


_READERS: tuple[Callable[[Location, str], Decision | None], ...] = (_inline, _escape, _parameter, _other)
