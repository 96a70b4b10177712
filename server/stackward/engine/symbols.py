"""The linker's symbols of one compile unit as the names of functions that the source and the log have."""

from __future__ import annotations

import functools
from collections.abc import Iterable


class Symbols:
    """``symbols`` are those of all functions that have object code, ``package`` is the path given to ``compile -p``."""

    def __init__(self, symbols: Iterable[str], package: str) -> None:
        self._prefix = escaped(package) + "."
        self._named = {self.name(symbol) for symbol in symbols}

    def name(self, symbol: str) -> str:
        """``net/http.(*conn).serve.func1`` as ``(*conn).serve.func1``; type arguments are left out."""
        return without_type_arguments(symbol.removeprefix(self._prefix))

    def instance(self, symbol: str) -> str:
        """The generic instantiation that a symbol is of, with its type arguments; empty for others."""
        name = symbol.removeprefix(self._prefix)
        return name if "[" in name else ""

    def has_code(self, function: str) -> bool:
        """Whether a function has object code of its own; package-level code always has."""
        return function == "" or function in self._named


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
