---@brief
---
--- `stackward` shows what Go code allocates on the heap, where, why and how much. It replays the user's own Go compiler, and runs
--- beside gopls, whose features it does not offer.
---
--- Install it with `pip install stackward`; `stackward doctor` says whether it works.

---@type vim.lsp.Config
return {
  cmd = { "stackward", "serve" },
  filetypes = { "go" },
  -- In this order: the nearest go.work, else the nearest go.mod, else the repository.
  root_markers = { "go.work", "go.mod", ".git" },
  -- Have diagnostics pushed: Neovim 0.12, asked to pull them again, pulls those of all files but the ones that are open.
  capabilities = { workspace = { diagnostics = { refreshSupport = false } } },
}
