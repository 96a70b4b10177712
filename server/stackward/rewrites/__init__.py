"""The rewrites: each proposes changes of one kind, from syntax and types; the engine proves them.

The registry is written out; a new rewrite is one file and one line here.
"""

from __future__ import annotations

from stackward.rewrites import (
    aggregate_to_struct,
    appendf,
    array_for_slice,
    bounded_make,
    captured_variable,
    cgo_string,
    channel_of_values,
    clear_map,
    concrete_parameter,
    context_chain,
    context_key,
    conversions,
    cstring_free,
    destination_parameter,
    double_conversion,
    error_new,
    fprintf,
    gostring_free,
    hoisted_buffer,
    join,
    map_to_struct,
    method_value,
    package_level,
    pool_bytes,
    pool_pointer,
    pool_put,
    pool_reset,
    preallocate,
    range_bytes,
    return_by_value,
    reused_timer,
    sleep,
    sort_slice,
    sprintf,
    stopped_ticker,
    string_at_use,
    string_builder,
    string_loop,
    unmarshal_to_struct,
    write_concat,
    write_sprintf,
    write_string,
)
from stackward.rewrites._comments import loses_comment
from stackward.rewrites._imports import imports, settled
from stackward.rewrites._names import declared_names, walk
from stackward.rewrites._new_names import NewName, new_names
from stackward.rewrites._rewrite import Applicability, Example, Offer, Proposal, Refusal, Refused, Rewrite, Span
from stackward.rewrites._scene import PackageView, Scene
from stackward.rewrites._uncompiled import Uncompiled
from stackward.syntax.tree import parse

__all__ = [
    "REWRITES",
    "Applicability",
    "Example",
    "NewName",
    "Offer",
    "PackageView",
    "Proposal",
    "Refusal",
    "Refused",
    "Rewrite",
    "Scene",
    "Span",
    "Uncompiled",
    "declared_names",
    "find",
    "imported",
    "loses_comment",
    "new_names",
    "settled_imports",
    "walk",
]

REWRITES: tuple[Rewrite, ...] = (
    aggregate_to_struct.REWRITE,
    appendf.REWRITE,
    array_for_slice.REWRITE,
    bounded_make.REWRITE,
    captured_variable.REWRITE,
    cgo_string.REWRITE,
    channel_of_values.REWRITE,
    clear_map.REWRITE,
    concrete_parameter.REWRITE,
    context_chain.REWRITE,
    context_key.REWRITE,
    conversions.REWRITE,
    cstring_free.REWRITE,
    destination_parameter.REWRITE,
    double_conversion.REWRITE,
    error_new.REWRITE,
    fprintf.REWRITE,
    gostring_free.REWRITE,
    hoisted_buffer.REWRITE,
    join.REWRITE,
    map_to_struct.REWRITE,
    method_value.REWRITE,
    package_level.REWRITE,
    pool_bytes.REWRITE,
    pool_pointer.REWRITE,
    pool_put.REWRITE,
    pool_reset.REWRITE,
    preallocate.REWRITE,
    range_bytes.REWRITE,
    return_by_value.REWRITE,
    reused_timer.REWRITE,
    sleep.REWRITE,
    sort_slice.REWRITE,
    sprintf.REWRITE,
    stopped_ticker.REWRITE,
    string_at_use.REWRITE,
    string_builder.REWRITE,
    string_loop.REWRITE,
    unmarshal_to_struct.REWRITE,
    write_concat.REWRITE,
    write_sprintf.REWRITE,
    write_string.REWRITE,
)

_BY_NAME = {rewrite.name: rewrite for rewrite in REWRITES}

settled_imports = settled


def find(name: str) -> Rewrite | None:
    """The rewrite of that name."""
    return _BY_NAME.get(name)


def imported(text: bytes) -> list[str]:
    """The import paths of a Go file."""
    return [one.path for one in imports(parse(text))]
