"""Work-done progress: a bar in the editor for what takes long, with a button that ends it."""

from __future__ import annotations

import itertools
from concurrent.futures import Future
from typing import Any

from stackward.lsp.protocol import wire
from stackward.lsp.protocol.dispatch import Server
from stackward.report.language import Language
from stackward.toolchain.process import CancelToken

_counter = itertools.count(1)


class Progress:
    """One bar. Nothing is sent to a client that has none, nor before it agreed to this one. Used in the event loop."""

    def __init__(self, reporter: ProgressReporter, title: str, cancel: CancelToken | None) -> None:
        self._reporter = reporter
        self.token = f"stackward-{next(_counter)}"
        self._percentage = -1
        self._agreed: bool | None = None
        self._held: list[dict[str, Any]] = []
        self._send_request()
        self._send({"kind": "begin", "title": title, "cancellable": cancel is not None, "percentage": 0})

    def report(self, text: str, done: int, total: int) -> None:
        """Move on; at most one message per percent."""
        text = self._reporter.language.of("progress", text)
        percentage = done * 100 // total if total else -1
        if total and percentage == self._percentage:
            return
        self._percentage = percentage
        value: dict[str, Any] = {"kind": "report", "message": f"{text} ({done}/{total})" if total else text}
        if total:
            value["percentage"] = percentage
        self._send(value)

    def end(self, text: str = "") -> None:
        """Take the bar away."""
        self._send({"kind": "end", "message": text})

    def _send_request(self) -> None:
        if self._reporter.supported:
            asked = self._reporter.server.protocol.ask("window/workDoneProgress/create", {"token": self.token})
            asked.add_done_callback(self._on_answer)

    def _on_answer(self, asked: Future[Any]) -> None:
        self._agreed = not asked.cancelled() and asked.exception() is None
        held, self._held = self._held, []
        for value in held:
            self._send(value)

    def _send(self, value: dict[str, Any]) -> None:
        output = self._reporter.server.protocol.output
        if not self._reporter.supported or output is None:
            return
        if self._agreed is None:
            if self._held and self._held[-1]["kind"] == "report":
                self._held.pop()  # Only how far it is now would be seen.
            self._held.append(value)
        elif self._agreed:
            params = {"token": self.token, "value": value}
            output.send(wire.encode({"jsonrpc": "2.0", "method": "$/progress", "params": params}))


class ProgressReporter:
    """Makes bars, finds the work that a cancel button belongs to, and shows what the go command builds."""

    def __init__(self, server: Server, language: Language) -> None:
        self.server = server
        self.language = language
        self.supported = bool(server.client.offers("window.workDoneProgress"))
        self._cancels: dict[str, CancelToken] = {}
        self._building: Progress | None = None

    def begin(self, title: str, cancel: CancelToken | None = None) -> Progress:
        """A new bar; with ``cancel`` it has a button."""
        progress = Progress(self, title, cancel)
        if cancel is not None:
            self._cancels[progress.token] = cancel
        return progress

    def cancel(self, token: str | int) -> None:
        """The user pressed the button."""
        cancel = self._cancels.pop(str(token), None)
        if cancel is not None:
            cancel.cancel()

    def building(self, text: str) -> None:
        """A dependency is being built; the bar stays until ``idle``."""
        if self._building is None:
            self._building = self.begin(self.language.say("Building dependencies"))
        self._building.report(text, 0, 0)

    def idle(self) -> None:
        """Nothing is being done any more."""
        if self._building is not None:
            self._building.end()
            self._building = None
