"""VS Code's extension host in code-server: the extension as it would be published, the real server and compiler."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from neovim_support import (
    BOXED,
    EDITED_LINE,
    FILE,
    PATIENCE,
    REWRITE,
    REWRITTEN,
    ROW,
    SAVED,
    STOREFRONT,
    prepare,
    programs,
    rewrite_is_right,
)
from vscode.build import vsix
from vscode.install import HERE, node
from vscode.server import Workbench, drive, unpacked, workbench

pytestmark = pytest.mark.editors

Facts = dict[str, Any]
AFTER = [text for text in BOXED if not text.startswith("Price")]
LINE = "%-28s"  # Only the line of the test has it, wherever it is by now.
# The string that is returned remains; the number is not boxed any more.
FIX = {
    "before": REWRITTEN,
    "after": f"strconv.FormatFloat({SAVED}",
    "rule": "boxed-in-interface",
}
STEPS = ("look", "commands", "toggle", "save", "rewrite", "rewritten", "crash")
# Whose ranges are wrong, its rewrites break the code: there is nothing to be seen after them.
SHIFTED_STEPS = ("look", "toggle", "save", "rewrite")


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Facts]:
    """What the extension host saw on a user's round, made once for each server."""
    made: dict[bool, Facts | AssertionError] = {}

    def go(shift: bool) -> Facts:
        top = tmp_path_factory.mktemp("vscode")
        root = Path(shutil.copytree(STOREFRONT, top / "storefront"))
        home = top / "home"
        home.mkdir()
        given = {
            "file": str(prepare(root)),
            "row": ROW,
            "needle": LINE,
            "hover": "item.Product.Name",
            "edited": EDITED_LINE,
            "fix": FIX,
            "steps": SHIFTED_STEPS if shift else STEPS,
            "patience": PATIENCE * 1000,
            "facts": str(home / "facts.json"),
        }
        asked = home / "given.json"
        asked.write_text(json.dumps(given), encoding="utf-8")
        extension = unpacked(vsix(), top / "unpacked")
        settings = {"stackward.server.path": str(programs(top / "bin", shift=shift) / "stackward")}
        with workbench(root, home, settings=settings, env={"STACKWARD_GIVEN": str(asked)}) as bench:
            found = drive("host.mjs", bench, {"url": _with_tests(bench, extension), "facts": given["facts"]})
        assert "error" not in found, found["error"]
        return found

    def known(shift: bool) -> Facts:
        if shift not in made:
            try:
                made[shift] = go(shift)
            except AssertionError as error:  # Once is enough to see that something never happens.
                made[shift] = error
        found = made[shift]
        if isinstance(found, AssertionError):
            raise found
        return found

    return known


def _with_tests(bench: Workbench, extension: Path) -> str:
    """The address of a window whose extension host has the extension, and runs the tests."""
    payload = [
        ["extensionDevelopmentPath", bench.remote(extension)],
        ["extensionTestsPath", bench.remote(HERE / "host.cjs")],
    ]
    return f"{bench.url}&payload={quote(json.dumps(payload))}"


@pytest.fixture(scope="module")
def facts(rounds: Callable[[bool], Facts]) -> Facts:
    return rounds(False)


def boxed(found: list[Facts], wanted: list[str]) -> None:
    on_line = {one["text"] for one in found if LINE in one["line"]}
    # A result that is inlined at a call, and the call itself, are two sites at one place.
    assert sorted(on_line) == sorted(wanted)


def after_their_expressions(found: Facts) -> None:
    before = [one["before"] for one in found["inlay"] if LINE in one["line"]]
    assert {next((wanted for wanted in BOXED if text.endswith(wanted)), text) for text in before} == set(BOXED)


def above_their_functions(found: Facts) -> None:
    assert {"Invoice", "Price", "Slug"} <= {one["text"] for one in found["lenses"]}


def on_the_expression(found: Facts) -> None:
    # VS Code drops a hover whose range is not at the place that was asked for.
    assert (found.get("hover") or {}).get("text") == "item.Product.Name"


COLUMNS: dict[str, Callable[[Facts], None]] = {
    "diagnostics": lambda found: boxed(found["diagnostics"], list(BOXED)),
    "hover": on_the_expression,
    "inlay hints": after_their_expressions,
    "lenses": above_their_functions,
    "saved": lambda found: boxed(found["saved"], AFTER),
    "rewrite": lambda found: rewrite_is_right(found["before_rewrite"], found["on_disk"]),
    "toggled": lambda found: boxed(found["toggled"], list(BOXED)),
}


@pytest.mark.parametrize("what", COLUMNS)
def test_columns(facts: Facts, what: str) -> None:
    COLUMNS[what](facts)


@pytest.mark.parametrize("what", COLUMNS)
def test_a_server_that_is_one_column_off_is_noticed(rounds: Callable[[bool], Facts], what: str) -> None:
    found = rounds(True)
    with pytest.raises(AssertionError):
        COLUMNS[what](found)


def test_a_diagnostic_names_its_rule_and_its_flow(facts: Facts) -> None:
    assert all(one["source"] == "stackward" and re.fullmatch(r"[a-z-]+", one["code"]) for one in facts["diagnostics"])
    assert any(one["steps"] for one in facts["diagnostics"])


def test_lenses_and_the_page_of_a_rule(facts: Facts) -> None:
    assert any("heap allocation" in one["title"] for one in facts["lenses"])
    assert facts["page"].startswith("# boxed-in-interface")


def test_the_palette_has_the_commands(facts: Facts) -> None:
    named = {f"stackward.{one}" for one in ("analyzeWorkspace", "fixAll", "inlineDiff", "restartServer", "showFlow")}
    assert named <= set(facts["commands"])


def test_the_flow_has_a_panel(facts: Facts) -> None:
    assert FILE.name in facts["panel"]


def test_a_rewrite_is_proved_and_made(facts: Facts) -> None:
    assert facts["rewrite"]["kind"].startswith("quickfix")
    assert facts["rewrite"]["title"].startswith(REWRITE)
    assert FIX["after"] in facts["rewrite"]["line"]
    assert EDITED_LINE in facts["on_disk"]


def test_the_server_comes_back(facts: Facts) -> None:
    assert facts["pids"]
    for after in (facts["after_crash"], facts["restarted"]):
        boxed(after, AFTER)


def test_types_lint_and_unit_tests(tmp_path: Path) -> None:
    """``npm run check`` of the extension, with the tools that its lock names."""
    copied = shutil.copytree(vsix().parent / "source", tmp_path / "source", symlinks=True)
    own = node()
    argv = [own.npm, "run", "check"]
    ran = subprocess.run(argv, cwd=copied, env=own.env, capture_output=True, text=True, check=False, timeout=600)
    assert ran.returncode == 0, ran.stdout + ran.stderr
