"""Real Helixes for tests: a user's round through a file, in a terminal."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from helix_terminal import Terminal
from neovim_packages import Package, Program, program
from neovim_support import EDITED_LINE, REWRITE, REWRITTEN, ROW, documented, isolated

_ENV = {"HELIX_RUNTIME": "{root}/usr/lib/hx/runtime"}
HELIX = {
    "25.01": Package("hx", "trixie", "usr/bin/hx", _ENV),
    "25.07": Package("hx", "forky", "usr/bin/hx", _ENV),
}
_SIZE = re.compile(r", \d+ B\b")
_REPLACED = re.compile(r"return strconv\.FormatFloat\(.*boxed")
_NONE = "No code actions available"
ESCAPE = "\x1b"


def helix(release: str) -> Program:
    """A Helix of this release, installed where it is missing."""
    found = program(HELIX[release])
    version = found.run("--version").stdout
    if not version.startswith(f"helix {release}"):
        pytest.skip(f"Debian's {HELIX[release].suite} has another release by now: {version.strip()}")
    return found


class Helix(Terminal):
    """Helix with one file open."""

    def __init__(
        self, release: str, file: Path, home: Path, bin_: Path, cwd: Path, *, columns: int = 400, lines: int = 20
    ) -> None:
        env = isolated(home)
        config = home / "config" / "helix"
        config.mkdir(parents=True, exist_ok=True)
        languages, editor = documented("Helix", "toml")
        assert '"gopls", ' in languages
        # Without gopls, which is not everywhere; 25.01 restarts nothing where one of two is missing.
        (config / "languages.toml").write_text(languages.replace('"gopls", ', ""), encoding="utf-8")
        (config / "config.toml").write_text(editor, encoding="utf-8")
        self._home = home
        self._file = file
        found = helix(release)
        super().__init__(
            [*found.argv, str(file)],
            env={**env, **found.env, "PATH": f"{bin_}:{os.environ['PATH']}"},
            cwd=cwd,
            columns=columns,
            lines=lines,
        )
        self.wait_for("NOR")

    def command(self, line: str) -> None:
        """Run a ``:`` command."""
        self.type(f":{line}\r")

    def selected(self, keys: str) -> str:
        """The text that is selected after some keys."""
        out = self._home / "selected"
        out.unlink(missing_ok=True)
        self.type(keys)
        # Under another name first, so that what is read is complete.
        self.command(f"pipe-to cat > {out}.new && mv {out}.new {out}")
        self.wait("the selection", out.exists)
        return out.read_text(encoding="utf-8")

    def diagnostics(self, number: int) -> list[str]:
        """The texts of the first diagnostics of the line of the test: ``]d`` selects each."""
        self.type(f":{ROW + 1}\rgh")
        return [self.selected("]d") for _ in range(number)]

    def line(self) -> str:
        """What is shown of the line of the test, inlay hints and all."""
        return _line(self.shown())

    def settle(self, last: int) -> None:
        """Wait until the last hint of the line, which is shown behind it, is about this argument of the call.

        It has a size then, because the object code has been read.
        """
        self.wait(
            f"a hint about argument {last}",
            lambda: f"argument {last} of" in self.line() and " bytes" in self.line().partition("argument")[2],
        )

    def inlays(self, number: int) -> str:
        """Wait until the line has this many inlay hints, and give it.

        Helix asks for them where a text is edited or other lines come near, and takes no advice to ask again.
        """
        self.type("ge")
        # Once it idles. The end of the file has a hint with a size too.
        self.wait("inlay hints at the end", lambda: self.line() == "" and any(map(_SIZE.search, self.shown())))
        self.command(str(ROW + 1))
        return _line(self.wait_shown(f"{number} inlay hints", lambda shown: len(_SIZE.findall(_line(shown))) == number))

    def rewrite(self) -> str:
        """Take the rewrite that is offered where the test has one, and save; gives the text of the hint there."""
        before = self._file.read_text(encoding="utf-8")
        row = before[: before.index(REWRITTEN)].count("\n") + 1
        hinted = self.selected(f":{row}\rgh]d")
        self.wait(f"the offer of {REWRITE!r}", self._offered)
        self.type("\r")  # The first of the menu is chosen already.
        self.wait_for("strconv.FormatFloat(")
        self.command("write")
        self.wait("the file on disk", lambda: "strconv" in self._on_disk())
        self.wait("the hint gone", lambda: not any(_REPLACED.search(line) for line in self.shown()))
        return hinted

    def _offered(self) -> bool:
        """Whether the rewrite is in the menu of code actions, which is asked for; what is not known yet is not."""
        self.type(" a")
        self.wait("an answer", lambda: self._sees(REWRITE) or self._sees(_NONE))
        if self._sees(REWRITE):
            return True
        self.type(ESCAPE)
        self.wait("the answer gone", lambda: not self._sees(_NONE))
        return False

    def _on_disk(self) -> str:
        """The file's text; Helix takes the file away while it writes it."""
        try:
            return self._file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def _sees(self, text: str) -> bool:
        return any(text in line for line in self.shown())

    def round(self) -> dict[str, Any]:
        """Open, look, edit, save, crash; gives what was shown."""
        facts: dict[str, Any] = {}
        self.command(str(ROW + 1))
        self.settle(6)
        facts["line"] = self.inlays(4)
        facts["diagnostics"] = self.diagnostics(4)
        # Hover, on the selected diagnostic.
        self.type(f":{ROW + 1}\rgh]d]d k")
        self.wait_for("boxed-in-interface")
        facts["hover"] = "\n".join(self.shown())
        self.type(ESCAPE)
        # Edit and save.
        edited = self._home / "edited"
        edited.write_text(EDITED_LINE, encoding="utf-8")
        self.command(str(ROW + 1))
        self.type("x")
        self.command(f"pipe cat {edited}")
        self.wait("the edit", lambda: '"-")' in self.line())
        self.command("write")
        self.settle(5)
        facts["saved_line"] = self.inlays(3)
        facts["saved"] = self.diagnostics(3)
        # The server is killed; the user starts it again.
        (server,) = self.children()
        os.kill(server, signal.SIGKILL)
        self.wait("the end of the server", lambda: server not in self.children())
        self.wait("no hints", lambda: "argument" not in self.line())
        self.command("lsp-restart")
        self.wait("another server", lambda: self.children() not in ([], [server]))
        self.settle(5)
        facts["after_crash"] = self.diagnostics(3)
        facts["before_rewrite"] = self._file.read_text(encoding="utf-8")
        facts["to_take_away"] = self.rewrite()
        self.command("quit!")
        self.process.wait(timeout=30)
        return facts


def _line(shown: list[str]) -> str:
    found = [line for line in shown if "%-28s" in line]
    return found[0] if found else ""
