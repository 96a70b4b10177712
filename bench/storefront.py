"""``make storefront-bench``: what the example service allocates before and after the tool's own rewrites.

A copy is rewritten by ``stackward fix --review --write`` and nothing else. Then both run: their Go benchmarks in turns,
and the service itself under a load of requests, with ``GODEBUG=gctrace=1``. What net/http allocates for such requests by
itself, which no rewrite of the service can change, is measured with a handler that does nothing but answer.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from processes import CommandError, run
from stackward.core.outcome import ToolchainMissing
from stackward.core.samples import compare
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain, discover
from tables import table

ROOT = Path(__file__).resolve().parents[1]
_RESULTS = Path(__file__).parent / "results"
_TARGET = 0.91
_ORDER = b'{"customer":"c-7","country":"DE","lines":[{"sku":"TEA-001","quantity":2},{"sku":"CUP-001","quantity":1}]}'
_LINE = b'{"sku":"CUP-001","quantity":1}'
# What a shop is asked for, 20 requests; reports are asked for once in ten rounds of these.
_MIX: tuple[tuple[str, str, bytes], ...] = (
    *[("GET", "/search?q=tea&currency=EUR", b"")] * 5,
    *[("GET", "/products/TEA-001", b"")] * 4,
    ("POST", "/orders", _ORDER),
    *[("GET", "/orders/DE-000001", b"")] * 3,
    *[("GET", "/orders/DE-000001/invoice", b"")] * 2,
    ("GET", "/orders/DE-000001/label", b""),
    *[("POST", "/carts/c-7", _LINE)] * 2,
    ("GET", "/carts/c-7", b""),
    ("GET", "/products.csv", b""),
)
# It has routes and sets one header, as every handler of the service must.
_EMPTY = """package main

import (
	"flag"
	"io"
	"log"
	"net/http"
)

func main() {
	addr := flag.String("addr", "", "where to listen")
	flag.String("spool", "", "not used")
	flag.Parse()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "ok")
	})
	log.Fatal(http.ListenAndServe(*addr, mux))
}
"""
_RARE: tuple[tuple[str, str, bytes], ...] = (("GET", "/report", b""), ("GET", "/export", b""), ("GET", "/stats", b""))
_TRACE = re.compile(
    r"^gc \d+ @[\d.]+s \d+%: ([\d.]+)\+[\d.]+\+([\d.]+) ms clock.*? (\d+)->(\d+)->(\d+) MB", re.MULTILINE
)
_BENCHMARK = re.compile(
    r"^(Benchmark\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op.*?([\d.]+) B/op\s+([\d.]+) allocs/op", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Load:
    """What the collector did during a load: MB allocated, collections, and the sum of their pauses in ms."""

    requests: int
    allocated: float
    collections: int
    pause: float

    @property
    def per_request(self) -> float:
        """Bytes."""
        return self.allocated * (1 << 20) / self.requests


def main() -> int:
    """Rewrite, run, print; 2 where there is nothing to measure with, 1 where the target is missed."""
    parser = argparse.ArgumentParser(description="Measures the example service before and after its rewrites.")
    parser.add_argument("--go", default="", help="the go command")
    parser.add_argument("--runs", type=int, default=6, help="of each benchmark and of the load (default: 6)")
    parser.add_argument("--rounds", type=int, default=1000, help="of 20 requests in each load (default: 1000)")
    parser.add_argument("--write", action="store_true", help="write bench/results/storefront.md")
    given = parser.parse_args()
    toolchain = discover(BuildConfig(go=given.go))
    if isinstance(toolchain, ToolchainMissing):
        print(toolchain, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="storefront-bench-") as work:
        try:
            lines, met = _measured(toolchain, Path(work), given.runs, given.rounds)
        except CommandError as error:
            print(error, file=sys.stderr)
            return 2
    print("\n".join(lines))
    if given.write:
        (_RESULTS / "storefront.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    return 0 if met else 1


def _measured(toolchain: Toolchain, work: Path, runs: int, rounds: int) -> tuple[list[str], bool]:
    env = {**os.environ, "STACKWARD_GO": toolchain.go, "GOFLAGS": "", "GOPROXY": "off", "GOTOOLCHAIN": "local"}
    sides = {name: work / name for name in ("before", "after")}
    for side in sides.values():
        shutil.copytree(ROOT / "examples" / "storefront", side)
    argv = [sys.executable, "-m", "stackward", "fix", "--review", "--write", "./..."]
    fixed = subprocess.run(argv, cwd=sides["after"], env=env, capture_output=True, text=True, check=False)
    if fixed.returncode:
        raise CommandError(f"stackward fix failed: {fixed.stderr[-1000:]}")
    for side in sides.values():
        run([toolchain.go, "vet", "./..."], env=env, cwd=side)
        run([toolchain.go, "test", "./..."], env=env, cwd=side)
        run([toolchain.go, "build", "-o", "shop", "./cmd/storefront"], env=env, cwd=side)
    empty = work / "empty"
    empty.mkdir()
    (empty / "main.go").write_text(_EMPTY, encoding="utf-8")
    (empty / "go.mod").write_text("module example.com/empty\n\ngo 1.24\n", encoding="utf-8")
    run([toolchain.go, "build", "-o", "shop", "."], env=env, cwd=empty)
    benchmarks: dict[str, dict[str, list[tuple[float, float, float]]]] = {name: {} for name in sides}
    loads: dict[str, list[Load]] = {name: [] for name in (*sides, "empty")}
    for _ in range(runs):
        for name, side in sides.items():
            argv = [toolchain.go, "test", "-run=^$", "-bench=.", "-benchmem", "-benchtime=0.1s", "./..."]
            _, text = run(argv, env=env, cwd=side, timeout=900)
            package = ""
            for line in text.splitlines():
                package = line.removeprefix("pkg: ").rpartition("/")[2] if line.startswith("pkg: ") else package
                if (found := _BENCHMARK.match(line)) is not None:
                    figures = (float(found[2]), float(found[3]), float(found[4]))
                    benchmarks[name].setdefault(f"{package}.{found[1].removeprefix('Benchmark')}", []).append(figures)
            loads[name].append(_load(side / "shop", env, rounds))
        loads["empty"].append(_load(empty / "shop", env, rounds))
    before, after, floor = (_best(loads[name]) for name in loads)
    saved = 1 - after.per_request / before.per_request
    own = tuple(one.per_request - floor.per_request for one in (before, after))
    met = saved >= _TARGET
    lines = [
        f"# storefront before and after its rewrites ({toolchain.version})",
        "",
        (
            "`stackward fix --review --write ./...` on a copy; no edit by hand. Medians of "
            f"{runs} runs in turns; {before.requests:,} requests in each load."
        ),
        "",
        "## Under load",
        "",
        *table(
            ("", "before", "after", "change"),
            (
                ("heap bytes per request", *_row(before.per_request, after.per_request)),
                ("of these by the service, not by net/http", *_row(*own)),
                ("collections", *_row(before.collections, after.collections)),
                ("pauses in all, ms", *_row(before.pause, after.pause)),
            ),
        ),
        f"Target: at least {_TARGET:.0%} less allocated per request; {'met' if met else '**missed**'} ({saved:.1%}).",
        f"net/http allocates {floor.per_request:,.0f} bytes for such a request with a handler that only says ok.",
        "",
        "## Benchmarks",
        "",
        *_benchmark_table(benchmarks["before"], benchmarks["after"]),
        "## What was rewritten",
        "",
        "```",
        *fixed.stderr.strip().splitlines(),
        "```",
    ]
    return [*lines, *_left(env, sides["after"])], met


def _benchmark_table(
    before: Mapping[str, list[tuple[float, float, float]]], after: Mapping[str, list[tuple[float, float, float]]]
) -> list[str]:
    rows = []
    for name in before:
        row = [name]
        for number, unit in enumerate(("ns/op", "B/op", "allocs/op")):
            found = compare(
                [one[number] for one in before[name]], [one[number] for one in after.get(name, before[name])]
            )
            change = f"{found.change:+.0%}" if found.change is not None and found.significant else "~"
            row.append(f"{found.before.median:,.0f} → {found.after.median:,.0f} {unit} ({change})")
        rows.append(row)
    return table(("benchmark", "time", "bytes", "allocations"), rows)


def _left(env: Mapping[str, str], side: Path) -> list[str]:
    """What still allocates most, by the tool's own order."""
    argv = [sys.executable, "-m", "stackward", "check", "--no-tests", "./..."]
    done = subprocess.run(argv, cwd=side, env=dict(env), capture_output=True, text=True, check=False)
    hints = [line for line in done.stdout.splitlines() if re.match(r"\S+\.go:\d+:\d+: ", line)]
    return ["", f"## What is left ({len(hints)} sites; the hottest 25)", "", "```", *hints[:25], "```"]


