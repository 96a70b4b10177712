"""Changes of texts, on generated ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stackward.core.edit import applied, difference, spans

TEXTS = st.lists(st.sampled_from([b"a\n", b"b\n", b"\n", b"long line\n"]), max_size=12).map(b"".join)


@given(TEXTS, TEXTS)
def test_a_difference_makes_the_other_text(before: bytes, after: bytes) -> None:
    assert applied(before, difference(before, after)) == after


@given(TEXTS, TEXTS)
def test_the_spans_are_where_the_new_texts_are(before: bytes, after: bytes) -> None:
    changes = difference(before, after)
    assert [after[start:end] for start, end in spans(changes)] == [one.new for one in changes]
