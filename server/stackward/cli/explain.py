"""``stackward explain NAME``: the page of a rule or of a rewrite."""

from __future__ import annotations

import argparse
import difflib
import sys
from typing import Any

from stackward.rewrites import REWRITES
from stackward.rewrites import find as find_rewrite
from stackward.rules import RULES, find


def add_parser(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "explain", help="print the page of a rule or rewrite", description="Prints the page of a rule or of a rewrite."
    )
    parser.add_argument("rule", nargs="?", metavar="NAME", help="its name; without it, all are listed")
    parser.set_defaults(run=run)


def run(namespace: argparse.Namespace) -> int:
    """Print one page, or the list."""
    names = [*(rule.name for rule in RULES), *(rewrite.name for rewrite in REWRITES)]
    if namespace.rule is None:
        width = max(map(len, names))
        print("rules")
        for one in RULES:
            print(f"  {one.name:<{width}}  {one.title}")
        print("rewrites")
        for rewrite in REWRITES:
            print(f"  {rewrite.name:<{width}}  {rewrite.title}")
        return 0
    rule = find(namespace.rule) or find_rewrite(namespace.rule)
    if rule is None:
        near = difflib.get_close_matches(namespace.rule, names, n=1)
        hint = f"; did you mean {near[0]}?" if near else "; 'stackward explain' lists them all"
        print(f"stackward: there is no rule or rewrite {namespace.rule!r}{hint}", file=sys.stderr)
        return 2
    print(rule.page)
    return 0
