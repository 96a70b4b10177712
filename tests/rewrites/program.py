"""One Go program with both versions of every example: it runs their probes, and their functions on generated inputs."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tree_sitter import Node

from stackward.rewrites import Applicability, Example
from stackward.syntax.tree import SourceFile, parse, text_of
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain

MODULE = "example.com/m"

_LIBRARY = Path(__file__).parent / "differential"
_LOOPS = re.compile(r"\bfor\b|\bmake\(|\bRepeat\(|\bGrow\(")
_MAIN = """package main

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"{module}/differential"
{imports}
)

type probed struct {{
	Out    []string
	Allocs float64
}}

func run(probe func(func(any))) (r probed) {{
	probe(func(v any) {{ r.Out = append(r.Out, fmt.Sprintf("%T %#v", v, v)) }})
	r.Allocs = testing.AllocsPerRun(20, func() {{ probe(func(any) {{}}) }})
	return r
}}

func main() {{
	probes, verdicts := map[string]probed{{}}, map[string][]differential.Verdict{{}}
{calls}
	json.NewEncoder(os.Stdout).Encode(map[string]any{{"probes": probes, "verdicts": verdicts}})
}}
"""


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe emits, and how many objects it allocates."""

    out: list[str]
    allocations: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one function that was called with generated arguments, in both versions."""

    name: str
    calls: int
    returned: int
    skipped: str
    difference: str


@dataclass(frozen=True, slots=True)
class Ran:
    """By the names of examples. ``probes`` has one for the text before, and one for that after."""

    probes: Mapping[str, tuple[Probed, Probed]] = field(default_factory=dict)
    verdicts: Mapping[str, Sequence[Verdict]] = field(default_factory=dict)


def write_files(root: Path, files: Mapping[str, str]) -> None:
    """Files below a folder, with their folders."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def sources(example: Example, which: int) -> dict[str, str]:
    """The files of an example before (0) or after (1), by their paths in the module."""
    own = example.before if which == 0 else example.after
    return {"p.go": own, **{name: texts[which] for name, texts in example.also.items()}}


def run(examples: Mapping[str, Example], root: Path, toolchain: Toolchain) -> Ran:
    """Build and run the program in a folder that is empty."""
    imports, calls = [], []
    library = {f"differential/{one.name}": one.read_text(encoding="utf-8") for one in _LIBRARY.glob("*.go")}
    write_files(root, library)
    for name, example in examples.items():
        shared = _shared(example)
        for which, word in enumerate(("before", "after")):
            folder = f"{word}_{name}"
            files = {
                f"{folder}/{path}": text.replace(MODULE, f"{MODULE}/{folder}")
                for path, text in sources(example, which).items()
            }
            files[f"{folder}/probe.go"] = _probe(example)
            files[f"{folder}/functions.go"] = _functions(shared, _types(example, which))
            write_files(root, files)
            imports.append(f'\t{folder} "{MODULE}/{folder}"')
            calls.append(f'\tprobes["{folder}"] = run({folder}.Probe)')
        facts = {
            "Sizes": _LOOPS.search(example.before) is not None,
            "Goroutines": "go func" in example.before,
            "Buffered": "bufio" in example.before,
            "Review": example.applicability is Applicability.REVIEW,
        }
        given = ", ".join(f"{fact}: true" for fact, holds in facts.items() if holds)
        versions = f"[2]differential.Package{{before_{name}.Package, after_{name}.Package}}"
        for function in (one for one in shared if one not in example.undriven):
            compared = f'differential.Function{{Name: "{function}", Versions: {versions}, {given}}}'
            calls.append(f'\tverdicts["{name}"] = append(verdicts["{name}"], differential.Compare({compared}))')
    main = _MAIN.format(module=MODULE, imports="\n".join(imports), calls="\n".join(calls))
    write_files(root, {"go.mod": f"module {MODULE}\n\ngo 1.{toolchain.minor}\n", "main.go": main})
    environment = BuildConfig().environment()
    done = subprocess.run([toolchain.go, "run", "."], cwd=root, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-20_000:]
    return _read(json.loads(done.stdout), examples)


