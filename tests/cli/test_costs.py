"""What ``check`` says of costs: the fields of a site, what is shown, and what comes first."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TEXT = """package p

import "errors"

type Small struct{ A int }

type Large struct{ A [16]int }

var Table = &Large{}

func Once() *Small { return &Small{} }

func Big() *Large { return &Large{} }

func Failing(n int) (*Small, error) {
	if n < 0 {
		return &Small{A: n}, errors.New("negative")
	}
	return nil, nil
}

func Wrong(n int) *Small {
	if n < 0 {
		fail(&Small{A: n})
	}
	return nil
}

func fail(s *Small) {
	Table.A[0] = s.A
	panic(s)
}

func Looped(n int) []*Small {
	out := make([]*Small, n)
	for i := range out {
		for range 3 {
			out[i] = &Small{A: i}
		}
	}
	return out
}

func Free(n int) any { return 1 < 2 }
"""
TEST = """package p

import "testing"

var kept *Small

func TestOnce(t *testing.T) {
	for range 3 {
		kept = &Small{A: 9}
	}
}
"""


def check(root: Path, *argv: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "stackward", "check", "--format", "json", *argv]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    sites: list[dict[str, Any]] = json.loads(done.stdout)["sites"]
    return sites


def test_what_matters_most_comes_first(module: Callable[..., Path]) -> None:
    sites = check(module({"p.go": TEXT, "p_test.go": TEST}))
    order = [(site["function"], site["loops"], site["bytes"]) for site in sites]
    assert order[:4] == [("Looped", 2, 8), ("Big", 0, 128), ("Once", 0, 8), ("Looped", 0, None)], order
    # Then what is rarely reached, what happens once, and tests, whatever their loops.
    names = [site["function"] for site in sites[4:]]
    assert names[0] == "Failing"
    assert names[-1] == "TestOnce"
    by_function = {site["function"]: site for site in sites[4:]}
    assert by_function["Failing"]["cold"] == "it returns an error"
    assert by_function["Wrong"]["cold"] == "it panics"
    assert by_function["TestOnce"]["loops"] == 1


def test_the_fields_of_a_site(module: Callable[..., Path]) -> None:
    (site,) = [one for one in check(module({"p.go": TEXT})) if one["function"] == "Big"]
    wanted = {"allocates": "always", "bytes": 128, "size_class": 128, "type": "Large", "runtime": "runtime.newobject"}
    assert {name: site[name] for name in wanted} == wanted
    assert (site["once"], site["cold"], site["loops"]) == (False, None, 0) or (site["once"], site["cold"]) == (
        False,
        "",
    )
    (slice_,) = [one for one in check(module({"p.go": TEXT})) if one["function"] == "Looped" and one["loops"] == 0]
    assert (slice_["bytes"], slice_["size"]) == (None, "n × 8 bytes")
    assert slice_["type"] == "[]*Small"


def test_what_allocates_nothing_is_shown_when_asked_for(module: Callable[..., Path]) -> None:
    root = module({"p.go": TEXT})
    assert "Free" not in {site["function"] for site in check(root)}
    (free,) = [site for site in check(root, "--all") if site["function"] == "Free"]
    assert free["allocates"] == "never"
    assert free["when"] == "a constant is read-only data"
