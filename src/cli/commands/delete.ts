// `steelyard delete service|route NAME`: take a declaration back.
import type { Command } from "commander";
import type { RouteName, ServiceName } from "../../model/ids.js";
import { ApiClient } from "../api-client.js";
import type { CliContext } from "../context.js";
import { parseRoute, parseService, withServer } from "../options.js";

interface DeleteOptions {
  readonly server: string;
}

export function addDelete(program: Command, context: CliContext): void {
  const remove = program.command("delete").description("take a declaration back");
  withServer(remove.command("service").description("with instances it lives on under the default policy"), context)
    .argument("<service>", "name of the service", parseService)
    .action(async (service: ServiceName, { server }: DeleteOptions) => {
      await new ApiClient(server, context).send(`/v1/services/${service}`, { method: "DELETE" });
      context.stdout.write(`service ${service}  not declared\n`);
    });
  withServer(remove.command("route").description("services get back the domains that it took from them"), context)
    .argument("<route>", "name of the route", parseRoute)
    .action(async (route: RouteName, { server }: DeleteOptions) => {
      await new ApiClient(server, context).send(`/v1/routes/${route}`, { method: "DELETE" });
      context.stdout.write(`route ${route}  deleted\n`);
    });
}
