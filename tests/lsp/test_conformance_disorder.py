"""What is malformed, out of order or refused, said to the real server: the specification's errors, and no harm done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from profiles import BARE, MANY, MIDDLING, OTHER, PULLING, TEXT, Client, at, begin

from gomodule import write_module

INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32600, -32601, -32602
NOT_INITIALIZED, CANCELLED, CONTENT_MODIFIED = -32002, -32800, -32801
ZERO = {"line": 0, "character": 0}
FAR = {"line": 1_000_000, "character": 1_000_000}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_module(tmp_path_factory.mktemp("disorder") / "m", {"p.go": TEXT, "q.go": OTHER})


@pytest.fixture(scope="module")
def shared(root: Path) -> Iterator[Client]:
    """A client that pulls, so that all requests are there; its file is open and analysed."""
    client = begin(root, PULLING, {})
    try:
        client.open("p.go")
        client.settled()
        yield client
        client.rest()
        assert client.leave() == 0
    finally:
        client.end()


@pytest.fixture
def uri(root: Path) -> str:
    return (root / "p.go").as_uri()


@pytest.fixture
def fresh(root: Path, request: pytest.FixtureRequest) -> Iterator[Client]:
    """A client that has said nothing yet; the parameter is its profile."""
    client = Client(root, getattr(request, "param", BARE))
    yield client
    client.end()


def requests(uri: str) -> dict[str, Any]:
    """All requests that the server answers, with parameters that are right."""
    document = {"textDocument": {"uri": uri}}
    span = {"start": ZERO, "end": FAR}
    return {
        "textDocument/hover": at(uri, 0, 0),
        "textDocument/inlayHint": {**document, "range": span},
        "textDocument/codeLens": document,
        "textDocument/codeAction": {**document, "range": span, "context": {"diagnostics": []}},
        "textDocument/diagnostic": document,
        "workspace/diagnostic": {"previousResultIds": []},
        "workspace/executeCommand": {"command": "stackward.status"},
    }


def test_before_initialize(fresh: Client, uri: str) -> None:
    for method, params in requests(uri).items():
        assert fresh.error(method, params) == NOT_INITIALIZED
    assert fresh.error("shutdown") == NOT_INITIALIZED
    assert fresh.error("initialize", {"capabilities": []}) == INVALID_PARAMS
    fresh.notify("textDocument/didOpen", {"textDocument": {"uri": uri}})
    assert fresh.start()["serverInfo"]["name"] == "stackward"
    assert fresh.error("initialize", {"capabilities": {}}) == INVALID_REQUEST
    assert fresh.leave() == 0


def test_after_shutdown(fresh: Client, uri: str) -> None:
    fresh.start()
    fresh.ask("shutdown")
    for method, params in requests(uri).items():
        assert fresh.error(method, params) == INVALID_REQUEST
    assert fresh.error("shutdown") == INVALID_REQUEST
    fresh.notify("exit")
    assert fresh.exit_code() == 0


def test_exit_without_shutdown(fresh: Client) -> None:
    fresh.start()
    fresh.notify("exit")
    assert fresh.exit_code() == 1


def test_the_end_of_input_while_a_command_runs(fresh: Client) -> None:
    fresh.start()
    fresh.request("workspace/executeCommand", {"command": "stackward.analyzeWorkspace"})
    fresh.hang_up()
    assert fresh.exit_code() == 1


def test_malformed_params_of_every_request(shared: Client, uri: str) -> None:
    for method, right in requests(uri).items():
        shared.ask(method, right)
        wrong: list[Any] = [[], 5, "x", *({**right, key: 5} for key in right)]
        wrong += [{name: value for name, value in right.items() if name != key} for key in right]
        for params in wrong:
            assert shared.error(method, params) == INVALID_PARAMS, (method, params)
    for wrong in ({}, {"title": 5}, {"title": "x", "data": {"uri": "untitled:x", "number": 1}}, {"title": "x"}):
        assert shared.error("codeAction/resolve", wrong) == INVALID_PARAMS, wrong


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("stackward.none", []),
        ("other.command", []),
        ("stackward.explainRule", []),
        ("stackward.explainRule", ["no-such-rule"]),
        ("stackward.explainRule", [None]),
        ("stackward.graph", ["untitled:x", ZERO]),
        ("stackward.graph", ["file:///x.go", {"line": 1}]),
        ("stackward.listHints", [5]),
        ("stackward.listHints", ["untitled:Untitled-1"]),
        ("stackward.inlineDiff", ["git:/x.go"]),
        ("stackward.rewrite", ["file:///x.go"]),
        ("stackward.rewrite", ["file:///x.go", "1"]),
        ("stackward.fixAll", ["vscode-vfs://x/y.go"]),
        ("stackward.status", [1]),
    ],
)
def test_commands_that_are_wrong(shared: Client, command: str, arguments: list[Any]) -> None:
    assert shared.error("workspace/executeCommand", {"command": command, "arguments": arguments}) == INVALID_PARAMS


def test_what_is_gone_cannot_be_rewritten(shared: Client, uri: str) -> None:
    gone = {"title": "x", "kind": "quickfix", "data": {"uri": uri, "number": 4711}}
    assert shared.error("codeAction/resolve", gone) == CONTENT_MODIFIED
    command = {"command": "stackward.rewrite", "arguments": [uri, 4711]}
    assert shared.error("workspace/executeCommand", command) == CONTENT_MODIFIED


@pytest.mark.parametrize(
    "method", ["textDocument/formatting", "textDocument/definition", "textDocument/completion", "$/x", "x/y"]
)
def test_what_the_server_does_not_know(shared: Client, uri: str, method: str) -> None:
    assert shared.error(method, {"textDocument": {"uri": uri}, "position": ZERO}) == METHOD_NOT_FOUND
    shared.notify(method, {"textDocument": {"uri": uri}})
    shared.ask("workspace/executeCommand", {"command": "stackward.status"})


def test_notifications_that_are_malformed_or_make_no_sense(shared: Client, uri: str) -> None:
    unknown = {"uri": uri.replace("p.go", "none.go")}
    assert shared.error("textDocument/didOpen", {}) == INVALID_REQUEST
    for method, params in (
        ("textDocument/didOpen", {"textDocument": {"uri": uri}}),
        ("textDocument/didChange", {"textDocument": {**unknown, "version": 3}, "contentChanges": [{"text": "x"}]}),
        ("textDocument/didChange", {"textDocument": {"uri": uri, "version": 3}, "contentChanges": [5]}),
        ("textDocument/didSave", {"textDocument": unknown}),
        ("textDocument/didClose", {"textDocument": unknown}),
        ("textDocument/didClose", None),
        ("textDocument/hover", at(uri, 0, 0)),
        ("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri, "type": 9}]}),
        ("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [{"uri": "x:y", "name": ""}]}}),
        ("window/workDoneProgress/cancel", {"token": "never heard of"}),
        ("$/cancelRequest", {"id": "never heard of"}),
        ("$/setTrace", {"value": "verbose"}),
        ("initialized", {}),
    ):
        shared.notify(method, params)
    shared.rest()
    assert shared.until_known(uri, bool)


@pytest.mark.parametrize("other", ["untitled:Untitled-1", "git:/p.go?HEAD", "file:///nowhere/p.go", "file:///x.txt"])
def test_documents_that_are_no_files_of_the_workspace(shared: Client, other: str) -> None:
    item = {"uri": other, "languageId": "go", "version": 1, "text": TEXT}
    shared.notify("textDocument/didOpen", {"textDocument": item})
    for method, params in requests(other).items():
        shared.ask(method, params)
    shared.notify("textDocument/didClose", {"textDocument": {"uri": other}})
    shared.rest()


def test_places_that_are_not_there(shared: Client, uri: str) -> None:
    assert shared.ask("textDocument/hover", at(uri, **FAR)) is None
    for span in ({"start": FAR, "end": FAR}, {"start": FAR, "end": ZERO}):
        given = {"textDocument": {"uri": uri}, "range": span}
        assert shared.ask("textDocument/inlayHint", given) == []
        shared.ask("textDocument/codeAction", {**given, "context": {"diagnostics": []}})
    for wrong in (-1, 1.5, "0", None):
        params = {"textDocument": {"uri": uri}, "position": {"line": wrong, "character": 0}}
        assert shared.error("textDocument/hover", params) == INVALID_PARAMS


def test_a_cancelled_command_ends(shared: Client) -> None:
    number = shared.request("workspace/executeCommand", {"command": "stackward.analyzeWorkspace"})
    shared.until(lambda one: one.get("method") == "window/workDoneProgress/create")
    shared.notify("$/cancelRequest", {"id": number})
    answer = shared.answered(number)
    # It may have come to its end while the notification was under way.
    assert answer.get("error", {"code": CANCELLED})["code"] == CANCELLED
    assert shared.run("stackward.analyzeWorkspace")["packages"] == 1


def test_an_id_that_is_in_use_and_one_that_is_text(shared: Client) -> None:
    message = {"jsonrpc": "2.0", "id": "an id", "method": "workspace/executeCommand"}
    shared.checker.request("an id", message["method"], {})
    shared.send({**message, "params": {"command": "stackward.status"}})
    shared.until(lambda one: one.get("id") == "an id")


@pytest.mark.parametrize("fresh", [MANY], indirect=True, ids=str)
def test_a_client_that_refuses_all_that_it_is_asked(fresh: Client, uri: str) -> None:
    """It says that it can and then does not: no progress that it has not agreed to, and hints all the same."""
    fresh.refuses = frozenset(
        {
            "client/registerCapability",
            "window/workDoneProgress/create",
            "workspace/applyEdit",
            "workspace/codeLens/refresh",
            "workspace/configuration",
            "workspace/inlayHint/refresh",
        }
    )
    fresh.start()
    fresh.open("p.go")
    fresh.settled()
    assert fresh.until_known(uri, bool)
    assert fresh.run("stackward.analyzeWorkspace")["packages"] == 1
    assert isinstance(fresh.run("stackward.fixAll", uri), int)
    assert not [one for one in fresh.seen if one.get("method") == "$/progress"]
    fresh.rest()
    assert fresh.leave() == 0


@pytest.mark.parametrize("fresh", [BARE, MIDDLING, MANY], indirect=True, ids=str)
def test_a_client_without_a_folder(fresh: Client) -> None:
    fresh.start(rootUri=None, workspaceFolders=None)
    fresh.open("p.go")
    fresh.settled()
    fresh.rest()
    assert fresh.leave() == 0


@pytest.mark.parametrize("fresh", [MIDDLING], indirect=True, ids=str)
def test_lines_end_where_the_specification_says(fresh: Client, tmp_path: Path) -> None:
    r"""Lines of Python's own, \f, \v, U+0085, U+2028 and \x1c, end none; incremental edits after them land."""
    fresh.root = write_module(tmp_path / "m", {"p.go": "package p\n"})
    fresh.start()
    odd = "package p\n\n// a\x0cb\x0bc\u0085d\u2028e\x1cf é😀\n\nfunc New() *int { n := 1; return &n }"
    uri = fresh.open("p.go", odd)
    fresh.change(uri, "\n\nfunc Two() *int { n := 2; return &n }", (4, 37))
    fresh.change(uri, "/* é😀 */ ", (4, 0))
    text = odd.replace("func New", "/* é😀 */ func New") + "\n\nfunc Two() *int { n := 2; return &n }"
    (fresh.root / "p.go").write_text(text, encoding="utf-8")
    fresh.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    fresh.until_known(uri, lambda found: len(found) == 2)
    prefix = len("/* é😀 */ ".encode())
    assert fresh.hints(uri) == {(4, prefix + 18, prefix + 19, "address-returned"), (6, 18, 19, "address-returned")}
    fresh.rest()
    assert fresh.leave() == 0


@pytest.mark.parametrize("fresh", [MANY], indirect=True, ids=str)
def test_an_insert_past_the_end_of_the_text(fresh: Client, tmp_path: Path) -> None:
    fresh.root = write_module(tmp_path / "m", {"p.go": "package p\n"})
    fresh.start()
    uri = fresh.open("p.go", "package p // é😀")
    fresh.change(uri, "\n\nfunc New() *int { n := 1; return &n }\n", (0, 500))
    text = "package p // é😀\n\nfunc New() *int { n := 1; return &n }\n"
    (fresh.root / "p.go").write_text(text, encoding="utf-8")
    fresh.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    fresh.until_known(uri, bool)
    assert fresh.hints(uri) == {(2, 18, 19, "address-returned")}
    fresh.rest()
    assert fresh.leave() == 0
