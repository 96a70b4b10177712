"""# channel

A channel is always on the heap, with its buffer.

## Why it costs

Channels are shared between goroutines, so the runtime makes each with one allocation: about a hundred bytes, plus the
buffer. The compiler's own log never mentions it. A channel per request, per item or per call adds up.

## Example

```go
func fetch(urls []string) []Page {
        for _, url := range urls {
                done := make(chan Page) // one per turn
                go func() { done <- get(url) }()
                pages = append(pages, <-done)
        }
        …
}
```

## Instead

Make one channel for all of the work, or use what needs none: a `sync.WaitGroup` and a slice with a place for each
result, an `atomic` value, a `sync.Mutex`.
"""

from __future__ import annotations

from stackward.rules._evidence import Construct, Evidence
from stackward.rules._rule import Case, Rule, Words


def check(evidence: Evidence) -> Words | None:
    if evidence.construct is not Construct.CHANNEL:
        return None
    return Words(
        f"{evidence.name} allocates a channel",
        "on heap",
        "make one channel outside the hot path, or share results without one",
    )


RULE = Rule("channel", "A channel is made", check)

CASES = (
    Case(
        """package p

func Make(n int) chan int {
	return make(chan int, n) // want make(chan int, n)
}

func Receive(c chan int) int {
	return <-c
}
"""
    ),
)
