"""The calls of a unit that allocate out of sight, in the terms of its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackward.core.allocation import ObjectCode
from stackward.core.position import ByteCol, BytePos
from stackward.engine.results import Callee
from stackward.engine.symbols import Symbols
from stackward.syntax.functions import enclosing_loops
from stackward.syntax.paths import cold
from stackward.syntax.tree import SourceFile, path_to


def callees(code: ObjectCode, symbols: Symbols, sources: Mapping[str, SourceFile]) -> Iterator[Callee]:
    """One for each call from a line of the unit; what was inlined from elsewhere is in no loop that is seen here."""
    for call in code.callees:
        function = symbols.owner(symbols.name(call.function))
        source = sources.get(call.path)
        if source is None:
            yield Callee(call.path, function, call.callee)
            continue
        # The object code has no columns; the function's own name most likely stands where it is called.
        line = source.lines.line_text(call.line)
        column = max(line.find(call.callee.rpartition(".")[2].encode()), len(line) - len(line.lstrip()))
        node = path_to(source, source.lines.offset(BytePos(call.line, ByteCol(column))))[-1]
        yield Callee(call.path, function, call.callee, enclosing_loops(node), bool(cold(node, source)))
