"""Settings, files that others change, folders that come and go, and progress."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lsprotocol import types
from typedclient import PATIENCE, P, TypedClient, folder_of, plain

from stackward.lsp.uris import uri_of
from stackward.toolchain.discovery import Toolchain

Q = "package q\n\nfunc Text(b []byte) string {\n\treturn string(b)\n}\n"
BOTH = ["address-returned", "string-conversion"]
ASKS = types.ClientCapabilities(workspace=types.WorkspaceClientCapabilities(configuration=True))
WATCHES = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(
        did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
    )
)
SHOWS_PROGRESS = types.ClientCapabilities(window=types.WindowClientCapabilities(work_done_progress=True))


def shown(client: TypedClient) -> list[str]:
    return [one.message for one in client.messages]


class TestSettings:
    async def test_they_are_asked_for(self, client: TypedClient, root: Path) -> None:
        client.set_configuration({"rules": {"address-returned": "off"}}, section="stackward")
        await client.start(root, capabilities=ASKS)
        uri = await client.open("p.go")
        assert client.codes(uri) == ["string-conversion"]
        (asked,) = client.asked_settings
        assert [(item.section, item.scope_uri) for item in asked.items] == [
            ("stackward", None),
            ("stackward", uri_of(str(root))),
        ]

    async def test_and_again_when_they_change(self, client: TypedClient, root: Path) -> None:
        await client.start(root, capabilities=ASKS)
        uri = await client.open("p.go")
        assert client.codes(uri) == BOTH
        client.set_configuration({"rules": {"string-conversion": "error"}}, section="stackward")
        client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
        await client.until(lambda: types.DiagnosticSeverity.Error in [one.severity for one in client.diagnostics[uri]])
        assert client.codes(uri) == BOTH
        assert len(client.asked_settings) == 2

    async def test_they_come_with_the_notification_to_who_is_not_asked(self, client: TypedClient, root: Path) -> None:
        await client.start(root)
        uri = await client.open("p.go")
        settings = {"stackward": {"rules.address-returned": "off"}}
        client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))
        await client.until(lambda: client.codes(uri) == ["string-conversion"])
        assert client.asked_settings == []

    async def test_an_unknown_key_is_one_message(self, client: TypedClient, root: Path) -> None:
        client.set_configuration({"colour": 1, "hover": {"enable": False}}, section="stackward")
        await client.start(root, capabilities=ASKS, folders=[root, root.parent / "other"])
        uri = await client.open("p.go")
        assert shown(client) == ["stackward: settings: there is no setting 'colour'"]
        assert client.messages[0].type is types.MessageType.Warning
        hover = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(3, 1))
        assert await client.text_document_hover_async(hover) is None  # What is right counts.

    async def test_a_wrong_value_that_is_put_right(self, client: TypedClient, root: Path) -> None:
        client.set_configuration({"rules": {"adress-returned": "off"}}, section="stackward")
        await client.start(root, capabilities=ASKS)
        uri = await client.open("p.go")
        assert len(client.messages) == 1
        assert "did you mean address-returned?" in client.messages[0].message
        client.set_configuration({"rules": {"address-returned": "off"}}, section="stackward")
        client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
        await client.until(lambda: client.codes(uri) == ["string-conversion"])
        assert len(client.messages) == 1

    async def test_a_client_that_has_none(self, client: TypedClient, root: Path) -> None:
        await client.start(root, capabilities=ASKS, options={"rules": {"address-returned": "off"}})
        uri = await client.open("p.go")
        assert client.codes(uri) == ["string-conversion"]
        assert client.messages == []


class TestWatchedFiles:
    def _changed(self, client: TypedClient, name: str, kind: types.FileChangeType) -> int:
        before = len(client.statuses)
        event = types.FileEvent(client.uri(name), kind)
        client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
        return before

    async def test_what_is_watched(self, client: TypedClient, root: Path) -> None:
        await client.start(root, capabilities=WATCHES)
        await client.until(lambda: client.registered)
        (one,) = client.registered
        assert one.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        patterns = {watcher["globPattern"] for watcher in plain(one.register_options)["watchers"]}
        assert "**/*.{go,s,h,c}" in patterns
        assert "**/.stackward.toml" in patterns
        assert any("go.mod" in pattern for pattern in patterns)

    async def test_a_file_that_somebody_else_writes(self, client: TypedClient, write: Callable[..., Path]) -> None:
        root = write({"p.go": P, "other.go": "package p\n"})
        await client.start(root, capabilities=WATCHES)
        await client.open("p.go")
        (root / "other.go").write_text(Q.replace("package q", "package p").replace("Text", "Other"), encoding="utf-8")
        await client.settled(self._changed(client, "other.go", types.FileChangeType.Changed))
        assert client.codes(client.uri("other.go")) == ["string-conversion"]

    async def test_a_file_that_comes_and_goes(self, client: TypedClient, root: Path) -> None:
        await client.start(root, capabilities=WATCHES)
        await client.open("p.go")
        other = root / "other.go"
        other.write_text(Q.replace("package q", "package p").replace("Text", "Other"), encoding="utf-8")
        await client.settled(self._changed(client, "other.go", types.FileChangeType.Created))
        assert client.codes(client.uri("other.go")) == ["string-conversion"]
        other.unlink()
        await client.settled(self._changed(client, "other.go", types.FileChangeType.Deleted))
        assert client.codes(client.uri("other.go")) == []
        assert client.codes(client.uri("p.go")) == BOTH

    async def test_news_of_what_is_known_costs_no_compile(self, client: TypedClient, root: Path) -> None:
        await client.start(root, capabilities=WATCHES)
        await client.open("p.go")
        await client.save("p.go", P + "\nfunc More() {}\n")
        compiles = (await client.run("stats"))["compiles"]
        self._changed(client, "p.go", types.FileChangeType.Changed)
        assert await client.run("status") == {"state": "idle", "message": ""}
        assert (await client.run("stats"))["compiles"] == compiles

    async def test_the_team_file(self, client: TypedClient, root: Path) -> None:
        await client.start(root, capabilities=WATCHES)
        uri = await client.open("p.go")
        (root / ".stackward.toml").write_text('[rules]\naddress-returned = "off"\n', encoding="utf-8")
        self._changed(client, ".stackward.toml", types.FileChangeType.Created)
        await client.until(lambda: client.codes(uri) == ["string-conversion"])


class TestFolders:
    def _change(self, client: TypedClient, added: list[Path], removed: list[Path]) -> None:
        event = types.WorkspaceFoldersChangeEvent(
            added=[folder_of(one) for one in added], removed=[folder_of(one) for one in removed]
        )
        client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))

    async def test_each_has_its_team_file(self, client: TypedClient, write: Callable[..., Path]) -> None:
        first = write({"p.go": P}, "a")
        second = write({"p.go": P, ".stackward.toml": '[rules]\naddress-returned = "off"\n'}, "b")
        await client.start(first.parent, folders=[first, second])
        assert client.codes(await client.open("a/p.go")) == BOTH
        assert client.codes(await client.open("b/p.go")) == ["string-conversion"]

    async def test_one_is_added(self, client: TypedClient, write: Callable[..., Path]) -> None:
        first = write({"p.go": P}, "a")
        second = write({"p.go": P, ".stackward.toml": '[rules]\naddress-returned = "off"\n'}, "b")
        await client.start(first.parent, folders=[first])
        await client.open("a/p.go")
        uri = await client.open("b/p.go")
        assert client.codes(uri) == BOTH  # It is of no folder yet.
        self._change(client, [second], [])
        await client.until(lambda: client.codes(uri) == ["string-conversion"])
        assert (await client.run("analyzeWorkspace"))["packages"] == 2

    async def test_one_is_removed(self, client: TypedClient, write: Callable[..., Path]) -> None:
        first, second = write({"p.go": P}, "a"), write({"q.go": Q}, "b")
        await client.start(first.parent, folders=[first, second])
        await client.open("a/p.go")
        assert (await client.run("analyzeWorkspace"))["packages"] == 2
        await client.until(lambda: client.codes(client.uri("b/q.go")) == ["string-conversion"])
        before = len(client.statuses)
        self._change(client, [], [second])
        await client.settled(before)
        assert client.codes(client.uri("b/q.go")) == []
        assert client.codes(client.uri("a/p.go")) == BOTH
        assert (await client.run("analyzeWorkspace"))["packages"] == 1


class SlowGo:
    """A go command whose ``list`` writes to a pipe, and then does not come to an end."""

    def __init__(self, folder: Path, go: str) -> None:
        folder.mkdir()
        os.mkfifo(folder / "called")
        # Open for writing too, so that it is not at its end before the first writer.
        self._called = os.open(folder / "called", os.O_RDWR | os.O_NONBLOCK)
        self.path = folder / "go"
        script = f'if [ "$1" = list ]; then echo > "{folder}/called"; exec sleep 600; fi\nexec "{go}" "$@"\n'
        self.path.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
        self.path.chmod(0o755)

    async def called(self) -> None:
        """Wait until ``go list`` runs."""
        loop = asyncio.get_running_loop()
        arrived = loop.create_future()
        loop.add_reader(self._called, lambda: arrived.done() or arrived.set_result(None))
        try:
            async with asyncio.timeout(PATIENCE):
                await arrived
        finally:
            loop.remove_reader(self._called)

    def close(self) -> None:
        os.close(self._called)


@pytest.fixture
def slow_go(tmp_path: Path, toolchain: Toolchain) -> Iterator[SlowGo]:
    made = SlowGo(tmp_path / "bin", toolchain.go)
    yield made
    made.close()


class TestProgress:
    async def test_of_the_whole_workspace(self, client: TypedClient, write: Callable[..., Path]) -> None:
        await client.start(write({"p.go": P, "q/q.go": Q}), capabilities=SHOWS_PROGRESS)
        await client.run("analyzeWorkspace")
        (reports,) = (one for one in client.progress_reports.values() if one[0].title == "Analysing the workspace")
        begin, *between, end = reports
        assert begin == types.WorkDoneProgressBegin("Analysing the workspace", cancellable=True, percentage=0)
        assert all(isinstance(one, types.WorkDoneProgressReport) for one in between)
        percentages = [one.percentage for one in between if one.percentage is not None]
        assert percentages == sorted(percentages)
        assert end == types.WorkDoneProgressEnd(message="3 sites in 2 packages")

    async def test_it_can_be_cancelled(self, client: TypedClient, root: Path, slow_go: SlowGo) -> None:
        await client.start(root, capabilities=SHOWS_PROGRESS, options={"go": {"path": str(slow_go.path)}})
        running = asyncio.create_task(client.run("analyzeWorkspace"))
        await slow_go.called()
        await client.until(lambda: len(client.progress_reports) > 0)
        ((token, (begin, *_)),) = client.progress_reports.items()
        assert begin.cancellable is True
        client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
        assert await running == {"cancelled": True, "sites": 0, "packages": 0, "failures": []}
        assert client.progress_reports[token][-1] == types.WorkDoneProgressEnd(message="cancelled")

    async def test_a_request_that_is_cancelled(self, client: TypedClient, root: Path, slow_go: SlowGo) -> None:
        await client.start(root, options={"go": {"path": str(slow_go.path)}})
        params = types.ExecuteCommandParams(command="stackward.analyzeWorkspace")
        future = client.protocol.send_request(types.WORKSPACE_EXECUTE_COMMAND, params, msg_id="mine")
        await slow_go.called()
        client.protocol.notify(types.CANCEL_REQUEST, types.CancelParams("mine"))
        with pytest.raises(Exception, match="cancelled"):
            await asyncio.wait_for(asyncio.wrap_future(future), PATIENCE)

    async def test_a_token_that_nobody_knows(self, client: TypedClient, root: Path) -> None:
        await client.start(root, capabilities=SHOWS_PROGRESS)
        client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams("nobody"))
        assert (await client.run("analyzeWorkspace"))["cancelled"] is False
