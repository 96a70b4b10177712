"""VS Code's window: what a user sees of the extension, installed into a clean editor with nothing but Go and Python.

The pictures of the READMEs are made here (``make screenshots``), and how long it takes from opening a folder to its
first hints, which ``bench`` can read from the cache: ``vscode-first-hints.json``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from neovim_packages import cache
from neovim_support import BOXED, FILE, PATIENCE, SAVED, STOREFRONT, programs, rewrite_is_right
from vscode.build import vsix
from vscode.server import drive, go, workbench

pytestmark = pytest.mark.editors

Facts = dict[str, Any]
THEMES = (
    {"name": "light", "label": "Light Modern", "mark": "vs"},
    {"name": "dark", "label": "Dark Modern", "mark": "vs-dark"},
    {"name": "contrast", "label": "Dark High Contrast", "mark": "hc-black"},
)
STEPS = (
    *("hints", "menu", "again", "tree", "pictures of hints"),
    *("flow", "save", "pictures of the flow", "follow", "preview", "pictures of the preview"),
    *("sort", "filter", "ignore", "fix", "broken", "missing"),
)
SHIFTED_STEPS = ("hints", "tree", "fix")
FUNCTION, SITE = "Slug", "string(r)"
FLOW = "row = append(row, '\"')"  # From here the way to the heap leads to another line.
REWRITE = 'fmt.Fprintf(buf, "Invoice %s'
IGNORED = {"filter": "slug string(r) copy", "site": "string(r)", "reason": "names are short"}
NO_GO = "/nothing/bin/go"
LOOKS = {
    "breadcrumbs.enabled": False,
    "editor.fontFamily": "DejaVu Sans Mono",
    "editor.scrollbar.horizontal": "hidden",
    "editor.stickyScroll.enabled": False,
    "editor.unicodeHighlight.ambiguousCharacters": False,
    "window.title": "${folderName}",
    "workbench.layoutControl.enabled": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
}


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Facts]:
    """What a window showed, made once for each server."""
    made: dict[bool, Facts] = {}

    def look(shift: bool) -> Facts:
        top = tmp_path_factory.mktemp("window")
        root = Path(shutil.copytree(STOREFRONT, top / "storefront"))
        home = top / "home"
        home.mkdir()
        pictures = Path(os.environ.get("STACKWARD_SCREENSHOTS") or top)
        pictures.mkdir(parents=True, exist_ok=True)
        settings: Facts = {**LOOKS, "workbench.colorTheme": THEMES[0]["label"]}
        if shift:
            settings["stackward.server.path"] = str(programs(top / "bin", shift=True) / "stackward")
        with workbench(root, home, settings=settings, vsix=vsix(), env={"PATH": _path(top / "programs")}) as bench:
            payload = [["openFile", bench.remote(root / FILE)]]
            given: Facts = {
                "url": f"{bench.url}&payload={quote(json.dumps(payload))}",
                "steps": SHIFTED_STEPS if shift else STEPS,
                "needle": "%-28s",
                "boxed": len(BOXED),
                "name": FILE.name,
                "folder": FILE.parent.as_posix(),
                "function": FUNCTION,
                "site": SITE,
                "line": _place(root, SITE)[0],
                "flow_line": _place(root, FLOW)[0],
                "rewrite_line": _place(root, REWRITE)[0],
                "rewrite": REWRITE,
                "ignored": IGNORED,
                "fixed": SAVED,
                "file": str(root / FILE),
                "machine": str(bench.user / "Machine" / "settings.json"),
                "no_go": NO_GO,
                "patience": PATIENCE * 1000,
                "themes": THEMES,
                "pictures": str(pictures),
            }
            found = drive("window.mjs", bench, given)
        assert "error" not in found, f"{found['error']}\n{pictures / 'error.png'}"
        return found

    def known(shift: bool) -> Facts:
        if shift not in made:
            made[shift] = look(shift)
        return made[shift]

    return known


def _path(folder: Path) -> str:
    """A PATH with Go, a Python that has nothing installed for us, and no server: each by itself, whatever is beside."""
    folder.mkdir()
    (folder / "go").symlink_to(go())
    (folder / "python3").symlink_to(sys._base_executable)
    return os.pathsep.join((str(folder), "/usr/bin", "/bin"))


def _place(root: Path, text: str) -> tuple[int, int]:
    """The line and the column of a text of the file, as the status bar counts them: on the screen."""
    lines = (root / FILE).read_text(encoding="utf-8").expandtabs(4).split("\n")
    row = next(row for row, line in enumerate(lines) if text in line)
    return row + 1, lines[row].index(text) + 1


@pytest.fixture(scope="module")
def window(windows: Callable[[bool], Facts]) -> Facts:
    return windows(False)


def squiggles(found: Facts) -> None:
    assert set(found["underlined"]) == set(BOXED)


def chosen(found: Facts) -> None:
    line, column = _place(STOREFRONT, SITE)
    assert found["place"] == f"Ln {line}, Col {column + len(SITE)} ({len(SITE)} selected)"


COLUMNS: dict[str, Callable[[Facts], None]] = {
    "squiggles": squiggles,
    "a place of the tree": chosen,
    "a rewrite from the tree": lambda found: rewrite_is_right(found["before_rewrite"], found["on_disk"]),
}


@pytest.mark.parametrize("what", COLUMNS)
def test_columns(window: Facts, what: str) -> None:
    COLUMNS[what](window)


@pytest.mark.parametrize("what", COLUMNS)
def test_a_server_that_is_one_column_off_is_noticed(windows: Callable[[bool], Facts], what: str) -> None:
    found = windows(True)
    with pytest.raises(AssertionError):
        COLUMNS[what](found)


def test_the_status_item_counts_and_is_read_out(window: Facts) -> None:
    counted = re.fullmatch(r"stackward: idle\. .*allocate: (\d+)", window["status"])
    assert counted, window["status"]
    assert any(f"file {FILE.name}, {counted[1]} heap allocations" in label for label in window["labels"])


def test_the_server_is_the_one_that_the_extension_brings_along(window: Facts) -> None:
    assert any(re.search(r"extensions/stackward\S+/dist/python/launch\.py serve", entry) for entry in window["menu"])


def test_each_row_of_the_tree_has_a_label(window: Facts) -> None:
    assert all(window["labels"])
    assert any(SITE in label and "string-conversion" in label for label in window["labels"])


def test_the_flow_is_drawn_and_its_nodes_lead_to_their_lines(window: Facts) -> None:
    here, _ = _place(STOREFRONT, FLOW)
    assert window["nodes"][0] == here
    assert window["nodes"][-1] != here
    assert window["followed"].startswith(f"Ln {window['nodes'][-1]}, ")
    assert any("append" in text for text in window["drawn"])
    assert "heap, by runtime.growslice" in window["drawn"]


def test_the_flow_is_saved(window: Facts) -> None:
    picture, diagram = window["files"]
    assert picture.startswith("<svg ")
    assert diagram.startswith("flowchart ")
    assert all("append" in text for text in (picture, diagram))


def test_a_rewrite_is_previewed_with_its_proof(window: Facts) -> None:
    # The comment says what was proved; the other is the rewrite itself.
    assert any(re.match(r"\s*// Write to buf without fmt\.Fprintf \(.+\)", text) for text in window["preview"])
    assert any(REWRITE in text and "buf.WriteString(" in text for text in window["preview"])


def test_the_tree_is_sorted(window: Facts) -> None:
    sizes = [int(found[1]) for label in window["byBytes"] if (found := re.search(r"(\d+) B", label))]
    assert sizes == sorted(sizes, reverse=True)
    named = [found[1] for label in window["byPlace"] if (found := re.match(r"function ([A-Z]\w*),", label))]
    assert named == ["Invoice", "Price", "Slug", "ETag", "CSV"]


def test_the_tree_is_filtered_and_what_is_left_is_open(window: Facts) -> None:
    files, functions, sites = window["filtered"]
    assert [label.split(",")[:2] for label in files] == [[f"file {FILE.name}", " 1 heap allocation"]]
    assert [label.split(",")[0] for label in functions] == ["function Slug"]
    assert [SITE in label for label in sites] == [True]
    assert window["unfiltered"] == window["all"]


def test_a_place_is_ignored_with_a_reason(window: Facts) -> None:
    before, after = (STOREFRONT / FILE).read_text(encoding="utf-8").split("\n"), window["ignored"].split("\n")
    row, _ = _place(STOREFRONT, SITE)
    indentation = before[row - 1].partition("slug")[0]
    comment = f"{indentation}//stackward:ignore string-conversion {IGNORED['reason']}"
    assert after == [*before[: row - 1], comment, *before[row - 1 :]]


def test_a_build_that_is_broken_is_said_and_found(window: Facts) -> None:
    row, _ = _place(STOREFRONT, FLOW)
    assert re.match(rf"stackward: \S+ does not build: \S+{FILE.name}:{row}:\d+: syntax error", window["broken"])
    assert window["mended"].startswith("stackward: idle")


def test_a_missing_go_is_said(window: Facts) -> None:
    assert NO_GO in window["missing"]
    assert window["found"].startswith("stackward: idle")


def test_the_first_hints_and_how_long_they_took(window: Facts) -> None:
    first, again = ({name: value / 1000 for name, value in one.items()} for one in window["times"])
    times = {"clean editor, nothing cached": first, "opened again": again}
    (cache() / "vscode-first-hints.json").write_text(json.dumps(times, indent=1), encoding="utf-8")
    for one in (first, again):
        assert 0 < one["text"] <= one["hints"] < PATIENCE
