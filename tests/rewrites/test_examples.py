"""Every rewrite's examples: applied by the engine with the real compiler, and run, before and after.

What a rewrite makes of ``before`` is ``after``, to the byte and as gofmt has it; a probe of either emits the same, and
allocates less afterwards. What it is to refuse stays as it is.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from gomodule import Quiet
from stackward.core.outcome import ToolchainMissing
from stackward.engine.fix import Wanted
from stackward.engine.fixall import FixReport, fix_packages
from stackward.engine.session import Session
from stackward.rewrites import REWRITES, Applicability, Example, Refused, Rewrite
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain, discover
from stackward.toolchain.process import CancelToken

MODULE = "example.com/m"


def listed(rewrite: Rewrite, name: str) -> tuple[object, ...]:
    return getattr(sys.modules[rewrite.propose.__module__], name)


EXAMPLES = [(rewrite, number, one) for rewrite in REWRITES for number, one in enumerate(listed(rewrite, "EXAMPLES"))]
REFUSALS = [(rewrite, number, one) for rewrite in REWRITES for number, one in enumerate(listed(rewrite, "REFUSALS"))]


def label(kind: str, rewrite: Rewrite, number: int) -> str:
    return f"{kind}_{rewrite.name.replace('-', '_')}_{number}"


@dataclass(frozen=True)
class Shop:
    """The toolchain that the examples are for, and a place to write them."""

    root: Path
    toolchain: Toolchain

    @property
    def minor(self) -> int:
        return self.toolchain.minor


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    toolchain = discover(BuildConfig())
    assert not isinstance(toolchain, ToolchainMissing), toolchain
    return Shop(tmp_path_factory.mktemp("rewrites"), toolchain)


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def fixed(
    shop: Shop, folder: str, kind: str, wanted: Mapping[str, tuple[Rewrite, Mapping[str, str]]]
) -> dict[str, FixReport]:
    """What ``fix`` makes of packages, each in a module of its own below ``folder``, by name."""
    reports: dict[str, FixReport] = {}
    session = Session(Quiet(), work=str(shop.root / "work"), jobs=2)
    root = shop.root / folder
    for name, (_, files) in wanted.items():
        write(root / name, {"go.mod": f"module {MODULE}\n\ngo 1.{shop.minor}\n", **files})
    every = (Applicability.SAFE, Applicability.REVIEW)
    opened = session.add_folder(str(root), BuildConfig(go=shop.toolchain.go))
    for name, (rewrite, _) in wanted.items():
        report = fix_packages(
            opened,
            session.texts,
            str(root / name),
            ["./..."],
            Wanted((rewrite,), every),
            parallel=2,
            progress=lambda *_: None,
            cancel=CancelToken(),
        )
        assert isinstance(report, FixReport), report
        assert not report.failures, (kind, name, report.failures)
        reports[name] = report
    session.finish()
    return reports


def sources(example: Example, which: int) -> dict[str, str]:
    own = example.before if which == 0 else example.after
    return {"p.go": own, **{name: texts[which] for name, texts in example.also.items()}}


def selected(request: pytest.FixtureRequest, test: str) -> set[tuple[str, int]]:
    """What a test of this module was selected for: nothing else has to be compiled."""
    given = [one.callspec.params for one in request.session.items if getattr(one, "originalname", "") == test]
    return {(one["rewrite"].name, one["number"]) for one in given}


@pytest.fixture(scope="module")
def rewritten(shop: Shop, request: pytest.FixtureRequest) -> dict[str, FixReport]:
    chosen = selected(request, "test_example")
    wanted = {
        label("example", rewrite, number): (rewrite, sources(example, 0))
        for rewrite, number, example in EXAMPLES
        if example.since <= shop.minor and (rewrite.name, number) in chosen
    }
    return fixed(shop, "examples", "example", wanted)


@pytest.mark.parametrize(
    ("rewrite", "number", "example"), EXAMPLES, ids=[label("example", one, number) for one, number, _ in EXAMPLES]
)
def test_example(
    rewrite: Rewrite, number: int, example: Example, rewritten: Mapping[str, FixReport], shop: Shop
) -> None:
    if example.since > shop.minor:
        pytest.skip(f"Go 1.{example.since} and newer")
    name = label("example", rewrite, number)
    report = rewritten[name]
    root = shop.root / "examples" / name
    after = {str(root / path): text for path, text in sources(example, 1).items()}
    before = {str(root / path): text for path, text in sources(example, 0).items()}
    made = {path: report.after.get(path, text.encode()).decode() for path, text in before.items()}
    reasons = [(one.rewrite.name, one.reason) for one in report.rejected]
    assert made == after, (reasons, [one.title for one in report.applied])
    assert set(report.after) <= set(after)
    review = any(one.applicability is Applicability.REVIEW for one in report.applied)
    assert example.applicability is (Applicability.REVIEW if review else Applicability.SAFE)


@pytest.fixture(scope="module")
def left_alone(shop: Shop, request: pytest.FixtureRequest) -> dict[str, FixReport]:
    chosen = selected(request, "test_refusal")
    wanted = {
        label("refusal", rewrite, number): (rewrite, {"p.go": refused.source})
        for rewrite, number, refused in REFUSALS
        if refused.since <= shop.minor and (rewrite.name, number) in chosen
    }
    return fixed(shop, "refusals", "refusal", wanted)


@pytest.mark.parametrize(
    ("rewrite", "number", "refused"), REFUSALS, ids=[label("refusal", one, number) for one, number, _ in REFUSALS]
)
def test_refusal(
    rewrite: Rewrite, number: int, refused: Refused, left_alone: Mapping[str, FixReport], shop: Shop
) -> None:
    if refused.since > shop.minor:
        pytest.skip(f"Go 1.{refused.since} and newer")
    report = left_alone[label("refusal", rewrite, number)]
    assert not report.after, [one.title for one in report.applied]
    if refused.reason:
        assert any(refused.reason in one.reason for one in report.rejected), [one.reason for one in report.rejected]


_MAIN = """package main

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

