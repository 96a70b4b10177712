-- The command exists from the start, so that `:Stackward` can say what is missing; nothing else is loaded before it is used.
if vim.g.loaded_stackward then
  return
end
vim.g.loaded_stackward = true

if vim.fn.has("nvim-0.7") == 1 then
  require("stackward.entry")
end
