-- stackward: what Go code allocates on the heap. See :help stackward.

local M = {}

--- Start stackward for Go files. For the options see |stackward-options|.
---@param options stackward.Options|nil
function M.setup(options)
  if vim.fn.has("nvim-0.7") == 0 then
    vim.api.nvim_err_writeln("stackward needs Neovim 0.7 or newer")
    return
  end
  vim.g.loaded_stackward = true
  require("stackward.entry")
  require("stackward.config").set(options)
  require("stackward.client").enable()
end

--- What the server of a buffer is doing, in a few words for the statusline.
---@param bufnr integer|nil
---@return string
function M.status(bufnr)
  return require("stackward.status").line(bufnr or vim.api.nvim_get_current_buf())
end

--- The same in full: state, message, and the place of what does not build; nil where there is no server.
---@param bufnr integer|nil
---@return stackward.Status|nil
function M.state(bufnr)
  return require("stackward.status").of(bufnr or vim.api.nvim_get_current_buf())
end

return M
