// What the tests of mode B share: a cluster and a listener of somebody else's, backends that are imported, and what is expected.
import { expect } from "@jest/globals";
import { parse } from "yaml";
import { exponential } from "../../../envoy/lab/backend.js";
import { latencySnippet, ownClusterSnippet } from "../../../src/translate/bootstrap-snippets.js";
import type { Rig, RigBackend } from "./rig.js";
import type { ServiceLoad } from "./service-load.js";

const COUNT = 4;
const FAIR = 1 / COUNT;
export const RATE_RPS = 200;

/** The cluster that the bootstrap offers as an example, as it stands there. */
export function ownCluster(): Readonly<Record<string, unknown>> {
  const commented = `${ownClusterSnippet("delta")}\n${latencySnippet()}`;
  const yaml = commented.replace(/\n# and to your route[\s\S]*$/, "").replaceAll(/^# ?/gm, "");
  return (parse(yaml.replaceAll("checkout", "shop")) as [Record<string, unknown>])[0];
}

/** Its cluster may be one that comes later, over CDS. */
export function ownListener(port: number): Readonly<Record<string, unknown>> {
  const type = (name: string) => ({ "@type": `type.googleapis.com/envoy.extensions.filters.${name}` });
  const typedConfig = {
    ...type("network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "own",
    route_config: {
      validate_clusters: false,
      virtual_hosts: [
        { name: "own", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "shop" } }] },
      ],
    },
    http_filters: [{ name: "envoy.filters.http.router", typed_config: type("http.router.v3.Router") }],
  };
  return {
    name: "own",
    address: { socket_address: { address: "127.0.0.1", port_value: port } },
    filter_chains: [
      { filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: typedConfig }] },
    ],
  };
}

/** Backends that nobody registers: their endpoints are imported. */
export async function importedFleet(world: Rig): Promise<readonly RigBackend[]> {
  const backends = await world.startBackends(COUNT, {
    service: "shop",
    slots: 2,
    serviceTime: exponential(10),
    register: false,
  });
  const endpoints = backends.map(({ backend: { port } }) => ({
    endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: port } } },
  }));
  await world.server.api.send("POST", "/v1/services/shop/instances:import", {
    cluster_name: "shop",
    endpoints: [{ lb_endpoints: endpoints }],
  });
  return backends;
}

/** What a node of mode B asks for and is sent: endpoints, and nothing else. */
export async function expectOnlyEndpoints(world: Rig): Promise<void> {
  const { nodes } = (await world.server.api.get("/v1/nodes")) as {
    nodes: { audience: string; types: { typeUrl: string }[] }[];
  };
  expect(nodes.map(({ audience, types }) => [audience, types.map(({ typeUrl }) => typeUrl.split(".").at(-1))])).toEqual(
    [["weights", ["ClusterLoadAssignment"]]],
  );
}

/** One backend fails: by the reports of Envoy its traffic goes elsewhere, down to probes. */
export async function expectAdaptation(world: Rig, load: ServiceLoad, [failing]: readonly RigBackend[]): Promise<void> {
  const failMs = load.now();
  failing?.backend.inject({ failFraction: 1 });
  await load.requests(RATE_RPS * 9);
  const seconds = load.secondsUntilShare("backend-1", failMs, (share) => share < 0.1 * FAIR);
  expect(seconds ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(6);
  const { endpoints, signalMode } = await world.server.api.weights("shop");
  expect(endpoints.some(({ reasons }) => reasons[0]?.startsWith("failing"))).toBe(true);
  expect(signalMode).toBe("L"); // the filter of the example measures latency
}
