"""Builds one module of all case files, runs it, and judges every label by what was measured."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allocations.casefile import CaseFile, Label, Runner, Verdict, parse

HERE = Path(__file__).parent
MODULE = "example.com/truth"
GO_COMMANDS = ("", *filter(None, os.environ.get("STACKWARD_TEST_GO", "").split(os.pathsep)))
"""What the tests run with: the default toolchain, and go commands that ``STACKWARD_TEST_GO`` lists as ``PATH`` does."""
PAGE = 8192
"""Objects of more than 32 KiB take whole pages."""

_ENVIRONMENT = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOWORK": "off"}
_ENVIRONMENT |= {"GODEBUG": "", "GOEXPERIMENT": ""}
_BLOCK = re.compile(rf"(?m)^{re.escape(MODULE)}/(\w+)/p\.go:(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$")
_TYPE = re.compile(r"\(([^()]+):(\d+)\)\s+\w+\s+\$?(?:type|go:itab)[:.](?:noalg\.)?(.+?)(?:,[^,]+)?\(SB\)")
_CALL = re.compile(r"\(([^()]+):(\d+)\)\s+CALL\s+(runtime\.\w+)\(SB\)")


@dataclass(frozen=True, slots=True)
class Amount:
    """What one line allocated in all runs together; ``callees`` are functions called there that did."""

    objects: int = 0
    bytes: int = 0
    callees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """What one call of a runner costs, and what each line of its case file allocated in ``Measured.runs`` calls."""

    allocs: float
    bytes: float
    lines: Mapping[int, Amount]


@dataclass(frozen=True, slots=True)
class Measured:
    """One toolchain's truth: ``runs`` by case and runner; by case and line, ``calls`` has the functions of the runtime
    that the object code calls, and ``types`` the types whose descriptors it names.
    """

    minor: int
    repeats: int
    classes: tuple[int, ...]
    init: Mapping[tuple[str, int], Amount]
    runs: Mapping[tuple[str, str], Run]
    calls: Mapping[tuple[str, int], frozenset[str]]
    types: Mapping[tuple[str, int], frozenset[str]]


def load() -> tuple[CaseFile, ...]:
    """All case files, by name."""
    paths = sorted((HERE / "cases").glob("*.go.txt"))
    return tuple(parse(path.name.removesuffix(".go.txt"), path.read_text(encoding="utf-8")) for path in paths)


def measure(go: str, minor: int, cases: Iterable[CaseFile], work: Path) -> Measured:
    """Compiles the cases with this go command and runs them; one build, one process."""
    root, program, listing = _build(go, minor, cases, work, f"-gcflags={MODULE}/...=-S")
    answer = str(root / "answer.json")
    # Set at the start, so that what package variables allocate is in the profile.
    _run([program, str(root), answer], root, GODEBUG="memprofilerate=1")
    found = json.loads(Path(answer).read_text(encoding="utf-8"))
    return Measured(
        minor,
        found["Runs"],
        tuple(found["Classes"]),
        _amounts(found["Init"]),
        {(one["Case"], one["Name"]): Run(one["Allocs"], one["Bytes"], _by_line(one)) for one in found["Runners"]},
        _named(_CALL, listing),
        _named(_TYPE, listing),
    )


def cover(go: str, minor: int, cases: Iterable[CaseFile], work: Path) -> dict[str, frozenset[int]]:
    """The lines that all runners together reach, by case; those of the releases before ``minor`` have none."""
    root, program, _ = _build(go, minor, cases, work, "-cover", "-covermode=set", f"-coverpkg={MODULE}/...")
    data, profile = root / "data", root / "profile.txt"
    data.mkdir()
    _run([program, str(root), str(root / "answer.json")], root, GOCOVERDIR=str(data))
    _run([go, "tool", "covdata", "textfmt", f"-i={data}", f"-o={profile}"], root)
    lines: dict[str, set[int]] = {case.name: set() for case in cases}
    for case, first, last, count in _BLOCK.findall(profile.read_text(encoding="utf-8")):
        if int(count):
            lines.setdefault(case, set()).update(range(int(first), int(last) + 1))
    return {name: frozenset(found) for name, found in lines.items()}


def version_of(go: str) -> str:
    """What a go command says it is: ``go1.26.6``."""
    return subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout.strip()


def minor_of(version: str) -> int:
    """26 for ``go1.26.6`` and ``go1.26rc1``."""
    found = re.match(r"go1\.(\d+)", version)
    assert found, version
    return int(found[1])


def _build(go: str, minor: int, cases: Iterable[CaseFile], work: Path, *flags: str) -> tuple[Path, str, str]:
    """The module's folder, the program, and what the build printed."""
    root = (work / "m").resolve()
    _write(root, [case for case in cases if case.since <= minor])
    program = str(root / "truth.exe")
    return root, program, _run([go, "build", *flags, "-o", program, "."], root)


