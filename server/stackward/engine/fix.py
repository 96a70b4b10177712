"""Rewriting packages as far as the compiler agrees: for the command line, and for all of a file in an editor.

Each rewrite is proved by itself, but not each with a compile of its own: in one attempt every function gets at most one
change, and what each function allocates afterwards says which of them are good. An attempt that breaks something which
nobody can be blamed for is repeated with one half of the changes, and with the other. Changes that reach beyond one
function, such as those of a signature, come when there are no others left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stackward.engine.finish import Unfinished, finished
from stackward.engine.rewriting import (
    Candidate,
    Proved,
    Rejected,
    as_far_as_known,
    candidates,
    more,
    objection,
    refuse,
    sources,
)
from stackward.engine.tally import Function, Tally, total
from stackward.engine.together import Choice, Good, apart, attempts, choice, compatible, on_lines_of_their_own
from stackward.engine.verify import Compared, DoesNotCompile, compare
from stackward.engine.workbench import Workbench
from stackward.rewrites import Applicability, Rewrite
from stackward.syntax.functions import functions

_ROUNDS = 100  # Of changes that meet, one is made in a round. They do not go on for ever.
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

    ``tried`` are the proposals, by their titles, that did not stand the check, with the functions that it was about as
    they were then: as long as these stay, the check would say the same again. What a rewrite itself refuses, another
    one may make possible. ``seen`` are the places that rewrites had something to say about in the last round, ``made``
    those where one was made, which its rewrite has nothing to add to.
    """

    texts: dict[str, bytes] = field(default_factory=dict)
    applied: list[Applied] = field(default_factory=list)
    rejected: dict[tuple[str, str, int], Rejected] = field(default_factory=dict)
    tried: dict[tuple[tuple[str, str, int], str], frozenset[bytes]] = field(default_factory=dict)
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
        made
        for candidate in found
        for proposal in candidate.proposals
        if not (made := choice(bench, candidate, proposal)).wide
    ]
    rejected = Fixed()
    good = _good(bench, choices, rejected)
    yield from (Proved(one.choice.candidate, one.choice.proposal, one.before, one.after) for one in good)
    done = {one.choice.candidate.span for one in good}
    yield from (one for one in rejected.rejected.values() if one.span not in done)


def _round(bench: Workbench, wanted: Wanted, result: Fixed) -> bool:
    """Rewrite what can be rewritten side by side; False if there is nothing to try."""
    result.seen.clear()
    choices = list(_choices(bench, wanted, result))
    accepted = apart(compatible(_good(bench, [one for one in choices if not one.wide], result)), bench.files)
    if not accepted:
        wide = compatible(_good(bench, [one for one in choices if one.wide], result))
        accepted = apart(on_lines_of_their_own(wide, bench), bench.files)
    if accepted:
        _apply(bench, accepted, wanted, result)  # What is not made is not tried again.
    return bool(accepted)


def _good(bench: Workbench, choices: Sequence[Choice], result: Fixed) -> list[Good]:
    """For each candidate the best proposal that stands the check."""
    good: dict[int, Good] = {}
    for attempt in attempts(choices):
        for one in _proved(bench, attempt, result):
            known = good.get(id(one.choice.candidate))
            if known is None or one.after.less_than(known.after):
                good[id(one.choice.candidate)] = one
    for one in good.values():  # Where one of several proposals is good, the others are no news.
        result.rejected.pop(_place(bench, one.choice.candidate), None)
    return list(good.values())


def _forget(bench: Workbench, result: Fixed) -> bool:
    """Forget what was tried with functions that are not as they were then; whether there was any."""
    present = _texts(bench)
    stale = [one for one, texts in result.tried.items() if not texts.issubset(present)]
    for one in stale:
        del result.tried[one]
    return bool(stale)


def _texts(bench: Workbench, some: Container[Function] | None = None) -> frozenset[bytes]:
    """The texts of declared functions of the package, of all or of some."""
    return frozenset(
        source.text[one.start : one.end]
        for path, source in bench.files.items()
        for one in functions(source)
        if not one.literal and (some is None or (path, one.name) in some)
    )


def _choices(bench: Workbench, wanted: Wanted, result: Fixed) -> Iterator[Choice]:
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
            yield from (choice(bench, left, proposal) for proposal in fresh)


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


