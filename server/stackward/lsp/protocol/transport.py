"""From the command line to a running server: streams, the first answer, and the end of the process.

``initialize`` is answered before pygls and lsprotocol are imported, which takes most of the start-up: the client goes
on while the rest loads. So this module is the standard library only, and what it answers with is plain JSON.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn, Protocol, TypeAlias

from stackward.lsp.client import Client, read_client
from stackward.lsp.protocol import wire
from stackward.lsp.protocol.wire import Code, Malformed, Message, Notification, Output, Reply, Request

log = logging.getLogger(__name__)

_LOG_SECONDS = 1.0
_POLL_SECONDS = 2.0  # How late the death of the client is seen where the system cannot tell it.


class Runnable(Protocol):
    """What is loaded after the first answer: ``protocol.Server``."""

    def deliver(self, message: Message) -> None:
        """Take the next message; called by the thread that reads."""

    def run(self, output: Output) -> int:
        """Serve until ``stop`` or ``exit``; the exit code of the process."""

    def stop(self) -> None:
        """End ``run`` soon; called by any thread."""


Hello: TypeAlias = Callable[[Client], Mapping[str, Any]]
"""Makes the ``InitializeResult``, as JSON. It must import nothing slow."""

Load: TypeAlias = Callable[[Client], Runnable]
"""Imports the rest and makes the server."""


@dataclass(frozen=True, slots=True)
class Address:
    """A place to listen on. ``host`` is a loopback address or a name of one; port 0 lets the system choose."""

    host: str
    port: int


def read_address(text: str) -> Address | str:
    """``HOST:PORT`` (``[::1]:PORT`` for IPv6), or what is wrong with it.

    Whoever connects can have files read and the go command run, so no other machine may.
    """
    host, colon, number = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not (number.isascii() and number.isdigit()) or int(number) > 0xFFFF:
        return f"{text!r} is not HOST:PORT"
    try:
        found = socket.getaddrinfo(host, int(number), type=socket.SOCK_STREAM)
    except OSError as error:
        return f"cannot find the host {host!r}: {error.strerror or error}"
    if not all(_is_loopback(str(address[0])) for *_, address in found):
        return f"{host!r} is not a loopback address; use 127.0.0.1 or localhost"
    return Address(str(found[0][4][0]), int(number))


def run_stdio(hello: Hello, load: Load) -> NoReturn:
    """Serve the client on stdin and stdout, then end the process.

    The two are taken away from everyone else first: a stray ``print``, or a child process, gets stderr and no input.
    """
    sys.stdout.flush()
    reader = os.fdopen(os.dup(0), "rb")
    target = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    for descriptor in (reader.fileno(), target):
        if os.name == "posix":
            os.set_blocking(descriptor, True)  # A parent that uses its end in another way may have left it otherwise.

    def write(frame: bytes) -> None:
        rest = memoryview(frame)
        while rest:
            rest = rest[os.write(target, rest) :]

    _end(_serve(reader, Output(write), hello, load, strict=False))


def run_tcp(address: Address, hello: Hello, load: Load) -> NoReturn:
    """Serve the first client that connects, then end the process. stderr tells where it listens."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listener = socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        sys.stderr.write(f"stackward: cannot listen on {address.host}:{address.port}: {error.strerror or error}\n")
        _end(2)
    with listener:
        host = f"[{address.host}]" if family == socket.AF_INET6 else address.host
        sys.stderr.write(f"stackward: listening on {host}:{listener.getsockname()[1]}\n")
        sys.stderr.flush()
        connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _end(_serve(connection.makefile("rb"), Output(connection.sendall), hello, load, strict=True))


def _serve(stream: BinaryIO | io.BufferedReader, output: Output, hello: Hello, load: Load, *, strict: bool) -> int:
    incoming = wire.messages(stream, strict=strict)
    client = _greet(incoming, output, hello)
    if client is None:
        return 1
    try:
        server = load(client)
    except Exception:
        log.exception("the server could not be loaded")
        return 1
    threading.Thread(target=_feed, args=(incoming, server), name="stackward-input", daemon=True).start()
    if client.process_id is not None:
        watcher = threading.Thread(
            target=_watch_process, args=(client.process_id, server.stop), name="stackward-client", daemon=True
        )
        watcher.start()
    return server.run(output)


def _greet(incoming: Iterator[Message], output: Output, hello: Hello) -> Client | None:
    """Answer until ``initialize`` has been; None where the client leaves before that."""
    for message in incoming:
        match message:
            case Request(message_id, "initialize", params):
                client = read_client(params)
                if not isinstance(client, str):
                    output.send(wire.encode(wire.result(message_id, hello(client))))
                    return client
                answer = wire.failure(message_id, Code.INVALID_PARAMS, client)
            case Request(message_id):
                answer = wire.failure(message_id, Code.NOT_INITIALIZED, "the server has not been initialized")
            case Malformed(code, reason, message_id):
                answer = wire.failure(message_id, code, reason)
            case Notification("exit"):
                return None
            case Notification() | Reply():
                continue
        output.send(wire.encode(answer))
    return None


def _feed(incoming: Iterator[Message], server: Runnable) -> None:
    try:
        for message in incoming:
            server.deliver(message)
    except Exception:
        log.exception("no more can be read")
    finally:
        # A server that is deaf would be there for ever.
        server.stop()


def _watch_process(pid: int, on_end: Callable[[], None]) -> None:
    """Wait for a process that is not our child to end."""
    if os.name == "nt":
        _await_windows(pid)
    else:
        _await_posix(pid)
    log.info("the client's process %d has ended", pid)
    on_end()


def _await_posix(pid: int) -> None:
    with contextlib.suppress(OSError, AttributeError):  # Linux only, and not within every sandbox.
        descriptor = os.pidfd_open(pid)
        try:
            select.select([descriptor], [], [])
        finally:
            os.close(descriptor)
        return
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        except (OSError, OverflowError):
            pass  # It is there, but another user's.
        time.sleep(_POLL_SECONDS)


def _await_windows(pid: int) -> None:
    import ctypes  # noqa: PLC0415 - only needed here, and slow.

    synchronize, infinite = 0x00100000, 0xFFFFFFFF
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    handle = kernel.OpenProcess(synchronize, False, pid)
    if handle:
        kernel.WaitForSingleObject(handle, infinite)
        kernel.CloseHandle(handle)


def _is_loopback(address: str) -> bool:
    return address == "::1" or address.startswith("127.")


def _end(code: int) -> NoReturn:
    """End the process without waiting for threads: one may be within a request that nobody will read.

    Nor for long for the log: whoever should read stderr may have stopped doing so while a thread writes to it.
    """
    deadline = threading.Timer(_LOG_SECONDS, os._exit, (code,))
    deadline.daemon = True
    deadline.start()
    logging.shutdown()
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)
