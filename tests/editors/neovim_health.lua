-- Returns the report of :checkhealth with the server and without it, and the file that :help shows.

return function(test)
  local given = test.given
  vim.cmd("filetype plugin on")
  local function report()
    vim.cmd("checkhealth stackward")
    local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
    vim.cmd("bdelete!")
    return text
  end
  vim.cmd("edit " .. vim.fn.fnameescape(given.file))
  local config = require("stackward.config")
  config.set({ cmd = given.server })
  local facts = { report = report() }
  config.set({ cmd = given.server .. "-that-is-not-there" })
  facts.missing = report()
  vim.cmd("help stackward")
  facts.help = vim.api.nvim_buf_get_name(0)
  vim.cmd("help :Stackward")
  vim.cmd("help stackward-options")
  return facts
end
