"""# captured-by-reference

A func literal that outlives the frame uses a variable that is assigned to after the capture, so both share one copy
of it on the heap.

## Why it costs

The compiler copies a captured variable into the closure when nothing writes to it after the capture. Otherwise the
closure holds its address: the variable is moved to the heap, in addition to the closure itself.

## Example

```go
func Handler(path string) http.HandlerFunc {
        if path == "" {
                path = "/" // assigned: the closure captures by reference
        }
        return func(w http.ResponseWriter, r *http.Request) { serve(w, path) }
}
```

## Instead

Capture a variable that is never written to again.

```go
func Handler(path string) http.HandlerFunc {
        clean := cmp.Or(path, "/")
        return func(w http.ResponseWriter, r *http.Request) { serve(w, clean) }
}
```

For a goroutine, passing the variable as an argument helps only if it is written to after the `go` statement; if it
is not, the closure already holds a copy.
"""

from __future__ import annotations

from stackward.rules._evidence import Construct, Evidence
from stackward.rules._flow import End
from stackward.rules._rule import Case, Rule, Words


def check(evidence: Evidence) -> Words | None:
    if evidence.construct is not Construct.VARIABLE or evidence.end is not End.CAPTURED_BY_REFERENCE:
        return None
    name = evidence.name
    return Words(
        f"{name} is moved to the heap: a func literal that outlives this frame captures it by reference",
        "on heap: captured",
        f"copy {name} to a variable that is not written to again and capture that, or pass it as a parameter",
    )


RULE = Rule("captured-by-reference", "A variable is captured by reference", check)

CASES = (
    Case(
        """package p

func Counter() func() int {
	n := 0 // want n
	return func() int { n++; return n }
}

func Late(run func(func())) int {
	total := 0 // want total
	run(func() { total++ })
	return total
}

func ByValue(n int) func() int {
	return func() int { return n }
}

func Local() int {
	n := 0
	add := func() { n++ }
	add()
	return n
}
"""
    ),
)
