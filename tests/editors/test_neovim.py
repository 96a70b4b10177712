"""The plugin in real Neovims, with the real server and the real compiler."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from neovim_packages import cache
from neovim_support import (
    BOXED,
    EDITED_LINE,
    FILE,
    HERE,
    PATIENCE,
    PLUGIN,
    REWRITE,
    REWRITTEN,
    ROW,
    SAVED,
    SERVER,
    SHIFTED,
    STOREFRONT,
    WIDE_LINE,
    neovim,
    prepare,
    rewrite_is_right,
    run_lua,
)

pytestmark = pytest.mark.editors

RELEASES = ("0.10", "0.12")
Facts = dict[str, Any]
# Where the lenses of the file are: on names of functions, and on func literals.
LENSED = ("func", "func", "Invoice", "Price", "Slug", "ETag", "CSV")


@pytest.fixture(scope="module")
def round_trip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, bool], Facts]:
    """What a Neovim showed on a user's round, made once for each release and server."""
    made: dict[tuple[str, bool], Facts | AssertionError] = {}

    def facts(release: str, shift: bool) -> Facts:
        if (release, shift) not in made:
            try:
                made[release, shift] = go_round(release, shift)
            except AssertionError as error:  # Once is enough to see that something never happens.
                made[release, shift] = error
        known = made[release, shift]
        if isinstance(known, AssertionError):
            raise known
        return known

    def go_round(release: str, shift: bool) -> Facts:
        folder = tmp_path_factory.mktemp(f"neovim-{release}")
        file = prepare(Path(shutil.copytree(STOREFRONT, folder / "storefront")))
        given = {
            "cmd": SHIFTED if shift else SERVER,
            "start": "setup",
            "file": str(file),
            "row": ROW,
            "hover": "item.Product.Name",
            "lens": "nvoic",  # Of Invoice, wherever exactly the lens is.
            "edited": EDITED_LINE,
            "gone": "Price(item",
            "inlining": str(folder / "storefront" / "internal" / "catalog" / "catalog.go"),
        }
        found = run_lua(release, HERE / "neovim_scenario.lua", folder / "home", given, folder / "storefront")
        return {**found, "on_disk": file.read_text(encoding="utf-8"), "folder": str(folder)}

    return facts


@pytest.fixture(params=RELEASES)
def facts(request: pytest.FixtureRequest, round_trip: Callable[[str, bool], Facts]) -> Facts:
    return round_trip(request.param, False)


@pytest.fixture(params=RELEASES)
def wrong(request: pytest.FixtureRequest, round_trip: Callable[[str, bool], Facts]) -> Facts:
    """What is shown for a server whose ranges are one column off."""
    return round_trip(request.param, True)


def on_line(shown: list[dict[str, Any]]) -> Iterator[str]:
    return (one["text"] for one in shown if one["row"] == ROW)


def diagnostics_are_right(shown: list[dict[str, Any]]) -> None:
    texts = list(on_line(shown))
    assert sorted(texts) == sorted(BOXED)
    assert {one["source"] for one in shown} == {"stackward"}


def inlay_hints_are_right(facts: Facts) -> None:
    for key in ("inlay", "drawn"):
        ends = [one["before"] for one in facts[key] if one["row"] == ROW]
        assert sorted(ends) == sorted(WIDE_LINE[: WIDE_LINE.index(text) + len(text)] for text in BOXED)
    assert sorted(one["label"].strip() for one in facts["drawn"]) == sorted(one["label"] for one in facts["inlay"])


def lenses_are_right(facts: Facts) -> None:
    assert [lens["text"] for lens in facts["lenses"]] == list(LENSED)


def hover_is_right(facts: Facts) -> None:
    assert facts["hover"]["text"] == "item.Product.Name"


def lists_are_right(facts: Facts) -> None:
    listed = facts["list"]["items"]
    assert sorted(on_line(listed)) == sorted(BOXED)
    places = [sorted((one["row"], one["text"]) for one in shown) for shown in (facts["diagnostics"], listed)]
    assert places[0] == places[1]
    assert sorted(on_line(here(facts, facts["list_workspace"]))) == sorted(BOXED)


