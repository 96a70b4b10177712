-- `:Stackward` and its subcommands.

local compat = require("stackward.compat")

local M = {}

local rules -- Names of all rules, once they have been asked for.

local function uri()
  return vim.uri_from_bufnr(vim.api.nvim_get_current_buf())
end

--- The client of this buffer, else any; says what to do where there is none.
local function with_client(done)
  local client = compat.clients(vim.api.nvim_get_current_buf())[1] or compat.clients()[1]
  if client ~= nil then
    done(client)
  else
    compat.notify(
      "no server runs here; open a Go file of a module, or see :checkhealth stackward",
      vim.log.levels.WARN
    )
  end
end

local function rule_names()
  if rules == nil then
    local found = require("stackward.server").find(require("stackward.client").root_of(vim.api.nvim_buf_get_name(0)))
    local printed = found.cmd and vim.fn.systemlist({ found.cmd[1], "explain" }) or {}
    rules = {}
    for _, line in ipairs(vim.v.shell_error == 0 and printed or {}) do
      table.insert(rules, line:match("^%S+"))
    end
  end
  return rules
end

local function rule_here()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local best
  for _, one in ipairs(vim.diagnostic.get(0, { lnum = row - 1 })) do
    if one.source == "stackward" then
      local inside = one.col <= column and (one.end_lnum > one.lnum or column < one.end_col)
      if inside or best == nil then
        best = one
      end
    end
  end
  return best ~= nil and best.code or nil
end

local function explain(client, rule)
  compat.command(client, "stackward.explainRule", { rule }, function(page)
    require("stackward.window").split(page, "markdown")
  end)
end

local GRAPHS = {
  text = function(client, graph)
    local folder = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(0), ":h")
    local root = type(client.config.root_dir) == "string" and client.config.root_dir or folder
    require("stackward.window").float("escape flow", graph.text, { root, folder })
  end,
  mermaid = function(_, graph)
    require("stackward.window").split(graph.mermaid, "mermaid")
  end,
  svg = function(_, graph)
    local path = vim.fn.tempname() .. ".svg"
    vim.fn.writefile(vim.split(graph.svg, "\n", { plain = true }), path)
    if vim.ui.open ~= nil and #vim.api.nvim_list_uis() > 0 then
      vim.ui.open(path)
    end
    compat.notify("the picture is " .. path)
  end,
}

---@class stackward.Subcommand
---@field run fun(words: string[], call: table)
---@field words (fun(): string[])|nil what can follow

