"""The texts of export data that was built while they were on no disk: under which names it has them, and what they say.

Export data says where the code stands that importers inline. A text that was laid over a file is compiled from a
temporary one, whose name would be gone before anybody looks. So the compiler is told to record the file's own name
(``trimpath``); and the text is kept beside the archive, since the lines are not those of the disk.
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Mapping
from pathlib import Path

_READ = 64  # Archives whose texts are remembered: there is one for each package that differs from the disk.


def trimpath(names: Mapping[str, str]) -> list[str]:
    """The flags with which the compiler records some files under other names.

    Its list of prefixes knows no quoting, so a file with ``;`` or ``=>`` in its name is recorded as it is.
    """
    rewrites = [f"{name}=>{path}" for name, path in names.items() if _plain(name) and _plain(path)]
    return ["-trimpath", ";".join(rewrites)] if rewrites else []


def keep(archive: str, names: Mapping[str, str], texts: Mapping[str, bytes], work: str) -> None:
    """Keep ``texts`` (by their paths) beside an archive that is about to be put there; written in ``work`` first.

    ``names`` says which names they were compiled under. Raises ``OSError``.
    """
    recorded = {path if _plain(name) and _plain(path) else name: texts[path] for name, path in names.items()}
    content = {name: text.decode("utf-8", "surrogateescape") for name, text in recorded.items()}
    partial = Path(work, "texts")
    partial.write_text(json.dumps(content), encoding="utf-8")
    partial.replace(_beside(archive))


@functools.lru_cache(maxsize=_READ)
def texts_of(archive: str) -> Mapping[str, bytes]:
    """What an archive of ``Compiler.build`` was compiled from that was on no disk, by the names that it records.

    The name of an archive is a digest of what is in it, so that the texts of one never change.
    """
    with contextlib.suppress(OSError, ValueError):
        content = json.loads(Path(_beside(archive)).read_bytes())
        return {name: text.encode("utf-8", "surrogateescape") for name, text in content.items()}
    return {}  # Where somebody removed it the disk speaks, which is right for all that was saved since.


def _beside(archive: str) -> str:
    return f"{archive}.texts"


def _plain(name: str) -> bool:
    return ";" not in name and "=>" not in name


__all__ = ["keep", "texts_of", "trimpath"]
