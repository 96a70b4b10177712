"""``stackward doctor``: what was found, whether it works, and the next step where it does not."""

from __future__ import annotations

import argparse
import enum
import importlib
import importlib.metadata
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from stackward import __version__
from stackward.core.decision import Decision, Kind
from stackward.core.outcome import ToolchainMissing
from stackward.toolchain.caches import cache_dir
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain, discover
from stackward.toolchain.escapes import LogParser
from stackward.toolchain.process import DidNotRun, run

_LIBRARIES = {  # Distribution to module.
    "pygls": "pygls",
    "lsprotocol": "lsprotocol",
    "tree-sitter": "tree_sitter",
    "tree-sitter-go": "tree_sitter_go",
    "watchdog": "watchdog",
}
_TRIAL = b"package trial\n\nfunc New() *int {\n\tmoved := 1\n\treturn &moved\n}\n"
_ASK_SECONDS = 20.0
_TRIAL_SECONDS = 60.0


class Status(enum.Enum):
    """How a check came out; the words of the report, each with the number of its terminal colour."""

    OK = ("ok", 32)
    WARNING = ("warning", 33)
    FAILED = ("failed", 31)

    def __init__(self, word: str, colour: int) -> None:
        self.word = word
        self.colour = colour


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    ``found`` is one line, ``details`` are further ones, ``advice`` is the next step, empty when there is none to take.
    """

    name: str
    status: Status
    found: str
    details: tuple[str, ...] = ()
    advice: str = ""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The ``doctor`` command; its ``run`` takes the parsed arguments and returns the exit code."""
    parser = subparsers.add_parser(
        "doctor",
        help="show what stackward found and whether it works",
        description="Show what stackward found and whether it works. Exits with 1 where something does not.",
    )
    parser.add_argument("--go", default="", metavar="PATH", help="the go command or GOROOT to use")
    parser.add_argument("dir", nargs="?", default=".", metavar="DIR", help="a folder of a module (default: this one)")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    # A relative path is meant from here, not from DIR; a bare name is looked up on PATH.
    go = args.go if Path(args.go).name == args.go else str(Path(args.go).expanduser().absolute())
    checks = examine(str(Path(args.dir).absolute()), BuildConfig(go=go))
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    print_report(checks, sys.stdout, colour=colour)
    return 1 if any(check.status is Status.FAILED for check in checks) else 0


def examine(folder: str, config: BuildConfig, environ: Mapping[str, str] | None = None) -> list[Check]:
    """Every check, in the order in which one depends on another. ``folder`` is an absolute path."""
    env = config.environment(environ)
    checks = [_stackward(), _libraries()]
    toolchain = discover(config, environ=environ, folder=folder if Path(folder).is_dir() else None)
    checks.append(_toolchain(toolchain))
    if isinstance(toolchain, Toolchain):
        checks += [
            _module(toolchain, folder, config, env),
            _build_cache(toolchain),
            _trial_compile(toolchain, env),
        ]
    checks.append(_own_cache(cache_dir(environ)))
    return checks


