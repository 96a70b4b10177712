"""What the type checker says of expressions, through the real helper."""

from __future__ import annotations

from gomodule import write_module
from stackward.core.facts import Query
from typechecked import implicit, type_of, units

TYPES = """
    package a

    import (
        "text/template"
        "unsafe"
    )

    type (
        Pair  struct { a int32; s string }
        Boxed struct { p *Pair }
        Named []Pair
    )

    func f(
        i int, b byte, s string, p Pair, bp Boxed, one [1]*int, none [0]*int, n Named, m map[string]int64,
        c <-chan bool, fn func(int) error, u unsafe.Pointer, e error, t *template.Template, ints [3]int16, pp **Pair,
    ) {
        _, _, _, _, _, _, _, _ = i+1, b|2, s+"", p, bp, one, none, n
        _, _, _, _, _, _, _, _ = m, c, fn, u, e, t, ints, pp
    }
"""


def test_types_are_named_and_measured(about):
    marks = ["«i+1»", "«b|2»", '«s+""»', '"", «p»,', "«bp», one,", "«one», none, n\n", "«none», n\n", ", «n»\n"]
    marks += ["= «m», c", " «c», fn,", " «fn», u,", " «u», e,", " «e», t,", " «t», ints,", " «ints», pp\n", ", «pp»\n"]
    found = []
    for facts in about(TYPES, *marks):
        assert facts.exact
        info = facts.type
        found.append((info.type, info.kind, info.size, info.align, info.pointers, info.pointer_shaped))
    assert found == [
        ("int", "int", 8, 8, False, False),
        ("byte", "uint8", 1, 1, False, False),
        ("string", "string", 16, 8, True, False),
        ("Pair", "struct", 24, 8, True, False),
        ("Boxed", "struct", 8, 8, True, True),
        ("[1]*int", "array", 8, 8, True, True),
        ("[0]*int", "array", 0, 8, False, False),
        ("Named", "slice", 24, 8, True, False),
        ("map[string]int64", "map", 8, 8, True, True),
        ("<-chan bool", "chan", 8, 8, True, True),
        ("func(int) error", "func", 8, 8, True, True),
        ("unsafe.Pointer", "unsafe pointer", 8, 8, True, True),
        ("error", "interface", 16, 8, True, False),
        ("*template.Template", "pointer", 8, 8, True, True),
        ("[3]int16", "array", 6, 2, False, False),
        ("**Pair", "pointer", 8, 8, True, True),
    ]


def test_parts_of_types_are_measured_too(about):
    named, mapped, pointer, array = (
        one.type for one in about(TYPES, ", «n»\n", "= «m», c", " «t», ints,", "«ints», pp\n")
    )
    assert (named.elem.type, named.elem.size, named.key, named.package) == ("Pair", 24, None, "example.com/m")
    assert (mapped.key.type, mapped.key.size, mapped.elem.type, mapped.elem.pointers) == ("string", 16, "int64", False)
    assert (pointer.elem.package, pointer.elem.kind) == ("text/template", "struct")
    assert (array.elem.kind, array.len) == ("int16", 3)


def test_a_struct_of_a_pointer_and_nothing_is_its_own_word_since_1_26(about, minor):
    source = """
        package a

        type T struct { _ struct{}; p *int }

        func f(t T) any { return t }
    """
    [facts] = about(source, "return «t»")
    assert facts.type.pointer_shaped == (minor >= 26)


def test_modes_and_constants(about):
    source = """
        package a

        const K = 1 << 40

        func void() {}
        func f(m map[string]int, c chan int, p *int) {
            void()
            println(K, "é\\n", K/3.0, m["k"], *p, <-c, len("abc"), nil == p, int8(5))
            var _ []string
        }
    """
    marks = [
        "println(«K»,",
        '«"é\\n"»',
        "«K/3.0»",
        '«m["k"]»',
        "«*p»",
        "«<-c»",
        '«len("abc")»',
        "«nil» ==",
        "«int8(5)»",
    ]
    marks += ["    «void()»", "_ «[]string»", "«println»(", "const «K»"]
    found = [(one.mode, one.constant) for one in about(source, *marks)]
    assert found == [
        ("constant", "1099511627776"),
        ("constant", '"é\\n"'),
        ("constant", "6004799503160661/16384"),
        ("mapindex", None),
        ("variable", None),
        ("commaok", None),
        ("constant", "3"),
        ("nil", None),
        ("constant", "5"),
        ("novalue", None),
        ("type", None),
        ("builtin", None),
        ("constant", "1099511627776"),
    ]


