-- Starts clients for buffers with Go code, starts them again after a crash, and shows what they know in the editor's own ways.

local compat = require("stackward.compat")
local config = require("stackward.config")
local server = require("stackward.server")
local status = require("stackward.status")

local M = {}

local RESTART_WINDOW = 180 -- Seconds; as long as other editors look back for crashes.

local last_root -- Of the client that is being started; 0.11 does not tell `cmd` about it.
local asked = {}
local said = {}
local crashes = {}
local group

--- The folder that a file's analysis starts from: the nearest go.work, else the nearest go.mod, else the repository.
---@return string|nil root nil where the file is in no project, or in the module cache, whose code is nobody's to change
function M.root_of(path)
  if path == "" or path:find("://", 1, true) ~= nil or path:find("[/\\]pkg[/\\]mod[/\\]") ~= nil then
    return nil
  end
  return compat.upward("go.work", path) or compat.upward("go.mod", path) or compat.upward(".git", path)
end

--- Call `on_dir(root)` for a buffer that a server can be started for, once the user has allowed it.
function M.root(bufnr, on_dir)
  local root = M.root_of(vim.api.nvim_buf_get_name(bufnr))
  if root == nil or vim.bo[bufnr].buftype ~= "" then
    return
  end
  local found = server.find(root)
  if found.ask ~= nil and asked[root] == nil and #vim.api.nvim_list_uis() > 0 then
    asked[root] = { on_dir }
    vim.schedule(function()
      vim.ui.select({ "Yes, always", "No, never", "Not now" }, {
        prompt = ("stackward: run the server of this workspace, %s?"):format(found.ask),
      }, function(answer)
        if answer ~= nil and answer ~= "Not now" then
          server.trust(found.ask, answer == "Yes, always")
        end
        local waiting = asked[root]
        asked[root] = {}
        for _, go_on in ipairs(waiting) do
          M.go_on(root, go_on)
        end
      end)
    end)
  elseif asked[root] ~= nil and #asked[root] > 0 then
    table.insert(asked[root], on_dir)
  else
    M.go_on(root, on_dir)
  end
end

--- Call `on_dir(root)` if there is a server for it, else say once what to do.
function M.go_on(root, on_dir)
  local found = server.find(root)
  if found.cmd ~= nil then
    last_root = root
    on_dir(root)
  elseif not said[root] then
    said[root] = true
    compat.notify(server.missing(found), vim.log.levels.WARN)
  end
end

