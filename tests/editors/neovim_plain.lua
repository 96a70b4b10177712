-- Opens a file with a client that knows nothing special; returns the diagnostics.

return function(test)
  local given = test.given
  vim.cmd("filetype plugin on")
  vim.env.PATH = given.bin .. ":" .. vim.env.PATH
  if given.start == "setup" then
    require("stackward").setup()
  else
    vim.lsp.enable("stackward")
  end
  vim.cmd("edit " .. vim.fn.fnameescape(given.file))
  vim.bo.filetype = "go" -- 0.7 guesses file types only when it has been told to before the start.
  local function shown()
    return vim.tbl_map(function(one)
      local line = vim.api.nvim_buf_get_lines(0, one.lnum, one.lnum + 1, false)[1] or ""
      local text = one.lnum == one.end_lnum and line:sub(one.col + 1, one.end_col) or ""
      return { row = one.lnum, text = text, source = one.source, code = one.code }
    end, vim.diagnostic.get(0))
  end
  test.wait("hints that the object code has confirmed", function()
    local all = shown()
    local number = 0
    for _, one in ipairs(all) do
      number = number + (one.row == 23 and 1 or 0)
    end
    return number == 4
  end)
  local pids = given.pids and vim.api.nvim_get_proc_children(vim.fn.getpid()) or nil
  return { diagnostics = shown(), pids = pids }
end
