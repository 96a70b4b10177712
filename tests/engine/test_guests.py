"""Allocations whose call is on another line than what they are of: parameters, and literals over several lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from gomodule import run_check, write_module
from stackward.core.hint import Hint
from stackward.core.site import Allocates

LIBRARY = """
package lib

func Int(v int) *int { return &v }

type Message struct{ ID *uint64 }

func WithID(id uint64) func(*Message) {
	return func(m *Message) { m.ID = &id }
}
"""
USER = """
package user

import "example.com/m/lib"

type message struct {
	count *int
	apply []func(*lib.Message)
}

var (
	kept    message
	numbers func() (uint64, float64)
	table   []message
)

func Pointer(n int) { kept.count = lib.Int(n) }

func Several(n uint64) {
	kept.apply = []func(*lib.Message){
		lib.WithID(n),
		lib.WithID(n + 1),
	}
}

func withCount(n int) func() *int {
	return func() *int { return &n }
}

func Counts(n int) []func() *int {
	return []func() *int{
		withCount(n),
	}
}

func Captured(
	count uint64,
	sum float64,
	names ...string,
) int {
	numbers = func() (uint64, float64) {
		count++
		sum++
		return count, sum
	}
	return len(names)
}

type room struct{ bytes []byte }

type vector struct{ name string; labels []string }

func newVector(name string, labels []string) *vector { return makeVector(name, labels) }

//go:noinline
func makeVector(name string, labels []string) *vector { return &vector{name, labels} }

var vectors = map[string]*vector{}

func Labelled() {
	vectors["x"] = newVector(
		"name",
		[]string{"service"},
	)
}

func (r *room) make(size int) {
	if cap(r.bytes) < size {
		r.bytes = make([]byte, size)
	}
	r.bytes = r.bytes[:size]
}

func Large(r *room) { r.make(1 << 15) }
"""


@pytest.fixture(scope="module")
def hints(tmp_path_factory: pytest.TempPathFactory) -> list[Hint]:
    root = write_module(tmp_path_factory.mktemp("guests") / "m", {"lib/lib.go": LIBRARY, "user/user.go": USER})
    return [hint for hint in run_check(root).hints if Path(hint.site.path).name == "user.go"]


def allocating(hints: list[Hint], function: str) -> list[tuple[str, Allocates, int | None]]:
    return sorted(
        (hint.site.name, hint.site.allocates, hint.site.bytes)
        for hint in hints
        if hint.site.function == function and hint.site.shown
    )


def test_a_parameter_of_a_function_that_is_inlined_from_elsewhere(hints: list[Hint]) -> None:
    assert allocating(hints, "Pointer") == [("v", Allocates.ALWAYS, 8)]


def test_each_call_in_a_literal_has_its_own(hints: list[Hint]) -> None:
    found = allocating(hints, "Several")
    assert [one for one in found if one[0] == "id"] == [("id", Allocates.ALWAYS, 8)] * 2
    assert [one[2] for one in found if one[0].startswith("[]")] == [16]


def test_a_parameter_of_a_function_of_the_package_is_shown_where_it_is_declared(hints: list[Hint]) -> None:
    assert [one[0] for one in allocating(hints, "withCount")] == ["func literal", "n"]
    assert [one[0] for one in allocating(hints, "Counts")] == ["[]func() *int{...}"]


def test_parameters_on_lines_of_their_own(hints: list[Hint]) -> None:
    found = {hint.site.name: hint.site for hint in hints if hint.site.function == "Captured"}
    assert {name for name, site in found.items() if site.shown} >= {"count", "func literal"}
    assert found["sum"].shown or found["sum"].when == "it shares the object of count"


def test_an_argument_on_a_later_line_of_a_call_that_is_inlined(hints: list[Hint]) -> None:
    found = allocating(hints, "Labelled")
    assert ("[]string{...}", Allocates.ALWAYS, 16) in found
    assert not [hint.message for hint in hints if hint.message.startswith("the method value")]


def test_constants_in_the_place_of_parameters(hints: list[Hint]) -> None:
    made = [hint.site for hint in hints if hint.site.name.startswith("make([]byte")]
    assert [(site.function, site.name, site.shown, len(site.inlined_at)) for site in made] == [
        ("(*room).make", "make([]byte, size)", True, 1)
    ]


def test_no_call_is_left_without_a_cause(hints: list[Hint]) -> None:
    assert [hint.text for hint in hints if hint.rule == "unclassified"] == []


def test_a_function_that_is_inlined_and_instantiated_is_one_site(tmp_path: Path) -> None:
    text = 'package p\n\nfunc Ptr[T any](v T) *T { return &v }\n\nvar A, B = Ptr(1), Ptr("x")\n'
    report = run_check(write_module(tmp_path / "m", {"p.go": text}))
    assert [(hint.site.name, hint.site.function, hint.site.shown) for hint in report.hints] == [("v", "Ptr", True)]
