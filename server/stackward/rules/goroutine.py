"""# goroutine

A `go` statement puts on the heap what the new goroutine needs: its closure, and whatever is passed by address.

## Why it costs

A goroutine may outlive the function that starts it, so nothing it uses can stay in that frame. Each start also
takes a stack from the runtime.

## Example

```go
for _, job := range jobs {
        go func() { run(job) }()
}
```

## Instead

Start a fixed number of workers once and send them the jobs. Passing a captured variable as an argument instead, `go
func(j Job) { … }(job)`, does not help and often costs more: the arguments are kept in a closure of their own.
"""

from __future__ import annotations

from stackward.rules._evidence import Construct, Evidence, Statement
from stackward.rules._flow import End
from stackward.rules._rule import Case, Rule, Words


def check(evidence: Evidence) -> Words | None:
    if evidence.construct is Construct.GOROUTINE:
        return Words(
            "this go statement starts a goroutine",
            "starts a goroutine",
            "start workers once and send them work over a channel",
        )
    if evidence.statement is not Statement.GO:
        return None
    if evidence.construct in {Construct.FUNC_LITERAL, Construct.METHOD_VALUE}:
        return Words(
            "the closure of this go statement is on the heap",
            "goroutine closure",
            "start workers once and send them work over a channel",
        )
    if evidence.allocated and evidence.end is End.PASSED:
        verb = "is moved to the heap" if evidence.construct is Construct.VARIABLE else "is on the heap"
        return Words(
            f"{evidence.name} {verb}: its address is passed to a goroutine",
            "on heap: goroutine",
            "pass the value, or start workers once and send them work over a channel",
        )
    return None


RULE = Rule("goroutine", "A go statement needs its data on the heap", check)

CASES = (
    Case(
        """package p

func Start(n int, c chan int) {
	go func() { c <- n }() // want func literal
}

func Call(n int) int {
	return func() int { return n }()
}
"""
    ),
)
