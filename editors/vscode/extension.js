// Starts helm-constitution's language server for workspaces with charts.
"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");
const { commandLine, documents } = require("./server");

let client;

async function start() {
  const settings = vscode.workspace.getConfiguration("helm-constitution");
  const folder = vscode.workspace.workspaceFolders?.[0];
  const { command, args } = commandLine((name) => settings.get(name));
  const executable = { command, args, options: { cwd: folder?.uri.fsPath } };
  client = new LanguageClient("helm-constitution", "helm-constitution", executable, { documentSelector: documents });
  try {
    await client.start();
  } catch (error) {
    vscode.window.showErrorMessage(
      `helm-constitution can't be started (${error.message}); install it with ` +
        '`pip install "helm-constitution[lsp,embedded]"`, or set helm-constitution.path',
    );
  }
}

async function stop() {
  const before = client;
  client = undefined;
  if (before?.isRunning()) {
    await before.stop();
  }
}

async function restart() {
  await stop();
  await start();
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("helm-constitution.restart", restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("helm-constitution")) {
        return restart();
      }
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
