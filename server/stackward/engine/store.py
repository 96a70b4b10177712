"""Results on disk between runs: a bounded folder of small compressed JSON files, one per key.

The key of an entry says everything that it depends on, so an entry is either right or not found; nothing is ever
updated. A folder that cannot be written costs a restart its head start and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

_PRUNE_EVERY = 64  # Writes between two looks at the folder's size.


class Store:
    """A folder of JSON values by key. ``max_bytes`` bounds it; least recently used entries go first. Thread-safe."""

    def __init__(self, folder: str, max_bytes: int) -> None:
        self._folder = Path(folder)
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._writes = 0
        self._complained = False

    def get(self, key: str) -> Any | None:
        """The value, or None when there is none that can be read; a damaged entry is as good as none."""
        path = self._path(key)
        try:
            value = json.loads(zlib.decompress(path.read_bytes()))
        except (OSError, ValueError, zlib.error):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # Recently used entries are kept.
        return value

    def put(self, key: str, value: Any) -> None:
        """Keep a value that ``json`` can write. Failures are logged once."""
        path = self._path(key)
        data = zlib.compress(
            json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"), 1
        )
        partial = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(data)
            os.replace(partial, path)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            if not self._complained:
                self._complained = True
                log.warning("results are not kept between runs: cannot write %s: %s", path, error.strerror)
            return
        with self._lock:
            self._writes += 1
            due = self._writes % _PRUNE_EVERY == 1
        if due:
            self.prune()

    def prune(self) -> None:
        """Delete least recently used entries until the folder is within its bound."""
        entries = sorted(self._entries())
        total = sum(size for _, size, _ in entries)
        for _, size, path in entries:
            if total <= self._max_bytes:
                return
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size

    def _entries(self) -> Iterator[tuple[int, int, Path]]:
        for path in self._folder.glob("*/*"):
            with contextlib.suppress(OSError):
                stat = path.stat()
                yield stat.st_mtime_ns, stat.st_size, path

    def _path(self, key: str) -> Path:
        name = hashlib.blake2b(key.encode(), digest_size=20).hexdigest()
        return self._folder / name[:2] / name
