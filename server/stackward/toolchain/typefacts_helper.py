"""The type facts helper as a program: built with the user's own toolchain, and run.

Built by the same release that made the export data, it reads that for certain; and the type checker in it accepts what
the user's compiler accepts.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import queue
import sys
import threading
from collections import deque
from pathlib import Path
from queue import SimpleQueue

from stackward.core.facts import NoFacts
from stackward.toolchain.caches import scratch
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain
from stackward.toolchain.process import CancelToken, DidNotRun, Process, Ran, kill, run, start

SOURCE = Path(__file__).resolve().parent / "typefacts_go"

_EXE = ".exe" if sys.platform == "win32" else ""
_BUILD_SECONDS = 300.0  # Three without a build cache, more on a slow machine that also compiles the standard library.
_LINE_LIMIT = 1 << 28
_LAST_WORDS = 2048  # Bytes kept of what it says on stderr.
# A program for this machine is wanted, whatever the user builds for.
# fmt: off
_TARGET = (
    "GOOS", "GOARCH", "GOEXPERIMENT", "GOFIPS140", "GO386", "GOAMD64", "GOARM", "GOARM64", "GOMIPS", "GOMIPS64",
    "GOPPC64", "GORISCV64", "GOWASM",
)
# fmt: on
_RUNTIME = frozenset(("GODEBUG", "GOGC", "GOMEMLIMIT"))  # Meant for the user's programs; it has its own.


def build(toolchain: Toolchain, config: BuildConfig, cache_folder: str, cancel: CancelToken) -> str | NoFacts:
    """The path of the helper, built if it is not in the cache."""
    try:
        folder = os.path.join(cache_folder, "typefacts", _digest(toolchain))
        program = os.path.join(folder, f"typefacts{_EXE}")
        if os.path.exists(program):
            return program
        with scratch(folder) as work:
            output = os.path.join(work, f"typefacts{_EXE}")
            argv = [toolchain.go, "build", "-buildvcs=false", "-ldflags=-s -w", "-o", output, "."]
            env = _environment(toolchain, config)
            ran = run(argv, cwd=str(SOURCE), env=env, timeout=_BUILD_SECONDS, cancel=cancel)
            if isinstance(ran, DidNotRun):
                return NoFacts(f"the type facts helper could not be built: {ran.reason}")
            if ran.code != 0:
                said = (ran.stderr + ran.stdout).decode("utf-8", "replace").strip()
                return NoFacts(f"the type facts helper could not be built ({ran.ending}): {said:.2000}")
            with contextlib.suppress(PermissionError):
                # On Windows a program that runs is not replaced: another server was faster, with the same source.
                os.replace(output, program)
    except OSError as error:
        return NoFacts(f"the type facts helper could not be built: {error}")
    return program


def _digest(toolchain: Toolchain) -> str:
    """Of all that the program depends on. The cache may be shared by machines."""
    digest = hashlib.sha256(f"{toolchain.version} {toolchain.goroot} {sys.platform} {platform.machine()}".encode())
    for path in sorted(SOURCE.iterdir()):
        if path.suffix in {".go", ".mod"}:
            digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:32]


def _environment(toolchain: Toolchain, config: BuildConfig) -> dict[str, str]:
    """The user's settings are for the user's code; only where the build cache is matters here too."""
    env = config.environment()
    for name in _TARGET:
        env.pop(name, None)
    env.update(
        GOENV="off", GOFLAGS="", GOWORK="off", GOPROXY="off", GO111MODULE="on", CGO_ENABLED="0", GOTOOLCHAIN="local"
    )
    if toolchain.gocache:
        env["GOCACHE"] = toolchain.gocache
    return env


class Helper:
    """One process. It answers lines in the order in which they are sent; threads read and write, so nobody is blocked.

    When it ends, whoever waits is told, and ``ended`` says why.
    """

    def __init__(self, process: Process) -> None:
        self.ended = ""
        self._process = process
        self._lock = threading.Lock()
        self._outgoing: SimpleQueue[bytes | None] = SimpleQueue()
        self._waiting: deque[SimpleQueue[bytes | None]] = deque()
        self._last_words = b""
        self._threads = [
            threading.Thread(target=work, name=f"typefacts-{work.__name__}", daemon=True)
            for work in (self._write, self._listen, self._read)
        ]
        for thread in self._threads:
            thread.start()

    @classmethod
    def started(cls, program: str, config: BuildConfig) -> Helper | NoFacts:
        env = {name: value for name, value in config.environment().items() if name not in _RUNTIME}
        env["GOGC"] = "40"  # It stays beside the editor all day: memory counts for more than its own speed.
        process = start([program], cwd=os.path.dirname(program), env=env, stdin=True)
        return NoFacts(process.reason) if isinstance(process, DidNotRun) else cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, line: bytes) -> SimpleQueue[bytes | None]:
        """Send a line; what comes back brings the reply, or None when the process ends without one."""
        answer: SimpleQueue[bytes | None] = SimpleQueue()
        with self._lock:
            if self.ended:
                answer.put(None)
            else:
                self._waiting.append(answer)
                self._outgoing.put(line)
        return answer

    def wait(self, answer: SimpleQueue[bytes | None], timeout: float, cancel: CancelToken | None) -> bytes | None:
        """The reply; None when the process has ended, or the work was cancelled. A process that hangs is ended."""
        with (cancel or CancelToken()).calling(lambda: answer.put(None)):
            try:
                return answer.get(timeout=timeout)
            except queue.Empty:
                self.end(f"the type facts helper did not answer within {timeout:g} s")
                return None

    def end(self, reason: str) -> None:
        """End the process; fine if it has ended."""
        with self._lock:
            self.ended = self.ended or reason
            kill(self._process)

    def _write(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        with contextlib.suppress(OSError), pipe:
            while (line := self._outgoing.get()) is not None:
                pipe.write(line)
                pipe.flush()

    def _listen(self) -> None:
        pipe = self._process.stderr
        assert pipe is not None
        with pipe:
            while chunk := os.read(pipe.fileno(), 1 << 16):
                # The first lines say what happened, the rest where.
                self._last_words += chunk[: _LAST_WORDS - len(self._last_words)]

    def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        with pipe:
            while (line := pipe.readline(_LINE_LIMIT)).endswith(b"\n"):
                with self._lock:
                    answer = self._waiting.popleft() if self._waiting else None
                if answer is not None:
                    answer.put(line)
        self.end("")
        self._threads[1].join(1.0)  # A word may still be in its pipe.
        with self._lock:
            code = self._process.wait()
            said = self._last_words.decode("utf-8", "replace").partition("\n")[0]
            ending = Ran(code, b"", b"").ending
            self.ended = self.ended or f"the type facts helper ended with {ending}{': ' if said else ''}{said}"
            waiting = list(self._waiting)
            self._waiting.clear()
        self._outgoing.put(None)
        for answer in waiting:
            answer.put(None)
