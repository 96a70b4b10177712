"""The packages that are measured: private copies, so that they can be edited and saved."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stackward.toolchain.discovery import Toolchain

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stackward-bench"


@dataclass(frozen=True, slots=True)
class Target:
    """A package. ``file`` is the one that is edited, ``root`` the workspace folder, ``gopls_factor`` the target of first hints."""

    name: str
    root: Path
    file: Path
    import_path: str
    gopls_factor: float


def goroot_copy(toolchain: Toolchain) -> Path:
    """A copy of the toolchain whose standard library may be edited."""
    copy = CACHE / f"goroot-{toolchain.version}"
    if not (copy / "bin").exists():
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(toolchain.goroot, copy, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def targets(toolchain: Toolchain) -> Iterator[Target]:
    """A tiny, a middle and two large packages."""
    goroot = goroot_copy(toolchain)
    tiny = CACHE / "tiny"
    shutil.rmtree(tiny, ignore_errors=True)
    tiny.mkdir(parents=True)
    (tiny / "go.mod").write_text("module example.com/tiny\n\ngo 1.23\n", encoding="utf-8")
    (tiny / "main.go").write_text(_tiny(), encoding="utf-8")
    yield Target("tiny (250 lines)", tiny, tiny / "main.go", "example.com/tiny", 20)
    source = Path(toolchain.goroot) / "src"
    for path, file, factor in (
        ("encoding/gob", "decoder.go", 20),
        ("net/http", "transfer.go", 15),  # gopls loses the details of server.go (golang/go#78700).
        ("go/types", "check.go", 15),
    ):
        shutil.copyfile(source / path / file, goroot / "src" / path / file)
        yield Target(path, goroot / "src", goroot / "src" / path / file, path, factor)


def _tiny() -> str:
    functions = "".join(
        f"""
func key{number}(id int, name string) string {{
	return fmt.Sprintf("%d/%s/{number}", id, name)
}}
"""
        for number in range(60)
    )
    calls = "".join(f"\tfmt.Println(key{number}({number}, os.Args[0]))\n" for number in range(5))
    return f'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nfunc main() {{\n{calls}}}\n{functions}'
