"""The commands that are timed beside the servers: what gopls runs, what a user could run, and the compiler alone."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from processes import CommandError, run
from tables import Round
from workplace import SCRATCH, Package, Place, Source

GOPLS_RUNS = "what gopls runs"
BUILD = "go build -m=2"
OBJECT_CODE = "compile -S"
COMPILE = "compile"


class Command:
    """A command that is run in the folder of the package after each change. ``argv`` is told an empty folder."""

    def __init__(self, package: Package, env: Mapping[str, str], argv: Callable[[Path], Sequence[str]]) -> None:
        self._file = package.file
        self._env = env
        self._argv = argv
        self.save()  # The first one brings files into the disk cache, and is not counted.

    def save(self) -> Round:
        """Change the file and run the command."""
        work = SCRATCH / "command"
        work.mkdir()
        try:
            # Commands share a copy, so each reads what the others have added.
            source = Source.read(self._file)
            source.grow()
            source.write()
            took, _ = run(self._argv(work), env=self._env, cwd=self._file.parent)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return {"": took}

    def end(self) -> None:
        """Nothing runs between two saves."""


def commands(package: Package, at: Place) -> dict[str, Callable[[], Command]]:
    """By name, in the order of their turns. Every output goes to a file: a failing compile removes what it writes to."""

    def command(argv: Callable[[Path], Sequence[str]]) -> Callable[[], Command]:
        return lambda: Command(package, at.env, argv)

    def compiler(*flags: str) -> Callable[[], Command]:
        return lambda: Command(package, at.env, Recipe.read(package, at).argv(*flags))

    test = [at.go, "test", "-c", "-vet=off"]
    return {
        GOPLS_RUNS: command(lambda work: [*test, f"-gcflags=-json=0,{work}", "-o", f"{work}/test", "."]),
        BUILD: command(lambda work: [at.go, "build", "-gcflags=-m=2", "-o", f"{work}/built", "."]),
        OBJECT_CODE: compiler("-S"),
        COMPILE: compiler(),
    }


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the go command compiles a package: the words of the command, with its import configuration in a file."""

    words: tuple[str, ...]

    @classmethod
    def read(cls, package: Package, at: Place) -> Recipe:
        """Take it from ``go build -n``, which prints what it would run."""
        folder = package.file.parent
        built = str(SCRATCH / "built")
        run([at.go, "build", "-o", built, "."], env=at.env, cwd=folder)  # So that all export data is there.
        source = Source.read(package.file)
        source.grow()
        source.write()
        _, plan = run([at.go, "build", "-n", "-o", built, "."], env=at.env, cwd=folder)
        config = re.search(r"cat >\$WORK/b001/importcfg << 'EOF'[^\n]*\n(.*?)\nEOF\n", plan, re.DOTALL)
        lines = [line for line in plan.splitlines() if "/compile " in line and "$WORK/b001/_pkg_.a" in line]
        if config is None or len(lines) != 1 or "$WORK" in config[1]:
            raise CommandError(f"go build -n does not show how {package.name} is compiled:\n{plan[:400]}")
        importcfg = SCRATCH / f"importcfg-{package.root.name}-{folder.name}"
        importcfg.write_text(config[1] + "\n", encoding="utf-8")
        return cls(tuple(shlex.split(lines[0].replace("$WORK/b001/importcfg", str(importcfg)))))

    def argv(self, *flags: str) -> Callable[[Path], list[str]]:
        """The command with more flags; what it writes goes to the folder that it is told."""

        def words(work: Path) -> list[str]:
            tool, *rest = (word.replace("$WORK/b001", str(work)) for word in self.words)
            return [tool, *flags, *rest]

        return words
