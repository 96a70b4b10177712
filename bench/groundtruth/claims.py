"""What is claimed to allocate: by stackward, by the compiler's ``-m`` lines, by gopls's details."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundtruth.collect import Logged
from groundtruth.gocommand import Go, Package


@dataclass(frozen=True, slots=True)
class Claim:
    """One place that is said to allocate.

    ``lines`` are those on which it is shown (the construct's first, and the compiler's own point), ``end`` the last line
    of its range. ``always`` is the strength of the claim; ``shown`` is False for what stackward knows and keeps back.
    ``size`` is what an object takes up and ``bytes`` what it needs, where the claim says so, ``runtime`` the allocator
    that is called, ``calls`` the lines of calls into which it says that it was inlined, ``text`` what it says in words.
    """

    file: str
    lines: frozenset[int]
    end: int
    point: tuple[int, int]
    function: str
    always: bool
    shown: bool
    size: int | None
    bytes: int | None
    runtime: str | None
    text: str
    calls: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Product:
    """What stackward says of a set of packages: claims by file, and the packages it could not analyse."""

    claims: Mapping[str, Sequence[Claim]]
    failed: Mapping[str, str]


def stackward(go: Go, wanted: Sequence[Package], jobs: int) -> Product:
    """Asks ``stackward check``, once for all packages of a module: with and without what it does not show by itself."""
    found: dict[str, list[Claim]] = {}
    failed: dict[str, str] = {}
    for root in dict.fromkeys(one.root for one in wanted):
        paths = [one.path for one in wanted if one.root == root]
        everything = _check(go, root, [*paths, "--all"], jobs)
        by_default = {_identity(site) for site in _check(go, root, paths, jobs)["sites"]}
        for package in everything["packages"]:
            if package["error"]:
                failed[package["path"]] = package["error"]
        for site in everything["sites"]:
            claim = _claim(site, root, shown=_identity(site) in by_default)
            found.setdefault(claim.file, []).append(claim)
    return Product(found, failed)


def raw(lines: Iterable[Logged], files: frozenset[str]) -> dict[str, list[Claim]]:
    """The log as peers show it: every line of it is taken for a claim that the place always allocates."""
    found: dict[str, list[Claim]] = {}
    for one in lines:
        if one.file in files:
            point = one.line, one.column
            claim = Claim(
                one.file, frozenset((one.line,)), one.line, point, "?", True, True, None, None, None, one.text
            )
            found.setdefault(one.file, []).append(claim)
    return found


def _check(go: Go, root: Path, arguments: Sequence[str], jobs: int) -> dict[str, Any]:
    fixed = ["check", "--format", "json", "--go", str(go.command), "--jobs", str(jobs)]
    done = subprocess.run(
        [sys.executable, "-m", "stackward", *fixed, *arguments],
        cwd=root,
        env=dict(go.env),
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise SystemExit(f"stackward check failed:\n{done.stderr[-2000:]}") from None
    return answer


def _identity(site: Mapping[str, Any]) -> str:
    return json.dumps([site["file"], site["range"], site["at"], site["rule"]])


def _claim(site: Mapping[str, Any], root: Path, *, shown: bool) -> Claim:
    first, at = site["range"]["start"], site["at"]
    verdict = site["allocates"]
    when = f" ({site['when']})" if site["when"] else ""
    size = f" {site['bytes']} bytes" if site["bytes"] is not None else f" {site['size']}" if site["size"] else ""
    return Claim(
        file=os.path.normpath(root / site["file"]),
        lines=frozenset((first["line"], at["line"])),
        end=site["range"]["end"]["line"],
        point=(at["line"], at["column"]),
        function=site["function"],
        # Until the object code is read nothing is known, and what is shown without a condition reads as "always".
        always=verdict in {"always", "unknown"},
        shown=shown,
        size=site["size_class"],
        bytes=site["bytes"],
        runtime=site["runtime"],
        text=f"{site['rule']}: {verdict}{when}{size} {site['runtime'] or ''}".rstrip(),
        calls=frozenset((os.path.normpath(root / at["file"]), at["line"]) for at in site["inlined_at"]),
    )
