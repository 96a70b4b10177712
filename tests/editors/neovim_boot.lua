-- Runs a scenario: gives it what it needs, writes down what it returns, and ends Neovim.

local PATIENCE = 120000 -- Milliseconds; only what hangs takes so long.

return function(given_path, script)
  local given = vim.fn.json_decode(table.concat(vim.fn.readfile(given_path), "\n"))
  local told = {}
  vim.notify = function(text)
    table.insert(told, text)
  end
  vim.opt.runtimepath:prepend(given.plugin)
  for _, folder in ipairs(given.library) do
    vim.opt.runtimepath:append(folder)
  end

  local test = { given = given, told = told }

  --- Wait for something that must happen; `what` names it where it does not.
  function test.wait(what, happened)
    if not vim.wait(PATIENCE, happened, 10) then
      error(what .. " did not happen; told: " .. vim.inspect(told), 0)
    end
  end

  --- Wait for an answer that comes through a callback: `ask(done)`.
  function test.answer(what, ask)
    local answer, come
    ask(function(...)
      answer, come = { ... }, true
    end)
    test.wait(what, function()
      return come
    end)
    return unpack(answer, 1, 4)
  end

  --- Ask again and again for what must come in the end, because the server may be busy; `ask` says whether it has.
  function test.ask(what, ask)
    local start = vim.fn.reltime()
    while not ask() do
      if vim.fn.reltimefloat(vim.fn.reltime(start)) * 1000 > PATIENCE then
        error(what .. " never came; told: " .. vim.inspect(told), 0)
      end
    end
  end

  local function go()
    local ok, facts = xpcall(function()
      return dofile(script)(test)
    end, debug.traceback)
    if not ok then
      io.stderr:write(tostring(facts) .. "\n" .. vim.inspect(told) .. "\n")
      vim.cmd("1cquit")
    end
    facts.told = told
    vim.fn.writefile({ vim.fn.json_encode(facts) }, given.out)
    for _, client in ipairs(vim.lsp.get_active_clients and vim.lsp.get_active_clients() or vim.lsp.get_clients()) do
      client.stop(client)
    end
    vim.cmd("qall!")
  end

  -- Out of the start-up, so that everything is as it is for a user.
  vim.schedule(go)
end
