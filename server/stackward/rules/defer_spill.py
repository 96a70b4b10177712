"""# defer-spill

A `defer` in a loop, or one that may run any number of times, keeps its closure on the heap.

## Why it costs

A function's deferred calls are known at compile time and their records are part of its frame, except in a loop:
there, each turn adds a record and a closure to a list on the heap, until the function returns.

## Example

```go
for _, name := range names {
        f, err := os.Open(name)
        …
        defer func() { f.Close() }() // one closure per turn, all files open until the end
}
```

## Instead

Give the body of the loop a function of its own: its `defer` is free, and runs at the end of each turn.
"""

from __future__ import annotations

from stackward.rules._evidence import Construct, Evidence, Statement
from stackward.rules._rule import Case, Rule, Words


def check(evidence: Evidence) -> Words | None:
    if evidence.construct is Construct.DEFER:
        return Words(
            "this defer keeps its record on the heap, because it may run more than once",
            "defer on heap",
            "move the body of the loop into a function of its own",
        )
    if evidence.statement is not Statement.DEFER:
        return None
    if evidence.construct not in {Construct.FUNC_LITERAL, Construct.METHOD_VALUE}:
        return None
    where = " in a loop" if evidence.loop_depth else ""
    return Words(
        f"the closure of this defer{where} is on the heap",
        "defer on heap",
        "move the body of the loop into a function of its own",
    )


RULE = Rule("defer-spill", "A defer keeps its closure on the heap", check)

CASES = (
    Case(
        """package p

func Loop(fs []func(int)) {
	for i, f := range fs {
		defer func() { f(i) }() // want func literal
	}
}

func Once(f func()) {
	defer func() { f() }()
}
"""
    ),
)
