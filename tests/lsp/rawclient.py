"""A client that speaks raw JSON-RPC to a server process, and may speak nonsense."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

PATIENCE = 30.0  # Seconds; only a server that hangs makes a test wait for so long.
FIXTURE = [sys.executable, str(Path(__file__).with_name("fixture_server.py"))]


def frame(message: Any) -> bytes:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class Wire:
    """Both directions of a connection. ``read`` takes messages in the order of arrival."""

    def __init__(self, source: IO[bytes], target: IO[bytes]) -> None:
        self._target = target
        self._queue: queue.Queue[Any] = queue.Queue()
        self._ids = 0
        self.deaf = False
        threading.Thread(target=self._receive, args=(source,), daemon=True).start()

    def _receive(self, source: IO[bytes]) -> None:
        while header := source.readline():
            assert header.lower().startswith(b"content-length:"), header
            while source.readline() != b"\r\n":
                pass
            self._queue.put(json.loads(source.read(int(header.partition(b":")[2]))))
        self._queue.put(None)

    def raw(self, data: bytes) -> None:
        self._target.write(data)
        self._target.flush()

    def send(self, message: Any) -> None:
        self.raw(frame(message))

    def notify(self, method: str, params: Any = None) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: Any = None) -> int:
        self._ids += 1
        self.send({"jsonrpc": "2.0", "id": self._ids, "method": method, "params": params})
        return self._ids

    def read(self) -> Any:
        """The next message; None at the end of the stream."""
        try:
            return self._queue.get(timeout=PATIENCE)
        except queue.Empty:
            self.deaf = True
            raise AssertionError("the server says nothing") from None

    def answer(self, message_id: int | None) -> Any:
        """The next message, which must be the answer to this request."""
        message = self.read()
        assert message is not None, "the server has gone"
        assert message.get("id") == message_id
        assert "method" not in message
        return message

    def call(self, method: str, params: Any = None) -> Any:
        """The result of a request."""
        return self.answer(self.request(method, params))["result"]

    def error(self, method: str, params: Any = None) -> int:
        """The error code that a request is answered with."""
        return int(self.answer(self.request(method, params))["error"]["code"])

    def initialize(self, **params: Any) -> Any:
        result = self.call("initialize", {"processId": None, "rootUri": None, "capabilities": {}} | params)
        self.notify("initialized", {})
        return result


class Process(Wire):
    """A server over stdio."""

    def __init__(self, argv: list[str], env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        super().__init__(self.process.stdout, self.process.stdin)

    @property
    def at_rest(self) -> bool:
        """Whether it runs, answers, and has said nothing that nobody read."""
        return self.process.poll() is None and not self.deaf and self._queue.empty()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()

    def hang_up(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def exit_code(self) -> int:
        return self.process.wait(PATIENCE)
