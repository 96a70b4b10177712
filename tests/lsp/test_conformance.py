r"""Every request and notification, from clients that can do little to clients that can do much, with the real compiler.

Each message of the server is judged by ``conformance.Checker``: its shape, and whether the client said that it can
take it. What comes out of order, or is malformed, is in test_conformance_disorder.py; clients that lack one thing each
are in test_conformance_lacking.py.

The defects of pygls that are worked around in ``lsp.protocol`` have tests:

1. Lines split at \f, \v, U+0085, U+2028, \x1c: test_protocol.test_texts_with_line_separators_of_python_only_stay_whole,
   test_documents.test_only_line_feeds_and_carriage_returns_end_lines, and the real server in
   test_conformance_disorder.test_lines_end_where_the_specification_says.
2. An insert past the end of a last line:
   test_documents.test_an_insert_past_the_end_of_a_last_line_without_newline_lands_at_its_end,
   test_conformance_disorder.test_an_insert_past_the_end_of_the_text.
3. Malformed parameters never answered: test_protocol.test_malformed_params_are_answered,
   test_conformance_disorder.test_malformed_params_of_every_request.
4. Cancelled commands go on: test_protocol.test_it_is_answered_and_reaches_the_work,
   test_conformance_disorder.test_a_cancelled_command_ends.
5. Exit codes, and requests before ``initialize``: test_protocol.test_exit_without_shutdown_is_failure,
   test_protocol.test_requests_before_initialize_are_refused_and_notifications_dropped,
   test_conformance_disorder.test_before_initialize, test_conformance_disorder.test_exit_without_shutdown.
6. Threads keep the process alive: test_protocol.test_end_of_input_ends_the_process_in_spite_of_a_hanging_thread,
   test_conformance_disorder.test_the_end_of_input_while_a_command_runs.
7. Default values of commands: test_protocol.test_default_values_of_parameters_count,
   test_conformance.test_listed_hints (its second argument may be left out).
8. Lines split at every access: test_documents.test_typing_far_into_a_long_file_and_back_at_its_start.
9. The client's first choice of encodings counts: test_protocol.test_the_clients_first_choice_of_encodings_is_taken,
   test_conformance.test_what_is_declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conformance import FIGHTS
from profiles import OTHER, PROFILES, TEXT, Client, Profile, applied, at, begin, files_of, place

SOURCE = "stackward"


@pytest.fixture(scope="module", params=PROFILES, ids=str)
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client with its file open and analysed; what it is sent to the very end is judged."""
    client = begin(tmp_path_factory.mktemp("conformance") / "m", request.param)
    try:
        client.open("p.go")
        client.settled()
        yield client
        client.rest()
        assert client.leave() == 0
        assert client.checker.open_bars == []
    finally:
        client.end()


@pytest.fixture
def profile(client: Client) -> Profile:
    return client.profile


@pytest.fixture
def uri(client: Client) -> str:
    return (client.root / "p.go").as_uri()


def of(found: list[dict[str, Any]], line: int, code: str) -> dict[str, Any]:
    (one,) = [each for each in found if (each["range"]["start"]["line"], each["code"]) == (line, code)]
    return one


def span(profile: Profile, what: str, within: str) -> dict[str, Any]:
    """The range of what stands in a piece of the text that occurs once."""
    line, start = place(TEXT, within, profile.encoding)
    inner = within[: within.index(what)]  # ASCII, so that its length is that in every encoding.
    first = start + len(inner)
    return {"start": {"line": line, "character": first}, "end": {"line": line, "character": first + len(what)}}


def actions(client: Client, uri: str, **context: Any) -> list[dict[str, Any]]:
    """What is offered at the rewritable call."""
    where = span(client.profile, "Sprintf", "Sprintf")
    here = [one for one in client.known(uri) if one["range"]["start"]["line"] == where["start"]["line"]]
    given = {"textDocument": {"uri": uri}, "range": where, "context": {"diagnostics": here, **context}}
    result: list[dict[str, Any]] = client.ask("textDocument/codeAction", given)
    return result


