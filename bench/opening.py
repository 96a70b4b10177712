"""From opening a folder in an editor to the first hints of the file that is on the screen.

The clock starts with the process of the server, which an editor starts when the first Go file is opened. What a user of
VS Code waits for is measured by the tests in the real editor (``make test-editors``), from the address being opened.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lspclient import Client, Message, ServerError
from processes import settle
from tables import cell, table
from workplace import CACHE, Package, Place

_RUNS = 5
_STOREFRONT = Path(__file__).resolve().parents[1] / "examples" / "storefront"
_OPENED = Path("internal/order/order.go")
_EDITORS = Path(os.environ.get("STACKWARD_EDITORS_CACHE") or Path.home() / ".cache" / "stackward-editors")


def opening(server: Sequence[str], at: Place) -> Iterator[str]:
    """The section of the report."""
    rows = []
    for package in (_storefront(at), *at.packages()[2:]):
        cold: list[float] = []
        warm: list[float] = []
        failed = ""
        try:
            _opened(server, at, package)  # Builds what it imports, which is not stackward's work.
            for _ in range(_RUNS):
                shutil.rmtree(CACHE / "opening", ignore_errors=True)
                _helper(at)
                cold.append(_opened(server, at, package))
                warm.append(_opened(server, at, package))
        except ServerError as error:
            failed = f"failed: {error}"
        rows.append([package.name, failed or cell(cold, of=_RUNS), cell(warm, of=_RUNS)])
    yield "## Opening a folder → first hints"
    yield ""
    yield "Seconds from the start of the server to the first hints of the one open file. Go's build cache is warm, and so is"
    yield f"the disk; stackward's own results are there only the second time. {_RUNS} times each."
    yield ""
    yield from table(["", "the first time", "again"], rows)
    measured = _EDITORS / "vscode-first-hints.json"
    if measured.exists():
        yield from _in_vscode(json.loads(measured.read_text(encoding="utf-8")))


def _in_vscode(runs: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """What VS Code's tests have measured: by run, the seconds to the text of the file and to its first hints."""
    yield "In VS Code (code-server in Chromium, the VSIX in a clean editor), seconds from opening the folder until a file of"
    yield "examples/storefront is on the screen, and until its first hints are; once, by the last `make test-editors`."
    yield ""
    rows = [[name, f"{one['text']:.1f}", f"{one['hints']:.1f}"] for name, one in runs.items()]
    yield from table(["", "the text", "the first hints"], rows)


def _storefront(at: Place) -> Package:
    root = at.root / "storefront"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(_STOREFRONT, root)
    return Package("examples/storefront", root, root / _OPENED, 0)


def _helper(at: Place) -> None:
    """The type facts helper stays: it is built once for a toolchain, not for a folder."""
    kept = Path(at.env["STACKWARD_CACHE"]) / "typefacts"
    if kept.is_dir():
        shutil.copytree(kept, CACHE / "opening" / "typefacts")


def _opened(server: Sequence[str], at: Place, package: Package) -> float:
    """Seconds until the first hints."""
    at = replace(at, env={**at.env, "STACKWARD_CACHE": str(CACHE / "opening")})
    client = Client(server, at.env, package.root)
    uri = package.file.as_uri()

    def shows(message: Message) -> bool:
        params = message.get("params") or {}
        return message.get("method") == "textDocument/publishDiagnostics" and bool(
            params.get("uri") == uri and params.get("diagnostics")
        )

    try:
        client.initialize({})
        text = package.file.read_text(encoding="utf-8")
        item = {"uri": uri, "languageId": "go", "version": 1, "text": text}
        mark = client.mark()
        client.notify("textDocument/didOpen", {"textDocument": item})
        took = client.wait(shows, mark, holding=package.file.name.encode()).at - client.started
        settle(client.process.pid)  # Results are kept when all is done.
        return took
    finally:
        client.end()
