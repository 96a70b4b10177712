"""What happens when a package's own tests run, and what the raw log says: kept per toolchain and text of the package.

Three things are recorded: a memory profile of the tests (with the runtime of ``recording``), their coverage in a run of
its own (instrumented code is inlined differently), and the two forms in which peers show the compiler's log.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from groundtruth import coverage, native, recording
from groundtruth.attribution import Kind, attribute, classify
from groundtruth.gocommand import Go, Package
from groundtruth.profile import ProfileError, read

_FORMAT = 3
"""Goes up when what is kept changes."""

_TIMEOUT = "600s"
_STACK = 40
_RAW = re.compile(r"^(?P<file>[^:\n]+\.go):(?P<line>\d+):(?P<column>\d+): (?P<text>.*)$")


@dataclass(frozen=True, slots=True)
class Observation:
    """Objects of one size that one line allocated in one way.

    ``carriers`` are the line and those that the same machine code was inlined into. ``function`` has the line in its source, ``body`` has the machine code (another function where the line was
    inlined), ``chain`` is the runtime's part of the stack, leaf first. ``objects`` may be 0: see ``profile.Sample``.
    ``stack`` is an example, outside the runtime.
    """

    file: str
    line: int
    kind: Kind
    carriers: tuple[tuple[str, int], ...]
    function: str
    body: str
    body_file: str
    chain: tuple[str, ...]
    size: int
    objects: int
    stack: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of the raw log that says that something is on the heap."""

    file: str
    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Truth:
    """All that was recorded of a package. ``problems`` says what did not work; ``elsewhere`` counts objects by kind."""

    package: str
    files: tuple[str, ...]
    observations: tuple[Observation, ...]
    elsewhere: dict[str, int]
    coverage: coverage.Coverage
    native: native.Native
    log: tuple[Logged, ...]
    details: tuple[Logged, ...]
    problems: tuple[str, ...]
    seconds: float

    @property
    def profiled(self) -> bool:
        """Whether there is a profile: without one, that a line was not seen allocating says nothing."""
        return bool(self.observations or self.elsewhere)


