"""Recording how packages are compiled, once, so that a save costs one run of the compiler.

Two go commands run side by side, with the same flags, over the same packages:

- ``go list -export -deps -test`` builds what is missing from the build cache and names all export data, that of
  test variants included. An external test must get those: with the ordinary export data of a dependency beside the test
  variant of its own package the compiler breaks down (``type *http.Server has no method ExportAllConnsIdle``), since
  ``export_test.go`` may add methods.
- ``go list -export -deps -test -a -n`` prints the commands of that build. ``-a`` makes it print those of cached
  packages too, and costs 10 to 40 ms; so no flag has to be made up to miss the cache, and which of the user's
  ``-gcflags`` patterns a package matches is left to the go command. Packages with broken neighbours or type errors of
  their own are printed as well.

``go list`` does not prepare profiles (PGO). Where one may apply, ``go build -n`` and ``go test -c -n`` are asked too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeAlias

from stackward.core.outcome import BuildError, BuildFailed, Cancelled, NotAPackage
from stackward.toolchain import dryrun
from stackward.toolchain.compileline import CompileLine, Key, Materials, compile_lines
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.golist import Listed, ListFailed, Listing, Progress, compiled_files, go_list, list_flags
from stackward.toolchain.process import CancelToken, DidNotRun, Ran, or_reason, run
from stackward.toolchain.stamps import headers, listings, stamps
from stackward.toolchain.unit import Package, Recorded, Unit, UnitId, Variant

NotRecorded: TypeAlias = BuildFailed | NotAPackage | DidNotRun | Cancelled

_OUTSIDE = re.compile("go.mod file not found|cannot find main module|does not contain main module")
_NO_FILE = frozenset({"", "off", os.devnull, "NUL"})


class Recorder:
    """Records recipes with one go command. ``work`` is a folder of the caller's for the small inputs of compiles."""

    def __init__(self, go: str, config: BuildConfig, work: str) -> None:
        self._go = go
        self._config = config
        self._materials = Materials(os.path.join(work, "inputs"), config)

    @or_reason
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
        if not os.path.isdir(cwd):
            return NotAPackage(cwd, "there is no such folder")
        flags = ["-export", "-deps", *(["-test"] if tests else [])]
        with ThreadPoolExecutor(2) as pool:
            building = pool.submit(self._list, cwd, patterns, [*flags, "-v"], progress, cancel)
            asking = pool.submit(self._environment, cwd, cancel)
            printed = self._list(cwd, patterns, [*flags, "-a", "-n"], None, cancel)
            environment, built = asking.result(), building.result()
        if not isinstance(environment, dict):
            return environment
        outside = environment["GOMOD"] in _NO_FILE and environment["GOWORK"] in _NO_FILE
        for outcome in (built, printed):
            if isinstance(outcome, ListFailed):
                return NotAPackage(cwd, _advice(outcome.message, outside))
            if not isinstance(outcome, Listing):
                return outcome
        assert isinstance(built, Listing)
        assert isinstance(printed, Listing)
        wanted = [one for one in built.packages if one.wanted and not one.for_test and not one.path.endswith(".test")]
        lines = compile_lines(dryrun.parse(printed.script))
        for script in self._profiled(cwd, wanted, environment["GOFLAGS"], tests, cancel):
            lines.update(compile_lines(dryrun.parse(script)))
        units, failures = _Units(built.packages, lines, self._materials).of(wanted)
        failures = [_advised(one, cwd, outside) for one in failures]
        if cancel is not None and cancel.cancelled:
            return Cancelled()
        local = [one for one in built.packages if _local(one)]
        return Recorded(
            units=tuple(units),
            graph=tuple(_package(one) for one in built.packages),
            failures=tuple(failures),
            stamps=tuple(stamps([*_module_files(environment, local), *_inputs(wanted)])),
            listings=tuple(listings({one.dir for one in wanted if one.dir})),
            headers=tuple(headers(name for one in wanted for name in _all_files(one))),
            local=tuple(stamps(name for one in local if not one.wanted for name in (*one.go_files, *one.cgo_files))),
            own=tuple(stamps(name for one in wanted for name in (*one.go_files, *one.cgo_files))),
        )

    @or_reason
    def compiled(
        self, unit: Unit, overlay: str = "", cancel: CancelToken | None = None
    ) -> tuple[str, ...] | BuildFailed | DidNotRun | Cancelled:
        """For a cgo unit the Go files that its ``argv`` compiles: some of its own, and what cgo makes of the others.

        The ``//line`` directives of these lead back to the user's files. ``overlay`` is the path of a file for the
        ``-overlay`` flag, with the unsaved texts. It takes 60 ms while nothing that cgo reads has changed, and 230 ms
        for a small package that has.
        """
        path = unit.id.import_path
        flags = ["-test"] if unit.id.variant is Variant.TEST else []
        flags += [f"-overlay={overlay}"] if overlay else []
        found = compiled_files(self._go, self._config, unit.dir, path, flags, cancel)
        if isinstance(found, BuildError):
            return BuildFailed(path, (found,))
        if isinstance(found, DidNotRun | Cancelled):
            return found
        files = found.get(f"{path} [{path}.test]" if unit.id.variant is Variant.TEST else path, ())
        own = set(unit.files)
        if files:
            made = self._materials.generated(file for file in files if file not in own)
            return (*(file for file in files if file in own), *made)
        return BuildFailed(path, (BuildError("the go command names no compiled files"),))

    def exports(
        self, cwd: str, paths: Sequence[str], cancel: CancelToken | None = None
    ) -> dict[str, str] | DidNotRun | Cancelled:
        """The export data of packages, as code in ``cwd`` would import them; those that do not build are left out."""
        found = go_list(
            self._go, self._config, cwd, paths, ["-export"], fields="ImportPath,Export,Error", cancel=cancel
        )
        if isinstance(found, ListFailed):
            return DidNotRun(found.message)
        if not isinstance(found, Listing):
            return found
        return {one.path: one.export for one in found.packages if one.export}

    def _list(
        self,
        cwd: str,
        patterns: Sequence[str],
        flags: Sequence[str],
        progress: Progress | None,
        cancel: CancelToken | None,
    ) -> Listing | ListFailed | DidNotRun | Cancelled:
        return go_list(self._go, self._config, cwd, patterns, flags, progress=progress, cancel=cancel)

    def _environment(
        self, cwd: str, cancel: CancelToken | None
    ) -> dict[str, str] | NotAPackage | DidNotRun | Cancelled:
        """What decides which module ``cwd`` is in."""
        names = ("GOMOD", "GOWORK", "GO111MODULE", "GOFLAGS")
        ran = run([self._go, "env", *names], cwd=cwd, env=self._config.environment(), timeout=30.0, cancel=cancel)
        if cancel is not None and cancel.cancelled:
            return Cancelled()
        if isinstance(ran, DidNotRun):
            return ran
        values = ran.stdout.decode("utf-8", "surrogateescape").splitlines()
        found = dict(zip(names, [*values, "", "", "", ""], strict=False))
        if found["GO111MODULE"] == "off":
            return NotAPackage(
                cwd, "GO111MODULE=off: stackward needs module mode; unset it or add a go.mod (go mod init)"
            )
        return found

    def _profiled(
        self, cwd: str, wanted: Sequence[Listed], goflags: str, tests: bool, cancel: CancelToken | None
    ) -> Iterator[str]:
        """The commands of packages that a profile may apply to; if there are none, those without it do."""
        named = any(flag.lstrip("-").startswith("pgo=") for flag in (*self._config.flags, *goflags.split()))
        for one in wanted:
            if not named and (one.name != "main" or not os.path.isfile(os.path.join(one.dir, "default.pgo"))):
                continue
            ways = [["build", "-o", os.devnull]]
            ways += (
                [["test", "-c", "-vet=off", "-o", os.devnull]] if tests and (one.test_files or one.xtest_files) else []
            )
            for way in ways:
                # No "--": `go test` would take what follows it for arguments of the test.
                argv = [self._go, *way, "-a", "-n", *list_flags(self._config), one.path]
                ran = run(argv, cwd=cwd, env=self._config.environment(), timeout=300.0, cancel=cancel)
                if isinstance(ran, Ran) and ran.code == 0:
                    own = ran.stderr.decode("utf-8", "surrogateescape")
                    yield own


