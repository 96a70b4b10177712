"""Which modules there are in a folder: the go command looks at one at a time, and at a workspace only from within.

And whose code a folder holds: some of what a module imports is nobody's to change.
"""

from __future__ import annotations

import os

from stackward.toolchain.discovery import Toolchain

_SKIPPED = frozenset({"node_modules", "testdata", "vendor"})


def modules(root: str) -> list[str]:
    """The folders from which all packages in ``root`` are seen: itself if it is in a module, and modules below it.

    Where there is none it is ``root`` alone: the go command says what is missing.
    """
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and name[0] not in "._")
        if "go.mod" in files or (folder == root and _in_module(root)):
            found.append(folder)
    return found or [root]


def within(directory: str, root: str) -> bool:
    """Whether a folder is ``root`` or lies below it."""
    return directory == root or directory.startswith(root.rstrip(os.sep) + os.sep)


def foreign(directory: str, root: str, toolchain: Toolchain) -> str:
    """Why the code of a folder is not to be changed by who works in ``root``; empty if it is.

    Whoever opens such a folder itself means to.
    """
    directory, root = os.path.realpath(directory), os.path.realpath(root)
    for around, why in (
        (toolchain.goroot, "it is part of the Go installation"),
        (toolchain.gomodcache, "it lies in the module cache"),
        (_vendor(directory), "it lies in a vendor folder"),
    ):
        real = os.path.realpath(around) if around else ""
        if real and within(directory, real):
            return "" if within(root, real) else why
    return ""


def _vendor(directory: str) -> str:
    """The vendor folder around a folder; empty if there is none."""
    parts = directory.split(os.sep)
    return os.sep.join(parts[: parts.index("vendor") + 1]) if "vendor" in parts else ""


def _in_module(folder: str) -> bool:
    while not os.path.isfile(os.path.join(folder, "go.mod")):
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return False
    return True
