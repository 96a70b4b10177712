"""JSON of the client made into typed values, or one line on why that cannot be."""

from __future__ import annotations

import enum
import functools
import inspect
import typing
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import cattrs
from lsprotocol import converters

T = TypeVar("T")


def strict_converter() -> cattrs.Converter:
    """The converter of lsprotocol, but one that does not take the number 5 for the text "5" nor null for "None"."""
    converter = converters.get_converter()
    for kind in (bool, float, int, str):
        converter.register_structure_hook(kind, _exactly)
    return converter


def structured(value: Any, kind: type[T]) -> T:
    """A value of our own as one of lsprotocol's."""
    return _own_converter().structure(value, kind)


@functools.cache
def _own_converter() -> cattrs.Converter:
    return strict_converter()


def bind_arguments(
    handler: Callable[..., Any], arguments: Sequence[Any], converter: cattrs.Converter
) -> tuple[Any, ...]:
    """A command's arguments, each as the type that its parameter names; raises where they do not fit.

    Parameters may have default values. ``handler`` is as pygls registered it.
    """
    function = getattr(handler, "func", handler)
    parameters = list(inspect.signature(function).parameters.values())
    if function is not handler:
        del parameters[0]  # pygls passes the server itself.
    hints = typing.get_type_hints(function)
    named = inspect.Signature(parameters).bind(*arguments).arguments
    args: list[Any] = []
    for parameter in parameters:
        if parameter.name not in named:
            break  # This one and the rest have default values.
        several = parameter.kind is inspect.Parameter.VAR_POSITIONAL
        values = named[parameter.name] if several else (named[parameter.name],)
        hint = hints.get(parameter.name, Any)
        args += [value if hint is Any else converter.structure(value, hint) for value in values]
    return tuple(args)


def explain(error: BaseException) -> str:
    """One line on what was wrong, with the place."""
    if isinstance(error, cattrs.BaseValidationError):
        return "; ".join(cattrs.transform_error(error, path="params")[:3])
    return str(error) or type(error).__name__


def _exactly(value: Any, kind: type[Any]) -> Any:
    if issubclass(kind, enum.Enum):
        return kind(value)  # Those of lsprotocol derive from int or str, so their hooks are these too.
    if type(value) is kind:
        return value
    # JSON has one kind of number: some clients write 1.0 for 1.
    if kind in {int, float} and type(value) in {int, float} and kind(value) == value:
        return kind(value)
    raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