def here(facts: Facts, listed: Facts) -> list[dict[str, Any]]:
    """What of a list is in the file that is open."""
    return [one for one in listed["items"] if Path(one["path"]) == Path(facts["folder"], "storefront", FILE)]


def saved_is_right(facts: Facts) -> None:
    assert sorted(on_line(facts["saved"])) == sorted(text for text in BOXED if not text.startswith("Price"))


COLUMNS = {
    "diagnostics": lambda facts: diagnostics_are_right(facts["diagnostics"]),
    "inlay hints": inlay_hints_are_right,
    "lenses": lenses_are_right,
    "hover": hover_is_right,
    "lists": lists_are_right,
    "toggled": lambda facts: diagnostics_are_right(facts["toggled"]),
    "saved": saved_is_right,
}


@pytest.mark.parametrize("what", COLUMNS)
def test_columns(facts: Facts, what: str) -> None:
    COLUMNS[what](facts)


@pytest.mark.parametrize("what", COLUMNS)
def test_a_server_that_is_one_column_off_is_noticed(wrong: Facts, what: str) -> None:
    with pytest.raises(AssertionError):
        COLUMNS[what](wrong)


@pytest.mark.parametrize(("release", "encoding"), [("0.10", "utf-16"), ("0.12", "utf-8")])
def test_columns_are_counted_as_the_client_asks(
    round_trip: Callable[[str, bool], Facts], release: str, encoding: str
) -> None:
    assert round_trip(release, False)["encoding"] == encoding


def test_the_module_is_the_root(facts: Facts) -> None:
    assert Path(facts["root"]) == Path(facts["folder"], "storefront")


def test_inlay_hints_and_lenses_say_what_it_costs(facts: Facts) -> None:
    assert any(one["label"].endswith(" B") for one in facts["inlay"])
    assert all("heap allocation" in lens["title"] or "leaks" in lens["title"] for lens in facts["lenses"])


def test_hover_is_shown_in_a_window(facts: Facts) -> None:
    assert "boxed-in-interface" in facts["hover"]["value"]
    assert "item.Product.Name" in facts["hover"]["shown"]


def test_a_lens_lists_its_function(facts: Facts) -> None:
    assert facts["list_lens"]["title"] == "stackward: allocations in Invoice"
    rows = {one["row"] for one in facts["list_lens"]["items"]}
    assert ROW in rows
    assert max(rows) <= ROW + 2


def test_the_workspace_is_listed_by_file_and_line(facts: Facts) -> None:
    places = [(one["path"], one["row"]) for one in facts["list_workspace"]["items"]]
    assert len({path for path, _ in places}) > 5
    assert places == sorted(places)
    assert all(one["message"].endswith("]") for one in facts["list_workspace"]["items"])


def test_what_inlining_changes_is_listed(facts: Facts) -> None:
    assert facts["inline_diff"]["title"] == "stackward: what inlining changes"
    assert facts["inline_diff"]["items"]
    assert all(one["message"].startswith("only with") for one in facts["inline_diff"]["items"])


def test_the_rule_at_the_cursor_is_explained(facts: Facts) -> None:
    assert facts["page"].startswith("# boxed-in-interface")
    assert facts["back"], "q closes the page"


def test_the_file_on_disk_is_the_edited_one(facts: Facts) -> None:
    lines = facts["on_disk"].split("\n")
    assert lines[ROW] + "\n" == EDITED_LINE
    original = (STOREFRONT / FILE).read_text(encoding="utf-8")
    kept = original.split("\n")
    assert [*lines[:ROW], *lines[ROW + 1 :]] == [*kept[:ROW], *kept[ROW + 1 :]]


def test_a_server_that_was_killed_comes_back(facts: Facts) -> None:
    assert facts["killed"] == 1
    assert facts["after_crash"] == facts["saved"]
    assert any("the server ended (signal 9)" in text for text in facts["told"])


def test_restart_starts_one_server(facts: Facts) -> None:
    assert facts["restarted"] == facts["saved"]
    assert facts["clients"] == 1
    assert Path(facts["log"]).name == "stackward.log"


def test_the_statusline(facts: Facts) -> None:
    assert facts["status"] == f"heap: {len(facts['diagnostics'])}"
    assert any("analysing" in text for text in facts["statuses"])
    assert any("stopped" in text for text in facts["statuses"])


