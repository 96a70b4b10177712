"""``stackward explain RULE``: the page of a rule."""

from __future__ import annotations

import argparse
import difflib
import sys
from typing import Any

from stackward.rules import RULES, find


def add_parser(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("explain", help="print the page of a rule", description="Prints the page of a rule.")
    parser.add_argument("rule", nargs="?", metavar="RULE", help="the rule's name; without it, all rules are listed")
    parser.set_defaults(run=run)


def run(namespace: argparse.Namespace) -> int:
    """Print one page, or the list."""
    if namespace.rule is None:
        width = max(len(rule.name) for rule in RULES)
        for one in RULES:
            print(f"{one.name:<{width}}  {one.title}")
        return 0
    rule = find(namespace.rule)
    if rule is None:
        near = difflib.get_close_matches(namespace.rule, [one.name for one in RULES], n=1)
        hint = f"; did you mean {near[0]}?" if near else "; 'stackward explain' lists them all"
        print(f"stackward: there is no rule {namespace.rule!r}{hint}", file=sys.stderr)
        return 2
    print(rule.page)
    return 0
