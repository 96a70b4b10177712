"""What all tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import hypothesis
import pytest

from gomodule import write_module
from stackward.core.outcome import ToolchainMissing
from stackward.toolchain.config import BuildConfig
from stackward.toolchain.discovery import Toolchain, discover

# A busy machine is no failure: nothing here is timed.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes the user's cache; servers find their modules compiled, as a user's do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("STACKWARD_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    """The Go toolchain that a user would get here."""
    found = discover(BuildConfig())
    assert not isinstance(found, ToolchainMissing), found
    return found


@pytest.fixture(scope="session")
def minor(toolchain: Toolchain) -> int:
    """The minor release of Go 1 that the tests run with."""
    return int(toolchain.version.removeprefix("go1.").split(".")[0].split("rc")[0])


@pytest.fixture
def module(tmp_path: Path) -> Callable[..., Path]:
    """Makes a module below ``tmp_path``."""

    def make(files: Mapping[str, str], name: str = "m") -> Path:
        return write_module(tmp_path / name, files)

    return make
