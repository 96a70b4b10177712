"""Which calls never return, as far as syntax tells: some of the standard library's, and a package's own helpers.

A helper never returns if the last statement of its body is such a call and nothing in it returns before. It may return
after all where it defers something, which may recover.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tree_sitter import Node

from stackward.syntax.anchors import callee_node, is_call
from stackward.syntax.tree import SourceFile, text_of

_FUNCTIONS = frozenset({"function_declaration", "method_declaration"})
_KNOWN: Mapping[str, str] = {
    "panic": "it panics",
    "log.Fatal": "it ends the process",
    "log.Fatalf": "it ends the process",
    "log.Fatalln": "it ends the process",
    "log.Panic": "it panics",
    "log.Panicf": "it panics",
    "log.Panicln": "it panics",
    "os.Exit": "it ends the process",
    "syscall.Exit": "it ends the process",
}
_MAY_RETURN = re.compile(rb"\b(?:return|defer)\b")


@dataclass(frozen=True, slots=True)
class Helper:
    """A function or method, by its bare name. ``last`` is what it calls at its end, empty if it may return before."""

    name: str
    method: bool
    last: str


@dataclass(frozen=True, slots=True)
class Endings:
    """Why calls of a package's functions, and of its methods, never return; by their names."""

    functions: Mapping[str, str] = field(default_factory=dict)
    methods: Mapping[str, str] = field(default_factory=dict)

    def reason(self, call: Node, source: SourceFile) -> str:
        """Why a call never returns; empty if it may."""
        callee = callee_node(call)
        written = text_of(callee, source) if callee is not None else ""
        if written in _KNOWN or not written:
            return _KNOWN.get(written, "")
        if written in self.functions:
            return self.functions[written] if _is_function(written, call, source) else ""
        name = _selected(written)
        return self.methods.get(name, "") if name else ""


def called_last(statement: Node) -> Node | None:
    """The call that a statement is."""
    inner = statement.named_children[:1] if statement.type == "expression_statement" else []
    return inner[0] if inner and is_call(inner[0]) else None


def helper(declaration: Node, source: SourceFile) -> Helper:
    """What there is to know about a declared function."""
    named, body = declaration.child_by_field_name("name"), declaration.child_by_field_name("body")
    name = text_of(named, source) if named is not None else "_"
    return Helper(name, declaration.type == "method_declaration", _last(body, source) if body is not None else "")


def endings(helpers: Iterable[Helper], fields: Iterable[str]) -> Endings:
    """Which of a package's functions never return; ``fields`` are those of its structs, which may hold functions.

    The type behind a method call is not known here. An unexported name is certainly one of this package's methods, and
    if each of that name never returns, this one does not.
    """
    helpers = tuple(helpers)
    held = frozenset(fields)
    functions: dict[str, str] = {}
    methods: dict[str, str] = {}
    by_name: dict[str, list[Helper]] = {}
    for one in helpers:
        if not one.method and one.last:
            functions[one.name] = ""
        elif one.method and _unexported(one.name) and one.name not in held:
            by_name.setdefault(one.name, []).append(one)

    def reason(last: str) -> str:
        return _KNOWN.get(last, "") or functions.get(last, "") or methods.get(_selected(last), "")

    grown = True
    while grown:
        grown = False
        for one in helpers:
            if not one.method and one.last and not functions[one.name] and (why := reason(one.last)):
                functions[one.name] = why
                grown = True
        for name, group in by_name.items():
            whys = [reason(one.last) for one in group]
            if name not in methods and all(whys):
                methods[name] = whys[0]
                grown = True
    return Endings({name: why for name, why in functions.items() if why}, methods)


def _last(body: Node, source: SourceFile) -> str:
    if _MAY_RETURN.search(source.text, body.start_byte, body.end_byte):
        return ""
    statements = [one for one in body.named_children if one.type != "comment"]
    if len(statements) == 1 and statements[0].type == "statement_list":
        statements = [one for one in statements[0].named_children if one.type != "comment"]
    call = called_last(statements[-1]) if statements else None
    callee = callee_node(call) if call is not None else None
    if call is None or callee is None:
        return ""
    written = text_of(callee, source)
    return written if not written.isidentifier() or _is_function(written, call, source) else ""


def _is_function(name: str, call: Node, source: SourceFile) -> bool:
    """Whether a name is the package's function there: nothing around declares it, which no call looks like."""
    outer = call
    while outer.parent is not None and outer.type not in _FUNCTIONS:
        outer = outer.parent
    here = re.compile(rb"(?<![\w.])" + re.escape(name.encode()) + rb"(?![\w(])")
    start = outer.child_by_field_name("parameters") or outer
    return here.search(source.text, start.start_byte, outer.end_byte) is None


def _selected(written: str) -> str:
    """The unexported name behind the last dot; empty where there is none."""
    _, dot, name = written.rpartition(".")
    return name if dot and _unexported(name) else ""


def _unexported(name: str) -> bool:
    return name.isidentifier() and not name[0].isupper()
