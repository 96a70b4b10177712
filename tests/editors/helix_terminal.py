"""A pseudo-terminal with a screen, for editors that have no other way to be driven."""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from neovim_packages import cache
from neovim_support import PATIENCE

# The terminal's screen. With hashes, so that what is installed into the cache is what was tested.
_REQUIREMENTS = """\
pyte==0.8.2 --hash=sha256:85db42a35798a5aafa96ac4d8da78b090b2c933248819157fc0e6f78876a0135
wcwidth==0.2.13 --hash=sha256:3da69048e4540d84af32131829ff948f1e022c1c6bdb8d6102117aac784f6859
"""
# Questions and modes that pyte does not know, and that a sequence is not yet whole.
_UNKNOWN = re.compile(rb"\x1b\[[?<>=][0-9;]*(?:[a-gi-km-z]|\$p)|\x1b\[[0-9;]* q|\x1b[P_][^\x1b]*\x1b\\")
_CUT = re.compile(rb"\x1b(?:\[[?<>=]?[0-9;]*[ $]?|[P_][^\x1b]*\x1b?)?\Z")
_ASKS = b"\x1b[c"  # What kind of terminal is this? Who asks waits for the answer.
_ANSWER = b"\x1b[?62;22c"


def _pyte() -> Any:
    """The module, installed into the cache where it is missing."""
    with contextlib.suppress(ImportError):
        return importlib.import_module("pyte")
    folder = cache() / "pyte-0.8.2"
    if not folder.exists():
        wanted = cache() / "pyte.txt"
        wanted.write_text(_REQUIREMENTS, encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        part = f"{folder}.{os.getpid()}"
        subprocess.run([*pip, "--require-hashes", "--target", part, "-r", str(wanted)], check=True, timeout=300)
        with contextlib.suppress(OSError):  # Another process was faster.
            Path(part).rename(folder)
    sys.path.append(str(folder))
    return importlib.import_module("pyte")


class Terminal:
    """A program in a terminal of ``columns`` by ``lines``. Ends with the ``with`` block."""

    def __init__(
        self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, columns: int = 400, lines: int = 50
    ) -> None:
        pyte = _pyte()
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self._lock = threading.Lock()
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", **env},
            cwd=cwd,
            start_new_session=True,
        )
        os.close(slave)
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self._master)

    def type(self, keys: str) -> None:
        """Press keys, as a terminal sends them."""
        os.write(self._master, keys.encode())

    def shown(self) -> list[str]:
        """The lines on the screen."""
        with self._lock:
            return [line.rstrip() for line in self.screen.display]

    def wait(self, what: str, happened: Callable[[], bool]) -> None:
        """Wait for something that must happen."""
        deadline = time.monotonic() + PATIENCE
        while not happened():
            gone = self.process.poll() is not None
            assert not gone, f"{what} did not happen: the editor has ended\n" + "\n".join(self.shown())
            assert time.monotonic() < deadline, f"{what} did not happen; the screen:\n" + "\n".join(self.shown())
            time.sleep(0.02)

    def wait_shown(self, what: str, wanted: Callable[[list[str]], bool]) -> list[str]:
        """Wait for a picture with all that is wanted, and give its lines: the next may be half drawn again."""
        pictures: list[list[str]] = []

        def look() -> bool:
            pictures.append(self.shown())
            return wanted(pictures[-1])

        self.wait(what, look)
        return pictures[-1]

    def wait_for(self, text: str) -> None:
        """Wait until a text is on the screen."""
        self.wait(repr(text), lambda: any(text in line for line in self.shown()))

    def wait_end(self) -> None:
        """Wait until the program has ended."""
        try:
            self.process.wait(timeout=2 * PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError("it does not end; the screen:\n" + "\n".join(self.shown())) from None

    def children(self) -> list[int]:
        """The processes that the program has started and that have not ended."""
        ask = ["ps", "-o", "pid=,stat=", "--ppid", str(self.process.pid)]
        listed = subprocess.run(ask, capture_output=True, text=True, check=False).stdout.splitlines()
        return [int(pid) for pid, state in map(str.split, listed) if not state.startswith("Z")]

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # The terminal is closed.
            rest = b""
            while data := os.read(self._master, 65536):
                data = rest + data
                cut = _CUT.search(data)
                data, rest = (data[: cut.start()], data[cut.start() :]) if cut else (data, b"")
                with self._lock:
                    self._stream.feed(_UNKNOWN.sub(b"", data))
                if _ASKS in data:
                    os.write(self._master, _ANSWER)
