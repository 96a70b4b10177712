"""Rewriting packages as far as the compiler agrees: for the command line, and for all of a file in an editor.

Each rewrite is proved by itself, but not each with a compile of its own: in one attempt every function gets at most one
change, and what each function allocates afterwards says which of them are good. An attempt that breaks something which
nobody can be blamed for is repeated with one half of the changes, and with the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stackward.core.edit import Replacement, overlapping
from stackward.engine.finish import Unfinished, finished
from stackward.engine.rewriting import (
    Candidate,
    Proved,
    Rejected,
    as_far_as_known,
    candidates,
    more,
    new_texts,
    objection,
    prove,
    refuse,
)
from stackward.engine.tally import Function, Tally, outermost, total
from stackward.engine.verify import Compared, DoesNotCompile, compare
from stackward.engine.workbench import Workbench
from stackward.rewrites import Applicability, NewName, Proposal, Rewrite, new_names
from stackward.syntax.functions import functions
from stackward.syntax.tree import SourceFile

_ROUNDS = 100  # Wide changes are made one in a round. They do not go on for ever.
_WORD = re.compile(rb"[\w.]*")


@dataclass(frozen=True, slots=True)
class Applied:
    """A rewrite that was made. ``line`` counts from 0 in ``text``, the one that it was made in."""

    rewrite: str
    path: str
    line: int
    title: str
    applicability: Applicability
    before: Tally
    after: Tally
    text: bytes = field(repr=False)


@dataclass(slots=True)
class Fixed:
    """What became of a package: the new texts of the files that changed, what was done, and what was not and why.

    ``tried`` are the proposals, by their titles, that did not stand the check, with the function of each as it was
    then: as long as that stays, the check would say the same again. What a rewrite itself refuses, another one may make
    possible. ``seen`` are the places that rewrites had something to say about in the last round, ``made`` those where
    one was made, which its rewrite has nothing to add to.
    """

    texts: dict[str, bytes] = field(default_factory=dict)
    applied: list[Applied] = field(default_factory=list)
    rejected: dict[tuple[str, str, int], Rejected] = field(default_factory=dict)
    tried: dict[tuple[tuple[str, str, int], str], bytes] = field(default_factory=dict)
    seen: set[tuple[str, str, int]] = field(default_factory=set)
    made: set[tuple[str, str, int]] = field(default_factory=set)
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rewrites, up to which applicability, in which files (all of the package's own without ``paths``).

    With ``importers`` the packages that import a changed one are recompiled too. ``tests`` wants test files rewritten
    as well; those that call what is changed are in any case.
    """

    rewrites: Sequence[Rewrite]
    applicability: tuple[Applicability, ...] = (Applicability.SAFE,)
    paths: tuple[str, ...] = ()
    importers: bool = True
    tests: bool = False


@dataclass(frozen=True, slots=True)
class _Choice:
    """One proposal of a candidate, and the declared function that holds all of its changes (none: it is wider)."""

    candidate: Candidate
    proposal: Proposal
    function: Function | None


def fix(open_bench: Callable[[Mapping[str, bytes]], Workbench], wanted: Wanted) -> Fixed:
    """Rewrite a package until nothing is left to do. ``open_bench`` gives the package with other texts laid over it."""
    result = Fixed()
    for _ in range(_ROUNDS):
        bench = open_bench(result.texts)
        known = bench.base(bench.units[:1])
        if not isinstance(known, dict):
            result.failure = result.failure or str(known)
            return result
        if not _round(bench, wanted, result) and not _forget(bench, result):
            break
    # What is not there any more is not refused.
    for place in result.rejected.keys() - result.seen:
        del result.rejected[place]
    return result


def prove_all(bench: Workbench, found: Sequence[Candidate]) -> Iterator[Proved | Rejected]:
    """The proofs of many places of a package, with few compiles. Those whose changes are wide are left out."""
    choices = [
        _Choice(candidate, proposal, home)
        for candidate in found
        for proposal in candidate.proposals
        if (home := _home(bench, proposal)) is not None
    ]
    rejected = Fixed()
    best: dict[int, Proved] = {}
    for attempt in _attempts(choices):
        for choice, before, after in _proved(bench, attempt, rejected):
            known = best.get(id(choice.candidate))
            if known is None or after.less_than(known.after):
                best[id(choice.candidate)] = Proved(choice.candidate, choice.proposal, before, after)
    yield from best.values()
    done = {proved.candidate.span for proved in best.values()}
    yield from (one for one in rejected.rejected.values() if one.span not in done)


