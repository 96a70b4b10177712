"""Who builds on whom, and with which export data."""

from __future__ import annotations

from collections.abc import Iterable

from stackward.core.outcome import BuildFailed
from stackward.engine.dependents import archives, importers, indirect
from stackward.engine.packages import PackageState
from stackward.engine.results import UnitResult
from stackward.toolchain.unit import Package, Recorded, Unit, UnitId, Variant

DONE = UnitResult((), 0)


def unit(path: str, *imports: str, variant: Variant = Variant.PACKAGE, files: tuple[str, ...] = ()) -> Unit:
    return Unit(
        id=UnitId(path, variant),
        name=path,
        dir=f"/m/{path}",
        files=files,
        argv=("compile",),
        cwd="/m",
        imports=tuple((one, f"/cache/{one}.a") for one in imports),
        importmap=(),
        archive="",
        cgo=False,
        standard=False,
        module="m",
    )


def package(*units: Unit, graph: tuple[Package, ...] = (), result: UnitResult | None = DONE) -> PackageState:
    state = PackageState(units[0].dir)
    state.take(Recorded(units, graph, (), (), (), (), (), ()))
    for one in state.units.values():
        one.result = result
    return state


def node(path: str, *imports: str, standard: bool = False) -> Package:
    return Package(path, path, f"/m/{path}", (), imports, standard=standard, local=not standard)


def names(found: Iterable[PackageState]) -> list[str]:
    return sorted(one.directory.removeprefix("/m/") for one in found)


def importing(changed: UnitId, packages: Iterable[PackageState]) -> list[str]:
    return [str(state.unit.id) for _, state in importers(changed, packages)]


class TestImporters:
    LEAF = UnitId("leaf", Variant.PACKAGE)

    def test_those_that_import_it_and_have_a_result(self) -> None:
        user, other = package(unit("user", "leaf")), package(unit("other", "fmt"))
        untried = package(unit("untried", "leaf"), result=None)
        assert importing(self.LEAF, [package(unit("leaf")), user, other, untried]) == ["user"]

    def test_those_that_did_not_compile(self) -> None:
        broken = package(unit("broken", "leaf"), result=None)
        broken.failure = BuildFailed("broken", ())
        assert importing(self.LEAF, [broken]) == ["broken"]

    def test_only_the_external_test_imports_the_test_variant(self) -> None:
        leaf = package(unit("leaf"), unit("leaf", variant=Variant.TEST), unit("leaf", "leaf", variant=Variant.XTEST))
        user, xtest = package(unit("user", "leaf")), str(UnitId("leaf", Variant.XTEST))
        assert importing(UnitId("leaf", Variant.TEST), [leaf, user]) == [xtest]
        assert importing(UnitId("leaf", Variant.PACKAGE), [leaf, user]) == [xtest, "user"]
        assert importing(UnitId("leaf", Variant.XTEST), [user]) == []

    def test_each_unit_that_imports_it(self) -> None:
        user = package(unit("user", "leaf"), unit("user", "leaf", variant=Variant.TEST))
        assert len(importing(self.LEAF, [user])) == 2


class TestIndirect:
    LEAF = UnitId("leaf", Variant.PACKAGE)

    def test_through_a_package_without_a_recipe(self) -> None:
        top = package(unit("top", "middle"), graph=(node("top", "middle"), node("middle", "leaf"), node("leaf")))
        assert names(indirect(self.LEAF, [package(unit("leaf")), top])) == ["top"]

    def test_through_several(self) -> None:
        graph = (node("top", "a"), node("a", "b"), node("b", "a", "leaf"), node("leaf"))
        assert names(indirect(self.LEAF, [package(unit("top", "a"), graph=graph)])) == ["top"]

    def test_not_through_one_that_has_a_recipe_itself(self) -> None:
        graph = (node("top", "middle"), node("middle", "leaf"), node("leaf"))
        top, middle = package(unit("top", "middle"), graph=graph), package(unit("middle", "leaf"), graph=graph[1:])
        assert names(indirect(self.LEAF, [top, middle])) == []

    def test_a_direct_import_is_not_indirect(self) -> None:
        assert names(indirect(self.LEAF, [package(unit("top", "leaf"), graph=(node("top", "leaf"),))])) == []

    def test_the_standard_library_imports_nothing_of_ours(self) -> None:
        graph = (node("top", "fmt"), node("fmt", "leaf", standard=True))
        assert names(indirect(self.LEAF, [package(unit("top", "fmt"), graph=graph)])) == []


class TestArchives:
    def test_new_export_data_replaces_what_the_recipe_names(self) -> None:
        providers = {UnitId("leaf", Variant.PACKAGE): "/work/new.a"}
        assert archives(unit("user", "leaf", "fmt"), providers) == {"/cache/leaf.a": "/work/new.a"}

    def test_an_external_test_gets_the_test_variant_of_its_own_package_where_there_is_one(self) -> None:
        test, plain = UnitId("leaf", Variant.TEST), UnitId("leaf", Variant.PACKAGE)
        xtest = unit("leaf", "leaf", variant=Variant.XTEST)
        both = {test: "/work/test.a", plain: "/work/plain.a"}
        assert archives(xtest, both) == {"/cache/leaf.a": "/work/test.a"}
        assert archives(xtest, {plain: both[plain]}) == {"/cache/leaf.a": "/work/plain.a"}
        assert archives(unit("user", "leaf"), both) == {"/cache/leaf.a": "/work/plain.a"}
