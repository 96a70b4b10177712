"""Every rewrite's examples: applied by the engine with the real compiler, and run, before and after.

What a rewrite makes of ``before`` is ``after``, to the byte and as gofmt has it; a probe of either emits the same, and
allocates less afterwards; their functions do the same with generated inputs. What it is to refuse stays as it is.
What takes long is made once for the tests of a kind, which run in one worker (``--dist loadfile``).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from program import MODULE, Ran, run, sources, write_files

from gomodule import Quiet
from stackward.core.outcome import ToolchainMissing
from stackward.engine.fix import Wanted
from stackward.engine.fixall import FixReport, fix_packages
from stackward.engine.session import Session
from stackward.rewrites import REWRITES, Applicability, Example, Refused, Rewrite
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain, discover
from stackward.toolchain.process import CancelToken


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


def fixed(
    shop: Shop, folder: str, kind: str, wanted: Mapping[str, tuple[Rewrite, Mapping[str, str]]]
) -> dict[str, FixReport]:
    """What ``fix`` makes of packages, each in a module of its own below ``folder``, by name."""
    reports: dict[str, FixReport] = {}
    session = Session(Quiet(), work=str(shop.root / "work"), jobs=2)
    root = shop.root / folder
    for name, (_, files) in wanted.items():
        write_files(root / name, {"go.mod": f"module {MODULE}\n\ngo 1.{shop.minor}\n", **files})
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


def selected(request: pytest.FixtureRequest, *tests: str) -> set[tuple[str, int]]:
    """What tests of this module were selected for: nothing else has to be compiled."""
    given = [one.callspec.params for one in request.session.items if getattr(one, "originalname", "") in tests]
    return {(one["rewrite"].name, one["number"]) for one in given}


@pytest.fixture(scope="module")
def rewritten(shop: Shop, request: pytest.FixtureRequest) -> dict[str, FixReport]:
    names = here(shop, selected(request, "test_example"))
    wanted = {
        name: (rewrite, sources(example, 0))
        for rewrite, number, example in EXAMPLES
        if (name := label("example", rewrite, number)) in names
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
    assert made == after, (made, reasons, [one.title for one in report.applied])
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


def here(shop: Shop, chosen: set[tuple[str, int]]) -> dict[str, Example]:
    """The examples of this release that were chosen, by name."""
    return {
        label("example", rewrite, number): example
        for rewrite, number, example in EXAMPLES
        if example.since <= shop.minor and (rewrite.name, number) in chosen
    }


@pytest.fixture(scope="module")
def ran(shop: Shop, request: pytest.FixtureRequest) -> Ran:
    chosen = selected(request, "test_same_behaviour", "test_same_for_generated_inputs")
    return run(here(shop, chosen), shop.root / "program", shop.toolchain)


@pytest.mark.parametrize(
    ("rewrite", "number", "example"), EXAMPLES, ids=[label("probe", one, number) for one, number, _ in EXAMPLES]
)
def test_same_behaviour(rewrite: Rewrite, number: int, example: Example, ran: Ran, shop: Shop) -> None:
    if example.since > shop.minor:
        pytest.skip(f"Go 1.{example.since} and newer")
    before, after = ran.probes[label("example", rewrite, number)]
    assert before.out, "the probe emits nothing"
    assert after.out == before.out
    saved = before.allocations - after.allocations
    assert saved >= example.saves, f"{before.allocations} allocations before, {after.allocations} after"


@pytest.mark.parametrize(
    ("rewrite", "number", "example"), EXAMPLES, ids=[label("generated", one, number) for one, number, _ in EXAMPLES]
)
def test_same_for_generated_inputs(rewrite: Rewrite, number: int, example: Example, ran: Ran, shop: Shop) -> None:
    if example.since > shop.minor:
        pytest.skip(f"Go 1.{example.since} and newer")
    verdicts = ran.verdicts[label("example", rewrite, number)]
    assert not [one for one in verdicts if one.difference or one.skipped]
    assert any(one.returned for one in verdicts) or example.undriven, "no call with generated inputs returned"


def test_all_have_examples() -> None:
    assert not [one.name for one in REWRITES if not listed(one, "EXAMPLES") or not listed(one, "REFUSALS")]
    unproved = [label("example", one, number) for one, number, example in EXAMPLES if not example.probe]
    assert not unproved
