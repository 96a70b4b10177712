"""Labelled Go sources: what each place allocates, and runners that prove it.

A case file is a Go file of package ``p``. Labels stand at the end of the line whose site they describe, several sites
of one line separated by `` | ``:

    p := new(Point)     // alloc: always bytes=16 type=Point runtime=newobject
    s = append(s, x)    // alloc: sometimes when="capacity exceeded" runtime=growslice
    var i any = true    // alloc: never because="one byte"
    fmt.Sprint(n)       // alloc: sometimes subject=n when="n is 256 or more" | callee in=fmt.Sprint

``callee`` says that a function called here allocates: no site of this line, but part of what its runner measures.
``branch`` marks a line that not every call of its function reaches, ``unrun`` one that no test can reach.
``profiled=caller`` says that the profile of this release loses the line and shows that of the call, which is then the
runner's; ``profiled=nowhere`` that the runtime allocates on another stack, so that only the count of all tells.
``gap="why"`` marks what stackward does not tell as it is; the tests see to it that none is out of date.
``since=1.25`` and ``until=1.24`` (inclusive) bound the releases for which one label of several holds.

Runners are functions named ``Run…``; the comment above says what one call of it costs, by release where they differ:

    // allocs: 1
    // bytes: 24
    func RunPoint() { ... }

One named ``Run…Kept`` leaves goroutines behind. Numbers may be ranges (``0..3``). What stands in ``because`` and
``when`` is for readers; all else is checked.
"""

from __future__ import annotations

import enum
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


class Verdict(enum.Enum):
    """What a label says of a site."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"
    CALLEE = "callee"


# fmt: off
_KEYS = {
    Verdict.ALWAYS: {"bytes", "class", "type", "runtime", "subject", "since", "until", "branch", "profiled", "gap"},
    Verdict.SOMETIMES: {"bytes", "type", "runtime", "subject", "since", "until", "branch", "profiled", "when", "gap"},
    Verdict.NEVER: {"because", "subject", "since", "until", "branch", "unrun", "runtime"},
    Verdict.CALLEE: {"in", "since", "until", "branch"},
}
# fmt: on
_REQUIRED = {Verdict.SOMETIMES: "when", Verdict.NEVER: "because", Verdict.CALLEE: "in"}
_FLAGS = {"branch", "unrun"}
_COMMENT = "// alloc: "
_FUNC = re.compile(r"^func (?:\((?P<receiver>[^)]*)\) )?(?P<name>\w+)")
_FACT = re.compile(r"^// (allocs|bytes): (\d+)(?:\.\.(\d+))?((?: \w+=\S+)*)$")
_CONSTRAINT = re.compile(r"^//go:build go1\.(\d+)$", re.MULTILINE)


class CaseFileError(ValueError):
    """A case file is not written as it has to be; the text names the line."""


@dataclass(frozen=True, slots=True)
class Releases:
    """Minor releases of Go 1, both ends inclusive."""

    since: int = 0
    until: int = 999

    def __contains__(self, minor: int) -> bool:
        return self.since <= minor <= self.until


@dataclass(frozen=True, slots=True)
class Label:
    """What is said of one site. ``line`` is 1-based; ``function`` is empty at package level."""

    line: int
    function: str
    verdict: Verdict
    attributes: Mapping[str, str]
    releases: Releases

    def get(self, key: str) -> str | None:
        return self.attributes.get(key)

    @property
    def bytes(self) -> int | None:
        """The size where it is a number, not a formula."""
        text = self.attributes.get("bytes", "")
        return int(text) if text.isdigit() else None

    @property
    def branch(self) -> bool:
        return "branch" in self.attributes

    @property
    def unrun(self) -> bool:
        return "unrun" in self.attributes


@dataclass(frozen=True, slots=True)
class Claim:
    """What a runner says of one call of it: from ``least`` to ``most`` objects or bytes."""

    what: str
    least: int
    most: int
    releases: Releases


@dataclass(frozen=True, slots=True)
class Runner:
    """A function of the case file that a test calls. ``calls`` are the functions of the file that it reaches.

    ``call`` is the line of its first statement.
    """

    name: str
    line: int
    call: int
    claims: tuple[Claim, ...]
    calls: frozenset[str]

    def claim(self, what: str, minor: int) -> Claim | None:
        """The claim about ``allocs`` or ``bytes`` for this release."""
        return next((one for one in self.claims if one.what == what and minor in one.releases), None)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One mechanism. ``since`` is the oldest minor release that compiles it.

    ``owners`` has the top-level function around each line, empty at package level.
    """

    name: str
    text: str
    since: int
    labels: tuple[Label, ...]
    runners: tuple[Runner, ...]
    owners: tuple[str, ...]

    def labels_in(self, minor: int) -> tuple[Label, ...]:
        """The labels that hold for a release."""
        return tuple(label for label in self.labels if minor in label.releases)


