"""What is timed from a save on: language servers, and commands that run without one.

Each save is a real change: a function that was never compiled, with a variable of a new name that escapes, at the end of
the file. The clock starts when the save is told and stops when the diagnostic for that variable has arrived.
"""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lspclient import Client, Message, ServerError
from processes import CommandError, cpu_seconds, run, settle
from workplace import CACHE, Place, Target

_fresh = itertools.count(time.time_ns() // 1_000_000)
_QUIET = 1.5  # Seconds without a publication, and without work, after which none is to be expected.
_PUBLISH = "textDocument/publishDiagnostics"


class Contender(Protocol):
    """Something that is timed in rounds with others."""

    def save(self) -> dict[str, float]:
        """Make and save a change; gives seconds by the name of what was reached."""
        ...

    def end(self) -> None:
        """End it."""
        ...


@dataclass(slots=True)
class Source:
    """The text of a file that grows by one function at a time."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> Source:
        return cls(path, path.read_text(encoding="utf-8"))

    def grow(self) -> tuple[int, str]:
        """Add a function; gives the 0-based line at which the addition begins, and what was added.

        The variable that escapes is alone in the third line of the addition.
        """
        number = next(_fresh)
        line = self.text.count("\n")
        added = f"\nfunc bench{number}() *int {{\n\tv{number} := {number}\n\treturn &v{number}\n}}\n"
        self.text += added
        return line, added

    def write(self) -> None:
        """Save it."""
        self.path.write_text(self.text, encoding="utf-8")


class Server:
    """A language server with one file open. ``source`` is what it calls itself in diagnostics about escapes."""

    source = "stackward"
    capabilities: Mapping[str, object] = {}

    def __init__(self, argv: Sequence[str], target: Target, env: Mapping[str, str], pause: float) -> None:
        self.client = Client(argv, env, target.root)
        self._document = Source.read(target.file)
        self._uri = target.file.as_uri()
        self._version = 1
        self._pause = pause
        try:
            self.client.initialize(self.capabilities)
            item = {"uri": self._uri, "languageId": "go", "version": 1, "text": self._document.text}
            self.client.notify("textDocument/didOpen", {"textDocument": item})
            self._start()
            self.save()  # The first one warms caches up and is not counted.
        except ServerError:
            self.end()
            raise

    def save(self) -> dict[str, float]:
        settle(self.client.process.pid)
        self.client.forget()
        mark = self.client.mark()
        line = self._edit()
        time.sleep(self._pause)
        self._document.write()
        begun = time.perf_counter()
        self.client.notify("textDocument/didSave", {"textDocument": {"uri": self._uri}})
        name = self._document.path.name.encode()
        first = self.client.wait(lambda one: self._shows(one, line), mark, holding=name).at
        reached = {"first": first - begun, **self._complete(mark, begun)}
        self._until_quiet()
        folder = self._uri.rpartition("/")[0]
        last = self.client.last(lambda one: _publishes(one, folder), mark, holding=_PUBLISH.encode())
        assert last is not None
        return {**reached, "last": last.at - begun}

    def end(self) -> None:
        self.client.end()

    def _start(self) -> None:
        """Have it analyse the file that is open."""
        self._idle(0)

    def _complete(self, mark: int, begun: float) -> dict[str, float]:
        return {"complete": self._idle(mark) - begun}

    def _idle(self, mark: int) -> float:
        def idle(message: Message) -> bool:
            if message.get("method") != "stackward/status":
                return False
            state = message["params"]["state"]
            if state in {"broken", "missing"}:
                raise ServerError(f"{state}: {message['params'].get('message')}")
            return bool(state == "idle")

        return self.client.wait(idle, mark, holding=b"stackward/status").at

    def _edit(self) -> int:
        """Type the next function; gives the line of its variable."""
        line, added = self._document.grow()
        self._version += 1
        document = {"uri": self._uri, "version": self._version}
        at = {"line": line, "character": 0}
        change = {"range": {"start": at, "end": at}, "text": added}
        self.client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        return line + 2

    def _shows(self, message: Message, line: int) -> bool:
        """Whether this publishes the escape of the new variable. Other tools of a server may speak of the line too."""
        if not _publishes(message, self._uri):
            return False
        return any(
            one.get("source") == self.source and one["range"]["start"] == {"line": line, "character": 1}
            for one in message["params"]["diagnostics"]
        )

    def _until_quiet(self) -> None:
        """Wait until nothing was published, and hardly anything done, for a while."""
        deadline = time.perf_counter() + 120
        while time.perf_counter() < deadline:
            mark, before = self.client.mark(), cpu_seconds(self.client.process.pid)
            time.sleep(_QUIET)
            worked = cpu_seconds(self.client.process.pid) - before
            if worked < 0.05 * _QUIET and self.client.last(_is_publication, mark, holding=b"publishD") is None:
                return


class Gopls(Server):
    """gopls with its compiler optimization details switched on, as by its code action."""

    source = "optimizer details"
    capabilities: Mapping[str, object] = {
        "textDocument": {
            "codeAction": {
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["source", "gopls"]}},
                "dataSupport": True,
            }
        }
    }

    def _start(self) -> None:
        settle(self.client.process.pid, quiet=1.0)
        nowhere = {"line": 0, "character": 0}
        params = {
            "textDocument": {"uri": self._uri},
            "range": {"start": nowhere, "end": nowhere},
            "context": {"diagnostics": [], "only": ["source.toggleCompilerOptDetails"]},
        }
        actions = self.client.request("textDocument/codeAction", params).message["result"] or []
        command = next((one.get("command") for one in actions if one["title"].startswith("Show compiler opt")), None)
        if command is None:
            raise ServerError(f"no code action shows optimization details, only {[one['title'] for one in actions]}")
        execute = {"command": command["command"], "arguments": command["arguments"]}
        self.client.request("workspace/executeCommand", execute)

    def _complete(self, mark: int, begun: float) -> dict[str, float]:
        """It does not say when it is done. It publishes all details of a package at once."""
        del mark, begun
        return {}


class Command:
    """A command that is run in the folder of the package after each change. ``argv`` is told an empty folder."""

    def __init__(self, target: Target, env: Mapping[str, str], argv: Callable[[Path], Sequence[str]]) -> None:
        self._source = Source.read(target.file)
        self._env = env
        self._argv = argv
        self.save()

    def save(self) -> dict[str, float]:
        work = CACHE / "tmp" / "command"
        work.mkdir()
        try:
            # Commands share a copy, so each reads what the others have added.
            self._source = Source.read(self._source.path)
            self._source.grow()
            self._source.write()
            took, _ = run(self._argv(work), env=self._env, cwd=self._source.path.parent)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return {"took": took}

    def end(self) -> None:
        pass


def commands(target: Target, at: Place) -> dict[str, Callable[[], Command]]:
    """What gopls runs, what a user could run, and the compiler alone: the floor."""

    def command(argv: Callable[[Path], Sequence[str]]) -> Callable[[], Command]:
        return lambda: Command(target, at.env, argv)

    go = at.go
    return {
        # gopls says -o=/dev/null. Root must not: a failing link removes its output.
        "command of gopls": command(
            lambda work: [go, "test", "-c", "-vet=off", f"-gcflags=-json=0,{work}", "-o", f"{work}/t", "."]
        ),
        "go build -m=2": command(lambda work: [go, "build", "-gcflags=-m=2", "-o", f"{work}/o", "."]),
        "compile alone": lambda: Command(target, at.env, _replay(target, at)),
    }


def _replay(target: Target, at: Place) -> Callable[[Path], Sequence[str]]:
    """The compile command of the package, from ``go build -n``, with its import configuration."""
    folder = target.file.parent
    run([at.go, "build", "-o", str(CACHE / "tmp" / "built"), "."], env=at.env, cwd=folder)
    source = Source.read(target.file)
    source.grow()
    source.write()
    _, plan = run([at.go, "build", "-n", "-o", "/nowhere", "."], env=at.env, cwd=folder)
    config = re.search(r"cat >\$WORK/b001/importcfg << 'EOF'[^\n]*\n(.*?)\nEOF\n", plan, re.DOTALL)
    lines = [line for line in plan.splitlines() if "/compile " in line and "$WORK/b001/_pkg_.a" in line]
    if config is None or len(lines) != 1 or "$WORK" in config[1]:
        raise CommandError(f"go build -n does not show how {target.name} is compiled:\n{plan[:400]}")
    importcfg = CACHE / "tmp" / f"importcfg-{target.root.name}-{folder.name}"
    importcfg.write_text(config[1] + "\n", encoding="utf-8")
    recipe = [word.replace("$WORK/b001/importcfg", str(importcfg)) for word in shlex.split(lines[0])]
    return lambda work: [word.replace("$WORK/b001", str(work)) for word in recipe]


def _publishes(message: Message, uri: str) -> bool:
    """Whether this publishes diagnostics of a file, or of any in a folder."""
    return _is_publication(message) and bool(message["params"]["uri"].startswith(uri))


def _is_publication(message: Message) -> bool:
    return message.get("method") == _PUBLISH
