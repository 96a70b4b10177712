"""``stackward check std``, cold and again."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from processes import CommandError, run
from tables import table
from workplace import CACHE, Place

_PATIENCE = 1800.0  # Seconds for each command.


def check(at: Place, *, tests: bool) -> Iterator[str]:
    """The section of the report."""
    arguments = ["check", *([] if tests else ["--no-tests"]), "--format", "json", "std"]
    source = at.goroot / "src"
    yield f"## `stackward {' '.join(arguments)}`"
    yield ""
    cache = CACHE / "check"
    shutil.rmtree(cache, ignore_errors=True)
    rows = []
    try:
        # Go's build cache is warm, as with a user who has built: what is cold is stackward's own.
        run([at.go, "list", "-export", *(["-test"] if tests else []), "std"], env=at.env, cwd=source, timeout=_PATIENCE)
        for name in ("cold", "again"):
            rows.append(_once(name, [sys.executable, "-m", "stackward", *arguments], at, cache))
    except CommandError as error:
        yield from [f"Failed: {error}", ""]
    yield "Go's build cache is warm both times; stackward's own is empty the first time."
    yield ""
    yield from table(["", "seconds", "packages", "sites", "problems", "cache on disk, MiB"], rows)


def _once(name: str, argv: list[str], at: Place, cache: Path) -> list[str]:
    env = {**at.env, "STACKWARD_CACHE": str(cache)}
    took, printed = run(argv, env=env, cwd=at.goroot / "src", timeout=_PATIENCE, quiet=True)
    try:
        found = json.loads(printed)
        counts = [f"{len(found[what]):,}" for what in ("packages", "sites", "problems")]
    except (ValueError, KeyError) as error:
        raise CommandError(f"stackward check prints no report: {error!r}") from error
    size = sum(path.stat().st_size for path in cache.rglob("*") if path.is_file())
    return [name, f"{took:.1f}", *counts, f"{size / (1 << 20):.0f}"]
