-- Windows for texts: pages in a split, graphs in a floating window.

local compat = require("stackward.compat")

local M = {}

local function scratch(lines, filetype)
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].filetype = filetype
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].bufhidden = "wipe"
  return bufnr
end

local function closes(bufnr, window, keys)
  for _, key in ipairs(keys) do
    vim.api.nvim_buf_set_keymap(bufnr, "n", key, "", {
      nowait = true,
      callback = function()
        if vim.api.nvim_win_is_valid(window) then
          vim.api.nvim_win_close(window, true)
        end
      end,
    })
  end
end

--- Show a text in a split below; `q` closes it.
---@return integer bufnr
function M.split(text, filetype)
  local bufnr = scratch(vim.split(text, "\n", { plain = true }), filetype)
  vim.cmd("botright split")
  local window = vim.api.nvim_get_current_win()
  vim.api.nvim_win_set_buf(window, bufnr)
  closes(bufnr, window, { "q" })
  return bufnr
end

--- The place that a line of a graph names (PATH:LINE:COLUMN, from 1, in bytes), as a path that exists.
---@param line string
---@param folders string[] what relative paths are relative to
---@return string|nil path
---@return integer|nil row
---@return integer|nil column
function M.place(line, folders)
  local before, row, column = line:match("^(.-%.go):(%d+):(%d+)")
  if before == nil then
    return nil
  end
  -- A path may have spaces, and something may be drawn before it: the longest that exists is meant.
  local start = 1
  while start ~= nil do
    local name = before:sub(start)
    for _, folder in ipairs({ "", unpack(folders) }) do
      local path = folder == "" and name or folder .. "/" .. name
      local absolute = name:match("^[/\\]") ~= nil or name:match("^%a:[/\\]") ~= nil
      if absolute == (folder == "") and compat.uv.fs_stat(path) ~= nil then
        return path, tonumber(row), tonumber(column)
      end
    end
    local space = before:find("%s", start)
    start = space ~= nil and space + 1 or nil
  end
  return nil
end

local function jump(window, path, row, column)
  if vim.api.nvim_win_is_valid(window) then
    vim.api.nvim_set_current_win(window)
  end
  vim.cmd("normal! m'") -- So that CTRL-O leads back.
  if vim.api.nvim_buf_get_name(0) ~= vim.fn.fnamemodify(path, ":p") then
    vim.cmd("edit " .. vim.fn.fnameescape(path))
  end
  local last = vim.api.nvim_buf_line_count(0)
  vim.api.nvim_win_set_cursor(0, { math.min(row, last), column - 1 })
end

--- Show a text in a floating window at the cursor. <CR> goes to the place that the line names, `q` and <Esc> close.
---@return integer window
function M.float(title, text, folders)
  local back = vim.api.nvim_get_current_win()
  local lines = vim.split(text:gsub("\n$", ""), "\n", { plain = true })
  local width = vim.fn.strdisplaywidth(title) + 2
  for _, line in ipairs(lines) do
    width = math.max(width, vim.fn.strdisplaywidth(line))
  end
  local bufnr = scratch(lines, "stackward-graph")
  local options = {
    relative = "cursor",
    row = 1,
    col = 0,
    width = math.max(1, math.min(width, vim.o.columns - 4)),
    height = math.max(1, math.min(#lines, vim.o.lines - 6)),
    style = "minimal",
    border = "rounded",
  }
  if vim.fn.has("nvim-0.9") == 1 then
    options.title = " " .. title .. " "
  end
  local window = vim.api.nvim_open_win(bufnr, true, options)
  vim.wo[window].cursorline = true
  vim.wo[window].wrap = false
  closes(bufnr, window, { "q", "<Esc>" })
  vim.api.nvim_buf_set_keymap(bufnr, "n", "<CR>", "", {
    nowait = true,
    callback = function()
      local path, row, column = M.place(vim.api.nvim_get_current_line(), folders)
      if path ~= nil then
        vim.api.nvim_win_close(window, true)
        jump(back, path, row, column)
      end
    end,
  })
  return window
end

return M
