"""What ``go build -n`` and ``go test -n`` print: the commands of a build, without running them.

The output is a shell script: ``cd``, ``mkdir``, ``cat >FILE << 'EOF'`` and tool commands, with ``$WORK`` for the
folder that a real build would make. Only what leads to a ``compile`` is read.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

_HEREDOC = re.compile(r"cat >(\S+) << 'EOF'")
_HELPERS = ("asm", "preprofile")


@dataclass(frozen=True, slots=True)
class CompileCommand:
    """One run of the compiler. Paths still contain ``$WORK``.

    ``package`` is the header that the go command printed before it (``p [q.test]`` for a test variant), ``flags`` the
    arguments before ``-pack``, ``files`` those after it, ``importcfg`` the text of its import configuration.
    """

    package: str
    program: str
    flags: tuple[str, ...]
    files: tuple[str, ...]
    cwd: str
    importcfg: str


@dataclass(frozen=True, slots=True)
class HelperCommand:
    """A run of another tool whose output a compile needs: ``asm -gensymabis``, ``preprofile``."""

    argv: tuple[str, ...]
    cwd: str
    output: str


@dataclass(slots=True)
class DryRun:
    """The script, taken apart. ``texts`` are the files that it writes itself, such as the ``embedcfg``."""

    compiles: list[CompileCommand] = field(default_factory=list)
    helpers: dict[str, HelperCommand] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)


def parse(script: str, cwd: str) -> DryRun:
    """Read the script; lines that are not understood are passed over, since most of it is not about compiling."""
    run = DryRun()
    package = ""
    folder = cwd
    lines = iter(script.splitlines())
    for line in lines:
        if line.startswith("# ") and len(line) > 2:
            package = line[2:].strip()
        elif line.startswith("cd "):
            folder = _unquote(line[3:])
        elif (heredoc := _HEREDOC.match(line)) is not None:
            run.texts[heredoc[1]] = "\n".join(_until_eof(lines))
        elif "/compile" in line or "\\compile" in line:
            command = _compile(line, package, folder, run.texts)
            if command is not None:
                run.compiles.append(command)
        elif any(f"/{tool} " in line or f"{tool}.exe " in line for tool in _HELPERS):
            argv = _split(line)
            output = _after(argv, "-o")
            if output and ("-gensymabis" in argv or "preprofile" in argv[0]):
                run.helpers[output] = HelperCommand(tuple(argv), folder, output)
    return run


def _compile(line: str, package: str, cwd: str, texts: dict[str, str]) -> CompileCommand | None:
    argv = _split(line)
    if not argv or not re.search(r"[/\\]compile(\.exe)?$", argv[0]) or "-pack" not in argv:
        return None
    end = argv.index("-pack")
    files = argv[end + 1 :]
    if "-asmhdr" in files:  # The flag stands behind -pack.
        at = files.index("-asmhdr")
        files = files[:at] + files[at + 2 :]
    files = [name for name in files if not name.startswith("#")]
    importcfg = _after(argv, "-importcfg") or ""
    return CompileCommand(package, argv[0], tuple(argv[1:end]), tuple(files), cwd, texts.get(importcfg, ""))


def _until_eof(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        # The go command adds no newline to a text that has none at its end.
        if line.endswith("EOF") and (line == "EOF" or not line.startswith("packagefile ")):
            if line != "EOF":
                yield line.removesuffix("EOF")
            return
        yield line


def _after(argv: list[str], flag: str) -> str | None:
    return argv[argv.index(flag) + 1] if flag in argv[:-1] else None


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return []


def _unquote(text: str) -> str:
    parts = _split(text)
    return parts[0] if len(parts) == 1 else text.strip()
