"""Reports of diagnostics for clients that pull them: what is not open is looked at once for each news of it."""

from __future__ import annotations

from typing import Any

from stackward.lsp.features.diagnostics import Reports


class Files:
    """Files with one diagnostic each, and how often they were looked at."""

    def __init__(self) -> None:
        self.messages = {"/a.go": "x escapes", "/b.go": "y escapes"}
        self.open: set[str] = set()
        self.looked: list[str] = []

    def diagnostics(self, path: str) -> list[dict[str, Any]]:
        self.looked.append(path)
        return [{"message": self.messages[path]}]


def test_what_has_no_news_is_not_looked_at_again() -> None:
    files = Files()
    reports = Reports(files.diagnostics, files.open.__contains__)
    first = reports.of("/a.go", None)
    assert (first["kind"], first["items"]) == ("full", [{"message": "x escapes"}])
    known = first["resultId"]
    assert reports.of("/a.go", known) == {"kind": "unchanged", "resultId": known}
    assert files.looked == ["/a.go"]
    assert reports.of("/a.go", "of another server") == first


def test_news_are_looked_at() -> None:
    files = Files()
    reports = Reports(files.diagnostics, files.open.__contains__)
    known = reports.of("/a.go", None)["resultId"]
    files.messages["/a.go"] = "z escapes"
    reports.forget(["/a.go", "/never seen.go"])
    assert reports.of("/a.go", known)["items"] == [{"message": "z escapes"}]


def test_what_is_open_is_always_looked_at() -> None:
    files = Files()
    reports = Reports(files.diagnostics, files.open.__contains__)
    known = reports.of("/a.go", None)["resultId"]
    files.open.add("/a.go")
    files.messages["/a.go"] = "x escapes, one line further down"
    assert reports.of("/a.go", known)["kind"] == "full"
    # A document that was closed has another text again.
    files.open.clear()
    assert reports.of("/a.go", known)["kind"] == "full"
