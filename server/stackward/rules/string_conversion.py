"""# string-conversion

A string is built, or converted from or to a slice, and the result outlives the frame.

## Why it costs

Strings cannot change, so `a + b`, `string(bytes)` and `[]byte(text)` each make a copy. In a loop, `s += x` copies
everything that was there before, once per turn.

## Example

```go
func path(parts []string) string {
        s := ""
        for _, p := range parts {
                s += "/" + p
        }
        return s
}
```

## Instead

Build it in one buffer.

```go
func path(parts []string) string {
        var b strings.Builder
        for _, p := range parts {
                b.WriteByte('/')
                b.WriteString(p)
        }
        return b.String()
}
```

Comparisons, map look-ups and `range` over a converted value do not copy.
"""

from __future__ import annotations

from stackward.rules._evidence import Construct, Evidence
from stackward.rules._flow import End
from stackward.rules._rule import Case, Rule, Words


def check(evidence: Evidence) -> Words | None:
    if evidence.construct is not Construct.STRING or evidence.end in {End.TOO_LARGE, End.SIZE_UNKNOWN}:
        return None
    why = {End.RETURNED: ": the result is returned", End.PASSED: ": the result is passed on"}.get(evidence.end, "")
    if evidence.end is End.PASSED and evidence.callee is not None:
        why = f": the result is passed to {evidence.callee}"
    return Words(
        f"{evidence.name} makes a copy on the heap{why}",
        "copied",
        "keep one form, append to a buffer, or use a strings.Builder",
    )


RULE = Rule("string-conversion", "A string is built or converted", check)

CASES = (
    Case(
        """package p

func Text(b []byte) string {
	return string(b) // want string(b)
}

func Bytes(s string) []byte {
	return []byte(s) // want ([]byte)(s)
}

func Concat(a string) string {
	return "<" + a + ">" // want "<" + a + ">"
}

func Compare(b []byte, s string) bool {
	return string(b) == s
}
"""
    ),
)
