//! Starts helm-constitution's language server: `helm-constitution` on the PATH, or what the setting `binary` names.

use zed_extension_api::{self as zed, settings::LspSettings, Command, LanguageServerId, Result, Worktree};

struct HelmConstitution;

impl zed::Extension for HelmConstitution {
    fn new() -> Self {
        HelmConstitution
    }

    fn language_server_command(&mut self, id: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let binary = LspSettings::for_worktree(id.as_ref(), worktree)?.binary;
        let (path, arguments) = binary.map_or((None, None), |binary| (binary.path, binary.arguments));
        let command = path
            .or_else(|| worktree.which("helm-constitution"))
            .ok_or("helm-constitution isn't on the PATH: pip install \"helm-constitution[lsp,embedded]\"")?;
        let args = arguments.unwrap_or_else(|| vec!["server".into()]);
        Ok(Command { command, args, env: worktree.shell_env() })
    }
}

zed::register_extension!(HelmConstitution);
