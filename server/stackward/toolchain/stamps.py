"""Whether a recipe still holds: stamps of module files, the names in a folder, and the headers of Go files.

Stamps are cheap enough to look at on every save.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from stackward.toolchain.unit import Recorded, Stamp

_SOURCES = (".go", ".s", ".S", ".h", ".c", ".cc", ".cpp", ".cxx", ".m", ".f", ".F", ".syso", ".swig")
_TOKEN = re.compile(
    rb"(?P<space>[ \t\r\n;]+)|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<word>[^\W\d]\w*)"
    rb'|(?P<string>"[^"\n]*"|`[^`]*`)|(?P<mark>[().])',
    re.DOTALL,
)
_EMBED = re.compile(rb"^//go:embed[^\n]*", re.MULTILINE)


def header(text: bytes) -> bytes:
    """The part of a Go file that decides what is compiled, in a normal form.

    Package clause, imports and build constraints; all comments before ``import "C"``, which hold ``#cgo`` lines; and
    ``//go:embed``.
    """
    kept: list[bytes] = []
    comments: list[bytes] = []
    at = 0
    depth = 0
    in_import = False
    while (match := _TOKEN.match(text, at)) is not None:
        at = match.end()
        kind, token = match.lastgroup, match[0]
        if kind == "comment":
            comments.append(token)
            if token.startswith((b"//go:build", b"// +build", b"//+build")):
                kept.append(token)
        elif (
            kind == "word"
            and depth == 0
            and token not in {b"package", b"import"}
            and not in_import
            and b"package" in kept
        ):
            if kept and kept[-1] == b"package":
                kept.append(token)
                continue
            break
        elif kind != "space":
            in_import = token == b"import" or (in_import and kind != "string") or depth > 0
            depth += (token == b"(") - (token == b")")
            in_import = in_import and not (token == b")" and depth == 0)
            kept.append(token)
    if b'"C"' in kept:
        kept += comments
    return b"\n".join([*kept, *_EMBED.findall(text)])


def stamps(paths: Iterable[str]) -> Iterator[Stamp]:
    """The stamps of files as they are."""
    for path in sorted(set(paths)):
        yield _stamp(path)


def listings(folders: Iterable[str]) -> Iterator[tuple[str, str]]:
    """For each folder a digest of the names of the source files in it."""
    for folder in sorted(folders):
        yield folder, _listing(folder)


def headers(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """For each Go file the digest of its header."""
    for path in sorted(set(paths)):
        try:
            yield path, header_digest(Path(path).read_bytes())
        except OSError:
            yield path, ""


def header_digest(text: bytes) -> str:
    """The digest of ``header(text)``."""
    return hashlib.blake2b(header(text), digest_size=12).hexdigest()


def stale(recorded: Recorded) -> str:
    """Why a recipe does not hold any more, apart from the headers of its Go files; empty if it does."""
    for stamp in recorded.stamps:
        if _stamp(stamp.path) != stamp:
            return f"{os.path.basename(stamp.path)} changed"
    for folder, names in recorded.listings:
        if _listing(folder) != names:
            return "files were added or removed"
    for unit in recorded.units:
        for name, archive in unit.imports:
            if not os.path.exists(archive):
                return f"the export data of {name} is gone from the build cache"
    return ""


def imports_changed(recorded: Recorded, *, own: bool = False) -> bool:
    """Whether the source of an imported package is not what its export data was built from.

    ``own`` counts the package itself, which its external test imports.
    """
    return any(_stamp(stamp.path) != stamp for stamp in (*recorded.local, *(recorded.own if own else ())))


def _stamp(path: str) -> Stamp:
    try:
        stat = os.stat(path)
    except OSError:
        return Stamp(path, 0, -1)
    return Stamp(path, stat.st_mtime_ns, stat.st_size)


def _listing(folder: str) -> str:
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(_SOURCES) and not name.startswith("."))
    except OSError:
        names = []
    return hashlib.blake2b("\0".join(names).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
