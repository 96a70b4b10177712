"""Running the go command of one toolchain."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# What a user's shell may set and would change what is measured.
_UNSET = ("GODEBUG", "GOEXPERIMENT", "GOFLAGS", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOROOT", "GOWORK")


@dataclass(frozen=True, slots=True)
class Go:
    """A go command. ``version`` is ``go1.27.3``, ``env`` that of every process that is started."""

    command: Path
    version: str
    goroot: Path
    env: Mapping[str, str]

    def run(self, *args: str, cwd: Path, timeout: float = 900) -> subprocess.CompletedProcess[str]:
        """Runs it to its end; a failure is for the caller to judge."""
        return subprocess.run(
            [str(self.command), *args],
            cwd=cwd,
            env=dict(self.env),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=timeout,
        )


@dataclass(frozen=True, slots=True)
class Package:
    """A package that has tests. ``files`` are absolute, without tests; ``tests`` its test files; ``root`` is where to ask.

    ``module`` is what a module of other people is called in tables, which have one row for it.
    """

    path: str
    folder: Path
    root: Path
    files: tuple[str, ...]
    tests: tuple[str, ...]
    module: str = ""


def toolchain(command: Path, cache: Path) -> Go:
    """Asks a go command what it is. It gets a build cache of its own below ``cache``: the go command replays what the compiler
    printed, with the paths of whichever copy of the same release was the first to compile.

    Raises:
        subprocess.CalledProcessError: if it does not work.
    """
    env = {key: value for key, value in os.environ.items() if key not in _UNSET and not key.startswith("STACKWARD_")}
    env |= {"GOTOOLCHAIN": "local", "GOPROXY": "off", "GOFLAGS": "", "GOENV": "off"}
    asked = ["env", "-json", "GOVERSION", "GOROOT"]
    done = subprocess.run([command, *asked], env=env, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    goroot = Path(found["GOROOT"])
    place = hashlib.sha256(str(goroot).encode()).hexdigest()[:8]
    env["GOCACHE"] = str(cache / f"go-build-{found['GOVERSION']}-{place}")
    env["PATH"] = os.pathsep.join((str(goroot / "bin"), env.get("PATH", "")))
    return Go(goroot / "bin" / command.name, found["GOVERSION"], goroot, env)


def packages(go: Go, root: Path, patterns: Sequence[str], module: str = "") -> Iterator[Package]:
    """The packages that ``patterns`` match, asked for in ``root``, which have both code and tests."""
    wanted = "ImportPath,Dir,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles"
    done = go.run("list", "-e", f"-json={wanted}", *patterns, cwd=root)
    decoder, at, text = json.JSONDecoder(), 0, done.stdout.strip()
    while at < len(text):
        one, at = decoder.raw_decode(text, at)
        at += len(text[at:]) - len(text[at:].lstrip())
        folder = Path(one.get("Dir", ""))
        files, tests = (
            tuple(str(folder / name) for key in keys for name in one.get(key, ()))
            for keys in (("GoFiles", "CgoFiles"), ("TestGoFiles", "XTestGoFiles"))
        )
        if files and tests:
            yield Package(one["ImportPath"], folder, root, files, tests, module)
