"""The object code of compile units, compiled beside the log: it takes three times as long, and no hint waits for it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

from stackward.core.allocation import ObjectCode
from stackward.core.outcome import BuildFailed, Cancelled
from stackward.engine.inputs import Inputs
from stackward.toolchain.compiler import Compiler, Replay
from stackward.toolchain.process import CancelToken, DidNotRun
from stackward.toolchain.unit import UnitId

Code: TypeAlias = ObjectCode | BuildFailed | DidNotRun | Cancelled


class Reading:
    """The object code of one unit on its way. ``begin`` starts the compile, ``result`` waits for it."""

    def __init__(self, read: Callable[[], Code]) -> None:
        self._read = read
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="stackward-code")
        self._running: Future[Code] | None = None

    def begin(self) -> None:
        """Start, if that has not happened."""
        if self._running is None:
            self._running = self._pool.submit(self._read)

    def result(self) -> Code:
        """What was read."""
        self.begin()
        assert self._running is not None
        return self._running.result()

    def close(self) -> None:
        """Wait for the end."""
        self._pool.shutdown()


class ObjectCodes:
    """Reads object code in threads of its own, and keeps what will be asked for again with the explanations."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._known: dict[UnitId, tuple[str, ObjectCode]] = {}

    @contextlib.contextmanager
    def reading(self, inputs: Inputs, replay: Replay, cancel: CancelToken, *, keep: bool) -> Iterator[Reading]:
        """Compile while the block runs, once the compile of the log has begun; leaving the block ends it.

        With ``keep`` the object code of the unit is there the next time, until then.
        """
        key, unit = inputs.key(), replay.unit.id
        own = CancelToken()

        def read() -> Code:
            known = self._known.pop(unit, None)
            if known is not None and known[0] == key:
                return known[1]
            code = self._compiler.object_code(replay, own)
            if keep and isinstance(code, ObjectCode):
                self._known[unit] = (key, code)
            return code

        reading = Reading(read)
        with cancel.calling(own.cancel):
            try:
                yield reading
            finally:
                own.cancel()
                reading.close()
