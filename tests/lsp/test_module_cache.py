"""Packages of other modules that an editor jumps to: read-only, and outside of the workspace."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from editor import Editor
from faults import Start, at_last, editors

from gomodule import write_module
from stackward.lsp.uris import uri_of
from stackward.toolchain.discovery import Toolchain

LOW = "package low\n\n// Level %d.\nfunc Level() *int { n := %d; return &n }\n"
DEP = """\
package dep

import "example.com/low"

//go:noinline
func Keep(p *int) { kept = p }

func Level() *int { m := *low.Level(); return &m }

var kept *int
"""
USER = 'package user\n\nimport "example.com/dep"\n\nfunc Use() {\n\tx := *dep.Level()\n\tdep.Keep(&x)\n}\n'


@pytest.fixture
def start() -> Iterator[Start]:
    with editors() as make:
        yield make


def publish(proxy: Path, path: str, version: str, files: Mapping[str, str]) -> None:
    """Lay out a module as the files of a module proxy."""
    folder = proxy / path / "@v"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "list").open("a") as listed:
        listed.write(f"{version}\n")
    (folder / f"{version}.info").write_text(json.dumps({"Version": version, "Time": "2024-01-01T00:00:00Z"}))
    (folder / f"{version}.mod").write_text(files["go.mod"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{path}@{version}/{name}", text)
    (folder / f"{version}.zip").write_bytes(packed.getvalue())


@pytest.fixture
def cache(tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module cache with ``dep`` and the version of ``low`` that the user wants, which is not the one of ``dep``."""
    proxy, modules = tmp_path / "proxy", tmp_path / "modules"
    for minor in (0, 1):
        module = {"go.mod": "module example.com/low\n\ngo 1.23\n", "low.go": LOW % (minor, minor)}
        publish(proxy, "example.com/low", f"v1.{minor}.0", module)
    module = {"go.mod": "module example.com/dep\n\ngo 1.23\n\nrequire example.com/low v1.0.0\n", "dep.go": DEP}
    publish(proxy, "example.com/dep", "v1.0.0", module)
    wanted = "require (\n\texample.com/dep v1.0.0\n\texample.com/low v1.1.0 // indirect\n)\n"
    root = write_module(tmp_path / "m", {"go.mod": f"module example.com/m\n\ngo 1.23\n\n{wanted}", "user.go": USER})
    monkeypatch.setenv("GOMODCACHE", str(modules))
    monkeypatch.setenv("GOFLAGS", "")
    online = {"GOPROXY": f"file://{proxy}", "GOSUMDB": "off", "GOTOOLCHAIN": "local"}
    subprocess.run(
        [toolchain.go, "mod", "tidy"], cwd=root, env={**os.environ, **online}, check=True, capture_output=True
    )
    shutil.rmtree(proxy)
    yield modules
    subprocess.run([toolchain.go, "clean", "-modcache"], env=os.environ, check=True)


def test_it_is_analysed_as_the_users_module_sees_it(start: Start, tmp_path: Path, cache: Path) -> None:
    editor: Editor = start(tmp_path / "m")
    editor.start()
    user = editor.open("user.go")
    editor.settled()
    dep = uri_of(str(cache / "example.com" / "dep@v1.0.0" / "dep.go"))
    text = Path(cache / "example.com" / "dep@v1.0.0" / "dep.go").read_text()
    editor.notify(
        "textDocument/didOpen", {"textDocument": {"uri": dep, "languageId": "go", "version": 1, "text": text}}
    )
    shown = (7, 20, 21, "address-returned")
    at_last(editor, lambda: shown in editor.hints(dep) and editor.statuses[-1]["state"] == "idle")
    # And a flow goes on in there.
    at = {"textDocument": {"uri": user}, "position": {"line": 5, "character": 1}}
    assert "assigned: kept = p" in editor.ask("textDocument/hover", at)["contents"]["value"]
