"""From messages to handlers and back: what pygls 2.1.1 does against the specification with messages is put right here.

pygls stays the registry of handlers and the sender of requests and notifications. What comes in takes another way:

- Each handler runs in a task. A cancelled request is answered at once; its task is cancelled, and so is the
  ``CancelToken`` that work in threads and child processes can ask for (``cancellation``). pygls reaches neither.
- Malformed parameters are answered with InvalidParams; pygls never answers.
- Default values of a command's parameters count.
- After ``shutdown`` requests are refused; ``exit`` without it gives exit code 1.
- Threads never keep the process alive.
- pygls's workspace does not exist: it keeps a second copy of all texts and corrupts it (``documents`` has the texts).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import logging
import os
import signal
import threading
import uuid
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

import cattrs
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.feature_manager import is_thread_function
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from stackward.lsp.client import Client
from stackward.lsp.protocol import wire
from stackward.lsp.protocol.typed import bind_arguments, explain, strict_converter
from stackward.lsp.protocol.wire import Code, Malformed, Message, MessageId, Notification, Output, Reply, Request
from stackward.toolchain.process import CancelToken, end_all

log = logging.getLogger(__name__)

_GRACE_SECONDS = 2.0  # To end child processes takes milliseconds; what takes longer hangs.

_T = TypeVar("_T")
_Handler = Callable[..., Any]
_current: ContextVar[CancelToken] = ContextVar("stackward-cancel")


def cancellation() -> CancelToken:
    """The token of the request that is being handled, in its task or thread; one that nobody cancels elsewhere."""
    return _current.get(None) or CancelToken()


@dataclass(frozen=True, slots=True, eq=False)
class _Pending:
    """A request of the client that has not been answered."""

    token: CancelToken
    task: asyncio.Task[Any]


class Protocol(LanguageServerProtocol):
    """The incoming half of the protocol. All methods run in the event loop, except those of pygls that send."""

    _server: Server

    def __init__(self, server: Server, converter: cattrs.Converter) -> None:
        super().__init__(server, converter)
        self.output: Output | None = None
        self.shut_down = False
        self._pending: dict[MessageId, _Pending] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._own: Mapping[str, _Handler] = {
            types.SHUTDOWN: self._on_shutdown,
            types.WINDOW_WORK_DONE_PROGRESS_CANCEL: self._on_progress_cancel,
            types.WORKSPACE_EXECUTE_COMMAND: self._on_execute_command,
        }

    def _register_builtin_features(self) -> None:
        """None of pygls's own: most of them serve its workspace."""

    def receive(self, message: Message) -> None:
        """Act on one message. Handlers start in the order of their messages."""
        match message:
            case Request():
                self._request(message)
            case Notification():
                self._notification(message)
            case Reply():
                self._reply(message)
            case Malformed(code, reason, message_id):
                log.warning("malformed message: %s", reason)
                self._send_data(wire.failure(message_id, code, reason))

    def ask(self, method: str, params: Any) -> Future[Any]:
        """Send a request of plain JSON; the future gets the client's answer, as JSON, or a ``JsonRpcException``."""
        message_id = str(uuid.uuid4())
        future: Future[Any] = Future()
        self._request_futures[message_id] = future
        message = {"jsonrpc": "2.0", "id": message_id, "method": method}
        self._send_data(message if params is None else {**message, "params": params})  # It may be absent, but not null.
        return future

    def abandon(self) -> None:
        """Cancel all requests that have not been answered, ours too."""
        for message_id in list(self._pending):
            self._cancel(message_id)
        for future in self._request_futures.values():
            future.cancel()
        self._request_futures.clear()

    def _request(self, request: Request) -> None:
        refusal = self._refusal(request)
        handler = self._handler(request.method)
        if refusal is not None or handler is None:
            reason = refusal or f"no such method: {request.method}"
            code = Code.INVALID_REQUEST if refusal else Code.METHOD_NOT_FOUND
            self._send_data(wire.failure(request.id, code, reason))
            return
        try:
            params = self._structured(request.method, request.params)
        except Exception as error:  # noqa: BLE001 - converters raise whatever a constructor raises.
            self._send_data(wire.failure(request.id, Code.INVALID_PARAMS, explain(error)))
            return
        if request.method == types.SHUTDOWN:
            self.shut_down = True
            self.abandon()
        token = CancelToken()
        pending = _Pending(token, self._start(self._run(handler, (params,)), token))
        self._pending[request.id] = pending
        pending.task.add_done_callback(lambda task: self._finish(request, pending, task))

    def _refusal(self, request: Request) -> str | None:
        if request.method == types.INITIALIZE:
            return "the server has been initialized already"
        if self.shut_down:
            return "the server has been shut down"
        if request.id in self._pending:
            return "a request with this id has not been answered yet"
        known = types.METHOD_TO_TYPES.get(request.method)
        if known is not None and known[1] is None:
            return f"{request.method} is a notification"
        return None

    def _finish(self, request: Request, pending: _Pending, task: asyncio.Task[Any]) -> None:
        if self._pending.get(request.id) is not pending:  # Cancelled, and answered then.
            if not task.cancelled() and task.exception() is not None:
                log.debug("%s failed after it was cancelled", request.method, exc_info=task.exception())
            return
        del self._pending[request.id]
        if task.cancelled():
            answer = wire.failure(request.id, Code.CANCELLED, "cancelled")
        elif (error := task.exception()) is None:
            answer = wire.result(request.id, task.result())
        elif isinstance(error, JsonRpcException):
            answer = wire.failure(request.id, error.code, error.message, error.data)
        else:
            log.error("%s failed", request.method, exc_info=error)
            answer = wire.failure(request.id, Code.INTERNAL_ERROR, f"{type(error).__name__}: {error}")
        try:
            self._send_data(answer)
        except (TypeError, ValueError, AttributeError):
            log.exception("the result of %s cannot be sent", request.method)
            self._send_data(wire.failure(request.id, Code.INTERNAL_ERROR, "the result cannot be sent"))

    def _notification(self, message: Notification) -> None:
        method = message.method
        if method == types.EXIT:
            self._server.stop()
            return
        if method == types.CANCEL_REQUEST:
            message_id = message.params.get("id") if isinstance(message.params, dict) else None
            if isinstance(message_id, (int, str)):
                self._cancel(message_id)
            return
        handler = self._handler(method)
        known = types.METHOD_TO_TYPES.get(method)
        if handler is None or self.shut_down or (known is not None and known[1] is not None):
            log.debug("ignored the notification %s", method)
            return
        try:
            params = self._structured(method, message.params)
        except Exception as error:  # noqa: BLE001 - converters raise whatever a constructor raises.
            log.warning("ignored a malformed %s: %s", method, explain(error))
            return
        task = self._start(self._run(handler, (params,)), CancelToken())
        task.add_done_callback(functools.partial(_log_failure, method))

    def _reply(self, reply: Reply) -> None:
        future = self._request_futures.pop(reply.id, None) if reply.id is not None else None
        if future is None or reply.id is None:
            log.warning("an answer to no request of ours: %s", reply)
            return
        response_type = self._result_types.pop(reply.id, None)
        if not future.set_running_or_notify_cancel():
            return
        if reply.error is not None:
            code, reason = reply.error.get("code"), reply.error.get("message")
            future.set_exception(JsonRpcException(str(reason), code if isinstance(code, int) else None))
            return
        try:
            value = reply.result
            if response_type is not None:
                response = {"jsonrpc": "2.0", "id": reply.id, "result": value}
                value = self._converter.structure(response, response_type).result
        except Exception as error:  # noqa: BLE001 - converters raise whatever a constructor raises.
            future.set_exception(JsonRpcInvalidParams(f"the client's answer is malformed: {explain(error)}"))
        else:
            future.set_result(value)

    def _cancel(self, message_id: MessageId) -> None:
        pending = self._pending.pop(message_id, None)
        if pending is None:
            return  # Answered while the notification was under way.
        self._send_data(wire.failure(message_id, Code.CANCELLED, "cancelled"))
        pending.task.cancel()
        pending.token.cancel()

    def _handler(self, method: str) -> _Handler | None:
        return self._own.get(method) or self.fm.features.get(method)

    def _structured(self, method: str, params: Any) -> Any:
        """Typed parameters; those of methods that LSP does not know stay JSON."""
        known = types.METHOD_TO_TYPES.get(method)
        if known is None:
            return params
        params_type: Any = known[2]
        if params_type is None:
            return None
        # A client may leave out parameters that have no required field, as those of "initialized".
        return self._converter.structure({} if params is None else params, params_type)

    def _start(self, work: Coroutine[Any, Any, Any], token: CancelToken) -> asyncio.Task[Any]:
        context = copy_context()
        context.run(_current.set, token)
        task = self._server.loop.create_task(work, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run(self, handler: _Handler, args: tuple[Any, ...]) -> Any:
        if is_thread_function(handler):  # type: ignore[no-untyped-call]
            return await asyncio.wrap_future(_in_thread(functools.partial(handler, *args)))
        value = handler(*args)
        return await value if inspect.isawaitable(value) else value

    async def _on_shutdown(self, _params: None) -> None:
        handler = self.fm.features.get(types.SHUTDOWN)
        if handler is not None:
            await self._run(handler, (None,))

    async def _on_execute_command(self, params: types.ExecuteCommandParams) -> Any:
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise JsonRpcInvalidParams(f"no such command: {params.command}")
        try:
            args = bind_arguments(handler, params.arguments or (), self._converter)
        except NameError:
            raise  # An annotation of the handler's, which is no fault of the client's.
        except Exception as error:
            raise JsonRpcInvalidParams(f"{params.command}: {explain(error)}") from error
        return await self._run(handler, args)

    async def _on_progress_cancel(self, params: types.WorkDoneProgressCancelParams) -> None:
        future = self.progress.tokens.get(params.token)
        if future is not None:
            future.cancel()
        handler = self.fm.features.get(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
        if handler is not None:
            await self._run(handler, (params,))

    def _send_data(self, data: Any) -> None:
        if self.output is not None:
            self.output.send(wire.encode(data, self._serialize_message))


class Server(LanguageServer):
    """A language server for one client, which has been answered already.

    Handlers are registered as in pygls (``@server.feature``, ``@server.command``, ``@server.thread``). What pygls makes
    of ``initialize`` does not exist: ask ``client`` instead of ``client_capabilities``, ``Documents`` instead of
    ``workspace``.
    """

    protocol: Protocol

    def __init__(self, client: Client, name: str, version: str) -> None:
        super().__init__(name, version, protocol_cls=Protocol, converter_factory=strict_converter)
        self.client = client
        self.process_id = client.process_id
        self.loop = asyncio.new_event_loop()
        self._on_close: list[Callable[[], None]] = []
        self._stopping = threading.Lock()

    def on_close(self, hook: Callable[[], None]) -> None:
        """Have ``hook`` called when serving ends, for whatever reason: it ends child processes, within two seconds."""
        self._on_close.append(hook)

    def post(self, call: Callable[..., object], *args: Any) -> None:
        """Call something in the event loop, from any thread; nothing happens once serving has ended."""
        with contextlib.suppress(RuntimeError):  # The loop is closed.
            self.loop.call_soon_threadsafe(call, *args)

    def deliver(self, message: Message) -> None:
        """Take the next message of the client, in any thread."""
        self.post(self.protocol.receive, message)

    @property
    def exit_code(self) -> int:
        """As LSP asks: 0 after ``shutdown``, else 1."""
        return 0 if self.protocol.shut_down else 1

    def run(self, output: Output) -> int:
        """Serve until ``stop`` or ``exit``; the exit code. Child processes have ended when it returns."""
        self.protocol.output = output
        asyncio.set_event_loop(self.loop)
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # On Windows.
                self.loop.add_signal_handler(number, self.stop)
        self.loop.run_forever()
        self.protocol.abandon()
        for hook in self._on_close:
            try:
                hook()
            except Exception:
                log.exception("while closing")
        end_all()
        if tasks := asyncio.all_tasks(self.loop):
            for task in tasks:
                task.cancel()
            self.loop.run_until_complete(asyncio.wait(tasks, timeout=_GRACE_SECONDS / 4))
        return self.exit_code

    def stop(self) -> None:
        """End ``run`` soon, from any thread. If something hangs, the process ends after a grace all the same."""
        if not self._stopping.acquire(blocking=False):
            return
        deadline = threading.Timer(_GRACE_SECONDS, self._give_up)
        deadline.daemon = True
        deadline.start()
        self.post(self.loop.stop)

    def _give_up(self) -> None:
        try:
            end_all()
        finally:
            os._exit(self.exit_code)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log it: a fault of ours is nothing that a user should have to click away."""
        log.error("%s: %s", source, error, exc_info=error)


def _in_thread(work: Callable[[], _T]) -> Future[_T]:
    """Run ``work`` in a thread that the end of the process does not wait for, as it would for an executor's."""
    future: Future[_T] = Future()
    context = copy_context()

    def run() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(context.run(work))
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it.
            future.set_exception(error)

    threading.Thread(target=run, name="stackward-handler", daemon=True).start()
    return future


def _log_failure(method: str, task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s failed", method, exc_info=error)
