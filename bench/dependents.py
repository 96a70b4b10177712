"""A save in a package that many import: how many packages are compiled, and why."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lspclient import Client
from targets import CACHE

LAYERS, WIDTH = 4, 8
LEAF = """package leaf

// Add adds.
func Add(a, b int) int { return a + b }

//go:noinline
func Read(p *int) int { return *p }
"""
KINDS = (
    ("a comment", LEAF.replace("// Add adds.", "// Add adds two numbers.\n//\n// It cannot fail.")),
    ("the body of a function that is not inlined", LEAF.replace("return *p", "v := *p; return v")),
    ("the body of a function that is inlined", LEAF.replace("return a + b", "return b + a")),
    ("a parameter starts to leak", LEAF.replace("return *p", "kept = p; return *p") + "\nvar kept *int\n"),
    ("a new exported function", LEAF + "\n// Zero is nothing.\nfunc Zero() int { return 0 }\n"),
)


def dependents(env: dict[str, str]) -> Iterator[str]:
    """The table: each kind of save, on a module of layers that are all open."""
    root = CACHE / "layers"
    shutil.rmtree(root, ignore_errors=True)
    files = dict(_module())
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    client = Client([sys.executable, "-m", "stackward", "serve"], env, root)
    client.initialize({})
    sources = [name for name in files if name.endswith(".go")]
    for name in sources:
        item = {"uri": (root / name).as_uri(), "languageId": "go", "version": 1, "text": files[name]}
        client.notify("textDocument/didOpen", {"textDocument": item})
        _idle(client)
    yield f"## A save in a package with many dependents ({len(sources)} packages in {LAYERS} layers, all open)"
    yield ""
    yield "| what changed in the leaf | compiled | why |"
    yield "|---|---|---|"
    leaf = root / "leaf" / "leaf.go"
    for version, (kind, text) in enumerate(KINDS, start=2):
        _save(client, leaf, LEAF, version * 2)
        before = _stats(client)
        _save(client, leaf, text, version * 2 + 1)
        after = _stats(client)
        reasons: dict[str, int] = {}
        for folder, told in after["by_package"].items():
            for reason in told[len(before["by_package"].get(folder, [])) :]:
                words = reason.partition(": ")[2]
                reasons[words] = reasons.get(words, 0) + 1
        why = ", ".join(f"{count} × {words}" for words, count in sorted(reasons.items()))
        yield f"| {kind} | {after['compiles'] - before['compiles']} | {why} |"
    client.end()
    yield ""


def _module() -> Iterator[tuple[str, str]]:
    yield "go.mod", "module example.com/layers\n\ngo 1.23\n"
    yield "leaf/leaf.go", LEAF
    below = ["leaf"]
    for layer in range(1, LAYERS):
        names = [f"l{layer}p{number}" for number in range(WIDTH)]
        for name in names:
            imports = "".join(f'\t"example.com/layers/{other}"\n' for other in below[:2])
            calls = "".join(f"\tn += {other}.{'Read' if other == 'leaf' else 'Use'}(&n)\n" for other in below[:2])
            body = f"func Use(p *int) int {{\n\tn := *p\n{calls}\treturn n\n}}\n"
            yield f"{name}/{name}.go", f"package {name}\n\nimport (\n{imports})\n\n//go:noinline\n{body}"
        below = names


def _save(client: Client, path: Path, text: str, version: int) -> None:
    uri = path.as_uri()
    document = {"uri": uri, "version": version}
    client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
    path.write_text(text, encoding="utf-8")
    client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    _idle(client)
    try:
        # What importers see is compared after the hints are out; a second of silence says that nothing follows.
        while True:
            client.until(lambda one: one.get("method") == "stackward/status", patience=1.0)
    except TimeoutError:
        return


def _idle(client: Client) -> None:
    client.until(lambda one: one.get("method") == "stackward/status" and one["params"]["state"] != "analysing")


def _stats(client: Client) -> dict[str, Any]:
    result, _ = client.request("workspace/executeCommand", {"command": "stackward.stats", "arguments": []})
    return dict(result)
