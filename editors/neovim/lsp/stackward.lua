-- What |vim.lsp.enable()| starts on Neovim 0.11 and newer; |vim.lsp.config()| changes parts of it.
return require("stackward.client").config()
