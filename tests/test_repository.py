"""What is shipped and what is locked: the wheel, the lock, the generated pages, and no package index by name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements" / "dev.lock"
# Split, so that this file does not name them either.
HOSTS = tuple(f"{name}.org" for name in ("pypi", "pythonhosted", "registry.npmjs", "proxy.golang", "sum.golang"))
MADE = {".git", ".venv", ".cache", ".hypothesis", "node_modules", "dist", "__pycache__"}
MADE |= {".mypy_cache", ".pytest_cache", ".ruff_cache"}


def kept_files() -> Iterator[Path]:
    """The files of the checkout that no tool made."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in MADE]
        yield from (Path(folder, name) for name in names)


def locked() -> dict[str, tuple[str, int]]:
    """Each package of the lock: its version and how many hashes it has."""
    entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n?", "", LOCK.read_text(encoding="utf-8")))
    found = {}
    for entry in filter(None, map(str.strip, entries)):
        name, version = re.match(r"(\S+?)==(\S+)", entry).groups()
        found[canonicalize_name(name)] = (version, entry.count("--hash=sha256:"))
    return found


def declared() -> list[Requirement]:
    """What pyproject.toml asks for: to run, to build, and to work on it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups: dict[str, list[Any]] = project["dependency-groups"]
    asked = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for extra in project["project"]["optional-dependencies"].values():
        asked += extra
    asked += [one for group in groups.values() for one in group if isinstance(one, str)]
    return [Requirement(one) for one in asked]


def test_no_package_index_is_named_anywhere() -> None:
    named = [(path, host) for path in kept_files() for host in HOSTS if host.encode() in path.read_bytes()]
    assert named == []


def test_the_lock_names_no_place() -> None:
    text = LOCK.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--index-url|--extra-index-url|--find-links)\b", text, re.MULTILINE)


def test_everything_locked_has_a_hash() -> None:
    assert locked()
    assert [name for name, (_, hashes) in locked().items() if not hashes] == []


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_the_lock_has_what_is_declared(requirement: Requirement) -> None:
    version, _ = locked().get(canonicalize_name(requirement.name), ("", 0))
    assert version, "run: make lock"
    assert requirement.specifier.contains(version, prereleases=True), f"{version} is locked; run: make lock"


def test_the_wheel_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (entry_points,) = [archive.read(name).decode() for name in names if name.endswith("/entry_points.txt")]
    source = ROOT / "server"
    files = {path.relative_to(source).as_posix() for path in (source / "stackward").rglob("*") if path.is_file()}
    assert {name for name in names if ".dist-info/" not in name} == {
        name for name in files if "__pycache__" not in name
    }
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert "stackward = stackward.cli.main:main" in entry_points


class TestGenerated:
    def test_nothing_is_stale(self) -> None:
        ran = generate(ROOT / "docs", "--check")
        assert ran.returncode == 0, f"{ran.stdout}{ran.stderr}run: make docs"

    def test_what_is_stale_is_named_and_written(self, tmp_path: Path) -> None:
        docs = shutil.copytree(ROOT / "docs", tmp_path / "docs")
        good = (docs / "settings.md").read_text(encoding="utf-8")
        (docs / "settings.md").write_text("old", encoding="utf-8")
        (docs / "settings.schema.json").unlink()
        (docs / "rules" / "gone.md").write_text("the page of a rule that is no more", encoding="utf-8")
        ran = generate(docs, "--check")
        assert ran.returncode == 1
        stale = {Path(line.split()[-1]).name for line in ran.stdout.splitlines()}
        assert stale == {"settings.md", "settings.schema.json", "gone.md"}
        assert generate(docs).returncode == 0
        assert (docs / "settings.md").read_text(encoding="utf-8") == good
        assert not (docs / "rules" / "gone.md").exists()
        assert generate(docs, "--check").returncode == 0


def generate(docs: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(docs / "generate.py"), *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False)
