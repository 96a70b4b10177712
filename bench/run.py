"""``make bench``: the tables of README.md in this folder. Ratios in one run; the machines are noisy."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from dependents import dependents
from lspclient import Client
from saves import Editing, Gopls, Stackward, commands, environment, gopls_command
from stackward.core.outcome import ToolchainMissing
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain, discover
from targets import CACHE, Target, goroot_copy, targets

PARTS = ("save", "keystroke", "startup", "check", "dependents")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measures stackward against gopls and the bare compiler.")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, of {', '.join(PARTS)}")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--go", default="", help="the go command")
    parser.add_argument("--save", action="store_true", help="also write bench/results/DATE.md")
    parser.add_argument("--no-gopls", action="store_true")
    given = parser.parse_args()
    toolchain = discover(BuildConfig(go=given.go))
    if isinstance(toolchain, ToolchainMissing):
        print(toolchain, file=sys.stderr)
        return 2
    lines: list[str] = []
    for line in report(toolchain, given.only.split(","), given.runs, gopls=not given.no_gopls):
        print(line, flush=True)
        lines.append(line)
    if given.save:
        path = Path(__file__).parent / "results" / f"{dt.datetime.now(tz=dt.UTC).date()}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def report(toolchain: Toolchain, parts: Sequence[str], runs: int, *, gopls: bool) -> Iterator[str]:
    """All tables, as Markdown."""
    CACHE.mkdir(parents=True, exist_ok=True)
    goroot = goroot_copy(toolchain)
    env = environment(str(goroot / "bin" / "go"))
    load = os.getloadavg()[0]
    yield f"# {toolchain.version}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f} at the start"
    yield ""
    if "save" in parts:
        yield from _saves(list(targets(toolchain)), env, runs, gopls_command(env) if gopls else None)
    if "keystroke" in parts:
        yield from _keystrokes(env)
    if "startup" in parts:
        yield from _startup(env, goroot)
    if "check" in parts:
        yield from _check(env, goroot)
    if "dependents" in parts:
        yield from dependents(env)


def _saves(all_targets: Sequence[Target], env: dict[str, str], runs: int, gopls: str | None) -> Iterator[str]:
    yield "## Save → hints (seconds: median, min–max)"
    yield ""
    yield "| package | stackward first | stackward complete | gopls | what gopls runs | go build -m=2 | compile alone | first vs gopls | target | complete vs compile |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for target in all_targets:
        before = target.file.read_bytes()
        figures: dict[str, list[float]] = {}
        ours = Stackward(target, env)
        theirs = Gopls(target, env, gopls) if gopls else None
        ours.save()
        bare = commands(target, env)
        for _ in range(runs):
            first, complete = ours.save()
            figures.setdefault("first", []).append(first)
            figures.setdefault("complete", []).append(complete)
            time.sleep(0.5)  # Work that follows a save, such as keeping results, is not part of the next one.
        ours.client.end()
        for _ in range(runs):
            if theirs is not None:
                figures.setdefault("gopls", []).append(theirs.save()[0])
        if theirs is not None:
            theirs.client.end()
        target.file.write_bytes(before)
        for _ in range(runs):
            for name, run in bare.items():
                figures.setdefault(name, []).append(run())
        target.file.write_bytes(before)
        median = {name: statistics.median(values) for name, values in figures.items()}
        ratio = median["gopls"] / median["first"] if "gopls" in median else None
        against = f"{ratio:.0f}×" if ratio is not None else "–"
        wanted = f"≥ {target.gopls_factor:.0f}×" + (
            "" if ratio is None else " met" if ratio >= target.gopls_factor else " missed"
        )
        bound = 1.25 * median["compile alone"] + 0.030
        done = f"{median['complete'] / median['compile alone']:.2f} ({'met' if median['complete'] <= bound else 'missed'}: ≤ 1.25 + 30 ms)"
        cells = [_cell(figures.get(name, [])) for name in ("first", "complete", "gopls", *bare)]
        yield f"| {target.name} | {' | '.join(cells)} | {against} | {wanted} | {done} |"
    yield ""


def _keystrokes(env: dict[str, str]) -> Iterator[str]:
    root = CACHE / "keystrokes"
    root.mkdir(exist_ok=True)
    (root / "go.mod").write_text("module example.com/keys\n\ngo 1.23\n", encoding="utf-8")
    body = "package keys\n\n"
    number = 0
    while body.count("\n") < 5000:
        number += 1
        body += f"func F{number}(a int) *int {{\n\tx{number} := a\n" + "\ta++\n" * 12 + f"\treturn &x{number}\n}}\n\n"
    file = root / "keys.go"
    file.write_text(body, encoding="utf-8")
    client = Client([sys.executable, "-m", "stackward", "serve"], env, root)
    client.initialize({})
    editing = Editing(client, file)
    editing.open()
    client.until(lambda one: one.get("method") == "stackward/status" and one["params"]["state"] == "idle")
    visible = {"start": {"line": 2500, "character": 0}, "end": {"line": 2560, "character": 0}}
    document = {"uri": editing.uri}
    times = []
    shown = 0
    for count in range(300):
        change = {
            "range": {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 0}},
            "text": "\n" if count % 3 == 0 else " ",
        }
        start = time.perf_counter()
        client.notify(
            "textDocument/didChange", {"textDocument": {**document, "version": count + 2}, "contentChanges": [change]}
        )
        hints, at = client.request("textDocument/inlayHint", {"textDocument": document, "range": visible})
        times.append((at - start) * 1000)
        shown = len(hints)
        time.sleep(0.02)  # A fast typist.
    client.end()
    times.sort()
    verdict = "met" if times[296] < 16 else "missed"
    yield f"## Keystroke → hints moved ({number} sites, 5,000 lines, {shown} in view)"
    yield ""
    yield "A one-character edit at the top, then the inlay hints of what is in view, which have moved."
    yield ""
    yield f"p50 {times[150]:.1f} ms, p99 {times[296]:.1f} ms, max {times[-1]:.1f} ms (target: p99 under 16 ms, {verdict})"
    yield ""


def _startup(env: dict[str, str], goroot: Path) -> Iterator[str]:
    root = goroot / "src"
    times = []
    for _ in range(10):
        client = Client([sys.executable, "-m", "stackward", "serve"], env, root)
        times.append(client.initialize({}))
        client.end()
    client = Client([sys.executable, "-m", "stackward", "serve"], env, root)
    client.initialize({})
    Editing(client, root / "net" / "http" / "server.go").open()
    client.until(lambda one: one.get("method") == "stackward/status" and one["params"]["state"] == "idle")
    memory = client.memory()
    client.end()
    median = statistics.median(times)
    yield "## Start and memory"
    yield ""
    yield f"`initialize` answered from cold: {_cell(times)} s (target: under 0.4 s, {'met' if median < 0.4 else 'missed'})"
    yield ""
    yield f"resident with the standard library as workspace and net/http open: {memory:.0f} MiB (target: under 120 MiB, {'met' if memory < 120 else 'missed'})"
    yield ""


def _check(env: dict[str, str], goroot: Path) -> Iterator[str]:
    cache = CACHE / "check"
    shutil.rmtree(cache, ignore_errors=True)
    yield "## `stackward check --no-tests std`, build cache warm"
    yield ""
    go = env["STACKWARD_GO"]
    subprocess.run([go, "build", "std"], env=env, cwd=goroot / "src", check=True)
    for name in ("cold", "again"):
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "stackward", "check", "--no-tests", "--format", "json", "std"],
            env={**env, "STACKWARD_CACHE": str(cache)},
            cwd=goroot / "src",
            capture_output=True,
            check=False,
            timeout=1200,
        )
        took = time.perf_counter() - start
        found = json.loads(done.stdout)
        yield f"- {name}: {took:.1f} s, {len(found['packages'])} packages, {len(found['sites'])} sites, {len(found['problems'])} problems"
    yield ""


def _cell(values: Sequence[float]) -> str:
    if not values:
        return "–"
    return f"{statistics.median(values):.3f} ({min(values):.3f}–{max(values):.3f})"


if __name__ == "__main__":
    sys.exit(main())
