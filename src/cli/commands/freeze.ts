// `steelyard freeze|unfreeze SERVICE`: stop and start the movement of a service's weights.
import { type Command, InvalidArgumentError } from "commander";
import type { FreezeAnswer } from "../../api/answers.js";
import type { ServiceName } from "../../model/ids.js";
import { ApiClient } from "../api-client.js";
import type { CliContext } from "../context.js";
import { type OutputFormat, parseService, print, withOutput, withServer } from "../options.js";
import { printable } from "../table.js";

interface FreezeOptions {
  readonly server: string;
  readonly output: OutputFormat;
  readonly reason?: string;
  /** Seconds. */
  readonly ttl?: number;
}

const SECONDS_PER = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

export function addFreeze(program: Command, context: CliContext): void {
  withServer(
    withOutput(program.command("freeze").description("keep the weights of a service as they are in force")),
    context,
  )
    .argument("<service>", "name of the service", parseService)
    .option("--reason <text>", "for people; shown with the weights")
    .option("--ttl <time>", "until the weights move again, e.g. 90s, 30m, 8h, 2d; default: until unfrozen", parseTtl)
    .action(async (service: ServiceName, { server, output, reason, ttl }: FreezeOptions) => {
      const answer = await new ApiClient(server, context).send<FreezeAnswer>(`/v1/services/${service}/freeze`, {
        method: "PUT",
        body: { reason, ttlSeconds: ttl },
      });
      print(context, output, answer, () => `${service}  frozen ${untilText(answer)}${reasonText(answer)}\n`);
    });
  withServer(program.command("unfreeze").description("let the weights of a service move again, step by step"), context)
    .argument("<service>", "name of the service", parseService)
    .action(async (service: ServiceName, { server }: Pick<FreezeOptions, "server">) => {
      await new ApiClient(server, context).send(`/v1/services/${service}/freeze`, { method: "DELETE" });
      context.stdout.write(`${service}  not frozen\n`);
    });
}

function untilText({ expiresAt }: FreezeAnswer): string {
  return expiresAt === undefined ? "until `steelyard unfreeze`" : `until ${printable(expiresAt)}`;
}

function reasonText({ reason }: FreezeAnswer): string {
  return reason === "" ? "" : `: ${printable(reason)}`;
}

/** Seconds. The server has the last word on the range. */
function parseTtl(text: string): number {
  const [, amount = "", unit = "s"] = /^(\d{1,9})([smhd])?$/.exec(text) ?? [];
  if (amount === "") throw new InvalidArgumentError("It must be a time like 90s, 30m, 8h or 2d.");
  return Number(amount) * SECONDS_PER[unit as keyof typeof SECONDS_PER];
}
