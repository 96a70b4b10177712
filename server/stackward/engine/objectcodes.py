"""The object code of compile units, compiled beside the log: it takes three times as long, and no hint waits for it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeAlias

from stackward.core.allocation import ObjectCode
from stackward.core.outcome import BuildFailed, Cancelled
from stackward.toolchain.compiler import Compiler, Replay
from stackward.toolchain.process import CancelToken, DidNotRun
from stackward.toolchain.unit import UnitId

Code: TypeAlias = ObjectCode | BuildFailed | DidNotRun | Cancelled


class _Keyed(Protocol):
    def key(self) -> str: ...


class ObjectCodes:
    """Reads object code in threads of its own and remembers the last of each unit, for the explanations that follow."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._known: dict[UnitId, tuple[str, ObjectCode]] = {}

    @contextlib.contextmanager
    def reading(self, inputs: _Keyed, replay: Replay, cancel: CancelToken) -> Iterator[Callable[[], Code]]:
        """Compile while the block runs, which gets a function that waits for the code; leaving it ends the compile."""
        key, unit = inputs.key(), replay.unit.id
        known = self._known.get(unit)
        if known is not None and known[0] == key:
            code = known[1]
            yield lambda: code
            return
        own = CancelToken()
        with ThreadPoolExecutor(1) as pool, cancel.calling(own.cancel):
            running = pool.submit(self._compiler.object_code, replay, own)

            def wait() -> Code:
                code = running.result()
                if isinstance(code, ObjectCode):
                    self._known[unit] = (key, code)
                return code

            try:
                yield wait
            finally:
                own.cancel()
