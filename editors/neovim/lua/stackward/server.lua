-- Finds the server, and starts it.

local compat = require("stackward.compat")
local config = require("stackward.config")

local M = {}

local WINDOWS = vim.fn.has("win32") == 1
local LOG_BYTES = 1024 * 1024

---@class stackward.Found
---@field cmd string[]|nil the command line; nil where there is no server
---@field from string where it was found, in words
---@field searched string[] where it was looked for, in words
---@field ask string|nil a server in the workspace that the user has not been asked about

local function trusted_file()
  local ok, state = pcall(vim.fn.stdpath, "state") -- Since 0.8.
  return (ok and state or vim.fn.stdpath("data")) .. "/stackward-trusted.json"
end

local function answers()
  local ok, lines = pcall(vim.fn.readfile, trusted_file())
  local decoded, value = pcall(vim.fn.json_decode, ok and table.concat(lines, "\n") or "{}")
  return decoded and type(value) == "table" and value or {}
end

--- Remember whether a program of a workspace may be run.
function M.trust(program, yes)
  local all = answers()
  all[program] = yes
  local path = trusted_file()
  vim.fn.mkdir(vim.fn.fnamemodify(path, ":h"), "p")
  vim.fn.writefile({ vim.fn.json_encode(all) }, path)
end

--- The server's own log.
function M.log_path()
  local ok, folder = pcall(vim.fn.stdpath, "log") -- Since 0.8.
  return (ok and folder or vim.fn.stdpath("cache")) .. "/stackward.log"
end

local function serve(program)
  local log = M.log_path()
  local stat = compat.uv.fs_stat(log)
  if stat ~= nil and stat.size > LOG_BYTES then
    compat.uv.fs_rename(log, log .. ".old")
  end
  vim.fn.mkdir(vim.fn.fnamemodify(log, ":h"), "p")
  return { program, "serve", "--log-file", log, "--log-level", config.options.log_level }
end

local function in_venv(root)
  for _, name in ipairs({ ".venv", "venv" }) do
    local program = root .. "/" .. name .. (WINDOWS and "/Scripts/stackward.exe" or "/bin/stackward")
    if vim.fn.executable(program) == 1 then
      return program, name
    end
  end
end

--- Look for the server: the option `cmd`, the workspace's virtual environment, PATH.
---@param root string|nil
---@return stackward.Found
function M.find(root)
  local chosen = config.options.cmd
  if chosen ~= nil then
    local cmd = type(chosen) == "table" and vim.deepcopy(chosen) or nil
    local program = vim.fn.expand(cmd and cmd[1] or chosen)
    -- A setting that does not work is an error, not a reason to take another server.
    if vim.fn.executable(program) ~= 1 then
      return { from = "", searched = { ("the option cmd (%s cannot be run)"):format(program) } }
    end
    if cmd then
      cmd[1] = program
    end
    return { cmd = cmd or serve(program), from = "the option cmd", searched = {} }
  end
  local searched = {}
  local ask
  if root ~= nil and config.options.venv ~= false then
    local program, name = in_venv(root)
    if program ~= nil then
      local allowed = config.options.venv == true or answers()[program]
      if allowed then
        return { cmd = serve(program), from = ("the virtual environment %s/%s"):format(root, name), searched = {} }
      end
      ask = allowed == nil and program or nil
      table.insert(searched, program .. (ask and " (not yet allowed)" or " (not allowed)"))
    else
      table.insert(searched, root .. "/.venv and " .. root .. "/venv")
    end
  end
  local on_path = vim.fn.exepath("stackward")
  if on_path ~= "" then
    return { cmd = serve(on_path), from = "PATH", searched = searched, ask = ask }
  end
  table.insert(searched, "PATH")
  return { from = "", searched = searched, ask = ask }
end

--- What to do where there is no server, in one message.
---@param found stackward.Found
function M.missing(found)
  return ("no server in %s. Install it (pip install stackward), or set cmd in require('stackward').setup{}; "):format(
    table.concat(found.searched, ", ")
  ) .. ":checkhealth stackward says more"
end

--- Start the server for |vim.lsp.start()|. `crashed()` is called when it ends without having been asked to.
---@param dispatchers vim.lsp.rpc.Dispatchers
---@param root string|nil
---@param crashed fun(code: integer, signal: integer)
function M.start(dispatchers, root, crashed)
  local found = M.find(root)
  if found.cmd == nil then
    error("stackward: " .. M.missing(found), 0)
  end
  local wanted = false
  local on_exit = dispatchers.on_exit
  dispatchers.on_exit = function(code, signal)
    on_exit(code, signal)
    if not wanted and (code ~= 0 or signal ~= 0) then
      crashed(code, signal)
    end
  end
  local rpc = vim.lsp.rpc.start(found.cmd, dispatchers, { cwd = root })
  local terminate, notify = rpc.terminate, rpc.notify
  rpc.terminate = function(...)
    wanted = true
    return terminate(...)
  end
  rpc.notify = function(method, ...)
    wanted = wanted or method == "exit"
    return notify(method, ...)
  end
  return rpc
end

return M
