"""What a client with given capabilities may be sent, and a checker that looks at every message with that in mind.

The shape of a message is judged by lsprotocol: what it reads and writes again must be what was sent, nulls, unknown
properties and kinds of numbers included. What a client never said that it can take is named in ``_gates`` below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from lsprotocol import converters, types

Json = Any

_CONVERTER = converters.get_converter()
_OWN = "stackward/"
# What any client takes.
_ALWAYS = frozenset(
    {"window/showMessage", "window/showMessageRequest", "window/logMessage", "telemetry/event", "$/logTrace"}
)
_METHODS = {
    "workspace/applyEdit": "workspace.applyEdit",
    "workspace/configuration": "workspace.configuration",
    "workspace/workspaceFolders": "workspace.workspaceFolders",
    "workspace/codeLens/refresh": "workspace.codeLens.refreshSupport",
    "workspace/inlayHint/refresh": "workspace.inlayHint.refreshSupport",
    "workspace/diagnostic/refresh": "workspace.diagnostics.refreshSupport",
    "window/showDocument": "window.showDocument.support",
    "window/workDoneProgress/create": "window.workDoneProgress",
}
# What another server of the same buffer, gopls, does better.
FIGHTS = (
    "completionProvider",
    "signatureHelpProvider",
    "declarationProvider",
    "definitionProvider",
    "typeDefinitionProvider",
    "implementationProvider",
    "referencesProvider",
    "documentHighlightProvider",
    "documentSymbolProvider",
    "workspaceSymbolProvider",
    "documentLinkProvider",
    "colorProvider",
    "documentFormattingProvider",
    "documentRangeFormattingProvider",
    "documentOnTypeFormattingProvider",
    "renameProvider",
    "foldingRangeProvider",
    "selectionRangeProvider",
    "callHierarchyProvider",
    "typeHierarchyProvider",
    "semanticTokensProvider",
    "linkedEditingRangeProvider",
    "monikerProvider",
    "inlineValueProvider",
    "inlineCompletionProvider",
    "notebookDocumentSync",
)


def offers(capabilities: Mapping[str, Any], path: str) -> Any:
    """A capability by its dotted path; None where it is absent."""
    value: Any = capabilities
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def without(capabilities: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The same capabilities but one."""
    key, _, rest = path.partition(".")
    assert key in capabilities, path
    if not rest:
        return {name: value for name, value in capabilities.items() if name != key}
    return {**capabilities, key: without(capabilities[key], rest)}


