"""What is said of a proof: each part is true of the two versions that were compared, and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from gomodule import run_check, write_module
from stackward.core.hint import Hint
from stackward.engine.results import FileResult, UnitResult
from stackward.engine.rewriting import objection, saving
from stackward.engine.tally import Tally, tallies
from stackward.engine.verify import Compared
from stackward.rewrites import Proposal
from stackward.toolchain.unit import UnitId, Variant

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (Tally(calls=2, call_bytes=48), Tally(calls=1, call_bytes=16), f"{MINUS}1 allocation, {MINUS}32 B per call"),
        (Tally(chances=1), Tally(), f"{MINUS}1 possible allocation"),
        (Tally(chances=3), Tally(chances=1), f"{MINUS}2 possible allocations"),
        (
            Tally(calls=1, call_bytes=8),
            Tally(chances=1),
            f"{MINUS}1 allocation, {MINUS}8 B per call, +1 possible allocation",
        ),
        (Tally(growths=1), Tally(), "no growth"),
        (Tally(growths=2), Tally(growths=1), "less growth"),
        (Tally(growths=1, chances=1), Tally(chances=1), "no growth"),
        (Tally(growths=1, chances=1), Tally(growths=1), f"{MINUS}1 possible allocation"),
        (
            Tally(turns=1, chances=1, growths=1),
            Tally(),
            f"{MINUS}1 allocation per iteration, {MINUS}1 possible allocation, no growth",
        ),
        (Tally(growths=1), Tally(calls=1), "+1 allocation per call, no growth"),
    ],
)
def test_what_is_said(before: Tally, after: Tally, said: str) -> None:
    assert saving(before, after) == said


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (Tally(3.0, turns=1, chances=4), Tally(2.9, turns=2), "made seldom"),
        (Tally(3.0, calls=1, chances=4), Tally(2.9, calls=2), "made seldom"),
        (Tally(30.0, turns=3), Tally(3.0, calls=3), ""),
        (Tally(3.0, growths=1), Tally(1.0, calls=1), ""),
        (Tally(2.0, calls=2), Tally(2.0, calls=2), "save nothing"),
        (Tally(1.0, calls=1), Tally(2.0, calls=2), "would allocate more"),
    ],
)
def test_what_is_not_worth_it(before: Tally, after: Tally, why: str) -> None:
    function = ("p.go", "F")
    said = objection(Compared({function: before}, {function: after}), Proposal("Change it", {}))
    assert (why in said) if why else not said


SOURCE = """
package p

var Kept []string

func Grow(s string) { Kept = append(Kept, s) }

func Text(b []byte) int {
	s := string(b)
	return len(s) + next(s)
}

//go:noinline
func next(s string) int { return len(s) }

type User struct{ name string }

var Last *User

func Keep(name string) { Last = &User{name} }

var Any any

func Joined(a, b string) { Any = a + b }

func Copied(b []byte) { Any = string(b) }

func Bytes(s string) { Any = []byte(s) }

func Number(n int) { Any = n }
"""


def test_what_grows_is_not_what_only_may_allocate(tmp_path: Path) -> None:
    """A conversion that finds room on the stack for short texts never grew."""
    counts = {name: (one.calls, one.growths, one.chances, one.places) for name, one in counted(tmp_path)[1].items()}
    assert {name: counts[name] for name in ("Grow", "Text", "Keep")} == {
        "Grow": (0, 1, 0, 1),
        "Text": (0, 0, 1, 1),
        "Keep": (1, 0, 0, 1),
    }


def test_a_text_in_an_interface_is_two_objects(tmp_path: Path) -> None:
    """Its bytes, and its header; the log mentions one."""
    hints, found = counted(tmp_path)
    said = {hint.site.function: hint.site.costs[0] for hint in hints}
    assert {name: (said[name], found[name].places) for name in ("Joined", "Copied", "Bytes")} == {
        "Joined": ("n bytes and 16 for its header", 2),
        "Copied": ("n bytes and 16 for its header", 2),
        "Bytes": ("n bytes and 24 for its header", 2),
    }


def test_most_numbers_are_large(tmp_path: Path) -> None:
    """A number that is boxed allocates more often than a text that may fit on the stack, but not always."""
    _, found = counted(tmp_path)
    assert found["Text"].weight < found["Number"].weight < found["Keep"].weight


def counted(tmp_path: Path) -> tuple[Sequence[Hint], dict[str, Tally]]:
    """The hints of ``SOURCE``, and what its functions allocate."""
    root = write_module(tmp_path / "m", {"p.go": SOURCE})
    hints = run_check(root).hints
    unit = UnitResult((FileResult(str(root / "p.go"), "", hints, ()),), 0)
    found = tallies({UnitId("example.com/m", Variant.PACKAGE): unit})
    return hints, {name: one for (_, name), one in found.items() if one.places}
