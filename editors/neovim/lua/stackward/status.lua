-- What the servers say they are doing, for the statusline.

local compat = require("stackward.compat")

local M = {}

---@class stackward.Status
---@field state "idle"|"analysing"|"broken"|"missing"|"stopped"
---@field message string
---@field uri string|nil the file that keeps the package from building
---@field range lsp.Range|nil

---@type table<integer, stackward.Status>
local by_client = {}
---@type table<string, boolean>
local lost = {}

local WORDS = { analysing = "analysing…", broken = "does not build", missing = "no Go", stopped = "stopped" }

---@type stackward.Status
local STOPPED = { state = "stopped", message = "the server has ended" }

---@param value stackward.Status
local function tell(value)
  vim.schedule(function()
    vim.cmd("redrawstatus")
    local event = { pattern = "StackwardStatus", modeline = false }
    if vim.fn.has("nvim-0.8") == 1 then
      event.data = value
    end
    vim.api.nvim_exec_autocmds("User", event)
  end)
end

--- Take a `stackward/status` notification.
function M.take(client_id, value)
  local client = vim.lsp.get_client_by_id(client_id)
  by_client[client_id] = value
  if client ~= nil and client.config.root_dir ~= nil then
    lost[client.config.root_dir] = nil
  end
  tell(value)
end

--- The server of a folder has ended.
function M.gone(root)
  if root ~= nil then
    lost[root] = true
  end
  tell(STOPPED)
end

--- How many places of a buffer allocate.
function M.count(bufnr)
  local number = 0
  for _, diagnostic in ipairs(vim.diagnostic.get(bufnr)) do
    if diagnostic.source == "stackward" then
      number = number + 1
    end
  end
  return number
end

--- The status of a buffer's server; nil where it has none.
---@return stackward.Status|nil
function M.of(bufnr)
  local client = compat.clients(bufnr)[1]
  if client ~= nil then
    return by_client[client.id] or { state = "idle", message = "" }
  end
  local root = require("stackward.client").root_of(vim.api.nvim_buf_get_name(bufnr))
  return root ~= nil and lost[root] and STOPPED or nil
end

--- A few words for the statusline; empty where there is nothing to say.
function M.line(bufnr)
  local now = M.of(bufnr)
  if now == nil then
    return ""
  end
  local number = M.count(bufnr)
  local words = WORDS[now.state]
  if words == nil then
    return ("heap: %d"):format(number)
  end
  -- While it works, the last numbers are better than none.
  return number > 0 and ("heap: %d (%s)"):format(number, words) or ("heap: %s"):format(words)
end

return M
