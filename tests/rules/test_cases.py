"""Every rule's cases, compiled by the real compiler: the rule claims what they say, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gomodule import run_check, write_module
from stackward.core.hint import Hint
from stackward.rules import RULES, unclassified
from stackward.rules._rule import Rule


def cases(rule: Rule) -> tuple[object, ...]:
    import sys

    return sys.modules[rule.check.__module__].CASES


ALL = [(rule, number) for rule in RULES for number in range(len(cases(rule)))]


@pytest.fixture(scope="module")
def hints(tmp_path_factory: pytest.TempPathFactory, minor: int) -> dict[str, list[Hint]]:
    """The hints of all cases by package; they are compiled in one go."""
    root = tmp_path_factory.mktemp("cases")
    files = {
        f"{name(rule, number)}/case.go": cases(rule)[number].source
        for rule, number in ALL
        if cases(rule)[number].since <= minor
    }
    write_module(root / "m", files)
    report = run_check(root / "m")
    assert not [package.failure for package in report.packages if package.failure]
    assert not report.problems
    found: dict[str, list[Hint]] = {path.split("/")[0]: [] for path in files}
    for hint in report.hints:
        found[Path(hint.site.path).parent.name].append(hint)
    return found


def name(rule: Rule, number: int) -> str:
    return f"{rule.name.replace('-', '_')}_{number}"


@pytest.mark.parametrize(("rule", "number"), ALL, ids=[name(rule, number) for rule, number in ALL])
def test_case(rule: Rule, number: int, hints: dict[str, list[Hint]], minor: int) -> None:
    case = cases(rule)[number]
    if case.since > minor:
        pytest.skip(f"Go 1.{case.since} and newer")
    wanted = {
        (line, subject.strip())
        for line, text in enumerate(case.source.splitlines(), start=1)
        if (match := re.search(r"// want (.*)$", text))
        for subject in match[1].split(" | ")
    }
    mine = [hint for hint in hints[name(rule, number)] if hint.rule == rule.name]
    assert {(hint.site.range.start.line + 1, hint.site.subject) for hint in mine} == wanted
    assert not [hint.site.subject for hint in hints[name(rule, number)] if hint.rule == unclassified.RULE.name]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_page_is_whole(rule: Rule) -> None:
    assert rule.page.startswith(f"# {rule.name}\n")
    assert len(rule.page.splitlines()) > 5
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)


def test_the_registry_is_alphabetical_and_without_doubles() -> None:
    names = [rule.name for rule in RULES]
    assert names == sorted(set(names))
