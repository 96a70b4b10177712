-- Draws inlay hints anew when the server knows more, though the text is the same.
--
-- Neovim keeps for each line the version of the text that its hints were drawn for, and draws none again for the same
-- version: hints that come after an empty answer, or with a size, would wait for the next edit (0.10 to 0.12).

local M = {}

local function namespace()
  local known = vim.api.nvim_get_namespaces()
  return known["nvim.lsp.inlayhint"] or known["vim_lsp_inlayhint"]
end

local function text_of(label)
  if type(label) == "string" then
    return label
  end
  return table.concat(vim.tbl_map(function(part)
    return part.value
  end, label))
end

--- Draw the hints of a buffer, those of all servers, as Neovim does.
function M.draw(bufnr)
  local id = namespace()
  if id == nil or not vim.api.nvim_buf_is_loaded(bufnr) or not vim.lsp.inlay_hint.is_enabled({ bufnr = bufnr }) then
    return
  end
  local last = vim.api.nvim_buf_line_count(bufnr) - 1
  local chunks = {}
  for _, one in ipairs(vim.lsp.inlay_hint.get({ bufnr = bufnr })) do
    local hint = one.inlay_hint
    local at = ("%d:%d"):format(hint.position.line, hint.position.character)
    local here = chunks[at] or { line = hint.position.line, column = hint.position.character, text = {} }
    chunks[at] = here
    if hint.paddingLeft then
      table.insert(here.text, { " " })
    end
    table.insert(here.text, { text_of(hint.label), "LspInlayHint" })
    if hint.paddingRight then
      table.insert(here.text, { " " })
    end
  end
  vim.api.nvim_buf_clear_namespace(bufnr, id, 0, -1)
  for _, here in pairs(chunks) do
    if here.line <= last then
      vim.api.nvim_buf_set_extmark(bufnr, id, here.line, here.column, {
        virt_text_pos = "inline",
        virt_text = here.text,
        strict = false,
      })
    end
  end
end

--- The handler of `textDocument/inlayHint`.
function M.take(err, result, context, ...)
  vim.lsp.handlers["textDocument/inlayHint"](err, result, context, ...)
  -- An answer about an older text has been put aside; another one is under way.
  if err == nil and context.bufnr ~= nil and vim.lsp.util.buf_versions[context.bufnr] == context.version then
    M.draw(context.bufnr)
  end
end

return M
