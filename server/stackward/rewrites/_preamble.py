"""The C code before ``import "C"``: what it declares, and what its functions do with their arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from stackward.core.edit import Replacement
from stackward.rewrites._imports import imports
from stackward.syntax.tree import SourceFile, text_of

# Functions of the C library that keep none of their arguments, and return no pointer into them.
_KNOWN = frozenset(
    [
        "access",
        "atof",
        "atoi",
        "atol",
        "chdir",
        "fopen",
        "fputs",
        "getenv",
        "mkdir",
        "open",
        "perror",
        "puts",
        "remove",
        "rename",
        "rmdir",
        "setenv",
        "strcasecmp",
        "strcmp",
        "strlen",
        "strncmp",
        "system",
        "unlink",
        "unsetenv",
    ]
)
# Functions of the C library whose result the caller has to free.
_GIVES = frozenset({"canonicalize_file_name", "get_current_dir_name", "strdup", "strndup"})
_NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Preamble:
    """``comments`` are the nodes that it is written in, ``spec`` the import after it, ``text`` the C code."""

    comments: tuple[Node, ...]
    spec: Node
    text: str

    def includes(self, header: str) -> bool:
        """Whether a header of the C library is included."""
        return re.search(rf"^\s*#\s*include\s*<{re.escape(header)}>", self.text, re.MULTILINE) is not None

    def including(self, header: str) -> Replacement | None:
        """The change that includes a header; None where the import is one of several."""
        line = f"#include <{header}>"
        declaration = self.spec.parent
        if declaration is None or declaration.type != "import_declaration":
            return None
        if not self.comments:
            return Replacement(declaration.start_byte, declaration.start_byte, f"// {line}\n".encode())
        first = self.comments[0]
        block = (first.text or b"").startswith(b"/*")
        at = first.start_byte + 2 if block else first.start_byte
        return Replacement(at, at, f"\n{line}".encode() if block else f"// {line}\n".encode())

    def forgets(self, function: str, argument: int) -> bool:
        """Whether a function certainly keeps no pointer to what an argument points to, and returns none."""
        if function in _KNOWN:
            return True
        code = _NOISE.sub(" ", self.text)
        found = re.search(rf"([\w\s*]+?)\b{re.escape(function)}\s*\(([^(){{}};]*)\)\s*\{{", code)
        if found is None or "*" in found[1]:
            return False
        parameters = found[2].split(",")
        named = re.search(r"(\w+)\s*(?:\[\s*\])?\s*$", parameters[argument]) if argument < len(parameters) else None
        return named is not None and _only_read(_body(code, found.end()), named[1])

    def gives(self, function: str) -> bool:
        """Whether the caller of a function certainly owns the string that it returns."""
        code = _NOISE.sub(" ", self.text)
        found = re.search(rf"\b{re.escape(function)}\s*\([^(){{}};]*\)\s*\{{", code)
        if re.search(r"#\s*define\s+(?:return|" + "|".join([function, *_GIVES]) + r")\b", code):
            return False
        if found is None:
            return function in _GIVES
        returned = re.findall(r"\breturn\b([^;]*);", _body(code, found.end()))
        return bool(returned) and all(_called(one) in _GIVES for one in returned)


def _called(expression: str) -> str:
    """The function of an expression that is one call and nothing else."""
    found = re.fullmatch(r"\s*(\w+)\s*\((.*)\)\s*", expression, re.DOTALL)
    depth = 0
    for one in found[2] if found is not None else "":
        depth += {"(": 1, ")": -1}.get(one, 0)
        if depth < 0:
            return ""
    return found[1] if found is not None else ""


def _body(code: str, start: int) -> str:
    depth = 1
    for at in range(start, len(code)):
        depth += {"{": 1, "}": -1}.get(code[at], 0)
        if depth == 0:
            return code[start:at]
    return code[start:]


def _only_read(body: str, name: str) -> bool:
    """Whether a pointer is only moved along and looked through."""
    for found in re.finditer(rf"\b{re.escape(name)}\b", body):
        before, after = body[: found.start()].rstrip(), body[found.end() :].lstrip()
        if re.search(r"&\s*\**$", before) or before.endswith((".", "->")):
            return False
        looked = before.endswith("*") or after.startswith("[") or (after.startswith("++") and before.endswith("*"))
        moved = re.match(r"(?:\+\+|--)\s*[;)]", after) is not None and before[-1:] in {"", ";", "{"}
        asked = re.search(r"(\w+)\s*\($", before)
        given = asked is not None and asked[1] in _KNOWN and after[:1] in {")", ","}
        if not (looked or moved or given):
            return False
    return True


def preamble(source: SourceFile) -> Preamble | None:
    """The preamble of a file; None if it does not import "C"."""
    spec = next((one.spec for one in imports(source) if one.path == "C"), None)
    if spec is None or spec.parent is None:
        return None
    at = spec if spec.parent.type == "import_spec_list" else spec.parent
    comments: list[Node] = []
    above, line = at.prev_named_sibling, at.start_point[0]
    while above is not None and above.type == "comment" and above.end_point[0] >= line - 1:
        comments.insert(0, above)
        line = above.start_point[0]
        above = above.prev_named_sibling
    lines = [re.sub(r"^//|^/\*|\*/$", "", text_of(one, source)) for one in comments]
    return Preamble(tuple(comments), spec, "\n".join(lines))
