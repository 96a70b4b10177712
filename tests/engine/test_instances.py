"""Generic code that only other packages, or the external test, instantiate: shown where it is written."""

from __future__ import annotations

from pathlib import Path

from gomodule import run_check, write_module
from stackward.core.hint import Hint
from stackward.core.site import Allocates
from stackward.engine.results import CheckReport

GENERIC = """
package xs

import "fmt"

type Box[T any] struct{ items []T }

func (b *Box[T]) Push(v ...T) {
	for _, one := range v {
		b.items = append(b.items, one)
	}
	fmt.Println(len(v), "items")
}

func note(v any) { fmt.Println(v) }

func Show[T any](v T) *T {
	note(v)
	p := new(T)
	*p = v
	return p
}

func Count[K comparable](keys []K) map[K]int {
	counts := map[K]int{}
	for _, key := range keys {
		counts[key]++
	}
	note(len(keys))
	return counts
}
"""
USER = """
package user

import "example.com/m/xs"

func Use(keys []string) (int, *string) {
	b := &xs.Box[int]{}
	b.Push(1, 2)
	return len(xs.Count(keys)), xs.Show("a")
}
"""

TEST = """
package xs_test

import (
	"testing"

	"example.com/m/xs"
)

func TestShow(t *testing.T) {
	if *xs.Show(t.Name()) == "" {
		t.Fail()
	}
}
"""
NAMESAKES = """
package list

type List[T any] struct {
	list []T
	next *List[T]
}

func Join[T any](list *List[T], more ...T) *List[T] {
	for list.next != nil {
		list = list.next
	}
	list.list = append(list.list, more...)
	last := &List[T]{list: more, next: list.next}
	for _, one := range more {
		last.list = append(last.list, one)
	}
	return last
}
"""


def lines(report: CheckReport, name: str) -> dict[tuple[int, str], Hint]:
    """The hints of a file that allocate, by line from 1 and rule."""
    return {
        (hint.site.range.start.line + 1, hint.rule): hint
        for hint in report.hints
        if Path(hint.site.path).name == name and hint.site.allocates in {Allocates.ALWAYS, Allocates.SOMETIMES}
    }


def test_what_an_importer_instantiates_is_shown_where_it_is_declared(tmp_path: Path) -> None:
    root = write_module(tmp_path / "m", {"xs/xs.go": GENERIC, "user/user.go": USER})
    found = lines(run_check(root), "xs.go")
    assert (18, "address-returned") in found
    assert (17, "boxed-in-interface") in found
    assert (9, "slice-backing") in found
    assert {line for line, _ in found} >= {11, 24, 26}
    new = found[18, "address-returned"]
    assert [one.rpartition(".")[2] for one in new.site.instances] == ["Show[string]"]
    assert new.site.name == "new(T)"
    assert new.site.function == "Show"
    # The wrappers of generic functions, which the log has at their names, are no calls.
    assert not any(hint.site.inlined_at for hint in found.values())
    boxed = found[17, "boxed-in-interface"]
    assert boxed.site.name == "v"
    assert "note" in boxed.message


def test_only_files_that_were_asked_for_are_told_about(tmp_path: Path) -> None:
    root = write_module(tmp_path / "m", {"xs/xs.go": GENERIC, "user/user.go": USER})
    assert run_check(root, "./user").hints == ()


def test_the_instances_of_all_are_merged(tmp_path: Path) -> None:
    other = 'package other\n\nimport "example.com/m/xs"\n\nvar P, Q = xs.Show(1.5), xs.Show(new(int))\n'
    root = write_module(tmp_path / "m", {"xs/xs.go": GENERIC, "user/user.go": USER, "other/other.go": other})
    boxed = lines(run_check(root), "xs.go")[17, "boxed-in-interface"]
    assert {one.rpartition(".")[2] for one in boxed.site.instances} == {"Show[float64]", "Show[string]"}


SIZES = """
package xs

func Two[T any](one T) []T {
	made := make([]T, 2)
	made[0] = one
	recurse(one, 3)
	return made
}

func recurse[T any](one T, depth int) any {
	if depth > 0 {
		return recurse(one, depth-1)
	}
	return one
}
"""


