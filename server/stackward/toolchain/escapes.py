"""The compiler's ``-m`` log, read while it is printed. Go 1.23 to 1.27.

A record is one line ``FILE:LINE:COL: TEXT``. An explanation (``-m=2``) is a record followed by lines of the same
position whose text is indented: ``flow: DST ← SRC:`` and ``from EXPR (REASON) at FILE:LINE:COL``
(``cmd/compile/internal/escape/solve.go``: ``explainPath``). Every line is kept, or counted: see ``Counts``.

A log can have a million lines, nearly all of which explain why a parameter leaks, over and over. What is not kept costs
one comparison of bytes per line; only what is kept is decoded.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from stackward.core.decision import Decision, FlowEdge, FlowStep, Kind, Problem
from stackward.core.outcome import BuildError
from stackward.core.position import Location
from stackward.toolchain import escapes_grammar as grammar
from stackward.toolchain.escapes_places import NOWHERE, UNKNOWN, Places

Record: TypeAlias = Decision | Problem | BuildError

_LINE_KEPT = 1 << 22  # Bytes of one line that are read; a string constant is printed in full.
_TEXT_KEPT = 800  # Characters of an error or of something unreadable that are kept.
_FAULTS_KEPT = 200  # Errors and problems that are handed on; more are only counted.
_NEVER = b"\n"  # No line begins with it.
_LEAK = re.compile(rb"parameter \S+ leaks to (?:\{storage for .*\}|\S+)(?= for | with derefs=)")
_CRASH = re.compile(rb"panic: |fatal error: |runtime: |signal: |SIG[A-Z]+: |\?\?\?: ")  # Of the compiler itself.


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of every line of the log.

    ``lines == sum(kept.values()) + repeated + flow + passed_over + faulty + other``
    """

    bytes: int
    lines: int
    kept: Mapping[Kind, int]
    """Records that became decisions, by kind."""
    repeated: int
    """Records that explain again how a parameter leaks to a place."""
    flow: int
    """Lines of explanations that became edges and steps."""
    passed_over: int
    """Lines of explanations that are not kept: of repeated ones, and in the middle of long ones."""
    faulty: int
    """Lines of errors and problems."""
    errors: int
    problems: int
    other: int
    """Blank lines, and the headers ``# PACKAGE`` of ``go build``."""


