-- The options of setup(), and what is wrong with them.

local M = {}

---@class stackward.Options
---@field cmd string|string[]|nil the server: a program, or a program with all of its arguments; nil looks for it
---@field venv "ask"|boolean whether a server in the workspace's .venv or venv is run; "ask" asks once for each
---@field settings table the server's settings, as in docs/settings.md: { analysis = { trigger = "type" } }
---@field inlay_hints boolean show inlay hints in buffers with Go code
---@field code_lens boolean show code lenses in buffers with Go code
---@field diagnostics table|nil how stackward's diagnostics are shown, as for vim.diagnostic.config()
---@field list "auto"|"quickfix"|"trouble"|"telescope" what shows lists; "auto" takes Trouble or Telescope where present
---@field log_level "debug"|"info"|"warning"|"error" of the server's own log, see :Stackward log
---@field restarts integer how often a server that crashed is started again within three minutes
---@field on_attach fun(client: vim.lsp.Client, bufnr: integer)|nil called for each buffer that the server serves

---@type stackward.Options
local defaults = {
  cmd = nil,
  venv = "ask",
  settings = {},
  inlay_hints = true,
  code_lens = true,
  diagnostics = nil,
  list = "auto",
  log_level = "warning",
  restarts = 4,
  on_attach = nil,
}

local kinds = {
  cmd = { "string", "table" },
  venv = { "boolean", "ask" },
  settings = { "table" },
  inlay_hints = { "boolean" },
  code_lens = { "boolean" },
  diagnostics = { "table" },
  list = { "auto", "quickfix", "trouble", "telescope" },
  log_level = { "debug", "info", "warning", "error" },
  restarts = { "number" },
  on_attach = { "function" },
}

M.options = vim.deepcopy(defaults)

--- What is wrong with options, one sentence each.
---@return string[]
function M.problems(options)
  local found = {}
  for name, value in pairs(options) do
    local allowed = kinds[name]
    if allowed == nil then
      local known = vim.tbl_keys(kinds)
      table.sort(known)
      table.insert(found, ("there is no option %s; there are %s"):format(tostring(name), table.concat(known, ", ")))
    elseif not (vim.tbl_contains(allowed, type(value)) or vim.tbl_contains(allowed, value)) then
      table.insert(found, ("%s must be %s, not %s"):format(name, table.concat(allowed, " or "), vim.inspect(value)))
    end
  end
  table.sort(found)
  return found
end

--- Take the options of setup(); those that are wrong are named and keep their defaults.
function M.set(options)
  options = options or {}
  for _, problem in ipairs(M.problems(options)) do
    require("stackward.compat").notify(problem, vim.log.levels.WARN)
  end
  local taken = {}
  for name, value in pairs(options) do
    if next(M.problems({ [name] = value })) == nil then
      taken[name] = value
    end
  end
  M.options = vim.tbl_extend("force", vim.deepcopy(defaults), taken)
end

return M