def _round(bench: Workbench, wanted: Wanted, result: Fixed) -> bool:
    """Rewrite what can be rewritten side by side; False if there is nothing to try."""
    result.seen.clear()
    choices = list(_choices(bench, wanted, result))
    good: dict[int, tuple[_Choice, Tally, Tally]] = {}
    for attempt in _attempts([one for one in choices if one.function is not None]):
        for choice, before, after in _proved(bench, attempt, result):
            key = id(choice.candidate)
            if key not in good or after.less_than(good[key][2]):
                good[key] = (choice, before, after)
    for choice, _, _ in good.values():  # Where one of several proposals is good, the others are no news.
        result.rejected.pop(_place(bench, choice.candidate), None)
    accepted = _apart(_compatible(list(good.values())), bench)
    if accepted:
        _apply(bench, accepted, wanted, result)  # What is not made is not tried again.
        return True
    for choice in {id(one.candidate): one for one in choices if one.function is None}.values():
        # Wide changes go one by one, each on what the one before has left.
        proof = prove(bench, choice.candidate)
        if isinstance(proof, Proved):
            texts = new_texts(bench, proof.proposal)
            assert isinstance(texts, dict), "what was compiled had a text"
            result.texts |= texts
            made = _Choice(choice.candidate, proof.proposal, None)
            result.made.add(_opening(bench, choice.candidate))
            result.applied.append(_applied(made, bench, proof.before, proof.after))
            return True
        for proposal in choice.candidate.proposals:
            _reject(result, bench, replace(choice, proposal=proposal), proof.reason)
    return False


def _forget(bench: Workbench, result: Fixed) -> bool:
    """Forget what was tried in functions that are not as they were then; whether there was any."""
    present = {text for source in bench.files.values() for text in _bodies(source).values()}
    stale = [one for one, text in result.tried.items() if text and text not in present]
    for one in stale:
        del result.tried[one]
    return bool(stale)


def _bodies(source: SourceFile) -> dict[str, bytes]:
    """The texts of the declared functions of a file, by name."""
    declared = (one for one in functions(source) if not one.literal)
    return {one.name: source.text[one.body : one.end] for one in declared}


def _choices(bench: Workbench, wanted: Wanted, result: Fixed) -> Iterator[_Choice]:
    paths = wanted.paths or tuple(path for path in bench.files if wanted.tests or not path.endswith("_test.go"))
    for path in paths:
        for found in candidates(bench, path, wanted.rewrites):
            place = _place(bench, found)
            if isinstance(found, Rejected) and _opening(bench, found) in result.made:
                continue
            result.seen.add(place)
            if isinstance(found, Rejected):
                result.rejected.setdefault(place, found)
                continue
            fresh = tuple(
                one
                for one in found.proposals
                if one.applicability in wanted.applicability and (place, one.title) not in result.tried
            )
            if not fresh:
                continue
            result.rejected.pop(place, None)
            left = replace(found, proposals=fresh)
            yield from (_Choice(left, proposal, _home(bench, proposal)) for proposal in fresh)


def _place(bench: Workbench, found: Candidate | Rejected) -> tuple[str, str, int]:
    """A place that is the same after changes elsewhere: its line's text, and which of the equal ones in its function.

    Blanks do not count: gofmt aligns a line with its neighbours.
    """
    text, offset = bench.files[found.span.path].text, found.span.start
    name, begin, start = _line(bench, found)
    end = text.find(b"\n", offset)
    line = text[start : end if end >= 0 else len(text)]
    before, whole = (b"".join(part.split()) for part in (text[start:offset], line))
    where = f"{found.span.path}:{name}:{whole.decode('utf-8', 'replace')}:{len(before)}"
    return found.rewrite.name, where, text.count(line, begin, max(begin, start))


