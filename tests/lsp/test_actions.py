"""Code actions with the real server and compiler: offered, resolved, applied, saved, and the hint is gone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from editor import Editor

from gomodule import vendored, write_module
from stackward.core.position import ClientPos, Encoding, LineIndex

TEXT = """package p

import "fmt"

/* é😀 */ func Key(region string, id int) string { return fmt.Sprintf("%s:%d", region, id) }

func Named(err error) string { return fmt.Sprintf("failed: %v", err) }
"""
FIXED = """package p

import "strconv"

/* é😀 */ func Key(region string, id int) string { return region + ":" + strconv.Itoa(id) }
"""
FULL = {
    "textDocument": {
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}},
            "resolveSupport": {"properties": ["edit", "title"]},
            "dataSupport": True,
        }
    },
    "workspace": {"workspaceEdit": {"documentChanges": True, "changeAnnotationSupport": {}}},
}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Editor]]:
    editors: list[Editor] = []

    def make(text: str = TEXT, capabilities: dict[str, Any] | None = None) -> tuple[Editor, str]:
        editor = Editor(write_module(tmp_path / "m", {"p.go": text}))
        editors.append(editor)
        editor.start(FULL if capabilities is None else capabilities)
        uri = editor.open("p.go")
        editor.settled()
        return editor, uri

    yield make
    for editor in editors:
        editor.end()


def asked(editor: Editor, uri: str, line: int, character: int, **context: Any) -> list[dict[str, Any]]:
    at = {"line": line, "character": character}
    here = [one for one in editor.diagnostics[uri] if one["range"]["start"]["line"] == line]
    given = {
        "textDocument": {"uri": uri},
        "range": {"start": at, "end": at},
        "context": {"diagnostics": here, **context},
    }
    result: list[dict[str, Any]] = editor.ask("textDocument/codeAction", given)
    if "only" in context:
        return result
    return [one for one in result if one.get("kind") != "refactor.stackward.prove"]


def run(editor: Editor, command: str, *arguments: Any) -> Any:
    return editor.ask("workspace/executeCommand", {"command": command, "arguments": list(arguments)})


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    index = LineIndex(text.encode())
    places = [
        (
            index.client_offset(
                ClientPos(edit["range"]["start"]["line"], edit["range"]["start"]["character"]), Encoding.UTF16
            ),
            index.client_offset(
                ClientPos(edit["range"]["end"]["line"], edit["range"]["end"]["character"]), Encoding.UTF16
            ),
            edit["newText"].encode(),
        )
        for edit in edits
    ]
    data = text.encode()
    for first, last, new in sorted(places, reverse=True):
        data = data[:first] + new + data[last:]
    return data.decode()


def test_offered_resolved_applied_and_the_hint_is_gone(start: Callable[..., Any]) -> None:
    text = TEXT[: TEXT.index("\nfunc Named")]
    editor, uri = start(text)
    assert any(one["range"]["start"]["line"] == 4 for one in editor.diagnostics[uri])
    column = text.splitlines()[4].index("Sprintf") + 1  # One more unit than characters: 😀 is two.
    actions = asked(editor, uri, 4, column)
    assert [action["kind"] for action in actions] == ["quickfix"]
    assert actions[0]["diagnostics"]
    assert "edit" not in actions[0]
    made = editor.ask("codeAction/resolve", actions[0])
    assert "\N{MINUS SIGN}" in made["title"], made["title"]
    changes = made["edit"]["documentChanges"]
    assert [change["textDocument"] for change in changes] == [{"uri": uri, "version": 1}]
    after = applied(text, changes[0]["edits"])
    assert after == FIXED
    assert editor.save("p.go", after)["state"] == "idle"
    boxed = [one for one in editor.diagnostics[uri] if one["code"] == "boxed-in-interface"]
    assert boxed == []
    assert asked(editor, uri, 4, column) == []


# A server with more patience than any machine needs, so that only the order of events decides.
_PATIENT = """
from stackward.lsp.features import actions
from stackward.cli.main import main
actions._ASKED_SECONDS = 300.0
main()
"""


def test_asked_while_the_package_is_analysed(tmp_path: Path) -> None:
    editor = Editor(write_module(tmp_path / "m", {"p.go": TEXT}), serve=[sys.executable, "-c", _PATIENT, "serve"])
    try:
        editor.start(FULL)
        uri = editor.open("p.go")
        at = {"line": 4, "character": TEXT.splitlines()[4].index("Sprintf") + 1}
        given = {"textDocument": {"uri": uri}, "range": {"start": at, "end": at}, "context": {"diagnostics": []}}
        assert editor.ask("textDocument/codeAction", given) != []
    finally:
        editor.end()


@pytest.mark.parametrize("disables", [True, False])
def test_what_others_wrote_is_shown_only(tmp_path: Path, *, disables: bool) -> None:
    offered = {**FULL["textDocument"]["codeAction"], "disabledSupport": disables}
    editor = Editor(write_module(tmp_path / "m", vendored(TEXT)))
    try:
        editor.start({"textDocument": {"codeAction": offered}})
        uri = editor.open("vendor/example.com/v/v.go")
        editor.settled()
        actions = asked(editor, uri, 4, TEXT.splitlines()[4].index("Sprintf") + 1)
        assert [one["disabled"]["reason"] for one in actions] == ["it lies in a vendor folder"] * disables
        assert not any("edit" in one or "data" in one for one in actions)
        number = editor.request("workspace/executeCommand", {"command": "stackward.fixAll", "arguments": [uri]})
        refused = editor.until(lambda one: one.get("id") == number and "method" not in one)
        assert refused["error"]["message"] == "it lies in a vendor folder"
    finally:
        editor.end()


def test_what_it_cannot_prove_is_not_offered(start: Callable[..., Any]) -> None:
    editor, uri = start()
    assert asked(editor, uri, 6, TEXT.splitlines()[6].index("Sprintf")) == []


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        (["refactor"], ["refactor.rewrite.stackward.sprintf"]),
        (["refactor.rewrite"], ["refactor.rewrite.stackward.sprintf"]),
        (["quickfix"], ["quickfix"]),
        (["refactor.extract"], []),
        (["source.organizeImports"], []),
        (["source.fixAll"], ["source.fixAll.stackward"]),
    ],
)
def test_only_the_kinds_that_are_asked_for(start: Callable[..., Any], only: list[str], kinds: list[str]) -> None:
    editor, uri = start()
    column = TEXT.splitlines()[4].index("Sprintf") + 1
    assert [one["kind"] for one in asked(editor, uri, 4, column, only=only)] == kinds


def test_fix_all(start: Callable[..., Any]) -> None:
    editor, uri = start()
    action = asked(editor, uri, 0, 0, only=["source.fixAll.stackward"])[0]
    made = editor.ask("codeAction/resolve", action)
    after = applied(TEXT, made["edit"]["documentChanges"][0]["edits"])
    assert 'region + ":" + strconv.Itoa(id)' in after
    assert 'fmt.Sprintf("failed: %v", err)' in after


def test_unsaved_text(start: Callable[..., Any]) -> None:
    editor, uri = start()
    editor.change(uri, "// one more line\n", (3, 0))
    column = TEXT.splitlines()[4].index("Sprintf") + 1
    assert asked(editor, uri, 4, column) == []
    made = editor.ask("codeAction/resolve", asked(editor, uri, 5, column)[0])
    change = made["edit"]["documentChanges"][0]
    assert change["textDocument"]["version"] == 2
    text = TEXT.replace("/* é", "// one more line\n/* é")
    assert "strconv.Itoa(id)" in applied(text, change["edits"])


def test_an_action_for_a_text_that_has_changed(start: Callable[..., Any]) -> None:
    editor, uri = start()
    action = asked(editor, uri, 4, TEXT.splitlines()[4].index("Sprintf") + 1)[0]
    editor.change(uri, "// one more line\n", (3, 0))
    number = editor.request("codeAction/resolve", action)
    message = editor.until(lambda one: one.get("id") == number)
    assert message["error"]["code"] == -32801


def test_a_client_without_resolve(start: Callable[..., Any]) -> None:
    capabilities = {"textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}}}}
    editor, uri = start(capabilities=capabilities)
    action = asked(editor, uri, 4, TEXT.splitlines()[4].index("Sprintf") + 1)[0]
    assert "strconv.Itoa" in applied(TEXT, action["edit"]["changes"][uri])


def test_a_client_without_code_action_literals(start: Callable[..., Any]) -> None:
    editor, uri = start(capabilities={"workspace": {"applyEdit": True}})
    command = asked(editor, uri, 4, TEXT.splitlines()[4].index("Sprintf") + 1)[0]
    assert command["command"] == "stackward.rewrite"
    number = editor.request(
        "workspace/executeCommand", {"command": command["command"], "arguments": command["arguments"]}
    )
    request = editor.until(lambda one: one.get("method") == "workspace/applyEdit")
    assert "strconv.Itoa" in applied(TEXT, request["params"]["edit"]["changes"][uri])
    editor.send({"jsonrpc": "2.0", "id": request["id"], "result": {"applied": True}})
    editor.until(lambda one: one.get("id") == number and "method" not in one)


BENCHMARK = """package p

