"""VS Code on a folder that nobody trusts: none of its programs is run before it is trusted, and the user is told."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from neovim_support import PATIENCE, SERVER, programs
from vscode.build import vsix
from vscode.server import drive, go, workbench

from gomodule import write_module

pytestmark = pytest.mark.editors

_PLAIN = """
package plain

func New() *int { n := 1; return &n }
"""
_NATIVE = """
package native

// int one(void) { return 1; }
import "C"

func One() *int { n := int(C.one()); return &n }
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was said and which programs of the folder were run, before and after it was trusted."""
    top = tmp_path_factory.mktemp("trust")
    root = write_module(top / "module", {"plain/plain.go": _PLAIN, "native/native.go": _NATIVE})
    ran, home = top / "ran", top / "home"
    for folder in (ran, home, root / ".vscode"):
        folder.mkdir()
    settings = {
        "stackward.server.path": _recording(root / "server", ran, [SERVER]),
        "stackward.go.path": _recording(root / "go", ran, [go()]),
        "stackward.build.flags": [f"-toolexec={_recording(root / 'toolexec', ran, [])}"],
        "stackward.build.env": {"CC": _recording(root / "environment", ran, ["cc"])},
    }
    (root / ".vscode" / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    environment = root / ".venv" / "bin"
    environment.mkdir(parents=True)
    _recording(environment / "stackward", ran, [SERVER], name="virtual environment")
    # The user's own C compiler is not run on it either: with which options would be the folder's to say.
    compiler = _recording(top / "compiler", ran, ["cc"], about="native")
    own = {"PATH": f"{programs(top / 'bin', shift=False)}{os.pathsep}{os.environ['PATH']}", "CC": compiler}
    trust = {"security.workspace.trust.enabled": True, "security.workspace.trust.startupPrompt": "never"}
    with workbench(root, home, settings=trust, vsix=vsix(), env=own) as bench:
        payload = [["openFile", bench.remote(root / "plain" / "plain.go")]]
        url = f"{bench.url}&payload={quote(json.dumps(payload))}"
        pictures = Path(os.environ.get("STACKWARD_SCREENSHOTS") or top)
        pictures.mkdir(parents=True, exist_ok=True)
        given = {"url": url, "ran": str(ran), "pictures": str(pictures), "patience": PATIENCE * 1000}
        found = drive("trust.mjs", bench, given)
    assert "error" not in found, f"{found['error']}\n{pictures / 'error.png'}"
    return found


def _recording(path: Path, ran: Path, command: list[str], *, name: str = "", about: str = "") -> str:
    """A program that is another, and adds a line to a file of its name for each run that is ``about`` something."""
    mark = shlex.quote(str(ran / (name or path.name)))
    record = f'case "$*" in *{about}*) echo >> {mark};; esac'
    path.write_text(f'#!/bin/sh\n{record}\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_nothing_of_it_is_run_before_it_is_trusted(seen: dict[str, Any]) -> None:
    assert seen["restricted"] == []


def test_the_user_is_told(seen: dict[str, Any]) -> None:
    assert "this workspace is not trusted" in seen["told"]
    assert "Restricted: the workspace is not trusted" in seen["status"]


def test_its_programs_are_run_once_it_is_trusted(seen: dict[str, Any]) -> None:
    assert {"go", "server"} <= set(seen["trusted"])
    # A setting comes before what is found.
    assert "virtual environment" not in seen["trusted"]


def test_trust_and_the_settings_that_count_with_it_start_the_server_once(seen: dict[str, Any]) -> None:
    assert seen["starts"] == 1
