"""The rules: each gives sites one cause and its words.

The registry is written out; a new rule is one file and one line here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence

from stackward.core.decision import FlowEdge, FlowStep
from stackward.core.hint import Hint, HintStep
from stackward.core.site import Passed, Site, shorten
from stackward.rules import (
    address_returned,
    boxed_in_interface,
    captured_by_reference,
    channel,
    defer_spill,
    func_value,
    goroutine,
    leaking_argument,
    leaking_parameter,
    map_growth,
    size_not_constant,
    slice_backing,
    stored_outside_frame,
    string_conversion,
    too_large_for_stack,
    unclassified,
)
from stackward.rules._evidence import Callee, Construct, Evidence, Statement
from stackward.rules._flow import End, Fate, fate
from stackward.rules._rule import Case, Rule, Words
from stackward.rules.leaking_parameter import words as leaking_words

__all__ = [
    "RULES",
    "RULE_NAMES",
    "Callee",
    "Case",
    "Construct",
    "End",
    "Evidence",
    "Fate",
    "Rule",
    "Statement",
    "Words",
    "classify",
    "fate",
    "find",
    "leaking_words",
    "steps",
]

log = logging.getLogger(__name__)

RULES: tuple[Rule, ...] = (
    address_returned.RULE,
    boxed_in_interface.RULE,
    captured_by_reference.RULE,
    channel.RULE,
    defer_spill.RULE,
    func_value.RULE,
    goroutine.RULE,
    leaking_argument.RULE,
    leaking_parameter.RULE,
    map_growth.RULE,
    size_not_constant.RULE,
    slice_backing.RULE,
    stored_outside_frame.RULE,
    string_conversion.RULE,
    too_large_for_stack.RULE,
    unclassified.RULE,
)

_BY_NAME = {rule.name: rule for rule in RULES}
RULE_NAMES = frozenset(_BY_NAME)


def find(name: str) -> Rule | None:
    """The rule of that name."""
    return _BY_NAME.get(name)


def classify(evidence: Evidence, chain: Sequence[FlowEdge] = (), onward: Passed | None = None) -> Hint:
    """The hint for a site. A rule that fails is logged and skipped; a site that none claims is ``unclassified``.

    ``chain`` is how the value goes on inside the functions that it is passed to, and ``onward`` where that leaves the
    package.
    """
    for rule in RULES:
        try:
            words = rule.check(evidence)
        except Exception:
            log.exception("rule %s failed on %s", rule.name, evidence.site.subject)
            continue
        if words is not None:
            return _hint(rule.name, evidence.site, words, chain, onward)
    return _hint(unclassified.RULE.name, evidence.site, unclassified.words(evidence), chain, onward)


def claims(evidence: Evidence) -> list[str]:
    """The names of all rules that claim a site; the tests see to it that there is at most one."""
    return [rule.name for rule in RULES if rule.check(evidence) is not None]


def _hint(rule: str, site: Site, words: Words, chain: Sequence[FlowEdge], onward: Passed | None) -> Hint:
    message = words.message
    if site.inlined_from:
        message = f"{message} (inlined from {site.inlined_from})"
    flow = steps((*site.flow, *chain), site.as_written)
    return Hint(rule, site, message, words.label, words.advice, flow, onward)


def steps(flow: Sequence[FlowEdge], written: Callable[[str], str] = str) -> tuple[HintStep, ...]:
    """The flow in words, one per step of the compiler's. ``written`` gives its texts as the source has them."""
    return tuple(HintStep(step.at, _step(step, written)) for edge in flow for step in edge.steps)


def _step(step: FlowStep, written: Callable[[str], str]) -> str:
    result = _INLINED_RETURN.match(step.expr) if step.reason.startswith("assign") else None
    reason, expr = (step.reason, step.expr) if result is None else ("inlined return", step.expr[result.end() :])
    return f"{_REASONS.get(reason, reason)}: {shorten(written(expr), 80)}"


_INLINED_RETURN = re.compile(r"~r\d+ = ")


_REASONS = {
    "spill": "needs storage of its own",
    "return": "returned",
    "inlined return": "returned by the inlined call",
    "address-of": "address taken",
    "assign": "assigned",
    "assign-pair": "assigned",
    "assign-pair-dot-type": "assigned",
    "assign-pair-func-call": "assigned",
    "call parameter": "passed to a call",
    "send": "sent on a channel",
    "interface-converted": "converted to an interface",
    "captured by a closure": "captured by a func literal",
    "reference": "captured by reference",
    "slice-literal-element": "element of a slice",
    "array literal element": "element of an array",
    "struct literal element": "field of a struct",
    "map literal key": "key of a map",
    "map literal value": "value of a map",
    "key of map put": "key of a map",
    "appended to slice": "appended to a slice",
    "appendee slice": "appended to",
    "too large for stack": "too large for the stack",
    "too aligned for stack": "aligned more strictly than the stack",
    "non-constant size": "size is not a constant",
    "zero-sized element": "size is not a constant (elements of size zero)",
    "range": "ranged over",
    "range-deref": "ranged over",
    "dot": "field taken",
    "dot of pointer": "field taken through a pointer",
    "indirection": "dereferenced",
}
