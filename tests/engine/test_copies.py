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
	"io"

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

func Buffered(r io.Reader) *struct{ *bufio.Reader } {
	return &struct{ *bufio.Reader }{bufio.NewReader(r)}
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
