"""The comparison of sites with labels, on sites that are made up."""

from __future__ import annotations

from allocations.casefile import parse
from allocations.shown import differences
from stackward.core.position import ByteCol, BytePos, ByteRange
from stackward.core.site import Allocates, Site, Storage

CASE = parse(
    "x",
    """\
package p

var given = make([]int, 3)

func F(n int) {
	kept = new(int)      // alloc: always bytes=8 runtime=newobject
	s = append(s, n)     // alloc: sometimes when="capacity exceeded" runtime=growslice
	sink = true          // alloc: never because="one byte"
	sink = n & 15        // alloc: never because="below 256" runtime=convT64
	text = fmt.Sprint(n) // alloc: callee in=fmt.Sprint
	total++
}

// allocs: 1
func RunF() { F(1) }
""",
)


def site(line: int, allocates: Allocates, runtime: str = "", size: int | None = None, inlined_from: str = "") -> Site:
    at = BytePos(line - 1, ByteCol(1))
    return Site(
        path="/m/x/p.go",
        range=ByteRange(at, BytePos(line - 1, ByteCol(2))),
        storage=Storage.EXPRESSION,
        subject="e",
        function="F",
        at=at,
        inlined_from=inlined_from,
        allocates=allocates,
        bytes=size,
        runtime=runtime or None,
    )


NEW = site(6, Allocates.ALWAYS, "runtime.mallocgcTinySC2", 8)
GROWS = site(7, Allocates.SOMETIMES, "runtime.growslice")


def test_what_the_labels_say_has_no_differences() -> None:
    allowed = [
        site(3, Allocates.ALWAYS, "runtime.makeslice"),  # What runners are given.
        site(8, Allocates.NEVER),
        site(9, Allocates.SOMETIMES, "runtime.convT64"),  # It is called, and cannot be known to find a table enough.
        site(10, Allocates.ALWAYS, "runtime.convTstring", inlined_from="fmt.Sprint"),
        site(15, Allocates.ALWAYS, "runtime.newobject"),  # Runners are not judged.
    ]
    assert list(differences(CASE, [NEW, GROWS, *allowed], 27)) == []


def test_each_difference_is_told_with_its_line() -> None:
    def told(*sites: Site) -> list[str]:
        return [text.split(": ", 1)[0] + " " + text.split(": ", 1)[1][:40] for text in differences(CASE, sites, 27)]

    assert told(GROWS)[0].startswith("line 6 no site is shown as always")
    assert told(NEW)[0].startswith("line 7 no site is shown as sometimes")
    assert "shown with 16 bytes" in told(site(6, Allocates.ALWAYS, "runtime.newobject", 16), GROWS)[0]
    assert "shown with runtime.convT" in told(site(6, Allocates.ALWAYS, "runtime.convT", 8), GROWS)[0]
    assert "shown as sometimes" in told(site(6, Allocates.SOMETIMES, "runtime.newobject", 8), GROWS)[0]
    for extra in (site(8, Allocates.ALWAYS), site(11, Allocates.ALWAYS), site(10, Allocates.ALWAYS)):
        (text,) = told(NEW, GROWS, extra)
        assert text.startswith(f"line {extra.range.start.line + 1} e: shown as always")
    assert told(NEW, GROWS, site(11, Allocates.UNKNOWN)) == ["line 11 e: it is not said whether it allocates"]
