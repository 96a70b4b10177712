"""Clients with few capabilities and with many, and a driver of the real server whose every message is checked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance import Checker, offers
from editor import Editor
from rawclient import PATIENCE

from gomodule import write_module
from stackward.core.position import ClientPos, Encoding, LineIndex
from stackward.lsp.uris import uri_of

TEXT = """\
package p

import (
	"fmt"
	"io"
)

type Item struct{ Name string }

/* é😀 */ func New(name string) *Item { it := Item{Name: name}; return &it }

/* é😀 */ func Key(region string, id int) string { return fmt.Sprintf("%s:%d", region, id) }

/* é😀 */ func Free() any { return 1 }

func Kept() *int { return pass(new(int)) }

func Send(w io.Writer, b []byte) (int, error) { return w.Write([]byte(string(b))) }
"""
OTHER = """\
package p

var kept *int

func pass(n *int) *int {
	kept = n
	return n
}
"""
SETTINGS = {"hints": {"nonAllocating": True}}

# What a client says that knows all of LSP. Snippets and resource operations are never needed.
FULL: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-32", "utf-16"]},
    "textDocument": {
        "codeAction": {
            "codeActionLiteralSupport": {
                "codeActionKind": {"valueSet": ["", "quickfix", "refactor", "refactor.rewrite", "source"]}
            },
            "dataSupport": True,
            "disabledSupport": True,
            "dynamicRegistration": True,
            "isPreferredSupport": True,
            "resolveSupport": {"properties": ["edit", "title"]},
        },
        "codeLens": {"dynamicRegistration": True},
        "hover": {"contentFormat": ["markdown", "plaintext"], "dynamicRegistration": True},
        "inlayHint": {"dynamicRegistration": True, "resolveSupport": {"properties": ["tooltip"]}},
        "publishDiagnostics": {
            "codeDescriptionSupport": True,
            "dataSupport": True,
            "relatedInformation": True,
            "tagSupport": {"valueSet": [1, 2]},
            "versionSupport": True,
        },
        "synchronization": {"didSave": True, "dynamicRegistration": True, "willSave": True, "willSaveWaitUntil": True},
    },
    "window": {
        "showDocument": {"support": True},
        "showMessage": {"messageActionItem": {"additionalPropertiesSupport": True}},
        "workDoneProgress": True,
    },
    "workspace": {
        "applyEdit": True,
        "codeLens": {"refreshSupport": True},
        "configuration": True,
        "diagnostics": {"refreshSupport": True},
        "didChangeConfiguration": {"dynamicRegistration": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
        "executeCommand": {"dynamicRegistration": True},
        "inlayHint": {"refreshSupport": True},
        "workspaceEdit": {
            "changeAnnotationSupport": {"groupsOnLabel": True},
            "documentChanges": True,
            "failureHandling": "transactional",
            "resourceOperations": ["create", "rename", "delete"],
        },
        "workspaceFolders": True,
    },
}


@dataclass(frozen=True, slots=True)
class Profile:
    """A client. ``encoding`` is what is to be agreed on, ``params`` are others of ``initialize``."""

    name: str
    capabilities: Mapping[str, Any]
    encoding: Encoding = Encoding.UTF16
    params: Mapping[str, Any] = field(default_factory=dict)

    def can(self, path: str) -> Any:
        """A capability by its dotted path; None where it is absent."""
        return offers(self.capabilities, path)

    @property
    def pulls(self) -> bool:
        return self.can("textDocument.diagnostic") is not None

    def __str__(self) -> str:
        return self.name


def _pulling() -> dict[str, Any]:
    text_document = {**FULL["textDocument"], "diagnostic": {"dynamicRegistration": True}}
    return {**FULL, "general": {"positionEncodings": ["utf-16"]}, "textDocument": text_document}


# Says nothing at all, and names its folder as clients before LSP 3.6 do.
BARE = Profile("bare", {})
# As an editor of some years ago: actions without resolve, edits without versions, plain text, no registration.
MIDDLING = Profile(
    "middling",
    {
        "general": {"positionEncodings": ["utf-8", "utf-32"]},
        "textDocument": {
            "codeAction": {
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}},
                "dataSupport": True,
                "isPreferredSupport": True,
            },
            "hover": {"contentFormat": ["plaintext", "markdown"]},
            "publishDiagnostics": {"relatedInformation": True, "tagSupport": {"valueSet": [2]}},
            "synchronization": {"didSave": True},
        },
        "window": {"workDoneProgress": False},
        "workspace": {"applyEdit": True, "workspaceFolders": True},
    },
    Encoding.UTF8,
)
MANY = Profile("many", FULL, Encoding.UTF32, {"clientInfo": {"name": "Test", "version": "1"}, "trace": "verbose"})
PULLING = Profile("pulling", _pulling())
PROFILES = (BARE, MIDDLING, MANY, PULLING)


class Client(Editor):
    """An editor with exactly the capabilities of its profile. What the server may not send makes ``until`` fail.

    ``edits`` are the workspace edits that it was asked to apply; ``registered`` is what the server registered for.
    """

    def __init__(self, root: Path, profile: Profile) -> None:
        super().__init__(root)
        self.profile = profile
        self.checker = Checker(profile.capabilities)
        self.edits: list[dict[str, Any]] = []
        self.registered: list[dict[str, Any]] = []
        self.declared: dict[str, Any] = {}
        self.refuses: frozenset[str] = frozenset()
        self.configured: dict[str, Any] = SETTINGS

    def request(self, method: str, params: Any = None) -> int:
        self._ids += 1
        self.checker.request(self._ids, method, params)
        message = {"jsonrpc": "2.0", "id": self._ids, "method": method}
        self.send(message if params is None else {**message, "params": params})
        return self._ids

    def start(self, capabilities: Mapping[str, Any] | None = None, **params: Any) -> dict[str, Any]:
        """Initialize; the capabilities are those of the profile."""
        assert capabilities is None
        uri = uri_of(str(self.root))
        named = {"workspaceFolders": [{"uri": uri, "name": "root"}]}
        folders = named if self.profile.can("workspace.workspaceFolders") else {}
        result: dict[str, Any] = self.ask(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": uri,
                "initializationOptions": SETTINGS,
                "capabilities": self.profile.capabilities,
                **folders,
                **self.profile.params,
                **params,
            },
        )
        self.declared = result["capabilities"]
        self.notify("initialized", {})
        return result

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        message = super().until(wanted)
        self.blame()
        return message

    def blame(self) -> None:
        """Fail if the server has sent what it should not have."""
        wrong, self.checker.wrong = self.checker.wrong, []
        assert not wrong, "\n".join(wrong)

    def error(self, method: str, params: Any = None) -> int:
        """The error code that a request is answered with."""
        return int(self.answered(self.request(method, params))["error"]["code"])

    def answered(self, number: int) -> dict[str, Any]:
        """The answer to a request, whatever comes before it."""
        return self.until(lambda one: one.get("id") == number and "method" not in one)

    def run(self, command: str, *arguments: Any) -> Any:
        return self.ask("workspace/executeCommand", {"command": command, "arguments": list(arguments)})

    def _take(self, message: dict[str, Any]) -> None:
        right = self.checker.take(message)
        method, params = message.get("method"), message.get("params") or {}
        if method is None or "id" not in message:
            super()._take(message)
            return
        self.seen.append(message)
        refused = not right or method in self.refuses
        self.checker.reply(message["id"], refused=refused)
        if refused:
            error = {"code": -32601, "message": f"{method} is unknown here"}
            self.send({"jsonrpc": "2.0", "id": message["id"], "error": error})
            return
        result: Any = None
        match method:
            case "workspace/configuration":
                result = [self.configured for _ in params["items"]]
            case "workspace/applyEdit":
                self.edits.append(params["edit"])
                result = {"applied": True}
            case "client/registerCapability":
                self.registered += params["registrations"]
        self.send({"jsonrpc": "2.0", "id": message["id"], "result": result})

    def known(self, uri: str) -> list[dict[str, Any]]:
        """The diagnostics of a file, pushed or pulled."""
        if "diagnosticProvider" not in self.declared:
            return self.diagnostics.get(uri, [])
        report = self.ask("textDocument/diagnostic", {"textDocument": {"uri": uri}})
        items: list[dict[str, Any]] = report["items"]
        return items

    def until_known(self, uri: str, wanted: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Wait until the diagnostics of a file are as ``wanted``, asking for them again when told to."""
        while not wanted(found := self.known(uri)):
            news = (
                "workspace/diagnostic/refresh"
                if "diagnosticProvider" in self.declared
                else "textDocument/publishDiagnostics"
            )
            self.until(lambda one, news=news: one.get("method") == news)
        return found

    def rest(self) -> None:
        """Wait until nothing is being analysed."""
        while self.run("stackward.status")["state"] == "analysing":
            self.settled()

    def leave(self) -> int:
        """Shut down and exit, with a look at all that is still under way; the exit code."""
        self.ask("shutdown")
        self.notify("exit")
        while (message := self.read()) is not None:
            self.checker.take(message)
        self.blame()
        assert self.checker.unanswered == []
        return self.process.wait(PATIENCE)


