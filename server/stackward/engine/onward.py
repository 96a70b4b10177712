"""Flows that go on in other packages, as far as those have been analysed.

The log of a package ends at its border: of a callee elsewhere it knows only that its parameter leaks. How is in the
log of that package. It is looked up when hints are shown, so that results stay functions of their own inputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from stackward.core.hint import Hint, HintStep
from stackward.core.site import Parameter, Passed
from stackward.engine.packages import PackageState
from stackward.engine.results import UnitResult
from stackward.rules import steps
from stackward.toolchain.unit import Variant

_MAX_CALLS = 8


class Onward:
    """Remembers what leaks in the last result of each package. Guarded by the session's lock."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[UnitResult, dict[tuple[str, str], Parameter]]] = {}

    def complete(self, hints: Sequence[Hint], packages: Iterable[PackageState]) -> tuple[Hint, ...]:
        """The hints with the steps that their values take in other packages."""
        if all(hint.onward is None for hint in hints):
            return tuple(hints)
        results = {
            unit_id.import_path: state.result
            for package in packages
            for unit_id, state in package.units.items()
            if unit_id.variant is Variant.PACKAGE and state.result is not None
        }
        return tuple(self._completed(hint, hint.onward, results) if hint.onward else hint for hint in hints)

    def _completed(self, hint: Hint, passed: Passed, results: dict[str, UnitResult]) -> Hint:
        further: list[HintStep] = []
        seen: set[Passed] = set()
        while passed not in seen and len(seen) < _MAX_CALLS:
            seen.add(passed)
            parameter = self._leaks(passed.package, results).get((passed.function, passed.parameter))
            if parameter is None:
                break
            further += steps(parameter.flow)
            if parameter.onward is None:
                break
            passed = replace(parameter.onward, package=parameter.onward.package or passed.package)
        return replace(hint, steps=(*hint.steps, *further)) if further else hint

    def _leaks(self, package: str, results: dict[str, UnitResult]) -> dict[tuple[str, str], Parameter]:
        result = results.get(package)
        if result is None:
            return {}
        known = self._known.get(package)
        if known is None or known[0] is not result:
            leaks = {
                (function.name, parameter.name): parameter
                for file in result.files
                for function in file.functions
                for parameter in function.leaking
            }
            known = self._known[package] = (result, leaks)
        return known[1]
