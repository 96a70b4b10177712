"""The whole server on real files: from a save to a hint, in every encoding, pushed and pulled, and after faults."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from editor import SHOWN, Editor

from gomodule import write_module

CART = """\
package cart

import "fmt"

type Item struct{ Name string }

func New(name string) *Item {
	it := Item{Name: name}
	return &it
}

func Key(id int) string {
	s := "é😀"; return fmt.Sprintf("%s-%d", s, id)
}
"""
NEW_LINE = (7, 1, 3, "address-returned")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Editor]]:
    """Starts editors that are ended after the test."""
    editors: list[Editor] = []

    def make(files: Mapping[str, str] | None = None, **how: Any) -> Editor:
        root = write_module(tmp_path / "m", files if files is not None else {"cart.go": CART})
        editor = Editor(root, **how)
        editors.append(editor)
        return editor

    yield make
    for editor in editors:
        editor.end()


@pytest.mark.parametrize(("encoding", "unit"), [("utf-8", 1), ("utf-16-le", 2), ("utf-32-le", 4)])
def test_ranges_in_every_encoding(start: Callable[..., Editor], encoding: str, unit: int) -> None:
    editor = start()
    name = encoding.removesuffix("-le")
    result = editor.start({"general": {"positionEncodings": [name]}})
    assert result["capabilities"]["positionEncoding"] == name
    uri = editor.open("cart.go")
    editor.settled()
    assert NEW_LINE in editor.hints(uri)
    before = CART.splitlines()[12].rpartition("id")[0]
    column = len(before.encode(encoding)) // unit
    assert (12, column, column + 2, "boxed-in-interface") in editor.hints(uri)


def test_save_shows_the_new_site_and_takes_the_old_one_away(start: Callable[..., Editor]) -> None:
    editor = start()
    editor.start()
    uri = editor.open("cart.go")
    assert editor.settled()["state"] == "idle"
    assert NEW_LINE in editor.hints(uri)
    fixed = CART.replace("*Item {", "Item {").replace("return &it", "return it")
    assert editor.save("cart.go", fixed)["state"] == "idle"
    assert not [hint for hint in editor.hints(uri) if hint[0] == 7]
    editor.save("cart.go", CART)
    assert NEW_LINE in editor.hints(uri)


@pytest.mark.parametrize("shown", [SHOWN, {**SHOWN, "versionSupport": False}], ids=["versions", "no versions"])
def test_a_save_says_again_what_an_edit_may_have_moved_in_the_editor(
    start: Callable[..., Editor], shown: Mapping[str, Any]
) -> None:
    editor = start()
    editor.start({"textDocument": {"publishDiagnostics": shown}})
    uri = editor.open("cart.go")
    editor.settled()
    told = editor.hints(uri)
    assert NEW_LINE in told
    editor.change(uri, "  ", (7, 0))
    editor.change(uri, "", (7, 0), (7, 2))
    editor.diagnostics.clear()
    editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    editor.until(lambda one: one.get("method") == "textDocument/publishDiagnostics")
    assert editor.hints(uri) == told


def test_what_an_edit_moves_in_a_long_file_is_pushed_whole(start: Callable[..., Editor]) -> None:
    text = "package cart\n" + "".join(f"\nfunc f{n}() *int {{\n\tv := {n}\n\treturn &v\n}}\n" for n in range(200))
    editor = start({"cart.go": text})
    editor.start()
    uri = editor.open("cart.go")
    editor.settled()
    told = editor.hints(uri)
    assert len(told) == 200
    editor.change(uri, "\n", (1, 0))
    moved = editor.until(lambda one: one.get("method") == "textDocument/publishDiagnostics")
    assert moved["params"]["version"] == 2
    assert len(moved["params"]["diagnostics"]) == 200
    assert editor.hints(uri) == {(line + 1, *rest) for line, *rest in told}


def test_what_edits_move_in_several_files_is_pushed_for_each(start: Callable[..., Editor]) -> None:
    other = CART.replace("Item", "Other").replace("New", "Make").replace("Key", "Name")
    editor = start({"cart.go": CART, "other.go": other})
    editor.start()
    uris = [editor.open("cart.go"), editor.open("other.go")]
    editor.settled()
    assert all(NEW_LINE in editor.hints(uri) for uri in uris)
    for uri in uris:
        editor.change(uri, "\n", (1, 0))
    moved = (NEW_LINE[0] + 1, *NEW_LINE[1:])
    editor.until(lambda _: all(moved in editor.hints(uri) for uri in uris))


def test_a_diagnostic_says_why(start: Callable[..., Editor]) -> None:
    editor = start()
    editor.start()
    uri = editor.open("cart.go")
    editor.settled()
    one = next(each for each in editor.diagnostics[uri] if each["code"] == "address-returned")
    assert one["source"] == "stackward"
    assert one["message"] == "it is moved to the heap: its address is returned (16 bytes)"
    steps = [(each["message"], each["location"]["range"]["start"]["line"]) for each in one["relatedInformation"]]
    assert steps == [("address taken: &it", 8), ("returned: return &it", 8)]
    page = one["codeDescription"]["href"].removeprefix("file://")
    assert Path(page).read_text(encoding="utf-8").startswith("# address-returned")


def test_hover_lens_and_inlay_hints(start: Callable[..., Editor]) -> None:
    editor = start()
    editor.start()
    uri = editor.open("cart.go")
    editor.settled()
    at = {"textDocument": {"uri": uri}, "position": {"line": 7, "character": 2}}
    hover = editor.ask("textDocument/hover", at)
    assert "its address is returned" in hover["contents"]["value"]
    assert "**Try:**" in hover["contents"]["value"]
    assert hover["range"]["start"] == {"line": 7, "character": 1}
    assert editor.ask("textDocument/hover", {**at, "position": {"line": 0, "character": 0}}) is None
    lenses = editor.ask("textDocument/codeLens", {"textDocument": {"uri": uri}})
    titles = {one["range"]["start"]["line"]: one["command"]["title"] for one in lenses}
    assert titles[6] == "1 heap allocation · leaks name"
    span = {"start": {"line": 7, "character": 0}, "end": {"line": 8, "character": 0}}
    inlay = editor.ask("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": span})
    assert [(one["position"], one["label"]) for one in inlay] == [
        ({"line": 7, "character": 3}, "on heap: returned, 16 B")
    ]


def test_hints_move_with_the_text_and_go_with_their_code(start: Callable[..., Editor]) -> None:
    editor = start()
    editor.start()
    uri = editor.open("cart.go")
    editor.settled()
    before = editor.hints(uri)
    editor.change(uri, "\n\n", (4, 0))
    editor.until(lambda one: one.get("method") == "textDocument/publishDiagnostics")
    assert editor.hints(uri) == {(line + 2, *rest) for line, *rest in before}
    editor.change(uri, "", (9, 1), (9, 3))
    editor.until(lambda one: one.get("method") == "textDocument/publishDiagnostics")
    assert not [hint for hint in editor.hints(uri) if hint[3] == "address-returned"]


def test_unsaved_text_is_analysed_when_asked_to(start: Callable[..., Editor]) -> None:
    editor = start()
    editor.start(initializationOptions={"analysis": {"trigger": "type", "delay": 10}})
    uri = editor.open("cart.go")
    editor.settled()
    editor.change(uri, CART + "\nfunc More() *int { n := 1; return &n }\n")
    editor.settled()
    assert (15, 19, 20, "address-returned") in editor.hints(uri)
    assert "More" not in (editor.root / "cart.go").read_text(encoding="utf-8")


def test_pulled_or_pushed_but_never_both(start: Callable[..., Editor]) -> None:
    editor = start()
    capabilities = {
        "textDocument": {"diagnostic": {}},
        "workspace": {"diagnostics": {"refreshSupport": True}},
    }
    result = editor.start(capabilities)
    assert result["capabilities"]["diagnosticProvider"]["workspaceDiagnostics"] is True
    uri = editor.open("cart.go")
    editor.settled()
    report = editor.ask("textDocument/diagnostic", {"textDocument": {"uri": uri}})
    assert report["kind"] == "full"
    assert "address-returned" in {one["code"] for one in report["items"]}
    again = {"textDocument": {"uri": uri}, "previousResultId": report["resultId"]}
    assert editor.ask("textDocument/diagnostic", again)["kind"] == "unchanged"
    whole = editor.ask("workspace/diagnostic", {"previousResultIds": []})
    assert {one["uri"] for one in whole["items"]} == {uri}
    assert editor.diagnostics == {}
    assert "workspace/diagnostic/refresh" in {one.get("method") for one in editor.seen}


def test_a_broken_build_is_a_status_and_the_next_good_save_works(start: Callable[..., Editor]) -> None:
    editor = start()
    editor.start()
    uri = editor.open("cart.go")
    editor.settled()
    status = editor.save("cart.go", CART.replace("return &it", "return it"))
    assert status["state"] == "broken"
    assert status["uri"] == uri
    assert status["range"]["start"]["line"] == 8
    assert editor.save("cart.go", CART + "// fine\n")["state"] == "idle"
    assert NEW_LINE in editor.hints(uri)


def test_syntax_errors_do_not_cost_the_server(start: Callable[..., Editor]) -> None:
    editor = start()
    editor.start()
    uri = editor.open("cart.go")
    editor.settled()
    for broken in ("", "package", "package cart\nfunc (", "\x00\xff", CART[:-40]):
        assert editor.save("cart.go", broken)["state"] == "broken"
    assert editor.save("cart.go", CART)["state"] == "idle"
    assert NEW_LINE in editor.hints(uri)


def test_settings_from_the_client_and_what_is_wrong_with_them(start: Callable[..., Editor]) -> None:
    editor = start(settings={"rules": {"address-returned": "off", "boxed-in-interface": "error"}, "colour": 1})
    editor.start({"workspace": {"configuration": True}})
    uri = editor.open("cart.go")
    editor.settled()
    assert {one["code"]: one["severity"] for one in editor.diagnostics[uri]} == {"boxed-in-interface": 1}
    messages = [one["params"]["message"] for one in editor.seen if one.get("method") == "window/showMessage"]
    assert messages == ["stackward: settings: there is no setting 'colour'"]


def test_the_team_file_counts_and_is_read_again(start: Callable[..., Editor]) -> None:
    files = {"cart.go": CART, ".stackward.toml": '[rules]\naddress-returned = "off"\n'}
    editor = start(files)
    editor.start({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}})
    uri = editor.open("cart.go")
    editor.settled()
    assert not [hint for hint in editor.hints(uri) if hint[3] == "address-returned"]
    (editor.root / ".stackward.toml").write_text("", encoding="utf-8")
    team = uri.replace("cart.go", ".stackward.toml")
    editor.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": team, "type": 2}]})
    editor.settled()
    assert NEW_LINE in editor.hints(uri)


def test_a_change_outside_the_editor_is_seen(start: Callable[..., Editor]) -> None:
    editor = start({"cart.go": CART, "other.go": "package cart\n\nfunc Other() {}\n"})
    editor.start({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}})
    editor.open("cart.go")
    editor.settled()
    other = editor.root / "other.go"
    other.write_text("package cart\n\nfunc Other() *int { n := 1; return &n }\n", encoding="utf-8")
    uri = f"file://{other}"
    editor.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri, "type": 2}]})
    editor.settled()
    assert (2, 20, 21, "address-returned") in editor.hints(uri)


def test_a_missing_toolchain_is_one_clear_message(start: Callable[..., Editor]) -> None:
    editor = start(env={"STACKWARD_GO": "/nowhere/go"})
    editor.start()
    editor.open("cart.go")
    status = editor.settled()
    assert status["state"] == "missing"
    assert "/nowhere/go" in status["message"]
    editor.ask("textDocument/codeLens", {"textDocument": {"uri": f"file://{editor.root}/cart.go"}})
    shown = [one for one in editor.seen if one.get("method") == "window/showMessage"]
    assert len(shown) == 1


@pytest.mark.parametrize(
    "script",
    ["#!/bin/sh\necho garbage\n", "#!/bin/sh\nkill -9 $$\n", "#!/bin/sh\nexit 3\n"],
    ids=["garbage", "killed", "fails"],
)
def test_a_bad_go_command(start: Callable[..., Editor], tmp_path: Path, script: str) -> None:
    fake = tmp_path / "go"
    fake.write_text(script, encoding="utf-8")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    editor = start(env={"STACKWARD_GO": str(fake)})
    editor.start()
    uri = editor.open("cart.go")
    assert editor.settled()["state"] == "missing"
    fake.write_text(f'#!/bin/sh\nexec {shutil.which("go") or "go"} "$@"\n', encoding="utf-8")
    if shutil.which("go") is None:
        pytest.skip("no go on PATH to put behind the command")
    assert editor.save("cart.go", CART + "// again\n")["state"] == "idle"
    assert NEW_LINE in editor.hints(uri)


def test_a_package_that_is_deleted_while_it_is_open(start: Callable[..., Editor]) -> None:
    editor = start({"cart.go": CART, "sub/sub.go": "package sub\n\nfunc New() *int { n := 1; return &n }\n"})
    editor.start({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}})
    uri = editor.open("cart.go")
    editor.settled()
    sub = editor.open("sub/sub.go")
    editor.settled()
    shutil.rmtree(editor.root / "sub")
    editor.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": sub, "type": 3}]})
    editor.notify("textDocument/didClose", {"textDocument": {"uri": sub}})
    assert editor.save("cart.go", CART + "// still here\n")["state"] == "idle"
    assert NEW_LINE in editor.hints(uri)


def test_whole_workspace_with_progress(start: Callable[..., Editor]) -> None:
    editor = start({"cart.go": CART, "sub/sub.go": "package sub\n\nfunc New() *int { n := 1; return &n }\n"})
    editor.start({"window": {"workDoneProgress": True}})
    answer = editor.ask("workspace/executeCommand", {"command": "stackward.analyzeWorkspace", "arguments": []})
    assert answer["packages"] == 2
    assert answer["failures"] == []
    kinds = [one["params"]["value"]["kind"] for one in editor.seen if one.get("method") == "$/progress"]
    assert kinds[0] == "begin"
    assert kinds[-1] == "end"
    editor.ask("workspace/executeCommand", {"command": "stackward.stats", "arguments": []})
    assert (2, 18, 19, "address-returned") in editor.hints(f"file://{editor.root}/sub/sub.go")


def test_only_importers_that_see_a_change_are_compiled(start: Callable[..., Editor]) -> None:
    leaf = """\
