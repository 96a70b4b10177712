"""What inlining saves and costs: the sites of a package that appear or vanish when it is compiled without (``-l``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from stackward.core.hint import Hint
from stackward.core.outcome import BuildError, BuildFailed, Cancelled, NotAPackage, ToolchainMissing
from stackward.engine.analysis import Analysed
from stackward.engine.folder import Folder, Tools
from stackward.engine.inputs import Inputs
from stackward.engine.texts import Texts
from stackward.toolchain.process import CancelToken, DidNotRun
from stackward.toolchain.unit import Recorded, Unit, Variant

Failed: TypeAlias = ToolchainMissing | BuildFailed | NotAPackage | Cancelled


@dataclass(frozen=True, slots=True)
class InlineDiff:
    """``appear`` allocates only without inlining, so inlining saves it; ``vanish`` only with it: copies in callers.

    ``failure`` says why a package could not be compared.
    """

    package: str
    appear: tuple[Hint, ...] = ()
    vanish: tuple[Hint, ...] = ()
    failure: str = ""


def inline_diff(
    folder: Folder,
    texts: Texts,
    cwd: str,
    patterns: Sequence[str],
    progress: Callable[[str, int, int], None],
    cancel: CancelToken,
) -> tuple[InlineDiff, ...] | Failed:
    """Compile each package that matches twice, and compare."""
    tools = folder.tools()
    if isinstance(tools, ToolchainMissing):
        return tools
    recorded = tools.recorder.record(cwd, patterns, tests=False, progress=progress, cancel=cancel)
    if isinstance(recorded, DidNotRun):
        return BuildFailed(" ".join(patterns), (BuildError(recorded.reason),))
    if not isinstance(recorded, Recorded):
        return recorded
    found = [InlineDiff(_name(failure), failure=str(failure)) for failure in recorded.failures]
    units = [unit for unit in recorded.units if unit.id.variant is Variant.PACKAGE]
    for number, unit in enumerate(units):
        progress(unit.id.import_path, number, len(units))
        name = unit.id.import_path
        inlined = _hints(tools, unit, recorded, texts, cancel)
        plain = _hints(tools, replace(unit, argv=(*unit.argv, "-l")), recorded, texts, cancel)
        if isinstance(inlined, Cancelled) or isinstance(plain, Cancelled):
            return Cancelled()
        failed = next((str(one) for one in (inlined, plain) if not isinstance(one, dict)), "")
        if not isinstance(inlined, dict) or not isinstance(plain, dict):
            found.append(InlineDiff(name, failure=failed))
            continue
        appear = tuple(hint for key, hint in plain.items() if key not in inlined)
        vanish = tuple(hint for key, hint in inlined.items() if key not in plain)
        found.append(InlineDiff(name, appear, vanish))
    return tuple(found)


def _name(failure: BuildFailed | NotAPackage) -> str:
    return failure.package if isinstance(failure, BuildFailed) else failure.path


def _hints(
    tools: Tools, unit: Unit, recorded: Recorded, texts: Texts, cancel: CancelToken
) -> dict[tuple[object, ...], Hint] | BuildFailed | Cancelled:
    """What allocates in a unit, by place."""
    inputs = Inputs(unit, texts.snapshot(unit.files), {}, tools.environment, recorded.graph)
    match tools.analysis.run(inputs, cancel):
        case Analysed(result, _):
            hints = [hint for file in result.files for hint in file.hints if hint.site.shown]
            hints.sort(key=lambda hint: (hint.site.heat, hint.site.path, hint.site.range))
            return {(hint.site.path, hint.site.range, hint.site.storage): hint for hint in hints}
        case DidNotRun(reason):
            return BuildFailed(unit.id.import_path, (BuildError(reason),))
        case failed:
            return failed
