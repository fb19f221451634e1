// What backends report of themselves reaches the loop through a real Envoy, beside Envoy's own latency.
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { afterEach, expect, test } from "@jest/globals";
import { ask } from "../../envoy/lab/ask.js";
import { listenOnLoopback } from "../../envoy/lab/listen.js";
import { Registration } from "../../envoy/lab/registration.js";
import { until } from "../../envoy/lab/until.js";
import type { WeightsAnswer } from "../../src/api/answers.js";
import { Rig } from "./harness/rig.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

const TEXT_HEADER = "endpoint-load-metrics";
const BINARY_HEADER = "endpoint-load-metrics-bin";

/** A backend that answers at once, with this ORCA report of itself. */
async function reportingBackend(
  world: Rig,
  id: string,
  report: string | undefined,
  header = TEXT_HEADER,
): Promise<void> {
  const server = createServer((_request, response) => {
    if (report !== undefined) response.setHeader(header, report);
    response.end("ok\n");
  });
  const port = await listenOnLoopback(server, 0);
  world.defer(`backend ${id}`, () => {
    server.closeAllConnections();
    server.close();
  });
  const registration = new Registration({ apiUrl: world.server.api.url, service: "shop", id, port });
  world.defer(`beats of ${id}`, () => registration.silence());
  await registration.start();
}

test("a backend's own utilisation arrives, its latency too, and clients see neither", async () => {
  const world = await Rig.create();
  rig = world;
  await world.startServer();
  await world.startEnvoy();
  await reportingBackend(world, "half", "TEXT named_metrics.utilization=0.5");
  await reportingBackend(
    world,
    "more",
    "TEXT cpu_utilization=0.9,named_metrics.utilization=0.75,named_metrics.queue=3",
  );
  await reportingBackend(
    world,
    "flood",
    `TEXT ${Array.from({ length: 60 }, (_, i) => `named_metrics.m${i}=1`).join()}`,
  );
  await reportingBackend(world, "silent", undefined);
  await world.untilServing("shop");
  world.startLoad({ service: "shop", rateRps: 200 });
  const weights = (): Promise<WeightsAnswer> =>
    world.server.api.get("/v1/services/shop/weights") as Promise<WeightsAnswer>;
  const loads = await until(
    async () => {
      const { endpoints } = await weights();
      const byId = new Map(endpoints.map(({ instance, load }) => [instance, load]));
      const reported = ["half", "more"].every((id) => byId.get(id)?.utilization !== undefined);
      return reported && byId.get("silent")?.latencySource === "envoy" ? byId : undefined;
    },
    { what: "utilisation in the weights", deadlineMs: 20_000 },
  );
  expect(loads.get("half")).toMatchObject({ utilizationSource: "orca", latencySource: "envoy" });
  expect(loads.get("half")?.utilization).toBeCloseTo(0.5, 6);
  expect(loads.get("more")?.utilization).toBeCloseTo(0.75, 6);
  expect(loads.get("more")?.latencySource).toBe("envoy");
  expect(loads.get("silent")?.utilization).toBeUndefined();
  // A report that is too long is void as a whole; everything else about that backend is known all the same.
  expect(loads.get("flood")?.utilization).toBeUndefined();
  expect(loads.get("flood")?.successes).toBeGreaterThan(0);
  const { headers } = await ask({ port: world.listenerPort, host: "shop" });
  expect(Object.keys(headers).filter((name) => name.startsWith("endpoint-load-metrics"))).toEqual([]);
});

test("mode U: with the answers of most, or with heartbeats where answers say nothing", async () => {
  const world = await Rig.create();
  rig = world;
  await world.startServer();
  await world.startEnvoy();
  await reportingBackend(world, "a", "TEXT named_metrics.utilization=0.5");
  await reportingBackend(world, "b", undefined);
  await world.untilServing("shop");
  world.startLoad({ service: "shop", rateRps: 100 });
  const mode = async (): Promise<string> =>
    ((await world.server.api.get("/v1/services/shop/weights")) as WeightsAnswer).signalMode;
  const untilMode = (wanted: string) =>
    until(async () => ((await mode()) === wanted ? true : undefined), { what: `mode ${wanted}`, deadlineMs: 20_000 });
  await untilMode("L");
  await world.server.api.send("PUT", "/v1/services/shop/instances/b/heartbeat", {
    load: { utilization: 0.3, rps: 50 },
  });
  await untilMode("U");
});

/** xds.data.orca.v3.OrcaLoadReport{application_utilization}, base64. */
function binaryReport(applicationUtilization: number): string {
  const bytes = Buffer.alloc(9);
  bytes.writeUInt8((9 << 3) | 1);
  bytes.writeDoubleLE(applicationUtilization, 1);
  return bytes.toString("base64");
}

