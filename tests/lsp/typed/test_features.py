"""Hovers, inlay hints, code lenses, and when a client is asked to ask again."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types
from typedclient import P, TypedClient, span

WHOLE = types.Range(types.Position(0, 0), types.Position(100, 0))


async def hover(client: TypedClient, uri: str, line: int, character: int) -> types.Hover | None:
    at = types.Position(line, character)
    return await client.text_document_hover_async(types.HoverParams(types.TextDocumentIdentifier(uri), at))


async def inlays(client: TypedClient, uri: str, range_: types.Range = WHOLE) -> list[types.InlayHint]:
    params = types.InlayHintParams(types.TextDocumentIdentifier(uri), range_)
    return list(await client.text_document_inlay_hint_async(params) or ())


async def lenses(client: TypedClient, uri: str) -> list[types.CodeLens]:
    params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
    return list(await client.text_document_code_lens_async(params) or ())


async def test_hover(client: TypedClient, root: Path) -> None:
    await client.start(root)
    uri = await client.open("p.go")
    for character in (1, 2):  # The pointer rests between characters: both ends count.
        found = await hover(client, uri, 3, character)
        assert found is not None
        assert found.range == span(3, 1, 2)
        assert isinstance(found.contents, types.MarkupContent)
        assert found.contents.kind is types.MarkupKind.Markdown
        assert found.contents.value.startswith("**n is moved to the heap: its address is returned")
        assert f"1. [p.go:5:9]({uri}#L5,9) address taken" in found.contents.value
        assert "**Try:**" in found.contents.value
    for line, character in ((3, 0), (0, 0), (5, 1), (1000, 1000)):
        assert await hover(client, uri, line, character) is None


async def test_hover_on_the_name_of_a_function(client: TypedClient, root: Path) -> None:
    await client.start(root)
    uri = await client.open("p.go")
    found = await hover(client, uri, 2, 6)
    assert found is not None
    assert found.range == span(2, 5, 8)
    assert isinstance(found.contents, types.MarkupContent)
    assert found.contents.value.startswith("**New**: 1 heap allocation")
    assert "Can be inlined" in found.contents.value


async def test_inlay_hints_of_the_range_that_is_asked_for(client: TypedClient, root: Path) -> None:
    await client.start(root)
    uri = await client.open("p.go")
    first, second = await inlays(client, uri)
    assert first.position == types.Position(3, 2)
    assert isinstance(first.label, str)
    assert first.label.startswith("on heap: returned")
    assert isinstance(first.tooltip, str)
    assert first.tooltip.startswith("n is moved to the heap")
    assert first.padding_left is True
    assert second.position == types.Position(8, 17)
    for start, end, wanted in (
        ((0, 0), (3, 1), []),
        ((0, 0), (3, 2), [first]),
        ((3, 2), (8, 17), [first, second]),
        ((3, 3), (8, 17), [second]),
        ((9, 0), (100, 0), []),
    ):
        asked = types.Range(types.Position(*start), types.Position(*end))
        assert await inlays(client, uri, asked) == wanted


async def test_code_lenses_and_what_they_do(client: TypedClient, root: Path) -> None:
    await client.start(root)
    uri = await client.open("p.go")
    new, text = await lenses(client, uri)
    assert (new.range, text.range) == (span(2, 5, 8), span(7, 5, 9))
    assert new.command is not None
    assert new.command.title.startswith("1 heap allocation")
    assert new.command.command == "stackward.listHints"
    assert list(new.command.arguments or ()) == [uri, "New"]
    listed = await client.run("listHints", *(new.command.arguments or ()))
    assert [one["code"] for one in listed] == ["address-returned"]
    assert listed[0]["range"]["start"] == {"line": 3, "character": 1}


async def test_all_follow_the_text(client: TypedClient, root: Path) -> None:
    await client.start(root)
    uri = await client.open("p.go")
    client.change(uri, "// é\n", span(0, 0, 0))
    assert [one.position.line for one in await inlays(client, uri)] == [4, 9]
    assert [one.range.start.line for one in await lenses(client, uri)] == [3, 8]
    found = await hover(client, uri, 4, 1)
    assert found is not None
    assert found.range == span(4, 1, 2)
    assert await hover(client, uri, 3, 1) is None


@pytest.mark.parametrize("setting", ["hover", "inlayHints", "codeLens"])
async def test_each_can_be_switched_off(client: TypedClient, root: Path, setting: str) -> None:
    await client.start(root, options={setting: {"enable": False}})
    uri = await client.open("p.go")
    shown = {
        "hover": bool(await hover(client, uri, 3, 1)),
        "inlayHints": bool(await inlays(client, uri)),
        "codeLens": bool(await lenses(client, uri)),
    }
    assert shown == {name: name != setting for name in shown}
    assert client.codes(uri) == ["address-returned", "string-conversion"]


async def test_documents_that_are_no_files(client: TypedClient, root: Path) -> None:
    await client.start(root)
    uri = "untitled:Untitled-1"
    item = types.TextDocumentItem(uri=uri, language_id="go", version=1, text=P)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    assert await hover(client, uri, 3, 1) is None
    assert await inlays(client, uri) == []
    assert await lenses(client, uri) == []


async def test_a_client_that_can_is_asked_to_ask_again(client: TypedClient, root: Path) -> None:
    workspace = types.WorkspaceClientCapabilities(
        inlay_hint=types.InlayHintWorkspaceClientCapabilities(refresh_support=True),
        code_lens=types.CodeLensWorkspaceClientCapabilities(refresh_support=True),
    )
    await client.start(root, capabilities=types.ClientCapabilities(workspace=workspace))
    both = {types.WORKSPACE_INLAY_HINT_REFRESH, types.WORKSPACE_CODE_LENS_REFRESH}
    uri = await client.open("p.go")
    await client.until(lambda: set(client.refreshed) == both)
    client.refreshed.clear()
    await client.save("p.go", P.replace("return string(b)", 'return ""'))
    await client.until(lambda: set(client.refreshed) == both)
    assert len(await inlays(client, uri)) == 1
