"""What the compiler prints, as the source has it: without constants worked out, calls inlined and names made up."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from stackward.core.decision import FlowEdge, FlowStep
from stackward.engine.sites import Found
from stackward.syntax.anchors import anchored, statement_at
from stackward.syntax.nodes import Kind
from stackward.syntax.tree import SourceFile, path_to, text_of

_PRINTED_ANEW = frozenset({Kind.APPEND, Kind.BINARY, Kind.CALL, Kind.CONVERSION, Kind.MAKE, Kind.SELECTOR})
_MADE_UP = re.compile(r"~[rpb]\d|\.autotmp_|<node ")  # Names that the compiler gives to what has none.
_SHAPE = "go.shape."  # What the types are called that stand for type arguments of the same layout.
_LITERAL = re.compile(r"\{(?:\.\.\.)?\}$")
_INLINED_RETURN = re.compile(r"~r\d+ = ")
_EXPRESSIONS = frozenset({"call parameter", "interface-converted"})


def expression_written(found: Found) -> str:
    """The expression of a site where the compiler prints another one; empty where it does not."""
    subject = found.site.subject
    return _source(found) or (subject.replace(_SHAPE, "") if _SHAPE in subject else "")


def _source(found: Found) -> str:
    located, subject = found.located, found.site.subject
    made_up = _MADE_UP.search(subject) is not None
    literal = _LITERAL.search(subject)
    if _SHAPE in subject and located.exact and literal is not None:
        typed = text_of(located.node, found.file).partition("{")[0]
        return f"{typed}{literal[0]}" if "\n" not in typed else ""
    if not made_up and not (located.exact and located.kind in _PRINTED_ANEW):
        return ""
    start, end = (found.file.lines.offset(at) for at in (located.range.start, located.range.end))
    text = found.file.text[start:end].decode(errors="replace")
    if not made_up and "\n" in text:
        return ""  # The compiler's is shorter.
    return "" if " ".join(text.split()) == subject else text


def flow_written(flow: Sequence[FlowEdge], file: Callable[[str], SourceFile | None]) -> tuple[FlowEdge, ...]:
    """A flow with the statements and calls of the source where the compiler prints names that it made up."""
    if not any(_SHAPE in step.expr or _MADE_UP.search(step.expr) for edge in flow for step in edge.steps):
        return tuple(flow)
    return tuple(replace(edge, steps=tuple(_step(step, file(step.at.path)) for step in edge.steps)) for edge in flow)


def _step(step: FlowStep, source: SourceFile | None) -> FlowStep:
    if _SHAPE in step.expr:
        step = replace(step, expr=step.expr.replace(_SHAPE, ""))
    if source is None or _MADE_UP.search(step.expr) is None:
        return step
    offset = source.lines.offset(step.at.pos)
    path = path_to(source, offset)
    result = _INLINED_RETURN.match(step.expr)
    if result is not None:
        node = next(anchored(path, offset), None) if _MADE_UP.search(step.expr, result.end()) else None
        return replace(step, expr=f"{result[0]}{text_of(node, source)}") if node is not None else step
    node = next(anchored(path, offset), None) if step.reason in _EXPRESSIONS else statement_at(path, offset)
    return replace(step, expr=text_of(node, source)) if node is not None else step
