"""``make bench``: the tables that README.md in this folder explains."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import stackward
from checks import check
from dependents import dependents
from keystrokes import keystrokes
from lightbulbs import lightbulbs
from opening import opening
from processes import CommandError
from reading import reading
from saves import saves
from servers import Timing
from stackward.core.outcome import ToolchainMissing
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain, discover
from startup import startup
from targets import Target, summary
from timeline import timeline
from verifying import verifying
from workplace import gopls_command, place, workplace

_PARTS = ("save", "keystroke", "startup", "opening", "check", "reading", "dependents", "actions", "verify")
_RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Measure and print; 2 where there is nothing to measure with."""
    given = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # What was started is ended on the way out.
    parts = given.only.split(",")
    if unknown := set(parts) - set(_PARTS):
        print(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(_PARTS)}", file=sys.stderr)
        return 2
    toolchain = discover(BuildConfig(go=given.go))
    if isinstance(toolchain, ToolchainMissing):
        print(toolchain, file=sys.stderr)
        return 2
    lines: list[str] = []
    targets: list[Target] = []
    try:
        with workplace():
            for item in _trace(toolchain, given) if given.trace else _report(toolchain, parts, given):
                if isinstance(item, Target):
                    targets.append(item)
                    continue
                print(item, flush=True)
                lines.append(item)
    except CommandError as error:
        print(error, file=sys.stderr)
        return 2
    verdicts = summary(targets)
    print("\n".join(verdicts))
    if given.save:
        path = _RESULTS / f"{dt.datetime.now(tz=dt.UTC).date()}-{given.save}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join([*lines, *verdicts]).rstrip() + "\n", encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures stackward against gopls and the bare compiler.")
    parser.add_argument("--only", default=",".join(_PARTS), metavar="PARTS", help=f"some of {','.join(_PARTS)}")
    parser.add_argument(
        "--packages", default="", metavar="NAMES", help="save: only packages whose names hold one of these"
    )
    parser.add_argument("--runs", type=int, default=5, help="save: how often each contender has its turn (default: 5)")
    parser.add_argument(
        "--pause", type=float, default=0.0, help="save: seconds from the last key to the save (default: 0)"
    )
    parser.add_argument(
        "--patience", type=float, default=60.0, help="save: seconds after which a server has failed (default: 60)"
    )
    parser.add_argument("--tests", action="store_true", help="check: test files too")
    parser.add_argument("--trace", action="store_true", help="only show where the time of one save goes")
    parser.add_argument("--go", default="", help="the go command")
    parser.add_argument("--server", default="", metavar="COMMAND", help="another server in the place of stackward")
    parser.add_argument("--no-gopls", action="store_true", help="without gopls")
    parser.add_argument("--save", nargs="?", const="all", metavar="NAME", help="also write results/DATE-NAME.md")
    return parser.parse_args()


def _report(toolchain: Toolchain, parts: list[str], given: argparse.Namespace) -> Iterator[str | Target]:
    """All sections, as Markdown."""
    places = {name: place(toolchain, name) for name in ("stackward", "gopls", "commands")}
    ours = places["stackward"]
    words = [os.path.abspath(word) if os.path.exists(word) else word for word in shlex.split(given.server)]
    server = words or [sys.executable, "-m", "stackward", "serve"]
    gopls, about = (None, "without gopls")
    if not given.no_gopls and {"save", "startup"} & set(parts):
        gopls, about = gopls_command(places["gopls"])
    yield from _head(toolchain, f"{f'server: `{given.server}`; ' if given.server else ''}{about}")
    if "save" in parts:
        timing = Timing(given.pause, given.patience)
        yield from saves(server, gopls, places, only=_names(given), runs=given.runs, timing=timing)
    if "keystroke" in parts:
        yield from keystrokes(server, ours)
    if "startup" in parts:
        yield from startup(server, gopls, places)
    if "opening" in parts:
        yield from opening(server, ours)
    if "check" in parts:
        yield from check(ours, tests=given.tests)
    if "reading" in parts:
        yield from reading(ours, toolchain.minor, toolchain.goarch)
    if "dependents" in parts:
        yield from dependents(server, ours)
    if "actions" in parts:
        yield from lightbulbs(server, ours)
    if "verify" in parts:
        yield from verifying(ours)


def _trace(toolchain: Toolchain, given: argparse.Namespace) -> Iterator[str]:
    """The time line, of the tiny package unless others are named."""
    yield from _head(toolchain, "with stamps in the server")
    yield from timeline(place(toolchain, "stackward"), only=_names(given) or ["tiny, no"], runs=given.runs)


def _names(given: argparse.Namespace) -> list[str]:
    return [one for one in given.packages.split(",") if one]


def _head(toolchain: Toolchain, about: str) -> Iterator[str]:
    yield f"# stackward {stackward.__version__}, {toolchain.version}, {os.cpu_count()} cores"
    yield ""
    yield f"{about}; Python {platform.python_version()}; load {os.getloadavg()[0]:.1f} at the start."
    yield ""


if __name__ == "__main__":
    sys.exit(main())
