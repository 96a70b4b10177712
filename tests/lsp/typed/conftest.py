"""Typed clients."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import pytest_lsp
from pytest_lsp import ClientServerConfig
from typedclient import P, TypedClient

from gomodule import write_module

SERVE = [sys.executable, "-m", "stackward", "serve", "--log-level", "warning"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What pytest-lsp says against the server fails the test."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning"))


@pytest_lsp.fixture(config=ClientServerConfig(server_command=SERVE, client_factory=TypedClient))
async def client(lsp_client: TypedClient) -> AsyncIterator[None]:
    """A client that has not said anything yet."""
    yield
    await lsp_client.leave()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A module with one package, ``P``."""
    return write_module(tmp_path / "m", {"p.go": P})


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Makes a module of these files in a folder of this name."""

    def make(files: Mapping[str, str], name: str = "m") -> Path:
        return write_module(tmp_path / name, files, f"example.com/{name}")

    return make
