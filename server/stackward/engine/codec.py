"""Results and recipes as JSON values and back, for the store."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import cattrs

from stackward.engine.results import FileResult, UnitResult
from stackward.toolchain.unit import Recorded

_DAMAGED = (cattrs.BaseValidationError, AttributeError, KeyError, StopIteration, TypeError, ValueError)


@functools.cache
def _converter() -> cattrs.Converter:
    return cattrs.Converter(forbid_extra_keys=True)


def result_to_json(result: UnitResult) -> Iterator[Any]:
    """Values that ``json`` can write: what is said of the unit, then file by file.

    As such values all files together take more memory than the analysis did.
    """
    alone = replace(result, files=(), elsewhere=())
    yield [_converter().unstructure(alone), len(result.files)]
    yield from map(_converter().unstructure, (*result.files, *result.elsewhere))


def result_from_json(values: Iterator[Any]) -> UnitResult | None:
    """The result, or None when the values were written by another version of stackward or are damaged."""
    try:
        alone, count = next(values)
        files = [_converter().structure(one, FileResult) for one in values]
        return replace(
            _converter().structure(alone, UnitResult), files=tuple(files[:count]), elsewhere=tuple(files[count:])
        )
    except _DAMAGED:
        return None


def recorded_to_json(recorded: Recorded) -> Iterator[Any]:
    """One value that ``json`` can write."""
    yield _converter().unstructure(recorded)


def recorded_from_json(values: Iterator[Any]) -> Recorded | None:
    """The recipes, or None as for results."""
    try:
        return _converter().structure(next(values), Recorded)
    except _DAMAGED:
        return None
