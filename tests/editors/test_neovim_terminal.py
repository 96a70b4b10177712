"""What Neovim draws: signs, underlines, inlay hints, lenses, virtual text and the statusline, in a terminal."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from helix_terminal import Terminal
from neovim_packages import Program
from neovim_picture import picture
from neovim_support import BOXED, FILE, PATIENCE, PLUGIN, ROW, WIDE_LINE, isolated, neovim, prepare, programs

pytestmark = pytest.mark.editors

_INIT = """
vim.opt.runtimepath:prepend("{plugin}")
vim.o.termguicolors = true
vim.o.number = true
vim.o.tabstop = 4
vim.o.signcolumn = "yes"
vim.o.cursorline = true
vim.o.swapfile = false
vim.cmd("filetype plugin on | syntax on")
vim.g.go_recommended_style = 0
vim.diagnostic.config({{ signs = true, underline = true }})
require("stackward").setup({{ diagnostics = {{ virtual_text = false }} }})
vim.o.statusline = " %f %= %{{v:lua.require'stackward'.status()}}  %l:%c "
"""


def drawn(storefront: Path, home: Path, *, shift: bool, keep: Path | None = None) -> list[str]:
    """The lines on the screen once the hints are there; ``keep`` is where to put a picture."""
    file = prepare(storefront)
    nvim = neovim("0.12")
    path = f"{programs(home / 'bin', shift=shift)}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, **isolated(home), **nvim.env, "PATH": path, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    init = home / "init.lua"
    init.write_text(_INIT.format(plugin=PLUGIN), encoding="utf-8")
    # Neovim would start its other half by the path of its program, which is the loader here; so both are started.
    socket = home / "socket"
    argv = [*nvim.argv, "--headless", "--listen", str(socket), "-u", str(init), "-i", "NONE", f"+{ROW + 1}", str(file)]
    editor = subprocess.Popen(argv, env=env, cwd=storefront, stdin=subprocess.DEVNULL)
    try:
        return _seen(nvim, socket, env, keep)
    finally:
        editor.kill()
        editor.wait()


def _seen(nvim: Program, socket: Path, env: Mapping[str, str], keep: Path | None) -> list[str]:
    deadline = time.monotonic() + PATIENCE
    while not socket.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    argv = [*nvim.argv, "--server", str(socket), "--remote-ui"]
    with Terminal(argv, env=env, cwd=socket.parent, columns=250, lines=34) as terminal:
        shown = terminal.wait_shown("the number in the statusline, all inlay hints of the line, the lenses", _complete)
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / "neovim.svg").write_text(picture(terminal.screen), encoding="utf-8")
        terminal.type(":qall!\r")
        terminal.wait_end()
    return shown


def _complete(shown: list[str]) -> bool:
    text = "\n".join(shown)
    return "heap allocations" in text and "heap: 30" in text and any(map(_whole, shown))


def _whole(line: str) -> bool:
    return "%-28s" in line and line.count(" B") == len(BOXED)


def inlay_hints_are_right(shown: list[str]) -> None:
    (line,) = [line for line in shown if "%-28s" in line]
    for text in BOXED:
        assert f"{text} boxed, " in line


def test_it_draws(storefront: Path, tmp_path: Path) -> None:
    asked = os.environ.get("STACKWARD_SCREENSHOTS")
    shown = drawn(storefront, tmp_path / "home", shift=False, keep=Path(asked) if asked else None)
    inlay_hints_are_right(shown)
    (line,) = [line for line in shown if "%-28s" in line]
    assert line.lstrip().startswith("I "), "the sign of a hint"
    above = shown[next(index for index, one in enumerate(shown) if "func Invoice(" in one) - 1]
    assert "heap allocations" in above
    assert WIDE_LINE.split('"')[1].split("%4d")[1].split("%10s")[0].strip() in line
    assert any(str(FILE) in one and "heap: 30" in one for one in shown)


def test_what_is_one_column_off_is_noticed(storefront: Path, tmp_path: Path) -> None:
    shown = drawn(storefront, tmp_path / "home", shift=True)
    with pytest.raises(AssertionError):
        inlay_hints_are_right(shown)
