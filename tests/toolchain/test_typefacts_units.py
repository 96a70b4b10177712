"""Type facts of units as they come: broken, changed, with other export data, vendored, for other targets."""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest

from gomodule import write_module
from stackward.toolchain.compiler import Compiler, Replay
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain, discover
from stackward.toolchain.process import CancelToken
from stackward.toolchain.recipe import Recorder
from stackward.toolchain.typefacts import TypeFacts
from stackward.toolchain.unit import Recorded, Variant
from typechecked import ask, implicit, type_of, units

BROKEN = """
    package a

    import "example.com/nosuch"

    type Loop struct { inner Loop; n int }
    type Grow[T any] struct { inner Grow[[]T] }

    func bad(l Loop, g Grow[int]) int { undefined(l, g); x := nosuch.X; return x + "a" }

    func good(n int64) any { return n + 1 }

    func cut( {
"""


def test_broken_code_costs_only_itself(tmp_path, toolchain, checker):
    root = write_module(tmp_path / "m", {"a.go": "package a\n", "b.go": "package a\n"})
    [unit] = units(root, toolchain)
    overlays = {str(root / "a.go"): textwrap.dedent(BROKEN).encode(), str(root / "b.go"): b"no Go \xff at all"}
    marks = ["«n + 1»", "undefined(«l»,", "«g»);", "«x» :="]
    good, loop, grow, unknown = ask(checker, unit, *marks, overlays=overlays)
    assert (type_of(good), implicit(good)) == ("int64", "any")
    assert (loop.type.size, grow.type.size) == (None, None)
    assert unknown.type.kind == "invalid"
    # Some twenty errors of syntax before it.
    overlays[str(root / "a.go")] = b"package a\n" + b"var = 1\n" * 20 + b"var Found = 1.5\n"
    [found] = ask(checker, unit, "var «Found»", overlays=overlays)
    assert type_of(found) == "float64"


def test_a_file_that_is_gone_costs_only_itself(tmp_path, toolchain, checker):
    root = write_module(tmp_path / "m", {"a.go": "package a\n\nvar A = 1\n", "b.go": "package a\n\nvar B = A + C\n"})
    (root / "c.go").write_text("package a\n\nvar C = 2\n", encoding="utf-8")
    [unit] = units(root, toolchain)
    (root / "c.go").unlink()
    assert type_of(ask(checker, unit, "var «A»")[0]) == "int"
    (root / "c.go").write_text("package a\n\nvar C int = 2\n", encoding="utf-8")
    assert type_of(ask(checker, unit, "«A + C»")[0]) == "int"


def test_a_change_on_disk_or_of_an_overlay_is_seen(tmp_path, toolchain, checker):
    root = write_module(tmp_path / "m", {"a.go": "package a\n\nvar A = B\n", "b.go": "package a\n\nvar B = 1\n"})
    [unit] = units(root, toolchain)
    path = str(root / "b.go")
    texts = [None, b"package a\n\nvar B = 1.5\n", b"package a\n\nvar B = 1.5\n", b"", None]
    found = []
    for text in texts:
        [facts] = ask(checker, unit, "var «A»", overlays={path: text} if text is not None else {})
        found.append(facts.type.kind)
    assert found == ["int", "float64", "float64", "invalid", "int"]
    # The same size, and perhaps the same time.
    for value, kind in (("1i", "complex128"), ("''", "invalid"), ('""', "string"), ("22", "int")):
        (root / "b.go").write_text(f"package a\n\nvar B = {value}\n", encoding="utf-8")
        assert ask(checker, unit, "var «A»")[0].type.kind == kind


def test_archives_stand_in_for_export_data(tmp_path, toolchain, checker):
    """Two units with different export data for one import, in turn, and a third that knows it only through another."""
    files = {
        "dep/d.go": "package dep\n\ntype T struct { A int }\n\nfunc New() T { return T{} }\n",
        "mid/m.go": 'package mid\n\nimport "example.com/m/dep"\n\nfunc Get() dep.T { return dep.New() }\n',
        "a/a.go": 'package a\n\nimport "example.com/m/dep"\n\nvar X = dep.New()\n',
        "b/b.go": 'package b\n\nimport "example.com/m/mid"\n\nvar Y = mid.Get()\n',
    }
    root = write_module(tmp_path / "m", files)
    recorded = {one.id.import_path.rpartition("/")[2]: one for one in units(root, toolchain, "./...")}
    dep, a, b = recorded["dep"], recorded["a"], recorded["b"]
    new = str(tmp_path / "new.a")
    text = {str(root / "dep/d.go"): b"package dep\n\ntype T struct { A, B, C int }\n\nfunc New() T { return T{} }\n"}
    recorder = Recorder(toolchain.go, BuildConfig(), str(tmp_path / "work"))
    compiler = Compiler(toolchain, BuildConfig(), str(tmp_path / "scratch"), recorder)
    assert compiler.build(Replay(dep, text), new, CancelToken()) is None
    archives = {dep.archive: new}
    for _ in range(2):
        assert ask(checker, a, "«X»")[0].type.size == 8
        assert ask(checker, a, "«X»", archives=archives)[0].type.size == 24
        assert ask(checker, b, "«Y»", archives=archives)[0].type.size == 8
    # The same file with another content.
    text = {str(root / "dep/d.go"): b"package dep\n\ntype T struct { A, B int }\n\nfunc New() T { return T{} }\n"}
    assert compiler.build(Replay(dep, text), new, CancelToken()) is None
    assert ask(checker, a, "«X»", archives=archives)[0].type.size == 16


