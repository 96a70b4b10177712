"""VS Code on a workspace of two folders, each a module: both are shown, each as its own settings say."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from neovim_support import programs
from vscode.build import vsix
from vscode.server import drive, workbench

from gomodule import write_module

pytestmark = pytest.mark.editors

Facts = dict[str, Any]
_SOURCE = """
package {name}

func {function}(total int, text []byte) (any, string) {{
	return total, string(text)
}}
"""
_BOXED, _COPIED = "total", "string(text)"
_FUNCTIONS = {"first": "One", "second": "Two"}
# One by the editor's settings of its folder, the other by its team's file.
_OFF = {"first": "string-conversion", "second": "boxed-in-interface"}
_SHOWN = {"first": _BOXED, "second": _COPIED}


@pytest.fixture(scope="module", params=[False, True], ids=["right", "one column off"])
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[bool, Facts]:
    """Whether the server is one column off, and what was shown."""
    shift: bool = request.param
    top = tmp_path_factory.mktemp("folders")
    for name, function in _FUNCTIONS.items():
        text = _SOURCE.format(name=name, function=function)
        write_module(top / name, {f"{name}.go": text}, path=f"example.com/{name}")
    settings = top / "first" / ".vscode" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"stackward.rules": {_OFF["first"]: "off"}}), encoding="utf-8")
    (top / "second" / ".stackward.toml").write_text(f'[rules]\n{_OFF["second"]} = "off"\n', encoding="utf-8")
    workspace = top / "both.code-workspace"
    workspace.write_text(json.dumps({"folders": [{"path": name} for name in _FUNCTIONS]}), encoding="utf-8")
    home = top / "home"
    home.mkdir()
    own = {"stackward.server.path": str(programs(top / "bin", shift=shift) / "stackward")}
    with workbench(workspace, home, settings=own, vsix=vsix()) as bench:
        payload = [["openFile", bench.remote(top / "first" / "first.go")]]
        given = {
            "url": f"{bench.url}&payload={quote(json.dumps(payload))}",
            "folders": [
                {"name": name, "file": f"{name}.go", "function": function, "text": _SHOWN[name]}
                for name, function in _FUNCTIONS.items()
            ],
            "settings": str(settings),
            "pictures": str(top),
        }
        found = drive("folders.mjs", bench, given)
    assert "error" not in found, f"{found['error']}\n{top / 'error.png'}"
    return shift, found


def _places(found: Facts) -> None:
    lines = _SOURCE.expandtabs(4).strip("\n").split("\n")
    row = next(row for row, line in enumerate(lines, start=1) if "return" in line)
    for name, text in _SHOWN.items():
        end = lines[row - 1].index(text) + len(text) + 1
        assert found["places"][name] == f"Ln {row}, Col {end} ({len(text)} selected)"


def test_the_tree_has_both_and_each_is_as_it_says(seen: tuple[bool, Facts]) -> None:
    _, found = seen
    assert [label.split(",")[0] for label in sorted(found["packages"])] == ["package first", "package second"]
    shown = {name: [label for label in found["sites"] if f"{name}.go" in label] for name in _FUNCTIONS}
    for name, labels in shown.items():
        assert len(labels) == 1
        assert _OFF[name] not in labels[0]


def test_each_hint_is_where_its_expression_is(seen: tuple[bool, Facts]) -> None:
    shift, found = seen
    if shift:
        with pytest.raises(AssertionError):
            _places(found)
    else:
        _places(found)


def test_the_settings_of_a_folder_change_what_is_shown_of_it_alone(seen: tuple[bool, Facts]) -> None:
    _, found = seen
    new = [label for label in found["later"] if label not in found["sites"]]
    assert len(new) == 1
    assert "first.go" in new[0]
    assert _OFF["first"] in new[0]
