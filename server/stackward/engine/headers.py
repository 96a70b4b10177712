"""Texts in interfaces: two objects, the text and a copy of its header, for which the log may have two sites."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from stackward.engine.costs import TEXTS
from stackward.engine.sites import Found

_HEADERS = frozenset({"runtime.convTstring", "runtime.convTslice"})


def with_headers(sites: Iterable[Found]) -> list[Found]:
    """The sites, of which a text and the copy of its header are one."""
    same: dict[tuple[object, ...], list[Found]] = defaultdict(list)
    for found in sites:
        same[found.place, found.site.storage, found.site.inlined_from].append(found)
    return [one for group in same.values() for one in _joined(group)]


def _joined(group: list[Found]) -> list[Found]:
    text = next((one for one in group if one.call is not None and one.call.mechanism in TEXTS), None)
    header = next((one for one in group if one.call is not None and one.call.runtime in _HEADERS), None)
    if text is None or header is None or text.site.header:
        return group
    whole = replace(text, site=replace(text.site, header=header.site.bytes or 0))
    return [whole if one is text else one for one in group if one is not header]
