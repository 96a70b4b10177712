"""A runtime that records every allocation, through ``-overlay``: nothing is written into the toolchain.

``-memprofilerate=1`` alone leaves four gaps. Package initialisation comes before the flag is read. A tiny object
(under 16 bytes, no pointers) is sampled only when it opens a new block, so a line may allocate all day without being
seen. The profile leaves the runtime's own frames out, so that a blocked channel operation looks like an allocation of
its line. And it knows one file per function name, so that of the initialisation of a package, which is one function of
many files, all lines are put down to one of them. Changes of single lines close these gaps. The code of the tests and of
the packages is compiled from the very same text by the very same compiler.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class _Edit:
    files: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: str


_EDITS = (
    # No tiny object shares a block: each is an allocation of its own.
    _Edit(
        ("runtime/malloc.go", "runtime/malloc_generated.go"),
        re.compile(r"if (off\+(?:const)?size <= maxTinySize && c\.tiny != 0) \{"),
        r"if false && \1 {",
    ),
    # Every allocation, from the first one.
    _Edit(("runtime/mprof.go",), re.compile(r"var MemProfileRate int = 512 \* 1024\b"), "var MemProfileRate int = 1"),
    # Up to Go 1.25 the recorder skips the entry points of the allocator by counting frames.
    _Edit(
        ("runtime/mprof.go",),
        re.compile(r"nstk := callers\([345], (mp\.profStack\[:debug\.profstackdepth(?:\+2)?\])\)"),
        r"nstk := callers(3, \1)",
    ),
    # A function is its name and file.
    _Edit(("runtime/pprof/proto.go",), re.compile(r"b\.funcs\[funcName\]"), "b.funcs[funcName+frame.File]"),
    # The runtime's frames stay.
    _Edit(("runtime/pprof/protomem.go",), re.compile(r"hideRuntime := true\b"), "hideRuntime := false"),
)


class UnknownRuntimeError(Exception):
    """The runtime of this release is not the one that the edits were written for."""


def overlay(goroot: Path, folder: Path) -> Path:
    """Writes the changed files and the ``-overlay`` file that names them into ``folder``; returns the latter.

    Raises:
        UnknownRuntimeError: if an edit finds nothing to change: then the profile would not hold what it seems to.
    """
    texts: dict[str, str] = {}
    for edit in _EDITS:
        done = 0
        for name in edit.files:
            path = goroot / "src" / name
            if not path.exists():  # Generated entry points came with Go 1.26.
                continue
            text = texts.get(name, path.read_text(encoding="utf-8"))
            texts[name], changes = edit.pattern.subn(edit.replacement, text)
            done += changes
        if not done:
            raise UnknownRuntimeError(f"nothing matches {edit.pattern.pattern} in {', '.join(edit.files)} of {goroot}")
    folder.mkdir(parents=True, exist_ok=True)
    replaced = {}
    for name, text in texts.items():
        changed = folder / name.replace("/", "_")
        changed.write_text(text, encoding="utf-8")
        replaced[str(goroot / "src" / name)] = str(changed)
    path = folder / "overlay.json"
    path.write_text(json.dumps({"Replace": replaced}), encoding="utf-8")
    return path


def digest() -> str:
    """Changes whenever what is recorded does."""
    return hashlib.sha256(repr(_EDITS).encode()).hexdigest()[:12]
