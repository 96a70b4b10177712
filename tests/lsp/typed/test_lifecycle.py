"""The status, and the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidRequest, JsonRpcMethodNotFound
from typedclient import P, Status, TypedClient


async def test_the_status_says_what_is_being_done(client: TypedClient, root: Path) -> None:
    await client.start(root)
    await client.open("p.go")
    assert client.statuses == [Status("analysing", ""), Status("idle", "")]
    await client.save("p.go", P + "\nfunc More() {}\n")
    assert client.statuses[2:] == [Status("analysing", ""), Status("idle", "")]


async def test_the_status_leads_to_where_the_build_is_broken(client: TypedClient, root: Path) -> None:
    await client.start(root)
    uri = await client.open("p.go")
    status = await client.save("p.go", P.replace("return string(b)", 'return "é😀" + x'))
    assert (status.state, status.uri) == ("broken", uri)
    assert "undefined: x" in status.message
    at = types.Position(8, len('\treturn "é??" + '))
    assert status.range == types.Range(at, at)
    assert client.codes(uri) == ["address-returned"]
    assert await client.save("p.go", P) == Status("idle", "")
    assert client.codes(uri) == ["address-returned", "string-conversion"]


async def test_a_missing_go_command_is_a_status_and_a_message(client: TypedClient, root: Path) -> None:
    await client.start(root, options={"go": {"path": "/nowhere/go"}})
    uri = await client.open("p.go")
    status = client.statuses[-1]
    assert (status.state, status.uri) == ("missing", "")
    assert "/nowhere/go" in status.message
    await client.run("status")  # Its answer comes behind the message.
    (message,) = client.messages
    assert message.type is types.MessageType.Error
    assert "/nowhere/go" in message.message
    assert client.codes(uri) == []


async def test_a_go_command_that_is_still_missing_is_no_news(client: TypedClient, root: Path) -> None:
    await client.start(root, options={"go": {"path": "/nowhere/go"}})
    await client.open("p.go")
    await client.save("p.go", P + "\nfunc More() {}\n")
    assert (await client.run("status"))["state"] == "missing"
    assert len(client.messages) == 1


async def test_shutdown_then_exit(client: TypedClient, root: Path) -> None:
    await client.start(root)
    uri = await client.open("p.go")
    assert await client.shutdown_async(None) is None
    with pytest.raises(JsonRpcInvalidRequest, match="shut down"):
        await client.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(3, 1))
        )
    client.exit(None)
    assert await client.exit_code() == 0


async def test_exit_without_shutdown(client: TypedClient, root: Path) -> None:
    await client.start(root)
    client.exit(None)
    assert await client.exit_code() == 1


async def test_requests_that_are_refused(client: TypedClient, root: Path) -> None:
    await client.start(root)
    with pytest.raises(JsonRpcInvalidRequest, match="initialized already"):
        await client.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
    with pytest.raises(JsonRpcMethodNotFound, match="no such method: textDocument/definition"):
        await client.text_document_definition_async(
            types.DefinitionParams(types.TextDocumentIdentifier(client.uri("p.go")), types.Position(0, 0))
        )
    await client.open("p.go")
