"""From the compiler's point to the expression. What the points and texts look like was read off ``-m`` of Go 1.27."""

from __future__ import annotations

import pytest

from stackward.core.position import ByteCol, BytePos
from stackward.syntax.anchors import is_call
from stackward.syntax.nodes import Kind, Located, call_at, locate
from stackward.syntax.tree import SourceFile, parse

MARK = "¦"


def at_mark(code: str, subject: str, *, variable: bool = False, before: str = "") -> tuple[SourceFile, Located | None]:
    """What is found at the mark in the body of a function; ``before`` are declarations in the same file."""
    text = f"package p\n\n{before}\n\nfunc f() {{\n\t{code}\n}}\n"
    return located(text, subject, variable=variable)


def located(text: str, subject: str, *, variable: bool = False) -> tuple[SourceFile, Located | None]:
    head, mark, tail = text.partition(MARK)
    assert mark
    source = parse((head + tail).encode())
    return source, locate(source, source.lines.position(len(head.encode())), subject, variable)


def text_at(source: SourceFile, found: Located) -> str:
    start, end = (source.lines.offset(point) for point in (found.range.start, found.range.end))
    return source.text[start:end].decode()


EXPRESSIONS = [
    # code, what the compiler prints, the text that it means, its kind
    ("use(¦u)", "u", "u", Kind.IDENTIFIER),
    ("use(u¦.name)", "u.name", "u.name", Kind.SELECTOR),
    ("use(a.b¦.c)", "a.b.c", "a.b.c", Kind.SELECTOR),
    ("use(m¦[k])", "m[k]", "m[k]", Kind.OTHER),
    ("use(b¦[1:n])", "b[1:n]", "b[1:n]", Kind.OTHER),
    ("use(v¦.(T))", "v.(T)", "v.(T)", Kind.OTHER),
    ("use(¦*p)", "*p", "*p", Kind.OTHER),
    ("use(¦-x)", "-x", "-x", Kind.OTHER),
    ("use(¦<-ch)", "<-ch", "<-ch", Kind.OTHER),
    ("use(a + b ¦+ c)", "a + b + c", "a + b + c", Kind.BINARY),
    ('use("é" ¦+ b)', '"é" + b', '"é" + b', Kind.BINARY),
    ("use(¦1)", "1", "1", Kind.LITERAL),
    ('use(¦"text")', '"text"', '"text"', Kind.LITERAL),
    ("use(¦`raw`)", '"raw"', "`raw`", Kind.LITERAL),
    ("use(prefix¦.Name)", "syscall.Errno(22)", "prefix.Name", Kind.SELECTOR),
    ("use(¦blank)", "whiteSpace(32)", "blank", Kind.IDENTIFIER),
    # Composites are reported at the brace, with the address at the `&`.
    ("x := T¦{1, 2}", "T{...}", "T{1, 2}", Kind.COMPOSITE),
    ("x := ¦&T{1, 2}", "&T{...}", "&T{1, 2}", Kind.ADDRESS_OF_COMPOSITE),
    ("x := ¦&(T{1, 2})", "&T{...}", "&(T{1, 2})", Kind.ADDRESS_OF_COMPOSITE),
    ("x := []int¦{1}", "[]int{...}", "[]int{1}", Kind.COMPOSITE),
    ("x := map[string][]int¦{}", "map[string][]int{}", "map[string][]int{}", Kind.COMPOSITE),
    ("x := struct{ a any }¦{a: 1}", "struct { a any }{...}", "struct{ a any }{a: 1}", Kind.COMPOSITE),
    ("x := []*T{¦{1}, {2}}", "&T{...}", "{1}", Kind.ADDRESS_OF_COMPOSITE),
    ("x := [][]int{{1}, ¦{2}}", "[]int{...}", "{2}", Kind.COMPOSITE),
    ("x := map[K]*T{{1}: ¦{2}}", "&T{...}", "{2}", Kind.ADDRESS_OF_COMPOSITE),
    ("x := map[any]any{¦k: v}", "k", "k", Kind.IDENTIFIER),
    ("x := G[int]¦{m: 1}", "G[int]{...}", "G[int]{m: 1}", Kind.COMPOSITE),
    # Calls are reported at the parenthesis.
    ("use(g¦(x))", "g(x)", "g(x)", Kind.CALL),
    ("use(r.m¦(x))", "(*R).m(r, x)", "r.m(x)", Kind.CALL),
    ("use(s.inner.String¦())", "inner.String(s.inner)", "s.inner.String()", Kind.CALL),
    ("use(F[int]¦(x))", "F[go.shape.int](x)", "F[int](x)", Kind.CALL),
    ("use(table[k]¦(x))", "table[k](x)", "table[k](x)", Kind.CALL),
    ("use(func(a int) int { return a }¦(3))", "(func literal)(3)", "func(a int) int { return a }(3)", Kind.CALL),
    ("x := make¦([]int, n)", "make([]int, n)", "make([]int, n)", Kind.MAKE),
    ("x := new¦(T)", "new(T)", "new(T)", Kind.NEW),
    ("x = append¦(x, 1)", "append", "append(x, 1)", Kind.APPEND),
    ("x = append¦(x, 1)", "append(x, 1)", "append(x, 1)", Kind.APPEND),
    ("fmt.Println¦(x)", "... argument", "fmt.Println(x)", Kind.VARIADIC),
    ("go ¦func() {}()", "func literal", "func() {}", Kind.FUNC_LITERAL),
    ("x := recv¦.Method", "recv.Method", "recv.Method", Kind.SELECTOR),
    ("x := (&T{})¦.Method", "(&T{}).Method", "(&T{}).Method", Kind.SELECTOR),
    # A conversion is reported where its operand is, an implicit one too.
    ("x := []byte(¦s)", "([]byte)(s)", "[]byte(s)", Kind.CONVERSION),
    ("x := string(b¦[1:2])", "string(b[1:2])", "string(b[1:2])", Kind.CONVERSION),
    ("x := string([]byte¦{1})", "string([]byte{...})", "string([]byte{1})", Kind.CONVERSION),
    ("x := string([]byte¦{1})", "[]byte{...}", "[]byte{1}", Kind.COMPOSITE),
    ("x := string(r.runes¦())", "string((*R).runes(r))", "string(r.runes())", Kind.CONVERSION),
    ("x := string(f.g¦(y))", "f.g(y)", "f.g(y)", Kind.CALL),
    ("x := any(¦(y))", "any(y)", "any((y))", Kind.CONVERSION),
    ("x := []E(¦y)", "([]go.shape.uint8)(pkg.y)", "[]E(y)", Kind.CONVERSION),
    ("use([]byte¦(s))", "([]byte)(s)", "[]byte(s)", Kind.CONVERSION),
    ("use(S¦(nil))", "S(nil)", "S(nil)", Kind.CALL),
    ("use(string¦(b))", "string(b)", "string(b)", Kind.CONVERSION),
    ("use(float64¦(3))", "3", "float64(3)", Kind.LITERAL),
    ("use(unsafe.Sizeof¦(x))", "uintptr(8)", "unsafe.Sizeof(x)", Kind.LITERAL),
    ("if err == ¦(T{}) {}", "T{}", "T{}", Kind.COMPOSITE),
    # The result of an inlined call that is boxed.
    ("use(x, g¦(y))", "~r0", "g(y)", Kind.CALL),
    ("use(x, g¦(h(y)))", "~r0", "g(h(y))", Kind.CALL),
    ("use(x, g¦(y.m()))", "~r0", "g(y.m())", Kind.CALL),
    # Of several values each becomes a temporary.
    ("a, b ¦= g(x)", ".autotmp_4", "g(x)", Kind.CALL),
    ("a, b ¦= <-ch", ".autotmp_4", "<-ch", Kind.OTHER),
    ("var ¦a, b any = g()", ".autotmp_4", "g()", Kind.CALL),
    ("¦return g(x)", ".autotmp_4", "g(x)", Kind.CALL),
    ("use¦(g(x))", ".autotmp_4", "g(x)", Kind.CALL),
]


