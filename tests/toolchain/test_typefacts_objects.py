"""What names stand for, and where and how they are used."""

from __future__ import annotations

from stackward.core.facts import ExprFacts

OBJECTS = """
    package a

    import str "strings"

    const K = 1
    var global int
    type T struct { field [4]int; inner struct{ deep int } }
    func (recv *T) M(param int, _ any) (result error) {
        local := T{}
        local.field[1] = K
        local.inner.deep++
        _ = &local.field
        _ = local.field[:]
        local.M(global, nil)
        func() { local = T{}; param = local.field[0] }()
        for global = range local.field { }
        switch sym := any(param).(type) {
        case int: _ = sym
        case string: print(sym)
        }
    loop:
        for { break loop }
        _ = str.ToLower("")
        result = nil
        recv.M(1, nil)
        return
    }
"""


def test_objects(about, tmp_path):
    marks = ["= «K»", "M(«global», nil", "any(«param»)", "«result» = nil", "«recv».M", "_ = &«local»", "break «loop»"]
    marks += [
        "= «str».",
        "result = «nil»",
        "«print»(",
        "local.«field»[1]",
        "inner.«deep»",
        "«T» struct",
        "recv *T) «M»(",
    ]
    marks += ["str.«ToLower»", "«sym» :="]
    found = about(OBJECTS, *marks)
    assert [(one.object.kind, one.object.scope) for one in found] == [
        ("const", "package"),
        ("var", "package"),
        ("param", "local"),
        ("result", "local"),
        ("receiver", "local"),
        ("var", "local"),
        ("label", "local"),
        ("pkg", "file"),
        ("nil", "universe"),
        ("builtin", "universe"),
        ("field", "package"),
        ("field", "package"),
        ("type", "package"),
        ("func", "package"),
        ("func", "imported"),
        ("var", "local"),
    ]
    text = (tmp_path / "m" / "a.go").read_bytes()
    declared = [text[one.object.offset :][:6] for one in found if one.object.offset is not None]
    assert declared[:4] == [b"K = 1\n", b"global", b"param ", b"result"]
    assert {one.object.path for one in found[:4]} == {str(tmp_path / "m" / "a.go")}
    assert found[14].object.path == ""


def test_uses_say_what_is_done(about, tmp_path):
    local, sym, field, other = about(OBJECTS, "«local» :=", "«sym» :=", "«field» [4]", "var «global»", uses=True)
    text = (tmp_path / "m" / "a.go").read_bytes()

    def shown(facts: ExprFacts) -> list[str]:
        flags = [("write", "w"), ("address", "a"), ("captured", "c")]
        return [
            text[use.offset :].split(b"\n")[0].decode()[:12].split(" ")[0]
            + ":"
            + "".join(letter for name, letter in flags if getattr(use, name))
            for use in facts.object.uses
        ]

    assert shown(local) == [
        "local.field[:w",
        "local.inner.:w",
        "local.field:a",
        "local.field[:a",
        "local.M(glob:a",
        "local:wc",
        "local.field[:c",
        "local.field:",
    ]
    assert len(sym.object.uses) == 2
    assert [(use.write, use.address) for use in field.object.uses] == [
        (True, False),
        (False, True),
        (False, True),
        (False, False),
        (False, False),
    ]
    assert shown(other) == ["global,:", "global:w"]
