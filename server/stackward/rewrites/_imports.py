"""The imports of a file: the names of packages in it, and the changes that make it import what it uses, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._names import walk
from stackward.syntax.tree import SourceFile, text_of

# How the import paths of the standard library begin; those of a module may do without a dot, too.
_STANDARD = frozenset(
    [
        "archive",
        "bufio",
        "bytes",
        "cmp",
        "compress",
        "container",
        "context",
        "crypto",
        "database",
        "debug",
        "embed",
        "encoding",
        "errors",
        "expvar",
        "flag",
        "fmt",
        "go",
        "hash",
        "html",
        "image",
        "index",
        "io",
        "iter",
        "log",
        "maps",
        "math",
        "mime",
        "net",
        "os",
        "path",
        "plugin",
        "reflect",
        "regexp",
        "runtime",
        "slices",
        "sort",
        "strconv",
        "strings",
        "structs",
        "sync",
        "syscall",
        "testing",
        "text",
        "time",
        "unicode",
        "unique",
        "unsafe",
        "weak",
    ]
)


@dataclass(frozen=True, slots=True)
class Import:
    """``name`` is the one given in the file, empty without one."""

    path: str
    name: str
    spec: Node

    @property
    def qualifier(self) -> str:
        """The name in the file: for a package of another name than its path's last element, a guess."""
        return self.name or default_name(self.path)


def default_name(path: str) -> str:
    """The name that a package most likely has: ``math/rand/v2`` is ``rand``."""
    *before, last = path.split("/")
    if before and last[:1] == "v" and last[1:].isdigit():
        last = before[-1]
    return last.rpartition(".")[0] if last.rpartition(".")[2].startswith("v") and "." in last else last


def imports(source: SourceFile) -> list[Import]:
    """The imports of a file in their order."""
    found = []
    for declaration in source.tree.root_node.named_children:
        if declaration.type != "import_declaration":
            continue
        for spec in walk(declaration):
            if spec.type == "import_spec":
                path, name = spec.child_by_field_name("path"), spec.child_by_field_name("name")
                if path is not None:
                    written = text_of(path, source)[1:-1]
                    found.append(Import(written, text_of(name, source) if name is not None else "", spec))
    return found


def renamed(source: SourceFile) -> dict[str, str]:
    """The names that a file gives to packages, and those that these have by themselves; collected once per text."""
    known: dict[str, str] | None = source.__dict__.get("renamed")
    if known is None:
        given = (one for one in imports(source) if one.name not in {"", "_", "."})
        known = source.__dict__["renamed"] = {one.name: default_name(one.path) for one in given}
    return known


def dotted(source: SourceFile) -> tuple[str, ...]:
    """The packages whose names a file has as they are (``import . "fmt"``); collected once per text."""
    known: tuple[str, ...] | None = source.__dict__.get("dotted")
    if known is None:
        given = (default_name(one.path) for one in imports(source) if one.name == ".")
        known = source.__dict__["dotted"] = tuple(given)
    return known


def qualifier(import_path: str, source: SourceFile, at: Node, files: Iterable[SourceFile]) -> str | None:
    """The name under which a package is, or can be, used at a node; None where something else has that name.

    A package whose names are all in the file as they are is not imported a second time.
    """
    if any(one.path == import_path and one.name == "." for one in imports(source)):
        return None
    known = [one for one in imports(source) if one.path == import_path and one.name not in {"_", "."}]
    name = known[0].qualifier if known else default_name(import_path)
    if not known and any(one.qualifier == name for one in imports(source)):
        return None
    if _declared_around(name, source, at):
        return None
    return None if any(name in package_level(one) for one in files) else name


def package_level(source: SourceFile) -> frozenset[str]:
    """What a file declares for its whole package; collected once per text."""
    known: frozenset[str] | None = source.__dict__.get("package_level")
    if known is None:
        found: set[str] = set()
        for node in source.tree.root_node.named_children:
            if node.type in {"const_declaration", "type_declaration", "var_declaration"}:
                for spec in walk(node):
                    if spec.type in {"const_spec", "type_alias", "type_spec", "var_spec"}:
                        found.update(text_of(name, source) for name in spec.children_by_field_name("name"))
            elif node.type == "function_declaration":
                name = node.child_by_field_name("name")
                if name is not None:
                    found.add(text_of(name, source))
        known = source.__dict__["package_level"] = frozenset(found)
    return known


