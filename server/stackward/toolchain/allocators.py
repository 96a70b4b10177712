"""The runtime functions that allocate on behalf of compiled code, by Go release.

Names and parameters are those of ``cmd/compile/internal/typecheck/_builtin/runtime.go`` and of the calls that
``cmd/compile/internal/ssagen`` makes by itself. A test derives the candidates from each toolchain's own runtime source
and fails when one of them is not known here.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from stackward.core.allocation import Mechanism

_OLDEST, _NEWEST = 23, 99


@dataclass(frozen=True, slots=True)
class Allocator:
    """How to read a call. Argument numbers count integer registers from 0; -1 where there is no such argument.

    ``type_arg`` is the type's descriptor, ``size_arg`` a size in bytes, ``count_arg`` a number of elements,
    ``buffer_arg`` a buffer on the caller's stack that may do instead. ``bytes`` is the size where that never changes.
    """

    mechanism: Mechanism
    type_arg: int = -1
    size_arg: int = -1
    count_arg: int = -1
    buffer_arg: int = -1
    bytes: int | None = None
    since: int = _OLDEST
    until: int = _NEWEST


_MALLOC = Allocator(Mechanism.OBJECT, type_arg=1, size_arg=0)
_CONCAT = Allocator(Mechanism.CONCATENATION, buffer_arg=0)
_CONVERT = Allocator(Mechanism.CONVERSION, buffer_arg=0)
_INSERT = Allocator(Mechanism.INSERT, type_arg=0)
_CACHE = Allocator(Mechanism.CACHE)

_TABLE: dict[str, Allocator] = {
    "newobject": Allocator(Mechanism.OBJECT, type_arg=0),
    "mallocgc": _MALLOC,
    "mallocgcTinySC2": Allocator(Mechanism.OBJECT, type_arg=1, size_arg=0, since=27),
    "convT": Allocator(Mechanism.BOX, type_arg=0),
    "convTnoptr": Allocator(Mechanism.BOX, type_arg=0),
    "convT16": Allocator(Mechanism.BOX, bytes=2),
    "convT32": Allocator(Mechanism.BOX, bytes=4),
    "convT64": Allocator(Mechanism.BOX, bytes=8),
    "convTstring": Allocator(Mechanism.BOX, bytes=16),
    "convTslice": Allocator(Mechanism.BOX, bytes=24),
    "makeslice": Allocator(Mechanism.SLICE, type_arg=0, count_arg=2),
    "makeslice64": Allocator(Mechanism.SLICE, type_arg=0),
    "makeslicecopy": Allocator(Mechanism.SLICE, type_arg=0, count_arg=1),
    "growslice": Allocator(Mechanism.GROWTH, type_arg=4),
    "growsliceNoAlias": Allocator(Mechanism.GROWTH, type_arg=4, since=26),
    "growsliceBuf": Allocator(Mechanism.GROWTH, type_arg=4, buffer_arg=5, since=26),
    "growsliceBufNoAlias": Allocator(Mechanism.GROWTH, type_arg=4, buffer_arg=5, since=26),
    "moveSlice": Allocator(Mechanism.GROWTH, type_arg=0, since=26),
    "moveSliceNoCap": Allocator(Mechanism.GROWTH, type_arg=0, since=26),
    "moveSliceNoScan": Allocator(Mechanism.GROWTH, since=26),
    "moveSliceNoCapNoScan": Allocator(Mechanism.GROWTH, since=26),
    "concatstring2": _CONCAT,
    "concatstring3": _CONCAT,
    "concatstring4": _CONCAT,
    "concatstring5": _CONCAT,
    "concatstrings": _CONCAT,
    "concatbyte2": Allocator(Mechanism.CONCATENATION, buffer_arg=0, since=24),
    "concatbyte3": Allocator(Mechanism.CONCATENATION, buffer_arg=0, since=24),
    "concatbyte4": Allocator(Mechanism.CONCATENATION, buffer_arg=0, since=24),
    "concatbyte5": Allocator(Mechanism.CONCATENATION, buffer_arg=0, since=24),
    "concatbytes": Allocator(Mechanism.CONCATENATION, buffer_arg=0, since=24),
    "slicebytetostring": _CONVERT,
    "stringtoslicebyte": _CONVERT,
    "stringtoslicerune": _CONVERT,
    "slicerunetostring": _CONVERT,
    "intstring": _CONVERT,
    "makemap": Allocator(Mechanism.MAP, type_arg=0, count_arg=1, buffer_arg=2),
    "makemap64": Allocator(Mechanism.MAP, type_arg=0),
    "makemap_small": Allocator(Mechanism.MAP),
    "mapassign": _INSERT,
    "mapassign_fast32": _INSERT,
    "mapassign_fast32ptr": _INSERT,
    "mapassign_fast64": _INSERT,
    "mapassign_fast64ptr": _INSERT,
    "mapassign_faststr": _INSERT,
    "makechan": Allocator(Mechanism.CHANNEL, type_arg=0, count_arg=1),
    "makechan64": Allocator(Mechanism.CHANNEL, type_arg=0),
    "newproc": Allocator(Mechanism.GOROUTINE),
    "deferproc": Allocator(Mechanism.DEFER),
    "deferprocat": Allocator(Mechanism.DEFER),
    "deferrangefunc": Allocator(Mechanism.DEFER),
    "typeAssert": _CACHE,
    "interfaceSwitch": _CACHE,
}

_SUDOG = "a goroutine that waits gets a record from a pool of the runtime's"
_ITAB = "the runtime keeps what it looks up about a pair of types"
_PANICS = "it allocates only to panic"

# What may reach the allocator too, but not for what the code asks for; name patterns and why.
OTHERS: tuple[tuple[str, str], ...] = (
    (r"assertE2I2?", _ITAB),
    (r"chanrecv[12]|chansend1|closechan|select(go|nbrecv|nbsend)", _SUDOG),
    (r"deferreturn|gorecover", "it runs what was deferred"),
    (r"(eface|iface)eq|(nil)?inter(equal|hash)|strhash", _PANICS),
    (r"map(access[12]|delete)(_fast(32|64|str)|_fat)?|mapclear|mapiter(init|next)|mapIter(Start|Next)", _PANICS),
)

# From Go 1.26 on there is one entry point per size class, or per size of tiny objects.
_SIZED = re.compile(r"mallocgc(?:Small(?:NoScan|ScanNoHeader)SC|TinySize)\d+")


@functools.cache
def allocators(minor: int) -> dict[str, Allocator]:
    """The allocators of Go 1.``minor`` by name (without ``runtime.``), but for the sized entry points."""
    return {name: one for name, one in _TABLE.items() if one.since <= minor <= one.until}


def find(name: str, minor: int) -> Allocator | None:
    """The allocator of that name, without ``runtime.``."""
    known = allocators(minor).get(name)
    if known is None and minor >= 26 and name.startswith("mallocgc") and _SIZED.fullmatch(name):
        return _MALLOC
    return known


def grows(runtime: str) -> bool:
    """Whether a runtime function, ``runtime.growslice``, makes room for more: seldom, the more there is already."""
    known = _TABLE.get(runtime.removeprefix("runtime."))
    return known is not None and known.mechanism in {Mechanism.GROWTH, Mechanism.INSERT}


def boxes_number(runtime: str) -> bool:
    """Whether a runtime function, ``runtime.convT64``, copies a number, for which one below 256 needs no room."""
    return runtime.removeprefix("runtime.") in {"convT16", "convT32", "convT64"}


# runtime/sizeclasses.go (internal/runtime/gc from Go 1.25); the same in all releases that are supported.
_CLASSES = (
    *(8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448),
    *(480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096),
    *(4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072),
    *(20480, 21760, 24576, 27264, 28672, 32768),
)
_PAGE = 8192


def size_class(size: int, *, pointers: bool = False) -> int:
    """The bytes that an object of ``size`` bytes takes up; a header is added to objects with pointers above 512."""
    if size <= 0:
        return 0
    if pointers and size > 512:
        size += 8
    if size > _CLASSES[-1]:
        if pointers:
            size -= 8  # Large objects have a span of their own, which holds the header.
        return -(-size // _PAGE) * _PAGE
    return next(one for one in _CLASSES if one >= size)
