"""The formats of the marker tests: txtar, markers, scenarios and profiles."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pprof
import pytest
import scenario
import txtar
from scenario import ArchiveError, Do

import markers
from markers import Broken, Hint, Hover, Inlay, Lens, MarkerError, NoHints, Span, Words


class TestTxtar:
    def test_comment_and_files(self) -> None:
        text = "what it is\n\n-- a.go --\npackage a\n--  b/c d.go  --\n-- e --\n"
        assert txtar.read(text) == txtar.Archive(
            "what it is\n\n",
            (txtar.File("a.go", "package a\n", 3), txtar.File("b/c d.go", "", 5), txtar.File("e", "", 6)),
        )

    @pytest.mark.parametrize("text", ["", "only a comment\n", "-- a --\n", "c\n-- a --\nb\n-- a --\n--c --\n-- d--\n"])
    def test_written_as_it_was_read(self, text: str) -> None:
        assert txtar.write(txtar.read(text)) == text

    def test_the_last_line_ends(self) -> None:
        assert txtar.read("-- a --\nb").files[0].text == "b\n"
        assert txtar.read("c").comment == "c\n"
        assert txtar.read("-- a --").files == (txtar.File("a", "", 0),)

    @pytest.mark.parametrize("line", ["--a --", "-- a--", " -- a --", "-- --", "--  --", "-- a -- b", "- a -"])
    def test_what_is_no_header(self, line: str) -> None:
        assert txtar.read(f"{line}\n") == txtar.Archive(f"{line}\n", ())


def only(text: str) -> markers.Expectation:
    (one,) = markers.read(text).expected
    return one


class TestMarkers:
    def test_every_kind(self) -> None:
        text = (
            'x := y //@ hint("x", "func-value", message=/a, (b)/, severity=hint, related=2), hover("y", /\\/z/)\n'
            'z //@inlay("z", `"l"`),lens("t \\"u\\" \\\\"),broken(/e/)\n'
            "nothing //@ nohints\n"
        )
        assert markers.read(text).expected == (
            Hint(Span(0, 0, 1), "func-value", Words("a, (b)", regex=True), 4, 2),
            Hover(Span(0, 5, 6), Words("\\/z", regex=True)),
            Inlay(Span(1, 0, 1), Words('"l"')),
            Lens(1, Words('t "u" \\')),
            Broken(1, Words("e", regex=True)),
            NoHints(2),
        )

    def test_nth(self) -> None:
        assert only('aXa //@ hint("a", "r", nth=2)') == Hint(Span(0, 2, 3), "r")
        assert only('aaa //@ hint("aa", "r", nth=2)') == Hint(Span(0, 1, 3), "r")

    def test_the_server_sees_no_markers_and_the_same_lines(self) -> None:
        text = 'package p // why \t//@ nohints\n\t//@ lens("t")\n//@ lens("u")\nvar s = 1 //\n'
        assert markers.strip(text) == "package p // why\n\t//\n//\nvar s = 1 //\n"

    def test_a_line_of_its_own_speaks_of_the_code_above(self) -> None:
        found = markers.read('one\n\ttwo //@ lens("a")\n\t//@ lens("b")\n//@ hint("two", "r")\nthree\n').expected
        assert found == (Lens(1, Words("a")), Lens(1, Words("b")), Hint(Span(1, 1, 4), "r"))

    def test_words(self) -> None:
        assert Words("b+", regex=True).match("abbc")
        assert not Words("b+").match("abbc")
        assert Words("b+").match("b+")

    @pytest.mark.parametrize(
        ("marker", "why"),
        [
            ("", "an expectation should begin here: the end"),
            ("x", "no expectation 'x'"),
            ('hint("y", "r")', "'y' is not in the line: x"),
            ('hint("", "r")', "'' is not in the line"),
            ('hint("x", "r", nth=2)', "'x' is not in the line 2 times"),
            ('hint("x", "r", nth=0)', "is not in the line"),
            ('hint("x")', "hint needs a rule"),
            ('hint("x", /r/)', "a rule that is no regex"),
            ("hint(/x/, 'r')", "cannot be read: 'r')"),
            ('hint("x", "r", message=3)', "message has to be a text or a regex"),
            ('hint("x", "r", related="3")', "related has to be a number"),
            ('hint("x", "r", severity=bad)', "severity has to be one of error, warning"),
            ('hint("x", "r", severity="hint")', "severity has to be one of error, warning"),
            ('hint("x", "r", colour=3)', "arguments that it does not know"),
            ('hint("x", "r", "s")', "arguments that it does not know"),
            ('hint("x", "r", nth=1, "s")', "stands behind a named argument"),
            ('hint("x", "r", nth=)', "is no value"),
            ('hint("x", "r", nth=', "nth has no value"),
            ('hint("x" "r")', "a comma or parenthesis should stand here"),
            ('hint("x", "r"', "a comma or parenthesis should stand here: the end"),
            ('hint("x",', "a parenthesis is not closed"),
            ("nohints hint", "a comma should stand here: hint"),
            ("nohints,", "an expectation should begin here: the end"),
            ("nohints(1)", "arguments that it does not know"),
            ('hover("x", /(/)', "/(/: missing"),
            ('hover("x")', "hover needs what the hover says"),
            ('inlay("x")', "inlay needs a label"),
            ("lens()", "lens needs a title"),
            ("lens(x)", "'x' is no value"),
            ("broken", "broken needs what the status says"),
            ('hint("x", "r"), nohints', "hints and none are expected"),
        ],
    )
    def test_what_makes_no_sense(self, marker: str, why: str) -> None:
        with pytest.raises(MarkerError) as raised:
            markers.read(f"package p\nx //@ {marker}\n", "p.go")
        assert str(raised.value).startswith("p.go:2: ")
        assert why in str(raised.value)

    def test_a_marker_above_all_code(self) -> None:
        with pytest.raises(MarkerError, match=r"p\.go:1: there is no code above it"):
            markers.read("//@ nohints\npackage p\n", "p.go")


FILE = "-- p.go --\npackage p //@ nohints\n"


class TestScenario:
    def test_flags(self) -> None:
        comment = (
            'What it shows - in - words.\n-encoding utf-8 utf-32\n-settings {"a": {"b": 1}}\n-pull\n'
            "-env GOOS=plan9 X=\n-go 1.26\n-until 1.27\n-cc\n"
        )
        assert scenario.read(comment + FILE).flags == scenario.Flags(
            ("utf-8", "utf-32"), {"a": {"b": 1}}, {"GOOS": "plan9", "X": ""}, 26, 27, pull=True, compiler=True
        )
        assert scenario.read(FILE).flags == scenario.Flags()

    @pytest.mark.parametrize(
        "flag", ["-encoding", "-encoding latin-1", "-settings", "-pull now", "-env X", "-go 2", "-go 1.x", "-colour"]
    )
    def test_flags_that_do_not_exist(self, flag: str) -> None:
        with pytest.raises(ArchiveError, match="no such flag"):
            scenario.read(f"{flag}\n{FILE}")

    def test_steps(self) -> None:
        text = (
            f"{FILE}-- q.go --\npackage q\n-- r.go --\npackage r\n-- edit:q.go --\npackage q2\n"
            "-- see:p.go --\npackage p\n-- write:new.go --\npackage n\n-- save:q.go --\npackage q3\n"
        )
        one = scenario.read(text)
        assert [(step.do, step.name, step.source.text, list(step.seen)) for step in one.steps] == [
            (Do.EDIT, "q.go", "package q2\n", ["p.go"]),
            (Do.WRITE, "new.go", "package n\n", []),
            (Do.SAVE, "q.go", "package q3\n", []),
        ]
        assert one.opened == ["p.go", "q.go"]
        assert one.patient

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "there are no files"),
            (FILE + FILE, "files stand once"),
            (f"{FILE}-- edit:p.go --\n-- q.go --\n", "before the first step"),
            (f"{FILE}-- edit:q.go --\n", "no such file to be open"),
            (f"{FILE}-- close:p.go --\n", "no step is called 'close'"),
            (f"{FILE}-- see:p.go --\npackage p\n", "behind a step"),
            (f"{FILE}-- edit:p.go --\npackage q\n-- see:q.go --\n", "has to be there"),
            (f"{FILE}-- edit:p.go --\npackage q\n-- see:p.go --\npackage p\n", "is not the one that the file has"),
        ],
    )
    def test_archives_that_cannot_be_played(self, text: str, why: str) -> None:
        with pytest.raises(ArchiveError, match=why):
            scenario.read(text)


@pytest.mark.skipif(shutil.which("go") is None, reason="needs a go command")
def test_the_go_command_reads_a_profile(tmp_path: Path) -> None:
    table = "main.spin 20 25 main.fill 1000\nmain.main 30 31 main.spin 200\n"
    (tmp_path / "default.pgo").write_bytes(pprof.encode(pprof.read(table)))
    argv = ["go", "tool", "preprofile", "-i", str(tmp_path / "default.pgo")]
    ran = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert ran.stdout == "GO PREPROFILE V1\nmain.spin\nmain.fill\n5 1000\nmain.main\nmain.spin\n1 200\n"
