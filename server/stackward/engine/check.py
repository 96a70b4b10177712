"""Analysing many packages and waiting for all of them: for the command line, and for a whole workspace in an editor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from stackward.core.decision import Problem
from stackward.core.hint import Hint
from stackward.core.outcome import BuildError, BuildFailed, Cancelled, NotAPackage, ToolchainMissing
from stackward.engine.folder import Folder, Tools
from stackward.engine.packages import PackageState
from stackward.engine.results import CheckReport, PackageReport
from stackward.engine.session import Session
from stackward.toolchain.golist import Progress
from stackward.toolchain.process import CancelToken, DidNotRun
from stackward.toolchain.unit import Recorded


@dataclass(frozen=True, slots=True)
class Place:
    """What to analyse: the packages that match ``patterns`` as seen from ``cwd``, with the settings of ``folder``."""

    folder: Folder
    cwd: str
    patterns: tuple[str, ...] = ("./...",)


def check(
    session: Session, places: Sequence[Place], *, parallel: int, progress: Progress, cancel: CancelToken
) -> CheckReport | ToolchainMissing | BuildFailed | NotAPackage | Cancelled:
    """Analyse the packages of all ``places``, ``parallel`` at a time.

    A place of which nothing can be said is a failure in the report, unless it is the same with all of them.
    """
    failures: list[BuildFailed | NotAPackage] = []
    work: dict[str, Tools] = {}
    version = ""
    for place in places:
        tools = place.folder.tools()
        if isinstance(tools, ToolchainMissing):
            return tools
        version = version or tools.toolchain.version
        progress("listing packages", 0, 0)
        recorded = tools.recorder.record(
            place.cwd, place.patterns, tests=place.folder.tests, progress=progress, cancel=cancel
        )
        match recorded:
            case Recorded():
                failures += recorded.failures
                work.update(dict.fromkeys(session.adopt(recorded), tools))
            case DidNotRun(reason):
                failures.append(BuildFailed(" ".join(place.patterns), (BuildError(reason),)))
            case BuildFailed() | NotAPackage():
                failures.append(recorded)
            case Cancelled():
                return recorded
    if not work and len(failures) == len(places):
        return failures[0]
    before = {package.directory: package.compiles for package in session.packages()}
    states: list[PackageState] = []
    with ThreadPoolExecutor(max(1, parallel), thread_name_prefix="stackward-check") as pool:
        running = [pool.submit(session.analyse_now, one, tools, "check", cancel) for one, tools in work.items()]
        for done, future in enumerate(as_completed(running), start=1):
            state = future.result()
            states.append(state)
            name = next(iter(state.units)).import_path if state.units else state.directory
            progress(name, done, len(work))
    if cancel.cancelled:
        return Cancelled()
    return _report(session, version, failures, states, before)


def _report(
    session: Session,
    version: str,
    failures: Sequence[BuildFailed | NotAPackage],
    states: Sequence[PackageState],
    before: dict[str, int],
) -> CheckReport:
    hints: list[Hint] = []
    problems: list[Problem] = []
    records: Counter[str] = Counter()
    packages = [PackageReport(_named(one), _dir(one), 0, cached=False, failure=one) for one in failures]
    for state in sorted(states, key=lambda one: one.directory):
        results = [unit.result for unit in state.units.values() if unit.result is not None]
        own = [found for path in sorted(state.files()) if (found := session.results(path)) is not None]
        for result in results:
            records.update(result.records)
            problems += result.problems
        mine = [hint for result in own for hint in result.hints]
        hints += mine
        path = next(iter(state.units)).import_path if state.units else state.directory
        cached = state.compiles == before.get(state.directory, 0)
        packages.append(PackageReport(path, state.directory, len(mine), cached, state.failure))
    unique = {
        (hint.site.path, hint.site.range, hint.rule, hint.site.subject, hint.site.inlined_from): hint for hint in hints
    }
    ordered = sorted(unique.values(), key=lambda hint: (hint.site.heat, hint.site.path, hint.site.range, hint.rule))
    return CheckReport(
        toolchain=version,
        packages=tuple(sorted(packages, key=lambda package: package.import_path)),
        hints=tuple(ordered),
        problems=tuple(dict.fromkeys(problems)),
        records=dict(records),
    )


def _named(failure: BuildFailed | NotAPackage) -> str:
    return failure.package if isinstance(failure, BuildFailed) else failure.path


def _dir(failure: BuildFailed | NotAPackage) -> str:
    return failure.path if isinstance(failure, NotAPackage) else ""
