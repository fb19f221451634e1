// `steelyard apply -f FILE`: services and routes as a file declares them. The server checks the file as a whole.
import type { Command } from "commander";
import type { ApplyAnswer } from "../../api/answers.js";
import { type Styles, stylesFor } from "../ansi.js";
import { ApiClient, ServerProblem } from "../api-client.js";
import type { CliContext } from "../context.js";
import { lineDiff } from "../line-diff.js";
import { type ManifestFile, readManifest } from "../manifest-file.js";
import { diffFriendlyYaml, minimalOf } from "../manifest-yaml.js";
import { type OutputFormat, print, withOutput, withServer } from "../options.js";
import { printable } from "../table.js";

interface ApplyOptions {
  readonly server: string;
  readonly output: OutputFormat;
  readonly file: string;
  readonly dryRun?: boolean;
}

type Change = ApplyAnswer["changes"][number];

export function addApply(program: Command, context: CliContext): void {
  withServer(
    withOutput(
      program
        .command("apply")
        .description("declare the services and routes of a file; what it does not name stays as it is")
        .requiredOption("-f, --file <file>", "YAML with `services:` and `routes:` by name; - reads standard input"),
    ),
    context,
  )
    .option("--dry-run", "let the server check it, and show what would change line by line")
    .action(async ({ server, output, file, dryRun = false }: ApplyOptions) => {
      const declared = readManifest(context.readFile(file), file === "-" ? "standard input" : file);
      const answer = await send(new ApiClient(server, context), declared, dryRun);
      print(context, output, answer, () => changesText(answer, stylesFor(context)));
    });
}

async function send(client: ApiClient, { manifest, locate }: ManifestFile, dryRun: boolean): Promise<ApplyAnswer> {
  try {
    return await client.send<ApplyAnswer>(`/v1/apply?dryRun=${dryRun}`, { method: "POST", body: manifest });
  } catch (thrown) {
    if (!(thrown instanceof ServerProblem)) throw thrown;
    const { status, code, message: detail, errors } = thrown;
    throw new ServerProblem({ status, code, detail, errors: locate(errors) });
  }
}

function changesText({ dryRun, changes }: ApplyAnswer, styles: Styles): string {
  const changed = changes.filter(({ outcome }) => outcome !== "unchanged");
  const lines = changed.map((change) => {
    const { kind, name, outcome } = change;
    const head = `${kind} ${printable(name)}  ${dryRun ? `would be ${outcome}` : outcome}\n`;
    return dryRun ? head + diffText(change, styles) : head;
  });
  const unchanged = changes.length - changed.length;
  const none = changes.length === 0 ? "nothing is declared\n" : "";
  return lines.join("") + (unchanged > 0 ? `${unchanged} unchanged\n` : none);
}

function diffText({ kind, before, after }: Change, styles: Styles): string {
  const yaml = (value: unknown): string => (value === undefined ? "" : diffFriendlyYaml(minimalOf(kind, value)));
  return lineDiff(yaml(before), yaml(after)).replaceAll(/^.*$/gm, (line) => {
    const text = `  ${printable(line)}`.trimEnd();
    if (line.startsWith("+")) return styles.green(text);
    return line.startsWith("-") ? styles.red(text) : text;
  });
}
