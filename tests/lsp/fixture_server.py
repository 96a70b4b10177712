"""A small server on ``stackward.lsp.protocol``, driven by test_protocol.py and test_transport.py as a process."""

from __future__ import annotations

import asyncio
import faulthandler
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

from lsprotocol import types

from stackward.lsp.client import Client
from stackward.lsp.protocol.dispatch import Server, cancellation
from stackward.lsp.protocol.documents import Documents
from stackward.lsp.protocol.transport import Address, Runnable, read_address, run_stdio, run_tcp

_LIFE_SECONDS = 240.0  # All tests that share a server take a tenth of it.


def hello(client: Client) -> Mapping[str, Any]:
    capabilities = {"positionEncoding": client.encoding.value, "textDocumentSync": {"openClose": True, "change": 2}}
    return {"capabilities": capabilities, "serverInfo": {"name": "fixture"}}


def load(client: Client) -> Runnable:
    server = Server(client, "fixture", "1")
    documents = Documents(client.encoding)
    children: list[subprocess.Popen[bytes]] = []

    def tell(what: Any) -> None:
        server.protocol.notify("test/event", what)

    async def forever() -> None:
        tell("started")
        try:
            await asyncio.Event().wait()
        finally:
            tell("task cancelled")

    def until_cancelled() -> None:
        over = threading.Event()
        with cancellation().calling(over.set):
            tell("started")
            over.wait()
        tell("work ended")

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        documents.open(params.text_document)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        documents.change(params)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover:
        document = documents.get(params.text_document.uri)
        return types.Hover(document.text.decode() if document is not None else "")

    @server.feature("test/forever")
    async def forever_feature(_params: Any) -> None:
        await forever()

    @server.feature("test/thread")
    @server.thread()
    def thread_feature(_params: Any) -> None:
        until_cancelled()

    @server.feature("test/hang")
    @server.thread()
    def hang(_params: Any) -> None:
        tell("started")
        threading.Event().wait()

    @server.feature("test/fail")
    def fail(_params: Any) -> None:
        raise RuntimeError("on purpose")

    @server.feature("test/unsendable")
    def unsendable(_params: Any) -> object:
        return {"value": object()}

    @server.feature("test/print")
    def print_something(_params: Any) -> None:
        print("a stray print")
        subprocess.run(["echo", "a stray child"], check=True)

    @server.feature("test/child")
    def child(_params: Any) -> int:
        children.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]))
        return children[-1].pid

    @server.feature("test/ask")
    async def ask(_params: Any) -> Any:
        answer = await server.workspace_configuration_async(types.ConfigurationParams([types.ConfigurationItem("u")]))
        return {"answer": answer}

    @server.feature("test/client")
    def about(_params: Any) -> Any:
        return {"folders": [folder.path for folder in client.folders], "options": client.options}

    @server.command("test.add")
    def add(ls: Server, first: int, second: int = 10, *rest: int) -> int:
        assert ls is server
        return first + second + sum(rest)

    @server.command("test.position")
    def position(position: types.Position) -> int:
        return position.line

    @server.command("test.forever")
    async def forever_command() -> None:
        await forever()

    @server.command("test.thread")
    @server.thread()
    def thread_command() -> None:
        until_cancelled()

    @server.on_close
    def end_children() -> None:
        for process in children:
            process.kill()
            process.wait()

    return server


def main() -> None:
    # A defect that makes the server hang fails one test, with the stack of every thread, instead of holding up all.
    faulthandler.dump_traceback_later(_LIFE_SECONDS, exit=True)
    if len(sys.argv) > 1:
        address = read_address(sys.argv[1])
        if not isinstance(address, Address):
            sys.exit(address)
        run_tcp(address, hello, load)
    run_stdio(hello, load)


if __name__ == "__main__":
    main()
