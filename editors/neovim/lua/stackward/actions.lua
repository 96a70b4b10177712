-- Code actions of this server alone: |vim.lsp.buf.code_action()| would ask gopls too.

local compat = require("stackward.compat")

local M = {}

local NOTHING = "nothing here can be fixed for sure; see :Stackward fix here"
local FIX_ALL = "source.fixAll.stackward"

local function edits_in(edit)
  local number = 0
  for _, change in ipairs(edit.documentChanges or {}) do
    number = number + (change.edits ~= nil and #change.edits or 1)
  end
  for _, edits in pairs(edit.changes or {}) do
    number = number + #edits
  end
  return number
end

local function apply(client, action)
  if action.edit ~= nil then
    if edits_in(action.edit) == 0 then
      compat.notify(NOTHING)
      return
    end
    vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
  end
  local command = action.command
  if type(command) == "table" then
    compat.command(client, command.command, command.arguments or {}, function() end)
  end
  compat.notify(action.title)
end

local function resolved(client, action)
  local provider = client.server_capabilities.codeActionProvider
  local can = type(provider) == "table" and provider.resolveProvider
  if action.edit ~= nil or action.command ~= nil or not can then
    apply(client, action)
    return
  end
  -- The compiler looks at the rewrite before it is made; the server says what it does not agree with.
  compat.request(client, "codeAction/resolve", action, function(err, whole)
    if err ~= nil then
      compat.notify(compat.reason(err), vim.log.levels.WARN)
    else
      apply(client, whole)
    end
  end, vim.api.nvim_get_current_buf())
end

local function ask(client, range, only, done)
  local bufnr = vim.api.nvim_get_current_buf()
  if not client.server_capabilities.codeActionProvider then
    compat.notify("this server offers no fixes; a newer one does", vim.log.levels.WARN)
    return
  end
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(bufnr) },
    range = range,
    context = { diagnostics = {}, only = only, triggerKind = 1 },
  }
  compat.request(client, "textDocument/codeAction", params, function(err, actions)
    if err ~= nil then
      compat.notify(compat.reason(err), vim.log.levels.ERROR)
      return
    end
    done(type(actions) == "table" and actions or {})
  end, bufnr)
end

local function enabled(actions)
  local reason
  local usable = vim.tbl_filter(function(action)
    reason = reason or action.disabled and action.disabled.reason
    return action.disabled == nil
  end, actions)
  return usable, reason
end

--- Apply every fix of the buffer that is safe.
function M.fix_all(client)
  local last = vim.api.nvim_buf_line_count(0)
  local range = { start = { line = 0, character = 0 }, ["end"] = { line = last, character = 0 } }
  ask(client, range, { FIX_ALL }, function(actions)
    local usable, reason = enabled(actions)
    if usable[1] == nil then
      compat.notify(reason or NOTHING)
    else
      resolved(client, usable[1])
    end
  end)
end

--- Choose among the fixes and rewrites at the cursor, or of the lines of a range.
---@param first integer|nil 1-based
---@param last integer|nil
function M.fix_here(client, first, last)
  local range
  if first ~= nil then
    range = { start = { line = first - 1, character = 0 }, ["end"] = { line = last, character = 0 } }
  else
    local _, at = compat.position(client)
    range = { start = at, ["end"] = at }
  end
  ask(client, range, { "quickfix", "refactor.rewrite" }, function(actions)
    local usable, reason = enabled(actions)
    if usable[1] == nil then
      compat.notify(reason or "there is nothing to fix here")
      return
    end
    vim.ui.select(usable, {
      prompt = "stackward",
      kind = "codeaction",
      format_item = function(action)
        return action.title
      end,
    }, function(action)
      if action ~= nil then
        resolved(client, action)
      end
    end)
  end)
end

--- Measure a rewrite, and show the benchmarks before and after it. What the code action of that name runs.
function M.prove(client_id, arguments)
  local client = vim.lsp.get_client_by_id(client_id)
  if client == nil then
    return
  end
  compat.notify("measuring before and after")
  compat.command(client, "stackward.proveRewrite", arguments, function(report)
    if report.failure ~= nil then
      compat.notify(report.failure, vim.log.levels.WARN)
    else
      require("stackward.window").split(report.text, "")
    end
  end)
end

return M
