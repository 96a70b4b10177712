"""Every archive of this folder, played with the real server; and that it takes little to fail."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import scenario
from judge import Seen, judge, judge_status
from player import Player, lay_out
from scenario import Scenario

import markers
from markers import Hint, Hover, Inlay, Source
from stackward.rules import RULE_NAMES

HERE = Path(__file__).parent


def load(path: Path) -> Scenario:
    try:
        return scenario.read(path.read_text(encoding="utf-8"))
    except Exception as error:
        error.add_note(path.name)
        raise


ARCHIVES = {path.stem: load(path) for path in sorted(HERE.glob("*.txtar"))}
PLAYS = [(name, encoding) for name, one in ARCHIVES.items() for encoding in one.flags.encodings]


def skip_unless_possible(one: Scenario, minor: int) -> None:
    if one.flags.minor > minor:
        pytest.skip(f"Go 1.{one.flags.minor} and newer")
    if one.flags.until < minor:
        pytest.skip(f"Go 1.{one.flags.until} and older")
    if one.flags.compiler and shutil.which("cc") is None and shutil.which("gcc") is None:
        pytest.skip("needs a C compiler")


@pytest.mark.parametrize(("name", "encoding"), PLAYS, ids=[f"{name}-{encoding}" for name, encoding in PLAYS])
def test_archive(name: str, encoding: str, tmp_path: Path, minor: int) -> None:
    one = ARCHIVES[name]
    skip_unless_possible(one, minor)
    lay_out(one, tmp_path / "m")
    player = Player(one, tmp_path / "m", encoding)
    try:
        wrong = player.play()
        seen = player.seen()
    finally:
        player.end()
    assert not wrong, "\n".join([f"{name}.txtar:", *wrong])
    for file, source in player.sources.items():
        for shifted in shifts(source):
            assert judge(file, shifted, seen[file], encoding), f"{shifted.expected} of {file} is taken for right"


def shifts(source: Source) -> Iterator[Source]:
    """The same with one range at a time shifted: by a character, or to another line."""
    for number, one in enumerate(source.expected):
        if not isinstance(one, Hint | Hover | Inlay):
            continue
        span = one.span
        for other in (
            replace(span, start=span.start + 1),
            replace(span, end=span.end + 1),
            replace(span, start=span.start - 1, end=span.end - 1),
            replace(span, line=span.line - 1),
        ):
            if isinstance(one, Inlay) and (other.line, other.end) == (span.line, span.end):
                continue  # An inlay hint has no beginning.
            expected = [*source.expected]
            expected[number] = replace(one, span=other)
            yield Source(source.text, tuple(expected))


def test_every_rule_is_in_an_archive() -> None:
    expected = [one for archive in ARCHIVES.values() for one in archive.expectations()]
    # No code is known for which this one must stay: every site of it is one that another rule should learn.
    wanted = {*RULE_NAMES, "ignore-comment", "left-out"} - {"unclassified"}
    assert {one.rule for one in expected if isinstance(one, Hint)} == wanted


def test_every_kind_of_expectation_is_in_an_archive() -> None:
    kinds = {type(one) for archive in ARCHIVES.values() for one in archive.expectations()}
    assert kinds == set(markers.Expectation.__args__)


# What a played archive takes to fail

RIGHT = """\
package p

