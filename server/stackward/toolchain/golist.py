"""``go list``: which packages there are, what they import, and where their export data is.

With ``-export`` it builds what is not in the build cache; with ``-export -a -n`` it builds nothing and prints, on
stderr, all commands of that build. Either goes on past packages that are broken (``-e``), as ``go build`` does not.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, TypeAlias

from stackward.core.outcome import BuildError, Cancelled
from stackward.core.position import Location, from_display
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken, DidNotRun, kill, run, start

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done, how many are done, of how many; the last is 0, since the go command does not say."""

_FIELDS = (
    "ImportPath,Name,Dir,Standard,ForTest,Export,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,SFiles,HFiles,CFiles,CXXFiles,"
    "EmbedFiles,TestEmbedFiles,XTestEmbedFiles,Imports,Module,Error,DepOnly"
)
_INPUTS = ("SFiles", "HFiles", "CFiles", "CXXFiles", "EmbedFiles", "TestEmbedFiles", "XTestEmbedFiles")
_ERROR = re.compile(r"(.+?\.(?:go|mod|work|s|c|h)):(\d+)(?::(\d+))?: (.*)")
_HANG_SECONDS = 1800.0  # All of the standard library with its tests, from nothing, takes four minutes on two cores.
# Flags of `go build` that change what is printed or written, not what is compiled.
_QUIET = frozenset({"a", "n", "v", "x", "work", "json"})