class LogParser:
    """Takes the log in pieces of any size and gives the records that are complete.

    ``names`` maps each file name given to the compiler to the absolute path to report; other names are taken as
    relative to ``cwd``, or to ``goroot`` where they say so. Of one explanation at most ``max_flow_steps`` lines are
    kept, edges and steps together: the first two thirds and the last third, since its end says why a value escapes.
    """

    def __init__(self, names: Mapping[str, str], cwd: str, *, goroot: str = "", max_flow_steps: int = 96) -> None:
        self._places = Places(names, cwd, goroot)
        self._max_flow = max_flow_steps
        self._partial: list[bytes] = []
        self._partial_size = 0
        self._skip = _NEVER
        self._explanation: _Explanation | None = None
        self._fault: _Fault | None = None
        self._leaks: set[bytes] = set()
        self._edges: dict[bytes, FlowEdge] = {}
        self._steps: dict[bytes, FlowStep] = {}
        self._decided = False
        self._escapes_over = False
        self._bytes = self._lines = self._repeated = self._flow = self._passed_over = self._faulty = self._other = 0
        self._errors = self._problems = 0
        self._kept: list[Kind] = []  # Counted when asked for: to hash a member of an Enum runs Python code.

    @property
    def escapes_over(self) -> bool:
        """A record of the walk phase or later was seen: no further decision about an escape follows."""
        return self._escapes_over

    @property
    def counts(self) -> Counts:
        """What became of the lines so far; an explanation or error that is not complete is not yet counted."""
        return Counts(
            bytes=self._bytes,
            lines=self._lines,
            kept=Counter(self._kept),
            repeated=self._repeated,
            flow=self._flow,
            passed_over=self._passed_over,
            faulty=self._faulty,
            errors=self._errors,
            problems=self._problems,
            other=self._other,
        )

    def feed(self, chunk: bytes) -> list[Record]:
        """The records that this piece completes. An explanation or an error is complete when the next record begins."""
        self._bytes += len(chunk)
        head, newline, rest = chunk.partition(b"\n")
        if not newline:
            self._hold(chunk)
            return []
        self._hold(head)
        lines = rest.split(b"\n")
        lines.insert(0, b"".join(self._partial))
        self._partial.clear()
        self._partial_size = 0
        self._hold(lines.pop())
        return self._read(lines)

    def close(self) -> list[Record]:
        """The records that the end of the log completes; a line without its end is a problem."""
        records: list[Record] = []
        if cut := b"".join(self._partial):
            self._partial.clear()
            self._lines += 1
            self._interrupt()
            self._end(records)
            self._problem("the log ends within a line", cut, None, records)
        self._end(records)
        return records

    def _hold(self, piece: bytes) -> None:
        """Keep the beginning of a line whose end is not yet here."""
        room = _LINE_KEPT - self._partial_size
        if piece and room > 0:
            self._partial.append(piece[:room])
            self._partial_size += min(len(piece), room)

    def _read(self, lines: list[bytes]) -> list[Record]:
        records: list[Record] = []
        self._lines += len(lines)
        passed_over = 0
        skip, explanation = self._skip, self._explanation
        indent = explanation.indent if explanation is not None else _NEVER
        for line in lines:
            if line.startswith(skip):
                passed_over += 1
            elif explanation is not None and line.startswith(indent):
                explanation.add(line)
            else:
                self._begin(line[:_LINE_KEPT], records)
                skip, explanation = self._skip, self._explanation
                indent = explanation.indent if explanation is not None else _NEVER
        self._passed_over += passed_over
        return records

    def _begin(self, line: bytes, records: list[Record]) -> None:
        """A line that does not go on with an explanation."""
        split = None if line.startswith(b"\t") else self._places.split(line)
        if split is None:
            self._placeless(line, records)
            return
        head, at = split
        start = len(head) + 2
        if line.startswith(b"  ", start):
            self._end(records)
            self._problem("explanation without a beginning", line, at, records)
            self._skip = head + b":   "
            return
        if line.startswith(b"parameter ", start) and (match := _LEAK.match(line, start)) is not None:
            leak = line[: match.end()]
            if leak in self._leaks:
                self._end(records)
                self._repeated += 1
                self._skip = head + b":   "
                return
            self._leaks.add(leak)
        text = line[start:].decode("utf-8", "replace")
        decision = grammar.decision(at, text)
        self._end(records)
        if decision is None:
            is_error = not self._decided or grammar.is_late_error(text)
            self._fault = _Fault(text, at, is_error=is_error, absorbs=text.startswith("internal compiler error"))
        elif decision.kind is Kind.EXPLAINED or decision.kind is Kind.LEAK_EXPLAINED:
            self._explanation = _Explanation(decision, head + b":   ", self._max_flow)
        else:
            self._keep(decision, records)

    def _placeless(self, line: bytes, records: list[Record]) -> None:
        """A line that begins with no position: more of an error, a header, or of what has no place in the source."""
        fault = self._fault
        if fault is not None and (fault.absorbs or line.startswith(b"\t")):
            if line.startswith(b"# "):
                self._package(records)
            else:
                fault.add(self._reported(line))
            return
        if not line or line.isspace():
            self._other += 1
            return
        if line.startswith(b"# "):
            self._package(records)
            return
        text = line.decode("utf-8", "replace")
        crashed = _CRASH.match(line) is not None
        decision = None if crashed else grammar.decision(NOWHERE, text)
        if decision is not None and not (decision.kind is Kind.EXPLAINED or decision.kind is Kind.LEAK_EXPLAINED):
            self._end(records)
            self._keep(decision, records)
        elif not crashed and (self._explanation is not None or self._skip is not _NEVER):
            # The explanation goes on after it; it is not for a stray line to end it.
            self._interrupt()
            self._problem("unreadable line", line, None, records)
        else:
            self._end(records)
            self._fault = _Fault(text, None, is_error=crashed or not self._decided, absorbs=True)

    def _interrupt(self) -> None:
        if self._explanation is not None:
            self._explanation.interrupted = True

    def _package(self, records: list[Record]) -> None:
        """``go build`` begins with the next package."""
        self._end(records)
        self._decided = False
        self._other += 1

    def _reported(self, line: bytes) -> str:
        """A further line of an error; where it names a place, it is the real file's."""
        text = line.lstrip(b"\t")
        split = self._places.split(text) if line.startswith(b"\t") else None
        if split is None:
            return text.decode("utf-8", "replace")
        head, at = split
        row, column = at.pos.display
        return f"{at.path}:{row}:{column}{text[len(head) :].decode('utf-8', 'replace')}"

    def _keep(self, decision: Decision, records: list[Record]) -> None:
        self._decided = True
        self._kept.append(decision.kind)
        records.append(decision)
        if not self._escapes_over and grammar.after_escapes(decision):
            self._escapes_over = True

    def _end(self, records: list[Record]) -> None:
        """End what was going on: a new record begins."""
        self._skip = _NEVER
        explanation, self._explanation = self._explanation, None
        fault, self._fault = self._fault, None
        if explanation is not None:
            self._keep(self._explained(explanation, records), records)
        elif fault is not None:
            self._faulty += fault.lines
            text = "\n".join(fault.text)[:_TEXT_KEPT]
            if fault.is_error:
                self._errors += 1
                if self._errors <= _FAULTS_KEPT:
                    records.append(BuildError(text, fault.at))
            else:
                self._add_problem("unknown record", text, fault.at, records)

    def _explained(self, explanation: _Explanation, records: list[Record]) -> Decision:
        header = explanation.header
        lines, dropped = explanation.lines()
        self._passed_over += dropped
        groups: list[list[bytes]] = []
        start = len(explanation.indent)
        for line in lines:
            if line.startswith(b"flow: ", start) or not groups:
                groups.append([])
            groups[-1].append(line[start:])
        flow: list[FlowEdge] = []
        for group in groups:
            key = b"\n".join(group)
            edge = self._edges.get(key)  # Explanations share most of their edges.
            if edge is None:
                edge = self._edge(group, explanation, records)
                if not explanation.interrupted and UNKNOWN not in key:
                    self._edges[key] = edge
            else:
                self._flow += len(group)
            flow.append(edge)
        truncated = explanation.interrupted or dropped > 0
        return Decision(header.kind, header.at, header.subject, header.function, header.detail, tuple(flow), truncated)

    def _edge(self, group: list[bytes], explanation: _Explanation, records: list[Record]) -> FlowEdge:
        """An edge from its line and those of its steps; the edge's own may be missing or unreadable."""
        at = explanation.header.at
        ends: tuple[str, str] | None = None
        steps: list[FlowStep] = []
        for text in group:
            if (step := self._step(text)) is not None:
                steps.append(replace(step, at=at) if step.at is NOWHERE else step)
            elif ends is None and (found := grammar.flow(text.decode("utf-8", "replace"))) is not None:
                ends = found
            else:
                explanation.interrupted = True
                # "truncated explanation due to assignment cycle; see golang.org/issue/35518"
                if not text.startswith(b"warning: "):
                    self._problem("unreadable line of an explanation", text, at, records)
                    continue
            self._flow += 1
        dst, src = ends or ("", "")
        return FlowEdge(dst, src, tuple(steps))

    def _step(self, text: bytes) -> FlowStep | None:
        """``  from EXPR (REASON) at PLACE``: read from its end, since ``EXPR`` may contain anything."""
        step = self._steps.get(text)
        if step is None and text.startswith(b"  from ") and (last := self._places.last(text)) is not None:
            end, at = last
            opening = text.rfind(b" (", 0, end)
            if opening >= 6 and text.endswith(b")", 0, end):
                expr = grammar.bounded(text[7:opening].decode("utf-8", "replace"))
                step = self._steps[text] = FlowStep(expr, text[opening + 2 : end - 1].decode("utf-8", "replace"), at)
        return step

    def _problem(self, what: str, line: bytes, at: Location | None, records: list[Record]) -> None:
        self._faulty += 1
        self._add_problem(what, line[: 4 * _TEXT_KEPT].decode("utf-8", "replace")[:_TEXT_KEPT], at, records)

    def _add_problem(self, what: str, text: str, at: Location | None, records: list[Record]) -> None:
        self._problems += 1
        if self._problems <= _FAULTS_KEPT:
            records.append(Problem(what, at.path if at is not None else "", text, at))