class Collector:
    """Collects truth with one toolchain, in ``cache``."""

    def __init__(self, go: Go, cache: Path) -> None:
        self._go = go
        self._cache = cache / "truth" / go.version
        self._overlay = recording.overlay(go.goroot, self._cache / "overlay")
        self._native = native.build(go, self._cache)

    def prepare(self, wanted: Sequence[Package], *, fresh: bool) -> None:
        """Builds once what several packages need, so that those that are tested at a time do not each build it."""
        missing = [one for one in wanted if fresh or not self._path(one).exists()]
        for root in {one.root for one in missing}:
            paths = [one.path for one in missing if one.root == root]
            self._go.run("build", "-overlay", str(self._overlay), *paths, "testing", cwd=root, timeout=1800)

    def truth(self, package: Package, *, fresh: bool = False) -> Truth:
        """What is known of ``package``: from the cache unless ``fresh``."""
        path = self._path(package)
        if fresh or not path.exists():
            raw = self._record(package)
            path.parent.mkdir(parents=True, exist_ok=True)
            # Whole or not at all: a run may be interrupted.
            part = path.with_suffix(".part")
            part.write_bytes(gzip.compress(json.dumps(raw).encode(), 5))
            part.replace(path)
        return _load(json.loads(gzip.decompress(path.read_bytes())))

    def _path(self, package: Package) -> Path:
        digest = hashlib.sha256(f"{_FORMAT} {recording.digest()} {package.path}".encode())
        for name in sorted((*package.files, *package.tests)):
            digest.update(name.encode() + b"\0" + Path(name).read_bytes())
        return self._cache / f"{package.path.replace('/', '_')}-{digest.hexdigest()[:16]}.json.gz"

    def _record(self, package: Package) -> dict[str, Any]:
        start = time.monotonic()
        problems: list[str] = []
        with tempfile.TemporaryDirectory(prefix="stackward-truth-") as name:
            work = Path(name)
            observations, elsewhere = self._profile(package, work, problems)
            code = self._code(package, work, problems)
            covered = self._coverage(package, work, problems)
            log = list(self._log(package, problems))
            details = list(self._details(package, work, problems))
        return {
            "package": package.path,
            "files": package.files,
            "observations": [{**asdict(one), "kind": one.kind.name} for one in observations],
            "elsewhere": elsewhere,
            "coverage": covered,
            "native": code,
            "log": [asdict(one) for one in log],
            "details": [asdict(one) for one in details],
            "problems": problems,
            "seconds": time.monotonic() - start,
        }

    def _test(self, package: Package, work: Path, what: str, problems: list[str], *flags: str) -> None:
        fixed = ("-count=1", "-short", "-vet=off", f"-timeout={_TIMEOUT}", "-o", str(work / "test"))
        try:
            done = self._go.run("test", *fixed, *flags, package.path, cwd=package.root)
        except subprocess.TimeoutExpired:
            problems.append(f"{what}: timed out")
            return
        if done.returncode:
            failed = re.findall(r"^\s*--- FAIL: (\S+)", done.stdout, re.MULTILINE)
            said = ", ".join(failed) or (done.stdout + done.stderr).strip()[-300:]
            problems.append(f"{what}: failed: {said}")

    def _profile(self, package: Package, work: Path, problems: list[str]) -> tuple[list[Observation], dict[str, int]]:
        path = work / "memory"
        flags = ("-overlay", str(self._overlay), "-memprofile", str(path), "-memprofilerate=1")
        self._test(package, work, "profile", problems, *flags)
        try:
            samples = read(path.read_bytes())
        except (OSError, ProfileError) as error:
            problems.append(f"profile: none: {error}")
            return [], {}
        found: dict[Any, tuple[int, tuple[tuple[str, str, int], ...]]] = {}
        elsewhere: dict[str, int] = {}
        files = frozenset(package.files)
        for sample in samples:
            owner = attribute(sample, package.path, files)
            frame, body = owner.frame, owner.body
            if frame is None or body is None or owner.kind is Kind.LIBRARY:
                elsewhere[owner.kind.name] = elsewhere.get(owner.kind.name, 0) + sample.objects
                continue
            size = sample.bytes // sample.objects if sample.objects else 0
            carriers = tuple((one.file, one.line) for one in owner.carriers)
            key = frame, body.function, body.file, owner.kind, carriers, owner.chain, size
            rest = sample.stack[len(owner.chain) :][:_STACK]
            stack = tuple((one.function, one.file, one.line) for one in rest)
            known = found.get(key)
            found[key] = sample.objects + (known[0] if known else 0), known[1] if known else stack
        observations = [
            Observation(f.file, f.line, kind, carriers, f.function, body, file, chain, size, objects, stack)
            for (f, body, file, kind, carriers, chain, size), (objects, stack) in found.items()
        ]
        observations.sort(key=lambda one: (one.file, one.line, -one.objects))
        return observations, elsewhere

    def _code(self, package: Package, work: Path, problems: list[str]) -> dict[str, Any]:
        """What the binary of the profile is made of."""
        command = [str(self._native), str(work / "test"), package.path, *package.files]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            problems.append(f"machine code: {done.stderr[-300:]}")
            return {}
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def _coverage(self, package: Package, work: Path, problems: list[str]) -> str:
        path = work / "coverage"
        self._test(package, work, "coverage", problems, "-covermode=count", "-coverprofile", str(path))
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            problems.append(f"coverage: none: {error}")
            return ""
        # The profile names a file by import path and base name.
        folder = str(package.folder)
        return "".join(
            folder + line.removeprefix(package.path) if line.startswith(package.path + "/") else line
            for line in text.splitlines(keepends=True)
        )

    def _log(self, package: Package, problems: list[str]) -> Iterator[Logged]:
        with tempfile.TemporaryDirectory(prefix="stackward-truth-") as work:
            done = self._go.run("build", "-gcflags=-m", "-o", f"{work}/out", package.path, cwd=package.root)
        if done.returncode:
            problems.append(f"-m: {done.stderr[-300:]}")
        for line in done.stderr.split("\n"):
            match = _RAW.match(line)
            if match is not None and ("escapes to heap" in match["text"] or "moved to heap" in match["text"]):
                file = os.path.normpath(package.root / match["file"])
                yield Logged(file, int(match["line"]), int(match["column"]), match["text"])

    def _details(self, package: Package, work: Path, problems: list[str]) -> Iterator[Logged]:
        """What gopls asks the compiler for, and which part of it is about escapes."""
        out = work / "details"
        flags = ("-c", "-vet=off", f"-gcflags=-json=0,{out}", "-o", str(work / "unused"))
        done = self._go.run("test", *flags, package.path, cwd=package.root)
        if done.returncode:
            problems.append(f"-json: {done.stderr[-300:]}")
        for path in sorted(out.rglob("*.json")):
            if urllib.parse.unquote(path.parent.name) != package.path:  # Its tests have folders of their own.
                continue
            yield from _diagnostics(path.read_text(encoding="utf-8", errors="replace"))


def _diagnostics(text: str) -> Iterator[Logged]:
    first, *rest = text.split("\n")
    file = json.loads(first)["file"]
    for line in filter(None, rest):
        one = json.loads(line)
        if one.get("code") == "escape":
            start = one["range"]["start"]  # From 1, unlike LSP's.
            yield Logged(file, start["line"], start["character"], one["message"])


def _load(raw: dict[str, Any]) -> Truth:
    observations = []
    for one in raw["observations"]:
        stack = tuple((function, file, line) for function, file, line in one["stack"])
        chain = tuple(one["chain"])
        carriers = tuple((file, line) for file, line in one["carriers"])
        # Judged anew: what is kept outlives the rules.
        kind = classify(chain, copied=stack[0][1:] != (one["file"], one["line"]))
        observations.append(Observation(**{**one, "kind": kind, "carriers": carriers, "chain": chain, "stack": stack}))
    return Truth(
        package=raw["package"],
        files=tuple(raw["files"]),
        observations=tuple(observations),
        elsewhere=raw["elsewhere"],
        coverage=coverage.parse(raw["coverage"].split("\n")),
        native=native.load(raw["native"]),
        log=tuple(Logged(**one) for one in raw["log"]),
        details=tuple(Logged(**one) for one in raw["details"]),
        problems=tuple(raw["problems"]),
        seconds=raw["seconds"],
    )
