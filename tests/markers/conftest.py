"""The editor with the real server is that of the tests of the protocol."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "lsp"))
