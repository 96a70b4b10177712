"""The table of allocators against the toolchain's own source: what the compiler can call, and the runtime."""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path

import pytest

from stackward.toolchain.allocators import OTHERS, allocators, find, size_class
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain, discover

# What everything calls when something is wrong, or that only looks like a call of the runtime's: not followed.
_HUBS = re.compile(
    r"throw|fatal\w*|print\w*|panic\w*|goPanic\w*|gopanic|\w*[lL]ock\w*|race\w*|msan\w*|asan\w*|systemstack|mcall|gopark\w*"
    r"|goready|trace\w*|cgo\w*|memhash\w*|sig\w*|checkptr\w*|badsystemstack|dumpregs|schedule|entersyscall|exitsyscall"
    r"|startm|write\w*|raise\w*|exit\w*|wb\w*|bulkBarrier\w*|Write|Error|String|typesEqual|toRType|mapKeyError2?|rand\w*"
    r"|acquirem|releasem|getg|equal|Load|Store|Add|Swap|close|stackcheck|u?int64div|addCovMeta|block|hash|Hasher|fastrand\w*"
    r"|unsafe\w*|libfuzzer\w*"
)


def toolchains() -> list[str]:
    """The go commands to look at: the default one, and those that the environment names."""
    return ["", *filter(None, os.environ.get("STACKWARD_TEST_GO", "").split(os.pathsep))]


@pytest.fixture(params=toolchains(), ids=lambda go: go or "default")
def release(request: pytest.FixtureRequest) -> Toolchain:
    found = discover(BuildConfig(go=request.param))
    assert isinstance(found, Toolchain), found
    if not (Path(found.goroot) / "src/cmd/compile/internal/typecheck/_builtin/runtime.go").exists():
        pytest.skip("this toolchain comes without the compiler's source")
    return found


@functools.cache
def called_by_the_compiler(goroot: str) -> frozenset[str]:
    """The runtime functions that compiled code can call."""
    compiler = Path(goroot) / "src/cmd/compile/internal"
    declared = (compiler / "typecheck/_builtin/runtime.go").read_text(encoding="utf-8")
    names = set(re.findall(r"^func (\w+)\(", declared, re.MULTILINE))
    for file in compiler.rglob("*.go"):
        text = file.read_text(encoding="utf-8")
        names |= {
            name.replace("%d", "2") for name in re.findall(r'LookupRuntimeFunc\((?:fmt\.Sprintf\()?"([^"]+)"', text)
        }
    return frozenset(names)


@functools.cache
def reaching_the_allocator(goroot: str) -> frozenset[str]:
    """The functions of the runtime from which the allocator can be reached, by the names that their bodies mention."""
    calls: dict[str, set[str]] = {"mallocgc": {"new"}}
    source = Path(goroot) / "src"
    for folder in ("runtime", "internal/runtime/maps"):
        for file in (source / folder).glob("*.go"):
            if file.name.endswith("_test.go"):
                continue
            text = file.read_text(encoding="utf-8")
            linked = dict(re.findall(r"^//go:linkname (\w+) runtime\.(\w+)$", text, re.MULTILINE))
            text = re.sub(r"//[^\n]*", "", text)
            for found in re.finditer(r"^func (?:\([^)]*\) )?(\w+)(?:\[[^\]]*\])?\(", text, re.MULTILINE):
                head = text[found.start() : text.find("\n", found.start())]
                body = text[found.end() : text.find("\n}\n", found.start())] if head.endswith("{") else head
                name = linked.get(found[1], found[1])
                if not _HUBS.fullmatch(name):
                    calls.setdefault(name, set()).update(re.findall(r"(\w+)(?:\[[^\]]*\])?\(", body))
    reached = {"mallocgc", "new"}
    while more := {name for name, mentioned in calls.items() if name not in reached and mentioned & reached}:
        reached |= more
    return frozenset(reached)


def test_every_allocator_of_the_toolchain_is_known(release: Toolchain) -> None:
    candidates = called_by_the_compiler(release.goroot) & reaching_the_allocator(release.goroot)
    assert {"newobject", "growslice", "makemap_small", "mapassign_faststr"} <= candidates
    others = re.compile("|".join(pattern for pattern, _ in OTHERS))
    unknown = {name for name in candidates if find(name, release.minor) is None and not others.fullmatch(name)}
    assert not unknown


def test_the_table_names_nothing_that_the_compiler_does_not_call(release: Toolchain) -> None:
    assert set(allocators(release.minor)) <= called_by_the_compiler(release.goroot) | {"deferrangefunc"}


def test_the_size_classes_are_those_of_the_runtime(release: Toolchain) -> None:
    source = Path(release.goroot) / "src"
    places = [source / "internal/runtime/gc/sizeclasses.go", source / "runtime/sizeclasses.go"]
    text = next(place.read_text(encoding="utf-8") for place in places if place.exists())
    found = re.search(r"(?:class_to_size|SizeClassToSize)\s*=.*?\{0, ([\d, ]+)\}", text)
    assert found is not None
    for size in map(int, found[1].split(",")):
        assert size_class(size) == size
        assert size_class(size - 1) == size


@pytest.mark.parametrize(
    ("size", "pointers", "expected"),
    [
        (0, False, 0),
        (1, False, 8),
        (9, True, 16),
        (512, True, 512),
        (513, True, 576),
        (1024, False, 1024),
        (1024, True, 1152),
        (32768, False, 32768),
        (32769, False, 40960),
        (100_000, True, 106_496),
    ],
)
def test_size_class(size: int, pointers: bool, expected: int) -> None:
    assert size_class(size, pointers=pointers) == expected
