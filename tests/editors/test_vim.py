"""ALE in a real Vim, with the configuration of editors/README.md, the real server and the real compiler."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from helix_terminal import Terminal
from neovim_packages import Package, program
from neovim_support import (
    FILE,
    HERE,
    REWRITE,
    REWRITTEN,
    SAVED,
    STOREFRONT,
    documented,
    isolated,
    programs,
    rewrite_is_right,
)

pytestmark = pytest.mark.editors

_VIM = Package(
    "vim-nox", "bookworm", "usr/bin/vim.nox", {"VIMRUNTIME": "{root}/usr/share/vim/vim9*"}, others=("vim-ale",)
)
# ALE takes UTF-16 units for bytes, so that this is a line of ASCII.
LINE = '\treturn fmt.Sprintf("%.2f", float64(cents)/100)'
EDITED = '\t_ = cents; return "0"'


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return shown(tmp_path_factory.mktemp("vim"), shift=False)


def shown(folder: Path, *, shift: bool) -> dict[str, Any]:
    """What Vim showed of a file, before and after an edit."""
    vim = program(_VIM)
    root = Path(shutil.copytree(STOREFRONT, folder / "storefront"))
    file = root / FILE
    row = file.read_text(encoding="utf-8").split("\n").index(LINE)
    (configuration,) = documented("Vim with ALE", "vim")
    after = folder / "vimfiles" / "after" / "plugin"
    after.mkdir(parents=True)
    (after / "stackward.vim").write_text(configuration, encoding="utf-8")
    ale = vim.root / "usr" / "share" / "vim-ale"
    vimrc = folder / "vimrc"
    vimrc.write_text(
        f"set nocompatible noswapfile\nset rtp^={ale} rtp+={folder}/vimfiles/after\nfiletype plugin on\n",
        encoding="utf-8",
    )
    out = folder / "facts.json"
    given = folder / "given.json"
    values = {
        "file": str(file),
        "row": row,
        "edited": EDITED,
        "out": str(out),
        "rewrite": REWRITE,
        "rewritten": REWRITTEN,
    }
    given.write_text(json.dumps(values), encoding="utf-8")
    path = f"{programs(folder / 'bin', shift=shift)}{os.pathsep}{os.environ['PATH']}"
    env = {**isolated(folder / "home"), **vim.env, "PATH": path, "STACKWARD_TEST": str(given)}
    argv = [*vim.argv, "-u", str(vimrc), "-i", "NONE", "-S", str(HERE / "vim_scenario.vim")]
    with Terminal(argv, env=env, cwd=root) as terminal:
        failed = Path(f"{out}.failed")
        listed = terminal.wait_shown(f"{REWRITE!r} in a list", lambda shown: failed.exists() or bool(_number(shown)))
        terminal.type(f"{_number(listed)}\r")
        terminal.wait_end()
        said = failed.read_text(encoding="utf-8") if failed.exists() else "\n".join(terminal.shown())
    assert out.exists(), said
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return {**found, "row": row, "on_disk": file.read_text(encoding="utf-8")}


def _number(shown: list[str]) -> str:
    """The number of the rewrite in ALE's list, empty while Vim does not ask for one: what is typed earlier is lost."""
    if not any("Type number" in line for line in shown):
        return ""
    return next((line.split(")")[0] for line in shown if f") {REWRITE}" in line), "")


def diagnostics_are_right(facts: dict[str, Any]) -> None:
    for when in ("diagnostics", "after_crash"):
        assert [one["text"] for one in facts[when] if one["row"] == facts["row"]].count(SAVED) == 1


def test_diagnostics(facts: dict[str, Any]) -> None:
    diagnostics_are_right(facts)
    assert {one["linter"] for one in facts["diagnostics"]} == {"stackward"}


def test_a_hint_is_gone_after_an_edit(facts: dict[str, Any]) -> None:
    assert facts["saved"]
    original = (STOREFRONT / FILE).read_text(encoding="utf-8")
    assert facts["edited"] == original.replace(LINE, EDITED)


def test_a_server_that_was_killed_comes_back(facts: dict[str, Any]) -> None:
    assert len(facts["killed"]) == 1
    assert facts["after_crash"] == facts["diagnostics"]


def test_a_rewrite_is_made(facts: dict[str, Any]) -> None:
    rewrite_is_right((STOREFRONT / FILE).read_text(encoding="utf-8"), facts["on_disk"])


def test_a_server_that_is_one_column_off_is_noticed(tmp_path: Path) -> None:
    wrong = shown(tmp_path, shift=True)
    with pytest.raises(AssertionError):
        diagnostics_are_right(wrong)
    with pytest.raises(AssertionError):
        rewrite_is_right((STOREFRONT / FILE).read_text(encoding="utf-8"), wrong["on_disk"])
