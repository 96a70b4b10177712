"""The compile commands in a dry run, made fit to be replayed when the build's temporary folder is long gone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stackward.core.outcome import BuildError
from stackward.toolchain.caches import kept, scratch
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.dryrun import WORK, Command, DryRun
from stackward.toolchain.golist import parse_errors
from stackward.toolchain.process import DidNotRun, run

# Flags with a value that belong to one run. -trimpath only shortens the paths in export data, where it hides what is
# whose: places of inlined code would lead nowhere.
_DROPPED = frozenset({"-o", "-buildid", "-trimpath", "-importcfg", "-asmhdr", "-linkobj"})
# Flags that only make the compiler print, or that share out the cores of the machine among the commands of one build.
_PRINTING = re.compile(r"-(?:live|[mSwWE](?:=\d+)?|json=.*|c=\d+|pack)")
_CGO_SUFFIX = ".cgo1.go"


@dataclass(frozen=True, slots=True)
class Key:
    """Which package or test variant a command compiles.

    A package is printed under the same import path as its test variant, so its files tell them apart. A dependency
    that is compiled again for a test has those of the ordinary one, and the same command.
    """

    package: str
    files: frozenset[str]
    cgo: frozenset[str]
    """Names, without ``.go``, of the files that import ``"C"``."""

    @classmethod
    def of(cls, package: str, go_files: Iterable[str], cgo_files: Iterable[str]) -> Key:
        return cls(
            package, frozenset(go_files), frozenset(os.path.basename(name).removesuffix(".go") for name in cgo_files)
        )


@dataclass(frozen=True, slots=True)
class CompileLine:
    """One compile command. ``files`` are the user's own; ``flags`` may name files that ``script`` makes."""

    program: str
    flags: tuple[str, ...]
    files: tuple[str, ...]
    packagefiles: tuple[str, ...]
    importmap: tuple[tuple[str, str], ...]
    script: DryRun


def compile_lines(script: DryRun) -> dict[Key, CompileLine]:
    """All compile commands of a dry run."""
    return dict(pair for command in script.commands if (pair := _line(command, script)) is not None)


def _line(command: Command, script: DryRun) -> tuple[Key, CompileLine] | None:
    argv = command.argv
    if command.tool != "compile" or "-pack" not in argv or "-importcfg" not in argv:
        return None
    # cmd/go puts -pack, and then perhaps -asmhdr, behind all other flags.
    end = len(argv) - argv[::-1].index("-pack")
    names = argv[end + 2 :] if argv[end : end + 1] == ("-asmhdr",) else argv[end:]
    files = tuple(name for name in names if not name.startswith(WORK))
    made = (name.rsplit("/", 1)[-1] for name in names if name.startswith(WORK))
    cgo = [name.removesuffix(_CGO_SUFFIX) for name in made if name.endswith(_CGO_SUFFIX)]
    packagefiles: list[str] = []
    importmap: list[tuple[str, str]] = []
    for text in script.writes.get(argv[argv.index("-importcfg") + 1], "").splitlines():
        verb, _, rest = text.partition(" ")
        name, _, value = rest.partition("=")
        if verb == "packagefile":
            packagefiles.append(name)
        elif verb == "importmap":
            importmap.append((name, value))
    flags = tuple(_kept(argv[1:end]))
    line = CompileLine(argv[0], flags, files, tuple(packagefiles), tuple(importmap), script)
    return Key.of(command.package.split(" ", 1)[0], files, cgo), line


def _kept(flags: Iterable[str]) -> Iterator[str]:
    rest = iter(flags)
    for flag in rest:
        if flag in _DROPPED:
            next(rest, None)
        elif not _PRINTING.fullmatch(flag):
            yield flag


class Materials:
    """Makes the small inputs of compiles (``embedcfg``, ``symabis``, a profile); ``folder`` keeps them by content."""

    def __init__(self, folder: str, config: BuildConfig) -> None:
        self._folder = folder
        self._config = config
        os.makedirs(folder, exist_ok=True)

    def argv(self, line: CompileLine) -> tuple[str, ...] | BuildError:
        """The command, with inputs that last."""
        argv = [line.program]
        for flag in line.flags:
            name, equals, value = flag.partition("=")
            path = value if equals else name
            if path.startswith(WORK):
                made = self._make(path, line.script)
                if isinstance(made, BuildError):
                    return made
                flag = f"{name}={made}" if equals else made  # noqa: PLW2901
            argv.append(flag)
        return tuple(argv)

    def generated(self, files: Iterable[str]) -> tuple[str, ...]:
        """Copies of files that cgo made, out of the build cache. The compiler knows them by their names' start."""
        return tuple(self._keep(Path(file).read_bytes(), "_cgo_{}.go") for file in files)

    def _make(self, path: str, script: DryRun) -> str | BuildError:
        if path in script.writes:
            return self._keep(script.writes[path].encode("utf-8", "surrogateescape"))
        # The first one with this output: the assembler writes symabis before it assembles anything.
        command = next((one for one in script.commands if path in one.argv and one.tool != "compile"), None)
        if command is None:
            return BuildError(f"the go command did not say how it makes {path}")
        with scratch(self._folder) as work:
            here = work + os.sep
            output = path.replace(WORK, here)
            os.makedirs(os.path.dirname(output), exist_ok=True)
            below = path[: path.rindex("/") + 1]
            for name, text in script.writes.items():
                if name.startswith(below):  # go_asm.h, empty for now, which the assembler includes.
                    Path(name.replace(WORK, here)).write_bytes(text.encode("utf-8", "surrogateescape"))
            argv = [word.replace(WORK, here) for word in command.argv]
            env = {**self._config.environment(), **dict(command.env)}
            ran = run(argv, cwd=command.dir if os.path.isdir(command.dir) else work, env=env, timeout=60.0)
            if isinstance(ran, DidNotRun):
                return BuildError(ran.reason)
            if ran.code != 0 or not os.path.exists(output):
                said = parse_errors((ran.stdout + ran.stderr).decode("utf-8", "replace"), command.dir)
                return said[0] if said else BuildError(f"{command.tool} ended with exit status {ran.code}")
            return self._keep(Path(output).read_bytes())

    def _keep(self, content: bytes, name: str = "{}") -> str:
        return kept(self._folder, content, name)
