// docs/cli.md, rendered from the commands themselves so that it cannot fall behind the code.
import type { Command } from "commander";
import type { CliContext } from "./context.js";
import { createProgram } from "./program.js";

/** A context for looking at the commands only: running one would fail. */
const NO_CONTEXT: CliContext = {
  stdout: { write: () => true },
  stderr: { write: () => true },
  env: {},
  version: "",
  fetch: () => Promise.reject(new Error("not available")),
  readFile: () => "",
  wallMs: () => 0,
  sleep: () => Promise.resolve(),
  random: () => 0,
  newGeneration: () => "",
  writeFile: () => undefined,
  accepts: () => Promise.resolve(false),
  onStop: () => () => undefined,
  spawn: () => ({ exited: Promise.resolve(127), kill: () => undefined }),
};

/** Markdown of the whole page. */
export function renderCliReference(): string {
  const program = createProgram(NO_CONTEXT);
  const intro = `# Command line

<!-- Generated from src/cli by \`npm run docs\`. -->

\`npx steelyard COMMAND\`. Commands that ask a server take \`--server URL\` or the environment variable \`STEELYARD_SERVER\`
(default \`http://127.0.0.1:18080\`), and \`-o table|json|yaml\`: JSON and YAML are the answers of the [REST API](api.md) as they
are. Exit codes: 0 done, 1 failed, 2 not understood. Color is used on terminals only, and not when \`NO_COLOR\` is set.
`;
  return `${intro}\n${leavesOf(program).map(section).join("\n")}`;
}

function leavesOf(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

function section(command: Command): string {
  const help = command.createHelp();
  help.helpWidth = 120;
  const rows = [
    ...help
      .visibleArguments(command)
      .map((argument) => [`\`${help.argumentTerm(argument)}\``, help.argumentDescription(argument)]),
    ...help
      .visibleOptions(command)
      .filter((option) => option.long !== "--help")
      .map((option) => [`\`${option.flags}\``, help.optionDescription(option)]),
  ];
  const table = rows.map(([term, description]) => `| ${term} | ${description?.replaceAll("|", "\\|")} |\n`).join("");
  const usage = help.commandUsage(command);
  return `## ${usage.replace(/ (\[options\]|<).*/, "")}\n\n\`${usage}\`\n\n${help.commandDescription(command)}\n${table === "" ? "" : `\n| | |\n|---|---|\n${table}`}`;
}
