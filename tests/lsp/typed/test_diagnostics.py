"""Diagnostics, pushed and pulled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlparse

from lsprotocol import types
from typedclient import P, TypedClient, span

PULLS = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(diagnostic=types.DiagnosticClientCapabilities()),
    workspace=types.WorkspaceClientCapabilities(
        diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    ),
)
Q = "package q\n\nfunc Text(b []byte) string {\n\treturn string(b)\n}\n"


def read(uri: str) -> str:
    """The text of a file that a link leads to."""
    return Path(unquote(urlparse(uri).path)).read_text(encoding="utf-8")


async def test_a_pushed_diagnostic_is_whole(client: TypedClient, root: Path) -> None:
    shown = types.PublishDiagnosticsClientCapabilities(
        related_information=True, code_description_support=True, version_support=True
    )
    text_document = types.TextDocumentClientCapabilities(publish_diagnostics=shown)
    await client.start(root, capabilities=types.ClientCapabilities(text_document=text_document))
    uri = await client.open("p.go")
    one, other = client.diagnostics[uri]
    assert (one.range, other.range) == (span(3, 1, 2), span(8, 8, 17))
    assert (one.code, one.source, one.severity) == (
        "address-returned",
        "stackward",
        types.DiagnosticSeverity.Information,
    )
    assert one.message.startswith("n is moved to the heap: its address is returned")
    assert one.related_information is not None
    assert [(each.location.uri, each.location.range.start) for each in one.related_information] == [
        (uri, types.Position(4, 8)),
        (uri, types.Position(4, 1)),
    ]
    assert one.code_description is not None
    assert read(one.code_description.href).startswith("# address-returned")
    assert client.published[-1].version == 1


async def test_a_client_is_sent_what_it_shows(client: TypedClient, root: Path) -> None:
    await client.start(root)
    uri = await client.open("p.go")
    for one in client.diagnostics[uri]:
        assert (one.related_information, one.code_description, one.tags) == (None, None, None)


async def test_pushed_for_every_version_and_never_twice(client: TypedClient, root: Path) -> None:
    await client.start(root)
    uri = await client.open("p.go")
    version = client.change(uri, "\n", span(0, 0, 0))
    await client.until(lambda: client.published[-1].version == version)
    assert [one.range.start.line for one in client.diagnostics[uri]] == [4, 9]
    await client.save("p.go", P)
    await client.save("p.go", P.replace("return string(b)", 'return ""'))
    said = [(one.version, str(one.diagnostics)) for one in client.published if one.uri == uri]
    assert len(said) == len(set(said))
    assert client.codes(uri) == ["address-returned"]


async def test_what_was_pushed_is_taken_back(client: TypedClient, root: Path) -> None:
    await client.start(root)
    uri = await client.open("p.go")
    await client.save("p.go", "package p\n")
    assert client.codes(uri) == []
    await client.save("p.go", "package p\n\nfunc Nothing() {}\n")
    assert [list(one.diagnostics) for one in client.published if one.uri == uri].count([]) == 1


async def test_a_closed_file_shows_the_text_on_disk(client: TypedClient, root: Path) -> None:
    await client.start(root)
    uri = await client.open("p.go")
    version = client.change(uri, "\n", span(0, 0, 0))
    await client.until(lambda: client.published[-1].version == version)
    client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
    await client.until(lambda: client.published[-1].version is None)
    assert [one.range.start.line for one in client.diagnostics[uri]] == [3, 8]


async def test_diagnostics_can_be_switched_off(client: TypedClient, root: Path) -> None:
    await client.start(root, options={"diagnostics": {"enable": False}})
    uri = await client.open("p.go")
    assert client.published == []
    whole = types.Range(types.Position(0, 0), types.Position(20, 0))
    inlay = types.InlayHintParams(types.TextDocumentIdentifier(uri), whole)
    assert len(await client.text_document_inlay_hint_async(inlay) or ()) == 2


async def pull(client: TypedClient, uri: str, previous: str | None = None) -> types.DocumentDiagnosticReport:
    document = types.TextDocumentIdentifier(uri)
    return await client.text_document_diagnostic_async(
        types.DocumentDiagnosticParams(document, identifier="stackward", previous_result_id=previous)
    )


async def test_a_document_is_pulled(client: TypedClient, root: Path) -> None:
    await client.start(root, capabilities=PULLS)
    uri = await client.open("p.go")
    await client.until(lambda: client.diagnostic_refresh_count)
    report = await pull(client, uri)
    assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
    assert [(one.code, one.range) for one in report.items] == [
        ("address-returned", span(3, 1, 2)),
        ("string-conversion", span(8, 8, 17)),
    ]
    assert report.result_id
    again = await pull(client, uri, report.result_id)
    assert again == types.RelatedUnchangedDocumentDiagnosticReport(result_id=report.result_id)
    assert isinstance(await pull(client, uri, "another"), types.RelatedFullDocumentDiagnosticReport)
    client.change(uri, "\n", span(0, 0, 0))
    moved = await pull(client, uri, report.result_id)
    assert isinstance(moved, types.RelatedFullDocumentDiagnosticReport)
    assert [one.range.start.line for one in moved.items] == [4, 9]
    assert client.published == []


async def test_documents_that_nothing_is_known_of(client: TypedClient, root: Path) -> None:
    await client.start(root, capabilities=PULLS)
    for uri in ("untitled:Untitled-1", client.uri("nowhere.go"), client.uri("go.mod")):
        report = await pull(client, uri)
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        assert not report.items


async def test_the_workspace_is_pulled(client: TypedClient, write: Callable[..., Path]) -> None:
    await client.start(write({"p.go": P, "q/q.go": Q}), capabilities=PULLS)
    p, q = await client.open("p.go"), await client.open("q/q.go")

    async def pull_all(previous: dict[str, str]) -> dict[str, types.WorkspaceDocumentDiagnosticReport]:
        ids = [types.PreviousResultId(uri, value) for uri, value in previous.items()]
        report = await client.workspace_diagnostic_async(types.WorkspaceDiagnosticParams(ids, identifier="stackward"))
        return {one.uri: one for one in report.items}

    first = await pull_all({})
    assert all(isinstance(one, types.WorkspaceFullDocumentDiagnosticReport) for one in first.values())
    assert {uri: (one.version, len(one.items)) for uri, one in first.items()} == {p: (1, 2), q: (1, 1)}
    known = {uri: one.result_id for uri, one in first.items()}
    same = await pull_all(known)
    assert all(isinstance(one, types.WorkspaceUnchangedDocumentDiagnosticReport) for one in same.values())
    assert {uri: one.result_id for uri, one in same.items()} == known

    before = client.diagnostic_refresh_count
    await client.save("q/q.go", "package q\n")
    await client.until(lambda: client.diagnostic_refresh_count > before)
    after = await pull_all(known)
    assert isinstance(after[p], types.WorkspaceUnchangedDocumentDiagnosticReport)
    assert isinstance(after[q], types.WorkspaceFullDocumentDiagnosticReport)
    assert (list(after[q].items), after[q].version) == ([], 2)
    assert client.published == []
