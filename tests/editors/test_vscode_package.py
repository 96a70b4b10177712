"""The VSIX: everything that the extension needs, for this platform and every Python, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from vscode.build import EXTENSION, target, vsix
from vscode.server import unpacked

pytestmark = pytest.mark.editors

_SHOWN = ("readme.md", "changelog.md", "LICENSE.txt", "icon.png")
# What is written by those who made it: the rest is the server, and the packages that it needs.
_OWN = re.compile(
    r"extension/(readme\.md|changelog\.md|LICENSE\.txt|icon\.png|package(\.nls(\.zh-cn)?)?\.json|l10n/[\w.-]+\.json"
    r"|media/[\w-]+\.svg|walkthrough/[\w.-]+\.md|screenshots/[\w-]+\.png|dist/(extension|flow)\.js|dist/THIRD-PARTY\.txt"
    r"|dist/python/(launch\.py|requirements\.txt|libs/.+))"
)
_PYTHONS = ("311", "312", "313", "314")
_MOST_MEGABYTES = 12


@pytest.fixture(scope="module")
def names() -> list[str]:
    with zipfile.ZipFile(vsix()) as archive:
        return archive.namelist()


def test_it_says_what_it_is_for() -> None:
    with zipfile.ZipFile(vsix()) as archive:
        manifest = archive.read("extension.vsixmanifest").decode()
    package = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
    assert f'TargetPlatform="{target()}"' in manifest
    found = dict(re.findall(r'Id="Microsoft\.VisualStudio\.Code\.(\w+)" Value="([^"]*)"', manifest))
    assert (found["Engine"], found["ExtensionKind"]) == (package["engines"]["vscode"], "workspace")


def test_it_holds_what_is_shown_and_what_is_run(names: list[str], tmp_path: Path) -> None:
    assert {f"extension/{name}" for name in _SHOWN} <= set(names)
    extension = unpacked(vsix(), tmp_path)
    for page in (extension / "readme.md", *extension.glob("walkthrough/*.md")):
        for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / picture).is_file(), f"{page.name}: {picture}"
    for python in _PYTHONS:
        assert any(re.search(rf"/tree_sitter/_binding\.cpython-{python}-", name) for name in names), python


def test_it_holds_nothing_else(names: list[str]) -> None:
    rest = [name for name in names if not name.startswith("extension.") and name != "[Content_Types].xml"]
    assert [name for name in rest if not _OWN.fullmatch(name)] == []
    assert [name for name in rest if "__pycache__" in name or "/tests/" in name or name.endswith(".map")] == []
    assert vsix().stat().st_size < _MOST_MEGABYTES * 2**20


def test_a_python_without_anything_runs_the_server(tmp_path: Path) -> None:
    launcher = unpacked(vsix(), tmp_path) / "dist" / "python" / "launch.py"
    python = sys._base_executable
    probed = subprocess.run([python, "-I", launcher, "--probe"], capture_output=True, text=True, check=True)
    assert json.loads(probed.stdout) == {"version": list(sys.version_info[:2]), "missing": []}
    ran = subprocess.run([python, "-I", launcher, "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("stackward ")
    assert not list(launcher.parent.rglob("__pycache__")), "nothing is written into the extension"
