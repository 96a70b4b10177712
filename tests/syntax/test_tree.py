"""Incremental parsing gives the tree that parsing afresh would give."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackward.core.position import ByteCol, BytePos
from stackward.syntax.tree import Edit, SourceFile, node_range, parse, path_to

GO = """package p

import "fmt"

type T struct{ a, b int }

func f(é string) *T {
	for i := range 3 {
		fmt.Println("ü", i, é) // ß
	}
	return &T{1, 2}
}
""".encode()


def shape(source: SourceFile) -> list[tuple[str, int, int, BytePos]]:
    """Every node with its place; the points are compared too because an edit has to move them."""
    found = []
    waiting = [source.tree.root_node]
    while waiting:
        node = waiting.pop()
        found.append((node.type, node.start_byte, node.end_byte, node_range(node).end))
        waiting += node.children
    return found


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(GO.index(b"3 {"), GO.index(b"3 {") + 1, b"30")],
        [Edit(0, 0, "// é\n\n".encode())],
        [Edit(len(GO), len(GO), b"\nfunc g() {}\n")],
        [Edit(0, len(GO), b"package q\n")],
        [Edit(GO.index(b"\tfor"), GO.index(b"\treturn"), b"")],
        [Edit(GO.index(b"&T{"), GO.index(b"&T{") + 1, b""), Edit(0, 0, b"\n\n"), Edit(2, 3, b"pp")],
        [Edit(GO.index(b"\n"), GO.index(b"\n") + 1, b"\r\n")],
    ],
    ids=["one byte more", "at the start", "at the end", "all", "lines", "three in order", "line ending"],
)
def test_an_edit_gives_the_tree_of_the_new_text(edits: list[Edit]) -> None:
    text = GO
    for edit in edits:
        text = text[: edit.start] + edit.new + text[edit.old_end :]
    edited = parse(GO).edited(edits)
    assert edited.text == text
    assert shape(edited) == shape(parse(text))


pieces = st.sampled_from(
    [b"", b"x", b"\n", b"\r\n", b"}", b"(", b'"', b"`", "é".encode(), b"func g() {}\n", b"/*", b"\xff"]
)


@settings(deadline=None)
@given(data=st.data())
def test_any_edits_keep_text_lines_and_places(data: st.DataObject) -> None:
    source = parse(GO)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(source.text)))
        old_end = data.draw(st.integers(start, min(start + 30, len(source.text))))
        before = source
        edit = Edit(start, old_end, data.draw(pieces))
        text = before.text
        source = source.edited([edit])
        assert before.text == text
        assert source.text == text[:start] + edit.new + text[old_end:]
    assert source.lines.text == source.text
    for _, start, end, point in shape(source):
        assert 0 <= start <= end <= len(source.text)
        assert source.lines.position(end) == point
    # Where there is an error the trees may differ in how they recover from it; without one they may not.
    fresh = parse(source.text)
    if not fresh.tree.root_node.has_error:
        assert shape(source) == shape(fresh)


def test_a_source_is_a_value() -> None:
    source = parse(GO)
    before = shape(source)
    edited = source.edited([Edit(0, 0, b"\n\n// More.\n")])
    assert edited is not source
    assert source.text == GO
    assert shape(source) == before
    assert source.edited([]) is source


def test_fifty_thousand_lines() -> None:
    body = b"func f() {\n" + b"\tx := g(1, 2)\n" * 50_000 + b"}\n"
    source = parse(b"package p\n" + body)
    at = source.text.rindex(b"g(1")
    edited = source.edited([Edit(at, at + 1, b"other")])
    assert edited.lines.position(at) == BytePos(50_001, ByteCol(6))
    leaf = path_to(edited, at)[-1]
    assert (leaf.type, leaf.text) == ("identifier", b"other")


def test_the_path_to_a_byte() -> None:
    source = parse(GO)
    path = path_to(source, GO.index(b"1, 2}"))
    assert path[0] == source.tree.root_node
    assert (path[-1].type, path[-1].text) == ("int_literal", b"1")
    assert all(inner.parent == outer for outer, inner in itertools.pairwise(path))


def test_the_path_to_white_space_ends_at_the_token_behind() -> None:
    source = parse(b"package   p\n")
    assert path_to(source, 8)[-1].start_byte == 10
    assert path_to(source, 500) == [source.tree.root_node]
    empty = parse(b"")
    assert path_to(empty, 0) == [empty.tree.root_node]
