"""Asking the type facts helper about marked pieces of Go text."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from stackward.core.facts import ExprFacts, Query
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain
from stackward.toolchain.recipe import Recorder
from stackward.toolchain.typefacts import TypeFacts
from stackward.toolchain.unit import Recorded, Unit


def units(root: Path, toolchain: Toolchain, *patterns: str, config: BuildConfig | None = None) -> tuple[Unit, ...]:
    recorder = Recorder(toolchain.go, config or BuildConfig(), str(root.parent / "recipes"))
    recorded = recorder.record(str(root), patterns or (".",))
    assert isinstance(recorded, Recorded), recorded
    assert not recorded.failures
    return recorded.units


def ask(
    checker: TypeFacts,
    unit: Unit,
    *marked: str,
    overlays: Mapping[str, bytes] | None = None,
    archives: Mapping[str, str] | None = None,
    uses: bool = False,
) -> list[ExprFacts]:
    """The facts about pieces of text, each with what is asked about between « and », which must all have an answer."""
    texts = {path: (overlays or {}).get(path) or Path(path).read_bytes() for path in unit.files if os.path.exists(path)}
    queries = []
    for one in marked:
        before, inner, after = (part.encode() for part in re.split("[«»]", one))
        [(path, at)] = [
            (path, found.start())
            for path, text in texts.items()
            for found in re.finditer(re.escape(before + inner + after), text)
        ]
        start = at + len(before)
        queries.append(Query(path, start, start + len(inner), uses))
    facts = checker.facts(unit, overlays or {}, archives or {}, queries)
    assert isinstance(facts, tuple), facts
    assert None not in facts
    return [one for one in facts if one is not None]


def type_of(facts: ExprFacts) -> str:
    assert facts.type is not None
    return facts.type.type


def implicit(facts: ExprFacts) -> str:
    return facts.implicit.type if facts.implicit is not None else ""
