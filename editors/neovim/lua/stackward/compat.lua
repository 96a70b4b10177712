-- What is called differently by releases of Neovim, and what 0.7 to 0.9 lack. Nothing else asks for versions.

local M = {}

M.has_0_10 = vim.fn.has("nvim-0.10") == 1
M.has_0_11 = vim.fn.has("nvim-0.11") == 1
M.has_0_12 = vim.fn.has("nvim-0.12") == 1

M.uv = vim.uv or vim.loop

--- Tell the user something, as stackward.
function M.notify(text, level)
  vim.notify("stackward: " .. text, level or vim.log.levels.INFO, { title = "stackward" })
end

--- The clients of this server, those of one buffer if it is given.
---@return vim.lsp.Client[]
function M.clients(bufnr)
  if vim.lsp.get_clients ~= nil then
    return vim.lsp.get_clients({ name = "stackward", bufnr = bufnr })
  end
  return vim.tbl_filter(function(client)
    return client.name == "stackward" and (bufnr == nil or vim.lsp.buf_is_attached(bufnr, client.id))
  end, vim.lsp.get_active_clients())
end

--- Send a request; `done(err, result, context)` gets the answer.
function M.request(client, method, params, done, bufnr)
  if M.has_0_11 then
    return client:request(method, params, done, bufnr)
  end
  return client.request(method, params, done, bufnr)
end

--- Have the server run one of its commands; `done(result)` gets the answer, an error is shown.
function M.command(client, name, arguments, done)
  M.request(client, "workspace/executeCommand", { command = name, arguments = arguments }, function(err, result)
    if err ~= nil then
      M.notify(M.reason(err), vim.log.levels.ERROR)
    else
      done(result)
    end
  end, vim.api.nvim_get_current_buf())
end

--- Stop a client, at once if it is forced.
function M.stop(client, force)
  if M.has_0_11 then
    client:stop(force)
  else
    client.stop(force)
  end
end

--- The text behind an error of an answer.
function M.reason(err)
  return type(err) == "table" and err.message or tostring(err)
end

--- The nearest folder at or above `path` that has an entry of this name; nil if there is none.
function M.upward(name, path)
  local folder = vim.fn.fnamemodify(path, ":p")
  if vim.fn.isdirectory(folder) == 0 then
    folder = vim.fn.fnamemodify(folder, ":h")
  end
  folder = folder:gsub("(.)[/\\]+$", "%1")
  while true do
    if M.uv.fs_stat(folder .. "/" .. name) ~= nil then
      return folder
    end
    local parent = vim.fn.fnamemodify(folder, ":h")
    if parent == folder then
      return nil
    end
    folder = parent
  end
end

--- The parameters of a request about the cursor's place, in the units of the client.
function M.position(client)
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  return params.textDocument.uri, params.position
end

return M