def print_report(checks: Sequence[Check], out: TextIO, *, colour: bool) -> None:
    """The checks as aligned lines, and a sentence that sums up."""
    name_width = max(len(check.name) for check in checks)
    status_width = max(len(status.word) for status in Status)
    margin = " " * (status_width + name_width + 4)
    lines: list[str] = []
    for check in checks:
        word = check.status.word.ljust(status_width)
        if colour:
            word = f"\x1b[{check.status.colour}m{word}\x1b[0m"
        lines.append(f"{word}  {check.name.ljust(name_width)}  {check.found}")
        lines += [margin + detail for detail in check.details]
        if check.advice:
            lines.append(f"{margin}next: {check.advice}")
    counts = {status: sum(check.status is status for check in checks) for status in Status}
    if counts[Status.FAILED]:
        lines += ["", f"{counts[Status.FAILED]} of {len(checks)} checks failed; stackward cannot work like this."]
    elif counts[Status.WARNING]:
        plural = "" if counts[Status.WARNING] == 1 else "s"
        lines += ["", f"stackward works, with {counts[Status.WARNING]} warning{plural}."]
    else:
        lines += ["", "Everything works."]
    # A path may hold what the terminal's encoding cannot show.
    encoding = out.encoding or "utf-8"
    out.write("\n".join(lines).encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _stackward() -> Check:
    found = f"{__version__}, Python {platform.python_version()}"
    return Check("stackward", Status.OK, found, (sys.executable,))


def _libraries() -> Check:
    """Each is imported, for a native library that does not fit this machine shows itself only then."""
    found: list[str] = []
    broken: list[str] = []
    for distribution, module in _LIBRARIES.items():
        try:
            importlib.import_module(module)
            found.append(f"{distribution} {importlib.metadata.version(distribution)}")
        except ImportError as error:  # PackageNotFoundError is one.
            broken.append(f"{distribution}: {error}")
    if broken:
        advice = "install stackward again in a fresh environment, such as: uv tool install --force stackward"
        return Check("libraries", Status.FAILED, "not all can be loaded", tuple(broken), advice)
    return Check("libraries", Status.OK, ", ".join(found))


def _toolchain(toolchain: Toolchain | ToolchainMissing) -> Check:
    match toolchain:
        case Toolchain():
            how = {"setting": "as set", "STACKWARD_GO": "named by STACKWARD_GO", "PATH": "found on PATH"}
            origin = how.get(toolchain.found_by, f"found in {toolchain.found_by}")
            details = [f"{toolchain.go} ({origin})", f"GOROOT {toolchain.goroot}"]
            if toolchain.experiment:
                details.append(f"GOEXPERIMENT {toolchain.experiment}")
            target = f"{toolchain.version} for {toolchain.goos}/{toolchain.goarch}"
            return Check("toolchain", Status.OK, target, tuple(details))
        case ToolchainMissing(searched):
            advice = "mend that, or install Go 1.23 or newer, set STACKWARD_GO, or run: pip install 'stackward[go]'"
            return Check("toolchain", Status.FAILED, "no go command that works", searched, advice)


def _module(toolchain: Toolchain, folder: str, config: BuildConfig, env: Mapping[str, str]) -> Check:
    """Which module or workspace ``folder`` belongs to; without one stackward works, but not there."""

    def warning(found: str, advice: str) -> Check:
        return Check("module", Status.WARNING, found, advice=advice)

    def failed(found: str, details: Sequence[str], advice: str) -> Check:
        return Check("module", Status.FAILED, found, tuple(details), advice)

    if not Path(folder).is_dir():
        return failed(f"no folder {folder}", (), "name a folder that exists: stackward doctor DIR")
    asked = run([toolchain.go, "env", "-json", "GOMOD", "GOWORK"], cwd=folder, env=env, timeout=_ASK_SECONDS)
    if isinstance(asked, DidNotRun):
        return failed("the go command does not answer", (asked.reason,), f"run `go env` in {folder}")
    try:
        answer = json.loads(asked.stdout)
        gomod, gowork = answer["GOMOD"], answer["GOWORK"]
    except (ValueError, KeyError):
        return failed("the go command does not answer", _first_lines(asked.stderr), f"run `go env` in {folder}")
    if not gomod:
        return warning("GOPATH mode: modules are switched off", "unset GO111MODULE (`go env -u GO111MODULE`)")
    workspace = gowork if gowork != "off" else ""
    if gomod == os.devnull and not workspace:
        advice = "run stackward doctor with a folder of a module, or start one there: go mod init NAME"
        return warning(f"no go.mod or go.work in {folder} or above it", advice)

    argv = [toolchain.go, "list", *config.build_flags(), "-m", "-f", "{{.Path}}\t{{.Dir}}"]
    listed = run(argv, cwd=folder, env=env, timeout=_ASK_SECONDS)
    if isinstance(listed, DidNotRun):
        return failed("the go command does not answer", (listed.reason,), f"run `go list -m` in {folder}")
    if listed.code != 0:
        newer = "install the Go that it asks for; stackward downloads none"
        advice = newer if b"GOTOOLCHAIN=local" in listed.stderr else "mend it until `go list -m` works there"
        return failed(f"{workspace or gomod} cannot be used", _first_lines(listed.stderr), advice)
    rows = [row.split("\t") for row in listed.stdout.decode("utf-8", "replace").splitlines()]
    folders = {row[0]: row[-1] for row in rows}
    if not workspace:
        return Check("module", Status.OK, ", ".join(folders), (gomod,))
    if gomod != os.devnull and not any(_same(Path(gomod).parent, Path(used)) for used in folders.values()):
        return warning(f"{gomod} is not in the workspace {workspace}", f"run: go work use {Path(gomod).parent}")
    return Check("module", Status.OK, f"workspace of {len(folders)}: {', '.join(folders)}", (workspace,))


def _build_cache(toolchain: Toolchain) -> Check:
    advice = "make it writable, or name another folder: go env -w GOCACHE=FOLDER"
    if not Path(toolchain.gocache).is_absolute():
        found = f"GOCACHE is {toolchain.gocache or 'not set'}, and Go cannot build without one"
        return Check("build cache", Status.FAILED, found, advice="set it to a folder: go env -w GOCACHE=FOLDER")
    return _writable("build cache", Path(toolchain.gocache), Status.FAILED, advice)


def _own_cache(folder: Path) -> Check:
    advice = "results are lost between runs; set STACKWARD_CACHE to a folder that you may write to"
    return _writable("own cache", folder, Status.WARNING, advice)


def _writable(name: str, folder: Path, otherwise: Status, advice: str) -> Check:
    """Whether a file can be made in ``folder``, or in what exists of the way to it."""
    nearest = next((place for place in (folder, *folder.parents) if os.path.lexists(place)), folder)
    try:
        with tempfile.TemporaryFile(dir=nearest) as file:
            file.write(b"stackward")
    except OSError as error:
        return Check(name, otherwise, f"{folder} cannot be written: {error.strerror}", advice=advice)
    return Check(name, Status.OK, str(folder) if nearest == folder else f"{folder} (will be made)")


def _trial_compile(toolchain: Toolchain, env: Mapping[str, str]) -> Check:
    """Compile a package that allocates once, and understand what the compiler says about it."""

    def failed(found: str, details: Sequence[str], advice: str) -> Check:
        return Check("trial compile", Status.FAILED, found, tuple(details), advice)

    argv = [toolchain.go, "build", "-gcflags=-m=2", "-o", os.devnull, "trial.go"]
    try:
        folder = tempfile.mkdtemp(prefix="stackward-doctor-")  # A new name each time, so that no build cache knows it.
    except OSError as error:
        return failed(f"no temporary folder: {error.strerror}", (), "set TMPDIR to a folder that you may write to")
    started = time.monotonic()
    try:
        Path(folder, "trial.go").write_bytes(_TRIAL)
        Path(folder, "go.mod").write_text("module trial\n", encoding="ascii")  # Else one further up would count.
        ran = run(argv, cwd=folder, env={**env, "GOWORK": "off"}, timeout=_TRIAL_SECONDS)
    except OSError as error:
        return failed(f"cannot write to {folder}: {error.strerror}", (), "make room on the disk, or set TMPDIR")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    milliseconds = (time.monotonic() - started) * 1000

    reinstall = "run `go build` on a package of yours; where it fails too, install Go again"
    if isinstance(ran, DidNotRun):
        return failed("the go command does not end", (ran.reason,), reinstall)
    if ran.code != 0:
        goroot = env.get("GOROOT")
        advice = f"unset GOROOT (it is {goroot}), or set it to that of {toolchain.go}" if goroot else reinstall
        return failed(f"go build ended with {ran.ending}", _first_lines(ran.stderr), advice)
    if not any(decision.subject == "moved" for decision in _moved(ran.stderr, folder)):
        found = "it compiles, but the compiler does not say what it moves to the heap"
        advice = "look for -toolexec or -gcflags in GOFLAGS (`go env GOFLAGS`), which may keep -m from the compiler"
        return failed(found, _first_lines(ran.stderr), advice)
    return Check("trial compile", Status.OK, f"the compiler's decisions are understood ({milliseconds:.0f} ms)")


def _moved(log: bytes, folder: str) -> Iterator[Decision]:
    parser = LogParser({}, folder)
    for record in (*parser.feed(log), *parser.close()):
        if isinstance(record, Decision) and record.kind is Kind.MOVED:
            yield record


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _first_lines(output: bytes) -> tuple[str, ...]:
    """What a tool said, as far as it fits a report."""
    lines = [line.rstrip() for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    return tuple(line[:200] for line in lines[:4])
