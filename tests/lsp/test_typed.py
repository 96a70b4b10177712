"""What the converter takes and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from lsprotocol import types

from stackward.lsp.protocol.typed import explain, strict_converter

CONVERTER = strict_converter()
URI = {"uri": "file:///a.go"}
CONTEXT = {"diagnostics": [], "triggerKind": 1}
RANGE = {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 2}}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (types.DidChangeWatchedFilesParams, {"changes": [{"uri": "file:///a.go", "type": 2}]}),
        (
            types.CodeActionParams,
            {"textDocument": URI, "range": RANGE, "context": CONTEXT},
        ),
        (types.DidOpenTextDocumentParams, {"textDocument": {**URI, "languageId": "gotmpl", "version": 1, "text": ""}}),
        (types.WorkDoneProgressCancelParams, {"token": 5}),
        (types.WorkDoneProgressCancelParams, {"token": "five"}),
        (types.DidChangeConfigurationParams, {"settings": {"a": [1, 2.5, None, True]}}),
        (types.ExecuteCommandParams, {"command": "x", "arguments": [None, {"a": 1}]}),
    ],
)
def test_what_clients_send_is_read_and_means_the_same(kind: type[Any], value: Any):
    assert CONVERTER.unstructure(CONVERTER.structure(value, kind), kind) == value


@pytest.mark.parametrize(
    ("kind", "value", "place"),
    [
        (types.Position, {"line": "1", "character": 0}, "params.line"),
        (types.Position, {"line": True, "character": 0}, "params.line"),
        (types.Position, {"line": 1.5, "character": 0}, "params.line"),
        (types.Position, {"line": 1}, "params"),
        (types.TextDocumentIdentifier, {"uri": None}, "params.uri"),
        (types.DidChangeWatchedFilesParams, {"changes": [{"uri": "x", "type": 99}]}, "params.changes[0].type"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(kind: type[Any], value: Any, place: str):
    with pytest.raises(Exception) as caught:
        CONVERTER.structure(value, kind)
    assert place in explain(caught.value)
    assert "\n" not in explain(caught.value)
