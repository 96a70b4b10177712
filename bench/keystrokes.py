"""Keystroke → hints moved: one character at the top of a long file, then the hints of what is in view."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lspclient import Client, ServerError
from tables import percentile, table
from targets import Target, Verdict
from workplace import Place

_LINES = 5000
_KEYS = 300
_VIEW = (2500, 2560)  # Lines before the first key; an editor asks for what it shows.
# Seconds between keys. The longer ones are beyond the pause after which a server may send everything again, so that
# such work meets the next keys as it does at a real keyboard.
_RHYTHM = (0.03, 0.05, 0.08, 0.03, 0.16, 0.11, 0.04, 0.13)
_TARGET_MS = 16.0


def keystrokes(server: Sequence[str], at: Place) -> Iterator[str | Target]:
    """The section of the report."""
    root = at.root / "keystrokes"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    (root / "go.mod").write_text("module example.com/keys\n\ngo 1.23\n", encoding="utf-8")
    file = root / "keys.go"
    text = _text()
    file.write_text(text, encoding="utf-8")
    yield "## Keystroke → hints moved"
    yield ""
    client = Client(server, at.env, root)
    try:
        yield from _measure(client, file, text)
    except ServerError as error:
        yield f"Failed: {error}"
    finally:
        client.end()
    yield ""


def _measure(client: Client, file: Path, text: str) -> Iterator[str | Target]:
    client.initialize({})
    uri = file.as_uri()
    item = {"uri": uri, "languageId": "go", "version": 1, "text": text}
    client.notify("textDocument/didOpen", {"textDocument": item})
    client.wait(lambda one: one["params"]["state"] == "idle", 0, holding=b"stackward/status")
    shown = client.last(lambda one: one["params"]["uri"] == uri, 0, holding=b"publishDiagnostics")
    sites = len(shown.message["params"]["diagnostics"]) if shown is not None else 0
    before = _lines(_inlay(client, uri, 0)[0])
    took: list[float] = []
    wrong = moved = mark = 0
    begun = 0.0
    for count in range(_KEYS):
        time.sleep(_RHYTHM[count % len(_RHYTHM)])
        client.forget()
        mark = client.mark()
        newline = count % 3 == 0  # Every third key moves all lines; the others make the comment at the top longer.
        where = {"line": 0, "character": 0} if newline else {"line": moved, "character": 2}
        change = {"range": {"start": where, "end": where}, "text": "\n" if newline else "x"}
        document = {"uri": uri, "version": count + 2}
        begun = time.perf_counter()
        client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        moved += newline
        hints, arrived = _inlay(client, uri, moved)
        took.append((arrived - begun) * 1000)
        wrong += _lines(hints) != [line + moved for line in before]
    try:
        published = client.wait(
            lambda one: one["params"]["uri"] == uri, mark, holding=b"publishDiagnostics", patience=5.0
        )
        pushed = f"{(published.at - begun) * 1000:.0f} ms"
    except ServerError:
        pushed = "not within 5 s"
    p99 = percentile(took, 99)
    yield f"{_LINES:,} lines, {sites} diagnostics, {len(before)} inlay hints in view; {_KEYS} single characters at the top."
    yield "The time is from `didChange` to the answer of `textDocument/inlayHint` for what is in view."
    yield ""
    yield from table(
        [
            "p50 ms",
            "p99 ms",
            "max ms",
            "answers with a hint in a wrong place",
            "diagnostics pushed after the last key",
        ],
        [
            [
                f"{percentile(took, 50):.1f}",
                f"{p99:.1f}",
                f"{max(took):.1f}",
                str(wrong),
                pushed,
            ]
        ],
    )

    # An answer that is soon but wrong is none.
    met = p99 < _TARGET_MS and bool(before) and not wrong
    yield Target(
        f"keystroke → hints moved in {_LINES:,} lines, p99",
        f"< {_TARGET_MS:g} ms",
        f"{p99:.1f} ms" + (f", {wrong} wrong" if wrong else ""),
        Verdict.MET if met else Verdict.MISSED,
    )


def _inlay(client: Client, uri: str, moved: int) -> tuple[list[dict[str, Any]], float]:
    visible = {
        "start": {"line": _VIEW[0] + moved, "character": 0},
        "end": {"line": _VIEW[1] + moved, "character": 0},
    }
    answer = client.request("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": visible})
    return list(answer.message["result"] or []), answer.at


def _lines(hints: Sequence[dict[str, Any]]) -> list[int]:
    return sorted(one["position"]["line"] for one in hints)


def _text() -> str:
    """A file with escapes of several causes, each known to the compiler."""
    text = '// Package keys is typed into.\npackage keys\n\nimport "fmt"\n\nvar kept []*int\n\n'
    shapes = (
        "func address{n}(a int) *int {{\n\tv{n} := a\n{filler}\treturn &v{n}\n}}\n\n",
        "func capture{n}(a int) func() int {{\n\tv{n} := a\n{filler}\treturn func() int {{ v{n}++; return v{n} }}\n}}\n\n",
        "func boxed{n}(a int) string {{\n{filler}\treturn fmt.Sprint(a, {n})\n}}\n\n",
        "func stored{n}(a int) {{\n\tv{n} := a\n{filler}\tkept = append(kept, &v{n})\n}}\n\n",
        "func sized{n}(a int) []byte {{\n{filler}\treturn make([]byte, a)\n}}\n\n",
    )
    number = 0
    while (lines := text.count("\n")) < _LINES - 30:
        text += shapes[number % len(shapes)].format(n=number, filler="\ta += 3\n" * 20)
        number += 1
    return text + "// The end.\n" * (_LINES - lines)
