"""``stackward check``: analyse packages and print what they allocate."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, TextIO

from stackward.core.hint import Severity
from stackward.core.outcome import BuildFailed, Cancelled, NotAPackage, ToolchainMissing
from stackward.engine.check import Place, check
from stackward.engine.results import CheckReport, Status
from stackward.engine.session import Session
from stackward.engine.setup import load_folder, open_store
from stackward.report import json as json_report
from stackward.report import text as text_report
from stackward.toolchain.process import CancelToken


def add_parser(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "check",
        help="analyse packages and print what they allocate",
        description="Analyses Go packages and prints each heap allocation where it happens, and why.",
        epilog="Exit status: 0 when the analysis ran, 2 when a package does not build or the call is wrong.",
    )
    parser.add_argument(
        "packages", nargs="*", default=["."], metavar="PACKAGES", help="patterns as for go build (default: .)"
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="the form of the output (default: text)"
    )
    parser.add_argument("--all", action="store_true", help="also what settings switch off, and what does not allocate")
    parser.add_argument("--no-tests", action="store_true", help="leave test files out")
    parser.add_argument("--tags", metavar="LIST", default="", help="build tags, separated by commas")
    parser.add_argument("--go", metavar="PATH", default="", help="the go command to use")
    parser.add_argument("--jobs", type=count, default=0, metavar="N", help="compilers at once (default: one per core)")
    parser.add_argument("--no-cache", action="store_true", help="neither use nor keep results of other runs")
    parser.set_defaults(run=run)


def run(namespace: argparse.Namespace) -> int:
    """Analyse and print."""
    cwd = os.getcwd()
    bar = Progress(sys.stderr)
    loaded = load_folder(cwd, go=namespace.go, tags=tuple(filter(None, namespace.tags.split(","))))
    for problem in loaded.problems:
        print(f"stackward: {problem.what}", file=sys.stderr)
    if loaded.problems:
        return 2
    store = None if namespace.no_cache else open_store(loaded.settings)
    jobs = namespace.jobs or os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="stackward-", ignore_cleanup_errors=True) as work:
        session = Session(Silent(), work=loaded.work if store is not None else work, store=store, jobs=jobs)
        folder = session.add_folder(cwd, loaded.config, tests=loaded.settings.analysis_tests and not namespace.no_tests)
        place = Place(folder, cwd, tuple(namespace.packages))
        outcome = check(session, [place], parallel=jobs, progress=bar.show, cancel=CancelToken())
        session.finish()
    bar.clear()
    match outcome:
        case CheckReport():
            return _print(outcome, namespace, loaded.settings.level_of, cwd)
        case ToolchainMissing() | BuildFailed() | NotAPackage():
            print(f"stackward: {outcome}", file=sys.stderr)
            return 2
        case Cancelled():
            return 130


def _print(report: CheckReport, namespace: argparse.Namespace, level_of: Any, cwd: str) -> int:
    if not namespace.all:
        shown = tuple(hint for hint in report.hints if hint.site.shown and level_of(hint.rule) is not Severity.OFF)
        report = CheckReport(report.toolchain, report.packages, shown, report.problems, report.records)
    if namespace.format == "json":
        print(json_report.render(report, cwd))
    else:
        paint = text_report.COLOUR if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text_report.PLAIN
        for line in text_report.render(report, cwd, _read, paint):
            print(line)
    for problem in report.problems:
        if problem.at is not None and namespace.format == "text":
            row, column = problem.at.pos.display
            print(f"{json_report.relative(problem.at.path, cwd)}:{row}:{column}: {problem.what}", file=sys.stderr)
    failures = [package.failure for package in report.packages if package.failure is not None]
    for failure in failures:
        print(f"stackward: {failure}", file=sys.stderr)
    return 2 if failures else 0


def _read(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except OSError:
        return None


def count(text: str) -> int:
    """A number of things for ``argparse``, none included."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of jobs")
    return int(text)


class Silent:
    """Nobody waits for news: the report comes at the end."""

    def hints_changed(self, paths: object) -> None: ...

    def status_changed(self, status: Status) -> None: ...

    def progress(self, text: str, done: int, total: int) -> None: ...


class Progress:
    """One line that is overwritten, on a terminal only."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()

    def show(self, text: str, done: int, total: int) -> None:
        if self._live:
            count = f"[{done}/{total}] " if total else ""
            self._stream.write(f"\r\x1b[K{count}{text[:100]}")
            self._stream.flush()

    def clear(self) -> None:
        if self._live:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
