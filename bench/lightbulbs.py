"""The light bulb: from ``textDocument/codeAction`` to its answer, and from ``codeAction/resolve`` to the edit."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lspclient import Client, Message, ServerError
from processes import settle
from tables import percentile, table
from targets import Target, Verdict
from workplace import Package, Place

_STOREFRONT = Path(__file__).resolve().parents[1] / "examples" / "storefront"
_MOST = 40  # Places of one file that are asked about, and half as many keys.
_INVOKED, _AUTOMATIC = 1, 2  # LSP's CodeActionTriggerKind
_TRIES = 30
_TARGET_MS = 50.0
_CAPABILITIES = {
    "textDocument": {
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor"]}},
            "resolveSupport": {"properties": ["edit", "title"]},
            "dataSupport": True,
        }
    },
    "workspace": {"workspaceEdit": {"documentChanges": True}},
}


def lightbulbs(server: Sequence[str], at: Place) -> Iterator[str | Target]:
    """The section of the report."""
    yield "## Code actions"
    yield ""
    yield "Milliseconds from the request to the answer: at the places of the diagnostics, as an editor asks when the caret"
    yield "gets there; the same right after a key, when no analysis knows the text; and from `codeAction/resolve` to the edit."
    yield ""
    rows: list[list[str]] = []
    targets: list[Target] = []
    for package in (_storefront(at), at.packages()[2]):
        client = Client(server, at.env, package.root)
        try:
            known, typed, resolved, offers = _asked(client, package)
        except ServerError as error:
            rows.append([package.name, f"failed: {error}", "", "", ""])
            continue
        finally:
            client.end()
        rows.append([package.name, str(offers), _spread(known), _spread(typed), _spread(resolved)])
        for what, took in (("codeAction", known), ("codeAction after a key", typed)):
            p99 = percentile(took, 99)
            verdict = Verdict.MET if p99 < _TARGET_MS and offers else Verdict.MISSED
            targets.append(Target(f"{package.name}: {what}, p99", f"< {_TARGET_MS:g} ms", f"{p99:.1f} ms", verdict))
    yield from table(["", "offers", "known, p50 / p99", "after a key, p50 / p99", "resolve, p50 / p99"], rows)
    yield from targets


def _storefront(at: Place) -> Package:
    root = at.root / "lightbulbs"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(_STOREFRONT, root)
    return Package("examples/storefront", root, root / "internal/order/order.go", 0)


def _asked(client: Client, package: Package) -> tuple[list[float], list[float], list[float], int]:
    """Times of answers where all is known, of those after a key, and of edits; and how many offers there were."""
    client.initialize(_CAPABILITIES)
    uri, text = package.file.as_uri(), package.file.read_text(encoding="utf-8")
    client.notify(
        "textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "go", "version": 1, "text": text}}
    )
    client.wait(lambda one: one["params"]["state"] == "idle", 0, holding=b"stackward/status")
    _prepared(client, uri, text.count("\n"))
    shown = client.last(lambda one: one["params"]["uri"] == uri, 0, holding=b"publishDiagnostics")
    places: list[Message] = shown.message["params"]["diagnostics"][:_MOST] if shown is not None else []
    known: list[float] = []
    actions: list[Any] = []
    for one in places:
        found = _timed(client, "textDocument/codeAction", _question(uri, one), known)
        actions += [each for each in found or [] if "data" in each]
    resolved: list[float] = []
    for each in actions[: _MOST // 4]:
        _timed(client, "codeAction/resolve", each, resolved)
    typed: list[float] = []
    end = {"line": text.count("\n"), "character": 0}
    for number, one in enumerate(places[: _MOST // 2]):
        change = {"range": {"start": end, "end": end}, "text": "// x\n"}
        document = {"uri": uri, "version": number + 2}
        client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        _timed(client, "textDocument/codeAction", _question(uri, one), typed)
    return known, typed, resolved, len(actions)


def _prepared(client: Client, uri: str, lines: int) -> None:
    """Wait until what the file offers is known, and what was found is proved: that is done when all else is."""
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": lines, "character": 0}}
    asked = {"textDocument": {"uri": uri}, "range": whole, "context": {"diagnostics": [], "triggerKind": _INVOKED}}
    for _ in range(_TRIES):
        settle(client.process.pid, quiet=1.0)
        if client.request("textDocument/codeAction", asked).message["result"]:
            settle(client.process.pid, quiet=3.0)
            return


def _question(uri: str, diagnostic: Message) -> Message:
    return {
        "textDocument": {"uri": uri},
        "range": diagnostic["range"],
        "context": {"diagnostics": [diagnostic], "triggerKind": _AUTOMATIC},
    }


def _timed(client: Client, method: str, params: Any, into: list[float]) -> Any:
    begun = time.perf_counter()
    answer = client.request(method, params)
    into.append((answer.at - begun) * 1000)
    return answer.message["result"]


def _spread(took: Sequence[float]) -> str:
    return f"{percentile(took, 50):.1f} / {percentile(took, 99):.1f}" if took else "–"


__all__ = ["lightbulbs"]
