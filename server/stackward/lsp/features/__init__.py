"""One file per LSP feature: a handler converts, calls, converts."""

from __future__ import annotations

from stackward.lsp.features import actions, commands, diagnostics, hover, inlay, lens, sync, workspace

REGISTER = (
    sync.register,
    diagnostics.register,
    hover.register,
    inlay.register,
    lens.register,
    actions.register,
    commands.register,
    workspace.register,
)
