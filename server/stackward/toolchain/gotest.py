"""Benchmarks of the user's, built with other texts laid over the files, and run. This runs the user's code."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken, DidNotRun, run

_BUILD_SECONDS, _RUN_SECONDS = 600.0, 600.0
_LINE = re.compile(r"^(Benchmark\S+?)(?:-\d+)?\s+\d+\s+(.*)$", re.MULTILINE)
_VALUE = re.compile(r"([\d.e+]+) (ns/op|B/op|allocs/op)")
_SAID = 2000


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one benchmark, per operation."""

    name: str
    nanoseconds: float
    bytes: float
    allocations: float


def build(
    go: str, config: BuildConfig, directory: str, texts: Mapping[str, bytes], work: str, cancel: CancelToken
) -> str | DidNotRun:
    """The test program of the package in a folder, with ``texts`` instead of, or beside, its files; in ``work``."""
    os.makedirs(work, exist_ok=True)
    replaced = {}
    for number, (path, text) in enumerate(sorted(texts.items())):
        copy = Path(work, f"{number}.go")
        copy.write_bytes(text)
        replaced[path] = str(copy)
    overlay, program = Path(work, "overlay.json"), os.path.join(work, "bench.test")
    overlay.write_text(json.dumps({"Replace": replaced}), encoding="utf-8")
    argv = [go, "test", *config.build_flags(), "-c", f"-overlay={overlay}", "-o", program, "."]
    ran = run(argv, cwd=directory, env=config.environment(), timeout=_BUILD_SECONDS, cancel=cancel)
    if isinstance(ran, DidNotRun):
        return ran
    if ran.code != 0:
        return DidNotRun(f"the benchmark does not build: {_words(ran.stdout + ran.stderr)}")
    return program


def measure(
    program: str, config: BuildConfig, directory: str, names: Sequence[str], seconds: float, cancel: CancelToken
) -> list[Result] | DidNotRun:
    """Run some benchmarks of a test program once, each for about so many seconds, where ``go test`` would run them."""
    pattern = "|".join(f"^{re.escape(name)}$" for name in names)
    argv = [program, "-test.run=^$", f"-test.bench={pattern}", "-test.benchmem", f"-test.benchtime={seconds}s"]
    ran = run(argv, cwd=directory, env=config.environment(), timeout=_RUN_SECONDS, cancel=cancel)
    if isinstance(ran, DidNotRun):
        return ran
    output = ran.stdout.decode("utf-8", "replace")
    if ran.code != 0:
        return DidNotRun(f"the benchmark failed: {_words(ran.stdout + ran.stderr)}")
    found = []
    for line in _LINE.finditer(output):
        values = {unit: float(number) for number, unit in _VALUE.findall(line[2])}
        if {"ns/op", "B/op", "allocs/op"} <= values.keys():
            found.append(Result(line[1], values["ns/op"], values["B/op"], values["allocs/op"]))
    return found or DidNotRun(f"no benchmark ran: {_words(ran.stdout)}")


def _words(output: bytes) -> str:
    return output.decode("utf-8", "replace").strip()[:_SAID]
