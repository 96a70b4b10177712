"""# slice-backing

The array behind a slice is on the heap: that of a slice literal which outlives the frame, or the one that `append`
grows into.

## Why it costs

`append` beyond the capacity allocates a new array of about twice the size (a quarter more for long slices), copies,
and leaves the
old one to the garbage collector. Ten thousand elements appended one by one are some twenty arrays, two and a half
times the memory needed.

## Example

```go
func names(users []User) []string {
        var out []string
        for _, u := range users {
                out = append(out, u.Name)
        }
        return out
}
```

## Instead

Say the size once.

```go
func names(users []User) []string {
        out := make([]string, 0, len(users))
        …
}
```

A small literal that never changes can be a package-level array.
"""

from __future__ import annotations

from stackward.rules._evidence import Construct, Evidence
from stackward.rules._flow import End
from stackward.rules._rule import Case, Rule, Words

_WHY = {
    End.RETURNED: "it is returned",
    End.SENT: "it is sent on a channel",
    End.CAPTURED_BY_VALUE: "a func literal keeps it",
    End.CAPTURED_BY_REFERENCE: "a func literal keeps it",
}


def check(evidence: Evidence) -> Words | None:
    if evidence.construct not in {Construct.APPEND, Construct.SLICE_LITERAL}:
        return None
    if evidence.end in {End.TOO_LARGE, End.SIZE_UNKNOWN}:
        return None
    why = _WHY.get(evidence.end)
    if why is None and evidence.end is End.PASSED:
        why = f"{evidence.callee} lets it escape" if evidence.callee is not None else "a callee lets it escape"
    if why is None and evidence.end is End.STORED:
        why = "it is stored where it outlives this frame"
    because = f", because {why}" if why else ""
    if (evidence.site.runtime or "").startswith("runtime.moveSlice"):
        return Words(
            "the array that append filled on the stack is copied to the heap here: it outlives the frame",
            "slice moves to heap",
            "make the slice with the capacity that it will need, or let the caller pass it in",
        )
    if evidence.construct is Construct.APPEND:
        return Words(
            f"append grows its slice on the heap{because}",
            "may grow",
            "make the slice with the capacity that it will need",
        )
    return Words(
        f"the array of {evidence.name} is on the heap{because}",
        "on heap",
        "use an array, a package-level slice that nobody writes to, or a buffer that you reuse",
    )


RULE = Rule("slice-backing", "The array behind a slice is on the heap", check)

CASES = (
    Case(
        """package p

var kept []int

func Literal(a, b int) []int {
	return []int{a, b} // want []int{...}
}

func Store(a int) {
	kept = []int{a} // want []int{...}
}

func Local(a, b int) int {
	s := []int{a, b}
	return s[0] + s[1]
}
"""
    ),
    Case(
        """package p

func Grow(users []string) []string {
	var out []string
	for _, u := range users {
		out = append(out, u) // want append
	}
	return out // want return out
}
""",
        since=26,
    ),
)
