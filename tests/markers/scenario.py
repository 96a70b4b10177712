"""A marker test as data: an archive's flags, its files, and the steps that follow.

The comment of an archive says what it shows, and may have lines of flags:

- ``-encoding NAME …``: the position encodings to play it in, each by itself (``utf-16``);
- ``-settings JSON``: the client's settings;
- ``-pull``: the client pulls diagnostics;
- ``-env NAME=VALUE …``: the server's environment;
- ``-go 1.N``: the first release of Go for which it holds, ``-until 1.N``: the last one;
- ``-cc``: it needs a C compiler.

A file ``default.pgo`` is a table of calls, see ``pprof``.

Files with markers are opened in their order. Then each section named ``edit:FILE``, ``save:FILE`` or ``write:FILE`` is
a step: the text is typed, typed and saved, or written by somebody else. What its markers expect takes the place of what
was expected of the file. A section ``see:FILE`` behind a step is the text that another file has anyway, with what is
expected of it from this step on.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import txtar

import markers

CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


class Do(enum.Enum):
    EDIT = "edit"
    SAVE = "save"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Flags:
    encodings: tuple[str, ...] = ("utf-16",)
    settings: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    minor: int = 0
    until: int = 1000
    pull: bool = False
    compiler: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """``seen`` are the other files of which something else is expected now."""

    do: Do
    name: str
    source: markers.Source
    seen: Mapping[str, markers.Source]


@dataclass(frozen=True, slots=True)
class Scenario:
    flags: Flags
    files: Mapping[str, markers.Source]
    steps: tuple[Step, ...]

    @property
    def opened(self) -> list[str]:
        """The files that an editor has open."""
        touched = {step.name for step in self.steps if step.do is not Do.WRITE}
        return [name for name, source in self.files.items() if source.expected or name in touched]

    @property
    def patient(self) -> bool:
        """Whether packages that are not the saved one are analysed in the background."""
        return any(step.seen for step in self.steps)

    def expectations(self) -> list[markers.Expectation]:
        """All expectations, of all steps."""
        sources = [*self.files.values()]
        for step in self.steps:
            sources += [step.source, *step.seen.values()]
        return [one for source in sources for one in source.expected]


class ArchiveError(Exception):
    """An archive that cannot be played; says why."""


def read(text: str) -> Scenario:
    """The scenario in an archive; raises ``ArchiveError`` or ``markers.MarkerError``."""
    archive = txtar.read(text)
    files: dict[str, markers.Source] = {}
    steps: list[Step] = []
    for file in archive.files:
        verb, colon, name = file.name.partition(":")
        source = _source(name if colon else file.name, file)
        if not colon:
            if steps or file.name in files:
                raise ArchiveError(f"{file.name}: files stand once, and before the first step")
            files[file.name] = source
        elif verb == "see":
            if not steps or files.get(name) is None:
                raise ArchiveError(f"{file.name}: it has to stand behind a step, and the file has to be there")
            if source.text != _current(name, files, steps):
                raise ArchiveError(f"{file.name}: the text is not the one that the file has")
            last = steps.pop()
            steps.append(Step(last.do, last.name, last.source, {**last.seen, name: source}))
        elif verb in {one.value for one in Do}:
            steps.append(Step(Do(verb), name, source, {}))
            if steps[-1].do is not Do.WRITE and name not in files:
                raise ArchiveError(f"{file.name}: there is no such file to be open")
        else:
            raise ArchiveError(f"{file.name}: no step is called {verb!r}")
    if not files:
        raise ArchiveError("there are no files")
    return Scenario(_flags(archive.comment), files, tuple(steps))


def _source(name: str, file: txtar.File) -> markers.Source:
    return markers.read(file.text, name) if name.endswith(".go") else markers.Source(file.text)


def _current(name: str, files: Mapping[str, markers.Source], steps: list[Step]) -> str:
    return next((step.source.text for step in reversed(steps) if step.name == name), files[name].text)


def _flags(comment: str) -> Flags:
    found: dict[str, Any] = {}
    for line in comment.splitlines():
        if not line.startswith("-"):
            continue
        flag, _, value = line.strip().partition(" ")
        words = value.split()
        match flag, len(words):
            case "-encoding", count if count and CODECS.keys() >= set(words):
                found["encodings"] = tuple(words)
            case "-settings", count if count:
                found["settings"] = json.loads(value)
            case "-env", count if count and all("=" in word for word in words):
                found["env"] = dict(word.split("=", 1) for word in words)
            case "-go", 1 if value.startswith("1.") and value[2:].isdigit():
                found["minor"] = int(value[2:])
            case "-until", 1 if value.startswith("1.") and value[2:].isdigit():
                found["until"] = int(value[2:])
            case "-pull", 0:
                found["pull"] = True
            case "-cc", 0:
                found["compiler"] = True
            case _:
                raise ArchiveError(f"no such flag: {line}")
    return Flags(**found)
