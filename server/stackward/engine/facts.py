"""What the type checker adds to sites: which construct it is where syntax is not sure, the type, the size."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias
from urllib.parse import unquote

from stackward.core.allocation import AllocatorCall, Mechanism
from stackward.core.facts import ExprFacts, NoFacts, Query, TypeInfo
from stackward.core.site import Allocates, Site
from stackward.engine.costs import channel_header, formula, type_name
from stackward.engine.places import bare, is_closure
from stackward.engine.sites import Found
from stackward.rules import Construct
from stackward.toolchain.allocators import size_class

Ask: TypeAlias = Callable[[Sequence[Query]], tuple[ExprFacts | None, ...] | NoFacts]
"""Asks the type checker about expressions of one unit."""

Key: TypeAlias = tuple[object, ...]

_NAMED = re.compile(r"(?:[^*\[\](){}\s·]+\.)?\w+")  # A type that has a name of its own, as the linker writes it.

Facts: TypeAlias = Mapping[Key, ExprFacts]
"""What is known of sites, by their keys."""


def facts_of(sites: Iterable[Found], ask: Ask | None) -> Facts:
    """The facts of those sites whose expression is in the source where they are, by their keys."""
    located = [found for found in sites if found.located.exact]
    if ask is None or not located:
        return {}
    queries = [Query(found.site.path, found.located.node.start_byte, found.located.node.end_byte) for found in located]
    told = ask(queries)
    if isinstance(told, NoFacts):
        return {}
    return {found.key: facts for found, facts in zip(located, told, strict=True) if facts is not None and facts.exact}


def measured(calls: Sequence[AllocatorCall], ask: Ask | None) -> tuple[AllocatorCall, ...]:
    """The calls with the sizes of types that other packages declare: object code describes only what is its own."""
    unknown = {call.type for call in calls if call.bytes is None and _NAMED.fullmatch(call.type)}
    if ask is None or not unknown:
        return tuple(calls)
    names = sorted(unknown)
    told = ask([Query(type=unquote(name)) for name in names])
    if isinstance(told, NoFacts):
        return tuple(calls)
    types = {name: facts.type for name, facts in zip(names, told, strict=True) if facts is not None and facts.type}
    return tuple(
        replace(call, bytes=info.size, pointers=info.pointers)
        if call.bytes is None and (info := types.get(call.type)) is not None
        else call
        for call in calls
    )


def construct(guess: Construct, facts: ExprFacts | None) -> Construct:
    """The construct of a site, where types tell more than syntax, or know better what a selector is."""
    if facts is None or facts.type is None:
        return guess
    if facts.selection == "method value":
        return Construct.METHOD_VALUE
    if guess not in {Construct.UNSURE, Construct.METHOD_VALUE}:
        return guess
    kind = facts.type.kind
    if kind == "slice" and facts.call is None and not facts.selection:
        return Construct.SLICE_LITERAL
    if kind == "map" and facts.call is None and not facts.selection:
        return Construct.MAP_LITERAL
    if facts.call is not None and facts.call.kind == "conversion" and kind in {"string", "slice"}:
        return Construct.STRING
    boxed = facts.implicit is not None or facts.selection == "field" or guess is Construct.METHOD_VALUE
    return Construct.BOXED if boxed else guess


def _channel(site: Site, call: AllocatorCall | None, elem: TypeInfo | None, minor: int) -> Site:
    """A channel with its size: with its buffer, unless that is an object of its own because it holds pointers."""
    count = call.count if call is not None else None
    header = channel_header(minor)
    if elem is None or elem.size is None:
        return replace(site, bytes=None, size_class=None)
    if count is None and elem.size:
        return replace(site, bytes=None, size_class=None, size=f"{header} + {formula(elem.size)}")
    buffer = elem.size * (count or 0)
    if elem.pointers and buffer:
        return replace(site, bytes=None, size_class=None, size=f"{header} bytes and {buffer} for the buffer")
    return replace(site, bytes=header + buffer, size_class=size_class(header + buffer))


def _needs_none(facts: ExprFacts, info: TypeInfo) -> str:
    """Why a value of that type needs no allocation in an interface; empty if the type does not say."""
    if facts.constant is not None:
        return "a constant is read-only data"
    if info.size == 0:
        return "it has no size"
    if info.pointer_shaped:
        return "an interface holds the pointer itself"
    return "a value of one byte is in a table of the runtime's" if info.size == 1 else ""


def described(found: Found, known: Facts, minor: int) -> Found:
    """A site with its type, and its size where the object code did not show it."""
    facts = known.get(found.key)
    if facts is None or facts.type is None or facts.type.kind in {"invalid", "tuple"}:
        return found
    site, info = found.site, facts.type
    call = found.call
    if call is not None and call.mechanism in {Mechanism.BOX, Mechanism.OBJECT} and call.type and not is_closure(call):
        allocated_type = bare(type_name(call.type))
        if allocated_type not in {bare(info.type), bare(info.elem.type) if info.elem is not None else ""}:
            return found  # What is allocated is another expression that the compiler printed at the same place.
    match found.construct:
        case Construct.VARIABLE | Construct.BOXED:
            allocated: TypeInfo | None = info
        case Construct.POINTER_LITERAL | Construct.NEW if info.kind == "pointer":
            allocated = info.elem
        case Construct.APPEND | Construct.MAKE | Construct.SLICE_LITERAL if info.kind == "slice":
            element = info.elem.size if info.elem is not None else None
            if element == 0 and found.mechanism in {Mechanism.SLICE, Mechanism.GROWTH}:
                never = replace(site, allocates=Allocates.NEVER, when="its elements have no size", size="", bytes=0)
                return replace(found, site=replace(never, type=info.type))
            size = formula(element) if element and site.bytes is None and site.runtime else site.size
            return replace(found, site=replace(site, type=info.type, size=size))
        case Construct.MAKE | Construct.CHANNEL if info.kind == "chan" and site.runtime:
            return replace(found, site=_channel(replace(site, type=info.type), call, info.elem, minor))
        case Construct.MAKE | Construct.MAP_LITERAL | Construct.MAP | Construct.CHANNEL:
            return replace(found, site=replace(site, type=info.type))
        case Construct.STRING if found.mechanism in {Mechanism.CONCATENATION, Mechanism.CONVERSION}:
            return replace(found, site=replace(site, type=info.type))
        case _:
            return found
    if allocated is None or allocated.size is None:
        return found
    pointers = bool(allocated.pointers)
    fresh: dict[str, Any] = {"type": allocated.type}
    if site.allocates is Allocates.NEVER and found.construct is Construct.BOXED:
        fresh["when"] = _needs_none(facts, allocated) or site.when
    if allocated.kind.startswith(("float", "complex")) and found.mechanism is Mechanism.BOX and site.when:
        fresh["when"] = "the value is not 0"
    if site.bytes is not None and site.bytes == allocated.size:
        fresh["size_class"] = size_class(site.bytes, pointers=pointers)
    if site.bytes is None and not site.size and site.runtime and site.allocates is not Allocates.NEVER:
        fresh |= {"bytes": allocated.size, "size_class": size_class(allocated.size, pointers=pointers)}
    return replace(found, site=replace(site, **fresh))
