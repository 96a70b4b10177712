"""Child processes that behave, hang, flood, outlive their parents or cannot be started."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stackward.toolchain.process import CancelToken, DidNotRun, Ran, kill, run, start

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the children are sh scripts")

_STUCK = 30.0  # Seconds after which a test that waits for an event has failed.
_FOREVER = "sleep 1000"


@pytest.fixture
def sh(tmp_path: Path) -> Callable[..., Ran | DidNotRun]:
    """Runs a script with the test's folder as working directory."""

    def runner(
        script: str, timeout: float = _STUCK, cancel: CancelToken | None = None, limit: int = 1 << 22
    ) -> Ran | DidNotRun:
        argv = ["/bin/sh", "-c", script]
        return run(argv, cwd=str(tmp_path), env=os.environ, timeout=timeout, cancel=cancel, limit=limit)

    return runner


class Witness:
    """A FIFO that children hold open for writing: it ends when the last of them is gone."""

    def __init__(self, folder: Path) -> None:
        os.mkfifo(folder / "witness")
        self._fifo = os.open(folder / "witness", os.O_RDONLY | os.O_NONBLOCK)

    def wait_until_started(self) -> None:
        assert self._is_ready()
        assert os.read(self._fifo, 1) == b"x"

    def wait_until_gone(self) -> None:
        while self._read_if_alive():
            assert self._is_ready()
        os.close(self._fifo)

    def _is_ready(self) -> bool:
        return bool(select.select([self._fifo], [], [], _STUCK)[0])

    def _read_if_alive(self) -> bool:
        try:
            return os.read(self._fifo, 100) != b""
        except BlockingIOError:
            return True


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path)


def test_output_and_exit_code(sh: Callable[..., Ran]) -> None:
    assert sh("echo out; echo err >&2; exit 3") == Ran(3, b"out\n", b"err\n")


def test_the_code_of_a_signal_is_negative(sh: Callable[..., Ran]) -> None:
    assert sh("kill -9 $$").code == -9


def test_folder_and_its_name_in_the_environment(sh: Callable[..., Ran], tmp_path: Path) -> None:
    assert sh('pwd; echo "$PWD"').stdout.decode().split() == [str(tmp_path)] * 2


def test_standard_input_is_empty(sh: Callable[..., Ran]) -> None:
    assert sh("cat; echo end").stdout == b"end\n"


def test_full_pipes_do_not_block(sh: Callable[..., Ran]) -> None:
    ran = sh("head -c 1000000 /dev/zero >&2; head -c 1000000 /dev/zero")
    assert (ran.code, len(ran.stdout), len(ran.stderr)) == (0, 1_000_000, 1_000_000)


def test_standard_error_can_join_standard_output(tmp_path: Path) -> None:
    argv = ["/bin/sh", "-c", "echo out; echo err >&2"]
    process = start(argv, cwd=str(tmp_path), env=os.environ, stderr_to_stdout=True)
    assert not isinstance(process, DidNotRun)
    assert process.communicate(timeout=_STUCK)[0] == b"out\nerr\n"


@pytest.mark.parametrize(
    ("program", "folder", "reason"),
    [
        ("/no/such/go", "/", "cannot start /no/such/go: No such file or directory"),
        ("/bin/sh", "/no/such/folder", "cannot start /bin/sh in /no/such/folder: No such file or directory"),
        ("/etc/passwd", "/", "cannot start /etc/passwd: Permission denied"),
        ("/bin/s\0h", "/", "cannot start /bin/s\0h: embedded null byte"),
    ],
)
def test_what_cannot_be_started_says_why(program: str, folder: str, reason: str) -> None:
    assert run([program], cwd=folder, env={}) == DidNotRun(reason)


