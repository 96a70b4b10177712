"""Editors of other Debian suites, unpacked into a cache: nothing of the system changes, and none of it is needed.

A package is fetched with everything that it depends on, the C library too, by an apt that has its own lists and an
empty package database. Its programs run through their own dynamic loader. apt checks the signatures.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_MINUTES = 5  # For one download; what takes longer hangs.
_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"


@dataclass(frozen=True, slots=True)
class Package:
    """A package of a suite and what it takes to start its program.

    ``{root}`` in values of ``env`` and in ``arguments`` is where it is unpacked, and a ``*`` in these stands for one
    path that exists. ``base`` is the suite that an overlay such as backports lies over, ``others`` are packages that
    come along.
    """

    name: str
    suite: str
    binary: str
    env: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    base: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """How to start a program that was unpacked."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    root: Path

    def run(self, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        """Run it with the environment that it needs; the output is text."""
        env = {**os.environ, **self.env, **options.pop("env", {})}  # type: ignore[dict-item]
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            [*self.argv, *arguments], env=env, capture_output=True, text=True, check=False, **options
        )


def cache() -> Path:
    """The folder outside of the checkout where editors are kept between runs."""
    chosen = os.environ.get("STACKWARD_EDITORS_CACHE")
    folder = Path(chosen) if chosen else Path.home() / ".cache" / "stackward-editors"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def program(package: Package) -> Program:
    """The program of a package, installed where it is missing; the test is skipped where it cannot be had."""
    about = hashlib.blake2b(repr((package.base, package.others)).encode(), digest_size=4).hexdigest()
    root = cache() / f"{package.suite}-{package.name}-{about}"
    with _alone(root):
        if not (root / ".ready").exists():
            try:
                _install(package, root)
            except (OSError, subprocess.SubprocessError) as error:
                said = str(getattr(error, "stderr", "") or "").strip()
                reason = f"{package.name} of {package.suite} cannot be installed: {error} {said}"
                if os.environ.get("STACKWARD_EDITORS_REQUIRED"):
                    pytest.fail(reason)
                pytest.skip(reason)
    loader = next(path for path in _loaders(root) if path.exists())
    libraries = [str(path) for path in _library_folders(root)]
    env = {name: _resolved(value, root) for name, value in package.env.items()}
    arguments = (_resolved(argument, root) for argument in package.arguments)
    argv = (str(loader), "--library-path", ":".join(libraries), str(root / package.binary), *arguments)
    return Program(argv, env, root)


def _resolved(text: str, root: Path) -> str:
    before, mark, below = text.partition("{root}/")
    if not mark:
        return text
    return before + str(next(iter(sorted(root.glob(below))), root / below))


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Keep other processes, such as those of pytest-xdist, from installing the same at the same time."""
    with Path(f"{root}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(package: Package, root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise OSError("this needs apt-get and dpkg-deb")
    with tempfile.TemporaryDirectory(prefix="stackward-apt-") as scratch:
        for archive in _download(package, Path(scratch)):
            _call(["dpkg-deb", "-x", str(archive), str(root)])
    (root / ".ready").touch()


def _download(package: Package, scratch: Path) -> list[Path]:
    """Fetch the package and all that it depends on; gives the archives."""
    for folder in ("lists/partial", "archives/partial", "etc/preferences.d", "etc/apt.conf.d"):
        (scratch / folder).mkdir(parents=True)
    (scratch / "status").touch()
    signed = f" [signed-by={_KEYS}]" if Path(_KEYS).exists() else ""
    sources = scratch / "sources.list"
    suites = [suite for suite in (package.base, package.suite) if suite]
    lines = [f"deb{signed} {_archive()} {suite} main\n" for suite in suites]
    sources.write_text("".join(lines), encoding="utf-8")
    options = {
        "APT::Sandbox::User": "root",
        "Dir::Cache": scratch,
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Dir::Etc::preferencesparts": scratch / "etc/preferences.d",
        "Dir::State": scratch,
        "Dir::State::Lists": scratch / "lists",
        "Dir::State::status": scratch / "status",
        "APT::Default-Release": package.suite,
        "Acquire::Languages": "none",
        "Debug::NoLocking": "true",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    _call([*apt, "update"])
    wanted = [package.name, *package.others]
    _call([*apt, "install", "--yes", "--download-only", "--no-install-recommends", *wanted])
    return sorted((scratch / "archives").glob("*.deb"))


def _archive() -> str:
    """The archive that the system itself uses, which may be a mirror; another system's must be named."""
    chosen = os.environ.get("STACKWARD_DEBIAN_ARCHIVE")
    if chosen:
        return chosen
    ask = ["apt-get", "indextargets", "--format", "$(REPO_URI)"]
    listed = subprocess.run(ask, capture_output=True, text=True, check=False).stdout.split()
    found = next((uri for uri in listed if re.search(r"/debian/?$", uri)), None)
    if found is None:
        raise OSError("apt knows no Debian archive; name one in STACKWARD_DEBIAN_ARCHIVE")
    return found


def _call(argv: Sequence[str]) -> None:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60 * _MINUTES, env=env)


def _loaders(root: Path) -> Iterator[Path]:
    for folder in ("lib64", "usr/lib64", "lib", "usr/lib", "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu"):
        yield from sorted((root / folder).glob("ld-linux-*.so.*"))


def _library_folders(root: Path) -> Iterator[Path]:
    for folder in ("lib", "usr/lib"):
        triplets = sorted((root / folder).glob("*-linux-gnu"))
        yield from (path for path in (*triplets, root / folder) if path.is_dir())
        # Some libraries have a folder of their own that the system's loader finds through its cache.
        yield from (path for triplet in triplets for path in sorted(triplet.iterdir()) if path.is_dir())
