"""Recording how packages are compiled, once, so that a save costs one run of the compiler.

``go list -export`` builds what is missing from the build cache and names all export data; ``go build -n`` and ``go
test -n`` print the
exact commands. An action that is in the cache is not printed, so a flag that changes nothing and that nobody else uses
(``-m=0`` three times) makes those of the packages asked for unlike any that was ever built.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from stackward.core.outcome import BuildError, BuildFailed, Cancelled, NotAPackage
from stackward.toolchain import dryrun
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.dryrun import CompileCommand, DryRun
from stackward.toolchain.golist import Listed, ListFailed, Progress, go_list, parse_errors
from stackward.toolchain.process import CancelToken, DidNotRun, Ran, run
from stackward.toolchain.stamps import headers, listings, stamps
from stackward.toolchain.unit import Package, Recorded, Unit, UnitId, Variant

_INERT = "-m=0 -m=0 -m=0"
# The compiler's flags that belong to one run, or that only shorten the paths that it prints; each takes a value.
_DROPPED = frozenset({"-o", "-buildid", "-trimpath", "-importcfg", "-asmhdr"})

NotRecorded: TypeAlias = BuildFailed | NotAPackage | DidNotRun | Cancelled


class Recorder:
    """Records recipes with one go command.

    ``work`` is a folder of the caller's that keeps the small inputs of compiles.
    """

    def __init__(self, go: str, config: BuildConfig, work: str) -> None:
        self._go = go
        self._config = config
        self._aux = os.path.join(work, "inputs")
        os.makedirs(self._aux, exist_ok=True)

    def record(
        self,
        cwd: str,
        patterns: Sequence[str] = (".",),
        *,
        tests: bool = True,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> Recorded | NotRecorded:
        """The recipes of the packages that match ``patterns``, as seen from the folder ``cwd``."""
        module = self._module(cwd)
        if isinstance(module, NotAPackage | DidNotRun):
            return module
        listed = go_list(
            self._go, self._config, cwd, patterns, tests=tests, build=True, progress=progress, cancel=cancel
        )
        if isinstance(listed, ListFailed):
            return NotAPackage(cwd, listed.message)
        if isinstance(listed, DidNotRun | Cancelled):
            return listed
        wanted = [one for one in listed if one.wanted and not one.for_test and not one.path.endswith(".test")]
        scripts = [self._dry_run(cwd, ["build", "-o", os.devnull], patterns, cancel)]
        if tests and any(one.test_files or one.xtest_files for one in wanted):
            scripts.append(self._dry_run(cwd, ["test", "-c", "-o", os.devnull, "-vet=off"], patterns, cancel))
        runs: list[tuple[DryRun, str]] = []
        for script in scripts:
            if isinstance(script, Ran):
                text = script.stderr.decode("utf-8", "surrogateescape")
                runs.append((dryrun.parse(text, cwd), text))
            else:
                return script
        maker = _UnitMaker(listed, self._aux, self._config, self._go)
        commands = [(command, one) for one, _ in runs for command in one.compiles]
        units = list(maker.units(wanted, commands))
        failures = list(_failures(wanted, listed, units, [text for _, text in runs], cwd))
        local = [one for one in listed if _local(one)]
        return Recorded(
            units=tuple(units),
            graph=tuple(_package(one) for one in listed),
            failures=tuple(failures),
            stamps=tuple(stamps([*module, *_inputs(wanted)])),
            listings=tuple(listings({one.dir for one in wanted if one.dir})),
            headers=tuple(
                headers(name for one in wanted for name in (*one.go_files, *one.test_files, *one.xtest_files))
            ),
            local=tuple(stamps(name for one in local if not one.wanted for name in one.go_files)),
            own=tuple(stamps(name for one in wanted for name in one.go_files)),
        )

    def _module(self, cwd: str) -> list[str] | NotAPackage | DidNotRun:
        """The files that say what the module is, and through which a recipe changes."""
        ran = run(
            [self._go, "env", "GOMOD", "GOWORK", "GO111MODULE"], cwd=cwd, env=self._config.environment(), timeout=30
        )
        if isinstance(ran, DidNotRun):
            return ran if os.path.isdir(cwd) else NotAPackage(cwd, "there is no such folder")
        gomod, gowork, mode = [*ran.stdout.decode("utf-8", "surrogateescape").splitlines(), "", "", ""][:3]
        if mode == "off":
            return NotAPackage(
                cwd, "GO111MODULE=off: stackward needs module mode; unset it or add a go.mod (go mod init)"
            )
        if gomod in {"", os.devnull, "NUL"} and not gowork:
            return NotAPackage(cwd, "not in a Go module; run 'go mod init' in the folder that should be one")
        files = []
        if gomod not in {"", os.devnull, "NUL"}:
            root = os.path.dirname(gomod)
            files += [gomod, os.path.join(root, "go.sum"), os.path.join(root, "vendor", "modules.txt")]
        if gowork and gowork != "off":
            files += [gowork, gowork + ".sum"]
        return files

    def _dry_run(
        self, cwd: str, command: Sequence[str], patterns: Sequence[str], cancel: CancelToken | None
    ) -> Ran | DidNotRun | Cancelled:
        gcflags = f"{self._config.gcflags()} {_INERT}".strip()
        argv = [self._go, *command, "-n", *self._config.build_flags(), f"-gcflags={gcflags}", "--", *patterns]
        ran = run(argv, cwd=cwd, env=self._config.environment(), timeout=300.0, cancel=cancel)
        return Cancelled() if cancel is not None and cancel.cancelled else ran


@dataclass(frozen=True, slots=True)
class _UnitMaker:
    listed: Sequence[Listed]
    aux: str
    config: BuildConfig
    go: str

    def units(self, wanted: Iterable[Listed], commands: Sequence[tuple[CompileCommand, DryRun]]) -> Iterator[Unit]:
        by_path = {one.path: one for one in self.listed}
        found: dict[tuple[str, bool], tuple[CompileCommand, DryRun]] = {}
        for command, script in commands:
            if any(name.endswith("_testmain.go") for name in command.files):
                continue
            tested = any(name.endswith("_test.go") for name in command.files)
            found.setdefault((command.package.split(" ", 1)[0], tested), (command, script))
        for package in wanted:
            path = package.path
            variants = (
                (Variant.PACKAGE, path, (path, False), package.go_files),
                (Variant.TEST, f"{path} [{path}.test]", (path, True), (*package.go_files, *package.test_files)),
                (Variant.XTEST, f"{path}_test [{path}.test]", (f"{path}_test", True), package.xtest_files),
            )
            for variant, listed_as, key, files in variants:
                own = by_path.get(listed_as)
                if own is None or not files or (variant is Variant.TEST and not package.test_files):
                    continue
                if key in found:
                    yield self._unit(UnitId(path, variant), package, own, *found[key], by_path)

    def _unit(
        self,
        unit_id: UnitId,
        package: Listed,
        own: Listed,
        command: CompileCommand,
        script: DryRun,
        by_path: Mapping[str, Listed],
    ) -> Unit:
        imports, importmap = _importcfg(command.importcfg, own, by_path)
        cgo = own.cgo
        files = (
            own.go_files if cgo else tuple(os.path.normpath(os.path.join(command.cwd, name)) for name in command.files)
        )
        argv = () if cgo else (self._absolute(command.program, command.cwd), *self._flags(command, script))
        return Unit(
            id=unit_id,
            name=own.name,
            dir=package.dir,
            files=files,
            argv=argv,
            cwd=package.dir,
            imports=imports,
            importmap=importmap,
            archive=own.export,
            cgo=cgo,
            standard=package.standard,
            module=package.module,
        )

    def _absolute(self, program: str, cwd: str) -> str:
        return os.path.normpath(os.path.join(cwd, program))

    def _flags(self, command: CompileCommand, script: DryRun) -> Iterator[str]:
        inert = _INERT.split()
        flags = iter(command.flags)
        for flag in flags:
            if flag in _DROPPED:
                next(flags, None)
            elif flag in inert:
                continue
            elif "$WORK" in flag:
                name, equals, value = flag.partition("=")
                made = self._input(value if equals else name, script)
                if made is not None:
                    yield f"{name}={made}" if equals else made
            else:
                yield flag

    def _input(self, path: str, script: DryRun) -> str | None:
        """Make a small input of the compile and keep it by its content: ``embedcfg``, ``symabis``, a PGO profile."""
        if path in script.texts:
            return self._keep(script.texts[path].encode("utf-8", "surrogateescape"))
        helper = script.helpers.get(path)
        if helper is None:
            return None
        with tempfile.TemporaryDirectory(dir=self.aux, ignore_cleanup_errors=True) as work:
            argv = [part.replace("$WORK", work) for part in helper.argv]
            output = helper.output.replace("$WORK", work)
            os.makedirs(os.path.dirname(output), exist_ok=True)
            # The assembler includes the header that the compiler has not written yet, as go build lets it.
            Path(os.path.dirname(output), "go_asm.h").touch()
            argv[0] = self._absolute(argv[0], helper.cwd)
            ran = run(argv, cwd=helper.cwd, env=self.config.environment(), timeout=60.0)
            if isinstance(ran, DidNotRun) or ran.code != 0 or not os.path.exists(output):
                return None
            return self._keep(Path(output).read_bytes())

    def _keep(self, content: bytes) -> str:
        path = os.path.join(self.aux, hashlib.blake2b(content, digest_size=16).hexdigest())
        if not os.path.exists(path):
            handle, partial = tempfile.mkstemp(dir=self.aux)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            shutil.move(partial, path)
        return path


def _importcfg(
    text: str, own: Listed, by_path: Mapping[str, Listed]
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Export data by import path, test variants resolved through what ``go list`` says the unit imports."""
    variants = {name.split(" ", 1)[0]: name for name in own.imports}
    imports: list[tuple[str, str]] = []
    importmap: list[tuple[str, str]] = []
    for line in text.splitlines():
        verb, _, rest = line.partition(" ")
        name, _, value = rest.partition("=")
        if verb == "importmap":
            importmap.append((name, value))
        elif verb == "packagefile":
            listed = by_path.get(variants.get(name, name))
            imports.append((name, listed.export if listed is not None and listed.export else value))
    return tuple(imports), tuple(importmap)


