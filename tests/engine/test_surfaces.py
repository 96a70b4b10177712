"""What importers see of a package, which of them a change concerns, and how it goes on through them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stackward.core.position import ByteCol, BytePos, ByteRange
from stackward.core.site import Function
from stackward.engine.results import FileResult, UnitResult
from stackward.engine.sources import Sources
from stackward.engine.surfaces import Change, Surface, changed, concerned, unit_surface
from stackward.engine.texts import Texts, digest
from stackward.syntax.tree import parse
from stackward.toolchain.unit import Unit, UnitId, Variant

NOWHERE = ByteRange(BytePos(0, ByteCol(0)), BytePos(0, ByteCol(0)))
EVERYTHING = Change(everything=True)
DEP = "example.com/dep"
SOURCE = """package leaf

import "example.com/dep"

type T struct{ D dep.D }

type hidden struct{ t *T }

func (h *hidden) Get() *T { return h.t }

// Small is inlined.
func Small(a int) int { return a + other() }

func other() int { return 1 }

func Large(a int) int { return a * 2 }

func Hidden() *hidden { return nil }
"""


def unit(path: str, *files: str, argv: tuple[str, ...] = ("compile",)) -> Unit:
    return Unit(
        id=UnitId(path, Variant.PACKAGE),
        name=path.rpartition("/")[2],
        dir=f"/m/{path}",
        files=files,
        argv=argv,
        cwd="/m",
        imports=((DEP, "/cache/dep.a"),),
        importmap=(("old.org/dep", DEP),),
        archive="",
        cgo=False,
        standard=False,
        module="m",
    )


@pytest.fixture
def surface_of(tmp_path: Path) -> Callable[..., Surface]:
    """The surface of a package of one file, in which ``Small`` and ``other`` can be inlined."""
    path = str(tmp_path / "leaf.go")

    def make(
        text: str = SOURCE, tags: tuple[tuple[str, str], ...] = (), argv: tuple[str, ...] = ("compile",)
    ) -> Surface:
        Path(path).write_text(text, encoding="utf-8")
        functions = tuple(Function(path, name, NOWHERE, NOWHERE, inline_cost=4) for name in ("Small", "other"))
        large = Function(path, "Large", NOWHERE, NOWHERE, not_inlined="too complex")
        result = FileResult(path, digest(text.encode()), (), (*functions, large), tags)
        return unit_surface(unit("leaf", path, argv=argv), UnitResult((result,), 0), Sources(Texts()), {DEP: "dep"})

    return make


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("a * 2", "a * 3", ""),
        ("import", "// A comment.\nimport", ""),
        ("func Large", "\n\nfunc Large", ""),
        ("a + other()", "a + other() + 1", "Small"),
        ("{ return 1 }", "{ return 2 }", "Small"),
        ("Large(a int)", "Large(a int64)", "Large"),
        ("D dep.D", "E dep.D", "T Hidden"),
        ("t *T", "t, u *T", "Hidden"),
        ("Get() *T", "Get() any", "Hidden"),
        ("func Large", "func New() {}\n\nfunc Large", "New"),
        ("Large", "Larger", "Large Larger"),
        ("func other", "func another() {}\n\nfunc other", ""),
        ('import "example.com/dep"', 'import dep "example.com/dep"', ""),
        ('import "example.com/dep"', 'import dep "old.org/dep"', ""),
        ('import "example.com/dep"', 'import dep "example.com/new"', "T Hidden"),
    ],
)
def test_the_names_that_importers_see_otherwise(
    surface_of: Callable[..., Surface], old: str, new: str, names: str
) -> None:
    assert old in SOURCE
    before, now = surface_of(), surface_of(SOURCE.replace(old, new))
    assert changed(before.bare(), now, {}) == Change(frozenset(names.split()))


def test_what_the_compiler_found_out_about_parameters_is_seen(surface_of: Callable[..., Surface]) -> None:
    assert changed(surface_of(), surface_of(tags=(("Large", "leaks"),)), {}) == Change(frozenset({"Large"}))


def test_how_it_is_compiled_is_seen(surface_of: Callable[..., Surface]) -> None:
    assert changed(surface_of(), surface_of(argv=("compile", "-race")), {}) == EVERYTHING


def test_a_text_that_has_changed_since_counts_as_different(tmp_path: Path) -> None:
    path = tmp_path / "gone.go"
    result = UnitResult((FileResult(str(path), digest(SOURCE.encode()), (), ()),), 0)
    gone = unit_surface(unit("leaf", str(path)), result, Sources(Texts()), {})
    path.write_text(SOURCE, encoding="utf-8")
    assert changed(gone, unit_surface(unit("leaf", str(path)), result, Sources(Texts()), {}), {}) == EVERYTHING


@pytest.mark.parametrize(
    ("old", "new", "behind", "names"),
    [
        ("", "", Change(frozenset({"D"})), "T Hidden"),
        ("", "", Change(frozenset({"E"})), ""),
        ("", "", EVERYTHING, "T Hidden"),
        ("a * 2", "a * dep.E", Change(frozenset({"E"})), ""),
        ("a + other()", "a + dep.E", Change(frozenset({"E"})), "Small"),
        ("import ", "import d ", Change(frozenset({"D"})), ""),
        ("dep.D", "int", Change(frozenset({"D"})), ""),
        ("import ", "import . ", Change(frozenset({"E"})), "T Hidden Small Large"),
    ],
)
def test_what_changed_of_an_import_goes_on_through_what_mentions_it(
    surface_of: Callable[..., Surface], old: str, new: str, behind: Change, names: str
) -> None:
    same = surface_of(SOURCE.replace(old, new) if old else SOURCE)
    assert changed(same.bare(), same, {DEP: behind}) == Change(frozenset(names.split()))
    assert changed(same.bare(), same, {"example.com/another": behind}) == Change()


@pytest.mark.parametrize(
    ("text", "sees"),
    [
        ('import "example.com/leaf"\n\nvar x = leaf.New', True),
        ('import "example.com/leaf"\n\nvar x = leaf . /* New. */ New()', True),
        ('import "example.com/leaf"\n\nvar x = leaf.\n\tNew()', True),
        ('import "example.com/leaf"\n\nfunc f() { leaf.Newer(leaf.Old) } // As leaf.New does.', False),
        ('import "example.com/leaf"\n\nvar x = leaf.Old("leaf.New")', False),
        ('import other "example.com/leaf"\n\nvar x = other.New()', True),
        ('import other "example.com/leaf"\n\nvar x = leaf.New(other.Old)', False),
        ('import . "example.com/leaf"\n\nvar x = Old()', True),
        ('import _ "example.com/leaf"\n\nvar x = leaf.New()', False),
        ('import "example.com/other"\n\nvar x = leaf.New()', False),
        ('import (\n\t"fmt"\n\té "example.com/leaf"\n)\n\nvar x = é.New', True),
    ],
)
def test_an_importer_is_concerned_if_it_mentions_a_name_that_changed(text: str, *, sees: bool) -> None:
    files, leaf = [parse(b"package user\n"), parse(f"package user\n\n{text}\n".encode())], unit("example.com/leaf")
    assert concerned(unit("user"), files, leaf, Change(frozenset({"New"}))) is sees
    assert not concerned(unit("user"), files[:1], leaf, Change(frozenset({"New"})))


def test_importers_of_which_too_little_is_known_are_concerned() -> None:
    leaf, change = unit("example.com/leaf"), Change(frozenset({"New"}))
    assert concerned(unit("user"), [parse(b"package user\n")], leaf, EVERYTHING)
    assert concerned(unit("user"), [None], leaf, change)
    assert concerned(unit("user", argv=("compile", "-pgoprofile=default.pgo")), [], leaf, change)


def test_changes_in_words() -> None:
    assert str(Change(frozenset("A"))) == "A"
    assert str(Change(frozenset("DCBAE"))) == "A, B, C and 2 more"
    assert str(EVERYTHING) == "all that is seen of it"
    assert not Change()
    assert Change(frozenset("A")) | Change(frozenset("B")) == Change(frozenset("AB"))
