"""What is told while the compiler still runs, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gomodule import Quiet, write_module
from stackward.engine.analysis import Analysed
from stackward.engine.folder import Tools
from stackward.engine.inputs import Inputs
from stackward.engine.results import FileResult
from stackward.engine.session import Session
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken
from stackward.toolchain.unit import Recorded

_FUNCTIONS = "".join(f"\nfunc New{number}() *int {{\n\tn := {number}\n\treturn &n\n}}\n" for number in range(30))


def test_functions_that_changed_come_first_and_the_others_too(tmp_path: Path) -> None:
    root = tmp_path / "m"
    path = str(root / "p.go")
    before = f"package p\n{_FUNCTIONS}"
    write_module(root, {"p.go": before})
    session = Session(Quiet(), work=str(tmp_path / "work"), jobs=2)
    tools = session.add_folder(str(root), BuildConfig()).tools()
    assert isinstance(tools, Tools)
    recorded = tools.recorder.record(str(root))
    assert isinstance(recorded, Recorded)

    def analysed(text: str) -> list[list[str]]:
        """The functions of the hints of each telling."""
        told: list[list[str]] = []

        def tell(files: Sequence[FileResult]) -> None:
            told.append([hint.site.function for file in files for hint in file.hints])

        session.texts.open(path, text.encode())
        snapshot = session.texts.snapshot(recorded.units[0].files)
        inputs = Inputs(recorded.units[0], snapshot, {}, tools.environment, recorded.graph)
        assert isinstance(tools.analysis.run(inputs, CancelToken(), tell), Analysed)
        tools.analysis.remember(inputs)
        return told

    names = {f"New{number}" for number in range(30)}
    assert set().union(*analysed(before)) == names
    # The compiler comes to it first, so that no pause in its log is a time for others.
    told = analysed(before.replace("n := 0\n", "n := 50\n"))
    session.finish()
    assert told[0] == ["New0"]
    assert set().union(*told) == names
