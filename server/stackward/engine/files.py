"""Writing to the user's files: whole or not at all, and only over what was read."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path


def replace_text(path: str, before: bytes, after: bytes) -> str:
    """Write a file anew if it still says ``before``; gives why that was not done, empty if it was.

    The text goes to a file beside it, which takes its place with its permissions. Of a symbolic link the file that it
    leads to is changed.
    """
    target = os.path.realpath(path)
    try:
        if Path(target).read_bytes() != before:
            return "it has changed in the meantime"
        handle, partial = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".stackward-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(after)
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(target, partial)
            os.replace(partial, target)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(partial)
            raise
    except OSError as error:
        return error.strerror or str(error)
    return ""