class _Units:
    """Joins what ``go list`` and the dry run say of each unit."""

    def __init__(self, packages: Sequence[Listed], lines: Mapping[Key, CompileLine], materials: Materials) -> None:
        self._packages = {one.path: one for one in packages}
        self._lines = lines
        self._materials = materials

    def of(self, wanted: Sequence[Listed]) -> tuple[list[Unit], list[BuildFailed | NotAPackage]]:
        """The units of ``wanted``, and for those that there are none of, why."""
        units: list[Unit] = []
        failures: dict[str, BuildFailed | NotAPackage] = {}
        for package in wanted:
            if package.path == "unsafe":
                continue  # It is a part of the compiler.
            if not any((package.go_files, package.cgo_files, package.test_files, package.xtest_files)):
                reason = package.errors[0].message if package.errors else "there are no Go files for this build"
                failures[package.path] = NotAPackage(package.dir or package.path, reason)
                continue
            for variant, own in self._variants(package):
                unit = self._unit(UnitId(package.path, variant), package, own)
                if isinstance(unit, Unit):
                    units.append(unit)
                else:
                    failures.setdefault(unit.package, unit)
        # A package whose own code is broken has a recipe, and its compile says what is wrong.
        recorded = {unit.id.import_path for unit in units}
        return units, [failure for path, failure in failures.items() if path not in recorded]

    def _variants(self, package: Listed) -> Iterator[tuple[Variant, Listed]]:
        path = package.path
        names = [(Variant.PACKAGE, path, (*package.go_files, *package.cgo_files))]
        names += [(Variant.TEST, f"{path} [{path}.test]", package.test_files)]
        names += [(Variant.XTEST, f"{path}_test [{path}.test]", package.xtest_files)]
        for variant, name, files in names:
            if files and name in self._packages:
                yield variant, self._packages[name]

    def _unit(self, unit_id: UnitId, package: Listed, own: Listed) -> Unit | BuildFailed:
        name = own.path.split(" ", 1)[0]
        line = self._lines.get(Key.of(name, own.go_files, own.cgo_files))
        if line is None:
            return self._blame(unit_id, package, [own.path])
        variants = {one.split(" ", 1)[0]: one for one in own.imports}
        exports = [(one, variants.get(one, one)) for one in line.packagefiles]
        missing = [listed for _, listed in exports if not self._export(listed)]
        if missing:
            return self._blame(unit_id, package, missing)
        argv = self._materials.argv(line)
        if isinstance(argv, BuildError):
            return BuildFailed(package.path, (argv,))
        return Unit(
            id=unit_id,
            name=own.name,
            dir=package.dir,
            files=(*line.files, *own.cgo_files),
            argv=argv,
            cwd=package.dir,
            imports=tuple((one, self._export(listed)) for one, listed in exports),
            importmap=line.importmap,
            archive=own.export,
            cgo=bool(own.cgo_files),
            standard=package.standard,
            module=package.module,
        )

    def _export(self, name: str) -> str:
        return self._packages[name].export if name in self._packages else ""

    def _blame(self, unit_id: UnitId, package: Listed, names: Sequence[str]) -> BuildFailed:
        """The nearest package at or below ``names`` that is broken; a missing one is an error of the unit."""
        waiting = list(names)
        seen = set(waiting)
        for name in waiting:  # It grows: nearest first.
            one = self._packages.get(name)
            if one is None:
                continue
            if one.errors and not one.dir:
                missing = (replace(error, message=_missing(name, error.message)) for error in one.errors)
                return BuildFailed(str(unit_id), tuple(missing))
            if one.errors:
                return BuildFailed(name.split(" ", 1)[0], one.errors)
            new = [path for path in one.imports if path not in seen]
            seen.update(new)
            waiting += new
        return BuildFailed(package.path, (BuildError("the go command did not say how it is built"),))


