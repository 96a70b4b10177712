"""What a file declares: shapes behind names, methods, fields, and the parameters of functions."""

from __future__ import annotations

import pytest

from stackward.syntax.declared import Declarations, Declared, Shape, declared, imports
from stackward.syntax.tree import parse


def of(text: str) -> Declared:
    return declared(parse(f"package p\n\n{text}\n".encode()))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("struct{ a int }", Shape.STRUCT),
        ("[]int", Shape.SLICE),
        ("map[string]int", Shape.MAP),
        ("[4]int", Shape.ARRAY),
        ("interface{ M() }", Shape.INTERFACE),
        ("string", Shape.STRING),
        ("any", Shape.INTERFACE),
        ("error", Shape.INTERFACE),
        ("*int", Shape.OTHER),
        ("func()", Shape.OTHER),
        ("int", None),
    ],
)
def test_shapes(kind: str, expected: Shape | None) -> None:
    assert Declarations([of(f"type T {kind}")]).shape("T") == expected


def test_a_type_that_is_defined_by_another_has_its_shape_even_from_another_file() -> None:
    files = [of("type A B\n\ntype C = A"), of("type (\n\tB []byte\n\tOther int\n)")]
    assert (
        Declarations(files).shape("A")
        == Declarations(files).shape("C")
        == Declarations(files).shape("B")
        == Shape.SLICE
    )
    assert Declarations(files[:1]).shape("A") is None


def test_types_that_are_defined_by_each_other_have_none() -> None:
    assert Declarations([of("type A B\n\ntype B A")]).shape("A") is None


def test_what_a_package_declares_hides_the_basic_types() -> None:
    assert Declarations([of("")]).shape("string") is Shape.STRING
    assert Declarations([of("type string struct{}")]).shape("string") is Shape.STRUCT
    assert Declarations([of("")]).shape("Unknown") is None


def test_generic_types_have_shapes() -> None:
    assert Declarations([of("type List[T any] struct{ items []T }")]).shape("List") is Shape.STRUCT


def test_methods_are_those_of_types_and_of_interfaces() -> None:
    found = of("type T int\n\nfunc (T) A() {}\n\nfunc (*T) B() {}\n\ntype I interface{ C(); D(int) }\n\nfunc F() {}")
    assert found.methods == {"A", "B", "C", "D"}


def test_fields_are_those_of_structs_at_any_depth() -> None:
    found = of("type T struct {\n\ta, b int\n\tc struct{ d int }\n\te []struct{ f int }\n}\n\nvar g struct{ h int }")
    assert found.fields == {"a", "b", "c", "d", "e", "f"}


def test_functions_with_one_name_for_each_parameter() -> None:
    found = of(
        "func None() {}\n\nfunc Named(a, b int, _ string, rest ...int) {}\n\nfunc Bare(int, string) {}\n\n"
        "func (t T) Method(x int) {}\n\nfunc Generic[T any](v T) {}\n\nfunc (*List[E]) Push(rest ...E) {}"
    )
    assert dict(found.functions) == {
        "None": (),
        "Named": ("a", "b", "_", "...rest"),
        "Bare": ("", ""),
        "Generic": ("v",),
        "T.Method": ("t", "x"),
        "(*List).Push": ("", "...rest"),
    }


def test_what_is_declared_inside_of_functions_is_not_the_packages() -> None:
    found = of("func F() {\n\ttype T struct{ a int }\n\tfunc(b int) {}(1)\n}")
    assert (found.types, found.fields, [name for name, _ in found.functions]) == ((), frozenset(), ["F"])


@pytest.mark.parametrize(
    "text", ["type", "type T", "type T struct {", "func (", "func F(a", "type ( A struct{ b int", "\xff"]
)
def test_broken_code(text: str) -> None:
    assert isinstance(of(text), Declared)
    assert "A" in of(f"func (T) A() {{}}\n\n{text}").methods


def test_imports_with_the_names_that_they_are_given() -> None:
    source = parse(b'package p\n\nimport "fmt"\n\nimport (\n\tj "encoding/json"\n\t. "strings"\n\t_ "embed"\n)\n')
    assert list(imports(source)) == [("", "fmt"), ("j", "encoding/json"), (".", "strings"), ("_", "embed")]
