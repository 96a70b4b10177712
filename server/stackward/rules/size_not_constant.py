"""# size-not-constant

The compiler does not know the size, so it cannot reserve room in the stack frame.

## Why it costs

A frame has a fixed size. `make([]T, n)` with a variable `n` is allocated by the runtime, even when the slice never
leaves the function.
From Go 1.25 on such a slice starts out in a small buffer on the stack, and only a larger one is allocated: this
hint is then seen for elements of size zero and for older toolchains.

## Example

```go
func sum(n int) int {
        squares := make([]int, n)
        …
}
```

## Instead

Give the bound as a constant where there is one, and slice it.

```go
func sum(n int) int {
        squares := make([]int, 64)[:n] // n is at most 64
        …
}
```
"""

from __future__ import annotations

from stackward.rules._evidence import Evidence
from stackward.rules._flow import End
from stackward.rules._rule import Case, Rule, Words


def check(evidence: Evidence) -> Words | None:
    if evidence.end is not End.SIZE_UNKNOWN:
        return None
    return Words(
        f"{evidence.name} is on the heap: its size is not a constant",
        "on heap: size not constant",
        "make it with a constant capacity where a bound is known, or reuse one buffer",
    )


RULE = Rule("size-not-constant", "The size is not a constant", check)

CASES = (
    Case(
        """package p

func Empty(n int) int {
	s := make([]struct{}, n) // want make([]struct {}, n)
	return len(s)
}

func Constant() int {
	s := make([]int, 8)
	return s[7]
}
"""
    ),
)
