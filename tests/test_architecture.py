"""The layers of ARCHITECTURE.md, as a test: imports point only down, and each outside package has one place."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "server" / "stackward"
LAYERS = ("core", "syntax", "toolchain", "profile", "rules", "rewrites", "engine", "report", ("lsp", "cli"))
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in ([names] if isinstance(names, str) else names)}

# Who may import what from outside; everything else is for nobody.
ALLOWED = {
    "pygls": ("lsp/",),
    "lsprotocol": ("lsp/",),
    "cattrs": ("lsp/", "engine/codec.py"),
    "watchdog": ("lsp/watch.py",),
    "tree_sitter": ("syntax/", "rewrites/", "engine/callees.py", "engine/calls.py", "engine/evidence.py"),
    "tree_sitter_go": ("syntax/tree.py",),
    "subprocess": ("toolchain/process.py",),
    "argparse": ("cli/",),
}
MAX_LINES = 400


def imported(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")  # A leading dot is nobody's: relative imports hide a layer.
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def violations(name: str, text: str) -> list[str]:
    """What a module does that its layer may not. ``name`` is its path below the package."""
    found = []
    layer = name.split("/", maxsplit=1)[0] if "/" in name else ""
    if layer and layer not in RANK:
        found.append(f"{name}: {layer} is no layer")
    for module in imported(text):
        top = module.split(".")[0]
        if top == "stackward":
            other = [*module.split("."), ""][1]
            if layer in RANK and RANK.get(other, -1) > RANK[layer]:
                found.append(f"{name}: {layer} imports {other}")
            if {layer, other} == {"lsp", "cli"} and name != "cli/serve.py":
                found.append(f"{name}: {layer} imports {other}")
        elif top in ALLOWED:
            if not name.startswith(ALLOWED[top]):
                found.append(f"{name}: imports {top}")
        elif top not in sys.stdlib_module_names:
            found.append(f"{name}: imports {top}")
    if layer not in {"cli", "report"}:
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        found += [f"{name}: prints" for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
    return found


MODULES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_module_keeps_to_its_layer(name: str) -> None:
    text = (SOURCE / name).read_text(encoding="utf-8")
    assert violations(name, text) == []
    # Examples are pages and tests; the code is what has to be read as one.
    assert text.partition("\nEXAMPLES = ")[0].count("\n") <= MAX_LINES, "split it by concept"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("core/site.py", "from stackward.engine import session"),
        ("engine/session.py", "from stackward.lsp.app import App"),
        ("engine/session.py", "import pygls"),
        ("lsp/server.py", "import watchdog.observers"),
        ("rules/goroutine.py", "print('x')"),
        ("core/site.py", "import numpy"),
        ("lsp/app.py", "from stackward.cli import main"),
        ("core/site.py", "from ..engine import session"),
        ("core/site.py", "def f():\n    from stackward import lsp"),
        ("util/strings.py", ""),
        ("engine/session.py", "import subprocess"),
        ("toolchain/recipe.py", "from tree_sitter import Node"),
    ],
)
def test_a_violation_is_seen(name: str, text: str) -> None:
    assert violations(name, text)
