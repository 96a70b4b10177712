"""The server with stamps: ``python bench/traced.py FILE`` serves as ``stackward serve`` does, and says when in FILE.

Each line is the time of ``time.perf_counter``, which all processes of a Linux machine share, and what happened. The
points are functions of the product, wrapped from here, so that the product itself carries nothing of this. One that
has gone from the product is said to be missing, in a line at the time 0.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from stackward.cli.main import main

Name: TypeAlias = Callable[[Sequence[Any], Any], str]
"""What to say of a call, from its arguments and its result (None before the call); nothing if it is empty."""


@dataclass(frozen=True, slots=True)
class Point:
    """A function, as ``module:name`` or ``module:Class.name``, and what is said before and after it."""

    where: str
    before: str | Name = ""
    after: str | Name = ""


def _compile(args: Sequence[Any], _: Any) -> str:
    words = args[0]
    if "-S" in words:
        return "compile -S: process"
    return "compile -m: process" if any(word.startswith("-m=") for word in words) else ""


def _begins(args: Sequence[Any], result: Any) -> str:
    return f"{name} is started" if (name := _compile(args, result)) else ""


def _runs(args: Sequence[Any], result: Any) -> str:
    return f"{name} runs" if (name := _compile(args, result)) else ""


def _decided(args: Sequence[Any], records: Any) -> str:
    over = ", escape analysis is over" if args[0].escapes_over else ""
    return f"decisions read{over}" if records or over else ""


def _sent(args: Sequence[Any], _: Any) -> str:
    frame = args[1]
    if b"publishDiagnostics" in frame[:200]:
        return "publication sent"
    return "idle sent" if b"stackward/status" in frame[:200] and b'"idle"' in frame else ""


_POINTS = (
    Point("stackward.engine.session:Session.save", "didSave reaches the session"),
    Point("stackward.engine.analyst:Analyst.run", "job begins"),
    Point("stackward.engine.analyst:Analyst.unit", "recipe holds; unit begins"),
    Point("stackward.engine.analysis:Analysis.run", "inputs known; analysis begins"),
    Point("stackward.toolchain.compiler:start", _begins, _runs),
    Point("stackward.toolchain.process:start", _begins, _runs),
    Point("stackward.toolchain.escapes:LogParser.feed", "bytes of the log arrive", _decided),
    Point("stackward.toolchain.compiler:Compiler.escapes", "", "compile -m: process ended, log read"),
    Point("stackward.toolchain.objectcode:ObjectCodeParser.feed", "bytes of the object code arrive"),
    Point("stackward.toolchain.compiler:Compiler.object_code", "", "compile -S: process ended, object code known"),
    Point("stackward.toolchain.typefacts:TypeFacts.facts", "types are asked for", "types are known"),
    Point("stackward.engine.board:Board.take_partial", "partial results to the board"),
    Point("stackward.engine.board:Board.take", "complete results to the board"),
    Point("stackward.lsp.app:App._tell", "event loop takes up the news"),
    Point("stackward.lsp.protocol.wire:Output.send", _sent),
)


class Stamps:
    """The file. Each line is written at once: the server ends without notice."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def add(self, what: str, at: float | None = None) -> None:
        """Say what happens now."""
        stamp = time.perf_counter() if at is None else at
        os.write(self._descriptor, f"{stamp:.6f} {what}\n".encode())

    def watch(self, point: Point) -> None:
        """Wrap the function of a point."""
        module_name, _, path = point.where.partition(":")
        *owners, name = path.split(".")
        try:
            owner: Any = functools.reduce(getattr, owners, importlib.import_module(module_name))
            function = getattr(owner, name)
        except (ImportError, AttributeError):
            self.add(f"missing: {point.where}", 0.0)
            return

        @functools.wraps(function)
        def stamped(*args: Any, **named: Any) -> Any:
            self._say(point.before, args, None)
            result = function(*args, **named)
            self._say(point.after, args, result)
            return result

        setattr(owner, name, stamped)

    def _say(self, name: str | Name, args: Sequence[Any], result: Any) -> None:
        what = name if isinstance(name, str) else name(args, result)
        if what:
            self.add(what)


if __name__ == "__main__":
    stamps = Stamps(sys.argv[1])
    for one in _POINTS:
        stamps.watch(one)
    sys.exit(main(["serve"]))
