"""Real Neovims for tests, and what the tests of all editors know about the example.

A scenario in Lua does what a user does and writes down what the editor shows; Python judges. The same judgement must
fail for what a server shows whose ranges are one column off (``neovim_shift``).
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from neovim_packages import Package, Program, program

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STOREFRONT = ROOT / "examples" / "storefront"
PLUGIN = ROOT / "editors" / "neovim"
SERVER = str(Path(sys.executable).with_name("stackward"))
SHIFTED = [sys.executable, str(HERE / "neovim_shift.py"), SERVER, "serve"]

PATIENCE = 120.0  # Seconds; only what hangs takes so long.

_RUNTIME = {"VIMRUNTIME": "{root}/usr/share/nvim/runtime"}
NEOVIM = {
    "0.7": Package("neovim", "bookworm", "usr/bin/nvim", _RUNTIME),
    "0.10": Package("neovim", "trixie", "usr/bin/nvim", _RUNTIME),
    "0.12": Package("neovim", "forky", "usr/bin/nvim", _RUNTIME),
}

FILE = Path("internal", "render", "render.go")
_LINE = (
    '\t\tfmt.Fprintf(buf, "%2d  %-28s %4d × %10s\\n", '
    "i+1, item.Product.Name, item.Quantity, Price(item.Product.Price))\n"
)
# Before the expressions now stand characters of two, three and four bytes; the last is two units of UTF-16.
WIDE_LINE = _LINE.replace("×", "é→😀")
# For clients that do not know that some characters are two units.
PLANE_LINE = _LINE.replace("×", "é→×")
# What allocates on that line. Each is boxed in an interface, and Price has a result on the heap that is inlined here.
BOXED = ("i+1", "item.Product.Name", "item.Quantity", "Price(item.Product.Price)")
ROW = 23  # Of that line, from 0.


def edited(line: str) -> str:
    """The line of the test without the last of the things that allocate."""
    return line.replace("Price(item.Product.Price)", '"-"')


EDITED_LINE = edited(WIDE_LINE)

# The rewrite that every editor makes: where, which of those that are offered, and the allocation that is gone then.
REWRITTEN = 'fmt.Sprintf("%.2f"'
REWRITE = "Use strconv.FormatFloat instead of fmt.Sprintf"
SAVED = "float64(cents)/100"


def rewrite_is_right(before: str, after: str) -> None:
    """A file's text after the rewrite: it is what its title says, and nothing else is different but the import."""
    assert REWRITTEN in before
    assert REWRITTEN not in after
    assert f"\treturn strconv.FormatFloat({SAVED}, 'f', 2, 64)\n" in after
    assert '\t"strconv"\n' in after
    kept = [line for line in before.rstrip("\n").split("\n") if REWRITTEN not in line]
    assert [line for line in after.rstrip("\n").split("\n") if "strconv" not in line] == kept


def prepare(storefront: Path, line: str = WIDE_LINE) -> Path:
    """Put wide characters into the example; gives the file's path."""
    path = storefront / FILE
    text = path.read_text(encoding="utf-8")
    assert text.split("\n")[ROW] + "\n" == _LINE, "the example is another one now"
    path.write_text(text.replace(_LINE, line), encoding="utf-8")
    return path


def programs(folder: Path, *, shift: bool) -> Path:
    """A folder for PATH with ``stackward``: the server of this checkout, or one whose ranges are off."""
    folder.mkdir(parents=True)
    command = [*SHIFTED[:-1]] if shift else [SERVER]
    script = folder / "stackward"
    script.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return folder


def documented(heading: str, language: str) -> list[str]:
    """The configuration of an editor in editors/README.md: its blocks of a language."""
    text = (ROOT / "editors" / "README.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [block.split("```")[0] for block in section.split(f"```{language}\n")[1:]]


def neovim(release: str) -> Program:
    """A Neovim of this release, installed where it is missing."""
    found = program(NEOVIM[release])
    version = found.run("--version").stdout
    if not version.startswith(f"NVIM v{release}."):
        pytest.skip(f"Debian's {NEOVIM[release].suite} has another release by now: {version.splitlines()[:1]}")
    return found


def isolated(home: Path) -> dict[str, str]:
    """An environment in which an editor finds no settings of the user's and leaves nothing behind."""
    folders = {
        "HOME": home,
        "XDG_CONFIG_HOME": home / "config",
        "XDG_DATA_HOME": home / "data",
        "XDG_STATE_HOME": home / "state",
        "XDG_CACHE_HOME": home / "cache",
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    keep = {"GOCACHE": os.environ.get("GOCACHE") or str(Path.home() / ".cache" / "go-build")}
    return {**{name: str(folder) for name, folder in folders.items()}, **keep}


def run_lua(release: str, script: Path, home: Path, variables: Mapping[str, Any], cwd: Path) -> dict[str, Any]:
    """Run a scenario without a terminal; gives what it wrote down.

    ``variables`` are ``test.given`` in it. It ends Neovim by itself, with status 1 and its error where it failed.
    """
    out = home / "facts.json"
    given = home / "given.json"
    env = isolated(home)
    nvim = neovim(release)
    # Its parsers are found relative to the program, which is the loader here.
    library = [str(path) for path in nvim.root.glob("usr/lib/**/nvim")]
    values = {"plugin": str(PLUGIN), "out": str(out), "library": library, **variables}
    given.write_text(json.dumps(values), encoding="utf-8")
    boot = f"lua dofile([[{HERE / 'neovim_boot.lua'}]])([[{given}]], [[{script}]])"
    ran = nvim.run(
        *("--headless", "-u", "NONE", "-i", "NONE", "-n", "-c", boot), env=env, cwd=cwd, timeout=PATIENCE * 3
    )
    said = f"{ran.stdout}\n{ran.stderr}"
    assert ran.returncode == 0, said
    assert out.exists(), said
    facts: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    facts["said"] = said
    return facts
