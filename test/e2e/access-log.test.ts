// Access logs of a real Envoy: how many arrive, what they say of latency and of tries without an answer, and that there are
// none unless they are asked for.
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { fixed } from "../../envoy/lab/backend.js";
import { listenOnLoopback } from "../../envoy/lab/listen.js";
import { Registration } from "../../envoy/lab/registration.js";
import { until } from "../../envoy/lab/until.js";
import type { RunningEnvoy } from "../../envoy/launch-envoy.js";
import type { LoadAnswer, WeightsAnswer } from "../../src/api/answers.js";
import { QUANTILE_ERROR } from "../../src/stats/log-histogram.js";
import { Rig } from "./harness/rig.js";
import { untilHosts } from "./harness/until-hosts.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

const SERVICE_MS = 50;

async function loadsOf(world: Rig, service: string): Promise<ReadonlyMap<string, LoadAnswer>> {
  const { endpoints } = (await world.server.api.get(`/v1/services/${service}/weights`)) as WeightsAnswer;
  return new Map(endpoints.flatMap(({ instance, load }) => (load ? [[instance, load]] : [])));
}

async function counted(world: Rig, metric: string): Promise<number> {
  const text = await (await fetch(`${world.server.diagnosticsUrl}/metrics`)).text();
  return Number(new RegExp(`^${metric} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
}

const listenerOf = async (envoy: RunningEnvoy): Promise<string> =>
  (await fetch(`${envoy.admin.url}/config_dump?resource=dynamic_listeners`)).text();

/** Sends `requests` at this rate and waits until Envoy has ended them; returns how many tries that were. */
async function loaded(
  world: Rig,
  envoy: RunningEnvoy,
  { requests, rateRps }: { readonly requests: number; readonly rateRps: number },
): Promise<{ tries: number; p60Ms: number }> {
  const load = world.startLoad({ service: "shop", rateRps });
  const fromMs = load.now();
  await load.requests(requests);
  await load.stop();
  const latencies = load.log
    .between("shop", fromMs, load.now())
    .map(({ latencyMs }) => latencyMs)
    .toSorted((a, b) => a - b);
  const tries = (await envoy.admin.stat("cluster.shop.upstream_rq_total")) ?? 0;
  return { tries, p60Ms: latencies[Math.ceil(0.6 * latencies.length)] ?? 0 };
}

test("at 100 % every try arrives, and the percentiles are those of the backend; nothing is counted twice", async () => {
  const world = await Rig.create();
  rig = world;
  await world.startServer({ config: { signals: { accessLogSamplePercent: 100 } } });
  await world.server.api.send("PUT", "/v1/services/shop", { algorithm: "round-robin" });
  const envoy = await world.startEnvoy();
  await world.startBackend({ name: "steady", service: "shop", serviceTime: fixed(SERVICE_MS) });
  await world.untilServing("shop");
  const { tries, p60Ms } = await loaded(world, envoy, { requests: 800, rateRps: 200 });
  await until(async () => ((await counted(world, "steelyard_als_attempts_total")) === tries ? true : undefined), {
    what: `${tries} attempts`,
  });
  const load = await until(
    async () => {
      const found = (await loadsOf(world, "shop")).get("steady");
      return found?.sampled?.attempts === tries ? found : undefined;
    },
    { what: "a round with all of them" },
  );
  // Envoy's time is at least the backend's timer, which may be a millisecond early, and at most what callers saw of the
  // same requests: their p50 bounds it, and p60 leaves room for those that fell out of one of the two.
  expect(load.sampled?.p50Ms).toBeGreaterThan((SERVICE_MS - 1) / QUANTILE_ERROR);
  expect(load.sampled?.p50Ms).toBeLessThan(p60Ms * QUANTILE_ERROR);
  expect(load.sampled?.p99Ms).toBeGreaterThanOrEqual(load.sampled?.p90Ms ?? Number.NaN);
  expect(load.sampled?.unanswered).toBe(0);
  expect(load.latencySource).not.toBe("access-log"); // load reports have it for every request
});

test("at 10 % a tenth arrives; a backend that hangs up shows as unanswered", async () => {
  const world = await Rig.create();
  rig = world;
  await world.startServer({ config: { signals: { accessLogSamplePercent: 10 } } });
  await world.server.api.send("PUT", "/v1/services/shop", { algorithm: "round-robin" });
  const envoy = await world.startEnvoy();
  await world.startBackend({ name: "steady", service: "shop" });
  await world.untilServing("shop");
  const hangsUp = createServer((socket) => {
    socket.once("data", () => socket.destroy());
    socket.on("error", () => undefined);
  });
  const port = await listenOnLoopback(hangsUp);
  world.defer("the backend that hangs up", () => void hangsUp.close());
  const registration = new Registration({ apiUrl: world.server.api.url, service: "shop", id: "hangs-up", port });
  world.defer("its beats", () => registration.silence());
  await registration.start();
  await untilHosts(envoy, "shop", 2);
  const { tries } = await loaded(world, envoy, { requests: 1_600, rateRps: 400 });
  // A binomial count: beyond five standard deviations is one run of 1.7 million.
  const deviation = Math.sqrt(tries * 0.1 * 0.9);
  const least = 0.1 * tries - 5 * deviation;
  await until(async () => ((await counted(world, "steelyard_als_attempts_total")) >= least ? true : undefined), {
    what: `at least ${least} attempts of ${tries}`,
  });
  expect(await counted(world, "steelyard_als_attempts_total")).toBeLessThan(0.1 * tries + 5 * deviation);
  const { steady, hung } = await until(
    async () => {
      const loads = await loadsOf(world, "shop");
      const found = { steady: loads.get("steady")?.sampled, hung: loads.get("hangs-up")?.sampled };
      return found.steady && found.hung ? { steady: found.steady, hung: found.hung } : undefined;
    },
    { what: "both are sampled" },
  );
  expect(steady.unanswered).toBe(0);
  expect(hung.unanswered).toBe(hung.attempts);
  expect(hung.p50Ms).toBeUndefined();
});

test("off by default: no access log, no stream", async () => {
  const world = await Rig.create();
  rig = world;
  await world.startServer();
  const envoy = await world.startEnvoy();
  await world.startBackend({ name: "steady", service: "shop" });
  await world.untilServing("shop");
  const listener = await listenerOf(envoy);
  expect(listener).toContain("envoy.filters.http.router");
  expect(listener).not.toContain("upstream_log");
  expect(await counted(world, "steelyard_als_messages_total")).toBe(0);
});

/** The router of docs/signals.md, as it stands there, with every try sampled. */
function documentedRouter(indent: number): string {
  const page = readFileSync(new URL("../../docs/signals.md", import.meta.url), "utf8");
  const found = /```yaml\n(typed_config:\n[\s\S]*?upstream_log[\s\S]*?)```/.exec(page)?.[1];
  if (found === undefined) throw new Error("docs/signals.md has no router any more");
  return found
    .replace("numerator: 5,", "numerator: 100,")
    .trimEnd()
    .split("\n")
    .map((line) => " ".repeat(indent) + line)
    .join("\n");
}

test("mode B: the router of the documentation gives latency where load reports have none", async () => {
  const world = await Rig.create();
  rig = world;
  await world.startServer();
  await world.startEnvoy({
    mode: "weights",
    transform: (text) =>
      text.replace(
        /^static_resources:\n {2}clusters:\n/m,
        `static_resources:\n${ownListener(world.listenerPort)}  clusters:\n${OWN_CLUSTER}`,
      ),
  });
  await world.startBackend({ name: "steady", service: "shop", serviceTime: fixed(SERVICE_MS) });
  await world.untilServing("shop");
  world.startLoad({ service: "shop", rateRps: 100 });
  const load = await until(
    async () => {
      const found = (await loadsOf(world, "shop")).get("steady");
      return found?.latencySource === "access-log" && found.latencyCount >= 50 ? found : undefined;
    },
    { what: "latency from the access log", deadlineMs: 15_000 },
  );
  expect(load.latencyMs).toBeGreaterThan(SERVICE_MS - 1);
  // Backend and Envoy share two cores with everybody else; ten times its own time would be another number altogether.
  expect(load.latencyMs).toBeLessThan(10 * SERVICE_MS);
  expect(await counted(world, "steelyard_als_messages_total")).toBeGreaterThan(0);
});

const ownListener = (port: number): string => `  listeners:
  - name: own
    address: {socket_address: {address: 127.0.0.1, port_value: ${port}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: own
          route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: shop}}]}]}
          http_filters:
          - name: envoy.filters.http.router
${documentedRouter(12)}
`;

const OWN_CLUSTER = `  - name: shop
    type: EDS
    lb_policy: LEAST_REQUEST
    connect_timeout: 1s
    eds_cluster_config:
      eds_config:
        resource_api_version: V3
        api_config_source:
          api_type: DELTA_GRPC
          transport_api_version: V3
          grpc_services: [{envoy_grpc: {cluster_name: xds_cluster}}]
`;
