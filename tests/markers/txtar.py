"""The txtar format: several text files in one, to be read and edited as one.

An archive is a comment, then files. A file begins behind a line ``-- NAME --`` and goes up to the next such line; the
last line of a file always ends with a newline. No text is malformed. See ``golang.org/x/tools/txtar``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADER = re.compile(r"^-- +(\S(?:.*\S)?) +--\r?(?:\n|\Z)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class File:
    """A file; ``line`` is the 0-based line of the archive at which its text begins."""

    name: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Archive:
    """A comment and files in their order. Two files may have the same name."""

    comment: str
    files: tuple[File, ...]


def read(text: str) -> Archive:
    """The archive that ``text`` is."""
    headers = list(_HEADER.finditer(text))
    ends = [*(header.start() for header in headers), len(text)]
    files = tuple(
        File(header[1], _ended(text[header.end() : end]), text.count("\n", 0, header.end()))
        for header, end in zip(headers, ends[1:], strict=True)
    )
    return Archive(_ended(text[: ends[0]]), files)


def write(archive: Archive) -> str:
    """The text of an archive: what ``read`` makes the same archive of, where no text holds a line like a header."""
    return archive.comment + "".join(f"-- {file.name} --\n{file.text}" for file in archive.files)


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"
