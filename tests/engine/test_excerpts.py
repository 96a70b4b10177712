"""What the compiler decides in an excerpt is what it decides in the whole package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gomodule import Quiet, write_module
from stackward.core.decision import Decision, Kind, Problem
from stackward.core.outcome import BuildError, ToolchainMissing
from stackward.engine.analysis import Analysed
from stackward.engine.excerpts import Excerpt, Excerpts
from stackward.engine.inputs import Inputs
from stackward.engine.session import Session
from stackward.engine.sources import Sources
from stackward.engine.texts import Texts
from stackward.syntax.excerpt import Declaration, outline
from stackward.toolchain.compiler import Compiler, Replay, Replayed
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain
from stackward.toolchain.process import CancelToken
from stackward.toolchain.recipe import Recorder
from stackward.toolchain.unit import Recorded, Variant

_DECIDED = frozenset({Kind.ESCAPES, Kind.MOVED, Kind.STAYS, Kind.LEAKING, Kind.LEAKING_CONTENT, Kind.LEAKING_TO_RESULT})


class Lab:
    """A package whose functions can be changed, one at a time."""

    def __init__(self, toolchain: Toolchain, folder: Path, work: Path) -> None:
        config = BuildConfig()
        recorder = Recorder(toolchain.go, config, str(work))
        recorded = recorder.record(str(folder), (".",))
        assert isinstance(recorded, Recorded), recorded
        self.unit = next(one for one in recorded.units if one.id.variant is Variant.PACKAGE)
        self.graph = recorded.graph
        self.compiler = Compiler(toolchain, config, str(work), recorder)
        self.texts = Texts()
        self.sources = Sources(self.texts)
        self.excerpts = Excerpts()
        before = self.inputs()
        self.excerpts.remember(before, self.sources.of(before.snapshot))

    def inputs(self) -> Inputs:
        return Inputs(self.unit, self.texts.snapshot(self.unit.files), graph=self.graph)

    def functions(self) -> Iterator[tuple[str, Declaration]]:
        sources = self.sources.now(self.unit.files)
        for path in self.unit.files:
            source = sources.get(path)
            outlined = outline(source) if source is not None else None
            for one in outlined.declarations if outlined is not None else ():
                yield path, one

    def changed(self, path: str, one: Declaration) -> tuple[Inputs, Excerpt | None]:
        """The inputs after a function was changed, and the excerpt about it; the text is then as it was."""
        text = Path(path).read_bytes()
        self.texts.open(path, text[: one.body + 1] + b"_ = 1; " + text[one.body + 1 :])
        inputs = self.inputs()
        changed = self.excerpts.changed(inputs, self.sources.of(inputs.snapshot))
        excerpt = self.excerpts.of(inputs, changed) if changed is not None else None
        self.texts.close(path)
        return inputs, excerpt

    def decisions(self, replay: Replay, excerpt: Excerpt) -> set[Decision] | None:
        """What a compile decides about the functions of an excerpt; None if it fails, or was misled."""
        read: list[Decision | Problem | BuildError] = []
        outcome = self.compiler.escapes(replay, lambda records, _: read.extend(records), CancelToken())
        if not isinstance(outcome, Replayed) or (replay is excerpt.replay and excerpt.misled(read)):
            return None
        found = (one for one in read if isinstance(one, Decision) and one.kind in _DECIDED)
        return {one for one in found if excerpt.kept.cover(one.at)}


@pytest.mark.parametrize("package", ["encoding/xml", "crypto/tls"])
def test_decisions_are_those_of_the_whole(package: str, toolchain: Toolchain, tmp_path: Path) -> None:
    lab = Lab(toolchain, Path(toolchain.goroot) / "src" / package, tmp_path)
    compared = failed = 0
    for path, one in list(lab.functions())[::12]:
        inputs, excerpt = lab.changed(path, one)
        if excerpt is None:
            continue  # It may call most of the package.
        decisions = lab.decisions(excerpt.replay, excerpt)
        if decisions is None:
            # A variable has the name of an import, say, or imported code calls a method that nothing mentions.
            failed += 1
            continue
        whole = lab.decisions(Replay(inputs.unit, inputs.snapshot.overlays), excerpt)
        # In the whole there may be more: callers make copies of what they inline.
        assert whole is not None
        assert decisions <= whole, one.name
        assert len(decisions) >= len(whole) / 2, one.name
        compared += bool(decisions)
    assert compared > 3
    assert failed < compared


def test_what_changed_is_told_first(toolchain: Toolchain, tmp_path: Path) -> None:
    source = Path(toolchain.goroot) / "src/encoding/xml"
    module = write_module(tmp_path / "m", {one.name: one.read_text() for one in source.glob("*.go")})
    session = Session(Quiet(), work=str(tmp_path / "work"), store=None, jobs=2)
    folder = session.add_folder(str(module), BuildConfig(), tests=False)
    tools = folder.tools()
    assert not isinstance(tools, ToolchainMissing)
    lab = Lab(toolchain, module, tmp_path)
    texts = Texts()

    def analyse() -> list[str]:
        told: list[str] = []
        inputs = Inputs(lab.unit, texts.snapshot(lab.unit.files), graph=lab.graph)
        done = tools.analysis.run(
            inputs, CancelToken(), lambda files: told.extend(hint.site.function for one in files for hint in one.hints)
        )
        assert isinstance(done, Analysed)
        tools.analysis.remember(inputs)
        return told

    assert "fresh" not in analyse()
    path = module / "xml.go"
    path.write_text(path.read_text() + "\nfunc fresh() *int { x := 1; return &x }\n")
    told = analyse()
    assert told[0] == "fresh"
    assert told.count("fresh") > 1, "the compile of the whole tells of it again"
    session.finish()
