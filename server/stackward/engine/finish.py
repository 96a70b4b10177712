"""From what rewrites propose to whole texts: edits applied, imports put right, formatted as gofmt does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stackward.core.edit import Replacement, applied, difference, overlapping, spans
from stackward.core.facts import NoFacts
from stackward.engine.workbench import Workbench
from stackward.rewrites import Proposal, imported, settled_imports
from stackward.syntax.tree import SourceFile, parse


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Why there is no text."""

    reason: str


def finished(
    proposals: Iterable[Proposal], files: Mapping[str, SourceFile], bench: Workbench
) -> dict[str, bytes] | Unfinished:
    """The new texts of all files that the proposals change. ``files`` has the sources that they are about."""
    edits: dict[str, list[Replacement]] = {}
    needed: dict[str, list[str]] = {}
    for proposal in proposals:
        for path, own in proposal.edits.items():
            edits.setdefault(path, []).extend(own)
        for path, paths in proposal.imports.items():
            needed.setdefault(path, []).extend(paths)
    texts: dict[str, bytes] = {}
    for path, changes in edits.items():
        before = files[path]
        if overlapping(changes):
            return Unfinished("its changes overlap")
        after = parse(applied(before.text, set(changes)))
        if after.tree.root_node.has_error and not before.tree.root_node.has_error:
            return Unfinished("the result cannot be parsed")
        imports = settled_imports(before, after, needed.get(path, ()), bench.files.values())
        text = applied(after.text, imports)
        fresh = set(imported(text)) - set(imported(before.text)) - bench.dependencies - {"C", "unsafe"}
        if fresh and bench.units[0].standard:
            # Which of its packages may depend on which is a policy of the standard library (go/build: deps_test.go).
            return Unfinished(f"the package would depend on {', '.join(sorted(fresh))}, which it does not now")
        texts[path] = _ending_alike(before.text, text, bench)
    return texts


def _ending_alike(before: bytes, after: bytes, bench: Workbench) -> bytes:
    """The text as ``_formatted``, its lines ended as those before: gofmt takes every carriage return out.

    Those in a raw string are no part of it, so it may have them or not.
    """
    returns = before.count(b"\r\n")
    if not returns or returns != before.count(b"\n"):
        return _formatted(before, after, bench)
    plain = _formatted(before.replace(b"\r\n", b"\n"), after.replace(b"\r\n", b"\n"), bench)
    return plain.replace(b"\n", b"\r\n")


def _formatted(before: bytes, after: bytes, bench: Workbench) -> bytes:
    """The text as gofmt writes it, of a file that is not so as it is no more than what is new.

    Nobody wants all of a file changed for one rewrite, nor the layout of a line that stays one.
    """
    types, cancel = bench.shop.tools.types, bench.shop.cancel
    formatted = types.formatted(after, cancel)
    if isinstance(formatted, NoFacts) or formatted == after or types.formatted(before, cancel) == before:
        return after if isinstance(formatted, NoFacts) else formatted
    changes = difference(before, after)
    fresh = [
        span
        for span, one in zip(spans(changes), changes, strict=True)
        if one.new.count(b"\n") != before.count(b"\n", one.start, one.end)
    ]
    return applied(after, [one for one in difference(after, formatted) if any(_meets(one, *span) for span in fresh)])


def _meets(change: Replacement, start: int, end: int) -> bool:
    """Whether a change is about some of the bytes from ``start`` up to ``end``, or the place where these would be."""
    if change.start == change.end or start == end:
        return change.start <= end and start <= change.end
    return change.start < end and start < change.end
