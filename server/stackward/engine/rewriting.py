"""What can be rewritten in a file, and the proof of one rewrite."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from stackward.core.edit import Replacement, difference
from stackward.engine.finish import Unfinished, finished
from stackward.engine.tally import Tally, total
from stackward.engine.verify import Compared, DoesNotCompile, compare
from stackward.engine.workbench import Workbench
from stackward.rewrites import REWRITES, Proposal, Refusal, Rewrite, Scene, Span, loses_comment, walk
from stackward.syntax.excerpt import LINE_DIRECTIVE
from stackward.syntax.functions import declared_name
from stackward.syntax.tree import SourceFile, generated

_DECLARED = frozenset({"function_declaration", "method_declaration"})
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place with what a rewrite proposes for it, not yet tried. ``span`` is that of the node it started from."""

    rewrite: Rewrite
    span: Span
    proposals: tuple[Proposal, ...]

    @property
    def title(self) -> str:
        return self.proposals[0].title


@dataclass(frozen=True, slots=True)
class Rejected:
    """A place that a rewrite, or the check, leaves alone, and why. ``text`` is what the span is of."""

    rewrite: Rewrite
    span: Span
    reason: str
    text: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proved:
    """A rewrite that the compiler has confirmed, with what the functions that it changes allocate."""

    candidate: Candidate
    proposal: Proposal
    before: Tally
    after: Tally

    @property
    def title(self) -> str:
        """What is changed, what may differ, and what was proved."""
        differs = f", {self.proposal.differs}" if self.proposal.differs else ""
        saved = saving(self.before, self.after)
        return f"{self.proposal.title}{differs}{f' ({saved})' if saved else ''}"


def candidates(
    bench: Workbench, path: str, rewrites: Sequence[Rewrite] = REWRITES, within: tuple[int, int] | None = None
) -> Iterator[Candidate | Rejected]:
    """The places of a file at which something can be proposed, and those where it is refused, in their order.

    ``within`` are the bytes that a place has to overlap. A rewrite that fails costs only itself.
    """
    source = bench.files.get(path)
    if source is None or generated(source):
        return  # What is changed in it would be lost.
    starting: dict[str, list[Rewrite]] = {}
    for rewrite in rewrites:
        for start in rewrite.starts:
            starting.setdefault(start, []).append(rewrite)
    for node in walk(source.tree.root_node):
        if within is not None and (node.end_byte < within[0] or node.start_byte > within[1]):
            continue
        for rewrite in starting.get(node.type, ()):
            try:
                if not rewrite.suits(node, source):
                    continue
                scene = Scene(bench, path, source, node)
                offers = list(rewrite.propose(scene))
            except Exception:
                log.exception("rewrite %s failed at %s:%d", rewrite.name, path, node.start_point[0] + 1)
                continue
            proposed = tuple(one for one in offers if isinstance(one, Proposal))
            proposals = tuple(one for one in proposed if not loses_comment(one, sources(bench, one)))
            if proposed and not proposals:
                yield Rejected(rewrite, scene.span(node), "a comment would be lost", source.text)
                continue
            if proposals and LINE_DIRECTIVE.search(source.text, 0, node.end_byte):
                moved = "a line directive moves it, so that what the compiler says of it could not be found"
                yield Rejected(rewrite, scene.span(node), moved, source.text)
                continue
            if proposals:
                yield Candidate(rewrite, scene.span(node), proposals)
                continue
            for offer in offers:
                if isinstance(offer, Refusal):
                    yield Rejected(rewrite, scene.span(node), offer.reason, source.text)


def prove(bench: Workbench, candidate: Candidate) -> Proved | Rejected:
    """Try all that is proposed for a place; the cheapest that stands the check."""
    best: Proved | None = None
    reason = ""
    for proposal in candidate.proposals:
        outcome = _try(bench, candidate, proposal)
        if isinstance(outcome, Proved):
            if best is None or outcome.after.less_than(best.after):
                best = outcome
        else:
            reason = reason or outcome.reason
    return best or refuse(bench, candidate, reason)


def refuse(bench: Workbench, candidate: Candidate, reason: str) -> Rejected:
    """A place that the check leaves alone."""
    return Rejected(candidate.rewrite, candidate.span, reason, bench.files[candidate.span.path].text)


