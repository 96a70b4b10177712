"""A small LSP client over stdio that stamps every message when its last byte has arrived.

One thread reads, stamps and stores the bytes. They are parsed by whoever waits, and only where they can be of interest,
so that a large publication does not hold up the stamp of the next message.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

from processes import end_group, ended_within, start

PATIENCE = 300.0  # Seconds; more than any server that is measured takes for one package and all that it imports.
_SMALL = 4096  # Requests of servers are smaller; what is larger is a result or a publication.

Message: TypeAlias = dict[str, Any]

# A thread that has bytes to stamp must not wait the usual 5 ms for one that computes.
sys.setswitchinterval(0.0005)


class ServerError(Exception):
    """The server has gone, refused, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message and when it arrived, in seconds of ``time.perf_counter``."""

    message: Message
    at: float


class Client:
    """Speaks to a server. Its requests are answered at once, with null, as by an editor that has no settings."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], root: Path) -> None:
        self.started = time.perf_counter()
        try:
            self.process = start(argv, env=env, cwd=root)
        except OSError as error:
            raise ServerError(f"cannot start {argv[0]}: {error.strerror}") from error
        self.root = root
        self.capabilities: Message = {}
        self._changed = threading.Condition()
        self._sending = threading.Lock()
        self._arrived: list[tuple[float, bytes]] = []
        self._forgotten = 0
        self._gone = False
        self._ids = 0
        assert self.process.stdout is not None
        threading.Thread(target=self._receive, args=(self.process.stdout,), daemon=True).start()

    def initialize(self, capabilities: Mapping[str, Any], options: Mapping[str, Any] | None = None) -> float:
        """Initialize; gives the seconds from the start of the process to the answer."""
        uri = self.root.as_uri()
        params = {
            "processId": os.getpid(),
            "rootUri": uri,
            "workspaceFolders": [{"uri": uri, "name": self.root.name}],
            "capabilities": dict(capabilities),
            "initializationOptions": dict(options or {}),
        }
        answer = self.request("initialize", params)
        self.capabilities = dict((answer.message["result"] or {}).get("capabilities", {}))
        self.notify("initialized", {})
        return answer.at - self.started

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def request(self, method: str, params: Any, patience: float = PATIENCE) -> Arrival:
        """Send a request and wait for its answer; an error is a ``ServerError``."""
        self._ids += 1
        number, mark = self._ids, self.mark()
        self._send({"id": number, "method": method, "params": params})
        answer = self.wait(lambda one: one.get("id") == number and "method" not in one, mark, patience=patience)
        if "error" in answer.message:
            raise ServerError(f"{method}: {answer.message['error'].get('message')}")
        return answer

    def mark(self) -> int:
        """A place in the stream of messages: what has arrived by now is before it."""
        with self._changed:
            return self._forgotten + len(self._arrived)

    def forget(self) -> None:
        """Let go of the messages that have arrived by now."""
        with self._changed:
            self._forgotten += len(self._arrived)
            self._arrived.clear()

    def wait(
        self, wanted: Callable[[Message], bool], mark: int, *, holding: bytes = b"", patience: float = PATIENCE
    ) -> Arrival:
        """The first message after ``mark`` that is wanted. Only those that hold the bytes ``holding`` are looked at."""
        deadline = time.perf_counter() + patience
        while True:
            with self._changed:
                mark = max(mark, self._forgotten)
                while mark >= self._forgotten + len(self._arrived):
                    if self._gone:
                        raise ServerError("the server has gone")
                    if not self._changed.wait(max(0.0, deadline - time.perf_counter())):
                        raise ServerError(f"no answer in {patience:g} s")
                at, body = self._arrived[mark - self._forgotten]
            mark += 1
            if holding in body and wanted(message := json.loads(body)):
                return Arrival(message, at)

    def last(self, wanted: Callable[[Message], bool], mark: int, *, holding: bytes = b"") -> Arrival | None:
        """The last message between ``mark`` and now that is wanted."""
        with self._changed:
            arrived = self._arrived[max(0, mark - self._forgotten) :]
        for at, body in reversed(arrived):
            if holding in body and wanted(message := json.loads(body)):
                return Arrival(message, at)
        return None

    def end(self) -> None:
        """End the server and all that it started: politely, then for good."""
        with contextlib.suppress(ServerError, OSError):
            self.request("shutdown", None, patience=5.0)
            self.notify("exit", None)
            ended_within(self.process, 5.0)
        end_group(self.process)

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        try:
            with self._sending:
                self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
                self.process.stdin.flush()
        except OSError as error:
            raise ServerError("the server has gone") from error

    def _receive(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError, ServerError):
            while (body := _read(stream)) is not None:
                at = time.perf_counter()
                with self._changed:
                    self._arrived.append((at, body))
                    self._changed.notify_all()
                if len(body) < _SMALL and b'"method"' in body and b'"id"' in body:
                    self._answer(json.loads(body))
        with self._changed:
            self._gone = True
            self._changed.notify_all()

    def _answer(self, message: Message) -> None:
        if "method" not in message or "id" not in message:
            return
        result: Any = None
        if message["method"] == "workspace/configuration":
            result = [None] * len(message["params"]["items"])
        elif message["method"] == "workspace/applyEdit":
            result = {"applied": False}
        self._send({"id": message["id"], "result": result})


def _read(stream: IO[bytes]) -> bytes | None:
    """The body of the next message; None at the end."""
    size = -1
    while header := stream.readline():
        if not header.strip():
            return stream.read(size) if size >= 0 else None
        name, _, value = header.partition(b":")
        if name.lower() == b"content-length":
            size = int(value)
    return None
