"""The language servers that are timed: from a save to the diagnostic for what was new in it.

The clock starts when the save is told and stops when the last byte of the publication has arrived.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from lspclient import PATIENCE, Client, Message, ServerError
from processes import cpu_seconds, settle
from tables import Round
from workplace import Package, Source

_QUIET = 1.5  # Seconds without a publication, and without work, after which none is to be expected.
_PUBLISH = "textDocument/publishDiagnostics"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds: from the last key to the save, and how long its diagnostics are waited for."""

    pause: float = 0.0
    patience: float = 60.0


class Server:
    """A language server with one file open. ``source`` is what it calls itself in diagnostics about escapes."""

    source = "stackward"
    capabilities: ClassVar[Mapping[str, object]] = {}

    def __init__(self, argv: Sequence[str], package: Package, env: Mapping[str, str], timing: Timing) -> None:
        self.client = Client(argv, env, package.root)
        self._document = Source.read(package.file)
        self._uri = package.file.as_uri()
        self._version = 1
        self.saved = 0.0  # When the last save was told, by ``time.perf_counter``.
        self._timing = Timing(timing.pause, PATIENCE)
        try:
            self.client.initialize(self.capabilities)
            item = {"uri": self._uri, "languageId": "go", "version": 1, "text": self._document.text}
            self.client.notify("textDocument/didOpen", {"textDocument": item})
            self._start()
            self.save()  # The first one warms caches up, which may take longer, and is not counted.
            self._timing = timing
        except ServerError:
            self.end()
            raise

    def save(self) -> Round:
        """Type a function, save, and wait for all that follows."""
        settle(self.client.process.pid)
        self.client.forget()
        mark = self.client.mark()
        line = self._edit()
        time.sleep(self._timing.pause)
        self._document.write()
        begun = self.saved = time.perf_counter()
        self.client.notify("textDocument/didSave", {"textDocument": {"uri": self._uri}})
        name = self._document.path.name.encode()
        first = self.client.wait(
            lambda one: self._shows(one, line), mark, holding=name, patience=self._timing.patience
        ).at
        reached = {"first": first - begun, **self._complete(mark, begun)}
        self._until_quiet()
        folder = self._uri.rpartition("/")[0]
        last = self.client.last(lambda one: _publishes(one, folder), mark, holding=_PUBLISH.encode())
        assert last is not None
        return {**reached, "last": last.at - begun}

    def end(self) -> None:
        """End the server."""
        self.client.end()

    def _start(self) -> None:
        """Have it analyse the file that is open."""
        self._idle(0)

    def _complete(self, mark: int, begun: float) -> Round:
        return {"complete": self._idle(mark) - begun}

    def _idle(self, mark: int) -> float:
        def idle(message: Message) -> bool:
            if message.get("method") != "stackward/status":
                return False
            state = message["params"]["state"]
            if state in {"broken", "missing"}:
                raise ServerError(f"{state}: {message['params'].get('message')}")
            return bool(state == "idle")

        return self.client.wait(idle, mark, holding=b"stackward/status", patience=self._timing.patience).at

    def _edit(self) -> int:
        """Type the next function; gives the line of its variable."""
        line, added = self._document.grow()
        self._version += 1
        document = {"uri": self._uri, "version": self._version}
        at = {"line": line, "character": 0}
        change = {"range": {"start": at, "end": at}, "text": added}
        self.client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        return line + 2

    def _shows(self, message: Message, line: int) -> bool:
        """Whether this publishes the escape of the new variable. Other tools of a server may speak of the line too."""
        if not _publishes(message, self._uri):
            return False
        return any(
            one.get("source") == self.source and one["range"]["start"] == {"line": line, "character": 1}
            for one in message["params"]["diagnostics"]
        )

    def _until_quiet(self) -> None:
        """Wait until nothing was published, and hardly anything done, for a while."""
        deadline = time.perf_counter() + 120
        while time.perf_counter() < deadline:
            mark, before = self.client.mark(), cpu_seconds(self.client.process.pid)
            time.sleep(_QUIET)
            worked = cpu_seconds(self.client.process.pid) - before
            if worked < 0.05 * _QUIET and self.client.last(_is_publication, mark, holding=b"publishD") is None:
                return


class Gopls(Server):
    """gopls with its compiler optimization details switched on, as by its code action."""

    source = "optimizer details"
    capabilities: ClassVar[Mapping[str, object]] = {
        "textDocument": {
            "codeAction": {
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["source", "gopls"]}},
                "dataSupport": True,
            }
        }
    }

    def _start(self) -> None:
        settle(self.client.process.pid, quiet=1.0)
        nowhere = {"line": 0, "character": 0}
        params = {
            "textDocument": {"uri": self._uri},
            "range": {"start": nowhere, "end": nowhere},
            "context": {"diagnostics": [], "only": ["source.toggleCompilerOptDetails"]},
        }
        actions = self.client.request("textDocument/codeAction", params).message["result"] or []
        command = next((one.get("command") for one in actions if one["title"].startswith("Show compiler opt")), None)
        if command is None:
            raise ServerError(f"no code action shows optimization details, only {[one['title'] for one in actions]}")
        execute = {"command": command["command"], "arguments": command["arguments"]}
        self.client.request("workspace/executeCommand", execute)

    def _complete(self, mark: int, begun: float) -> Round:
        """It does not say when it is done. It publishes all details of a package at once."""
        del mark, begun
        return {}


def _publishes(message: Message, uri: str) -> bool:
    """Whether this publishes diagnostics of a file, or of any in a folder."""
    return _is_publication(message) and bool(message["params"]["uri"].startswith(uri))


def _is_publication(message: Message) -> bool:
    return message.get("method") == _PUBLISH
