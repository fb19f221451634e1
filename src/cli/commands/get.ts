// `steelyard get services|routes|instances|weights|zones|owner|nodes`: what the server knows, as tables.
import type { Command } from "commander";
import type {
  InstancesAnswer,
  NodesAnswer,
  OwnerAnswer,
  RoutesAnswer,
  ServicesAnswer,
  WeightsAnswer,
} from "../../api/answers.js";
import { hostPort } from "../../model/address.js";
import type { ServiceName } from "../../model/ids.js";
import { type Styles, stylesFor } from "../ansi.js";
import { ApiClient } from "../api-client.js";
import type { CliContext } from "../context.js";
import { diffFriendlyYaml, minimalOf } from "../manifest-yaml.js";
import { type OutputFormat, parseService, print, withOutput, withServer } from "../options.js";
import { renderTable } from "../table.js";
import { healthCell, weightsTable } from "../tables.js";
import { zonesTable } from "../zones-table.js";

interface GetOptions {
  readonly server: string;
  readonly output: OutputFormat;
}

export function addGet(program: Command, context: CliContext): void {
  const get = program.command("get").description("show what the server knows");
  const sub = (name: string, description: string): Command =>
    withServer(withOutput(get.command(name).description(description)), context);
  const styles = stylesFor(context);

  sub("services", "services and their policies; as YAML, those declared, for `apply`").action(
    async (options: GetOptions) => {
      const pages = await pagesOf<ServicesAnswer>(new ApiClient(options.server, context), "/v1/services");
      const answer = { ...pages.last, services: pages.all.flatMap(({ services }) => services) };
      if (options.output === "yaml") {
        const declared = answer.services.filter((service) => service.declared);
        const policies = declared.map(({ service, policy }) => [service, minimalOf("service", policy)]);
        context.stdout.write(diffFriendlyYaml({ services: Object.fromEntries(policies) }));
        return;
      }
      print(context, options.output, answer, () =>
        renderTable(
          [
            { title: "SERVICE" },
            { title: "ALGORITHM" },
            { title: "INSTANCES", align: "right" },
            { title: "HEALTHY", align: "right" },
          ],
          answer.services.map(({ service, policy, instances, healthy }) => [
            service,
            policy.algorithm,
            String(instances),
            { text: String(healthy), style: healthy < instances ? styles.yellow : styles.green },
          ]),
          styles.bold,
        ),
      );
    },
  );

  sub("routes", "routes of the gateway; as YAML, for `apply`").action(async (options: GetOptions) => {
    const pages = await pagesOf<RoutesAnswer>(new ApiClient(options.server, context), "/v1/routes");
    const answer = { ...pages.last, routes: pages.all.flatMap(({ routes }) => routes) };
    if (options.output === "yaml") {
      const routes = answer.routes.map(({ name, route }) => [name, minimalOf("route", route)]);
      context.stdout.write(diffFriendlyYaml({ routes: Object.fromEntries(routes) }));
      return;
    }
    print(context, options.output, answer, () =>
      renderTable(
        [{ title: "ROUTE" }, { title: "DOMAINS" }, { title: "RULES", align: "right" }],
        answer.routes.map(({ name, route }) => [name, route.domains.join(" "), String(route.rules.length)]),
        styles.bold,
      ),
    );
  });

  sub("instances", "instances of a service as they are registered")
    .argument("<service>", "name of the service", parseService)
    .action(async (service: ServiceName, options: GetOptions) => {
      const client = new ApiClient(options.server, context);
      const pages = await pagesOf<InstancesAnswer>(client, `/v1/services/${service}/instances`);
      const answer = { ...pages.last, instances: pages.all.flatMap(({ instances }) => instances) };
      print(context, options.output, answer, () =>
        renderTable(
          [
            { title: "INSTANCE" },
            { title: "ADDRESS" },
            { title: "WEIGHT", align: "right" },
            { title: "STATUS" },
            { title: "ADMIN" },
            { title: "LEASE" },
            { title: "HEALTH" },
            { title: "ZONE" },
          ],
          answer.instances.map((instance) => [
            instance.id,
            hostPort(instance.address, instance.port),
            String(instance.weight),
            instance.status,
            instance.adminState,
            instance.lease.state,
            healthCell(instance.health, styles),
            instance.locality.zone,
          ]),
          styles.bold,
        ),
      );
    });

  sub("weights", "the weights in force, and why they are not equal")
    .argument("<service>", "name of the service", parseService)
    .action(async (service: ServiceName, options: GetOptions) => {
      const answer = await new ApiClient(options.server, context).send<WeightsAnswer>(
        `/v1/services/${service}/weights`,
      );
      print(context, options.output, answer, () => weightsTable(answer, styles));
    });

  sub("zones", "how callers are spread over zones, of a service that prefers instances near them")
    .argument("<service>", "name of the service", parseService)
    .action(async (service: ServiceName, options: GetOptions) => {
      const path = `/v1/services/${service}/weights`;
      const { localities } = await new ApiClient(options.server, context).send<WeightsAnswer>(path);
      print(context, options.output, localities ?? {}, () => zonesTable(localities, styles));
    });

  sub("owner", "the instance that a key is sent to, of a service whose algorithm hashes")
    .argument("<service>", "name of the service", parseService)
    .argument("<key>", "what requests are hashed by, e.g. the value of a header")
    .action(async (service: ServiceName, key: string, options: GetOptions) => {
      const path = `/v1/services/${service}/owner?key=${encodeURIComponent(key)}`;
      const answer = await new ApiClient(options.server, context).send<OwnerAnswer>(path);
      print(context, options.output, answer, () => ownerTable(answer, styles));
    });

  sub("nodes", "proxies with an open stream, and how far each type of resource is").action(
    async (options: GetOptions) => {
      const answer = await new ApiClient(options.server, context).send<NodesAnswer>("/v1/nodes");
      print(context, options.output, answer, () => nodesTable(answer, context));
    },
  );
}

