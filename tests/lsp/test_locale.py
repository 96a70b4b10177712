"""The server speaks the language of the client's user, and English to everyone else."""

# ruff: noqa: RUF001 - Chinese has its own punctuation.

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from editor import Editor

from gomodule import write_module

TEXT = """package p

import "fmt"

type Item struct{ Name string }

var kept *Item

func New(name string) *Item {
	it := Item{Name: name}
	return &it
}

func Keep(it *Item) { kept = it }

func Key(region string, id int) string { return fmt.Sprintf("%s:%d", region, id) }
"""
CODE_ACTIONS = {
    "textDocument": {
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}},
            "resolveSupport": {"properties": ["edit", "title"]},
            "dataSupport": True,
        }
    },
    "window": {"workDoneProgress": True},
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Editor]]:
    editors: list[Editor] = []

    def make(**params: Any) -> Editor:
        editor = Editor(write_module(tmp_path / "m", {"p.go": TEXT}))
        editors.append(editor)
        editor.start(CODE_ACTIONS, **params)
        return editor

    yield make
    for editor in editors:
        editor.end()


def seen(editor: Editor) -> dict[str, str]:
    """What a user sees of the file, by where."""
    uri = editor.open("p.go")
    editor.settled()
    document = {"textDocument": {"uri": uri}}
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    on_item = {"line": 9, "character": 1}
    item = next(one for one in editor.diagnostics[uri] if one["range"]["start"]["line"] == 9)
    lenses = editor.ask("textDocument/codeLens", document)
    inlays = editor.ask("textDocument/inlayHint", {**document, "range": whole})
    at = {"line": 15, "character": 52}
    context = {"diagnostics": []}
    actions = editor.ask("textDocument/codeAction", {**document, "range": {"start": at, "end": at}, "context": context})
    offered = next(one for one in actions if one["kind"].startswith("refactor.rewrite"))
    graph = editor.ask("workspace/executeCommand", {"command": "stackward.graph", "arguments": [uri, on_item]})
    listed = editor.ask("workspace/executeCommand", {"command": "stackward.listHints", "arguments": [uri]})
    editor.ask("workspace/executeCommand", {"command": "stackward.analyzeWorkspace", "arguments": []})
    bars = [one["params"]["value"] for one in editor.seen if one.get("method") == "$/progress"]
    return {
        "diagnostic": item["message"],
        "step": item["relatedInformation"][0]["message"],
        "hover": editor.ask("textDocument/hover", {**document, "position": on_item})["contents"]["value"],
        "function": editor.ask("textDocument/hover", {**document, "position": {"line": 13, "character": 6}})[
            "contents"
        ]["value"],
        "lens": " | ".join(one["command"]["title"] for one in lenses),
        "inlay": " | ".join(one["label"] for one in inlays),
        "action": editor.ask("codeAction/resolve", offered)["title"],
        "graph": graph["text"],
        "listed": next(one["data"]["message"] for one in listed if one["range"] == item["range"]),
        "progress": next(one["title"] for one in reversed(bars) if one["kind"] == "begin"),
    }


def test_chinese(start: Callable[..., Editor]) -> None:
    shown = seen(start(locale="zh-cn"))
    assert shown["diagnostic"] == "it 被移到堆上：它的地址被返回（16 字节）"
    assert shown["step"] == "取地址: &it"
    assert shown["hover"].startswith("**it 被移到堆上：它的地址被返回** [address-returned](")
    assert "**建议：** 返回值本身而不是其地址，或由调用方传入存放位置" in shown["hover"]
    assert "参数 it 泄漏：调用方传入的值会放到堆上" in shown["function"]
    assert "可以内联（代价 " in shown["function"]
    assert "1 处堆分配" in shown["lens"]
    assert "it 泄漏" in shown["lens"]
    assert "在堆上：被返回，16 B" in shown["inlay"]
    assert re.fullmatch(
        r"直接拼接，代替 fmt\.Sprintf（每次调用 −\d 次分配.*）", shown["action"].replace("用 strconv", "")
    )
    assert shown["graph"].splitlines()[-1] == "被返回: 堆，由 runtime.newobject 分配"
    assert shown["listed"] == "it 被移到堆上：它的地址被返回"
    assert shown["progress"] == "正在分析工作区"


@pytest.mark.parametrize("params", [{"locale": "en"}, {}, {"locale": None}, {"locale": "de-DE"}, {"locale": 7}])
def test_english_for_everyone_else(start: Callable[..., Editor], params: dict[str, Any]) -> None:
    shown = seen(start(**params))
    assert shown["diagnostic"] == "it is moved to the heap: its address is returned (16 bytes)"
    assert shown["progress"] == "Analysing the workspace"
    assert [text for text in shown.values() if CHINESE.search(text)] == []


def test_results_on_disk_have_no_language(start: Callable[..., Editor]) -> None:
    """Sessions in several languages share one store."""
    for locale, message in [("zh-CN", "it 被移到堆上：它的地址被返回（16 字节）"), ("en", "it is moved to the heap: ")]:
        editor = start(locale=locale)
        uri = editor.open("p.go")
        editor.settled()
        assert any(one["message"].startswith(message) for one in editor.diagnostics[uri])


def test_a_missing_toolchain_is_said_in_chinese(start: Callable[..., Editor], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKWARD_GO", "/nowhere/go")
    editor = start(locale="zh_CN.UTF-8")
    editor.open("p.go")
    shown = editor.until(lambda one: one.get("method") == "window/showMessage")["params"]["message"]
    assert "没有找到可用的 Go 工具链" in shown


def test_wrong_settings_are_said_in_chinese(start: Callable[..., Editor]) -> None:
    editor = start(locale="zh-cn", initializationOptions={"analysis": {"delay": "soon"}})
    shown = editor.until(lambda one: one.get("method") == "window/showMessage")["params"]["message"]
    assert shown.endswith('analysis.delay 必须是整数，而不是 "soon"')
