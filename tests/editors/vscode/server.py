"""code-server with an extension, on a folder, and what drives it: the extension host inside, Chromium outside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neovim_support import PATIENCE
from vscode.install import HERE, chromium, node, vscode

# Nothing that talks to anybody, and nothing that lies over what is looked at.
QUIET: Mapping[str, Any] = {
    "chat.disableAIFeatures": True,
    "editor.minimap.enabled": False,
    "extensions.autoCheckUpdates": False,
    "extensions.autoUpdate": False,
    "extensions.ignoreRecommendations": True,
    "git.enabled": False,
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "window.commandCenter": False,
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "workbench.welcomePage.walkthroughs.openOnInstall": False,
}


@dataclass(frozen=True, slots=True)
class Workbench:
    """A running code-server."""

    port: int
    home: Path
    folder: Path

    @property
    def url(self) -> str:
        kind = "workspace" if self.folder.suffix == ".code-workspace" else "folder"
        return f"http://127.0.0.1:{self.port}/?{kind}={self.folder}"

    def remote(self, path: Path) -> str:
        """The address of a file of this machine, as the window has to name it."""
        return f"vscode-remote://127.0.0.1:{self.port}{path}"

    @property
    def user(self) -> Path:
        """The folder of the user's data."""
        return self.home / "data"


def go() -> str:
    """The go command: the extension host has the PATH of a login shell, which may not lead to it."""
    return shutil.which("go") or str(Path(sys.executable).with_name("go"))  # As the wheel of Go has it.


def unpacked(vsix: Path, folder: Path) -> Path:
    """The extension of a VSIX, as VS Code would unpack it."""
    with zipfile.ZipFile(vsix) as archive:
        archive.extractall(folder)
    return folder / "extension"


@contextmanager
def workbench(
    folder: Path,
    home: Path,
    *,
    settings: Mapping[str, Any],
    vsix: Path | None = None,
    env: Mapping[str, str] | None = None,
    options: tuple[str, ...] = (),
) -> Iterator[Workbench]:
    """code-server on a folder, or a workspace file, with nothing of the user's; an extension is installed into it."""
    program = vscode() / "node_modules" / "code-server" / "out" / "node" / "entry.js"
    own = node()
    here = Workbench(_free_port(), home, folder)
    write_settings(here, settings)
    places = ("--user-data-dir", str(here.user), "--extensions-dir", str(home / "extensions"))
    variables = {
        **own.env,
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "GOCACHE": os.environ.get("GOCACHE") or str(Path.home() / ".cache" / "go-build"),
        "VSCODE_OPTIONS": "enable-smoke-test-driver",
        **(env or {}),
    }
    if vsix is not None:
        install = [own.binary, str(program), *places, "--install-extension", str(vsix)]
        done = subprocess.run(install, env=variables, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
    quiet = ("--auth", "none", "--disable-telemetry", "--disable-update-check", *options)
    if settings.get("security.workspace.trust.enabled") is not True:
        quiet = (*quiet, "--disable-workspace-trust")
    argv = [own.binary, str(program), "--bind-addr", f"127.0.0.1:{here.port}", *quiet, *places, str(folder)]
    with (home / "code-server.log").open("w", encoding="utf-8") as log:
        running = subprocess.Popen(argv, env=variables, stdout=log, stderr=log, start_new_session=True)
        try:
            _wait_until_up(here, running)
            yield here
        finally:
            # It has children of its own; the session that was made for it holds them all.
            os.killpg(running.pid, signal.SIGTERM)
            try:
                running.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()


def write_settings(bench: Workbench, settings: Mapping[str, Any]) -> None:
    """The user's settings, read at the start. Those of one machine, paths, are in a file of their own."""
    own = {name: value for name, value in settings.items() if name.startswith("stackward.")}
    for place, values in (("User", {**QUIET, **settings}), ("Machine", own)):
        (bench.user / place).mkdir(parents=True, exist_ok=True)
        (bench.user / place / "settings.json").write_text(json.dumps(values), encoding="utf-8")


def drive(script: str, bench: Workbench, given: Mapping[str, Any]) -> dict[str, Any]:
    """Run a script of this folder that drives Chromium; gives what it saw."""
    own = node()
    browser = chromium()
    out = bench.home / f"{script}.json"
    values = {"url": bench.url, "chromium": browser.binary, "out": str(out), "patience": PATIENCE * 1000, **given}
    given_file = bench.home / f"{script}.given.json"
    given_file.write_text(json.dumps(values), encoding="utf-8")
    playwright = vscode() / "node_modules" / "playwright-core" / "index.mjs"
    env = {**own.env, **browser.env, "STACKWARD_PLAYWRIGHT": str(playwright), "HOME": str(bench.home)}
    argv = [own.binary, str(HERE / script), str(given_file)]
    ran = subprocess.run(argv, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE * 4)
    log = (bench.home / "code-server.log").read_text(encoding="utf-8")[-3000:]
    assert ran.returncode == 0, f"{ran.stdout}{ran.stderr}\n{log}"
    seen: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return seen


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_up(bench: Workbench, running: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert running.poll() is None, (bench.home / "code-server.log").read_text(encoding="utf-8")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{bench.port}/healthz", timeout=1):
                return
        except OSError:
            time.sleep(0.05)  # It is asked again, for as long as patience lasts.
    raise AssertionError("code-server does not come up")
