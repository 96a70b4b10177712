"""What Helix draws: the diagnostics of the line, inlay hints and the gutter, in a terminal of an ordinary size."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from helix_support import Helix
from neovim_picture import picture
from neovim_support import FILE, STOREFRONT, programs

pytestmark = pytest.mark.editors

_RELEASE = "25.07"
# Expressions around the cursor that allocate, with the inlay hint behind each. The last of a line would be behind it
# wherever its column is.
_HINTS = (
    "o.ID boxed, 16 B, o.Customer boxed, 16 B)",
    "float64(cents)/100 boxed, 8 B)",
    "string(r) copied, 4 B",
)


def drawn(storefront: Path, home: Path, *, shift: bool, keep: Path | None = None) -> list[str]:
    """The lines on the screen once the hints are there; ``keep`` is where to put a picture."""
    text = (STOREFRONT / FILE).read_text(encoding="utf-8").split("\n")
    row = next(number for number, line in enumerate(text, start=1) if "string(r)" in line)
    bin_ = programs(home / "bin", shift=shift)
    with Helix(_RELEASE, storefront / FILE, home, bin_, storefront, columns=130, lines=36) as helix:
        helix.command(str(row))
        helix.wait_for("makes a copy on the heap (4 bytes")
        # Helix asks for inlay hints where other lines come near, and takes no advice to ask again.
        helix.type("ge")
        helix.wait("inlay hints at the end", lambda: _at_the_end(helix.shown()))
        helix.command(str(row))
        shown = helix.wait_shown("inlay hints", _hinted)
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / "helix.svg").write_text(picture(helix.screen), encoding="utf-8")
        helix.command("quit!")
        helix.wait_end()
    return shown


def _at_the_end(shown: list[str]) -> bool:
    return not any("func Slug(" in line for line in shown) and any("boxed, 24 B" in line for line in shown)


def _hinted(shown: list[str]) -> bool:
    lines = [line for line in shown if "slug +=" in line]
    hinted = bool(lines) and all(" copied" in line for line in lines)
    return hinted and any("makes a copy on the heap (4 bytes" in line for line in shown)


def inlay_hints_are_right(shown: list[str]) -> None:
    for text in _HINTS:
        assert any(text in line for line in shown), text


def test_it_draws(storefront: Path, tmp_path: Path) -> None:
    asked = os.environ.get("STACKWARD_SCREENSHOTS")
    shown = drawn(storefront, tmp_path / "home", shift=False, keep=Path(asked) if asked else None)
    inlay_hints_are_right(shown)
    assert any("func Slug(" in line for line in shown)
    assert any("makes a copy on the heap (4 bytes" in line for line in shown)


def test_what_is_one_column_off_is_noticed(storefront: Path, tmp_path: Path) -> None:
    shown = drawn(storefront, tmp_path / "home", shift=True)
    with pytest.raises(AssertionError):
        inlay_hints_are_right(shown)
