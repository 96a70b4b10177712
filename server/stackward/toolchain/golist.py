"""``go list``: which packages there are, what they import, and where their export data is.

Builds dependencies that are not cached.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from stackward.core.outcome import BuildError, Cancelled
from stackward.core.position import Location, from_display
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken, DidNotRun, kill, start

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done, how many of how many; 0 of 0 where only the name is known."""

_FIELDS = (
    "ImportPath,Name,Dir,Root,Standard,ForTest,Export,GoFiles,CgoFiles,CompiledGoFiles,TestGoFiles,XTestGoFiles,"
    "SFiles,HFiles,CFiles,CXXFiles,EmbedFiles,TestEmbedFiles,XTestEmbedFiles,Imports,ImportMap,Module,Incomplete,"
    "Error,DepsErrors,DepOnly,Match,IgnoredGoFiles"
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One package as ``go list`` sees it; test variants are packages of their own (``p [p.test]``, ``p_test
    [p.test]``).

    ``imports`` are resolved: they name variants where the package uses them.
    """

    path: str
    name: str
    dir: str
    standard: bool
    for_test: str
    export: str
    go_files: tuple[str, ...]
    cgo: bool
    test_files: tuple[str, ...]
    xtest_files: tuple[str, ...]
    inputs: tuple[str, ...]
    imports: tuple[str, ...]
    importmap: tuple[tuple[str, str], ...]
    module: str
    main_module: bool
    module_file: str
    wanted: bool
    errors: tuple[BuildError, ...]


@dataclass(frozen=True, slots=True)
class ListFailed:
    """``go list`` itself failed: no module, an unknown pattern, a bad flag. ``message`` is what it printed."""

    message: str


def go_list(
    go: str,
    config: BuildConfig,
    cwd: str,
    patterns: Sequence[str],
    *,
    tests: bool,
    build: bool,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> list[Listed] | ListFailed | DidNotRun | Cancelled:
    """List ``patterns`` and all that they need. With ``build``, what is not in the build cache is compiled first."""
    argv = [go, "list", "-e", "-deps", f"-json={_FIELDS}"]
    argv += ["-test"] if tests else []
    argv += ["-export", "-v"] if build else []
    argv += [*config.build_flags(), "--", *patterns]
    process = start(argv, cwd=cwd, env=config.environment())
    if isinstance(process, DidNotRun):
        return process
    said: list[str] = []
    reader = threading.Thread(target=_follow, args=(process.stderr, said, progress), daemon=True)
    reader.start()
    assert process.stdout is not None
    token = cancel or CancelToken()
    try:
        with token.calling(lambda: kill(process)):
            output = process.stdout.read()
            code = process.wait()
    finally:
        kill(process)
        reader.join(timeout=5.0)
        process.stdout.close()
    if token.cancelled:
        return Cancelled()
    try:
        packages = [_listed(value, cwd) for value in _values(output.decode("utf-8", "replace"))]
    except (KeyError, TypeError, ValueError) as error:
        return ListFailed(f"go list printed something unexpected: {error}")
    if code != 0 and not packages:
        return ListFailed("\n".join(line for line in said if line).strip() or f"go list ended with exit status {code}")
    return packages


def parse_errors(text: str, cwd: str) -> tuple[BuildError, ...]:
    """The errors in what the go command printed: ``FILE:LINE:COL: MESSAGE`` lines, or all of it as one."""
    errors = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        match = re.match(r"(.+?\.go):(\d+)(?::(\d+))?: (.*)", line)
        if match is None:
            errors.append(BuildError(line.strip()))
            continue
        path = os.path.normpath(os.path.join(cwd, match[1]))
        errors.append(BuildError(match[4], Location(path, from_display(int(match[2]), int(match[3] or 0)))))
    return tuple(errors)


def _follow(stream: Any, said: list[str], progress: Progress | None) -> None:
    """Read what the go command says: with ``-v`` one package per line as it is compiled."""
    count = 0
    with stream:
        for line in stream:
            text = line.decode("utf-8", "replace").rstrip()
            said.append(text)
            if progress is not None and text and not text.startswith(("#", "\t")) and " " not in text:
                count += 1
                progress(f"building {text}", count, 0)


def _values(text: str) -> Iterator[Mapping[str, Any]]:
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text):
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            return
        value, at = decoder.raw_decode(text, at)
        yield value


def _listed(value: Mapping[str, Any], cwd: str) -> Listed:
    module = value.get("Module") or {}
    importmap: Mapping[str, str] = value.get("ImportMap") or {}
    files = ("SFiles", "HFiles", "CFiles", "CXXFiles", "EmbedFiles", "TestEmbedFiles", "XTestEmbedFiles")
    folder = value.get("Dir", "")
    return Listed(
        path=value["ImportPath"],
        name=value.get("Name", ""),
        dir=folder,
        standard=bool(value.get("Standard")),
        for_test=value.get("ForTest", ""),
        export=value.get("Export", ""),
        go_files=_joined(folder, [*value.get("GoFiles", ()), *value.get("CgoFiles", ())]),
        cgo=bool(value.get("CgoFiles")),
        test_files=_joined(folder, value.get("TestGoFiles", ())),
        xtest_files=_joined(folder, value.get("XTestGoFiles", ())),
        inputs=tuple(name for field in files for name in _joined(folder, value.get(field, ()))),
        imports=tuple(value.get("Imports", ())),
        importmap=tuple(sorted(importmap.items())),
        module=module.get("Path", ""),
        main_module=bool(module.get("Main")),
        module_file=module.get("GoMod", ""),
        wanted=not value.get("DepOnly", False),
        errors=tuple(_errors(value, cwd)),
    )


def _errors(value: Mapping[str, Any], cwd: str) -> Iterator[BuildError]:
    own = [value["Error"]] if value.get("Error") else []
    for error in own:
        text = str(error.get("Err", "")).strip()
        position = str(error.get("Pos", ""))
        yield from parse_errors(f"{position}: {text}" if position else text, cwd)


def _joined(folder: str, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(os.path.join(folder, name) for name in names)
