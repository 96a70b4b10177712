"""Whose line a sample is, and whether a construct of that line asked for the memory.

Everything is judged by mechanism: by what is on the stack, never by the name of a file or package of the code that is
measured. What is not recognised as something else counts as an allocation of the line.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass

from groundtruth.profile import Frame, Sample


class Kind(enum.Enum):
    """Why a sample counts, or why not; the value is what the notes of a table say."""

    CONSTRUCT = "allocated by a construct of the line"
    COPY = "allocated by code of another package that was inlined into the line"
    NO_FRAME = "the runtime's own: nothing but the runtime on the stack (goroutine stacks, threads, workers)"
    LIBRARY = "in another package or in a test file: not a line of the package"
    WAIT = "a channel operation, select or lock that blocks: the runtime's records of who waits, and its heap of timers"
    THREAD = "a thread (m) was started by the scheduler on the way"
    COLLECTOR = "a garbage collection began on the way: the collector's workers"
    PANIC = "a run-time check failed: the runtime made the value of its panic"
    CACHE = "a cache of the runtime's grew (type assertions and switches, method tables)"
    CALL = "a call, by name, of a function of the runtime's public interface (runtime.Stack, …)"


@dataclass(frozen=True, slots=True)
class Owner:
    """What a sample is put down to.

    ``frame`` is the first frame outside the runtime; of a ``COPY`` the innermost in the package. ``body`` is the function
    whose machine code it is in, another one where ``frame`` was inlined. Both are None for ``NO_FRAME``. ``carriers`` are the
    frames of that machine code which are in the package: the lines that a copy of the allocation was inlined into, from
    the innermost. ``chain`` is the runtime's part of the stack, leaf first.
    """

    kind: Kind
    frame: Frame | None
    body: Frame | None
    carriers: tuple[Frame, ...]
    chain: tuple[str, ...]


_RUNTIME = re.compile(r"runtime|internal/runtime/.+")
# The receiver and type arguments go first: they may hold slashes and dots of other packages.
_ARGUMENTS = re.compile(r"\[.*\]")
_RECEIVER = re.compile(r"\(\*?[^()]*\)")

# Marks anywhere in the runtime's part of a stack.
_INSIDE: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.COLLECTOR, re.compile(r"runtime\.(?:gcStart|gcAssistAlloc\d?)")),
    (Kind.WAIT, re.compile(r"runtime\.(?:acquireSudog|\(\*timers\)\.addHeap)")),
    (Kind.THREAD, re.compile(r"runtime\.allocm")),
    (Kind.CACHE, re.compile(r"runtime\.(?:build(?:TypeAssert|InterfaceSwitch)Cache|itabAdd|getitab)")),
)
# What the line itself called into.
_CALLED: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        Kind.PANIC,
        re.compile(r"runtime\.(?:(?:go)?[pP]anic\w*|sigpanic|assertE2I2?|nilPanic|throw|fatal|unsafe\w*panic\w*)"),
    ),
    (Kind.WAIT, re.compile(r"runtime\.(?:chanrecv\d?|chansend\d?|closechan|selectgo|selectnb\w+|block)")),
    (Kind.CALL, re.compile(r"runtime\.(?:\(.*\)\.)?[A-Z].*")),
)


def package_of(function: str) -> str:
    """The import path in a function's symbol name: ``net/http`` of ``net/http.(*Server).Serve.func1``."""
    plain = _RECEIVER.sub("", _ARGUMENTS.sub("", function))
    slash = plain.rfind("/") + 1
    dot = plain.find(".", slash)
    return (plain if dot < 0 else plain[:dot]).replace("%2e", ".")


def in_runtime(function: str, under_test: str) -> bool:
    """Whether a frame is the runtime's. That of a package under test counts as anyone's."""
    package = package_of(function)
    return package != under_test and _RUNTIME.fullmatch(package) is not None


def attribute(sample: Sample, under_test: str, files: frozenset[str]) -> Owner:
    """Puts a sample of a test of package ``under_test`` down to a line of ``files``, or says why not."""
    stack = sample.stack
    first = next((at for at, frame in enumerate(stack) if not in_runtime(frame.function, under_test)), None)
    if first is None:
        return Owner(Kind.NO_FRAME, None, None, (), tuple(frame.function for frame in stack))
    last = next((at for at in range(first, len(stack)) if stack[at].physical), len(stack) - 1)
    chain = tuple(one.function for one in stack[:first])
    carriers = tuple(frame for frame in stack[first : last + 1] if frame.file in files)
    if not carriers:
        return Owner(Kind.LIBRARY, stack[first], stack[last], (), chain)
    kind = classify(chain, copied=carriers[0] is not stack[first])
    return Owner(kind, carriers[0], stack[last], carriers, chain)


def classify(chain: Sequence[str], *, copied: bool) -> Kind:
    """What asked for the memory, by the runtime's part of a stack; ``copied`` where that was code of another package."""
    for kind, mark in _INSIDE:
        if any(mark.fullmatch(one) for one in chain):
            return kind
    for kind, mark in _CALLED:
        if chain and mark.fullmatch(chain[-1]):
            return kind
    return Kind.COPY if copied else Kind.CONSTRUCT
