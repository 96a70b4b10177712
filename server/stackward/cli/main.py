"""``stackward``: the commands."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import stackward
from stackward.cli import check, doctor, explain, serve


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; gives the exit status."""
    parser = argparse.ArgumentParser(
        prog="stackward", description="Shows what Go code allocates on the heap, and why.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"stackward {stackward.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check.add_parser(commands)
    doctor.add_parser(commands)
    explain.add_parser(commands)
    serve.add_parser(commands)
    namespace = parser.parse_args(argv)
    try:
        code: int = namespace.run(namespace)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of a pipe has seen enough (`stackward check | head`); the flush at exit must not complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code
