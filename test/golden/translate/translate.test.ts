// Each in/NAME.json is translated and compared with out/NAME.json (out/NAME.yaml for bootstraps).
// UPDATE_GOLDEN=1 writes what comes out; review the diff.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { bindPolicy } from "../../../src/balancers/registry.js";
import { isHashing } from "../../../src/model/enforcement.js";
import { parseInstanceId, parseRouteName, parseServiceName } from "../../../src/model/ids.js";
import type { CatalogueInstance } from "../../../src/model/instance.js";
import type { PlanEntry, PlanLocalities, WeightPlan } from "../../../src/model/plan.js";
import { routeSchema } from "../../../src/model/route/route.js";
import { type ServiceSnapshot, servicePolicySchema } from "../../../src/model/service.js";
import { NOWHERE } from "../../../src/model/zone.js";
import { type BootstrapOptions, bootstrapYaml } from "../../../src/translate/bootstrap.js";
import { type DataPlane, FULL_ENVOY } from "../../../src/translate/data-plane.js";
import type { ListenerAddress } from "../../../src/translate/gateway.js";
import type { Resource } from "../../../src/translate/resource.js";
import { gatewayResources } from "../../../src/translate/service-resources.js";
import { catalogueInstance } from "../../harness/instance.js";
import { planEntry, weightPlan } from "../../harness/plan.js";
import { translated } from "../../harness/translated.js";
import { readable } from "./readable.js";

interface ServiceCase {
  readonly kind: "service";
  readonly service: string;
  /** Default: an Envoy. */
  readonly client?: DataPlane["client"];
  /** Where it stands; default: it does not say. */
  readonly locality?: DataPlane["locality"];
  readonly policy: unknown;
  readonly enforcement?: WeightPlan["enforcement"];
  readonly localities?: PlanLocalities;
  readonly endpoints: readonly (Partial<CatalogueInstance> & Partial<PlanEntry> & { readonly id: string })[];
}

interface GatewayCase {
  readonly kind: "gateway";
  readonly listener: ListenerAddress;
  readonly accessLogPercent?: number;
  readonly services: Readonly<Record<string, unknown>>;
  readonly routes?: Readonly<Record<string, unknown>>;
}

interface BootstrapCase {
  readonly kind: "bootstrap";
  readonly options: BootstrapOptions;
}

const folder = (name: string): URL => new URL(`./${name}/`, import.meta.url);

describe.each(readdirSync(folder("in")).map((file) => file.replace(/\.json$/, "")))("%s", (name) => {
  const input = JSON.parse(readFileSync(new URL(`${name}.json`, folder("in")), "utf8")) as
    | ServiceCase
    | GatewayCase
    | BootstrapCase;

  it("is what it was", () => {
    const extension = input.kind === "bootstrap" ? "yaml" : "json";
    const file = new URL(`${name}.${extension}`, folder("out"));
    const output = translate(input);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, output);
    expect(output).toBe(readFileSync(file, "utf8"));
  });

  it("leaves slow starts to the loop: Envoy's own would multiply with its ramp", () => {
    expect(translate(input)).not.toMatch(/slow_?start/i);
  });
});

function translate(input: ServiceCase | GatewayCase | BootstrapCase): string {
  if (input.kind === "bootstrap") return bootstrapYaml(input.options);
  const resources = input.kind === "service" ? serviceResources(input) : gateway(input);
  const shown = resources.map(({ typeUrl, name, refs, bytes }) => ({ name, refs, message: readable(typeUrl, bytes) }));
  return `${JSON.stringify(shown, null, 2)}\n`;
}

function serviceResources({
  service,
  client = "envoy",
  locality = NOWHERE,
  policy,
  enforcement,
  localities,
  endpoints,
}: ServiceCase): readonly Resource[] {
  const name = parseServiceName(service);
  const instances = endpoints.map((given, index) =>
    catalogueInstance(service, given.id, {
      address: "10.0.0.1",
      port: 8_000 + index,
      ...given,
      id: parseInstanceId(given.id),
    }),
  );
  const snapshot: ServiceSnapshot = {
    service: name,
    policy: servicePolicySchema.parse(policy),
    instances,
    revision: 1,
    declared: true,
  };
  const entries = instances.map((instance, index) => planEntry(instance, { share: endpoints[index]?.share ?? 0 }));
  const plan = weightPlan(name, entries, { ...(enforcement && { enforcement }), ...(localities && { localities }) });
  return translated({ snapshot, plan }, { ...FULL_ENVOY, client, locality });
}

function gateway({ listener, accessLogPercent = 0, services, routes = {} }: GatewayCase): readonly Resource[] {
  const routed = Object.entries(services).map(([name, given]) => {
    const policy = servicePolicySchema.parse(given);
    return { service: parseServiceName(name), policy, hashed: isHashing(bindPolicy(policy).enforcement) };
  });
  const declared = Object.entries(routes).map(([name, given], index) => ({
    name: parseRouteName(name),
    route: routeSchema.parse(given),
    revision: index + 1,
  }));
  return gatewayResources({ listener, accessLogPercent, services: routed, routes: declared }, FULL_ENVOY);
}
