"""# leaking-argument

The address of a value is passed to a function whose parameter leaks: the callee keeps it, or the compiler cannot
know that it does not.

## Why it costs

The compiler records for each parameter whether what it points to may outlive the call. Where it may, every caller
has to put
its argument on the heap. Calls through an interface or a func value count as leaking, because the callee is unknown.

## Example

```go
func load(r *http.Request) (User, error) {
        var u User                                   // moved to the heap:
        err := json.NewDecoder(r.Body).Decode(&u)    // Decode(v any) leaks v
        return u, err
}
```

## Instead

Look at the callee first: the flow shows where its parameter goes. If it is yours, make it return a value, or copy what
it keeps. If the call goes through an interface that has one implementation, call that. If it must leak,
allocate once and reuse the value.
"""

from __future__ import annotations

from stackward.core.site import shorten
from stackward.rules._evidence import Construct, Evidence, Statement
from stackward.rules._flow import End
from stackward.rules._rule import Case, Rule, Words


def check(evidence: Evidence) -> Words | None:
    if not evidence.allocated or evidence.end is not End.PASSED or evidence.statement is Statement.GO:
        return None
    step = evidence.fate.step
    passed = evidence.site.as_written(step.expr) if step is not None else ""
    target = str(evidence.callee) if evidence.callee is not None else shorten(passed)
    if evidence.callee is not None and evidence.callee.argument == 0:
        keeps = f"{evidence.callee.name} lets its receiver escape"
    else:
        keeps = f"{target} lets its argument escape"
    name = evidence.name
    if evidence.construct is Construct.VARIADIC:
        return Words(
            f"the slice of variadic arguments is on the heap: {target} lets it escape",
            "variadic slice on heap",
            "call a function without variadic parameters, or pass a slice that you reuse",
        )
    verb = "is moved to the heap" if evidence.construct is Construct.VARIABLE else "is on the heap"
    return Words(
        f"{name} {verb}: {keeps}",
        f"on heap: passed to {evidence.callee.name}" if evidence.callee is not None else "on heap: passed on",
        "see in the flow where the callee keeps it; pass a value, or reuse one that is allocated once",
    )


RULE = Rule("leaking-argument", "A value is passed to a parameter that leaks", check)

CASES = (
    Case(
        """package p

import "encoding/json"

type user struct{ Name string }

var kept *user

//go:noinline
func keep(u *user) { kept = u }

func Decode(data []byte) (string, error) {
	var u user // want u
	err := json.Unmarshal(data, &u)
	return u.Name, err
}

func Own() {
	u := user{} // want u
	keep(&u)
}

func Literal() {
	keep(&user{}) // want &user{}
}

//go:noinline
func read(u *user) string { return u.Name }

func Fine() string {
	u := user{"x"}
	return read(&u)
}
"""
    ),
)