@pytest.mark.parametrize(("code", "subject", "text", "kind"), EXPRESSIONS)
def test_expressions(code: str, subject: str, text: str, kind: Kind) -> None:
    source, found = at_mark(code, subject)
    assert found is not None
    assert (text_at(source, found), found.kind, found.exact) == (text, kind, True)


def test_long_constants_are_cut_by_the_compiler() -> None:
    long = "internal error: unexpected wire-format event type for StateTransition kind: %d"
    printed = 'fmt.Sprintf("internal error: unexpected wire-format event type for StateTransitio..., ... argument...)'
    source, found = at_mark(f'panic(fmt.Sprintf¦("{long}", x))', printed)
    assert found is not None
    assert found.exact
    assert text_at(source, found) == f'fmt.Sprintf("{long}", x)'


COPIES = [
    # code, what the compiler prints of a function that was inlined there
    ("helper¦(x)", "func literal"),
    ("helper¦(x)", "&T{...}"),
    ("helper¦(x)", "[]int{...}"),
    ("helper¦(x)", "make([]int, n)"),
    ("helper¦(x)", "append"),
    ("helper¦(x)", '"strings: illegal use of non-zero Builder copied by value"'),
    ("helper¦(x)", "strconv.Error(2)"),
    ("helper¦(x)", "other(x)"),
    ("helper¦(x)", "strings.b"),
    ("helper¦(x)", "~r0"),
    ("y := helper¦(1)", "1"),
    ("v.append¦(0)", "append"),
    ("z.make¦(n)", "make(nat, n)"),
    ("x := Header(f¦(v))", "make([]string, nv)"),
    ("helper¦()", "... argument"),
    ("helper¦(xs...)", "... argument"),
    ("func() { Sink = s }¦()", "s"),
]


