"""``--explain FILE:LINE``: all that is known of one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from groundtruth.native import Native
from groundtruth.score import executions
from groundtruth.table import Measured, source_line


def explain(measured: Sequence[Measured], is_file: Callable[[str], bool], line: int) -> Iterator[str]:
    """Sites, samples with their stacks, coverage, and the raw log."""
    for one in measured:
        for file in filter(is_file, one.truth.files):
            yield f"{file}:{line}: {source_line(file, line)}"
            counted = one.truth.coverage.line_executions(file, line)
            yield "  coverage: " + ("no block" if counted is None else f"{counted} times")
            yield from _machine_code(one.truth.native, file, line)
            for claim in one.claims.get(file, ()):
                if line in claim.lines or min(claim.lines) <= line <= claim.end:
                    shown = "shown" if claim.shown else "not shown"
                    ran = executions(one.truth, claim)
                    at = f"{claim.point[0]}:{claim.point[1]}, lines {sorted(claim.lines)} to {claim.end}"
                    yield f"  site at {at}, {shown}, executed {ran}: {claim.text} in {claim.function or 'package level'}"
            for logged in one.truth.log:
                if (logged.file, logged.line) == (file, line):
                    yield f"  -m {line}:{logged.column}: {logged.text}"
            for logged in one.truth.details:
                if (logged.file, logged.line) == (file, line):
                    yield f"  json {line}:{logged.column}: {logged.text}"
            for seen in one.truth.observations:
                if (seen.file, seen.line) == (file, line):
                    yield f"  sample: {seen.objects} objects of {seen.size} bytes, {seen.kind.name.lower()}: {seen.kind.value}"
                    for name in seen.chain:
                        yield f"      {name}"
                    for function, path, at_line in seen.stack:
                        yield f"    {function}  {path}:{at_line}"


def _machine_code(native: Native, file: str, line: int) -> Iterator[str]:
    function = native.function(file, line)
    if not function:
        return
    own = "has" if function in native.own else "has no"
    yield f"  {function} {own} code of its own in the test binary"
    for copy in native.copies:
        if copy.function == function:
            yield f"  inlined into {copy.body} at {copy.file}:{copy.line}"