class _Explanation:
    """The lines of an explanation that is being printed. Those between its beginning and its end are dropped."""

    def __init__(self, header: Decision, indent: bytes, most: int) -> None:
        self.header = header
        self.indent = indent
        self.interrupted = False
        """Whether something of it is missing or unreadable; the compiler itself cuts one at a cycle."""
        self._room = most - most // 3
        self._first: list[bytes] = []
        self._last: deque[bytes] = deque(maxlen=most // 3)
        self._dropped = 0
        self._edge: bytes | None = None

    def add(self, line: bytes) -> None:
        if len(self._first) < self._room:
            self._first.append(line)
            return
        last = self._last
        if len(last) == last.maxlen:
            self._dropped += 1
            oldest = last[0] if last else line
            if oldest.startswith(b"flow: ", len(self.indent)):
                self._edge = oldest
        last.append(line)

    def lines(self) -> tuple[list[bytes], int]:
        """What is kept, with the edge that the first step after the gap belongs to; and how many lines are not."""
        edge = self._edge
        if edge is None or not self._last or self._last[0].startswith(b"flow: ", len(self.indent)):
            return [*self._first, *self._last], self._dropped
        return [*self._first, edge, *self._last], self._dropped - 1


class _Fault:
    """An error or a problem that may go on in the next line."""

    def __init__(self, text: str, at: Location | None, *, is_error: bool, absorbs: bool) -> None:
        self.at = at
        self.is_error = is_error
        self.absorbs = absorbs
        """Whether every line without a position belongs to it, as after a crash."""
        self.lines = 1
        self.text = [text[:_TEXT_KEPT]]

    def add(self, text: str) -> None:
        self.lines += 1
        if len(self.text) < 20:
            self.text.append(text[:_TEXT_KEPT])


def parse(
    text: bytes, names: Mapping[str, str] | None = None, cwd: str = "/", *, max_flow_steps: int = 96
) -> list[Record]:
    """All records of a whole log."""
    parser = LogParser(names or {}, cwd, max_flow_steps=max_flow_steps)
    return [*parser.feed(text), *parser.close()]
