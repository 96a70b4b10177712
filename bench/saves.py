"""Save → hints: stackward and gopls over LSP, the commands that they stand on, and the compiler alone."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from lspclient import Client
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken
from stackward.toolchain.recipe import Recorder
from stackward.toolchain.unit import Recorded, Variant
from targets import CACHE, Target

_fresh = itertools.count(int(time.time()))
GOPLS = "golang.org/x/tools/gopls@v0.22.0"


def environment(go: str) -> dict[str, str]:
    """The environment in which everything is measured: one toolchain, a cache of its own for stackward."""
    return {
        **os.environ,
        "PATH": f"{Path(go).parent}{os.pathsep}{os.environ['PATH']}",
        "GOROOT": str(Path(go).parents[1]),
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "",
        "STACKWARD_GO": go,
        "STACKWARD_CACHE": str(CACHE / "stackward"),
    }


class Editing:
    """Edits a file so that each time one more function has a variable that escapes."""

    def __init__(self, client: Client, file: Path) -> None:
        self._client = client
        self._file = file
        self._text = file.read_text(encoding="utf-8")
        self._version = 1
        self.uri = file.as_uri()

    def open(self) -> None:
        """Open the file."""
        item = {"uri": self.uri, "languageId": "go", "version": 1, "text": self._text}
        self._client.notify("textDocument/didOpen", {"textDocument": item})

    def save(self) -> tuple[int, float]:
        """Add a function at the end, write, tell; gives the line of the new variable and the time of the save."""
        number = next(_fresh)
        line = self._text.count("\n") + 1
        added = f"\nfunc bench{number}() *int {{ v{number} := {number}; return &v{number} }}\n"
        end = {"line": line - 1, "character": 0}
        self._text += added
        self._version += 1
        document = {"uri": self.uri, "version": self._version}
        change = {"range": {"start": end, "end": end}, "text": added}
        self._client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        self._file.write_text(self._text, encoding="utf-8")
        at = time.perf_counter()
        self._client.notify("textDocument/didSave", {"textDocument": {"uri": self.uri}})
        return line, at


class Stackward:
    """The server, with one file open."""

    def __init__(self, target: Target, env: Mapping[str, str]) -> None:
        self.client = Client([sys.executable, "-m", "stackward", "serve"], env, target.root)
        self.client.initialize({})
        self.editing = Editing(self.client, target.file)
        self.editing.open()
        self._idle()

    def save(self) -> tuple[float, float]:
        """Seconds to the first hint for the new code, and to all of them."""
        line, at = self.editing.save()
        _, first = self.client.until(lambda one: _has(one, self.editing.uri, line))
        return first - at, self._idle() - at

    def _idle(self) -> float:
        _, at = self.client.until(
            lambda one: one.get("method") == "stackward/status" and one["params"]["state"] != "analysing"
        )
        return at


class Gopls:
    """gopls with its compiler optimization details switched on for the package."""

    def __init__(self, target: Target, env: Mapping[str, str], command: str) -> None:
        self.client = Client([command], env, target.root)
        self.client.initialize({"workspace": {"applyEdit": True}})
        self.editing = Editing(self.client, target.file)
        self.editing.open()
        self.client.request(
            "workspace/executeCommand", {"command": "gopls.gc_details", "arguments": [self.editing.uri]}
        )
        self.save()

    def save(self) -> tuple[float, float]:
        """Seconds to the detail for the new code; gopls publishes a package's at once."""
        line, at = self.editing.save()
        _, first = self.client.until(lambda one: _has(one, self.editing.uri, line))
        return first - at, first - at


def gopls_command(env: Mapping[str, str]) -> str | None:
    """A gopls: on PATH, in the cache, or installed into it; None where it cannot be had."""
    cached = CACHE / "bin" / "gopls"
    found = str(cached) if cached.exists() else shutil.which("gopls")
    if found is not None:
        return found
    install = {**env, "GOBIN": str(cached.parent), "GOSUMDB": "off"}
    done = subprocess.run(["go", "install", GOPLS], env=install, capture_output=True, check=False, timeout=600)
    return str(cached) if done.returncode == 0 else None


def commands(target: Target, env: Mapping[str, str]) -> dict[str, Callable[[], float]]:
    """What can be run without a server, each giving its seconds. Every run sees a text that was never compiled."""
    go = env["STACKWARD_GO"]
    folder = target.file.parent
    recorded = Recorder(go, BuildConfig(), str(CACHE / "work")).record(str(folder), tests=False, cancel=CancelToken())
    assert isinstance(recorded, Recorded), recorded
    unit = next(one for one in recorded.units if one.id.variant is Variant.PACKAGE)
    importcfg = CACHE / "importcfg"
    importcfg.write_text(
        "".join(f"importmap {a}={b}\n" for a, b in unit.importmap)
        + "".join(f"packagefile {a}={b}\n" for a, b in unit.imports),
        encoding="utf-8",
    )

    def timed(argv: list[str]) -> float:
        with target.file.open("a", encoding="utf-8") as file:
            number = next(_fresh)
            file.write(f"\nfunc bench{number}() *int {{ v{number} := {number}; return &v{number} }}\n")
        start = time.perf_counter()
        subprocess.run(argv, cwd=folder, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
        return time.perf_counter() - start

    def in_folder(make: Callable[[str], list[str]]) -> Callable[[], float]:
        def run() -> float:
            with tempfile.TemporaryDirectory() as work:
                return timed(make(work))

        return run

    test = [go, "test", "-c", "-vet=off"]
    return {
        "what gopls runs": in_folder(lambda work: [*test, f"-gcflags=-json=0,{work}", "-o", f"{work}/t", "."]),
        "go build -m=2": in_folder(lambda work: [go, "build", "-gcflags=-m=2", "-o", f"{work}/o", "."]),
        "compile alone": in_folder(
            lambda work: [*unit.argv, "-o", f"{work}/o.a", "-importcfg", str(importcfg), "-pack", *unit.files]
        ),
    }


def _has(message: Mapping[str, object], uri: str, line: int) -> bool:
    params = message.get("params")
    if message.get("method") != "textDocument/publishDiagnostics" or not isinstance(params, dict):
        return False
    return params["uri"] == uri and any(one["range"]["start"]["line"] == line for one in params["diagnostics"])
