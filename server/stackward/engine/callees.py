"""The calls of a unit that allocate out of sight, in the terms of its source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from stackward.core.allocation import ObjectCode
from stackward.core.position import ByteCol, BytePos
from stackward.engine.results import Callee
from stackward.engine.symbols import Symbols
from stackward.syntax.endings import Endings
from stackward.syntax.functions import enclosing_function, enclosing_loops, functions
from stackward.syntax.paths import cold
from stackward.syntax.tree import SourceFile, path_to
from stackward.toolchain.callees import INLINED


def callees(
    code: ObjectCode, symbols: Symbols, sources: Mapping[str, SourceFile], endings: Endings
) -> Iterator[Callee]:
    """One for each call from a line of the unit, and for each that a function makes which was inlined there."""
    seen: Counter[tuple[str, str]] = Counter()
    for call in code.callees:
        function = symbols.owner(symbols.name(call.function))
        source = sources.get(call.path)
        if source is None:
            places = _places(function, INLINED.get(call.callee, ""), sources)
            if not places:
                yield Callee(call.path, function, call.callee)
                continue
            # The line is that of the inlined function; which of its calls it is only the order tells, more or less.
            path, node = places[min(seen[function, call.callee], len(places) - 1)]
            seen[function, call.callee] += 1
            yield Callee(path, function, call.callee, enclosing_loops(node), bool(cold(node, sources[path], endings)))
            continue
        # The object code has no columns; the function's own name most likely stands where it is called.
        line = source.lines.line_text(call.line)
        column = max(line.find(call.callee.rpartition(".")[2].encode()), len(line) - len(line.lstrip()))
        node = path_to(source, source.lines.offset(BytePos(call.line, ByteCol(column))))[-1]
        yield Callee(call.path, function, call.callee, enclosing_loops(node), bool(cold(node, source, endings)))


def _places(function: str, called: str, sources: Mapping[str, SourceFile]) -> list[tuple[str, Node]]:
    """Where a function of the unit calls what is written ``called``, in the order of the source."""
    if not called:
        return []
    written = re.compile(rb"\b" + called.encode() + rb"\(")
    for path, source in sources.items():
        for one in functions(source):
            if one.name == function:
                found = (at.start() for at in written.finditer(source.text, one.start, one.end))
                return [(path, path_to(source, at)[-1]) for at in found if enclosing_function(source, at) == one]
    return []
