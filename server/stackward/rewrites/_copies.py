"""What can be moved by copying it: types without locks, and variables whose address nobody keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tree_sitter import Node

from stackward.rewrites._scene import Scene, arguments
from stackward.rewrites._variables import Variable, called_name, context, inside, own, variable
from stackward.syntax.tree import SourceFile, package_of, text_of

# Structs of the standard library that hold no lock and no pointer to themselves, and whose methods keep none.
_PLAIN = frozenset(
    [
        "bytes.Buffer",
        "bytes.Reader",
        "database/sql.NullBool",
        "database/sql.NullFloat64",
        "database/sql.NullInt64",
        "database/sql.NullString",
        "database/sql.NullTime",
        "go/token.Position",
        "image.Point",
        "image.Rectangle",
        "net/netip.Addr",
        "net/netip.AddrPort",
        "net/netip.Prefix",
        "net/url.URL",
        "reflect.Value",
        "strings.Reader",
        "text/scanner.Position",
        "time.Time",
    ]
)

# Types of values that lead to where something else is.
_LEADING = ("channel_type", "function_type", "interface_type", "map_type", "pointer_type", "slice_type")


def uncopyable(scene: Scene, name: str) -> str:
    """Why values of a struct type of the package must stay where they are; empty if they need not."""
    return _type(scene, name, set())


def _type(scene: Scene, name: str, seen: set[str]) -> str:
    if name in seen:
        return ""
    seen.add(name)
    declared = next(_specs(scene, name), None)
    if declared is None:
        return f"it is not known what {name} holds"
    methods = {
        text_of(named, source)
        for source, node in _methods(scene, name)
        if (named := node.child_by_field_name("name")) is not None
    }
    if {"Lock", "Unlock"} <= methods:
        return f"{name} is a lock, which must not be copied"
    path, kind = declared
    return _node(_in_file(scene, path, kind), kind, seen)


def _node(scene: Scene, kind: Node, seen: set[str]) -> str:
    """The same for a type as written."""
    if kind.type == "parenthesized_type":
        return _node(scene, kind.named_children[0], seen)
    if kind.type == "array_type":
        element = kind.child_by_field_name("element")
        return _node(scene, element, seen) if element is not None else "it is not known what it holds"
    if kind.type == "struct_type":
        for listed in kind.named_children:
            for one in listed.named_children:
                typed = one.child_by_field_name("type") if one.type == "field_declaration" else None
                embedded = any(child.type == "*" for child in one.children)
                why = _node(scene, typed, seen) if typed is not None and not embedded else ""
                if why:
                    return why
        return ""
    info = scene.type(kind)
    if info is None or info.kind in {"invalid", "type parameter", "unsafe pointer"}:
        return f"it is not known what {scene.text(kind)} holds"
    if info.kind not in {"array", "struct"}:
        return ""
    if info.package == scene.package.import_path and info.type.isidentifier():
        return _type(scene, info.type, seen)
    known = f"{info.package}.{info.type.rpartition('.')[2]}"
    return "" if known in _PLAIN else f"{info.type} may not be copied"


def parts(scene: Scene, name: str) -> set[str]:
    """The types of the package of which a struct of it consists, itself among them."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        for path, kind in _specs(scene, one) if one not in found else ():
            source = scene.package.files[path]
            waiting += [text_of(node, source) for node in own(kind, *_LEADING) if node.type == "type_identifier"]
            found.add(one)
    return found | {name}


def _specs(scene: Scene, name: str) -> Iterator[tuple[str, Node]]:
    """Where a type of the package is declared, tests of other packages left out, and what it is."""
    for path, source in scene.package.files.items():
        for node in source.tree.root_node.named_children if _is_own(scene, source) else ():
            for spec in node.named_children if node.type == "type_declaration" else ():
                named, kind = spec.child_by_field_name("name"), spec.child_by_field_name("type")
                if (
                    spec.type == "type_spec"
                    and named is not None
                    and kind is not None
                    and text_of(named, source) == name
                ):
                    yield path, kind


def _in_file(scene: Scene, path: str, node: Node) -> Scene:
    return Scene(scene.package, path, scene.package.files[path], node)


def _is_own(scene: Scene, source: SourceFile) -> bool:
    return package_of(source) == scene.package.name


def _methods(scene: Scene, name: str) -> Iterator[tuple[SourceFile, Node]]:
    """The methods of a type of the package."""
    for source in scene.package.files.values():
        for node in source.tree.root_node.named_children if _is_own(scene, source) else ():
            listed = node.child_by_field_name("receiver") if node.type == "method_declaration" else None
            declared = listed.named_children[0] if listed is not None and listed.named_children else None
            kind = declared.child_by_field_name("type") if declared is not None else None
            if kind is not None and text_of(kind, source).lstrip("*(").partition("[")[0].rstrip(")") == name:
                yield source, node


def kept(scene: Scene, known: Variable, apart: Sequence[Node] = ()) -> str:
    """Who may still have the address of a variable, or of what it points to, once the function is over.

    Uses in ``apart`` are left out. Empty if it is certain that nobody has, and that no use is put off until then.
    """
    return _kept(scene, known, apart, set())


