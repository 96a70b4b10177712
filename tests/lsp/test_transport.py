"""Over a socket, where the other side may be anyone on this machine, a web page included."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from rawclient import FIXTURE, PATIENCE, Wire, frame

from stackward.lsp.protocol.transport import Address, read_address


@dataclass(frozen=True, slots=True)
class Listening:
    process: subprocess.Popen[str]
    host: str
    port: int

    def connect(self) -> socket.socket:
        return socket.create_connection((self.host, self.port), PATIENCE)


def start(address: str) -> Listening:
    process = subprocess.Popen([*FIXTURE, address], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    said = re.search(r"listening on \[?([\d.:]+?)\]?:(\d+)$", process.stderr.readline())
    assert said is not None
    return Listening(process, said[1], int(said[2]))


@pytest.fixture
def listening() -> Iterator[Listening]:
    server = start("localhost:0")
    yield server
    server.process.kill()
    server.process.communicate()


def test_a_session_over_a_socket(listening: Listening):
    with listening.connect() as connection:
        wire = Wire(connection.makefile("rb"), connection.makefile("wb"))
        assert wire.initialize()["serverInfo"]["name"] == "fixture"
        assert wire.call("test/client")["folders"] == []
        assert wire.call("shutdown") is None
        wire.notify("exit")
        assert listening.process.wait(PATIENCE) == 0


def test_the_process_ends_with_the_connection(listening: Listening):
    with listening.connect() as connection:
        Wire(connection.makefile("rb"), connection.makefile("wb")).initialize()
        connection.shutdown(socket.SHUT_RDWR)
    assert listening.process.wait(PATIENCE) == 1


@pytest.mark.parametrize(
    "head",
    [b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n", b"Origin: https://example.com\r\n"],
    ids=["a form", "its headers"],
)
def test_what_a_browser_posts_is_never_obeyed(listening: Listening, head: bytes):
    with listening.connect() as connection:
        body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}
        connection.sendall(head + frame(body))
        answers = connection.makefile("rb").read()
    assert b"serverInfo" not in answers
    assert listening.process.wait(PATIENCE) == 1


@pytest.mark.parametrize("address", ["127.0.0.1:0", "127.1.2.3:80", "localhost:65535", "[::1]:7"])
def test_loopback_is_allowed(address: str):
    assert isinstance(read_address(address), Address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0:80",
        "[::]:80",
        "192.0.2.1:80",
        "10.0.0.1:80",
        ":80",
        "80",
        "",
        "127.0.0.1",
        "127.0.0.1:x",
        "127.0.0.1:65536",
    ],
)
def test_anything_else_is_refused_with_a_reason(address: str):
    reason = read_address(address)
    assert isinstance(reason, str)
    assert reason


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ran = subprocess.run([*FIXTURE, address], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ran.returncode == 2
    assert address in ran.stderr
    assert "Traceback" not in ran.stderr
