"""``make fix-bench``: all safe rewrites over a copy of the standard library; it must still build, and pass its tests.

Prints what was offered, verified and refused, and why. The tests of every package that was changed run on the copy as it
was too: what fails there cannot be blamed on a rewrite.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from processes import CommandError, run
from stackward.cli.check import Silent
from stackward.core.outcome import ToolchainMissing
from stackward.engine.files import replace_text
from stackward.engine.fix import Wanted
from stackward.engine.fixall import FixReport, fix_packages
from stackward.engine.session import Session
from stackward.engine.tally import total
from stackward.rewrites import REWRITES, Applicability
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain, discover
from stackward.toolchain.process import CancelToken
from tables import table

_RESULTS = Path(__file__).parent / "results"
_MOST_REASONS = 40


def main() -> int:
    """Rewrite, build, test, print; 1 if anything is broken, 2 where there is nothing to work with."""
    parser = argparse.ArgumentParser(description="Rewrites a copy of the standard library, builds and tests it.")
    parser.add_argument("--go", default="", help="the go command")
    parser.add_argument("--packages", nargs="+", default=["std"], metavar="PATTERN", help="default: std")
    parser.add_argument("--review", action="store_true", help="also what may differ, which some tests may notice")
    parser.add_argument("--keep", metavar="FOLDER", help="leave the copy there")
    parser.add_argument("--write", action="store_true", help="write bench/results/fix-VERSION.md")
    given = parser.parse_args()
    toolchain = discover(BuildConfig(go=given.go))
    if isinstance(toolchain, ToolchainMissing):
        print(toolchain, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="fix-bench-") as temporary:
        work = Path(given.keep or temporary)
        try:
            lines, good = _fixed(toolchain, work, given.packages, review=given.review)
        except CommandError as error:
            print(error, file=sys.stderr)
            return 2
    print("\n".join(lines))
    if given.write:
        release = ".".join(toolchain.version.removeprefix("go").split(".")[:2])
        (_RESULTS / f"fix-{release}.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    return 0 if good else 1


def _fixed(toolchain: Toolchain, work: Path, patterns: list[str], *, review: bool) -> tuple[list[str], bool]:
    copies = {name: work / name for name in ("as it was", "rewritten")}
    for copy in copies.values():
        shutil.copytree(toolchain.goroot, copy, symlinks=True, ignore=shutil.ignore_patterns("testdata.orig"))
    root = copies["rewritten"]
    begun = time.monotonic()
    report = _rewrite(root, patterns, review=review)
    took = time.monotonic() - begun
    for path, text in report.after.items():
        why = replace_text(path, report.before[path], text)
        if why:
            raise CommandError(f"{path}: {why}")
    env = _environment(root)
    changed = sorted({f"./{Path(path).parent.relative_to(root / 'src')}" for path in report.after})
    builds = _succeeds([str(root / "bin" / "go"), "build", "std", "cmd/compile"], env, root / "src")
    vets = _succeeds([str(root / "bin" / "go"), "vet", *changed], env, root / "src") if changed else True
    failing = _failing(root, changed) if changed else set()
    failed_before = _failing(copies["as it was"], sorted(failing)) if failing else set()
    broken = sorted(failing - failed_before)
    good = builds and not broken
    command = f"stackward fix {'--review' if review else '--safe'} --write {' '.join(patterns)}"
    made = f"{len(report.applied):,} rewrites in {len(report.after)} files of {len(changed)} packages, {took:,.0f} s"
    tests = f"{', '.join(broken) or 'none'} (of {len(changed)}; failing either way: {len(failed_before)})"
    lines = [
        f"# All {'' if review else 'safe '}rewrites over the standard library ({toolchain.version})",
        "",
        f"`{command}` on a copy: {made}.",
        "",
        f"- everything builds afterwards: {'yes' if builds else '**no**'}",
        f"- `go vet` of the changed packages: {'as before' if vets else 'complains'}",
        f"- packages whose own tests (`-short`) fail and did not before: {tests}",
        f"- packages that could not be rewritten: {len(report.failures)}",
        "",
        *_by_rewrite(report),
        *_reasons(report),
        *_examples(report, root),
    ]
    return lines, good


def _rewrite(root: Path, patterns: list[str], *, review: bool) -> FixReport:
    jobs = os.cpu_count() or 1
    levels = (Applicability.SAFE, Applicability.REVIEW) if review else (Applicability.SAFE,)
    with tempfile.TemporaryDirectory(prefix="fix-bench-work-") as work:
        session = Session(Silent(), work=work, jobs=jobs)
        config = BuildConfig(go=str(root / "bin" / "go"), env=(("GOROOT", str(root)), ("GOFLAGS", "")))
        folder = session.add_folder(str(root / "src"), config)
        # The whole is built and tested at the end, so importers need not be compiled for each change.
        outcome = fix_packages(
            folder,
            session.texts,
            str(root / "src"),
            patterns,
            Wanted(REWRITES, levels, importers=False),
            parallel=jobs,
            progress=_progress,
            cancel=CancelToken(),
        )
        session.finish()
    if not isinstance(outcome, FixReport):
        raise CommandError(f"it could not be rewritten: {outcome}")
    return outcome


def _progress(text: str, done: int, total_: int) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K[{done}/{total_}] {text[-80:]}", end="", file=sys.stderr)


def _environment(root: Path) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "CGO_"))}
    return {
        **env,
        "GOROOT": str(root),
        "GOFLAGS": "",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "GOCACHE": str(root / "c"),
    }


def _succeeds(argv: list[str], env: dict[str, str], cwd: Path) -> bool:
    try:
        run(argv, env=env, cwd=cwd, timeout=3600)
    except CommandError as error:
        print(error, file=sys.stderr)
        return False
    return True


def _failing(root: Path, packages: list[str]) -> set[str]:
    """The packages whose tests fail or do not build."""
    argv = [str(root / "bin" / "go"), "test", "-short", "-p=2", *packages]
    done = subprocess.run(
        argv, cwd=root / "src", env=_environment(root), capture_output=True, text=True, check=False, timeout=7200
    )
    sys.stderr.write("".join(line + "\n" for line in done.stdout.splitlines() if "FAIL" in line))
    return {f"./{name}" for name in re.findall(r"^FAIL\t(\S+)", done.stdout, re.MULTILINE)}


def _by_rewrite(report: FixReport) -> list[str]:
    rows = []
    for rewrite in REWRITES:
        made = [one for one in report.applied if one.rewrite == rewrite.name]
        refused = [one for one in report.rejected if one.rewrite is rewrite]
        before, after = total(one.before for one in made), total(one.after for one in made)
        rows.append(
            (
                rewrite.name,
                f"{len(made) + len(refused):,}",
                f"{len(made):,}",
                f"{len(refused):,}",
                f"{before.places:,.0f} → {after.places:,.0f}",
                f"{before.bytes:,.0f} → {after.bytes:,.0f}",
            )
        )
    head = (
        "rewrite",
        "looked at",
        "verified and made",
        "refused",
        "places that allocate, in their functions",
        "known bytes",
    )
    return table(head, rows)


def _reasons(report: FixReport) -> list[str]:
    counted: Counter[tuple[str, str]] = Counter()
    for one in report.rejected:
        reason = one.reason.partition(":")[0] if one.reason.startswith("it would not compile") else one.reason
        counted[one.rewrite.name, reason] += 1
    rows = [(name, reason, f"{count:,}") for (name, reason), count in counted.most_common(_MOST_REASONS)]
    left = sum(counted.values()) - sum(count for _, count in counted.most_common(_MOST_REASONS))
    more = [f"And {left:,} places for {len(counted) - _MOST_REASONS:,} other reasons.", ""] if left else []
    return ["## Why places were refused", "", *table(("rewrite", "reason", "places"), rows), *more]


def _examples(report: FixReport, root: Path) -> list[str]:
    """Where what did not compile would have been: each of these is a gap of the rewrite."""
    found = [one for one in report.rejected if one.reason.startswith("it would not compile")]
    lines = [
        f"- {one.rewrite.name}, {Path(one.span.path).relative_to(root / 'src')}: "
        f"{one.reason.removeprefix('it would not compile: ').replace(str(root), '$GOROOT')[:200]}"
        for one in found[:20]
    ]
    return ["## What would not have compiled", "", *lines] if lines else []


if __name__ == "__main__":
    sys.exit(main())