@dataclass(frozen=True, slots=True)
class Listed:
    """One package as ``go list`` sees it; test variants are listed too (``p [p.test]``, ``p_test [p.test]``).

    All files are absolute. ``imports`` are resolved: they name variants where the package uses them. ``local`` says
    that the package is of a main module, of a module of go.work or of one that is replaced by a folder.
    """

    path: str
    name: str
    dir: str
    standard: bool
    for_test: str
    export: str
    go_files: tuple[str, ...]
    cgo_files: tuple[str, ...]
    test_files: tuple[str, ...]
    xtest_files: tuple[str, ...]
    inputs: tuple[str, ...]
    imports: tuple[str, ...]
    module: str
    module_file: str
    local: bool
    wanted: bool
    errors: tuple[BuildError, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """``packages`` in dependency order; ``script`` is what ``-n`` printed."""

    packages: tuple[Listed, ...]
    script: str


@dataclass(frozen=True, slots=True)
class ListFailed:
    """``go list`` itself failed: no module, an unknown pattern, a bad flag. ``message`` is what it printed."""

    message: str


def list_flags(config: BuildConfig) -> list[str]:
    """The user's build flags for ``go list``.

    ``-trimpath`` is switched off: it would take the folders out of export data, and so the places of inlined code.
    """
    flags = []
    given = iter(config.build_flags())
    for flag in given:
        name, equals, _ = flag.lstrip("-").partition("=")
        if name == "o":
            if not equals:
                next(given, None)
        elif name not in _QUIET:
            flags.append(flag)
    return [*flags, "-trimpath=false"]


def go_list(
    go: str,
    config: BuildConfig,
    cwd: str,
    patterns: Sequence[str],
    flags: Sequence[str],
    *,
    fields: str = _FIELDS,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Listing | ListFailed | DidNotRun | Cancelled:
    """Run ``go list -e -json`` with ``flags``. With ``-v``, ``progress`` hears of each package that is compiled."""
    argv = [go, "list", "-e", f"-json={fields}", *list_flags(config), *flags, "--", *patterns]
    process = start(argv, cwd=cwd, env=config.environment())
    if isinstance(process, DidNotRun):
        return process
    assert process.stdout is not None
    assert process.stderr is not None
    said: list[bytes] = []
    reader = threading.Thread(target=_follow, args=(process.stderr, said, progress), daemon=True)
    reader.start()
    hung = threading.Event()

    def give_up() -> None:
        hung.set()
        kill(process)

    watchdog = threading.Timer(_HANG_SECONDS, give_up)
    watchdog.daemon = True
    watchdog.start()
    token = cancel or CancelToken()
    try:
        with token.calling(lambda: kill(process)):
            output = process.stdout.read()
            reader.join()
            code = process.wait()
    finally:
        watchdog.cancel()
        kill(process)
        process.stdout.close()
    if token.cancelled:
        return Cancelled()
    if hung.is_set():
        return DidNotRun(f"go list did not end within {_HANG_SECONDS:g} s and was stopped")
    script = b"".join(said).decode("utf-8", "surrogateescape")
    try:
        packages = tuple(_listed(value, cwd) for value in _values(output.decode("utf-8", "replace")))
    except (KeyError, TypeError, ValueError) as error:
        return ListFailed(f"go list printed something unexpected: {error}")
    if code != 0 and not packages:
        return ListFailed(script.strip() or f"go list ended with exit status {code}")
    return Listing(packages, script)


def compiled_files(
    go: str, config: BuildConfig, cwd: str, pattern: str, flags: Sequence[str], cancel: CancelToken | None
) -> dict[str, tuple[str, ...]] | BuildError | DidNotRun | Cancelled:
    """For each package that matches, the Go files that the compiler gets; those of cgo are in the build cache."""
    fields = "ImportPath,Dir,CompiledGoFiles,Error"
    argv = [go, "list", "-e", f"-json={fields}", "-compiled", *list_flags(config), *flags, "--", pattern]
    listing = _run_json(argv, cwd, config, cancel)
    if not isinstance(listing, list):
        return listing
    for value in listing:
        if value.get("Error"):
            return next(_errors(value, cwd), BuildError("cgo failed without a message"))
    return {value["ImportPath"]: _joined(value.get("Dir", ""), value.get("CompiledGoFiles", ())) for value in listing}


def parse_errors(text: str, cwd: str) -> tuple[BuildError, ...]:
    """The errors in what the go command printed: ``FILE:LINE:COL: MESSAGE`` lines, and others whole.

    Files are relative to ``cwd``. A line that starts with a tab continues the message before it.
    """
    errors: list[BuildError] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("\t") and errors:
            last = errors.pop()
            errors.append(BuildError(f"{last.message}\n{line}", last.at))
        elif (match := _ERROR.match(line)) is not None:
            path = os.path.normpath(os.path.join(cwd, match[1]))
            errors.append(BuildError(match[4], Location(path, from_display(int(match[2]), int(match[3] or 0)))))
        else:
            errors.append(BuildError(line.strip()))
    return tuple(errors)


def _follow(stream: IO[bytes], said: list[bytes], progress: Progress | None) -> None:
    """Keep what the go command says on stderr: with ``-v`` one package per line, when its compile starts."""
    count = 0
    with stream:
        for line in stream:
            said.append(line)
            if progress is not None and not line.startswith((b"#", b"\t")) and b" " not in line.strip():
                progress(f"building {line.decode('utf-8', 'replace').strip()}", count, 0)
                count += 1


def _run_json(
    argv: Sequence[str], cwd: str, config: BuildConfig, cancel: CancelToken | None
) -> list[Mapping[str, Any]] | BuildError | DidNotRun | Cancelled:
    ran = run(argv, cwd=cwd, env=config.environment(), timeout=_HANG_SECONDS, cancel=cancel)
    if cancel is not None and cancel.cancelled:
        return Cancelled()
    if isinstance(ran, DidNotRun):
        return ran
    try:
        values = list(_values(ran.stdout.decode("utf-8", "replace")))
    except ValueError as error:
        return BuildError(f"go list printed something unexpected: {error}")
    if ran.code != 0 and not values:
        return BuildError(ran.stderr.decode("utf-8", "replace").strip() or f"go list ended with exit status {ran.code}")
    return values


def _values(text: str) -> Iterator[Mapping[str, Any]]:
    """The objects of a stream of JSON objects, which stand one after the other."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        value, end = decoder.raw_decode(text, at)
        yield value
        at = text.find("{", end)


def _listed(value: Mapping[str, Any], cwd: str) -> Listed:
    module: Mapping[str, Any] = value.get("Module") or {}
    replaced: Mapping[str, Any] | None = module.get("Replace")
    folder = value.get("Dir", "")
    return Listed(
        path=value["ImportPath"],
        name=value.get("Name", ""),
        dir=folder,
        standard=bool(value.get("Standard")),
        for_test=value.get("ForTest", ""),
        export=value.get("Export", ""),
        go_files=_joined(folder, value.get("GoFiles", ())),
        cgo_files=_joined(folder, value.get("CgoFiles", ())),
        test_files=_joined(folder, value.get("TestGoFiles", ())),
        xtest_files=_joined(folder, value.get("XTestGoFiles", ())),
        inputs=tuple(name for field in _INPUTS for name in _joined(folder, value.get(field, ()))),
        imports=tuple(name for name in value.get("Imports", ()) if name != "C"),
        module=module.get("Path", ""),
        module_file=(replaced or module).get("GoMod", ""),
        local=bool(module.get("Main")) or (replaced is not None and not replaced.get("Version")),
        wanted=not value.get("DepOnly", False),
        errors=tuple(_errors(value, cwd)),
    )


def _errors(value: Mapping[str, Any], cwd: str) -> Iterator[BuildError]:
    error = value.get("Error")
    if error:
        text = str(error.get("Err", "")).strip()
        position = str(error.get("Pos", ""))
        yield from parse_errors(f"{position}: {text}" if position else text, cwd)


def _joined(folder: str, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(os.path.join(folder, name) for name in names)
