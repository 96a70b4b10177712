"""``stackward fix``: rewrite packages, as far as the compiler agrees, and show or write the changes."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from stackward.cli.check import Progress, Silent, count
from stackward.core.outcome import BuildFailed, Cancelled, NotAPackage, ToolchainMissing
from stackward.engine.files import replace_text
from stackward.engine.fix import Wanted
from stackward.engine.fixall import FixReport, fix_packages
from stackward.engine.session import Session
from stackward.engine.setup import load_folder
from stackward.report import fix as fix_report
from stackward.rewrites import REWRITES, Applicability, Rewrite, find
from stackward.toolchain.process import CancelToken
from stackward.toolchain.version_control import unsafe_to_change


def add_parser(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "fix",
        help="rewrite packages so that they allocate less, as far as the compiler agrees",
        description="Rewrites Go packages so that they allocate less. Each change is proved by recompiling: what it is "
        "for is gone, no function allocates more, and everything that can see it still compiles.",
        epilog="Exit status: 0 when the packages were rewritten or there is nothing to rewrite, 2 when a package does "
        "not build, a file could not be written, or the call is wrong.",
    )
    parser.add_argument(
        "packages", nargs="*", default=["."], metavar="PACKAGES", help="patterns as for go build (default: .)"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--diff", action="store_true", help="print a unified diff (default)")
    how.add_argument("--write", action="store_true", help="write the files")
    parser.add_argument(
        "--rule", action="append", default=[], metavar="R", help="only this rewrite (may be repeated; default: all)"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--safe", action="store_true", help="only what behaves the same for every input (default)")
    what.add_argument("--review", action="store_true", help="also what may differ in a way that its title names")
    parser.add_argument("--explain-refusals", action="store_true", help="say of each place why it was not rewritten")
    parser.add_argument("--force", action="store_true", help="write files with uncommitted or unsaved changes too")
    parser.add_argument("--tests", action="store_true", help="rewrite test files too")
    parser.add_argument(
        "--no-importers", action="store_true", help="do not recompile packages that import the changed ones"
    )
    parser.add_argument("--tags", metavar="LIST", default="", help="build tags, separated by commas")
    parser.add_argument("--go", metavar="PATH", default="", help="the go command to use")
    parser.add_argument("--jobs", type=count, default=0, metavar="N", help="packages at once (default: one per core)")
    parser.set_defaults(run=run)


def run(namespace: argparse.Namespace) -> int:
    """Rewrite, and print or write."""
    rewrites = _rewrites(namespace.rule)
    if rewrites is None:
        return 2
    cwd = os.getcwd()
    bar = Progress(sys.stderr)
    loaded = load_folder(cwd, go=namespace.go, tags=tuple(filter(None, namespace.tags.split(","))))
    for problem in loaded.problems:
        print(f"stackward: {problem.what}", file=sys.stderr)
    if loaded.problems:
        return 2
    jobs = namespace.jobs or os.cpu_count() or 1
    levels = (Applicability.SAFE, Applicability.REVIEW) if namespace.review else (Applicability.SAFE,)
    with tempfile.TemporaryDirectory(prefix="stackward-", ignore_cleanup_errors=True) as work:
        session = Session(Silent(), work=work, jobs=jobs)
        folder = session.add_folder(cwd, loaded.config, tests=True)
        outcome = fix_packages(
            folder,
            session.texts,
            cwd,
            namespace.packages,
            Wanted(rewrites, levels, importers=not namespace.no_importers, tests=namespace.tests),
            parallel=jobs,
            progress=bar.show,
            cancel=CancelToken(),
        )
        session.finish()
    bar.clear()
    match outcome:
        case FixReport():
            return _show(outcome, namespace, cwd)
        case ToolchainMissing() | BuildFailed() | NotAPackage():
            print(f"stackward: {outcome}", file=sys.stderr)
            return 2
        case Cancelled():
            return 130


def _rewrites(names: list[str]) -> tuple[Rewrite, ...] | None:
    found = tuple(one for name in names if (one := find(name)) is not None)
    if len(found) < len(names):
        unknown = next(name for name in names if find(name) is None)
        known = ", ".join(one.name for one in REWRITES)
        print(f"stackward: there is no rewrite {unknown!r}; there are {known}", file=sys.stderr)
        return None
    return found or REWRITES


def _show(report: FixReport, namespace: argparse.Namespace, cwd: str) -> int:
    failed = bool(report.failures)
    for failure in report.failures:
        print(f"stackward: {failure}", file=sys.stderr)
    if namespace.write:
        failed |= _write(report, cwd, force=namespace.force)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.writelines(fix_report.diff(report.before, report.after, cwd))
        sys.stdout.buffer.flush()
    shown = report.after if namespace.write else report.before
    for line in fix_report.reviewed(report.applied, shown, cwd):
        print(line, file=sys.stderr)
    if namespace.explain_refusals:
        texts = {one.span.path: _read(one.span.path) for one in report.rejected}
        for line in fix_report.refusals(report.rejected, texts, cwd):
            print(line, file=sys.stderr)
    for line in fix_report.summary(report):
        print(line, file=sys.stderr)
    return 2 if failed else 0


def _write(report: FixReport, cwd: str, *, force: bool) -> bool:
    """Write all files; True if one could not be written. Nothing is written if one must not be."""
    if report.foreign:
        for path, why in sorted(report.foreign.items()):
            print(f"stackward: {os.path.relpath(path, cwd)} was not changed: {why}", file=sys.stderr)
        print("stackward: nothing was written; --diff shows what is possible", file=sys.stderr)
        return True
    held = {} if force else unsafe_to_change(report.after)
    if held:
        for path, why in sorted(held.items()):
            print(f"stackward: {os.path.relpath(path, cwd)} was not changed: {why}", file=sys.stderr)
        print("stackward: nothing was written; commit or save first, or use --force", file=sys.stderr)
        return True
    failed = False
    for path, text in sorted(report.after.items()):
        why = replace_text(path, report.before[path], text)
        if why:
            print(f"stackward: {os.path.relpath(path, cwd)} was not changed: {why}", file=sys.stderr)
            failed = True
        else:
            print(f"rewrote {os.path.relpath(path, cwd)}")
    return failed


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
