"""# map-growth

A map takes memory as it is made and as it grows, wherever it is used: its tables are never on the stack for long.

## Why it costs

A small map that does not outlive its function may begin on the stack, with room for eight entries. Beyond that, and in
every map on the heap, new keys allocate: the table doubles and everything in it is moved. A map that is filled one key
at a time from nothing to ten thousand entries is copied some ten times.

## Example

```go
func index(users []User) map[string]User {
        byName := map[string]User{}
        for _, u := range users {
                byName[u.Name] = u // grows again and again
        }
        return byName
}
```

## Instead

Say how many entries there will be.

```go
func index(users []User) map[string]User {
        byName := make(map[string]User, len(users))
        …
}
```

For a handful of keys that are known beforehand a struct needs no map at all, and for a few entries that are looked up
rarely a slice is smaller and faster. A map that is emptied with `clear` keeps its tables for the next use.
"""

from __future__ import annotations

from stackward.rules._evidence import Construct, Evidence
from stackward.rules._rule import Case, Rule, Words


def check(evidence: Evidence) -> Words | None:
    if evidence.construct is Construct.MAP_INSERT:
        return Words(
            f"setting {evidence.name} may grow the map",
            "may grow",
            "make the map with the number of entries that it will have",
        )
    if evidence.construct is Construct.MAP:
        return Words(
            f"the map {evidence.name} takes memory on the heap",
            "on heap",
            "use a struct for keys that are known, or keep the map and clear it",
        )
    return None


RULE = Rule("map-growth", "A map is made or grows", check)

CASES = (
    Case(
        """package p

func Count(words []string) map[string]int {
	n := make(map[string]int)
	for _, w := range words {
		n[w]++ // want n[w]
	}
	return n
}

func Get(n map[string]int, w string) int {
	return n[w]
}
"""
    ),
)