def _kept(scene: Scene, known: Variable, apart: Sequence[Node], seen: set[str]) -> str:
    function = scene.function(known.node)
    for one in known.references:
        if one.node in apart:
            continue
        if one.use.captured:
            return f"{known.name} is used in a func literal"
        for outer in scene.around(one.node):
            if outer == function:
                break
            if outer.type in {"defer_statement", "go_statement"}:
                return f"{known.name} is used later, or elsewhere at the same time"
        why = _part(scene, known, one.node, seen)
        if why:
            return why
    return ""


def _part(scene: Scene, known: Variable, node: Node, seen: set[str]) -> str:
    """Who may keep the address of a variable, or of a part of it, because of one use."""
    info = scene.type(node)
    pointer = info is not None and info.kind == "pointer"
    first = True
    shared = f"the address of {known.name}, or of a part of it, may be kept"
    while (outer := context(node)) is not None:
        if outer.type == "selector_expression":
            facts = scene.facts(outer)
            if facts is None:
                return shared
            if facts.selection != "field":
                return _method(scene, outer, node, whole=first and pointer, shared=shared, seen=seen)
            if facts.indirect and not (first and pointer):
                return ""
        elif outer.type == "index_expression" and inside(node, outer.children[0]):
            kind = scene.type(node)
            if kind is None or kind.kind != "array":
                return "" if kind is not None else shared
        elif outer.type == "slice_expression" and inside(node, outer.children[0]):
            kind = scene.type(node)
            read = called_name(scene, outer) in {"copy", "len"}
            return "" if read or (kind is not None and kind.kind in {"slice", "string"}) else shared
        elif outer.type == "unary_expression" and outer.children[0].type == "&":
            return _passed(scene, outer, shared, seen)
        elif outer.type == "unary_expression" and outer.children[0].type == "*" and first and pointer:
            pass  # What it points to is what this is about.
        elif first and pointer:
            nil = outer.type == "binary_expression" and any(one.type == "nil" for one in outer.named_children)
            return "" if nil else _passed(scene, node, shared, seen)
        else:
            return ""
        node, first = outer, False
    return shared


def _method(scene: Scene, selector: Node, operand: Node, *, whole: bool, shared: str, seen: set[str]) -> str:
    """Who may keep the address of what a method is called on."""
    call = context(selector)
    facts = scene.facts(call) if call is not None and call.type == "call_expression" else None
    if call is None or facts is None or facts.call is None or not inside(selector, call.children[0]):
        return shared
    info = scene.type(operand)
    if facts.call.kind == "interface" or info is None:
        return "" if info is not None else shared
    if facts.call.kind != "static" or (info.kind == "pointer" and not whole):
        return "" if facts.call.kind == "static" else shared
    name = facts.call.callee
    if not name.startswith("(*") or name[2:].partition(")")[0] in _PLAIN:
        return ""
    return _function(scene, name, -1, shared, seen)


def _passed(scene: Scene, given: Node, shared: str, seen: set[str]) -> str:
    """Who may keep an address that is used as a whole: only an argument of a function of the package is followed."""
    outer = context(given)
    call = outer.parent if outer is not None and outer.type == "argument_list" else None
    function = call.child_by_field_name("function") if call is not None else None
    facts = scene.facts(function) if function is not None else None
    if call is None or facts is None or facts.selection == "method expr":
        return shared  # The first argument of a method expression is the receiver.
    number = next(at for at, one in enumerate(arguments(call)) if inside(given, one))
    return _function(scene, scene.callee(call), number, shared, seen)


def _function(scene: Scene, name: str, number: int, shared: str, seen: set[str]) -> str:
    """Who may keep the argument of that number, or the receiver for -1, of a function of the package."""
    key = f"{name} {number}"
    if key in seen:
        return ""
    seen.add(key)
    for path, source in scene.package.files.items():
        if not _is_own(scene, source):
            continue
        for node in source.tree.root_node.named_children:
            declared = _parameter(scene, source, node, name, number)
            if declared is None:
                continue
            inner = _in_file(scene, path, declared)
            known, info = variable(inner, declared), inner.type(declared)
            if info is None or info.kind != "pointer":
                return shared  # An interface, or what may be one.
            if known is None or any(one.use.write or one.use.address for one in known.references):
                return shared
            return "" if _kept(inner, known, (), seen) == "" else shared
    return shared


def _parameter(scene: Scene, source: SourceFile, node: Node, name: str, number: int) -> Node | None:
    """The name of a parameter or receiver, if a node is the function with a full name."""
    named = node.child_by_field_name("name")
    if (
        named is None
        or node.child_by_field_name("body") is None
        or node.type
        not in {
            "function_declaration",
            "method_declaration",
        }
    ):
        return None
    full, written = scene.package.import_path, text_of(named, source)
    listed = node.child_by_field_name("receiver")
    if listed is not None:
        kind = listed.named_children[0].child_by_field_name("type") if listed.named_children else None
        typed = text_of(kind, source) if kind is not None else ""
        full = f"({'*' * typed.startswith('*')}{full}.{typed.lstrip('*')})"
    full = f"{full}.{written}"
    if number >= 0:
        listed = node.child_by_field_name("parameters")
    if full != name or listed is None:
        return None
    names = [
        one
        for declared in listed.named_children
        if declared.type == "parameter_declaration"
        for one in declared.children_by_field_name("name")
    ]
    place = max(number, 0)
    return names[place] if place < len(names) else None


__all__ = ["kept", "parts", "uncopyable"]
