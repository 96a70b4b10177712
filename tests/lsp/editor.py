"""An editor with the real server: opens, edits and saves real files, and waits for what it is told."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rawclient import PATIENCE, Process

from stackward.lsp.uris import uri_of

SERVE = [sys.executable, "-m", "stackward", "serve", "--log-level", "warning"]


SHOWN = {
    "relatedInformation": True,
    "codeDescriptionSupport": True,
    "tagSupport": {"valueSet": [1, 2]},
    "versionSupport": True,
}
HOVER = {"contentFormat": ["markdown", "plaintext"]}


class Editor(Process):
    """``diagnostics`` are the last ones pushed, by URI.

    ``settings`` answers ``workspace/configuration``, with those of ``folder_settings`` for a workspace folder's URI.
    """

    def __init__(
        self,
        root: Path,
        *,
        settings: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        serve: Sequence[str] = SERVE,
    ) -> None:
        super().__init__(serve, env={**os.environ, **(env or {})})
        self.root = root
        self.settings = dict(settings or {})
        self.folder_settings: dict[str, dict[str, Any]] = {}
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        self.statuses: list[dict[str, Any]] = []
        self.seen: list[dict[str, Any]] = []
        self._versions: dict[str, int] = {}

    def start(self, capabilities: Mapping[str, Any] | None = None, **params: Any) -> dict[str, Any]:
        """Initialize with the root as the one workspace folder."""
        uri = uri_of(str(self.root))
        offered = dict(capabilities or {})
        text_document = {"publishDiagnostics": SHOWN, "hover": HOVER, **offered.get("textDocument", {})}
        result: dict[str, Any] = self.ask(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": uri,
                "workspaceFolders": [{"uri": uri, "name": "root"}],
                "capabilities": {**offered, "textDocument": text_document},
                **params,
            },
        )
        self.notify("initialized", {})
        return result

    def ask(self, method: str, params: Any = None) -> Any:
        """The result of a request; what arrives before it is taken in."""
        number = self.request(method, params)
        message = self.until(lambda one: one.get("id") == number and "method" not in one)
        assert "error" not in message, message
        return message["result"]

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Take in messages up to the first that is ``wanted``."""
        deadline = time.monotonic() + PATIENCE * 2
        while time.monotonic() < deadline:
            message: dict[str, Any] | None = self.read()
            assert message is not None, "the server has gone"
            self._take(message)
            if wanted(message):
                return message
        raise AssertionError(f"did not happen; last: {self.seen[-5:]}")

    def _take(self, message: dict[str, Any]) -> None:
        self.seen.append(message)
        method = message.get("method")
        if method == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif method == "stackward/status":
            self.statuses.append(message["params"])
        elif method == "workspace/configuration":
            own = [self.folder_settings.get(item.get("scopeUri"), {}) for item in message["params"]["items"]]
            self.send({"jsonrpc": "2.0", "id": message["id"], "result": [{**self.settings, **one} for one in own]})
        elif method is not None and "id" in message:
            self.send({"jsonrpc": "2.0", "id": message["id"], "result": None})

    def settled(self) -> dict[str, Any]:
        """Wait until the analysis is over; gives the status."""
        message = self.until(
            lambda one: one.get("method") == "stackward/status" and one["params"]["state"] != "analysing"
        )
        status: dict[str, Any] = message["params"]
        return status

    def open(self, name: str, text: str | None = None) -> str:
        """Open a file of the root; gives its URI."""
        path = self.root / name
        uri = uri_of(str(path))
        self._versions[uri] = 1
        content = path.read_text(encoding="utf-8") if text is None else text
        item = {"uri": uri, "languageId": "go", "version": 1, "text": content}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return uri

    def change(
        self, uri: str, text: str, start: tuple[int, int] | None = None, end: tuple[int, int] | None = None
    ) -> None:
        """Replace a range, or the whole text."""
        self._versions[uri] += 1
        change: dict[str, Any] = {"text": text}
        if start is not None:
            last = end or start
            change["range"] = {
                "start": {"line": start[0], "character": start[1]},
                "end": {"line": last[0], "character": last[1]},
            }
        document = {"uri": uri, "version": self._versions[uri]}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})

    def save(self, name: str, text: str) -> dict[str, Any]:
        """Edit a file to ``text``, write it, say so, and wait until it is analysed."""
        path = self.root / name
        uri = uri_of(str(path))
        self.change(uri, text)
        path.write_text(text, encoding="utf-8")
        self.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        return self.settled()

    def hints(self, uri: str) -> set[tuple[int, int, int, str]]:
        """Line, start and end character, and rule of the diagnostics of a file."""
        return {
            (
                one["range"]["start"]["line"],
                one["range"]["start"]["character"],
                one["range"]["end"]["character"],
                one["code"],
            )
            for one in self.diagnostics.get(uri, [])
        }
