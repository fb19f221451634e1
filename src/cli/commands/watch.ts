// `steelyard watch SERVICE`: the weights as they change, from the server's event stream. On a terminal the table is
// painted in place, elsewhere each state is written out; a server that goes away is waited for.
import type { Command } from "commander";
import { stringify } from "yaml";
import type { WeightsAnswer } from "../../api/answers.js";
import { SteelyardError } from "../../model/errors.js";
import type { ServiceName } from "../../model/ids.js";
import { CLEAR, repaint, stylesFor } from "../ansi.js";
import { ApiClient } from "../api-client.js";
import type { CliContext } from "../context.js";
import { integer, type OutputFormat, parseService, withOutput, withServer } from "../options.js";
import { readEvents } from "../server-sent-events.js";
import { weightsTable } from "../tables.js";

const RETRY_MS = 1_000;

interface WatchOptions {
  readonly server: string;
  readonly output: OutputFormat;
  readonly count?: number;
}

export function addWatch(program: Command, context: CliContext): void {
  withServer(withOutput(program.command("watch").description("follow the weights of a service")), context)
    .argument("<service>", "name of the service", parseService)
    .option("--count <n>", "stop after this many states", integer(1, 1_000_000))
    .action((service: ServiceName, options: WatchOptions) => watch(service, options, context));
}

async function watch(service: ServiceName, options: WatchOptions, context: CliContext): Promise<void> {
  const client = new ApiClient(options.server, context);
  const stop = new AbortController();
  const release = context.onStop(() => stop.abort());
  const show = painter(options.output, context);
  let left = options.count ?? Number.POSITIVE_INFINITY;
  try {
    await client.send<WeightsAnswer>(`/v1/services/${service}/weights`); // an unknown service or server is an error, not a wait
    while (!stop.signal.aborted) {
      try {
        for await (const state of states(client, service, stop.signal)) {
          show(state);
          left -= 1;
          if (left <= 0) return;
        }
      } catch (error) {
        if (!(error instanceof SteelyardError)) throw error;
      }
      if (stop.signal.aborted) return;
      context.stderr.write(`the stream from ${client.server} ended, trying again\n`);
      await context.sleep(RETRY_MS, stop.signal);
    }
  } finally {
    stop.abort(); // also ends the open stream
    release();
  }
}

async function* states(client: ApiClient, service: ServiceName, signal: AbortSignal): AsyncGenerator<WeightsAnswer> {
  const response = await client.open(`/v1/watch?service=${service}&events=weights`, { signal });
  if (!response.body) return;
  try {
    for await (const { data } of readEvents(response.body)) {
      const state = JSON.parse(data) as WeightsAnswer | { readonly deleted: true };
      if (!("deleted" in state)) yield state;
    }
  } catch (error) {
    throw SteelyardError.from(error); // the connection broke, or was ended by us
  }
}

function painter(format: OutputFormat, context: CliContext): (state: WeightsAnswer) => void {
  const { stdout } = context;
  if (format !== "table")
    return (state) => void stdout.write(format === "yaml" ? `---\n${stringify(state)}` : `${JSON.stringify(state)}\n`);
  const styles = stylesFor(context);
  if (stdout.isTTY !== true) return (state) => void stdout.write(`${weightsTable(state, styles)}\n`);
  stdout.write(CLEAR);
  return (state) => void stdout.write(repaint(weightsTable(state, styles)));
}
