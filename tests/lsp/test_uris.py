"""URIs as clients spell them."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackward.lsp.uris import identity, path_of, uri_of


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a/b.go", "/a/b.go"),
        ("FILE:///a/b.go", "/a/b.go"),
        ("file:/a/b.go", "/a/b.go"),
        ("file://localhost/a/b.go", "/a/b.go"),
        ("file:///a%20b/%C3%A9.go", "/a b/é.go"),
        ("file:///a b/é.go", "/a b/é.go"),
        ("file:///a%23b.go", "/a#b.go"),
        ("file:///a#b?c.go", "/a#b?c.go"),
        ("file:///a%2Bb+c%25.go", "/a+b+c%.go"),
        ("file:///%ff.go", os.fsdecode(b"/\xff.go")),
        ("file:///a%", "/a%"),
        ("file:///c%3A/x", "/c:/x"),
        ("file:///a%00b", None),
        ("file://elsewhere/a", None),
        ("file:a", None),
        ("untitled:Untitled-1", None),
        ("git:/a/b.go?x", None),
        ("vscode-notebook-cell:/a/b.go", None),
        ("/a/b.go", None),
        ("", None),
    ],
)
def test_paths_on_posix(uri: str, path: str | None):
    assert path_of(uri, windows=False) == path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///c%3A/x/y.go", r"C:\x\y.go"),
        ("file:///C:/x/y.go", r"C:\x\y.go"),
        ("file:///c:/", "C:\\"),
        ("file:///c%3A", "C:\\"),
        ("file://server/share/y.go", r"\\server\share\y.go"),
        ("untitled:x", None),
    ],
)
def test_paths_on_windows(uri: str, path: str | None):
    assert path_of(uri, windows=True) == path


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (r"C:\x y\é.go", "file:///C:/x%20y/%C3%A9.go"),
        (r"\\server\share\y.go", "file://server/share/y.go"),
    ],
)
def test_uris_on_windows(path: str, uri: str):
    assert uri_of(path, windows=True) == uri
    assert path_of(uri, windows=True) == path


@given(st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name))
def test_every_path_survives_the_way_there_and_back(name: bytes):
    path = "/" + os.fsdecode(name)
    uri = uri_of(path, windows=False)
    assert uri.isascii()
    assert not set(uri) & set(" #?\\")
    assert path_of(uri, windows=False) == path


def test_spellings_of_one_file():
    assert identity("file:///a%20b", windows=False) == identity("file:///a b", windows=False)
    assert identity("file:///a", windows=False) != identity("file:///A", windows=False)
    assert identity("file:///c%3A/X.go", windows=True) == identity("file:///C:/x.go", windows=True)
    assert identity("untitled:a", windows=False) == "untitled:a"
