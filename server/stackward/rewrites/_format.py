"""Format strings of package fmt: what each verb prints of its operand, and other code that gives exactly the same.

The source of what a verb prints is ``fmt/print.go`` and ``fmt/format.go``; of a type with methods it is whatever these
say, so named types are never taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.facts import TypeInfo
from stackward.rewrites._literals import quoted, unquoted
from stackward.rewrites._rewrite import Refusal
from stackward.rewrites._scene import Scene

_DIRECTIVE = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<width>\*|\d+)?(?:\.(?P<precision>\*|\d*))?(?P<index>\[\d+\])?(?P<verb>.)", re.DOTALL
)
_BASES = {"d": 10, "v": 10, "x": 16, "o": 8, "b": 2}
_INTS = {"int": "int", "int8": "", "int16": "", "int32": "", "int64": "int64"}
_UINTS = {"uint": "", "uint8": "", "uint16": "", "uint32": "", "uint64": "uint64", "uintptr": ""}
_ALIASES = {"byte": "uint8", "rune": "int32"}
_BYTES = frozenset({"[]byte", "[]uint8"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of what is printed.

    ``text`` is a string expression, and for a literal ``value`` its value. ``append`` is the same as a call that
    appends to a slice of bytes, with ``{}`` for that slice; ``room`` the most bytes that it takes, None if unbounded.
    ``imports`` are the packages that ``text`` and ``append`` use.
    """

    text: str
    append: str
    room: int | None
    value: str | None = None
    imports: tuple[str, ...] = ()

    @property
    def number(self) -> bool:
        """Whether making a string of it allocates."""
        return bool(self.imports)


def pieces(scene: Scene, layout: Node, operands: Sequence[Node]) -> list[Piece] | Refusal:
    """What a call with a format string prints, piece by piece; or why that cannot be said without fmt."""
    value = unquoted(scene.constant(layout))
    if value is None:
        return Refusal("the format is not a constant")
    found: list[Piece] = []
    literal, at, used = "", 0, 0
    for match in _DIRECTIVE.finditer(value):
        literal += value[at : match.start()]
        at = match.end()
        if match[0] == "%%":
            literal += "%"
            continue
        if match["verb"] == "%" or match["index"] or "*" in match[0] or used >= len(operands):
            return Refusal(f"{match[0]} needs fmt")
        piece = operand(scene, operands[used], match["verb"], match[0])
        used += 1
        if isinstance(piece, Refusal):
            return piece
        if literal:
            found.append(_literal(literal))
            literal = ""
        found.append(piece)
    literal += value[at:]
    if "%" in value[at:] or used != len(operands):
        return Refusal("the format does not fit its operands")
    if literal or not found:
        found.append(_literal(literal))
    return found


def _literal(value: str) -> Piece:
    return Piece(quoted(value), f"append({{}}, {quoted(value)}...)", len(value.encode()), value)


def operand(scene: Scene, node: Node, verb: str, directive: str) -> Piece | Refusal:
    """An operand as a verb prints it. ``directive`` is all of it, ``%-5d``."""
    info = scene.type(node)
    if node.type == "variadic_argument" or info is None:
        return Refusal("its operands are not known one by one")
    text = scene.text(node)
    plain = directive == f"%{verb}"
    if _ALIASES.get(info.type, info.type) != info.kind and info.type not in _BYTES:
        if info.type == "error":
            return Refusal(f"{text} may be nil, which {directive} prints as <nil>")
        return Refusal(f"{text} has type {info.type}, which may have methods that fmt calls")
    for make in (_string, _bytes, _integer, _float, _other):
        piece = make(scene, info, text, verb, directive, plain)
        if piece is not None:
            return piece
    return Refusal(f"{directive} of {info.type} needs fmt")


def _string(scene: Scene, info: TypeInfo, text: str, verb: str, _directive: str, plain: bool) -> Piece | None:
    if info.kind != "string" or not plain:
        return None
    if verb in "sv":
        return Piece(text, f"append({{}}, {text}...)", None)
    if verb == "q" and (name := scene.qualifier("strconv")):
        return Piece(f"{name}.Quote({text})", f"{name}.AppendQuote({{}}, {text})", None, imports=("strconv",))
    if verb == "x" and (name := scene.qualifier("encoding/hex")):
        made = f"[]byte({text})"
        imports = ("encoding/hex",)
        return Piece(f"{name}.EncodeToString({made})", f"{name}.AppendEncode({{}}, {made})", None, imports=imports)
    return None


def _bytes(scene: Scene, info: TypeInfo, text: str, verb: str, _directive: str, plain: bool) -> Piece | None:
    if info.type not in _BYTES or not plain:
        return None
    if verb == "s":
        return Piece(f"string({text})", f"append({{}}, {text}...)", None)
    if verb == "x" and (name := scene.qualifier("encoding/hex")):
        imports = ("encoding/hex",)
        return Piece(f"{name}.EncodeToString({text})", f"{name}.AppendEncode({{}}, {text})", None, imports=imports)
    return None


def _integer(scene: Scene, info: TypeInfo, text: str, verb: str, _directive: str, plain: bool) -> Piece | None:
    name = scene.qualifier("strconv")
    if not plain or name is None:
        return None
    imports = ("strconv",)
    if verb in _BASES and info.kind in _INTS:
        base = _BASES[verb]
        wide = text if info.kind == "int64" else f"int64({text})"
        made = f"{name}.Itoa({text})" if info.kind == "int" and base == 10 else f"{name}.FormatInt({wide}, {base})"
        room = 65 if base == 2 else 23
        return Piece(made, f"{name}.AppendInt({{}}, {wide}, {base})", room, imports=imports)
    if verb in _BASES and info.kind in _UINTS:
        base = _BASES[verb]
        wide = text if info.kind == "uint64" else f"uint64({text})"
        room = 64 if base == 2 else 22
        made = f"{name}.FormatUint({wide}, {base})"
        return Piece(made, f"{name}.AppendUint({{}}, {wide}, {base})", room, imports=imports)
    if verb == "q" and info.kind == "int32":
        return Piece(f"{name}.QuoteRune({text})", f"{name}.AppendQuoteRune({{}}, {text})", 12, imports=imports)
    return None


def _float(scene: Scene, info: TypeInfo, text: str, verb: str, directive: str, plain: bool) -> Piece | None:
    name = scene.qualifier("strconv")
    given = re.fullmatch(r"%(?:\.(\d*))?[efgv]", directive)
    if info.kind not in {"float32", "float64"} or name is None or given is None or (verb == "v" and not plain):
        return None
    bits = info.kind.removeprefix("float")
    precision = int(given[1] or 0) if given[1] is not None else 6 if verb in "ef" else -1
    wide = text if info.kind == "float64" else f"float64({text})"
    tail = f"{wide}, '{'g' if verb == 'v' else verb}', {precision}, {bits})"
    # The largest float64 has 309 digits before the point.
    room = 311 + max(precision, 0) if verb == "f" else 32 + max(precision, 0)
    return Piece(f"{name}.FormatFloat({tail}", f"{name}.AppendFloat({{}}, {tail}", room, imports=("strconv",))


def _other(scene: Scene, info: TypeInfo, text: str, verb: str, _directive: str, plain: bool) -> Piece | None:
    name = scene.qualifier("strconv")
    if not plain:
        return None
    if info.kind == "bool" and verb in "tv" and name is not None:
        return Piece(f"{name}.FormatBool({text})", f"{name}.AppendBool({{}}, {text})", 5, imports=("strconv",))
    return None