def _try(bench: Workbench, candidate: Candidate, proposal: Proposal) -> Proved | Rejected:
    def rejected(reason: str) -> Rejected:
        return refuse(bench, candidate, reason)

    texts = new_texts(bench, proposal)
    if isinstance(texts, Unfinished):
        return rejected(texts.reason)
    compared = compare(bench, texts, [proposal])
    if isinstance(compared, DoesNotCompile):
        return rejected(f"it would not compile: {compared.message}")
    if (why := objection(compared, proposal, as_far_as_known(bench, proposal))) != "":
        return rejected(why)
    return Proved(candidate, proposal, total(compared.before.values()), total(compared.after.values()))


def new_texts(bench: Workbench, proposal: Proposal) -> dict[str, bytes] | Unfinished:
    """The texts of all files that a proposal changes, those of importers among them."""
    return finished([proposal], sources(bench, proposal), bench)


def sources(bench: Workbench, proposal: Proposal) -> dict[str, SourceFile]:
    """The files that a proposal is about, as they are."""
    files = {path: bench.files[path] for path in proposal.edits if path in bench.files}
    for importer in (bench.importers() or ()) if len(files) < len(proposal.edits) else ():
        files |= {path: importer.files[path] for path in proposal.edits if path in importer.files}
    return {path: files[path] for path in proposal.edits}


def edits(bench: Workbench, proved: Proved) -> dict[str, tuple[Replacement, ...]]:
    """The changes of a proved rewrite, as they are to be made."""
    texts, files = new_texts(bench, proved.proposal), sources(bench, proved.proposal)
    assert isinstance(texts, dict), "what was compiled had a text"
    return {path: difference(files[path].text, text) for path, text in texts.items()}


def objection(compared: Compared, proposal: Proposal, limits: str = "") -> str:
    """Why a change that compiles is not good enough; empty if it is. For ``limits`` see ``as_far_as_known``."""
    if proposal.repairs:
        return ""
    if compared.worse:
        return more(compared)
    if not compared.better:
        return f"it would save nothing{limits}"
    if _more_often(total(compared.before.values()), total(compared.after.values())):
        return "what it saves is made seldom, and what it costs every time"
    return ""


def as_far_as_known(bench: Workbench, proposal: Proposal) -> str:
    """What limits that judgement: generic code is compiled where it is instantiated, and perhaps nowhere."""
    for path, edits in proposal.edits.items():
        source = bench.files.get(path)
        for edit in edits if source is not None else ():
            assert source is not None
            around = [one for one in source.tree.root_node.children if one.start_byte < edit.start < one.end_byte]
            if any(one.type in _DECLARED and declared_name(one, source)[1] for one in around):
                return " in the code that is compiled of it here"
    return ""


def more(compared: Compared) -> str:
    """That a function would allocate more, the first that would."""
    function = compared.worse[0][1] or "the package's initialisation"
    return f"{function} would allocate more"


def _more_often(before: Tally, after: Tally) -> bool:
    """Whether there is more that allocates each time, and nothing but what only may allocate is gone for it."""
    return after.calls + after.turns > before.calls + before.turns and after.growths >= before.growths


def saving(before: Tally, after: Tally) -> str:
    """What was proved, in words: one allocation and so many bytes less per call."""
    return ", ".join(savings(before, after))


def savings(before: Tally, after: Tally) -> list[str]:
    """The parts of ``saving``: per call, per iteration, of what only may be made, and of what grows."""
    calls, turns, growths = after.calls - before.calls, after.turns - before.turns, after.growths - before.growths
    chances = after.chances - before.chances
    parts = []
    if calls:
        bytes_ = _bytes(before, after) if calls < 0 else ""
        parts.append(f"{_count(calls)}{bytes_} per call")
    if turns:
        parts.append(f"{_count(turns)} per iteration")
    if chances:
        parts.append(_count(chances, "possible "))
    if growths < 0:
        parts.append("no growth" if after.growths == 0 else "less growth")
    if not parts and after.bytes < before.bytes:
        return [less] if (less := _bytes(before, after).removeprefix(", ")) else []
    return parts


def _count(number: float, kind: str = "") -> str:
    shown = f"{abs(number):g}"
    sign = "\N{MINUS SIGN}" if number < 0 else "+"
    return f"{sign}{shown} {kind}allocation{'' if shown == '1' else 's'}"


def _bytes(before: Tally, after: Tally) -> str:
    if before.call_bytes is None or after.call_bytes is None or before.call_bytes <= after.call_bytes:
        return ""
    return f", \N{MINUS SIGN}{before.call_bytes - after.call_bytes:,} B"


__all__ = [
    "Candidate",
    "Proved",
    "Rejected",
    "as_far_as_known",
    "candidates",
    "objection",
    "prove",
    "refuse",
    "saving",
    "savings",
]
