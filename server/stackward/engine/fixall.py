"""Rewriting many packages: what ``stackward fix`` does."""

from __future__ import annotations

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
    benches = Benches(tools, texts, recorded, cancel)
    after: dict[str, bytes] = {}
    results: list[Fixed] = []

    def run(directory: str) -> Fixed:
        return fix(lambda own: benches.open(directory, {**after, **own}), wanted)

    # Packages that change others wait for their turn; those that stay within themselves need not.
    with ThreadPoolExecutor(max(1, parallel), thread_name_prefix="stackward-fix") as pool:
        running = {pool.submit(run, directory): directory for directory in benches.units}
        for done, future in enumerate(as_completed(running), start=1):
            result = future.result()
            results.append(result)
            after.update(result.texts)
            progress(running[future], done, len(running))
    if cancel.cancelled:
        return Cancelled()
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
