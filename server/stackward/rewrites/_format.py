"""Format strings of package fmt: what each verb prints of its operand, and other code that gives exactly the same.

The source of what a verb prints is ``fmt/print.go`` and ``fmt/format.go``; of a type with methods it is whatever these
say, so that a named type is taken only if it has none that fmt asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from tree_sitter import Node

from stackward.core.facts import BASIC_TYPES, TypeInfo
from stackward.rewrites._guards import not_nil
from stackward.rewrites._literals import as_written, most_digits, unquoted
from stackward.rewrites._names import walk
from stackward.rewrites._order import disturbed
from stackward.rewrites._rewrite import Applicability, Proposal, Refusal
from stackward.rewrites._scene import Scene, arguments, is_call, is_loose, of_same_kind
from stackward.rewrites._variables import hidden

_DIRECTIVE = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<width>\*|\d+)?(?:\.(?P<precision>\*|\d*))?(?P<index>\[\d+\])?(?P<verb>.)", re.DOTALL
)
_BASES = {"d": 10, "v": 10, "x": 16, "o": 8, "b": 2}
_INTS = {"int": "int", "int8": "", "int16": "", "int32": "", "int64": "int64"}
_UINTS = {"uint": "", "uint8": "", "uint16": "", "uint32": "", "uint64": "uint64", "uintptr": ""}
# Their String has no pointer to follow, and so never panics; they have neither Error nor a fmt.Formatter's Format.
_STRINGERS = frozenset({("time", "time.Duration"), ("time", "time.Month"), ("time", "time.Weekday")})
_WITHOUT_METHODS = frozenset({"array", "chan", "func", "map", "slice"})
_BYTES = frozenset({"[]byte", "[]uint8"})
_BYTE_ARRAY = re.compile(r"\[\d+\](?:byte|uint8)")
_OPERAND = "\0"  # Stands for the operand's text, which may have braces.
_NAMES = frozenset({"identifier", "selector_expression"})
_USED = ("append", "bool", "byte", "float64", "int", "int64", "make", "rune", "string", "uint64")
_TEXTS = "qsvxX"  # The verbs for which fmt asks Error and String; Format it asks for all.
_ANYWHERE = 1 << 62  # Beyond every file.
_NO_FORMAT = "so that a Format method of the error is not asked and a panic in Error not caught"
NO_NAMES: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of what is printed.

    ``text`` is a string expression, and for a literal ``value`` its value. ``append`` is the same as a call that
    appends to a slice of bytes, with ``{}`` for that slice (it is for ``str.format``: other braces are doubled);
    ``room`` the most bytes that it takes, None if unbounded. ``imports`` are the packages that ``text`` and ``append``
    use. ``operand`` is what is printed, ``bytes`` or ``rune`` the expression for it where it is of that type.
    ``method`` says that a method of the operand is called, ``differs`` in what it may differ from what fmt prints (see
    ``Proposal``).
    """

    text: str
    append: str
    room: int | None
    value: str | None = None
    imports: tuple[str, ...] = ()
    operand: Node | None = None
    bytes: str = ""
    rune: str = ""
    method: bool = False
    differs: str = ""

    @property
    def number(self) -> bool:
        """Whether making a string of it allocates."""
        return bool(self.imports)

    @property
    def call(self) -> bool:
        """Whether the operand is given to a function or method to make a string of it."""
        return self.number or self.method


def printed(
    scene: Scene, function: str, given: Sequence[Node], names: Mapping[int, str] = NO_NAMES
) -> list[Piece] | Refusal:
    """What the arguments of a function of fmt print: of one like ``Printf``, ``Print`` or ``Println``.

    Those of ``+`` and of ``strings.Join``, with the separator as the last one, are put together as they are.
    ``names`` are variables that stand for some of the operands, by the offsets of these.
    """
    if hidden(scene, *_USED):
        return Refusal("a name of the language that is needed means something else here")
    if function == "+":
        return _together(scene, given, None, names)
    if function == "strings.Join":
        return _together(scene, given[:-1], given[-1], names)
    if function.endswith("f"):
        if not given:
            return Refusal("it has no format")
        return pieces(scene, given[0], given[1:], names)
    found: list[Piece] = []
    literal = ""
    strings: list[bool] = []
    for node in given:
        piece = operand(scene, node, "v", "%v", names)
        if isinstance(piece, Refusal):
            return piece
        info = scene.type(node)
        strings.append(info is not None and info.kind == "string")
        # Print puts spaces between operands of which neither is a string, Println between all.
        if len(strings) > 1 and (function.endswith("ln") or not (strings[-2] or strings[-1])):
            literal += " "
        if piece.differs and len(given) > 1 and not function.endswith("ln"):
            return Refusal("an error may be of a kind of string, beside which no space is printed")
        literal = _added(found, literal, piece)
    literal += "\n" if function.endswith("ln") else ""
    if literal or not found:
        found.append(_literal(literal))
    return found


