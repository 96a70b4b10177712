"""# leaking-parameter

The function lets a parameter, or what it points to, outlive the call. That costs the function nothing: its callers pay.

## Why it costs

A caller that passes `&x`, a closure, or a slice of its own must put it on the heap, because it cannot know when the
function
is done with it. The lens above the function and its hover show this; as a diagnostic it is off, since most leaks are
what the function is for. Switch it on for code that hot paths call.

## Example

```go
func (l *List) Add(item *Item) { l.items = append(l.items, item) } // item leaks

func Name(u *User) *string { return &u.name } // u leaks to the result only
```

A parameter that leaks *to a result* is as good as its caller: only if the result escapes there, the argument does.

## Instead

Copy what is needed instead of keeping the pointer; take a value; return a value instead of storing it.
"""

from __future__ import annotations

from stackward.core.hint import Severity
from stackward.core.site import Parameter
from stackward.rules._evidence import Evidence
from stackward.rules._rule import Case, Rule, Words


def check(_: Evidence) -> Words | None:
    """Parameters are not sites: ``words`` speaks about them."""
    return None


def words(parameter: Parameter) -> Words:
    """What the lens, the hover and, where it is switched on, the diagnostic say about a parameter."""
    name = parameter.name
    heap = "heap" in parameter.to
    if heap:
        message = f"parameter {name} leaks: what callers pass is put on the heap"
    elif "content" in parameter.to:
        message = f"what parameter {name} points to leaks: callers put it on the heap"
    else:
        message = f"parameter {name} leaks to result {', '.join(parameter.to)}: it escapes where that result does"
    return Words(message, f"{name} leaks", "copy what is needed instead of keeping the pointer, or take a value")


RULE = Rule("leaking-parameter", "A parameter leaks", check, Severity.OFF)

CASES: tuple[Case, ...] = ()
