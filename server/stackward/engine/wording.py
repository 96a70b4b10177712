"""What the compiler prints, as the source has it: without constants worked out, calls inlined and names made up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from stackward.core.decision import FlowEdge, FlowStep
from stackward.engine.sites import Found
from stackward.syntax.anchors import anchored, statement_at
from stackward.syntax.nodes import Kind
from stackward.syntax.tree import SourceFile, path_to, text_of

_PRINTED_ANEW = frozenset({Kind.APPEND, Kind.BINARY, Kind.CALL, Kind.CONVERSION, Kind.MAKE, Kind.SELECTOR})
_MADE_UP = re.compile(r"~[rpb]\d|\.autotmp_|\.\.stmp_|<node ")  # Names that the compiler gives to what has none.
_UNEXPORTED = re.compile(r"(?<![\w.)\]])[a-z_]\w*\.[a-z_]\w*(?![\w.({\[])")  # `fmt.err`, a result of fmt.Errorf
_SHAPE = "go.shape."  # What the types are called that stand for type arguments of the same layout.
_LITERAL = re.compile(r"\{(?:\.\.\.)?\}$")
_INLINED_RETURN = re.compile(r"~r\d+ = ")
_EXPRESSIONS = frozenset({"call parameter", "interface-converted"})


def expression_written(found: Found) -> str:
    """The expression of a site where the compiler prints another one; empty where it does not."""
    subject = found.site.subject
    plain = _plain(subject, package_of(found.site.inlined_from))
    return _source(found) or (plain if plain != subject else "")


def package_of(function: str) -> str:
    """The name of the package in that of a function, as the compiler writes it; empty if it has none."""
    package, dot, _ = function.partition(".")
    return package if dot and package.isidentifier() else ""


def _plain(text: str, package: str) -> str:
    """A text of the compiler's without the types that stand for type arguments.

    In code of another package that was inlined, it names variables like what ``package`` declares: ``buf[bytes.off:]``,
    where ``off`` is a parameter.
    """
    text = without_shapes(text)
    return re.sub(rf"\b{package}\.(?=[a-z_])(?!\w*\{{)", "", text) if package else text


def without_shapes(text: str) -> str:
    """A text without the types that stand for type arguments: ``node[go.shape.int]`` is ``node[…]``."""
    done, at = [], 0
    while (shape := text.find(_SHAPE, at)) >= 0:
        opened = _bracket_before(text, shape, at)
        if opened is None:
            done.append(text[at:shape])
            at = shape + len(_SHAPE)
        else:
            done.append(f"{text[at:opened]}[…]")
            at = _closed(text, opened)
    return "".join(done) + text[at:]


def _bracket_before(text: str, shape: int, start: int) -> int | None:
    """The bracket of the outermost list of type arguments that has what stands at ``shape``."""
    opened: list[int] = []
    for at in range(start, shape):
        if text[at] == "[":
            opened.append(at)
        elif text[at] == "]" and opened:
            opened.pop()
    return next((at for at in opened if at > start and (text[at - 1].isalnum() or text[at - 1] == "_")), None)


def _closed(text: str, opened: int) -> int:
    """The end of what begins with a bracket."""
    depth = 0
    for at in range(opened, len(text)):
        depth += (text[at] == "[") - (text[at] == "]")
        if not depth:
            return at + 1
    return len(text)


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


def flow_written(found: Found, written: str, file: Callable[[str], SourceFile | None]) -> tuple[FlowEdge, ...]:
    """The flow of a site, of which the source has the expression as ``written``, with the statements and calls of the
    source where the compiler prints names that it made up.
    """
    site = found.site
    package = package_of(site.inlined_from)

    def plain(text: str) -> str:
        return _plain(text.replace(site.subject, written) if written else text, package)

    if not package and not any(_SHAPE in step.expr or _MADE_UP.search(step.expr) for step in _steps(site.flow)):
        return site.flow
    return tuple(
        replace(
            edge,
            steps=tuple(
                _step(step, plain(step.expr), file(step.at.path), foreign=bool(package)) for step in edge.steps
            ),
        )
        for edge in site.flow
    )


def _steps(flow: Iterable[FlowEdge]) -> Iterator[FlowStep]:
    return (step for edge in flow for step in edge.steps)


def _step(step: FlowStep, plain: str, source: SourceFile | None, *, foreign: bool) -> FlowStep:
    variable = _UNEXPORTED.search(step.expr) if foreign else None
    step = replace(step, expr=plain)
    if source is None:
        return step
    # What stands in the line is a field.
    unknown = variable is not None and variable[0].encode() not in source.lines.line_text(step.at.pos.line)
    if not unknown and _MADE_UP.search(step.expr) is None:
        return step
    offset = source.lines.offset(step.at.pos)
    path = path_to(source, offset)
    result = _INLINED_RETURN.match(step.expr)
    if result is not None:
        node = next(anchored(path, offset), None) if _MADE_UP.search(step.expr, result.end()) else None
        return replace(step, expr=f"{result[0]}{text_of(node, source)}") if node is not None else step
    # What initialises a package's variables is an assignment to the compiler, and none in the source.
    node = statement_at(path, offset) if step.reason not in _EXPRESSIONS else None
    node = node or next(anchored(path, offset), None)
    return replace(step, expr=text_of(node, source)) if node is not None else step
