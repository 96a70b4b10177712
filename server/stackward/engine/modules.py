"""Which modules there are in a folder: the go command looks at one at a time, and at a workspace only from within."""

from __future__ import annotations

import os

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


def _in_module(folder: str) -> bool:
    while not os.path.isfile(os.path.join(folder, "go.mod")):
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return False
    return True
