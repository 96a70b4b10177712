"""Compares the sites that stackward shows with the labels of a case file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from allocations.casefile import CaseFile, Label, Verdict
from allocations.truth import family
from stackward.core.site import Allocates, Site

ALLOCATING = {Verdict.ALWAYS: Allocates.ALWAYS, Verdict.SOMETIMES: Allocates.SOMETIMES}


def differences(case: CaseFile, sites: Iterable[Site], minor: int) -> Iterator[str]:
    """What is shown and not so, and what is so and not shown; ``sites`` are those of the case file alone."""
    labels: dict[int, list[Label]] = {}
    for label in case.labels_in(minor):
        labels.setdefault(label.line, []).append(label)
    shown: dict[int, list[Site]] = {}
    for site in sites:
        shown.setdefault(site.range.start.line + 1, []).append(site)
    free = _unjudged(case)
    for line in sorted(labels.keys() | shown.keys()):
        if any(label.get("gap") for label in labels.get(line, ())):
            if not list(_line(labels[line], shown.get(line, []))):
                yield f"line {line}: this is no gap any more"
        elif line in labels or line not in free:
            yield from (f"line {line}: {text}" for text in _line(labels.get(line, []), shown.get(line, [])))


def _unjudged(case: CaseFile) -> set[int]:
    """Lines without a label that may allocate: package variables that runners are given, and the runners themselves."""
    runners = {runner.name for runner in case.runners}
    return {line for line, owner in enumerate(case.owners, start=1) if not owner or owner in runners}


def _line(labels: list[Label], sites: list[Site]) -> Iterator[str]:
    wanted = [label for label in labels if label.verdict in ALLOCATING]
    unknown = [site for site in sites if site.allocates is Allocates.UNKNOWN]
    yield from (f"{site.subject}: it is not said whether it allocates" for site in unknown)
    left = [site for site in sites if site.allocates in ALLOCATING.values()]
    for label in sorted(wanted, key=lambda one: -len(one.attributes)):
        found = min(left, key=lambda site: _distance(label, site), default=None)
        if found is None:
            yield f"no site is shown as {label.verdict.value}: {dict(label.attributes)}"
            continue
        left.remove(found)
        yield from (f"{found.subject}: {text}" for text in _site(label, found))
    # A label of `never` with a function of the runtime is one that is called and does not allocate for these values;
    # code of a callee that is inlined here is shown with the callee's name.
    called = any(label.verdict is Verdict.NEVER and label.get("runtime") for label in labels)
    for site in left:
        if not (called and site.allocates is Allocates.SOMETIMES) and not site.inlined_from:
            yield f"{site.subject}: shown as {site.allocates.value} ({site.runtime}, {site.when or site.bytes})"


def _distance(label: Label, site: Site) -> int:
    subject = label.get("subject")
    return (
        4 * (subject is not None and subject != site.subject)
        + 2 * (site.allocates is not ALLOCATING[label.verdict])
        + (not _same_runtime(label, site))
        + (label.bytes is not None and label.bytes != site.bytes)
    )


def _same_runtime(label: Label, site: Site) -> bool:
    stated = label.get("runtime")
    return stated is None or (site.runtime is not None and family(site.runtime) in stated.split(","))


def _site(label: Label, site: Site) -> Iterator[str]:
    if site.allocates is not ALLOCATING[label.verdict]:
        yield f"shown as {site.allocates.value} ({site.when}), and it is {label.verdict.value} ({label.get('when')})"
    if not _same_runtime(label, site):
        yield f"shown with {site.runtime}, and it calls {label.get('runtime')}"
    if label.bytes is not None and site.bytes != label.bytes:
        yield f"shown with {site.bytes} bytes, and it has {label.bytes}"
    stated = label.get("class")
    if stated is not None and site.size_class != int(stated):
        yield f"shown in the size class {site.size_class}, and it is in {stated}"
