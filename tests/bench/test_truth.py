"""The pure parts of ``make truth``: reading profiles, whose line a sample is, coverage, and what is counted."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackward.toolchain.discovery import Toolchain

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))

from groundtruth import coverage, recording, score
from groundtruth.attribution import Kind, attribute, package_of
from groundtruth.claims import Claim
from groundtruth.collect import Observation, Truth
from groundtruth.native import Copy, Declared, Native
from groundtruth.profile import Frame, ProfileError, Sample, fields, read
from groundtruth.table import percent

FILES = frozenset(("/p/a.go", "/p/b.go"))


# A writer of profiles, for the reader's tests.


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def message(field: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return varint(field << 3 | 2) + varint(len(body)) + body


def profile(stack: Sequence[Sequence[tuple[str, str, int]]], values: Sequence[int], *, packed: bool = True) -> bytes:
    """One sample, whose stack is a list of locations, each a list of inlined frames."""
    strings = [b"", b"alloc_objects", b"count", b"alloc_space", b"bytes"]

    def string(text: str) -> int:
        strings.append(text.encode())
        return len(strings) - 1

    parts = [message(1, number(1, 1), number(2, 2)), message(1, number(1, 3), number(2, 4))]
    functions = 0
    for at, location in enumerate(stack, start=1):
        lines = []
        for name, file, line in location:
            functions += 1
            parts.append(message(5, number(1, functions), number(2, string(name)), number(4, string(file))))
            lines.append(message(4, number(1, functions), number(2, line)))
        parts.append(message(4, number(1, at), number(3, 0xDEADBEEF00), *lines))
    ids = range(1, len(stack) + 1)
    if packed:
        sample = [message(1, *map(varint, ids)), message(2, *map(varint, values))]
    else:
        sample = [*(number(1, one) for one in ids), *(number(2, one) for one in values)]
    parts += [message(2, *sample), *(message(6, text) for text in strings), number(12, 1)]
    return b"".join(parts)


STACK = (
    (("runtime.mallocgc", "/go/malloc.go", 1000),),
    (("runtime.newobject", "/go/malloc.go", 2000),),
    (("p.New", "/p/a.go", 7), ("p.Make", "/p/b.go", 300)),
    (("p.TestMake", "/p/a_test.go", 9),),
)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
def test_a_profile_is_read(packed: bool, wrap: type[bytes]) -> None:
    [sample] = read(wrap(profile(STACK, [3, 144], packed=packed)))
    assert sample == Sample(
        (
            Frame("runtime.mallocgc", "/go/malloc.go", 1000),
            Frame("runtime.newobject", "/go/malloc.go", 2000),
            Frame("p.New", "/p/a.go", 7, physical=False),
            Frame("p.Make", "/p/b.go", 300),
            Frame("p.TestMake", "/p/a_test.go", 9),
        ),
        objects=3,
        bytes=144,
    )


@given(st.integers(min_value=0, max_value=2**63))
def test_numbers_of_any_size(value: int) -> None:
    assert list(fields(number(1, value))) == [(1, value)]


@given(st.binary(max_size=200))
def test_what_is_no_profile_is_an_error(data: bytes) -> None:
    with pytest.raises(ProfileError):
        read(data)


@given(st.integers(min_value=0, max_value=len(profile(STACK, [1, 16]))), st.binary(max_size=8))
def test_a_damaged_profile_is_an_error_or_another_profile(cut: int, rest: bytes) -> None:
    damaged = profile(STACK, [1, 16])[:cut] + rest
    with contextlib.suppress(ProfileError):
        assert all(isinstance(one, Sample) for one in read(damaged))


def test_it_reads_what_pprof_reads(toolchain: Toolchain, tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module example.com/m\n\ngo 1.23\n")
    (tmp_path / "m.go").write_text("package m\n\nvar Sink []byte\n\nfunc Make(n int) { Sink = make([]byte, n) }\n")
    (tmp_path / "m_test.go").write_text(
        'package m\n\nimport "testing"\n\nfunc TestMake(t *testing.T) {\n\tfor range 5 {\n\t\tMake(1000)\n\t}\n}\n'
    )
    memory = tmp_path / "memory"
    flags = ["-memprofile", str(memory), "-memprofilerate=1", "-o", str(tmp_path / "test")]
    subprocess.run([toolchain.go, "test", *flags, "."], cwd=tmp_path, check=True, capture_output=True)
    ours = sorted((one.objects, one.bytes) for one in read(memory.read_bytes()))
    raw = subprocess.run(
        [toolchain.go, "tool", "pprof", "-raw", str(memory)], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    counts = (line.split(":")[0].split() for line in raw.split("Locations\n")[0].splitlines() if ": " in line)
    theirs = sorted((int(one[0]), int(one[1])) for one in counts if len(one) == 4 and one[0].isdigit())
    assert ours == theirs
    made = [one for one in read(memory.read_bytes()) if any(frame.function.endswith("m.Make") for frame in one.stack)]
    assert [(one.objects, one.bytes) for one in made] == [(5, 5120)]


# Whose line a sample is.


def sample(*frames: tuple[str, str, int] | tuple[str, str, int, bool]) -> Sample:
    return Sample(tuple(Frame(*one) for one in frames), 1, 16)


USER = ("p.F", "/p/a.go", 7)


@pytest.mark.parametrize(
    ("function", "package"),
    [
        ("net/http.(*Server).Serve.func1", "net/http"),
        ("runtime.mallocgc", "runtime"),
        ("internal/runtime/maps.(*Map).growToSmall", "internal/runtime/maps"),
        ("slices.Grow[go.shape.[]example.com/a.T]", "slices"),
        ("internal/sync.(*HashTrieMap[go.shape.interface {},go.shape.*internal/abi.Type]).init", "internal/sync"),
        ("gopkg.in/yaml%2ev3.Marshal", "gopkg.in/yaml.v3"),
        ("p.map.init.0", "p"),
        ("main", "main"),
    ],
)
def test_the_package_of_a_function(function: str, package: str) -> None:
    assert package_of(function) == package


@pytest.mark.parametrize(
    ("chain", "kind"),
    [
        (["runtime.mallocgc", "runtime.newobject"], Kind.CONSTRUCT),
        (["runtime.mallocgcSmallScanNoHeaderSC3"], Kind.CONSTRUCT),
        ([], Kind.CONSTRUCT),
        (
            ["internal/runtime/maps.newarray", "internal/runtime/maps.(*Map).Insert", "runtime.mapassign"],
            Kind.CONSTRUCT,
        ),
        (["runtime.malg", "runtime.newproc1", "runtime.newproc"], Kind.CONSTRUCT),
        (["runtime.newdefer", "runtime.deferproc"], Kind.CONSTRUCT),
        (["runtime.somethingOfALaterRelease"], Kind.CONSTRUCT),
        (["runtime.newobject", "runtime.acquireSudog", "runtime.chanrecv", "runtime.chanrecv1"], Kind.WAIT),
        (["runtime.growslice", "runtime.(*timers).addHeap", "runtime.blockTimerChan", "runtime.selectgo"], Kind.WAIT),
        (["runtime.allocm", "runtime.newm", "runtime.startm", "runtime.newproc"], Kind.THREAD),
        (["runtime.newobject", "runtime.gcBgMarkStartWorkers", "runtime.gcStart", "runtime.newobject"], Kind.COLLECTOR),
        (["runtime.newobject", "runtime.goPanicIndex"], Kind.PANIC),
        (["runtime.newobject", "runtime.panicdottypeE"], Kind.PANIC),
        (["runtime.mallocgc", "runtime.buildTypeAssertCache", "runtime.typeAssert"], Kind.CACHE),
        (["runtime.growslice", "runtime.CallersFrames"], Kind.CALL),
        (["runtime.newobject", "runtime.(*Frames).Next"], Kind.CALL),
    ],
)
def test_what_asked_for_the_memory(chain: list[str], kind: Kind) -> None:
    owner = attribute(sample(*((name, "/go/runtime.go", 1) for name in chain), USER), "p", FILES)
    assert owner.kind is kind
    assert owner.frame == Frame(*USER)
    assert list(owner.chain) == chain


def test_an_inlined_line_is_the_owner_and_its_callers_are_carriers() -> None:
    found = attribute(
        sample(("runtime.newobject", "", 1), ("p.New", "/p/a.go", 7, False), ("p.Make", "/p/b.go", 3), USER), "p", FILES
    )
    assert found.frame is not None
    assert found.body is not None
    assert (found.kind, found.frame.line, found.body.function) == (Kind.CONSTRUCT, 7, "p.Make")
    assert [(one.file, one.line) for one in found.carriers] == [("/p/a.go", 7), ("/p/b.go", 3)]


def test_code_of_another_package_inlined_into_a_line() -> None:
    found = attribute(sample(("runtime.newobject", "", 1), ("q.New", "/q/q.go", 5, False), USER), "p", FILES)
    assert (found.kind, found.frame) == (Kind.COPY, Frame(*USER))


@pytest.mark.parametrize(
    ("frames", "kind"),
    [
        ([("runtime.newobject", "", 1), ("q.New", "/q/q.go", 5), USER], Kind.LIBRARY),
        ([("runtime.newobject", "", 1), ("p.TestF", "/p/a_test.go", 5)], Kind.LIBRARY),
        # Named for the package that pulls it, in the runtime's file.
        ([("internal/bytealg.MakeNoZero", "/go/runtime/slice.go", 5), USER], Kind.LIBRARY),
        ([("runtime.malg", "", 1), ("runtime.newproc1", "", 1), ("runtime.systemstack", "", 1)], Kind.NO_FRAME),
    ],
)
def test_what_is_no_line_of_the_package(frames: list[tuple[str, str, int]], kind: Kind) -> None:
    assert attribute(sample(*frames), "p", FILES).kind is kind


def test_the_runtime_under_test_is_code_like_any() -> None:
    frames = ("runtime.newobject", "/go/malloc.go", 1), ("internal/runtime/maps.New", "/p/a.go", 4)
    assert attribute(sample(*frames), "internal/runtime/maps", FILES).kind is Kind.CONSTRUCT
    assert attribute(sample(*frames), "p", FILES).kind is Kind.NO_FRAME


# Coverage.

COVERED = coverage.parse(
    """mode: count