def test_instances_that_differ(tmp_path: Path) -> None:
    first = 'package first\n\nimport "example.com/m/xs"\n\nfunc F() any { return xs.Two(int64(7)) }\n'
    second = 'package second\n\nimport "example.com/m/xs"\n\nfunc F() any { return xs.Two("x") }\n'
    third = 'package third\n\nimport "example.com/m/xs"\n\nfunc F() any { return xs.Two(new(int)) }\n'
    files = {"xs/xs.go": SIZES, "first/f.go": first, "second/f.go": second, "third/f.go": third}
    report = run_check(write_module(tmp_path / "m", files))
    found = lines(report, "xs.go")
    made = found[4, "address-returned"].site
    assert made.name == "make([]T, 2)"
    assert len([one for one in report.hints if one.site.range.start.line == 3 and one.site.path == made.path]) == 1
    boxed = found[14, "boxed-in-interface"].site
    assert (boxed.allocates, boxed.bytes, boxed.size) == (Allocates.SOMETIMES, None, "differs by instantiation")
    assert [one.partition("[")[0] for one in boxed.instances] == ["recurse", "recurse"]


def test_nobody_reads_of_shapes(tmp_path: Path) -> None:
    generic = """
    package maps

    type Map[K comparable, V any] struct{ all map[K][]V }

    func New[K comparable, V any](size int) *Map[K, V] { return &Map[K, V]{all: make(map[K][]V, size)} }
    """
    user = (
        'package user\n\nimport "example.com/m/maps"\n\nfunc F(size int) any { return maps.New[string, int](size) }\n'
    )
    report = run_check(write_module(tmp_path / "m", {"maps/maps.go": generic, "user/user.go": user}))
    assert {Path(hint.site.path).name for hint in report.hints} == {"maps.go", "user.go"}
    texts = [text for hint in report.hints for text in (hint.message, *(step.text for step in hint.steps))]
    assert not [text for text in texts if "go.shape" in text]


def test_the_external_test_of_a_package(tmp_path: Path) -> None:
    root = write_module(tmp_path / "m", {"xs/xs.go": GENERIC, "xs/xs_test.go": TEST})
    assert (18, "address-returned") in lines(run_check(root), "xs.go")
    assert (18, "address-returned") not in lines(run_check(root, tests=False, work=tmp_path / "w2"), "xs.go")


def test_names_like_that_of_the_package(tmp_path: Path) -> None:
    user = 'package user\n\nimport "example.com/m/list"\n\nfunc F() any { return list.Join(&list.List[int8]{}, 1) }\n'
    root = write_module(tmp_path / "m", {"list/list.go": NAMESAKES, "user/user.go": user})
    found = lines(run_check(root), "list.go")
    assert found.keys() == {(12, "slice-backing"), (13, "address-returned"), (15, "slice-backing")}
    assert found[13, "address-returned"].site.name == "&List[T]{...}"


def test_ignore_comments_hold(tmp_path: Path) -> None:
    text = GENERIC.replace("p := new(T)", "p := new(T) //stackward:ignore address-returned it has to be one")
    root = write_module(tmp_path / "m", {"xs/xs.go": text, "user/user.go": USER})
    assert 18 not in {line for line, _ in lines(run_check(root), "xs.go")}


ONE_PACKAGE = """
package p

var (
	ints  []int
	texts []string
	sink  any
)

func room[T any](n int) []T {
	return make([]T, n)
}

//go:noinline
func box[T any](v T) {
	sink = v
}

func Use(n int) {
	ints = room[int](n)
	texts = room[string](n)
	box("a")
	box(&n)
}
"""


def test_instances_that_print_an_expression_in_several_ways_are_one_site(tmp_path: Path) -> None:
    """``make([]go.shape.int, n)`` and ``make([]go.shape.string, n)``, each inlined once, are one ``make``."""
    report = run_check(write_module(tmp_path / "m", {"p.go": ONE_PACKAGE}))
    made = [hint.site for hint in report.hints if "make(" in hint.site.name]
    assert [(site.function, site.name) for site in made] == [("room", "make([]T, n)")]
    assert [at.pos.line for at in made[0].inlined_at] == [18, 19]
    assert "unclassified" not in {hint.rule for hint in report.hints}


def test_instances_that_allocate_and_those_that_do_not_are_named(tmp_path: Path) -> None:
    report = run_check(write_module(tmp_path / "m", {"p.go": ONE_PACKAGE}))
    (boxed,) = (hint.site for hint in report.hints if hint.site.function == "box")
    assert (boxed.instances, boxed.spared) == (("box[string]",), ("box[*uint8]",))
    assert boxed.allocates is Allocates.SOMETIMES
