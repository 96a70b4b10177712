"""The log parser on single records and on hostile input; ``test_escapes_logs`` has the compiler's own logs."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stackward.core.decision import Decision, FlowEdge, FlowStep, Kind, Problem
from stackward.core.outcome import BuildError
from stackward.core.position import Location, from_display
from stackward.toolchain.escapes import LogParser, Record, parse

AT = Location("/src/f.go", from_display(3, 5))
BEFORE = "f.go:1:6: cannot inline f: recursive\n"


def one(text: str) -> Record:
    (record,) = parse(f"f.go:3:5: {text}\n".encode(), cwd="/src")
    return record


def flow_of(*lines: str, names: dict[str, str] | None = None, most: int = 96) -> Decision:
    text = "f.go:3:5: x escapes to heap in f:\n" + "".join(f"f.go:3:5:   {line}\n" for line in lines)
    (record,) = parse(text.encode(), names, cwd="/src", max_flow_steps=most)
    assert isinstance(record, Decision)
    return record


@pytest.mark.parametrize(
    ("text", "kind", "subject", "function", "detail"),
    [
        ("&T{...} escapes to heap", Kind.ESCAPES, "&T{...}", "", ""),
        ("append escapes to heap", Kind.ESCAPES, "append", "", ""),
        ('"x: does not escape" escapes to heap', Kind.ESCAPES, '"x: does not escape"', "", ""),
        ("moved to heap: x", Kind.MOVED, "x", "", ""),
        ("func literal does not escape", Kind.STAYS, "func literal", "", ""),
        ("p does not escape, mutate, or call", Kind.STAYS, "p", "", "mutate, or call"),
        ("x escapes to heap:", Kind.EXPLAINED, "x", "", ""),
        ("x escapes to heap in (*T[go.shape.int]).M.func1:", Kind.EXPLAINED, "x", "(*T[go.shape.int]).M.func1", ""),
        ('"a escapes to heap in b:" escapes to heap in f:', Kind.EXPLAINED, '"a escapes to heap in b:"', "f", ""),
        ('"\\" escapes to heap" escapes to heap:', Kind.EXPLAINED, '"\\" escapes to heap"', "", ""),
        ("leaking param: p", Kind.LEAKING, "p", "", ""),
        ("leaking param content: .this", Kind.LEAKING_CONTENT, ".this", "", ""),
        ("leaking param: p to result ~r0 level=-1", Kind.LEAKING_TO_RESULT, "p", "", "~r0"),
        ("parameter p leaks to {heap} with derefs=0:", Kind.LEAK_EXPLAINED, "p", "", "{heap}"),
        ("parameter p leaks to ~r1 for (*T).M with derefs=2:", Kind.LEAK_EXPLAINED, "p", "(*T).M", "~r1"),
        (
            'parameter p leaks to {storage for T{"} for g with"}} for f with derefs=0:',
            Kind.LEAK_EXPLAINED,
            "p",
            "f",
            '{storage for T{"} for g with"}}',
        ),
        (
            "f.func1 capturing by ref: x (addr=false assign=true width=8)",
            Kind.CAPTURED,
            "x",
            "f.func1",
            "ref addr=false assign=true width=8",
        ),
        ("can inline f", Kind.CAN_INLINE, "f", "", ""),
        ('can inline f with cost 7 as: func() { g(" with cost 8 as: ") }', Kind.CAN_INLINE, "f", "", "7"),
        ("cannot inline f: unhandled op DEFER", Kind.CANNOT_INLINE, "f", "", "unhandled op DEFER"),
        (
            'cannot inline F[struct { A int "a: b" }]: function too complex: cost 81 exceeds budget 80',
            Kind.CANNOT_INLINE,
            'F[struct { A int "a: b" }]',
            "",
            "function too complex: cost 81 exceeds budget 80",
        ),
        ("inlining call to sync.(*Mutex).Lock", Kind.INLINED, "sync.(*Mutex).Lock", "", ""),
        ("inlining call to f with score -12", Kind.INLINED, "f", "", ""),
        ("mutates param: p derefs=1", Kind.MUTATES, "p", "", "1"),
        ("calls param: f derefs=0", Kind.CALLS, "f", "", "0"),
        (
            "convert: using stack temporary for interface value: x",
            Kind.CONVERSION,
            "using stack temporary for interface value: x",
            "",
            "",
        ),
    ],
)
def test_records(text: str, kind: Kind, subject: str, function: str, detail: str) -> None:
    found = one(text)
    assert isinstance(found, Decision)
    assert dataclasses.replace(found, level=0) == Decision(kind, AT, subject, function, detail)


def test_the_level_of_a_leak() -> None:
    assert one("leaking param: p to result ~r0 level=-1") == Decision(
        Kind.LEAKING_TO_RESULT, AT, "p", detail="~r0", level=-1
    )


@pytest.mark.parametrize(
    ("text", "over"),
    [
        ("f ignoring self-assignment in x.s = x.s[:n]", False),
        ("zero-copy string->[]byte conversion", False),
        ("devirtualizing r.Read to *bytes.Reader", False),
        ("partially devirtualizing r.Read to io.ReadWriter", False),
        ("cannot devirtualize x.M(): shaped receiver go.shape.int", False),
        ("should not PGO devirtualize (*T).M: marked go:noinline", False),
        ("cannot inline f into g: repeated recursive cycle", False),
        ("function f considered 'big'; reducing max cost of inlinees", False),
        ("skip inlining within testing.B.loop for b.Loop()", False),
        ("imprecise interface call", False),
        ("function results will be kept alive", False),
        ("assuming p is unsafe uintptr", False),
        ("marking p as escaping ...uintptr", False),
        ("closure converted to global", False),
        ("rewriting OCONVIFACE value from n (int) to 1 (int)", False),
        ("index bounds check elided", True),
        ("heap closure, captured vars = [x]", True),
        ("write barrier", True),
        ("open-coded defer", True),
        ("Found IsInBounds", True),
    ],
)
def test_notes(text: str, over: bool) -> None:
    parser = LogParser({}, "/src")
    assert parser.feed(f"f.go:3:5: {text}\n".encode()) == [Decision(Kind.NOTE, AT, text)]
    assert parser.escapes_over is over


@pytest.mark.parametrize("arrow", ["=", "←"])
@pytest.mark.parametrize(
    ("dst", "src"),
    [
        ("{heap}", "&x"),
        ("~r0", "**p"),
        ("{temp}", "{temp}"),
        ("{storage for ... argument}", "&{storage for x + y}"),
        ("{storage for T{\"} = \", '{'}}", '&{storage for "a ← {b"}'),
        ("{storage for struct { A int }{...}}", '&{storage for f("\\"} = x")}'),
        ('{storage for "a" + "only (?:x) instead of ...}', '&{storage for "a" + "only (?:x) instead of ...}'),
        ('{storage for "cut short... + p + "\'"}', '&{storage for "cut short... + p + "\'"}'),
    ],
)
def test_arrows(arrow: str, dst: str, src: str) -> None:
    assert flow_of(f"flow: {dst} {arrow} {src}:").flow == (FlowEdge(dst, src, ()),)


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        ("&x", "address-of"),
        ('f(" (return) at f.go:1:2")', "call parameter"),
        ("(func(int) string)(&.dict[0])(v)", "call parameter"),
        ("s at (t)", "assign-pair-func-call"),
        ("x", "//go:uintptrescapes"),
    ],
)
def test_steps(expr: str, reason: str) -> None:
    decision = flow_of("flow: {heap} ← &x:", f"  from {expr} ({reason}) at f.go:7:9")
    assert decision.flow[0].steps == (FlowStep(expr, reason, Location("/src/f.go", from_display(7, 9))),)


def test_a_step_without_a_place_is_where_the_explanation_is() -> None:
    def explanation(line: int) -> str:
        at = f"f.go:{line}:5:"
        return (
            f"{at} x escapes to heap in f:\n{at}   flow: {{heap}} ← &x:\n"
            f"{at}     from x (spill) at <unknown line number>\n{at}     from x (spill) at <autogenerated>:1\n"
        )

    records = parse((explanation(3) + explanation(4)).encode(), cwd="/src")
    steps = [[step.at for step in record.flow[0].steps] for record in records if isinstance(record, Decision)]
    generated = Location("<autogenerated>", from_display(1, 0))
    assert steps == [[AT, generated], [Location("/src/f.go", from_display(4, 5)), generated]]


def test_a_cycle_truncates_the_flow() -> None:
    decision = flow_of(
        "flow: {heap} ← x:",
        "warning: truncated explanation due to assignment cycle; see golang.org/issue/35518",
    )
    assert decision.flow_truncated
    assert decision.flow == (FlowEdge("{heap}", "x", ()),)


def test_of_a_long_flow_the_beginning_and_the_end_are_kept() -> None:
    lines = [
        line
        for n in range(50)
        for line in (f"flow: v{n + 1} ← v{n}:", f"  from v{n} (a) at f.go:{n}:1", f"  from v{n} (b) at f.go:{n}:2")
    ]
    decision = flow_of(*lines, most=9)
    assert decision.flow_truncated
    assert [(edge.dst, [step.reason for step in edge.steps]) for edge in decision.flow] == [
        ("v1", ["a", "b"]),
        ("v2", ["a", "b"]),
        ("v50", ["a", "b"]),
    ]
    decision = flow_of(*lines, most=6)
    # The first step that is kept of the end has its edge with it.
    assert [(edge.dst, [step.reason for step in edge.steps]) for edge in decision.flow] == [
        ("v1", ["a", "b"]),
        ("v2", []),
        ("v50", ["a", "b"]),
    ]
    assert not flow_of(*lines[:6], most=9).flow_truncated


@pytest.mark.parametrize("most", [0, 1, 2, 3, 5, 7])
def test_the_bound_holds(most: int) -> None:
    lines = ["flow: a ← b:", *[f"  from v{n} (a) at f.go:{n}:1" for n in range(40)]]
    decision = flow_of(*lines, most=most)
    assert decision.flow_truncated
    assert sum(1 + len(edge.steps) for edge in decision.flow) <= most + 1


def test_of_repeated_leaks_the_first_is_kept() -> None:
    def leak(root: str, step: str, function: str = " for f") -> str:
        at = "f.go:3:5:"
        return (
            f"{at} parameter p leaks to {root}{function} with derefs=0:\n"
            f"{at}   flow: {root} ← p:\n{at}     from {step} (assign) at f.go:9:1\n"
        )

    text = (
        leak("{heap}", "one")
        + leak("~r0", "two")
        + leak("{heap}", "three", " for f[go.shape.int]")
        + leak("{heap}", "four")
    )
    parser = LogParser({}, "/src")
    records = [*parser.feed(text.encode()), *parser.close()]
    assert [record.flow[0].steps[0].expr for record in records if isinstance(record, Decision)] == ["one", "two"]
    assert (parser.counts.repeated, parser.counts.passed_over, parser.counts.flow) == (2, 4, 4)


def test_what_has_no_position() -> None:
    text = (
        "<unknown line number>: #next escapes to heap in f:\n<unknown line number>:   flow: {heap} ← &#next:\n"
        "f capturing by ref: #next (addr=false assign=true width=8)\nmoved to heap: #next\n"
    )
    records = parse(text.encode())
    assert [(r.kind, r.subject, r.at.path) for r in records if isinstance(r, Decision)] == [
        (Kind.EXPLAINED, "#next", "<unknown line number>"),
        (Kind.CAPTURED, "#next", "<unknown line number>"),
        (Kind.MOVED, "#next", "<unknown line number>"),
    ]
    assert len(records) == 3


@pytest.mark.parametrize(
    "name",
    [
        "/w/a b.go",
        "/w/prix é.go",
        "/w/a:1:2: x escapes to heap.go",
        "/w/x:5",
        "/w/look (a) at b.go",
        "C:\\w\\f.go",
        "/w/a: b.go",
        "/w/a: b:5",
    ],
)
@pytest.mark.parametrize("place", [":12:34", ":12"])
def test_known_names(name: str, place: str) -> None:
    text = (
        f"{name}{place}: x escapes to heap in f:\n{name}{place}:   flow: {{heap}} ← &x:\n"
        f"{name}{place}:     from x (spill) at {name}{place}\n{name}{place}: moved to heap: x\n"
    )
    names = {"/w/a": "/no.go", "/w/x": "/no.go", "/w/a: b": "/no.go", name: "/real/file.go"}
    explained, moved = parse(text.encode(), names)
    at = Location("/real/file.go", from_display(12, 34 if place == ":12:34" else 0))
    assert moved == Decision(Kind.MOVED, at, "x")
    assert explained == Decision(
        Kind.EXPLAINED, at, "x", "f", "", (FlowEdge("{heap}", "&x", (FlowStep("x", "spill", at),)),)
    )


def test_unknown_names() -> None:
    names = [b"sub dir/a: b.go", b"./f.go", b"/abs/f.go", b"\xff.go"]
    text = b"".join(name + b":1:2: moved to heap: x\n" for name in names)
    paths = [record.at.path for record in parse(text, cwd="/src") if isinstance(record, Decision)]
    assert paths == ["/src/sub dir/a: b.go", "/src/f.go", "/abs/f.go", "/src/\udcff.go"]


def test_what_a_line_directive_names_is_beside_the_real_file() -> None:
    names = {"/overlay/0/f.go": "/home/p/f.go", "/home/p/g.go": "/home/p/g.go"}
    printed = ("/overlay/0/parse.y", "/overlay/0/sub/parse.y", "/elsewhere/parse.y")
    text = "".join(f"{name}:1: moved to heap: x\n" for name in printed).encode()
    paths = [record.at.path for record in parse(text, names) if isinstance(record, Decision)]
    assert paths == ["/home/p/parse.y", "/home/p/sub/parse.y", "/elsewhere/parse.y"]


def test_errors_name_the_real_files() -> None:
    text = b"/overlay/f.go:3:5: f redeclared in this block\n\t/overlay/f.go:1:6: other declaration of f\n"
    assert parse(text, {"/overlay/f.go": "/src/f.go"}) == [
        BuildError("f redeclared in this block\n/src/f.go:1:6: other declaration of f", AT)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "open nosuch.go: no such file or directory\n",
        "compile: -importcfg: open x: no such file or directory\n",
        "flag provided but not defined: -nosuch\nusage: compile [options] file.go...\n  -%\tdebug initializers\n",
        "panic: x.go:1:2: index out of range\n\ngoroutine 1 [running]:\nmain.main()\n\t/go/src/x.go:12 +0x1d\n",
        "fatal error: out of memory\n\nruntime stack:\nruntime.throw({0x1, 0x2})\n\t/go/src/runtime/panic.go:1 +0x48\n",
    ],
)
def test_one_error_without_a_place(text: str) -> None:
    (error,) = parse(text.encode())
    assert error == BuildError(text.rstrip("\n").replace("\n\t", "\n"))


def test_a_crash_after_decisions_is_an_error() -> None:
    text = (
        BEFORE + "f.go:3:5: x escapes to heap in f:\nf.go:3:5:   flow: {heap} ← &x:\n"
        "f.go:9:1: internal compiler error: panic: oops\n\ngoroutine 1 [running]:\nmain.main()\n"
        "\t/go/src/x.go:12 +0x1d\n\nPlease file a bug report including a short program that triggers the error.\n"
    )
    parser = LogParser({}, "/src")
    records = [*parser.feed(text.encode()), *parser.close()]
    assert [type(record) for record in records] == [Decision, Decision, BuildError]
    error = records[-1]
    assert isinstance(error, BuildError)
    assert error.at == Location("/src/f.go", from_display(9, 1))
    assert error.message.startswith("internal compiler error: panic: oops\n")
    assert (parser.counts.errors, parser.counts.faulty) == (1, 7)


def test_an_unknown_record_is_no_error_once_the_compiler_decides() -> None:
    text = BEFORE + "f.go:3:5: frobnicating x\nf.go:3:5: moved to heap: x\n"
    _, problem, moved = parse(text.encode(), cwd="/src")
    assert problem == Problem("unknown record", "/src/f.go", "frobnicating x", AT)
    assert moved == Decision(Kind.MOVED, AT, "x")


def test_a_stray_line_does_not_end_an_explanation() -> None:
    text = (
        BEFORE + "f.go:3:5: x escapes to heap in f:\nf.go:3:5:   flow: {heap} ← &x:\n"
        'f.go:3:5:     from "a\nb" (spill) at f.go:9:1\nf.go:3:5:     from x (return) at f.go:9:2\n'
        "f.go:3:5: moved to heap: x\n"
    )
    records = parse(text.encode(), cwd="/src")
    decisions = [record for record in records if isinstance(record, Decision)]
    assert [decision.kind for decision in decisions] == [Kind.CANNOT_INLINE, Kind.EXPLAINED, Kind.MOVED]
    assert decisions[1].flow_truncated
    assert [step.reason for step in decisions[1].flow[0].steps] == ["return"]
    assert {record.what for record in records if isinstance(record, Problem)} == {
        "unreadable line",
        "unreadable line of an explanation",
    }


def test_an_explanation_without_its_beginning() -> None:
    text = (
        BEFORE
        + "f.go:3:5:   flow: {heap} ← &x:\nf.go:3:5:     from x (spill) at f.go:9:1\nf.go:3:5: moved to heap: x\n"
    )
    parser = LogParser({}, "/src")
    records = [*parser.feed(text.encode()), *parser.close()]
    assert [type(record) for record in records] == [Decision, Problem, Decision]
    assert (parser.counts.problems, parser.counts.passed_over) == (1, 1)


def test_an_unfinished_line_is_not_trusted() -> None:
    assert parse(b"f.go:3:5: can inline f with co", cwd="/src") == [
        Problem("the log ends within a line", "", "f.go:3:5: can inline f with co")
    ]


def test_an_explanation_that_ends_within_a_line_is_truncated() -> None:
    text = BEFORE + "f.go:3:5: x escapes to heap in f:\nf.go:3:5:   flow: {heap} ← &x:\nf.go:3:5:     from x (sp"
    _, explained, problem = parse(text.encode(), cwd="/src")
    assert explained == Decision(Kind.EXPLAINED, AT, "x", "f", "", (FlowEdge("{heap}", "&x", ()),), flow_truncated=True)
    assert isinstance(problem, Problem)


def test_packages_of_go_build_are_told_apart() -> None:
    text = BEFORE + "# example.com/b\nb.go:1:2: undefined: x\n"
    parser = LogParser({}, "/src")
    records = [*parser.feed(text.encode()), *parser.close()]
    assert [type(record) for record in records] == [Decision, BuildError]
    assert parser.counts.other == 1


def test_what_is_kept_is_bounded() -> None:
    huge = "x" * 3_000_000
    parser = LogParser({}, "/src")
    text = f'f.go:3:5: "{huge}" escapes to heap\n' + "".join(f"f.go:{n}:5: {huge[:5000]} ? {n}\n" for n in range(1000))
    records = [*parser.feed(text.encode()), *parser.close()]
    assert isinstance(records[0], Decision)
    assert len(records[0].subject) < 5000
    problems = [record for record in records if isinstance(record, Problem)]
    assert 0 < len(problems) < 1000
    assert all(len(problem.text) <= 1000 for problem in problems)
    assert parser.counts.problems == 1000


def test_a_line_without_an_end_is_bounded() -> None:
    parser = LogParser({}, "/src")
    for _ in range(200):
        assert parser.feed(b"a at (b) " * 10_000) == []
    (problem,) = parser.close()
    assert isinstance(problem, Problem)
    assert len(problem.text) <= 1000


def test_bytes_that_are_not_utf_8() -> None:
    moved, error = parse(
        b"f.go:3:5: moved to heap: x\xff\xfe\nf.go:3:5: internal compiler error: \xc3\x28\n", cwd="/src"
    )
    assert moved == Decision(Kind.MOVED, AT, "x\ufffd\ufffd")
    assert error == BuildError("internal compiler error: \ufffd(", AT)


FRAGMENTS = [
    fragment.encode()
    for fragment in (
        "f.go:3:5: ",
        "f.go:3: ",
        "f.go:3:5:   ",
        "<autogenerated>:1: ",
        "<unknown line number>: ",
        "# p",
        "\t",
        "  ",
        "flow: ",
        "  from ",
        " ← ",
        " = ",
        "{heap}",
        "{storage for ",
        "}",
        '"',
        "'",
        "\\",
        " (",
        ")",
        " at ",
        ":",
        ": ",
        " escapes to heap",
        " in ",
        "parameter ",
        " leaks to ",
        " with derefs=0:",
        "can inline ",
        "cannot inline ",
        " with cost 3 as: ",
        "leaking param: ",
        " to result ",
        " level=0",
        " capturing by ref: ",
        " (addr=a assign=b width=8)",
        "moved to heap: ",
        " does not escape",
        "panic: ",
        "internal compiler error: ",
        "convert: ",
        "write barrier",
        "x",
        "\n",
        "\x00",
        "\r",
        "99999999999999999999",
        ":0:0: ",
    )
] + [b"\xff"]


@settings(deadline=None, max_examples=400)
@example([b"f.go:3:5: ", b"parameter ", b" leaks to ", b" with derefs=0:", b"\n"], [])
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=60), st.lists(st.integers(0, 40), max_size=20))
def test_no_input_breaks_it(fragments: list[bytes], sizes: list[int]) -> None:
    text = b"".join(fragments)
    parser = LogParser({"f.go": "/src/f.go", "a: b at (c)": "/src/d.go"}, "/src", max_flow_steps=4)
    records: list[Record] = []
    start = 0
    for size in sizes:
        records += parser.feed(text[start : start + size])
        start += size
    records += [*parser.feed(text[start:]), *parser.close()]
    counts = parser.counts
    told = sum(counts.kept.values()) + counts.repeated + counts.flow + counts.passed_over + counts.faulty + counts.other
    assert told == counts.lines
    assert counts.lines == text.count(b"\n") + (not text.endswith(b"\n") and text != b"")
    assert len(records) == sum(counts.kept.values()) + counts.problems + counts.errors
    assert records == parse(text, {"f.go": "/src/f.go", "a: b at (c)": "/src/d.go"}, "/src", max_flow_steps=4)


def test_the_standard_library_names_its_files_relative_to_goroot() -> None:
    log = (
        b"$GOROOT/src/slices/slices.go:10:6: can inline slices.Clone[go.shape.int]\n/src/a.go:3:4: x escapes to heap\n"
    )
    parser = LogParser({}, "/src", goroot="/usr/lib/go")
    records = [*parser.feed(log), *parser.close()]
    assert [one.at.path for one in records if isinstance(one, Decision)] == [
        "/usr/lib/go/src/slices/slices.go",
        "/src/a.go",
    ]