def _read(said: Mapping[str, Mapping[str, object]], examples: Mapping[str, Example]) -> Ran:
    probes, verdicts = said["probes"], said["verdicts"]

    def probed(name: str) -> Probed:
        one = probes[name]
        assert isinstance(one, dict)
        return Probed(one["Out"] or [], one["Allocs"])

    def judged(name: str) -> list[Verdict]:
        listed = verdicts.get(name, [])
        assert isinstance(listed, list)
        return [
            Verdict(one["Name"], one["Calls"], one["Returned"], one["Skipped"], one["Difference"]) for one in listed
        ]

    return Ran(
        {name: (probed(f"before_{name}"), probed(f"after_{name}")) for name in examples},
        {name: judged(name) for name in examples},
    )


def _probe(example: Example) -> str:
    given = "".join(f'import "{path}"\n' for path in example.probe_imports)
    body = "".join(f"\t{line}\n" for line in example.probe.splitlines())
    return f"package p\n\n{given}\nfunc Probe(emit func(any)) {{\n{body}}}\n"


def _functions(names: Sequence[str], types: Sequence[str]) -> str:
    """What the program needs to call the functions and methods of a package."""
    functions = "".join(f'\t"{name}": {name},\n' for name in names)
    listed = "".join(f"\treflect.TypeFor[{name}](),\n" for name in types)
    return (
        f'package p\n\nimport (\n\t"reflect"\n\n\t"{MODULE}/differential"\n)\n\nvar Package = differential.Package{{\n'
        f"Functions: map[string]any{{\n{functions}}},\nTypes: []reflect.Type{{\n{listed}}},\n}}\n"
    )


def _shared(example: Example) -> list[str]:
    """The functions and methods that are declared in the same way before and after, those that are generic left out."""
    before, after = (dict(_declared(example, which)) for which in (0, 1))
    shared = [name for name, declared in before.items() if after.get(name) == declared]
    # C does not check a length or an index: a wrong one ends the program, or reads what is not there.
    unsafe = re.compile(r"\bint|\*" if '"C"' in example.before else "(?!)")
    return [name for name in shared if not unsafe.search(name + before[name][0])]


def _package(example: Example, which: int) -> Iterator[SourceFile]:
    for path, text in sources(example, which).items():
        if "/" not in path and path.endswith(".go") and not path.endswith("_test.go"):
            yield parse(text.encode())


def _declared(example: Example, which: int) -> Iterator[tuple[str, tuple[str, str]]]:
    """Names as Go writes the functions themselves, ``(*T).Method``, with their parameters and results."""
    for source in _package(example, which):
        for node in source.tree.root_node.named_children:
            if node.type == "function_declaration" and node.child_by_field_name("type_parameters") is None:
                name = _field(node, "name", source)
                if name not in {"_", "init", "main"}:
                    yield name, _signature(node, source)
            if node.type == "method_declaration":
                receiver = re.fullmatch(r"\((?:\w+ +)?(\*?\w+)\)", _field(node, "receiver", source))
                if receiver is not None:
                    yield f"({receiver[1]}).{_field(node, 'name', source)}", _signature(node, source)


def _signature(node: Node, source: SourceFile) -> tuple[str, str]:
    return _field(node, "parameters", source), _field(node, "result", source)


def _field(node: Node, name: str, source: SourceFile) -> str:
    found = node.child_by_field_name(name)
    return text_of(found, source) if found is not None else ""


def _types(example: Example, which: int) -> list[str]:
    """The types that are declared at package level, those that are generic left out."""
    found = []
    for source in _package(example, which):
        for node in source.tree.root_node.named_children:
            for one in node.named_children if node.type == "type_declaration" else ():
                if one.type in {"type_spec", "type_alias"} and one.child_by_field_name("type_parameters") is None:
                    found.append(_field(one, "name", source))
    return found