def _run(command: list[str], root: Path, **environment: str) -> str:
    """What a command prints to its standard error; that it fails is a failure of the test."""
    env = {**os.environ, **_ENVIRONMENT, **environment}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, "\n".join(line for line in done.stderr.splitlines() if not line.startswith("\t"))
    return done.stderr


def _write(root: Path, cases: Iterable[CaseFile]) -> None:
    root.mkdir(parents=True)
    (root / "go.mod").write_text(f"module {MODULE}\n\ngo 1.23\n", encoding="utf-8")
    (root / "main.go").write_text((HERE / "prover.go.txt").read_text(encoding="utf-8"), encoding="utf-8")
    imports = []
    for case in cases:
        (root / case.name).mkdir()
        (root / case.name / "p.go").write_text(case.text, encoding="utf-8")
        imports.append(f'\t{case.name}_ "{MODULE}/{case.name}"\n')
    # Those that leave goroutines behind come last: each collection after them has all those stacks to look at.
    runners = sorted(((case.name, one.name) for case in cases for one in case.runners), key=lambda row: _leaves(row[1]))
    rows = [f'\t{{"{case}", "{name}", {case}_.{name}}},\n' for case, name in runners]
    table = f"package main\n\nimport (\n{''.join(imports)})\n\nvar runners = []runner{{\n{''.join(rows)}}}\n"
    (root / "table.go").write_text(table, encoding="utf-8")


def _leaves(runner: str) -> bool:
    return runner.endswith("Kept")


def _amounts(found: Mapping[str, Any]) -> dict[tuple[str, int], Amount]:
    amounts = {}
    for at, one in found.items():
        case, _, line = at.partition(":")
        amounts[case, int(line)] = Amount(one["Objects"], one["Bytes"], tuple(sorted(set(one["Callees"] or ()))))
    return amounts


def _by_line(one: Mapping[str, Any]) -> dict[int, Amount]:
    return {line: amount for (case, line), amount in _amounts(one["Lines"]).items() if case == one["Case"]}


def _named(pattern: re.Pattern[str], listing: str) -> dict[tuple[str, int], frozenset[str]]:
    """What a pattern finds in the object code, by case and line; the package's own types without their package."""
    named: dict[tuple[str, int], set[str]] = {}
    for path, line, name in pattern.findall(listing):
        case = Path(path).parent.name
        named.setdefault((case, int(line)), set()).add(name.replace(f"{MODULE}/{case}.", ""))
    return {at: frozenset(names) for at, names in named.items()}


def family(name: str) -> str:
    """The name that labels use for a group of runtime functions that a release chooses from by size and pointers."""
    short = name.removeprefix("runtime.")
    if short.startswith("moveSliceNoCap"):
        return "moveSliceNoCap"
    return "newobject" if short.startswith("mallocgc") else short


def judge(case: CaseFile, measured: Measured) -> Iterator[str]:
    """Everything that a label or a runner says and the measurement does not."""
    labels = case.labels_in(measured.minor)
    by_line: dict[int, list[Label]] = {}
    for label in labels:
        by_line.setdefault(label.line, []).append(label)
    lost = {label.function for label in labels if label.get("profiled") == "caller"}
    for runner in case.runners:
        run = measured.runs[case.name, runner.name]
        yield from _judge_claims(runner, run, measured.minor)
        shown = {line: one for line, one in run.lines.items() if not (line == runner.call and runner.calls & lost)}
        yield from (f"{runner.name}: {text}" for text in _unlabelled(shown, by_line))
    # Package variables without a label are what the runners are given.
    started = {line: one for (name, line), one in measured.init.items() if name == case.name and line in by_line}
    yield from (f"at the start: {text}" for text in _unlabelled(started, by_line))
    for line, group in by_line.items():
        yield from (f"line {line}: {text}" for text in _judge_line(case, group, measured))


def _judge_claims(runner: Runner, run: Run, minor: int) -> Iterator[str]:
    claim = runner.claim("allocs", minor)
    if claim is None:
        yield f"{runner.name}: no claim for 1.{minor}; measured {run.allocs}"
    elif not claim.least <= run.allocs <= claim.most:
        yield f"{runner.name}: {run.allocs} allocations, not {claim.least}..{claim.most}"
    claim = runner.claim("bytes", minor)
    if claim is not None and not claim.least <= round(run.bytes) <= claim.most:
        yield f"{runner.name}: {run.bytes} bytes, not {claim.least}..{claim.most}"


