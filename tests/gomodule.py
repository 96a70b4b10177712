"""Go modules on disk, analysed by the real compiler through the engine's own façade."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from stackward.engine.check import Place, check
from stackward.engine.results import CheckReport, Status
from stackward.engine.session import Session
from stackward.engine.store import Store
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken


class Quiet:
    """A listener that nobody listens to."""

    def hints_changed(self, paths: Sequence[str]) -> None: ...

    def status_changed(self, status: Status) -> None: ...

    def progress(self, text: str, done: int, total: int) -> None: ...


def write_module(root: Path, files: Mapping[str, str], path: str = "example.com/m") -> Path:
    """A Go module with these files, dedented."""
    root.mkdir(parents=True, exist_ok=True)
    if "go.mod" not in files:
        (root / "go.mod").write_text(f"module {path}\n\ngo 1.23\n", encoding="utf-8")
    for name, text in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return root


def run_check(
    root: Path,
    *patterns: str,
    config: BuildConfig | None = None,
    store: Store | None = None,
    tests: bool = True,
    work: Path | None = None,
) -> CheckReport:
    """What ``stackward check`` finds; a failure of the whole is an error of the test."""
    session = Session(Quiet(), work=str(work or root.parent / "work"), store=store, jobs=2)
    folder = session.add_folder(str(root), config or BuildConfig(), tests=tests)
    outcome = check(
        session,
        [Place(folder, str(root), patterns or ("./...",))],
        parallel=2,
        progress=lambda *_: None,
        cancel=CancelToken(),
    )
    session.finish()
    assert isinstance(outcome, CheckReport), outcome
    return outcome


def vendored(text: str) -> dict[str, str]:
    """The files of a module that imports a package ``example.com/v`` with this text from its vendor folder."""
    return {
        "go.mod": "module example.com/m\n\ngo 1.23\n\nrequire example.com/v v1.0.0\n",
        "m.go": 'package m\n\nimport _ "example.com/v"\n',
        "vendor/modules.txt": "# example.com/v v1.0.0\n## explicit; go 1.23\nexample.com/v\n",
        "vendor/example.com/v/v.go": text,
    }
