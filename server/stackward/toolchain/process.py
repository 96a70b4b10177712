"""Running child processes: cancellable, bounded in time and output, without a shell, never a traceback for the expected."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

_CHUNK = 1 << 16  # The size of a pipe buffer on Linux: a larger read returns no more at once.
_OUTPUT_LIMIT = 1 << 28  # `go list -deps -export -json std` prints 10 MB; what prints 256 MiB has gone astray.
_GRACE_SECONDS = 2.0  # A killed process is gone at once, unless it sits in a system call that cannot be interrupted.


class CancelToken:
    """Told once that its work is no longer wanted; whoever does the work asks, or hangs a callback on it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """End the work; callbacks run at once, in this thread."""
        with self._lock:
            if self._cancelled.is_set():
                return
            self._cancelled.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    @contextlib.contextmanager
    def calling(self, callback: Callable[[], None]) -> Iterator[None]:
        """While the block runs, cancelling calls ``callback``; it is called at once if that has happened already."""
        with self._lock:
            already = self._cancelled.is_set()
            if not already:
                self._callbacks.append(callback)
        if already:
            callback()
        try:
            yield
        finally:
            with self._lock, contextlib.suppress(ValueError):
                self._callbacks.remove(callback)


@dataclass(frozen=True, slots=True)
class Ran:
    """A process that ended. ``code`` is negative for a signal, such as that of ``kill`` after a cancellation."""

    code: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True)
class DidNotRun:
    """A process that could not be started or did not end as it should; ``reason`` is a sentence for the user."""

    reason: str


def start(
    argv: Sequence[str], *, cwd: str, env: Mapping[str, str], stderr_to_stdout: bool = False
) -> subprocess.Popen[bytes] | DidNotRun:
    """Start a process in a group of its own, so that ``kill`` reaches its children too (go runs compilers)."""
    try:
        return subprocess.Popen(
            argv,
            cwd=cwd,
            env={**env, "PWD": cwd},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if stderr_to_stdout else subprocess.PIPE,
            process_group=0 if os.name == "posix" else None,
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        # The folder may be what is missing, and naming the program would then mislead.
        where = f" in {cwd}" if not os.path.isdir(cwd) else ""
        return DidNotRun(f"cannot start {argv[0]}{where}: {why}")


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and its group; fine if it has ended.

    Whether the leader has ended is not asked (``poll``) first: until someone does, its id stays taken, so the group can
    be ended safely, and with it children that outlived the leader and hold its pipes open.
    """
    if process.returncode is not None:
        return
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def run(
    argv: Sequence[str],
    *,
    cwd: str,
    env: Mapping[str, str],
    timeout: float = 120.0,
    cancel: CancelToken | None = None,
    limit: int = _OUTPUT_LIMIT,
) -> Ran | DidNotRun:
    """Run to the end and keep the output.

    ``timeout`` is in seconds, ``limit`` the most bytes that each of stdout and stderr may print. Whoever cancels gets a
    ``Ran`` with the signal's code: ask the token. Also a descendant that left the group and keeps the pipes open
    cannot hold the caller up beyond the timeout.
    """
    deadline = time.monotonic() + timeout
    process = start(argv, cwd=cwd, env=env)
    if isinstance(process, DidNotRun):
        return process
    assert process.stdout is not None
    assert process.stderr is not None
    outputs = [_Output(pipe, limit, lambda: kill(process)) for pipe in (process.stdout, process.stderr)]
    with (cancel or CancelToken()).calling(lambda: kill(process)):
        try:
            ended = _wait(process, outputs, deadline)
        finally:
            kill(process)
    name = " ".join(argv[:2])
    if not ended:
        _wait(process, outputs, time.monotonic() + _GRACE_SECONDS)
        return DidNotRun(f"{name} did not end within {timeout:g} s and was stopped")
    if any(output.excessive for output in outputs):
        return DidNotRun(f"{name} printed more than {limit:,} bytes and was stopped")
    stdout, stderr = (b"".join(output.chunks) for output in outputs)
    return Ran(process.returncode, stdout, stderr)


@dataclass(slots=True)
class _Output:
    """What a pipe brings, read by a thread of its own so that a full one never blocks the process or the caller."""

    pipe: IO[bytes]
    limit: int
    on_excess: Callable[[], None]
    chunks: list[bytes] = field(default_factory=list)
    excessive: bool = False
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        room = self.limit
        with self.pipe:
            while chunk := os.read(self.pipe.fileno(), _CHUNK):
                room -= len(chunk)
                if room < 0:
                    self.excessive = True
                    self.on_excess()
                    return
                self.chunks.append(chunk)


def _wait(process: subprocess.Popen[bytes], outputs: Sequence[_Output], deadline: float) -> bool:
    """Whether both outputs and the process came to their end before the deadline (of ``time.monotonic``)."""
    for output in outputs:
        output.thread.join(max(0.0, deadline - time.monotonic()))
        if output.thread.is_alive():
            return False
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True
