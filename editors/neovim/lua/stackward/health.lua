-- :checkhealth stackward

local compat = require("stackward.compat")
local config = require("stackward.config")
local server = require("stackward.server")

local M = {}

-- Neovim 0.10 has new names for these.
local report = {
  start = vim.health.start or vim.health.report_start,
  ok = vim.health.ok or vim.health.report_ok,
  info = vim.health.info or vim.health.report_info,
  warn = vim.health.warn or vim.health.report_warn,
  error = vim.health.error or vim.health.report_error,
}

local function run(argv)
  local lines = vim.fn.systemlist(argv)
  return vim.v.shell_error, lines
end

local function neovim()
  report.start("Neovim")
  local version = vim.version()
  local text = ("%d.%d.%d"):format(version.major, version.minor, version.patch)
  if compat.has_0_10 then
    report.ok(("Neovim %s: everything works"):format(text))
  else
    report.warn(
      ("Neovim %s: diagnostics and hovers only"):format(text),
      "Inlay hints, code lenses and restarts after a crash need Neovim 0.10 or newer."
    )
  end
end

local function module_root()
  local path = vim.api.nvim_buf_get_name(0)
  -- The report is a buffer of its own; the file that the user came from is the alternate one.
  if vim.bo.filetype ~= "go" and vim.fn.bufname("#") ~= "" then
    path = vim.fn.fnamemodify(vim.fn.bufname("#"), ":p")
  end
  local client = require("stackward.client")
  return client.root_of(path) or client.root_of(vim.fn.getcwd() .. "/.")
end

local function doctor(program, root)
  report.start("stackward doctor")
  local argv = { program, "doctor" }
  local go = vim.tbl_get and vim.tbl_get(config.options.settings, "go", "path")
  if type(go) == "string" and go ~= "" then
    vim.list_extend(argv, { "--go", go })
  end
  table.insert(argv, root or ".")
  local code, lines = run(argv)
  for _, line in ipairs(vim.tbl_filter(function(one)
    return vim.trim(one) ~= ""
  end, lines)) do
    local status, rest = line:match("^(%l+)%s%s+(.*)$")
    local show = ({ failed = report.error, warning = report.warn, ok = report.ok })[status]
    if show ~= nil then
      show(rest)
    else
      report.info(vim.trim(line)) -- Details, the next step, the sum.
    end
  end
  if code ~= 0 and #lines == 0 then
    report.error("it does not run")
  end
end

local function clients()
  report.start("Servers that run")
  local running = compat.clients()
  if #running == 0 then
    report.info("none; one starts with the first Go file of a module")
  end
  for _, client in ipairs(running) do
    local encoding = client.offset_encoding
    report.ok(("%d: %s, columns in %s"):format(client.id, tostring(client.config.root_dir), encoding))
  end
end

--- Say what works and what does not.
function M.check()
  neovim()
  report.start("The server")
  local problems = config.problems(config.options)
  for _, problem in ipairs(problems) do
    report.error(problem)
  end
  local root = module_root()
  local found = server.find(root)
  report.info("the workspace is " .. (root or "unknown: this file is in no module"))
  if found.ask ~= nil then
    report.info(("%s is not run before you allow it, when a Go file is opened"):format(found.ask))
  end
  if found.cmd == nil then
    report.error(
      "not found in " .. table.concat(found.searched, ", "),
      { "pip install stackward", "or require('stackward').setup { cmd = '/path/to/stackward' }" }
    )
    clients()
    return
  end
  local code, lines = run({ found.cmd[1], "--version" })
  if code == 0 then
    report.ok(("%s, from %s: %s"):format(lines[1] or "", found.from, found.cmd[1]))
    doctor(found.cmd[1], root)
  else
    report.error(("%s, from %s, does not work: %s"):format(found.cmd[1], found.from, table.concat(lines, " ")))
  end
  clients()
end

return M
