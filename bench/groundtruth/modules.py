"""Modules of other people: folders as they are, or releases from the module proxy as writable copies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from groundtruth.gocommand import Go


@dataclass(frozen=True, slots=True)
class Module:
    """What is measured of one module. ``name`` is the folder of it, or ``path@version``."""

    name: str
    patterns: tuple[str, ...] = ("./...",)


# Well known, and unlike each other: routers, parsers, printers, loggers, containers, generic code.
# Of golang.org/x/text the packages whose tests do not take minutes.
THIRD_PARTY: tuple[Module, ...] = (
    Module("github.com/BurntSushi/toml@v1.6.0"),
    Module("github.com/gin-gonic/gin@v1.12.0"),
    Module("github.com/go-chi/chi/v5@v5.5.0"),
    Module("github.com/google/btree@v1.1.3"),
    Module("github.com/google/go-cmp@v0.7.0"),
    Module("github.com/gorilla/mux@v1.8.1"),
    Module("github.com/hashicorp/golang-lru/v2@v2.0.7"),
    Module("github.com/prometheus/common@v0.74.0"),
    Module("github.com/rs/zerolog@v1.35.1"),
    Module("github.com/spf13/cobra@v1.10.2"),
    Module("github.com/tidwall/gjson@v1.20.3"),
    Module("github.com/valyala/fasthttp@v1.78.0"),
    Module("go.uber.org/zap@v1.28.0"),
    Module(
        "golang.org/x/text@v0.44.0",
        (
            "./cases",
            "./feature/plural",
            "./language",
            "./message",
            "./number",
            "./runes",
            "./transform",
            "./unicode/...",
        ),
    ),
    Module("gopkg.in/yaml.v3@v3.0.1"),
)


def folder(go: Go, module: Module, cache: Path) -> Path:
    """Where the module is, with all that its packages and their tests import in the module cache.

    Raises:
        SystemExit: where it cannot be had.
    """
    if (given := Path(module.name)).is_dir():
        return given.absolute()
    copy = cache / "modules" / module.name
    if not copy.exists():
        found = json.loads(_online(go, ["mod", "download", "-json", module.name], cache))
        copy.parent.mkdir(parents=True, exist_ok=True)
        part = copy.with_name(copy.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        # The module cache is read-only, and so would be a copy of its modes.
        shutil.copytree(found["Dir"], part, copy_function=shutil.copyfile)
        for path in (part, *part.rglob("*/")):
            path.chmod(0o755)
        # Some releases leave out checksums that only their tests need.
        _online(go, ["list", "-mod=mod", "-deps", "-test", *module.patterns], part)
        part.replace(copy)
    return copy


def _online(go: Go, arguments: Sequence[str], cwd: Path) -> str:
    """What a go command that may download prints: with the user's own settings of proxy and checksums."""
    env = {**go.env, "GOPROXY": os.environ.get("GOPROXY", ""), "GOENV": os.environ.get("GOENV", ""), "GOWORK": "off"}
    cwd.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([go.command, *arguments], cwd=cwd, env=env, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        raise SystemExit(f"go {' '.join(arguments)} failed")
    return done.stdout
