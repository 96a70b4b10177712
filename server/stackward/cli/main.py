"""``stackward``: the commands."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence

import stackward

COMMANDS = ("check", "doctor", "explain", "fix", "graph", "inline-diff", "serve")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; gives the exit status."""
    parser = argparse.ArgumentParser(
        prog="stackward", description="Shows what Go code allocates on the heap, and why.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"stackward {stackward.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    given = sys.argv[1:] if argv is None else list(argv)
    # Only the command that is called is imported: a client of `serve` waits for its first answer.
    for name in [given[0]] if given and given[0] in COMMANDS else COMMANDS:
        importlib.import_module(f"stackward.cli.{name.replace('-', '_')}").add_parser(commands)
    namespace = parser.parse_args(given)
    for stream in (sys.stdout, sys.stderr):
        # Source lines and paths may hold what the terminal's encoding cannot show.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code: int = namespace.run(namespace)
        if not sys.stdout.closed:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of a pipe has seen enough (`stackward check | head`); the flush at exit must not complain about it.
        _drop_output()
        return 0
    except OSError as error:
        print(f"stackward: {error}", file=sys.stderr)
        _drop_output()
        return 2
    return code


def _drop_output() -> None:
    """What could not be written is not tried again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
