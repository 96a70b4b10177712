"""What an editor shows, held against what is expected: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from scenario import CODECS

from markers import SEVERITIES, Broken, Hint, Hover, Inlay, Lens, NoHints, Source, Span

Json: TypeAlias = dict[str, Any]
_SEVERITY_NAMES = {number: name for name, number in SEVERITIES.items()}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the server says about a file, as JSON. ``hovers`` are by the character that was pointed at."""

    diagnostics: Sequence[Json] = ()
    inlays: Sequence[Json] = ()
    lenses: Sequence[Json] = ()
    hovers: Mapping[tuple[int, int], Json | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Characters of Python as the client counts them."""

    text: str
    encoding: str

    def column(self, line: int, character: int) -> int:
        codec, size = CODECS[self.encoding]
        text = self.text.split("\n")[line]
        # What is wrong may lie behind the end of the line.
        return len(text[:character].encode(codec)) // size + max(0, character - len(text))

    def range(self, span: Span) -> Json:
        start, end = self.column(span.line, span.start), self.column(span.line, span.end)
        return {"start": {"line": span.line, "character": start}, "end": {"line": span.line, "character": end}}


def judge(name: str, source: Source, seen: Seen, encoding: str) -> list[str]:
    """Where what is seen of a file differs from what is expected, in words; nothing where it does not."""
    coordinates = Coordinates(source.text, encoding)
    wrong = _hints(name, source, seen, coordinates)
    for one in source.expected:
        match one:
            case Hover():
                wrong += _hover(name, one, seen, coordinates)
            case Inlay():
                wrong += _inlay(name, one, seen, coordinates)
            case Lens():
                titles = [lens["command"]["title"] for lens in seen.lenses if _line(lens) == one.line]
                if not any(one.title.match(title) for title in titles):
                    wrong.append(f"{name}:{one.line + 1}: the lens should say {one.title}, not {titles}")
            case Hint() | NoHints() | Broken():
                pass
    return wrong


def judge_status(sources: Mapping[str, Source], status: Json, uris: Mapping[str, str]) -> list[str]:
    """The same for the state of the whole. ``uris`` gives the names of the files."""
    broken = [(name, one) for name, source in sources.items() for one in source.expected if isinstance(one, Broken)]
    state, message = status["state"], status["message"]
    if not broken:
        return [] if state == "idle" else [f"the state is {state}: {message}"]
    name, one = broken[0]
    place = uris.get(status.get("uri", "")), status.get("range", {}).get("start", {}).get("line")
    if len(broken) > 1:
        return ["only one place is shown where the build is broken"]
    if state != "broken" or place != (name, one.line) or not one.words.match(message):
        return [f"{name}:{one.line + 1}: the build should be broken by {one.words}; {state} at {place}: {message}"]
    return []


def _line(shown: Json) -> int:
    line: int = shown["range"]["start"]["line"]
    return line


def _hints(name: str, source: Source, seen: Seen, coordinates: Coordinates) -> list[str]:
    wrong = []
    left = list(seen.diagnostics)
    for one in source.expected:
        if not isinstance(one, Hint):
            continue
        place = f"{name}:{one.span.line + 1}: {one.rule}"
        range_ = coordinates.range(one.span)
        found = next((each for each in left if each["code"] == one.rule and each["range"] == range_), None)
        if found is None:
            wrong.append(f"{place} is not shown at {_shown(range_)}")
            continue
        left.remove(found)
        if one.message is not None and not one.message.match(found["message"]):
            wrong.append(f"{place} should say {one.message}, not: {found['message']}")
        if one.severity is not None and found["severity"] != one.severity:
            level, actual = _SEVERITY_NAMES[one.severity], _SEVERITY_NAMES.get(found["severity"])
            wrong.append(f"{place} should be of severity {level}, not {actual}")
        related = len(found.get("relatedInformation", ()))
        if one.related is not None and related != one.related:
            wrong.append(f"{place} should have {one.related} pieces of related information, not {related}")
    silent = {one.line for one in source.expected if isinstance(one, NoHints)}
    for each in left:
        why = "where no hint should be" if _line(each) in silent else "which nobody expects"
        shown = f"{each['code']} at {_shown(each['range'])}: {each['message']}"
        wrong.append(f"{name}:{_line(each) + 1}: shown, {why}: {shown}")
    wrong += [
        f"{name}:{inlay['position']['line'] + 1}: an inlay hint where none should be: {inlay['label']}"
        for inlay in seen.inlays
        if inlay["position"]["line"] in silent
    ]
    return wrong


def _hover(name: str, one: Hover, seen: Seen, coordinates: Coordinates) -> list[str]:
    place = f"{name}:{one.span.line + 1}: the hover"
    range_ = coordinates.range(one.span)
    hover = seen.hovers.get((one.span.line, one.span.start))
    if hover is None:
        return [f"{place} should say {one.words}, and there is none"]
    text = hover["contents"]["value"]
    wrong = [] if one.words.match(text) else [f"{place} should say {one.words}, not: {text}"]
    if hover.get("range") != range_:
        wrong.append(f"{place} should be about {_shown(range_)}, not {_shown(hover.get('range'))}")
    return wrong


def _inlay(name: str, one: Inlay, seen: Seen, coordinates: Coordinates) -> list[str]:
    at = coordinates.range(one.span)["end"]
    labels = [inlay["label"] for inlay in seen.inlays if inlay["position"] == at]
    if any(one.label.match(label) for label in labels):
        return []
    place = f"{name}:{one.span.line + 1}: the inlay hint at {at['character']}"
    others = [(inlay["position"]["character"], inlay["label"]) for inlay in seen.inlays if _same_line(inlay, at)]
    return [f"{place} should say {one.label}, not {labels}; on the line are {others}"]


def _same_line(inlay: Json, at: Json) -> bool:
    return bool(inlay["position"]["line"] == at["line"])


def _shown(range_: Json | None) -> str:
    if range_ is None:
        return "nothing"
    start, end = range_["start"], range_["end"]
    last = f"{end['line'] + 1}:" if end["line"] != start["line"] else ""
    return f"{start['line'] + 1}:{start['character']}-{last}{end['character']}"
