"""The settings of each folder: what the client says of it, laid under what its team says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from stackward.engine.setup import Loaded, load_folder


class Preferences:
    """``options`` are the settings of a client that is not asked for those of each folder."""

    def __init__(self, options: Any) -> None:
        self._everywhere = _section(options)
        self._folders: dict[str, dict[str, Any]] = {}
        self._loaded: dict[str, Loaded] = {}

    def take(self, everywhere: Any, folders: Mapping[str, Any]) -> None:
        """New settings of the client, for each workspace folder that it has some of its own for."""
        self._everywhere = _section(everywhere)
        self._folders = {root: _section(raw) for root, raw in folders.items()}
        self.reload()

    def reload(self) -> None:
        """Read the files of the teams again."""
        self._loaded.clear()

    def of(self, root: str, around: Callable[[str], Iterable[str]] = lambda _: ()) -> Loaded:
        """The settings of a folder, read once. ``around`` names the workspace folders that it lies in."""
        loaded = self._loaded.get(root)
        if loaded is None:
            workspace = next((one for one in (root, *around(root)) if one in self._folders), "")
            raw = self._folders.get(workspace, self._everywhere)
            loaded = self._loaded[root] = load_folder(root, client=raw)
        return loaded


def _section(options: Any) -> dict[str, Any]:
    """The settings in what a client sends: bare, or under ``stackward`` or ``settings``."""
    for key in ("settings", "stackward"):
        if isinstance(options, dict) and isinstance(options.get(key), dict):
            options = options[key]
    return dict(options) if isinstance(options, dict) else {}
