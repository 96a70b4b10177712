"""eglot and lsp-mode in real Emacsen, with the real server and the real compiler."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from emacs_support import run_lisp
from neovim_support import (
    BOXED,
    FILE,
    HERE,
    PLANE_LINE,
    REWRITE,
    REWRITTEN,
    ROW,
    SAVED,
    STOREFRONT,
    WIDE_LINE,
    documented,
    edited,
    prepare,
    programs,
    rewrite_is_right,
)

pytestmark = pytest.mark.editors

Facts = dict[str, Any]
RELEASES = ("28", "30")
# lsp-mode takes the protocol's units for characters, so that it is one off behind an emoji; that is its own defect.
LINES = {"emacs_eglot.el": WIDE_LINE, "emacs_lsp_mode.el": PLANE_LINE}
CLIENTS = {"emacs_eglot.el": "Emacs with eglot", "emacs_lsp_mode.el": "Emacs with lsp-mode"}
AFTER = sorted(text for text in BOXED if not text.startswith("Price"))


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str, bool], Facts]:
    """What an Emacs showed on a user's round, made once for each release, client and server."""
    made: dict[tuple[str, str, bool], Facts | AssertionError] = {}

    def go(release: str, part: str, shift: bool) -> Facts:
        folder = tmp_path_factory.mktemp(f"emacs-{release}")
        root = Path(shutil.copytree(STOREFRONT, folder / "storefront"))
        file = prepare(root, LINES[part])
        readme = folder / "readme.el"
        readme.write_text(documented(CLIENTS[part], "elisp")[0], encoding="utf-8")
        given = {
            "readme": str(readme),
            "bin": str(programs(folder / "bin", shift=shift)),
            "folder": str(root),
            "file": str(file),
            "row": ROW,
            "hover": "item.Product.Name",
            "edited": edited(LINES[part]),
            "rewrite": REWRITE,
            "rewritten": REWRITTEN,
            "saved": SAVED,
        }
        facts = run_lisp(release, HERE / part, folder / "home", given, root)
        return {**facts, "on_disk": file.read_text(encoding="utf-8"), "folder": str(root)}

    def known(release: str, part: str, shift: bool) -> Facts:
        key = (release, part, shift)
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


def on_line(shown: list[dict[str, Any]]) -> Iterator[str]:
    return (one["text"] for one in shown if one["row"] == ROW)


def inlay_hints_are_right(facts: Facts) -> None:
    ends = [one["before"] for one in facts["inlay"] if one["row"] == ROW]
    assert sorted(ends) == sorted(WIDE_LINE[: WIDE_LINE.index(text) + len(text)] for text in BOXED)


def are(key: str, wanted: list[str]) -> Callable[[Facts], None]:
    def check(facts: Facts) -> None:
        assert sorted(on_line(facts[key])) == sorted(wanted)

    return check


def hover_is_right(facts: Facts) -> None:
    assert facts["hover"]["text"] == "item.Product.Name"


def lenses_are_right(facts: Facts) -> None:
    assert set(facts["lenses"]) == {"func", "Invoice", "Price", "Slug", "ETag", "CSV"}


def rewritten_is_right(facts: Facts) -> None:
    rewrite_is_right(facts["before_rewrite"], facts["on_disk"])


COLUMNS: dict[str, Callable[[Facts], None]] = {
    "diagnostics": are("diagnostics", list(BOXED)),
    "hover": hover_is_right,
    "lenses": lenses_are_right,
    "saved": are("saved", AFTER),
    "after_crash": are("after_crash", AFTER),
    "rewrite": rewritten_is_right,
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("what", COLUMNS)
def test_columns(rounds: Callable[[str, str, bool], Facts], release: str, client: str, what: str) -> None:
    COLUMNS[what](rounds(release, client, False))


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("what", COLUMNS)
def test_a_server_that_is_one_column_off_is_noticed(
    rounds: Callable[[str, str, bool], Facts], release: str, client: str, what: str
) -> None:
    facts = rounds(release, client, True)
    with pytest.raises(AssertionError):
        COLUMNS[what](facts)


def test_inlay_hints(rounds: Callable[[str, str, bool], Facts]) -> None:
    inlay_hints_are_right(rounds("30", "emacs_eglot.el", False))


def test_inlay_hints_that_are_one_column_off_are_noticed(rounds: Callable[[str, str, bool], Facts]) -> None:
    facts = rounds("30", "emacs_eglot.el", True)
    with pytest.raises(AssertionError):
        inlay_hints_are_right(facts)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("release", RELEASES)
def test_the_rest_of_the_round(rounds: Callable[[str, str, bool], Facts], release: str, client: str) -> None:
    facts = rounds(release, client, False)
    assert Path(facts["root"]) == Path(facts["folder"])
    assert "boxed-in-interface" in facts["hover"]["value"]
    assert SAVED in [one["text"] for one in facts["after_crash"]], "the rewrite has something to take away"
    lines = facts["before_rewrite"].split("\n")
    original = (STOREFRONT / FILE).read_text(encoding="utf-8").split("\n")
    assert lines[ROW] + "\n" == edited(LINES[client])
    assert [*lines[:ROW], *lines[ROW + 1 :]] == [*original[:ROW], *original[ROW + 1 :]]
