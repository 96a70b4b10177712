"""Flows that go on in other packages."""

from __future__ import annotations

from stackward.core.decision import FlowEdge, FlowStep
from stackward.core.hint import Hint
from stackward.core.position import ByteCol, BytePos, ByteRange, Location
from stackward.core.site import Function, Parameter, Passed, Site, Storage
from stackward.engine.onward import Onward
from stackward.engine.packages import PackageState, UnitState
from stackward.engine.results import FileResult, UnitResult
from stackward.toolchain.unit import Unit, UnitId, Variant

AT = BytePos(0, ByteCol(0))
RANGE = ByteRange(AT, AT)


def leaking(path: str, function: str, step: str, onward: Passed | None = None) -> Function:
    flow = (FlowEdge("{heap}", "p", (FlowStep(step, "assign", Location(path, AT)),)),)
    return Function(path, function, RANGE, RANGE, (Parameter("p", RANGE, ("heap",), flow, onward),))


def analysed(import_path: str, *functions: Function) -> PackageState:
    unit_id = UnitId(import_path, Variant.PACKAGE)
    unit = Unit(unit_id, "q", f"/{import_path}", (), (), "/", (), (), "", cgo=False, standard=False, module="")
    file = FileResult(f"/{import_path}/f.go", "", (), functions)
    return PackageState(unit.dir, units={unit_id: UnitState(unit, result=UnitResult((file,), 0))})


def passed_to(onward: Passed | None) -> Hint:
    site = Site("/p/p.go", RANGE, Storage.VARIABLE, "x", "F", AT)
    return Hint("leaking-argument", site, "x is moved to the heap", "", "", (), onward)


def shown(hint: Hint, *packages: PackageState) -> list[str]:
    return [f"{step.at.path} {step.text}" for one in Onward().complete([hint], packages) for step in one.steps]


def test_a_flow_goes_on_through_several_packages() -> None:
    first = analysed(
        "a",
        leaking("/a/f.go", "F", "one", Passed("", "g", "p")),
        leaking("/a/f.go", "g", "two", Passed("b", "(*T).M", "p")),
    )
    second = analysed("b", leaking("/b/f.go", "(*T).M", "three"))
    assert shown(passed_to(Passed("a", "F", "p")), first, second) == [
        "/a/f.go assigned: one",
        "/a/f.go assigned: two",
        "/b/f.go assigned: three",
    ]


def test_it_ends_where_nothing_is_known() -> None:
    known = analysed("a", leaking("/a/f.go", "F", "one", Passed("b", "G", "p")))
    assert shown(passed_to(Passed("a", "F", "p")), known) == ["/a/f.go assigned: one"]
    assert shown(passed_to(Passed("a", "F", "other")), known) == []
    assert shown(passed_to(Passed("b", "G", "p")), known) == []
    assert shown(passed_to(None), known) == []


def test_functions_that_hand_on_to_each_other_are_told_once() -> None:
    package = analysed(
        "a", leaking("/a/f.go", "F", "one", Passed("", "g", "p")), leaking("/a/f.go", "g", "two", Passed("a", "F", "p"))
    )
    assert shown(passed_to(Passed("a", "F", "p")), package) == ["/a/f.go assigned: one", "/a/f.go assigned: two"]


def test_a_new_result_takes_the_place_of_the_old_one() -> None:
    onward = Onward()
    hint = passed_to(Passed("a", "F", "p"))
    for step in ("one", "two"):
        package = analysed("a", leaking("/a/f.go", "F", step))
        assert [one.text for one in onward.complete([hint], [package])[0].steps] == [f"assigned: {step}"]
