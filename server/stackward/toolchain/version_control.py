"""Whether changes of a file could be lost: what git, and the locks of editors, say about it."""

from __future__ import annotations

import os
from collections.abc import Iterable

from stackward.toolchain.process import DidNotRun, run

_GIT_SECONDS = 30.0


def unsafe_to_change(paths: Iterable[str]) -> dict[str, str]:
    """The files that should not be written to, and why: uncommitted or unsaved changes.

    A file outside of a git repository, or where there is no git, is fine.
    """
    found: dict[str, str] = {}
    folders: dict[str, list[str]] = {}
    for path in paths:
        folders.setdefault(os.path.dirname(path), []).append(path)
    for folder, own in folders.items():
        for path in own:
            # Emacs makes this link while a buffer differs from its file.
            if os.path.islink(os.path.join(folder, ".#" + os.path.basename(path))):
                found[path] = "it has unsaved changes in an editor"
        changed = _uncommitted(folder, own)
        found.update({path: "it has uncommitted changes" for path in changed if path not in found})
    return found


def _uncommitted(folder: str, paths: list[str]) -> list[str]:
    names = [os.path.basename(path) for path in paths]
    argv = [
        "git",
        "status",
        "--porcelain",
        "-z",
        "--ignored=no",
        "--no-renames",
        "--",
        *(f":(literal){one}" for one in names),
    ]
    ran = run(argv, cwd=folder, env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"}, timeout=_GIT_SECONDS)
    if isinstance(ran, DidNotRun) or ran.code != 0:
        return []
    listed = {
        os.path.basename(entry[3:].decode("utf-8", "surrogateescape")) for entry in ran.stdout.split(b"\0") if entry
    }
    return [path for path in paths if os.path.basename(path) in listed]
