"""Types for those who ask: a Go program of ours (``typefacts_go``) runs the type checker beside the server.

The syntax tree cannot tell an ``int`` from an ``int64``; the type checker of the standard library can, also in code
that does not compile, over the export data that the recipe names. The program is built once, kept running and started
again when it dies. It is never needed: whatever fails is a ``NoFacts``.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from queue import SimpleQueue

from stackward.core.facts import ExprFacts, NoFacts, Query
from stackward.toolchain import typefacts_wire as wire
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain
from stackward.toolchain.process import CancelToken
from stackward.toolchain.typefacts_helper import Helper, build
from stackward.toolchain.typefacts_wire import Load, Sent, Stale
from stackward.toolchain.unit import Unit

_CLOSED = "the type facts helper was closed"
_ANSWER_SECONDS = 30.0  # The largest packages take half a second; what takes so much longer hangs.
_TRIES = 3  # A process may die of what others asked, and a unit may be pushed out of it.
_DEATHS_OF_ONE = 2  # In a row, before a package is not asked about until it changes.
_DEATHS = 10  # In a row, before the program is not started any more.
_REMEMBERED = 24  # Units; more than the program keeps.


class TypeFacts:
    """Asks the type checker of one toolchain. Threads may share it.

    ``cache_folder`` is a folder of the caller's in which the program is kept between runs.
    """

    def __init__(self, toolchain: Toolchain, config: BuildConfig, cache_folder: str) -> None:
        self._toolchain = toolchain
        self._config = config
        self._cache_folder = cache_folder
        self._lock = threading.Lock()  # Of what follows; never held while something is waited for.
        self._built: Future[str | NoFacts] | None = None
        self._helper: Helper | None = None
        self._sent: OrderedDict[str, Sent] = OrderedDict()
        self._numbers = itertools.count(1)
        self._deaths = 0
        self._deadly: dict[str, tuple[int, Load]] = {}
        self._last_reason = NoFacts("")
        self._closing = CancelToken()

    def facts(
        self,
        unit: Unit,
        overlays: Mapping[str, bytes],
        archives: Mapping[str, str],
        queries: Sequence[Query],
        cancel: CancelToken | None = None,
    ) -> tuple[ExprFacts | None, ...] | NoFacts:
        """What is known of each expression; None where there is none.

        ``overlays`` are the texts that stand in for files on disk, ``archives`` the export data that stands in for
        files that the unit names. Files are read when this is called, so the texts that offsets are about are best
        given. The first call builds the program, which takes some seconds.
        """
        token = cancel or CancelToken()
        program = self._wait_for_program(token)
        if isinstance(program, NoFacts):
            return program
        wanted = wire.load(unit, overlays, archives, goarch=self._toolchain.goarch, goroot=self._toolchain.goroot)
        full = False
        for _ in range(_TRIES):
            asked = self._ask(program, wanted, queries, full)
            if isinstance(asked, NoFacts):
                return asked
            helper, number, answer = asked
            line = helper.wait(answer, _ANSWER_SECONDS, token)
            if token.cancelled:
                return NoFacts("cancelled")
            if line is None:
                self._died(helper, wanted)
                continue
            self._lives(wanted.key)
            told = wire.parse(line, number, unit.files, len(queries))
            if not isinstance(told, Stale):
                return told
            full = True
        return self._last_reason

    def formatted(self, text: bytes, cancel: CancelToken | None = None) -> bytes | NoFacts:
        """A Go file as ``gofmt`` writes it; a reason where it cannot be parsed."""
        return self._say(lambda number: wire.encode_format(number, text), cancel)

    def pattern(self, pattern: str, cancel: CancelToken | None = None) -> bytes | NoFacts:
        """The pattern itself if package regexp takes it, else what is wrong with it."""
        return self._say(lambda number: wire.encode_pattern(number, pattern), cancel)

    def template(self, text: str, cancel: CancelToken | None = None) -> bytes | NoFacts:
        """The text itself if package text/template takes it, without functions of the program's own."""
        return self._say(lambda number: wire.encode_template(number, text), cancel)

    def _say(self, encode: Callable[[int], bytes], cancel: CancelToken | None) -> bytes | NoFacts:
        """Ask what has nothing to do with a unit."""
        token = cancel or CancelToken()
        program = self._wait_for_program(token)
        if isinstance(program, NoFacts):
            return program
        with self._lock:
            helper = self._running(program, None)
            if isinstance(helper, NoFacts):
                return helper
            number = next(self._numbers)
            answer = helper.ask(encode(number))
        line = helper.wait(answer, _ANSWER_SECONDS, token)
        if line is None:
            return NoFacts("cancelled" if token.cancelled else helper.ended)
        return wire.parse_format(line, number)

    def prepare(self) -> None:
        """Start to build the program, if that has not happened, without waiting for it."""
        self._building()

    def close(self) -> None:
        """End the program; from now on there are no facts."""
        self._closing.cancel()
        with self._lock:
            helper, self._helper = self._helper, None
        if helper is not None:
            helper.end(_CLOSED)

    def _building(self) -> Future[str | NoFacts]:
        with self._lock:
            if self._built is None:
                self._built = Future()
                # Not a pool's thread: those hold up the end of the server.
                threading.Thread(target=self._build, args=(self._built,), name="typefacts-build", daemon=True).start()
            return self._built

    def _build(self, built: Future[str | NoFacts]) -> None:
        try:
            built.set_result(build(self._toolchain, self._config, self._cache_folder, self._closing))
        except BaseException as error:
            built.set_result(NoFacts(f"the type facts helper could not be built: {error!r}"))
            raise

    def _wait_for_program(self, cancel: CancelToken) -> str | NoFacts:
        built = self._building()
        over: SimpleQueue[None] = SimpleQueue()
        built.add_done_callback(lambda _: over.put(None))
        with cancel.calling(lambda: over.put(None)), self._closing.calling(lambda: over.put(None)):
            over.get()
        if cancel.cancelled:
            return NoFacts("cancelled")
        return NoFacts(_CLOSED) if self._closing.cancelled else built.result()

    def _ask(
        self, program: str, wanted: Load, queries: Sequence[Query], full: bool
    ) -> tuple[Helper, int, SimpleQueue[bytes | None]] | NoFacts:
        with self._lock:
            helper = self._running(program, wanted)
            if isinstance(helper, NoFacts):
                return helper
            number = next(self._numbers)
            line = wire.encode(number, wanted, queries, None if full else self._sent.get(wanted.key))
            if isinstance(line, NoFacts):
                return line
            self._sent[wanted.key] = Sent(number, wanted)
            self._sent.move_to_end(wanted.key)
            if len(self._sent) > _REMEMBERED:
                self._sent.popitem(last=False)
            # Within the lock: what a later request leaves out must have been sent before it.
            return helper, number, helper.ask(line)

    def _running(self, program: str, wanted: Load | None) -> Helper | NoFacts:
        if self._closing.cancelled:
            return NoFacts(_CLOSED)
        deaths, of = self._deadly.get(wanted.key if wanted is not None else "", (0, None))
        if self._deaths >= _DEATHS or (deaths >= _DEATHS_OF_ONE and of == wanted):
            return self._last_reason
        if self._helper is not None and not self._helper.ended:
            return self._helper
        helper = Helper.started(program, self._config)
        if isinstance(helper, NoFacts):
            self._deaths += 1
            self._last_reason = helper
            return helper
        self._helper = helper
        self._sent.clear()
        return helper

    def _died(self, helper: Helper, asked: Load) -> None:
        with self._lock:
            self._last_reason = NoFacts(helper.ended)
            if self._helper is helper:
                self._helper = None
                self._deaths += 1
            deaths, of = self._deadly.get(asked.key, (0, None))
            self._deadly[asked.key] = (deaths + 1 if of == asked else 1, asked)

    def _lives(self, key: str) -> None:
        with self._lock:
            self._deaths = 0
            self._deadly.pop(key, None)
