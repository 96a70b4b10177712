"""The format of case files: what is read, and what is refused with its line."""

from __future__ import annotations

import pytest

from allocations.casefile import CaseFileError, Verdict, parse

SOURCE = """\
//go:build go1.25

package p

var kept = new(int) // alloc: always bytes=8 type=int

func (t *T) Grow(n int) {
	t.s = append(t.s, n) // alloc: sometimes when="capacity exceeded" | never because="x" since=1.26 until=1.27
}

func One() { kept = new(int) } // alloc: always bytes=8

func Rune() {}

// What is said of it.
//
// allocs: 1 until=1.25
// allocs: 2..3 since=1.26
// bytes: 24
func RunGrow() {
	One() // Grow
}
"""


def test_labels_have_their_lines_functions_and_attributes() -> None:
    case = parse("x", SOURCE)
    found = [(label.line, label.function, label.verdict, label.bytes) for label in case.labels]
    assert found == [
        (5, "", Verdict.ALWAYS, 8),
        (8, "Grow", Verdict.SOMETIMES, None),
        (8, "Grow", Verdict.NEVER, None),
        (11, "One", Verdict.ALWAYS, 8),
    ]
    assert case.since == 25
    assert [label.verdict for label in case.labels_in(25)] == [Verdict.ALWAYS, Verdict.SOMETIMES, Verdict.ALWAYS]
    assert len(case.labels_in(27)) == 4
    assert case.labels[1].get("when") == "capacity exceeded"


def test_runners_have_claims_by_release_and_know_what_they_call() -> None:
    (runner,) = parse("x", SOURCE).runners
    assert (runner.name, runner.line, runner.call) == ("RunGrow", 20, 21)
    assert runner.calls == {"One"}  # A comment calls nothing.
    old, new, size = runner.claim("allocs", 25), runner.claim("allocs", 26), runner.claim("bytes", 25)
    assert old is not None
    assert new is not None
    assert size is not None
    assert (old.least, old.most, new.least, new.most, size.least) == (1, 1, 2, 3, 24)


@pytest.mark.parametrize(
    ("label", "complaint"),
    [
        ("perhaps", "'perhaps' is no verdict"),
        ("sometimes bytes=8", "sometimes needs when"),
        ("never", "never needs because"),
        ("callee", "callee needs in"),
        ("always when=x", "always takes no when"),
        ("always bytes", "'bytes' is no attribute"),
        ("always branch=1", "'branch=1' is no attribute"),
        ("always bytes=1 bytes=2", "given twice"),
        ("always since=25", "'25' is no release"),
    ],
)
def test_a_label_that_is_not_understood_is_an_error(label: str, complaint: str) -> None:
    source = SOURCE.replace("always bytes=8 type=int", label)
    with pytest.raises(CaseFileError, match=f"line 5: .*{complaint}"):
        parse("x", source)


def test_a_runner_without_a_claim_is_an_error() -> None:
    with pytest.raises(CaseFileError, match="line 20: a runner says what it allocates"):
        parse("x", SOURCE.replace("// allocs:", "// perhaps:"))
