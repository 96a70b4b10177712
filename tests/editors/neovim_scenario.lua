-- A user's round through a file: open, look, list, toggle, edit, save, crash. Returns what Neovim showed.

return function(test)
  local given = test.given
  local facts = { statuses = {}, row = given.row }

  vim.cmd("filetype plugin on")
  if given.start == "setup" then
    require("stackward").setup({ cmd = given.cmd, diagnostics = { virtual_text = true, signs = true } })
  elseif given.start == "enable" then
    vim.lsp.config("stackward", { cmd = given.cmd })
    vim.lsp.enable("stackward")
  end
  local stackward = require("stackward")
  local compat = require("stackward.compat")
  vim.api.nvim_create_autocmd("User", {
    pattern = "StackwardStatus",
    callback = function()
      table.insert(facts.statuses, stackward.status())
    end,
  })

  local function client()
    return compat.clients(0)[1]
  end

  local function covered(row, first, last)
    local line = vim.api.nvim_buf_get_lines(0, row, row + 1, false)[1] or ""
    return line:sub(first + 1, last)
  end

  local function byte(position)
    local line = vim.api.nvim_buf_get_lines(0, position.line, position.line + 1, false)[1] or ""
    local encoding = client().offset_encoding
    if encoding == "utf-8" then
      return position.character
    end
    return vim.str_byteindex(line, math.min(position.character, vim.fn.strutf16len and vim.fn.strutf16len(line) or 1e9), true)
  end

  local function shown()
    local all = {}
    for _, one in ipairs(vim.diagnostic.get(0)) do
      table.insert(all, {
        row = one.lnum,
        text = one.lnum == one.end_lnum and covered(one.lnum, one.col, one.end_col) or "",
        code = one.code,
        source = one.source,
        message = one.message,
      })
    end
    return all
  end

  -- The object code has been read: only then are sizes known.
  local function confirmed()
    for _, one in ipairs(vim.diagnostic.get(0)) do
      if one.message:find(" bytes", 1, true) then
        return true
      end
    end
    return false
  end

  -- Until the server rests and the editor shows all that the server knows.
  local function settle(what)
    test.wait(what, function()
      local now = stackward.state()
      return client() ~= nil and now ~= nil and now.state == "idle" and confirmed()
    end)
    local params = { command = "stackward.listHints", arguments = { vim.uri_from_bufnr(0) } }
    local hints
    test.ask(what .. ": all diagnostics", function()
      hints = select(2, test.answer("the list of hints", function(done)
        compat.request(client(), "workspace/executeCommand", params, done, 0)
      end))
      return vim.wait(1000, function()
        return #vim.diagnostic.get(0) == #hints
      end, 10)
    end)
    return hints
  end

  -- Open.
  vim.cmd("edit " .. vim.fn.fnameescape(given.file))
  settle("the first hints")
  facts.encoding = client().offset_encoding
  facts.root = client().config.root_dir
  facts.diagnostics = shown()
  facts.status = stackward.status()

  -- Inlay hints and lenses, as the standard interfaces have them.
  local function inlay()
    return vim.lsp.inlay_hint.get({ bufnr = 0 })
  end
  test.wait("inlay hints", function()
    return #inlay() == #vim.diagnostic.get(0)
  end)
  facts.inlay = {}
  for _, one in ipairs(inlay()) do
    local position = one.inlay_hint.position
    table.insert(facts.inlay, {
      row = position.line,
      before = covered(position.line, 0, position.character), -- Neovim has made bytes of it.
      label = one.inlay_hint.label,
    })
  end
  -- What is drawn is another matter than what is known.
  local namespaces = vim.api.nvim_get_namespaces()
  local inlays = namespaces["nvim.lsp.inlayhint"] or namespaces["vim_lsp_inlayhint"]
  facts.drawn = {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, inlays, 0, -1, { details = true })) do
    local words = {}
    for _, chunk in ipairs(mark[4].virt_text) do
      table.insert(words, chunk[1])
    end
    table.insert(facts.drawn, { row = mark[2], before = covered(mark[2], 0, mark[3]), label = table.concat(words) })
  end
  local function lenses()
    local all = compat.has_0_12 and vim.lsp.codelens.get({ bufnr = 0 }) or vim.lsp.codelens.get(0)
    return vim.tbl_map(function(one)
      return one.lens or one
    end, all)
  end
  test.wait("lenses", function()
    return #lenses() > 0
  end)
  facts.lenses = {}
  for _, lens in ipairs(lenses()) do
    table.insert(facts.lenses, {
      row = lens.range.start.line,
      text = covered(lens.range.start.line, byte(lens.range.start), byte(lens.range["end"])),
      title = lens.command.title,
      command = lens.command.command,
    })
  end

  table.sort(facts.lenses, function(a, b) -- 0.12 has them in no order.
    return a.row < b.row
  end)

  -- Hover, on the last character of the expression: one further is another place.
  local line = vim.api.nvim_buf_get_lines(0, given.row, given.row + 1, false)[1]
  local _, last = line:find(given.hover, 1, true)
  vim.api.nvim_win_set_cursor(0, { given.row + 1, last - 1 })
  local file, position = compat.position(client())
  local _, hover = test.answer("the hover", function(done)
    compat.request(client(), "textDocument/hover", { textDocument = { uri = file }, position = position }, done, 0)
  end)
  facts.hover = {
    text = covered(hover.range.start.line, byte(hover.range.start), byte(hover.range["end"])),
    value = hover.contents.value,
  }
  local window
  vim.lsp.buf.hover()
  test.wait("the window of the hover", function()
    for _, one in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(one).relative ~= "" then
        window = one
      end
    end
    return window ~= nil
  end)
  facts.hover.shown = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), "\n")
  vim.api.nvim_win_close(window, true)

  -- The quickfix list: of the file, of a lens, of the workspace.
  local source = vim.api.nvim_get_current_win()
  local function quickfix(command)
    vim.fn.setqflist({}, "r", { title = "", items = {} })
    vim.cmd(command)
    test.wait(command, function()
      return vim.fn.getqflist({ size = 0 }).size > 0
    end)
    local list = vim.fn.getqflist({ title = 0, items = 0 })
    vim.cmd("cclose")
    vim.api.nvim_set_current_win(source)
    local items = {}
    for _, item in ipairs(list.items) do
      local path = vim.api.nvim_buf_get_name(item.bufnr)
      local text = ""
      if path == vim.api.nvim_buf_get_name(0) then
        text = covered(item.lnum - 1, item.col - 1, item.end_col - 1)
      end
      table.insert(items, { path = path, row = item.lnum - 1, text = text, message = item.text, type = item.type })
    end
    return { title = list.title, items = items }
  end
  facts.list = quickfix("Stackward list")
  facts.list_workspace = quickfix("Stackward list workspace")
  for _, lens in ipairs(facts.lenses) do
    if lens.text:find(given.lens, 1, true) then
      vim.api.nvim_win_set_cursor(0, { lens.row + 1, 0 })
    end
  end
  facts.list_lens = quickfix("lua vim.lsp.codelens.run()")
  vim.cmd("edit " .. vim.fn.fnameescape(given.inlining))
  facts.inline_diff = quickfix("Stackward inline-diff")
  vim.cmd("edit " .. vim.fn.fnameescape(given.file))

  -- Off and on again.
  vim.cmd("Stackward toggle")
  test.wait("no hints", function()
    return #vim.diagnostic.get(0) == 0 and #inlay() == 0
  end)
  vim.cmd("Stackward toggle")
  settle("hints again")
  test.wait("inlay hints again", function()
    return #inlay() == #vim.diagnostic.get(0)
  end)
  facts.toggled = shown()

  test.ask("the status", function()
    local told = #test.told
    vim.cmd("Stackward status")
    test.wait("a status", function()
      return #test.told > told
    end)
    return test.told[#test.told] == "stackward: idle"
  end)

  -- The page of the rule under the cursor.
  vim.api.nvim_win_set_cursor(0, { given.row + 1, last - 1 })
  vim.cmd("Stackward explain")
  test.wait("the page", function()
    return vim.bo.filetype == "markdown"
  end)
  facts.page = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
  vim.cmd("normal q")
  facts.back = vim.api.nvim_get_current_win() == source

  -- Edit and save.
  vim.api.nvim_buf_set_lines(0, given.row, given.row + 1, false, { (given.edited:gsub("\n$", "")) })
  vim.cmd("silent write")
  local states = #facts.statuses
  test.wait("the hint gone", function()
    for _, one in ipairs(shown()) do
      if one.row == given.row and one.text:find(given.gone, 1, true) then
        return false
      end
    end
    return #facts.statuses > states
  end)
  settle("hints after saving")
  facts.saved = shown()

  -- The server is killed, and comes back.
  local before = client().id
  local killed = 0
  for _, pid in ipairs(vim.api.nvim_get_proc_children(vim.fn.getpid())) do
    killed = killed + 1
    compat.uv.kill(pid, 9)
  end
  test.wait("another server", function()
    return client() ~= nil and client().id ~= before
  end)
  settle("hints of the new server")
  facts.killed = killed
  facts.after_crash = shown()

  -- Restarted because the user asks for it.
  before = client().id
  vim.cmd("Stackward restart")
  test.wait("the restarted server", function()
    return client() ~= nil and client().id ~= before
  end)
  settle("hints of the restarted server")
  facts.restarted = shown()
  facts.clients = #compat.clients()
  vim.cmd("Stackward log")
  facts.log = vim.api.nvim_buf_get_name(0)
  return facts
end
