"""# unclassified

The object code allocates here, or the compiler put a value on the heap, and stackward is not sure why: no reason was
printed, or none that fits a rule. Where only the object code tells, the runtime function that is called is named.

## What to do

Read the flow, if there is one: it is the compiler's own. If the package prints very long explanations, they
arrive a little later than the hints. A hint that stays here although its cause is plain is a gap in stackward:
please report it with the code.
"""

from __future__ import annotations

from stackward.core.site import Storage
from stackward.rules._evidence import Construct, Evidence
from stackward.rules._rule import Case, Rule, Words


def check(_: Evidence) -> Words | None:
    """Never claims a site: it is what is left."""
    return None


def words(evidence: Evidence) -> Words:
    """The words for a site that no rule claims."""
    if evidence.construct is Construct.RUNTIME:
        return Words(f"this line calls {evidence.site.runtime}, which allocates", "allocates", "")
    verb = "is moved to the heap" if evidence.site.storage is Storage.VARIABLE else "escapes to the heap"
    return Words(f"{evidence.name} {verb}", "on heap", "")


RULE = Rule("unclassified", "On the heap for another reason", check)

CASES: tuple[Case, ...] = ()