def test_what_is_declared(client: Client, profile: Profile) -> None:
    declared = client.declared
    assert declared["positionEncoding"] == profile.encoding.value
    assert declared["textDocumentSync"] == {"openClose": True, "change": 2, "save": {"includeText": False}}
    assert {"hoverProvider", "inlayHintProvider", "codeLensProvider", "codeActionProvider"} <= declared.keys()
    assert ("diagnosticProvider" in declared) is profile.pulls
    # It has no use for a token that comes with a request.
    assert "workDoneProgress" not in declared["executeCommandProvider"]


def test_nothing_that_fights_gopls(client: Client, profile: Profile, uri: str) -> None:
    """Neither declared nor registered later; and all that is shown says whose it is."""
    declared = client.declared
    assert not set(FIGHTS) & declared.keys()
    watches = profile.can("workspace.didChangeWatchedFiles.dynamicRegistration")
    assert [one["method"] for one in client.registered] == (["workspace/didChangeWatchedFiles"] if watches else [])
    assert all(name.startswith("stackward.") for name in declared["executeCommandProvider"]["commands"])
    if profile.pulls:
        assert declared["diagnosticProvider"]["identifier"] == SOURCE
    if declared["codeActionProvider"] is not True:
        kinds = set(declared["codeActionProvider"]["codeActionKinds"])
        assert kinds == {"quickfix", "refactor.rewrite", "source.fixAll.stackward"}
    assert {one["source"] for one in client.known(uri)} == {SOURCE}
    for action in actions(client, uri):
        kind = action.get("kind", "")
        # A quick fix is another's if the diagnostic that it is for is.
        fixes = kind == "quickfix" and {one["source"] for one in action["diagnostics"]} == {SOURCE}
        assert fixes or re.search(r"\.stackward\b", kind) or action["command"].startswith("stackward.")


def test_diagnostics_stand_where_the_code_is(client: Client, profile: Profile, uri: str) -> None:
    found = client.known(uri)
    new = of(found, 9, "address-returned")
    assert new["range"] == span(profile, "it", "it := Item")
    free = of(found, 13, "boxed-in-interface")
    assert free["range"] == span(profile, "1", "1 }")
    assert len(found) == len({str(one["range"]) + one["code"] for one in found})


def test_diagnostics_have_what_the_client_shows(client: Client, profile: Profile, uri: str) -> None:
    offer = profile.can("textDocument.publishDiagnostics") or {}
    found = client.known(uri)
    new, free = of(found, 9, "address-returned"), of(found, 13, "boxed-in-interface")
    assert ("relatedInformation" in new) is ("relatedInformation" in offer)
    assert ("codeDescription" in new) is ("codeDescriptionSupport" in offer)
    assert free.get("tags", []) == ([1] if 1 in offer.get("tagSupport", {}).get("valueSet", ()) else [])
    if "relatedInformation" in offer:
        taken, returned = [one["location"] for one in new["relatedInformation"]]
        assert taken["uri"] == returned["uri"] == uri
        assert taken["range"]["start"] == span(profile, "&it", "&it }")["start"]
    pushed = [one["params"] for one in client.seen if one.get("method") == "textDocument/publishDiagnostics"]
    assert bool(pushed) is not profile.pulls
    for params in pushed:
        assert ("version" in params) is ("versionSupport" in offer and params["uri"] == uri)


def test_pulled_reports(client: Client, profile: Profile, uri: str) -> None:
    whose = {"textDocument": {"uri": uri}}
    if not profile.pulls:
        assert client.error("textDocument/diagnostic", whose) == -32601
        assert client.error("workspace/diagnostic", {"previousResultIds": []}) == -32601
        return
    report = client.ask("textDocument/diagnostic", {**whose, "identifier": SOURCE})
    assert report["kind"] == "full"
    again = client.ask("textDocument/diagnostic", {**whose, "previousResultId": report["resultId"]})
    assert again == {"kind": "unchanged", "resultId": report["resultId"]}
    stale = client.ask("textDocument/diagnostic", {**whose, "previousResultId": "of another server"})
    assert stale == report
    odd = uri.replace("p.go", "%70.go")  # The same file, as this client did not spell it.
    gone = {"uri": uri.replace("p.go", "go%6Ee.go"), "value": "what was there"}
    known = [{"uri": odd, "value": report["resultId"]}, gone]
    whole = {one["uri"]: one for one in client.ask("workspace/diagnostic", {"previousResultIds": known})["items"]}
    assert (whole[uri]["kind"], whole[uri]["version"]) == ("unchanged", 1)
    assert whole[gone["uri"]]["items"] == []
    assert client.until_known(uri, bool) == report["items"]


