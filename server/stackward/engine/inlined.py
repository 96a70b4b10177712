"""Code of other packages that was inlined: where in its own function an allocation stands."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stackward.core.allocation import AllocatorCall, Mechanism
from stackward.engine.sites import Found
from stackward.syntax.constructs import Constructs
from stackward.syntax.functions import enclosing_function
from stackward.syntax.paths import certain, cold, formats_nothing
from stackward.syntax.tree import SourceFile, package_of, parse
from stackward.toolchain.laid import texts_of

_TREES = 2  # A tree takes ten times the memory of its text, so what was learnt from it is kept instead.
_ORIGINS = 4096


@dataclass(frozen=True, slots=True)
class Origin:
    """``function`` is the one of ``package`` that the allocation is written in.

    ``certain`` says that each call of it gets there, ``cold`` is why that happens rarely.
    """

    package: str
    function: str
    certain: bool
    cold: str


class Origins:
    """Finds where code comes from. ``archives`` is the export data that stackward built, of texts that nobody saved."""

    def __init__(self, archives: Iterable[str] = ()) -> None:
        self._archives = tuple(sorted(set(archives)))

    def of(self, call: AllocatorCall) -> Origin | None:
        """Where the code of a call comes from; None where its source is not to be had."""
        try:
            stamp = self._built.get(call.path) or os.stat(call.path).st_mtime_ns
            return _origin(call.path, stamp, call.line, call.mechanism, call.runtime)
        except OSError:
            return None

    @functools.cached_property
    def _built(self) -> Mapping[str, str]:
        """The archives that have code of files as they are not on disk."""
        return {path: archive for archive in self._archives for path in texts_of(archive)}


def origin_in(
    source: SourceFile, constructs: Constructs, line: int, mechanism: Mechanism, runtime: str
) -> Origin | None:
    """Where a call on a line of a file comes from, as far as syntax tells; ``constructs`` has those of the line."""
    fitting = constructs.fitting(line, mechanism, runtime)
    node = fitting[0] if fitting else constructs.statement(line)
    function = enclosing_function(source, node.start_byte) if node is not None else None
    if node is None or function is None:
        return None
    return Origin(package_of(source), function.name, certain(node), cold(node, source))


@functools.lru_cache(maxsize=_ORIGINS)
def _origin(path: str, stamp: int | str, line: int, mechanism: Mechanism, runtime: str) -> Origin | None:
    source = _source(path, stamp)
    return origin_in(source, Constructs(source, [line]), line, mechanism, runtime)


def gets_there(through: Iterable[str], found: Found) -> bool | None:
    """Whether a call gets to what is allocated ``through`` the functions that were inlined there; None if that depends.

    Since Go 1.26 ``errors.New`` is inlined through ``fmt.Errorf``, for texts that need no formatting.
    """
    return None if _PLAIN.isdisjoint(through) else formats_nothing(found.located.node, found.file)


_PLAIN = frozenset({"fmt.Errorf"})


@functools.lru_cache(maxsize=_TREES)
def _source(path: str, stamp: int | str) -> SourceFile:
    """The text of a file: as it is on disk, or as an archive has it.

    ``stamp`` is when the disk had it, so that a file that changed is read anew, or the archive.
    """
    text = texts_of(stamp).get(path) if isinstance(stamp, str) else Path(path).read_bytes()
    if text is None:
        raise FileNotFoundError(path)
    return parse(text)
