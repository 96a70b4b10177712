"""What the tests of the type facts helper share: it is built once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from gomodule import write_module
from stackward.core.facts import ExprFacts
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.typefacts import TypeFacts
from typechecked import ask, units


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> str:
    return str(tmp_path_factory.mktemp("typefacts"))


@pytest.fixture(scope="module")
def checker(toolchain, cache) -> Iterator[TypeFacts]:
    made = TypeFacts(toolchain, BuildConfig(), cache)
    yield made
    made.close()


@pytest.fixture
def about(tmp_path, toolchain, checker) -> Callable[..., list[ExprFacts]]:
    """Asks about a package of one file."""

    def asker(source: str, *marked: str, uses: bool = False) -> list[ExprFacts]:
        root = write_module(tmp_path / "m", {"a.go": source})
        return ask(checker, units(root, toolchain)[0], *marked, uses=uses)

    return asker
