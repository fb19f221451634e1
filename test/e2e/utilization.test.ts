// What backends report of themselves reaches the loop through a real Envoy, beside Envoy's own latency.
import { createServer } from "node:http";
import { afterEach, expect, test } from "@jest/globals";
import { ask } from "../../envoy/lab/ask.js";
import { listenOnLoopback } from "../../envoy/lab/listen.js";
import { Registration } from "../../envoy/lab/registration.js";
import { until } from "../../envoy/lab/until.js";
import type { WeightsAnswer } from "../../src/api/answers.js";
import { Rig } from "./harness/rig.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

/** A backend that answers at once, with this ORCA report of itself. */
async function reportingBackend(world: Rig, id: string, report: string | undefined): Promise<void> {
  const server = createServer((_request, response) => {
    if (report !== undefined) response.setHeader("endpoint-load-metrics", report);
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
