"""All calls of a function that returns a pointer, and variables that become what theirs pointed to."""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from stackward.rewrites._constructors import Constructor
from stackward.rewrites._imports import imports
from stackward.rewrites._names import names, walk
from stackward.rewrites._rewrite import Span
from stackward.rewrites._scene import PackageView, Scene
from stackward.rewrites._variables import at, context, expressions, inside
from stackward.syntax.tree import generated, text_of


@dataclass(frozen=True, slots=True)
class Site:
    """A call of a constructor: ``scene`` is that of the file in which it is."""

    scene: Scene
    call: Node


def sites(scene: Scene, made: Constructor) -> list[Site] | str:
    """All calls of a constructor in the module; or why they are not known."""
    found: list[Site] = []
    uses = scene.uses(made.name)
    if uses is None:
        return "its calls are not known"
    size = made.name.end_byte - made.name.start_byte
    for use in uses:
        source = scene.package.files.get(use.path)
        node = at(source, use.offset, use.offset + size) if source is not None else None
        if source is None or node is None:
            return "its calls are not known"
        selector = node.parent if node.type == "field_identifier" else node
        call = _called(selector) if selector is not None else None
        if call is None:
            return "the function is used as a value"
        found.append(Site(Scene(scene.package, use.path, source, call), call))
    if made.public or scene.text(made.name)[:1].isupper():
        importers = scene.package.importers()
        if importers is None:
            return "it is not known who imports the package"
        for view in (scene.package, *importers):
            outside = _outside(scene, made, view)
            if isinstance(outside, str):
                return outside
            found += outside
    listed = {(one.scene.path, one.call.start_byte): one for one in found}
    if any(generated(one.scene.source) for one in listed.values()):
        return "generated code calls it"
    if not listed:
        return "nothing calls it"
    if all(path.endswith("_test.go") for path, _ in listed):
        return "only tests call it, and how others do is not known"
    return list(listed.values())


def _called(node: Node) -> Node | None:
    """The call of what a node names."""
    call = context(node)
    called = call.child_by_field_name("function") if call is not None and call.type == "call_expression" else None
    return call if called is not None and inside(node, called) else None


def _outside(scene: Scene, made: Constructor, view: PackageView) -> list[Site] | str:
    """The calls from files that import the package: those of other packages, and of its own external tests."""
    found: list[Site] = []
    path, name = scene.package.import_path, scene.text(made.name)
    for where, source in view.files.items():
        known = next((one for one in imports(source) if one.path == path), None)
        if known is None or known.name == "_" or (name not in names(source) and not view.hides(name)):
            continue
        if known.name == "." or view.hides(name):
            return f"{view.import_path} may call it in ways that are not seen here"
        qualifier = known.name or scene.package.name
        for node in walk(source.tree.root_node):
            field = node.child_by_field_name("field") if node.type == "selector_expression" else None
            operand = node.child_by_field_name("operand")
            if field is None or operand is None or text_of(field, source) != name:
                continue
            if text_of(operand, source) != qualifier or not _is_package(view, where, operand):
                continue
            call = _called(node)
            if call is None:
                return "the function is used as a value"
            found.append(Site(Scene(view, where, source, call), call))
    return found


def _is_package(view: PackageView, path: str, operand: Node) -> bool:
    """Whether a name is that of an import; where nothing is known of it, it is taken for one."""
    facts = view.facts([Span(path, operand.start_byte, operand.end_byte)])[0]
    return facts is None or facts.object is None or facts.object.kind == "pkg"


def receiver(site: Site, made: Constructor) -> Node | str | None:
    """The name of the new variable that gets what a call returns; None if nothing does; or why there is no such name.

    Parentheses around the call, and an assignment to the blank identifier, count for nothing.
    """
    scene, call = site.scene, site.call
    outer = context(call)
    if outer is not None and outer.type == "expression_statement":
        return None
    statement = outer.parent if outer is not None and outer.type == "expression_list" else None
    if outer is None or statement is None:
        return "what it returns goes straight to where a pointer is wanted"
    if statement.type == "var_spec":
        names = statement.children_by_field_name("name")
    elif statement.type in {"assignment_statement", "short_var_declaration"}:
        names = expressions(statement.child_by_field_name("left"))
    else:
        return "what it returns is returned at once" if statement.type == "return_statement" else "a list has it"
    values = expressions(outer)
    number = made.number if made.count > 1 else next(at for at, one in enumerate(values) if inside(call, one))
    name = names[number] if number < len(names) else None
    if name is None or (made.count > 1 and len(names) != made.count):
        return "what it returns goes to several places"
    if scene.text(name) == "_":
        return None
    if statement.type == "assignment_statement":
        return "what it returns is assigned to a variable that exists already"
    if statement.parent is not None and statement.parent.type == "for_clause":
        return "what it returns is the variable of a loop, of which each turn has a copy"
    return name


def blank_error(site: Site, made: Constructor) -> bool:
    """Whether a call drops the error that comes with nil."""
    outer = context(site.call)
    statement = outer.parent if outer is not None else None
    if statement is None or made.error is None or not made.fails:
        return False
    names = statement.children_by_field_name("name") if statement.type == "var_spec" else []
    names = names or expressions(statement.child_by_field_name("left"))
    return made.error < len(names) and site.scene.text(names[made.error]) == "_"


__all__ = ["Site", "blank_error", "receiver", "sites"]