import "testing"

var (
	Sink    string
	regions = []string{"eu", "us"}
)

func outer(id int) { Sink = Key(regions[id%2], 100000+id) }

func BenchmarkOuter(b *testing.B) {
	for i := 0; i < b.N; i++ {
		outer(i)
	}
}

func BenchmarkOther(b *testing.B) {}
"""


@pytest.mark.parametrize("own", [True, False], ids=["a benchmark of the package", "a generated one"])
def test_proved_with_a_benchmark(start: Callable[..., Any], own: bool) -> None:
    editor, uri = start()
    if own:
        (editor.root / "p_test.go").write_text(BENCHMARK, encoding="utf-8")
        editor.save("p.go", TEXT + "// changed\n")
    column = TEXT.splitlines()[4].index("Sprintf") + 1
    while not (offered := asked(editor, uri, 4, column)):
        editor.settled()  # The file that has come, which the server sees for itself, has the package looked at anew.
    editor.ask("codeAction/resolve", offered[0])
    proving = asked(editor, uri, 4, column, only=["refactor.stackward.prove"])
    assert [one["title"].partition(":")[0] for one in proving] == ["Prove with a benchmark"]
    command = proving[0]["command"]
    told = run(editor, command["command"], *command["arguments"], 0.01)
    assert "failure" not in told, told
    (measured,) = told["benchmarks"]
    assert measured["name"] == ("BenchmarkOuter" if own else "BenchmarkStackward")
    assert measured["generated"] is not own
    assert measured["allocsPerOp"]["after"] < measured["allocsPerOp"]["before"]
    assert measured["allocsPerOp"]["p"] < 0.05
    assert "allocs/op" in told["text"]
    assert not list(editor.root.glob("*generated*"))


def test_nothing_to_measure(start: Callable[..., Any]) -> None:
    text = TEXT.replace("func Key(region string, id int)", "func Key(region string, id int, _ func())")
    editor, uri = start(text)
    action = asked(editor, uri, 4, text.splitlines()[4].index("Sprintf") + 1)[0]
    told = run(editor, "stackward.proveRewrite", uri, action["data"]["number"])
    assert "no benchmark reaches Key" in told["failure"]
