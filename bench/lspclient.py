"""A small LSP client that stamps every message when it arrives."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

PATIENCE = 180.0  # Seconds; more than any server takes for one package.


class Client:
    """Speaks to a server over stdio. Requests of the server are answered with null."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], root: Path) -> None:
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(env),
            cwd=root,
        )
        self.root = root
        self._messages: queue.Queue[tuple[float, dict[str, Any] | None]] = queue.Queue()
        self._ids = 0
        threading.Thread(target=self._receive, daemon=True).start()

    def initialize(self, capabilities: Mapping[str, Any], options: Mapping[str, Any] | None = None) -> float:
        """Initialize; gives the seconds from the start of the process to the answer."""
        uri = self.root.as_uri()
        _, at = self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": uri,
                "workspaceFolders": [{"uri": uri, "name": self.root.name}],
                "capabilities": dict(capabilities),
                "initializationOptions": dict(options or {}),
            },
        )
        self.notify("initialized", {})
        return at - self.started

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def request(self, method: str, params: Any) -> tuple[Any, float]:
        """Send a request; gives the result and when it arrived."""
        self._ids += 1
        number = self._ids
        self._send({"id": number, "method": method, "params": params})
        message, at = self.until(lambda one: one.get("id") == number and "method" not in one)
        return message.get("result"), at

    def until(
        self, wanted: Callable[[dict[str, Any]], bool], patience: float = PATIENCE
    ) -> tuple[dict[str, Any], float]:
        """The next message that is wanted, and when it arrived; TimeoutError if none comes."""
        deadline = time.perf_counter() + patience
        while (left := deadline - time.perf_counter()) > 0:
            try:
                at, message = self._messages.get(timeout=left)
            except queue.Empty:
                break
            if message is None:
                raise ConnectionError("the server has gone")
            if "method" in message and "id" in message:
                configuration = message["method"] == "workspace/configuration"
                answer = [None] * len(message["params"]["items"]) if configuration else None
                self._send({"id": message["id"], "result": answer})
            if wanted(message):
                return message, at
        raise TimeoutError(f"nothing in {patience:g} s")

    def memory(self) -> float:
        """Resident memory of the server in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))

    def end(self) -> None:
        """End the server."""
        self.process.kill()
        self.process.wait()

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _receive(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            size = 0
            while header.strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    size = int(value)
                header = stream.readline()
            body = stream.read(size)
            self._messages.put((time.perf_counter(), json.loads(body)))
        self._messages.put((time.perf_counter(), None))