def _failures(
    wanted: Iterable[Listed], listed: Iterable[Listed], units: Iterable[Unit], scripts: Iterable[str], cwd: str
) -> Iterator[BuildFailed | NotAPackage]:
    recorded = {unit.id.import_path for unit in units}
    broken = {one.path: one.errors for one in listed if one.errors}
    for package in wanted:
        missing = [
            name
            for unit in units
            if unit.id.import_path == package.path
            for name, file in unit.imports
            if "$WORK" in file
        ]
        if package.path in recorded and not missing:
            continue
        if not package.go_files and not package.test_files and not package.xtest_files:
            reason = package.errors[0].message if package.errors else "there are no Go files for this build"
            yield NotAPackage(package.dir or package.path, reason)
            continue
        errors: tuple[BuildError, ...] = broken.get(package.path, ())
        for name in missing or package.imports:
            errors += broken.get(name, ())
        if not errors:
            errors = tuple(error for text in scripts for error in parse_errors(_messages(text), cwd))[:10]
        yield BuildFailed(package.path, errors or (BuildError("the go command printed no compile command for it"),))


def _messages(script: str) -> str:
    """What is not shell in the output of a dry run."""
    return "\n".join(
        line
        for line in script.splitlines()
        if ".go:" in line and not line.startswith(("cat ", "cd ", "/", "./", "echo "))
    )


def _local(package: Listed) -> bool:
    if package.for_test or package.path.endswith(".test"):
        return False
    return package.main_module or package.wanted


def _package(one: Listed) -> Package:
    return Package(one.path, one.name, one.dir, one.go_files, one.imports, one.standard, _local(one))


def _inputs(wanted: Iterable[Listed]) -> Iterator[str]:
    for package in wanted:
        yield from package.inputs
        yield os.path.join(package.dir, "default.pgo")
