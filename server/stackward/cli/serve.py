"""``stackward serve``: the language server."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "serve", help="start the language server", description="Starts the language server on stdin and stdout."
    )
    parser.add_argument("--stdio", action="store_true", help="speak on stdin and stdout (the default)")
    parser.add_argument("--tcp", metavar="HOST:PORT", help="listen on a loopback address for one client instead")
    parser.add_argument("--log-file", metavar="FILE", help="write the log here instead of stderr")
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="how much to log (default: info)",
    )
    parser.set_defaults(run=run)


def run(namespace: argparse.Namespace) -> int:
    """Serve until the client leaves."""
    # The protocol's types take a quarter of a second to import, which no other command needs.
    from stackward.lsp.server import serve  # noqa: PLC0415

    return serve(tcp=namespace.tcp, log_file=namespace.log_file, log_level=namespace.log_level)
