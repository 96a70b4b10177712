"""Replaying the compiler: one process per package and save, read while it prints.

Escape analysis of the whole package ends before the back end starts, at about a third of the compile. Nothing that
comes after it matters here, so the process is ended as soon as the log shows that the escape phase is over
(``LogParser.escapes_over``); a compile that never shows it simply runs to its end.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from stackward.core.allocation import ObjectCode
from stackward.core.decision import Decision, Problem
from stackward.core.outcome import BuildError, BuildFailed, Cancelled
from stackward.toolchain import caches, laid
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain
from stackward.toolchain.escapes import LogParser
from stackward.toolchain.objectcode import ObjectCodeParser
from stackward.toolchain.process import CancelToken, DidNotRun, Ran, give_way, kill, or_reason, run, start
from stackward.toolchain.recipe import Recorder
from stackward.toolchain.unit import Unit

Record: TypeAlias = Decision | Problem | BuildError

_CHUNK = 1 << 17  # Bytes read at once; the pipe is made to hold as many, where that is possible.
_BATCH_SECONDS = 0.002
# The first three make the walk phase and the back end talk, which marks the end of the escape phase; the last
# adds to the log what else callers see of a parameter.
_DEBUG_FLAGS = ("escapedebug", "closure", "wb", "escapemutationscalls")
# Debug information changes no decision, and no code that is not its own: without it a tenth of the time is saved.
_NO_DEBUG = "-dwarf=false"
# A compile lives for a second: collecting more rarely takes a quarter off the processor time of ``-m`` on net/http, for
# 60 MiB more. Without any collection it would be 160 MiB, and no end to it for large packages.
_GC_PERCENT = "400"
_HANG_SECONDS = 300.0
_PAUSE_SECONDS = 0.004  # Silence of a compiler that is busy with the next phase.
_SLOT_SECONDS = 0.1  # Between two looks whether a compile that waits for a core is still wanted.
_ENOUGH = 1 << 16  # No exit status: the compile was ended because all that is wanted of it was read.


@dataclass(frozen=True, slots=True)
class Replay:
    """What to compile.

    ``overlays`` are texts that stand in for files on disk (absolute path to text), ``archives`` export data that
    stands in for files that the recipe names, ``level`` the ``-m`` level: 2 explains, 1 only decides.
    """

    unit: Unit
    overlays: Mapping[str, bytes] = field(default_factory=dict)
    archives: Mapping[str, str] = field(default_factory=dict)
    level: int = 2


@dataclass(frozen=True, slots=True)
class Replayed:
    """A log read to the end of escape analysis. ``log_bytes`` is how much the compiler printed until then."""

    log_bytes: int


class _Slots:
    """At most as many compilers at once as there are cores, in this process."""

    def __init__(self, count: int) -> None:
        self._free = threading.BoundedSemaphore(count)

    @contextlib.contextmanager
    def taken(self, cancel: CancelToken) -> Iterator[bool]:
        """A slot while the block runs, waited for if need be; False if that is no longer wanted."""
        while not (got := self._free.acquire(timeout=_SLOT_SECONDS)) and not cancel.cancelled:
            pass
        try:
            yield got
        finally:
            if got:
                self._free.release()


_SLOTS = _Slots(os.cpu_count() or 1)


class Compiler:
    """Runs the compile tool of one toolchain. ``scratch`` is a folder for small files, made when it is needed.

    ``recorder`` knows what cgo makes of a package.
    """

    def __init__(self, toolchain: Toolchain, config: BuildConfig, scratch: str, recorder: Recorder) -> None:
        self.toolchain = toolchain
        self.config = config
        self.scratch = scratch
        self._recorder = recorder
        self._debug_flags: str | None = None

    @property
    def debug_flags(self) -> str:
        """Those of ``_DEBUG_FLAGS`` that this compiler knows; an unknown one would be fatal."""
        if self._debug_flags is None:
            toolchain = self.toolchain
            listed = run([toolchain.compile, "-d", "help"], cwd=toolchain.goroot, env=self._environment, timeout=20.0)
            if not isinstance(listed, Ran):
                return ""  # Asked again the next time: it may have been the machine.
            known = set((listed.stdout + listed.stderr).decode("utf-8", "replace").split())
            self._debug_flags = ",".join(f"{flag}=1" for flag in _DEBUG_FLAGS if flag in known)
        return self._debug_flags

    @functools.cached_property
    def _environment(self) -> dict[str, str]:
        return {"GOGC": _GC_PERCENT, **self.config.environment()}

    @or_reason
    def escapes(
        self,
        replay: Replay,
        on_records: Callable[[list[Record], bool], None],
        cancel: CancelToken,
        on_start: Callable[[], None] = lambda: None,
        on_pause: Callable[[], bool] = lambda: False,
    ) -> Replayed | BuildFailed | DidNotRun | Cancelled:
        """Compile and hand on the records of the log as they come, with whether the escape phase is over.

        ``on_start`` is called when the compiler runs, ``on_pause`` when it has printed nothing for a moment, and then
        until it prints or there is no more to do.
        """
        flags = [f"-m={replay.level}"]
        if self.debug_flags:
            flags.append(f"-d={self.debug_flags}")
        with caches.scratch(self.scratch) as work:
            laid_out = self._laid_out(replay, work, cancel)
            if not isinstance(laid_out, tuple):
                return laid_out
            files, names = laid_out
            # Never the null device: the compiler removes its output file when it fails, and root may remove that one.
            output = os.path.join(work, "out.a")
            argv = [*replay.unit.argv, "-o", output, *flags, "-importcfg", self._importcfg(replay), "-pack", *files]
            parser = LogParser(names, replay.unit.cwd, goroot=self.toolchain.goroot)
            return self._read(argv, replay.unit, parser, on_records, cancel, on_start, on_pause)

    @or_reason
    def object_code(self, replay: Replay, cancel: CancelToken) -> ObjectCode | BuildFailed | DidNotRun | Cancelled:
        """Compile to the end and read which allocators the object code calls."""
        unit = replay.unit
        # The walk phase says which interface conversions need no allocation.
        talk = ["-d=escapedebug=1"] if "escapedebug" in self.debug_flags else []
        with caches.scratch(self.scratch) as work:
            laid_out = self._laid_out(replay, work, cancel)
            if not isinstance(laid_out, tuple):
                return laid_out
            files, names = laid_out
            argv = [*unit.argv, "-o", os.path.join(work, "out.a"), "-S", "-c=2", _NO_DEBUG, *talk]
            argv += ["-importcfg", self._importcfg(replay), "-pack", *files]
            toolchain = self.toolchain
            parser = ObjectCodeParser(names, toolchain.minor, toolchain.goarch, toolchain.goroot)
            ended = self._run(argv, unit, parser.feed, cancel, behind=True)
        if isinstance(ended, DidNotRun | Cancelled):
            return ended
        return parser.close() if ended == 0 else _failed(unit, (), ended)

    @or_reason
    def build(self, replay: Replay, output: str, cancel: CancelToken) -> BuildFailed | DidNotRun | Cancelled | None:
        """Compile to an archive with export data, for the packages that import this one; written atomically.

        Its texts that are on no disk are kept beside it (``laid.texts_of``), for who looks at code that is inlined.
        """
        unit = replay.unit
        with caches.scratch(os.path.dirname(output)) as work:
            laid_out = self._laid_out(replay, work, cancel)
            if not isinstance(laid_out, tuple):
                return laid_out
            files, names = laid_out
            overlaid = {name: path for name, path in names.items() if name != path}
            archive = os.path.join(work, "out.a")
            argv = [*unit.argv, "-o", archive, _NO_DEBUG, *laid.trimpath(overlaid)]
            argv += ["-importcfg", self._importcfg(replay), "-pack", *files]
            ran = run(argv, cwd=unit.cwd, env=self._environment, timeout=_HANG_SECONDS, cancel=cancel)
            if cancel.cancelled:
                return Cancelled()
            if isinstance(ran, DidNotRun):
                return ran
            if ran.code != 0:
                parser = LogParser(names, unit.cwd, goroot=self.toolchain.goroot)
                records = [*parser.feed(ran.stdout + ran.stderr), *parser.close()]
                return _failed(unit, [record for record in records if isinstance(record, BuildError)], ran.code)
            if overlaid:
                laid.keep(output, overlaid, replay.overlays, work)
            os.replace(archive, output)
        return None

    def _laid_out(
        self, replay: Replay, work: str, cancel: CancelToken
    ) -> tuple[list[str], dict[str, str]] | BuildFailed | DidNotRun | Cancelled:
        """The files to compile, overlays written into ``work``; and which name in the log stands for which file.

        Those of a package with C in it are as cgo made them; ``//line`` in those leads back.
        """
        files, names = _materialise(replay, work)
        if not replay.unit.cgo:
            return files, names
        overlay = ""
        replaced = {path: name for name, path in names.items() if name != path}
        if replaced:
            overlay = os.path.join(work, "overlay.json")
            Path(overlay).write_text(json.dumps({"Replace": replaced}), encoding="utf-8")
        made = self._recorder.compiled(replay.unit, overlay, cancel)
        return ([replaced.get(path, path) for path in made], names) if isinstance(made, tuple) else made

    def _read(
        self,
        argv: Sequence[str],
        unit: Unit,
        parser: LogParser,
        on_records: Callable[[list[Record], bool], None],
        cancel: CancelToken,
        on_start: Callable[[], None],
        on_pause: Callable[[], bool],
    ) -> Replayed | BuildFailed | DidNotRun | Cancelled:
        errors: list[BuildError] = []
        last: list[Record] = []
        log_bytes = 0

        def take(chunk: bytes) -> bool:
            nonlocal log_bytes
            log_bytes += len(chunk)
            if len(chunk) < _CHUNK // 4:
                # The compiler writes each line by itself; to be woken for each would take both of us longer than it
                # takes to print them.
                time.sleep(_BATCH_SECONDS)
            records: list[Record] = parser.feed(chunk)
            errors.extend(record for record in records if isinstance(record, BuildError))
            over = parser.escapes_over
            if over and not errors:
                last.extend(records)
                return True
            if records or over:
                on_records(records, over)
            return False

        ended = self._run(argv, unit, take, cancel, on_start, on_pause, lambda: on_records(last, True))
        if isinstance(ended, DidNotRun | Cancelled):
            return ended
        if ended == _ENOUGH:
            return Replayed(log_bytes)
        records: list[Record] = parser.close()
        errors += [record for record in records if isinstance(record, BuildError)]
        if ended != 0:
            return _failed(unit, errors, ended)
        on_records(records, True)
        return Replayed(log_bytes)

    def _run(
        self,
        argv: Sequence[str],
        unit: Unit,
        take: Callable[[bytes], bool | None],
        cancel: CancelToken,
        on_start: Callable[[], None] = lambda: None,
        on_pause: Callable[[], bool] | None = None,
        on_enough: Callable[[], None] = lambda: None,
        *,
        behind: bool = False,
    ) -> int | DidNotRun | Cancelled:
        """Run a compile and hand on what it prints, until ``take`` has enough (``_ENOUGH``); else its exit status.

        One that runs ``behind`` leaves the processors to others, if they want them. For ``on_pause`` see ``escapes``;
        ``on_enough`` is called when the compile has been told to end, which takes a moment.
        """
        with _SLOTS.taken(cancel) as taken:
            process = start(argv, cwd=unit.cwd, env=self._environment, stderr_to_stdout=True) if taken else None
            if process is None:
                return Cancelled()
            if isinstance(process, DidNotRun):
                return process
            assert process.stdout is not None
            on_start()
            if behind:
                give_way(process)
            hung = threading.Event()

            def give_up() -> None:
                hung.set()
                kill(process)

            watchdog = threading.Timer(_HANG_SECONDS, give_up)
            watchdog.daemon = True
            watchdog.start()
            descriptor = process.stdout.fileno()
            _widen(descriptor)
            code = _ENOUGH
            try:
                with cancel.calling(lambda: kill(process)):
                    while chunk := _chunk(descriptor, on_pause):
                        if take(chunk):
                            kill(process)  # It would take time from us for what nobody needs.
                            on_enough()
                            break
                    else:
                        code = process.wait()
            finally:
                watchdog.cancel()
                kill(process)
                process.stdout.close()
                process.wait()
        if cancel.cancelled:
            return Cancelled()
        if hung.is_set():
            return DidNotRun(f"the compiler did not end within {_HANG_SECONDS:g} s and was stopped")
        return code

    def _importcfg(self, replay: Replay) -> str:
        """The import configuration with the replay's own archives swapped in; one file per content."""
        lines = [f"importmap {old}={new}" for old, new in replay.unit.importmap]
        lines += [f"packagefile {path}={replay.archives.get(file, file)}" for path, file in replay.unit.imports]
        text = "\n".join(lines) + "\n"
        return caches.kept(self.scratch, text.encode(), "importcfg-{}")


