"""What the tests in real editors share: the marker, and a copy of the example that they may change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

STOREFRONT = Path(__file__).resolve().parents[2] / "examples" / "storefront"


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker here too, so that this folder can be run by itself."""
    config.addinivalue_line("markers", "editors: drives a real editor, which is installed where it is missing")


@pytest.fixture
def storefront(tmp_path: Path) -> Path:
    """A copy of the example service."""
    return Path(shutil.copytree(STOREFRONT, tmp_path / "storefront"))