def test_hover(client: Client, profile: Profile, uri: str) -> None:
    inside = span(profile, "it", "it := Item")
    hover = client.ask("textDocument/hover", at(uri, **inside["start"]))
    assert hover["range"] == inside
    text = hover["contents"]["value"]
    assert "its address is returned" in text
    marked = (profile.can("textDocument.hover.contentFormat") or [""])[0] == "markdown"
    assert hover["contents"]["kind"] == ("markdown" if marked else "plaintext")
    for mark in ("**Try:**", "](file://"):
        assert (mark in text) is marked
    assert marked or "its address is returned (address-returned)" in text
    function = span(profile, "New", "New(name")
    assert client.ask("textDocument/hover", at(uri, **function["end"]))["range"] == function
    assert client.ask("textDocument/hover", at(uri, 1, 0)) is None


def test_inlay_hints(client: Client, profile: Profile, uri: str) -> None:
    whole = {"start": {"line": 9, "character": 0}, "end": {"line": 10, "character": 0}}
    hints = client.ask("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": whole})
    assert [one["position"] for one in hints] == [span(profile, "it", "it := Item")["end"]]
    before = {"start": whole["start"], "end": span(profile, "it", "it := Item")["start"]}
    assert client.ask("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": before}) == []


def test_code_lenses(client: Client, profile: Profile, uri: str) -> None:
    lenses = client.ask("textDocument/codeLens", {"textDocument": {"uri": uri}})
    named = [one for one in lenses if one["range"] == span(profile, "New", "New(name")]
    assert len(named) == 1
    command = named[0]["command"]
    assert command["command"] in client.declared["executeCommandProvider"]["commands"]
    listed = client.run(command["command"], *command["arguments"])
    assert [one["code"] for one in listed] == ["address-returned"]


def test_listed_hints(client: Client, uri: str) -> None:
    listed = client.run("stackward.listHints", uri)
    assert {one["code"] for one in listed} == {one["code"] for one in client.known(uri)}


def test_a_rewrite_is_made(client: Client, profile: Profile, uri: str) -> None:
    """As an action with its edit, as one that is resolved, or as a command that has the client apply it."""
    literals = profile.can("textDocument.codeAction.codeActionLiteralSupport")
    if not literals and not profile.can("workspace.applyEdit"):
        assert actions(client, uri) == []
        return
    made = next(one for one in actions(client, uri) if one.get("kind") == "quickfix")
    if profile.can("textDocument.codeAction.resolveSupport"):
        assert "edit" not in made
        made = client.ask("codeAction/resolve", made)
    edits = files_of(made["edit"])
    assert list(edits) == [uri]
    assert ("documentChanges" in made["edit"]) is bool(profile.can("workspace.workspaceEdit.documentChanges"))
    after = applied(TEXT, edits[uri], profile.encoding)
    assert '/* é😀 */ func Key(region string, id int) string { return region + ":" + strconv.Itoa(id) }' in after


def test_a_rewrite_to_look_at(client: Client, profile: Profile, uri: str) -> None:
    """Clients that know annotations are to have it confirmed; all others are told by its title."""
    if not profile.can("textDocument.codeAction.codeActionLiteralSupport"):
        return
    where = span(profile, "[]byte", "[]byte(string")
    given = {"textDocument": {"uri": uri}, "range": where, "context": {"diagnostics": []}}
    found = client.ask("textDocument/codeAction", given)
    made = next(one for one in found if one["kind"].endswith("double-conversion"))
    if profile.can("textDocument.codeAction.resolveSupport"):
        made = client.ask("codeAction/resolve", made)
    assert "must not keep what it gets" in made["title"]
    annotated = profile.can("workspace.workspaceEdit.changeAnnotationSupport") is not None
    assert ("changeAnnotations" in made["edit"]) is annotated
    if annotated:
        (note,) = made["edit"]["changeAnnotations"].values()
        assert note["needsConfirmation"] is True


