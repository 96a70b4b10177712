"""The store: what is put is got, by anyone; what is damaged, too much or cannot be written costs nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from stackward.engine.store import Store

ROOM = 1 << 20


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def got(store: Store, key: str) -> list[Any] | None:
    values = store.get(key)
    return list(values) if values is not None else None


@pytest.mark.parametrize(
    "values",
    [[{"hints": [1, None, "é😀"]}, {}], [], [[]], ["\udcff\ud800"], ["x" * 100_000], [0], [False], ["a\nb\u2028c\r"]],
    ids=["objects", "none", "empty", "surrogates", "long", "zero", "false", "lines"],
)
def test_what_is_put_is_got_by_the_next_run(tmp_path: Path, values: list[Any]) -> None:
    Store(str(tmp_path / "new"), ROOM).put("key", values)
    again = Store(str(tmp_path / "new"), ROOM)
    assert got(again, "key") == values
    assert again.get("another key") is None


def test_keys_are_texts_and_not_paths(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    store = Store(str(folder), ROOM)
    keys = ["../outside", "/etc/x", "a\x00b", "unit/é", "x" * 5000]
    for number, key in enumerate(keys):
        store.put(key, [number])
    assert [got(store, key) for key in keys] == [[number] for number in range(len(keys))]
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"x\x9c\x03", b"cut"], ids=["empty", "nonsense", "zlib", "cut"])
def test_a_damaged_entry_is_none_and_can_be_put_again(tmp_path: Path, damage: bytes) -> None:
    store = Store(str(tmp_path), ROOM)
    store.put("key", range(1000))
    (path,) = entries(tmp_path)
    path.write_bytes(path.read_bytes()[:-20] if damage == b"cut" else damage)
    assert got(store, "key") is None
    store.put("key", ["good"])
    assert got(store, "key") == ["good"]


def test_no_partial_file_stays(tmp_path: Path) -> None:
    store = Store(str(tmp_path), ROOM)
    for number in range(10):
        store.put("key", [number])
    assert len(entries(tmp_path)) == 1
    assert got(store, "key") == [9]


def test_least_recently_used_entries_go_first(tmp_path: Path) -> None:
    store = Store(str(tmp_path), ROOM)
    value = os.urandom(500).hex()
    for age, key in enumerate(["used", "old", "older", "new"]):
        store.put(key, [value])
        (path,) = [one for one in entries(tmp_path) if one.stat().st_mtime > 1_000_000]
        os.utime(path, (age + 1, age + 1) if key != "older" else (1.5, 1.5))
    assert got(store, "used") == [value]
    size = entries(tmp_path)[0].stat().st_size
    Store(str(tmp_path), size * 2 + size // 2).prune()
    assert [key for key in ("used", "old", "older", "new") if got(store, key) is not None] == ["used", "new"]


def test_a_folder_within_its_bound_is_left_alone(tmp_path: Path) -> None:
    store = Store(str(tmp_path), ROOM)
    for number in range(5):
        store.put(str(number), [number])
    store.prune()
    assert len(entries(tmp_path)) == 5


def test_the_bound_holds_without_being_asked(tmp_path: Path) -> None:
    store = Store(str(tmp_path), 4000)
    for number in range(200):
        store.put(str(number), [os.urandom(500).hex()])
    # It is looked at now and then only: between two looks the folder may grow by what was written.
    assert len(entries(tmp_path)) < 100


def test_a_folder_that_cannot_be_written_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    store = Store(str(tmp_path / "file" / "below"), ROOM)
    store.put("a", [1])
    store.put("b", [2])
    store.prune()
    assert got(store, "a") is None
    assert caplog.text.count("results are not kept between runs") == 1


def test_a_full_disk_leaves_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(str(tmp_path), ROOM)
    store.put("key", ["before"])

    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    store.put("key", ["after"])
    assert got(store, "key") == ["before"]
    assert len(entries(tmp_path)) == 1
