"""``stackward inline-diff``: what inlining saves and costs."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from typing import Any

from stackward.cli.check import Progress, Silent
from stackward.core.hint import Hint
from stackward.core.outcome import Cancelled
from stackward.engine.inlinediff import InlineDiff, inline_diff
from stackward.engine.session import Session
from stackward.engine.setup import load_folder, open_store
from stackward.report import json as json_report
from stackward.toolchain.process import CancelToken


def add_parser(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "inline-diff",
        help="list what allocates only with, or only without, inlining",
        description="Compiles packages with and without inlining (-gcflags=-l), and lists the sites that differ.",
        epilog="Exit status: 0 when the analysis ran, 2 when a package does not build or the call is wrong.",
    )
    parser.add_argument("packages", nargs="*", default=["."], metavar="PACKAGES", help="patterns as for go build")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="the form of the output")
    parser.add_argument("--go", metavar="PATH", default="", help="the go command to use")
    parser.set_defaults(run=run)


def run(namespace: argparse.Namespace) -> int:
    """Compare and print."""
    cwd = os.getcwd()
    loaded = load_folder(cwd, go=namespace.go)
    for problem in loaded.problems:
        print(f"stackward: {problem.what}", file=sys.stderr)
    if loaded.problems:
        return 2
    bar = Progress(sys.stderr)
    with tempfile.TemporaryDirectory(prefix="stackward-", ignore_cleanup_errors=True) as work:
        session = Session(Silent(), work=work, store=open_store(loaded.settings))
        folder = session.add_folder(cwd, loaded.config, tests=False)
        outcome = inline_diff(folder, session.texts, cwd, namespace.packages, bar.show, CancelToken())
        session.finish()
    bar.clear()
    if isinstance(outcome, Cancelled):
        return 130
    if not isinstance(outcome, tuple):
        print(f"stackward: {outcome}", file=sys.stderr)
        return 2
    if namespace.format == "json":
        packages = [_json(one, cwd) for one in outcome]
        print(json.dumps({"version": 1, "packages": packages}, indent=2, ensure_ascii=False))
    else:
        for one in outcome:
            if not one.failure:
                _print(one, cwd)
    failures = [one.failure for one in outcome if one.failure]
    for failure in failures:
        print(f"stackward: {failure}", file=sys.stderr)
    return 2 if failures else 0


def _json(diff: InlineDiff, cwd: str) -> dict[str, Any]:
    return {
        "path": diff.package,
        "error": diff.failure or None,
        "appear": [json_report.site(hint, cwd) for hint in diff.appear],
        "vanish": [json_report.site(hint, cwd) for hint in diff.vanish],
    }


def _print(diff: InlineDiff, cwd: str) -> None:
    if not diff.appear and not diff.vanish:
        print(f"{diff.package}: the same sites allocate with and without inlining")
        return
    print(f"{diff.package}: {len(diff.appear)} that inlining saves (+), {len(diff.vanish)} that it adds (-)")
    for sign, hints in (("+", diff.appear), ("-", diff.vanish)):
        for hint in hints:
            print(f"{sign} {_line(hint, cwd)}")


def _line(hint: Hint, cwd: str) -> str:
    line, column = hint.site.range.start.display
    return f"{json_report.relative(hint.site.path, cwd)}:{line}:{column}: {hint.text} [{hint.rule}]"