func New(é int) *int { //@ lens(/^1 heap allocation/), hover("New", /^\\*\\*New\\*\\*: 1 heap allocation/)
	n := é //@ hint("n", "address-returned", message=/returned/, severity=information, related=2)
	//@ inlay("n", /returned/), hover("n", /returned/)
	return &n //@ nohints
}
"""
WRONG = {
    "another text": (4, 'hint("n := é", "address-returned")', "address-returned is not shown at 4:1-7"),
    "another place of the text": (6, 'hint("n", "address-returned", nth=2)', "address-returned is not shown at 6:"),
    "another line": (3, 'hint("New", "address-returned")', "address-returned is not shown at 3:5-8"),
    "another rule": (4, 'hint("n", "func-value")', "func-value is not shown at 4:1-2"),
    "another message": (4, 'hint("n", "address-returned", message=/boxed/)', "should say /boxed/, not: n is moved"),
    "a part as the message": (4, 'hint("n", "address-returned", message="returned")', 'should say "returned", not: n'),
    "another severity": (4, 'hint("n", "address-returned", severity=error)', "of severity error, not information"),
    "too many related": (4, 'hint("n", "address-returned", related=3)', "should have 3 pieces .* not 2"),
    "too few related": (4, 'hint("n", "address-returned", related=0)', "should have 0 pieces .* not 2"),
    "twice": (4, 'hint("n", "address-returned"), hint("n", "address-returned")', "address-returned is not shown"),
    "none": (4, "nohints", "shown, where no hint should be: address-returned at 4:1-2"),
    "no inlay hint": (4, "nohints", "an inlay hint where none should be"),
    "nothing": (4, "", "shown, which nobody expects: address-returned at 4:1-2: n is moved"),
    "another hover": (4, 'hover("n", /boxed/)', "the hover should say /boxed/, not: "),
    "a hover where there is none": (6, 'hover("return", /returned/)', "should say /returned/, and there is none"),
    "a hover of more": (4, 'hover("n :=", /returned/)', "should be about 4:1-5, not 4:1-2"),
    "another label": (4, 'inlay("n", "n")', r"""the inlay hint at 2 should say "n", not \['on heap"""),
    "a label elsewhere": (4, 'inlay("é", /returned/)', r"the inlay hint at 7 .*; on the line are \[\(2, "),
    "another title": (3, 'lens("2 heap allocations")', r"the lens should say .*, not \['1 heap"),
    "a lens elsewhere": (4, "lens(/heap/)", r"the lens should say /heap/, not \[\]"),
    "a broken build": (6, "broken(/p.go/)", "should be broken by /p.go/; idle at"),
}


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    """A player that shows what ``RIGHT`` expects."""
    root = tmp_path_factory.mktemp("wrong") / "m"
    one = scenario.read(f"-- p.go --\n{RIGHT}")
    lay_out(one, root)
    player = Player(one, root, "utf-16")
    try:
        player.open()
        assert player.wrong() == []
        yield player
    finally:
        player.end()


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_expectation_fails(idle: Player, kind: str) -> None:
    number, marker, complaint = WRONG[kind]
    lines = markers.strip(RIGHT).split("\n")
    lines[number - 1] += f" //@ {marker}" if marker else ""
    idle.expect({"p.go": markers.read("\n".join(lines))})
    wrong = idle.wrong()
    assert [one for one in wrong if re.search(complaint, one)], wrong


def test_ranges_that_are_all_shifted_fail_one_by_one(tmp_path: Path) -> None:
    one = ARCHIVES["boxed_in_interface"]
    source = one.files["p.go"]
    hints = [
        replace(each, span=replace(each.span, start=each.span.start + 1, end=each.span.end + 1))
        for each in source.expected
        if isinstance(each, Hint)
    ]
    lay_out(one, tmp_path / "m")
    player = Player(replace(one, files={"p.go": Source(source.text, tuple(hints))}), tmp_path / "m", "utf-16")
    try:
        wrong = player.play()
    finally:
        player.end()
    assert len([each for each in wrong if "is not shown at" in each]) == len(hints)
    assert len([each for each in wrong if "which nobody expects" in each]) == len(hints)


def test_a_step_that_does_not_show_what_it_should_fails(tmp_path: Path) -> None:
    one = scenario.read(f"-- p.go --\n{RIGHT}-- edit:p.go --\n{RIGHT.replace('package p', 'package p // p', 1)}")
    late = replace(one.steps[0], source=markers.read(RIGHT.replace("nohints", 'hint("n", "func-value")')))
    lay_out(one, tmp_path / "m")
    player = Player(replace(one, steps=(late,)), tmp_path / "m", "utf-16")
    try:
        assert player.play() == ["step 1, edit:p.go: p.go:6: func-value is not shown at 6:6-7"]
    finally:
        player.end()


def test_a_hint_that_is_shown_twice_fails() -> None:
    source = markers.read('package p //@ hint("p", "func-value")\n')
    range_ = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}
    shown = {"range": range_, "code": "func-value", "message": "", "severity": 3}
    assert judge("p.go", source, Seen([shown]), "utf-8") == []
    assert judge("p.go", source, Seen([shown, shown]), "utf-8") == [
        "p.go:1: shown, which nobody expects: func-value at 1:0-1: "
    ]


def test_a_broken_build_fails_unless_it_is_expected_there() -> None:
    status = {"state": "broken", "message": "p.go:1:9: why", "uri": "u", "range": {"start": {"line": 0}}}
    right = markers.read("package p //@ broken(/why/)\n")
    assert judge_status({"p.go": right}, status, {"u": "p.go"}) == []
    assert judge_status({"p.go": markers.read("package p")}, status, {"u": "p.go"})
    assert judge_status({"p.go": markers.read("package p //@ broken(/other/)")}, status, {"u": "p.go"})
    assert judge_status({"p.go": markers.read("\npackage p //@ broken(/why/)")}, status, {"u": "p.go"})
    assert judge_status({"q.go": right}, status, {"u": "p.go"})
    assert judge_status({"p.go": right}, {"state": "idle", "message": ""}, {"u": "p.go"})