def _best(loads: list[Load]) -> Load:
    """The median by bytes: what else the machine does has no part in those."""
    return sorted(loads, key=lambda one: one.allocated)[len(loads) // 2]


def _row(before: float, after: float) -> tuple[str, str, str]:
    change = f"{after / before - 1:+.1%}" if before else "–"
    return f"{before:,.1f}", f"{after:,.1f}", change


def _load(program: Path, env: Mapping[str, str], rounds: int) -> Load:
    with _serving(program, env) as (port, trace):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        _ask(connection, "POST", "/orders", _ORDER)
        begun = trace.read_text(encoding="utf-8").count("\n")
        count = 0
        for number in range(rounds):
            for method, path, body in (*_MIX, *(_RARE if number % 10 == 0 else ())):
                _ask(connection, method, path, body)
                count += 1
        connection.close()
    lines = trace.read_text(encoding="utf-8").splitlines()[begun:]
    cycles = [found for line in lines if (found := _TRACE.match(line)) is not None]
    trace.unlink()
    # From what was live after one collection to what there was at the start of the next.
    allocated = sum(max(0, int(one[3]) - int(earlier[5])) for earlier, one in itertools.pairwise(cycles))
    return Load(count, float(allocated), len(cycles), sum(float(one[1]) + float(one[2]) for one in cycles))


def _ask(connection: http.client.HTTPConnection, method: str, path: str, body: bytes) -> None:
    connection.request(method, path, body or None, {"X-Country": "DE"})
    answer = connection.getresponse()
    answer.read()
    if answer.status >= 400:
        raise CommandError(f"{method} {path} answers {answer.status}")


@contextlib.contextmanager
def _serving(program: Path, env: Mapping[str, str]) -> Iterator[tuple[int, Path]]:
    """The service on a free port, with the file that its collector's trace goes to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    trace = program.parent / f"gctrace-{port}"
    with trace.open("wb") as stderr, tempfile.TemporaryDirectory() as spool:
        process = subprocess.Popen(
            [str(program), "-addr", f"127.0.0.1:{port}", "-spool", spool],
            env={**env, "GODEBUG": "gctrace=1", "GOMAXPROCS": "2"},
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            cwd=program.parent,
        )
        try:
            deadline = time.monotonic() + 20
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                if process.poll() is not None or time.monotonic() > deadline:
                    raise CommandError(f"the service does not start: {trace.read_text(encoding='utf-8')[-500:]}")
                time.sleep(0.02)
            yield port, trace
        finally:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
