"""The extension as it would be published: a VSIX made from the sources of the checkout, outside of it."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from neovim_packages import cache
from vscode.install import EXTENSION, node, once, tools

ROOT = EXTENSION.parents[1]
_MINUTES = 5
_VSIX = "stackward.vsix"
_MADE = {"node_modules", "dist", "__pycache__"}


def target() -> str:
    """VS Code's name of this machine."""
    processor = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"linux-{processor}"


def vsix(*, production: bool = True) -> Path:
    """The VSIX of the sources as they are now; what is there from the same sources is used again."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(_sources()):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    root = cache() / f"stackward-vsix-{digest.hexdigest()}"

    def make() -> None:
        for old in cache().glob("stackward-vsix-*"):
            if old.is_dir() and old != root:
                shutil.rmtree(old, ignore_errors=True)
        copied = shutil.copytree(EXTENSION, root / "source", symlinks=True, ignore=shutil.ignore_patterns(*_MADE))
        npm = node()
        (copied / "node_modules").symlink_to(tools() / "node_modules")
        run(npm.binary, "esbuild.mjs", *(["--production"] if production else []), cwd=copied, env=npm.env)
        env = {**os.environ, "STACKWARD_CHECKOUT": str(ROOT)}
        run(sys.executable, "scripts/bundle.py", target(), cwd=copied, env=env)
        options = ("--no-dependencies", "--no-rewrite-relative-links", "--target", target(), "-o", str(root / _VSIX))
        program = copied / "node_modules" / "@vscode" / "vsce" / "vsce"
        run(npm.binary, str(program), "package", *options, cwd=copied, env=npm.env)

    once(root, make)
    return root / _VSIX


def run(*argv: str, cwd: Path, env: dict[str, str]) -> str:
    """Run a program to its end; what it says is part of the error when it fails."""
    ran = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=60 * _MINUTES)
    assert ran.returncode == 0, f"{argv}: {ran.stdout}{ran.stderr}"
    return ran.stdout


def _sources() -> Iterator[Path]:
    for top in (EXTENSION, ROOT / "server" / "stackward", ROOT / "requirements"):
        for folder, folders, names in os.walk(top):
            folders[:] = [name for name in folders if name not in _MADE]
            yield from (Path(folder, name) for name in names if not Path(folder, name).is_symlink())
