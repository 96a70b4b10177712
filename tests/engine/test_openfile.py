"""An open file: its hints move with the text, go with their code, and wait for the analysis of their own text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackward.core.hint import Hint, HintStep
from stackward.core.position import ByteRange, Location
from stackward.core.site import Function, Passed, Site, Storage
from stackward.engine.openfile import OpenFile
from stackward.engine.texts import digest
from stackward.syntax.functions import functions
from stackward.syntax.tree import Edit, SourceFile, parse

PATH = "/m/p.go"
TEXT = b"""package p

func New() *int {
	count := 1
	return &count
}

func Box(v int) any { return v + 1 }
"""


def hint(source: SourceFile, text: bytes, step: bytes = b"", message: str = "message") -> Hint:
    """A hint at the first ``text``, with a step at the first ``step``."""
    start = source.text.index(text)
    lines = source.lines
    range_ = ByteRange(lines.position(start), lines.position(start + len(text)))
    steps = (HintStep(Location(PATH, lines.position(source.text.index(step))), "step"),) if step else ()
    return Hint(
        "rule", Site(PATH, range_, Storage.VARIABLE, text.decode(), "New", range_.start), message, "", "", steps
    )


def opened(text: bytes = TEXT) -> OpenFile:
    return OpenFile(PATH, parse(text))


def found(file: OpenFile, *hints: Hint) -> None:
    assert file.set_hints(file.mark(), hints, ())


def edit(file: OpenFile, old: bytes, new: bytes) -> bool:
    """Replace the first ``old``."""
    start = file.source.text.index(old)
    return file.edit([Edit(start, start + len(old), new)])


def texts(file: OpenFile) -> list[bytes]:
    """What the hints are at."""
    lines = file.source.lines
    return [
        file.source.text[lines.offset(one.site.range.start) : lines.offset(one.site.range.end)] for one in file.hints()
    ]


def at_steps(file: OpenFile) -> list[bytes]:
    lines = file.source.lines
    return [file.source.text[lines.offset(step.at.pos) :] for one in file.hints() for step in one.steps]


@pytest.mark.parametrize("moved", [True, False])
def test_those_on_some_lines(*, moved: bool) -> None:
    file = opened()
    found(file, hint(file.source, b"count"), hint(file.source, b"v + 1"))
    if moved:
        edit(file, b"package", b"\n\npackage")
    every = file.hints()
    first, second = (one.site.range.start.line for one in every)
    assert second > first + 1
    for within, wanted in (((first, first), every[:1]), ((first + 1, second), every[1:]), ((0, second + 9), every)):
        assert file.hints(within) == wanted
    assert file.hints((first + 1, second - 1)) == ()


def test_what_follows_elsewhere_goes_along() -> None:
    file = opened()
    onward = Passed("elsewhere", "Keep", "p")
    found(file, replace(hint(file.source, b"count"), onward=onward))
    edit(file, b"package", b"\npackage")
    assert [one.onward for one in file.hints()] == [onward]


class TestMoving:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b"package p\n", b"package p\n\n// \xc3\xa9\xf0\x9f\x98\x80\n"),
            (b"func New", b"func Newer"),
            (b"package p\n\n", b"package p\n"),
            (b"{\n\t", b"{\n\t\t"),
            (b" := 1", b" := 2"),
            (b"v + 1", b"v"),
        ],
        ids=["above", "in a line above", "taken away", "right before", "behind", "below"],
    )
    def test_an_edit_elsewhere_keeps_hint_and_step_at_their_code(self, old: bytes, new: bytes) -> None:
        file = opened()
        found(file, hint(file.source, b"count", b"&count"))
        assert not edit(file, old, new)
        assert texts(file) == [b"count"]
        assert at_steps(file)[0].startswith(b"&count")

    def test_nothing_has_moved_before_the_first_edit(self) -> None:
        file = opened()
        found(file, hint(file.source, b"count"))
        assert not file.moved
        edit(file, b"package p\n", b"package p\n\n")
        assert file.moved

    def test_typing_letter_by_letter_above(self) -> None:
        file = opened()
        found(file, hint(file.source, b"count", b"&count"))
        at = TEXT.index(b"func New")
        for letter in b"var x = 1\n\n":
            file.edit([Edit(at, at, bytes([letter]))])
            at += 1
        assert texts(file) == [b"count"]
        assert file.hints()[0].site.range.start.line == 5

    def test_what_is_typed_right_behind_an_expression_is_not_part_of_it(self) -> None:
        file = opened()
        found(file, hint(file.source, b"v + 1"))
        end = TEXT.index(b"v + 1") + len(b"v + 1")
        assert not file.edit([Edit(end, end, b" ")])
        assert texts(file) == [b"v + 1"]

    def test_several_edits_at_once_each_in_the_text_of_the_one_before(self) -> None:
        file = opened()
        found(file, hint(file.source, b"count"))
        file.edit([Edit(0, 0, b"// one\n"), Edit(0, 0, b"// two\n")])
        assert texts(file) == [b"count"]
        assert file.hints()[0].site.range.start.line == 5

    def test_calls_that_it_was_inlined_into_move_along_and_those_elsewhere_stay(self) -> None:
        file = opened()
        one = hint(file.source, b"count")
        here = Location(PATH, file.source.lines.position(TEXT.index(b"v + 1")))
        there = Location("/m/other.go", here.pos)
        found(file, replace(one, site=replace(one.site, inlined_at=(here, there))))
        edit(file, b"package p\n", b"package p\n\n")
        calls = file.hints()[0].site.inlined_at
        assert [(call.path, call.pos.line) for call in calls] == [(PATH, here.pos.line + 1), ("/m/other.go", 7)]


class TestGoing:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b"count :=", b":="),
            (b"count :=", b"total :="),
            (b"count :=", b"counter :="),
            (b"count :=", b"ount :="),
            (b"ount :=", b"ounter :="),
            (b"oun", b"OUN"),
            (b"\tcount := 1\n\treturn &count\n", b""),
        ],
        ids=["deleted", "another name", "a longer name", "a shorter name", "its end", "its middle", "with its lines"],
    )
    def test_a_hint_goes_with_its_code(self, old: bytes, new: bytes) -> None:
        file = opened()
        found(file, hint(file.source, b"count"))
        assert edit(file, old, new)
        assert file.hints() == ()

    def test_an_expression_that_is_edited_inside_keeps_its_hint(self) -> None:
        file = opened()
        found(file, hint(file.source, b"v + 1"))
        assert not edit(file, b"+ 1", b"+ 10 - 7")
        assert texts(file) == [b"v + 10 - 7"]

    def test_an_expression_that_becomes_another_kind_loses_it(self) -> None:
        file = opened()
        found(file, hint(file.source, b"v + 1"))
        assert edit(file, b"v + 1", b"f(v)")
        assert file.hints() == ()

    def test_a_new_text_as_a_whole_has_no_hints_and_the_same_text_keeps_them(self) -> None:
        file = opened()
        found(file, hint(file.source, b"count"))
        file.replace(parse(TEXT))
        assert texts(file) == [b"count"]
        file.replace(parse(b"package p\n"))
        assert file.hints() == ()


class TestResults:
    def test_a_result_of_an_earlier_text_moves_to_the_current_one(self) -> None:
        file = opened()
        before, key = file.source, file.mark()
        edit(file, b"package p\n", b"package p\n\n")
        assert file.set_hints(key, [hint(before, b"count", b"&count")], ())
        assert texts(file) == [b"count"]
        assert at_steps(file)[0].startswith(b"&count")

    def test_what_was_edited_away_meanwhile_is_not_shown(self) -> None:
        file = opened()
        before, key = file.source, file.mark()
        edit(file, b"count :=", b"total :=")
        assert file.set_hints(key, [hint(before, b"count"), hint(before, b"v + 1")], ())
        assert texts(file) == [b"v + 1"]

    def test_a_result_of_a_text_that_was_never_here_is_refused(self) -> None:
        file = opened()
        found(file, hint(file.source, b"count"))
        strange = digest(b"another text")
        other = hint(file.source, b"v + 1")
        assert not file.set_hints(strange, [other], ())
        assert not file.add_hints(strange, [other])
        assert not file.set_decisions(strange, [other])
        assert texts(file) == [b"count"]

    def test_a_text_that_comes_again_is_remembered_as_the_latest(self) -> None:
        file = opened()
        key = file.mark()
        edit(file, b"package p\n", b"package p\n\n")
        file.mark()
        edit(file, b"package p\n\n", b"package p\n")
        assert file.mark() == key
        found(file, hint(file.source, b"count"))
        assert texts(file) == [b"count"]
        assert not file.moved

    def test_hints_that_come_while_the_compiler_runs_join_the_older_ones(self) -> None:
        file = opened()
        source = file.source
        found(file, hint(source, b"v + 1"))
        key = file.mark()
        assert file.add_hints(key, [hint(source, b"count")])
        assert texts(file) == [b"count", b"v + 1"]
        assert not file.add_hints(key, [hint(source, b"count")])
        assert file.add_hints(key, [hint(source, b"count", b"&count", "explained")])
        assert [one.message for one in file.hints()] == ["explained", "message"]

    def test_a_hint_that_is_explained_keeps_its_words_in_a_result_without_explanations(self) -> None:
        file = opened()
        source = file.source
        found(file, hint(source, b"count", b"&count", "explained"))
        assert file.set_decisions(file.mark(), [hint(source, b"count", message="bare"), hint(source, b"v + 1")])
        assert [one.message for one in file.hints()] == ["explained", "message"]
        assert file.set_decisions(file.mark(), [hint(source, b"v + 1")])
        assert texts(file) == [b"v + 1"]


def test_functions_move_with_the_text_and_those_that_are_gone_are_left_out() -> None:
    file = opened()
    known = [Function(PATH, node.name, node.range, node.name_range, inline_cost=3) for node in functions(file.source)]
    assert file.set_hints(file.mark(), (), known)
    edit(file, b"package p\n", b"package p\n\n")
    assert [(one.name, one.name_range.start.line, one.inline_cost) for one in file.placed_functions()] == [
        ("New", 3, 3),
        ("Box", 8, 3),
    ]
    edit(file, b"func Box(v int) any { return v + 1 }\n", b"func Other() {}\n")
    assert [one.name for one in file.placed_functions()] == ["New"]
