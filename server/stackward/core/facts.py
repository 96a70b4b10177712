"""What the type checker knows of an expression. Offsets are 0-based UTF-8 bytes into the text of a file."""

from __future__ import annotations

from dataclasses import dataclass

_NUMBERS = ("int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr")
BASIC_TYPES = frozenset(
    (*_NUMBERS, "byte", "rune", "float32", "float64", "complex64", "complex128", "bool", "string"),
)
"""The predeclared types that hold one value, under all their names."""


@dataclass(frozen=True, slots=True)
class Query:
    """Asks about the expression from ``start`` to ``end`` in a file, and for all uses of what it names.

    With ``type`` it asks about the type of that name, its import path before it (``net/http.Request``), and the rest
    is left as it is.
    """

    path: str = ""
    start: int = 0
    end: int = 0
    uses: bool = False
    type: str = ""


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """A type, measured for the target.

    ``type`` is Go, qualified by package names except for those of the unit's own package; ``package`` is the import
    path of the package that declares a named type. ``kind`` is what it is underneath: ``int``, ``string``, ``struct``,
    ``pointer``, ``interface``, ``slice``, ``map``, ``chan``, ``func``, ``array``, ``tuple``, ``unsafe pointer``,
    ``type parameter``, ``untyped nil``, ``invalid``, …

    ``size`` and ``align`` are bytes. ``pointers`` says whether the collector looks into such values,
    ``pointer_shaped`` whether an interface holds the value itself, so that no copy has to be made. All four are None
    where they depend on a type parameter.

    ``elem`` is the element of a slice, array, map, channel or pointer, ``key`` the key of a map (both without parts of
    their own), ``len`` the length of an array. ``printing`` are the methods of a named type of a number, string or bool
    that package fmt calls: ``Error``, ``Format``, ``String``.
    """

    type: str
    kind: str
    package: str = ""
    size: int | None = None
    align: int | None = None
    pointers: bool | None = None
    pointer_shaped: bool | None = None
    elem: TypeInfo | None = None
    key: TypeInfo | None = None
    len: int | None = None
    printing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Param:
    """``name`` is empty where the declaration has none."""

    name: str
    type: TypeInfo


@dataclass(frozen=True, slots=True)
class CallInfo:
    """A call expression.

    ``kind`` is ``conversion``, ``builtin``, ``static``, ``interface`` or ``dynamic`` (through a value, or through a
    type parameter's method). ``callee`` is the function's full name, ``fmt.Sprintf`` or ``(*strings.Builder).Len``,
    that of a generic one without its instance; the type that a conversion makes; empty for a function without a name.
    The last parameter of a ``variadic`` function has a slice type; ``ellipsis`` says whether the call ends in ``...``.
    """

    kind: str
    callee: str = ""
    params: tuple[Param, ...] = ()
    results: tuple[TypeInfo, ...] = ()
    variadic: bool = False
    ellipsis: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """A use, not the declaration.

    ``write`` says that the variable or a part of it is assigned to, ``address`` that its address or that of a part is
    taken (also by slicing an array and by a method with a pointer receiver), ``captured`` that a function literal uses
    a variable of a function around it. What the compiler does besides is not here: a return statement writes to the
    named results, and the body of a range over a function becomes a function.
    """

    path: str
    offset: int
    write: bool = False
    address: bool = False
    captured: bool = False


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What an identifier stands for.

    ``kind`` is ``var``, ``const``, ``func``, ``type``, ``pkg``, ``builtin``, ``nil``, ``field``, ``param``,
    ``receiver``, ``result`` or ``label``; ``scope`` is ``package``, ``file`` (the name of an import), ``local``,
    ``universe`` or ``imported``. ``path`` and ``offset`` are those of the declaration, empty and None unless it is in
    a file of the unit; only then can there be ``uses``.
    """

    kind: str
    name: str
    scope: str
    path: str = ""
    offset: int | None = None
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class ExprFacts:
    """The innermost expression with exactly the range asked for, or else (not ``exact``) the smallest around it.

    ``mode`` is ``value``, ``variable`` (addressable), ``constant``, ``mapindex``, ``commaok``, ``novalue``, ``type``,
    ``builtin``, ``nil``, or empty where the name stands for none of these. ``constant`` is the exact value, a string
    as a Go literal. ``implicit`` is the interface type to which the context converts the value: assignment, argument,
    result, sending, part of a literal, map index, comparison, range or case. It is None where nothing is converted, as
    when the value is an interface already; of several values it is the type for the first that is. ``selection`` of a
    selector expression is ``field``, ``call``, ``method value``, ``method expr`` or ``package member``; ``indirect``
    says that the way to a field leads through a pointer: the operand is one, or embeds one.
    """

    start: int
    end: int
    exact: bool
    mode: str = ""
    type: TypeInfo | None = None
    constant: str | None = None
    implicit: TypeInfo | None = None
    call: CallInfo | None = None
    selection: str = ""
    indirect: bool = False
    object: ObjectInfo | None = None


@dataclass(frozen=True, slots=True)
class NoFacts:
    """Types are not known at present; everything that needs none works. ``reason`` is a sentence for the user."""

    reason: str
