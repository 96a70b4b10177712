"""A workspace folder: its toolchain is looked for when it is needed, and its end does not wait for that."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from stackward.core.outcome import ToolchainMissing
from stackward.engine.folder import Folder, Tools
from stackward.engine.sources import Sources
from stackward.engine.texts import Texts
from stackward.toolchain.config import BuildConfig


@pytest.mark.skipif(os.name != "posix", reason="the command that hangs is a script of the shell's")
def test_the_end_does_not_wait_for_a_go_command_that_hangs(tmp_path: Path) -> None:
    fifo, go = tmp_path / "fifo", tmp_path / "go"
    os.mkfifo(fifo)
    go.write_text(f"#!/bin/sh\nexec 9> '{fifo}'\nexec sleep 3600\n", encoding="utf-8")
    go.chmod(0o755)
    folder = Folder(str(tmp_path), BuildConfig(go=str(go)), True, str(tmp_path), Sources(Texts()), None)
    found: list[Tools | ToolchainMissing] = []
    search = threading.Thread(target=lambda: found.append(folder.tools()))
    search.start()
    with fifo.open("rb") as held:  # Opened from both sides: the search has begun.
        folder.close()
        assert held.read() == b""
    search.join()
    assert isinstance(found[0], ToolchainMissing)
    assert "did not end within" not in str(found[0])