def _chunk(descriptor: int, on_pause: Callable[[], bool] | None) -> bytes:
    patience = _PAUSE_SECONDS
    while on_pause is not None and os.name == "posix" and not select.select([descriptor], [], [], patience)[0]:
        patience = 0.0
        if not on_pause():
            break
    return os.read(descriptor, _CHUNK)


def _widen(descriptor: int) -> None:
    """Let the compiler run ahead of us by more than the 64 KiB that a pipe holds by default on Linux."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl  # noqa: PLC0415  # There is none on Windows.

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _CHUNK * 8)


def _materialise(replay: Replay, work: str) -> tuple[list[str], dict[str, str]]:
    """The files to compile, overlays written into ``work``; and which name in the log stands for which file."""
    files: list[str] = []
    names: dict[str, str] = {}
    for number, path in enumerate(replay.unit.files):
        text = replay.overlays.get(path)
        name = path
        if text is not None:
            folder = os.path.join(work, str(number))
            os.mkdir(folder)
            name = os.path.join(folder, os.path.basename(path))
            Path(name).write_bytes(text)
        files.append(name)
        names[name] = path
    return files, names


def _failed(unit: Unit, errors: Sequence[BuildError], code: int) -> BuildFailed:
    if not errors:
        ended = f"was ended by signal {-code}" if code < 0 else f"ended with exit status {code} and no message"
        errors = (BuildError(f"the compiler {ended}"),)
    return BuildFailed(unit.id.import_path, tuple(errors))
