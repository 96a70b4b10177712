"""The compiler's own positions, held against the syntax tree: every point must lead to what the compiler means there.

The compiler says by itself what it copied: a record that it also prints without inlining (``-l``) is about the code at
its position, and what it copied stands at a call for which it prints ``inlining call to``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stackward.core.decision import Decision, Kind
from stackward.core.position import Location
from stackward.syntax import nodes, subjects
from stackward.syntax.functions import functions
from stackward.syntax.nodes import Located, locate
from stackward.syntax.tree import SourceFile, parse, text_of
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain
from stackward.toolchain.escapes import LogParser
from stackward.toolchain.process import Ran, run

VARIABLES = frozenset({Kind.MOVED, Kind.LEAKING, Kind.LEAKING_CONTENT, Kind.LEAKING_TO_RESULT})
DECISIONS = VARIABLES | {Kind.ESCAPES, Kind.STAYS}
# Texts that tell for certain what kind of expression they are.
CERTAIN = {
    nodes.Kind.FUNC_LITERAL: ("func_literal", "for_statement"),
    nodes.Kind.APPEND: ("call_expression",),
    nodes.Kind.MAKE: ("call_expression",),
    nodes.Kind.NEW: ("call_expression",),
}


@dataclass(slots=True)
class Report:
    """How many points led where, and those that led astray."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counted = ", ".join(f"{name}: {count}" for name, count in sorted(self.counts.items()))
        return "\n".join([counted, *self.wrong[:40]])


def decisions(toolchain: Toolchain, packages: Sequence[str], *, inline: bool = True) -> list[Decision]:
    """What the compiler says about packages of the standard library; the go command replays it if it can.

    It then prints paths relative to the folder of the first time, so that has to be always the same one.
    """
    gcflags = "-m=1" if inline else "-m=1 -l"
    argv = [toolchain.go, "build", "-p=1", f"-gcflags={gcflags}", *packages]
    ran = run(argv, cwd=toolchain.goroot, env=BuildConfig().environment(), timeout=900, limit=1 << 30)
    assert isinstance(ran, Ran), ran
    assert ran.code == 0, ran.stderr[-2000:]
    parser = LogParser({}, toolchain.goroot)
    records = [*parser.feed(ran.stderr), *parser.close()]
    return [record for record in records if isinstance(record, Decision)]


def check_points(inlined: Sequence[Decision], plain: Sequence[Decision]) -> Report:
    """Locate all ``inlined`` decisions; ``plain`` are those of the same packages compiled without inlining."""
    report = Report()
    own = {(one.at, one.kind in VARIABLES, one.subject) for one in plain if one.kind in DECISIONS}
    callees: defaultdict[Location, list[str]] = defaultdict(list)
    for one in inlined:
        if one.kind is Kind.INLINED:
            callees[one.at].append(one.subject)
    files: dict[str, SourceFile | None] = {}
    for one in dict.fromkeys(one for one in inlined if one.kind in DECISIONS):
        if (source := _source(one.at.path, files)) is None:
            report.counts["no such file"] += 1
            continue
        variable = one.kind in VARIABLES
        found = locate(source, one.at.pos, one.subject, variable)
        report.counts["unlocated" if found is None else "exact" if found.exact else "copied"] += 1
        said = (one.at, variable, one.subject) in own
        if (why := _wrong(found, one, source, callees[one.at], own=said)) is not None:
            report.counts["wrong"] += 1
            path = "/".join(Path(one.at.path).parts[-3:])
            line, column = one.at.pos.display
            report.wrong.append(f"{path}:{line}:{column}: {one.subject[:80]} ({one.kind.name}): {why}")
    return report


def _wrong(
    found: Located | None, one: Decision, source: SourceFile, callees: Sequence[str], *, own: bool
) -> str | None:
    """What is wrong with a place, if something is."""
    if found is None:
        return "not located"
    what = f"{found.node.type} {text_of(found.node, source)[:60]!r}"
    if not found.exact:
        if not callees:
            return f"taken for a copy at {what}, where nothing was inlined"
        return f"taken for a copy at {what}" if own and found.node.type != "for_statement" else None
    if found.kind in CERTAIN and found.node.type not in CERTAIN[found.kind]:
        return f"{found.kind} at {what}"
    if one.subject == "func literal" and found.kind is not nodes.Kind.FUNC_LITERAL:
        return f"located at {what}"
    if (
        subjects.is_composite(one.subject)
        and " " not in one.subject
        and not _same_composite(one.subject, found, source)
    ):
        return f"located at {what}"
    builtin = one.subject.partition("(")[0]
    if builtin in {"make", "new", "append"} and not text_of(found.node, source).startswith(builtin):
        return f"located at {what}"
    return None


def _same_composite(subject: str, found: Located, source: SourceFile) -> bool:
    kind = nodes.Kind.ADDRESS_OF_COMPOSITE if subject.startswith("&") else nodes.Kind.COMPOSITE
    if found.kind is not kind:
        return False
    if found.node.type == "literal_value" or "go.shape." in subject:
        return True  # The type is left out, or a parameter.
    written = "".join(text_of(found.node, source).split()).lstrip("&(").partition("{")[0]
    printed = "".join(subject.split()).lstrip("&(").partition("{")[0]
    return subjects.last_name(written) == subjects.last_name(printed)


def check_names(records: Sequence[Decision]) -> Report:
    """Hold the names of functions against those that the compiler prints where it says what it can inline."""
    report = Report()
    files: dict[str, SourceFile | None] = {}
    printed: defaultdict[Location, set[str]] = defaultdict(set)
    for one in records:
        if one.kind in {Kind.CAN_INLINE, Kind.CANNOT_INLINE} and "[" not in one.subject:
            printed[one.at].add(one.subject)
    for at, names in printed.items():
        if (source := _source(at.path, files)) is None:
            continue
        function = next((one for one in functions(source) if one.at == at.pos), None)
        if function is None:
            report.counts["of the compiler's making"] += 1
            if not any(word in name for name in names for word in ("deferwrap", "gowrap", "-range")):
                report.wrong.append(f"{at.path}:{at.pos.display}: no function here, but {names}")
        elif function.name in names:
            report.counts["same"] += 1
        elif any("init." in name for name in names):
            report.counts["counted through the package"] += 1
        elif function.literal:
            # A copy that inlining made of a literal is named after the function that it was copied to.
            report.counts["copies"] += 1
        else:
            report.wrong.append(f"{at.path}:{at.pos.display}: {names}, not {function.name}")
    return report


def _source(path: str, files: dict[str, SourceFile | None]) -> SourceFile | None:
    if path not in files:
        try:
            files[path] = parse(Path(path).read_bytes())
        except OSError:  # `<autogenerated>`, and what cgo generates
            files[path] = None
    return files[path]


def standard_packages(toolchain: Toolchain) -> list[str]:
    """All packages of the standard library that have something to build here; some have only tests."""
    template = "{{if or .GoFiles .CgoFiles}}{{.ImportPath}}{{end}}"
    ran = run(
        [toolchain.go, "list", "-f", template, "std"],
        cwd=toolchain.goroot,
        env=BuildConfig().environment(),
        timeout=120,
    )
    assert isinstance(ran, Ran), ran
    return ran.stdout.decode().split()


def batches(packages: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Packages a few at a time, so that a log fits into memory."""
    for start in range(0, len(packages), size):
        yield packages[start : start + size]
