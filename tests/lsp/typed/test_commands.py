"""The commands of the server, with right and with wrong arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from typedclient import P, TypedClient

from stackward.rules import RULES

Q = "package q\n\nfunc Text(b []byte) string {\n\treturn string(b)\n}\n"
BROKEN = "package broken\n\nfunc F() int { return x }\n"


async def test_analyze_package(client: TypedClient, write: Callable[..., Path]) -> None:
    await client.start(write({"p.go": P, "q/q.go": Q}))
    before = len(client.statuses)
    assert await client.run("analyzePackage", client.uri("q/q.go")) is None
    await client.settled(before)
    assert client.codes(client.uri("q/q.go")) == ["string-conversion"]
    assert client.codes(client.uri("p.go")) == []


async def test_analyze_workspace(client: TypedClient, write: Callable[..., Path]) -> None:
    await client.start(write({"p.go": P, "q/q.go": Q}))
    found = await client.run("analyzeWorkspace")
    assert found == {"cancelled": False, "sites": 3, "packages": 2, "failures": []}
    await client.until(lambda: len(client.diagnostics) == 2)
    assert client.codes(client.uri("q/q.go")) == ["string-conversion"]
    assert client.progress_reports == {}  # The client has no bar.


async def test_analyze_workspace_of_which_a_part_is_broken(client: TypedClient, write: Callable[..., Path]) -> None:
    await client.start(write({"p.go": P, "broken/b.go": BROKEN}))
    found = await client.run("analyzeWorkspace")
    assert (found["cancelled"], found["sites"]) == (False, 2)
    (failure,) = found["failures"]
    assert "undefined: x" in failure


async def test_explain_rule(client: TypedClient, root: Path) -> None:
    await client.start(root)
    for rule in RULES:
        page = await client.run("explainRule", rule.name)
        assert page.startswith(f"# {rule.name}\n")


async def test_list_hints(client: TypedClient, root: Path) -> None:
    await client.start(root)
    uri = await client.open("p.go")
    listed = await client.run("listHints", uri)
    assert [one["code"] for one in listed] == ["address-returned", "string-conversion"]
    assert [one["code"] for one in await client.run("listHints", uri, "Text")] == ["string-conversion"]
    assert await client.run("listHints", uri, "Nobody") == []
    assert await client.run("listHints", client.uri("nowhere.go")) == []


async def test_stats(client: TypedClient, root: Path) -> None:
    await client.start(root)
    assert (await client.run("stats"))["compiles"] == 0
    await client.open("p.go")
    await client.save("p.go", P + "\nfunc More() {}\n")
    stats = await client.run("stats")
    assert stats["compiles"] == 2
    ((folder, reasons),) = stats["by_package"].items()
    assert folder == str(root)
    assert reasons == ["example.com/m: opened", "example.com/m: saved"]


async def test_status(client: TypedClient, root: Path) -> None:
    await client.start(root)
    assert await client.run("status") == {"state": "idle", "message": ""}
    await client.open("p.go")
    await client.save("p.go", P.replace("&n", "n"))
    status = await client.run("status")
    assert status["state"] == "broken"
    assert "p.go:5:9" in status["message"]


async def test_toggle_hints(client: TypedClient, root: Path) -> None:
    await client.start(root)
    uri = await client.open("p.go")
    document = types.TextDocumentIdentifier(uri)
    assert await client.run("toggleHints") is False
    await client.until(lambda: client.codes(uri) == [])
    hover = types.HoverParams(document, types.Position(3, 1))
    assert await client.text_document_hover_async(hover) is None
    assert await client.text_document_code_lens_async(types.CodeLensParams(document)) == ()
    assert await client.run("toggleHints") is True
    await client.until(lambda: client.codes(uri) == ["address-returned", "string-conversion"])
    assert await client.text_document_hover_async(hover) is not None


@pytest.mark.parametrize(
    ("command", "arguments", "why"),
    [
        ("explainRule", ["nonsense"], "there is no rule 'nonsense'; there are address-returned, "),
        ("explainRule", [], "missing a required argument: 'rule'"),
        ("explainRule", [1], "expected str, got int"),
        ("explainRule", ["all", "more"], "too many positional arguments"),
        ("listHints", ["untitled:Untitled-1"], "untitled:Untitled-1 is not a file"),
        ("listHints", [None], "expected str, got NoneType"),
        ("analyzePackage", ["https://example.com/p.go"], "is not a file"),
        ("nonsense", [], "no such command: stackward.nonsense"),
    ],
)
async def test_wrong_arguments(client: TypedClient, root: Path, command: str, arguments: list[Any], why: str) -> None:
    await client.start(root)
    with pytest.raises(JsonRpcInvalidParams, match=why):
        await client.run(command, *arguments)
    assert await client.run("status") == {"state": "idle", "message": ""}
