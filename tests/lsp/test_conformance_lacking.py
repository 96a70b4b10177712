"""Clients that know all of LSP but a thing or two, which the server must do without: each message is judged."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from conformance import offers, without
from profiles import FULL, MANY, OTHER, PULLING, TEXT, Client, Profile, applied, at, files_of, place

from gomodule import write_module
from stackward.core.position import Encoding

ACTION = "textDocument.codeAction"
PUBLISH = "textDocument.publishDiagnostics"
# Two are missing at a time where they have nothing to do with each other.
LACKING = [
    ("general.positionEncodings", "workspace.codeLens"),
    ("textDocument",),
    (ACTION, "workspace.inlayHint"),
    (f"{ACTION}.codeActionLiteralSupport",),
    (f"{ACTION}.dataSupport",),
    (f"{ACTION}.isPreferredSupport",),
    (f"{ACTION}.resolveSupport", "workspace.configuration"),
    ("textDocument.hover", "workspace.applyEdit"),
    (PUBLISH, "workspace.workspaceFolders"),
    (f"{PUBLISH}.codeDescriptionSupport", f"{PUBLISH}.tagSupport"),
    (f"{PUBLISH}.relatedInformation", f"{PUBLISH}.versionSupport"),
    ("window.workDoneProgress", "workspace.workspaceEdit.changeAnnotationSupport"),
    ("workspace.didChangeWatchedFiles", "workspace.workspaceEdit.documentChanges"),
    ("workspace.workspaceEdit",),
]
# What it has no use for, left out together.
UNUSED = (
    f"{ACTION}.disabledSupport",
    "textDocument.codeLens",
    "textDocument.inlayHint",
    f"{PUBLISH}.dataSupport",
    "textDocument.synchronization",
    "window.showDocument",
    "window.showMessage",
    "workspace.diagnostics",
    "workspace.didChangeConfiguration",
    "workspace.executeCommand",
    "workspace.workspaceEdit.resourceOperations",
)
# Of clients that pull; what diagnostics may hold is what they say of pushed ones.
PULLED = [PUBLISH, "workspace.diagnostics"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One module for all: what was compiled for the first client is found on disk by the others."""
    return write_module(tmp_path_factory.mktemp("lacking") / "m", {"p.go": TEXT, "q.go": OTHER})


@pytest.fixture
def client(root: Path, request: pytest.FixtureRequest) -> Iterator[Client]:
    client = Client(root, request.param)
    try:
        client.start()
        yield client
        client.rest()
        assert client.leave() == 0
        assert client.checker.open_bars == []
    finally:
        client.end()


def lacking(whole: Profile, *paths: str) -> Any:
    capabilities: Mapping[str, Any] = whole.capabilities
    for path in paths:
        capabilities = without(capabilities, path)
    first = (offers(capabilities, "general.positionEncodings") or ["utf-16"])[0]
    name = f"{whole} but {' and '.join(paths[:2])}"
    return pytest.param(Profile(name, capabilities, Encoding(first)), id=name)


def actions(client: Client, uri: str, what: str) -> list[dict[str, Any]]:
    line, character = place(TEXT, what, client.profile.encoding)
    here = {"line": line, "character": character}
    mine = [one for one in client.known(uri) if one["range"]["start"]["line"] == line]
    given = {"textDocument": {"uri": uri}, "range": {"start": here, "end": here}, "context": {"diagnostics": mine}}
    found: list[dict[str, Any]] = client.ask("textDocument/codeAction", given)
    return found


def edits(client: Client, uri: str, what: str) -> dict[str, list[dict[str, Any]]]:
    """The edits of the first action, however this client gets at them."""
    made = actions(client, uri, what)[0]
    if isinstance(made.get("command"), str):
        client.run(made["command"], *made["arguments"])
        return files_of(client.edits.pop())
    if client.profile.can(f"{ACTION}.resolveSupport") and client.profile.can(f"{ACTION}.dataSupport"):
        made = client.ask("codeAction/resolve", made)
    return files_of(made["edit"])


@pytest.mark.parametrize(
    "client",
    [
        *(lacking(MANY, *paths) for paths in LACKING),
        lacking(MANY, *UNUSED),
        *(lacking(PULLING, path) for path in PULLED),
    ],
    indirect=True,
)
def test_it_is_done_without(client: Client) -> None:
    profile = client.profile
    uri = client.open("p.go")
    client.settled()
    assert client.declared["positionEncoding"] == profile.encoding.value
    assert ("diagnosticProvider" in client.declared) is (
        profile.pulls and profile.can("workspace.diagnostics") is not None
    )
    found = client.until_known(uri, bool)
    line, character = place(TEXT, "it := Item", profile.encoding)
    start = {"line": line, "character": character}
    assert start in [one["range"]["start"] for one in found]
    assert client.ask("textDocument/hover", at(uri, **start))["range"]["start"] == start
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    assert client.ask("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": whole})
    assert client.ask("textDocument/codeLens", {"textDocument": {"uri": uri}})
    assert "strconv.Itoa" in applied(TEXT, edits(client, uri, "Sprintf")[uri], profile.encoding)
    assert actions(client, uri, "Sprintf")  # Now it is proved, and said to be.
    assert "return w.Write(b)" in applied(TEXT, edits(client, uri, "[]byte(string")[uri], profile.encoding)
    assert client.run("stackward.analyzeWorkspace")["packages"] == 1
    client.change(uri, "\n", (0, 0))
    client.change(uri, TEXT)
    client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})


def test_all_that_is_offered_is_left_out_once() -> None:
    """A capability that ``FULL`` gains has a client without it."""

    def paths(value: Any, prefix: str) -> Iterator[str]:
        for key, inner in value.items():
            yield f"{prefix}{key}"
            if isinstance(inner, dict):
                yield from paths(inner, f"{prefix}{key}.")

    tested = {*itertools.chain(*LACKING), *UNUSED}
    # One level below the sections; what is deeper is a detail of the one above it.
    for path in paths(FULL, ""):
        if path.count(".") <= 1:
            assert any(one == path or one.startswith(f"{path}.") for one in tested), path