local function crashed(root)
  return function(code, signal)
    local now = os.time()
    local recent = vim.tbl_filter(function(time)
      return now - time < RESTART_WINDOW
    end, crashes)
    crashes = recent
    table.insert(crashes, now)
    local why = signal ~= 0 and ("signal %d"):format(signal) or ("exit code %d"):format(code)
    vim.schedule(function()
      if vim.v.exiting ~= vim.NIL then
        return
      end
      status.gone(root)
      if #crashes > config.options.restarts then
        local text = "the server ended (%s) for the %dth time and stays off; see :Stackward log, then :Stackward restart"
        compat.notify(text:format(why, #crashes), vim.log.levels.ERROR)
        return
      end
      -- 0, 1, 2, 4 … seconds: what crashes at once must not take the machine.
      local delay = #crashes == 1 and 0 or 1000 * 2 ^ (#crashes - 2)
      compat.notify(("the server ended (%s); it is started again"):format(why), vim.log.levels.WARN)
      vim.defer_fn(M.attach_all, delay)
    end)
  end
end

local function capabilities()
  local made = vim.lsp.protocol.make_client_capabilities()
  made.workspace = made.workspace or {}
  made.workspace.codeLens = { refreshSupport = true }
  -- Have diagnostics pushed. Neovim 0.12, asked to pull them again, pulls those of all files but the ones that are open.
  made.workspace.diagnostics = { refreshSupport = false }
  return made
end

--- The configuration for |vim.lsp.start()| and |vim.lsp.config()|.
---@return vim.lsp.ClientConfig
function M.config()
  M.listen()
  local own = vim.deepcopy(config.options.settings)
  local settings = { stackward = next(own) ~= nil and own or vim.empty_dict() }
  local made = {
    name = "stackward",
    filetypes = { "go" },
    root_dir = M.root,
    settings = settings,
    init_options = settings,
    capabilities = capabilities(),
    commands = {
      -- What code lenses and actions run whose answers are for the user, not for the client.
      ["stackward.listHints"] = function(command, context)
        require("stackward.list").hints(context.client_id, command.arguments[1], command.arguments[2])
      end,
      ["stackward.proveRewrite"] = function(command, context)
        require("stackward.actions").prove(context.client_id, command.arguments)
      end,
    },
    handlers = {
      ["stackward/status"] = function(_, value, context)
        status.take(context.client_id, value)
      end,
    },
    cmd = function(dispatchers, given)
      local root = type(given) == "table" and type(given.root_dir) == "string" and given.root_dir or last_root
      return server.start(dispatchers, root, crashed(root))
    end,
  }
  if compat.has_0_10 then
    made.handlers["textDocument/inlayHint"] = require("stackward.inlay").take
  end
  if not compat.has_0_12 then
    made.handlers["workspace/codeLens/refresh"] = function(_, _, context)
      local client = vim.lsp.get_client_by_id(context.client_id)
      for bufnr in pairs(client ~= nil and client.attached_buffers or {}) do
        M.refresh_lenses(client, bufnr)
      end
      return vim.NIL
    end
  end
  return made
end

--- Ask for the lenses of a buffer; Neovim 0.12 does this by itself.
--- |vim.lsp.codelens.refresh()| would ask gopls too, and never again after a server went away without an answer.
function M.refresh_lenses(client, bufnr)
  if not config.options.code_lens or not compat.has_0_10 or compat.has_0_12 then
    return
  end
  local params = { textDocument = { uri = vim.uri_from_bufnr(bufnr) } }
  compat.request(client, "textDocument/codeLens", params, vim.lsp.codelens.on_codelens, bufnr)
end

local function show_diagnostics(client)
  local options = config.options.diagnostics
  if options ~= nil then
    vim.diagnostic.config(options, vim.lsp.diagnostic.get_namespace(client.id))
  end
end

local function attached(client, bufnr)
  show_diagnostics(client)
  if config.options.inlay_hints and compat.has_0_10 then
    vim.lsp.inlay_hint.enable(true, { bufnr = bufnr })
  end
  if config.options.code_lens then
    if compat.has_0_12 then
      vim.lsp.codelens.enable(true, { bufnr = bufnr })
    else
      M.refresh_lenses(client, bufnr)
    end
  end
  if config.options.on_attach ~= nil then
    config.options.on_attach(client, bufnr)
  end
end

--- Follow what clients do, once.
function M.listen()
  if group ~= nil or vim.fn.has("nvim-0.8") == 0 then
    return
  end
  group = vim.api.nvim_create_augroup("stackward", {})
  vim.api.nvim_create_autocmd("LspAttach", {
    group = group,
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if client ~= nil and client.name == "stackward" then
        attached(client, event.buf)
      end
    end,
  })
end

--- Start or take a client for one buffer; for releases without |vim.lsp.enable()|.
function M.attach(bufnr)
  M.root(bufnr, function(root)
    if not vim.api.nvim_buf_is_loaded(bufnr) then
      return
    end
    local made = M.config()
    made.root_dir = root
    if compat.has_0_10 then
      vim.lsp.start(made, { bufnr = bufnr })
    else
      M.attach_plainly(made, bufnr)
    end
  end)
end

--- What Neovim 0.7 to 0.9 can do: a client, its diagnostics and hovers.
function M.attach_plainly(made, bufnr)
  made.cmd = server.find(made.root_dir).cmd
  made.filetypes = nil
  made.handlers["workspace/codeLens/refresh"] = nil
  made.capabilities = nil
  made.on_attach = config.options.on_attach
  if vim.lsp.start ~= nil then
    vim.lsp.start(made, { bufnr = bufnr })
    return
  end
  for _, client in ipairs(compat.clients()) do
    if client.config.root_dir == made.root_dir then
      vim.lsp.buf_attach_client(bufnr, client.id)
      return
    end
  end
  local client_id = vim.lsp.start_client(made)
  if client_id ~= nil then
    vim.lsp.buf_attach_client(bufnr, client_id)
  end
end

--- Give a client to every loaded buffer with Go code that has none.
function M.attach_all()
  if compat.has_0_11 then
    vim.lsp.enable("stackward")
    return
  end
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(bufnr) and vim.bo[bufnr].filetype == "go" then
      M.attach(bufnr)
    end
  end
end

--- Have clients started for Go files from now on, and for those that are open.
function M.enable()
  M.listen()
  if compat.has_0_11 then
    vim.lsp.config("stackward", M.config())
    vim.lsp.enable("stackward")
    return
  end
  vim.api.nvim_create_autocmd("FileType", {
    group = vim.api.nvim_create_augroup("stackward_start", {}),
    pattern = "go",
    callback = function(event)
      M.attach(event.buf)
    end,
  })
  M.attach_all()
end

--- Forget what was said and asked, and which servers crashed.
function M.forget()
  said, asked, crashes = {}, {}, {}
end

--- Stop all clients and start them again.
function M.restart()
  M.forget()
  local clients = compat.clients()
  for _, client in ipairs(clients) do
    compat.stop(client)
  end
  local function gone()
    for _, client in ipairs(clients) do
      if not client.is_stopped(client) then -- A method since 0.11, a closure before.
        return false
      end
    end
    return true
  end
  local tries = 0
  local function again()
    tries = tries + 1
    if gone() then
      M.attach_all()
    elseif tries == 20 then
      for _, client in ipairs(clients) do
        compat.stop(client, true)
      end
      vim.defer_fn(again, 100)
    else
      vim.defer_fn(again, 100)
    end
  end
  vim.defer_fn(again, 20)
end

return M
