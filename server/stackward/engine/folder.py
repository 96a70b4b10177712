"""One workspace folder: its settings, its toolchain, and what was recorded of its packages."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from stackward.core.outcome import ToolchainMissing
from stackward.engine import codec
from stackward.engine.analysis import Analysis
from stackward.engine.sources import Sources
from stackward.engine.store import Store
from stackward.engine.texts import Texts
from stackward.syntax.constraints import Target
from stackward.toolchain.caches import cache_dir
from stackward.toolchain.compiler import Compiler
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain, discover
from stackward.toolchain.golist import Progress
from stackward.toolchain.process import CancelToken
from stackward.toolchain.recipe import NotRecorded, Recorder
from stackward.toolchain.stamps import imports_changed, stale
from stackward.toolchain.typefacts import TypeFacts
from stackward.toolchain.unit import Recorded


@dataclass(frozen=True, slots=True)
class Tools:
    """What a folder is analysed with."""

    toolchain: Toolchain
    compiler: Compiler
    recorder: Recorder
    analysis: Analysis
    sources: Sources
    types: TypeFacts
    target: Target
    environment: str
    """Digest of the toolchain and the build configuration: part of the key of every result."""
    _exports: dict[tuple[str, str], str] = field(default_factory=dict)

    def exports(self, directory: str, paths: Sequence[str], cancel: CancelToken) -> dict[str, str]:
        """The export data of packages as code in ``directory`` would import them, as far as they build."""
        known = {path: self._exports[directory, path] for path in paths if (directory, path) in self._exports}
        if any(path not in known for path in paths):
            found = self.recorder.exports(directory, paths, cancel)
            if isinstance(found, dict):
                known |= found
                self._exports.update({(directory, path): archive for path, archive in found.items()})
        return known


@dataclass(slots=True)
class Folder:
    """``root`` is absolute; the toolchain is looked for when it is first needed, by a worker."""

    root: str
    config: BuildConfig
    tests: bool
    work: str
    sources: Sources
    store: Store | None
    _tools: Tools | ToolchainMissing | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: CancelToken = field(default_factory=CancelToken)

    def tools(self) -> Tools | ToolchainMissing:
        """The toolchain and what runs it.

        A missing one is looked for again each time, since it may be installed meanwhile.
        """
        with self._lock:
            if not isinstance(self._tools, Tools):
                self._tools = self._find()
            return self._tools

    @property
    def closed(self) -> bool:
        """Whether nobody works in the folder any more, so that what its search for a toolchain said means nothing."""
        return self._closed.cancelled

    def close(self) -> None:
        """End what runs beside the server, a search for the toolchain that hangs included."""
        self._closed.cancel()
        with self._lock:
            if isinstance(self._tools, Tools):
                self._tools.types.close()

    def _find(self) -> Tools | ToolchainMissing:
        toolchain = discover(self.config, folder=self.root, cancel=self._closed)
        if isinstance(toolchain, ToolchainMissing):
            return toolchain
        recorder = Recorder(toolchain.go, self.config, self.work)
        compiler = Compiler(toolchain, self.config, os.path.join(self.work, "scratch"), recorder)
        types = TypeFacts(toolchain, self.config, str(cache_dir() / "typefacts"))
        types.prepare()
        return Tools(
            toolchain,
            compiler,
            recorder,
            Analysis(compiler, types, self.sources, self.store),
            self.sources,
            types,
            Target(
                toolchain.goos,
                toolchain.goarch,
                toolchain.cgo,
                self.config.all_tags(toolchain.goflags),
                toolchain.minor,
            ),
            f"{toolchain.version} {toolchain.goroot} {toolchain.env_fingerprint} {self.config.fingerprint()}",
        )


@dataclass(frozen=True, slots=True)
class View:
    """From where a package is looked at, which decides the versions of what it imports; ``pattern`` names it there."""

    cwd: str
    pattern: str = "."


class Recipes:
    """The recipes of a folder's packages: kept on disk between runs, recorded anew when they do not hold any more."""

    def __init__(self, folder: Folder, tools: Tools, texts: Texts) -> None:
        self._folder = folder
        self._tools = tools
        self._texts = texts

    def recall(self, view: View) -> Recorded | None:
        """The recipe that an earlier run recorded, if it still holds, sources of the module included."""
        if self._folder.store is None:
            return None
        values = self._folder.store.get(self._key(view))
        recorded = codec.recorded_from_json(values) if values is not None else None
        if recorded is None or imports_changed(recorded) or self.why_stale(recorded):
            return None
        return recorded

    def record(self, view: View, progress: Progress | None, cancel: CancelToken) -> Recorded | NotRecorded:
        """Ask the go command."""
        recorded = self._tools.recorder.record(
            view.cwd, [view.pattern], tests=self._folder.tests, progress=progress, cancel=cancel
        )
        whole = isinstance(recorded, Recorded) and recorded.units and not recorded.failures
        if isinstance(recorded, Recorded) and whole and self._folder.store is not None:
            self._folder.store.put(self._key(view), codec.recorded_to_json(recorded))
        return recorded

    def why_stale(self, recorded: Recorded) -> str:
        """Why a recipe does not hold; empty if it does. Headers are those of the texts that the user sees."""
        reason = stale(recorded)
        if reason:
            return reason
        for path, digest in recorded.headers:
            if self._texts.header(path) != digest:
                return f"the imports of {os.path.basename(path)} changed"
        return ""

    def _key(self, view: View) -> str:
        return f"recipe/{self._tools.environment}/{self._folder.tests}/{view.pattern} {view.cwd}"
