"""Who is analysed again: importers that see something else than before, and nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from stackward.core.position import ByteCol, BytePos, ByteRange
from stackward.core.site import Function
from stackward.engine.dependents import Provider, archives, importers, indirect, unit_surface
from stackward.engine.packages import PackageState, UnitState
from stackward.engine.results import FileResult, UnitResult
from stackward.engine.sources import Sources
from stackward.engine.texts import Texts, digest
from stackward.toolchain.unit import Package, Recorded, Unit, UnitId, Variant

NOWHERE = ByteRange(BytePos(0, ByteCol(0)), BytePos(0, ByteCol(0)))
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


def names(found: object) -> list[str]:
    return sorted(one.directory.removeprefix("/m/") for one in found)  # type: ignore[attr-defined]


class TestImporters:
    def test_those_that_import_it_and_have_a_result(self) -> None:
        user, other = package(unit("user", "leaf")), package(unit("other", "fmt"))
        untried = package(unit("untried", "leaf"), result=None)
        leaf = package(unit("leaf"))
        assert names(importers(leaf.units.copy().popitem()[0], [leaf, user, other, untried])) == ["user"]

    def test_only_the_external_test_imports_the_test_variant(self) -> None:
        leaf = package(unit("leaf"), unit("leaf", variant=Variant.TEST), unit("leaf", "leaf", variant=Variant.XTEST))
        user = package(unit("user", "leaf"))
        assert names(importers(UnitId("leaf", Variant.TEST), [leaf, user])) == ["leaf"]
        assert names(importers(UnitId("leaf", Variant.PACKAGE), [leaf, user])) == ["leaf", "user"]
        assert names(importers(UnitId("leaf", Variant.XTEST), [user])) == []

    def test_a_package_is_named_once_however_many_of_its_units_import_it(self) -> None:
        user = package(unit("user", "leaf"), unit("user", "leaf", variant=Variant.TEST))
        assert names(importers(UnitId("leaf", Variant.PACKAGE), [user])) == ["user"]


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
        providers = {UnitId("leaf", Variant.PACKAGE): Provider("s", "/work/new.a")}
        assert archives(unit("user", "leaf", "fmt"), providers) == {"/cache/leaf.a": "/work/new.a"}

    def test_an_external_test_gets_the_test_variant_of_its_own_package_where_there_is_one(self) -> None:
        test, plain = UnitId("leaf", Variant.TEST), UnitId("leaf", Variant.PACKAGE)
        xtest = unit("leaf", "leaf", variant=Variant.XTEST)
        both = {test: Provider("s", "/work/test.a"), plain: Provider("s", "/work/plain.a")}
        assert archives(xtest, both) == {"/cache/leaf.a": "/work/test.a"}
        assert archives(xtest, {plain: both[plain]}) == {"/cache/leaf.a": "/work/plain.a"}
        assert archives(unit("user", "leaf"), both) == {"/cache/leaf.a": "/work/plain.a"}


SOURCE = """package leaf

import "example.com/dep"

type T struct{ D dep.D }

func Small(a int) int { return a + 1 }

func Large(a int) int { return a * 2 }
"""


class TestSurface:
    @pytest.fixture
    def surface_of(self, tmp_path: Path):
        """The surface of a package of one file, in which ``Small`` can be inlined."""
        path = tmp_path / "leaf.go"

        def make(
            text: str = SOURCE,
            tags: str = "",
            providers: Mapping[UnitId, Provider] | None = None,
            argv: tuple[str, ...] = ("compile",),
        ) -> str:
            path.write_text(text, encoding="utf-8")
            small = Function(str(path), "Small", NOWHERE, NOWHERE, inline_cost=4)
            large = Function(str(path), "Large", NOWHERE, NOWHERE, not_inlined="too complex")
            result = FileResult(str(path), digest(text.encode()), (), (small, large), tags)
            plain = unit("leaf", "example.com/dep", files=(str(path),))
            built = Unit(**{name: getattr(plain, name) for name in Unit.__slots__} | {"argv": argv})
            state = UnitState(built, result=UnitResult((result,), 0))
            return unit_surface(state, Sources(Texts()), {"example.com/dep": "dep"}, providers or {})

        return make

    @pytest.mark.parametrize(
        ("old", "new"),
        [("a * 2", "a * 3"), ("import", "// A comment.\nimport"), ("func Large", "\n\nfunc Large")],
        ids=["body that is not inlined", "comment", "lines"],
    )
    def test_what_importers_cannot_see(self, surface_of, old: str, new: str) -> None:
        assert surface_of(SOURCE.replace(old, new)) == surface_of()

    @pytest.mark.parametrize(
        ("old", "new"),
        [("a + 1", "a + 2"), ("Large(a int)", "Large(a int64)"), ("D dep.D", "E dep.D")],
        ids=["body that is inlined", "signature", "type"],
    )
    def test_what_importers_see(self, surface_of, old: str, new: str) -> None:
        assert surface_of(SOURCE.replace(old, new)) != surface_of()

    def test_what_the_compiler_found_out_about_parameters_is_seen(self, surface_of) -> None:
        assert surface_of(tags="leaks") != surface_of()

    def test_how_it_is_compiled_is_seen(self, surface_of) -> None:
        assert surface_of(argv=("compile", "-race")) != surface_of()

    def test_an_import_counts_where_the_surface_mentions_it(self, surface_of) -> None:
        changed = {UnitId("example.com/dep", Variant.PACKAGE): Provider("s", "/work/dep.a")}
        assert surface_of(providers=changed) != surface_of()
        hidden = SOURCE.replace("D dep.D", "D int").replace("a * 2", "a * dep.N")
        assert surface_of(hidden, providers=changed) == surface_of(hidden)
        inlined = SOURCE.replace("D dep.D", "D int").replace("a + 1", "a + dep.N")
        assert surface_of(inlined, providers=changed) != surface_of(inlined)
        dotted = hidden.replace("import ", "import . ")
        assert surface_of(dotted, providers=changed) != surface_of(dotted)

    def test_without_a_result_there_is_none(self) -> None:
        assert unit_surface(UnitState(unit("leaf")), Sources(Texts()), {}, {}) == ""

    def test_a_text_that_has_changed_since_counts_as_different(self, tmp_path: Path) -> None:
        path = tmp_path / "gone.go"
        result = FileResult(str(path), digest(SOURCE.encode()), (), ())
        state = UnitState(unit("leaf", files=(str(path),)), result=UnitResult((result,), 0))
        gone = unit_surface(state, Sources(Texts()), {}, {})
        path.write_text(SOURCE, encoding="utf-8")
        assert unit_surface(state, Sources(Texts()), {}, {}) != gone
