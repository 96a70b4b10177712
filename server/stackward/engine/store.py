"""Results on disk between runs: a bounded folder of small compressed files, one per key, a JSON value per line.

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
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

_PRUNE_EVERY = 64  # Writes between two looks at the folder's size.


class Store:
    """A folder of JSON values, some for each key. ``max_bytes`` bounds it; least recently used ones go first.

    Thread-safe.
    """

    def __init__(self, folder: str, max_bytes: int) -> None:
        self._folder = Path(folder)
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._writes = 0
        self._complained = False

    def get(self, key: str) -> Iterator[Any] | None:
        """The values, each read when its turn comes, or None when there are none that can be read.

        A damaged entry is as good as none.
        """
        path = self._path(key)
        try:
            lines = zlib.decompress(path.read_bytes()).splitlines()
        except (OSError, zlib.error):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # Recently used entries are kept.
        return map(json.loads, lines)

    def put(self, key: str, values: Iterable[Any]) -> None:
        """Keep values that ``json`` can write, each taken when its turn comes. Failures are logged once."""
        path = self._path(key)
        packer = zlib.compressobj(1)
        packed = [packer.compress(_line(value)) for value in values]
        data = b"".join([*packed, packer.flush()])
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


def _line(value: Any) -> bytes:
    written = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return written.encode("utf-8", "surrogatepass") + b"\n"