def judged(made: Proposal, found: Sequence[Piece]) -> Proposal:
    """A proposal to print these pieces, for review where one of them may be different."""
    differs = next((piece.differs for piece in found if piece.differs), "")
    return replace(made, applicability=Applicability.REVIEW, differs=differs) if differs else made


def out_of_turn(scene: Scene, call: Node, found: Sequence[Piece], *, called: bool = False) -> Node | None:
    """The first operand that may be another one when the pieces are put together, rather than given to a function.

    The compiler reads the operands of a call when all calls among them are made. What becomes the operand of a function
    of its own is read earlier, for that; what becomes one of ``+`` later, after all calls that follow in the statement
    unless what is put together is given to a function again (``called``).
    """
    own = [piece.operand for piece in found if piece.operand is not None and piece.call]
    bare = [piece.operand for piece in found if piece.operand is not None and not piece.call and not called]
    within, after = range(call.start_byte, call.end_byte), range(call.end_byte, _ANYWHERE)
    return (disturbed(scene, own, within) if len(found) > 1 else None) or disturbed(scene, bare, after)


def _together(
    scene: Scene, given: Sequence[Node], separator: Node | None, names: Mapping[int, str]
) -> list[Piece] | Refusal:
    """Strings one after the other, with a separator between them."""
    found: list[Piece] = []
    literal = ""
    between = unquoted(scene.constant(separator)) if separator is not None else ""
    if between is None:
        return Refusal("the separator is not a constant")
    for number, node in enumerate(given):
        info, value = scene.type(node), unquoted(scene.constant(node))
        if info is None or info.type not in {"string", "untyped string"}:
            return Refusal(f"{scene.text(node)} is no plain string")
        literal += between if number else ""
        if value is not None and node.type in {"interpreted_string_literal", "raw_string_literal"}:
            literal += value
            continue
        text = names.get(node.start_byte) or scene.text(node)
        piece = _number(scene, node, names) or Piece(text, f"append({{}}, {_kept(text)}...)", None, operand=node)
        literal = _added(found, literal, replace(piece, operand=None) if value is not None else piece)
    if literal or not found:
        found.append(_literal(literal))
    return found


def _number(scene: Scene, node: Node, names: Mapping[int, str]) -> Piece | None:
    """The digits of a number that are made into a string, which then is not needed."""
    given = arguments(node) if is_call(node) else []
    callee = scene.callee(node) if given else ""
    decimal = callee == "strconv.Itoa" or (len(given) == 2 and scene.constant(given[1]) == "10")
    if callee not in {"strconv.FormatInt", "strconv.FormatUint", "strconv.Itoa"} or not decimal:
        return None
    piece = operand(scene, given[0], "d", "%d", names)
    return piece if isinstance(piece, Piece) and piece.number else None


def pieces(
    scene: Scene, layout: Node, operands: Sequence[Node], names: Mapping[int, str] = NO_NAMES
) -> list[Piece] | Refusal:
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
        piece = operand(scene, operands[used], match["verb"], match[0], names)
        used += 1
        if isinstance(piece, Refusal):
            return piece
        literal = _added(found, literal, piece, scene.text(layout))
    literal += value[at:]
    if "%" in value[at:] or used != len(operands):
        return Refusal("the format does not fit its operands")
    if literal or not found:
        found.append(_literal(literal, scene.text(layout)))
    named = next((scene.text(one) for one in walk(layout) if one.type in _NAMES), "")
    if named:
        # The name says what the text is, and others may rely on its being the only place where that is written.
        found[0] = replace(found[0], differs=found[0].differs or f"so that {named} is not used here any more")
    return found


def _added(found: list[Piece], literal: str, piece: Piece, like: str = "") -> str:
    """Add a piece after literal text; what is left of that for the next one. ``like`` is how that is written now."""
    if piece.value is not None:
        return literal + piece.value
    if literal:
        found.append(_literal(literal, like))
    found.append(piece)
    return ""


def _literal(value: str, like: str = "") -> Piece:
    text = as_written(value, like)
    return Piece(text, f"append({{}}, {_kept(text)}...)", len(value.encode()), value)


def _kept(text: str) -> str:
    """A text as ``str.format`` leaves it."""
    return text.replace("{", "{{").replace("}", "}}")


