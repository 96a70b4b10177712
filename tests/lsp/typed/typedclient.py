"""A typed client: every message is of the type that the specification gives it, or the test fails.

pytest-lsp structures what arrives, and warns where the server uses what the client did not say it can do; warnings are
errors here. What arrives is kept, and waited for: ``until``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES

PATIENCE = 60.0  # Seconds; only a server that hangs makes a test wait for so long.

P = """\
package p

func New(a int) *int {
	n := a
	return &n
}

func Text(b []byte) string {
	return string(b)
}
"""

# What a client says where a test does not care.
SHOWS = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(
        hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
        publish_diagnostics=types.PublishDiagnosticsClientCapabilities(version_support=True),
    )
)


@dataclass(frozen=True, slots=True)
class Status:
    """The parameters of ``stackward/status``."""

    state: str
    message: str
    uri: str = ""
    range: types.Range | None = None


class TypedClient(LanguageClient):
    """See the module."""

    def __init__(self) -> None:
        super().__init__(converter_factory=default_converter)
        self.published: list[types.PublishDiagnosticsParams] = []
        self.statuses: list[Status] = []
        self.registered: list[types.Registration] = []
        self.refreshed: list[str] = []
        self.asked_settings: list[types.ConfigurationParams] = []
        self.files = Path()
        self._versions: dict[str, int] = {}
        self._arrived = asyncio.Event()
        features: dict[str, Callable[..., Any]] = dict(DEFAULT_CLIENT_FEATURES)
        publish = features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS]
        configure = features[types.WORKSPACE_CONFIGURATION]
        features |= {
            types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: lambda _, params: (
                self.published.append(params),
                publish(self, params),
            ),
            types.WORKSPACE_CONFIGURATION: lambda _, params: (
                self.asked_settings.append(params),
                configure(self, params),
            )[1],
            types.CLIENT_REGISTER_CAPABILITY: lambda _, params: self.registered.extend(params.registrations),
            types.WORKSPACE_INLAY_HINT_REFRESH: lambda *_: self.refreshed.append(types.WORKSPACE_INLAY_HINT_REFRESH),
            types.WORKSPACE_CODE_LENS_REFRESH: lambda *_: self.refreshed.append(types.WORKSPACE_CODE_LENS_REFRESH),
            "stackward/status": lambda _, params: self.statuses.append(self._status(params)),
        }
        for method, function in features.items():
            self.feature(method)(self._noticed(function))

    def _noticed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def handler(params: Any) -> Any:
            result = function(self, params)
            self._arrived.set()
            return result

        return handler

    def _status(self, params: Any) -> Status:
        plain = params._asdict()
        if "range" in plain:
            plain["range"] = types.Range(types.Position(*plain["range"].start), types.Position(*plain["range"].end))
        return Status(**plain)

    async def until(self, wanted: Callable[[], Any]) -> None:
        """Wait until something has arrived that makes ``wanted`` true."""
        async with asyncio.timeout(PATIENCE):
            while not wanted():
                self._arrived.clear()
                await self._arrived.wait()

    async def start(
        self,
        root: Path,
        *,
        capabilities: types.ClientCapabilities | None = None,
        options: Any = None,
        folders: Sequence[Path] = (),
    ) -> types.InitializeResult:
        """Initialize with these folders, or with the root as the one folder."""
        self.files = root
        return await self.initialize_session(
            types.InitializeParams(
                capabilities=capabilities or SHOWS,
                workspace_folders=[folder_of(one) for one in folders or (root,)],
                initialization_options=options,
            )
        )

    def uri(self, name: str) -> str:
        return (self.files / name).as_uri()

    async def open(self, name: str) -> str:
        """Open a file and wait until it is analysed; gives its URI."""
        uri = self.uri(name)
        self._versions[uri] = 1
        text = (self.files / name).read_text(encoding="utf-8")
        item = types.TextDocumentItem(uri=uri, language_id="go", version=1, text=text)
        before = len(self.statuses)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))
        await self.settled(before)
        return uri

    def change(self, uri: str, text: str, range_: types.Range | None = None) -> int:
        """Replace a range, or the whole text; gives the document's version."""
        self._versions[uri] += 1
        document = types.VersionedTextDocumentIdentifier(version=self._versions[uri], uri=uri)
        change: types.TextDocumentContentChangeEvent = (
            types.TextDocumentContentChangeWholeDocument(text)
            if range_ is None
            else types.TextDocumentContentChangePartial(range=range_, text=text)
        )
        self.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
        return self._versions[uri]

    async def save(self, name: str, text: str) -> Status:
        """Edit a file to ``text``, write it, say so, and wait until it is analysed."""
        uri = self.uri(name)
        self.change(uri, text)
        (self.files / name).write_text(text, encoding="utf-8")
        before = len(self.statuses)
        self.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))
        return await self.settled(before)

    async def settled(self, before: int | None = None) -> Status:
        """Wait until the analysis is over that was begun behind the status of this number."""
        first = len(self.statuses) if before is None else before
        await self.until(lambda: any(one.state != "analysing" for one in self.statuses[first:]))
        return self.statuses[-1]

    async def run(self, command: str, *arguments: Any) -> Any:
        """Execute a command of the server's."""
        params = types.ExecuteCommandParams(command=f"stackward.{command}", arguments=list(arguments))
        return plain(await self.workspace_execute_command_async(params))

    def codes(self, uri: str) -> list[str]:
        """The rules of the diagnostics that were pushed last."""
        return [str(one.code) for one in self.diagnostics.get(uri, ())]

    async def leave(self) -> None:
        """End the session unless the test has ended it, and the server whatever it does."""
        if self._server is None or self._server.returncode is not None:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await self.shutdown_session()
        finally:
            if self._server.returncode is None:
                self._server.kill()
                await self._server.wait()

    async def exit_code(self) -> int:
        """Wait for the end of the server."""
        assert self._server is not None
        async with asyncio.timeout(PATIENCE):
            return await self._server.wait()


def plain(value: Any) -> Any:
    """JSON of what pygls makes of JSON."""
    if hasattr(value, "_asdict"):
        return {key: plain(one) for key, one in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def folder_of(path: Path) -> types.WorkspaceFolder:
    return types.WorkspaceFolder(uri=path.as_uri(), name=path.name)


def span(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))
