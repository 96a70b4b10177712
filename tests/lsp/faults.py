"""Faults to put a server into: commands that hang or go wrong when told to, and disks that are full or read-only."""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from editor import Editor
from rawclient import PATIENCE

from stackward.toolchain.discovery import Toolchain

Start: TypeAlias = Callable[..., Editor]

# Each of these allocates, whatever becomes of the result.
TEXT = "package p\n\nfunc New() *int { n := 1; return &n }\n"
MORE = TEXT + "\nfunc More() *int { m := 2; return &m }\n"
NEW = (2, 18, 19, "address-returned")
BOTH = {NEW, (4, 19, 20, "address-returned")}


@contextlib.contextmanager
def editors() -> Iterator[Start]:
    """Starts editors, and ends them with the block."""
    made: list[Editor] = []

    def make(root: Path, **how: Any) -> Editor:
        editor = Editor(root, **how)
        made.append(editor)
        return editor

    try:
        yield make
    finally:
        for editor in made:
            editor.end()


def at_last(editor: Editor, holds: Callable[[], bool]) -> None:
    """Wait until it holds, which it may do already."""
    if not holds():
        editor.until(lambda _: holds())


def next_save(editor: Editor, uri: str, name: str = "p.go") -> None:
    """The next good save gives right hints. What was under way before it may come to its end first."""
    editor.save(name, MORE)
    at_last(editor, lambda: editor.statuses[-1]["state"] == "idle" and editor.hints(uri) == BOTH)


class Faulty:
    """Stands in for a command, and goes wrong until ``repair``: it does ``fault`` where its arguments match ``when``.

    ``when`` is a pattern of the shell's ``case`` for the arguments, with a space before and after each. A ``fault``
    that writes to descriptor 9, as the usual one does, can be waited for: that it began, and that it was ended.
    """

    def __init__(self, path: Path, command: str, when: str = "*", fault: str = "echo >&9; exec sleep 3600") -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._switch = path.with_name(f"{path.name}.is-faulty")
        self._switch.touch()
        fifo = path.with_name(f"{path.name}.fifo")
        os.mkfifo(fifo)
        # Open for writing too, so that it is not at its end before the first writer.
        self._both = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        self._reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        path.write_text(
            "#!/bin/sh\n"
            f"if [ -e '{self._switch}' ]; then\n"
            f"  case \" $* \" in {when}) exec 9> '{fifo}'; {fault};; esac\n"
            "fi\n"
            f"exec '{command}' \"$@\"\n",
            encoding="utf-8",
        )
        path.chmod(0o755)

    def wait_until_it_hangs(self) -> None:
        assert select.select([self._reader], [], [], PATIENCE)[0], f"{self.path.name} was not called"

    def wait_until_it_is_ended(self) -> None:
        """Wait until nothing that hangs is left: who hangs holds the pipe open."""
        os.close(self._both)
        self._both = -1
        while True:
            assert select.select([self._reader], [], [], PATIENCE)[0], f"{self.path.name} still hangs"
            if not os.read(self._reader, 1 << 10):
                return

    def repair(self) -> None:
        self._switch.unlink()

    def damage(self) -> None:
        """Have it go wrong again."""
        self._switch.touch()

    def close(self) -> None:
        for descriptor in (self._both, self._reader):
            if descriptor >= 0:
                os.close(descriptor)


def goroot_without_compiler(folder: Path, toolchain: Toolchain) -> Path:
    """Make ``folder`` a GOROOT that is all links into the real one; gives the path where the compiler is left out."""
    real = Path(toolchain.goroot)
    compiler = Path(toolchain.compile).relative_to(real)
    for own in compiler.parents:  # From the innermost up to the root itself.
        (folder / own).mkdir(parents=True, exist_ok=True)
        for entry in (real / own).iterdir():
            inner = entry.relative_to(real)
            if inner != compiler and inner not in compiler.parents:
                (folder / inner).symlink_to(entry)
    return folder / compiler


def with_mounts(*commands: str) -> list[str] | None:
    """What to put before a command so that it alone sees these mounts; None where the system allows nobody to."""
    if shutil.which("unshare") is None:
        return None
    root = () if os.geteuid() == 0 else ("--map-root-user",)
    prefix = ["unshare", *root, "--mount", "sh", "-c", " && ".join([*commands, 'exec "$@"']), "sh"]
    return prefix if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0 else None


def read_only(folder: Path) -> list[str]:
    """Commands for ``with_mounts``."""
    quoted = shlex.quote(str(folder))
    return [f"mount --bind {quoted} {quoted}", f"mount -o remount,bind,ro {quoted}"]


def small_disk(folder: Path, kibibytes: int) -> list[str]:
    """Commands for ``with_mounts``: a disk at ``folder`` with room for so much."""
    return [f"mount -t tmpfs -o size={kibibytes}k none {shlex.quote(str(folder))}"]
