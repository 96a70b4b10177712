r"""Documents against a naive oracle: the text as a list of the client's lines, edited by slicing strings."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from stackward.core.decision import Problem
from stackward.core.position import Encoding
from stackward.lsp.protocol.documents import Changed, Documents

URI = "file:///a.go"
Change = types.TextDocumentContentChangePartial | types.TextDocumentContentChangeWholeDocument


def opened(text: str, encoding: Encoding = Encoding.UTF16, uri: str = URI) -> Documents:
    documents = Documents(encoding)
    documents.open(types.TextDocumentItem(uri, "go", 1, text))
    return documents


def partial(start: tuple[int, int], end: tuple[int, int], text: str) -> Change:
    range_ = types.Range(types.Position(*start), types.Position(*end))
    return types.TextDocumentContentChangePartial(range_, text)


def whole(text: str) -> Change:
    return types.TextDocumentContentChangeWholeDocument(text)


def change(documents: Documents, *changes: Change, version: int = 2, uri: str = URI) -> Any:
    identifier = types.VersionedTextDocumentIdentifier(uri=uri, version=version)
    return documents.change(types.DidChangeTextDocumentParams(identifier, list(changes)))


def text_of(documents: Documents) -> str:
    document = documents.get(URI)
    assert document is not None
    return document.text.decode()


def client_units(char: str, encoding: Encoding) -> int:
    match encoding:
        case Encoding.UTF8:
            return len(char.encode())
        case Encoding.UTF16:
            return len(char.encode("utf-16-le")) // 2
        case Encoding.UTF32:
            return 1


def oracle_index(text: str, line: int, character: int, encoding: Encoding) -> int:
    """The index into ``text`` that a client means, found by walking from the start."""
    index = 0
    for _ in range(line):
        end = re.compile("\r\n|\n|\r").search(text, index)
        if end is None:
            return len(text)
        index = end.end()
    units = 0
    while index < len(text) and text[index] not in "\r\n":
        units += client_units(text[index], encoding)
        if units > character:
            break
        index += 1
    return index


@dataclass(frozen=True, slots=True)
class Step:
    """One change; points are in the client's units and may lie past everything. ``start`` None replaces the whole."""

    start: tuple[int, int] | None
    end: tuple[int, int]
    text: str


pieces = st.sampled_from(
    ["a", "\t", "é", "€", "😀", "\u2028", "\u0085", "\x0b", "\x0c", "\x1c", "\n", "\r\n", "\r", "\n\r", "word "]
)
texts = st.lists(pieces, max_size=12).map("".join)
points = st.tuples(st.integers(0, 8), st.integers(0, 12))
steps = st.builds(Step, points | st.none(), points, texts)


@given(texts, st.lists(st.lists(steps, min_size=1, max_size=3), max_size=4), st.sampled_from(Encoding))
def test_scripts_of_edits(text: str, script: list[list[Step]], encoding: Encoding):
    documents = opened(text, encoding)
    expected = text
    for number, batch in enumerate(script):
        before = documents.get(URI)
        changes = []
        for step in batch:
            if step.start is None:
                changes.append(whole(step.text))
                expected = step.text
                continue
            start, end = sorted((step.start, step.end))
            changes.append(partial(start, end, step.text))
            low, high = oracle_index(expected, *start, encoding), oracle_index(expected, *end, encoding)
            expected = expected[:low] + step.text + expected[max(low, high) :]
        changed = change(documents, *changes, version=number + 2)
        assert isinstance(changed, Changed)
        assert changed.document is documents.get(URI)
        assert changed.document.text.decode() == expected
        assert changed.document.version == number + 2
        # The edits alone must lead from the old text to the new one: the syntax tree follows them.
        assert before is not None
        followed = before.text
        for edit in changed.edits:
            assert edit.start <= edit.old_end <= len(followed)
            followed = followed[: edit.start] + edit.new + followed[edit.old_end :]
        assert followed == changed.document.text


def test_typing_far_into_a_long_file_and_back_at_its_start():
    lines = [f"line {number} é" for number in range(2000)]
    for eols in (["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"]):
        ends = [eols[number % len(eols)] for number in range(len(lines))]
        documents = opened("".join(map("".join, zip(lines, ends, strict=True))), Encoding.UTF16)
        wanted = list(lines)
        for number, line in enumerate([1500, 1501, 3, 1999, 0, 1000, 999, 400]):
            change(documents, partial((line, 0), (line, 4), "LINE"), version=number + 2)
            wanted[line] = wanted[line].replace("line", "LINE")
        assert text_of(documents) == "".join(map("".join, zip(wanted, ends, strict=True)))


