-- What the plugin does without a server: options, completion, where it looks for the server, floating graphs, lists.

local function equal(got, wanted, what)
  if not vim.deep_equal(got, wanted) then
    error(("%s: got %s, wanted %s"):format(what or "not equal", vim.inspect(got), vim.inspect(wanted)), 2)
  end
end

local function executable(path)
  vim.fn.mkdir(vim.fn.fnamemodify(path, ":h"), "p")
  vim.fn.writefile({ "#!/bin/sh", "exit 0" }, path)
  vim.fn.setfperm(path, "rwxr-xr-x")
  return path
end

return function(test)
  local folder = test.given.folder
  local config = require("stackward.config")
  local server = require("stackward.server")
  local client = require("stackward.client")
  local window = require("stackward.window")
  local commands = require("stackward.commands")
  require("stackward.entry")

  -- Options.
  equal(config.problems({ cmd = "x", list = "trouble", venv = "ask", inlay_hints = false }), {}, "good options")
  equal(#config.problems({ cmd = 1, lists = "trouble", venv = "maybe" }), 3, "bad options")
  config.set({ list = "nowhere", code_lens = false })
  equal(config.options.list, "auto", "a wrong option keeps its default")
  equal(config.options.code_lens, false, "a right one is taken")
  equal(#test.told, 1, "what is wrong is said")

  -- Where the server is looked for. Nothing but this folder is on PATH.
  local bin = folder .. "/bin"
  vim.fn.mkdir(bin)
  vim.env.PATH = bin
  config.set({ venv = true })
  equal(server.find(folder).cmd, nil, "there is none yet")
  assert(server.missing(server.find(folder)):find("pip install stackward", 1, true))
  local on_path = executable(bin .. "/stackward")
  equal(server.find(folder).cmd[1], on_path, "on PATH")
  local venv = executable(folder .. "/venv/bin/stackward")
  equal(server.find(folder).cmd[1], venv, "in venv")
  local dot_venv = executable(folder .. "/.venv/bin/stackward")
  equal(server.find(folder).cmd[1], dot_venv, "in .venv")
  config.set({})
  local found = server.find(folder)
  equal(found.cmd[1], on_path, "a workspace's server is not run before it is allowed")
  equal(found.ask, dot_venv)
  server.trust(dot_venv, false)
  equal(server.find(folder).ask, nil, "no is an answer")
  equal(server.find(folder).cmd[1], on_path)
  server.trust(dot_venv, true)
  equal(server.find(folder).cmd[1], dot_venv, "allowed for good")
  config.set({ venv = false })
  equal(server.find(folder).cmd[1], on_path, "the workspace is not looked at")
  config.set({ cmd = venv })
  equal(server.find(folder).cmd[1], venv, "a program")
  config.set({ cmd = { venv, "serve", "--tcp", "x" } })
  equal(server.find(folder).cmd, { venv, "serve", "--tcp", "x" }, "a whole command")
  config.set({ cmd = folder .. "/nothing" })
  equal(server.find(folder).cmd, nil, "a setting that does not work is no reason to take another")
  config.set({})

  -- Roots.
  equal(client.root_of(folder .. "/internal/render/render.go"), folder, "the module")
  vim.fn.writefile({ "go 1.23" }, vim.fn.fnamemodify(folder, ":h") .. "/go.work")
  equal(client.root_of(folder .. "/internal/render/render.go"), vim.fn.fnamemodify(folder, ":h"), "go.work wins")
  equal(client.root_of("/go/pkg/mod/example.com/m@v1.0.0/m.go"), nil, "the module cache")
  equal(client.root_of("fugitive://x/y.go"), nil, "no file")
  equal(client.root_of(""), nil, "a buffer without a name")

  -- One message where there is no server, and one question for each server of a workspace.
  vim.cmd("edit " .. vim.fn.fnameescape(folder .. "/internal/labels/labels.go"))
  local asked, started = 0, {}
  local function start()
    client.root(0, function(root)
      table.insert(started, root)
    end)
  end
  local work = vim.fn.fnamemodify(folder, ":h")
  config.set({ cmd = folder .. "/nothing" })
  local before = #test.told
  start()
  start()
  equal({ #test.told - before, started }, { 1, {} }, "what is missing is said once")
  assert(test.told[#test.told]:find("checkhealth", 1, true))
  config.set({})
  local theirs = executable(work .. "/.venv/bin/stackward")
  vim.api.nvim_list_uis = function()
    return { {} }
  end
  local answer
  vim.ui.select = function(_, options, choose)
    assert(options.prompt:find(theirs, 1, true))
    asked = asked + 1
    choose(answer)
  end
  local function answered(what, given)
    local number = #started
    answer = given
    start()
    start()
    test.wait(what, function()
      return #started == number + 2
    end)
  end
  answered("no for now", nil)
  equal({ asked, server.find(work).cmd[1] }, { 1, on_path }, "it is not run")
  answered("not asked again", "Yes, always")
  equal(asked, 1)
  client.forget()
  answered("yes", "Yes, always")
  equal({ asked, server.find(work).cmd[1] }, { 2, theirs }, "it is run")
  equal(started[#started], work)

  -- Completion, and what is said of what there is not.
  equal(vim.fn.getcompletion("Stackward in", "cmdline"), { "inline-diff" })
  equal(vim.fn.getcompletion("Stackward analyze ", "cmdline"), { "package", "workspace" })
  equal(vim.fn.getcompletion("Stackward list w", "cmdline"), { "workspace" })
  equal(vim.fn.getcompletion("Stackward toggle ", "cmdline"), {})
  equal(commands.complete("", "vertical Stackward fix "), { "all", "here" })
  local function said(command)
    local number = #test.told
    vim.cmd(command)
    equal(#test.told, number + 1, command)
    return test.told[#test.told]
  end
  assert(said("Stackward"):find("there are analyze, explain, fix", 1, true))
  assert(said("Stackward nothing"):find("no :Stackward nothing", 1, true))
  assert(said("Stackward list everything"):find("file or workspace", 1, true))
  assert(said("Stackward status now"):find("takes nothing", 1, true))
  assert(said("Stackward status"):find("no server runs here", 1, true))
  equal(require("stackward").status(), "", "no server, no status")

  -- A graph: each line goes to its place.
  local spaced = folder .. "/with space/a.go"
  vim.fn.mkdir(vim.fn.fnamemodify(spaced, ":h"))
  vim.fn.writefile({ "package a" }, spaced)
  local main = folder .. "/internal/render/render.go"
  equal({ window.place("  └─ internal/render/render.go:24:3 boxed", { folder }) }, { main, 24, 3 })
  equal({ window.place(main .. ":1:2: x", { folder }) }, { main, 1, 2 })
  equal({ window.place("├ with space/a.go:1:1", { folder }) }, { spaced, 1, 1 })
  equal({ window.place("render.go:5:1: x", { folder, folder .. "/internal/render" }) }, { main, 5, 1 })
  equal({ window.place("gone.go:5:1: x", { folder }) }, {})
  equal({ window.place("no place: 5", { folder }) }, {})
  vim.cmd("edit " .. vim.fn.fnameescape(folder .. "/internal/order/order.go"))
  local source = vim.api.nvim_get_current_win()
  local text = "escape flow\ninternal/order/order.go:22:2 l is moved to the heap\ninternal/render/render.go:24:3 boxed\n"
  local float = window.float("escape flow", text, { folder })
  equal(vim.api.nvim_get_current_win(), float)
  equal(vim.api.nvim_win_get_config(float).relative ~= "", true, "it floats")
  equal(vim.api.nvim_buf_line_count(0), 3)
  equal(vim.bo.modifiable, false)
  local enter = vim.api.nvim_replace_termcodes("<CR>", true, false, true)
  vim.api.nvim_feedkeys(enter, "x", false)
  equal(vim.api.nvim_get_current_win(), float, "a line without a place goes nowhere")
  vim.api.nvim_win_set_cursor(float, { 2, 0 })
  vim.api.nvim_feedkeys(enter, "x", false)
  equal(vim.api.nvim_get_current_win(), source)
  equal(vim.api.nvim_win_is_valid(float), false, "it is closed")
  equal(vim.api.nvim_win_get_cursor(0), { 22, 1 }, "in the same file")
  float = window.float("escape flow", text, { folder })
  vim.api.nvim_win_set_cursor(float, { 3, 0 })
  vim.api.nvim_feedkeys(enter, "x", false)
  equal(vim.api.nvim_buf_get_name(0), main, "in another file")
  equal(vim.api.nvim_win_get_cursor(0), { 24, 2 })
  float = window.float("escape flow", text, { folder })
  vim.api.nvim_feedkeys("q", "x", false)
  equal(vim.api.nvim_win_is_valid(float), false, "q closes it")

  -- Lists are shown by what the user has.
  local list = require("stackward.list")
  local diagnostic = {
    range = { start = { line = 0, character = 0 }, ["end"] = { line = 0, character = 7 } },
    severity = 3,
    code = "rule",
    message = "text",
  }
  local places = { { uri = vim.uri_from_fname(main), diagnostic = diagnostic } }
  list.show("one", places, "utf-8")
  equal(vim.bo.buftype, "quickfix")
  vim.cmd("cclose")
  local opened
  package.loaded["telescope.builtin"] = {
    quickfix = function()
      opened = "telescope"
    end,
  }
  list.show("one", places, "utf-8")
  equal(opened, "telescope")
  package.loaded["trouble"] = {
    open = function(mode)
      opened = "trouble " .. mode
    end,
  }
  list.show("one", places, "utf-8")
  equal(opened, "trouble quickfix")
  config.set({ list = "quickfix" })
  list.show("one", places, "utf-8")
  equal(vim.bo.buftype, "quickfix", "the user's choice")
  local item = vim.fn.getqflist()[1]
  equal({ item.lnum, item.col, item.end_col, item.type, item.text }, { 1, 1, 8, "I", "text [rule]" })
  vim.cmd("cclose")
  assert(said("lua require('stackward.list').show('nothing', {}, 'utf-8')"):find("none", 1, true))
  return { done = true }
end