IMPLICIT = """
    package a

    import "fmt"

    type S struct { any any; n int }
    type stringer struct{}
    func (stringer) String() string { return "" }
    func two() (int, string) { return 0, "" }
    func sink(first int, rest ...any) {}

    func f(i int, e error, c chan any, m map[any]any, list []any) (fmt.Stringer, any) {
        var a any = i + 100
        a = i + 101
        b, a := i + 102, i + 103
        c <- i + 104
        m[i + 105] = i + 106
        _ = S{any: i + 107, n: i + 108}
        _ = S{i + 109, i + 110}
        _ = []any{i + 111, 3: i + 112}
        _ = map[any]any{i + 113: (i + 114)}
        list = append(list, i + 115)
        _ = a == i + 116
        switch a { case i + 117: }
        switch i + 118 { case a: }
        sink(i + 119, i + 120, a)
        sink(i + 121, list...)
        sink(two())
        for _, a = range []int{22} {}
        a = any(i + 122)
        a = (e)
        a = nil
        func() any { return i + 123 }()
        defer panic(i + 124)
        go sink(1, "text")
        _ = []*S{{any: i + 125}}
        _ = i + 126 == b
        _ = i + 127
        a, b = m[1], i + 128
        a, ok := <-c
        _ = ok
        return stringer{}, &i
    }

    func none() { return 1 }
"""


def test_contexts_that_convert_to_an_interface(about):
    none = {102, 108, 110, 119, 121, 122, 126, 127, 128}
    numbers = range(100, 129)
    found = [implicit(one) for one in about(IMPLICIT, *(f"«i + {number}»" for number in numbers))]
    assert found == ["" if number in none else "interface{}" if number == 124 else "any" for number in numbers]
    marks = ["sink(«two()»)", "«[]int{22}»", "= («e»)", "a = «nil»", '«"text"»', "return «stringer{}», &i", "«&i»"]
    marks += ["«m[1]»", "«<-c»", "none() { return «1»"]
    found = [implicit(one) for one in about(IMPLICIT, *marks)]
    assert found == ["any", "any", "", "", "any", "fmt.Stringer", "any", "", "", ""]


CALLS = """
    package a

    import (
        "fmt"
        "io"
        "strings"
    )

    type Box[T any] struct { v T }
    func (b *Box[T]) Get(deep bool) T { return b.v }
    type Getter interface { Get(bool) int }
    func Map[T, U any](list []T, f func(T) U) []U { return nil }

    func f[P fmt.Stringer](w io.Writer, fn func() error, box *Box[int], p P, sb strings.Builder, args []any) {
        fmt.Sprintf("%d", 1)
        fmt.Println(args...)
        sb.WriteString("x")
        w.Write(nil)
        fn()
        box.Get(true)
        p.String()
        _ = int64(5)
        _ = (*Box[int])(nil)
        _ = append(args, 1)
        Map[int, string](nil, nil)
        func(x int) (int, error) { return x, nil }(1)
        Getter.Get(nil, true)
        _ = fn().Error()
        _, _ = box.Get, (sb.Len)
        _ = box.v
    }
"""


def test_calls(about):
    marks = [
        '«fmt.Sprintf("%d", 1)»',
        "«fmt.Println(args...)»",
        '«sb.WriteString("x")»',
        "«w.Write(nil)»",
        "    «fn()»\n",
    ]
    marks += ["«box.Get(true)»", "«p.String()»", "«int64(5)»", "«(*Box[int])(nil)»", "«append(args, 1)»"]
    marks += [
        "«Map[int, string](nil, nil)»",
        "«func(x int) (int, error) { return x, nil }(1)»",
        "«Getter.Get(nil, true)»",
    ]
    marks += ["«fn().Error()»"]
    calls = [one.call for one in about(CALLS, *marks)]
    assert [(one.kind, one.callee) for one in calls] == [
        ("static", "fmt.Sprintf"),
        ("static", "fmt.Println"),
        ("static", "(*strings.Builder).WriteString"),
        ("interface", "(io.Writer).Write"),
        ("dynamic", ""),
        ("static", "(*example.com/m.Box[T]).Get"),
        ("dynamic", "(fmt.Stringer).String"),
        ("conversion", "int64"),
        ("conversion", "*Box[int]"),
        ("builtin", "append"),
        ("static", "example.com/m.Map"),
        ("static", ""),
        ("interface", "(example.com/m.Getter).Get"),
        ("interface", "(error).Error"),
    ]
    sprintf, println, _, write, *_ = calls
    assert [(one.name, one.type.type) for one in sprintf.params] == [("format", "string"), ("a", "[]any")]
    assert (sprintf.variadic, sprintf.ellipsis, println.ellipsis) == (True, False, True)
    assert [one.type for one in write.results] == ["int", "error"]
    assert [(one.name, one.type.type) for one in calls[5].params] == [("deep", "bool")]
    assert [one.type for one in calls[10].results] == ["[]string"]


