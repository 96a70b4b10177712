"""What the server says of itself in ``initialize``: the standard library only, so that the answer waits for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import stackward
from stackward.lsp.client import Client

COMMANDS = (
    "stackward.analyzePackage",
    "stackward.analyzeWorkspace",
    "stackward.explainRule",
    "stackward.fixAll",
    "stackward.graph",
    "stackward.inlineDiff",
    "stackward.listHints",
    "stackward.proveRewrite",
    "stackward.rewrite",
    "stackward.stats",
    "stackward.status",
    "stackward.toggleHints",
)


def pulls(client: Client) -> bool:
    """Whether diagnostics are pulled. A client that could not be told of news later is sent them instead.

    Neovim 0.12 answers a refresh with ``workspace/diagnostic`` and leaves open documents as they are.
    """
    return bool(
        client.name != "Neovim"
        and isinstance(client.offers("textDocument.diagnostic"), Mapping)
        and client.offers("workspace.diagnostics.refreshSupport")
    )


def hello(client: Client) -> Mapping[str, Any]:
    """The ``InitializeResult``."""
    # Options are for clients that know code actions; the others, to whom commands are offered, expect a plain yes.
    literals = isinstance(client.offers("textDocument.codeAction.codeActionLiteralSupport"), Mapping)
    capabilities: dict[str, Any] = {
        "positionEncoding": client.encoding.value,
        "textDocumentSync": {"openClose": True, "change": 2, "save": {"includeText": False}},
        "hoverProvider": True,
        "inlayHintProvider": {"resolveProvider": False},
        "codeActionProvider": {
            "codeActionKinds": ["quickfix", "refactor.rewrite", "source.fixAll.stackward"],
            "resolveProvider": True,
        }
        if literals
        else True,
        "codeLensProvider": {"resolveProvider": False},
        "executeCommandProvider": {"commands": list(COMMANDS)},
        "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
    }
    if pulls(client):
        capabilities["diagnosticProvider"] = {
            "identifier": "stackward",
            "interFileDependencies": True,
            "workspaceDiagnostics": True,
        }
    return {"capabilities": capabilities, "serverInfo": {"name": "stackward", "version": stackward.__version__}}
