"""Code of another package whose text is not that on disk: what importers inline of it stands where it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from gomodule import Quiet, write_module
from stackward.core.outcome import BuildFailed
from stackward.core.site import Allocates
from stackward.engine.benches import Benches
from stackward.engine.folder import Tools
from stackward.engine.session import Session
from stackward.engine.verify import Compared, compare
from stackward.engine.workbench import Workbench
from stackward.toolchain.compiler import Replay
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.process import CancelToken
from stackward.toolchain.unit import Recorded, Variant

A = """\
package a

type User struct {
	Name string
	Age  int
}

func New(name string) *User { return &User{Name: name} }

func Maybe(name string) *User {
	if name == "" {
		return nil
	}
	return &User{Name: name}
}

func Width() int { return 1 }
"""
B = """\
package b

import "example.com/m/a"

var Kept, Other *a.User

func Keep(name string) { Kept = a.New(name) }

func Perhaps(name string) { Other = a.Maybe(name) }
"""
VISIBLE = ("func Width() int { return 1 }", "func Width() int { return 2 }")
LOWER = ("package a\n", "package a\n\n// Width is two.\n//\n// It was one.\n\n")


def opened(root: Path, files: dict[str, str], path: str = "example.com/m") -> tuple[Session, Tools, Benches]:
    write_module(root, files, path)
    session = Session(Quiet(), work=str(root.parent / "work"), jobs=2)
    tools = session.add_folder(str(root), BuildConfig()).tools()
    assert isinstance(tools, Tools), tools
    recorded = tools.recorder.record(str(root), ["./..."], cancel=CancelToken())
    assert isinstance(recorded, Recorded), recorded
    return session, tools, Benches(tools, session.texts, recorded, CancelToken())


def changed(text: str, *changes: tuple[str, str]) -> bytes:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


def allocates(bench: Workbench, archives: dict[str, str]) -> dict[str, Allocates]:
    results = bench.analysed({}, archives, bench.units)
    assert isinstance(results, dict), results
    return {hint.site.function: hint.site.allocates for one in results.values() for f in one.files for hint in f.hints}


@pytest.mark.parametrize("folder", ["m", "m;n", "m=>n"])
@pytest.mark.parametrize("changes", [(VISIBLE,), (VISIBLE, LOWER)], ids=["in place", "moved"])
def test_what_importers_inline_is_the_same_before_and_after(
    tmp_path: Path, folder: str, changes: tuple[tuple[str, str], ...]
) -> None:
    """The new text is on no disk, and its lines are not those that are."""
    root = tmp_path / folder
    session, _, benches = opened(root, {"a/a.go": A, "b/b.go": B})
    texts = {str(root / "a" / "a.go"): changed(A, *changes)}
    compared = compare(benches.open(str(root / "a"), {}), texts)
    session.finish()
    assert isinstance(compared, Compared), compared
    assert compared.before == compared.after == {}


def test_what_importers_inline_is_found_again(tmp_path: Path) -> None:
    """Who gets to the allocation on each call, and who only sometimes, is read in the text that was compiled."""
    root = tmp_path / "m"
    session, tools, benches = opened(root, {"a/a.go": A, "b/b.go": B})
    path = str(root / "a" / "a.go")
    texts = {path: changed(A, VISIBLE, LOWER)}
    bench = benches.open(str(root / "a"), texts)
    unit = next(unit for unit in bench.units if unit.id.variant is Variant.PACKAGE)
    archive = str(tmp_path / "new" / "a.a")
    assert tools.compiler.build(Replay(unit, texts), archive, CancelToken()) is None
    assert str(root).encode() in Path(archive).read_bytes()
    found = allocates(benches.open(str(root / "b"), {}), {unit.archive: archive})
    session.finish()
    assert found == {"Keep": Allocates.ALWAYS, "Perhaps": Allocates.SOMETIMES}


def test_the_archive_names_no_temporary_file(tmp_path: Path) -> None:
    """The same text gives the same bytes, wherever it was laid meanwhile."""
    root = tmp_path / "m"
    session, tools, benches = opened(root, {"a/a.go": A, "a/c.go": "package a\n\nfunc C() *int { return new(int) }\n"})
    texts = {str(root / "a" / "a.go"): changed(A, VISIBLE)}
    unit = next(unit for unit in benches.open(str(root / "a"), {}).units if unit.id.variant is Variant.PACKAGE)
    built = [tmp_path / name / "a.a" for name in ("one", "two")]
    for archive in built:
        assert tools.compiler.build(Replay(unit, texts), str(archive), CancelToken()) is None
    session.finish()
    one, two = (archive.read_bytes() for archive in built)
    assert one == two
    assert all(str(tmp_path / name).encode() not in one for name in ("one", "two"))


def test_errors_name_the_files_of_the_user(tmp_path: Path) -> None:
    root = tmp_path / "m"
    session, tools, benches = opened(root, {"a/a.go": A})
    path = str(root / "a" / "a.go")
    texts = {path: changed(A, ("return 1", "return one"))}
    unit = next(unit for unit in benches.open(str(root / "a"), {}).units if unit.id.variant is Variant.PACKAGE)
    failed = tools.compiler.build(Replay(unit, texts), str(tmp_path / "new" / "a.a"), CancelToken())
    session.finish()
    assert isinstance(failed, BuildFailed), failed
    assert [one.at.path for one in failed.errors if one.at is not None] == [path]
