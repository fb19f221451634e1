// `steelyard import SERVICE -f FILE`: takes over endpoints that are known elsewhere, so that only their weights come from here.
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { ImportAnswer } from "../../api/answers.js";
import { SteelyardError } from "../../model/errors.js";
import type { ServiceName } from "../../model/ids.js";
import { ApiClient } from "../api-client.js";
import type { CliContext } from "../context.js";
import { assignmentFrom } from "../endpoint-file.js";
import { type OutputFormat, parseService, print, withOutput, withServer } from "../options.js";

interface Flags {
  readonly server: string;
  readonly output: OutputFormat;
  readonly file: string;
  readonly cluster?: string;
  readonly allowEmpty?: boolean;
}

export function addImport(program: Command, context: CliContext): void {
  withServer(
    withOutput(program.command("import").description("make the endpoints in a file the instances of a service")),
    context,
  )
    .argument("<service>", "name of the service", parseService)
    .requiredOption(
      "-f, --file <path>",
      "ClusterLoadAssignment as JSON, or an Envoy's /config_dump?include_eds or /clusters?format=json",
    )
    .option("--cluster <name>", "which cluster of an Envoy's file; default: named as the service")
    .option("--allow-empty", "take the last instances away if the file has none")
    .action(async (service: ServiceName, { server, output, file, cluster, allowEmpty }: Flags) => {
      const body = assignmentFrom(await contentOf(file), cluster ?? service);
      const query = allowEmpty === true ? "?allowEmpty=true" : "";
      const answer = await new ApiClient(server, context).send<ImportAnswer>(
        `/v1/services/${service}/instances:import${query}`,
        { method: "POST", body },
      );
      const { created, changed, unchanged, removed } = answer;
      print(
        context,
        output,
        answer,
        () => `${service}  ${created} created · ${changed} changed · ${unchanged} unchanged · ${removed} removed\n`,
      );
    });
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SteelyardError("ERR_CONFIG_INVALID", `--file: ${reason}`, { cause: error });
  }
}
