// Mode A and mode B on a real Envoy: from registration to requests, exact shares, pushes that disturb nobody.
import { afterEach, describe, expect, test } from "@jest/globals";
import { until } from "../../envoy/lab/until.js";
import { Rig } from "./harness/rig.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

async function put(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

describe.each(["delta", "sotw"] as const)("%s", (protocol) => {
  test("the first request is answered within 3 s of the registration, and the node is in sync", async () => {
    rig = await Rig.create();
    const server = await rig.startServer();
    await rig.startEnvoy({ protocol });
    await rig.startBackend({ name: "shop-1", service: "shop" });
    expect(await rig.untilServing("shop")).toBeLessThan(3_000);
    const states = await until(
      async () => {
        const { nodes } = (await (await fetch(`${server.api.url}/v1/nodes`)).json()) as {
          nodes: { id: string; types: { state: string }[] }[];
        };
        const found = nodes.find(({ id }) => id === "edge-1")?.types.map(({ state }) => state) ?? [];
        return found.length === 4 && found.every((state) => state === "SYNCED") ? found : undefined;
      },
      { what: "all four types are SYNCED", deadlineMs: 5_000 },
    );
    expect(states).toHaveLength(4);
  });
});

test("weights 1:2:4 give these shares within 10 %", async () => {
  rig = await Rig.create();
  const server = await rig.startServer();
  expect((await put(`${server.api.url}/v1/services/shop`, { algorithm: "weighted-round-robin" })).status).toBe(201);
  await rig.startEnvoy();
  const weights = { one: 100, two: 200, four: 400 };
  for (const [name, weight] of Object.entries(weights)) await rig.startBackend({ name, weight, service: "shop" });
  await rig.untilServing("shop");
  await until(async () => ((await server.api.weights("shop")).endpoints.length === 3 ? true : undefined), {
    what: "three endpoints",
    deadlineMs: 3_000,
  });
  await rig.untilInForce();
  const load = rig.startLoad({ service: "shop", rateRps: 300 });
  await load.requests(100);
  const fromMs = load.now();
  await load.requests(1_400);
  await load.stop();
  expect(load.summary(fromMs).errors).toBe(0);
  for (const [name, weight] of Object.entries(weights))
    expect(Math.abs(load.share(name, fromMs) / (weight / 700) - 1)).toBeLessThan(0.1);
});

test("weight-only pushes close no upstream connection and change no membership", async () => {
  rig = await Rig.create();
  const server = await rig.startServer();
  await put(`${server.api.url}/v1/services/shop`, { algorithm: "weighted-round-robin" });
  const envoy = await rig.startEnvoy();
  await rig.startBackends(3, { service: "shop" });
  await rig.untilServing("shop");
  const load = rig.startLoad({ service: "shop", rateRps: 200 });
  const fromMs = load.now();
  await load.requests(200);
  const before = await envoy.admin.stats("^cluster.shop.(upstream_cx_destroy|membership_change|update_success)$");
  const url = `${server.api.url}/v1/services/shop/instances/backend-1`;
  for (const weight of [700, 20, 300, 5, 1_000]) {
    const etag = (await fetch(url)).headers.get("etag") ?? "";
    const answer = await fetch(url, {
      method: "PATCH",
      headers: { "content-type": "application/json", "if-match": etag },
      body: JSON.stringify({ weight }),
    });
    expect(answer.status).toBe(200);
    const expected = weight / 100;
    await until(
      async () => {
        const hosts = (await envoy.admin.hosts("shop")) ?? [];
        const own = (await server.api.weights("shop")).endpoints.find(({ instance }) => instance === "backend-1");
        const mine = hosts.find(({ port }) => port === own?.port)?.weight ?? 0;
        const other = hosts.find(({ port }) => port !== own?.port)?.weight ?? 1;
        return Math.abs(mine / other / expected - 1) < 0.01 ? true : undefined;
      },
      { what: `Envoy has the weight ${weight}`, deadlineMs: 5_000 },
    );
    await load.requests(50);
  }
  await load.stop();
  const after = await envoy.admin.stats("^cluster.shop.(upstream_cx_destroy|membership_change|update_success)$");
  expect(after.get("cluster.shop.update_success")).toBeGreaterThanOrEqual(
    (before.get("cluster.shop.update_success") ?? 0) + 5,
  );
  expect(after.get("cluster.shop.upstream_cx_destroy")).toBe(before.get("cluster.shop.upstream_cx_destroy"));
  expect(after.get("cluster.shop.membership_change")).toBe(before.get("cluster.shop.membership_change"));
  expect(load.summary(fromMs).errors).toBe(0);
});

test("mode B: an Envoy with its own cluster and listener gets endpoints and nothing else", async () => {
  rig = await Rig.create();
  const server = await rig.startServer();
  const port = rig.listenerPort;
  const envoy = await rig.startEnvoy({
    mode: "weights",
    transform: (text) =>
      text.replace(
        /^static_resources:\n {2}clusters:\n/m,
        `static_resources:\n${LISTENER(port)}  clusters:\n${CLUSTER}`,
      ),
  });
  await rig.startBackends(2, { service: "shop" });
  await rig.untilServing("shop");
  const load = rig.startLoad({ service: "shop", rateRps: 100 });
  const fromMs = load.now();
  await load.requests(300);
  expect([...load.counts(fromMs).keys()].toSorted()).toEqual(["backend-1", "backend-2"]);
  // Load reports of its own cluster arrive as well: without the latency filter, by Little's law or not at all.
  const { endpoints } = await until(
    async () => {
      const weights = await server.api.weights("shop");
      return weights.endpoints.every(({ measuredShare }) => (measuredShare ?? 0) > 0) ? weights : undefined;
    },
    { what: "both endpoints have reported load", deadlineMs: 10_000 },
  );
  await load.stop();
  expect(endpoints).toHaveLength(2);
  const { nodes } = (await (await fetch(`${server.api.url}/v1/nodes`)).json()) as {
    nodes: { audience: string; types: { typeUrl: string }[] }[];
  };
  expect(nodes.map(({ audience, types }) => [audience, types.map(({ typeUrl }) => typeUrl.split(".").at(-1))])).toEqual(
    [["weights", ["ClusterLoadAssignment"]]],
  );
  expect(await envoy.admin.stat("cluster_manager.cds.update_success")).toBeUndefined();
});

const LISTENER = (port: number): string => `  listeners:
  - name: own
    address: {socket_address: {address: 127.0.0.1, port_value: ${port}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: own
          route_config: {virtual_hosts: [{name: own, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: shop}}]}]}
          http_filters: [{name: envoy.filters.http.router, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]
`;

const CLUSTER = `  - name: shop
    type: EDS
    connect_timeout: 1s
    lb_policy: LEAST_REQUEST
    common_lb_config: {healthy_panic_threshold: {value: 0}, update_merge_window: 0s}
    eds_cluster_config:
      eds_config:
        resource_api_version: V3
        api_config_source: {api_type: DELTA_GRPC, transport_api_version: V3, grpc_services: [{envoy_grpc: {cluster_name: xds_cluster}}]}
`;
