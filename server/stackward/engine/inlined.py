"""Code of other packages that was inlined: where in its own function an allocation stands."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path

from stackward.core.allocation import AllocatorCall
from stackward.syntax.constructs import Constructs
from stackward.syntax.functions import enclosing_function
from stackward.syntax.paths import certain, cold
from stackward.syntax.tree import SourceFile, parse

_FILES = 64  # Of imported packages whose trees are kept: few have anything that is inlined and allocates.


@dataclass(frozen=True, slots=True)
class Origin:
    """``function`` is the one that the allocation is written in; ``certain`` says that each call of it gets there.

    ``cold`` is why that happens rarely.
    """

    function: str
    certain: bool
    cold: str


def origin(call: AllocatorCall) -> Origin | None:
    """Where the code of a call comes from; None where its source is not to be had."""
    try:
        stamp = os.stat(call.path).st_mtime_ns
        source = _source(call.path, stamp)
    except OSError:
        return None
    return _origin(source, call)


def _origin(source: SourceFile, call: AllocatorCall) -> Origin | None:
    constructs = Constructs(source, [call.line])
    fitting = constructs.fitting(call.line, call.mechanism, call.runtime)
    node = fitting[0] if fitting else constructs.statement(call.line)
    function = enclosing_function(source, node.start_byte) if node is not None else None
    if node is None or function is None:
        return None
    return Origin(function.name, certain(node), cold(node, source))


@functools.lru_cache(maxsize=_FILES)
def _source(path: str, stamp: int) -> SourceFile:
    del stamp  # A file that changed is read anew.
    return parse(Path(path).read_bytes())
