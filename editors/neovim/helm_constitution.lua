-- Starts helm-constitution's language server for the files of charts. Neovim 0.7 or later, without plug-ins:
-- save it as plugin/helm_constitution.lua in Neovim's configuration folder.

local filetypes = { "yaml", "helm", "gotmpl", "smarty", "markdown", "json" }
local clients = {}

local function root_of(file)
  local git = vim.fn.finddir(".git", vim.fn.fnamemodify(file, ":p:h") .. ";")
  if git ~= "" then
    return vim.fn.fnamemodify(git, ":p:h:h")
  end
  local chart = vim.fn.findfile("Chart.yaml", vim.fn.fnamemodify(file, ":p:h") .. ";")
  return chart ~= "" and vim.fn.fnamemodify(chart, ":p:h") or nil
end

vim.api.nvim_create_autocmd("FileType", {
  pattern = filetypes,
  callback = function(event)
    local root = event.file ~= "" and root_of(event.file)
    if not root then
      return
    end
    if not clients[root] then
      clients[root] = vim.lsp.start_client({
        name = "helm-constitution",
        cmd = { "helm-constitution", "server" },
        root_dir = root,
        workspace_folders = { { uri = vim.uri_from_fname(root), name = root } },
        on_exit = function()
          clients[root] = nil
        end,
      })
    end
    vim.lsp.buf_attach_client(event.buf, clients[root])
  end,
})
