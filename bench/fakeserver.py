"""A server that answers a save after a known time: what the harness measures of it, less that, is the harness's own.

``python bench/run.py --only save,keystroke --no-gopls --server "python bench/fakeserver.py 50 80"`` should show 0.050 and
0.080 for the first and the complete hints, and fractions of a millisecond for keystrokes.
"""

from __future__ import annotations

import json
import re
import sys
import time
from typing import Any

_CAPABILITIES = {"textDocumentSync": {"openClose": True, "change": 2, "save": True}, "inlayHintProvider": True}


def main() -> None:
    """Serve; the arguments are the milliseconds from a save to the first and to the complete hints."""
    first, complete = (int(word) / 1000 for word in sys.argv[1:3])
    text = ""
    while (message := _read()) is not None:
        params = message.get("params") or {}
        match message.get("method"):
            case "initialize":
                _send({"id": message["id"], "result": {"capabilities": _CAPABILITIES}})
            case "textDocument/didOpen":
                text = params["textDocument"]["text"]
                _send({"method": "stackward/status", "params": {"state": "idle"}})
            case "textDocument/didChange":
                text = _changed(text, params["contentChanges"][0])
            case "textDocument/didSave":
                begun = time.perf_counter()
                _send({"method": "stackward/status", "params": {"state": "analysing"}})
                publication = {"uri": params["textDocument"]["uri"], "diagnostics": _diagnostics(text)}
                time.sleep(max(0.0, begun + first - time.perf_counter()))
                _send({"method": "textDocument/publishDiagnostics", "params": publication})
                time.sleep(max(0.0, begun + complete - time.perf_counter()))
                _send({"method": "stackward/status", "params": {"state": "idle"}})
            case "exit":
                return
            case _ if "id" in message:
                _send({"id": message["id"], "result": None})


def _changed(text: str, change: dict[str, Any]) -> str:
    """``text`` after one insertion."""
    lines = text.split("\n")
    at = change["range"]["start"]
    offset = sum(len(line) + 1 for line in lines[: at["line"]]) + at["character"]
    return f"{text[:offset]}{change['text']}{text[offset:]}"


def _diagnostics(text: str) -> list[dict[str, Any]]:
    """One for each variable that the benchmark adds."""
    found = []
    for number, line in enumerate(text.split("\n")):
        if re.match(r"\tv\d+ := ", line):
            at = {"line": number, "character": 1}
            found.append({"range": {"start": at, "end": at}, "source": "stackward", "message": "moved to the heap"})
    return found


def _read() -> dict[str, Any] | None:
    size = 0
    while header := sys.stdin.buffer.readline():
        if not header.strip():
            return dict(json.loads(sys.stdin.buffer.read(size)))
        size = int(header.partition(b":")[2])
    return None


def _send(message: dict[str, Any]) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
