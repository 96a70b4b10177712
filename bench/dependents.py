"""A save in a package that many import: how many packages are compiled, and why."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lspclient import Client, ServerError
from processes import CommandError, run, settle
from tables import table
from workplace import Place

_WIDTHS = (20, 20, 19)  # Packages in the layers above the leaf.
_LEAF = """package leaf

// A Box holds a number.
type Box struct{ N int }

// Add adds.
func Add(a, b int) int { return a + b }

// Read reads.
//
//go:noinline
func Read(b *Box) int { return b.N }
"""
_KINDS: tuple[tuple[str, str], ...] = (
    ("a comment, which moves lines", _LEAF.replace("// Add adds.", "// Add adds two numbers.\n//\n// It cannot fail.")),
    ("body of a function that is not inlined", _LEAF.replace("{ return b.N }", "{ n := b.N; return n }")),
    ("body of an inlinable function", _LEAF.replace("return a + b", "return b + a")),
    ("a parameter starts to leak", _LEAF.replace("{ return b.N }", "{ kept = b; return b.N }") + "\nvar kept *Box\n"),
    ("a new exported function", _LEAF + "\n// Zero is nothing.\nfunc Zero() int { return 0 }\n"),
    ("a type gets a field", _LEAF.replace("{ N int }", "{ N, M int }")),
)


def dependents(server: Sequence[str], at: Place) -> Iterator[str]:
    """The section of the report."""
    root = at.root / "layers"
    shutil.rmtree(root, ignore_errors=True)
    files = dict(_module())
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sources = [name for name in files if name.endswith(".go")]
    yield f"## A save in a package with many dependents ({len(sources)} packages in {len(_WIDTHS) + 1} layers, all open)"
    yield ""
    direct = sum('/leaf"' in files[name] for name in sources)
    yield f"The leaf is imported by {direct} packages directly and by the rest through others."
    yield ""
    client = Client(server, at.env, root)
    try:
        client.initialize({})
        for name in sources:
            item = {"uri": (root / name).as_uri(), "languageId": "go", "version": 1, "text": files[name]}
            client.notify("textDocument/didOpen", {"textDocument": item})
        _until_idle(client)
        head = ["what changed in the leaf", "stackward compiles", "why", "compiles of `go build ./...`"]
        yield from table(head, _rows(client, root, at))
    except (ServerError, CommandError) as error:
        yield f"Failed: {error}"
    finally:
        client.end()
    yield ""


def _rows(client: Client, root: Path, at: Place) -> Iterator[list[str]]:
    leaf = root / "leaf" / "leaf.go"
    for number, (kind, text) in enumerate(_KINDS):
        # A constant that nobody saw makes each state of the leaf new: results that are kept, as by go build, are no work saved.
        seen, new = (f"{one}\nconst unseen = {number}\n" for one in (_LEAF, text))
        _save(client, leaf, seen, 2 * number + 2)
        _build(root, at)
        before = _stats(client)
        _save(client, leaf, new, 2 * number + 3)
        after = _stats(client)
        built = _build(root, at)
        yield [kind, str(after["compiles"] - before["compiles"]), _why(before, after), str(built)]


def _why(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What is new in the reasons of all packages, each with how often it is given."""
    reasons: Counter[str] = Counter()
    for folder, told in after["by_package"].items():
        for reason in told[len(before["by_package"].get(folder, ())) :]:
            reasons[reason.partition(": ")[2] or reason] += 1
    # Each intermediate package names itself; the layer says enough.
    layers: Counter[str] = Counter()
    for reason, count in reasons.items():
        layers[_layer(reason)] += count
    return "; ".join(f"{count} × {reason}" for reason, count in layers.items()) or "–"


def _layer(reason: str) -> str:
    package, _, rest = reason.partition(" ")
    name = package.rpartition("/")[2]
    return f"a package of layer {name[1]} {rest}" if name[:1] == "l" and name[1:2].isdigit() else reason


def _module() -> Iterator[tuple[str, str]]:
    yield "go.mod", "module example.com/layers\n\ngo 1.23\n"
    yield "leaf/leaf.go", _LEAF
    below = ["leaf"]
    for layer, width in enumerate(_WIDTHS, start=1):
        names = [f"l{layer}p{number:02}" for number in range(width)]
        for number, name in enumerate(names):
            # Those with an even number hand their own parameter on, so that a leak in the leaf goes through them.
            imported = sorted({"leaf", *(below[(number + step) % len(below)] for step in range(2))})
            if layer > 1 and number % 2:
                imported.remove("leaf")
            yield f"{name}/{name}.go", _package(name, imported, hands_on=number % 2 == 0)
        below = names


def _package(name: str, imported: Sequence[str], *, hands_on: bool) -> str:
    imports = "".join(f'\t"example.com/layers/{other}"\n' for other in imported)
    argument = "p" if hands_on else "&n"
    calls = "".join(
        f"\tk += leaf.Add(leaf.Read({argument}), k)\n" if other == "leaf" else f"\tk += {other}.Use({argument})\n"
        for other in imported
    )
    box = "leaf.Box" if "leaf" in imported else f"{imported[0]}.Box"
    return f"""package {name}

import (
{imports})

// Box is that of the leaf.
type Box = {box}

//go:noinline
func Use(p *Box) int {{
	n := *p
	k := n.N
{calls}	return k
}}
"""


def _save(client: Client, path: Path, text: str, version: int) -> None:
    document = {"uri": path.as_uri(), "version": version}
    client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
    path.write_text(text, encoding="utf-8")
    client.notify("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}})
    _until_idle(client)


def _until_idle(client: Client) -> None:
    """Importers are looked at after a server has said that it is idle: wait until it has nothing more to do."""
    client.wait(lambda one: one["params"]["state"] != "analysing", 0, holding=b"stackward/status")
    settle(client.process.pid, quiet=1.0)
    last = client.last(lambda _: True, 0, holding=b"stackward/status")
    if last is None or last.message["params"]["state"] != "idle":
        raise ServerError(f"not idle: {last.message['params'] if last is not None else 'no status'}")
    client.forget()


def _stats(client: Client) -> dict[str, Any]:
    answer = client.request("workspace/executeCommand", {"command": "stackward.stats", "arguments": []})
    if not isinstance(answer.message["result"], dict):
        raise ServerError("stackward.stats gives no statistics")
    return dict(answer.message["result"])


def _build(root: Path, at: Place) -> int:
    """Build with the go command, as a measure; gives how many packages it compiles."""
    _, printed = run([at.go, "build", "-x", "./..."], env=at.env, cwd=root)
    return sum("/compile " in line and "_pkg_.a" in line for line in printed.splitlines())