class Checker:
    """Takes both directions of a conversation. ``wrong`` says what the server should not have sent."""

    def __init__(self, capabilities: Mapping[str, Any]) -> None:
        self.wrong: list[str] = []
        self._capabilities = capabilities
        self._asked: dict[int | str, tuple[str, Json]] = {}
        self._bars: dict[int | str, str] = {}
        self._creating: dict[int | str, int | str] = {}
        self._pulls = False

    def request(self, message_id: int | str, method: str, params: Json) -> None:
        """The client asks."""
        self._asked[message_id] = (method, params)

    def reply(self, message_id: int | str, *, refused: bool) -> None:
        """The client answers."""
        token = self._creating.pop(message_id, None)
        if token is not None:
            self._bars[token] = "refused" if refused else "created"

    @property
    def unanswered(self) -> list[str]:
        """The methods of the requests that have no answer yet."""
        return [method for method, _ in self._asked.values()]

    @property
    def open_bars(self) -> list[int | str]:
        """The progress that has begun and not ended."""
        return [token for token, state in self._bars.items() if state == "begun"]

    def take(self, message: Json) -> bool:
        """Judge a message of the server; whether all was right."""
        before = len(self.wrong)
        if message.get("jsonrpc") != "2.0":
            self._blame(message, "is no JSON-RPC 2.0")
        if "method" in message:
            self._call(message)
        else:
            self._answer(message)
        return len(self.wrong) == before

    def _blame(self, message: Json, why: str) -> None:
        self.wrong.append(f"{message.get('method') or message.get('id')}: {why}\n    {str(message)[:600]}")

    def _can(self, path: str) -> Any:
        return offers(self._capabilities, path)

    # Requests and notifications

    def _call(self, message: Json) -> None:
        method, params = message["method"], message.get("params")
        if "params" in message and not isinstance(params, (dict, list)):
            self._blame(message, "params must be left out, or be an object or a list")
        known = types.METHOD_TO_TYPES.get(method)
        if known is None:
            if not method.startswith(_OWN) or "id" in message:
                self._blame(message, "is no method of the specification")
        elif (known[1] is not None) is not ("id" in message):
            self._blame(message, "is a notification sent as a request, or the other way round")
        else:
            self._shape(message, known[0])
            for why in self._gates(message, method, params):
                self._blame(message, why)

    def _gates(self, message: Json, method: str, params: Json) -> Iterator[str]:
        match method:
            case "textDocument/publishDiagnostics":
                if self._pulls:
                    yield "diagnostics are pulled by this client"
                if "version" in params and not self._can("textDocument.publishDiagnostics.versionSupport"):
                    yield "the client has no use for a version"
                for one in params["diagnostics"]:
                    yield from self._diagnostic(one)
            case "client/registerCapability":
                for one in params["registrations"]:
                    path = f"{one['method'].replace('/', '.')}.dynamicRegistration"
                    if not self._can(path):
                        yield f"{path} is not offered"
            case "$/progress":
                yield from self._progress(params["token"], params["value"])
            case _ if method in _ALWAYS:
                return
            case _ if method not in _METHODS:
                yield "the checker knows no reason to send this"
            case _ if not self._can(_METHODS[method]):
                yield f"{_METHODS[method]} is not offered"
            case "workspace/applyEdit":
                yield from self._edit(params["edit"])
            case "window/workDoneProgress/create":
                if params["token"] in self._bars:
                    yield "this progress exists"
                self._bars[params["token"]] = "wanted"
                self._creating[message["id"]] = params["token"]

    def _progress(self, token: int | str, value: Json) -> Iterator[str]:
        state, kind = self._bars.get(token), value["kind"]
        follows = {"begin": "created", "report": "begun", "end": "begun"}
        if state != follows[kind]:
            yield f"{kind} of progress that is {state or 'unknown'}"
        self._bars[token] = "ended" if kind == "end" else "begun"
        shape = {
            "begin": types.WorkDoneProgressBegin,
            "report": types.WorkDoneProgressReport,
            "end": types.WorkDoneProgressEnd,
        }[kind]
        if _again(value, shape) != value:
            yield f"is no {shape.__name__}"
        if not 0 <= value.get("percentage", 0) <= 100:
            yield "a percentage beyond 0 to 100"

    # Answers

    def _answer(self, message: Json) -> None:
        if ("result" in message) is ("error" in message):
            self._blame(message, "must have a result or an error")
            return
        if message.get("id") is None and "error" in message:
            self._shape(message, types.ResponseErrorMessage)
            return  # What could not be read has no id.
        asked = self._asked.pop(message.get("id"), None)
        if asked is None:
            self._blame(message, "answers nothing that was asked, or answers twice")
            return
        if "error" in message:
            self._shape(message, types.ResponseErrorMessage)
            return
        method, params = asked
        known = types.METHOD_TO_TYPES.get(method)
        if known is None or known[1] is None:
            self._blame(message, f"{method} has no result")
            return
        if method == types.TEXT_DOCUMENT_CODE_ACTION:
            # lsprotocol takes an action that has a command for a command.
            for one in message["result"] or ():
                self._shape(one, types.Command if isinstance(one.get("command"), str) else types.CodeAction)
            self._shape({**message, "result": []}, known[1])
        else:
            self._shape(message, known[1])
        for why in self._results(method, params, message["result"]):
            self._blame(message, f"{method}: {why}")

    def _results(self, method: str, params: Json, result: Json) -> Iterator[str]:
        match method:
            case "initialize":
                yield from self._declared(result["capabilities"])
            case "textDocument/hover" if result is not None:
                contents, formats = result["contents"], self._can("textDocument.hover.contentFormat") or []
                if not isinstance(contents, dict) or "kind" not in contents:
                    yield "marked strings are deprecated"
                elif contents["kind"] != (formats or ["plaintext"])[0]:
                    yield f"{contents['kind']} is not what the client prefers: {formats}"
            case "textDocument/codeAction":
                for one in result or ():
                    yield from self._action(one)
            case "codeAction/resolve":
                lazy = set(self._can("textDocument.codeAction.resolveSupport.properties") or ())
                for key in params.keys() | result.keys():
                    if params.get(key) != result.get(key) and key not in lazy:
                        yield f"{key} may not change when an action is resolved"
                yield from self._edit(result.get("edit"))
            case "textDocument/diagnostic":
                yield from self._report(result)
            case "workspace/diagnostic":
                for one in result["items"]:
                    yield from self._report(one)
            case "workspace/executeCommand":
                for one in result if isinstance(result, list) else ():
                    if isinstance(one, dict) and "source" in one:  # ``data`` is for clients that ask for such lists.
                        yield from self._diagnostic({key: value for key, value in one.items() if key != "data"})

    def _declared(self, capabilities: Json) -> Iterator[str]:
        offered = self._can("general.positionEncodings") or ["utf-16"]
        encoding = capabilities.get("positionEncoding", "utf-16")
        if encoding not in {*offered, "utf-16"}:
            yield f"{encoding} is not offered"
        self._pulls = "diagnosticProvider" in capabilities
        if self._pulls and self._can("textDocument.diagnostic") is None:
            yield "this client does not pull"
        # The specification says so of CodeActionOptions.
        literals = self._can("textDocument.codeAction.codeActionLiteralSupport")
        if isinstance(capabilities.get("codeActionProvider"), dict) and not literals:
            yield "options of codeActionProvider need codeActionLiteralSupport"
        for name in FIGHTS:
            if name in capabilities:
                yield f"{name} fights gopls"

    def _action(self, action: Json) -> Iterator[str]:
        if isinstance(action.get("command"), str):
            return  # A Command is understood by all clients.
        can = {
            name: self._can(f"textDocument.codeAction.{path}")
            for name, path in (
                ("isPreferred", "isPreferredSupport"),
                ("disabled", "disabledSupport"),
                ("data", "dataSupport"),
            )
        }
        if not self._can("textDocument.codeAction.codeActionLiteralSupport"):
            yield "a code action for a client that knows commands only"
        for name, offered in can.items():
            if name in action and not offered:
                yield f"{name} is not offered"
        lazy = self._can("textDocument.codeAction.resolveSupport.properties") or []
        if "edit" not in action and "command" not in action and not ("edit" in lazy and can["data"]):
            yield "an action that does nothing"
        for one in action.get("diagnostics", ()):
            yield from self._diagnostic(one)
        yield from self._edit(action.get("edit"))

    def _report(self, report: Json) -> Iterator[str]:
        if not self._pulls:
            yield "diagnostics are pushed to this client"
        for one in report.get("items", ()):
            yield from self._diagnostic(one)

    def _diagnostic(self, one: Json) -> Iterator[str]:
        offer = self._can("textDocument.publishDiagnostics") or {}
        if one.get("source") != "stackward":
            yield "a diagnostic in another name"
        for name, path in (
            ("relatedInformation", "relatedInformation"),
            ("codeDescription", "codeDescriptionSupport"),
            ("data", "dataSupport"),
        ):
            if name in one and not offer.get(path):
                yield f"{path} is not offered"
        if not set(one.get("tags", ())) <= set((offer.get("tagSupport") or {}).get("valueSet", ())):
            yield "a tag that is not offered"

    def _edit(self, edit: Json) -> Iterator[str]:
        """Judge a ``WorkspaceEdit``."""
        if edit is None:
            return
        offer = self._can("workspace.workspaceEdit") or {}
        if "documentChanges" in edit and not offer.get("documentChanges"):
            yield "documentChanges are not offered"
        if "changeAnnotations" in edit and "changeAnnotationSupport" not in offer:
            yield "annotations are not offered"
        named = set(edit.get("changeAnnotations", ()))
        lists = list(edit.get("changes", {}).values())
        for change in edit.get("documentChanges", ()):
            if "kind" in change and change["kind"] not in (offer.get("resourceOperations") or ()):
                yield f"{change['kind']} is not offered"
            lists.append(change.get("edits", []))
        for edits in lists:
            if any("snippet" in one for one in edits) and not offer.get("snippetEditSupport"):
                yield "snippets are not offered"
            if not {one["annotationId"] for one in edits if "annotationId" in one} <= named:
                yield "an annotation that is not there"
            spans = sorted((_point(one["range"]["start"]), _point(one["range"]["end"])) for one in edits)
            if any(one[1] > other[0] for one, other in pairwise(spans)):
                yield "edits overlap"

    def _shape(self, message: Json, kind: Any) -> None:
        try:
            again = _again(message, kind)
        except Exception as error:  # noqa: BLE001 - converters raise whatever a constructor raises.
            self._blame(message, f"is no {kind.__name__}: {error!r}")
            return
        if again != message:
            self._blame(message, f"is no {kind.__name__}; understood: {again}"[:1500])
        for span in _ranges(message):
            if _point(span["start"]) > _point(span["end"]):
                self._blame(message, "a range that ends before it starts")


def _again(value: Json, kind: Any) -> Json:
    return _CONVERTER.unstructure(_CONVERTER.structure(value, kind), kind)


def _point(position: Json) -> tuple[int, int]:
    return position["line"], position["character"]


def _ranges(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        if value.keys() == {"start", "end"}:
            yield value
        for one in value.values():
            yield from _ranges(one)
    elif isinstance(value, list):
        for one in value:
            yield from _ranges(one)
