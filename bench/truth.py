"""``make truth``: recall, precision and sizes of what stackward shows, against what packages' own tests allocate."""

from __future__ import annotations

import argparse
import functools
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from groundtruth import claims, score, toolchains
from groundtruth.collect import Collector, Truth
from groundtruth.explain import explain
from groundtruth.gocommand import Go, Package
from groundtruth.modules import THIRD_PARTY, Module
from groundtruth.subjects import subjects, subjects_in
from groundtruth.table import Measured, render

CACHE = Path(
    os.environ.get("STACKWARD_BENCH_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stackward-bench"
)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--go", nargs="+", default=[""], metavar="VERSION", help="releases, or paths of go commands")
    parser.add_argument("--packages", nargs="+", default=[], metavar="PATH", help="only these ('storefront' is one)")
    parser.add_argument(
        "--module", nargs="+", default=[], metavar="DIR|PATH@VERSION", help="all packages of modules of other people"
    )
    parser.add_argument("--third-party", action="store_true", help="a fixed list of such modules")
    parser.add_argument("--jobs", type=int, default=2, help="packages at a time")
    parser.add_argument("--fresh", action="store_true", help="run the tests again, whatever is kept of earlier runs")
    parser.add_argument("--misses", type=int, default=200, help="how many of a kind are listed; 0 for all")
    parser.add_argument("--explain", metavar="FILE:LINE", help="all that is known of one line")
    parser.add_argument(
        "--write",
        action="store_true",
        help="write bench/results/truth-VERSION.md (truth-modules-VERSION.md of modules)",
    )
    given = parser.parse_args()
    for named in given.go:
        go = toolchains.find(named, CACHE)
        foreign = THIRD_PARTY if given.third_party else tuple(Module(one) for one in given.module)
        wanted = subjects_in(go, foreign, CACHE) if foreign else subjects(go, given.packages)
        if given.explain is not None:
            file, _, line = given.explain.rpartition(":")
            wanted = [one for one in wanted if any(_is(name, file) for name in one.files)]
        measured = measure(go, wanted, given.jobs, fresh=given.fresh)
        if given.explain is not None:
            for text in explain(measured, functools.partial(_is, file=file), int(line)):
                print(text)
            continue
        text = "\n".join(render(go, measured, given.misses or sys.maxsize))
        if given.write:
            short = re.sub(r"^go(\d+\.\d+).*", r"\1", go.version)
            path = Path(__file__).parent / "results" / f"truth-{'modules-' if foreign else ''}{short}.md"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(path)
        else:
            print(text)
    return 0


def measure(go: Go, wanted: list[Package], jobs: int, *, fresh: bool) -> list[Measured]:
    """Runs what has to be run."""
    collector = Collector(go, CACHE)
    collector.prepare(wanted, fresh=fresh)

    def collect(package: Package) -> Truth:
        start = time.monotonic()
        truth = collector.truth(package, fresh=fresh)
        took = time.monotonic() - start
        if took > 5:
            print(f"{go.version} {package.path}: {took:.0f} s", file=sys.stderr, flush=True)
        return truth

    with ThreadPoolExecutor(jobs) as pool:
        truths = list(pool.map(collect, wanted))
    product = claims.stackward(go, wanted, jobs)
    measured = []
    for package, truth in zip(wanted, truths, strict=True):
        files = frozenset(truth.files)
        sources = {
            "stackward": product.claims,
            "-m": claims.raw(truth.log, files),
            "gopls JSON": claims.raw(truth.details, files),
        }
        scores = {
            name: score.score(truth, found, product.failed if name == "stackward" else {})
            for name, found in sources.items()
        }
        measured.append(Measured(package, truth, {file: product.claims.get(file, ()) for file in files}, scores))
    return measured


def _is(name: str, file: str) -> bool:
    """Whether the absolute ``name`` is what the user calls ``file``."""
    return name == os.path.abspath(file) or name.replace(os.sep, "/").endswith("/" + file)


if __name__ == "__main__":
    sys.exit(main())