def _opening(bench: Workbench, found: Candidate | Rejected) -> tuple[str, str, int]:
    """A place that is the same after changes elsewhere, also in what follows on its line."""
    text, offset = bench.files[found.span.path].text, found.span.start
    name, begin, start = _line(bench, found)
    first = _WORD.match(text, offset)
    opening = text[start : first.end() if first is not None else offset]
    where = f"{found.span.path}:{name}:{opening.decode('utf-8', 'replace')}"
    return found.rewrite.name, where, text.count(opening, begin, max(begin, start))


def _line(bench: Workbench, found: Candidate | Rejected) -> tuple[str, int, int]:
    """The declared function around a place, where its body begins, and where the line of the place does."""
    source, offset = bench.files[found.span.path], found.span.start
    around = next((one for one in functions(source) if not one.literal and one.body < offset < one.end), None)
    name, begin = (around.name, around.body) if around is not None else ("", 0)
    return name, begin, source.text.rfind(b"\n", 0, offset) + 1


def _home(bench: Workbench, proposal: Proposal) -> Function | None:
    """The one declared function in whose body all changes are."""
    homes: set[Function | None] = set()
    for path, edits in proposal.edits.items():
        source = bench.files.get(path)
        if source is None:
            return None
        declared = [one for one in functions(source) if not one.literal]
        for edit in edits:
            around = next((one for one in declared if one.body < edit.start and edit.end < one.end), None)
            if around is None or around.name.startswith("init."):
                return None
            homes.add((path, outermost(around.name)))
    return homes.pop() if len(homes) == 1 else None


def _attempts(choices: Sequence[_Choice]) -> Iterator[list[_Choice]]:
    """The choices in groups that have at most one for each function."""
    left = list(choices)
    while left:
        taken: dict[Function | None, _Choice] = {}
        for choice in left:
            taken.setdefault(choice.function, choice)
        yield list(taken.values())
        chosen = {id(choice) for choice in taken.values()}
        left = [choice for choice in left if id(choice) not in chosen]


def _proved(bench: Workbench, attempt: Sequence[_Choice], result: Fixed) -> Iterator[tuple[_Choice, Tally, Tally]]:
    """Those of an attempt that stand the check, with what their functions allocate before and after."""
    if not attempt or bench.shop.cancel.cancelled:
        return
    proposals = [choice.proposal for choice in attempt]
    texts = finished(proposals, bench.files, bench)
    alone = len(attempt) == 1
    # Importers have their say when all changes are made together.
    outcome = texts if isinstance(texts, Unfinished) else compare(bench, texts, proposals, alone=True)
    if isinstance(outcome, Compared):
        owners = {choice.function for choice in attempt}
        if alone or all(one in owners for one in outcome.worse):
            for choice in attempt:
                yield from _judged(bench, choice, outcome, result, alone=alone)
            return
    elif alone:
        _reject(result, bench, attempt[0], _fault(outcome))
        return
    if isinstance(outcome, DoesNotCompile):
        guilty = [choice for choice in attempt if choice.function in outcome.functions]
        if guilty and len(guilty) < len(attempt):
            for choice in guilty:
                yield from _proved(bench, [choice], result)
            yield from _proved(bench, [choice for choice in attempt if choice not in guilty], result)
            return
    half = len(attempt) // 2
    yield from _proved(bench, attempt[:half], result)
    yield from _proved(bench, attempt[half:], result)


def _judged(
    bench: Workbench, choice: _Choice, outcome: Compared, result: Fixed, *, alone: bool
) -> Iterator[tuple[_Choice, Tally, Tally]]:
    function = choice.function
    assert function is not None
    # By itself a change answers for everything, else for its function.
    own = outcome if alone else _only(outcome, function)
    why = objection(own, choice.proposal, as_far_as_known(bench, choice.proposal))
    if why:
        _reject(result, bench, choice, why)
        return
    yield choice, total(own.before.values()), total(own.after.values())


def _only(outcome: Compared, function: Function) -> Compared:
    return Compared(
        {one: tally for one, tally in outcome.before.items() if one == function},
        {one: tally for one, tally in outcome.after.items() if one == function},
    )


