"""What it costs to check one rewrite, from the proposal to the proof, against compiling the package once."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from processes import CommandError, run
from stackward.cli.check import Silent
from stackward.core.outcome import ToolchainMissing
from stackward.engine.benches import Benches
from stackward.engine.folder import Tools
from stackward.engine.rewriting import Candidate, Proved, candidates, prove
from stackward.engine.session import Session
from stackward.engine.workbench import Workbench
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken
from stackward.toolchain.unit import Recorded, Unit
from tables import cell, table
from targets import Target, at_most, under
from workplace import Place

_RUNS = 5
_MOST = 3  # Rewrites of one package that are timed, each in every round.
_SMALL_SECONDS, _TIMES_COMPILE = 0.150, 1.5
_STOREFRONT = Path(__file__).resolve().parents[1] / "examples" / "storefront"


def verifying(at: Place) -> Iterator[str | Target]:
    """The section of the report."""
    small = [(_STOREFRONT, "internal/order"), (_STOREFRONT, "internal/catalog")]
    large = (at.goroot / "src", "net/http")
    rows: list[list[str]] = []
    targets: list[Target] = []
    for root, package in [*small, large]:
        compiles, proofs, count = _measure(at, root, package)
        ratios = [proof / made for proof, made in zip(proofs, compiles, strict=True)]
        rows.append([package, str(count), cell(compiles), cell(proofs), cell(ratios)])
        if (root, package) == large:
            targets.append(at_most(f"{package}: check of a rewrite ÷ `compile -S`", ratios, _TIMES_COMPILE, unit="×"))
        else:
            targets.append(under(f"{package}: check of a rewrite", proofs, _SMALL_SECONDS, unit=" s", digits=3))
    yield "## Checking one rewrite"
    yield ""
    yield "From the proposal to the proof: the new text, the compile of all units of the package that have its file, and"
    yield "the comparison; what the package allocates as it is, and what is in its module, was known before."
    yield "Compile and check take turns."
    yield ""
    yield from table(["package", "rewrites", "compile -S, s", "check, s", "ratio"], rows)
    yield from targets


def _measure(at: Place, root: Path, package: str) -> tuple[list[float], list[float], int]:
    """Seconds of the bare compile and of the check, pair by pair; and how many rewrites they are of."""
    with tempfile.TemporaryDirectory() as work:
        session = Session(Silent(), work=work)
        try:
            # Each candidate is timed with nothing known of it; the store on disk is left out of it.
            folder = session.add_folder(str(root), BuildConfig(go=at.go))
            tools = folder.tools()
            if isinstance(tools, ToolchainMissing):
                raise CommandError(str(tools))
            recorded = tools.recorder.record(str(root / package))
            if not isinstance(recorded, Recorded):
                raise CommandError(str(recorded))
            modules: dict[str, Recorded | None] = {}  # Recorded once, as a server does.
            bench = _bench(session, tools, recorded, str(root / package), modules)
            chosen = _chosen(bench)
            unit = bench.units[0]
            compiles: list[float] = []
            proofs: list[float] = []
            for _ in range(_RUNS):
                for candidate in chosen:
                    compiles.append(_compile(unit, at.env, Path(work)))
                    fresh = _bench(session, tools, recorded, unit.dir, modules)
                    fresh.base([one for one in fresh.units if candidate.span.path in one.files])
                    shutil.rmtree(Path(tools.compiler.scratch, "verified"), ignore_errors=True)  # New export data.
                    started = time.perf_counter()
                    prove(fresh, candidate)
                    proofs.append(time.perf_counter() - started)
        finally:
            session.shutdown()
    return compiles, proofs, len(chosen)


def _bench(
    session: Session, tools: Tools, recorded: Recorded, directory: str, modules: dict[str, Recorded | None]
) -> Workbench:
    return Benches(tools, session.texts, recorded, CancelToken(), modules=modules).open(directory, {})


def _chosen(bench: Workbench) -> list[Candidate]:
    """The first rewrites that hold, one of each file."""
    chosen: list[Candidate] = []
    for path in bench.units[0].files:
        for one in candidates(bench, path):
            if not isinstance(one, Candidate) or set(one.proposals[0].edits) != {path}:
                continue
            single = dataclasses.replace(one, proposals=one.proposals[:1])
            if isinstance(prove(bench, single), Proved):
                chosen.append(single)
                break
        if len(chosen) == _MOST:
            break
    return chosen


def _compile(unit: Unit, env: Mapping[str, str], work: Path) -> float:
    config = work / "importcfg"
    lines = [f"importmap {old}={new}" for old, new in unit.importmap]
    lines += [f"packagefile {path}={file}" for path, file in unit.imports]
    config.write_text("\n".join([*lines, ""]), encoding="utf-8")
    argv = [*unit.argv, "-o", str(work / "bare.a"), "-S", "-c=2", "-importcfg", str(config), "-pack", *unit.files]
    took, _ = run(argv, env=env, cwd=Path(unit.dir))
    return took


__all__ = ["verifying"]
