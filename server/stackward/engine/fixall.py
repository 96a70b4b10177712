"""Rewriting many packages: what ``stackward fix`` does."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from stackward.core.outcome import BuildError, BuildFailed, Cancelled, NotAPackage, ToolchainMissing
from stackward.engine.benches import Benches
from stackward.engine.fix import Applied, Fixed, Wanted, fix
from stackward.engine.folder import Folder
from stackward.engine.modules import foreign
from stackward.engine.rewriting import Rejected
from stackward.engine.texts import Texts
from stackward.engine.turns import Turn, Turns
from stackward.engine.verify import archives_as_it_is, only_bodies
from stackward.engine.workbench import Workbench
from stackward.syntax.tree import parse
from stackward.toolchain.golist import Progress
from stackward.toolchain.process import CancelToken, DidNotRun
from stackward.toolchain.unit import Recorded


@dataclass(frozen=True, slots=True)
class FixReport:
    """What was rewritten: old and new texts of the files that change, what was done, what was refused and why.

    ``foreign`` are those of them that nothing is to be written to, and why.
    ``failures`` are packages that do not build as they are; nothing is changed in them.
    """

    before: Mapping[str, bytes] = field(default_factory=dict)
    after: Mapping[str, bytes] = field(default_factory=dict)
    foreign: Mapping[str, str] = field(default_factory=dict)
    applied: tuple[Applied, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    failures: tuple[str, ...] = ()


def fix_packages(
    folder: Folder,
    texts: Texts,
    cwd: str,
    patterns: Sequence[str],
    wanted: Wanted,
    *,
    parallel: int,
    progress: Progress,
    cancel: CancelToken,
) -> FixReport | ToolchainMissing | BuildFailed | NotAPackage | Cancelled:
    """Rewrite the packages that match, ``parallel`` at a time, each on the texts that the ones before it left."""
    tools = folder.tools()
    if isinstance(tools, ToolchainMissing):
        return tools
    progress("listing packages", 0, 0)
    recorded = tools.recorder.record(cwd, patterns, tests=folder.tests, progress=progress, cancel=cancel)
    if isinstance(recorded, DidNotRun):
        return BuildFailed(" ".join(patterns), (BuildError(recorded.reason),))
    if not isinstance(recorded, Recorded):
        return recorded
    turns = Turns(_imported_folders(recorded))
    benches = Benches(tools, texts, recorded, cancel, lambda _: turns.archives)
    results: list[Fixed] = []

    def build(directory: str, own: Mapping[str, bytes]) -> Mapping[str, str]:
        built = archives_as_it_is(benches.open(directory, own)) if directory in benches.units else {}
        return built if isinstance(built, Mapping) else {}

    def run(directory: str) -> Fixed:
        while True:
            turn = turns.begin()
            result = fix(functools.partial(_open, benches, directory, turn), wanted)
            visible = any(
                not only_bodies(parse(turn.texts.get(path) or texts.read(path) or b""), parse(text))
                for path, text in result.texts.items()
            )
            if cancel.cancelled or turns.taken(directory, turn, result.texts, visible=visible, build=build):
                return result

    with ThreadPoolExecutor(max(1, parallel), thread_name_prefix="stackward-fix") as pool:
        running = {pool.submit(run, directory): directory for directory in benches.units}
        for done, future in enumerate(as_completed(running), start=1):
            results.append(future.result())
            progress(running[future], done, len(running))
    if cancel.cancelled:
        return Cancelled()
    after = turns.texts()
    before = {path: texts.read(path) or b"" for path in after}
    after = {path: text for path, text in after.items() if text != before[path]}
    whose = {path: foreign(os.path.dirname(path), folder.root, tools.toolchain) for path in after}
    return FixReport(
        before,
        after,
        {path: why for path, why in whose.items() if why},
        tuple(sorted((one for result in results for one in result.applied), key=lambda one: (one.path, one.line))),
        tuple(one for result in results for one in result.rejected.values()),
        (*(str(one) for one in recorded.failures), *(result.failure for result in results if result.failure)),
    )


def _open(benches: Benches, directory: str, turn: Turn, own: Mapping[str, bytes]) -> Workbench:
    return benches.open(directory, {**turn.texts, **own})


def _imported_folders(recorded: Recorded) -> dict[str, frozenset[str]]:
    """The folders that each folder imports, tests included."""
    folders = {unit.id.import_path: unit.dir for unit in recorded.units}
    found: dict[str, set[str]] = {}
    for unit in recorded.units:
        found.setdefault(unit.dir, set()).update(folders[path] for path, _ in unit.imports if path in folders)
    return {directory: frozenset(own) for directory, own in found.items()}