@pytest.mark.parametrize("separator", ["\f", "\v", "\u0085", "\u2028", "\u2029", "\x1c", "\x1d", "\x1e"])
def test_only_line_feeds_and_carriage_returns_end_lines(separator: str):
    documents = opened(f"one{separator}two\nthree")
    change(documents, partial((1, 0), (1, 5), "3"))
    assert text_of(documents) == f"one{separator}two\n3"


def test_an_insert_past_the_end_of_a_last_line_without_newline_lands_at_its_end():
    documents = opened("package p")
    change(documents, partial((0, 99), (0, 99), "!"), partial((7, 0), (7, 0), "?"))
    assert text_of(documents) == "package p!?"


def test_a_line_feed_inserted_behind_a_carriage_return_joins_it():
    documents = opened("a\rb")
    change(documents, partial((1, 0), (1, 0), "\n"), partial((1, 0), (1, 1), "c"))
    assert text_of(documents) == "a\r\nc"


def test_a_range_the_wrong_way_round_means_the_same():
    documents = opened("abc")
    change(documents, partial((0, 2), (0, 1), "X"))
    assert text_of(documents) == "aXc"


# "è" has the first byte of "é", "ĩ" the last one.
@pytest.mark.parametrize("char", ["è", "ĩ", "x", ""])
def test_a_whole_text_becomes_the_smallest_edit_in_whole_characters(char: str):
    documents = opened("x := é\ny := 1\n", Encoding.UTF8)
    [edit] = change(documents, whole(f"x := {char}\ny := 1\n")).edits
    assert (edit.start, edit.old_end, edit.new) == (5, 7, char.encode())
    assert change(documents, whole(f"x := {char}\ny := 1\n"), version=3).edits == ()


def test_half_a_surrogate_pair_keeps_columns():
    documents = opened("a\ud83db\n")
    change(documents, partial((0, 2), (0, 3), "c\udc00"))
    assert text_of(documents) == "a\ufffdc\ufffd\n"


def test_a_change_of_what_is_not_open_is_a_problem(caplog: pytest.LogCaptureFixture):
    documents = Documents(Encoding.UTF16)
    problem = change(documents, whole("x"))
    assert isinstance(problem, Problem)
    assert problem.path == URI
    assert URI in caplog.text
    assert documents.get(URI) is None


@pytest.mark.parametrize("version", [1, 0, -5])
def test_a_version_that_does_not_grow_is_logged_and_applied(caplog: pytest.LogCaptureFixture, version: int):
    documents = opened("a")
    with caplog.at_level(logging.WARNING):
        change(documents, whole("b"), version=version)
    assert "version" in caplog.text
    assert text_of(documents) == "b"


def test_opening_twice_takes_the_later_text():
    documents = opened("a")
    documents.open(types.TextDocumentItem(URI, "go", 7, "b"))
    assert text_of(documents) == "b"
    assert len(documents.all()) == 1


def test_closing_forgets():
    documents = opened("a")
    closed = documents.close(URI)
    assert closed is not None
    assert closed.text == b"a"
    assert documents.get(URI) is None
    assert documents.close(URI) is None
    assert isinstance(change(documents, whole("x")), Problem)


def test_one_file_whatever_its_percent_encoding():
    documents = opened("a", uri="file:///srv%2Fx%20y/%C3%A9.go")
    assert documents.get("file:///srv/x y/é.go") is documents.at("/srv/x y/é.go")
    change(documents, whole("b"), uri="file:///srv/x%20y/%c3%a9.go")
    document = documents.at("/srv/x y/é.go")
    assert document is not None
    assert document.text == b"b"
    assert document.uri == "file:///srv%2Fx%20y/%C3%A9.go"


def test_a_document_that_is_no_file():
    documents = opened("a", uri="untitled:Untitled-1")
    document = documents.get("untitled:Untitled-1")
    assert document is not None
    assert document.path is None
    assert documents.get("untitled:Untitled-2") is None


def test_lines_are_those_of_the_text():
    documents = opened("a\nb")
    before = documents.get(URI)
    assert before is not None
    change(documents, whole("a\nb\nc"))
    after = documents.get(URI)
    assert after is not None
    assert (before.lines.line_count, after.lines.line_count) == (2, 3)
    assert after.lines is after.lines
