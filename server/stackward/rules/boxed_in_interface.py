"""# boxed-in-interface

A value that is not a pointer is converted to an interface, and the interface outlives the frame: the value is copied
to the heap.

## Why it costs

An interface holds a pointer to its value. For an `int`, a `string` or a struct the compiler has to make that
pointer, and unless it can prove that the callee does not keep it, the copy goes to the heap. `fmt`, `log`,
`sort.Slice`, `context.WithValue`, `sync.Pool` and every parameter of type `any` do this.

## Example

```go
func key(id int) string {
        return fmt.Sprintf("order-%d", id) // id is boxed
}
```

## Instead

Use a function with concrete parameters.

```go
func key(id int) string {
        return "order-" + strconv.Itoa(id)
}
```

In your own functions, take the concrete type or a type parameter. Pointers are not boxed: an interface holds them as
they are.
"""

from __future__ import annotations

from stackward.rules._evidence import Construct, Evidence
from stackward.rules._flow import End
from stackward.rules._rule import Case, Rule, Words

_WHERE = {
    End.RETURNED: "that is returned",
    End.SENT: "that is sent on a channel",
    End.CAPTURED_BY_VALUE: "that a func literal keeps",
    End.CAPTURED_BY_REFERENCE: "that a func literal keeps",
}


def check(evidence: Evidence) -> Words | None:
    if evidence.construct is not Construct.BOXED:
        return None
    name = evidence.name
    if evidence.end is End.PASSED and evidence.callee is not None:
        return Words(
            f"{name} is copied to the heap: it is boxed in an interface for {evidence.callee}",
            "boxed",
            f"call a function with concrete parameters instead of {evidence.callee.name}, or pass an existing pointer",
        )
    where = _WHERE.get(evidence.end)
    if where is None and evidence.end is End.STORED and evidence.fate.step is not None:
        where = "that outlives the call"
    return Words(
        f"{name} is copied to the heap: it is boxed in an interface{' ' + where if where else ''}",
        "boxed",
        "keep the concrete type, or store a pointer that exists",
    )


RULE = Rule("boxed-in-interface", "A value is boxed in an interface", check)

CASES = (
    Case(
        """package p

import "fmt"

var sink any

func Key(id int) string {
	return fmt.Sprintf("order-%d", id) // want id
}

func Store(s string) {
	sink = s // want s
}

func Put(m map[string]any, n int) {
	m["n"] = n // want n
}

type pair struct{ a, b int }

func Return(a int) any {
	return pair{a, a} // want pair{...}
}

func Pointer(p *pair) any {
	return p
}
"""
    ),
)