def _unlabelled(lines: Mapping[int, Amount], by_line: Mapping[int, list[Label]]) -> Iterator[str]:
    for line, amount in lines.items():
        verdicts = {label.verdict for label in by_line.get(line, ())}
        if amount.objects and not verdicts & {Verdict.ALWAYS, Verdict.SOMETIMES}:
            yield f"line {line} allocated {amount.objects} objects, {amount.bytes} bytes, without a label that says so"
        if amount.callees and Verdict.CALLEE not in verdicts:
            yield f"line {line}: {', '.join(amount.callees)} allocated, without a callee label"


def _amount(run: Run, runner: Runner, line: int, shown: str) -> Amount:
    match shown:
        case "caller":
            return run.lines.get(runner.call, Amount())
        case "nowhere":
            return Amount(round(run.allocs * 100))
        case _:
            return run.lines.get(line, Amount())


def _judge_line(case: CaseFile, group: list[Label], measured: Measured) -> Iterator[str]:
    first = group[0]
    if first.function not in {"", "init"}:
        runners = [one for one in case.runners if first.function in one.calls or first.function == one.name]
        shown = next(filter(None, (label.get("profiled") for label in group)), "here")
        amounts = [_amount(measured.runs[case.name, one.name], one, first.line, shown) for one in runners]
        repeats = measured.repeats
    else:
        amounts = [measured.init.get((case.name, first.line), Amount())]
        repeats = 1
    if not amounts:
        yield "no runner reaches it"
        return
    calls = {family(name) for name in measured.calls.get((case.name, first.line), ())}
    for label in group:
        for name in (label.get("runtime") or "").split(",") if label.get("runtime") else ():
            if name not in calls:
                yield f"calls {', '.join(sorted(calls)) or 'nothing'} of the runtime, not {name}"
        stated, types = label.get("type"), measured.types.get((case.name, first.line), frozenset())
        if stated is not None and stated.replace("any", "interface {}") not in types:
            yield f"names the types {', '.join(sorted(types)) or 'none'}, not {stated}"
    always = [label for label in group if label.verdict is Verdict.ALWAYS]
    sometimes = [label for label in group if label.verdict is Verdict.SOMETIMES]
    callees = [label for label in group if label.verdict is Verdict.CALLEE]
    if always:
        yield from _judge_always(always, amounts, repeats, measured.classes, only=not sometimes)
    if sometimes:
        floor = len(always) * repeats
        # What a collection emptied (the pool of deferred calls) is filled again by the first of many runs.
        spared = floor + repeats // 10
        if not any(amount.objects > spared for amount in amounts):
            yield "no runner makes it allocate"
        if repeats > 1 and not any(amount.objects <= spared for amount in amounts):
            yield "every runner makes it allocate"
    if callees and not any(amount.callees for amount in amounts):
        yield "nothing called there allocated"
    for label in callees:
        if not any(label.get("in") in callee for amount in amounts for callee in amount.callees):
            yield f"allocated by {[amount.callees for amount in amounts]}, not {label.get('in')}"


def _judge_always(
    always: list[Label], amounts: list[Amount], repeats: int, classes: tuple[int, ...], *, only: bool
) -> Iterator[str]:
    # Of objects that share a block of 16 bytes, the profile shows the one that opened it.
    tiny = sum((label.bytes or 0) < 16 for label in always)
    floor = repeats * (len(always) - tiny) + bool(tiny)
    branch = all(label.branch for label in always)
    for amount in amounts:
        if amount.objects < floor and not (branch and not amount.objects):
            yield f"{amount.objects} objects in {repeats} runs, expected {floor} or more"
    if not any(amount.objects for amount in amounts):
        yield "no runner makes it allocate"
    if only and len(always) == 1 and always[0].bytes is not None:
        for amount in filter(lambda one: one.objects, amounts):
            each = amount.bytes / amount.objects
            if each not in _sizes(always[0], classes):
                yield f"objects of {each} bytes, expected {_sizes(always[0], classes)}"


def _sizes(label: Label, classes: tuple[int, ...]) -> set[int]:
    """The size classes that an object of these bytes may have, a tiny block and a header for pointers included."""
    if stated := label.get("class"):
        return {int(stated)}
    assert label.bytes is not None
    size = label.bytes
    sizes = {16} if size < 16 else set()
    for wanted in (size, size + 8) if size > 512 else (size,):
        rounded = -(-wanted // PAGE) * PAGE
        sizes.add(next((one for one in classes if one >= wanted), rounded) if wanted <= 32768 else rounded)
    return sizes
