"""Results as JSON values and back, for the store."""

from __future__ import annotations

import functools
from typing import Any

import cattrs

from stackward.engine.results import UnitResult


@functools.cache
def _converter() -> cattrs.Converter:
    return cattrs.Converter(forbid_extra_keys=True)


def to_json(result: UnitResult) -> Any:
    """A value that ``json`` can write."""
    return _converter().unstructure(result)


def from_json(value: Any) -> UnitResult | None:
    """The result, or None when the value was written by another version of stackward or is damaged."""
    try:
        return _converter().structure(value, UnitResult)
    except (cattrs.BaseValidationError, AttributeError, KeyError, TypeError, ValueError):
        return None