def parse(name: str, text: str) -> CaseFile:
    """Reads a case file; raises ``CaseFileError`` where it breaks the format above."""
    lines = text.split("\n")
    owners = list(_owners(lines))
    labels = [label for at, owner in enumerate(owners) for label in _labels(at + 1, lines[at], owner)]
    bodies: dict[str, str] = {}
    for at, owner in enumerate(owners):
        bodies[owner] = bodies.get(owner, "") + lines[at].split("//")[0] + "\n"
    runners = []
    for at, line in enumerate(lines):
        found = _FUNC.match(line)
        if found and re.match(r"Run[A-Z]", found["name"]):
            call = at + 1 + line.endswith("{")
            claims, calls = tuple(_claims(lines, at)), _reached(found["name"], bodies)
            runners.append(Runner(found["name"], at + 1, call, claims, calls))
    if not labels or not runners:
        raise CaseFileError(f"{name}: needs labels and runners")
    constraint = _CONSTRAINT.search(text)
    return CaseFile(name, text, int(constraint[1]) if constraint else 0, tuple(labels), tuple(runners), tuple(owners))


def _owners(lines: list[str]) -> Iterator[str]:
    """The name of the top-level function around each line; gofmt puts its end into column 0."""
    owner = ""
    for line in lines:
        if found := _FUNC.match(line):
            owner = found["name"]
        yield owner
        if line.startswith("}") or (found and line.split(" //")[0].rstrip().endswith("}")):
            owner = ""


def _reached(start: str, bodies: Mapping[str, str]) -> frozenset[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        words = set(re.findall(r"\w+", bodies[waiting.pop()]))
        found = (words & bodies.keys()) - reached
        reached |= found
        waiting += found
    return frozenset(reached - {start, ""})


def _labels(number: int, line: str, owner: str) -> Iterator[Label]:
    _, comment, text = line.partition(_COMMENT)
    if not comment:
        return
    for part in text.split(" | "):
        word, *rest = shlex.split(part)
        try:
            verdict = Verdict(word)
        except ValueError:
            raise CaseFileError(f"line {number}: {word!r} is no verdict") from None
        attributes = _attributes(number, rest)
        if unknown := attributes.keys() - _KEYS[verdict]:
            raise CaseFileError(f"line {number}: {verdict.value} takes no {', '.join(sorted(unknown))}")
        if verdict in _REQUIRED and _REQUIRED[verdict] not in attributes:
            raise CaseFileError(f"line {number}: {verdict.value} needs {_REQUIRED[verdict]}")
        yield Label(number, owner, verdict, attributes, _releases(number, attributes))


def _attributes(number: int, words: list[str]) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if key in attributes or bool(equals) == (key in _FLAGS):
            raise CaseFileError(f"line {number}: {word!r} is no attribute, or given twice")
        attributes[key] = value
    return attributes


def _releases(number: int, attributes: Mapping[str, str]) -> Releases:
    minors = {}
    for key in ("since", "until"):
        if key in attributes:
            found = re.fullmatch(r"1\.(\d+)", attributes[key])
            if not found:
                raise CaseFileError(f"line {number}: {attributes[key]!r} is no release")
            minors[key] = int(found[1])
    return Releases(**minors)


def _claims(lines: list[str], at: int) -> Iterator[Claim]:
    """The claims in the comment above the line with this index."""
    first = at
    while first and lines[first - 1].startswith("//"):
        first -= 1
    seen = set()
    for number, line in enumerate(lines[first:at], start=first + 1):
        if found := _FACT.match(line):
            what, least, most, conditions = found.groups()
            attributes = _attributes(number, conditions.split())
            seen.add(what)
            yield Claim(what, int(least), int(most or least), _releases(number, attributes))
    if "allocs" not in seen:
        raise CaseFileError(f"line {at + 1}: a runner says what it allocates")
