"""Calls that allocate out of sight: where they are in the source, those that inlined functions make included."""

from __future__ import annotations

from stackward.core.allocation import CalleeCall, ObjectCode
from stackward.engine.callees import callees
from stackward.engine.results import Callee
from stackward.engine.symbols import Symbols
from stackward.syntax.declared import Declarations, declared
from stackward.syntax.tree import parse

_SOURCE = b"""package p

import (
	"fmt"
	"strconv"
)

func Names(ids []int) (all []string, err error) {
	all = append(all, strconv.Itoa(0))
	for _, id := range ids {
		all = append(all, strconv.Itoa(id))
	}
	return all, fmt.Errorf("%d", len(ids))
}

func Lead(ids []int) string {
	if len(ids) == 0 {
		fail(strconv.Itoa(len(ids)))
	}
	return strconv.Itoa(ids[0])
}

func fail(why string) { panic(why) }
"""


def found(*calls: tuple[str, int, str], function: str = "Names") -> list[Callee]:
    listed = tuple(CalleeCall(f"p.{function}", path, line, callee) for path, line, callee in calls)
    code, source = ObjectCode((), frozenset({f"p.{function}"}), callees=listed), parse(_SOURCE)
    known = Declarations([declared(source)]).endings
    return list(callees(code, Symbols(code.functions, "p"), {"p.go": source}, known))


def test_a_call_of_the_unit_is_where_it_stands() -> None:
    assert [(one.function, one.loops) for one in found(("p.go", 10, "strconv.Itoa"))] == [("Names", 1)]


def test_what_an_inlined_function_calls_belongs_to_its_caller() -> None:
    """The object code has the line of the inlined function; the order tells which call of it is meant."""
    inlined = "/go/src/internal/strconv/itoa.go", 40, "internal/strconv.FormatInt"
    assert [(one.path, one.loops) for one in found(inlined, inlined, inlined)] == [
        ("p.go", 0),
        ("p.go", 1),
        ("p.go", 1),
    ]
    error = found(("/go/src/fmt/errors.go", 26, "fmt.errorf"))
    assert [(one.path, one.name, one.loops) for one in error] == [("p.go", "fmt.errorf", 0)]


def test_a_call_that_nothing_in_the_function_leads_to_stays_elsewhere() -> None:
    assert [one.path for one in found(("/go/src/strconv/quote.go", 24, "strconv.appendQuotedWith"))] == [
        "/go/src/strconv/quote.go"
    ]


def test_a_call_before_a_helper_that_never_returns_is_rare() -> None:
    calls = ("p.go", 17, "strconv.Itoa"), ("p.go", 19, "strconv.Itoa")
    assert [one.cold for one in found(*calls, function="Lead")] == [True, False]
