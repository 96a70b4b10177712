"""Fixture servers for raw clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rawclient import FIXTURE, Process


@pytest.fixture
def raw() -> Iterator[Process]:
    """The fixture server, not yet initialized."""
    server = Process(FIXTURE)
    yield server
    server.end()


@pytest.fixture
def fresh(raw: Process) -> Process:
    """The fixture server, initialized, for a test that ends it."""
    raw.initialize()
    return raw


@pytest.fixture(scope="module")
def running() -> Iterator[list[Process]]:
    """Servers that tests of a module left running."""
    servers: list[Process] = []
    yield servers
    for server in servers:
        server.end()


@pytest.fixture
def server(running: list[Process]) -> Process:
    """The fixture server, initialized; the same one for many tests.

    Most tests are about nonsense that a server must survive, so that the next test finds it alive is part of the test.
    """
    if not running or not running[-1].at_rest:
        running.append(Process(FIXTURE))
        running[-1].initialize()
    return running[-1]
