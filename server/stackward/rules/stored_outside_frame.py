"""# stored-outside-frame

A value is stored where it lives longer than the call: in a global, a field behind a pointer, a map, a slice, a
channel, or another value that is on the heap itself.

## Why it costs

Whatever a heap object points to must be on the heap too. One long-lived map or slice of pointers makes every
element a separate allocation, and the garbage collector follows each of them at every cycle.

## Example

```go
var cache = map[string]*Rate{}

func Set(code string, value float64) {
        cache[code] = &Rate{Value: value} // one object per entry
}
```

## Instead

Store values; the container's own storage holds them.

```go
var cache = map[string]Rate{}

func Set(code string, value float64) {
        cache[code] = Rate{Value: value}
}
```

The same goes for `chan *T` with a small `T`, and for slices of pointers that nobody shares.
"""

from __future__ import annotations

from stackward.core.site import shorten
from stackward.rules._evidence import Construct, Evidence
from stackward.rules._flow import End
from stackward.rules._rule import Case, Rule, Words


def check(evidence: Evidence) -> Words | None:
    if not evidence.allocated:
        return None
    name = evidence.name
    verb = "is moved to the heap" if evidence.construct is Construct.VARIABLE else "is on the heap"
    step = evidence.fate.step
    match evidence.end:
        case End.SENT:
            return Words(
                f"{name} {verb}: it is sent on a channel",
                "on heap: sent",
                "send the value itself over a channel of values",
            )
        case End.CAPTURED_BY_VALUE:
            return Words(
                f"{name} {verb}: a func literal that outlives this frame keeps it",
                "on heap: kept by closure",
                "pass it to the function as a parameter",
            )
        case End.CAPTURED_BY_REFERENCE if evidence.construct is not Construct.VARIABLE:
            return Words(
                f"{name} {verb}: it is stored in a variable that a func literal captures by reference",
                "on heap: kept by closure",
                "store the value itself instead of a pointer to it",
            )
        case End.BOUND:
            return Words(
                f"{name} {verb}: a method value that outlives this frame is bound to it",
                "on heap: bound",
                "call the method directly, or bind one receiver once",
            )
        case End.STORED if step is not None:
            return Words(
                f"{name} {verb}: it is stored by {shorten(evidence.site.as_written(step.expr))}, "
                "which outlives this frame",
                "on heap: stored",
                "use again what was stored there before, or make it only where it is needed"
                if evidence.construct in {Construct.MAKE, Construct.MAP_LITERAL}
                else "store the value itself instead of a pointer to it",
            )
    return None


RULE = Rule("stored-outside-frame", "A value is stored where it outlives the frame", check)

CASES = (
    Case(
        """package p

type rate struct{ v float64 }

type book struct {
	last *rate
	all  []*rate
	by   map[string]*rate
}

var global *rate

func Global() {
	global = &rate{1} // want &rate{...}
}

func (b *book) Field() {
	r := rate{2} // want r
	b.last = &r
}

func (b *book) Map(k string) {
	b.by[k] = new(rate) // want new(rate)
}

func (b *book) Slice(n int) {
	b.all[n] = &rate{3} // want &rate{...}
}

func Send(c chan *rate) {
	c <- &rate{4} // want &rate{...}
}

func Stays() float64 {
	r := &rate{5}
	return r.v
}

func Caught(work func()) {
	var last *rate
	defer func() { println(last.v) }()
	defer func() { last = &rate{6} }() // want &rate{...}
	work()
}

func (r *rate) hold() { global = r }

func Bound(do func(func())) {
	r := rate{7} // want r
	do(r.hold)
}
"""
    ),
)
