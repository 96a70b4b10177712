-- Declares `:Stackward`. Loaded by plugin/stackward.lua, and by setup() for managers that do not source that file.

vim.api.nvim_create_user_command("Stackward", function(call)
  require("stackward.commands").run(call)
end, {
  nargs = "*",
  range = true,
  desc = "Heap allocations of Go code",
  complete = function(lead, line)
    return require("stackward.commands").complete(lead, line)
  end,
})

return true