/p/a.go:3.20,5.12 2 10
/p/a.go:5.12,7.3 1 0
/p/a.go:8.2,8.20 1 9
/p/a.go:8.20,10.3 1 4
/p/a.go:11.2,11.10 1 9
/p/a.go:11.2,11.10 1 1
""".splitlines()
)


@pytest.mark.parametrize(
    ("point", "count"),
    [
        ((3, 20), 10),
        ((5, 11), 10),
        ((5, 12), 0),  # A block's end is the next one's start.
        ((6, 1), 0),
        ((7, 3), None),
        ((8, 19), 9),
        ((8, 20), 4),
        ((9, 1), 4),
        ((11, 2), 10),  # The same block of two binaries.
        ((2, 1), None),
        ((12, 1), None),
    ],
)
def test_how_often_a_place_ran(point: coverage.Point, count: int | None) -> None:
    assert COVERED.executions("/p/a.go", point) == count


def test_how_often_a_line_ran() -> None:
    assert [COVERED.line_executions("/p/a.go", line) for line in (2, 5, 6, 8)] == [None, 10, 0, 9]
    assert COVERED.line_executions("/p/b.go", 5) is None


def test_the_blocks_around_a_place() -> None:
    def starts(line: int) -> list[coverage.Point | None]:
        return [one and one.start for one in COVERED.neighbours("/p/a.go", (line, 6))]

    assert starts(2) == [None, (3, 20)]
    assert starts(7) == [(5, 12), (8, 2)]
    assert starts(12) == [(11, 2), None]


# What is in the binary.

NATIVE = Native(
    declared=[
        Declared("p.New", "/p/a.go", 1, 3),
        Declared("p.Make", "/p/a.go", 5, 20),
        Declared("", "/p/a.go", 8, 10),
    ],
    own=frozenset({"p.Make"}),
    copies=[Copy("p.New", "p.Make.func1", "/p/a.go", 9), Copy("p.New", "p.TestNew", "/p/a_test.go", 4)],
)


def test_functions_by_line() -> None:
    assert [NATIVE.function("/p/a.go", line) for line in (2, 6, 9, 30)] == ["p.New", "p.Make", "p.Make", ""]


def test_copies_in_tests_alone_say_nothing() -> None:
    assert NATIVE.only_copied_away("p.New", lambda _file, _line: False)
    assert not NATIVE.only_copied_away("p.New", lambda file, line: (file, line) == ("/p/a.go", 9))
    assert not NATIVE.only_copied_away("p.Make", lambda _file, _line: False)
    assert not NATIVE.only_copied_away("", lambda _file, _line: False)
    assert not NATIVE.only_copied_away("p.Unknown", lambda _file, _line: False)


# The score.


def seen(
    line: int, *, size: int = 16, objects: int = 5, chain: tuple[str, ...] = ("runtime.newobject",)
) -> Observation:
    return Observation(
        "/p/a.go", line, Kind.CONSTRUCT, (("/p/a.go", line),), "p.F", "p.F", "/p/a.go", chain, size, objects, ()
    )


def claim(line: int, *, always: bool = True, shown: bool = True, size: int | None = None, end: int = 0) -> Claim:
    return Claim(
        "/p/a.go",
        frozenset((line,)),
        end or line,
        (line, 5),
        "F",
        always,
        shown,
        size,
        size,
        "runtime.newobject",
        text="rule",
    )


def truth(*observations: Observation, native: Native | None = None) -> Truth:
    return Truth("p", ("/p/a.go",), observations, {"NO_FRAME": 1}, COVERED, native or Native(), (), (), (), 1.0)


def test_recall_counts_lines_and_objects() -> None:
    found = score.score(truth(seen(4, objects=90), seen(6, objects=10)), {"/p/a.go": [claim(4)]}, {})
    assert (found.lines, found.objects) == (score.Ratio(1, 2), score.Ratio(90, 100))
    assert [(one.line, one.reason) for one in found.unseen] == [(6, score.UNEXPLAINED)]


@pytest.mark.parametrize(
    ("claims", "failed", "reason"),
    [
        ([claim(6, shown=False)], {}, score.NOT_SHOWN),
        ([claim(4, end=7)], {}, score.IN_RANGE),
        ([], {"p": "does not build"}, score.NOT_ANALYSED),
        ([claim(7)], {}, score.UNEXPLAINED),
        ([dataclasses.replace(claim(2), calls=frozenset({("/p/a.go", 6)}))], {}, score.AT_ITS_CALL),
    ],
)
def test_each_miss_has_its_reason(claims: list[Claim], failed: dict[str, str], reason: str) -> None:
    [miss] = score.score(truth(seen(6)), {"/p/a.go": claims}, failed).unseen
    assert miss.reason == reason


def test_precision_counts_what_ran() -> None:
    claims = [claim(4), claim(6), claim(9), claim(4, always=False), claim(11, shown=False)]
    found = score.score(truth(seen(4)), {"/p/a.go": claims}, {})
    assert found.precision == score.Ratio(1, 2)
    assert [one.line for one in found.unconfirmed] == [9]
    assert found.set_aside == {score.NOT_EXECUTED: 1}


def test_what_the_runtime_does_for_a_line_confirms_it() -> None:
    called = dataclasses.replace(seen(9), kind=Kind.CALL)
    found = score.score(truth(called), {"/p/a.go": [claim(9)]}, {})
    assert (found.lines, found.precision) == (score.Ratio(), score.Ratio(1, 1))


def test_a_copy_that_is_seen_at_its_call_confirms_what_names_the_call() -> None:
    copied = dataclasses.replace(claim(9), calls=frozenset({("/p/a.go", 4)}))
    assert score.score(truth(seen(4)), {"/p/a.go": [copied]}, {}).precision == score.Ratio(1, 1)


def test_without_a_profile_nothing_is_unconfirmed() -> None:
    nothing = dataclasses.replace(truth(), elsewhere={})
    assert score.score(nothing, {"/p/a.go": [claim(9)]}, {}).precision == score.Ratio()


def test_a_parameter_is_as_often_allocated_as_the_body_runs() -> None:
    native = Native([Declared("p.F", "/p/a.go", 2, 12), Declared("", "/p/a.go", 7, 10)])
    assert score.executions(truth(native=native), claim(2)) == 10
    assert score.executions(truth(native=native), claim(7)) == 9  # That of the literal.
    assert score.executions(truth(native=native), claim(12)) is None
    assert score.executions(truth(), claim(2)) is None


def test_a_line_that_only_tests_have_copies_of_is_set_aside() -> None:
    native = Native([Declared("p.F", "/p/a.go", 1, 30)], frozenset(), [Copy("p.F", "p.TestF", "/p/a_test.go", 4)])
    found = score.score(truth(native=native), {"/p/a.go": [claim(9)]}, {})
    assert (found.precision, found.set_aside) == (score.Ratio(), {score.ONLY_COPIES: 1})


def test_sizes_are_compared_per_allocator() -> None:
    claims = {"/p/a.go": [claim(4, size=48), claim(9, size=8), claim(11, size=8), claim(11, size=24)]}
    other = seen(4, size=64, chain=("runtime.mallocgc", "runtime.growslice"))
    found = score.score(truth(seen(4, size=48), other, seen(9, size=32), seen(11, size=24)), claims, {})
    assert found.sizes == score.Ratio(2, 3)
    assert [(one.line, one.reason) for one in found.wrong_size] == [(9, "8 claimed, 32 seen")]
    unknown = {"/p/a.go": [claim(11, size=8), claim(11)]}
    assert score.score(truth(seen(11, size=24)), unknown, {}).sizes == score.Ratio()


def test_entry_points_of_one_size_class_are_not_on_the_stack() -> None:
    direct = dataclasses.replace(claim(4, size=48), runtime="runtime.mallocgcSmallScanNoHeaderSC5")
    found = score.score(truth(seen(4, size=48, chain=())), {"/p/a.go": [direct]}, {})
    assert found.sizes == score.Ratio(1, 1)


def test_what_is_not_all_does_not_read_as_all() -> None:
    assert percent(score.Ratio(99_999, 100_000)) == "99.99 % of 100,000"
    assert percent(score.Ratio(3, 3)) == "100.00 % of 3"
    assert percent(score.Ratio()) == "–"  # noqa: RUF001


# The runtime that records.


def test_the_runtime_of_this_toolchain_can_be_changed(toolchain: Toolchain, tmp_path: Path) -> None:
    path = recording.overlay(Path(toolchain.goroot), tmp_path)
    assert "protomem.go" in path.read_text()
    changed = (tmp_path / "runtime_malloc.go").read_text()
    assert "if false && off+" in changed


def test_another_runtime_is_an_error(toolchain: Toolchain, tmp_path: Path) -> None:
    runtime = tmp_path / "src" / "runtime"
    (runtime / "pprof").mkdir(parents=True)
    for name in ("malloc.go", "mprof.go", "pprof/proto.go", "pprof/protomem.go"):
        shutil.copy(Path(toolchain.goroot) / "src" / "runtime" / name, runtime / name)
    recording.overlay(tmp_path, tmp_path / "overlay")
    (runtime / "mprof.go").write_text("package runtime\n")
    with pytest.raises(recording.UnknownRuntimeError):
        recording.overlay(tmp_path, tmp_path / "overlay")
