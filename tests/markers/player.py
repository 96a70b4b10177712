"""Plays a scenario with the real server, and holds what it shows against what is expected."""

from __future__ import annotations

import difflib
import itertools
import operator
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pprof
from editor import Editor
from judge import Coordinates, Json, Seen, judge, judge_status
from scenario import Do, Scenario, Step

from markers import Hover, Inlay, Lens, NoHints, Source
from stackward.lsp.uris import uri_of

_PATIENCE = 10.0  # Seconds for what happens in the background; only a failure takes so long.
# The user's own settings of the go command would count in a test's module too.
_NEUTRAL = {"GOFLAGS": "", "GOWORK": "", "GO111MODULE": ""}


def lay_out(scenario: Scenario, root: Path) -> None:
    """Write the files; a module is made where the archive has none, and profiles from tables of calls."""
    files = {name: source.text for name, source in scenario.files.items()}
    if "go.mod" not in files and "go.work" not in files:
        files["go.mod"] = "module example.com/m\n\ngo 1.23\n"
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pprof.encode(pprof.read(text)) if name.endswith(".pgo") else text.encode())


class Player:
    """An editor that is at one step of a scenario. ``end`` it."""

    def __init__(self, scenario: Scenario, root: Path, encoding: str) -> None:
        self.scenario = scenario
        self.encoding = encoding
        self._root = root
        self._files = dict(scenario.files)
        self._uris = {name: uri_of(str(root / name)) for name in self._files}
        self._pulled: dict[str, Json] = {}
        flags = scenario.flags
        self._editor = Editor(root, env={**_NEUTRAL, **flags.env})
        capabilities: dict[str, Any] = {
            "general": {"positionEncodings": [encoding]},
            "workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}},
        }
        if flags.pull:
            capabilities["workspace"]["diagnostics"] = {"refreshSupport": True}
            capabilities["textDocument"] = {"diagnostic": {}}
        result = self._editor.start(capabilities, initializationOptions=flags.settings)
        assert result["capabilities"]["positionEncoding"] == encoding

    def end(self) -> None:
        """End the server."""
        self._editor.end()

    def play(self) -> list[str]:
        """Play it to the first step that does not show what it should; gives what is wrong there."""
        self.open()
        wrong = self.wrong()
        for number, step in enumerate(self.scenario.steps, start=1):
            if wrong:
                break
            self.step(step)
            wrong = [f"step {number}, {step.do.value}:{step.name}: {one}" for one in self.wrong()]
        messages = [one["params"] for one in self._editor.seen if one.get("method") == "window/showMessage"]
        return [*wrong, *(f"a message: {one['message']}" for one in messages)]

    def open(self) -> None:
        """Open the files, one after the other."""
        for name in self.scenario.opened:
            self._editor.open(name, self._files[name].text)
            self._editor.settled()

    def step(self, step: Step) -> None:
        """Do what the step says, and wait until the server has done its part."""
        path = self._root / step.name
        uri = self._uris.setdefault(step.name, uri_of(str(path)))
        text = step.source.text
        if step.do is Do.WRITE:
            path.write_bytes(text.encode())
            self._editor.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri, "type": 2}]})
            self._editor.settled()
        else:
            self._type(step.name, uri, text)
        if step.do is Do.SAVE:
            path.write_bytes(text.encode())
            self._editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
            self._editor.settled()
        self._files |= {step.name: step.source, **step.seen}

    def wrong(self) -> list[str]:
        """What is wrong now. Only what happens in the background is waited for."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            wrong = self._wrong()
            if not wrong or not self.scenario.patient or time.monotonic() > deadline:
                return wrong
            self._editor.until(lambda one: "method" in one)

    def seen(self) -> dict[str, Seen]:
        """What the server shows now, by file."""
        return {name: self._seen(name, source) for name, source in self._files.items()}

    def expect(self, sources: Mapping[str, Source]) -> None:
        """Hold it against other expectations of the same texts from here on."""
        self._files |= sources

    @property
    def sources(self) -> Mapping[str, Source]:
        """The files as they are now, with what is expected of them now."""
        return self._files

    def status(self) -> Json:
        """The last status."""
        return self._editor.statuses[-1]

    def _wrong(self) -> list[str]:
        if self.scenario.flags.pull:
            self._pull()
        seen = self.seen()
        wrong = [one for name, source in self._files.items() for one in judge(name, source, seen[name], self.encoding)]
        known = set(self._uris.values())
        for uri, diagnostics in (self._pulled if self.scenario.flags.pull else self._editor.diagnostics).items():
            if uri not in known and diagnostics:
                wrong.append(f"{uri} is no file of the archive, and has {diagnostics}")
        if self.scenario.flags.pull and self._editor.diagnostics:
            wrong.append("diagnostics are pushed to a client that pulls them")
        names = {uri: name for name, uri in self._uris.items()}
        return wrong + judge_status(self._files, self.status(), names)

    def _seen(self, name: str, source: Source) -> Seen:
        uri = self._uris[name]
        document = {"textDocument": {"uri": uri}}
        kinds = {type(one) for one in source.expected}
        pulled = self._pulled.get(uri, {}).get("items", [])
        diagnostics = pulled if self.scenario.flags.pull else self._editor.diagnostics.get(uri, [])
        inlays, lenses, hovers = [], [], {}
        if kinds & {Inlay, NoHints}:
            whole = {"start": {"line": 0, "character": 0}, "end": {"line": source.text.count("\n"), "character": 0}}
            inlays = self._editor.ask("textDocument/inlayHint", {**document, "range": whole})
        if Lens in kinds:
            lenses = self._editor.ask("textDocument/codeLens", document)
        coordinates = Coordinates(source.text, self.encoding)
        for one in source.expected:
            if isinstance(one, Hover):
                at = coordinates.range(one.span)["start"]
                hover = self._editor.ask("textDocument/hover", {**document, "position": at})
                hovers[one.span.line, one.span.start] = hover
        return Seen(diagnostics, inlays, lenses, hovers)

    def _pull(self) -> None:
        """Pull the diagnostics of all files, and those of open ones once more by themselves: both have to agree."""
        known = [{"uri": uri, "value": one["resultId"]} for uri, one in self._pulled.items()]
        for one in self._editor.ask("workspace/diagnostic", {"previousResultIds": known})["items"]:
            if one["kind"] == "full":
                self._pulled[one["uri"]] = one
            else:
                assert one["resultId"] == self._pulled[one["uri"]]["resultId"]
        for name in self.scenario.opened:
            uri = self._uris[name]
            report = self._editor.ask("textDocument/diagnostic", {"textDocument": {"uri": uri}})
            assert report["items"] == self._pulled[uri]["items"]

    def _type(self, name: str, uri: str, text: str) -> None:
        before = self._files[name].text
        if text == before:
            return
        had_hints = bool(self._editor.diagnostics.get(uri))
        self._editor._versions[uri] += 1
        document = {"uri": uri, "version": self._editor._versions[uri]}
        changes = list(self._changes(before, text))
        self._editor.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
        if self.scenario.flags.settings.get("analysis", {}).get("trigger") == "type":
            self._editor.settled()
        elif had_hints:
            self._editor.until(lambda one: self._tells_of_now(one, uri))

    def _tells_of_now(self, message: Json, uri: str) -> bool:
        """Whether it is the diagnostics of the text as it is: they are sent again, moved along, after each edit."""
        if message.get("method") != "textDocument/publishDiagnostics" or message["params"]["uri"] != uri:
            return False
        return bool(message["params"].get("version") == self._editor._versions[uri])

    def _changes(self, before: str, text: str) -> Iterator[Json]:
        """What somebody would have typed, from the end of the text to its beginning."""
        old, new = before.splitlines(keepends=True), text.splitlines(keepends=True)
        for kind, first, last, new_first, new_last in reversed(difflib.SequenceMatcher(None, old, new).get_opcodes()):
            if kind == "equal":
                continue
            gone, come = "".join(old[first:last]), "".join(new[new_first:new_last])
            same = _common(gone, come)
            tail = min(_common(gone[::-1], come[::-1]), len(gone) - same, len(come) - same)
            offset = len("".join(old[:first]))
            start, end = self._at(before, offset + same), self._at(before, offset + len(gone) - tail)
            yield {"range": {"start": start, "end": end}, "text": come[same : len(come) - tail]}

    def _at(self, text: str, offset: int) -> Json:
        line = text.count("\n", 0, offset)
        character = offset - (text.rfind("\n", 0, offset) + 1)
        return {"line": line, "character": Coordinates(text, self.encoding).column(line, character)}


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    return len(list(itertools.takewhile(operator.truth, map(operator.eq, one, other))))