@pytest.mark.parametrize(
    "only", ["quickfix", "refactor", "refactor.rewrite", "source.fixAll", "source.organizeImports"]
)
def test_only_the_kinds_that_were_asked_for(client: Client, profile: Profile, uri: str, only: str) -> None:
    found = actions(client, uri, only=[only], triggerKind=1)
    literals = profile.can("textDocument.codeAction.codeActionLiteralSupport")
    if literals:
        assert all(one["kind"] == only or one["kind"].startswith(f"{only}.") for one in found)
    assert bool(found) is (only != "source.organizeImports" and bool(literals or profile.can("workspace.applyEdit")))


def test_fix_all(client: Client, profile: Profile, uri: str) -> None:
    literals = profile.can("textDocument.codeAction.codeActionLiteralSupport")
    if not literals and not profile.can("workspace.applyEdit"):
        return
    (made,) = actions(client, uri, only=["source.fixAll.stackward"])
    if not literals:
        assert (made["command"], made["arguments"]) == ("stackward.fixAll", [uri])
        return
    if profile.can("textDocument.codeAction.resolveSupport"):
        made = client.ask("codeAction/resolve", made)
    assert "strconv.Itoa" in applied(TEXT, files_of(made["edit"])[uri], profile.encoding)


def test_commands(client: Client, profile: Profile, uri: str) -> None:
    assert client.run("stackward.explainRule", "address-returned").startswith("# address-returned")
    position = span(profile, "it", "it := Item")["start"]
    graph = client.run("stackward.graph", uri, position)
    assert graph.keys() == {"svg", "mermaid", "text"}
    assert client.run("stackward.graph", uri, {"line": 1, "character": 0}) is None
    assert client.run("stackward.status") == {"state": "idle", "message": ""}
    assert client.run("stackward.stats")["by_package"]
    assert client.run("stackward.analyzePackage", uri) is None
    assert client.run("stackward.inlineDiff", uri).keys() == {"appear", "vanish"}
    assert "failure" in client.run("stackward.proveRewrite", uri, 4711)
    whole = client.run("stackward.analyzeWorkspace")
    assert (whole["packages"], whole["failures"], whole["cancelled"]) == (1, [], False)


def test_progress_is_for_those_who_show_it(client: Client, profile: Profile) -> None:
    before = len(client.seen)
    client.run("stackward.analyzeWorkspace")
    client.ask("workspace/executeCommand", {"command": "stackward.status"})
    said = [one["params"]["value"]["kind"] for one in client.seen[before:] if one.get("method") == "$/progress"]
    assert bool(said) is bool(profile.can("window.workDoneProgress"))
    if said:
        assert (said[0], said[-1]) == ("begin", "end")


def test_hints_are_toggled(client: Client, uri: str) -> None:
    assert client.run("stackward.toggleHints") is False
    client.until_known(uri, lambda found: not found)
    assert client.ask("textDocument/codeLens", {"textDocument": {"uri": uri}}) == []
    assert client.run("stackward.toggleHints") is True
    client.until_known(uri, bool)


def test_who_can_be_asked_to_ask_again_is(client: Client, profile: Profile, uri: str) -> None:
    """Refreshes come for inlay hints, lenses and pulled diagnostics, each if the client knows of it."""
    before = len(client.seen)
    client.save("p.go", TEXT + "// again\n")
    client.save("p.go", TEXT)
    client.until_known(uri, bool)
    client.ask("workspace/executeCommand", {"command": "stackward.status"})
    asked = {one["method"] for one in client.seen[before:] if "method" in one and one["method"].endswith("/refresh")}
    kinds = {kind for kind in ("inlayHint", "codeLens") if profile.can(f"workspace.{kind}.refreshSupport")}
    kinds |= {"diagnostic"} if profile.pulls else set()
    assert asked == {f"workspace/{kind}/refresh" for kind in kinds}