def _compatible(good: Sequence[tuple[_Choice, Tally, Tally]]) -> list[tuple[_Choice, Tally, Tally]]:
    """As many as do not change the same bytes, what saves most first; the others have their turn in the next round."""
    taken: dict[str, list[Replacement]] = {}
    found = []
    for one in sorted(good, key=lambda one: one[2].weight - one[1].weight):
        edits = one[0].proposal.edits
        if all(not overlapping([*taken.get(path, ()), *own]) for path, own in edits.items()):
            for path, own in edits.items():
                taken.setdefault(path, []).extend(own)
            found.append(one)
    return _in_turn(found)


def _apart(found: list[tuple[_Choice, Tally, Tally]], bench: Workbench) -> list[tuple[_Choice, Tally, Tally]]:
    """Those that do not declare a name where another one does; the others find a new one in the next round."""
    taken: list[NewName] = []
    kept = []
    for one in found:
        own = new_names(one[0].proposal, bench.files)
        if not any(name.meets(other) for name in own for other in taken):
            taken += own
            kept.append(one)
    return kept


def _in_turn(found: list[tuple[_Choice, Tally, Tally]]) -> list[tuple[_Choice, Tally, Tally]]:
    """The changes that one rewrite makes in one function in the order of the source, so that new names are, too."""
    alike: dict[tuple[str, Function | None], list[int]] = {}
    for number, (choice, _, _) in enumerate(found):
        alike.setdefault((choice.candidate.rewrite.name, choice.function), []).append(number)
    turns = list(found)
    for numbers in alike.values():
        ordered = sorted((found[number] for number in numbers), key=lambda one: one[0].candidate.span.start)
        for number, one in zip(numbers, ordered, strict=True):
            turns[number] = one
    return turns


def _apply(bench: Workbench, accepted: Sequence[tuple[_Choice, Tally, Tally]], wanted: Wanted, result: Fixed) -> bool:
    """Make the changes together, if they are good together; else as many as are."""
    proposals = [choice.proposal for choice, _, _ in accepted]
    texts = finished(proposals, bench.files, bench)
    outcome = texts if isinstance(texts, Unfinished) else compare(bench, texts, proposals, alone=not wanted.importers)
    if (
        not isinstance(texts, Unfinished)
        and isinstance(outcome, Compared)
        and (not outcome.worse or any(one.repairs for one in proposals))
    ):
        result.texts |= texts
        result.made |= {_opening(bench, choice.candidate) for choice, _, _ in accepted}
        result.applied += [_applied(choice, bench, before, after) for choice, before, after in accepted]
        return True
    if len(accepted) == 1:
        _reject(result, bench, accepted[0][0], _fault(outcome))
        return False
    # The other half is tried again in the next round.
    half = len(accepted) // 2
    return _apply(bench, accepted[:half], wanted, result) or _apply(bench, accepted[half:], wanted, result)


def _fault(outcome: Unfinished | DoesNotCompile | Compared) -> str:
    """Why a change by itself is not made."""
    match outcome:
        case Unfinished(reason):
            return reason
        case DoesNotCompile(message):
            return f"it would not compile: {message}"
        case Compared():
            return more(outcome)


def _applied(choice: _Choice, bench: Workbench, before: Tally, after: Tally) -> Applied:
    candidate = choice.candidate
    source = bench.files[candidate.span.path]
    line = source.lines.position(candidate.span.start).line
    title = Proved(candidate, choice.proposal, before, after).title
    level = choice.proposal.applicability
    return Applied(candidate.rewrite.name, candidate.span.path, line, title, level, before, after, source.text)


def _reject(result: Fixed, bench: Workbench, choice: _Choice, reason: str) -> None:
    place, path = _place(bench, choice.candidate), choice.candidate.span.path
    around = _line(bench, choice.candidate)[0] if choice.function is not None else ""
    result.tried[place, choice.proposal.title] = _bodies(bench.files[path]).get(around, b"")
    result.rejected[place] = refuse(bench, choice.candidate, reason)