def operand(
    scene: Scene, node: Node, verb: str, directive: str, names: Mapping[int, str] = NO_NAMES
) -> Piece | Refusal:
    """An operand as a verb prints it. ``directive`` is all of it, ``%-5d``; for ``names`` see ``printed``."""
    info = scene.type(node)
    if node.type == "variadic_argument" or info is None:
        return Refusal("its operands are not known one by one")
    if verb == "w":
        return Refusal("%w keeps the error that it wraps, which needs fmt")
    text = names.get(node.start_byte) or scene.text(node)
    plain = directive == f"%{verb}"
    if _BYTE_ARRAY.fullmatch(info.type):
        return _array(scene, node, text, directive, named=node.start_byte in names)
    if _is_named(info) and info.type not in _BYTES and not _like_its_kind(scene, info, verb):
        if info.type == "error":
            if not not_nil(scene, node):
                return Refusal(f"{text} may be nil, which {directive} prints as <nil>")
            made = f"{text}.Error()"
            if plain and verb in "sv":
                return Piece(made, f"append({{}}, {made}...)", None, operand=node, method=True, differs=_NO_FORMAT)
        if (info.package, info.type) in _STRINGERS and plain and verb in "sv":
            made = f"({text}).String()" if is_loose(node) and text == scene.text(node) else f"{text}.String()"
            return Piece(made, f"append({{}}, {_kept(made)}...)", None, operand=node, method=True)
        if info.kind in _WITHOUT_METHODS and not info.package:
            return Refusal(f"{directive} of {info.type} needs fmt")
        if info.printing:
            return Refusal(f"{text} has type {info.type}, of which fmt calls {info.printing[-1]}")
        return Refusal(f"{text} has type {info.type}, which may have methods that fmt calls")
    if node.type == "interpreted_string_literal" and plain and verb in "sv":
        value = unquoted(scene.constant(node))
        if value is not None:
            return _literal(value)
    if node.type == "int_literal" and plain and verb in "dv" and (scene.constant(node) or "-").isdigit():
        return _literal(scene.constant(node) or "")
    inner = of_same_kind(scene, node) if node.start_byte not in names else None
    if inner is not None:
        info, text = inner[0], scene.text(inner[1])
    for make in (_string, _bytes, _integer, _float, _other):
        piece = make(scene, info, _OPERAND, verb, directive, plain)
        if piece is not None:
            return _filled(piece, node, text)
    needed = "encoding/hex" if verb == "x" and (info.kind == "string" or info.type in _BYTES) else "strconv"
    if (plain or verb in "efg") and scene.qualifier(needed) is None:
        return Refusal(f"{needed} cannot be used here, its name is something else")
    return Refusal(f"{directive} of {info.type} needs fmt")


def _is_named(info: TypeInfo) -> bool:
    """Whether a type is another one than the predeclared one beneath, which may have further names."""
    alias = not info.package and info.kind in BASIC_TYPES
    return not alias and info.type != info.kind


def _plain(info: TypeInfo, text: str) -> str:
    """An expression as one of a predeclared type."""
    return f"{info.kind}({text})" if _is_named(info) else text


def _like_its_kind(scene: Scene, info: TypeInfo, verb: str) -> bool:
    """Whether a verb prints values of a named type as if they were of the predeclared type beneath."""
    if not info.package or info.kind not in BASIC_TYPES:
        return False
    if "Format" in info.printing or (verb in _TEXTS and info.printing):
        return False
    if info.package == scene.package.import_path:
        return not scene.package.hides(info.type.partition("[")[0])
    return verb not in _TEXTS  # A String may come with the next release.


def _filled(piece: Piece, node: Node, text: str) -> Piece:
    """A piece with the text of its operand."""
    return replace(
        piece,
        text=piece.text.replace(_OPERAND, text),
        append=piece.append.replace(_OPERAND, _kept(text)),
        operand=node,
        bytes=piece.bytes.replace(_OPERAND, text),
        rune=piece.rune.replace(_OPERAND, text),
    )


def _string(scene: Scene, info: TypeInfo, text: str, verb: str, _directive: str, plain: bool) -> Piece | None:
    if info.kind != "string" or not plain:
        return None
    plainly = _plain(info, text)
    if verb in "sv":
        return Piece(plainly, f"append({{}}, {text}...)", None)
    if verb == "q" and (name := scene.qualifier("strconv")):
        quoted = f"{name}.AppendQuote({{}}, {plainly})"
        return Piece(f"{name}.Quote({plainly})", quoted, None, imports=("strconv",))
    if verb == "x" and (name := scene.qualifier("encoding/hex")):
        made = f"[]byte({text})"
        imports = ("encoding/hex",)
        return Piece(f"{name}.EncodeToString({made})", f"{name}.AppendEncode({{}}, {made})", None, imports=imports)
    return None