def _advised(failure: BuildFailed | NotAPackage, cwd: str, outside: bool) -> BuildFailed | NotAPackage:
    if isinstance(failure, BuildFailed):
        return failure
    if failure.path.endswith(".go") and not os.path.exists(os.path.join(cwd, failure.path)):
        return NotAPackage(failure.path, "there is no such file")
    return NotAPackage(failure.path, _advice(failure.reason, outside))


def _advice(message: str, outside: bool) -> str:
    """What the go command said, and what to do where it does not say so. ``outside`` is where there is no module."""
    if outside and _OUTSIDE.search(message):
        return "not in a Go module; run 'go mod init' in the folder that should be one"
    return message


def _missing(path: str, message: str) -> str:
    """What the go command said of an import that it cannot find, where that is because nothing is downloaded here."""
    if "disabled by GOPROXY=off" in message:
        return f"{path} is not in the module cache; run 'go mod download'"
    return message


def _local(one: Listed) -> bool:
    """Whether the source of a package may change under us."""
    return not one.for_test and not one.path.endswith(".test") and (one.local or one.wanted)


def _package(one: Listed) -> Package:
    files = (*one.go_files, *one.cgo_files)
    return Package(one.path, one.name, one.dir, files, one.imports, one.standard, _local(one))


def _module_files(environment: Mapping[str, str], local: Iterable[Listed]) -> Iterator[str]:
    """The files that say what the modules are, also those that do not exist yet."""
    yield from {one.module_file for one in local if one.module_file}
    gomod, gowork = environment["GOMOD"], environment["GOWORK"]
    if gomod not in _NO_FILE:
        root = os.path.dirname(gomod)
        yield from (gomod, os.path.join(root, "go.sum"), os.path.join(root, "vendor", "modules.txt"))
    if gowork not in _NO_FILE:
        yield from (gowork, gowork + ".sum")
    elif gomod not in _NO_FILE:
        # One that appears further up takes effect at once.
        folder = os.path.dirname(gomod)
        while True:
            yield os.path.join(folder, "go.work")
            if folder == os.path.dirname(folder):
                break
            folder = os.path.dirname(folder)


def _inputs(wanted: Iterable[Listed]) -> Iterator[str]:
    for package in wanted:
        yield from package.inputs
        if package.name == "main":
            yield os.path.join(package.dir, "default.pgo")


def _all_files(package: Listed) -> Iterator[str]:
    """All Go files of the folder: one that is left out now is taken in when its build constraint changes."""
    try:
        names = os.listdir(package.dir) if package.dir else []
    except OSError:
        names = []
    named = {*package.go_files, *package.cgo_files, *package.test_files, *package.xtest_files}
    yield from named | {
        os.path.join(package.dir, name) for name in names if name.endswith(".go") and name[0] not in "._"
    }
