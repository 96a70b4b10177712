"""Where stackward keeps what it may lose, results between runs and files made from others; and how such are kept."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path


def cache_dir(environ: Mapping[str, str] | None = None) -> Path:
    """The cache folder of stackward itself, which need not exist yet.

    ``STACKWARD_CACHE`` names it; else it is ``stackward`` in ``XDG_CACHE_HOME`` or in the platform's folder for caches.
    Variables that hold a relative path are passed over, as the XDG specification asks.
    """
    env = os.environ if environ is None else environ
    named = Path(os.path.normpath(from_home(env.get("STACKWARD_CACHE", ""), env)))
    if named.is_absolute():
        return named
    if (xdg := Path(env.get("XDG_CACHE_HOME", ""))).is_absolute():
        return xdg / "stackward"
    if sys.platform == "win32":
        usual = env.get("LOCALAPPDATA", "")
    else:
        usual = from_home("~/Library/Caches" if sys.platform == "darwin" else "~/.cache", env)
    # A service or a container may have no home; what is lost with the temporary folder is only a head start.
    return Path(usual if Path(usual).is_absolute() else tempfile.gettempdir()) / "stackward"


def from_home(path: str, env: Mapping[str, str]) -> str:
    """``path`` with a leading ``~`` replaced by the home folder of ``env``; as it is where that names none."""
    home = env.get("USERPROFILE" if sys.platform == "win32" else "HOME", "")
    starts_there = path == "~" or path.startswith(("~/", f"~{os.sep}"))
    return home + path[1:] if home and starts_there else path


def kept(folder: str, content: bytes, name: str = "{}") -> str:
    """The path of a file with this content in ``folder``; ``{}`` in its name stands for a digest of it.

    One that is there is read, since a crash or a full disk may have left something else under its name. Anyone may
    remove the folder at any time: it is only a cache. Raises ``OSError`` where the file cannot be written.
    """
    path = os.path.join(folder, name.format(hashlib.blake2b(content, digest_size=16).hexdigest()))
    with contextlib.suppress(OSError):
        if Path(path).read_bytes() == content:
            return path
    os.makedirs(folder, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(partial, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise
    return path


@contextlib.contextmanager
def scratch(folder: str) -> Iterator[str]:
    """A temporary folder below ``folder``, which is made again where somebody removed it. Raises ``OSError``."""
    os.makedirs(folder, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as work:
        yield work
