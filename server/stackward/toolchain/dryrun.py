"""What ``go … -n`` prints: the commands that a build would run, as a shell script.

The format is that of ``cmd/go/internal/work/shell.go`` and has not changed between Go 1.23 and 1.27:

- ``cd DIR`` sets the folder of the commands after it. In these, ``DIR`` at the start of a word is printed as ``.``.
- A word with a space, a quote or a sign of the shell in it is printed by ``strconv.Quote``; variables that the go
  command sets for a command stand before it as ``NAME='value'``.
- ``cat >FILE << 'EOF' # internal``, ``echo 'line' > FILE # internal`` and ``echo -n > FILE # internal`` write files.
- The temporary folder is ``$WORK``, and each package has a folder ``$WORK/bNNN/`` in it.
- ``# import/path`` between two lines of ``#`` starts a package; its test variants are printed under the same name.

Commands are printed one after the other: with ``-n`` the go command does not run in parallel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

WORK = "$WORK/"

_HEREDOC = re.compile(r"cat >(.+) << 'EOF' # internal")
_ECHO = re.compile(r"echo (?:-n|'(.*)') > (.+) # internal")
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"(?= |$)|([^ ]+)')
_VARIABLE = re.compile(r"""([A-Za-z_][A-Za-z0-9_]*)=(?:'([^']*)'|"((?:[^"\\]|\\.)*)")(?: |$)""")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")
_SIMPLE_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Command:
    """One command as it would run: words unquoted, paths absolute except for those below ``$WORK``."""

    package: str
    """The import path that the last banner named."""
    dir: str
    env: tuple[tuple[str, str], ...]
    argv: tuple[str, ...]

    @property
    def tool(self) -> str:
        """The name of the program, such as ``compile``."""
        return _tool(self.argv[0])


@dataclass(frozen=True, slots=True)
class DryRun:
    """A whole script: its commands in order, and the texts that it would write, by path."""

    commands: tuple[Command, ...]
    writes: dict[str, str]


def parse(script: str, tools: frozenset[str] = frozenset({"asm", "compile", "preprofile"})) -> DryRun:
    """Read a script. Only commands of ``tools`` are kept; what cannot be understood is no such command."""
    commands: list[Command] = []
    writes: dict[str, str] = {}
    folder = package = ""
    lines = iter(script.split("\n"))
    for line in lines:
        if line.startswith("cd "):
            folder = line[3:]
        elif line.startswith("# "):
            package = line[2:]
        elif line.startswith("cat >") and (match := _HEREDOC.fullmatch(line)):
            writes[match[1]] = _heredoc(lines)
        elif line.startswith("echo ") and (match := _ECHO.fullmatch(line)):
            writes[match[2]] = match[1] + "\n" if match[1] is not None else ""
        elif any(tool in line for tool in tools) and (command := _command(line, folder, package, tools)):
            commands.append(command)
    return DryRun(tuple(commands), writes)


def _heredoc(lines: Iterator[str]) -> str:
    """The text up to the line that ends in ``EOF``: no newline is added to a text that lacks its last one."""
    text: list[str] = []
    for line in lines:
        if line in {"EOF", "}EOF"}:  # The text of an embedcfg is JSON without a last newline.
            return "\n".join([*text, line.removesuffix("EOF")])
        text.append(line)
    return "\n".join(text)


def _command(line: str, folder: str, package: str, tools: frozenset[str]) -> Command | None:
    env: list[tuple[str, str]] = []
    at = 0
    while match := _VARIABLE.match(line, at):
        env.append((match[1], match[2] if match[2] is not None else _unquote(match[3])))
        at = match.end()
    words = []
    for match in _WORD.finditer(line, at):
        if match[2] is None:
            words.append(_unquote(match[1]))
        elif match[2].startswith(".") and folder:
            words.append(folder + match[2][1:])
        else:
            words.append(match[2])
    # With -toolexec the tool is not the first word.
    start = next((i for i, word in enumerate(words) if _tool(word) in tools), None)
    if start is None or words[0] == "go":
        return None
    return Command(package, folder, tuple(env), tuple(words[start:]))


def _tool(word: str) -> str:
    return re.split(r"[/\\]", word)[-1].removesuffix(".exe")


def _unquote(text: str) -> str:
    """The inside of what ``strconv.Quote`` printed; bytes that are not UTF-8 become surrogates."""
    if "\\" not in text:
        return text
    out = bytearray()
    at = 0
    for match in _ESCAPE.finditer(text):
        out += text[at : match.start()].encode("utf-8", "surrogateescape")
        at = match.end()
        if match[1]:
            out.append(int(match[1], 16))
        elif match[2] or match[3]:
            out += chr(int(match[2] or match[3], 16)).encode("utf-8", "surrogateescape")
        else:
            out += _SIMPLE_ESCAPES.get(match[4], match[4]).encode()
    out += text[at:].encode("utf-8", "surrogateescape")
    return out.decode("utf-8", "surrogateescape")
