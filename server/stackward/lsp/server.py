"""The server: from the command line to a client that is served."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import linecache
import logging
import sys

import stackward
from stackward.lsp.capabilities import hello
from stackward.lsp.client import Client
from stackward.lsp.protocol.transport import Runnable, read_address, run_stdio, run_tcp

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h
_KEPT_BYTES = 1 << 16


def serve(*, tcp: str | None, log_file: str | None, log_level: str) -> int:
    """Serve one client; returns only when the call is wrong."""
    try:
        handler = logging.FileHandler(log_file, encoding="utf-8") if log_file else logging.StreamHandler(sys.stderr)
    except OSError as error:
        sys.stderr.write(f"stackward: cannot write {log_file}: {error.strerror}\n")
        return 2
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=log_level.upper())
    if tcp is None:
        run_stdio(hello, load)
    address = read_address(tcp)
    if not isinstance(address, str):
        run_tcp(address, hello, load)
    sys.stderr.write(f"stackward: --tcp: {address}\n")
    return 2


def _give_back() -> None:
    """Have glibc keep little freed memory: by default as much as was ever freed at once, for each worker thread."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, 2)
        libc.mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def load(client: Client) -> Runnable:
    """Everything that is slow to import: called after ``initialize`` has been answered."""
    from stackward.lsp.app import App  # noqa: PLC0415
    from stackward.lsp.features import REGISTER  # noqa: PLC0415
    from stackward.lsp.protocol.dispatch import Server  # noqa: PLC0415

    # What is loaded now stays; collections that look at all of it, and at every hint, would be felt while typing.
    linecache.clearcache()  # The texts of all methods that attrs has made for lsprotocol.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    _give_back()
    # News waits for the interpreter while a worker reads a log; by default it would wait five times as long.
    sys.setswitchinterval(0.001)
    server = Server(client, "stackward", stackward.__version__)
    app = App(server)
    for register in REGISTER:
        register(app)
    return server
