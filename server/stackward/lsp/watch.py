"""What happens to Go files outside the editor: branch switches, code generation, edits of go.mod. Alone uses watchdog.

A thread of its own waits for events, gathers a burst into one call, and looks now and then whether each root is still
the folder that is being watched; a root may be missing, go away and come back.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import math
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.polling import PollingObserver

from stackward.core.decision import Problem

log = logging.getLogger(__name__)

# It adds a watch twice where folders appear quickly, which does no harm, and says so on stderr at length.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"watchdog\.observers")

_NAMES = frozenset({"go.mod", "go.sum", "go.work", "go.work.sum", "default.pgo", ".stackward.toml"})
_SUFFIXES = (".go", ".s", ".S", ".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx", ".syso")
_IGNORED_FOLDERS = frozenset({"node_modules", "testdata"})
_EVENTS: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
]
_POLL_SECONDS = 3.0  # A poll of a large tree takes a good part of a second.
_JOIN_SECONDS = 1.0
_NO_MORE = frozenset({errno.ENOSPC, errno.EMFILE, errno.ENFILE})  # inotify's limits of watches and of instances.
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR})


def is_relevant(path: str, root: str, *, folder: bool = False) -> bool:
    """Whether a change of the file (or the loss of the folder) can change what is known of Go code under ``root``.

    The go command ignores ``testdata`` and names that begin with a dot or an underscore; editors name their own files
    that way.
    """
    parts = PurePath(path).relative_to(root).parts
    folders = parts if folder else parts[:-1]
    if any(part.startswith(".") or part in _IGNORED_FOLDERS for part in folders):
        return False
    if folder:
        return True
    name = parts[-1]
    if name in _NAMES:
        return True
    if name == "modules.txt":
        return folders[-1:] == ("vendor",)
    return name.endswith(_SUFFIXES) and not name.startswith((".", "_"))


class Watcher:
    """Watches ``roots`` recursively and calls ``on_change`` with the paths that changed, in a thread of its own.

    A burst is one call: when nothing more came for ``quiet`` seconds, or ``longest`` seconds after its first event. The
    path of a folder stands for all that was in it: it went away, was moved, or was not watched for a while.
    ``on_problem`` is told once where the system allows no more watches, and the roots are polled from then on; and once
    for each root that cannot be watched.
    """

    def __init__(
        self,
        roots: Iterable[str],
        on_change: Callable[[frozenset[str]], None],
        *,
        on_problem: Callable[[Problem], None] = lambda problem: log.warning("%s: %s", problem.path, problem.what),
        quiet: float = 0.1,
        longest: float = 1.0,
        look: float = 2.0,
        observer: Callable[[], BaseObserver] = Observer,
    ) -> None:
        self._on_change = on_change
        self._quiet, self._longest, self._look = quiet, longest, look
        self._roots = _Roots(self._note, on_problem, observer)
        self._wanted = _absolute(roots)
        self._paths: set[str] = set()
        self._first = self._last = 0.0
        self._next_look = 0.0
        self._ready = self._stopped = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="stackward-watch", daemon=True)

    def start(self) -> None:
        """Begin; returns at once, though a large tree takes a while to be watched (``wait_ready``)."""
        self._thread.start()

    def set_roots(self, roots: Iterable[str]) -> None:
        """Watch these folders from now on."""
        with self._changed:
            self._wanted = _absolute(roots)
            self._next_look, self._ready = 0.0, False
            self._changed.notify_all()

    def wait_ready(self, timeout: float) -> bool:
        """Wait until all roots that exist are watched; False if that takes longer than ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._ready or self._stopped, timeout) and self._ready

    def stop(self) -> None:
        """End. ``on_change`` is not called any more once this has returned, unless it hangs."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_SECONDS)

    def _note(self, *paths: str) -> None:
        """Add to the burst; without a path, only have the roots looked at."""
        with self._changed:
            self._last = time.monotonic()
            if not self._paths:
                self._first = self._last
            self._paths.update(paths)
            if not paths:
                self._next_look = min(self._next_look, self._last + self._quiet)
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            while not self._stopped:
                if time.monotonic() >= self._next_look:
                    try:
                        self._look_at_roots()
                    except Exception:
                        log.exception("the roots could not be looked at")
                if burst := self._next_burst():
                    try:
                        self._on_change(burst)
                    except Exception:
                        log.exception("a change could not be told")
        finally:
            self._roots.close()

    def _look_at_roots(self) -> None:
        with self._changed:
            wanted = self._wanted
            self._next_look = time.monotonic() + self._look
        self._roots.look(wanted)
        with self._changed:
            self._ready = wanted == self._wanted
            self._changed.notify_all()

    def _next_burst(self) -> frozenset[str]:
        """Wait until a burst is over; nothing when the roots are to be looked at first, or the end has come."""
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                over = min(self._last + self._quiet, self._first + self._longest) if self._paths else math.inf
                if over <= now:
                    burst = frozenset(self._paths)
                    self._paths.clear()
                    return burst
                if self._next_look <= now:
                    break
                self._changed.wait(min(over, self._next_look) - now)
            return frozenset()


@dataclass(slots=True)
class _Root:
    """What is known of one root. ``stamp`` is the device and inode of the folder that ``watch`` is on."""

    stamp: tuple[int, int] | None = None
    watch: ObservedWatch | None = None
    seen: bool = False
    complained: bool = False


class _Roots:
    """Keeps each root watched. Used by one thread; ``note`` is called by that of watchdog too."""

    def __init__(
        self, note: Callable[..., None], on_problem: Callable[[Problem], None], make: Callable[[], BaseObserver]
    ) -> None:
        self._note = note
        self._on_problem = on_problem
        self._make = make
        self._observer: BaseObserver | None = None
        self._polls = False
        self._roots: dict[str, _Root] = {}

    def look(self, wanted: Sequence[str]) -> None:
        """Watch what is wanted and exists, anew where the folder is another one than before."""
        for path in self._roots.keys() - set(wanted):
            self._unwatch(self._roots.pop(path))
        if self._deaf():
            log.warning("a thread of watchdog has died: all roots are watched anew")
            self._start_afresh()
        try:
            for path in wanted:
                self._attend(path, self._roots.setdefault(path, _Root()))
            self._probe()
        except OSError as error:  # One of _NO_MORE.
            self._fall_back(error)
            for path in wanted:
                self._attend(path, self._roots.setdefault(path, _Root()))

    def close(self) -> None:
        observer, self._observer = self._observer, None
        if observer is None:
            return
        try:
            observer.stop()
        except Exception:
            log.exception("watchdog could not be stopped")

    def _attend(self, path: str, root: _Root) -> None:
        stamp = _stamp(path)
        if stamp == root.stamp and (stamp is None or self._alive(root)):
            root.seen = True
            return
        self._unwatch(root)
        if stamp is not None:
            try:
                root.watch = self._schedule(path, recursive=True)
                root.stamp = stamp
            except OSError as error:
                if error.errno in _NO_MORE and not self._polls:
                    raise
                # One that went away since it was looked at is as missing as any other.
                if error.errno not in _GONE and not root.complained:
                    root.complained = True
                    self._on_problem(Problem(f"cannot be watched: {error.strerror or error}", path))
        if root.seen:
            self._note(path)  # Nobody told what happened in between.
        root.seen = True

    def _schedule(self, path: str, *, recursive: bool) -> ObservedWatch:
        if self._observer is None:
            # A thread of its own, so that the tree is walked while events of other roots come in.
            self._observer = PollingObserver(timeout=_POLL_SECONDS) if self._polls else self._make()
            self._observer.start()
        # A link itself would be watched, not the folder that it leads to.
        real = os.path.realpath(path)
        return self._observer.schedule(
            _Handler(path, real, self._note), real, recursive=recursive, event_filter=_EVENTS
        )

    def _alive(self, root: _Root) -> bool:
        """Whether watchdog still works for it: it gives up when the folder is deleted, and an inode can come back."""
        emitters = self._observer.emitters if self._observer is not None else ()
        return any(
            emitter.watch == root.watch and emitter.should_keep_running() and emitter.is_alive() for emitter in emitters
        )

    def _deaf(self) -> bool:
        """Whether a thread that all roots share has died.

        That of watchdog 7 which reads from inotify does, of a KeyError, when a folder was moved out of the root,
        another one took its name and was deleted, and then the first one is deleted too.
        """
        if self._observer is None:
            return False
        threads = [
            self._observer,
            *(held for held in vars(self._observer).values() if isinstance(held, threading.Thread)),
        ]
        return not all(thread.is_alive() for thread in threads)

    def _start_afresh(self) -> None:
        """Have all roots watched by a new observer, and told, since nobody told what happened in between."""
        self.close()
        for root in self._roots.values():
            root.watch = root.stamp = None

    def _unwatch(self, root: _Root) -> None:
        if root.watch is not None and self._observer is not None:
            with contextlib.suppress(KeyError, OSError):
                self._observer.unschedule(root.watch)
        root.watch = root.stamp = None

    def _probe(self) -> None:
        """Raise if no more folder could be watched: watchdog skips a subfolder then, and does not tell."""
        if self._polls or self._observer is None or sys.platform != "linux":
            return
        try:
            self._observer.unschedule(self._schedule(os.sep, recursive=False))
        except OSError as error:
            if error.errno in _NO_MORE:
                raise

    def _fall_back(self, error: OSError) -> None:
        """Poll from now on."""
        what = (
            f"{error.strerror or error}: Go files are looked at every {_POLL_SECONDS:g} s instead of being watched; "
            "raise fs.inotify.max_user_watches to have changes seen at once"
        )
        self._on_problem(Problem(what))
        self._polls = True
        self._start_afresh()


def _absolute(roots: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(Path(root).absolute()) for root in roots))


def _stamp(path: str) -> tuple[int, int] | None:
    """The device and inode of a folder that can be read; watchdog takes an unreadable one and never tells."""
    try:
        with os.scandir(path):
            stat = Path(path).stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


class _Handler(FileSystemEventHandler):
    """Notes the paths of a root's events, under the name that the root was given."""

    def __init__(self, root: str, real: str, note: Callable[..., None]) -> None:
        self._root, self._real, self._note = root, real, note

    def on_any_event(self, event: FileSystemEvent) -> None:
        if isinstance(event, DirCreatedEvent):
            self._note()  # The limit of watches may have been reached by it.
            return
        for path in map(os.fsdecode, (event.src_path, event.dest_path)):
            if not path:
                continue  # Only a move has two.
            if path == self._real:
                self._note()  # It is told when it is looked at, and watched again if it is back by then.
            elif is_relevant(path, self._real, folder=event.is_directory):
                self._note(self._root + path.removeprefix(self._real))
