"""Which files a build leaves out, and which setting would take one in: build constraints, file names, cgo.

The rules are those of ``go/build`` (``matchFile``, ``goodOSArchFile``, ``matchTag``).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from stackward.core.position import ByteRange
from stackward.syntax.declared import imports
from stackward.syntax.tree import SourceFile, node_range

# fmt: off
_SYSTEMS = frozenset((
    "aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl", "netbsd",
    "openbsd", "plan9", "solaris", "wasip1", "windows", "zos",
))
_UNIX = _SYSTEMS - {"js", "nacl", "plan9", "wasip1", "windows", "zos"}
_MACHINES = frozenset((
    "386", "amd64", "amd64p32", "arm", "arm64", "arm64be", "armbe", "loong64", "mips", "mips64", "mips64le",
    "mips64p32", "mips64p32le", "mipsle", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc",
    "sparc64", "wasm",
))
# fmt: on
_ALSO = {"android": "linux", "illumos": "solaris", "ios": "darwin"}
_CONSTRAINT = re.compile(r"//go:build\s+(.*\S)\s*")
_TOKEN = re.compile(r"&&|\|\||[!()]|[\w.]+")
Has: TypeAlias = Callable[[str], bool]
Expression: TypeAlias = Callable[[Has], bool]
"""A constraint; it is given what says whether a tag is set."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a build is for. ``minor`` is the release of Go 1."""

    goos: str
    goarch: str
    cgo: bool
    tags: frozenset[str]
    minor: int

    def has(self, tag: str) -> bool:
        """Whether a build constraint may count on a tag."""
        if tag == "cgo":
            return self.cgo
        if re.fullmatch(r"go1\.\d+", tag):
            return int(tag[4:]) <= self.minor
        systems = {self.goos, _ALSO.get(self.goos, self.goos)}
        return tag in systems | {self.goarch, "gc"} | self.tags or (tag == "unix" and self.goos in _UNIX)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why a file is not compiled: ``range`` is what says so, ``settings`` would have it compiled, if any would."""

    range: ByteRange
    why: str
    settings: tuple[str, ...] = ()


def left_out(source: SourceFile, name: str, target: Target, *, tests: bool = True) -> LeftOut | None:
    """Why a build leaves a file of this name out; None if it does not. ``tests`` says whether test files are built."""
    clause = next((node for node in source.tree.root_node.named_children if node.type == "package_clause"), None)
    if clause is None:
        return None
    written, at = _constraint(source)
    holds = _parsed(written)
    if holds is None:
        return None
    uses_cgo = any(path == "C" for _, path in imports(source))

    def reason(given: Target) -> str:
        if not all(map(given.has, _named(name))):
            return f"its name says {'_'.join(_named(name))}, and the build is for {given.goos}/{given.goarch}"
        if not holds(given.has):
            return f"its constraint {written!r} does not hold for {given.goos}/{given.goarch}"
        if uses_cgo and not given.cgo:
            return "it imports C, and cgo is off"
        return ""

    why = reason(target)
    if not why:
        test = not tests and name.endswith("_test.go")
        return LeftOut(node_range(clause), "tests are not analysed", ("analysis.tests = true",)) if test else None
    mentioned = {*_named(name), *_TOKEN.findall(written), *(["cgo"] if uses_cgo else [])}
    fitting = next((one for one in _others(target, mentioned) if not reason(one)), None)
    settings = tuple(_settings(target, fitting)) if fitting is not None else ()
    return LeftOut(at if at is not None and why.startswith("its constraint") else node_range(clause), why, settings)


def _constraint(source: SourceFile) -> tuple[str, ByteRange | None]:
    """The expression of a file's ``//go:build`` line, empty without one, and where that is."""
    for node in source.tree.root_node.named_children:
        if node.type != "comment":
            break
        found = _CONSTRAINT.fullmatch((node.text or b"").decode("utf-8", "replace"))
        if found is not None:
            return found[1], node_range(node)
    return "", None


def _named(name: str) -> tuple[str, ...]:
    """The system and the machine that a file's name ends in."""
    words = name.partition(".")[0].split("_")[1:]
    if words and words[-1] == "test":
        words.pop()
    if len(words) > 1 and words[-2] in _SYSTEMS and words[-1] in _MACHINES:
        return words[-2], words[-1]
    return (words[-1],) if words and words[-1] in _SYSTEMS | _MACHINES else ()


def _parsed(written: str) -> Expression | None:
    """A constraint as a function of the tags that are set; None if it is not one."""
    tokens = _TOKEN.findall(written)
    if "".join(tokens) != "".join(written.split()):
        return None
    if not tokens:
        return lambda _: True
    tokens.append("")
    tokens.reverse()
    found = _any_of(tokens)
    return found if tokens == [""] else None


def _any_of(tokens: list[str]) -> Expression | None:
    return _joined(tokens, "||", _all_of, any)


def _all_of(tokens: list[str]) -> Expression | None:
    return _joined(tokens, "&&", _one, all)


def _joined(
    tokens: list[str],
    operator: str,
    operand: Callable[[list[str]], Expression | None],
    together: Callable[[Iterable[bool]], bool],
) -> Expression | None:
    parts = [operand(tokens)]
    while tokens[-1] == operator:
        tokens.pop()
        parts.append(operand(tokens))
    whole = [part for part in parts if part is not None]
    return (lambda has: together(part(has) for part in whole)) if len(whole) == len(parts) else None


def _one(tokens: list[str]) -> Expression | None:
    word = tokens.pop() if tokens[-1] else ""
    if word == "!":
        negated = _one(tokens)
        return (lambda has: not negated(has)) if negated is not None else None
    if word == "(":
        inner = _any_of(tokens)
        return inner if tokens[-1] == ")" and tokens.pop() else None
    return (lambda has: has(word)) if word[:1].isalnum() or word[:1] == "_" else None


def _others(target: Target, mentioned: Iterable[str]) -> Iterator[Target]:
    """What else a build could be for, as far as it makes a difference, those first that differ least."""
    words = set(mentioned)
    tags = [one for one in sorted(words - _SYSTEMS - _MACHINES - {"cgo"}) if one.isidentifier() and one not in _FIXED]
    systems = [target.goos, *sorted(words & _SYSTEMS), *(["linux", "darwin"] if "unix" in words else [])]
    machines = [target.goarch, *sorted(words & _MACHINES)]
    sets = [target.tags ^ {*some} for size in range(len(tags) + 1) for some in itertools.combinations(tags, size)]
    if len(tags) > _MOST_TAGS:
        return
    every = [
        replace(target, goos=system, goarch=machine, cgo=cgo, tags=frozenset(chosen))
        for system, machine, cgo, chosen in itertools.product(systems, machines, (target.cgo, True), sets)
    ]
    yield from sorted(every, key=lambda one: len(list(_settings(target, one))))


_FIXED = frozenset({"gc", "gccgo", "ignore", "unix"})
_MOST_TAGS = 4


def _settings(target: Target, other: Target) -> Iterator[str]:
    """The settings that make a build for another target of one for ``target``."""
    if other.goos != target.goos:
        yield f"build.goos = {other.goos}"
    if other.goarch != target.goarch:
        yield f"build.goarch = {other.goarch}"
    for tag in sorted(other.tags - target.tags):
        yield f"build.tags with {tag}"
    for tag in sorted(target.tags - other.tags):
        yield f"build.tags without {tag}"
    if other.cgo and not target.cgo:
        yield "build.env = CGO_ENABLED=1"
