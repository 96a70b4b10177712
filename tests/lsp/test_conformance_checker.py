"""The checker of the conformance tests: what it must object to, each beside what is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from conformance import Checker, offers, without
from profiles import FULL

ZERO = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
LONG = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 5}}
BACK = {"start": {"line": 1, "character": 0}, "end": {"line": 0, "character": 0}}
PLAIN = {"range": ZERO, "message": "m", "source": "stackward"}
EDIT = {"range": ZERO, "newText": "x"}
FILE = {"uri": "file:///p.go", "version": 1}
RELATED = [{"location": {"uri": "file:///p.go", "range": ZERO}, "message": "m"}]


def published(diagnostic: Mapping[str, Any] = PLAIN, **params: Any) -> dict[str, Any]:
    return call("textDocument/publishDiagnostics", {"uri": "file:///p.go", "diagnostics": [diagnostic], **params})


def call(method: str, params: Any = None, message_id: int | None = None) -> dict[str, Any]:
    message = {"jsonrpc": "2.0", "method": method}
    message |= {} if params is None else {"params": params}
    return message if message_id is None else {**message, "id": message_id}


def wrong(message: Mapping[str, Any], capabilities: Mapping[str, Any] = FULL) -> list[str]:
    checker = Checker(capabilities)
    checker.take(message)
    return checker.wrong


def answer(method: str, result: Any, capabilities: Mapping[str, Any] = FULL, params: Any = None) -> list[str]:
    checker = Checker(capabilities)
    checker.request(1, method, params or {})
    checker.take({"jsonrpc": "2.0", "id": 1, "result": result})
    return checker.wrong


@pytest.mark.parametrize(
    ("message", "needed"),
    [
        (published(version=1), "textDocument.publishDiagnostics.versionSupport"),
        (published({**PLAIN, "tags": [1]}), "textDocument.publishDiagnostics.tagSupport"),
        (published({**PLAIN, "data": 1}), "textDocument.publishDiagnostics.dataSupport"),
        (published({**PLAIN, "relatedInformation": RELATED}), "textDocument.publishDiagnostics.relatedInformation"),
        (
            published({**PLAIN, "code": "c", "codeDescription": {"href": "file:///c.md"}}),
            "textDocument.publishDiagnostics.codeDescriptionSupport",
        ),
        (call("workspace/configuration", {"items": [{"section": "s"}]}, 1), "workspace.configuration"),
        (call("workspace/codeLens/refresh", None, 1), "workspace.codeLens.refreshSupport"),
        (call("workspace/inlayHint/refresh", None, 1), "workspace.inlayHint.refreshSupport"),
        (call("workspace/diagnostic/refresh", None, 1), "workspace.diagnostics.refreshSupport"),
        (call("workspace/workspaceFolders", None, 1), "workspace.workspaceFolders"),
        (call("window/workDoneProgress/create", {"token": "t"}, 1), "window.workDoneProgress"),
        (call("window/showDocument", {"uri": "file:///p.go"}, 1), "window.showDocument.support"),
        (call("workspace/applyEdit", {"edit": {"changes": {"file:///p.go": [EDIT]}}}, 1), "workspace.applyEdit"),
        (
            call("workspace/applyEdit", {"edit": {"documentChanges": [{"textDocument": FILE, "edits": [EDIT]}]}}, 1),
            "workspace.workspaceEdit.documentChanges",
        ),
        (
            call("workspace/applyEdit", {"edit": {"changes": {}, "changeAnnotations": {"a": {"label": "a"}}}}, 1),
            "workspace.workspaceEdit.changeAnnotationSupport",
        ),
        (
            call(
                "client/registerCapability",
                {"registrations": [{"id": "i", "method": "workspace/didChangeWatchedFiles"}]},
                1,
            ),
            "workspace.didChangeWatchedFiles.dynamicRegistration",
        ),
    ],
)
def test_what_is_sent_only_to_who_can_take_it(message: dict[str, Any], needed: str) -> None:
    assert offers(FULL, needed) is not None
    assert wrong(message) == []
    assert wrong(message, without(FULL, needed)) != []


@pytest.mark.parametrize(
    ("method", "result", "needed"),
    [
        ("textDocument/codeAction", [{"title": "t", "edit": {}}], "textDocument.codeAction.codeActionLiteralSupport"),
        (
            "textDocument/codeAction",
            [{"title": "t", "edit": {}, "isPreferred": True}],
            "textDocument.codeAction.isPreferredSupport",
        ),
        ("textDocument/codeAction", [{"title": "t", "data": 1}], "textDocument.codeAction.resolveSupport"),
        ("textDocument/codeAction", [{"title": "t", "data": 1}], "textDocument.codeAction.dataSupport"),
        (
            "textDocument/codeAction",
            [{"title": "t", "edit": {}, "disabled": {"reason": "r"}}],
            "textDocument.codeAction.disabledSupport",
        ),
        ("codeAction/resolve", {"title": "t", "edit": {}}, "textDocument.codeAction.resolveSupport"),
        ("textDocument/hover", {"contents": {"kind": "markdown", "value": "v"}}, "textDocument.hover.contentFormat"),
        (
            "initialize",
            {"capabilities": {"codeActionProvider": {"resolveProvider": True}}},
            "textDocument.codeAction.codeActionLiteralSupport",
        ),
        ("initialize", {"capabilities": {"positionEncoding": "utf-32"}}, "general.positionEncodings"),
    ],
)
def test_what_is_answered_only_to_who_can_take_it(method: str, result: Any, needed: str) -> None:
    assert offers(FULL, needed) is not None
    assert answer(method, result, params={"title": "t"}) == []
    assert answer(method, result, without(FULL, needed), {"title": "t"}) != []


@pytest.mark.parametrize(
    "message",
    [
        {"method": "window/showMessage", "params": {"type": 1, "message": "m"}},
        call("window/showMessage", {"type": "1", "message": "m"}),
        call("window/showMessage", {"type": 1, "message": None}),
        call("window/showMessage", {"type": 1, "message": "m", "more": 1}),
        call("window/showMessage", {"type": 1, "message": "m"}, 1),
        call("workspace/codeLens/refresh"),
        {**call("workspace/codeLens/refresh", None, 1), "params": None},
        call("no/such", {}),
        call("stackward/ask", {}, 1),
        call("textDocument/hover", {}, 1),
        call("$/progress", {"token": "never created", "value": {"kind": "begin", "title": "t"}}),
        published({**PLAIN, "source": "gopls"}),
        published({**PLAIN, "range": BACK}),
        published({**PLAIN, "range": None}),
        published({**PLAIN, "relatedInformation": None}),
        published({**PLAIN, "tags": [3]}),
        call("workspace/applyEdit", {"edit": {"changes": {"file:///p.go": [{**EDIT, "range": LONG}] * 2}}}, 1),
        call("workspace/applyEdit", {"edit": {"changes": {"file:///p.go": [{**EDIT, "annotationId": "a"}]}}}, 1),
        call("workspace/applyEdit", {"edit": {"documentChanges": [{"kind": "create", "uri": 5}]}}, 1),
        {"jsonrpc": "2.0", "id": 7, "result": None},
        {"jsonrpc": "2.0", "id": None, "error": {"code": "x", "message": "m"}},
        {"jsonrpc": "2.0", "id": 1},
    ],
)
def test_what_nobody_may_be_sent(message: dict[str, Any]) -> None:
    assert wrong(message) != []


def test_answers_are_counted() -> None:
    checker = Checker(FULL)
    checker.request(1, "shutdown", None)
    assert checker.unanswered == ["shutdown"]
    assert checker.take({"jsonrpc": "2.0", "id": 1, "result": None})
    assert checker.unanswered == []
    assert not checker.take({"jsonrpc": "2.0", "id": 1, "result": None})


def test_diagnostics_come_one_way_only() -> None:
    capabilities = {**FULL, "textDocument": {**FULL["textDocument"], "diagnostic": {}}}
    provider = {"interFileDependencies": True, "workspaceDiagnostics": True}
    checker = Checker(capabilities)
    checker.request(1, "initialize", {})
    assert checker.take({"jsonrpc": "2.0", "id": 1, "result": {"capabilities": {"diagnosticProvider": provider}}})
    assert not checker.take(published())
    assert answer("initialize", {"capabilities": {"diagnosticProvider": provider}}) != []
    assert answer("textDocument/diagnostic", {"kind": "full", "items": []}) != []


@pytest.mark.parametrize(
    ("kinds", "refused", "right"),
    [
        (["begin", "report", "report", "end"], False, True),
        (["begin", "begin"], False, False),
        (["report"], False, False),
        (["begin", "end", "report"], False, False),
        (["begin"], True, False),
    ],
)
def test_progress_begins_and_ends(kinds: list[str], refused: bool, right: bool) -> None:
    checker = Checker(FULL)
    checker.take(call("window/workDoneProgress/create", {"token": "t"}, 1))
    early = {"token": "t", "value": {"kind": "begin", "title": "t"}}
    checker.reply(1, refused=refused)
    for kind in kinds:
        checker.take(call("$/progress", early if kind == "begin" else {"token": "t", "value": {"kind": kind}}))
    assert (checker.wrong == []) is right


def test_progress_waits_for_the_client() -> None:
    checker = Checker(FULL)
    assert checker.take(call("window/workDoneProgress/create", {"token": "t"}, 1))
    assert not checker.take(call("$/progress", {"token": "t", "value": {"kind": "begin", "title": "t"}}))