def test_selections(about):
    marks = [
        "«fmt.Sprintf»",
        "«sb.WriteString»(",
        "«Getter.Get»(",
        "«box.Get»,",
        "(«sb.Len»)",
        "«box.v»",
        "«box.Get»(true",
    ]
    found = [one.selection for one in about(CALLS, *marks)]
    assert found == ["package member", "call", "method expr", "method value", "method value", "field", "call"]


def test_fields_behind_pointers(about):
    source = """
        package a

        type inner struct{ n int }

        type direct struct{ inner }

        type embedding struct{ *inner }

        func f(a inner, b *inner, c direct, d embedding) int { return a.n + b.n + c.n + d.n + d.inner.n }
    """
    found = about(source, "«a.n»", "«b.n»", "«c.n»", "«d.n»", "«d.inner»", "«d.inner.n»")
    assert [one.indirect for one in found] == [False, True, False, True, False, True]


def test_the_smallest_expression_around_is_found(about):
    source = """
        package a

        func f(list []int) int { return (list[0]) * 2 }
    """
    inner, around, name = about(source, "(«list[0]»)", "return «(list[0]) *» 2", "func «f»(")
    assert (inner.exact, around.exact, name.exact) == (True, False, True)
    assert (around.end - around.start, type_of(around)) == (len("(list[0]) * 2"), "int")
    assert (name.object.kind, type_of(name)) == ("func", "func(list []int) int")


def test_a_range_that_is_no_expression_has_no_facts(tmp_path, toolchain, checker):
    root = write_module(tmp_path / "m", {"a.go": "package a\n\n// A comment.\n\nfunc f() {}\n"})
    [unit] = units(root, toolchain)
    path = unit.files[0]
    queries = [Query(path, 11, 15), Query(path, 0, 7), Query(path, 9999, 10000), Query(path, -1, 3), Query(path, 5, 2)]
    assert checker.facts(unit, {}, {}, [*queries, Query("/elsewhere.go", 0, 1)]) == (None,) * 6


def test_types_are_known_by_name(tmp_path, toolchain, checker):
    text = """
        package a

        import "fmt"

        type pair struct{ a, b int }

        func f() error { return fmt.Errorf("no %d", 1) }
    """
    [unit] = units(write_module(tmp_path / "m", {"a.go": text}), toolchain)
    names = [
        "example.com/m.pair",
        "errors.errorString",
        "fmt.Stringer",
        "errors.New",
        "errors.nothing",
        "a/b.C",
        "pair",
        "error",
    ]
    told = checker.facts(unit, {}, {}, [Query(type=name) for name in names])
    assert [(one.type.type, one.type.size, one.type.pointers) if one is not None else None for one in told] == [
        ("pair", 16, False),
        ("errors.errorString", 16, True),  # Needed by code that is inlined through fmt.
        ("fmt.Stringer", 16, True),
        *(None,) * 4,
        ("error", 16, True),
    ]


def test_what_depends_on_a_type_parameter_has_no_size(about):
    source = """
        package a

        type Pair[T any] struct { a, b T }

        func f[T any, S ~[]byte](t T, p Pair[T], q *Pair[T], s S, i Pair[int16]) {
            _, _, _, _, _ = t, p, q, s, i
            var _ any = t
        }
    """
    marks = ["= «t», p", "«p», q, s, i\n", "«q», s, i\n", "«s», i\n", ", «i»\n"]
    found = [(type_of(one), one.type.kind, one.type.size, one.type.pointers) for one in about(source, *marks)]
    assert found == [
        ("T", "type parameter", None, None),
        ("Pair[T]", "struct", None, None),
        ("*Pair[T]", "pointer", 8, True),
        ("S", "type parameter", None, None),
        ("Pair[int16]", "struct", 4, False),
    ]
    assert implicit(about(source, "any = «t»")[0]) == "any"


def test_offsets_are_bytes(about):
    source = """
        package a

        var größe, 世界 = "é€😀", int8(1)

        var x = größe + "ü" /* é */ ; var y = 世界
    """
    string, small, constant = about(source, '= «größe + "ü"»', "= «世界»", '«"é€😀"»')
    assert (type_of(string), type_of(small), small.object.name) == ("string", "int8", "世界")
    assert constant.constant == '"é€😀"'


def test_line_directives_do_not_move_anything(about, tmp_path):
    source = """
        package a

        //line other.go:100
        var there = 1

        //line /elsewhere/x.y:7:3
        var here = there
    """
    [facts] = about(source, "= «there»", uses=True)
    assert facts.object.path == str(tmp_path / "m" / "a.go")
    assert len(facts.object.uses) == 1


def test_a_long_file(about):
    body = "".join(f"func f{number}(x int) any {{\n\ty := x + {number}\n\treturn y\n}}\n\n" for number in range(4000))
    marks = [f"«x + {number}»\n" for number in range(0, 4000, 100)]
    found = about("package a\n\n" + body, *marks)
    assert {type_of(one) for one in found} == {"int"}
    assert all(one.exact for one in found)