def _declared_around(name: str, source: SourceFile, at: Node) -> bool:
    """Whether the declared function around a node has anything local of that name: more than is needed, and safe."""
    outer: Node | None = at
    while outer is not None and outer.type not in {"function_declaration", "method_declaration"}:
        outer = outer.parent
    if outer is None:
        return False
    for node in walk(outer):
        if node.type != "identifier" or text_of(node, source) != name:
            continue
        parent = node.parent
        if (
            parent is not None
            and parent.type == "selector_expression"
            and parent.child_by_field_name("operand") == node
        ):
            continue  # A use of the package itself.
        return True
    return False


def settled(
    before: SourceFile, after: SourceFile, needed: Sequence[str], files: Iterable[SourceFile] = ()
) -> list[Replacement]:
    """The changes of ``after`` that import what is needed and drop what was used before and is not any more.

    What ``import .`` brings is dropped when no name is left that could be of it, since ``files`` declare them all.
    """
    present = imports(after)
    wanted = [
        path for path in dict.fromkeys(needed) if all(one.path != path or one.name in {"_", "."} for one in present)
    ]
    used, was_used = _qualifiers(after), _qualifiers(before)
    own = set().union(*map(package_level, (after, *files))) if dotted(after) else set()
    bare = not dotted(after) or not _exported(after) <= own or _exported(before) <= _exported(after)
    gone = [
        one
        for one in present
        if one.name != "_"
        and one.path not in needed
        and (not bare if one.name == "." else one.qualifier in was_used and one.qualifier not in used)
    ]
    return _dropped(after, gone, present) + _added(after, wanted, [one for one in present if one not in gone], gone)


def _qualifiers(source: SourceFile) -> set[str]:
    found = set()
    for node in walk(source.tree.root_node):
        named = node.parent is not None and node.parent.type == "import_spec"
        if (node.type == "package_identifier" and not named) or (
            node.type == "identifier"
            and node.parent is not None
            and node.parent.type == "selector_expression"
            and node.parent.child_by_field_name("operand") == node
        ):
            found.add(text_of(node, source))
    return found


def _exported(source: SourceFile) -> set[str]:
    """The names that are used without a qualifier and are such as a package lets others see.

    Keys of a composite literal are not among them: nearly always they are the names of fields.
    """
    named = (one for one in walk(source.tree.root_node) if one.type in {"identifier", "type_identifier"})
    found = {text_of(one, source) for one in named if not _qualified(one) and not _is_key(one)}
    return {name for name in found if name[:1].isupper()}


def _qualified(name: Node) -> bool:
    return name.parent is not None and name.parent.type == "qualified_type"


def _is_key(name: Node) -> bool:
    element = name.parent
    pair = element.parent if element is not None and element.type == "literal_element" else None
    return pair is not None and pair.type == "keyed_element" and pair.named_children[0] == element


def _dropped(source: SourceFile, gone: Sequence[Import], present: Sequence[Import]) -> list[Replacement]:
    found = []
    for declaration in source.tree.root_node.named_children:
        if declaration.type != "import_declaration":
            continue
        inside = [one for one in present if declaration.start_byte <= one.spec.start_byte < declaration.end_byte]
        left = [one for one in inside if one not in gone]
        group = left[0].spec.parent if left else None
        if inside and not left:
            found.append(_line(source, declaration, blank=True))
        elif group is not None and len(left) < len(inside) and _on_one_line(group):
            lines = "".join(f"\t{text_of(one.spec, source)}\n" for one in left)
            found.append(Replacement(group.start_byte, group.end_byte, f"(\n{lines})".encode()))
        else:
            found += [_line(source, one.spec) for one in gone if one in inside]
    return found


def _line(source: SourceFile, node: Node, *, blank: bool = False) -> Replacement:
    """The removal of the lines of a node; with ``blank`` also of an empty line after it."""
    text = source.text
    start = text.rfind(b"\n", 0, node.start_byte) + 1
    end = text.find(b"\n", node.end_byte) + 1 or len(text)
    if blank and text[end : end + 1] == b"\n":
        end += 1
    return Replacement(start, end)


