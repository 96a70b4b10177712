"""# func-value

A func literal or a method value outlives the frame, so its closure (the function and what it captured) is on the heap.

## Why it costs

A func literal that captures nothing is a constant. One that captures is an object with the captured values or their
addresses. A method value `x.M` is the same: an object that holds `x`.

## Example

```go
for _, route := range routes {
        mux.HandleFunc(route.Path, s.handle) // a new method value per turn
}
```

## Instead

Make it once, outside the loop or the request; or pass what it needs as parameters to a plain function, which needs
no closure.
"""

from __future__ import annotations

from stackward.rules._evidence import Construct, Evidence, Statement
from stackward.rules._flow import End
from stackward.rules._rule import Case, Rule, Words

_WHY = {
    End.RETURNED: "it is returned",
    End.SENT: "it is sent on a channel",
    End.STORED: "it is stored where it outlives this frame",
    End.CAPTURED_BY_VALUE: "another func literal keeps it",
    End.CAPTURED_BY_REFERENCE: "another func literal keeps it",
}


def check(evidence: Evidence) -> Words | None:
    if evidence.construct not in {Construct.FUNC_LITERAL, Construct.METHOD_VALUE}:
        return None
    if evidence.statement is not Statement.OTHER or evidence.end is End.TOO_LARGE:
        return None
    why = _WHY.get(evidence.end, "it outlives this frame")
    if evidence.end is End.PASSED:
        why = f"{evidence.callee} lets it escape" if evidence.callee is not None else "a callee lets it escape"
    if evidence.construct is Construct.METHOD_VALUE:
        return Words(
            f"the method value {evidence.name} is on the heap: {why}",
            "method value on heap",
            "bind it once outside the hot path, or call the method directly",
        )
    return Words(
        f"the closure of this func literal is on the heap: {why}",
        "closure on heap",
        "make it once outside the hot path, or pass what it captures as parameters",
    )


RULE = Rule("func-value", "A func literal or method value is on the heap", check)

CASES = (
    Case(
        """package p

type server struct{ n int }

func (s *server) serve() { s.n++ }

var handlers []func()

func Return(n int) func() int {
	return func() int { return n } // want func literal
}

func Store(n int) {
	handlers[0] = func() { _ = n } // want func literal
}

func Method(s *server) {
	handlers[1] = s.serve // want s.serve
}

func Direct(s *server) {
	f := s.serve
	f()
}
"""
    ),
)
