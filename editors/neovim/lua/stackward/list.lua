-- Lists of places that allocate: in the quickfix list, or in what the user looks at lists with.

local compat = require("stackward.compat")
local config = require("stackward.config")

local M = {}

local TYPES = { "E", "W", "I", "N" } -- By LSP's severity; the quickfix list calls a hint a note.

---@class stackward.Place a diagnostic in a file
---@field uri string
---@field diagnostic lsp.Diagnostic
---@field prefix string|nil

-- Where positions are in their files, for the quickfix list: { filename, lnum, col } by position.
local function resolved(locations, encoding)
  local found = {}
  if compat.has_0_10 then
    -- It reads each file once, but sorts.
    for _, item in ipairs(vim.lsp.util.locations_to_items(locations, encoding)) do
      found[item.user_data] = item
    end
    return found
  end
  for _, location in ipairs(locations) do
    found[location] = vim.lsp.util.locations_to_items({ location }, encoding)[1]
  end
  return found
end

local function at(uri, position)
  return { uri = uri, range = { start = position, ["end"] = position } }
end

--- Turn places into items of the quickfix list, in their order.
---@param places stackward.Place[]
function M.items(places, encoding)
  local starts, ends, all = {}, {}, {}
  for number, place in ipairs(places) do
    starts[number] = at(place.uri, place.diagnostic.range.start)
    ends[number] = at(place.uri, place.diagnostic.range["end"])
    table.insert(all, starts[number])
    table.insert(all, ends[number])
  end
  local found = resolved(all, encoding)
  local items = {}
  for number, place in ipairs(places) do
    local first, last = found[starts[number]], found[ends[number]]
    if first ~= nil and last ~= nil then
      local diagnostic = place.diagnostic
      table.insert(items, {
        filename = first.filename,
        lnum = first.lnum,
        col = first.col,
        end_lnum = last.lnum,
        end_col = last.col,
        text = ("%s%s [%s]"):format(place.prefix or "", diagnostic.message, diagnostic.code),
        type = TYPES[diagnostic.severity] or "I",
      })
    end
  end
  return items
end

local function viewer()
  local wanted = config.options.list
  if wanted == "trouble" or wanted == "auto" then
    local ok, trouble = pcall(require, "trouble")
    if ok and trouble.open ~= nil then
      return function()
        trouble.open("quickfix") -- Understood by Trouble 2 and 3.
      end
    end
  end
  if wanted == "telescope" or wanted == "auto" then
    local ok, telescope = pcall(require, "telescope.builtin")
    if ok then
      return telescope.quickfix
    end
  end
  return function()
    vim.cmd("botright copen")
  end
end

local function show_items(title, items)
  if #items == 0 then
    compat.notify(title .. ": none")
    return
  end
  vim.fn.setqflist({}, " ", { title = "stackward: " .. title, items = items })
  viewer()()
end

--- Show a list, or say that there is nothing in it.
---@param places stackward.Place[]
function M.show(title, places, encoding)
  show_items(title, M.items(places, encoding))
end

--- List a file's places, or those of one function in it; what matters most comes first.
function M.hints(client_id, uri, name)
  local client = vim.lsp.get_client_by_id(client_id)
  if client == nil then
    return
  end
  local title = ("allocations in %s"):format(name or vim.fn.fnamemodify(vim.uri_to_fname(uri), ":."))
  compat.command(client, "stackward.listHints", { uri, name }, function(diagnostics)
    local places = vim.tbl_map(function(diagnostic)
      return { uri = uri, diagnostic = diagnostic }
    end, diagnostics)
    M.show(title, places, client.offset_encoding)
  end)
end

--- All diagnostics that the editor has. Their columns are its own already, and have moved along with its texts.
local function known()
  local found = {}
  for _, one in ipairs(vim.diagnostic.get()) do
    if one.source == "stackward" then
      table.insert(found, one)
    end
  end
  table.sort(found, function(a, b)
    if a.bufnr ~= b.bufnr then
      return vim.api.nvim_buf_get_name(a.bufnr) < vim.api.nvim_buf_get_name(b.bufnr)
    end
    return a.lnum < b.lnum or a.lnum == b.lnum and a.col < b.col
  end)
  -- vim.diagnostic.toqflist() would order them by buffer number.
  return vim.tbl_map(function(one)
    return {
      bufnr = one.bufnr,
      lnum = one.lnum + 1,
      col = one.col + 1,
      end_lnum = one.end_lnum + 1,
      end_col = one.end_col + 1,
      text = ("%s [%s]"):format(one.message, one.code),
      type = TYPES[one.severity],
    }
  end, found)
end

local function in_order(places)
  table.sort(places, function(a, b)
    if a.uri ~= b.uri then
      return a.uri < b.uri
    end
    local left, right = a.diagnostic.range.start, b.diagnostic.range.start
    if left.line ~= right.line then
      return left.line < right.line
    end
    return left.character < right.character
  end)
  return places
end

--- Analyse the whole workspace, and list what it allocates, by file and line.
function M.workspace(client)
  compat.notify("analysing the workspace")
  compat.command(client, "stackward.analyzeWorkspace", {}, function(report)
    if report.cancelled then
      compat.notify("cancelled")
      return
    end
    show_items("allocations in the workspace", known())
  end)
end

--- List what inlining saves and costs in the package of a file.
function M.inline_diff(client, uri)
  compat.command(client, "stackward.inlineDiff", { uri }, function(report)
    if report.failure ~= nil then
      compat.notify(report.failure, vim.log.levels.ERROR)
      return
    end
    local places = {}
    for _, part in ipairs({ { "appear", "only without inlining: " }, { "vanish", "only with inlining: " } }) do
      for _, place in ipairs(in_order(report[part[1]])) do
        table.insert(places, { uri = place.uri, diagnostic = place.diagnostic, prefix = part[2] })
      end
    end
    M.show("what inlining changes", places, client.offset_encoding)
  end)
end

return M
