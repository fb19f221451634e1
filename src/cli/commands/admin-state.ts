// `steelyard drain|undrain|maint SERVICE/INSTANCE`: what an operator says of an instance.
import type { Command } from "commander";
import type { InstanceAnswer } from "../../api/answers.js";
import type { AdminState } from "../../model/instance.js";
import { ApiClient } from "../api-client.js";
import type { CliContext } from "../context.js";
import { type InstanceRef, type OutputFormat, parseInstanceRef, print, withOutput, withServer } from "../options.js";

const COMMANDS: readonly { readonly name: string; readonly state: AdminState; readonly description: string }[] = [
  { name: "drain", state: "drain", description: "send no new requests; those in flight are finished" },
  { name: "undrain", state: "ready", description: "end drain or maintenance" },
  { name: "maint", state: "maint", description: "maintenance: take the instance out at once" },
];

export function addAdminState(program: Command, context: CliContext): void {
  for (const { name, state, description } of COMMANDS) {
    withServer(withOutput(program.command(name).description(description)), context)
      .argument("<service/instance>", "the instance", parseInstanceRef)
      .action(async ({ service, id }: InstanceRef, { server, output }: { server: string; output: OutputFormat }) => {
        const path = `/v1/services/${service}/instances/${encodeURIComponent(id)}/admin-state`;
        const answer = await new ApiClient(server, context).send<InstanceAnswer>(path, {
          method: "PUT",
          body: { state },
        });
        print(
          context,
          output,
          answer,
          () => `${service}/${id}  admin state ${answer.adminState} · health ${answer.health}\n`,
        );
      });
  }
}