def test_the_variants_of_a_package(tmp_path, toolchain, checker):
    files = {
        "q.go": "package q\n\nvar Plain = value\n\nvar value = 1\n",
        "export_test.go": "package q\n\ntype ForTests struct{ x, y int32 }\n\nvar Seen = value\n",
        "x_test.go": 'package q_test\n\nimport q "example.com/m"\n\nvar V = q.ForTests{}\n\nvar P = q.Plain\n',
    }
    root = write_module(tmp_path / "m", files)
    recorded = {one.id.variant: one for one in units(root, toolchain)}
    assert type_of(ask(checker, recorded[Variant.PACKAGE], "var «Plain»")[0]) == "int"
    seen, plain = ask(checker, recorded[Variant.TEST], "var «Seen»", "var «Plain»")
    assert (type_of(seen), type_of(plain)) == ("int", "int")
    value, name = ask(checker, recorded[Variant.XTEST], "«q.ForTests{}»", "q.«Plain»")
    assert (type_of(value), value.type.package, value.type.size) == ("q.ForTests", "example.com/m", 8)
    assert name.object.scope == "imported"


def test_vendored_packages(tmp_path, toolchain, checker):
    recorded = Recorder(toolchain.go, BuildConfig(), str(tmp_path)).record(f"{toolchain.goroot}/src/net", tests=False)
    assert isinstance(recorded, Recorded), recorded
    [net] = recorded.units
    assert "golang.org/x/net/dns/dnsmessage" in dict(net.importmap)
    [facts] = ask(checker, net, "514), «dnsmessage.Header»{ID")
    assert (facts.type.type, facts.type.package) == ("dnsmessage.Header", "vendor/golang.org/x/net/dns/dnsmessage")


@pytest.mark.parametrize(
    ("goos", "goarch", "sizes"),
    [("linux", "386", (4, 12, 12, 4)), ("windows", "amd64", (8, 24, 16, 8)), ("linux", "arm64", (8, 24, 16, 8))],
)
def test_sizes_are_those_of_the_target(tmp_path, cache, goos, goarch, sizes):
    config = BuildConfig(goos=goos, goarch=goarch, env=(("CGO_ENABLED", "0"),))
    target = discover(config)
    assert isinstance(target, Toolchain)
    source = "package a\n\ntype T struct { a int32; b int64 }\n\nvar I int\n\nvar L []int\n\nvar V T\n\nvar P *T\n"
    root = write_module(tmp_path / "m", {"a.go": source})
    if goos == "windows":
        (root / "os_windows.go").write_text("package a\n\nvar OnWindows = V.b\n", encoding="utf-8")
    checker = TypeFacts(target, config, cache)
    try:
        [unit] = units(root, target, config=config)
        found = ask(checker, unit, "var «I»", "var «L»", "var «V»", "var «P»")
        if goos == "windows":
            assert type_of(ask(checker, unit, "«V.b»")[0]) == "int64"
    finally:
        checker.close()
    assert tuple(one.type.size for one in found) == sizes


def test_the_go_version_of_the_module_counts(tmp_path, toolchain, checker):
    """Before Go 1.22 there was no range over an integer."""
    source = b"package a\n\nfunc f() { for i := range 10 { _ = i } }\n"
    kinds = []
    for version in ("1.21", "1.23"):
        root = write_module(tmp_path / version, {"go.mod": f"module m\n\ngo {version}\n", "a.go": "package a\n"})
        [unit] = units(root, toolchain)
        assert f"-lang=go{version}" in unit.argv
        [facts] = ask(checker, unit, "_ = «i»", overlays={str(root / "a.go"): source})
        kinds.append(facts.type.kind)
    assert kinds == ["invalid", "int"]


def test_cgo_is_tolerated(tmp_path, toolchain, checker):
    source = 'package c\n\n// int x;\nimport "C"\n\nvar A = C.x\n\nvar B = len("abc") + 1\n'
    root = write_module(tmp_path / "m", {"a.go": "package c\n"})
    [unit] = units(root, toolchain)
    [facts] = ask(checker, replace(unit, cgo=True), "var «B»", overlays={str(root / "a.go"): source.encode()})
    assert type_of(facts) == "int"
