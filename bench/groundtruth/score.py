"""Claims against what was seen: recall, precision and sizes of one package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from groundtruth.attribution import Kind
from groundtruth.claims import Claim
from groundtruth.collect import Observation, Truth
from groundtruth.native import enclosing

Line = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Ratio:
    """So many of so many."""

    part: int = 0
    whole: int = 0

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio(self.part + other.part, self.whole + other.whole)

    @property
    def share(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.part / self.whole if self.whole else None

    def add(self, hit: bool, weight: int = 1) -> Ratio:
        """One more case."""
        return self + Ratio(weight if hit else 0, weight)


@dataclass(frozen=True, slots=True)
class Miss:
    """A line on which claims and truth differ, with all that explains it."""

    file: str
    line: int
    reason: str
    detail: str
    objects: int = 0
    bytes: int = 0
    chain: tuple[str, ...] = ()


@dataclass(slots=True)
class Score:
    """The figures of one package and one source of claims."""

    lines: Ratio = field(default_factory=Ratio)
    objects: Ratio = field(default_factory=Ratio)
    precision: Ratio = field(default_factory=Ratio)
    sizes: Ratio = field(default_factory=Ratio)
    copied: Ratio = field(default_factory=Ratio)
    """Lines into which allocating code of another package was inlined. Their allocations belong to lines over there, so
    recall does not count them; but who looks at the line may want to know."""
    unseen: list[Miss] = field(default_factory=list)
    """Seen allocating, not shown."""
    unconfirmed: list[Miss] = field(default_factory=list)
    """Shown as ``always`` and executed, not seen allocating."""
    wrong_size: list[Miss] = field(default_factory=list)
    set_aside: Counter[str] = field(default_factory=Counter)
    """``always`` lines that precision does not count, by reason."""

    def __iadd__(self, other: Score) -> Self:
        self.lines += other.lines
        self.objects += other.objects
        self.precision += other.precision
        self.sizes += other.sizes
        self.copied += other.copied
        self.unseen += other.unseen
        self.unconfirmed += other.unconfirmed
        self.wrong_size += other.wrong_size
        self.set_aside += other.set_aside
        return self


_ALLOCATED = frozenset((Kind.CONSTRUCT, Kind.COPY))
# What a function of the runtime's interface allocates is not the line's own, but who shows it there is right.
_CONFIRMS = _ALLOCATED | {Kind.CALL}

NOT_SHOWN = "known, but not shown"
IN_RANGE = "within the range of a site that is shown on another line"
AT_ITS_CALL = "a parameter of a function that is inlined there, shown where it is declared, which names this call"
COPY_IN_TEST = "seen only in a copy that was inlined into a test"
COPY_ELSEWHERE = "seen only in a copy that was inlined into another package"
NOT_ANALYSED = "the package was not analysed"
UNEXPLAINED = "unexplained"

ONLY_COPIES = "executed only in copies that were inlined into tests or other packages; no code of its own in the binary"
NO_BLOCK = "coverage has no count for the place"
NOT_EXECUTED = "not executed by the tests"


def score(truth: Truth, claims: Mapping[str, Sequence[Claim]], failed: Mapping[str, str]) -> Score:
    """Compares."""
    result = Score()
    seen: dict[Line, list[Observation]] = {}
    for one in truth.observations:
        if one.kind is Kind.CONSTRUCT:
            seen.setdefault((one.file, one.line), []).append(one)
    carried = {line for one in truth.observations if one.kind in _CONFIRMS for line in one.carriers}
    shown = {(c.file, line): c for cs in claims.values() for c in cs if c.shown for line in c.lines}
    for (file, line), observations in sorted(seen.items()):
        hit = (file, line) in shown
        objects = sum(one.objects for one in observations)
        result.lines = result.lines.add(hit)
        result.objects = result.objects.add(hit, objects)
        if not hit:
            reason = _why_unseen((file, line), observations, claims, truth, failed)
            result.unseen.append(_miss(file, line, reason, observations))
    for place in sorted({(one.file, one.line) for one in truth.observations if one.kind is Kind.COPY} - seen.keys()):
        result.copied = result.copied.add(place in shown)
    if truth.coverage.files and truth.profiled:
        for file in truth.files:
            _precision(result, truth, file, claims.get(file, ()), carried)
    sized: dict[Line, list[Observation]] = {}
    for one in truth.observations:
        if one.kind in _ALLOCATED:
            sized.setdefault((one.file, one.line), []).append(one)
    for file in truth.files:
        _sizes(result, file, claims.get(file, ()), sized)
    return result


def _miss(file: str, line: int, reason: tuple[str, str], observations: Sequence[Observation]) -> Miss:
    most = max(observations, key=lambda one: one.objects)
    return Miss(
        file,
        line,
        *reason,
        objects=sum(one.objects for one in observations),
        bytes=sum(one.objects * one.size for one in observations),
        chain=most.chain,
    )


def _why_unseen(
    at: Line,
    observations: Sequence[Observation],
    claims: Mapping[str, Sequence[Claim]],
    truth: Truth,
    failed: Mapping[str, str],
) -> tuple[str, str]:
    if truth.package in failed:
        return NOT_ANALYSED, failed[truth.package].splitlines()[0]
    (file, line), own = at, claims.get(at[0], ())
    kept_back = [one.text for one in own if line in one.lines and not one.shown]
    if kept_back:
        return NOT_SHOWN, "; ".join(kept_back)
    named = [one for those in claims.values() for one in those if one.shown and (file, line) in one.calls]
    if named:
        return AT_ITS_CALL, f"{Path(named[0].file).name}:{min(named[0].lines)}: {named[0].text}"
    around = [one for one in own if one.shown and min(one.lines) < line <= one.end]
    if around:
        closest = max(around, key=lambda one: min(one.lines))
        return IN_RANGE, f"line {min(closest.lines)}: {closest.text}"
    where = observations[0].function
    if all(one.body_file not in truth.files for one in observations):
        copies = ", ".join(sorted({one.body for one in observations}))
        in_tests = all(one.body_file.endswith("_test.go") for one in observations)
        return COPY_IN_TEST if in_tests else COPY_ELSEWHERE, f"{where} in {copies}"
    return UNEXPLAINED, f"in {where}"


def _precision(result: Score, truth: Truth, file: str, claims: Sequence[Claim], carried: set[Line]) -> None:
    def executed(name: str, at: int) -> bool:
        return bool(truth.coverage.line_executions(name, at))

    by_line: dict[int, list[Claim]] = {}
    for one in claims:
        if one.shown and one.always:
            by_line.setdefault(one.point[0], []).append(one)
    for line, here in sorted(by_line.items()):
        counts = [executions(truth, one) for one in here]
        known = [one for one in counts if one is not None]
        # A copy's point may be that of the call: then the sample is seen there, and the claim names it.
        if any((file, at) in carried for one in here for at in one.lines) or any(one.calls & carried for one in here):
            result.precision = result.precision.add(hit=True)
        elif not known:
            result.set_aside[NO_BLOCK] += 1
        elif not max(known):
            result.set_aside[NOT_EXECUTED] += 1
        elif truth.native.only_copied_away(truth.native.function(file, line), executed):
            result.set_aside[ONLY_COPIES] += 1
        else:
            result.precision = result.precision.add(hit=False)
            detail = "; ".join(sorted({one.text for one in here}))
            reason = f"executed {max(known)} times{_only_seen_as(truth, file, line)}"
            result.unconfirmed.append(Miss(file, line, reason, detail))


def _only_seen_as(truth: Truth, file: str, line: int) -> str:
    """A remark where all that was seen of the function was in copies of it, which may have been optimised further."""
    around = truth.native.innermost(file, line)
    if around is None:
        return ""
    bodies = {one.body for one in truth.observations if one.file == file and around.line <= one.line <= around.end}
    declared = truth.native.declared_names
    if not bodies or any(enclosing(body, declared) for body in bodies):
        return ""
    return f"; the function was seen only as {', '.join(sorted(bodies)[:2])}"


def executions(truth: Truth, claim: Claim) -> int | None:
    """How often the place of a claim ran. What is at package level runs once, at start, and no block has it.

    A parameter or receiver that lives on the heap is allocated when the function is entered: no block has it either, and the
    first of the body counts.
    """
    counted = truth.coverage.executions(claim.file, claim.point)
    if counted is not None:
        return counted
    if not claim.function:
        return 1
    around = truth.native.innermost(claim.file, claim.point[0])
    if around is None:
        return None
    before, after = truth.coverage.neighbours(claim.file, claim.point)
    entered = before is not None and around.line < before.start[0]
    return after.count if after is not None and after.start[0] <= around.end and not entered else None


def _sizes(result: Score, file: str, claims: Sequence[Claim], seen: Mapping[Line, Sequence[Observation]]) -> None:
    """Sizes are compared per line and allocator: a sample knows its line and what was called there, not its column.

    So the sizes that are seen must be among those that are claimed, of all sites there that call that allocator.
    """
    together: dict[tuple[int, str | None], list[Claim]] = {}
    for one in claims:
        if one.shown:
            together.setdefault((one.point[0], _entry(one.runtime)), []).append(one)
    for (line, entry), here in sorted(together.items(), key=lambda entry: (entry[0][0], entry[0][1] or "")):
        observations = [
            one
            for one in seen.get((file, line), ())
            if one.objects and _entry(one.chain[-1] if one.chain else None) == entry
        ]
        if observations and all(one.size is not None for one in here):
            _size(result, here, line, observations)


def _entry(function: str | None) -> str | None:
    """The allocator as a sample can tell it. The entry points that are called directly from Go 1.26 on, one per size class,
    are left out of stacks, which begin with what called them.
    """
    return None if function is None or function.startswith("runtime.mallocgc") else function


def _size(result: Score, claims: Sequence[Claim], line: int, observations: Sequence[Observation]) -> None:
    sizes = {one.size for one in observations}
    claimed = sorted({one.size for one in claims if one.size is not None})
    # A tiny object (under 16 bytes, no pointers) has a block of its own in the runtime that records.
    tiny = {16} if any(one.bytes is not None and one.bytes < 16 for one in claims) else set()
    agrees = sizes <= {*claimed, *tiny}
    result.sizes = result.sizes.add(agrees)
    if not agrees:
        reason = f"{_listed(claimed)} claimed, {_listed(sorted(sizes))} seen"
        texts = "; ".join(sorted({one.text for one in claims}))
        result.wrong_size.append(_miss(claims[0].file, line, (reason, texts), observations))


def _listed(sizes: Sequence[int]) -> str:
    return ", ".join(map(str, sizes))
