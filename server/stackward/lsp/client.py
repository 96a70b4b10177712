"""What a client says about itself in ``initialize``, read from its JSON: the standard library only.

Capabilities are kept as they came. Most are never asked for, and one that is malformed then does no harm.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackward.core.position import Encoding
from stackward.lsp.uris import path_of, uri_of


@dataclass(frozen=True, slots=True)
class Folder:
    """A workspace folder; ``path`` is None where it is not on this machine's disk."""

    uri: str
    name: str
    path: str | None


@dataclass(frozen=True, slots=True)
class Client:
    """The other side. ``options`` are its ``initializationOptions``, ``encoding`` is the agreed unit of columns.

    ``locale`` is that of its user, empty where it does not say.
    """

    name: str
    version: str
    process_id: int | None
    folders: tuple[Folder, ...]
    encoding: Encoding
    options: Any
    capabilities: Mapping[str, Any]
    locale: str = ""

    def offers(self, path: str) -> Any:
        """A capability by its dotted path (``textDocument.codeAction.resolveSupport``); None where it is absent."""
        value: Any = self.capabilities
        for key in path.split("."):
            if not isinstance(value, Mapping):
                return None
            value = value.get(key)
        return value


def read_client(params: Any) -> Client | str:
    """The client behind ``InitializeParams``, or what is wrong with them."""
    if not isinstance(params, dict):
        return "params must be an object"
    capabilities = params.get("capabilities")
    if not isinstance(capabilities, dict):
        return "params.capabilities must be an object"
    process_id = params.get("processId")
    if process_id is not None and (not isinstance(process_id, int) or isinstance(process_id, bool) or process_id <= 0):
        return "params.processId must be a process id or null"
    folders = _folders(params)
    if isinstance(folders, str):
        return folders
    info = params.get("clientInfo")
    about = info if isinstance(info, dict) else {}
    general = capabilities.get("general")
    offered = general.get("positionEncodings") if isinstance(general, dict) else None
    return Client(
        name=str(about.get("name") or ""),
        version=str(about.get("version") or ""),
        process_id=process_id,
        folders=folders,
        encoding=_encoding(offered),
        options=params.get("initializationOptions"),
        capabilities=capabilities,
        locale=locale if isinstance(locale := params.get("locale"), str) else "",
    )


def _folders(params: Mapping[str, Any]) -> tuple[Folder, ...] | str:
    listed = params.get("workspaceFolders")
    if listed:
        if not isinstance(listed, list):
            return "params.workspaceFolders must be a list or null"
        folders = []
        for item in listed:
            if not isinstance(item, dict) or not isinstance(item.get("uri"), str):
                return "params.workspaceFolders must hold objects with a uri"
            folders.append(_folder(item["uri"], str(item.get("name") or "")))
        return tuple(folders)
    # Clients from before LSP 3.6 name one folder only.
    uri = params.get("rootUri")
    if uri is None and isinstance(root := params.get("rootPath"), str) and root:
        uri = uri_of(root)
    if uri is None:
        return ()
    return (_folder(uri, ""),) if isinstance(uri, str) else "params.rootUri must be a string or null"


def _folder(uri: str, name: str) -> Folder:
    path = path_of(uri)
    if path is not None:
        bare = path.rstrip(os.sep)
        path = path if bare == "" or bare.endswith(":") else bare  # A root or a drive is nothing without its slash.
    return Folder(uri, name, path)


def _encoding(offered: Any) -> Encoding:
    """The first of the client's encodings that we know; UTF-16 is what every client must know."""
    known = {encoding.value: encoding for encoding in Encoding}
    names = offered if isinstance(offered, list) else []
    return next((known[name] for name in names if isinstance(name, str) and name in known), Encoding.UTF16)
