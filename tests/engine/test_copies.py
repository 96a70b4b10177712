"""Code of several other packages that is inlined into one function: each copy has the allocations of its own code."""

from __future__ import annotations

from pathlib import Path

import pytest

from gomodule import run_check, write_module
from stackward.core.hint import Hint
from stackward.core.site import Allocates

COLOR = """
package color

import "fmt"

type Color uint8

func (c Color) Add(s string) string { return fmt.Sprintf("%d %s", uint8(c), s) }

func (c Color) Both(s string) string { return c.Add(s) }
"""
POOL = """
package pool

type Pool struct {
	free []*byte
	made func() *byte
}

func New(made func() *byte) *Pool { return &Pool{made: made} }
"""
USER = """
package user

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"reflect"

	"example.com/m/color"
	"example.com/m/pool"
)

var kept = pool.New(func() *byte { return nil })

var names = map[string]string{}

func init() {
	for _, c := range []color.Color{1, 2} {
		names["one"] = c.Add("a" + names["two"])
	}
}

func Mixed(c color.Color, name string) string {
	kept = pool.New(nil)
	text := c.Add(name)
	return text
}

func Units(ms int64) string {
	r := ""
	f := func(unit string, n int64) {
		if v := ms / n; v > 0 {
			r += fmt.Sprintf("%d%s", v, unit)
		}
	}
	f("y", 31)
	f("d", 7)
	return r
}

type named struct{}

func (named) Name() string { return "" }

func Field(f reflect.StructField) string { return fmt.Sprint(f.Name) }

var shown []any

//go:noinline
func show(t *named, values ...any) { shown = values }

func Boxed(t *named) { show(t, []int{1, 2}) }

type item struct{ n, m int }

func Items(n int) []*item { return []*item{{n, n}} }

func Buffered(r io.Reader) *struct{ *bufio.Reader } {
	return &struct{ *bufio.Reader }{bufio.NewReader(r)}
}

func Zipped(b []byte, r io.Reader) (io.Reader, io.Reader, error) {
	zipped, err := gzip.NewReader(r)
	return zipped, bytes.NewReader(b), err
}

func Deeper(c color.Color, name string) string {
	kept = pool.New(nil)
	return c.Both(name)
}
"""


@pytest.fixture(scope="module")
def hints(tmp_path_factory: pytest.TempPathFactory) -> list[Hint]:
    files = {"color/color.go": COLOR, "pool/pool.go": POOL, "user/user.go": USER}
    root = write_module(tmp_path_factory.mktemp("copies") / "m", files)
    return [hint for hint in run_check(root).hints if Path(hint.site.path).name == "user.go"]


def copies(hints: list[Hint], function: str) -> dict[str, list[tuple[Allocates, str | None, int | None]]]:
    """Where copies come from: what each site allocates, with the runtime's function."""
    found: dict[str, list[tuple[Allocates, str | None, int | None]]] = {}
    for hint in hints:
        site = hint.site
        if site.function == function and site.inlined_from:
            found.setdefault(site.inlined_from, []).append((site.allocates, site.runtime, site.bytes))
    return found


BOXED = (Allocates.SOMETIMES, "runtime.convTstring", 16)
NOTHING = (Allocates.NEVER, None, None)


def test_an_init_function_is_not_what_initialises_the_variables(hints: list[Hint]) -> None:
    assert sorted(copies(hints, "init.0")["color.Color.Add"], key=str) == sorted([BOXED, NOTHING], key=str)


@pytest.mark.parametrize(("function", "source"), [("Mixed", "color.Color.Add"), ("Deeper", "color.Color.Both")])
def test_what_one_package_allocates_is_not_given_to_a_copy_of_another(
    hints: list[Hint], function: str, source: str
) -> None:
    found = copies(hints, function)
    assert sorted(found[source], key=str) == sorted([BOXED, NOTHING], key=str)
    # The size of a type that another package declares is in no object code of this one.
    assert [(runtime, size) for _, runtime, size in found["pool.New"]] == [("runtime.newobject", 32)]


def test_two_objects_of_one_copy_are_told_apart_by_their_types(hints: list[Hint]) -> None:
    found = {hint.site.subject.partition("(")[0]: hint.site for hint in hints if hint.site.function == "Buffered"}
    assert (found["make"].runtime, found["make"].bytes) == ("runtime.makeslice", 4096)
    assert (found["new"].runtime, found["new"].type) == ("runtime.newobject", "bufio.Reader")
    assert found["new"].bytes is not None


def test_copies_of_a_func_literal_are_one_site_of_the_operand_that_is_boxed(hints: list[Hint]) -> None:
    boxed = [hint.site for hint in hints if hint.site.runtime == "runtime.convT64"]
    assert [(site.name, site.bytes, len(site.inlined_at)) for site in boxed] == [("v", 8, 2)]


def test_a_field_is_none_though_the_package_has_a_method_of_that_name(hints: list[Hint]) -> None:
    [field] = [hint for hint in hints if hint.site.function == "Field" and hint.site.shown]
    assert (field.rule, field.site.runtime) == ("boxed-in-interface", "runtime.convTstring")
    assert field.message.startswith("f.Name is copied")


def test_a_slice_that_is_made_and_boxed_is_one_site_with_its_header(hints: list[Hint]) -> None:
    sites = [hint.site for hint in hints if hint.site.function == "Boxed" and hint.site.shown]
    assert {(site.name, site.bytes, site.header) for site in sites} == {("[]int{...}", 16, 24), ("... argument", 16, 0)}


def test_functions_of_one_name_are_told_apart_by_their_packages(hints: list[Hint]) -> None:
    sites = {hint.site.subject: hint.site for hint in hints if hint.site.function == "Zipped" and hint.site.shown}
    assert sites["&bytes.Reader{...}"].type == "bytes.Reader"
    assert sites["new(gzip.Reader)"].type == "gzip.Reader"


def test_an_array_of_pointers_is_not_what_one_of_them_points_to(hints: list[Hint]) -> None:
    sites = [hint.site for hint in hints if hint.site.function == "Items" and hint.site.shown]
    assert {(site.name, site.bytes) for site in sites} == {("[]*item{...}", 8), ("&item{...}", 16)}
