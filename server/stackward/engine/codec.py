"""Results and recipes as JSON values and back, for the store."""

from __future__ import annotations

import functools
from typing import Any, TypeVar

import cattrs

from stackward.engine.results import UnitResult
from stackward.toolchain.unit import Recorded

T = TypeVar("T")


@functools.cache
def _converter() -> cattrs.Converter:
    return cattrs.Converter(forbid_extra_keys=True)


def result_to_json(result: UnitResult) -> Any:
    """A value that ``json`` can write."""
    return _converter().unstructure(result)


def result_from_json(value: Any) -> UnitResult | None:
    """The result, or None when the value was written by another version of stackward or is damaged."""
    return _structure(value, UnitResult)


def recorded_to_json(recorded: Recorded) -> Any:
    """A value that ``json`` can write."""
    return _converter().unstructure(recorded)


def recorded_from_json(value: Any) -> Recorded | None:
    """The recipes, or None as for results."""
    return _structure(value, Recorded)


def _structure(value: Any, kind: type[T]) -> T | None:
    try:
        return _converter().structure(value, kind)
    except (cattrs.BaseValidationError, AttributeError, KeyError, TypeError, ValueError):
        return None