def _bytes(scene: Scene, info: TypeInfo, text: str, verb: str, _directive: str, plain: bool) -> Piece | None:
    if info.type not in _BYTES or not plain:
        return None
    if verb == "s":
        return Piece(f"string({text})", f"append({{}}, {text}...)", None, bytes=text)
    if verb == "x" and (name := scene.qualifier("encoding/hex")):
        imports = ("encoding/hex",)
        return Piece(f"{name}.EncodeToString({text})", f"{name}.AppendEncode({{}}, {text})", None, imports=imports)
    return None


def _array(scene: Scene, node: Node, text: str, directive: str, *, named: bool) -> Piece | Refusal:
    """The hexadecimal digits of an array of bytes, of which there can be a slice."""
    facts, name = scene.facts(node), scene.qualifier("encoding/hex")
    if directive != "%x" or name is None:
        return Refusal(f"{directive} of an array needs fmt")
    if not named and (facts is None or facts.mode != "variable"):
        return Refusal(f"{text} is no variable, of which there could be a slice")
    part = f"{text}[:]" if named or node.type in _NAMES else f"({text})[:]"
    digits = f"{name}.EncodeToString({part})"
    return Piece(digits, f"{name}.AppendEncode({{}}, {_kept(part)})", None, None, ("encoding/hex",), node)


def _integer(scene: Scene, info: TypeInfo, text: str, verb: str, _directive: str, plain: bool) -> Piece | None:
    name = scene.qualifier("strconv")
    if not plain or name is None:
        return None
    imports = ("strconv",)
    if verb in _BASES and info.kind in _INTS:
        base = _BASES[verb]
        wide = text if info.type == "int64" else f"int64({text})"
        made = (
            f"{name}.Itoa({_plain(info, text)})"
            if info.kind == "int" and base == 10
            else f"{name}.FormatInt({wide}, {base})"
        )
        room = most_digits(info.kind, base)
        return Piece(made, f"{name}.AppendInt({{}}, {wide}, {base})", room, imports=imports)
    if verb in _BASES and info.kind in _UINTS:
        base = _BASES[verb]
        wide = text if info.type == "uint64" else f"uint64({text})"
        room = most_digits(info.kind, base)
        made = f"{name}.FormatUint({wide}, {base})"
        return Piece(made, f"{name}.AppendUint({{}}, {wide}, {base})", room, imports=imports)
    if verb == "q" and info.kind == "int32":
        rune = f"rune({text})" if _is_named(info) else text
        return Piece(f"{name}.QuoteRune({rune})", f"{name}.AppendQuoteRune({{}}, {rune})", 12, imports=imports)
    return None


def _float(scene: Scene, info: TypeInfo, text: str, verb: str, directive: str, plain: bool) -> Piece | None:
    name = scene.qualifier("strconv")
    given = re.fullmatch(r"%(?:\.(\d*))?[efgv]", directive)
    if info.kind not in {"float32", "float64"} or name is None or given is None or (verb == "v" and not plain):
        return None
    bits = info.kind.removeprefix("float")
    precision = int(given[1] or 0) if given[1] is not None else 6 if verb in "ef" else -1
    wide = text if info.type == "float64" else f"float64({text})"
    tail = f"{wide}, '{'g' if verb == 'v' else verb}', {precision}, {bits})"
    # The largest float64 has 309 digits before the point.
    room = 311 + max(precision, 0) if verb == "f" else 32 + max(precision, 0)
    return Piece(f"{name}.FormatFloat({tail}", f"{name}.AppendFloat({{}}, {tail}", room, imports=("strconv",))


def _other(scene: Scene, info: TypeInfo, text: str, verb: str, _directive: str, plain: bool) -> Piece | None:
    name = scene.qualifier("strconv")
    if not plain:
        return None
    if info.kind == "bool" and verb in "tv" and name is not None:
        text = _plain(info, text)
        return Piece(f"{name}.FormatBool({text})", f"{name}.AppendBool({{}}, {text})", 5, imports=("strconv",))
    if verb == "c" and info.kind in {"int32", "uint8"}:
        # Both make U+FFFD of what is no rune.
        rune = text if info.type in {"int32", "rune"} else f"rune({text})"
        return Piece(f"string({rune})", f"append({{}}, string({rune})...)", 4, rune=rune)
    return None
