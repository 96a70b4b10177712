"""Helix in a terminal, with the real server and the real compiler."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helix_support import HELIX, Helix
from neovim_support import BOXED, EDITED_LINE, FILE, ROW, SAVED, STOREFRONT, prepare, programs, rewrite_is_right

pytestmark = pytest.mark.editors

Facts = dict[str, Any]
AFTER = [text for text in BOXED if not text.startswith("Price")]


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, bool], Facts]:
    """What a Helix showed on a user's round, made once for each release and server."""
    made: dict[tuple[str, bool], Facts | AssertionError] = {}

    def go(release: str, shift: bool) -> Facts:
        folder = tmp_path_factory.mktemp(f"helix-{release}")
        root = Path(shutil.copytree(STOREFRONT, folder / "storefront"))
        file = prepare(root)
        with Helix(release, file, folder / "home", programs(folder / "bin", shift=shift), root) as helix:
            facts = helix.round()
        return {**facts, "on_disk": file.read_text(encoding="utf-8")}

    def known(release: str, shift: bool) -> Facts:
        key = (release, shift)
        if key not in made:
            try:
                made[key] = go(*key)
            except AssertionError as error:  # Once is enough to see that something never happens.
                made[key] = error
        found = made[key]
        if isinstance(found, AssertionError):
            raise found
        return found

    return known


def inlay_hints_are_right(line: str, texts: list[str]) -> None:
    for text in texts:
        assert f"{text} boxed" in line


COLUMNS: dict[str, Callable[[Facts], None]] = {
    "after_crash": lambda facts: texts_are(facts["after_crash"], AFTER),
    "diagnostics": lambda facts: texts_are(facts["diagnostics"], list(BOXED)),
    "inlay hints": lambda facts: inlay_hints_are_right(facts["line"], list(BOXED)),
    "inlay hints after saving": lambda facts: inlay_hints_are_right(facts["saved_line"], AFTER),
    "saved": lambda facts: texts_are(facts["saved"], AFTER),
    "rewrite": lambda facts: rewrite_is_right(facts["before_rewrite"], facts["on_disk"]),
}


def texts_are(texts: list[str], wanted: list[str]) -> None:
    assert texts == wanted


@pytest.mark.parametrize("release", HELIX)
@pytest.mark.parametrize("what", COLUMNS)
def test_columns(rounds: Callable[[str, bool], Facts], release: str, what: str) -> None:
    COLUMNS[what](rounds(release, False))


@pytest.mark.parametrize("release", HELIX)
@pytest.mark.parametrize("what", COLUMNS)
def test_a_server_that_is_one_column_off_is_noticed(
    rounds: Callable[[str, bool], Facts], release: str, what: str
) -> None:
    facts = rounds(release, True)
    with pytest.raises(AssertionError):
        COLUMNS[what](facts)


@pytest.mark.parametrize("release", HELIX)
def test_hover_and_the_file_on_disk(rounds: Callable[[str, bool], Facts], release: str) -> None:
    facts = rounds(release, False)
    assert "boxed-in-interface" in facts["hover"]
    assert facts["to_take_away"] == SAVED
    lines = facts["before_rewrite"].split("\n")
    original = (STOREFRONT / FILE).read_text(encoding="utf-8").split("\n")
    assert lines[ROW] + "\n" == EDITED_LINE
    assert [*lines[:ROW], *lines[ROW + 1 :]] == [*original[:ROW], *original[ROW + 1 :]]
