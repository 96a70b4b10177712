"""The JSON form of ``stackward check``: one object, version 1.

Lines and columns are 1-based, columns in UTF-8 bytes. The text is ASCII, whatever is in it: no terminal or pipe changes
it, and names of files that are not UTF-8 have a form too.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from stackward.core.decision import Problem
from stackward.core.hint import Hint
from stackward.core.position import BytePos, Location
from stackward.engine.results import CheckReport, PackageReport

VERSION = 1


def render(report: CheckReport, cwd: str) -> str:
    """The whole object, with file names relative to ``cwd`` where they are below it; what it lists has a line each."""
    lists = {
        "packages": [_package(package, cwd) for package in report.packages],
        "sites": [site(hint, cwd) for hint in report.hints],
        "problems": [_problem(problem, cwd) for problem in report.problems],
    }
    members = [f'"version": {VERSION}', f'"toolchain": {json.dumps(report.toolchain)}']
    members += [f'"{name}": {_lines(entries)}' for name, entries in lists.items()]
    return "{\n  " + ",\n  ".join(members) + "\n}"


def _lines(entries: Iterable[Mapping[str, Any]]) -> str:
    lines = ",\n    ".join(json.dumps(one) for one in entries)
    return f"[\n    {lines}\n  ]" if lines else "[]"


@functools.lru_cache(maxsize=4096)  # Most places are in few files.
def relative(path: str, cwd: str) -> str:
    """``path`` relative to ``cwd`` if that is no detour, else as it is."""
    if not os.path.isabs(path):
        return path
    try:
        short = os.path.relpath(path, cwd)
    except ValueError:  # Another drive on Windows.
        return path
    return path if short.startswith(os.pardir + os.sep + os.pardir) else short


def _package(package: PackageReport, cwd: str) -> dict[str, Any]:
    return {
        "path": package.import_path,
        "dir": relative(package.dir, cwd),
        "sites": package.sites,
        "cached": package.cached,
        "error": str(package.failure) if package.failure is not None else None,
    }


def site(hint: Hint, cwd: str) -> dict[str, Any]:
    """One site as the JSON form has it."""
    one = hint.site
    return {
        "file": relative(one.path, cwd),
        "range": {"start": _point(one.range.start), "end": _point(one.range.end)},
        "function": one.function,
        "rule": hint.rule,
        "message": hint.message,
        "flow": [{**_place(step.at, cwd), "text": step.text} for step in hint.steps],
        "inlined_at": [_place(at, cwd) for at in one.inlined_at],
        "inlined_from": one.inlined_from or None,
        "instances": list(one.instances),
        "spared": list(one.spared),
        "at": _point(one.at),
        "allocates": one.allocates.value,
        "when": one.when or None,
        "bytes": one.bytes,
        "size_class": one.size_class,
        "size": one.size or None,
        "type": one.type,
        "runtime": one.runtime,
        "header": one.header or None,
        "loops": one.loops,
        "cold": one.cold or None,
        "once": one.once,
        "not_inlined": one.not_inlined or None,
    }


def _problem(problem: Problem, cwd: str) -> dict[str, Any]:
    place = _place(problem.at, cwd) if problem.at is not None else {"file": relative(problem.path, cwd)}
    return {**place, "what": problem.what, "text": problem.text}


def _place(at: Location, cwd: str) -> dict[str, Any]:
    return {"file": relative(at.path, cwd), **_point(at.pos)}


def _point(pos: BytePos) -> dict[str, int]:
    line, column = pos.display
    return {"line": line, "column": column}
