"""Which changes can be tried in one compile, and which can be made side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stackward.core.edit import Replacement, overlapping
from stackward.engine.rewriting import Candidate, sources
from stackward.engine.tally import Function, Tally, outermost
from stackward.engine.workbench import Workbench
from stackward.rewrites import NewName, Proposal, new_names
from stackward.syntax.functions import functions
from stackward.syntax.tree import SourceFile


@dataclass(frozen=True, slots=True)
class Choice:
    """One proposal of a candidate, and the declared functions that it changes.

    It is ``wide`` if it changes more than the body of one. Without functions some change is outside of all.
    """

    candidate: Candidate
    proposal: Proposal
    functions: frozenset[Function]
    wide: bool


@dataclass(frozen=True, slots=True)
class Good:
    """A choice that stands the check, with what the functions that it changes allocate."""

    choice: Choice
    before: Tally
    after: Tally


def choice(bench: Workbench, candidate: Candidate, proposal: Proposal) -> Choice:
    """A proposal with the functions that it changes, those in files of importers among them."""
    changed: set[Function] = set()
    wide = False
    for path, source in sources(bench, proposal).items():
        declared = [one for one in functions(source) if not one.literal and not one.name.startswith("init.")]
        for edit in proposal.edits[path]:
            around = next((one for one in declared if one.start <= edit.start and edit.end <= one.end), None)
            if around is None:
                return Choice(candidate, proposal, frozenset(), wide=True)
            wide = wide or path not in bench.files or not (around.body < edit.start and edit.end < around.end)
            changed.add((path, outermost(around.name)))
    return Choice(candidate, proposal, frozenset(changed), wide or len(changed) != 1)


def attempts(choices: Sequence[Choice]) -> Iterator[list[Choice]]:
    """The choices in groups that have at most one for each function; one that may be of any is by itself."""
    left = [one for one in choices if one.functions]
    yield from ([one] for one in choices if not one.functions)
    while left:
        taken: set[Function] = set()
        attempt, later = [], []
        for one in left:
            if taken.isdisjoint(one.functions):
                taken |= one.functions
                attempt.append(one)
            else:
                later.append(one)
        yield attempt
        left = later


def compatible(good: Sequence[Good]) -> list[Good]:
    """As many as do not change the same bytes, what saves most first; the others have their turn in the next round."""
    taken: dict[str, list[Replacement]] = {}
    found = []
    for one in sorted(good, key=lambda one: one.after.weight - one.before.weight):
        edits = one.choice.proposal.edits
        if all(not overlapping([*taken.get(path, ()), *own]) for path, own in edits.items()):
            for path, own in edits.items():
                taken.setdefault(path, []).extend(own)
            found.append(one)
    return _in_turn(found)


def apart(found: Sequence[Good], files: Mapping[str, SourceFile]) -> list[Good]:
    """Those that do not declare a name where another one does; the others find a new one in the next round."""
    taken: list[NewName] = []
    kept = []
    for one in found:
        own = new_names(one.choice.proposal, files)
        if not any(name.meets(other) for name in own for other in taken):
            taken += own
            kept.append(one)
    return kept


def on_lines_of_their_own(found: Sequence[Good], bench: Workbench) -> list[Good]:
    """Those that share no line with one before; the others are proved again on what that has left."""
    taken: set[tuple[str, int]] = set()
    kept = []
    for one in found:
        own = _lines(one.choice.proposal, sources(bench, one.choice.proposal))
        if taken.isdisjoint(own):
            taken |= own
            kept.append(one)
    return kept


def _lines(proposal: Proposal, files: Mapping[str, SourceFile]) -> set[tuple[str, int]]:
    """The lines that a proposal changes, as file and number."""
    return {
        (path, line)
        for path, edits in proposal.edits.items()
        for edit in edits
        for line in range(files[path].lines.position(edit.start).line, files[path].lines.position(edit.end).line + 1)
    }


def _in_turn(found: Sequence[Good]) -> list[Good]:
    """The changes that one rewrite makes in one function in the order of the source, so that new names are, too."""
    alike: dict[tuple[str, frozenset[Function]], list[int]] = {}
    for number, one in enumerate(found):
        alike.setdefault((one.choice.candidate.rewrite.name, one.choice.functions), []).append(number)
    turns = list(found)
    for numbers in alike.values():
        ordered = sorted((found[number] for number in numbers), key=lambda one: one.choice.candidate.span.start)
        for number, one in zip(numbers, ordered, strict=True):
            turns[number] = one
    return turns


__all__ = ["Choice", "Good", "apart", "attempts", "choice", "compatible", "on_lines_of_their_own"]