def test_what_hangs_is_stopped_with_its_children(sh: Callable[..., DidNotRun], witness: Witness) -> None:
    stopped = sh(f"exec 3>witness; echo x >&3; {_FOREVER} & {_FOREVER}", timeout=0.2)
    assert stopped.reason == "/bin/sh -c did not end within 0.2 s and was stopped"
    witness.wait_until_gone()


def test_a_child_that_outlives_its_parent_is_stopped_too(sh: Callable[..., DidNotRun], witness: Witness) -> None:
    stopped = sh(f"exec 3>witness; echo x >&3; {_FOREVER} & exit 0", timeout=0.2)
    assert "did not end within" in stopped.reason
    witness.wait_until_gone()


def test_a_descendant_outside_the_group_holds_nobody_up(
    sh: Callable[..., object], witness: Witness, tmp_path: Path
) -> None:
    leave = "import os; os.setsid(); out = open('witness', 'w'); out.write('x'); out.flush(); open('release').read()"
    (tmp_path / "leave.py").write_text(leave)
    os.mkfifo(tmp_path / "release")
    token = CancelToken()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(sh, f"{sys.executable} leave.py & {_FOREVER}", timeout=2 * _STUCK, cancel=token)
        witness.wait_until_started()
        token.cancel()
        try:
            running.result(_STUCK)
        finally:
            (tmp_path / "release").write_text("end")
    witness.wait_until_gone()


def test_what_closes_its_output_and_goes_on_is_stopped(sh: Callable[..., DidNotRun], witness: Witness) -> None:
    stopped = sh(f"exec 3>witness; echo x >&3; exec >&- 2>&-; {_FOREVER}", timeout=0.2)
    assert "did not end within" in stopped.reason
    witness.wait_until_gone()


def test_what_floods_is_stopped(sh: Callable[..., DidNotRun]) -> None:
    assert sh("yes", limit=100_000) == DidNotRun("/bin/sh -c printed more than 100,000 bytes and was stopped")
    assert "printed more than" in sh("yes >&2", limit=100_000).reason


def test_the_limit_itself_may_be_printed(sh: Callable[..., Ran]) -> None:
    assert len(sh("head -c 1000 /dev/zero", limit=1000).stdout) == 1000


def test_cancelling_ends_the_process_and_its_children(sh: Callable[..., Ran], witness: Witness) -> None:
    token = CancelToken()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(sh, f"exec 3>witness; echo x >&3; {_FOREVER} & {_FOREVER}", cancel=token)
        witness.wait_until_started()
        token.cancel()
        assert running.result(_STUCK).code == -9
    witness.wait_until_gone()


def test_cancelling_ends_what_has_closed_its_output(sh: Callable[..., object], witness: Witness) -> None:
    token = CancelToken()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(sh, f"exec >&- 2>&- 3>witness; echo x >&3; {_FOREVER}", timeout=2 * _STUCK, cancel=token)
        witness.wait_until_started()
        token.cancel()
        running.result(_STUCK)
    witness.wait_until_gone()


def test_work_that_is_cancelled_already_is_ended_at_once(sh: Callable[..., Ran]) -> None:
    token = CancelToken()
    token.cancel()
    assert sh(_FOREVER, cancel=token).code == -9


def test_killing_what_has_ended_is_fine(tmp_path: Path) -> None:
    process = start(["/bin/sh", "-c", "exit 4"], cwd=str(tmp_path), env=os.environ)
    assert not isinstance(process, DidNotRun)
    process.communicate(timeout=_STUCK)
    kill(process)
    assert process.returncode == 4


def test_callbacks_run_once_and_only_while_their_block_does() -> None:
    token = CancelToken()
    called: list[str] = []
    with token.calling(lambda: called.append("over")):
        pass
    with token.calling(lambda: called.append("outer")), token.calling(lambda: called.append("inner")):
        token.cancel()
        token.cancel()
        assert sorted(called) == ["inner", "outer"]
    assert token.cancelled
    with token.calling(lambda: called.append("late")):
        assert called[-1] == "late"
    assert len(called) == 3