def at(uri: str, line: int, character: int) -> dict[str, Any]:
    """Parameters that name a place."""
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}


def place(text: str, what: str, encoding: Encoding, *, end: bool = False) -> tuple[int, int]:
    """Line and character of the first byte of what occurs in a text, or of what follows it, as a client counts."""
    before = text[: text.index(what) + (len(what) if end else 0)]
    line = before.rpartition("\n")[2]
    unit = {Encoding.UTF8: "utf-8", Encoding.UTF16: "utf-16-le", Encoding.UTF32: "utf-32-le"}[encoding]
    return before.count("\n"), len(line.encode(unit)) // {"utf-8": 1, "utf-16-le": 2, "utf-32-le": 4}[unit]


def applied(text: str, edits: Iterable[Mapping[str, Any]], encoding: Encoding) -> str:
    """A text after edits of it."""
    data, index = text.encode(), LineIndex(text.encode())

    def offset(position: Mapping[str, int]) -> int:
        return index.client_offset(ClientPos(position["line"], position["character"]), encoding)

    for edit in sorted(edits, key=lambda one: offset(one["range"]["start"]), reverse=True):
        data = data[: offset(edit["range"]["start"])] + edit["newText"].encode() + data[offset(edit["range"]["end"]) :]
    return data.decode()


def files_of(edit: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The edits of a ``WorkspaceEdit`` by URI, whichever of the two forms it has."""
    changes = {one["textDocument"]["uri"]: one["edits"] for one in edit.get("documentChanges", ())}
    return changes or dict(edit["changes"])


def begin(root: Path, profile: Profile, files: Mapping[str, str] | None = None) -> Client:
    """A client that has initialized its server for a module of its own."""
    client = Client(write_module(root, files if files is not None else {"p.go": TEXT, "q.go": OTHER}), profile)
    client.start()
    return client
