"""Real Emacsen for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from neovim_packages import Package, Program, program
from neovim_support import HERE, PATIENCE, isolated

_SHARE = "{root}/usr/share/emacs/[0-9]*"
_ENV = {"EMACSLOADPATH": f"{_SHARE}/lisp", "EMACSDATA": f"{_SHARE}/etc", "EMACSDOC": f"{_SHARE}/etc"}
_DUMP = ("--dump-file={root}/usr/libexec/emacs/*/*/emacs*.pdmp",)
_OTHERS = ("elpa-go-mode", "elpa-lsp-mode")
EMACS = {
    "28": Package("emacs-nox", "bookworm", "usr/bin/emacs-nox", _ENV, _DUMP, others=(*_OTHERS, "elpa-eglot")),
    # This one has eglot of its own.
    "30": Package("emacs-nox", "bookworm-backports", "usr/bin/emacs-nox", _ENV, _DUMP, "bookworm", _OTHERS),
}


def emacs(release: str) -> Program:
    """An Emacs of this release, installed where it is missing."""
    found = program(EMACS[release])
    version = found.run("--version").stdout
    if not version.startswith(f"GNU Emacs {release}."):
        pytest.skip(f"Debian's {EMACS[release].suite} has another release by now: {version.splitlines()[:1]}")
    return found


def run_lisp(release: str, part: Path, home: Path, variables: Mapping[str, Any], cwd: Path) -> dict[str, Any]:
    """Run a scenario in batch mode; gives what it wrote down."""
    env = isolated(home)
    out = home / "facts.json"
    given = home / "given.json"
    found = emacs(release)
    libraries = sorted(found.root.glob("usr/share/emacs/site-lisp/elpa-src/*"))
    values = {"part": str(part), "out": str(out), "load_path": [str(path) for path in libraries], **variables}
    given.write_text(json.dumps(values), encoding="utf-8")
    scenario = str(HERE / "emacs_scenario.el")
    ran = found.run(
        *("-Q", "--batch", "-l", scenario),
        env={**env, "STACKWARD_TEST": str(given), "LC_ALL": "C.UTF-8"},
        cwd=cwd,
        timeout=PATIENCE * 3,
    )
    said = f"{ran.stdout}\n{ran.stderr}"
    assert ran.returncode == 0, said
    facts: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return facts
