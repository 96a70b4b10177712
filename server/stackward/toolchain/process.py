"""Running child processes: cancellable, bounded in time and output, without a shell."""

from __future__ import annotations

import contextlib
import enum
import functools
import os
import queue
import signal
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import IO, ParamSpec, TypeAlias, TypeVar

_CHUNK = 1 << 16  # The size of a pipe buffer on Linux: a larger read returns no more at once.
_OUTPUT_LIMIT = 1 << 28  # `go list -deps -export -json std` prints 10 MB; what prints 256 MiB has gone astray.
_NICE = 10
_GRACE_SECONDS = 1.0  # A killed process is gone at once, unless it sits in a system call that cannot be interrupted.

Process: TypeAlias = subprocess.Popen[bytes]

_P = ParamSpec("_P")
_T = TypeVar("_T")


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


class _Started:
    """The processes that may still run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: weakref.WeakSet[Process] = weakref.WeakSet()
        self.ended = False

    def add(self, process: Process) -> None:
        with self._lock:
            self._processes.add(process)

    def end(self) -> None:
        self.ended = True
        with self._lock:
            processes = list(self._processes)
        for process in processes:
            kill(process)


_started = _Started()


def end_all() -> None:
    """End all processes, and from now on each as soon as it is started: nothing may outlive the server.

    Whoever waits for one may hang or have forgotten to hand on a token.
    """
    _started.end()


@dataclass(frozen=True, slots=True)
class Ran:
    """A process that ended. ``code`` is negative for a signal, such as that of ``kill`` after a cancellation."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        return f"exit status {self.code}" if self.code >= 0 else f"signal {-self.code}"


@dataclass(frozen=True, slots=True)
class DidNotRun:
    """A process that could not be started or did not end as it should; ``reason`` is a sentence for the user."""

    reason: str


def or_reason(work: Callable[_P, _T]) -> Callable[_P, _T | DidNotRun]:
    """Have a file that cannot be written or read, on a full disk for one, be a reason why a process did not run."""

    @functools.wraps(work)
    def told(*args: _P.args, **kwargs: _P.kwargs) -> _T | DidNotRun:
        try:
            return work(*args, **kwargs)
        except OSError as error:
            what = f"{error.filename}: " if error.filename else ""
            return DidNotRun(f"{what}{error.strerror or error}")

    return told


def start(
    argv: Sequence[str], *, cwd: str, env: Mapping[str, str], stderr_to_stdout: bool = False, stdin: bool = False
) -> subprocess.Popen[bytes] | DidNotRun:
    """Start a process in a group of its own, so that ``kill`` reaches its children too (go runs compilers).

    With ``stdin`` it can be written to; else it reads nothing.
    """
    try:
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            env={**env, "PWD": cwd},
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if stderr_to_stdout else subprocess.PIPE,
            process_group=0 if os.name == "posix" else None,
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        # The folder may be what is missing, and naming the program would then mislead.
        where = f" in {cwd}" if not Path(cwd).is_dir() else ""
        return DidNotRun(f"cannot start {argv[0]}{where}: {why}")
    _started.add(process)
    if _started.ended:
        kill(process)
    return process


def give_way(process: subprocess.Popen[bytes]) -> None:
    """Let a process have what of the processors others leave, where the system can do that."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PGRP, process.pid, _NICE)


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

    ``timeout`` is in seconds, ``limit`` the most bytes that each of stdout and stderr may print. What comes back after
    a cancellation means nothing: ask the token. A descendant that left the group with the pipes holds nobody up.
    """
    deadline = time.monotonic() + timeout
    process = start(argv, cwd=cwd, env=env)
    if isinstance(process, DidNotRun):
        return process
    news: SimpleQueue[_News] = SimpleQueue()
    pipes = (process.stdout, process.stderr)
    outputs = [_Output(pipe, limit, news) for pipe in pipes if pipe is not None]

    def stop() -> None:
        kill(process)
        news.put(_News.STOP)

    with (cancel or CancelToken()).calling(stop):
        try:
            in_time = _wait(process, news, len(outputs), deadline)
        finally:
            kill(process)
    name = " ".join(argv[:2])
    if any(output.excessive for output in outputs):
        return DidNotRun(f"{name} printed more than {limit:,} bytes and was stopped")
    if not in_time:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
        return DidNotRun(f"{name} did not end within {timeout:g} s and was stopped")
    stdout, stderr = (b"".join(output.chunks) for output in outputs)
    return Ran(process.returncode, stdout, stderr)


class _News(enum.Enum):
    CLOSED = enum.auto()
    """A pipe came to its end."""
    STOP = enum.auto()
    """The work was cancelled, or the process printed too much."""


@dataclass(slots=True)
class _Output:
    """What a pipe brings, read by a thread of its own so that a full one never blocks the process or the caller."""

    pipe: IO[bytes]
    limit: int
    news: SimpleQueue[_News]
    chunks: list[bytes] = field(default_factory=list)
    excessive: bool = False

    def __post_init__(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        room = self.limit
        with self.pipe:
            while chunk := os.read(self.pipe.fileno(), _CHUNK):
                room -= len(chunk)
                if room < 0:
                    self.excessive = True
                    self.news.put(_News.STOP)
                    break
                self.chunks.append(chunk)
        self.news.put(_News.CLOSED)


def _wait(process: subprocess.Popen[bytes], news: SimpleQueue[_News], pipes: int, deadline: float) -> bool:
    """Whether the pipes and the process came to their end before the deadline (of ``time.monotonic``)."""
    try:
        while pipes:
            match news.get(timeout=max(0.0, deadline - time.monotonic())):
                case _News.CLOSED:
                    pipes -= 1
                case _News.STOP:
                    kill(process)
                    deadline = min(deadline, time.monotonic() + _GRACE_SECONDS)
        process.wait(max(0.0, deadline - time.monotonic()))
    except (queue.Empty, subprocess.TimeoutExpired):
        return False
    return True
