"""The comparison on generated inputs finds the mistakes that rewrites could make."""

from __future__ import annotations

import re

import pytest
from program import Ran, run

from stackward.core.outcome import ToolchainMissing
from stackward.rewrites import Applicability, Example
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import discover

IMPORTS = {
    "bufio": "bufio.",
    "fmt": "fmt.",
    "io": "io.",
    "strconv": "strconv.",
    "strings": "strings.",
    "sync/atomic": "atomic.",
}

# Alone it is called 150 times. Of those beside each other the first waits for another, and then returns something else.
_SHARED = """
var calls atomic.Int64

var second = make(chan bool)

func F(n []int) (sum int) {
	switch calls.Add(1) {
	case 151:
		<-second
		return -1
	case 152:
		close(second)
	}
	for _, one := range n {
		sum += one
	}
	return sum
}
"""
DIFFERENT = {
    "sign": ("func F(n int64) bool { return n < 0 }", "func F(n int64) bool { return n <= 0 }"),
    "largest": ("func F(n int) int { return n }", "func F(n int) int { return int(int32(n)) }"),
    "not_a_number": ("func F(x float64) bool { return x == x }", "func F(x float64) bool { return true }"),
    "zero": (
        "func F(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }",
        "func F(x float64) string { return strconv.FormatFloat(x+0, 'g', -1, 64) }",
    ),
    "nil": (
        "func F(n []int) []int { return append([]int(nil), n...) }",
        "func F(n []int) []int { return append([]int{}, n...) }",
    ),
    "runes": ("func F(s string) int { return len(s) }", "func F(s string) int { return len([]rune(s)) }"),
    "invalid": (
        "func F(s string) string { return s }",
        'func F(s string) string { return strings.ToValidUTF8(s, "") }',
    ),
    "argument": ("func F(n []int) { clear(n) }", "func F(n []int) { clear(n[:len(n)/2]) }"),
    "field": (
        "type T struct{ n []string }\n\nfunc (t *T) F() int { return len(t.n) }",
        "type T struct{ n []string }\n\nfunc (t *T) F() int { return cap(t.n) }",
    ),
    "panic": (
        "func F(n []string, i int) string { return n[i] }",
        'func F(n []string, i int) string {\n\tif i < 0 || i >= len(n) {\n\t\treturn ""\n\t}\n\treturn n[i]\n}',
    ),
    "order_of_calls": ("func F(f, g func()) { f(); g(); f() }", "func F(f, g func()) { f(); f(); g(); f() }"),
    "error": (
        'func F(err error) error { return fmt.Errorf("more: %w", err) }',
        'func F(err error) error { return fmt.Errorf("more: %v", err) }',
    ),
    "two_writes": (
        "func F(w io.Writer, s string) { io.WriteString(w, s) }",
        "func F(w io.Writer, s string) { io.WriteString(w, s[:len(s)/2]); io.WriteString(w, s[len(s)/2:]) }",
    ),
    "write_error": (
        "func F(w io.Writer, s string) error { _, err := io.WriteString(w, s); return err }",
        "func F(w io.Writer, s string) error { io.WriteString(w, s); return nil }",
    ),
    "not_flushed": (
        "func F(w *bufio.Writer, s string) { w.WriteString(s) }",
        "func F(w *bufio.Writer, s string) { w.WriteString(s[:len(s)/2]) }",
    ),
    "result_that_is_called": (
        "func F(n int) func(int) int { return func(m int) int { return n + m } }",
        "func F(n int) func(int) int { return func(m int) int { return n - m } }",
    ),
    "beside_each_other": (
        "func F(n []int) (sum int) {\n\tfor _, one := range n {\n\t\tsum += one\n\t}\n\treturn sum\n}",
        _SHARED,
    ),
}


def file(text: str) -> str:
    used = [path for path in IMPORTS if re.search(rf"\b{path.rpartition('/')[2]}\.", text)]
    needed = "".join(f'import "{path}"\n' for path in used)
    return f"package p\n\n{needed}\n{text}\n"


def example(before: str, after: str, applicability: Applicability = Applicability.SAFE) -> Example:
    return Example(file(before), file(after), "emit(0)", applicability=applicability)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    toolchain = discover(BuildConfig())
    assert not isinstance(toolchain, ToolchainMissing), toolchain
    examples = {name: example(*texts) for name, texts in DIFFERENT.items()}
    examples |= {f"same_{name}": example(before, before) for name, (before, _) in DIFFERENT.items()}
    examples["review_nil"] = example(*DIFFERENT["nil"], Applicability.REVIEW)
    examples["review_sign"] = example(*DIFFERENT["sign"], Applicability.REVIEW)
    return run(examples, tmp_path_factory.mktemp("differential"), toolchain)


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_difference_is_found(ran: Ran, name: str) -> None:
    assert [bool(one.difference) for one in ran.verdicts[name]] == [True]


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_is_the_same_has_none(ran: Ran, name: str) -> None:
    assert [(one.difference, one.skipped) for one in ran.verdicts[f"same_{name}"]] == [("", "")]
    assert all(one.returned for one in ran.verdicts[f"same_{name}"])


def test_nil_may_become_empty_where_somebody_looks(ran: Ran) -> None:
    assert ran.verdicts["review_nil"][0].difference == ""
    assert ran.verdicts["review_sign"][0].difference
