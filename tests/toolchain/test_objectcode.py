"""Reading ``compile -S``: whole, in pieces, cut short, of several architectures, as the real compiler prints it."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from stackward.core.allocation import Mechanism, ObjectCode
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain
from stackward.toolchain.objectcode import ObjectCodeParser

SOURCE = """package p

type Point struct{ X, Y int32; Next *Point }

func Object() *Point { return &Point{X: 1} }

func Slice(n int) []Point { return make([]Point, n) }

func Box(s string) any { return s }

func Concat(a, b, c string) string { return a + b + c }

func Convert(b []byte) string { return string(b) }

func Map() map[string]int { return map[string]int{} }

func Chan() chan bool { return make(chan bool, 4) }

func Grow(p []Point, one Point) []Point { return append(p, one) }

func Nothing(p *Point) int32 { return p.X }
"""
# Bytes of one object or element, on machines with words of 8 and of 4 bytes; None where the call does not say.
WANTED = {
    "p.Object": (Mechanism.OBJECT, "p.Point", {8: 16, 4: 12}),
    "p.Slice": (Mechanism.SLICE, "p.Point", {8: 16, 4: 12}),
    "p.Box": (Mechanism.BOX, "", {8: 16, 4: 16}),
    "p.Concat": (Mechanism.CONCATENATION, "", {}),
    "p.Convert": (Mechanism.CONVERSION, "", {}),
    "p.Map": (Mechanism.MAP, None, {}),
    "p.Chan": (Mechanism.CHANNEL, None, {}),
    "p.Grow": (Mechanism.GROWTH, "p.Point", {8: 16, 4: 12}),
}
NAME = "/a folder/é: p.go"


def printed(toolchain: Toolchain, folder: Path, arch: str, source: str = SOURCE, package: str = "p") -> bytes:
    """What the compiler prints of a file that imports nothing, so that it needs no export data."""
    path = folder / "p.go"
    path.write_text(source, encoding="utf-8")
    argv = [toolchain.compile, "-p", package, "-S", "-o", str(folder / "p.a"), str(path)]
    env = {**BuildConfig().environment(), "GOARCH": arch, "GOOS": "linux"}
    done = subprocess.run(argv, cwd=folder, env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.replace(str(path).encode(), NAME.encode())


def read(text: bytes, minor: int, arch: str, cuts: list[int] | None = None) -> ObjectCode:
    parser = ObjectCodeParser({NAME: "/user/p.go"}, minor, arch)
    at = 0
    for cut in [*(cuts or []), len(text)]:
        parser.feed(text[at:cut])
        at = cut
    return parser.close()


ARCHES = [
    *((arch, 8) for arch in ("amd64", "arm64", "loong64", "mips64", "ppc64le", "riscv64", "s390x")),
    *((arch, 4) for arch in ("386", "arm", "mips")),
]


@pytest.mark.parametrize(("arch", "word"), ARCHES)
def test_each_mechanism_on_each_architecture(
    toolchain: Toolchain, minor: int, tmp_path: Path, arch: str, word: int
) -> None:
    code = read(printed(toolchain, tmp_path, arch), minor, arch)
    assert "p.Nothing" in code.functions
    by_function = {call.function: call for call in code.calls}
    assert by_function.keys() == WANTED.keys()
    lines = SOURCE.splitlines()
    for function, (mechanism, type_, sizes) in WANTED.items():
        call = by_function[function]
        assert call.mechanism is mechanism, call
        assert call.path == "/user/p.go"
        assert function.removeprefix("p.") + "(" in lines[call.line]
        if type_ is not None:
            assert call.type == type_, call
        if word in sizes and (arch != "386" or mechanism is not Mechanism.BOX):
            assert call.bytes == sizes[word], call


def test_in_any_pieces(toolchain: Toolchain, minor: int, tmp_path: Path) -> None:
    text = printed(toolchain, tmp_path, "amd64")
    whole = read(text, minor, "amd64")
    chance = random.Random(5)  # noqa: S311
    for _ in range(40):
        cuts = sorted(chance.randrange(len(text)) for _ in range(chance.randrange(1, 30)))
        assert read(text, minor, "amd64", cuts) == whole


def test_cut_short_it_loses_what_was_cut(toolchain: Toolchain, minor: int, tmp_path: Path) -> None:
    text = printed(toolchain, tmp_path, "amd64")
    whole = read(text, minor, "amd64").calls
    places = [(call.function, call.line, call.mechanism) for call in whole]
    for end in range(0, len(text), 97):
        cut = [(call.function, call.line, call.mechanism) for call in read(text[:end], minor, "amd64").calls]
        assert cut == places[: len(cut)]


def test_the_text_of_a_fips_module_has_another_name(toolchain: Toolchain, minor: int, tmp_path: Path) -> None:
    package = "crypto/internal/fips140/p"
    text = printed(toolchain, tmp_path, "amd64", package=package)
    assert (b" STEXTFIPS " in text) == (minor >= 24)
    found = {call.function.removeprefix("crypto/internal/fips140/") for call in read(text, minor, "amd64").calls}
    assert found >= WANTED.keys()


def test_what_is_not_known_is_no_call(toolchain: Toolchain, minor: int, tmp_path: Path) -> None:
    text = printed(toolchain, tmp_path, "amd64")
    known = next(call.runtime for call in read(text, minor, "amd64").calls if call.function == "p.Object")
    other = text.replace(known.encode(), b"runtime.newobjekt")
    found = {call.function for call in read(other, minor, "amd64").calls}
    assert found == WANTED.keys() - {"p.Object"}
    assert read(b"", minor, "amd64").calls == ()
    assert read(b"nonsense\n\t0x\n\tCALL\truntime.newobject(SB)\n" * 9, minor, "amd64").calls == ()
    assert read(bytes(range(256)) * 99, minor, "amd64").calls == ()


def test_calls_of_what_allocates_elsewhere(minor: int) -> None:
    text = (
        b"p.F STEXT size=1\n"
        b"\t0x0000 00000 (/a folder/\xc3\xa9: p.go:7)\tTEXT\tp.F(SB), ABIInternal, $0-0\n"
        b"\t0x0010 00016 (/a folder/\xc3\xa9: p.go:8)\tCALL\tfmt.Sprintf(SB)\n"
        b"\t0x0015 00021 (/a folder/\xc3\xa9: p.go:9)\tCALL\tfmt.Sprintfoo(SB)\n"
    )
    found = read(text, minor, "amd64").callees
    assert [(one.function, one.path, one.line, one.callee) for one in found] == [
        ("p.F", "/user/p.go", 7, "fmt.Sprintf")
    ]


def test_line_directives_lead_back(toolchain: Toolchain, tmp_path: Path) -> None:
    """Where a directive moved a place, as in what cgo generates, the place without it is printed too."""
    source = "package p\n\n//line /a [folder]/q.go:70\nfunc Object() *int64 { return new(int64) }\n"
    text = printed(toolchain, tmp_path, toolchain.goarch, source)
    parser = ObjectCodeParser({}, toolchain.minor, toolchain.goarch, toolchain.goroot)
    parser.feed(text)
    (call,) = parser.close().calls
    assert (call.path, call.line) == ("/a [folder]/q.go", 69)


CLONE = """package p

import "unsafe"

type Failure struct{ what, text string }

func clone(s string) string {
	if len(s) == 0 {
		return ""
	}
	b := make([]byte, len(s))
	copy(b, s)
	return unsafe.String(&b[0], len(b))
}

func Fail(what, text string) *Failure { return &Failure{what, clone(text)} }
"""


def test_a_size_that_is_0_on_another_way_is_not_known(toolchain: Toolchain, minor: int, tmp_path: Path) -> None:
    code = read(printed(toolchain, tmp_path, "amd64", CLONE), minor, "amd64")
    sizes = [call.bytes for call in code.calls if call.function == "p.Fail"]
    assert sorted(sizes, key=str) == [32, None]
