"""Code actions: rewrites that the compiler has confirmed, or will before they are made."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException, JsonRpcInvalidParams

from stackward.core.edit import Replacement
from stackward.core.position import LineIndex
from stackward.engine.actions import Actions, Change, Offer
from stackward.engine.benchmark import table
from stackward.engine.results import State
from stackward.engine.rewriting import Rejected
from stackward.lsp.app import App
from stackward.lsp.convert import from_range
from stackward.lsp.present import Json
from stackward.lsp.protocol.dispatch import cancellation
from stackward.lsp.protocol.typed import structured
from stackward.lsp.uris import path_of, uri_of
from stackward.rewrites import Applicability
from stackward.toolchain.process import CancelToken

FIX_ALL = "source.fixAll.stackward"
_REWRITE = "refactor.rewrite.stackward"
_QUICK_FIX = "quickfix"
_PROVE = "refactor.stackward.prove"
_NOW_SECONDS = 0.04  # For a light bulb; who opens the menu waits for what is not known yet.
_ASKED_SECONDS = 5.0
_BENCHMARK_SECONDS = 0.3  # Of one run of each benchmark.
_REQUEST_FAILED = -32803  # LSPErrorCodes.RequestFailed


def register(app: App) -> None:
    """Answer ``textDocument/codeAction`` and ``codeAction/resolve``, and make rewrites for clients without these."""
    feature = _Feature(app)
    server = app.server

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION)
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
        return await feature.offered(params)

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        return await feature.resolved(action, cancellation())

    @server.command("stackward.rewrite")
    async def rewrite(uri: str, number: int) -> None:
        path = feature.path(uri)
        offer, change = await feature.made(path, number, cancellation())
        await app.ask("workspace/applyEdit", {"label": _title(app, offer), "edit": feature.edit(change, offer)})

    @server.command("stackward.fixAll")
    async def fix_all(uri: str) -> int:
        change = await feature.all_fixed(feature.path(uri), cancellation())
        if change.edits:
            label = app.language.say("Rewrite what allocates")
            await app.ask("workspace/applyEdit", {"label": label, "edit": feature.edit(change, None)})
        return len(change.applied)

    @server.command("stackward.proveRewrite")
    async def prove(uri: str, number: int, seconds: float = _BENCHMARK_SECONDS) -> Json:
        return await feature.measured(feature.path(uri), number, seconds, cancellation())

    app.on_idle(feature.prepare)


class _Feature:
    def __init__(self, app: App) -> None:
        self._app = app
        self._actions = Actions(app.session)
        offers = app.client.offers
        self._literals = isinstance(offers("textDocument.codeAction.codeActionLiteralSupport"), Mapping)
        # A client with neither can have no rewrite: it takes commands only, which would come back with an edit.
        self._makes = self._literals or bool(offers("workspace.applyEdit"))
        properties = offers("textDocument.codeAction.resolveSupport.properties")
        self._properties = frozenset(properties) if isinstance(properties, list) else frozenset[str]()
        # What is resolved later is told from others by its data, which not every client keeps.
        self._resolves = "edit" in self._properties and bool(offers("textDocument.codeAction.dataSupport"))
        self._disables = self._literals and bool(offers("textDocument.codeAction.disabledSupport"))
        self._prefers = bool(offers("textDocument.codeAction.isPreferredSupport"))
        self._versioned = bool(offers("workspace.workspaceEdit.documentChanges"))
        self._annotated = self._versioned and isinstance(
            offers("workspace.workspaceEdit.changeAnnotationSupport"), Mapping
        )

    def prepare(self) -> None:
        """Find and prove what can be offered in the open documents."""
        for document in self._app.documents.all():
            if document.path is not None and document.path.endswith(".go"):
                self._actions.prepare(document.path, lambda: None)

    async def offered(self, params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
        uri = params.text_document.uri
        path = path_of(uri)
        if not self._makes or path is None or not path.endswith(".go"):
            return []
        if self._app.session.status().state is State.MISSING:
            return []
        only = params.context.only or []
        found: list[types.CodeAction | types.Command] = []
        if any(_covers(kind, FIX_ALL) for kind in only):
            found.append(await self._fix_all_action(uri, path))
        if only and not any(_covers(kind, one) for kind in only for one in (_QUICK_FIX, _REWRITE, _PROVE)):
            return found
        lines = self._app.lines(path)
        wanted = from_range(lines, params.range, self._app.client.encoding)
        start, end = lines.offset(wanted.start), lines.offset(wanted.end)
        cancel = cancellation()
        automatic = params.context.trigger_kind is types.CodeActionTriggerKind.Automatic
        patience = _NOW_SECONDS if automatic else _ASKED_SECONDS

        async def search() -> list[Offer]:
            if not automatic:
                await self._app.settled(path, patience)
            return await asyncio.to_thread(self._actions.offers, path, start, end, cancel)

        try:
            offers = await asyncio.wait_for(asyncio.shield(search()), patience)
        except TimeoutError:
            return found
        for offer in offers:
            action = await self._action(uri, offer, params, lines)
            if action is not None:
                found.append(action)
        say = self._app.language.say
        measurable = self._literals and any(_covers(one, _PROVE) for one in only)
        for offer in offers if measurable or (self._literals and not only and not automatic) else ():
            if offer.proof is not None:
                command = types.Command(say("Measure"), "stackward.proveRewrite", arguments=[uri, offer.number])
                found.append(
                    types.CodeAction(
                        say("Prove with a benchmark: {title}", title=_title(self._app, offer)),
                        kind=_PROVE,
                        command=command,
                    )
                )
        return found

    async def _action(
        self, uri: str, offer: Offer, params: types.CodeActionParams, lines: LineIndex
    ) -> types.CodeAction | types.Command | None:
        if offer.foreign and not self._disables:
            return None
        title = _title(self._app, offer)
        if offer.proof is None:
            title = self._app.language.say("{title} (checked when it is made)", title=title)
        if not self._literals:
            return types.Command(title, "stackward.rewrite", arguments=[uri, offer.number])
        span = offer.candidate.span
        mine = [
            one
            for one in params.context.diagnostics
            if one.source == "stackward" and self._meets(one.range, span.start, span.end, lines)
        ]
        only = params.context.only or []
        kinds = [_QUICK_FIX, f"{_REWRITE}.{offer.candidate.rewrite.name}"]
        if not mine:
            kinds.reverse()
        kind = next((one for one in kinds if not only or any(_covers(asked, one) for asked in only)), None)
        if kind is None:
            return None
        if offer.foreign:
            why = types.CodeActionDisabled(self._app.language.problem(offer.foreign))
            return types.CodeAction(title, kind=kind, diagnostics=mine or None, disabled=why)
        preferred = self._prefers and offer.proof is not None and offer.applicability is Applicability.SAFE
        action = types.CodeAction(title, kind=kind, diagnostics=mine or None, is_preferred=preferred or None)
        if self._resolves:
            action.data = {"uri": uri, "number": offer.number}
            return action
        try:
            offer, change = await self.made(self.path(uri), offer.number, cancellation())
        except JsonRpcException:
            return None  # It did not stand the check.
        action.title, action.edit = _title(self._app, offer), self._typed(change, offer)
        return action

    async def resolved(self, action: types.CodeAction, cancel: CancelToken) -> types.CodeAction:
        data = action.data if isinstance(action.data, Mapping) else {}
        path = self.path(str(data.get("uri", "")))
        if data.get("fixAll"):
            change = await self.all_fixed(path, cancel)
            action.edit = self._typed(change, None)
            return action
        number = data.get("number")
        if not isinstance(number, int):
            raise JsonRpcInvalidParams("this is no code action of stackward")
        offer, change = await self.made(path, number, cancel)
        if "title" in self._properties:
            action.title = _title(self._app, offer)
        action.edit = self._typed(change, offer)
        return action

    async def made(self, path: str, number: int, cancel: CancelToken) -> tuple[Offer, Change]:
        say = self._app.language.say
        made = await asyncio.to_thread(self._actions.make, path, number, cancel)
        if made is None:
            raise JsonRpcContentModified(say("the text has changed since; ask for code actions again"))
        if isinstance(made, Rejected):
            raise _failed(say("not made: {why}", why=made.reason))
        if made[0].foreign:
            raise _failed(say("not made: {why}", why=self._app.language.problem(made[0].foreign)))
        return made

    async def all_fixed(self, path: str, cancel: CancelToken) -> Change:
        change = await asyncio.to_thread(self._actions.fix_all, path, cancel)
        if isinstance(change, str):
            raise _failed(self._app.language.problem(change))
        return change

    async def measured(self, path: str, number: int, seconds: float, cancel: CancelToken) -> Json:
        """The benchmarks before and after a rewrite, as a table and as numbers; or why there are none."""
        app = self._app
        progress = app.progress.begin(app.language.say("Measuring before and after"), cancel)

        def report(text: str, done: int, total: int) -> None:
            app.server.post(progress.report, text, done, total)

        outcome = await asyncio.to_thread(self._actions.benchmark, path, number, seconds, report, cancel)
        progress.end(app.language.say("done"))
        if isinstance(outcome, str):
            return {"failure": outcome}
        return {
            "text": table(outcome),
            "benchmarks": [
                {
                    "name": one.name,
                    "generated": one.made,
                    **{
                        name: {
                            "before": values.before.median,
                            "beforeInterval": [values.before.low, values.before.high],
                            "after": values.after.median,
                            "afterInterval": [values.after.low, values.after.high],
                            "p": values.p,
                        }
                        for name, values in (
                            ("nsPerOp", one.nanoseconds),
                            ("bytesPerOp", one.bytes),
                            ("allocsPerOp", one.allocations),
                        )
                    },
                }
                for one in outcome
            ],
        }

    async def _fix_all_action(self, uri: str, path: str) -> types.CodeAction | types.Command:
        title = self._app.language.say("Rewrite what allocates, as far as it is safe")
        if not self._literals:
            return types.Command(title, "stackward.fixAll", arguments=[uri])
        action = types.CodeAction(title, kind=FIX_ALL)
        if self._resolves:
            action.data = {"uri": uri, "fixAll": True}
        else:
            action.edit = self._typed(await self.all_fixed(path, cancellation()), None)
        return action

    def edit(self, change: Change, offer: Offer | None) -> Json:
        """A ``WorkspaceEdit``: versioned where the client can tell, annotated where somebody should look first."""
        review = offer is not None and offer.applicability is Applicability.REVIEW
        annotate = self._annotated and (review or len(change.edits) > 1)
        files = {path: self._edits(path, own, annotate=annotate) for path, own in change.edits.items()}
        if not self._versioned:
            return {"changes": {self._uri(path): own for path, own in files.items()}}
        edit: Json = {
            "documentChanges": [
                {"textDocument": {"uri": self._uri(path), "version": self._version(path)}, "edits": own}
                for path, own in files.items()
            ]
        }
        if annotate:
            own = offer.proof.proposal.differs if offer is not None and offer.proof is not None else ""
            differs = self._app.language.of("differs", own)
            annotation: Json = {
                "label": _title(self._app, offer) if offer else "stackward",
                "needsConfirmation": review,
            }
            edit["changeAnnotations"] = {"stackward": annotation | ({"description": differs} if differs else {})}
        return edit

    def _typed(self, change: Change, offer: Offer | None) -> types.WorkspaceEdit:
        return structured(self.edit(change, offer), types.WorkspaceEdit)

    def _edits(self, path: str, own: Sequence[Replacement], *, annotate: bool) -> list[Json]:
        lines = self._app.lines(path)
        position = self._app.presenter.position
        extra = {"annotationId": "stackward"} if annotate else {}
        return [
            {
                "range": {
                    "start": position(lines, lines.position(one.start)),
                    "end": position(lines, lines.position(one.end)),
                },
                "newText": one.new.decode("utf-8", "replace"),
                **extra,
            }
            for one in own
        ]

    def _meets(self, range_: types.Range, start: int, end: int, lines: LineIndex) -> bool:
        own = from_range(lines, range_, self._app.client.encoding)
        return lines.offset(own.start) <= end and start <= lines.offset(own.end)

    def _uri(self, path: str) -> str:
        document = self._app.documents.at(path)
        return document.uri if document is not None else uri_of(path)

    def _version(self, path: str) -> int | None:
        document = self._app.documents.at(path)
        return document.version if document is not None else None

    def path(self, uri: str) -> str:
        path = path_of(uri)
        if path is None or not os.path.isabs(path):
            raise JsonRpcInvalidParams(f"{uri} is not a file")
        return path


def _title(app: App, offer: Offer) -> str:
    """The title of an offer, with the proof where there is one."""
    proof = offer.proof
    return app.language.proved(proof) if proof is not None else app.language.of("title", offer.title)


def _failed(message: str) -> JsonRpcException:
    """``RequestFailed``: the request was right, and there is nothing wrong with the server."""
    return JsonRpcException(message, code=_REQUEST_FAILED)


def _covers(asked: str, kind: str) -> bool:
    """Whether a kind is one of those asked for: ``quickfix`` is itself, ``refactor`` all that begins with it."""
    return asked in {"", kind} or kind.startswith(asked + ".")
