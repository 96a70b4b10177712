"""What the analysis of one compile unit depends on."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import stackward
from stackward.engine.texts import Snapshot
from stackward.toolchain.unit import Package, Unit


@functools.cache
def edition() -> str:
    """A digest that changes with stackward itself: its version, and the files it runs from, for those who edit them."""
    files = sorted(Path(stackward.__file__).parent.rglob("*.py"))
    stamps = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.blake2b(repr((stackward.__version__, stamps)).encode(), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that the analysis of a unit depends on. ``archives`` replaces export data that the recipe names.

    ``foreign`` are texts that such data is of, where the files say something else: lines of generic code are theirs.
    """

    unit: Unit
    snapshot: Snapshot
    archives: Mapping[str, str] = field(default_factory=dict)
    environment: str = ""
    """Digest of the toolchain and the build configuration."""
    graph: tuple[Package, ...] = ()
    """The packages that the unit imports; their texts are as their export data, which the key names."""
    foreign: Mapping[str, bytes] = field(default_factory=dict)

    def key(self) -> str:
        """A digest of all of it, and of the version of stackward that judges it."""
        unit = self.unit
        archives = [(path, self.archives.get(archive, archive)) for path, archive in unit.imports]
        parts = (
            edition(),
            self.environment,
            unit.id,
            unit.argv,
            unit.files,
            archives,
            unit.importmap,
            sorted(self.snapshot.digests.items()),
        )
        return hashlib.blake2b(repr(parts).encode("utf-8", "surrogateescape"), digest_size=20).hexdigest()