{imports}
)

type result struct {{
	Name   string
	Out    []string
	Allocs float64
}}

func run(name string, probe func(func(any))) result {{
	r := result{{Name: name}}
	probe(func(v any) {{ r.Out = append(r.Out, fmt.Sprintf("%T %#v", v, v)) }})
	r.Allocs = testing.AllocsPerRun(20, func() {{ probe(func(any) {{}}) }})
	return r
}}

func main() {{
	var all []result
{calls}
	json.NewEncoder(os.Stdout).Encode(all)
}}
"""


@pytest.fixture(scope="module")
def ran(shop: Shop, request: pytest.FixtureRequest) -> dict[str, tuple[list[str], float]]:
    """What the probes of all examples emit, and how many objects they allocate; one program has them all."""
    root = shop.root / "program"
    imports, calls = [], []
    chosen = selected(request, "test_same_behaviour")
    for rewrite, number, example in EXAMPLES:
        if example.since > shop.minor or not example.probe or (rewrite.name, number) not in chosen:
            continue
        for which, word in enumerate(("before", "after")):
            name = f"{label(word, rewrite, number)}"
            files = {
                f"{name}/{path}": text.replace(MODULE, f"{MODULE}/{name}")
                for path, text in sources(example, which).items()
            }
            given = "".join(f'import "{path}"\n' for path in example.probe_imports)
            body = "".join(f"\t{line}\n" for line in example.probe.splitlines())
            files[f"{name}/probe.go"] = f"package p\n\n{given}\nfunc Probe(emit func(any)) {{\n{body}}}\n"
            write(root, files)
            imports.append(f'\t{name} "{MODULE}/{name}"')
            calls.append(f'\tall = append(all, run("{name}", {name}.Probe))')
    main = _MAIN.format(imports="\n".join(imports), calls="\n".join(calls))
    write(root, {"go.mod": f"module {MODULE}\n\ngo 1.{shop.minor}\n", "main.go": main})
    done = subprocess.run(
        [shop.toolchain.go, "run", "."], cwd=root, env=BuildConfig().environment(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return {one["Name"]: (one["Out"] or [], one["Allocs"]) for one in json.loads(done.stdout)}


def probes() -> Iterator[tuple[Rewrite, int, Example]]:
    return ((rewrite, number, example) for rewrite, number, example in EXAMPLES if example.probe)


@pytest.mark.parametrize(
    ("rewrite", "number", "example"), list(probes()), ids=[label("probe", one, number) for one, number, _ in probes()]
)
def test_same_behaviour(
    rewrite: Rewrite, number: int, example: Example, ran: Mapping[str, tuple[list[str], float]], shop: Shop
) -> None:
    if example.since > shop.minor:
        pytest.skip(f"Go 1.{example.since} and newer")
    before, after = ran[label("before", rewrite, number)], ran[label("after", rewrite, number)]
    assert before[0], "the probe emits nothing"
    assert after[0] == before[0]
    assert before[1] - after[1] >= example.saves, f"{before[1]} allocations before, {after[1]} after"


def test_all_have_examples() -> None:
    assert not [one.name for one in REWRITES if not listed(one, "EXAMPLES") or not listed(one, "REFUSALS")]
    unproved = [label("example", one, number) for one, number, example in EXAMPLES if not example.probe]
    assert not unproved