package leaf

type T struct{ p *int }

//go:noinline
func Keep(p *int) int { return *p }
"""
    top = """\
package top

import "example.com/m/leaf"

func Top() int { n := 1; return leaf.Keep(&n) }
"""
    editor = start({"leaf/leaf.go": leaf, "top/top.go": top})
    editor.start()
    top_uri = editor.open("top/top.go")
    editor.settled()
    editor.open("leaf/leaf.go")
    editor.settled()

    def compiled() -> dict[str, list[str]]:
        stats = editor.ask("workspace/executeCommand", {"command": "stackward.stats", "arguments": []})
        return {os.path.basename(folder): reasons for folder, reasons in stats["by_package"].items()}

    editor.save("leaf/leaf.go", "// Package leaf keeps.\n" + leaf)
    editor.save("leaf/leaf.go", leaf.replace("return *p", "m := *p; return m"))
    assert len(compiled()["top"]) == 1
    leaking = leaf.replace("{ return *p }", "{ k = p; return *p }\n\nvar k *int")
    editor.save("leaf/leaf.go", leaking)
    wanted = (4, 17, 18, "leaking-argument")
    if wanted not in editor.hints(top_uri):
        editor.until(lambda _: wanted in editor.hints(top_uri))
    if editor.statuses[-1]["state"] == "analysing":
        editor.settled()
    assert compiled()["top"][1:] == ["example.com/m/top: example.com/m/leaf changed Keep"]


def test_a_new_function_concerns_those_alone_who_use_it(start: Callable[..., Editor]) -> None:
    leaf = "package leaf\n\nfunc Old(a int) int { return a }\n"
    user = 'package top\n\nimport "example.com/m/leaf"\n\nfunc Top() any { return leaf.Old(1) }\n'
    editor = start({"leaf/leaf.go": leaf, "user/user.go": user, "other/other.go": user.replace("user", "other")})
    editor.start()
    for name in ("user/user.go", "other/other.go", "leaf/leaf.go"):
        editor.open(name)
        editor.settled()
    editor.save("user/user.go", user.replace("leaf.Old", "leaf.New"))
    assert editor.statuses[-1]["state"] == "broken"
    editor.save("leaf/leaf.go", leaf + "\n//go:noinline\nfunc New(a int) *int { return &a }\n")
    while editor.statuses[-1]["state"] != "idle":
        editor.settled()
    stats = editor.ask("workspace/executeCommand", {"command": "stackward.stats", "arguments": []})
    by_package = {os.path.basename(folder): reasons for folder, reasons in stats["by_package"].items()}
    assert by_package["user"][1:] == ["example.com/m/user: example.com/m/leaf changed New"]
    assert by_package["other"][1:] == []


def test_a_change_goes_on_through_a_package_that_only_names_it(start: Callable[..., Editor]) -> None:
    files = {
        "leaf/leaf.go": "package leaf\n\ntype T struct{ n int }\n\ntype U struct{ n int }\n",
        "mid/mid.go": 'package mid\n\nimport "example.com/m/leaf"\n\ntype (\n\tT = leaf.T\n\tU = leaf.U\n)\n',
        "top/top.go": 'package top\n\nimport "example.com/m/mid"\n\nfunc Top() any { return new(mid.T) }\n',
        "other/other.go": 'package other\n\nimport "example.com/m/mid"\n\nfunc Other() any { return new(mid.U) }\n',
    }
    editor = start(files)
    editor.start()
    uris = [editor.open(name) for name in files]
    editor.settled()

    def bytes_of(uri: str) -> list[int]:
        listed = editor.ask("workspace/executeCommand", {"command": "stackward.listHints", "arguments": [uri]})
        return [one["data"]["bytes"] for one in listed]

    while bytes_of(uris[2]) != [8]:
        editor.settled()
    editor.save("leaf/leaf.go", files["leaf/leaf.go"].replace("T struct{ n int }", "T struct{ n, m int }"))
    while bytes_of(uris[2]) != [16]:
        editor.settled()
    stats = editor.ask("workspace/executeCommand", {"command": "stackward.stats", "arguments": []})
    by_package = {os.path.basename(folder): reasons[1:] for folder, reasons in stats["by_package"].items()}
    assert by_package["mid"] == ["example.com/m/mid: example.com/m/leaf changed T"]
    assert by_package["top"] == ["example.com/m/top: example.com/m/mid changed T"]
    assert by_package["other"] == []


def test_listed_hints_say_what_they_cost(start: Callable[..., Editor]) -> None:
    editor = start()
    editor.start()
    uri = editor.open("cart.go")
    editor.settled()
    listed = editor.ask("workspace/executeCommand", {"command": "stackward.listHints", "arguments": [uri]})
    assert listed
    assert all(one["data"].keys() == {"message", "function", "bytes", "loops", "cold"} for one in listed)
    mine = [one for one in listed if one["data"]["function"] == "New"]
    same = {"command": "stackward.listHints", "arguments": [uri, "New"]}
    assert editor.ask("workspace/executeCommand", same) == mine != []
    assert mine[0]["data"]["bytes"] > 0


def test_a_package_above_several_that_change_is_compiled_once(start: Callable[..., Editor]) -> None:
    files = {
        "leaf/leaf.go": "package leaf\n\nfunc Add(a, b int) int { return a + b }\n",
        "mid/mid.go": 'package mid\n\nimport "example.com/m/leaf"\n\nfunc Two(a int) int { return leaf.Add(a, a) }\n',
        "top/top.go": 'package top\n\nimport (\n\t"example.com/m/leaf"\n\t"example.com/m/mid"\n)\n\n'
        "func Top(a int) int { return leaf.Add(a, mid.Two(a)) }\n",
    }
    editor = start(files)
    editor.start()
    for name in reversed(files):
        editor.open(name)
        editor.settled()
    editor.save("leaf/leaf.go", files["leaf/leaf.go"].replace("a + b", "b + a"))

    def reasons() -> dict[str, list[str]]:
        stats = editor.ask("workspace/executeCommand", {"command": "stackward.stats", "arguments": []})
        return {os.path.basename(folder): reasons[1:] for folder, reasons in stats["by_package"].items()}

    while not reasons().get("top"):
        editor.settled()
    assert reasons()["mid"] == ["example.com/m/mid: example.com/m/leaf changed Add"]
    assert reasons()["top"] == ["example.com/m/top: example.com/m/mid changed Two"]


def test_restart_needs_no_compiler(start: Callable[..., Editor], tmp_path: Path) -> None:
    env = {"STACKWARD_CACHE": str(tmp_path / "own cache")}
    first = start(env=env)
    first.start()
    first.open("cart.go")
    first.settled()
    first.ask("shutdown")
    first.notify("exit")
    assert first.exit_code() == 0
    second = Editor(first.root, env=env)
    try:
        second.start()
        uri = second.open("cart.go")
        second.settled()
        assert NEW_LINE in second.hints(uri)
        stats = second.ask("workspace/executeCommand", {"command": "stackward.stats", "arguments": []})
        assert stats["compiles"] == 0
    finally:
        second.end()


def test_ignore_comments_are_honoured_and_judged(start: Callable[..., Editor]) -> None:
    text = CART.replace("\tit := ", "\t//stackward:ignore address-returned kept by the caller\n\tit := ")
    editor = start({"cart.go": text.replace("package cart\n", "package cart\n\n//stackward:ignore nonsense why\n", 1)})
    editor.start()
    uri = editor.open("cart.go")
    editor.settled()
    codes = {one["code"]: one["message"] for one in editor.diagnostics[uri]}
    assert "address-returned" not in codes
    assert codes["ignore-comment"] == "this comment ignores nothing: there is no rule 'nonsense'"


def test_the_module_is_not_written_to(start: Callable[..., Editor]) -> None:
    editor = start()
    before = sorted(path.name for path in editor.root.rglob("*"))
    editor.start()
    editor.open("cart.go")
    editor.settled()
    assert sorted(path.name for path in editor.root.rglob("*")) == before


def test_files_outside_any_module_are_explained(start: Callable[..., Editor], tmp_path: Path) -> None:
    loose = tmp_path / "loose"
    loose.mkdir()
    (loose / "main.go").write_text("package main\n\nfunc main() {}\n", encoding="utf-8")
    editor = start()
    editor.root = loose
    editor.start()
    editor.open("main.go")
    status = editor.settled()
    assert status["state"] == "broken"
    assert "go mod init" in status["message"]


def test_a_folder_that_is_taken_up_anew_while_it_is_analysed(start: Callable[..., Editor]) -> None:
    """The analysis that is given up must not say that all is done."""
    editor = start()
    editor.start({"workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}}})
    editor.notify("workspace/didChangeConfiguration", {"settings": None})
    uri = editor.open("cart.go")
    editor.notify("workspace/didChangeConfiguration", {"settings": None})
    editor.until(lambda one: one.get("method") == "stackward/status" and one["params"]["state"] == "analysing")
    editor.settled()
    assert NEW_LINE in editor.hints(uri)


def test_neovim_is_sent_its_diagnostics(start: Callable[..., Editor]) -> None:
    editor = start()
    offered = {
        "textDocument": {"diagnostic": {"dynamicRegistration": False}},
        "workspace": {"diagnostics": {"refreshSupport": True}},
    }
    result = editor.start(offered, clientInfo={"name": "Neovim", "version": "0.12.0"})
    assert "diagnosticProvider" not in result["capabilities"]
    uri = editor.open("cart.go")
    editor.settled()
    assert NEW_LINE in editor.hints(uri)


def test_what_allocates_nothing_is_shown_faded_when_asked_for(start: Callable[..., Editor]) -> None:
    text = "package p\n\nfunc Free() any { return 1 }\n\nfunc New() *int { n := 1; return &n }\n"
    editor = start({"p.go": text}, settings={"hints": {"nonAllocating": True}})
    editor.start({"workspace": {"configuration": True}})
    uri = editor.open("p.go")
    editor.until(lambda _: len(editor.diagnostics.get(uri, [])) == 2)
    free, new = sorted(editor.diagnostics[uri], key=lambda one: one["range"]["start"]["line"])
    assert "nothing is allocated" in free["message"]
    assert (free["tags"], free["severity"]) == ([1], 4)
    assert "tags" not in new
