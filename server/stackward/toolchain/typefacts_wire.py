"""What is said to the type facts helper and what it says: one JSON value per line (see ``typefacts_go/main.go``)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackward.core.facts import CallInfo, ExprFacts, NoFacts, ObjectInfo, Param, Query, TypeInfo, Use
from stackward.toolchain.unit import Unit, Variant


@dataclass(frozen=True, slots=True)
class Load:
    """A unit as the helper is to have it. ``overlays`` are the texts that stand in for files of the unit."""

    unit: Unit
    setup: Mapping[str, Any]
    overlays: Mapping[str, bytes]

    @property
    def key(self) -> str:
        """Files that are built by name are all called ``command-line-arguments``."""
        return f"{self.unit.id} in {self.unit.dir}"


@dataclass(frozen=True, slots=True)
class Sent:
    """What the helper was last told of a unit, in the request ``number``."""

    number: int
    load: Load


@dataclass(frozen=True, slots=True)
class Stale:
    """The helper does not have the unit that a request was built on."""


def load(unit: Unit, overlays: Mapping[str, bytes], archives: Mapping[str, str], *, goarch: str, goroot: str) -> Load:
    """A unit with unsaved texts, and with export data that stands in for files that it names (``archives``)."""
    named = (flag.removeprefix("-lang=") for flag in unit.argv if flag.startswith("-lang="))
    setup = {
        "path": unit.id.import_path + ("_test" if unit.id.variant is Variant.XTEST else ""),
        "goarch": goarch,
        "go_version": next(named, ""),
        "goroot": goroot,
        "standard": unit.standard,
        "cgo": unit.cgo,
        "import_map": dict(unit.importmap),
        "package_files": {path: archives.get(file, file) for path, file in unit.imports},
    }
    return Load(unit, setup, {path: overlays[path] for path in unit.files if path in overlays})


def encode(number: int, wanted: Load, queries: Sequence[Query], sent: Sent | None) -> bytes | NoFacts:
    """A request that says only what has changed since ``sent``."""
    numbers = {path: at for at, path in enumerate(wanted.unit.files)}
    before = sent.load.overlays if sent is not None else {}
    files: list[dict[str, Any]] = []
    for path in wanted.unit.files:
        told: dict[str, Any] = {"path": path}
        text = wanted.overlays.get(path)
        if text is not None:
            told["overlay"] = True
            if text != before.get(path):
                told["text"] = base64.b64encode(text).decode("ascii")  # Not all texts are UTF-8.
        files.append(told)
    asked: dict[str, Any] = {"key": wanted.key, "base": sent.number if sent is not None else 0, "files": files}
    if sent is None or sent.load.setup != wanted.setup:
        asked["setup"] = wanted.setup
    ranges = [
        # A file of another unit has no number, and so no facts.
        {"file": numbers.get(one.path, -1), "start": one.start, "end": one.end, "uses": one.uses, "type": one.type}
        for one in queries
    ]
    request = {"id": number, "load": asked, "queries": ranges}
    try:
        return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"
    except UnicodeEncodeError:
        return NoFacts(f"{wanted.unit.id} has to do with a file whose name is not UTF-8")


def parse(
    line: bytes, number: int, files: Sequence[str], queries: int
) -> tuple[ExprFacts | None, ...] | Stale | NoFacts:
    """The reply to the request ``number`` with so many queries, about a unit with these files."""
    try:
        told = json.loads(line)
        if _get(told, "id", int) != number:
            return NoFacts("the type facts helper answered another question")
        if told.get("stale"):
            return Stale()
        if told.get("failed"):
            return NoFacts(_get(told, "failed", str))
        types: list[TypeInfo] = []
        for one in told.get("types", []):
            types.append(_type(one, types))
        reader = _Reader(types, files)
        facts = tuple(reader.facts(one) if one is not None else None for one in _get(told, "facts", list))
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
        return NoFacts(f"the type facts helper's reply was not understood: {error!r}")
    if len(facts) != queries:
        return NoFacts("the type facts helper left questions out")
    return facts


def encode_format(number: int, text: bytes) -> bytes:
    """A request to format a text."""
    return json.dumps({"id": number, "format": base64.b64encode(text).decode("ascii")}).encode() + b"\n"


def encode_pattern(number: int, pattern: str) -> bytes:
    """A request to say whether a regular expression is one."""
    return json.dumps({"id": number, "pattern": pattern}).encode() + b"\n"


def encode_template(number: int, text: str) -> bytes:
    """A request to say whether the text of a template is one."""
    return json.dumps({"id": number, "template": text}).encode() + b"\n"


def parse_format(line: bytes, number: int) -> bytes | NoFacts:
    """The reply to a request to format a text, or to read a pattern or template."""
    try:
        told = json.loads(line)
        if _get(told, "id", int) != number:
            return NoFacts("the type facts helper answered another question")
        if told.get("failed"):
            return NoFacts(_get(told, "failed", str))
        return base64.b64decode(_get(told, "text", str), validate=True)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return NoFacts(f"the type facts helper's reply was not understood: {error!r}")


def _get(told: Any, name: str, kind: type) -> Any:
    """A part that has to be there."""
    value = told[name]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{name} is {value!r:.80}")
    return value


def _may(told: Any, name: str, kind: type) -> Any:
    """A part that may be missing: None."""
    return None if told.get(name) is None else _get(told, name, kind)


def _at(items: Sequence[Any], number: int) -> Any:
    if number < 0:
        raise IndexError(number)
    return items[number]


def _type(told: Any, known: Sequence[TypeInfo]) -> TypeInfo:
    """The types that it is made of come before it."""
    elem, key = _may(told, "elem", int), _may(told, "key", int)
    return TypeInfo(
        type=_get(told, "type", str),
        kind=_get(told, "kind", str),
        package=_may(told, "package", str) or "",
        size=_may(told, "size", int),
        align=_may(told, "align", int),
        pointers=_may(told, "pointers", bool),
        pointer_shaped=_may(told, "pointer_shaped", bool),
        elem=None if elem is None else _at(known, elem),
        key=None if key is None else _at(known, key),
        len=_may(told, "len", int),
        printing=tuple(_may(told, "printing", list) or ()),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    types: Sequence[TypeInfo]
    files: Sequence[str]

    def facts(self, told: Any) -> ExprFacts:
        call, named = _may(told, "call", dict), _may(told, "object", dict)
        return ExprFacts(
            start=_get(told, "start", int),
            end=_get(told, "end", int),
            exact=_get(told, "exact", bool),
            mode=_may(told, "mode", str) or "",
            type=self._type(told, "type"),
            constant=_may(told, "constant", str),
            implicit=self._type(told, "implicit"),
            call=None if call is None else self._call(call),
            selection=_may(told, "selection", str) or "",
            indirect=_may(told, "indirect", bool) or False,
            object=None if named is None else self._object(named),
        )

    def _type(self, told: Any, name: str) -> TypeInfo | None:
        number = _may(told, name, int)
        return None if number is None else _at(self.types, number)

    def _call(self, told: Any) -> CallInfo:
        params = _may(told, "params", list) or []
        return CallInfo(
            kind=_get(told, "kind", str),
            callee=_may(told, "callee", str) or "",
            params=tuple(Param(_get(one, "name", str), _at(self.types, _get(one, "type", int))) for one in params),
            results=tuple(_at(self.types, one) for one in _may(told, "results", list) or []),
            variadic=_may(told, "variadic", bool) or False,
            ellipsis=_may(told, "ellipsis", bool) or False,
        )

    def _object(self, told: Any) -> ObjectInfo:
        file = _may(told, "file", int)
        return ObjectInfo(
            kind=_get(told, "kind", str),
            name=_get(told, "name", str),
            scope=_get(told, "scope", str),
            path="" if file is None else _at(self.files, file),
            offset=_may(told, "offset", int),
            uses=tuple(self._use(one) for one in _may(told, "uses", list) or []),
        )

    def _use(self, told: Any) -> Use:
        return Use(
            path=_at(self.files, _get(told, "file", int)),
            offset=_get(told, "offset", int),
            write=_may(told, "write", bool) or False,
            address=_may(told, "address", bool) or False,
            captured=_may(told, "captured", bool) or False,
        )