def _proved(bench: Workbench, attempt: Sequence[Choice], result: Fixed) -> Iterator[Good]:
    """Those of an attempt that stand the check, with what their functions allocate before and after."""
    if not attempt or bench.shop.cancel.cancelled:
        return
    wide = any(one.wide for one in attempt)
    # Importers have their say about what is in one function when all changes are made together.
    outcome = _outcome(bench, attempt, alone=not wide)[1]
    if len(attempt) == 1:
        yield from _judged(bench, attempt[0], outcome, result)
        return
    if isinstance(outcome, Compared):
        owners = {function for one in attempt for function in one.functions}
        # What becomes of other functions may be due to any wide change, be it better or worse.
        if owners.issuperset([*outcome.before, *outcome.after] if wide else outcome.worse):
            for one in attempt:
                yield from _judged(bench, one, _only(outcome, one.functions), result)
            return
    if isinstance(outcome, DoesNotCompile):
        guilty = [one for one in attempt if not one.functions.isdisjoint(outcome.functions)]
        if guilty and len(guilty) < len(attempt):
            for one in guilty:
                yield from _proved(bench, [one], result)
            yield from _proved(bench, [one for one in attempt if one not in guilty], result)
            return
    half = len(attempt) // 2
    yield from _proved(bench, attempt[:half], result)
    yield from _proved(bench, attempt[half:], result)


def _outcome(
    bench: Workbench, choices: Sequence[Choice], *, alone: bool
) -> tuple[dict[str, bytes], Unfinished | DoesNotCompile | Compared]:
    """The new texts with all of these changes, and what the compiler says of them; see ``compare``."""
    proposals = [one.proposal for one in choices]
    files = {path: source for one in proposals for path, source in sources(bench, one).items()}
    texts = finished(proposals, files, bench)
    if isinstance(texts, Unfinished):
        return {}, texts
    return texts, compare(bench, texts, proposals, alone=alone)


def _judged(
    bench: Workbench, one: Choice, outcome: Unfinished | DoesNotCompile | Compared, result: Fixed
) -> Iterator[Good]:
    if isinstance(outcome, Compared):
        why = objection(outcome, one.proposal, as_far_as_known(bench, one.proposal))
        if not why:
            yield Good(one, total(outcome.before.values()), total(outcome.after.values()))
            return
    else:
        why = _fault(outcome)
    _reject(result, bench, one, why, outcome)


def _only(outcome: Compared, functions: frozenset[Function]) -> Compared:
    """What is due to a change of some functions, if it is made beside changes of others."""
    return Compared(
        {one: tally for one, tally in outcome.before.items() if one in functions},
        {one: tally for one, tally in outcome.after.items() if one in functions},
    )


def _apply(bench: Workbench, accepted: Sequence[Good], wanted: Wanted, result: Fixed) -> bool:
    """Make the changes together, if they are good together; else as many as are."""
    texts, outcome = _outcome(bench, [one.choice for one in accepted], alone=not wanted.importers)
    repairs = any(one.choice.proposal.repairs for one in accepted)
    if isinstance(outcome, Compared) and (not outcome.worse or repairs):
        result.texts |= texts
        result.made |= {_opening(bench, one.choice.candidate) for one in accepted}
        result.applied += [_applied(bench, one) for one in accepted]
        return True
    if len(accepted) == 1:
        _reject(result, bench, accepted[0].choice, _fault(outcome), outcome)
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


def _applied(bench: Workbench, good: Good) -> Applied:
    candidate, proposal = good.choice.candidate, good.choice.proposal
    source = bench.files[candidate.span.path]
    line = source.lines.position(candidate.span.start).line
    title = Proved(candidate, proposal, good.before, good.after).title
    before, after, level = good.before, good.after, proposal.applicability
    return Applied(candidate.rewrite.name, candidate.span.path, line, title, level, before, after, source.text)


def _reject(
    result: Fixed, bench: Workbench, choice: Choice, reason: str, outcome: Unfinished | DoesNotCompile | Compared
) -> None:
    place = _place(bench, choice.candidate)
    about = choice.functions.union(outcome.worse if isinstance(outcome, Compared) else ())
    result.tried[place, choice.proposal.title] = _texts(bench, about)
    result.rejected[place] = refuse(bench, choice.candidate, reason)