@pytest.mark.parametrize(("code", "subject"), COPIES)
def test_copies_by_inlining(code: str, subject: str) -> None:
    _, found = at_mark(code, subject)
    assert found is not None
    assert not found.exact
    assert is_call(found.node)


@pytest.mark.parametrize(("parameter", "exact"), [("xs ...any", True), ("x any", False)])
def test_only_a_variadic_function_has_variadic_arguments(parameter: str, exact: bool) -> None:
    _, found = at_mark("own¦(1)", "... argument", before=f"func own({parameter}) {{}}")
    assert found is not None
    assert found.exact is exact


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("package p\nfunc ¦Gen[E any](e E) {}\n", "Gen"),
        ("package p\nfunc ¦(g *G[K]) Put(k K) {}\n", "Put"),
    ],
)
@pytest.mark.parametrize(("subject", "variable"), [("func literal", False), ("e", False), ("e", True)])
def test_the_wrapper_of_a_generic_function_is_reported_at_its_declaration(
    text: str, name: str, subject: str, variable: bool
) -> None:
    source, found = located(text, subject, variable=variable)
    assert found is not None
    assert text_at(source, found) == name
    assert not found.exact


VARIABLES = [
    ("¦x := 1", "x", "x", Kind.VARIABLE),
    ("a, ¦é := 1, 2", "é", "é", Kind.VARIABLE),
    ("var ¦z, w int", "z", "z", Kind.VARIABLE),
    ("for i, ¦v := range s {}", "v", "v", Kind.VARIABLE),
    ("for ¦i := 0; i < 3; i++ {}", "i", "i", Kind.VARIABLE),
    ("select { case ¦v, ok := <-ch: use(v, ok) }", "v", "v", Kind.VARIABLE),
    ("func(¦a int) { use(&a) }(1)", "a", "a", Kind.PARAMETER),
    ("func() (¦r int) { return }()", "r", "r", Kind.RESULT),
    # The variable of a type switch is another one in each clause: reported in the clause's last type.
    ("switch x := y.(type) {\n\tcase ¦int: use(&x)\n\t}", "x", "int", Kind.VARIABLE),
    (
        "switch x := y.(type) {\n\tcase T, map[string]*¦io.Reader: use(&x)\n\t}",
        "x",
        "map[string]*io.Reader",
        Kind.VARIABLE,
    ),
    ("switch x := y.(type) {\n\tcase int:\n\t¦default: use(&x)\n\t}", "x", "default", Kind.VARIABLE),
    # What the compiler makes up for a range over a function, and for new(x).
    ("¦for i := range seq { use(i) }", "#state1", "for i := range seq", Kind.VARIABLE),
    ("p := new¦(*u)", ".autotmp_3", "new(*u)", Kind.NEW),
]


@pytest.mark.parametrize(("code", "subject", "text", "kind"), VARIABLES)
def test_variables(code: str, subject: str, text: str, kind: Kind) -> None:
    source, found = at_mark(code, subject, variable=True)
    assert found is not None
    assert (text_at(source, found), found.kind, found.exact) == (text, kind, True)


