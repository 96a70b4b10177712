-- Looks at a graph, applies rewrites. Returns what was shown and done.

return function(test)
  local given = test.given
  vim.cmd("filetype plugin on")
  require("stackward").setup({ cmd = given.cmd })
  vim.cmd("edit " .. vim.fn.fnameescape(given.file))
  local source = vim.api.nvim_get_current_win()
  local statuses = {}
  vim.api.nvim_create_autocmd("User", {
    pattern = "StackwardStatus",
    callback = function(event)
      table.insert(statuses, event.data.state)
    end,
  })

  local function shown()
    local all = {}
    for _, one in ipairs(vim.diagnostic.get(0)) do
      local line = vim.api.nvim_buf_get_lines(0, one.lnum, one.lnum + 1, false)[1] or ""
      local text = one.lnum == one.end_lnum and line:sub(one.col + 1, one.end_col) or ""
      table.insert(all, { row = one.lnum, text = text, message = one.message })
    end
    return all
  end
  local function sized()
    for _, one in ipairs(shown()) do
      if one.message:find(" bytes", 1, true) then
        return true
      end
    end
    return false
  end
  test.wait("hints", sized)
  local function go_to(row, text)
    local line = vim.api.nvim_buf_get_lines(0, row, row + 1, false)[1]
    vim.api.nvim_win_set_cursor(0, { row + 1, line:find(text, 1, true) - 1 })
  end
  local function find(text)
    for row, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
      if line:find(text, 1, true) then
        return row - 1
      end
    end
    error("there is no " .. text)
  end
  local facts = { first = shown() }

  -- The graph, and from its last place back to the code.
  go_to(given.row, "item.Product.Name")
  vim.cmd("Stackward graph")
  test.wait("the graph", function()
    return vim.api.nvim_get_current_win() ~= source
  end)
  facts.graph = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  vim.api.nvim_win_set_cursor(0, { 2, 0 })
  vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes("<CR>", true, false, true), "x", false)
  facts.jumped = { vim.api.nvim_get_current_win() == source, vim.api.nvim_win_get_cursor(0) }
  vim.cmd("Stackward graph mermaid")
  test.wait("the diagram", function()
    return vim.bo.filetype == "mermaid"
  end)
  facts.mermaid = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  vim.cmd("normal q")
  vim.cmd("Stackward graph svg")
  test.wait("the picture", function()
    return (test.told[#test.told] or ""):find("the picture is", 1, true) ~= nil
  end)
  local picture = test.told[#test.told]:match("the picture is (.*)$")
  facts.svg = table.concat(vim.fn.readfile(picture), "\n")
  vim.fn.delete(picture)

  -- One rewrite, chosen; a user sees the same titles.
  local titles = {}
  vim.ui.select = function(items, options, choose)
    titles = vim.tbl_map(options.format_item, items)
    choose(items[1])
  end
  local function save()
    local before = #statuses
    vim.cmd("silent write")
    test.wait("hints after saving", function()
      return vim.tbl_contains(vim.list_slice(statuses, before + 1), "analysing") and statuses[#statuses] ~= "analysing"
    end)
  end
  go_to(find(given.fix), given.fix)
  -- Until something is changed and said, or only said.
  local function fix(command)
    local told = #test.told
    vim.cmd(command)
    test.wait(command, function()
      return #test.told > told
    end)
    return test.told[#test.told]
  end
  fix("Stackward fix here")
  facts.titles = titles
  save()
  facts.one = shown()
  facts.one_on_disk = table.concat(vim.fn.readfile(given.file), "\n")

  -- All that is safe.
  fix("Stackward fix")
  save()
  facts.all = shown()
  facts.all_on_disk = table.concat(vim.fn.readfile(given.file), "\n")
  facts.nothing = fix("Stackward fix")
  return facts
end
