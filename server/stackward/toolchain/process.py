"""Running child processes: cancellable, bounded in time, without a shell, and never a traceback for the expected."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass


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
    """A process that ended. ``code`` is negative for a signal."""

    code: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True)
class DidNotRun:
    """A process that could not be started or did not end in time; ``reason`` is a sentence for the user."""

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
        return DidNotRun(f"cannot start {argv[0]}: {getattr(error, 'strerror', None) or error}")


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and its group; fine if it has ended."""
    if process.poll() is not None:
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
) -> Ran | DidNotRun:
    """Run to the end and keep the output. ``timeout`` is in seconds."""
    process = start(argv, cwd=cwd, env=env)
    if isinstance(process, DidNotRun):
        return process
    with (cancel or CancelToken()).calling(lambda: kill(process)):
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            kill(process)
            process.communicate()
            return DidNotRun(f"{' '.join(argv[:2])} did not end within {timeout:g} s and was stopped")
    return Ran(process.returncode, stdout, stderr)
