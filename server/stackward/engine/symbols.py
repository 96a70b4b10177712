"""The linker's symbols of one compile unit as the names of functions that the source and the log have."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

_RANGE = re.compile(r"-range\d+")
_VARIABLES = re.compile(r"init|map\.init\.\d+")
_INIT = re.compile(r"init\.\d+")


class Symbols:
    """``symbols`` are those of all functions that have object code, ``package`` is the path given to ``compile -p``."""

    def __init__(self, symbols: Iterable[str], package: str) -> None:
        self._prefix = escaped(package) + "."
        self._own = re.compile(rf"\b{re.escape(package.rpartition('/')[2])}\.(?=[^\W\d])")
        self._instances: dict[str, set[str]] = {}
        for symbol in symbols:
            instances = self._instances.setdefault(self.name(symbol), set())
            if (instance := self.instance(symbol)) != "":
                instances.add(instance)

    def name(self, symbol: str) -> str:
        """``net/http.(*conn).serve.func1`` as ``(*conn).serve.func1``; type arguments are left out.

        The body of a range over a function is part of the function around it, and ``init`` is what initialises the
        variables of the package, whatever functions the compiler makes of it. Its declared ``init`` functions are one,
        since the linker numbers those of all files and the source those of each.
        """
        return _init(_RANGE.sub("", without_type_arguments(symbol.removeprefix(self._prefix))))

    def local(self, type_name: str) -> str:
        """A type's name as it is written inside the package: its own types are not qualified."""
        return self._own.sub("", type_name)

    def instance(self, symbol: str) -> str:
        """The generic instantiation whose code a symbol is, with its type arguments; empty for others.

        The code is made once per shape of the type arguments; what bears the types' own names only calls it.
        """
        name = symbol.removeprefix(self._prefix)
        return name.replace("go.shape.", "") if "[go.shape." in name else ""

    def instances(self, function: str) -> set[str]:
        """All instantiations of a generic function that have object code."""
        return self._instances.get(function, set())

    def has_code(self, function: str) -> bool:
        """Whether a function of the source has object code of its own; package-level code always has.

        For a func literal it is that of the function around it: the linker numbers literals in another way.
        """
        owner = self.owner(function)
        return owner == "init" or owner.partition(".func")[0] in self._instances

    def owner(self, function: str) -> str:
        """A function of the source as ``name`` gives it; package-level code belongs to ``init``."""
        return _init(function) if function else "init"


def _init(name: str) -> str:
    if _VARIABLES.fullmatch(name):
        return "init"
    return "init.0" if _INIT.fullmatch(name) else name


def escaped(path: str) -> str:
    """An import path as the linker writes it (``cmd/internal/objabi.PathToPrefix``)."""
    text = path.encode()
    slash = text.rfind(b"/")
    escapes = []
    for at, byte in enumerate(text):
        if byte <= 0x20 or (byte == 0x2E and at > slash) or byte in {0x25, 0x22} or byte >= 0x7F:
            escapes.append(f"%{byte:02x}")
        else:
            escapes.append(chr(byte))
    return "".join(escapes)


@functools.lru_cache(maxsize=4096)
def without_type_arguments(name: str) -> str:
    """``Map[go.shape.int]`` and ``(*List[int]).Push`` as they are declared: ``Map``, ``(*List).Push``."""
    if "[" not in name:
        return name
    depth = 0
    kept: list[str] = []
    for char in name:
        depth += char == "["
        if depth == 0:
            kept.append(char)
        depth -= char == "]"
    return "".join(kept)
