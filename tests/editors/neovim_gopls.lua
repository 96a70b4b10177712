-- Both servers in one buffer: each does its own, and neither hinders the other.

return function(test)
  local given = test.given
  vim.cmd("filetype plugin on")
  require("stackward").setup({ cmd = given.cmd })
  vim.lsp.config("gopls", { cmd = { given.gopls }, filetypes = { "go" }, root_markers = { "go.work", "go.mod" } })
  vim.lsp.enable("gopls")
  local state
  vim.api.nvim_create_autocmd("User", {
    pattern = "StackwardStatus",
    callback = function(event)
      state = event.data.state
    end,
  })
  vim.cmd("edit " .. vim.fn.fnameescape(given.file))

  local function client(name)
    return vim.lsp.get_clients({ bufnr = 0, name = name })[1]
  end
  local function shown()
    return vim.tbl_map(function(one)
      local line = vim.api.nvim_buf_get_lines(0, one.lnum, one.lnum + 1, false)[1] or ""
      local text = one.lnum == one.end_lnum and line:sub(one.col + 1, one.end_col) or ""
      return { row = one.lnum, text = text, source = one.source or "" }
    end, vim.diagnostic.get(0))
  end
  local function on_row()
    local number = 0
    for _, one in ipairs(shown()) do
      number = number + ((one.row == given.row and one.source == "stackward") and 1 or 0)
    end
    return number
  end
  test.wait("hints, all of them", function()
    return client("gopls") ~= nil and client("stackward") ~= nil and state == "idle" and on_row() == 4
  end)
  local facts = { capabilities = client("stackward").server_capabilities, diagnostics = shown() }

  -- Definitions and formatting are gopls's, and Neovim asks nobody which server is meant.
  local line = vim.api.nvim_buf_get_lines(0, given.row, given.row + 1, false)[1]
  vim.api.nvim_win_set_cursor(0, { given.row + 1, line:find("Price(item", 1, true) - 1 })
  vim.lsp.buf.definition()
  test.wait("the jump", function()
    return vim.api.nvim_win_get_cursor(0)[1] ~= given.row + 1
  end)
  facts.definition = vim.api.nvim_get_current_line()
  vim.api.nvim_buf_set_lines(0, given.row, given.row + 1, false, { "    " .. line })
  vim.lsp.buf.format({ async = false, timeout_ms = 60000 })
  facts.formatted = vim.api.nvim_buf_get_lines(0, given.row, given.row + 1, false)[1] == line
  -- What Neovim moved along with the edits is told again, whether or not the file says anything new.
  local told = false
  vim.api.nvim_create_autocmd("DiagnosticChanged", {
    callback = function()
      told = true
    end,
  })
  vim.cmd("silent write")
  test.wait("hints after saving", function()
    return told and on_row() == 4
  end)

  -- What a place has to say comes from both.
  vim.api.nvim_win_set_cursor(0, { given.row + 1, line:find("Name, item", 1, true) - 1 })
  facts.hovers = {}
  for _, name in ipairs({ "gopls", "stackward" }) do
    local one = client(name)
    local params = vim.lsp.util.make_position_params(0, one.offset_encoding)
    local answer = one:request_sync("textDocument/hover", params, 60000, 0)
    facts.hovers[name] = answer.result.contents.value
  end

  -- Our list is ours alone.
  vim.cmd("Stackward list")
  test.wait("the list", function()
    return vim.bo.buftype == "quickfix"
  end)
  facts.list = vim.tbl_map(function(item)
    return item.text
  end, vim.fn.getqflist())
  return facts
end