/** Reads a list to its end; `last` is the page that says so. */
async function pagesOf<Page extends { readonly nextCursor?: string | undefined }>(
  client: ApiClient,
  path: string,
): Promise<{ readonly all: readonly Page[]; readonly last: Page }> {
  const all: Page[] = [];
  for (let query = ""; ; ) {
    const page = await client.send<Page>(path + query);
    all.push(page);
    if (page.nextCursor === undefined) return { all, last: page };
    query = `?cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

function ownerTable(answer: OwnerAnswer, styles: Styles): string {
  const { instance, address, port, priority, health, table, slot, slots, hosts, hash } = answer;
  return renderTable(
    [
      { title: "INSTANCE" },
      { title: "ADDRESS" },
      { title: "HEALTH" },
      { title: "PRIORITY", align: "right" },
      { title: "TABLE" },
      { title: "SLOT", align: "right" },
      { title: "HASH" },
    ],
    [
      [
        answer.instanceService === answer.service ? instance : `${answer.instanceService}/${instance}`,
        hostPort(address, port),
        healthCell(health, styles),
        String(priority),
        `${table} of ${slots} slots, ${hosts} instances`,
        String(slot),
        hash,
      ],
    ],
    styles.bold,
  );
}

function nodesTable({ nodes }: NodesAnswer, context: CliContext): string {
  const styles = stylesFor(context);
  return renderTable(
    [
      { title: "NODE" },
      { title: "CLUSTER" },
      { title: "TYPE" },
      { title: "STATE" },
      { title: "SUBSCRIBED", align: "right" },
      { title: "SENT" },
      { title: "ACKED" },
      { title: "ERROR" },
    ],
    nodes.flatMap((node) =>
      node.types.map((type) => [
        node.id,
        node.cluster,
        type.typeUrl.slice(type.typeUrl.lastIndexOf(".") + 1),
        {
          text: type.state,
          style: type.state === "SYNCED" ? styles.green : type.state === "NACKED" ? styles.red : styles.yellow,
        },
        type.subscribed === "*" ? "*" : String(type.subscribed.count),
        shortVersion(type.sentVersion),
        shortVersion(type.ackedVersion),
        type.error?.message ?? "",
      ]),
    ),
    styles.bold,
  );
}

/** Versions are hashes: enough to see whether two are equal. */
function shortVersion(version: string | undefined): string {
  return version === undefined ? "-" : version.slice(0, 12);
}