def rewritten(release: str, folder: Path, server: str | list[str]) -> Facts:
    """What a Neovim did when it was asked for one rewrite, and then for all."""
    root = Path(shutil.copytree(STOREFRONT, folder / "storefront"))
    file = prepare(root)
    before = file.read_text(encoding="utf-8")
    given = {"cmd": server, "file": str(file), "row": ROW, "fix": REWRITTEN}
    facts = run_lua(release, HERE / "neovim_fix.lua", folder / "home", given, root)
    return {**facts, "before": before, "root": root}


def one_rewrite_is_right(facts: Facts) -> None:
    assert facts["titles"][0].startswith(REWRITE)
    rewrite_is_right(facts["before"], facts["one_on_disk"])
    assert SAVED in [shown["text"] for shown in facts["first"]]
    assert SAVED not in [shown["text"] for shown in facts["one"]]


@pytest.mark.parametrize("release", RELEASES)
def test_graphs_and_rewrites(release: str, tmp_path: Path) -> None:
    facts = rewritten(release, tmp_path, SERVER)
    assert "item.Product.Name" in facts["graph"][0]
    assert facts["jumped"] == [True, [ROW + 1, len(WIDE_LINE[: WIDE_LINE.index("item.Product.Name")].encode())]]
    assert facts["mermaid"][0].startswith(("flowchart", "graph"))
    assert facts["svg"].startswith("<svg")
    one_rewrite_is_right(facts)
    assert "strings.Builder" in facts["all_on_disk"]
    assert len(facts["all"]) < len(facts["one"])
    assert "nothing" in facts["nothing"]
    ran = subprocess.run(["go", "test", "./..."], cwd=facts["root"], capture_output=True, text=True, check=False)
    # The wide characters that the test put into the example are in what is printed, else it still passes its tests.
    failed = {line.split()[1] for line in ran.stdout.splitlines() if line.startswith("FAIL\t")}
    assert failed <= {"example.com/storefront/internal/render", "example.com/storefront/internal/httpapi"}, ran.stdout
    assert "build failed" not in ran.stdout


def test_a_rewrite_that_is_one_column_off_is_noticed(tmp_path: Path) -> None:
    facts = rewritten("0.12", tmp_path, SHIFTED)
    with pytest.raises(AssertionError):
        one_rewrite_is_right(facts)


@pytest.mark.parametrize("release", RELEASES)
def test_parts_that_need_no_server(release: str, tmp_path: Path, storefront: Path) -> None:
    run_lua(release, HERE / "neovim_parts.lua", tmp_path / "home", {"folder": str(storefront)}, storefront)


@pytest.mark.parametrize("release", RELEASES)
def test_checkhealth_and_help(release: str, tmp_path: Path, storefront: Path) -> None:
    given = {"server": SERVER, "file": str(storefront / FILE)}
    facts = run_lua(release, HERE / "neovim_health.lua", tmp_path / "home", given, storefront)
    report = facts["report"]
    assert f"Neovim {release}" in report
    assert SERVER in report
    assert str(storefront) in report
    assert "ERROR" not in report, report
    assert "go1." in report
    assert facts["help"].endswith("doc/stackward.txt")
    missing = facts["missing"]
    assert "ERROR" in missing
    assert "pip install stackward" in missing


@pytest.mark.parametrize("release", RELEASES)
def test_help_tags_are_those_that_neovim_makes(release: str, tmp_path: Path) -> None:
    doc = Path(shutil.copytree(PLUGIN / "doc", tmp_path / "doc"))
    (doc / "tags").unlink()
    ran = neovim(release).run("--headless", "-u", "NONE", "-i", "NONE", "-c", f"helptags {doc}", "-c", "q")
    assert ran.returncode == 0, ran.stderr
    assert "E154" not in ran.stderr, "a tag is there twice"
    stale = "run: nvim --headless -u NONE -c 'helptags editors/neovim/doc' -c q"
    assert (doc / "tags").read_text(encoding="utf-8") == (PLUGIN / "doc" / "tags").read_text(encoding="utf-8"), stale