---@type table<string, stackward.Subcommand>
local SUBCOMMANDS = {
  analyze = {
    words = function()
      return { "package", "workspace" }
    end,
    run = function(words)
      with_client(function(client)
        if words[1] ~= "workspace" then
          compat.command(client, "stackward.analyzePackage", { uri() }, function() end)
          return
        end
        compat.command(client, "stackward.analyzeWorkspace", {}, function(report)
          local failures = report.failures or {}
          local text = ("%s%d sites in %d packages"):format(
            report.cancelled and "cancelled; " or "",
            report.sites,
            report.packages
          )
          if #failures > 0 then
            text = ("%s; %d could not be analysed: %s"):format(text, #failures, table.concat(failures, "; "))
          end
          compat.notify(text, #failures > 0 and vim.log.levels.WARN or vim.log.levels.INFO)
        end)
      end)
    end,
  },
  explain = {
    words = rule_names,
    run = function(words)
      local rule = words[1] or rule_here()
      if rule == nil then
        compat.notify("there is no hint on this line; name a rule: :Stackward explain RULE", vim.log.levels.WARN)
        return
      end
      with_client(function(client)
        explain(client, rule)
      end)
    end,
  },
  fix = {
    words = function()
      return { "all", "here" }
    end,
    run = function(words, call)
      with_client(function(client)
        local actions = require("stackward.actions")
        if call.range > 0 then
          actions.fix_here(client, call.line1, call.line2)
        elseif words[1] == "here" then
          actions.fix_here(client)
        else
          actions.fix_all(client)
        end
      end)
    end,
  },
  graph = {
    words = function()
      return { "text", "mermaid", "svg" }
    end,
    run = function(words)
      with_client(function(client)
        local file, position = compat.position(client)
        compat.command(client, "stackward.graph", { file, position }, function(graph)
          if type(graph) ~= "table" then
            compat.notify("there is no hint at the cursor", vim.log.levels.WARN)
            return
          end
          GRAPHS[words[1] or "text"](client, graph)
        end)
      end)
    end,
  },
  ["inline-diff"] = {
    run = function()
      with_client(function(client)
        require("stackward.list").inline_diff(client, uri())
      end)
    end,
  },
  list = {
    words = function()
      return { "file", "workspace" }
    end,
    run = function(words)
      with_client(function(client)
        if words[1] == "workspace" then
          require("stackward.list").workspace(client)
        else
          require("stackward.list").hints(client.id, uri())
        end
      end)
    end,
  },
  log = {
    run = function()
      local own = require("stackward.server").log_path()
      -- A server that the user starts in their own way logs to where Neovim keeps what servers say.
      local path = compat.uv.fs_stat(own) ~= nil and own or vim.lsp.get_log_path()
      vim.cmd("tabedit " .. vim.fn.fnameescape(path))
      vim.cmd("normal! G")
    end,
  },
  restart = {
    run = function()
      require("stackward.client").restart()
    end,
  },
  status = {
    run = function()
      with_client(function(client)
        compat.command(client, "stackward.status", {}, function(now)
          local text = now.message ~= "" and ("%s: %s"):format(now.state, now.message) or now.state
          compat.notify(text)
        end)
      end)
    end,
  },
  toggle = {
    run = function()
      with_client(function(client)
        compat.command(client, "stackward.toggleHints", {}, function(shown)
          compat.notify(shown and "hints are on" or "hints are off")
        end)
      end)
    end,
  },
}

local function names()
  local all = vim.tbl_keys(SUBCOMMANDS)
  table.sort(all)
  return all
end

--- Run `:Stackward WORDS…`; without words it says what there is.
---@param call table as nvim_create_user_command() gives it
function M.run(call)
  local words = vim.deepcopy(call.fargs)
  local name = table.remove(words, 1)
  local subcommand = SUBCOMMANDS[name]
  if subcommand == nil then
    local all = ("there are %s; see :help stackward"):format(table.concat(names(), ", "))
    compat.notify(name and ("there is no :Stackward %s; %s"):format(name, all) or all, vim.log.levels.WARN)
    return
  end
  local known = subcommand.words ~= nil and name ~= "explain" and subcommand.words() or nil
  if words[1] ~= nil and name ~= "explain" and not vim.tbl_contains(known or {}, words[1]) then
    local allowed = known and "can be " .. table.concat(known, " or ") or "takes nothing"
    compat.notify((":Stackward %s %s, not %s"):format(name, allowed, words[1]), vim.log.levels.WARN)
    return
  end
  subcommand.run(words, call)
end

--- What can stand at the end of a command line.
---@return string[]
function M.complete(lead, line)
  local before = vim.split(line:sub(1, #line - #lead), "%s+", { trimempty = true })
  while before[1] ~= nil and not before[1]:match("Stackward!?$") and not ("Stackward"):find(before[1], 1, true) do
    table.remove(before, 1)
  end
  local choices = {}
  if #before <= 1 then
    choices = names()
  elseif #before == 2 and SUBCOMMANDS[before[2]] ~= nil and SUBCOMMANDS[before[2]].words ~= nil then
    choices = SUBCOMMANDS[before[2]].words()
  end
  return vim.tbl_filter(function(choice)
    return vim.startswith(choice, lead)
  end, choices)
end

return M
