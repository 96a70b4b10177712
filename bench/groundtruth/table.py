"""The result as Markdown."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from groundtruth.attribution import Kind
from groundtruth.claims import Claim
from groundtruth.collect import Truth
from groundtruth.gocommand import Go, Package
from groundtruth.score import Miss, Ratio, Score

SOURCES = ("stackward", "-m", "gopls JSON")

TARGETS = (("recall, lines", 0.995), ("recall, objects", 0.999), ("precision", 0.98), ("bytes", 0.99))

_HEAD = "recall lines | recall objects | precision | bytes"


@dataclass(frozen=True, slots=True)
class Measured:
    """One package: what was seen, what stackward claims (by file), and the score of each source of claims."""

    package: Package
    truth: Truth
    claims: Mapping[str, Sequence[Claim]]
    scores: Mapping[str, Score]


def percent(ratio: Ratio) -> str:
    """``98.7 % of 1,234``; a dash where nothing was counted."""
    if ratio.share is None:
        return "–"
    digits = f"{100 * ratio.share:.2f}"
    # What is not all of it must not read as if it were.
    if digits == "100.00" and ratio.part < ratio.whole:
        digits = "99.99"
    return f"{digits} % of {ratio.whole:,}"


def _short(ratio: Ratio) -> str:
    return percent(ratio).partition(" of ")[0]


def total(measured: Sequence[Measured], source: str) -> Score:
    """The score of all packages."""
    result = Score()
    for one in measured:
        result += one.scores[source]
    return result


def render(go: Go, measured: Sequence[Measured], bound: int) -> Iterator[str]:
    """All of it; of each kind of miss at most ``bound`` lines."""
    modules = " in modules that nobody tuned for" if any(one.package.module for one in measured) else ""
    yield f"# What is shown against what allocates{modules}: {go.version}"
    yield ""
    totals = {source: total(measured, source) for source in SOURCES}
    yield f"Tests of {len(measured)} packages, run with every allocation recorded. Made by `make truth`."
    yield ""
    yield f"| | {_HEAD} |"
    yield "|---|---|---|---|---|"
    for source in SOURCES:
        one = totals[source]
        cells = (percent(ratio) for ratio in (one.lines, one.objects, one.precision, one.sizes))
        yield f"| {source} | {' | '.join(cells)} |"
    ours = totals["stackward"]
    verdicts = []
    for (_, target), ratio in zip(TARGETS, (ours.lines, ours.objects, ours.precision, ours.sizes), strict=True):
        met = ratio.share is not None and ratio.share >= target
        verdicts.append(f"≥ {100 * target:.1f} % {'met' if met else 'missed'}")
    yield f"| target | {' | '.join(verdicts)} |"
    yield ""
    yield from _rows(measured)
    yield from _misses(measured, "Seen allocating, not shown", ours.unseen, bound)
    yield from _misses(measured, "Shown as always, executed, not seen allocating", ours.unconfirmed, bound)
    yield from _misses(measured, "Another size than claimed", ours.wrong_size, bound)
    yield from _notes(measured, ours)


def _rows(measured: Sequence[Measured]) -> Iterator[str]:
    """A row for each package, but one for all packages of a module of other people."""
    groups: dict[str, list[Measured]] = {}
    for one in measured:
        groups.setdefault(one.package.module or one.package.path, []).append(one)
    yield "## In detail"
    yield ""
    yield f"| package, or module | lines seen | objects | {_HEAD} | -m: lines | objects | precision | gopls JSON: lines | objects | precision |"
    yield "|---" * 13 + "|"
    for name, group in groups.items():
        ours = total(group, "stackward")
        cells = [name, f"{ours.lines.whole:,}", f"{ours.objects.whole:,}"]
        cells += [_short(ratio) for ratio in (ours.lines, ours.objects, ours.precision, ours.sizes)]
        for source in SOURCES[1:]:
            theirs = total(group, source)
            cells += [_short(ratio) for ratio in (theirs.lines, theirs.objects, theirs.precision)]
        yield f"| {' | '.join(cells)} |"
    yield ""


def _misses(measured: Sequence[Measured], title: str, misses: Sequence[Miss], bound: int) -> Iterator[str]:
    yield f"## {title}: {len(misses)}"
    yield ""
    if not misses:
        return
    reasons = Counter(one.reason for one in misses)
    packages = {file: one.package.path for one in measured for file in one.truth.files}
    if len(reasons) < 12:
        yield ", ".join(f"{count} × {reason}" for reason, count in reasons.most_common())
        yield ""
    yield "| where | objects | bytes | by way of | source | why |"
    yield "|---|---|---|---|---|---|"
    for one in sorted(misses, key=lambda miss: -miss.objects)[:bound]:
        chain = " ← ".join(part.removeprefix("runtime.") for part in one.chain if part != "runtime.mallocgc")
        where = f"{packages[one.file]}/{os.path.basename(one.file)}:{one.line}"
        source = cell(source_line(one.file, one.line))
        yield f"| {where} | {one.objects:,} | {one.bytes:,} | {cell(chain)} | `{source}` | {one.reason}: {cell(one.detail)} |"
    if len(misses) > bound:
        yield ""
        yield f"… and {len(misses) - bound} more (`--misses 0` lists all)."
    yield ""


def _notes(measured: Sequence[Measured], ours: Score) -> Iterator[str]:
    kinds: Counter[Kind] = Counter()
    lines: Counter[Kind] = Counter()
    for one in measured:
        for observation in one.truth.observations:
            kinds[observation.kind] += observation.objects
            lines[observation.kind] += 1
        for name, objects in one.truth.elsewhere.items():
            kinds[Kind[name]] += objects
    yield "## Notes"
    yield ""
    yield "- The tests ran with `-short -memprofilerate=1` on a runtime of which a few lines were changed through `-overlay`: it records from the process's start, lets no two tiny objects (under 16 bytes, no pointers) share a block, keeps the runtime's frames in the profile, and tells the files of a package's initialisation apart. So initialisation and tiny objects count like everything else."
    yield "- A sample belongs to its first frame outside the runtime; inlined frames count. A line is shown if a site's first line or the compiler's own point is on it. Sizes are size classes; those that are seen must be among those that the sites of the line claim for that allocator."
    yield "- Coverage is a second run (`-covermode=count`): instrumented code is inlined differently. What only one of the two runs executed (tests that depend on time or on chance) can be a miss of precision."
    yield "- Raw claims have no strength: each line of `-m` and each `escape` detail of gopls's JSON counts as `always`."
    for kind in Kind:
        if kind is not Kind.CONSTRUCT and kinds[kind]:
            seen = f" at {lines[kind]} places" if lines[kind] else ""
            yield f"- Not counted, {kinds[kind]:,} objects{seen}: {kind.value}."
    if ours.copied.whole:
        yield f"- Of {ours.copied.whole:,} lines into which allocating code of another package was inlined, {ours.copied.part:,} are shown. Recall does not count them: the first frame outside the runtime is over there."
    for reason, count in ours.set_aside.most_common():
        yield f"- Not in the precision, {count:,} lines: {reason}."
    for one in measured:
        for problem in one.truth.problems:
            yield f"- {one.truth.package}: {cell(problem)}"
    yield ""


def source_line(file: str, line: int) -> str:
    """The text of a line, without indentation."""
    with open(file, encoding="utf-8", errors="replace") as text:
        lines = text.read().split("\n")
    return lines[line - 1].strip() if line <= len(lines) else ""


def cell(text: str) -> str:
    """A text that may stand in a cell of a table."""
    flat = " ".join(text.split()).replace("|", "\\|").replace("`", "'")
    return flat if len(flat) <= 160 else flat[:159] + "…"
