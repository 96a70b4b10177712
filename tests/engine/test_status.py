"""What a session says that it is doing: the last that its listener is told is always what is so."""

from __future__ import annotations

import shutil
from collections.abc import Hashable, Iterator
from pathlib import Path

import pytest

from gomodule import Quiet, write_module
from stackward.engine.results import State, Status
from stackward.engine.scheduler import Job, Priority, Scheduler
from stackward.engine.session import Session
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken


class Told(Quiet):
    """Keeps the states that it is told of."""

    def __init__(self) -> None:
        self.states: list[State] = []

    def status_changed(self, status: Status) -> None:
        self.states.append(status.state)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def session(tmp_path: Path, told: Told) -> Iterator[Session]:
    root = write_module(tmp_path / "m", {"p.go": "package p\n\nfunc New(a int) *int { return &a }\n"})
    session = Session(told, work=str(tmp_path / "work"), jobs=1)
    session.add_folder(str(root), BuildConfig())
    yield session
    session.shutdown()


def open_in(session: Session, path: Path) -> None:
    session.open(str(path), path.read_bytes())


def test_a_worker_that_is_done_before_its_work_was_told_of(
    session: Session, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_once(_: Scheduler, key: Hashable, _priority: Priority, job: Job, *_after: frozenset[Hashable]) -> None:
        if key == str(tmp_path / "m"):
            job(CancelToken())

    monkeypatch.setattr(Scheduler, "submit", at_once)
    open_in(session, tmp_path / "m" / "p.go")
    assert told.states == [State.ANALYSING, State.IDLE]


def test_a_package_that_goes_while_it_is_analysed(
    session: Session, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scheduler, "submit", lambda *_: None)  # It never ends.
    path = tmp_path / "m" / "p.go"
    open_in(session, path)
    shutil.rmtree(path.parent)
    session.changed([str(path)])
    assert told.states == [State.ANALYSING, State.IDLE]
