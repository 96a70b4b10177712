"""Which of the sites on a line an allocator call is given to."""

from __future__ import annotations

from stackward.core.allocation import AllocatorCall, Mechanism, ObjectCode
from stackward.core.decision import Decision, Kind
from stackward.core.position import Location, from_display
from stackward.core.site import Allocates, Site
from stackward.engine.allocations import AllocationMap
from stackward.engine.sites import SiteBuilder
from stackward.engine.symbols import Symbols
from stackward.rules import Construct
from stackward.syntax.tree import parse

_LINE = "func F(n int) { big = &Big{n, n, n}; b, c := uint32(n), uint32(n); keep(&b, &c) }"
_SOURCE = parse(f"package p\n\n{_LINE}\n".encode())


def decision(kind: Kind, subject: str, written: str) -> Decision:
    return Decision(kind, Location("p.go", from_display(3, _LINE.index(written) + 1)), subject)


def call(order: int, type_: str, size: int) -> AllocatorCall:
    return AllocatorCall("p.F", "p.go", 2, order, "runtime.mallocgc", Mechanism.OBJECT, type=type_, bytes=size)


def settled(*calls: AllocatorCall) -> dict[str, Site]:
    """The sites of the line, by what the compiler calls them, with these calls in the order of the object code."""
    log = SiteBuilder({"p.go": _SOURCE}.get)
    log.add(
        [
            decision(Kind.ESCAPES, "&Big{...}", "&Big"),
            decision(Kind.MOVED, "b", "b, c :="),
            decision(Kind.MOVED, "c", "c :="),
        ]
    )
    constructs = {"&Big{...}": Construct.POINTER_LITERAL}
    code = ObjectCode(calls, frozenset({"p.F"}), minor=26)
    allocations = AllocationMap(code, Symbols(code.functions, "p"), {"p.go": _SOURCE}, log)
    found = allocations.settle((one, constructs.get(one.site.subject, Construct.VARIABLE), None) for one in log.found())
    return {one.site.subject: one.site for one in found}


def test_a_call_that_names_its_type_is_given_away_before_one_that_fits_anything() -> None:
    """Whichever the compiler emits first: variables that share an object have no type."""
    typed, untyped = ("p.Big", 24), ("", 8)
    for first, second in ((typed, untyped), (untyped, typed)):
        sites = settled(call(0, *first), call(1, *second))
        assert [(sites[name].bytes, sites[name].allocates) for name in ("&Big{...}", "b")] == [
            (24, Allocates.ALWAYS),
            (8, Allocates.ALWAYS),
        ]
        assert sites["c"].when == "it shares the object of b"
