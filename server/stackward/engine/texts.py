"""The texts that an analysis is about: what is on disk, with unsaved text laid over it."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stackward.toolchain.stamps import header_digest


def digest(text: bytes) -> str:
    """The identity of a text."""
    return hashlib.blake2b(text, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The texts of some files at one moment: the digests of all that exist, and those laid over the disk in full."""

    digests: Mapping[str, str]
    overlays: Mapping[str, bytes] = field(default_factory=dict)

    def same(self, other: Snapshot) -> bool:
        return self.digests == other.digests


class Texts:
    """Reads and hashes files, each only when its stamp changed. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stamped: dict[str, tuple[tuple[int, int, int], str]] = {}
        self._open: dict[str, bytes] = {}
        self._headers: dict[str, str] = {}

    def open(self, path: str, text: bytes) -> None:
        """From now on ``text`` is what the file says, whatever is on disk."""
        with self._lock:
            self._open[path] = text

    def close(self, path: str) -> None:
        """The disk speaks again."""
        with self._lock:
            self._open.pop(path, None)

    def with_overlays(self, texts: Mapping[str, bytes]) -> Texts:
        """The same texts with others laid over them; what is opened there later is not seen here, nor the reverse."""
        other = Texts()
        with self._lock:
            other._stamped, other._headers = self._stamped, self._headers  # Of the disk, which both see.
            other._open = {**self._open, **texts}
        return other

    def opened(self) -> dict[str, bytes]:
        """All open texts by path."""
        with self._lock:
            return dict(self._open)

    def read(self, path: str) -> bytes | None:
        """The text as the user sees it; None when there is no such file or it cannot be read."""
        with self._lock:
            text = self._open.get(path)
        return text if text is not None else _read(path)

    def digest(self, path: str) -> str | None:
        """The digest of ``read(path)``."""
        with self._lock:
            text = self._open.get(path)
        return digest(text) if text is not None else self._disk_digest(path)

    def header(self, path: str) -> str | None:
        """The digest of what of a Go file decides how it is compiled (``toolchain.stamps.header``)."""
        key = self.digest(path)
        if key is None:
            return None
        known = self._headers.get(key)
        if known is None:
            text = self.read(path)
            if text is None:
                return None
            known = self._headers[key] = header_digest(text)
        return known

    def snapshot(self, paths: tuple[str, ...]) -> Snapshot:
        """The texts of ``paths`` now.

        Open texts that equal the disk are not overlays, so nothing is copied for them.
        """
        opened = self.opened()
        digests: dict[str, str] = {}
        overlays: dict[str, bytes] = {}
        for path in paths:
            on_disk = self._disk_digest(path)
            text = opened.get(path)
            if text is not None:
                own = digest(text)
                if own != on_disk:
                    overlays[path] = text
                on_disk = own
            if on_disk is not None:
                digests[path] = on_disk
        return Snapshot(digests, overlays)

    def _disk_digest(self, path: str) -> str | None:
        try:
            stat = os.stat(path)
        except OSError:
            return None
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        with self._lock:
            known = self._stamped.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        text = _read(path)
        if text is None:
            return None
        value = digest(text)
        with self._lock:
            self._stamped[path] = (stamp, value)
        return value


def _read(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except OSError:
        return None
