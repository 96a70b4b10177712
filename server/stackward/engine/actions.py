"""The rewrites that an editor can offer: found after each analysis, proved beside it, made when asked for.

What is known is about texts, not moments: every answer holds for the texts of its package as they were, and is given
only while they are the same.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from stackward.core.edit import Replacement, difference
from stackward.engine.benches import Benches
from stackward.engine.benchmark import Measured, benchmark
from stackward.engine.fix import Applied, Wanted, fix, prove_all
from stackward.engine.folder import Tools
from stackward.engine.modules import foreign
from stackward.engine.rewriting import Candidate, Proved, Rejected, candidates, edits, prove
from stackward.engine.session import Session
from stackward.engine.workbench import Workbench
from stackward.rewrites import REWRITES, Applicability
from stackward.toolchain.process import CancelToken, DidNotRun
from stackward.toolchain.unit import Recorded


@dataclass(frozen=True, slots=True)
class Offer:
    """A rewrite that can be made. ``proof`` is None as long as it has not been tried.

    ``foreign`` says why it is shown but not made: the code is not the user's.
    """

    number: int
    candidate: Candidate
    proof: Proved | None = None
    foreign: str = ""

    @property
    def title(self) -> str:
        return self.proof.title if self.proof is not None else self.candidate.title

    @property
    def applicability(self) -> Applicability:
        if self.foreign:
            return Applicability.DISPLAY
        proposal = self.proof.proposal if self.proof is not None else self.candidate.proposals[0]
        return proposal.applicability


@dataclass(frozen=True, slots=True)
class Change:
    """The changes of files with the digests of the texts that they are about."""

    edits: Mapping[str, tuple[Replacement, ...]]
    digests: Mapping[str, str]
    applied: tuple[Applied, ...] = ()


@dataclass(slots=True)
class _Found:
    """What there is in one file, for the texts of its package with these digests, and what did not stand the check.

    The workbench itself, with the trees of all files and what was asked of their types, is not kept.
    """

    directory: str
    digests: Mapping[str, str]
    offers: dict[int, Offer]
    refused: dict[int, Rejected] = field(default_factory=dict)


class Actions:
    """The rewrites of one session's documents. Thread-safe."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._files: dict[str, _Found] = {}
        self._numbers = itertools.count(1)
        self._modules: dict[str, Recorded | None] = {}

    def prepare(self, path: str, on_news: Callable[[], None]) -> None:
        """Find the rewrites of a document and prove them, when nothing else is to be done, until it is edited.

        What nobody is to change, as in a package that was jumped to, is looked at only when somebody asks.
        """

        def job(cancel: CancelToken) -> None:
            if self._foreign(os.path.dirname(path)):
                return
            found = self._find(path, cancel)
            if found is not None:
                on_news()
                self._prove_all(found, cancel)
                on_news()

        self._session.beside(path, job)

    def offers(self, path: str, start: int, end: int, cancel: CancelToken) -> list[Offer]:
        """The offers that overlap the bytes from ``start`` to ``end`` of a document, the innermost first."""
        found = self._find(path, cancel)
        if found is None:
            return []
        with self._lock:
            here = [
                one
                for one in found.offers.values()
                if one.candidate.span.start <= end and start <= one.candidate.span.end
            ]
        return sorted(here, key=lambda one: one.candidate.span.end - one.candidate.span.start)

    def known(self, path: str) -> bool:
        """Whether ``offers`` can be answered at once."""
        with self._lock:
            found = self._files.get(path)
        return found is not None and self._current(found)

    def make(self, path: str, number: int, cancel: CancelToken) -> tuple[Offer, Change] | Rejected | None:
        """The changes of an offer, tried before if they have not been; None where the text has changed since."""
        with self._lock:
            found = self._files.get(path)
            offer = found.offers.get(number) if found is not None else None
            refused = found.refused.get(number) if found is not None else None
        if refused is not None:
            return refused
        if found is None or offer is None or not self._current(found):
            return None
        bench = self._fresh(found, cancel)
        if bench is None:
            return None
        if offer.proof is None:
            outcome = prove(bench, offer.candidate)
            if cancel.cancelled:
                return None
            if isinstance(outcome, Rejected):
                self._reject(found, number, outcome)
                return outcome
            offer = replace(offer, proof=outcome)
            with self._lock:
                found.offers[number] = offer
        assert offer.proof is not None
        changed = edits(bench, offer.proof)
        digests = {one: self._session.texts.digest(one) or "" for one in changed}
        return offer, Change(changed, digests)

    def benchmark(
        self, path: str, number: int, seconds: float, progress: Callable[[str, int, int], None], cancel: CancelToken
    ) -> list[Measured] | str:
        """Run the benchmarks that reach an offer's function, before and after, ``seconds`` each; or say why not."""
        made = self.make(path, number, cancel)
        if made is None:
            return "the text has changed since; ask for code actions again"
        if isinstance(made, Rejected):
            return made.reason
        folder = self._session.folder_of(os.path.dirname(path))
        proof = made[0].proof
        with self._lock:
            found = self._files[path]
        bench = self._fresh(found, cancel)
        assert folder is not None
        assert proof is not None
        if bench is None:
            return "the package has not been analysed"
        outcome = benchmark(bench, proof, folder.config, progress, cancel, seconds)
        return outcome.reason if isinstance(outcome, DidNotRun) else outcome

    def fix_all(self, path: str, cancel: CancelToken) -> Change | str:
        """All safe rewrites of a document until none is left; a reason where there can be none."""
        if why := self._foreign(os.path.dirname(path)):
            return why
        benches = self._benches(os.path.dirname(path), cancel)
        if benches is None:
            return "the package has not been analysed"
        directory = os.path.dirname(path)
        result = fix(lambda texts: benches.open(directory, texts), Wanted(REWRITES, paths=(path,)))
        if result.failure:
            return result.failure
        texts = self._session.texts
        changed = {one: difference(texts.read(one) or b"", text) for one, text in result.texts.items()}
        return Change(changed, {one: texts.digest(one) or "" for one in changed}, tuple(result.applied))

    def _find(self, path: str, cancel: CancelToken) -> _Found | None:
        with self._lock:
            known = self._files.get(path)
        if known is not None and self._current(known):
            return known
        directory = os.path.dirname(path)
        benches = self._benches(directory, cancel)
        if benches is None or directory not in benches.units:
            return None
        bench = benches.open(directory, {})
        if path not in bench.files:
            return None
        offers: dict[int, Offer] = {}
        whose = self._foreign(directory)
        for one in candidates(bench, path):
            if cancel.cancelled:
                return None
            if isinstance(one, Candidate):
                number = next(self._numbers)
                offers[number] = Offer(number, one, foreign=whose)
        found = _Found(directory, dict(bench.snapshot.digests), offers)
        with self._lock:
            known = self._files.get(path)
            if known is not None and known.digests == found.digests:
                return known  # Somebody else was faster, and may have handed out its offers.
            self._files[path] = found
        return found

    def _prove_all(self, found: _Found, cancel: CancelToken) -> None:
        bench = self._fresh(found, cancel)
        if bench is None:
            return
        with self._lock:
            offers = [one for one in found.offers.values() if one.proof is None]
        by_span = {(one.candidate.rewrite.name, one.candidate.span): one for one in offers}
        for outcome in prove_all(bench, [one.candidate for one in offers]):
            if cancel.cancelled:
                return
            rewrite = outcome.candidate.rewrite if isinstance(outcome, Proved) else outcome.rewrite
            span = outcome.candidate.span if isinstance(outcome, Proved) else outcome.span
            offer = by_span.get((rewrite.name, span))
            if offer is None:
                continue
            if isinstance(outcome, Rejected):
                self._reject(found, offer.number, outcome)
                continue
            with self._lock:
                found.offers[offer.number] = replace(offer, proof=outcome)

    def _reject(self, found: _Found, number: int, why: Rejected) -> None:
        with self._lock:
            found.offers.pop(number, None)
            found.refused[number] = why

    def _current(self, found: _Found) -> bool:
        texts = self._session.texts
        return all(texts.digest(path) == known for path, known in found.digests.items())

    def _fresh(self, found: _Found, cancel: CancelToken) -> Workbench | None:
        """The package for another attempt, which can be cancelled by itself; None if it is not known any more."""
        benches = self._benches(found.directory, cancel)
        return benches.open(found.directory, {}) if benches is not None and found.directory in benches.units else None

    def _foreign(self, directory: str) -> str:
        """Why nothing in a folder is to be changed; empty if it may be."""
        folder, tools = self._session.folder_of(directory), self._tools(directory)
        return foreign(directory, folder.root, tools.toolchain) if folder is not None and tools is not None else ""

    def _tools(self, directory: str) -> Tools | None:
        folder = self._session.folder_of(directory)
        tools = folder.tools() if folder is not None else None
        return tools if isinstance(tools, Tools) else None

    def _benches(self, directory: str, cancel: CancelToken) -> Benches | None:
        tools, package = self._tools(directory), self._session.package(directory)
        if tools is None or package is None or package.recorded is None:
            return None
        results = {
            state.key: state.result for state in list(package.units.values()) if state.result is not None and state.key
        }
        recorded: Recorded = package.recorded
        return Benches(
            tools,
            self._session.texts,
            recorded,
            cancel,
            archives=self._session.archives,
            known=lambda inputs: results.get(inputs.key()),
            modules=self._modules,
        )
