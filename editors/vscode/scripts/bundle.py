"""Puts the server and what it depends on into dist/python: ``python scripts/bundle.py [TARGET]``.

TARGET is one of VS Code's platforms (``linux-x64``). Without one only what is pure Python is bundled; tree-sitter must
then be there already. Versions and digests are those of requirements/dev.lock. pip decides where packages come from.
"""  # noqa: INP001 - A program, not a module.

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

EXTENSION = Path(__file__).resolve().parents[1]
CHECKOUT = Path(os.environ.get("STACKWARD_CHECKOUT") or EXTENSION.parents[1])

PURE = ("attrs", "cattrs", "lsprotocol", "pygls", "typing-extensions")
COMPILED = ("tree-sitter", "tree-sitter-go")  # VS Code watches files itself: watchdog is not needed.
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = {
    "linux-x64": ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux_2_5_x86_64"),
    "linux-arm64": ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
    "darwin-x64": ("macosx_11_0_x86_64", "macosx_10_15_x86_64", "macosx_10_13_x86_64", "macosx_10_9_x86_64"),
    "darwin-arm64": ("macosx_11_0_arm64",),
    "win32-x64": ("win_amd64",),
    "win32-arm64": ("win_arm64",),
}


def main() -> int:
    """Make dist/python anew."""
    target = sys.argv[1] if len(sys.argv) > 1 else ""
    if target and target not in PLATFORMS:
        print(f"there is no target {target}; there are {', '.join(PLATFORMS)}", file=sys.stderr)
        return 2
    folder = EXTENSION / "dist" / "python"
    shutil.rmtree(folder, ignore_errors=True)
    libraries = folder / "libs"
    libraries.mkdir(parents=True)
    shutil.copy(EXTENSION / "scripts" / "launch.py", folder)
    source = CHECKOUT / "server" / "stackward"
    shutil.copytree(source, libraries / "stackward", ignore=shutil.ignore_patterns("__pycache__"))
    entries = locked((CHECKOUT / "requirements" / "dev.lock").read_text(encoding="utf-8"))
    # What the extension has pip install where there are no wheels for a Python in here.
    compiled = "\n".join(entries[name] for name in COMPILED) + "\n"
    (folder / "requirements.txt").write_text(compiled, encoding="utf-8")
    fetch(PURE, entries, libraries, ["--python-version", PYTHONS[0]])
    for version in PYTHONS if target else ():
        platforms = [one for name in PLATFORMS[target] for one in ("--platform", name)]
        fetch(COMPILED, entries, libraries, ["--python-version", version, *platforms])
    return 0


def locked(text: str) -> dict[str, str]:
    """The entries of the lock by name, with their digests and without what is for some Pythons only."""
    entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n?", "", text))
    return {entry.split("==")[0]: re.sub(r"\s*;[^\\\n]*", " ", entry, count=1) for entry in entries if "==" in entry}


def fetch(names: tuple[str, ...], entries: dict[str, str], libraries: Path, options: list[str]) -> None:
    """Unpack wheels over each other: modules of several Pythons have names of their own."""
    with tempfile.TemporaryDirectory(prefix="stackward-wheels-") as scratch:
        wanted = Path(scratch, "requirements.txt")
        wanted.write_text("\n".join(entries[name] for name in names) + "\n", encoding="utf-8")
        wheels = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--dest", scratch]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *wheels, *options, "--requirement", str(wanted)], check=True)
        for wheel in sorted(Path(scratch).glob("*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(libraries)


if __name__ == "__main__":
    sys.exit(main())