@pytest.mark.parametrize(
    ("text", "subject", "kind"),
    [
        ("package p\nfunc (¦t *T) m(a int) {}\n", "t", Kind.RECEIVER),
        ("package p\nfunc (t *T) m(¦a int) {}\n", "a", Kind.PARAMETER),
        ("package p\nfunc m(¦xs ...any) {}\n", "xs", Kind.PARAMETER),
        ("package p\nfunc m() (¦r int, err error) { return }\n", "r", Kind.RESULT),
        ("package p\nfunc m() (int, ¦[]error) { return }\n", "#rv2", Kind.RESULT),
        ("package p\nfunc m() ¦error { return nil }\n", "#rv1", Kind.RESULT),
    ],
)
def test_parameters_and_results(text: str, subject: str, kind: Kind) -> None:
    _, found = located(text, subject, variable=True)
    assert found is not None
    assert (found.kind, found.exact) == (kind, True)


@pytest.mark.parametrize(
    ("code", "subject"), [("helper¦(x)", "x"), ("helper¦(x)", "strings.b"), ("¦for x := range f {}", "y")]
)
def test_variables_of_inlined_functions(code: str, subject: str) -> None:
    _, found = at_mark(code, subject, variable=True)
    assert found is not None
    assert not found.exact


def test_the_body_of_a_range_over_a_function() -> None:
    source, found = at_mark("¦for k, v := range seq {\n\t\tuse(k, v)\n\t}", "func literal")
    assert found is not None
    assert (text_at(source, found), found.kind, found.exact) == ("for k, v := range seq", Kind.FUNC_LITERAL, True)


def test_copies_into_a_loop_over_an_inlined_function() -> None:
    _, found = at_mark("¦for k := range seq {\n\t\tuse(k)\n\t}", "&T{...}")
    assert found is not None
    assert not found.exact


@pytest.mark.parametrize("code", ["use( ¦ x)", "us¦e(x)", "// comm¦ent", "¦// comment", "use(x) ¦"])
def test_a_point_of_another_text_is_not_located(code: str) -> None:
    _, found = at_mark(code, "x")
    assert found is None


@pytest.mark.parametrize(
    ("subject", "text", "variable"),
    [
        ("st.Failed", "st.Failed", False),
        ("st.Closed", "st.Closed", False),
        ("str.other(x)", "other(x)", False),
        ("p.last", "last", True),
        ("absent", None, False),
    ],
)
def test_far_to_the_right_the_compiler_prints_no_column(subject: str, text: str | None, variable: bool) -> None:
    line = f'\tuse(st.Closed, "{"x" * 250}", st.Failed, st.Closed, other(x)); last := "é"; use(last)'
    source = parse(f"package p\n\nfunc f() {{\n{line}\n}}\n".encode())
    found = locate(source, BytePos(3, ByteCol(0)), subject, variable)
    assert (text_at(source, found) if found is not None else None) == text
    assert found is None or found.range.start.col > 250


def test_a_point_past_the_end_is_not_located() -> None:
    source = parse(b"package p\n")
    assert locate(source, BytePos(7, ByteCol(3)), "x", variable=False) is None
    assert locate(parse(b""), BytePos(0, ByteCol(0)), "x", variable=False) is None


def test_carriage_returns_are_white_space() -> None:
    source, found = located("package p\r\n\r\nfunc f() {\r\n\tuse(¦x)\r\n}\r\n", "x")
    assert found is not None
    assert (text_at(source, found), found.exact) == ("x", True)


@pytest.mark.parametrize("code", ["use(¦x", "use(¦x,,)", "if use(¦x) {", "x := []T{{use(¦x)"])
def test_broken_code_is_located_as_far_as_it_can_be(code: str) -> None:
    source, found = at_mark(code, "x")
    assert found is not None
    assert text_at(source, found) == "x"


@pytest.mark.parametrize(
    ("before", "after"),
    [("(" * 20_000, ")" * 20_000), ("a + " * 20_000, ""), ("func() any { return " * 2_000, "}" * 2_000)],
    ids=["parentheses", "operators", "literals"],
)
def test_deep_nesting(before: str, after: str) -> None:
    source, found = located(f"package p\nvar x = {before}{MARK}y{after}\n", "y")
    assert found is not None
    assert text_at(source, found) == "y"


def test_the_call_at_a_parenthesis() -> None:
    text = b"package p\nvar x = F[int](g(y), z)\n"
    source = parse(text)
    calls = [call_at(source, source.lines.position(at)) for at, byte in enumerate(text) if byte == ord("(")]
    assert [call.text for call in calls if call is not None] == [b"F[int](g(y), z)", b"g(y)"]
    assert call_at(source, source.lines.position(text.index(b"F"))) is None
