"""Where it is measured: private copies of the packages, one set per contender, in the user's cache folder.

A server sees only its own copy, so that the edits of one are not work for the other. Nothing is written to the user's
toolchain, modules, build cache or stackward's own cache.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from processes import CommandError, run
from stackward.toolchain.discovery import Toolchain

CACHE = Path(
    os.environ.get("STACKWARD_BENCH_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stackward-bench"
)
GOPLS = "golang.org/x/tools/gopls@v0.22.0"
_BUILD_CACHE_BOUND = 4 << 30  # Bytes. Every measured build adds to it; a full standard library is a tenth of this.
_STANDARD = (("net/http", "server.go"), ("go/types", "check.go"))


@dataclass(frozen=True, slots=True)
class Target:
    """A package. ``root`` is the workspace folder, ``file`` the one that is edited, ``factor`` what the issue asks of
    the first hints against gopls.
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

    def targets(self) -> list[Target]:
        """A tiny, a middle and two large packages."""
        source = self.goroot / "src"
        standard = [Target(path, source, source / path / file, 15) for path, file in _STANDARD]
        tiny, middle = self.root / "tiny", self.root / "xml"
        return [
            Target("tiny (255 lines)", tiny, tiny / "main.go", 20),
            Target("encoding/xml as a module", middle, middle / "xml.go", 20),
            *standard,
        ]


def prepare() -> None:
    """Empty what could grow from run to run."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for name in ("tmp", "gopls", "stackward", "check"):
        shutil.rmtree(CACHE / name, ignore_errors=True)
    (CACHE / "tmp").mkdir()
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
    shutil.rmtree(root / "tiny", ignore_errors=True)
    _write(root / "tiny" / "go.mod", "module example.com/tiny\n\ngo 1.23\n")
    _write(root / "tiny" / "main.go", _tiny())
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "CGO_", "STACKWARD_"))}
    env |= {
        "PATH": f"{goroot / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "GOROOT": str(goroot),
        "GOTOOLCHAIN": "local",
        "GOPROXY": "off",
        "GOCACHE": str(CACHE / "gocache"),
        "GOPLSCACHE": str(CACHE / "gopls"),
        "TMPDIR": str(CACHE / "tmp"),
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
    notes = []
    # Behind a proxy the checksum database may be out of reach. That is tried second, and said.
    for sums, note in (({}, ""), ({"GOSUMDB": "off"}, ", installed without the checksum database")):
        if not path.exists():
            with contextlib.suppress(CommandError):
                run([at.go, "install", GOPLS], env={**install, **sums}, cwd=CACHE, timeout=900)
                notes.append(note)
    if path.exists():
        return str(path), f"gopls {GOPLS.rpartition('@')[2]} built with {at.goroot.name}{''.join(notes)}"
    if (found := shutil.which("gopls")) is None:
        return None, "gopls could be neither installed nor found"
    _, version = run([found, "version"], env=at.env, cwd=CACHE)
    return found, f"gopls from PATH: {' '.join(version.split()[:2])}"


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


def _tiny() -> str:
    functions = "".join(
        f"""
func key{number}(id int, name string) string {{
	return fmt.Sprintf("%d/%s/{number}", id, name)
}}
"""
        for number in range(60)
    )
    calls = "".join(f"\tfmt.Println(key{number}({number}, os.Args[0]))\n" for number in range(5))
    return f'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nfunc main() {{\n{calls}}}\n{functions}'