@pytest.mark.parametrize("start", ["enable", "lspconfig"])
def test_without_setup(start: str, tmp_path: Path, storefront: Path) -> None:
    """``vim.lsp.enable`` alone, with the plugin's configuration and with the one for nvim-lspconfig."""
    file = prepare(storefront)
    given = {"start": start, "file": str(file), "bin": str(Path(SERVER).parent)}
    if start == "lspconfig":
        config = tmp_path / "lspconfig" / "lsp"
        config.mkdir(parents=True)
        shutil.copy(PLUGIN / "nvim-lspconfig" / "stackward.lua", config)
        given["plugin"] = str(config.parent)
    facts = run_lua("0.12", HERE / "neovim_plain.lua", tmp_path / "home", given, storefront)
    diagnostics_are_right(facts["diagnostics"])


def gopls() -> str:
    """A gopls, installed where it is missing; the test is skipped where it cannot be had."""
    found = shutil.which("gopls")
    if found is not None:
        return found
    folder = cache() / "gopls-0.22.0"
    if not (folder / "gopls").exists():
        install = ["go", "install", "golang.org/x/tools/gopls@v0.22.0"]
        env = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "-mod=mod"}
        ran = subprocess.run(install, env=env, capture_output=True, text=True, check=False, timeout=600)
        if ran.returncode != 0:
            pytest.skip(f"gopls cannot be installed: {ran.stderr.strip()}")
    return str(folder / "gopls")


def test_beside_gopls(tmp_path: Path, storefront: Path) -> None:
    given = {"cmd": SERVER, "gopls": gopls(), "file": str(prepare(storefront)), "row": ROW}
    facts = run_lua("0.12", HERE / "neovim_gopls.lua", tmp_path / "home", given, storefront)
    ours = [one for one in facts["diagnostics"] if one["source"] == "stackward"]
    diagnostics_are_right(ours)
    theirs = (
        "definition",
        "references",
        "rename",
        "documentFormatting",
        "completion",
        "signatureHelp",
        "documentSymbol",
    )
    assert [name for name in theirs if facts["capabilities"].get(f"{name}Provider")] == []
    assert facts["definition"].startswith("func Price(")
    assert facts["formatted"]
    assert "boxed-in-interface" in facts["hovers"]["stackward"]
    assert "field Name string" in facts["hovers"]["gopls"]
    assert facts["list"]
    assert all(text.endswith("]") for text in facts["list"])


def test_old_releases_get_diagnostics(tmp_path: Path, storefront: Path) -> None:
    given = {"start": "setup", "file": str(prepare(storefront)), "bin": str(Path(SERVER).parent)}
    facts = run_lua("0.7", HERE / "neovim_plain.lua", tmp_path / "home", given, storefront)
    diagnostics_are_right(facts["diagnostics"])


def test_readme_configurations_are_lua() -> None:
    """Each Lua block of the README compiles."""
    text = (PLUGIN / "README.md").read_text(encoding="utf-8")
    blocks = [block.split("```")[0] for block in text.split("```lua\n")[1:]]
    assert len(blocks) >= 5
    nvim = neovim("0.10")
    for block in blocks:
        # A plugin specification is an expression, all else are statements.
        source = f"return {block}" if block.lstrip().startswith("{") else block
        check = f"lua local ok, why = loadstring({lua_string(source)}); if not ok then io.stderr:write(why) end"
        ran = nvim.run("--headless", "-u", "NONE", "-i", "NONE", "-c", check, "-c", "q")
        assert ran.stderr == "", f"{ran.stderr}\n{block}"


def lua_string(text: str) -> str:
    return '"' + "".join({"\n": "\\n", '"': '\\"', "\\": "\\\\", "|": "\\124"}.get(char, char) for char in text) + '"'


def test_the_server_ends_with_neovim(tmp_path: Path, storefront: Path) -> None:
    given = {"start": "setup", "file": str(prepare(storefront)), "bin": str(Path(SERVER).parent), "pids": True}
    facts = run_lua("0.12", HERE / "neovim_plain.lua", tmp_path / "home", given, storefront)
    assert facts["pids"]
    deadline = time.monotonic() + PATIENCE
    while (alive := [pid for pid in facts["pids"] if runs(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive == []


def runs(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    ps = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return ps.stdout.strip() not in {"", "Z", "Zs", "Zl"}
