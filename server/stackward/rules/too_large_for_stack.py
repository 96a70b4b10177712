"""# too-large-for-stack

The value is larger than the compiler puts into a stack frame.

## Why it costs

Variables up to 128 KiB (10 MiB before Go 1.25… see your release's `ir.MaxStackVarSize`) and implicit storage (`new`,
`&T{}`, `make`, func literals) up to 64 KiB stay on the stack; larger ones are allocated, and zeroed, at every call.

## Example

```go
func checksum(r io.Reader) (uint32, error) {
        buf := make([]byte, 1<<20) // allocated at every call
        …
}
```

## Instead

Work in smaller pieces, or allocate the buffer once: a field of a long-lived value, or a `sync.Pool` of pointers.
"""

from __future__ import annotations

from stackward.rules._evidence import Evidence
from stackward.rules._flow import End
from stackward.rules._rule import Case, Rule, Words


def check(evidence: Evidence) -> Words | None:
    if evidence.end is not End.TOO_LARGE:
        return None
    aligned = evidence.fate.step is not None and "aligned" in evidence.fate.step.reason
    why = "it is aligned more strictly than the stack" if aligned else "it is too large for the stack"
    return Words(
        f"{evidence.name} is on the heap: {why}",
        "on heap: too large",
        "use a smaller buffer, or allocate it once and reuse it",
    )


RULE = Rule("too-large-for-stack", "The value is too large for the stack", check)

CASES = (
    Case(
        """package p

func Buffer() byte {
	buf := make([]byte, 1<<17) // want make([]byte, 131072)
	return buf[9]
}

func Array(i int) byte {
	var a [1 << 28]byte // want a
	return a[i]
}

func Small(i int) byte {
	var a [1 << 10]byte
	return a[i]
}
"""
    ),
)
