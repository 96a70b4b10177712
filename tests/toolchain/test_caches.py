"""Files that are made from others: right whatever is there already, and no rests where they cannot be written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from stackward.toolchain.caches import kept, scratch

CONTENT = b"packagefile errors=/cache/errors.a\n"


def test_the_same_content_is_the_same_file(tmp_path: Path) -> None:
    path = kept(str(tmp_path), CONTENT, "importcfg-{}")
    before = os.stat(path)
    assert Path(path).name.startswith("importcfg-")
    assert kept(str(tmp_path), CONTENT, "importcfg-{}") == path
    assert os.stat(path).st_ino == before.st_ino
    assert kept(str(tmp_path), b"other", "importcfg-{}") != path


@pytest.mark.parametrize("damage", [b"", CONTENT[:7], b"garbage"], ids=["empty", "truncated", "garbage"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: bytes) -> None:
    path = Path(kept(str(tmp_path), CONTENT))
    path.write_bytes(damage)
    assert kept(str(tmp_path), CONTENT) == str(path)
    assert path.read_bytes() == CONTENT


def test_a_folder_that_somebody_removed_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "work" / "inputs"
    kept(str(folder), CONTENT)
    shutil.rmtree(tmp_path / "work")
    assert Path(kept(str(folder), CONTENT)).read_bytes() == CONTENT
    shutil.rmtree(tmp_path / "work")
    with scratch(str(folder)) as made:
        assert Path(made).parent == folder
    assert not list(folder.iterdir())


def test_what_cannot_be_written_leaves_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_source: str, _target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        kept(str(tmp_path), CONTENT)
    assert not list(tmp_path.iterdir())
