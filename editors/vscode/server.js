// How the server is started. Apart from extension.js, so that it can be tried without VS Code.
"use strict";

/**
 * The command line of the server.
 *
 * @param {(name: string) => any} setting a setting by its name, without `helm-constitution.`
 * @returns {{command: string, args: string[]}}
 */
function commandLine(setting) {
  const args = ["server", "--scenarios", setting("scenarios"), "--engine", setting("engine")];
  if (setting("constitution")) {
    args.push("--constitution", setting("constitution"));
  }
  return { command: setting("path"), args: [...args, ...setting("arguments")] };
}

/** The files that the server is asked about; it finds out itself which belong to a chart. */
const documents = [
  { scheme: "file", language: "yaml" },
  { scheme: "file", language: "helm" },
  { scheme: "file", language: "markdown" },
  { scheme: "file", language: "json", pattern: "**/values.schema.json" },
  { scheme: "file", pattern: "**/templates/**" },
];

module.exports = { commandLine, documents };
