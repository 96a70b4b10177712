"""# address-returned

The function returns the address of something it made, so that thing cannot live in its stack frame.

## Why it costs

Every call allocates. A constructor that returns `*T` pays for it even when the caller only reads a field and drops
the pointer;
the same constructor that the compiler can inline into its caller costs nothing where the pointer stays there.

## Example

```go
func NewPoint(x, y int) *Point {
        p := Point{x, y}
        return &p // p is moved to the heap
}
```

## Instead

Return the value; a struct of a few words is returned in registers.

```go
func MakePoint(x, y int) Point {
        return Point{x, y}
}
```

Where the value is large, or must have one identity, let the caller own it: `func (p *Point) Init(x, y int)`.
"""

from __future__ import annotations

from stackward.rules._evidence import Construct, Evidence
from stackward.rules._flow import End
from stackward.rules._rule import Case, Rule, Words


def check(evidence: Evidence) -> Words | None:
    if not evidence.allocated or evidence.end is not End.RETURNED:
        return None
    name = evidence.name
    if evidence.construct is Construct.VARIABLE:
        return Words(
            f"{name} is moved to the heap: its address is returned",
            "on heap: returned",
            "return the value instead of its address, or let the caller pass the destination",
        )
    if evidence.construct in {Construct.MAKE, Construct.MAP_LITERAL}:
        return Words(
            f"{name} is on the heap: it is returned",
            "on heap: returned",
            "let the caller pass a buffer to fill, or reuse one",
        )
    return Words(
        f"{name} is on the heap: its address is returned",
        "on heap: returned",
        "return the value instead of its address, or let the caller pass the destination",
    )


RULE = Rule("address-returned", "The address of a local value is returned", check)

CASES = (
    Case(
        """package p

type Point struct{ X, Y int }

func NewPoint(x, y int) *Point {
	p := Point{x, y} // want p
	return &p
}

func NewLiteral(x int) *Point {
	return &Point{X: x} // want &Point{...}
}

func NewZero() *Point {
	p := new(Point) // want new(Point)
	p.X = 1
	return p
}

func Named() (p *Point) {
	q := Point{} // want q
	p = &q
	return
}

func ByValue(x int) Point {
	return Point{X: x}
}
"""
    ),
)
