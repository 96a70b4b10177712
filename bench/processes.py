"""Processes that are measured: started in groups of their own, read from /proc, ended with all their children."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident MiB: of the process now and at its peak, and now with all its descendants."""

    own: float
    peak: float
    tree: float


def start(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, stderr: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start a process that is spoken to by its stdin and stdout; what it logs is dropped, unless told otherwise."""
    return subprocess.Popen(
        list(argv),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env={**env, "PWD": str(cwd)},
        cwd=cwd,
        bufsize=1 << 20,
        process_group=0,
    )


def ended_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether a process ends within ``seconds``. It is not reaped, so that its group keeps its id."""
    deadline = time.perf_counter() + seconds
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.perf_counter() > deadline:
            return False
        time.sleep(0.01)
    return True


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process of this module that is not reaped yet, its children, and its pipes; fine if it has ended."""
    if process.returncode is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def run(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout: float = 300.0, quiet: bool = False
) -> tuple[float, str]:
    """Run a command that must succeed; gives its seconds and what it printed. ``quiet`` leaves stderr out."""
    name = " ".join([Path(argv[0]).name, *argv[1:4], "…"])
    begun = time.perf_counter()
    process = subprocess.Popen(
        list(argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if quiet else subprocess.STDOUT,
        env={**env, "PWD": str(cwd)},
        cwd=cwd,
        process_group=0,
    )
    try:
        printed, complaints = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{name} does not end within {timeout:g} s") from error
    finally:
        end_group(process)
    took = time.perf_counter() - begun
    text = printed.decode(errors="replace")
    if process.returncode:
        said = complaints.decode(errors="replace") if quiet else text
        print(said[-2000:], file=sys.stderr)
        # Reports are kept: what names the folders of this machine stays out of them.
        lines = said.strip().splitlines()
        raise CommandError(f"{name} exits {process.returncode}: {lines[-1] if lines else 'it says nothing'}")
    return took, text


class CommandError(Exception):
    """A command that the measurement needs does not work."""


def memory(pid: int) -> Memory:
    """The memory of a process and its descendants."""
    own, peak = _status(pid, "VmRSS"), _status(pid, "VmHWM")
    return Memory(own, peak, own + sum(_status(child, "VmRSS") for child in _descendants(pid)))


def cpu_seconds(pid: int) -> float:
    """The processor time of a process, its descendants, and those of them that have ended."""
    return sum(_cpu(one) for one in (pid, *_descendants(pid)))


def settle(pid: int, *, quiet: float = 0.3, patience: float = 180.0) -> None:
    """Wait until a process and its descendants hardly work any more (under 5 % of a core for ``quiet`` seconds)."""
    deadline = time.perf_counter() + patience
    before = cpu_seconds(pid)
    while time.perf_counter() < deadline:
        time.sleep(quiet)
        now = cpu_seconds(pid)
        if now - before <= 0.05 * quiet:
            return
        before = now


def _status(pid: int, name: str) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
    return 0.0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the command's name, which may hold spaces; none if the process has gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def _cpu(pid: int) -> float:
    fields = _stat(pid)
    return sum(int(one) for one in fields[11:15]) / _TICK if fields else 0.0


def _descendants(pid: int) -> Iterator[int]:
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := _stat(int(name))):
            parents.setdefault(int(fields[1]), []).append(int(name))
    waiting = list(parents.get(pid, ()))
    while waiting:
        child = waiting.pop()
        yield child
        waiting += parents.get(child, ())