def _added(
    source: SourceFile, wanted: Sequence[str], kept: Sequence[Import], gone: Sequence[Import]
) -> list[Replacement]:
    if not wanted:
        return []
    grouped, left = ([one for one in some if _is_grouped(one)] for some in (kept, gone))
    if grouped:
        standard = [one for one in grouped if _is_standard(one.path)]
        if not standard and all(_is_standard(path) for path in wanted):
            # They are a group of their own: where one was that is not needed any more, else in front of the others.
            first = min([one for one in left if _is_standard(one.path)] or grouped, key=lambda one: one.spec.start_byte)
            start = source.text.rfind(b"\n", 0, first.spec.start_byte) + 1
            group = "".join(f'\t"{path}"\n' for path in sorted(wanted)) + ("" if first in left else "\n")
            return [Replacement(start, start, group.encode())]
        found = []
        main = _largest(source, standard or grouped)
        for path in wanted:
            # After the last of the group of the standard library that sorts before it, else before the first.
            before = [one for one in main if one.path < path]
            if before:
                last = max(before, key=lambda one: one.spec.start_byte)
                end = source.text.find(b"\n", last.spec.end_byte)
                found.append(Replacement(end, end, b'\n\t"' + path.encode() + b'"'))
            else:
                first = min(main, key=lambda one: one.spec.start_byte)
                start = source.text.rfind(b"\n", 0, first.spec.start_byte) + 1
                found.append(Replacement(start, start, b'\t"' + path.encode() + b'"\n'))
        return _joined(found)
    lines = "".join(f'\t"{path}"\n' for path in sorted(wanted))
    single = len(kept) == 1 and kept[0].path != "C"
    if single and kept[0].spec.parent is not None and kept[0].spec.parent.type == "import_declaration":
        # One import without parentheses becomes a group.
        declaration = kept[0].spec.parent
        specs = sorted([text_of(kept[0].spec, source), *(f'"{path}"' for path in wanted)], key=_path_of)
        groups = ([one for one in specs if _is_standard(_path_of(one)[1:-1]) is standard] for standard in (True, False))
        body = "\n".join("".join(f"\t{spec}\n" for spec in group) for group in groups if group)
        return [Replacement(declaration.start_byte, declaration.end_byte, f"import (\n{body})".encode())]
    clause = next(node for node in source.tree.root_node.named_children if node.type == "package_clause")
    new = f'\n\nimport "{wanted[0]}"' if len(wanted) == 1 else f"\n\nimport (\n{lines})"
    end = source.text.find(b"\n", clause.end_byte)
    end = end if end >= 0 else len(source.text)
    return [Replacement(end, end, new.encode())]


def _largest(source: SourceFile, some: Sequence[Import]) -> list[Import]:
    """The largest group among imports: those between which there is no empty line."""
    groups: list[list[Import]] = [[]]
    for one in some:
        last = groups[-1][-1].spec if groups[-1] else one.spec
        if one.spec.parent != last.parent or b"\n\n" in source.text[last.end_byte : one.spec.start_byte]:
            groups.append([])
        groups[-1].append(one)
    return max(groups, key=len)


def _is_grouped(one: Import) -> bool:
    """Whether others can be listed with an import, each on a line of its own."""
    group = one.spec.parent
    return group is not None and group.type == "import_spec_list" and not _on_one_line(group)


def _on_one_line(group: Node) -> bool:
    return group.start_point[0] == group.end_point[0]


def _is_standard(path: str) -> bool:
    return path.partition("/")[0] in _STANDARD


def _path_of(spec: str) -> str:
    return spec[spec.find('"') :]


def _joined(found: Sequence[Replacement]) -> list[Replacement]:
    """Insertions at one place as one, in the order of the paths."""
    by_place: dict[int, list[bytes]] = {}
    for one in sorted(found, key=lambda one: one.new.strip()):
        by_place.setdefault(one.start, []).append(one.new)
    return [Replacement(at, at, b"".join(parts)) for at, parts in by_place.items()]
