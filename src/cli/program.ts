// The command line as a whole: its commands, and how their failures become one line and an exit code.
import { Command, CommanderError } from "commander";
import { SteelyardError } from "../model/errors.js";
import { ServerProblem } from "./api-client.js";
import { addAdminState } from "./commands/admin-state.js";
import { addAlgorithms } from "./commands/algorithms.js";
import { addApply } from "./commands/apply.js";
import { addBootstrap } from "./commands/bootstrap.js";
import { addDelete } from "./commands/delete.js";
import { addExplain } from "./commands/explain.js";
import { addFreeze } from "./commands/freeze.js";
import { addGet } from "./commands/get.js";
import { addImport } from "./commands/import.js";
import { addRegister } from "./commands/register.js";
import { addServe } from "./commands/serve.js";
import { addSimulate } from "./commands/simulate.js";
import { addWatch } from "./commands/watch.js";
import type { CliContext } from "./context.js";
import { printable } from "./table.js";

/** Done; failed; not understood. */
const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

export function createProgram(context: CliContext, onExit: (code: number) => void = () => undefined): Command {
  const program = new Command("steelyard")
    .description("Control server that turns registered backends and their feedback into endpoint weights for Envoy.")
    .version(context.version, "-V, --version", "print the version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
    })
    .showHelpAfterError("(--help shows what there is)")
    .addHelpText("after", "\nExit codes: 0 done, 1 failed, 2 not understood.");
  addServe(program, context, onExit);
  addBootstrap(program, context);
  addRegister(program, context, onExit);
  addImport(program, context);
  addGet(program, context);
  addApply(program, context);
  addDelete(program, context);
  addWatch(program, context);
  addExplain(program, context);
  addAdminState(program, context);
  addFreeze(program, context);
  addSimulate(program, context);
  addAlgorithms(program, context);
  program
    .command("version")
    .description("print the version")
    .action(() => void context.stdout.write(`${context.version}\n`));
  return program;
}

/** Runs one command. @param args without the names of node and script @returns the exit code */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = createProgram(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    context.stderr.write(describe(error));
    return error instanceof SteelyardError && error.code === "ERR_CONFIG_INVALID" ? EXIT.usage : EXIT.failure;
  }
}

/** One line for people and one per field; the stack only for what is a defect. */
function describe(thrown: unknown): string {
  if (thrown instanceof ServerProblem) return withFields(thrown.message, thrown.code, thrown.errors);
  const error = SteelyardError.from(thrown);
  if (error.code === "ERR_INTERNAL")
    return `error: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`;
  return withFields(error.message, error.code, error.errors);
}

function withFields(message: string, code: string, errors: SteelyardError["errors"]): string {
  const lines = message.split("\n").map(printable).join("\n");
  const fields = errors.map(({ pointer, detail }) => `  ${printable(pointer)}  ${printable(detail)}\n`);
  return `error: ${lines} (${printable(code)})\n${fields.join("")}`;
}