def test_an_edit_a_save_and_a_new_site(client: Client, profile: Profile, uri: str) -> None:
    client.change(uri, "\n", (7, 0))
    client.until_known(uri, lambda found: any(one["range"]["start"]["line"] == 10 for one in found))
    more = "/* é😀 */ func More() *int { n := 1; return &n }\n"
    client.save("p.go", TEXT + more)
    found = client.until_known(uri, lambda found: len([one for one in found if one["code"] == "address-returned"]) == 2)
    line, start = place(TEXT + more, "n := 1", profile.encoding)
    assert of(found, line, "address-returned")["range"]["start"] == {"line": line, "character": start}
    client.save("p.go", TEXT)
    client.until_known(uri, lambda found: not any(one["range"]["start"]["line"] == line for one in found))


def test_a_broken_build_is_a_status(client: Client, uri: str) -> None:
    assert client.save("p.go", TEXT.replace("return &it", "return it"))["state"] == "broken"
    assert client.run("stackward.status")["state"] == "broken"
    assert client.save("p.go", TEXT)["state"] == "idle"
    client.until_known(uri, bool)


def test_a_file_that_is_opened_and_closed(client: Client) -> None:
    other = client.open("q.go")
    assert client.ask("textDocument/codeLens", {"textDocument": {"uri": other}})
    client.notify("textDocument/didClose", {"textDocument": {"uri": other}})
    assert client.ask("textDocument/codeLens", {"textDocument": {"uri": other}})


def test_files_that_change_outside(client: Client, profile: Profile) -> None:
    """Told by the client where it may be registered for, found by the server's own watcher elsewhere."""
    path = client.root / "q.go"
    uri = path.as_uri()
    path.write_text(OTHER + "\nfunc More() *int { n := 1; return &n }\n", encoding="utf-8")
    changed = {"changes": [{"uri": uri, "type": 2}]}
    if profile.can("workspace.didChangeWatchedFiles.dynamicRegistration"):
        client.notify("workspace/didChangeWatchedFiles", changed)
    client.until_known(uri, lambda found: any(one["code"] == "address-returned" for one in found))
    path.write_text(OTHER, encoding="utf-8")
    client.notify("workspace/didChangeWatchedFiles", changed)
    client.until_known(uri, lambda found: not any(one["code"] == "address-returned" for one in found))


def test_settings_that_change(client: Client, profile: Profile, uri: str) -> None:
    """Asked for where the client can be asked, else taken from the notification."""
    client.configured = {"hints": {"nonAllocating": True}, "rules": {"address-returned": "off"}}
    given = None if profile.can("workspace.configuration") else {"stackward": client.configured}
    client.notify("workspace/didChangeConfiguration", {"settings": given})
    client.until_known(uri, lambda found: bool(found) and "address-returned" not in {one["code"] for one in found})
    client.configured = {"hints": {"nonAllocating": True}}
    given = None if profile.can("workspace.configuration") else {"stackward": client.configured}
    client.notify("workspace/didChangeConfiguration", {"settings": given})
    client.until_known(uri, lambda found: "address-returned" in {one["code"] for one in found})


def test_a_folder_more_and_less(client: Client, tmp_path: Path) -> None:
    """Whoever does not know of folders never says this; that it is said all the same does no harm."""
    (tmp_path / "go.mod").write_text("module example.com/more\n\ngo 1.23\n", encoding="utf-8")
    text = "package more\n\nfunc New() *int { n := 1; return &n }\n"
    (tmp_path / "more.go").write_text(text, encoding="utf-8")
    folder = {"uri": tmp_path.as_uri(), "name": "more"}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [folder], "removed": []}})
    uri = (tmp_path / "more.go").as_uri()
    item = {"uri": uri, "languageId": "go", "version": 1, "text": text}
    client.notify("textDocument/didOpen", {"textDocument": item})
    client.until_known(uri, bool)
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [folder]}})
    client.until_known(uri, lambda found: not found)


def test_the_work_arounds_have_their_tests() -> None:
    """Those that the head of this file names are there."""
    named = set(re.findall(r"(test_\w+)\.(test_\w+)", __doc__ or ""))
    assert len(named) >= 18
    for file, function in named:
        source = Path(__file__).with_name(f"{file}.py").read_text(encoding="utf-8")
        assert re.search(rf"\n *def {function}\(", source), f"{file}.{function}"
