"""What the compiler prints, put as the source has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gomodule import run_check, write_module
from stackward.core.site import one_line
from stackward.engine.wording import without_shapes


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("&node[go.shape.int]{...}", "&node[…]{...}"),
        ("make(items[*tree.node[go.shape.struct { X [2]int }]], n[0])", "make(items[…], n[0])"),
        ("[]go.shape.int{...}", "[]int{...}"),
        ("a[0] + go.shape.string(b)", "a[0] + string(b)"),
        ("f(a[0], pair[go.shape.int,go.shape.string]{})", "f(a[0], pair[…]{})"),
        ("x[i]", "x[i]"),
        ("cut[go.shape.int", "cut[…]"),
    ],
)
def test_type_arguments_are_left_out(printed: str, plain: str) -> None:
    assert without_shapes(printed) == plain


def test_only_what_is_in_quotes_keeps_its_spaces() -> None:
    assert one_line('f("  a\\"  b",\n\t x,  \'"\',  "c  ")') == 'f("  a\\"  b", x, \'"\', "c  ")'


def test_hints_of_generic_and_of_inlined_code_read_like_the_source(tmp_path: Path) -> None:
    source = """package p

import "bytes"

type node[T any] struct{ items []T }

type tree[T any] struct{ root *node[T] }

func (t *tree[T]) Grow(n int) { t.root = &node[T]{items: make([]T, n)} }

func Use(t *tree[string]) { t.Grow(2) }

func Text(b *bytes.Buffer) string { return b.String() }
"""
    report = run_check(write_module(tmp_path / "m", {"p.go": source}))
    words = {hint.message for hint in report.hints}
    flow = {step.text for hint in report.hints for step in hint.steps}
    assert not [text for text in words | flow if "go.shape" in text or "interface {" in text]
    assert "&node[T]{...} is on the heap: it is stored by t.root = &node[T]{...}, which outlives this frame" in words
    assert "field of a struct: node[…]{...}" in flow
    assert any("string(b.buf[b.off:])" in text for text in words)