async function loadsOf(world: Rig, service: string): Promise<Map<string, WeightsAnswer["endpoints"][number]["load"]>> {
  const { endpoints } = (await world.server.api.get(`/v1/services/${service}/weights`)) as WeightsAnswer;
  return new Map(endpoints.map(({ instance, load }) => [instance, load]));
}

const untilReported = (world: Rig, service: string, ids: readonly string[]) =>
  until(
    async () => {
      const loads = await loadsOf(world, service);
      return ids.every((id) => loads.get(id)?.utilization !== undefined) ? loads : undefined;
    },
    { what: `utilisation of ${ids.join()}`, deadlineMs: 20_000 },
  );

test("all forms of ORCA, where the policy says so: text, JSON, binary, and the standard scalars", async () => {
  const world = await Rig.create();
  rig = world;
  await world.startServer();
  await world.server.api.send("PUT", "/v1/services/shop", { algorithm: "round-robin", orca: { forms: "all" } });
  await world.startEnvoy();
  await reportingBackend(world, "text", "TEXT application_utilization=0.25,cpu_utilization=0.9");
  await reportingBackend(world, "json", 'JSON {"application_utilization": 0.35}');
  await reportingBackend(world, "named", 'JSON {"named_metrics": {"utilization": 0.45}, "cpu_utilization": 0.9}');
  await reportingBackend(world, "bin", `BIN ${binaryReport(0.55)}`);
  await reportingBackend(world, "header", binaryReport(0.65), BINARY_HEADER);
  await world.untilServing("shop");
  world.startLoad({ service: "shop", rateRps: 200 });
  const wanted = { text: 0.25, json: 0.35, named: 0.45, bin: 0.55, header: 0.65 };
  const loads = await untilReported(world, "shop", Object.keys(wanted));
  for (const [id, utilization] of Object.entries(wanted))
    expect(loads.get(id)?.utilization).toBeCloseTo(utilization, 6);
  // The price: Envoy measures no latency where reports are left as they are.
  expect([...loads.values()].map((load) => load?.latencySource)).not.toContain("envoy");
  const { headers } = await ask({ port: world.listenerPort, host: "shop" });
  expect(Object.keys(headers).filter((name) => name.startsWith(TEXT_HEADER))).toEqual([]);
});

test("a gRPC backend's report in the trailers", async () => {
  const world = await Rig.create();
  rig = world;
  await world.startServer();
  await world.server.api.send("PUT", "/v1/services/rpc", { protocol: "http2", orca: { forms: "all" } });
  await world.startEnvoy();
  const server = createHttp2Server();
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (session) => sessions.add(session));
  server.on("stream", (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", [BINARY_HEADER]: binaryReport(0.75) }));
    stream.end();
  });
  const port = await listenOnLoopback(server);
  world.defer("the backend", () => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const registration = new Registration({ apiUrl: world.server.api.url, service: "rpc", id: "a", port });
  world.defer("its beats", () => registration.silence());
  await registration.start();
  await world.untilServing("rpc");
  world.startLoad({ service: "rpc", rateRps: 50 });
  const loads = await untilReported(world, "rpc", ["a"]);
  expect(loads.get("a")?.utilization).toBeCloseTo(0.75, 6);
  expect(loads.get("a")?.utilizationSource).toBe("orca");
});

test("a metric of the service's own choice is its utilisation, beside the latency that Envoy measures", async () => {
  const world = await Rig.create();
  rig = world;
  await world.startServer();
  await world.server.api.send("PUT", "/v1/services/shop", { orca: { utilization: "queue_fill" } });
  await world.startEnvoy();
  await reportingBackend(world, "a", "TEXT named_metrics.queue_fill=0.6,named_metrics.utilization=0.1");
  await world.untilServing("shop");
  world.startLoad({ service: "shop", rateRps: 100 });
  const load = (await untilReported(world, "shop", ["a"])).get("a");
  expect(load?.utilization).toBeCloseTo(0.6, 6);
  expect(load?.latencySource).toBe("envoy");
});

test("JSON where text is expected costs the latency, and nothing else", async () => {
  const world = await Rig.create();
  rig = world;
  await world.startServer();
  await world.startEnvoy();
  await reportingBackend(world, "json", 'JSON {"named_metrics": {"utilization": 0.4}}');
  await world.untilServing("shop");
  world.startLoad({ service: "shop", rateRps: 100 });
  const load = await until(
    async () => {
      const found = (await loadsOf(world, "shop")).get("json");
      return (found?.successes ?? 0) >= 50 ? found : undefined;
    },
    { what: "a full round", deadlineMs: 15_000 },
  );
  expect(load?.utilization).toBeUndefined();
  expect(load?.latencySource).not.toBe("envoy");
  expect(load?.errors).toBe(0);
});
