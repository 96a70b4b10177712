"""The settings in the extension's manifest are those of the server: generated, and as they are now."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stackward.engine.settings import TABLE, Owner, json_schema, parse
from stackward.rules import RULE_NAMES

ROOT = Path(__file__).resolve().parents[3]
EXTENSION = ROOT / "editors" / "vscode"
GENERATED = ("package.json", "package.nls.json")
# What may be set for one workspace too, once it is trusted; the rest of what is not the team's is the machine's.
OVERRIDABLE = {"go.path", "build.flags", "build.env"}


def properties(extension: Path = EXTENSION) -> dict[str, dict[str, Any]]:
    """The server's settings in a manifest, without the prefix."""
    manifest = json.loads((extension / "package.json").read_text(encoding="utf-8"))
    section = next(one for one in manifest["contributes"]["configuration"] if one["id"] == "server")
    return {name.removeprefix("stackward."): schema for name, schema in section["properties"].items()}


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(folder / "docs" / "generate.py"), "--check"]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_there_is_one_for_each_of_the_servers() -> None:
    found = properties()
    assert list(found) == [row.name for row in TABLE]
    texts = json.loads((EXTENSION / "package.nls.json").read_text(encoding="utf-8"))
    for row in TABLE:
        schema = found[row.name]
        default = list(row.default) if isinstance(row.default, tuple) else row.default
        assert schema["default"] == default, row.name
        assert texts[schema["description"].strip("%")] == row.description, row.name
        scope = "machine-overridable" if row.name in OVERRIDABLE else None
        assert schema.get("scope") == (scope or ("machine" if row.owner is Owner.CLIENT_ONLY else "resource")), row.name


def test_what_the_manifest_allows_the_server_takes() -> None:
    found = properties()
    values = {name: schema.get("enum", [schema["default"]])[-1] for name, schema in found.items()}
    _, problems = parse(values, "the editor", RULE_NAMES)
    assert problems == []
    levels = {name: schema["enum"] for name, schema in found["rules"]["properties"].items()}
    assert set(levels) == set(RULE_NAMES)
    for rule, allowed in levels.items():
        for level in allowed:
            assert parse({"rules": {rule: level}}, "the editor", RULE_NAMES)[1] == []


@pytest.mark.parametrize("name", GENERATED)
def test_the_check_says_what_is_stale(tmp_path: Path, name: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "editors" / "vscode").mkdir(parents=True)
    shutil.copy(ROOT / "docs" / "generate.py", tmp_path / "docs")
    for one in GENERATED:
        shutil.copy(EXTENSION / one, tmp_path / "editors" / "vscode")
    stale = f"stale: editors/vscode/{name}"
    assert stale not in check(tmp_path).stdout
    path = tmp_path / "editors" / "vscode" / name
    changed = (
        path.read_text(encoding="utf-8").replace('"default": 300', '"default": 301').replace("Build tags.", "Tags.")
    )
    path.write_text(changed, encoding="utf-8")
    assert stale in check(tmp_path).stdout


def test_the_manifest_is_as_it_would_be_written() -> None:
    assert "editors/vscode" not in check(ROOT).stdout
    assert json_schema(RULE_NAMES).keys() == {f"stackward.{name}" for name in properties()}
