"""``stackward fix`` for several packages at once: what one changes in another, and what that one does itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MADE = """
    package a

    type T struct{ X, Y int }

    //go:noinline
    func New(x int) *T { return &T{X: x} }

    type U struct{ X, Y, Z int }

    //go:noinline
    func NewU(x int) *U { return &U{X: x} }
    """
USED = """
    package NAME

    import (
    \t"fmt"

    \t"example.com/m/a"
    )

    //go:noinline
    func get(t *a.T) int { return t.X }

    //go:noinline
    func getU(u *a.U) int { return u.X }

    func Use(n int) int { t := a.New(n); u := a.NewU(n); return get(t) + getU(u) }

    func Name(n int, s string) string { return fmt.Sprintf("%s-%d", s, n) }
    """


def fix(root: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stackward", "fix", *argv]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_what_one_package_changes_in_another_is_kept(module: Callable[..., Path], jobs: str) -> None:
    # Both importers have a rewrite of their own, in the file that the constructors' rewrites change too.
    root = module({"a/a.go": MADE, "b/b.go": USED.replace("NAME", "b"), "c/c.go": USED.replace("NAME", "c")})
    done = fix(root, "--review", "--write", "--force", "--jobs", jobs, "./...")
    assert done.returncode == 0, done.stderr
    for name in ("b", "c"):
        text = (root / name / f"{name}.go").read_text(encoding="utf-8")
        assert "get(&t) + getU(&u)" in text
        assert 's + "-" + strconv.Itoa(n)' in text
    assert "return-by-value: 2 rewrites" in done.stderr
    assert "sprintf: 2 rewrites" in done.stderr
    built = subprocess.run(["go", "build", "./..."], cwd=root, capture_output=True, check=False)
    assert built.returncode == 0, built.stderr


def test_generic_code_is_judged_where_it_is_instantiated(module: Callable[..., Path]) -> None:
    # The package itself has no code of it. The second function has none anywhere, so that nothing can be said of it.
    root = module(
        {
            "seq/seq.go": """
                package seq

                func Keys[K comparable, V any](m map[K]V) []K {
                \tkeys := []K{}
                \tfor key := range m {
                \t\tkeys = append(keys, key)
                \t}
                \treturn keys
                }

                func Values[K comparable, V any](m map[K]V) []V {
                \tvalues := []V{}
                \tfor _, value := range m {
                \t\tvalues = append(values, value)
                \t}
                \treturn values
                }
                """,
            "m.go": """
                package m

                import "example.com/m/seq"

                func Use(words map[string]int) []string { return seq.Keys(words) }
                """,
        }
    )
    done = fix(root, "--explain-refusals", "--rule", "preallocate", "./seq")
    assert "keys := make([]K, 0, len(m))" in done.stdout
    assert "make([]V" not in done.stdout
    assert "seq.go:14:12: preallocate: it would save nothing in the code that is compiled of it here" in done.stderr


def test_copies_in_external_tests_are_no_cost(module: Callable[..., Path]) -> None:
    # They are inlined into the test, with what a strings.Builder needs; the same in an importer would not count.
    root = module(
        {
            "text/text.go": """
                package text

                import "encoding/json"

                func All[S ~string](all []S) string {
                \ts := ""
                \tfor _, one := range all {
                \t\ts += string(one)
                \t}
                \treturn s
                }

                func Place(zone, host string) ([]byte, error) {
                \treturn json.Marshal(map[string]string{"zone": zone, "host": host, "rack": ""})
                }
                """,
            "text/text_test.go": """
                package text_test

                import (
                \t"testing"

                \t"example.com/m/text"
                )

                func TestAll(t *testing.T) {
                \tplace, _ := text.Place("a", "b")
                \tif text.All([]string{"a", "b"}) != "ab" || len(place) == 0 {
                \t\tt.Fatal()
                \t}
                }
                """,
        }
    )
    done = fix(root, "--explain-refusals", "./...")
    assert "s.WriteString(string(one))" in done.stdout, done.stderr
    assert "json.Marshal(struct {" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('(\n\t"fmt"\n\n\t"example.com/m/b"\n)', '(\n\t"strconv"\n\n\t"example.com/m/b"\n)'),
        ('(\n\t"example.com/m/b"\n\t"fmt"\n)', '(\n\t"example.com/m/b"\n\t"strconv"\n)'),
        ('(\n\t"fmt"\n\t"sort"\n\n\t"a/b"\n)', '(\n\t"sort"\n\t"strconv"\n\n\t"a/b"\n)'),
        ('(\n\t"example.com/m/b"\n)\nimport "fmt"', '(\n\t"strconv"\n\n\t"example.com/m/b"\n)'),
        ('"fmt"\nimport "example.com/m/b"', '(\n\t"strconv"\n\n\t"example.com/m/b"\n)'),
    ],
)
def test_imports_of_the_standard_library_stay_together(module: Callable[..., Path], before: str, after: str) -> None:
    name = "a" if '"a/b"' in before else "example.com/m"
    used = "var _ = sort.Ints\n" if "sort" in before else ""
    rest = f'{used}var _ = b.B\n\nfunc Key(n int) string {{ return fmt.Sprintf("%d", n) }}\n'
    text = f"package p\n\nimport {before}\n\n{rest}"
    root = module({"p.go": text, "b/b.go": "package b\n\nvar B int\n"})
    (root / "go.mod").write_text(f"module {name}\n\ngo 1.24\n", encoding="utf-8")
    done = fix(root, "--write", "--force", ".")
    assert "sprintf: 1 rewrite" in done.stderr, done.stderr
    made = (root / "p.go").read_text(encoding="utf-8")
    assert made.partition("import ")[2].partition("\n\nvar")[0].partition("\n\nfunc")[0].strip() == after, made


def test_signatures_that_meet_in_a_caller_are_all_changed(module: Callable[..., Path]) -> None:
    """Two are used on one line, and are changed one after the other; one is used where it has to stay as it is."""
    root = module(
        {
            "p.go": """
            package p

            type A struct{ X, Y int }

            //go:noinline
            func newA(x int) *A { return &A{X: x} }

            type B struct{ X, Y, Z int }

            //go:noinline
            func newB(x int) *B { return &B{X: x} }

            type C struct{ X int }

            //go:noinline
            func newC(x int) *C { return &C{X: x} }

            type D struct{ X int }

            //go:noinline
            func newD(x int) *D { return &D{X: x} }

            //go:noinline
            func sum(a *A, b *B) int { return a.X + b.X }

            func Use(n int) int {
            \ta := newA(n)
            \tb := newB(n)
            \treturn sum(a, b) + newC(n).X
            }

            func Keep(n int, kept []*D) []*D { return append(kept, newD(n)) }
            """
        }
    )
    done = fix(root, "--review", "--write", "--force", "--rule", "return-by-value", "./...")
    assert done.returncode == 0, done.stderr
    text = (root / "p.go").read_text(encoding="utf-8")
    assert "return sum(&a, &b) + newC(n).X" in text
    assert "func newD(x int) *D" in text
    assert "return-by-value: 3 rewrites, places that allocate 3 → 0" in done.stderr
    assert fix(root, "--review", "./...").stdout == ""
