"""Measuring a rewrite: the benchmarks that reach the function, before and after. Only when the user asks for it.

Both programs are built first and then run in turns, so that what else the machine does befalls both. Where no benchmark
reaches the function, one is made, if its arguments can be.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from stackward.core.samples import Comparison, Summary, compare
from stackward.engine.rewriting import Proved, new_texts
from stackward.engine.tally import outermost
from stackward.engine.workbench import Workbench
from stackward.rewrites import declared_names
from stackward.syntax.functions import enclosing_function
from stackward.syntax.reach import bare, mentioned, reaching
from stackward.syntax.tree import SourceFile, function_nodes, text_of
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.gotest import Result, build, measure
from stackward.toolchain.process import CancelToken, DidNotRun

RUNS = 8
_SECONDS = 0.3
_MOST = 5  # Benchmarks; a function at the bottom of everything is reached by all.
_ARGUMENTS = {
    **dict.fromkeys(("int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64"), "42"),
    **dict.fromkeys(("byte", "rune", "uintptr"), "42"),
    **dict.fromkeys(("float32", "float64"), "42.5"),
    "string": '"stackward"',
    "bool": "true",
    "[]byte": '[]byte("stackward")',
    "[]string": '[]string{"a", "b", "c", "d", "e", "f", "g", "h"}',
    "[]int": "[]int{1, 2, 3, 4, 5, 6, 7, 8}",
    "error": "nil",
    "any": "42",
    "interface{}": "42",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One benchmark before and after; ``made`` if it was generated."""

    name: str
    nanoseconds: Comparison
    bytes: Comparison
    allocations: Comparison
    made: bool = False


def benchmark(
    bench: Workbench,
    proved: Proved,
    config: BuildConfig,
    progress: Callable[[str, int, int], None],
    cancel: CancelToken,
    seconds: float = _SECONDS,
) -> list[Measured] | DidNotRun:
    """Build and run the benchmarks of the package that reach the rewritten function, each for about ``seconds``."""
    span = proved.candidate.span
    around = enclosing_function(bench.files[span.path], span.start)
    function = outermost(around.name) if around is not None else ""
    mentions = mentioned(bench.files.values())
    names = sorted(name for name in reaching(function, mentions) if name.startswith("Benchmark"))[:_MOST]
    old = {path: source.text for path, source in bench.files.items() if path in bench.snapshot.overlays}
    changed = new_texts(bench, proved.proposal)
    if not isinstance(changed, dict):
        return DidNotRun(changed.reason)
    new, extra = {**old, **changed}, {}
    if not names:
        made = _generated(bench, span.path, function, proved)
        if isinstance(made, DidNotRun):
            return made
        names, extra = [made[0]], {made[1]: made[2]}
    toolchain = bench.shop.tools.toolchain
    with tempfile.TemporaryDirectory(prefix="stackward-bench-", ignore_cleanup_errors=True) as work:
        programs = []
        for number, texts in enumerate((old, new)):
            progress("building", number, 2)
            folder = os.path.join(work, str(number))
            program = build(toolchain.go, config, bench.directory, {**texts, **extra}, folder, cancel)
            if isinstance(program, DidNotRun):
                return program
            programs.append(program)
        results: list[list[Result]] = [[], []]
        for turn in range(RUNS):
            progress("measuring", turn, RUNS)
            for which, program in enumerate(programs):
                ran = measure(program, config, bench.directory, names, seconds, cancel)
                if cancel.cancelled:
                    return DidNotRun("cancelled")
                if isinstance(ran, DidNotRun):
                    return ran
                results[which] += ran
    return _compared(results[0], results[1], made=bool(extra))


def table(measured: list[Measured]) -> str:
    """The results in the form of benchstat, for people."""
    lines = []
    for one in measured:
        lines.append(one.name + (" (generated)" if one.made else ""))
        for unit, values in (("ns/op", one.nanoseconds), ("B/op", one.bytes), ("allocs/op", one.allocations)):
            change = values.change
            if change is None or not values.significant:
                verdict = "~" if values.before.median != values.after.median else "same"
            else:
                verdict = f"{change:+.1%}".replace("-", "\N{MINUS SIGN}")
            count = f"p={values.p:.3f}"
            lines.append(f"  {unit:<10} {_shown(values.before)} → {_shown(values.after)}  {verdict} ({count})")
    return "\n".join(lines)


def _shown(summary: Summary) -> str:
    spread = max(summary.high - summary.median, summary.median - summary.low)
    share = f" ± {spread / summary.median:.0%}" if summary.median and spread else ""
    return f"{summary.median:,.4g}{share}"


def _compared(before: list[Result], after: list[Result], *, made: bool) -> list[Measured] | DidNotRun:
    found = []
    for name in dict.fromkeys(one.name for one in before):
        old = [one for one in before if one.name == name]
        new = [one for one in after if one.name == name]
        if not new:
            continue
        found.append(
            Measured(
                name,
                compare([one.nanoseconds for one in old], [one.nanoseconds for one in new]),
                compare([one.bytes for one in old], [one.bytes for one in new]),
                compare([one.allocations for one in old], [one.allocations for one in new]),
                made,
            )
        )
    return found or DidNotRun("the benchmarks of both versions have nothing in common")


def _generated(bench: Workbench, path: str, function: str, proved: Proved) -> tuple[str, str, bytes] | DidNotRun:
    """The name, path and text of a benchmark for a function whose arguments can be made."""
    source = bench.files[path]
    none = DidNotRun(f"no benchmark reaches {function or 'this code'}, and none could be made for it")
    if (
        not function
        or "." in function
        or path.endswith("_test.go")
        or any(one != path for one in proved.proposal.edits)
    ):
        return none  # A method needs a receiver, and a test file cannot be built alone.
    given = _arguments(source, function)
    if given is None:
        return none
    name, index = "BenchmarkStackward", 2
    while name in declared_names(bench.files.values()):
        name, index = f"BenchmarkStackward{index}", index + 1
    text = (
        f'package {bench.name}\n\nimport "testing"\n\nfunc {name}(b *testing.B) {{\n\tfor i := 0; i < b.N; i++ {{\n'
        f"\t\t{bare(function)}({', '.join(given)})\n\t}}\n}}\n"
    )
    return name, os.path.join(bench.directory, "stackward_generated_test.go"), text.encode()


def _arguments(source: SourceFile, function: str) -> list[str] | None:
    """Values for the parameters of a function that is declared in a file; None where one cannot be made."""
    for node in function_nodes(source):
        named = node.child_by_field_name("name")
        if node.type != "function_declaration" or named is None or text_of(named, source) != function:
            continue
        listed = node.child_by_field_name("parameters")
        if listed is None or node.child_by_field_name("type_parameters") is not None:
            return None
        values: list[str] = []
        for parameter in listed.named_children:
            kind = parameter.child_by_field_name("type")
            value = _ARGUMENTS.get(text_of(kind, source)) if kind is not None else None
            if value is None or parameter.type != "parameter_declaration":
                return None
            values += [value] * max(1, len(parameter.children_by_field_name("name")))
        return values
    return None
