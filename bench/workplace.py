"""Where it is measured: private copies of the packages, one set per contender, in the user's cache folder.

A server sees only its own copy, so that the edits of one are not work for the other. Nothing is written to the user's
toolchain, modules, build cache or stackward's own cache.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import stackward
import tiny
from processes import CommandError, run
from stackward.toolchain.discovery import Toolchain

CACHE = Path(
    os.environ.get("STACKWARD_BENCH_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stackward-bench" / "timings"
)
SCRATCH = CACHE / "tmp"
_SERVER = SCRATCH / "server"
GOPLS = "golang.org/x/tools/gopls@v0.22.0"
_BUILD_CACHE_BOUND = 4 << 30  # Bytes. Every measured build adds to it; a full standard library is a tenth of this.
_STANDARD = (
    ("net/http", "transfer.go"),  # gopls loses the details of server.go (golang/go#78700).
    ("go/types", "check.go"),
)
_INSTALL_SECONDS = 900.0
_fresh = itertools.count(time.time_ns() // 1_000_000)


@dataclass(frozen=True, slots=True)
class Package:
    """A package. ``root`` is the workspace folder, ``file`` the one that is edited, ``factor`` how many times sooner
    than those of gopls its first hints are to come.
    """

    name: str
    root: Path
    file: Path
    factor: float


@dataclass(frozen=True, slots=True)
class Place:
    """The copies of one contender and the environment that goes with them."""

    root: Path
    goroot: Path
    env: Mapping[str, str]

    @property
    def go(self) -> str:
        """The go command of the copy."""
        return str(self.goroot / "bin" / "go")

    def packages(self) -> list[Package]:
        """A tiny, a middle and two large packages; the first two are modules. What gopls runs compiles tests too, and
        links them if there are any: so tiny is there twice.
        """
        source = self.goroot / "src"
        standard = [Package(path, source, source / path / file, 15) for path, file in _STANDARD]
        small, tested, middle = (self.root / name for name in ("tiny", "tested", "xml"))
        return [
            Package("tiny, no test", small, small / "main.go", 20),
            Package("tiny, with a test", tested, tested / "main.go", 20),
            Package("encoding/xml", middle, middle / "xml.go", 20),
            *standard,
        ]


@dataclass(slots=True)
class Source:
    """The text of a file that grows by one function at a time, so that no save is of a text that was seen before."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> Source:
        """The file as it is now."""
        return cls(path, path.read_text(encoding="utf-8"))

    def grow(self) -> tuple[int, str]:
        """Add a function; gives the 0-based line at which the addition begins, and what was added.

        The variable that escapes is alone in the third line of the addition.
        """
        number = next(_fresh)
        line = self.text.count("\n")
        added = f"\nfunc bench{number}() *int {{\n\tv{number} := {number}\n\treturn &v{number}\n}}\n"
        self.text += added
        return line, added

    def write(self) -> None:
        """Save it."""
        self.path.write_text(self.text, encoding="utf-8")


@contextlib.contextmanager
def workplace() -> Iterator[None]:
    """The cache folder, for this run alone; what could grow from run to run is emptied."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError(f"another benchmark is at work in {CACHE}") from error
        _empty()
        try:
            yield
        finally:
            shutil.rmtree(SCRATCH, ignore_errors=True)


def _empty() -> None:
    for name in ("tmp", "gopls", "stackward", "check"):
        shutil.rmtree(CACHE / name, ignore_errors=True)
    SCRATCH.mkdir()
    # The server as it is now: whoever edits it during a run would otherwise have two versions compared.
    code = Path(stackward.__file__).parent
    shutil.copytree(code, _SERVER / code.name, ignore=shutil.ignore_patterns("__pycache__"))
    builds = CACHE / "gocache"
    if sum(path.stat().st_size for path in builds.rglob("*") if path.is_file()) > _BUILD_CACHE_BOUND:
        shutil.rmtree(builds)


def place(toolchain: Toolchain, contender: str) -> Place:
    """The copies of a contender, as they were before any edit."""
    root = CACHE / "places" / contender
    pristine = CACHE / "pristine" / toolchain.version
    goroot = root / toolchain.version
    # Links suffice for what is never written. The folders that are edited get files of their own below.
    _copy_tree(Path(toolchain.goroot), pristine, link=False)
    _copy_tree(pristine, goroot, link=True)
    for path, _ in _STANDARD:
        _copy_package(pristine / "src" / path, goroot / "src" / path)
    _copy_package(pristine / "src" / "encoding" / "xml", root / "xml")
    _write(root / "xml" / "go.mod", f"module example.com/xml\n\ngo {_language(toolchain.version)}\n")
    for name in ("tiny", "tested"):
        shutil.rmtree(root / name, ignore_errors=True)
        _write(root / name / "go.mod", f"module example.com/{name}\n\ngo 1.23\n")
        _write(root / name / "main.go", tiny.MAIN)
    _write(root / "tested" / "main_test.go", tiny.TEST)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "CGO_", "STACKWARD_"))}
    env |= {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(_SERVER), os.environ.get("PYTHONPATH")])),
        "PATH": f"{goroot / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "GOROOT": str(goroot),
        "GOTOOLCHAIN": "local",
        "GOPROXY": "off",
        "GOCACHE": str(CACHE / "gocache"),
        "GOPLSCACHE": str(CACHE / "gopls"),
        "TMPDIR": str(SCRATCH),
        "STACKWARD_GO": str(goroot / "bin" / "go"),
        "STACKWARD_CACHE": str(CACHE / "stackward"),
    }
    return Place(root, goroot, env)


def gopls_command(at: Place) -> tuple[str | None, str]:
    """A gopls that is built with the toolchain that is measured, and a sentence about it; None if it cannot be had.

    One that an older release built cannot type-check what it is asked to analyse.
    """
    path = CACHE / "bin" / at.goroot.name / "gopls"
    install = {name: value for name, value in at.env.items() if name != "GOPROXY"}
    network = ("GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE", "GOMODCACHE", "GOPATH")
    install |= {name: os.environ[name] for name in network if name in os.environ}
    install |= {"GOBIN": str(path.parent), "GOFLAGS": "-mod=mod"}
    version = GOPLS.rpartition("@")[2]
    if not path.exists():
        try:
            run([at.go, "install", GOPLS], env=install, cwd=CACHE, timeout=_INSTALL_SECONDS)
        except CommandError as error:
            # Not for the report: it may name the user's proxy. Whether to do without the checksum database, which
            # some proxies do not reach, is for the user to say.
            print(f"{error}\nGOPROXY, GOSUMDB and the like are heeded.", file=sys.stderr)
    if path.exists():
        return str(path), f"gopls {version} built with {at.goroot.name}"
    if (found := shutil.which("gopls")) is None:
        return None, "without gopls, which could be neither installed nor found"
    _, told = run([found, "version"], env=at.env, cwd=CACHE)
    return found, f"gopls from PATH: {' '.join(told.split()[:2])}"


def _copy_tree(source: Path, target: Path, *, link: bool) -> None:
    if target.exists():
        return
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source, partial, symlinks=True, ignore=ignore, copy_function=_link if link else shutil.copy2)
    partial.rename(target)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _copy_package(source: Path, target: Path) -> None:
    """Make the files of a package, though not of those below it, what they are in ``source``; links are broken."""
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.is_file():
            (target / path.name).unlink(missing_ok=True)
            shutil.copyfile(path, target / path.name)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _language(version: str) -> str:
    """``1.27`` for ``go1.27.3``."""
    return ".".join(version.removeprefix("go").split(".")[:2])
