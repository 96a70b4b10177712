"""``stackward graph FILE:LINE:COL``: how a value gets to the heap, as a picture."""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from stackward.cli.check import Progress, Silent
from stackward.core.outcome import Cancelled
from stackward.engine.check import Place, check
from stackward.engine.results import CheckReport
from stackward.engine.session import Session
from stackward.engine.setup import load_folder, open_store
from stackward.report import flow
from stackward.toolchain.process import CancelToken

_PLACE = re.compile(r"(.+?):(\d+)(?::(\d+))?")


def add_parser(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "graph",
        help="draw how a value gets to the heap",
        description="Draws the flow of the value that a hint is about: each assignment, call and parameter on its way.",
        epilog="Exit status: 0 when there is a picture, 2 when there is nothing at that place or the call is wrong.",
    )
    parser.add_argument("place", metavar="FILE:LINE[:COLUMN]", help="a place as stackward check prints it")
    parser.add_argument("--format", choices=("text", "svg", "mermaid"), default="text", help="the form (default: text)")
    parser.add_argument("--tags", metavar="LIST", default="", help="build tags, separated by commas")
    parser.add_argument("--go", metavar="PATH", default="", help="the go command to use")
    parser.set_defaults(run=run)


def run(namespace: argparse.Namespace) -> int:
    """Analyse the package of the file, and print."""
    place = _PLACE.fullmatch(namespace.place)
    if place is None or not os.path.isfile(place[1]):
        print(f"stackward: {namespace.place} is no place in a file; write FILE:LINE:COLUMN", file=sys.stderr)
        return 2
    path = os.path.abspath(place[1])
    directory = os.path.dirname(path)
    loaded = load_folder(directory, go=namespace.go, tags=tuple(filter(None, namespace.tags.split(","))))
    for problem in loaded.problems:
        print(f"stackward: {problem.what}", file=sys.stderr)
    if loaded.problems:
        return 2
    bar = Progress(sys.stderr)
    with tempfile.TemporaryDirectory(prefix="stackward-", ignore_cleanup_errors=True) as work:
        session = Session(Silent(), work=work, store=open_store(loaded.settings))
        folder = session.add_folder(directory, loaded.config)
        outcome = check(
            session, [Place(folder, directory, (".",))], parallel=1, progress=bar.show, cancel=CancelToken()
        )
        session.finish()
    bar.clear()
    if isinstance(outcome, Cancelled):
        return 130
    if not isinstance(outcome, CheckReport):
        print(f"stackward: {outcome}", file=sys.stderr)
        return 2
    hints = [hint for hint in outcome.hints if hint.site.path == path]
    hint = flow.nearest(hints, int(place[2]) - 1, int(place[3] or 1) - 1)
    if hint is None:
        failure = next((str(one.failure) for one in outcome.packages if one.failure is not None), "")
        print(f"stackward: {failure or f'nothing allocates at {namespace.place}'}", file=sys.stderr)
        return 2
    match namespace.format:
        case "svg":
            print(flow.svg(hint, lambda one: Path(one).as_uri()))
        case "mermaid":
            print(flow.mermaid(hint, lambda one: Path(one).as_uri()), end="")
        case _:
            print(flow.text(hint, os.getcwd()), end="")
    return 0
